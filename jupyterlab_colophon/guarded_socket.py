"""What our websockets share: they let in as every endpoint of ours does, and compress nothing."""

from __future__ import annotations

from typing import Any

from jupyter_server.base.websocket import WebSocketMixin
from tornado.websocket import WebSocketHandler

from .guarded import Guarded


class GuardedSocket(WebSocketMixin, WebSocketHandler, Guarded):  # type: ignore[misc]
    """Base of our handlers of websockets."""

    async def prepare(self, *args: Any, **kwargs: Any) -> None:
        await Guarded.prepare(self)

    def set_default_headers(self) -> None:
        """A websocket has none."""

    def get_compression_options(self) -> dict[str, Any] | None:
        return None
