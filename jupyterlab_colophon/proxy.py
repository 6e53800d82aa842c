"""Passes a request on to the host, with who asks, and the answer back as it comes.

The client's headers stop here, except the three that mean something. The answer is streamed: each
piece goes out when it comes in, a slow client slows the host down, and a client that leaves ends
the request to the host. A host that is being started again is waited for, a little; when none is on
its way the answer is immediate.
"""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from typing import Any
from urllib.parse import parse_qsl, urlencode
from weakref import WeakKeyDictionary

from tornado import web
from tornado.http1connection import HTTP1Connection, HTTP1ConnectionParameters
from tornado.httputil import (
    HTTPHeaders,
    HTTPMessageDelegate,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.iostream import IOStream, StreamClosedError

from .authors import user_of
from .grants import grant_of
from .guarded import Guarded, Problem
from .supervisor import Host

#: Credentials and XSRF tokens of the query are between the client and this server.
_KEPT_HERE = frozenset({"token", "agent_token", "_xsrf"})
#: Asked by POST, but nothing is written: questions, and the place of a reader.
_READING = ("/api/query", "/api/streams/__cursor/")
#: The host sends a comment every 15 s on a live stream; longer silence means that it hangs.
_SILENCE = 60.0
#: A restart of the host takes less; nobody waits longer for it.
_RESTART = 3.0
_UNLIMITED = 1 << 50
#: Pieces of output that a runtime stores; the host takes no larger ones.
_UPLOADS = "/api/artifacts/uploads/"
_LARGEST_PIECE = 8 << 20


class ProxyHandler(Guarded):
    """colophon/api/<path>."""

    #: Headers of a request that mean something to the host, and of an answer to the client.
    passed_on: tuple[str, ...] = ("Accept", "Content-Type", "Last-Event-ID", "Range")
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

    def needed(self) -> tuple[str, str]:
        """The host decides by stream; this much is needed for any of them."""
        target = self._target().partition("?")[0]
        if self.request.method == "GET" or target.startswith(_READING):
            return ("read", "contents")
        return ("execute", "kernels") if target == "/api/commands" else ("write", "contents")

    def on_connection_close(self) -> None:
        self._left = True
        if self._upstream is not None:
            self._upstream.close()

    async def _pass_on(self) -> None:
        limit = self.colophon.max_body_bytes
        setting = " (ColophonExtension.max_body_bytes)"
        if self._is_upload():
            limit, setting = _LARGEST_PIECE, ""
        if len(self.request.body) > limit:
            raise Problem(
                413,
                "body-too-large",
                f"The body has {len(self.request.body)} bytes; at most {limit} are taken{setting}.",
            )
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

    async def _ask(self) -> _Answer | None:
        """Send the request; once more, to the next host, if this one ends before it answers."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _RESTART
        gone: Host | None = None
        again = self._may_repeat()
        while not self._left:
            host = await self.colophon.supervisor.host_within(deadline - loop.time(), gone)
            if host is None:
                return None
            # A kept connection may be at its end: then the same host is asked once more.
            kept = _take_kept(host) if again else None
            gone = None if kept else host
            try:
                self._upstream = kept or await _connect(host.port)
            except OSError:
                continue
            answer = _Answer(self, self._upstream)
            try:
                await self._exchange(self._upstream, answer)
            finally:
                upstream, self._upstream = self._upstream, None
                if answer.finished and not answer.last:
                    _keep(host, upstream)
                else:
                    upstream.close()
            if answer.begun or answer.timed_out:
                return answer
            if kept:
                continue
            if not again:
                return None
            again, deadline = False, loop.time() + _RESTART
        return None

    async def _exchange(self, upstream: IOStream, answer: _Answer) -> None:
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

    def _may_repeat(self) -> bool:
        """Whether the host does it once, however often it is asked."""
        if self.request.method == "GET" or self._target() == "/api/commands":
            return True
        if self._is_upload():
            # A piece says where it belongs.
            return True
        try:
            return "idempotencyKey" in json.loads(self.request.body)
        except (ValueError, TypeError, RecursionError):
            return False

    def _is_upload(self) -> bool:
        return grant_of(self) is not None and self._target().startswith(_UPLOADS)

    def _has_body(self) -> bool:
        return self.request.method in ("POST", "PUT")

    def _target(self) -> str:
        # As the client wrote it: decoding and encoding again would change what it means.
        path = self.request.path[len(self.base_url) + len("colophon") :]
        pairs = parse_qsl(self.request.query, keep_blank_values=True)
        query = urlencode([(key, value) for key, value in pairs if key not in _KEPT_HERE])
        return f"{path}?{query}" if query else path

    def _principal(self) -> dict[str, Any]:
        """For whom the request is made."""
        user = user_of(self.current_user)
        grant = grant_of(self)
        runtime = {} if grant is None else {"runtime": grant.stream}
        return {
            **runtime,
            "username": user["username"],
            "name": user["display_name"] or user["name"] or user["username"],
            "color": user["color"],
            "may": list(self.may),
        }

    def _upstream_headers(self) -> HTTPHeaders:
        principal = json.dumps(self._principal()).encode("utf-8")
        encoded = base64.urlsafe_b64encode(principal).decode("ascii")
        headers = HTTPHeaders(
            {
                "Host": "127.0.0.1",
                "Connection": "keep-alive",
                "Authorization": f"Bearer {self.colophon.secret}",
                "Colophon-Principal": encoded.rstrip("="),
            }
        )
        for name in self.passed_on:
            if name in self.request.headers:
                headers[name] = self.request.headers[name]
        if self._has_body():
            headers["Content-Length"] = str(len(self.request.body))
        return headers

    def _away(self) -> Problem:
        supervisor = self.colophon.supervisor
        problem = supervisor.problem
        if problem is not None:
            detail = f"{problem.summary} {problem.remedy}"
        elif supervisor.state == "stopped":
            detail = "Colophon is stopped. Start it from the status bar, or POST colophon/start."
        else:
            detail = "The Colophon host is starting. Retry in a moment."
        return Problem(503, "host-unavailable", detail, {"state": supervisor.state})


async def _connect(port: int) -> IOStream:
    """A connection to the host. Raises OSError. Not through TCPClient: it looks the address up on a
    thread, which costs more than all the rest."""
    upstream = IOStream(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    upstream.set_nodelay(True)
    await upstream.connect(("127.0.0.1", port))
    return upstream


#: Connections that have brought a whole answer, for the next request.
_kept: WeakKeyDictionary[Host, list[IOStream]] = WeakKeyDictionary()
_MOST_KEPT = 8


def _take_kept(host: Host) -> IOStream | None:
    kept = _kept.get(host, [])
    while kept:
        upstream = kept.pop()
        if not upstream.closed():
            return upstream
    return None


def _keep(host: Host, upstream: IOStream) -> None:
    kept = _kept.setdefault(host, [])
    if len(kept) < _MOST_KEPT and not upstream.closed():
        # Says at once when the host closes it.
        upstream.set_close_callback(lambda: upstream in kept and kept.remove(upstream))
        kept.append(upstream)
    else:
        upstream.close()


class _Answer(HTTPMessageDelegate):
    """Writes what the host answers to the client, as it comes."""

    def __init__(self, handler: ProxyHandler, upstream: IOStream) -> None:
        self._handler = handler
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
        for name in handler.passed_back:
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
