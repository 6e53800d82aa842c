"""Requests that were refused, for the log and the journal; a flood of them is not."""

from __future__ import annotations

import time
from collections import deque
from logging import Logger
from typing import Any

from .room_tap import Post

_A_MINUTE = 60


class Refusals:
    """Reports at most 60 refusals in any minute, and says so when it leaves some out."""

    def __init__(self, post: Post, log: Logger) -> None:
        self._post = post
        self._log = log
        self._reported: deque[float] = deque()
        self._left_out = 0

    def refuse(self, handler: Any, reason: str) -> None:
        """A request to one of our endpoints was refused; `reason` as in the schema's `refusal`."""
        now = time.monotonic()
        while self._reported and self._reported[0] < now - 60:
            self._reported.popleft()
        if len(self._reported) >= _A_MINUTE:
            if self._left_out == 0:
                self._log.warning("Colophon refuses many requests; some are not recorded")
            self._left_out += 1
            return
        if self._left_out:
            self._log.warning("Colophon did not record %d refusals", self._left_out)
            self._left_out = 0
        self._reported.append(now)
        request, user = handler.request, getattr(handler, "_jupyter_current_user", None)
        username = None if user is None else str(user.username)
        self._log.warning(
            "Colophon refused %s %s from %s (%s): %s",
            request.method,
            request.path[:200],
            request.remote_ip,
            username,
            reason,
        )
        self._post(
            "refusal",
            {
                "reason": reason,
                "method": str(request.method),
                "path": request.path[:1000],
                "remoteIp": str(request.remote_ip),
                "username": username,
            },
        )
