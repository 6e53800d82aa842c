"""A kernel is restarted and shut down by one after the other.

People, pages and the server's own watch over a kernel that dies may do so at once. jupyter_client
then mixes up what it waits for: a kernel that was shut down stays in the server's list without a
process, for ever, or is refused to be shut down. So each waits for the one before.
docs/upstream.md says what would make this needless.
"""

from __future__ import annotations

import asyncio
from typing import Any
from weakref import WeakKeyDictionary

from jupyter_core.utils import ensure_async
from jupyter_server.services.kernels.kernelmanager import MappingKernelManager

from .new_kernels import with_new_kernels


def take_turns(kernels: Any) -> None:
    """From now on, for kernels that start. A manager of another kind stays as it is."""
    if isinstance(kernels, MappingKernelManager):
        _Turns(kernels)


class _Turns:
    """Those of a server's kernels."""

    def __init__(self, kernels: Any) -> None:
        self._kernels = kernels
        self._end = kernels.shutdown_kernel
        self._turns: WeakKeyDictionary[Any, asyncio.Lock] = WeakKeyDictionary()
        with_new_kernels(kernels, self._prepare)
        kernels.shutdown_kernel = self._shut_down

    def _prepare(self, kernel: Any) -> None:
        turn = self._turns[kernel] = asyncio.Lock()
        restart = kernel.restart_kernel

        async def restart_kernel(*args: Any, **named: Any) -> None:
            async with turn:
                if self._kernels._kernels.get(kernel.kernel_id) is not kernel:
                    raise RuntimeError("The kernel was shut down before it could be restarted.")
                await ensure_async(restart(*args, **named))

        kernel.restart_kernel = restart_kernel

    async def _shut_down(self, kernel_id: str, *args: Any, **named: Any) -> None:
        kernel = self._kernels._kernels.get(kernel_id)
        turn = None if kernel is None else self._turns.get(kernel)
        if turn is None:
            await ensure_async(self._end(kernel_id, *args, **named))
            return
        async with turn:
            # Somebody may have done so meanwhile.
            if kernel_id in self._kernels:
                await ensure_async(self._end(kernel_id, *args, **named))
