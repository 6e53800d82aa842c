"""The websocket on which a runtime agent reads a kernel's tap; docs/PROTOCOL.md, section 3.

Messages go out in order, and the next only when the last one has been sent: what comes meanwhile
waits in the tap and goes out together. The agent says back how far it has come, and which run it
gives the kernel.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tornado import web
from tornado.websocket import WebSocketClosedError

from .environment import Told
from .environment_news import EnvironmentNews, frame
from .grants import grant_of
from .guarded import Problem
from .guarded_socket import GuardedSocket
from .kept_messages import Message
from .kernel_tap import KernelTap, NoTap

#: Bytes of one frame of the tap.
_PIECE = 1 << 21


class KernelTapHandler(GuardedSocket):
    """The websocket colophon/kernels/<id>/iopub. Runtime agents only.

    Close codes: 4409 another agent has attached, 4410 messages that
    were asked for are gone (attach again), 4504 the kernel does not answer, or has ended.
    """

    rights = {"GET": ("execute", "kernels")}
    _tap: KernelTap | None = None
    _beginning: asyncio.Task[None] | None = None
    #: The message that is being sent, or was sent last; None before the first.
    _sending: asyncio.Future[None] | None = None
    _next = 0
    _environment: EnvironmentNews | None = None

    @property
    def pid(self) -> int | None:
        """The agent's process, as it says itself."""
        told = self.get_query_argument("pid", "")
        return int(told) if told.isdecimal() and len(told) < 10 else None

    @web.authenticated
    async def get(self, kernel_id: str) -> None:  # type: ignore[override]
        if grant_of(self) is None:
            raise self._refused(
                403, "forbidden", "forbidden", "The kernel tap is for runtime agents only."
            )
        try:
            self._tap = self.colophon.kernel_taps.tap(kernel_id)
        except NoTap as error:
            raise Problem(501, "not-found", f"{error}. Use the kernel's websocket.") from error
        if self._tap is None:
            raise Problem(404, "not-found", f"There is no kernel {kernel_id}.")
        await super().get(kernel_id)

    async def open(self, kernel_id: str) -> None:  # type: ignore[override]
        super().open()
        # Small messages in bursts: none waits until the one before has arrived.
        self.set_nodelay(True)
        assert self._tap is not None
        self._beginning = asyncio.ensure_future(self._begin(self._tap))

    def on_message(self, message: str | bytes) -> None:
        said = json.loads(message)
        if self._tap is None or self._tap.attached is not self:
            return
        if isinstance(said.get("ack"), int):
            self._tap.acknowledge(said["ack"])
        if "run" in said:
            self._give(self._tap, said["run"])

    def _give(self, tap: KernelTap, told: dict[str, Any] | None) -> None:
        """The agent gives the kernel a run, or has none any more."""
        if told is None:
            tap.run = None
            return
        execution_id = str(told["executionId"])
        if tap.run is None or tap.run.execution_id != execution_id:
            tap.run = self.colophon.activity.begin(tap, execution_id, told.get("limits"))
            if self._environment is not None:
                self._environment.check()

    def on_close(self) -> None:
        if self._environment is not None:
            self._environment.close()
        if self._beginning is not None:
            self._beginning.cancel()
        if self._tap is not None:
            self._tap.leave(self)

    async def _begin(self, tap: KernelTap) -> None:
        after = self.get_query_argument("after", "")
        replaced = tap.enter(self)
        if isinstance(replaced, KernelTapHandler):
            replaced.close(4409, "another agent has attached")
        try:
            await tap.ready()
        except Exception as error:
            if not isinstance(error, NoTap):
                self.log.exception("Kernel %s cannot be heard", tap.kernel_id)
            self.close(4504, str(error)[:100])
            return
        following, lost = tap.kept.begin(
            tap.id,
            int(after) if after.isdecimal() else None,
            self.get_query_argument("tap", "") or None,
        )
        if tap.gone and following > tap.kept.last:
            # That it has ended was told already: nothing would ever come.
            self.close(4504, f"kernel {tap.kernel_id} has ended")
            return
        self._next = following
        self._send(json.dumps({"type": "attached", "tap": tap.id, "next": following, "lost": lost}))
        self._environment = EnvironmentNews(
            self.colophon.environments, tap.kernel, self._tell_environment
        )
        self._environment.begin()
        if self.colophon.gateway is not None:
            self.colophon.gateway.remember(tap.kernel_id)

    def _tell_environment(self, told: Told | None) -> None:
        try:
            sent = asyncio.ensure_future(self.write_message(frame(told)))
        except WebSocketClosedError:
            return
        # An agent that is gone asks the next time.
        sent.add_done_callback(lambda each: each.cancelled() or each.exception())

    def arrived(self) -> None:
        """The tap has one more message. What comes while the last one is being sent waits."""
        if self._tap is None or self._sending is None or not self._sending.done():
            return
        try:
            messages = self._tap.kept.since(self._next)
        except LookupError:
            self.close(4410, "messages are gone")
            return
        self._next += len(messages)
        if len(messages) == 1 and messages[0].size > _PIECE:
            self._sent_when(asyncio.ensure_future(self._send_pieces(messages[0])))
        elif len(messages) == 1:
            self._send(bytes(messages[0]))
        elif messages:
            self._send(b"[%b]" % b",".join(map(bytes, messages)))

    async def _send_pieces(self, message: Message) -> None:
        """A large message in pieces: without a second copy of it, and others get their turn."""
        await self.write_message(json.dumps({"pieces": sum(1 for _ in message.cut(_PIECE))}))
        for piece in message.cut(_PIECE):
            await self.write_message(bytes(piece), binary=True)

    def _send(self, message: str | bytes) -> None:
        try:
            self._sent_when(asyncio.ensure_future(self.write_message(message)))
        except WebSocketClosedError:
            return

    def _sent_when(self, sending: asyncio.Future[None]) -> None:
        self._sending = sending
        sending.add_done_callback(self._sent)

    def _sent(self, sending: asyncio.Future[None]) -> None:
        if not sending.cancelled() and sending.exception() is None:
            self.arrived()
