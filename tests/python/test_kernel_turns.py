"""A kernel that several restart and shut down at once."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

from jupyterlab_colophon.kernel_turns import take_turns


def test_shut_down_while_it_restarts(tmp_path: Path) -> None:
    """[DK12] A kernel that is shut down while others restart it is gone, and so is each process
    that it had; who comes later is refused."""
    program = "import time; time.sleep(600)"

    async def scenario() -> None:
        (tmp_path / "own").mkdir()
        argv = [sys.executable, "-c", program, "{connection_file}"]
        spec = {"argv": argv, "display_name": "own", "language": "none"}
        (tmp_path / "own" / "kernel.json").write_text(json.dumps(spec))
        kernels = AsyncMappingKernelManager(
            connection_dir=str(tmp_path),
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(tmp_path)]),
        )
        take_turns(kernels)
        started: list[Any] = []
        try:
            kernel = kernels.get_kernel(await kernels.start_kernel(kernel_name="own"))
            started.append(kernel.provisioner.process)

            async def restart() -> None:
                await kernel.restart_kernel(now=True)
                started.append(kernel.provisioner.process)

            told = await asyncio.gather(
                *(restart(), restart(), kernels.shutdown_kernel(kernel.kernel_id, now=True)),
                restart(),
                return_exceptions=True,
            )
            assert kernel.kernel_id not in kernels
            assert not await kernel.is_alive()
            assert [isinstance(each, RuntimeError) for each in told] == [False] * 3 + [True]
            assert [process.poll() is None for process in started] == [False] * 3
        finally:
            await kernels.shutdown_all(now=True)

    asyncio.run(scenario())
