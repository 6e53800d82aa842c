"""Four named users: alice may do everything, bob may only read, carol nothing; dan is as alice."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth import Authorizer
from jupyter_server.auth.identity import IdentityProvider, User

NAMES = ("alice", "bob", "carol", "dan")


class FourUsers(IdentityProvider):
    async def get_user_token(self, handler: Any) -> User | None:
        name = (self.get_token(handler) or "").removesuffix("-token")
        return User(name, name=name.capitalize()) if name in NAMES else None


class BobOnlyReads(Authorizer):
    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        if user.username == "bob":
            return action == "read"
        return user.username != "carol"
