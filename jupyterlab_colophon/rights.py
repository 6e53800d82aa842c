"""What a person may do on this server, for the host to decide by, and whether people are told
apart.

The server's own authorizer decides; the host never hears more than its answers. Jupyter Server's
own identity providers give whoever has the token a name by chance, another in each browser and
after each clearing of cookies: such names own nothing.
"""

from __future__ import annotations

from typing import Any

from jupyter_core.utils import ensure_async

#: Action and resource of each right that the host knows.
_ASKED = (("read", "contents"), ("write", "contents"), ("execute", "kernels"), ("write", "server"))
#: Where an identity provider would say who somebody is.
_NAMING = (
    "get_user",
    "_get_user",
    "get_user_token",
    "get_user_cookie",
    "user_from_cookie",
    "generate_anonymous_user",
    "process_login_form",
)
_OWN_PROVIDERS = "jupyter_server.auth.identity"
_OWN_LOGIN = "jupyter_server.auth.login"


async def rights_of(handler: Any) -> list[str]:
    """The rights of the person whom the handler serves, as `<resource>:<action>`."""
    rights = []
    for action, resource in _ASKED:
        if await _is_authorized(handler, action, resource):
            rights.append(f"{resource}:{action}")
    # Who may write nothing on the server writes to no stream.
    return [*rights, "streams:write"] if "contents:write" in rights else rights


def names_last(provider: Any) -> bool:
    """Whether the identity provider gives a person the same name each time."""
    kind = type(provider)
    if any(getattr(kind, name).__module__ != _OWN_PROVIDERS for name in _NAMING):
        return True
    # A login handler of the old kind may know users of its own.
    login = getattr(provider, "login_handler_class", None)
    legacy = kind.__name__ == "LegacyIdentityProvider"
    return legacy and login is not None and login.__module__ != _OWN_LOGIN


async def _is_authorized(handler: Any, action: str, resource: str) -> bool:
    try:
        return bool(
            await ensure_async(
                handler.authorizer.is_authorized(handler, handler.current_user, action, resource)
            )
        )
    except Exception:
        # An authorizer that does not know the question has not said yes.
        handler.log.debug("The authorizer did not answer %s %s", action, resource, exc_info=True)
        return False
