"""What a runtime sends to a kernel: from its newest connection alone, and each request once.

A connection that was cut may still hold messages that nobody has read, and Tornado gives them to
their handler even after the handler was closed. A runtime that asks on its next connection whether
a request has arrived would be told no, and send it a second time. So the connection that follows
silences the one before, and a request that a kernel's process was given is not given to it again.
A kernel takes what comes on several connections in no order, so even that may be asked too early;
if another process takes the kernel's place then, it would run what its runtime knows as ended. So a
connection gives runs to the process that it began with alone, and ends where there is another.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import Any
from weakref import WeakValueDictionary

from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1

from .resources import process_of

_KEPT = 1000
#: The code by which a connection ends whose kernel has another process: service restart.
_RESTARTED = 1012


def silence(handler: Any) -> None:
    """Nothing that comes on this websocket is taken any more."""
    handler.on_message = _ignored


class RuntimeRequests:
    """The connections of runtimes to kernels, on one server."""

    def __init__(self) -> None:
        self._newest: WeakValueDictionary[str, Any] = WeakValueDictionary()
        self._given: OrderedDict[tuple[int, str], None] = OrderedDict()

    def watch(self, handler: Any) -> None:
        """A websocket of a runtime was let in; of those to kernels each request passes once."""
        if not handler.request.path.endswith("/channels"):
            return
        key = f"{handler.request.path} {handler.get_query_argument('session_id', '')}"
        before = self._newest.get(key)
        if before is handler:
            return
        if before is not None:
            silence(before)
        self._newest[key] = handler
        take = handler.on_message
        first = _process(handler)

        def once(message: str | bytes) -> Any:
            request = _execution(message)
            if request is None:
                return take(message)
            if not getattr(handler.connection, "channels", True):
                # It has ended, and passes nothing on: the request is not given.
                return None
            process = _process(handler)
            if process != first:
                silence(handler)
                handler.close(_RESTARTED, "the kernel has another process")
                return None
            return None if self._is_given(process, request) else take(message)

        handler.on_message = once

    def _is_given(self, process: int | None, message_id: str) -> bool:
        """Whether it is a request that the kernel's process has got already; it has it from now."""
        if process is None:
            return False
        request = (process, message_id)
        given = request in self._given
        self._given[request] = None
        if len(self._given) > _KEPT:
            self._given.popitem(last=False)
        return given


def _process(handler: Any) -> int | None:
    """The process of the kernel that the connection is to; None if it is none of this machine."""
    kernels, kernel_id = handler.kernel_manager, handler.request.path.split("/")[-2]
    return process_of(kernels.get_kernel(kernel_id)) if kernel_id in kernels else None


def _execution(message: str | bytes) -> str | None:
    """The id of a request to run something; None for any other message."""
    marker: Any = "execute_request" if isinstance(message, str) else b"execute_request"
    if marker not in message:
        return None
    header = _header(message)
    return str(header.get("msg_id")) if header.get("msg_type") == "execute_request" else None


def _header(message: str | bytes) -> dict[str, Any]:
    if isinstance(message, str):
        return dict(json.loads(message).get("header") or {})
    _, parts = deserialize_msg_from_ws_v1(message)
    return dict(json.loads(parts[0]))


def _ignored(message: str | bytes) -> None:
    return None
