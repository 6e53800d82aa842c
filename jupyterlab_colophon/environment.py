"""What a kernel runs in: its interpreter and the packages that it has, seen from outside.

Nothing runs in the kernel for this. The interpreter is asked once where it looks for packages, in a
process of its own; the packages are read off the names in those folders, and only again when a
folder has changed. What cannot be known is said as such, never guessed.
"""

from __future__ import annotations

import ast
import asyncio
import json
import os
import re
import shutil
import subprocess
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .resources import process_of

_PROC = Path("/proc")
#: Imports nothing but what is built in, so that no file of a user is run instead of a module.
_ASK = (
    "import sys;print(ascii({'path':sys.path,'prefix':sys.prefix,"
    "'version':'.'.join(map(str,sys.version_info[:3]))}))"
)
_ASK_TIMEOUT = 20.0
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*(?:\.exe)?")
_DISTRIBUTION = re.compile(r"(.+)\.(?:dist|egg)-info")
#: What of the environment decides where an interpreter looks.
_DECIDING = ("PYTHONHOME", "PYTHONPATH", "PYTHONUSERBASE", "PYTHONNOUSERSITE", "VIRTUAL_ENV")

Told = dict[str, Any]


class Unknown(Exception):
    """Why it cannot be known what a kernel runs in, for a person."""


@dataclass(frozen=True)
class Interpreter:
    """A Python, and the folders in which it looks for packages, the first one first."""

    path: str
    prefix: str
    version: str
    folders: tuple[str, ...]


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
        self._interpreters: dict[tuple[str, ...], Interpreter] = {}
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
            interpreter = self._interpreter(*_program_of(pid, kernel))
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

    def _interpreter(self, path: str, environ: dict[str, str]) -> Interpreter:
        try:
            built = str(os.stat(path).st_mtime_ns)
        except OSError as error:
            raise Unknown(f"The kernel's interpreter is gone: {path}.") from error
        key = (path, built, *(environ.get(name, "") for name in _DECIDING))
        found = self._interpreters.get(key)
        if found is None:
            found = self._interpreters[key] = _ask(path, environ)
        return found


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


def _program_of(pid: int | None, kernel: Any) -> tuple[str, dict[str, str]]:
    """Path and environment of the Python that the kernel's process is. Raises Unknown."""
    if pid is None:
        raise Unknown("The kernel does not run as a process of this server's machine.")
    if (_PROC / str(pid) / "cmdline").exists():
        return _program_by_proc(pid)
    arguments = getattr(getattr(kernel.provisioner, "process", None), "args", None)
    first = arguments[0] if isinstance(arguments, (list, tuple)) and arguments else ""
    environ = dict(os.environ)
    return _python(str(first), environ), environ


def _program_by_proc(pid: int) -> tuple[str, dict[str, str]]:
    # A wrapper may have become the interpreter: the process says what it is now.
    process = _PROC / str(pid)
    try:
        first = os.fsdecode((process / "cmdline").read_bytes().split(b"\0")[0])
        environ = dict(
            os.fsdecode(each).partition("=")[::2]
            for each in (process / "environ").read_bytes().split(b"\0")
            if each
        )
        program = os.readlink(process / "exe")
    except OSError as error:
        raise Unknown("The kernel's process cannot be looked at.") from error
    path = _python(first, environ)
    if os.path.realpath(path) != os.path.realpath(program):
        raise Unknown(f"The kernel's process is {program}, begun as {first}.")
    return path, environ


def _python(first: str, environ: dict[str, str]) -> str:
    if _PYTHON.fullmatch(os.path.basename(first)) is None:
        raise Unknown(f"The kernel's program is no Python interpreter: {first or 'not known'}.")
    path = shutil.which(first, path=environ.get("PATH"))
    if path is None or not os.path.isabs(path):
        raise Unknown(f"The kernel's interpreter was not found: {first}.")
    return path


def _ask(path: str, environ: dict[str, str]) -> Interpreter:
    try:
        asked = subprocess.run(
            [path, "-c", _ASK],
            cwd=Path(path).anchor,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ASK_TIMEOUT,
            check=True,
        )
        said = ast.literal_eval(asked.stdout.decode("ascii").strip().splitlines()[-1])
        folders = tuple(each for each in said["path"] if os.path.isdir(each))
        return Interpreter(path, said["prefix"], said["version"], folders)
    except (OSError, subprocess.SubprocessError, ValueError, LookupError, SyntaxError) as error:
        raise Unknown(f"The kernel's interpreter does not answer: {path}.") from error


def _changes(folders: Iterable[str]) -> tuple[int | None, ...]:
    return tuple(map(_changed, folders))


def _changed(folder: str) -> int | None:
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return None
