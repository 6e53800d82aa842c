"""Actors that the host vouches for: a connection that presents a granted token is that actor.

The configured identity provider and authorizer are wrapped on their instances, so any of them
works: a request with a granted token is the user `colophon-runtime`, authenticated by a token, and
may use what a runtime needs and nothing else. A token that is not granted authenticates nobody,
whatever else the request carries. Tokens are kept as SHA-256 and compared in constant time.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote
from weakref import WeakSet

from jupyter_core.utils import ensure_async
from jupyter_server.auth import User
from tornado.websocket import WebSocketHandler

from .runtime_requests import RuntimeRequests, silence
from .short_replies import shorten_replies

RUNTIME_USER = "colophon-runtime"
HEADER = "Colophon-Agent-Token"
PARAMETER = "agent_token"

#: Below base_url: where a runtime may go.
_PLACES = (
    "api/collaboration/session/",
    "api/kernels",
    "api/kernelspecs",
    "api/sessions",
    "colophon/api/artifacts/",
    "colophon/kernels/",
)
_RESOURCES = frozenset({"contents", "kernels", "kernelspecs", "sessions"})


_ROOM = "api/collaboration/room/json:notebook:"


@dataclass(eq=False)
class Grant:
    """`actor` is the host's word, passed back and not read. `stream` says whose room it opens: that
    of the stream, and of streams below it."""

    digest: str
    actor: dict[str, Any]
    stream: str
    connections: WeakSet[Any] = field(default_factory=WeakSet)
    over: bool = False

    def opens(self, place: str) -> bool:
        """Whether a path below base_url is where this runtime may go."""
        if place.startswith(_PLACES):
            return True
        room = unquote(place)
        stream = f"/notebooks/{room[len(_ROOM) :]}"
        return room.startswith(_ROOM) and f"{stream}/".startswith(f"{self.stream}/")


def grant_of(handler: Any) -> Grant | None:
    """The grant whose token this request was authenticated with."""
    grant = getattr(handler, "_colophon_grant", None)
    return grant if isinstance(grant, Grant) else None


class Grants:
    """The tokens of one host. Revoking one closes the websockets that it opened, and nothing that
    is still on its way on them is taken."""

    def __init__(self) -> None:
        self._grants: dict[str, Grant] = {}
        self._requests = RuntimeRequests()

    def grant(self, token: str, actor: dict[str, Any], stream: str) -> None:
        """From now on `token` is this actor."""
        digest = _digest(token)
        self._grants[digest] = Grant(digest, actor, stream)

    def revoke(self, token: str) -> None:
        """`token` is nobody from now on."""
        self._end(self._grants.pop(_digest(token), None))

    def revoke_all(self) -> None:
        """The host has ended, and every token with it."""
        grants, self._grants = self._grants, {}
        for grant in grants.values():
            self._end(grant)

    def find(self, token: str) -> Grant | None:
        """The grant of a token that was presented."""
        digest = _digest(token)
        found = None
        for known, grant in self._grants.items():
            if hmac.compare_digest(known, digest):
                found = grant
        return found

    def install(self, provider: Any, authorizer: Any, base_url: str) -> None:
        """Wrap the server's identity provider and authorizer. Once for each server."""
        provider.get_user = self._get_user(provider.get_user, base_url)
        for name, answer in (("is_token_authenticated", True), ("should_check_origin", False)):
            setattr(provider, name, _unless_granted(getattr(provider, name), answer))
        authorizer.is_authorized = _is_authorized(authorizer.is_authorized)

    def _get_user(self, ask: Callable[[Any], Any], base_url: str) -> Callable[[Any], Any]:
        async def get_user(handler: Any) -> Any:
            token = handler.request.headers.get(HEADER) or _argument(handler)
            if not token:
                return await ensure_async(ask(handler))
            place = handler.request.path[len(base_url) :]
            grant = self.find(token)
            if grant is None or not grant.opens(place):
                return None
            handler._colophon_grant = grant
            handler._token_authenticated = True
            grant.connections.add(handler)
            _send_at_once(handler)
            self._requests.watch(handler)
            name = grant.actor.get("name") or "Runtime"
            return User(RUNTIME_USER, name=str(name))

        return get_user

    def _end(self, grant: Grant | None) -> None:
        if grant is None:
            return
        grant.over = True
        for handler in list(grant.connections):
            _end_connection(handler)


def _end_connection(handler: Any) -> None:
    """Nothing of a websocket counts any more. One that is not open yet ends when it is; one that
    never opened has nothing that could be closed."""
    silence(handler)
    if getattr(getattr(handler, "ws_connection", None), "stream", None) is not None:
        handler.close(4403, "the token was revoked")


def _send_at_once(handler: Any) -> None:
    """Once the runtime's websocket is open, no small message waits until the one before is
    acknowledged, which a client may do 40 ms late. (Tornado undoes it if it is said earlier.)"""
    if isinstance(handler, WebSocketHandler):
        opened = handler.open

        def open_at_once(*arguments: Any, **named: Any) -> Any:
            handler.set_nodelay(True)
            shorten_replies(getattr(handler, "connection", None))
            grant = grant_of(handler)
            if grant is not None and grant.over:
                # Once it is open: only then what it holds is let go of.
                asyncio.get_running_loop().call_soon(_end_connection, handler)
            return opened(*arguments, **named)

        handler.open = open_at_once  # type: ignore[method-assign]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8")).hexdigest()


def _argument(handler: Any) -> str:
    values = handler.request.query_arguments.get(PARAMETER, [])
    return values[-1].decode("utf-8", "replace") if values else ""


def _unless_granted(ask: Callable[[Any], Any], answer: bool) -> Callable[[Any], Any]:
    def decide(handler: Any) -> Any:
        return answer if grant_of(handler) is not None else ask(handler)

    return decide


def _is_authorized(ask: Callable[..., Any]) -> Callable[..., Any]:
    async def is_authorized(handler: Any, user: Any, action: str, resource: str) -> bool:
        if grant_of(handler) is not None:
            return resource in _RESOURCES
        return bool(await ensure_async(ask(handler, user, action, resource)))

    return is_authorized
