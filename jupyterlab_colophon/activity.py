"""Runs that are active: the server says so, nothing culls their kernel, and they keep to limits.

An agent says over the kernel's tap which run it gives the kernel; the kernel's own messages say
when it begins and when it is over, so that this goes on when the agent is gone. While a run is
active its kernel, and with it the server, is in use: for Jupyter Server's culler, for its shutdown
without activity, and for JupyterHub. A run that reaches a limit is interrupted, and the kernel is
ended if it does not heed that; the tap tells it in its place among the messages. What takes memory
faster than that is refused it by the system (kernel_bounds.py).
"""

from __future__ import annotations

import asyncio
import re
import signal
from datetime import datetime, timezone
from logging import Logger
from typing import Any, Protocol

from jupyter_core.utils import ensure_async

from .kernel_bounds import KernelBounds, was_refused
from .limits import Limits, Reached, Taken, reached
from .resources import Use, process_of, use_of

_TICK = 0.25
#: A run that its agent has left, on an idle kernel, is not waited for any longer than this.
_ABANDONED = 60.0
#: A kernel so far beyond its memory is ended without waiting for what it makes of the interrupt.
_FAR = 1.5
_OUTPUT = re.compile(rb'"(?:stream|display_data|execute_result|error|update_display_data)"')


class Tap(Protocol):
    """Where a run is: its kernel, whether an agent reads it, and where to tell of a limit."""

    kernel: Any
    attached: Any
    at_rest: bool | None

    def limit_reached(self, fields: dict[str, Any]) -> None: ...


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
        self._began: float | None = None
        self._before = Use(0, 0.0)
        self._output = 0
        self._quiet_since = self._loop.time()
        self.reached: Reached | None = None
        self._bounds = KernelBounds()
        self._watching = asyncio.ensure_future(self._watch())

    @property
    def begun(self) -> bool:
        """Whether the kernel has begun."""
        return self._began is not None

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
        if self._began is None:
            self._began = self._loop.time()
            if self.limits.any:
                self._before = self._use() or self._before
                self._bound()
        if b'"status"' in header:
            if b'"idle"' in content:
                self.end()
        elif self.limits.output is not None and _OUTPUT.search(header):
            self._output += len(content)
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
                if not stopped and self._began is not None and self.limits.any:
                    found = reached(self.limits, self._taken(self._loop.time() - self._began))
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
        while self._loop.time() < deadline and not self._far_beyond(found):
            self._activity.touch(kernel)
            await asyncio.sleep(_TICK)
        self._activity.log.warning("The interrupted run goes on; its kernel is ended")
        await ensure_async(kernel.signal_kernel(getattr(signal, "SIGKILL", signal.SIGTERM)))

    def _bound(self) -> None:
        pid = process_of(self._tap.kernel)
        allowed = self.limits.memory
        if allowed is not None and pid is not None and not self._bounds.hold:
            use = self._use()
            self._bounds.set(pid, allowed, 0 if use is None else use.memory)

    def _refused(self) -> None:
        allowed, use = self.limits.memory, self._use()
        if allowed is not None and use is not None:
            self._activity.log.warning("A run was refused memory above its limit of %s", allowed)
            self._tell(Reached("memory", allowed, use.memory))

    def _tell(self, found: Reached) -> None:
        if self.reached is None:
            self.reached = found
            self._tap.limit_reached({"executionId": self.execution_id, **found.as_json()})

    def _far_beyond(self, found: Reached) -> bool:
        if found.limit != "memory":
            return False
        use = self._use()
        return use is not None and use.memory > max(found.allowed, self._before.memory) * _FAR

    def _taken(self, wall_time: float) -> Taken:
        wanted = self.limits.memory is not None or self.limits.cpu_time is not None
        use = (self._use() if wanted else None) or self._before
        before = self._before
        return Taken(use.memory, before.memory, use.cpu - before.cpu, wall_time, self._output)

    def _use(self) -> Use | None:
        pid = process_of(self._tap.kernel)
        allowed = self.limits.memory
        return None if pid is None else use_of(pid, None if allowed is None else int(allowed))

    def _abandoned(self) -> bool:
        idle = getattr(self._tap.kernel, "execution_state", None) == "idle"
        if self._tap.attached is not None or not idle:
            self._quiet_since = self._loop.time()
        return self._loop.time() - self._quiet_since > _ABANDONED


class Activity:
    """The runs that are active on this server; `limits` are the server's own."""

    def __init__(
        self, settings: dict[str, Any], kernels: Any, limits: Limits, grace: float, log: Logger
    ) -> None:
        """`settings` are the web application's: there extensions tell that they are in use."""
        self.limits = limits
        self.log = log
        self._settings = settings
        self._kernels = kernels
        self._grace = grace
        self._runs: set[ActiveRun] = set()

    def begin(self, tap: Tap, execution_id: str, asked: Any) -> ActiveRun:
        """An agent gives a run to the tap's kernel. `asked`: the limits of the notebook."""
        run = ActiveRun(execution_id, tap, self.limits.lowered(asked), self._grace, self)
        self._runs.add(run)
        self.touch(tap.kernel)
        return run

    def ended(self, run: ActiveRun) -> None:
        """A run is over."""
        self._runs.discard(run)

    def touch(self, kernel: Any) -> None:
        """The kernel, and with it the server, is in use now."""
        now = datetime.now(timezone.utc)
        kernel.last_activity = now
        self._kernels.last_kernel_activity = now
        self._settings.setdefault("last_activity_times", {})["colophon"] = now

    def close(self) -> None:
        """Watch nothing any more."""
        for run in list(self._runs):
            run.end()
