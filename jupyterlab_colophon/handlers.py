"""Endpoints that the server extension answers itself: status, start, stop and resources."""

from __future__ import annotations

import json
from typing import Any

from tornado import web

from .guarded import Guarded


class _Told(Guarded):
    """An endpoint of ours that answers with what the extension knows."""

    def tell(self, answer: dict[str, Any]) -> None:
        """The answer to the request."""
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(answer))

    def tell_for_now(self, answer: dict[str, Any]) -> None:
        """The answer to a question, which may be another the next time."""
        self.set_header("Cache-Control", "no-store")
        self.tell(answer)


class StatusHandler(_Told):
    """GET colophon/status: also when the host is away."""

    @web.authenticated
    async def get(self) -> None:
        self.tell_for_now(self.colophon.status(self.current_user))


class StartHandler(_Told):
    """POST colophon/start."""

    @web.authenticated
    async def post(self) -> None:
        self.colophon.start_host()
        self.tell(self.colophon.status(self.current_user))


class StopHandler(_Told):
    """POST colophon/stop: answered when the host is gone."""

    @web.authenticated
    async def post(self) -> None:
        await self.colophon.stop_host()
        self.tell(self.colophon.status(self.current_user))


class ResourcesHandler(_Told):
    """GET colophon/resources?kernel=<id>: what kernel, agent and host use now. Is no activity."""

    @web.authenticated
    async def get(self) -> None:
        self.tell_for_now(self.colophon.resources(self.get_query_argument("kernel", "")))
