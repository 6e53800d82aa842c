"""The one place where the rooms of the room server get what keeps them from losing or doubling.

Each part works around a failure of the room server, and is described with the change that would
make it unnecessary in docs/upstream.md. A room server that has changed too much is left alone, and
the log says so.
"""

from __future__ import annotations

import asyncio
from functools import partial
from logging import Logger
from typing import Any

from . import room_lineage
from .room_file import RoomFile
from .room_guard import RoomGuard
from .unsaved import finish_saving, start_saving
from .ystore import ColophonYStore

#: What the parts touch of a room that shows a file.
_TOUCHED = (
    "_apply_deterministic_source_content",
    "_document",
    "_document_load_progressively",
    "_document_progressively_loaded",
    "_file",
    "_notebook_output_delay_threshold_mb",
    "_on_document_change",
    "_saving_document",
    "_update_lock",
)


class RoomCare:
    """Told of each room that enters the room server's table, and of each that leaves it."""

    def __init__(self, log: Logger) -> None:
        self._log = log
        self._saving: set[asyncio.Task[None]] = set()

    def enter(self, room: Any) -> None:
        """A room that has loaded nothing yet, or was there before us. Twice is harmless."""
        from jupyter_server_ydoc.rooms import DocumentRoom

        if not isinstance(room, DocumentRoom):
            return
        gone = [name for name in _TOUCHED if not hasattr(room, name)]
        if gone:
            self._log.error("Colophon cannot take care of rooms: %s is gone", ", ".join(gone))
            return
        if isinstance(room._file, RoomFile):
            return
        begin: Any = partial(room_lineage.begin, room)
        room._apply_deterministic_source_content = begin  # type: ignore[method-assign]
        RoomGuard(room)
        RoomFile(room)

    def leave(self, room: Any) -> None:
        """A room that is about to stop: its store gets all of it, whatever is still on its way, and
        what it still had to save is saved."""
        store = getattr(room, "ystore", None)
        if isinstance(store, ColophonYStore) and room.ready:
            store.seal(room.ydoc)
        saving = start_saving([room], self._log)
        self._saving |= saving
        for task in saving:
            task.add_done_callback(self._saving.discard)

    async def finish(self) -> None:
        """The server ends: wait for what is being saved."""
        await finish_saving(set(self._saving), self._log)
