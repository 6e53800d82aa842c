"""The socket on which a kernel asks, where its connections arrive in another order."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import zmq
from jupyter_client.ioloop import AsyncIOLoopKernelManager
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from servers import DEADLINE
from zmq.utils.monitor import recv_monitor_message

from jupyterlab_colophon.stdin_care import care_for_questions

#: Of a connection of ZeroMQ: what comes behind it says the name.
GREETING = 64


class LateFirst:
    """What stands before a port: of the first connection the name is kept back until `release`."""

    def __init__(self, behind: int) -> None:
        self._behind = behind
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._sockets: list[socket.socket] = [self._server]
        self.kept = threading.Event()
        self._released = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def release(self) -> None:
        """The first one goes on."""
        self._released.set()

    def close(self) -> None:
        """End every connection."""
        for each in self._sockets:
            each.close()

    def _accept(self) -> None:
        first = True
        while True:
            try:
                ours, _ = self._server.accept()
            except OSError:
                return
            theirs = socket.create_connection(("127.0.0.1", self._behind))
            self._sockets += [ours, theirs]
            for source, target, late in ((ours, theirs, first), (theirs, ours, False)):
                threading.Thread(
                    target=self._pass, args=(source, target, late), daemon=True
                ).start()
            first = False

    def _pass(self, source: socket.socket, target: socket.socket, late: bool) -> None:
        passed = 0
        try:
            while data := source.recv(1 if late and passed < GREETING else 1 << 16):
                if late and passed >= GREETING:
                    self.kept.set()
                    self._released.wait(DEADLINE)
                target.sendall(data)
                passed += len(data)
        except OSError:
            # The other side has gone.
            return


@contextmanager
def asking_kernel() -> Iterator[tuple[Any, Any, LateFirst]]:
    """A socket as that on which a kernel asks, what says who has connected to it, and what stands
    before it."""
    context = zmq.Context()
    asking = context.socket(zmq.ROUTER)
    asking.router_handover = True
    connected = asking.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
    before = LateFirst(asking.bind_to_random_port("tcp://127.0.0.1"))
    try:
        yield asking, connected, before
    finally:
        before.close()
        context.destroy(linger=0)


def test_first_connection_comes_last() -> None:
    """[DK14] A connection of a runtime hears what the kernel asks, also if an earlier attempt to
    reach the kernel gets there last."""

    async def scenario() -> None:
        settings: dict[str, Any] = {
            "kernel_websocket_connection_class": ZMQChannelsWebsocketConnection
        }
        care_for_questions(settings)
        kernel = AsyncIOLoopKernelManager()
        connect = kernel.connect_stdin

        def connect_stdin(**named: Any) -> Any:
            stream = connect(**named)
            assert before.kept.wait(DEADLINE)
            return stream

        with asking_kernel() as (asking, connected, before):
            kernel.stdin_port = before.port
            # Nobody is there.
            kernel.shell_port = kernel.control_port = kernel.iopub_port = 1
            kernel.connect_stdin = connect_stdin
            connection = settings["kernel_websocket_connection_class"](parent=kernel)
            connection.session.session = "colophon-n"
            connection.create_stream()
            name = connection.channels["shell"].socket.identity
            own = connection.channels["stdin"].socket
            recv_monitor_message(connected)
            before.release()
            recv_monitor_message(connected)
            assert asking.poll(100) == 0
            asking.send_multipart([name, b"?"])
            assert own.poll(DEADLINE * 1000) and own.recv() == b"?"
            for stream in connection.channels.values():
                stream.close(linger=0)

    asyncio.run(scenario())
