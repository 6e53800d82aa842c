"""Keeps out of a room who would merge another history into it, or was refused by the room server.

The room server lets a connection that it has refused go on writing, and lets a client that was away
bring a history which is not the room's any more. Such a client is heard no further, and hears
nothing: its document stays as it is, and JupyterLab offers to compare it or save it elsewhere.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import time
from typing import Any
from weakref import WeakKeyDictionary

from jupyter_server import CallContext
from pycrdt import Decoder, Encoder, YMessageType, YSyncMessageType

from .room_lineage import is_stale

#: jupyter-collaboration's message for what it cannot merge; JupyterLab shows its dialog.
_RAW, _CONFLICT = 2, json.dumps({"type": "conflict"})

#: Seconds after which somebody who goes on writing in vain is told again.
_AGAIN = 60.0


class RoomGuard:
    """Decides about each message of one room. Set as its `on_message`, before anything else."""

    def __init__(self, room: Any) -> None:
        self._room = room
        self._previous = room.on_message
        #: Of a connection, whether it is kept out.
        self._kept_out: WeakKeyDictionary[Any, bool] = WeakKeyDictionary()
        #: When a stale connection was told of it last.
        self._told: WeakKeyDictionary[Any, float] = WeakKeyDictionary()
        room.on_message = self._on_message

    def _on_message(self, message: bytes) -> Any:
        handler = CallContext.get(CallContext.JUPYTER_HANDLER)
        if len(message) > 1 and message[0] == YMessageType.SYNC and handler in self._room.clients:
            if handler not in self._kept_out:
                self._kept_out[handler] = _is_refused(handler, self._room)
            if message[1] == YSyncMessageType.SYNC_STEP1 and not self._kept_out[handler]:
                self._kept_out[handler] = self._is_stale(message[2:])
                if self._kept_out[handler]:
                    self._room.log.warning(
                        "A client of room %s has a history that is not the room's; it is kept out",
                        self._room.room_id,
                    )
                    self._tell(handler)
            if self._kept_out[handler]:
                # Somebody goes on typing there.
                if time.monotonic() > self._told.get(handler, math.inf) + _AGAIN:
                    self._tell(handler)
                return True
        return self._previous(message) if self._previous is not None else False

    def _tell(self, handler: Any) -> None:
        self._told[handler] = time.monotonic()
        asyncio.ensure_future(handler.send(_conflict()))

    def _is_stale(self, payload: bytes) -> bool:
        loaded = self._room._document_progressively_loaded
        if self._room._document_load_progressively and not loaded.done():
            return False
        state_vector = Decoder(payload).read_message()
        return state_vector is not None and is_stale(state_vector, self._room.ydoc.get_state())


def _is_refused(handler: Any, room: Any) -> bool:
    """As `YDocWebSocketHandler.open` decides, which says so to the client and goes on."""
    from jupyter_server_ydoc.utils import (
        SERVER_SESSION,
        YDOC_SERVER_VERSION,
        check_session_compatibility,
    )

    session = handler.get_query_argument("sessionId", "")
    if session == SERVER_SESSION:
        return False
    refused, _ = check_session_compatibility(
        handler.settings.get("server_root_dir", os.getcwd()),
        session,
        YDOC_SERVER_VERSION,
        current_document_version=getattr(room._document, "version", None),
        session_store_path=handler.settings.get("collaborative_session_store_path"),
    )
    return refused


def _conflict() -> bytes:
    encoder = Encoder()
    encoder.write_var_uint(_RAW)
    encoder.write_var_string(_CONFLICT)
    return encoder.to_bytes()
