"""The answer of the host to a request that was passed on, as it goes to the client."""

from __future__ import annotations

import asyncio
from typing import Any

from tornado.httputil import HTTPHeaders, HTTPMessageDelegate, RequestStartLine, ResponseStartLine
from tornado.iostream import IOStream, StreamClosedError
from tornado.web import RequestHandler

#: The host sends a comment every 15 s on a live stream; longer silence means that it hangs.
_SILENCE = 60.0


class PassedAnswer(HTTPMessageDelegate):
    """Writes what the host answers to the client, as it comes."""

    def __init__(
        self, handler: RequestHandler, passed_back: tuple[str, ...], upstream: IOStream
    ) -> None:
        """`passed_back`: names of the headers that mean something to the client."""
        self._handler = handler
        self._passed_back = passed_back
        self._upstream = upstream
        self._deadline: asyncio.TimerHandle | None = None
        #: `last`: no other request goes over the same connection.
        self.begun = self.finished = self.timed_out = self.last = False

    def expect(self, seconds: float | None) -> None:
        """Give up if nothing comes for so long; None ends the waiting."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = (
            None
            if seconds is None
            else asyncio.get_running_loop().call_later(seconds, self._give_up)
        )

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Any:
        assert isinstance(start_line, ResponseStartLine)
        self.begun = True
        self.last = headers.get("Connection", "").lower() == "close"
        self.expect(_SILENCE)
        handler = self._handler
        handler.set_status(start_line.code)
        handler.clear_header("Content-Type")
        for name in self._passed_back:
            if name in headers:
                handler.set_header(name, headers[name])
        if headers.get("Content-Type", "").startswith("text/event-stream"):
            # Proxies in front of this server would hold the stream back.
            handler.set_header("X-Accel-Buffering", "no")
            return self._flush()
        return None

    def data_received(self, chunk: bytes) -> Any:
        self.expect(_SILENCE)
        self._handler.write(chunk)
        return self._flush()

    def finish(self) -> None:
        self.finished = True

    def on_connection_close(self) -> None:
        self._upstream.close()

    async def _flush(self) -> None:
        try:
            await self._handler.flush()
        except StreamClosedError:
            self._upstream.close()

    def _give_up(self) -> None:
        self.timed_out = True
        self._upstream.close()
