"""How Jupyter Server watches its kernels, without copying and checking their outputs.

It has a subscription of its own to each kernel, for the time of the last message and for what state
the kernel is in. Of an output it reads no more than the types of message and request, and for that
copies all of it and computes its signature: with hundreds of megabytes the server stands still for
that long. Here the types alone are read. docs/upstream.md says what would make this needless.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import zmq
from jupyter_client.session import DELIM
from jupyter_server.services.kernels.kernelmanager import MappingKernelManager

_TYPE = re.compile(rb'"msg_type"\s*:\s*"([a-z_]+)"')
_OUTPUTS = {"stream", "display_data", "update_display_data", "execute_result", "error"}


def watch_lightly(kernels: Any) -> None:
    """From now on, for kernels that start. A manager of another kind stays as it is."""
    if not isinstance(kernels, MappingKernelManager):
        return
    start = kernels.start_watching_activity

    def start_watching_activity(kernel_id: str) -> None:
        kernel: Any = kernels.get_kernel(kernel_id)
        connect = kernel.connect_iopub

        def connect_iopub(*args: Any, **named: Any) -> Any:
            stream = connect(*args, **named)
            _take_lightly(stream, lambda types: _touch(kernels, kernel, types))
            return stream

        kernel.connect_iopub = connect_iopub
        try:
            start(kernel_id)
        finally:
            del kernel.connect_iopub

    kernels.start_watching_activity = start_watching_activity


def _take_lightly(stream: Any, touch: Callable[[list[str]], None]) -> None:
    """Have those who hear the stream hear all but outputs; for an output `touch` is called, with
    its type and that of the request which it answers."""
    on_recv = stream.on_recv

    def on_recv_lightly(callback: Callable[[list[bytes]], None] | None) -> None:
        def take(frames: list[zmq.Frame]) -> None:
            types = _types_of(frames)
            if types and types[0] in _OUTPUTS:
                touch(types)
            elif callback is not None:
                callback([frame.bytes for frame in frames])

        on_recv(None if callback is None else take, copy=False)

    stream.on_recv = on_recv_lightly


def _types_of(frames: list[zmq.Frame]) -> list[str]:
    for index, frame in enumerate(frames):
        if frame.bytes == DELIM:
            found = [_TYPE.search(each.bytes) for each in frames[index + 2 : index + 4]]
            return [each[1].decode("ascii") for each in found if each is not None]
    return []


def _touch(kernels: Any, kernel: Any, types: list[str]) -> None:
    """As the server does."""
    if kernel.execution_state == "busy" or any(map(kernels.track_message_type, types)):
        kernels.last_kernel_activity = kernel.last_activity = datetime.now(timezone.utc)
