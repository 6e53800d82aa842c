"""A run from its agent's word to the kernel's word that it is over, and how it keeps to limits.

An agent says over the kernel's tap which run it gives the kernel; the kernel's own messages say
when it begins and when it is over, so that this goes on when the agent is gone. A run that reaches
a limit is interrupted, and the kernel is ended if it does not heed that; the tap tells it in its
place among the messages. What takes memory faster than that is refused it by the system
(kernel_bounds.py).
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_core.utils import ensure_async

from .kernel_bounds import KernelBounds, was_refused
from .limits import Limits, Reached, reached
from .resources import process_of
from .run_meter import RunMeter

if TYPE_CHECKING:
    from .activity import Activity

_TICK = 0.25
#: A run that its agent has left, on an idle kernel, is not waited for any longer than this.
_ABANDONED = 60.0
_OUTPUT = re.compile(rb'"(?:stream|display_data|execute_result|error|update_display_data)"')


class Tap(Protocol):
    """Where a run is: its kernel, whether an agent reads it, and where to tell of a limit."""

    kernel: Any
    attached: Any
    at_rest: bool | None
    unbounded: str | None

    def limit_reached(self, fields: dict[str, Any]) -> None: ...

    async def end_process(self) -> None: ...


class ActiveRun:
    """One run, from the word of its agent to the kernel's word that it is idle."""

    def __init__(
        self, execution_id: str, tap: Tap, limits: Limits, grace: float, activity: Activity
    ) -> None:
        self.execution_id = execution_id
        self.limits = limits
        self._id = execution_id.encode("ascii", "replace")
        self._tap = tap
        self._grace = grace
        self._activity = activity
        self._loop = asyncio.get_running_loop()
        self._meter = RunMeter(tap.kernel, limits)
        self._quiet_since = self._loop.time()
        self.reached: Reached | None = None
        self._bounds = KernelBounds()
        self._watching = asyncio.ensure_future(self._watch())

    @property
    def begun(self) -> bool:
        """Whether the kernel has begun."""
        return self._meter.begun

    def given(self) -> None:
        """It is the kernel's from now on: a kernel at rest has nobody else's work to bound."""
        rest = self._tap.at_rest
        if rest is None:
            rest = getattr(self._tap.kernel, "execution_state", None) == "idle"
        if rest:
            self._bound()

    def heard(self, header: bytes, parent: bytes, content: bytes) -> None:
        """A message of the kernel, in its parts."""
        if self._id not in parent:
            return
        if not self._meter.begun:
            self._meter.begin()
            if self.limits.any:
                self._bound()
        if b'"status"' in header:
            if b'"idle"' in content:
                self.end()
        elif self.limits.output is not None and _OUTPUT.search(header):
            self._meter.output += len(content)
        if self._bounds.hold and b'"error"' in header and was_refused(content):
            self._refused()

    def end(self) -> None:
        """It is over."""
        self._watching.cancel()
        self._bounds.take_back(process_of(self._tap.kernel))
        self._activity.ended(self)

    async def _watch(self) -> None:
        stopped = False
        try:
            while True:
                self._activity.touch(self._tap.kernel)
                if not stopped and self._meter.begun and self.limits.any:
                    found = reached(self.limits, self._meter.taken())
                    if found is not None:
                        stopped = True
                        await self._stop(found)
                if self._abandoned():
                    self.end()
                    return
                await asyncio.sleep(_TICK)
        except Exception:
            # The kernel is gone under us, or a provisioner that is unlike the others.
            self._activity.log.exception("A run is no longer watched")
            self.end()

    async def _stop(self, found: Reached) -> None:
        kernel = self._tap.kernel
        self._activity.log.warning(
            "A run reached its limit (%s: %s of %s); it is interrupted",
            found.limit,
            found.used,
            found.allowed,
        )
        self._tell(found)
        await ensure_async(kernel.interrupt_kernel())
        deadline = self._loop.time() + self._grace
        while self._loop.time() < deadline and not self._meter.far_beyond(found):
            self._activity.touch(kernel)
            await asyncio.sleep(_TICK)
        self._activity.log.warning("The interrupted run goes on; its kernel is ended")
        await self._tap.end_process()

    def _bound(self) -> None:
        pid = process_of(self._tap.kernel)
        allowed = self.limits.memory
        if allowed is not None and pid is not None and not self._bounds.hold:
            use = self._meter.use()
            self._bounds.set(pid, allowed, 0 if use is None else use.memory)

    def _refused(self) -> None:
        allowed, use = self.limits.memory, self._meter.use()
        if allowed is not None and use is not None:
            self._activity.log.warning("A run was refused memory above its limit of %s", allowed)
            self._tell(Reached("memory", allowed, use.memory))

    def _tell(self, found: Reached) -> None:
        if self.reached is None:
            self.reached = found
            self._tap.limit_reached({"executionId": self.execution_id, **found.as_json()})

    def _abandoned(self) -> bool:
        idle = getattr(self._tap.kernel, "execution_state", None) == "idle"
        if self._tap.attached is not None or not idle:
            self._quiet_since = self._loop.time()
        return self._loop.time() - self._quiet_since > _ABANDONED
