"""Runs that are active: the server says so, nothing culls their kernel, and people hear of limits
that do not hold.

While a run is active (active_run.py) its kernel, and with it the server, is in use: for Jupyter
Server's culler, for its shutdown without activity, and for JupyterHub.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from logging import Logger
from typing import Any
from weakref import WeakSet

from .active_run import ActiveRun, Tap
from .limits import Limits


class Activity:
    """The runs that are active on this server; `limits` are the server's own."""

    def __init__(
        self,
        settings: dict[str, Any],
        kernels: Any,
        limits: Limits,
        grace: float,
        log: Logger,
        notice: Callable[[dict[str, Any]], None],
    ) -> None:
        """`settings` are the web application's: there extensions tell that they are in use.
        `notice` is for people: level, code and message."""
        self.limits = limits
        self.log = log
        self._settings = settings
        self._kernels = kernels
        self._grace = grace
        self._runs: set[ActiveRun] = set()
        self._notice = notice
        self._noticed: WeakSet[Any] = WeakSet()

    def begin(self, tap: Tap, execution_id: str, asked: Any) -> ActiveRun:
        """An agent gives a run to the tap's kernel. `asked`: the limits of the notebook."""
        run = ActiveRun(execution_id, tap, self.limits.lowered(asked), self._grace, self)
        self._runs.add(run)
        self.touch(tap.kernel)
        if tap.unbounded is not None and run.limits.of_process and tap not in self._noticed:
            self._noticed.add(tap)
            message = (
                f"Limits of memory and processor time do not hold for a kernel: {tap.unbounded}."
            )
            self._notice({"level": "warning", "code": "limits-not-held", "message": message})
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
