"""Runs a Node program of the package in the place of this command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .node import find_node
from .problems import SetUpProblem

_FOLDER = Path(__file__).parent / "agent"


def run_program(name: str, arguments: Sequence[str]) -> int:
    """Become `<name>.js`; returns an exit code only where a process cannot become another."""
    node = find_node()
    if isinstance(node, SetUpProblem):
        print(f"{node.summary} {node.remedy}", file=sys.stderr)
        return 1
    command = [node.path, str(_FOLDER / f"{name}.js"), *arguments]
    if os.name == "posix":
        # Signals then reach the program itself, and it never outlives the command.
        os.execv(command[0], command)
    return subprocess.run(command).returncode
