"""Every IOPub message of a kernel, once and in order, for whoever has to write its outputs.

They are numbered as bytes, without being read, and kept until they are acknowledged, also while no
agent is attached. Where they come from is the business of what builds on this: a subscription in
the server's process (zmq_tap.py), or a connection to a gateway (gateway_tap.py).
"""

from __future__ import annotations

import asyncio
import base64
import json
import uuid
from collections.abc import Callable, Coroutine, Sequence
from logging import Logger
from typing import Any, Protocol

from .active_run import ActiveRun
from .kept_messages import KeptMessages, Part

#: A kernel that is gone is remembered this long for an agent that has not yet read the end.
FORGET_AFTER = 600.0


class NoTap(Exception):
    """The outputs of this kernel cannot be had here, or it does not answer."""


class Agent(Protocol):
    """Who reads a tap."""

    def arrived(self) -> None:
        """One more message is kept. Called at once: another turn of the busy loop costs more than
        sending it."""


class KernelTap:
    """The subscription to one kernel; `id` changes with every new one."""

    #: What a limit cannot hold here, in words for a person; None: every limit holds.
    unbounded: str | None = None

    def __init__(
        self, kernel_id: str, kernels: Any, max_bytes: int, log: Logger, on_gone: Callable[[], None]
    ) -> None:
        """`on_gone` is called once nobody needs the tap of a kernel that is gone any more."""
        self.id = uuid.uuid4().hex
        self.kernel_id = kernel_id
        self._kernels = kernels
        self.kernel = kernels.get_kernel(kernel_id)
        self._log = log
        self._on_gone = on_gone
        self.kept = KeptMessages(max_bytes)
        self._received = asyncio.Event()
        self._proof: asyncio.Task[None] | None = None
        self._forgetting: asyncio.TimerHandle | None = None
        self.attached: Agent | None = None
        self._run: ActiveRun | None = None
        self._begun: tuple[bytes, bytes, Part] | None = None
        #: Whether the kernel executes nothing, as it said last; None: it has said nothing here.
        self.at_rest: bool | None = None
        self.gone = False
        self._closed = False

    async def ready(self) -> None:
        """Settles when the subscription is proven. Raises NoTap if the kernel does not answer."""
        while not self.gone:
            proof = self._proof or self._begin(self._prove())
            await asyncio.wait([proof])
            if self._closed or not proof.cancelled():
                return proof.result()
            # The kernel was started again meanwhile.

    def acknowledge(self, number: int) -> None:
        """Forget everything up to `number`."""
        self.kept.forget(number)

    def enter(self, agent: Agent) -> Agent | None:
        """An agent attaches; returns the one that it replaces."""
        replaced, self.attached = self.attached, agent
        self._schedule_forgetting()
        return replaced

    def leave(self, agent: Agent) -> None:
        """An agent has gone."""
        if self.attached is agent:
            self.attached = None
        self._schedule_forgetting()

    @property
    def run(self) -> ActiveRun | None:
        """The run that an agent has given to the kernel last, over or not."""
        return self._run

    @run.setter
    def run(self, run: ActiveRun | None) -> None:
        if self._run is not None:
            self._run.end()
        self._run = run
        if run is not None:
            run.given()
        if run is not None and self._begun is not None:
            # The kernel may have been quicker than the agent's word.
            run.heard(*self._begun)

    def limit_reached(self, fields: dict[str, Any]) -> None:
        """Tell the agent, in its place among the messages, that the run has reached a limit."""
        self._keep(b'"limit":%b' % json.dumps(fields).encode())

    async def end_process(self) -> None:
        """End the kernel's process, which does not heed an interrupt, as if it had died."""
        raise NotImplementedError

    def close(self) -> None:
        """End the subscription."""
        self._closed = True
        self.run = None
        if self._proof is not None:
            self._proof.cancel()
        if self._forgetting is not None:
            self._forgetting.cancel()

    def restarted(self) -> None:
        """The kernel's process is a new one, perhaps on other ports."""
        if not self.gone:
            if self._proof is not None:
                self._proof.cancel()
            self._begin(self._after_restart())

    def _begin(self, proof: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        self._proof = asyncio.ensure_future(proof)
        self._proof.add_done_callback(self._over)
        return self._proof

    def _over(self, proof: asyncio.Task[None]) -> None:
        if (proof.cancelled() or proof.exception()) and self._proof is proof:
            # Whoever attaches next asks anew.
            self._proof = None

    async def _prove(self) -> None:
        """Settles when something arrived on our subscription. Raises NoTap."""
        raise NotImplementedError

    async def _after_restart(self) -> None:
        try:
            await self._prove_new()
        finally:
            # Else yet another process has taken its place: that one is told of.
            if self._proof is asyncio.current_task():
                self._event("restarted")

    async def _prove_new(self) -> None:
        """As `_prove`, for a process that has just been started. Raises NoTap."""
        raise NotImplementedError

    def _disconnect(self) -> None:
        """Hear nothing more."""
        raise NotImplementedError

    def _hear(self, parts: Sequence[Part]) -> None:
        """Take an IOPub message: header, parent, metadata, content, buffers. The first two are
        bytes."""
        self._received.set()
        header, parent, metadata, content = parts[:4]
        assert isinstance(header, bytes) and isinstance(parent, bytes)
        buffers: list[Part] = []
        for part in parts[4:]:
            buffers += [b',"' if buffers else b'"', base64.b64encode(part), b'"']
        self._keep(
            *(b'"header":', header, b',"parent_header":', parent, b',"metadata":', metadata),
            *(b',"content":', content, b',"buffers":[', *buffers, b"]"),
        )
        if b'"execute_input"' in header:
            self._begun = header, parent, b""
        if b'"status"' in header and b'"execute_request"' in parent:
            self.at_rest = b'"idle"' in content
        if self._run is not None:
            self._run.heard(header, parent, content)

    def _keep(self, *fields: Part) -> None:
        self.kept.add(*fields)
        self._tell()

    def _tell(self) -> None:
        if self.attached is not None:
            self.attached.arrived()

    def _event(self, name: str) -> None:
        if self.gone:
            # Nothing follows the end.
            return
        if self._run is not None and (name != "restarted" or self._run.begun):
            self.run = None
        self.at_rest = None
        self._keep(b'"event":"%b"' % name.encode("ascii"))

    def _end(self, event: str) -> None:
        if not self.gone:
            self._event(event)
            self.gone = True
            self._disconnect()
            self._schedule_forgetting()

    def _schedule_forgetting(self) -> None:
        if self._forgetting is not None:
            self._forgetting.cancel()
            self._forgetting = None
        if self.gone and self.attached is None:
            loop = asyncio.get_running_loop()
            self._forgetting = loop.call_later(FORGET_AFTER, self._on_gone)
