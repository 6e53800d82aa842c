"""What of a client's request goes to the host: the target, few of its headers, and who asks.

Credentials for this server stop here, and so do all headers but those that mean something to the
host.
"""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tornado.httputil import HTTPHeaders

from .authors import person_of
from .grants import grant_of
from .guarded import Guarded, Problem

#: Credentials and XSRF tokens of the query are between the client and this server.
_KEPT_HERE = frozenset({"token", "agent_token", "_xsrf"})
#: Asked by POST, but nothing is written: questions, and the place of a reader.
_READING = ("/api/query", "/api/streams/__cursor/")
#: Pieces of output that a runtime stores; the host takes no larger ones.
_UPLOADS = "/api/artifacts/uploads"
_LARGEST_PIECE = 8 << 20


class HostRequest(Guarded):
    """Base of the handlers whose answer is the host's."""

    #: Headers that mean something to the host.
    passed_on: tuple[str, ...] = ("Accept", "Content-Type", "Last-Event-ID", "Range")

    def needed(self) -> tuple[str, str]:
        """The host decides by stream; this much is needed for any of them."""
        target = self._target().partition("?")[0]
        if self.request.method == "GET" or target.startswith(_READING):
            return ("read", "contents")
        return ("execute", "kernels") if target == "/api/commands" else ("write", "contents")

    def _check_size(self) -> None:
        """Refuse a body that is too large."""
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
        grant = grant_of(self)
        runtime = {} if grant is None else {"runtime": grant.stream}
        return {**runtime, **person_of(self.current_user), "may": list(self.may)}

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
