"""The tap of a kernel behind a gateway.

Such a kernel outlives the server, and so does its tap: a later server goes on with it, under the
same name towards the gateway, which has kept meanwhile what came. Where output is missing, because
the gateway has left it out or because it was on its way when a connection was cut, the tap says so
in its place.
"""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timezone
from typing import Any

from jupyter_client.session import Session
from jupyter_core.utils import ensure_async

from .gateway_line import GatewayLine
from .kernel_tap import Agent, NoTap
from .kernel_wire import Parts, message_id
from .shared_connections import SharedConnections
from .spooled_tap import SpooledTap

_TICK = 0.25
_NUDGE_EVERY = 1.0
_PROOF_TIMEOUT = 60.0
#: A restarted kernel that is not heard so long is asked on another connection.
_RESTART_TIMEOUT = 10.0
#: So often it is asked whether the gateway still has the kernel.
_ASK_EVERY = 15.0
#: A kernel at rest that nobody uses so long is hung up on, so that a gateway can cull it.
_UNUSED = 60.0
_PARTS = ("header", "parent_header", "metadata", "content")
_LEFT_OUT = "The gateway left out some of the output: %s."
_LOST = "Some of the output may be missing: it got lost between the gateway and this server."


class GatewayTap(SpooledTap):
    """See KernelTap. `connections` are the websockets of the kernel here."""

    unbounded = (
        "it runs behind a gateway, so its memory and processor time cannot be seen from here"
    )

    def __init__(self, *arguments: Any) -> None:
        """As SpooledTap's."""
        super().__init__(*arguments)
        self._session = Session(session=f"kernel-tap-{self.id}", username="colophon")
        self._line = GatewayLine(
            self.kernel_id,
            self._session.session,
            self._log,
            heard=self._on_message,
            cut=self.gaps.cut,
            gone=self._on_missing,
        )
        self.connections = SharedConnections(
            self._line.send, self._line.open, self.note_about, self.questions
        )
        self._line.open()
        self._watch = asyncio.ensure_future(self._watch_kernel())

    def enter(self, agent: Agent) -> Agent | None:
        """See KernelTap."""
        if not self.gone:
            self._line.open()
        return super().enter(agent)

    async def end_process(self) -> None:
        """See KernelTap."""
        await ensure_async(self.kernel.restart_kernel())

    def close(self) -> None:
        """See SpooledTap."""
        self._watch.cancel()
        self._disconnect()
        super().close()

    def _disconnect(self) -> None:
        self._line.close()
        self.gaps.cut()

    def _on_message(self, channel: str, parts: Parts) -> None:
        self.gaps.note(message_id(parts[0]))
        if channel == "iopub":
            self._on_published(parts)
        else:
            self.note_seen()
        self.connections.deliver(channel, parts)

    def _on_published(self, parts: Parts) -> None:
        header, parent, _, content = parts[:4]
        status = b'"status"' in header
        if self._session.session.encode() in header:
            self._on_gateways_word(status, parts)
            return
        if status and b'"execute_request"' in parent:
            idle = b'"idle"' in content
            if not idle:
                self.gaps.begin()
            elif self.gaps.end(message_id(header)):
                self._miss(_LOST)
            self.kernel.execution_state = "idle" if idle else "busy"
            self.kernel.last_activity = datetime.now(timezone.utc)
        self._hear(parts)

    def _on_gateways_word(self, status: bool, parts: Parts) -> None:
        """A message that the gateway made itself: it bears the name of our session."""
        if not status:
            self._hear(parts)
            said = str(json.loads(parts[3]).get("text", "")).partition("\n")[0]
            self._miss(_LEFT_OUT % (said.rstrip(".") or "it does not say why"))
        elif b'"restarting"' in parts[3]:
            self._event("died")
            self.restarted()
        elif b'"dead"' in parts[3]:
            self._event("died")
            self._end("shut-down")

    def _miss(self, reason: str) -> None:
        self._log.warning("Kernel %s: %s", self.kernel_id, reason)
        self._keep(b'"gap":%b' % json.dumps(reason).encode())

    async def _prove(self) -> None:
        await self._await_word(_PROOF_TIMEOUT)

    async def _await_word(self, timeout: float) -> None:
        """Ask the kernel for its info until something arrives. Raises NoTap."""
        self._received.clear()
        deadline = asyncio.get_running_loop().time() + timeout
        while not self._received.is_set():
            if asyncio.get_running_loop().time() > deadline:
                raise NoTap(f"kernel {self.kernel_id} does not answer")
            # A busy kernel answers on shell only after its work: do not pile requests up there.
            for channel in ("control",) if self._is_busy() else ("control", "shell"):
                message = self._session.msg("kernel_info_request")
                parts = [self._session.pack(message[name]) for name in _PARTS]
                self._line.send(channel, parts)
            try:
                await asyncio.wait_for(self._received.wait(), _NUDGE_EVERY)
            except asyncio.TimeoutError:
                continue

    async def _prove_new(self) -> None:
        self.connections.restarted()
        try:
            await self._await_word(_RESTART_TIMEOUT)
        except NoTap:
            self._line.renew()
            await self._prove()

    async def _watch_kernel(self) -> None:
        asked = unused = 0.0
        while self._kernels._kernels.get(self.kernel_id) is self.kernel:
            await asyncio.sleep(_TICK)
            asked += _TICK
            used = self.attached is not None or bool(self.connections) or self._is_busy()
            unused = 0.0 if used else unused + _TICK
            if unused > _UNUSED and self._line.is_open:
                self._disconnect()
            if asked > _ASK_EVERY and self._line.is_open:
                asked = 0.0
                await self._ask_gateway()
        self._end("shut-down")

    def _is_busy(self) -> bool:
        if self.at_rest is not None:
            return not self.at_rest
        return getattr(self.kernel, "execution_state", None) == "busy"

    async def _ask_gateway(self) -> None:
        try:
            model = await self.kernel.refresh_model()
        except Exception as error:
            # The line will tell when it is back.
            self._log.debug("The gateway does not answer: %s", error)
            return
        if model is None:
            self._on_missing()

    def _on_missing(self) -> None:
        """The gateway has no such kernel any more."""
        self._kernels.remove_kernel(self.kernel_id)
