"""What the host hears of a person: the authorizer's answers, and whether names mean anything."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import identities
from jupyter_server.auth.identity import (
    IdentityProvider,
    LegacyIdentityProvider,
    PasswordIdentityProvider,
    User,
)
from jupyter_server.auth.login import LegacyLoginHandler

from jupyterlab_colophon.extension import ColophonExtension
from jupyterlab_colophon.rights import names_last, rights_of


class Anonymous(PasswordIdentityProvider):
    """Another login page; names are still given by chance."""

    login_available = True


class ByCookie(IdentityProvider):
    def user_from_cookie(self, cookie_value: str) -> User | None:
        return User(cookie_value)


class HubLogin(LegacyLoginHandler):
    @classmethod
    def get_user(cls, handler: Any) -> User:
        return User("of the hub")


def test_names_last() -> None:
    """[G6] Names last where an identity provider other than Jupyter Server's own gives them."""
    for provider in (IdentityProvider(), PasswordIdentityProvider(), Anonymous()):
        assert not names_last(provider), provider
    assert not names_last(LegacyIdentityProvider())
    for provider in (identities.Identities(), ByCookie()):
        assert names_last(provider), provider
    assert names_last(LegacyIdentityProvider(login_handler_class=HubLogin))


def test_a_wrapped_provider() -> None:
    """[G6] That the extension wraps a provider for its agents makes no names."""
    provider = PasswordIdentityProvider()
    provider.get_user = lambda handler: None  # type: ignore[method-assign]
    assert not names_last(provider)


def test_rights() -> None:
    """[G4] The host hears what the authorizer says; an authorizer that fails has not said yes."""

    class Picky:
        async def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
            if resource == "server":
                raise KeyError(resource)
            return action == "read" or resource == "contents"

    log = SimpleNamespace(debug=lambda *args, **kwargs: None)
    handler = SimpleNamespace(authorizer=Picky(), current_user=User("ann"), log=log)
    rights = asyncio.run(rights_of(handler))
    assert rights == ["contents:read", "contents:write", "streams:write"]


def test_setting() -> None:
    """[G6] The setting decides, where it is made."""
    provider = {False: PasswordIdentityProvider(), True: identities.Identities()}
    handler = SimpleNamespace(authorizer=identities.ReadersOnlyRead(), current_user=User("alice"))
    for named, setting, private in (
        (False, None, False),
        (True, None, True),
        (False, True, True),
        (True, False, False),
    ):
        extension = ColophonExtension(private_streams=setting)
        extension.serverapp = SimpleNamespace(identity_provider=provider[named])  # type: ignore
        rights = asyncio.run(extension.rights_of(handler))
        assert ("server" not in rights) is private, (named, setting)
