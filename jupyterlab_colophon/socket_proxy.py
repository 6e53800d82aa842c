"""Passes a websocket of a stream on to the host, with who asks, and what is said as it comes.

The host is connected to before the client's upgrade is answered, so that a refusal of the host is
an answer to the client's request. Neither side is read faster than the other takes it. When the
host ends the client is told to connect again (1012).
"""

from __future__ import annotations

import asyncio
import json

from tornado import web
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import (
    WebSocketClientConnection,
    WebSocketClosedError,
    WebSocketError,
    websocket_connect,
)

from .guarded import Problem
from .guarded_socket import GuardedSocket
from .proxy import RESTART, ProxyHandler

#: An event may be larger than what was posted.
_LARGEST_EVENT = 1 << 30
#: Codes that say how a connection ended and cannot be sent.
_UNSENDABLE = frozenset({1005, 1006, 1015})
_HOST_ENDED = 1012


class StreamSocketHandler(GuardedSocket, ProxyHandler):
    """The websocket colophon/api/streams/__socket/<path>."""

    _host: WebSocketClientConnection | None = None
    _passing: asyncio.Task[None] | None = None

    @property
    def max_message_size(self) -> int:
        return int(self.colophon.max_body_bytes)

    @web.authenticated
    async def get(self, path: str) -> None:  # type: ignore[override]
        self._host = await self._connect_host()
        try:
            await super().get(path)
        finally:
            self._leave_host()

    async def open(self, path: str) -> None:  # type: ignore[override]
        super().open()
        self._passing = asyncio.ensure_future(self._pass_back())

    async def on_message(self, message: str | bytes) -> None:  # type: ignore[override]
        assert self._host is not None
        try:
            await self._host.write_message(message, binary=isinstance(message, bytes))
        except WebSocketClosedError:
            # What the host said last is still on its way to the client.
            pass

    def on_close(self) -> None:
        super().on_close()
        self._leave_host()

    def _leave_host(self) -> None:
        if self._passing is not None:
            self._passing.cancel()
        if self._host is not None:
            self._host.close()

    async def _pass_back(self) -> None:
        assert self._host is not None
        try:
            while (message := await self._host.read_message()) is not None:
                await self.write_message(message)
        except WebSocketClosedError:
            return
        code = self._host.close_code
        if code is None or code in _UNSENDABLE:
            self.close(_HOST_ENDED, "connect again")
        else:
            self.close(code, self._host.close_reason)

    async def _connect_host(self) -> WebSocketClientConnection:
        host = await self.colophon.host_status.host_within(RESTART, None)
        if host is None:
            raise self._away()
        request = HTTPRequest(
            f"ws://127.0.0.1:{host.port}{self._target()}",
            headers=self._upstream_headers(),
            connect_timeout=self.colophon.upstream_timeout,
            request_timeout=self.colophon.upstream_timeout,
        )
        try:
            return await websocket_connect(request, max_message_size=_LARGEST_EVENT)
        except HTTPClientError as error:
            raise _refusal(error) from error
        except (OSError, WebSocketError) as error:
            raise self._away() from error


def _refusal(error: HTTPClientError) -> Problem:
    """What the host answered in place of a websocket."""
    try:
        problem = json.loads(error.response.body if error.response else b"")
        return Problem(
            int(problem["status"]), problem["code"], problem["detail"], problem.get("at")
        )
    except (ValueError, KeyError, TypeError):
        return Problem(504, "host-unavailable", "The host did not answer in time. Retry.")
