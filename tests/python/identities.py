"""An identity provider for tests: everybody has a token of their own, and some may only read."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth import Authorizer
from jupyter_server.auth.identity import IdentityProvider, User

USERS = {
    "alice-token": User("alice", name="Alice", color="#c00"),
    "bob-token": User("bob", name="Bob"),
    "reader-token": User("reader", name="Reader"),
}


class Identities(IdentityProvider):
    def get_user(self, handler: Any) -> User | None:
        user = USERS.get(self.get_token(handler) or "")
        if user is not None:
            handler._token_authenticated = True
        return user


class ReadersOnlyRead(Authorizer):
    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        if user.username not in {"alice", "bob", "reader"}:
            raise RuntimeError("an authorizer that knows its own users only")
        return user.username != "reader" or action == "read"
