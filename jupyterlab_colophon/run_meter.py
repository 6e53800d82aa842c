"""What a run has taken of what its limits count, since it began."""

from __future__ import annotations

import asyncio
from typing import Any

from .limits import Limits, Reached, Taken
from .resources import Use, process_of, use_of

#: A kernel so far beyond its memory is ended without waiting for what it makes of the interrupt.
_FAR = 1.5


class RunMeter:
    """Of one run."""

    def __init__(self, kernel: Any, limits: Limits) -> None:
        #: Bytes, as somebody else counts them.
        self.output = 0
        self._kernel = kernel
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._began: float | None = None
        self._before = Use(0, 0.0)

    @property
    def begun(self) -> bool:
        """Whether the run has begun."""
        return self._began is not None

    def begin(self) -> None:
        """The kernel has begun with the run: what it has used until now is not the run's."""
        self._began = self._loop.time()
        if self._limits.any:
            self._before = self.use() or self._before

    def taken(self) -> Taken:
        """What the run, which has begun, has taken until now."""
        assert self._began is not None
        wall_time = self._loop.time() - self._began
        wanted = self._limits.memory is not None or self._limits.cpu_time is not None
        use = (self.use() if wanted else None) or self._before
        before = self._before
        return Taken(use.memory, before.memory, use.cpu - before.cpu, wall_time, self.output)

    def use(self) -> Use | None:
        """What the kernel uses now; None if it has no process here, or is gone."""
        pid = process_of(self._kernel)
        allowed = self._limits.memory
        return None if pid is None else use_of(pid, None if allowed is None else int(allowed))

    def far_beyond(self, found: Reached) -> bool:
        """Whether the kernel's memory is far beyond the limit that was reached."""
        if found.limit != "memory":
            return False
        use = self.use()
        return use is not None and use.memory > max(found.allowed, self._before.memory) * _FAR
