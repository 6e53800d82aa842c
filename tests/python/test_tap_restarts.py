"""A tap whose kernel is started again while it waits to hear it."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
from servers import DEADLINE

from jupyterlab_colophon.kernel_tap import KernelTap, NoTap


class Kernels:
    """One kernel, of which nothing is asked."""

    def get_kernel(self, kernel_id: str) -> Any:
        return object()


class Tap(KernelTap):
    """Hears the processes of its kernel when it is told so."""

    def __init__(self) -> None:
        super().__init__("k", Kernels(), 1 << 20, logging.getLogger("test"), lambda: None)
        self.heard = asyncio.Event()

    async def _prove(self) -> None:
        if self.gone:
            raise NoTap("ended")
        await self.heard.wait()

    _prove_new = _prove

    def _disconnect(self) -> None:
        """It has no connection."""

    def end(self) -> None:
        """The kernel is shut down."""
        self._end("shut-down")

    @property
    def events(self) -> list[str]:
        return [json.loads(bytes(each))["event"] for each in self.kept]


@pytest.mark.parametrize("attached_first", [True, False])
def test_a_restart_that_is_overtaken(attached_first: bool) -> None:
    """[DK15] A process that another one replaces before it is heard is told of by nobody; the one
    that comes up is, once it is heard."""

    async def scenario() -> None:
        tap = Tap()
        waiting = asyncio.ensure_future(tap.ready()) if attached_first else None
        for _ in range(3):
            await asyncio.sleep(0)
            tap.restarted()
        for _ in range(20):
            await asyncio.sleep(0)
        assert tap.events == []
        tap.heard.set()
        await asyncio.wait_for(waiting or tap.ready(), DEADLINE)
        assert tap.events == ["restarted"]

    asyncio.run(scenario())


def test_an_end_in_a_restart() -> None:
    """[DK15] Who waits for a kernel that ends while it is started again waits no longer, and
    nothing follows the end."""

    async def scenario() -> None:
        tap = Tap()
        waiting = asyncio.ensure_future(tap.ready())
        await asyncio.sleep(0)
        tap.restarted()
        tap.end()
        await asyncio.wait_for(waiting, DEADLINE)
        tap.restarted()
        assert tap.events == ["shut-down"]

    asyncio.run(scenario())
