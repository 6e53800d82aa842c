"""Passes a request on to the host, and the answer back as it comes.

The answer is streamed: each piece goes out when it comes in, a slow client slows the host down, and
a client that leaves ends the request to the host. A host that is being started again is waited for,
a little; when none is on its way the answer is immediate.
"""

from __future__ import annotations

import asyncio

from tornado import web
from tornado.http1connection import HTTP1Connection, HTTP1ConnectionParameters
from tornado.httputil import RequestStartLine
from tornado.iostream import IOStream, StreamClosedError

from .guarded import Problem
from .host_connections import connect, keep, take_kept
from .host_request import HostRequest
from .host_status import Host
from .passed_answer import PassedAnswer

#: A restart of the host takes less; nobody waits longer for it.
RESTART = 3.0
_UNLIMITED = 1 << 50


class ProxyHandler(HostRequest):
    """colophon/api/<path>."""

    #: Headers of an answer that mean something to the client.
    passed_back: tuple[str, ...] = (
        "Content-Type",
        "Cache-Control",
        "ETag",
        "Content-Disposition",
        "Content-Security-Policy",
        "Referrer-Policy",
        "Link",
        "Accept-Ranges",
        "Content-Range",
        "Cross-Origin-Resource-Policy",
        "X-Content-Type-Options",
    )

    _upstream: IOStream | None = None
    _left = False

    @web.authenticated
    async def get(self, path: str) -> None:
        await self._pass_on()

    @web.authenticated
    async def post(self, path: str) -> None:
        await self._pass_on()

    @web.authenticated
    async def delete(self, path: str) -> None:
        await self._pass_on()

    def on_connection_close(self) -> None:
        self._left = True
        if self._upstream is not None:
            self._upstream.close()

    async def _pass_on(self) -> None:
        self._check_size()
        answer = await self._ask()
        if answer is None:
            raise self._away()
        if answer.timed_out and not answer.begun:
            raise Problem(504, "host-unavailable", "The host did not answer in time. Retry.")
        if not answer.finished and self.request.connection is not None:
            # Half an answer must not look like a whole one.
            self.request.connection.stream.close()  # type: ignore[attr-defined]
            return
        if not self._finished:
            web.RequestHandler.finish(self)

    async def _ask(self) -> PassedAnswer | None:
        """Send the request; once more, to the next host, if this one ends before it answers."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + RESTART
        gone: Host | None = None
        again = self._may_repeat()
        while not self._left:
            host = await self.colophon.host_status.host_within(deadline - loop.time(), gone)
            if host is None:
                return None
            # A kept connection may be at its end: then the same host is asked once more.
            kept = take_kept(host) if again else None
            gone = None if kept else host
            try:
                self._upstream = kept or await connect(host.port)
            except OSError:
                continue
            answer = PassedAnswer(self, self.passed_back, self._upstream)
            try:
                await self._exchange(self._upstream, answer)
            finally:
                upstream, self._upstream = self._upstream, None
                if answer.finished and not answer.last:
                    keep(host, upstream)
                else:
                    upstream.close()
            if answer.begun or answer.timed_out:
                return answer
            if kept:
                continue
            if not again:
                return None
            again, deadline = False, loop.time() + RESTART
        return None

    async def _exchange(self, upstream: IOStream, answer: PassedAnswer) -> None:
        connection = HTTP1Connection(
            upstream,
            True,
            HTTP1ConnectionParameters(max_body_size=_UNLIMITED),
        )
        try:
            await connection.write_headers(
                RequestStartLine(str(self.request.method), self._target(), ""),
                self._upstream_headers(),
                # Behind a GET it would be the next request on the connection.
                self.request.body if self._has_body() else None,
            )
            connection.finish()
            answer.expect(self.colophon.upstream_timeout)
            await connection.read_response(answer)
        except StreamClosedError:
            # The host has ended, or the client has; whoever is left is told above.
            pass
        finally:
            answer.expect(None)

    def _away(self) -> Problem:
        status = self.colophon.host_status
        problem = status.problem
        if problem is not None:
            detail = f"{problem.summary} {problem.remedy}"
        elif status.state == "stopped":
            detail = "Colophon is stopped. Start it from the status bar, or POST colophon/start."
        else:
            detail = "The Colophon host is starting. Retry in a moment."
        return Problem(503, "host-unavailable", detail, {"state": status.state})
