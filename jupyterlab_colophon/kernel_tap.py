"""Every IOPub message of a kernel, once and in order, for whoever has to write its outputs.

The kernel websocket of Jupyter Server drops messages above a rate and forgets them while nobody is
connected. This tap has its own subscription, without a high-water mark, in the server's process. It
numbers the messages as bytes, without reading them, and keeps them until they are acknowledged,
also while no agent is attached.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
import uuid
from collections import deque
from collections.abc import Callable
from logging import Logger
from typing import Any, Protocol

import zmq
from jupyter_client.session import DELIM, Session

from .activity import ActiveRun

#: A kernel that is gone is remembered this long for an agent that has not yet read the end.
FORGET_AFTER = 600.0
_NUDGE_EVERY = 0.3
#: Bytes of messages that an agent gets in one frame.
_AT_ONCE = 1 << 18
#: Seconds that one turn of the loop may take messages.
_TURN = 0.005
_PROOF_TIMEOUT = 60.0
_KERNEL_ACTIONS = "https://events.jupyter.org/jupyter_server/kernel_actions/v1"


class NoTap(Exception):
    """This kernel has no IOPub socket on this machine, or does not answer."""


class Agent(Protocol):
    """Who reads a tap."""

    def arrived(self) -> None:
        """One more message is kept. Called at once: another turn of the busy loop costs more than
        sending it."""


class KernelTap:
    """The subscription to one kernel; `id` changes with every new one."""

    def __init__(
        self, kernel_id: str, kernels: Any, max_bytes: int, log: Logger, on_gone: Callable[[], None]
    ) -> None:
        """Subscribe. Raises NoTap for a kernel that is reached through a gateway."""
        self.id = uuid.uuid4().hex
        self.kernel_id = kernel_id
        self._kernels = kernels
        self.kernel = kernels.get_kernel(kernel_id)
        self._max_bytes = max_bytes
        self._log = log
        self._on_gone = on_gone
        self._kept: deque[tuple[int, bytes]] = deque()
        self._kept_bytes = 0
        self._last = 0
        self._floor = 0
        self._received = asyncio.Event()
        self._stream: Any = None
        self._proof: asyncio.Task[None] | None = None
        self._forgetting: asyncio.TimerHandle | None = None
        self.attached: Agent | None = None
        self._run: ActiveRun | None = None
        self._begun: tuple[bytes, bytes, bytes] | None = None
        #: Whether the kernel executes nothing, as it said last; None: it has said nothing here.
        self.at_rest: bool | None = None
        self.gone = False
        self._connect()
        self.kernel.add_restart_callback(self._on_crash, "restart")
        self.kernel.add_restart_callback(self._on_dead, "dead")
        self._watch = asyncio.ensure_future(self._watch_removal())

    async def ready(self) -> None:
        """Settles when the subscription is proven. Raises NoTap if the kernel does not answer."""
        if self.gone:
            return
        if self._proof is None:
            self._proof = asyncio.ensure_future(self._prove())
        await asyncio.shield(self._proof)

    def begin(self, after: int | None, tap: str | None) -> tuple[int, bool]:
        """Where an agent that has everything up to `after` of `tap` goes on: next, lost.

        An agent without a position wants what follows from now on.
        """
        if after is None or tap is None:
            return self._last + 1, False
        if tap != self.id or after < self._floor:
            return self._floor + 1, True
        return min(after, self._last) + 1, False

    def messages(self, first: int) -> list[bytes]:
        """Those from `first` on that go over the wire at once: as many small ones as there are, up
        to a size. Raises LookupError if they are no longer kept."""
        if first <= self._floor:
            raise LookupError(first)
        found: list[bytes] = []
        size = 0
        for number in range(first, self._last + 1):
            message = self._kept[number - self._floor - 1][1]
            size += len(message)
            if found and size > _AT_ONCE:
                break
            found.append(message)
        return found

    def acknowledge(self, number: int) -> None:
        """Forget everything up to `number`."""
        while self._kept and self._kept[0][0] <= number:
            self._drop()

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

    def close(self) -> None:
        """End the subscription."""
        self.run = None
        self._watch.cancel()
        if self._proof is not None:
            self._proof.cancel()
        if self._forgetting is not None:
            self._forgetting.cancel()
        self._disconnect()

    def restarted(self) -> None:
        """The kernel's process is a new one, perhaps on other ports."""
        if not self.gone:
            if self._proof is not None:
                self._proof.cancel()
            self._proof = asyncio.ensure_future(self._after_restart())
            # An exception is told to whoever attaches next.
            self._proof.add_done_callback(lambda task: task.cancelled() or task.exception())

    def _connect(self) -> None:
        if not getattr(self.kernel, "iopub_port", 0):
            # A gateway's kernel manager has sockets that lead nowhere.
            raise NoTap(f"kernel {self.kernel_id} runs behind a gateway")
        try:
            stream = self.kernel.connect_iopub()
            socket = stream.socket
            endpoint = socket.getsockopt(zmq.LAST_ENDPOINT)
        except (AttributeError, NotImplementedError, zmq.ZMQError) as error:
            raise NoTap(f"kernel {self.kernel_id} has no IOPub socket here: {error}") from error
        # The mark counts from the connection on; ours has to be made without one.
        socket.disconnect(endpoint)
        socket.setsockopt(zmq.RCVHWM, 0)
        socket.setsockopt(zmq.RECONNECT_IVL, 20)
        socket.connect(endpoint)
        self._stream = stream
        stream.on_recv(self._on_message)

    def _disconnect(self) -> None:
        if self._stream is not None and not self._stream.closed():
            self._stream.on_recv(None)
            self._stream.close(linger=0)
        self._stream = None

    def _on_message(self, parts: list[bytes]) -> None:
        """Take a message, and those that wait behind it: a turn of the loop is dear in a flood."""
        self._take(parts)
        socket = self._stream.socket
        deadline = time.monotonic() + _TURN
        while time.monotonic() < deadline:
            try:
                more = socket.recv_multipart(zmq.NOBLOCK)
            except zmq.ZMQError:
                # Nothing more, or what is wrong with the socket is told in the next turn.
                return
            self._take(more)

    def _take(self, parts: list[bytes]) -> None:
        self._received.set()
        start = parts.index(DELIM)
        header, parent, metadata, content = parts[start + 2 : start + 6]
        if b'"iopub_welcome"' in header:
            return
        buffers = b",".join(b'"' + base64.b64encode(part) + b'"' for part in parts[start + 6 :])
        self._keep(
            b'"header":%b,"parent_header":%b,"metadata":%b,"content":%b,"buffers":[%b]'
            % (header, parent, metadata, content, buffers)
        )
        if b'"execute_input"' in header:
            self._begun = header, parent, b""
        if b'"status"' in header and b'"execute_request"' in parent:
            self.at_rest = b'"idle"' in content
        if self._run is not None:
            self._run.heard(header, parent, content)

    def _keep(self, fields: bytes) -> None:
        self._last += 1
        message = b'{"seq":%d,%b}' % (self._last, fields)
        self._kept.append((self._last, message))
        self._kept_bytes += len(message)
        while self._kept_bytes > self._max_bytes and len(self._kept) > 1:
            self._drop()
        if self.attached is not None:
            self.attached.arrived()

    def _drop(self) -> None:
        number, message = self._kept.popleft()
        self._kept_bytes -= len(message)
        self._floor = number

    def _event(self, name: str) -> None:
        if self._run is not None and (name != "restarted" or self._run.begun):
            self.run = None
        self.at_rest = None
        self._keep(b'"event":"%b"' % name.encode("ascii"))

    async def _prove(self) -> None:
        """Ask the kernel for its info until something arrives on our subscription."""
        self._received.clear()
        session = Session(config=self.kernel.session.config, key=self.kernel.session.key)
        channels = [self.kernel.connect_control(), self.kernel.connect_shell()]
        try:
            deadline = asyncio.get_running_loop().time() + _PROOF_TIMEOUT
            while not self._received.is_set():
                if asyncio.get_running_loop().time() > deadline:
                    raise NoTap(f"kernel {self.kernel_id} does not answer")
                busy = getattr(self.kernel, "execution_state", None) == "busy"
                # A busy kernel answers on shell only after its work: do not pile requests up there.
                for channel in channels[:1] if busy else channels:
                    session.send(channel, "kernel_info_request")
                try:
                    await asyncio.wait_for(self._received.wait(), _NUDGE_EVERY)
                except asyncio.TimeoutError:
                    continue
        except BaseException:
            self._proof = None
            raise
        finally:
            for channel in channels:
                channel.close(linger=0)

    async def _after_restart(self) -> None:
        self._disconnect()
        self._connect()
        try:
            await self._prove()
        finally:
            self._event("restarted")

    def _on_crash(self) -> None:
        self._event("died")

    def _on_dead(self) -> None:
        self._event("died")
        self._end(None)

    async def _watch_removal(self) -> None:
        while self._kernels._kernels.get(self.kernel_id) is self.kernel:
            await asyncio.sleep(0.25)
        self._end("shut-down")

    def _end(self, event: str | None) -> None:
        if not self.gone:
            self.gone = True
            if event is not None:
                self._event(event)
            self._watch.cancel()
            self._disconnect()
            self._schedule_forgetting()

    def _schedule_forgetting(self) -> None:
        if self._forgetting is not None:
            self._forgetting.cancel()
            self._forgetting = None
        if self.gone and self.attached is None:
            loop = asyncio.get_running_loop()
            self._forgetting = loop.call_later(FORGET_AFTER, self._on_gone)


class KernelTaps:
    """The taps of a server, by kernel id; made when an agent first asks for one."""

    def __init__(self, kernels: Any, event_logger: Any, max_bytes: int, log: Logger) -> None:
        self._kernels = kernels
        self._max_bytes = max_bytes
        self._log = log
        self._taps: dict[str, KernelTap] = {}
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
        tap = KernelTap(
            kernel_id,
            self._kernels,
            self._max_bytes,
            self._log,
            lambda: self._forget(kernel_id),
        )
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
