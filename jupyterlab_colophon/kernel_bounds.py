"""What the operating system itself refuses a kernel while a limited run has it.

The watcher in active_run.py looks four times a second; a kernel can take gigabytes between two
looks. So on Linux every process of the kernel has its private memory bounded (RLIMIT_DATA) for the
time of the run, somewhat above what the watcher allows. The kernel meets that as a MemoryError in
the cell and lives. Other systems, and processes that are not ours, are left to the watcher.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from .resources import tree

try:
    import resource
except ImportError:  # pragma: no cover - depends on the machine
    resource = None  # type: ignore[assignment]

#: Whether this system can bound another process.
CAN_BOUND = hasattr(resource, "prlimit") and Path("/proc/self/status").exists()
#: Of what grows slowly the watcher hears first: it interrupts at the limit, kills at 1.5 of it.
_ABOVE = 2.0
#: Memory that a thread reserves without using it: its stack, and buffers of numerical libraries.
_PER_THREAD = 64 << 20
_REFUSED = re.compile(rb'"ename"\s*:\s*"[^"]*MemoryError"')

_Bounds = tuple[int, int]


def bound_for(allowed: float, used: int, reserved: int, threads: int) -> int:
    """Bytes of private memory that a process may have.

    `allowed` and `used` are of the whole kernel, as it is used; `reserved` is what the process has
    now, used or not, and is what the system counts. `threads`: as many as a library may start.
    """
    more = max(allowed, used) * _ABOVE - used
    return reserved + int(more) + threads * _PER_THREAD


def narrowed(found: _Bounds, bound: int, unlimited: int) -> _Bounds | None:
    """The soft and hard bound to set; None if what is there is as narrow."""
    soft, hard = found
    if any(each != unlimited and each <= bound for each in found):
        return None
    return bound, hard


def was_refused(content: bytes) -> bool:
    """Whether an error of the kernel says that it got no memory."""
    return _REFUSED.search(content) is not None


class KernelBounds:
    """The bounds of one kernel's processes, from `set` to `take_back`."""

    def __init__(self) -> None:
        #: The soft bound that was there before ours, by ours: children inherit ours.
        self._before: dict[int, int] = {}

    @property
    def hold(self) -> bool:
        """Whether there are any."""
        return bool(self._before)

    def set(self, pid: int, allowed: float, used: int) -> None:
        """Bound the process and all that it has started; what cannot be bounded is passed over."""
        if self.hold or not CAN_BOUND:
            return
        for each in tree(pid):
            try:
                found = resource.prlimit(each, resource.RLIMIT_DATA)
                bound = bound_for(allowed, used, _reserved(each), os.cpu_count() or 1)
                wanted = narrowed(found, bound, resource.RLIM_INFINITY)
                if wanted is not None:
                    resource.prlimit(each, resource.RLIMIT_DATA, wanted)
                    self._before[bound] = found[0]
            except (OSError, ValueError):
                # Gone, or another user's.
                continue

    def take_back(self, pid: int | None) -> None:
        """The processes, and those started meanwhile, have the bounds that they had before."""
        before, self._before = self._before, {}
        if not before or pid is None:
            return
        for each in tree(pid):
            try:
                soft, hard = resource.prlimit(each, resource.RLIMIT_DATA)
                if soft in before:
                    resource.prlimit(each, resource.RLIMIT_DATA, (before[soft], hard))
            except (OSError, ValueError):
                continue


def _reserved(pid: int) -> int:
    """Private writable memory of a process, used or not."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(pid)
