"""Websockets of a runtime whose token ends, in whatever state they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from servers import DEADLINE, eventually
from tornado import testing, web
from tornado.httpserver import HTTPServer
from tornado.websocket import WebSocketClosedError, WebSocketHandler, websocket_connect

from jupyterlab_colophon.grants import Grants, _send_at_once


class Opening(WebSocketHandler):
    """Opens when it may, as a kernel's websocket does once its kernel answers."""

    made: list[Opening] = []
    heard: list[str | bytes] = []

    async def get(self, *_: Any) -> None:  # type: ignore[override]
        grant = self.settings["grants"].find("token")
        self._colophon_grant = grant
        grant.connections.add(self)
        _send_at_once(self)
        self.made.append(self)
        await self.settings["may_open"].wait()
        await super().get()

    def on_message(self, message: str | bytes) -> None:
        self.heard.append(message)


@asynccontextmanager
async def server(grants: Grants) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """Its address, and what lets its websockets open."""
    Opening.made, Opening.heard = [], []
    may_open = asyncio.Event()
    application = web.Application([("/", Opening)], grants=grants, may_open=may_open)
    socket, port = testing.bind_unused_port()
    http = HTTPServer(application)
    http.add_socket(socket)
    grants.grant("token", {}, "/notebooks/n")
    try:
        yield f"127.0.0.1:{port}", may_open
    finally:
        http.stop()
        await http.close_all_connections()


def test_not_open_yet() -> None:
    """[T28] A websocket that opens after its token was revoked ends, and is not heard."""

    async def scenario() -> None:
        grants = Grants()
        async with server(grants) as (address, may_open):
            opening = asyncio.ensure_future(websocket_connect(f"ws://{address}/"))
            await eventually(lambda: Opening.made, "the request is there")
            grants.revoke("token")
            may_open.set()
            socket = await asyncio.wait_for(opening, DEADLINE)
            with suppress(WebSocketClosedError):
                await socket.write_message("late")
            assert await asyncio.wait_for(socket.read_message(), DEADLINE) is None
            assert (socket.close_code, Opening.heard) == (4403, [])

    asyncio.run(scenario())


def test_never_opened() -> None:
    """[T90] A request that never became a websocket keeps none of the others open."""

    async def scenario() -> None:
        grants = Grants()
        async with server(grants) as (address, may_open):
            may_open.set()
            host, port = address.split(":")
            answer, request = await asyncio.open_connection(host, int(port))
            lines = ("GET / HTTP/1.1", f"Host: {address}", "Upgrade: websocket")
            lines += ("Connection: Upgrade", "Sec-WebSocket-Version: 13", "", "")
            request.write("\r\n".join(lines).encode())
            assert b" 400 " in await asyncio.wait_for(answer.readline(), DEADLINE)
            socket = await websocket_connect(f"ws://{address}/")
            grants.revoke_all()
            assert await asyncio.wait_for(socket.read_message(), DEADLINE) is None
            assert socket.close_code == 4403
            request.close()

    asyncio.run(scenario())
