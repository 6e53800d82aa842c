"""Whose the ports of a kernel are while it is there."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.connect import port_names
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from servers import eventually
from traitlets.config import Config

from jupyterlab_colophon.held_ports import hold_ports

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="ports are held on Linux alone"
)
QUICK = Config({"AsyncIOLoopKernelRestarter": {"time_to_dead": 0.2}})


@asynccontextmanager
async def started(folder: Path, program: str) -> AsyncIterator[tuple[Any, Any]]:
    """A manager that holds ports, and a Python kernel of this program."""
    (folder / "own").mkdir()
    argv = [sys.executable, "-c", program, "{connection_file}", str(folder)]
    spec = {"argv": argv, "display_name": "own", "language": "python"}
    (folder / "own" / "kernel.json").write_text(json.dumps(spec))
    kernels = AsyncMappingKernelManager(
        connection_dir=str(folder),
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(folder)]),
        config=QUICK,
    )
    hold_ports(kernels)
    try:
        yield kernels, kernels.get_kernel(await kernels.start_kernel(kernel_name="own"))
    finally:
        await kernels.shutdown_all(now=True)


def may_take(kernel: Any, ports: list[int]) -> list[bool]:
    """Whether a program may have each of the ports."""

    def may(port: int) -> bool:
        with socket.socket() as other:
            return other.connect_ex((kernel.ip, port)) != 0 and bound(other, port)

    def bound(other: socket.socket, port: int) -> bool:
        try:
            other.bind((kernel.ip, port))
        except OSError:
            return False
        return True

    return [may(port) for port in ports]


def test_nobody_takes_them(tmp_path: Path) -> None:
    """[DK11] From before a Python kernel's process has its ports until the kernel is gone, no other
    program gets one."""

    async def scenario() -> None:
        async with started(tmp_path, "import time; time.sleep(600)") as (kernels, kernel):
            ports = [getattr(kernel, name) for name in port_names]
            assert may_take(kernel, ports) == [False] * 5
            await kernels.shutdown_kernel(kernel.kernel_id, now=True)
            assert may_take(kernel, ports) == [True] * 5

    asyncio.run(scenario())


def test_the_kernel_takes_them(tmp_path: Path) -> None:
    """[DK11] The kernel itself has them, each time that its process starts; nobody gets one between
    two of its processes."""

    async def scenario() -> None:
        program = "from ipykernel.kernelapp import launch_new_instance as run; import sys; "
        program += "run(['-f', sys.argv[1]])"
        async with started(tmp_path, program) as (kernels, kernel):
            for _ in range(2):
                client = kernel.client()
                client.start_channels()
                await client.wait_for_ready(timeout=60)
                # The server may begin to listen after the first answer.
                await eventually(
                    lambda: client.kernel_info() and kernel.execution_state == "idle",  # noqa: B023
                    "the server has heard it",
                )
                client.stop_channels()
                ports = [getattr(kernel, name) for name in port_names]
                await kernel.shutdown_kernel(now=True, restart=True)
                assert may_take(kernel, ports) == [False] * 5
                await kernels.restart_kernel(kernel.kernel_id)
                assert [getattr(kernel, name) for name in port_names] == ports

    asyncio.run(scenario())


def test_a_kernel_that_wants_them_alone(tmp_path: Path) -> None:
    """[DK11] A kernel that takes no port that is held finds them free when it is started again."""
    program = """
import json, pathlib, socket, sys, time
file, folder = sys.argv[1:]
(pathlib.Path(folder) / "began").open("a").write("x")
with socket.socket() as shell:
    shell.bind(("127.0.0.1", json.load(open(file))["shell_port"]))
    (pathlib.Path(folder) / "bound").touch()
    time.sleep(600)
"""

    async def scenario() -> None:
        async with started(tmp_path, program):
            await eventually((tmp_path / "bound").exists, "it has its port")
            assert (tmp_path / "began").read_text() == "xx"

    asyncio.run(scenario())
