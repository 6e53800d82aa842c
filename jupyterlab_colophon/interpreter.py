"""Which Python a kernel's process is, and where that looks for packages, seen from outside.

Nothing runs in the kernel for this: the interpreter is asked once, in a process of its own. What
cannot be known is said as such, never guessed.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PROC = Path("/proc")
#: Imports nothing but what is built in, so that no file of a user is run instead of a module.
_ASK = (
    "import sys;print(ascii({'path':sys.path,'prefix':sys.prefix,"
    "'version':'.'.join(map(str,sys.version_info[:3]))}))"
)
_ASK_TIMEOUT = 20.0
_PYTHON = re.compile(r"(?:python|pypy)[\d.]*(?:\.exe)?")
#: What of the environment decides where an interpreter looks.
_DECIDING = ("PYTHONHOME", "PYTHONPATH", "PYTHONUSERBASE", "PYTHONNOUSERSITE", "VIRTUAL_ENV")


class Unknown(Exception):
    """Why it cannot be known what a kernel runs in, for a person."""


@dataclass(frozen=True)
class Interpreter:
    """A Python, and the folders in which it looks for packages, the first one first."""

    path: str
    prefix: str
    version: str
    folders: tuple[str, ...]


class Interpreters:
    """The Pythons that were met; each is asked once."""

    def __init__(self) -> None:
        self._interpreters: dict[tuple[str, ...], Interpreter] = {}

    def of(self, pid: int | None, kernel: Any) -> Interpreter:
        """The one that the kernel's process is. Blocks; raises Unknown."""
        path, environ = _program_of(pid, kernel)
        try:
            built = str(os.stat(path).st_mtime_ns)
        except OSError as error:
            raise Unknown(f"The kernel's interpreter is gone: {path}.") from error
        key = (path, built, *(environ.get(name, "") for name in _DECIDING))
        found = self._interpreters.get(key)
        if found is None:
            found = self._interpreters[key] = _ask(path, environ)
        return found


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
