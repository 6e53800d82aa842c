"""The Durable Streams protocol of the host, below colophon/v1/stream/.

Who may use the server may use it, as the same person. Preflights, the keys of webhooks and the
answers to a wake come without a login: those answers bear the token of their wake, which the host
checks, and they append nothing.
"""

from __future__ import annotations

import re
from typing import Any

from tornado import web
from tornado.httputil import HTTPHeaders

from .guarded import Guarded
from .proxy import ProxyHandler

_WITHOUT_LOGIN = re.compile(
    r"/colophon/v1/stream/__ds/(?:jwks\.json|subscriptions/[^/]+/(?:callback|ack|release))$"
)


class DurableStreamsHandler(ProxyHandler):
    """colophon/v1/stream/<path>."""

    rights = {
        "GET": ("read", "contents"),
        "HEAD": ("read", "contents"),
        "POST": ("write", "contents"),
        "PUT": ("write", "contents"),
        "DELETE": ("write", "contents"),
    }
    passed_on = (
        *("Accept", "Content-Type", "If-None-Match"),
        *("Stream-TTL", "Stream-Expires-At", "Stream-Closed", "Stream-Seq"),
        *("Stream-Forked-From", "Stream-Fork-Offset", "Stream-Fork-Sub-Offset"),
        *("Producer-Id", "Producer-Epoch", "Producer-Seq"),
    )
    passed_back = (
        *("Content-Type", "Cache-Control", "ETag", "Location", "Allow"),
        *("X-Content-Type-Options", "Cross-Origin-Resource-Policy"),
        *("Stream-Next-Offset", "Stream-Cursor", "Stream-Up-To-Date", "Stream-Closed"),
        *("Stream-TTL", "Stream-Expires-At", "Stream-SSE-Data-Encoding"),
        *("Producer-Epoch", "Producer-Seq", "Producer-Expected-Seq", "Producer-Received-Seq"),
    )

    def needed(self) -> tuple[str, str]:
        return Guarded.needed(self)

    async def prepare(self, *, _redirect_to_login: bool = False) -> None:  # type: ignore[override]
        if not self._without_login():
            await Guarded.prepare(self)

    def check_xsrf_cookie(self) -> None:
        if not self._without_login():
            super().check_xsrf_cookie()

    async def get(self, path: str) -> None:
        await self._pass_on()

    async def post(self, path: str) -> None:
        await self._pass_on()

    @web.authenticated
    async def head(self, path: str) -> None:
        await self._pass_on()

    @web.authenticated
    async def put(self, path: str) -> None:
        await self._pass_on()

    @web.authenticated
    async def delete(self, path: str) -> None:
        await self._pass_on()

    def _principal(self) -> dict[str, Any]:
        return {"username": "nobody", "may": []} if self._without_login() else super()._principal()

    def _upstream_headers(self) -> HTTPHeaders:
        headers = super()._upstream_headers()
        token = self.request.headers.get("Authorization", "")
        if self._without_login() and token:
            # Of the wake; the host knows this server by the secret all the same.
            headers["Colophon-Wake"] = token
        return headers

    def _may_repeat(self) -> bool:
        # A producer's batch is taken once, by its number; a stream is created once.
        return self.request.method in ("GET", "HEAD", "PUT") or (
            "Producer-Id" in self.request.headers
        )

    def _without_login(self) -> bool:
        # From the beginning: what stands in a stream's own path opens nothing.
        path = str(self.request.path)[len(self.base_url) - 1 :]
        return _WITHOUT_LOGIN.match(path) is not None
