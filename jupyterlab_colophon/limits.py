"""How much one run of a cell may take, and which limit it has reached. Reads and writes nothing.

The server's settings are the rule; a notebook may ask for less in its metadata
(`colophon.limits`), never for more.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

#: What any cell may still take of a kernel that is above its limit already, as to delete things.
_SLACK = 16 << 20


@dataclass(frozen=True)
class Limits:
    """Bytes, seconds of processor time, seconds, bytes; None: no limit."""

    memory: float | None = None
    cpu_time: float | None = None
    wall_time: float | None = None
    output: float | None = None

    def lowered(self, asked: Any) -> Limits:
        """With what a notebook asks for, where that is less. What is no number above 0 is passed
        over."""
        wanted = asked if isinstance(asked, dict) else {}
        return Limits(
            **{name: _lower(getattr(self, name), wanted.get(key)) for name, key in _KEYS.items()}
        )

    def as_json(self) -> dict[str, float]:
        """Those that there are, by the keys of a notebook's metadata."""
        told = {key: getattr(self, name) for name, key in _KEYS.items()}
        return {key: value for key, value in told.items() if value is not None}

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return any(getattr(self, field.name) is not None for field in fields(self))

    @property
    def of_process(self) -> bool:
        """Whether there is one that can be held only where the kernel's process is seen."""
        return self.memory is not None or self.cpu_time is not None


_KEYS = {
    "memory": "memoryBytes",
    "cpu_time": "cpuSeconds",
    "wall_time": "wallSeconds",
    "output": "outputBytes",
}


@dataclass(frozen=True)
class Taken:
    """What a run has taken so far; memory is the kernel's, `memory_before` as the run found it."""

    memory: int
    memory_before: int
    cpu_time: float
    wall_time: float
    output: int


@dataclass(frozen=True)
class Reached:
    """A limit that was reached, in the words of execution.limit-reached."""

    limit: str
    allowed: float
    used: float

    def as_json(self) -> dict[str, Any]:
        return {"limit": self.limit, "allowed": self.allowed, "used": round(self.used, 3)}


def reached(limits: Limits, taken: Taken) -> Reached | None:
    """The first limit that the run has reached."""
    floor = taken.memory_before + _SLACK
    if limits.memory is not None and taken.memory > max(limits.memory, floor):
        return Reached("memory", limits.memory, taken.memory)
    if limits.output is not None and taken.output > limits.output:
        return Reached("output", limits.output, taken.output)
    if limits.cpu_time is not None and taken.cpu_time > limits.cpu_time:
        return Reached("cpu-time", limits.cpu_time, taken.cpu_time)
    if limits.wall_time is not None and taken.wall_time > limits.wall_time:
        return Reached("wall-time", limits.wall_time, taken.wall_time)
    return None


def _lower(rule: float | None, asked: Any) -> float | None:
    if isinstance(asked, bool) or not isinstance(asked, (int, float)) or not 0 < asked < 1e18:
        return rule
    return asked if rule is None else min(rule, asked)
