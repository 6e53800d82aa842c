"""What a kernel runs in: its interpreter and the packages that it has.

The packages are read off the names in the folders where the interpreter (interpreter.py) looks for
them, and only again when a folder has changed.
"""

from __future__ import annotations

import asyncio
import os
import re
import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .interpreter import Interpreters, Unknown
from .resources import process_of

_DISTRIBUTION = re.compile(r"(.+)\.(?:dist|egg)-info")

Told = dict[str, Any]


@dataclass(frozen=True)
class Known:
    """What was read of a kernel's process, and the state of the folders before that."""

    pid: int | None
    changed: tuple[int | None, ...]
    folders: tuple[str, ...]
    told: Told


class Environments:
    """The environments of a server's kernels, read when they are first asked for."""

    def __init__(self) -> None:
        self._interpreters = Interpreters()
        self._known: weakref.WeakKeyDictionary[Any, Known] = weakref.WeakKeyDictionary()

    def known(self, kernel: Any) -> Told | None:
        """What is known, if nothing has changed since it was read. Looks at a few folders."""
        known = self._known.get(kernel)
        if known is None or known.pid != process_of(kernel):
            return None
        return known.told if known.changed == _changes(known.folders) else None

    async def read(self, kernel: Any) -> Told:
        """What the kernel runs in now, as in docs/PROTOCOL.md; `{"unknown": why}` else."""
        known = await asyncio.to_thread(self._read, process_of(kernel), kernel)
        self._known[kernel] = known
        return known.told

    def _read(self, pid: int | None, kernel: Any) -> Known:
        try:
            interpreter = self._interpreters.of(pid, kernel)
        except Unknown as why:
            return Known(pid, (), (), {"unknown": str(why)})
        # Before the names: what is installed meanwhile is read again.
        changed = _changes(interpreter.folders)
        told = {
            "interpreter": interpreter.path,
            "prefix": interpreter.prefix,
            "version": interpreter.version,
            "packages": packages_in(interpreter.folders),
        }
        return Known(pid, changed, interpreter.folders, told)


def packages_in(folders: Iterable[str]) -> list[str]:
    """`name==version` of each distribution in these folders, sorted; the first folder wins."""
    found: dict[str, str] = {}
    for folder in folders:
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for each in names:
            match = _DISTRIBUTION.fullmatch(each)
            if match is not None:
                name, version = [*match[1].split("-"), ""][:2]
                found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), version)
    return sorted(f"{name}=={version}" if version else name for name, version in found.items())


def _changes(folders: Iterable[str]) -> tuple[int | None, ...]:
    return tuple(map(_changed, folders))


def _changed(folder: str) -> int | None:
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return None
