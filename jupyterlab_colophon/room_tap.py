"""Reports what happens in the rooms of notebooks, with its author, as frames for the host.

A room is tapped when it enters the room server's own table, before its content is loaded and before
its first client is served. `YRoom.on_message` marks whose message is being handled; the document's
observers fire synchronously inside.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from jupyter_server import CallContext
from pycrdt import YMessageType, YSyncMessageType

from . import authors
from .room_echo import RoomEcho

#: What a document with nothing in it encodes to.
EMPTY_UPDATE = b"\x00\x00"
_NOTEBOOK = "json:notebook:"
#: A message of this type comes back as it is, once what was sent before it is applied.
_CONFIRM = 99


class Post(Protocol):
    """Numbers a frame of this type with these fields and this payload, and sends it."""

    def __call__(self, kind: str, fields: dict[str, Any], payload: bytes = b"") -> None: ...


class RoomTap:
    """The tap of one room, from entering the table to leaving it."""

    def __init__(self, room_id: str, room: Any, path: str, post: Post, *, late: bool) -> None:
        """`late`: the room was there before us, so its document is reported as a snapshot."""
        self._room = room
        self._post = post
        self._where = {"roomId": room_id, "fileId": room_id[len(_NOTEBOOK) :]}
        self._announced_ready = False
        self._echo = RoomEcho()
        self._messages: WeakKeyDictionary[asyncio.Task[Any], dict[str, Any]] = WeakKeyDictionary()
        self._previous: Callable[[bytes], Any] | None = room.on_message
        room.on_message = self._on_message
        self._subscription = room.ydoc.observe(self._on_update)
        if late:
            self.snapshot(path)
        else:
            post("room.opened", {**self._where, "path": path, "author": authors.opener()})
            content = room.ydoc.get_update()
            # jupyter-collaboration notes the path in the document when it makes the room.
            if content != EMPTY_UPDATE:
                author = {"kind": "server", "cause": "load", "detail": type(room).__name__}
                post("room.update", {**self._where, "author": author}, content)
        self._waiting = asyncio.ensure_future(self._wait_ready())

    def snapshot(self, path: str) -> None:
        """Report the whole document as a new beginning."""
        fields = {**self._where, "path": path}
        self._post("room.snapshot", fields, self._room.ydoc.get_update())
        if self._announced_ready:
            self._post("room.ready", self._where)

    def close(self) -> None:
        """The room is leaving. Twice is harmless."""
        if self._subscription is not None:
            self._waiting.cancel()
            self._room.ydoc.unobserve(self._subscription)
            self._subscription = None
            self._post("room.closed", self._where)

    def _on_message(self, message: bytes) -> Any:
        task = authors.current_task()
        if task is not None:
            self._messages.pop(task, None)
        handler = CallContext.get(CallContext.JUPYTER_HANDLER)
        if message[:1] == bytes([_CONFIRM]) and handler in self._room.clients:
            return _return(handler, message)
        skip = self._previous(message) if self._previous is not None else False
        if task is None or len(message) < 2 or message[0] != YMessageType.SYNC:
            return skip
        # The connection's own serving task, not one that inherited its context.
        if (
            handler is not None
            and handler in self._room.clients
            and task in handler._background_tasks
        ):
            if message[1] == YSyncMessageType.SYNC_STEP1:
                _send_at_once(handler)
            else:
                live = message[1] == YSyncMessageType.SYNC_UPDATE
                self._messages[task] = authors.peer(handler, live=live)
                if live and not skip:
                    self._echo.brought(handler, message)
        return skip

    def _on_update(self, event: Any) -> None:
        ready = bool(self._room.ready)
        if ready:
            self._announce_ready()
        task = authors.current_task()
        author = None if task is None else self._messages.get(task)
        if author is None:
            author = authors.elsewhere(ready=ready)
        self._post("room.update", {**self._where, "author": author}, event.update)

    async def _wait_ready(self) -> None:
        await self._room.ready_event.wait()
        self._announce_ready()

    def _announce_ready(self) -> None:
        if not self._announced_ready:
            self._announced_ready = True
            self._post("room.ready", self._where)


async def _return(handler: Any, message: bytes) -> bool:
    await handler.send(message)
    # The room has nothing to do with it.
    return True


def _send_at_once(handler: Any) -> None:
    """A connection opens with SYNC_STEP1. From then on no small change waits for the one before to
    arrive, which a client may acknowledge 40 ms late."""
    if getattr(handler, "ws_connection", None) is not None:
        handler.set_nodelay(True)


class TappedRooms(dict[str, Any]):
    """The room server's table, which taps what enters it. Put in place of its plain dict."""

    def __init__(
        self,
        rooms: dict[str, Any],
        post: Post,
        path_of: Callable[[str], str | None],
        on_enter: Callable[[Any], None] = lambda room: None,
        on_leave: Callable[[Any], None] = lambda room: None,
    ) -> None:
        """`path_of` gives the path of a file id; `on_enter` is told of a room before it is tapped,
        `on_leave` before it stops."""
        super().__init__(rooms)
        self._post = post
        self._path_of = path_of
        self._on_enter = on_enter
        self._on_leave = on_leave
        self.taps: dict[str, RoomTap] = {}
        for room_id, room in rooms.items():
            on_enter(room)
            self._tap(room_id, room, late=True)

    def __setitem__(self, room_id: str, room: Any) -> None:
        if self.get(room_id) is not room:
            self._leave(room_id)
            self._on_enter(room)
            self._tap(room_id, room, late=False)
        super().__setitem__(room_id, room)

    def __delitem__(self, room_id: str) -> None:
        self._leave(room_id)
        super().__delitem__(room_id)

    def pop(self, room_id: str, *default: Any) -> Any:
        """As dict.pop; the room server takes rooms out with it."""
        self._leave(room_id)
        return super().pop(room_id, *default)

    def snapshot(self, room_id: str) -> None:
        """Report this room anew, if it is tapped."""
        tap = self.taps.get(room_id)
        if tap is not None:
            tap.snapshot(self._path(room_id))

    def snapshot_all(self) -> None:
        """Report every tapped room anew."""
        for room_id in self.taps:
            self.snapshot(room_id)

    def close(self) -> None:
        """The server is ending: every room closes."""
        for room_id in list(self):
            self._leave(room_id)

    def _tap(self, room_id: str, room: Any, *, late: bool) -> None:
        if room_id.startswith(_NOTEBOOK):
            self.taps[room_id] = RoomTap(room_id, room, self._path(room_id), self._post, late=late)

    def _leave(self, room_id: str) -> None:
        tap = self.taps.pop(room_id, None)
        if tap is not None:
            tap.close()
        if room_id in self:
            self._on_leave(self[room_id])

    def _path(self, room_id: str) -> str:
        return self._path_of(room_id[len(_NOTEBOOK) :]) or ""
