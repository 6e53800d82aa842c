"""How the server watches kernels that send output."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

from jupyterlab_colophon.watched_kernels import watch_lightly

LARGE = 3 << 20


async def until(holds: Callable[[], bool]) -> None:
    """Wait until it does."""

    async def look() -> None:
        while not holds():
            await asyncio.sleep(0.02)

    await asyncio.wait_for(look(), 60)


def test_output_is_activity(tmp_path: Path) -> None:
    """[F25] Outputs, small and large, count as their kernel's activity, though the server reads
    none of them, and what follows them is heard."""
    held = [tmp_path / name for name in ("small", "large", "end")]
    source = "import os, time\nfrom IPython.display import display\n" + "".join(
        f"while not os.path.exists({str(path)!r}): time.sleep(0.02)\n{then}\n"
        for path, then in zip(
            held, ("display(1)", f"display({{'a/b': 'x' * {LARGE}}}, raw=True)", ""), strict=True
        )
    )

    async def scenario() -> None:
        kernels = AsyncMappingKernelManager(connection_dir=str(tmp_path))
        watch_lightly(kernels)
        kernel_id = await kernels.start_kernel(kernel_name="python3")
        try:
            kernel: Any = kernels.get_kernel(kernel_id)
            client = kernel.client()
            client.start_channels()
            await client.wait_for_ready(timeout=60)
            client.execute(source)
            while (await client.get_iopub_msg(timeout=60))["msg_type"] != "execute_input":
                pass
            await until(lambda: kernel.execution_state == "busy")
            for path in held[:2]:
                before = kernel.last_activity
                path.touch()
                shown = await client.get_iopub_msg(timeout=60)
                assert shown["msg_type"] == "display_data"
                await until(lambda before=before: kernel.last_activity > before)  # type: ignore[misc]
                assert kernels.last_kernel_activity == kernel.last_activity
            held[2].touch()
            await until(lambda: kernel.execution_state == "idle")
            client.stop_channels()
        finally:
            await kernels.shutdown_all(now=True)

    asyncio.run(scenario())
