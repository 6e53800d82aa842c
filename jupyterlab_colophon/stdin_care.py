"""Kernel and runtime agent hear each other, whenever one of them comes back.

The kernel asks the connection that sent the request, by its name. Jupyter Server forgets what comes
for a connection that is gone, unless it was the kernel's only one. For the agents of a notebook,
which bear one name, this keeps the socket on which the kernel asks from one agent to the next, and
the question that nobody has answered.

A kernel that two sockets of one name reach at once hears one of them, the one that it saw last, and
the other is deaf and dumb from then on: which that is, is chance where both wait for a kernel that
starts. So each connection of an agent has a name of its own at the kernel, and the sockets on which
the kernel asks for earlier ones are kept beside it. What a kernel asks before such a socket has
reached it is lost, so nothing is sent before that.
docs/upstream.md says what would make this needless.
"""

from __future__ import annotations

import asyncio
import struct
import uuid
from typing import Any

import zmq
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

from .kernel_wire import decode, message_id
from .questions import Questions
from .zmq_sockets import connect_anew

#: Names of the agents' connections begin so.
OURS = "colophon-"
_STDIN = "stdin"
_CLASS = "kernel_websocket_connection_class"
#: What the kernel is asked on, and asks on.
_ASKING = ("shell", "control", _STDIN)
#: Seconds that a connection waits until it reaches the kernel, and how often it looks.
_PATIENCE, _LOOK = 10.0, 0.01
#: Milliseconds in which what was given to a socket that ends goes out to the process that it is
#: connected to. It takes a few.
_LINGER = 2000


class CaringConnection(ZMQChannelsWebsocketConnection):
    """A kernel's websocket that hands sockets and question on, for the agents' names."""

    questions: Questions

    def create_stream(self) -> None:
        """As the server's own, under a name that no other connection has."""
        if not self._ours():
            super().create_stream()
            return
        before = self.questions.newest.get(self.session_key)
        if before is not None:
            # Its end was not seen yet.
            before._let_go()
        identity = self.session.bsession + b"/" + uuid.uuid4().hex.encode()
        for channel in ("iopub", *_ASKING):
            # The first connection goes at once, and may yet reach the kernel last: it has no name.
            stream = getattr(self.kernel_manager, f"connect_{channel}")(identity=None)
            self.channels[channel] = stream
            stream.channel = channel
        self._earlier = self.questions.take(self.session_key, self._place())
        self._own = self.channels[_STDIN]
        self._to_reach = [self.channels[channel] for channel in _ASKING]
        for stream in self._to_reach:
            # Ready to send only once the kernel knows it; what one process did not get, none gets.
            connect_anew(stream.socket, {zmq.IMMEDIATE: 1, zmq.IDENTITY: identity})
        self.questions.newest[self.session_key] = self

    def connect(self) -> Any:
        """As the server's own; then the question that was not answered, if there is one."""
        self.questions.prune(self.multi_kernel_manager.__contains__)
        connected = super().connect()
        if connected is None or not self._ours():
            return connected
        return asyncio.ensure_future(self._reach(connected))

    def disconnect(self) -> None:
        """As the server's own, but for the sockets on which the kernel asks, and without keeping
        the others for the next one."""
        if self._ours():
            self._let_go()
        super().disconnect()
        buffers = getattr(self.multi_kernel_manager, "_kernel_buffers", {})
        if self._ours() and self.kernel_id in buffers:
            if buffers[self.kernel_id]["session_key"] == self.session_key:
                del buffers[self.kernel_id]

    def handle_outgoing_message(self, stream: Any, outgoing_msg: list[Any]) -> None:
        """From the kernel."""
        channel = stream if isinstance(stream, str) else getattr(stream, "channel", None)
        if channel == _STDIN and self._ours():
            self.questions.asked(self.session_key, outgoing_msg, stream)
            # The answer goes where the question came from.
            self.channels[_STDIN] = stream
        super().handle_outgoing_message(stream, outgoing_msg)

    def handle_incoming_message(self, incoming_msg: Any) -> None:
        """To the kernel; an answer only if it is one to the question that waits."""
        if self._ours() and self.channels:
            question = _question_of(incoming_msg)
            if question is not None and not self.questions.answered(self.session_key, question):
                self.log.debug("Passed over an answer to the question %s", question)
                return
        super().handle_incoming_message(incoming_msg)

    def _ours(self) -> bool:
        return str(self.session.session).startswith(OURS)

    def _place(self) -> Any:
        kernel = self.kernel_manager
        process = getattr(getattr(kernel, "provisioner", None), "pid", None)
        return process, kernel.transport, kernel.ip, kernel.stdin_port

    def _let_go(self) -> None:
        """Hand over the sockets on which the kernel asks, and end the others, which come back to
        the kernel no more. What they have still to send goes out: each request passes once."""
        streams, self.channels = self.channels, {}
        ending = list(streams.values())
        if self.questions.newest.get(self.session_key) is self:
            del self.questions.newest[self.session_key]
            asking = [each for each in [*self._earlier, self._own] if not each.closed()]
            if self.kernel_id in self.multi_kernel_manager:
                ending = [stream for channel, stream in streams.items() if channel != _STDIN]
                self.questions.hold(self.session_key, asking)
            else:
                ending += asking
        for stream in ending:
            if not stream.closed():
                stream.on_recv(None)
                stream.flush(zmq.POLLOUT)
                stream.close(linger=_LINGER)

    async def _reach(self, connected: Any) -> None:
        await connected
        self._leave_iopub()
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        while not all(map(_is_ready, self._to_reach)):
            if asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(_LOOK)
        if self.questions.newest.get(self.session_key) is not self:
            return
        question = self.questions.unanswered(self.session_key)
        if question is not None:
            message, stream = question
            self.handle_outgoing_message(stream, message)
        for stream in (*self._earlier, self._own):
            self._hear(stream)

    def _leave_iopub(self) -> None:
        """What the kernel publishes, the agent hears through the tap, once. A status that the
        server itself tells needs no socket."""
        iopub = self.channels.pop("iopub", None)
        if iopub is not None and not iopub.closed():
            iopub.on_recv(None)
            iopub.close(linger=0)

    def _hear(self, stream: Any) -> None:
        stream.channel = _STDIN
        # Anew, also where the server has done so: looking at a socket hides what has come from it.
        stream.on_recv(lambda message: self.handle_outgoing_message(stream, message))


def _is_ready(stream: Any) -> bool:
    return stream.closed() or bool(stream.socket.getsockopt(zmq.EVENTS) & zmq.POLLOUT)


def _question_of(message: str | bytes) -> str | None:
    """The id of the question that a websocket's message answers; None if it is no answer."""
    reply = "input_reply" if isinstance(message, str) else b"input_reply"
    if reply not in message:  # type: ignore[operator]
        return None
    try:
        channel, parts = decode(message, isinstance(message, bytes))
    except (ValueError, LookupError, struct.error):
        return None
    return message_id(parts[1]) if channel == _STDIN else None


def care_for_questions(settings: dict[str, Any]) -> Questions:
    """Have the server use it, unless it was told to use a class of somebody else's."""
    questions = Questions()
    if settings.get(_CLASS) is ZMQChannelsWebsocketConnection:
        settings[_CLASS] = type(
            CaringConnection.__name__, (CaringConnection,), {"questions": questions}
        )
    return questions
