"""What every endpoint of ours shares: who may come in, and how it says no.

Jupyter Server's own rules decide; each refusal is told apart, answered as application/problem+json
with what to do, and recorded. A client's request that bears a header which only this server may
send to the host is refused.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from .grants import HEADER

if TYPE_CHECKING:
    from .extension import ColophonExtension

_CODES = {
    400: "malformed-request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    413: "body-too-large",
    503: "host-unavailable",
    504: "host-unavailable",
}


class Problem(web.HTTPError):
    """An answer that is a refusal: status, a code of schema/problems.ts, and what to do."""

    def __init__(self, status: int, code: str, detail: str, at: dict[str, Any] | None = None):
        super().__init__(status, "%s", detail)
        self.code, self.detail, self.at = code, detail, at

    def body(self) -> dict[str, Any]:
        """The problem+json object."""
        problem = {
            "type": "about:blank",
            "title": HTTPStatus(self.status_code).phrase,
            "status": self.status_code,
            "code": self.code,
            "detail": self.detail,
        }
        return problem if self.at is None else {**problem, "at": self.at}


class Guarded(JupyterHandler):
    """Base of our handlers. `rights` gives action and resource for each method.

    `may` is what the person may do on this server, once the request was let in."""

    rights = {"GET": ("read", "contents"), "POST": ("execute", "kernels")}
    may: tuple[str, ...] = ()
    _track_activity = False
    _cookie_refused = False

    def initialize(self, colophon: ColophonExtension) -> None:
        """`colophon` is the extension that made the handler."""
        self.colophon = colophon

    async def prepare(self, *, _redirect_to_login: bool = False) -> None:  # type: ignore[override]
        """Let the request in, or raise Problem."""
        try:
            await JupyterHandler.prepare(self, _redirect_to_login=False)
        except Problem:
            raise
        except web.HTTPError:
            if not self.check_host():
                raise self._refused(
                    403,
                    "forbidden",
                    "origin",
                    "The server does not go by this name; see ServerApp.allow_remote_access.",
                ) from None
            if getattr(self, "_jupyter_current_user", None) is None:
                self._refuse_unauthenticated()
            raise
        self._check_headers()
        if self.request.method == "OPTIONS":
            return
        if self.current_user is None:
            self._refuse_unauthenticated()
        self._check_origin()
        action, resource = self.needed()
        user = self.current_user
        if not await ensure_async(
            self.authorizer.is_authorized(self, user, action, resource)  # type: ignore[arg-type]
        ):
            raise self._refused(
                403, "forbidden", "forbidden", f"You may not {action} {resource} on this server."
            )
        self.may = tuple(await self.colophon.rights_of(self))

    def needed(self) -> tuple[str, str]:
        """Action and resource that this request needs."""
        return self.rights.get(str(self.request.method), ("write", "contents"))

    def check_xsrf_cookie(self) -> None:
        """As the base class, with each refusal told apart."""
        if not hasattr(self, "_jupyter_current_user"):
            # An identity provider asks before it takes a cookie for somebody: JupyterHub's does.
            try:
                super().check_xsrf_cookie()
            except web.HTTPError:
                self._cookie_refused = True
                raise
            return
        self._check_headers()
        if self._jupyter_current_user is None:
            self._refuse_unauthenticated()
        self._check_origin()
        try:
            super().check_xsrf_cookie()
        except web.HTTPError as error:
            raise self._without_xsrf() from error

    def get_login_url(self) -> str:
        """An API does not redirect to a login page."""
        self._refuse_unauthenticated()
        raise AssertionError("unreachable")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Every error of ours is problem+json."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, Problem):
            problem = error
        else:
            code = _CODES.get(status_code, "internal")
            detail = _DETAILS.get(code, "Something went wrong; the server's log says what.")
            problem = Problem(status_code, code, detail)
        self.clear_header("Content-Length")
        self.set_header("Content-Type", "application/problem+json")
        if problem.code == "host-unavailable":
            self.set_header("Retry-After", "2")
        web.RequestHandler.finish(self, json.dumps(problem.body()))

    def _check_headers(self) -> None:
        for name in self.request.headers:
            if name.lower().startswith("colophon-") and name.lower() != HEADER.lower():
                raise self._refused(
                    400,
                    "forged-header",
                    "forged-header",
                    f"Leave the header {name} out: only the server itself may send it.",
                )

    def _check_origin(self) -> None:
        # For a request that a token authenticates, the origin does not matter to Jupyter Server.
        if not self.check_origin():
            raise self._refused(
                403,
                "forbidden",
                "origin",
                "Requests from another site are not allowed; see ServerApp.allow_origin.",
            )

    def _refuse_unauthenticated(self) -> None:
        if self._cookie_refused:
            raise self._without_xsrf()
        raise self._refused(
            403, "unauthenticated", "unauthenticated", "Log in, or send the server's token."
        )

    def _without_xsrf(self) -> Problem:
        return self._refused(
            403,
            "forbidden",
            "xsrf",
            "The _xsrf cookie does not match the X-XSRFToken header. Reload the page, or "
            "authenticate with a token.",
        )

    def _refused(self, status: int, code: str, reason: str, detail: str) -> Problem:
        self.colophon.refusals.refuse(self, reason)
        return Problem(status, code, detail, {"reason": reason})


_DETAILS = {
    "forbidden": "This request is not allowed.",
    "not-found": "There is nothing here.",
    "method-not-allowed": "This address does not take this method.",
    "malformed-request": "The request cannot be understood.",
}
