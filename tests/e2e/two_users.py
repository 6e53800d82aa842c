"""An identity provider with named users by token; a cookie keeps them, as on a hub."""

from jupyter_server.auth.identity import IdentityProvider, User

USERS = {
    "alice-token": User("alice", name="Alice", display_name="Alice", color="#1565c0"),
    "bob-token": User("bob", name="Bob", display_name="Bob", color="#c2185b"),
}


class TwoUsers(IdentityProvider):
    async def get_user_token(self, handler):
        return USERS.get(self.get_token(handler) or "")
