"""An identity provider with named users by token; a cookie keeps them, as on a hub."""

import os

from jupyter_server.auth import Authorizer
from jupyter_server.auth.identity import IdentityProvider, User

USERS = {
    "alice-token": User("alice", name="Alice", display_name="Alice", color="#1565c0"),
    "bob-token": User("bob", name="Bob", display_name="Bob", color="#c2185b"),
}


class TwoUsers(IdentityProvider):
    async def get_user_token(self, handler):
        return USERS.get(self.get_token(handler) or "")


class UnlessLocked(Authorizer):
    """While the file `locked` is there, Colophon shows nobody a notebook; else all is allowed."""

    def is_authorized(self, handler, user, action, resource):
        asks = resource in ("contents", "server") and "/colophon/" in handler.request.path
        return not (asks and os.path.exists("locked"))
