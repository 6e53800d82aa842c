"""The tap of a kernel on this machine.

The kernel websocket of Jupyter Server drops messages above a rate and forgets them while nobody is
connected. This tap has its own subscription, without a high-water mark, in the server's process,
and has the kernel publish without one.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from logging import Logger
from typing import Any

import zmq
from jupyter_client.session import DELIM, Session
from jupyter_core.utils import ensure_async

from .kept_messages import LARGE, Part
from .kernel_tap import KernelTap, NoTap
from .publishing import publish_everything
from .zmq_sockets import connect_anew

_NUDGE_EVERY = 0.3
#: Seconds that one turn of the loop may take messages.
_TURN = 0.005
_PROOF_TIMEOUT = 60.0
#: So long nobody is kept from a kernel that does not answer a request of ours.
_PATIENCE = 5.0
#: Seconds between looks at the process of a kernel that the server does not watch.
_LOOK_EVERY = 1.0


class ZmqTap(KernelTap):
    """See KernelTap."""

    def __init__(
        self, kernel_id: str, kernels: Any, max_bytes: int, log: Logger, on_gone: Callable[[], None]
    ) -> None:
        """Subscribe. Raises NoTap for a kernel that has no sockets here."""
        super().__init__(kernel_id, kernels, max_bytes, log, on_gone)
        self._stream: Any = None
        self._publishing: asyncio.Task[None] | None = None
        self._connect()
        self.kernel.add_restart_callback(self._on_crash, "restart")
        self.kernel.add_restart_callback(self._on_dead, "dead")
        self._watch = asyncio.ensure_future(self._watch_removal())

    def close(self) -> None:
        """End the subscription."""
        super().close()
        self._watch.cancel()
        self._disconnect()

    async def end_process(self) -> None:
        """See KernelTap."""
        await ensure_async(self.kernel.signal_kernel(getattr(signal, "SIGKILL", signal.SIGTERM)))

    def _connect(self) -> None:
        if not getattr(self.kernel, "iopub_port", 0):
            # Some managers of remote kernels have sockets that lead nowhere.
            raise NoTap(f"kernel {self.kernel_id} has no IOPub socket here")
        try:
            stream = self.kernel.connect_iopub()
            connect_anew(stream.socket, {zmq.RCVHWM: 0})
        except (AttributeError, NotImplementedError, zmq.ZMQError) as error:
            raise NoTap(f"kernel {self.kernel_id} has no IOPub socket here: {error}") from error
        self._stream = stream
        stream.on_recv(self._on_message, copy=False)

    def _disconnect(self) -> None:
        if self._publishing is not None:
            self._publishing.cancel()
        if self._stream is not None and not self._stream.closed():
            self._stream.on_recv(None)
            self._stream.close(linger=0)
        self._stream = None

    def _on_message(self, parts: list[zmq.Frame]) -> None:
        """Take a message, and those that wait behind it: a turn of the loop is dear in a flood."""
        self._take(parts)
        socket = self._stream.socket
        deadline = time.monotonic() + _TURN
        while time.monotonic() < deadline:
            try:
                more = socket.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.ZMQError:
                # Nothing more, or what is wrong with the socket is told in the next turn.
                return
            self._take(more)

    def _take(self, parts: list[zmq.Frame]) -> None:
        start = next(index for index, part in enumerate(parts) if part.bytes == DELIM) + 2
        header, parent, *rest = parts[start:]
        if b'"iopub_welcome"' in header.bytes:
            self._received.set()
        else:
            self._hear([header.bytes, parent.bytes, *map(_content_of, rest)])

    async def _prove(self) -> None:
        """Ask the kernel for its info until something arrives on our subscription."""
        if self._stream is None:
            self._connect()
        self._received.clear()
        session = Session(config=self.kernel.session.config, key=self.kernel.session.key)
        channels = [self.kernel.connect_control(), self.kernel.connect_shell()]
        try:
            deadline = asyncio.get_running_loop().time() + _PROOF_TIMEOUT
            while not self._received.is_set():
                if self.gone:
                    raise NoTap(f"kernel {self.kernel_id} has ended")
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
            await self._have_all_published()
        finally:
            for channel in channels:
                channel.close(linger=0)

    async def _have_all_published(self) -> None:
        asked = asyncio.ensure_future(publish_everything(self.kernel))
        # A kernel that goes meanwhile is told elsewhere.
        asked.add_done_callback(lambda task: task.cancelled() or task.exception())
        self._publishing = asked
        busy = getattr(self.kernel, "execution_state", None) == "busy"
        await asyncio.wait([asked], timeout=0 if busy else _PATIENCE)

    async def _prove_new(self) -> None:
        self._disconnect()
        await self._prove()

    def _on_crash(self) -> None:
        self._event("died")

    def _on_dead(self) -> None:
        self._event("died")
        self._end("shut-down")

    async def _watch_removal(self) -> None:
        looked = time.monotonic()
        while self._kernels._kernels.get(self.kernel_id) is self.kernel:
            await asyncio.sleep(0.25)
            if time.monotonic() > looked + _LOOK_EVERY:
                if await self._has_died_unwatched():
                    self._event("died")
                    await self._give_up()
                    break
                looked = time.monotonic()
        self._end("shut-down")

    async def _has_died_unwatched(self) -> bool:
        """Whether the process has ended by itself, and the server neither sees nor mends it: with
        `KernelManager.autorestart = False` there is no restarter."""
        kernel = self.kernel
        if getattr(kernel, "_restarter", kernel) is not None:
            return False
        try:
            # While it is restarted or shut down it has no process, or says so.
            if not kernel.has_kernel or kernel.shutting_down:
                return False
            return not await ensure_async(kernel.is_alive()) and not kernel.shutting_down
        except Exception:
            # A provisioner that cannot be asked now.
            return False

    async def _give_up(self) -> None:
        """As the server with a kernel that it cannot start again: it is none of its kernels."""
        try:
            await ensure_async(self._kernels.shutdown_kernel(self.kernel_id, now=True))
        except Exception as error:
            self._log.warning("Kernel %s died and cannot be removed: %s", self.kernel_id, error)

    def _end(self, event: str) -> None:
        super()._end(event)
        self._watch.cancel()


def _content_of(frame: zmq.Frame) -> Part:
    return frame.bytes if len(frame) < LARGE else frame.buffer
