"""What is known of the host, for whoever needs it: whether it runs, where, and why not."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from .host_link import HostLink
from .problems import SetUpProblem


@dataclass(frozen=True)
class Host:
    """A host that listens."""

    link: HostLink
    port: int
    since: str


class HostStatus:
    """Told by the supervisor. Lives on the event loop."""

    def __init__(self) -> None:
        self._state = "stopped"
        self._news = asyncio.Event()
        self.problem: SetUpProblem | None = None
        self.host: Host | None = None
        self.node: str | None = None
        self.restarts = 0

    @property
    def state(self) -> str:
        """As in docs/PROTOCOL.md, Status."""
        return self._state

    @state.setter
    def state(self, state: str) -> None:
        self._state = state
        self._news.set()

    def tell(self, state: str, problem: SetUpProblem | None = None) -> None:
        """The state from now on, and what is wrong, if anything is."""
        self.problem, self.state = problem, state

    def gone(self) -> None:
        """The host has ended."""
        self.host = None
        self._news.set()

    async def host_within(self, seconds: float, other_than: Host | None = None) -> Host | None:
        """The host as soon as it listens; None after so long, or at once when none is on its way.

        `other_than`: a host that is known to be gone, perhaps before its end was noticed.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while True:
            if self.host is not None and self.host is not other_than:
                return self.host
            left = deadline - loop.time()
            # Running without a host: it has just ended.
            coming = self.state in ("starting", "running", "backing-off")
            if left <= 0 or not coming or self.problem is not None:
                return None
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), left)
            except asyncio.TimeoutError:
                return None

    def as_json(self) -> dict[str, Any] | None:
        """The `host` of the status."""
        if self.host is None:
            return None
        return {
            "pid": self.host.link.pid,
            "since": self.host.since,
            "restarts": self.restarts,
            "node": self.node,
        }
