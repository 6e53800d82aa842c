"""Tells an agent what its kernel runs in, as that changes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from .environment import Environments, Told


class EnvironmentNews:
    """Tells one agent what its kernel runs in: at once, and whenever that has changed.

    `tell` gets None when it has changed and is being read, then what it is.
    """

    def __init__(
        self,
        environments: Environments,
        kernel: Any,
        tell: Callable[[Told | None], None],
    ) -> None:
        self._environments = environments
        self._kernel = kernel
        self._tell = tell
        self._reading: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Tell it for the first time."""
        known = self._environments.known(self._kernel)
        if known is None:
            self._read()
        else:
            self._tell(known)

    def check(self) -> None:
        """A run begins: tell it again if it has changed."""
        if self._reading is None and self._environments.known(self._kernel) is None:
            self._tell(None)
            self._read()

    def close(self) -> None:
        """Nobody listens any more."""
        if self._reading is not None:
            self._reading.cancel()

    def _read(self) -> None:
        self._reading = asyncio.ensure_future(self._reads())

    async def _reads(self) -> None:
        try:
            self._tell(await self._environments.read(self._kernel))
        finally:
            self._reading = None


def frame(told: Told | None) -> str:
    """The frame of a kernel tap that says it."""
    return json.dumps({"environment": told})
