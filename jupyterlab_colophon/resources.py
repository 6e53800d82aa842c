"""What a process and its children use: memory and processor time, read from the system.

/proc where there is one; else psutil if it is installed (IPython brings it along). Without both,
nothing is known, and that is said as None.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

try:
    import psutil
except ImportError:  # pragma: no cover - depends on the machine
    psutil = None

_PROC = Path("/proc")
_HAS_PROC = (_PROC / "self" / "statm").exists()
_PAGE = os.sysconf("SC_PAGE_SIZE") if _HAS_PROC else 0
_TICKS = os.sysconf("SC_CLK_TCK") if _HAS_PROC else 1


@dataclass(frozen=True)
class Use:
    """Bytes of memory and seconds of processor time, so far, of a process and its children."""

    memory: int
    cpu: float

    def as_json(self) -> dict[str, Any]:
        """As in docs/PROTOCOL.md, Resources."""
        return {"memoryBytes": self.memory, "cpuSeconds": round(self.cpu, 2)}


def process_of(kernel: Any) -> int | None:
    """The process of a kernel on this machine; None if it runs elsewhere or is gone."""
    provisioner = getattr(kernel, "provisioner", None)
    if provisioner is None or getattr(provisioner, "process", None) is None:
        return None
    pid = getattr(provisioner, "pid", None)
    return pid if isinstance(pid, int) and pid > 0 else None


def tree(pid: int) -> list[int]:
    """The process and all that descend from it."""
    if not _HAS_PROC:
        return _tree_by_psutil(pid)
    found = [pid]
    for each in found:
        found.extend(_children(each))
    return found


def use_of(pid: int, but: int | None = None) -> Use | None:
    """What the process and its children use; None if it is gone or cannot be looked at.

    Memory that they share is counted once where the system tells it, from `but` bytes on: to ask
    costs more than the sum, which is never less.
    """
    memory, cpu, processes = 0, 0.0, tree(pid)
    alive = 0
    for each in processes:
        one = _one(each)
        if one is not None:
            alive += 1
            memory += one.memory
            cpu += one.cpu
    if alive == 0:
        return None
    if but is not None and memory > but and alive > 1:
        memory = min(memory, sum(_share(each) for each in processes))
    return Use(memory, cpu)


def _children(pid: int) -> Iterator[int]:
    try:
        for thread in (_PROC / str(pid) / "task").iterdir():
            yield from map(int, (thread / "children").read_text().split())
    except OSError:
        # Gone meanwhile, or a system that does not tell.
        return


def _tree_by_psutil(pid: int) -> list[int]:
    if psutil is None:
        return [pid]
    try:
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    except psutil.Error:
        return [pid]


def _one(pid: int) -> Use | None:
    if not _HAS_PROC:
        return _one_by_psutil(pid)
    try:
        resident = int((_PROC / str(pid) / "statm").read_text().split()[1])
        # The name before `)` may hold anything; user, system and reaped children's time follow.
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (OSError, IndexError):
        return None
    return Use(resident * _PAGE, sum(map(int, fields[11:15])) / _TICKS)


def _one_by_psutil(pid: int) -> Use | None:
    if psutil is None:
        return None
    try:
        process = psutil.Process(pid)
        return Use(process.memory_info().rss, sum(process.cpu_times()[:4]))
    except psutil.Error:
        return None


def _share(pid: int) -> int:
    """The process's own memory and its share of what it shares; all of it if that is not told."""
    try:
        for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    one = _one(pid)
    return 0 if one is None else one.memory


def resources_of(
    kernels: Any, kernel_id: str, tap: Any, host: int | None, limits: Any
) -> dict[str, Any]:
    """What the kernel, the agent at its tap (None: no tap) and the host (its process) use, and the
    limits of the run that the kernel has, else these."""
    agent = getattr(None if tap is None else tap.attached, "pid", None)
    pids = {
        "kernel": process_of(kernels.get_kernel(kernel_id)) if kernel_id in kernels else None,
        # An agent on another machine has a number that means another process here.
        "agent": agent if host is not None and agent in tree(host) else None,
        "host": host,
    }
    uses = {name: None if pid is None else use_of(pid) for name, pid in pids.items()}
    run = None if tap is None else tap.run
    return {
        **{name: None if use is None else use.as_json() for name, use in uses.items()},
        "limits": (limits if run is None else run.limits).as_json(),
    }
