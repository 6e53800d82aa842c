"""What a kernel runs in is seen from outside, and anew when it changes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jupyterlab_colophon.environment import Environments, packages_in
from jupyterlab_colophon.environment_news import EnvironmentNews


@contextmanager
def process(*command: str, **environ: str) -> Iterator[Any]:
    """A process as a kernel manager holds it, until the end of the block."""
    child = subprocess.Popen(command, env={**os.environ, **environ}, stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None and child.stdout.readline()
        yield Kernel(child)
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


class Kernel:
    """As far as the environment is concerned."""

    def __init__(self, child: Any) -> None:
        self.provisioner = SimpleNamespace(process=child, pid=child.pid)


WAITING = "print(1, flush=True); import time; time.sleep(60)"


def test_environment_of_python(tmp_path: Path) -> None:
    """[DU4] It is that of the process as it runs: its interpreter, its prefix, what it finds where
    it looks, the first place first; nothing of the working folder is run for it."""
    (tmp_path / "ipykernel-0.0.1.dist-info").mkdir()
    (tmp_path / "own_tool-2.0.egg-info").mkdir()
    (tmp_path / "sys.py").write_text("raise SystemExit(1)")
    (tmp_path / "ast.py").write_text("raise SystemExit(1)")

    async def scenario() -> None:
        with process(sys.executable, "-c", WAITING, PYTHONPATH=str(tmp_path)) as kernel:
            told = await Environments().read(kernel)
            assert told["interpreter"] == sys.executable
            assert told["prefix"] == sys.prefix
            assert told["version"] == ".".join(map(str, sys.version_info[:3]))
            assert {"ipykernel==0.0.1", "own-tool==2.0"} <= set(told["packages"])
            assert sorted(told["packages"]) == told["packages"]

    asyncio.run(scenario())


def test_environment_that_changes(tmp_path: Path) -> None:
    """[DU5] What is known is told at once; what has changed is told as such, then read again."""

    async def scenario() -> None:
        with process(sys.executable, "-c", WAITING, PYTHONPATH=str(tmp_path)) as kernel:
            environments = Environments()
            first = await environments.read(kernel)
            told: asyncio.Queue[Any] = asyncio.Queue()
            news = EnvironmentNews(environments, kernel, told.put_nowait)
            news.begin()
            assert told.get_nowait() == first
            news.check()
            assert told.empty()
            (tmp_path / "added-1.0.dist-info").mkdir()
            news.check()
            assert told.get_nowait() is None
            after = await asyncio.wait_for(told.get(), 20)
            assert set(after["packages"]) - set(first["packages"]) == {"added==1.0"}
            news.check()
            assert told.empty()
            news.close()

    asyncio.run(scenario())


def test_environment_that_is_not_known(tmp_path: Path) -> None:
    """[DU6] Of a kernel that is no Python interpreter, or runs elsewhere, it is said why nothing is
    known; a wrapper that stays is not taken for the interpreter."""

    async def scenario() -> None:
        with process("sh", "-c", "echo 1; sleep 60; :") as kernel:
            assert "no Python interpreter: sh" in (await Environments().read(kernel))["unknown"]
        wrapper = tmp_path / "python"
        wrapper.write_text("#!/bin/sh\necho 1\nsleep 60\n:\n")
        wrapper.chmod(0o755)
        with process(str(wrapper)) as kernel:
            assert "unknown" in await Environments().read(kernel)
        gone = await Environments().read(Elsewhere())
        assert "this server's machine" in gone["unknown"]

    asyncio.run(scenario())


class Elsewhere:
    """One behind a gateway."""

    provisioner = None


def test_packages(tmp_path: Path) -> None:
    """[DU4] Names are compared as pip does."""
    (tmp_path / "Zope.Interface-5.4.0-py3.12.egg-info").mkdir()
    (tmp_path / "developed.egg-info").mkdir()
    (tmp_path / "module.py").touch()
    missing = str(tmp_path / "missing")
    assert packages_in([missing, str(tmp_path)]) == ["developed", "zope-interface==5.4.0"]
