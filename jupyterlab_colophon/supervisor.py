"""Keeps the host alive: starts it, says who we are, restarts it with back-off, ends it in order.

States as in docs/PROTOCOL.md, Status. A host that stays up for a while resets the back-off. A host
that says `fatal` is not restarted, except when another server holds the journal: then we ask again
until that server has ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from logging import Logger
from typing import Any, Protocol

from . import frames
from .host_command import HostCommand
from .host_link import HostLink
from .host_status import Host, HostStatus
from .patience import BackOff, Patience
from .problems import SetUpProblem, host_crashed


class Client(Protocol):
    """Who cares about the host's frames and its end."""

    def on_host_frame(self, link: HostLink, header: dict[str, Any], payload: bytes) -> None: ...

    def on_host_end(self) -> None: ...


class Supervisor:
    """Lives on the event loop."""

    def __init__(
        self,
        *,
        status: HostStatus,
        prepare: Callable[[], HostCommand | SetUpProblem],
        hello: Callable[[], dict[str, Any]],
        client: Client,
        patience: Patience,
        log: Logger,
    ) -> None:
        """`prepare` may block; it is called on a thread before each start."""
        self._status = status
        self._prepare = prepare
        self._hello = hello
        self._client = client
        self._patience = patience
        self._log = log
        self._wanted = False
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._link: HostLink | None = None
        self._fatal: SetUpProblem | None = None
        #: Why no host has listened since it was logged.
        self._logged: SetUpProblem | None = None
        self._back_off = BackOff(patience)

    def start(self) -> None:
        """Begin, or try again now. Harmless if it runs."""
        self._wanted = True
        if self._task is None or self._task.done():
            self._back_off.begin()
            self._status.tell("starting")
            self._task = asyncio.ensure_future(self._run())
        else:
            self._wake.set()

    async def stop(self) -> None:
        """Ask the host to end, wait, kill it if it does not. Settles when it is gone."""
        self._wanted = False
        self._wake.set()
        if self._link is not None:
            self._link.close_stdin()
        if self._task is not None:
            await self._task
        self._status.tell("stopped")

    async def _run(self) -> None:
        while self._wanted:
            if self._back_off.failures == 0:
                self._status.state = "starting"
            self._fatal = None
            prepared = await asyncio.to_thread(self._prepare)
            if isinstance(prepared, SetUpProblem):
                self._unavailable(prepared)
                return
            self._status.node = prepared.node
            began = asyncio.get_running_loop().time()
            detail = await self._live(prepared)
            if not self._wanted:
                return
            lasted = asyncio.get_running_loop().time() - began
            self._status.restarts += 1
            if self._fatal is not None:
                self._unavailable(self._fatal)
                if self._fatal.code != "journal-locked":
                    return
                self._back_off.locked_out()
            else:
                self._back_off.ended(lasted)
                often = self._back_off.failures >= 3
                self._status.tell("backing-off", host_crashed(detail) if often else None)
                self._log.warning("The Colophon host has ended (%s); it is started again", detail)
            await self._pause()

    async def _live(self, prepared: HostCommand) -> str:
        """One host from start to end; returns how it ended."""
        try:
            self._link = link = await HostLink.start(
                prepared.command,
                prepared.environment,
                self._on_frame,
                lambda line: self._log.info("[host] %s", line),
                self._on_exit,
            )
        except OSError as error:
            return str(error)
        self._code: int | None = None
        if not self._wanted:
            link.close_stdin()
        link.send(frames.encode(self._hello()))
        late = asyncio.get_running_loop().call_later(self._patience.listen, self._too_late, link)
        try:
            stopping: asyncio.TimerHandle | None = None
            while not link.exited.is_set():
                exited = asyncio.ensure_future(link.exited.wait())
                woken = asyncio.ensure_future(self._wake.wait())
                await asyncio.wait({exited, woken}, return_when=asyncio.FIRST_COMPLETED)
                exited.cancel()
                woken.cancel()
                self._wake.clear()
                if not self._wanted and stopping is None:
                    stopping = asyncio.get_running_loop().call_later(
                        self._patience.stop, self._kill, link
                    )
            if stopping is not None:
                stopping.cancel()
        finally:
            late.cancel()
        return f"exit code {self._code}"

    async def _pause(self) -> None:
        self._wake.clear()
        try:
            await asyncio.wait_for(self._wake.wait(), self._back_off.pause)
        except asyncio.TimeoutError:
            pass
        self._wake.clear()

    def _unavailable(self, problem: SetUpProblem) -> None:
        self._status.tell("unavailable", problem)
        if problem != self._logged:
            self._log.error("Colophon does not run: %s %s", problem.summary, problem.remedy)
        self._logged = problem

    def _too_late(self, link: HostLink) -> None:
        if self._status.host is None:
            self._log.error("The Colophon host did not listen in time; it is ended")
            link.kill()

    def _kill(self, link: HostLink) -> None:
        self._log.warning("The Colophon host did not end in time; it is killed")
        link.kill()

    def _on_frame(self, link: HostLink, header: dict[str, Any], payload: bytes) -> None:
        if link is not self._link:
            return
        kind = header.get("type")
        if kind == "listening":
            self._status.host = Host(link, int(header["port"]), frames.timestamp())
            self._back_off.listening()
            self._logged = None
            self._status.tell("running")
            self._log.info("The Colophon host runs (process %d)", link.pid)
        elif kind == "fatal":
            self._fatal = SetUpProblem(
                "host-crashed" if header["code"] == "protocol" else str(header["code"]),
                str(header["message"]),
                str(header["remedy"]),
            )
        else:
            self._client.on_host_frame(link, header, payload)

    def _on_exit(self, link: HostLink, code: int) -> None:
        self._code = code
        if link is self._link:
            self._link = None
            self._status.gone()
            self._client.on_host_end()
