"""What people are to know of Colophon on this server: in the status, and in the server's log."""

from __future__ import annotations

from collections import deque
from logging import Logger
from typing import Any

from . import frames

#: So many are remembered, the newest.
_MOST = 50


class Notices:
    """The newest notices."""

    def __init__(self, log: Logger) -> None:
        self._log = log
        self._told: deque[dict[str, str]] = deque(maxlen=_MOST)

    def tell(self, header: dict[str, Any]) -> None:
        """One more: level, code and message."""
        fields = ("level", "code", "message")
        notice = {**{key: str(header[key]) for key in fields}, "at": frames.timestamp()}
        self._told.append(notice)
        log = {"error": self._log.error, "warning": self._log.warning}.get(
            notice["level"], self._log.info
        )
        log("Colophon: %s", notice["message"])

    def as_json(self) -> list[dict[str, str]]:
        """As in docs/PROTOCOL.md, Status."""
        return list(self._told)
