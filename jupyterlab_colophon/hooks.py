"""Proves at start that the hooks still do what authorship rests on.

A scratch room is served to scratch connections through the room server's real classes. If a new
version of it has moved a hook, the answer names what failed and nothing is called verified.
"""

from __future__ import annotations

import asyncio
from logging import Logger
from typing import Any

from jupyter_server import CallContext
from jupyter_server.auth import User

from .room_tap import TappedRooms

_ROOM = "json:notebook:self-test"
_TIMEOUT = 10.0


async def test_hooks(log: Logger) -> list[str]:
    """Run the self-test; return what failed, in sentences. Empty: the hooks can be trusted."""
    try:
        return await asyncio.wait_for(_test(log), _TIMEOUT)
    except asyncio.TimeoutError:
        return ["The self-test of the room hooks did not end."]
    except Exception as error:
        # Whatever an unknown version does, the answer is the same: not trusted, and why.
        return [f"The self-test of the room hooks failed: {type(error).__name__}: {error}"]


async def _test(log: Logger) -> list[str]:
    from jupyter_server_ydoc.rooms import DocumentRoom, TransientRoom
    from jupyter_server_ydoc.websocketserver import JupyterWebsocketServer
    from pycrdt import Doc, Text, create_update_message
    from pycrdt.store import BaseYStore

    failures: list[str] = []
    for name in ("initialize", "_maybe_save_document", "_on_outofband_change"):
        if not hasattr(DocumentRoom, name):
            failures.append(f"DocumentRoom.{name} is gone.")

    seen: list[tuple[str, dict[str, Any], bytes]] = []

    def record(kind: str, fields: dict[str, Any], payload: bytes = b"") -> None:
        seen.append((kind, fields, payload))

    server = JupyterWebsocketServer(
        rooms_ready=False, auto_clean_rooms=False, ystore_class=BaseYStore, log=log
    )
    if type(server.rooms) is not dict:
        failures.append("The room server's table is no longer a plain dict.")
    server.rooms = rooms = TappedRooms(server.rooms, record, lambda file_id: "self-test.ipynb")
    serving = asyncio.ensure_future(server.start())
    await server.started.wait()
    room = TransientRoom(_ROOM, log=log)
    await server.start_room(room)
    server.add_room(_ROOM, room)
    ready_at_once = [fields for kind, fields, _ in seen if kind == "room.opened"]
    if not ready_at_once:
        failures.append("A new room does not pass through the room server's table.")
    try:
        first, second = _scratch_connection("first"), _scratch_connection("second")
        for connection in (first, second):
            await _in_request(connection, connection.serve_on, server)
        source = Doc({"text": Text()})
        text = source.get("text", type=Text)
        updates: list[bytes] = []
        source.observe(lambda event: updates.append(event.update))
        for index, connection in enumerate((first, second, second, first)):
            text += f"{index}"
            message = create_update_message(updates[-1])
            before = len(seen)
            await connection.on_message(message)
            while len(seen) == before:
                await asyncio.sleep(0)
            author = seen[-1][1].get("author", {})
            name = author.get("user", {}).get("username")
            if author.get("kind") != "peer" or name != connection.current_user.username:
                failures.append(f"A message of one connection was credited to {author}.")
        # A task that inherits a connection's context must not be taken for the connection.
        before = len(seen)
        await _in_request(first, _write, room)
        if len(seen) == before or seen[-1][1].get("author", {}).get("kind") != "server":
            failures.append("A background task was credited to a connection.")
    finally:
        for connection in (first, second):
            connection._message_queue.put_nowait(b"")
        await server.delete_room(name=_ROOM)
        await server.clean()
        await asyncio.wait({serving}, timeout=1)
    if not any(kind == "room.closed" for kind, _, _ in seen) or rooms.taps:
        failures.append("A room that is deleted does not leave the room server's table.")
    return failures


async def _write(room: Any) -> None:
    from pycrdt import Text

    text = room.ydoc.get("scratch", type=Text)
    text += "x"


async def _in_request(connection: Any, function: Any, *arguments: Any) -> None:
    """Run it in a task with the context that a request of this connection has."""

    async def run() -> None:
        CallContext.set(CallContext.JUPYTER_HANDLER, connection)
        await function(*arguments)

    await asyncio.ensure_future(run())


def _scratch_connection(username: str) -> Any:
    """A connection of the room server's real class, without a socket."""
    from jupyter_server_ydoc.handlers import YDocWebSocketHandler

    class ScratchConnection(YDocWebSocketHandler):
        def __init__(self) -> None:
            self._background_tasks: set[asyncio.Task[Any]] = set()
            self._message_queue: asyncio.Queue[Any] = asyncio.Queue()
            self._room_id = _ROOM
            self.current_user = User(username)

        async def serve_on(self, server: Any) -> None:
            self._websocket_server = server
            self.create_task(server.serve(self))
            while self not in server.rooms[_ROOM].clients:
                await asyncio.sleep(0)

        async def send(self, message: bytes) -> None:
            pass

    return ScratchConnection()
