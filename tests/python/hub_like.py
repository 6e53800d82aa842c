"""What JupyterHub's identity provider and authorizer do, as far as Colophon meets it."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth import Authorizer
from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.base.handlers import JupyterHandler
from tornado.web import HTTPError


class HubUser(User):
    """A user who knows what the hub said of them."""

    def __init__(self, name: str) -> None:
        self.hub_user = {"name": name}
        super().__init__(name)


def check_xsrf_cookie(handler: Any) -> None:
    """A script of the same site needs the token for reading, too: it may be another user's page."""
    if getattr(handler, "_token_authenticated", False):
        return
    if handler.request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate":
        return
    if handler.request.headers.get("X-XSRFToken") != "the-token":
        raise HTTPError(403, "'_xsrf' argument missing")


class HubIdentities(IdentityProvider):
    """By token `<name>-token`, or by the cookie `hub`, which is taken once XSRF is ruled out."""

    async def get_user(self, handler: Any) -> User | None:  # type: ignore[override]
        JupyterHandler.check_xsrf_cookie = check_xsrf_cookie  # type: ignore[method-assign]
        token = self.get_token(handler)
        if token:
            handler._token_authenticated = True
            return HubUser(token.removesuffix("-token"))
        name = handler.get_cookie("hub")
        if not name:
            return None
        try:
            handler.check_xsrf_cookie()
        except HTTPError:
            return None
        return HubUser(name)


class HubAuthorizer(Authorizer):
    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        return bool(user.hub_user["name"])
