"""Has something done to each kernel of this machine that the server is about to start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jupyter_server.services.kernels.kernelmanager import MappingKernelManager


def with_new_kernels(kernels: Any, prepare: Callable[[Any], None]) -> None:
    """From now on: `prepare` gets each kernel that the server makes, before its process starts. A
    manager of another kind stays as it is."""
    if not isinstance(kernels, MappingKernelManager):
        return
    make = kernels.kernel_manager_factory

    def kernel_manager_factory(*args: Any, **named: Any) -> Any:
        kernel = make(*args, **named)
        prepare(kernel)
        return kernel

    kernels.kernel_manager_factory = kernel_manager_factory
