"""The taps of a server, by kernel id; made when an agent first asks for one."""

from __future__ import annotations

from collections.abc import Callable
from logging import Logger
from typing import Any

from .kernel_tap import KernelTap
from .zmq_tap import ZmqTap

_KERNEL_ACTIONS = "https://events.jupyter.org/jupyter_server/kernel_actions/v1"

#: Makes the tap of a kernel; the second argument is to be called once nobody needs it any more.
#: Raises NoTap.
MakeTap = Callable[[str, Callable[[], None]], KernelTap]


class KernelTaps:
    """See above."""

    def __init__(self, kernels: Any, event_logger: Any, max_bytes: int, log: Logger) -> None:
        self._kernels = kernels
        self._taps: dict[str, KernelTap] = {}
        #: Set to another where kernels are not of this machine.
        self.make: MakeTap = lambda kernel_id, on_gone: ZmqTap(
            kernel_id, kernels, max_bytes, log, on_gone
        )
        if _KERNEL_ACTIONS not in event_logger.schemas:
            from jupyter_server import DEFAULT_EVENTS_SCHEMA_PATH

            event_logger.register_event_schema(
                DEFAULT_EVENTS_SCHEMA_PATH / "kernel_actions" / "v1.yaml"
            )
        event_logger.add_listener(schema_id=_KERNEL_ACTIONS, listener=self._on_action)

    def tap(self, kernel_id: str) -> KernelTap | None:
        """The kernel's tap; None if there is neither a kernel nor a tap of one. Raises NoTap."""
        known = self._taps.get(kernel_id)
        if known is not None:
            return known
        if kernel_id not in self._kernels:
            return None
        tap = self.make(kernel_id, lambda: self._forget(kernel_id))
        self._taps[kernel_id] = tap
        return tap

    def known(self, kernel_id: str) -> KernelTap | None:
        """The kernel's tap if there is one already."""
        return self._taps.get(kernel_id)

    def close(self) -> None:
        """End every subscription."""
        for kernel_id in list(self._taps):
            self._forget(kernel_id)

    def _forget(self, kernel_id: str) -> None:
        tap = self._taps.pop(kernel_id, None)
        if tap is not None:
            tap.close()

    async def _on_action(self, logger: Any, schema_id: str, data: dict[str, Any]) -> None:
        if data.get("action") == "restart" and data.get("status") == "success":
            tap = self._taps.get(str(data.get("kernel_id")))
            if tap is not None:
                tap.restarted()
