"""A question of a kernel is heard by the runtime agent, whenever it is asked.

The kernel asks the connection that sent the request, by its name. Jupyter Server forgets what comes
for a connection that is gone, unless it was the kernel's only one. For the agents of a notebook,
which bear one name, this keeps the socket on which the kernel asks from one agent to the next, and
the question that nobody has answered. docs/upstream.md says what would make it needless.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

#: Names of the agents' connections begin so.
OURS = "colophon-"
_STDIN = "stdin"
_CLASS = "kernel_websocket_connection_class"


@dataclass
class Held:
    """What is kept for one name at one kernel."""

    kernel_id: str
    #: The socket on which the kernel asks, while no agent has it.
    stream: Any = None
    #: Where that socket is connected to.
    place: Any = None
    #: The newest question, as it came; None if it was answered, or none came.
    question: list[Any] | None = None


class Questions:
    """Sockets and questions of the agents' names, by `<kernel>:<name>`."""

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}
        #: The newest connection of each name.
        self.newest: dict[str, CaringConnection] = {}

    def asked(self, key: str, message: list[Any]) -> None:
        """The kernel asks."""
        self._of(key).question = message

    def answered(self, key: str) -> None:
        """The question was answered: it is not asked again."""
        if key in self._held:
            self._held[key].question = None

    def unanswered(self, key: str) -> list[Any] | None:
        """The question that waits for an answer."""
        held = self._held.get(key)
        return None if held is None else held.question

    def hold(self, key: str, stream: Any, place: Any) -> None:
        """No agent is connected: the kernel goes on to be heard."""
        held = self._of(key)
        self._drop(held)
        held.stream, held.place = stream, place
        stream.on_recv(lambda message: self.asked(key, message))

    def take(self, key: str, place: Any) -> Any:
        """An agent is connected again: the socket that was held, if it is still the kernel's."""
        held = self._held.get(key)
        if held is None or held.stream is None:
            return None
        stream, held.stream = held.stream, None
        if stream.closed() or held.place != place:
            stream.close(linger=0)
            return None
        stream.on_recv(None)
        return stream

    def prune(self, lives: Callable[[str], bool]) -> None:
        """Forget kernels that are gone."""
        for key, held in list(self._held.items()):
            if not lives(held.kernel_id):
                self._drop(held)
                del self._held[key]

    def close(self) -> None:
        """Forget everything."""
        self.prune(lambda _: False)

    def _of(self, key: str) -> Held:
        return self._held.setdefault(key, Held(key.partition(":")[0]))

    @staticmethod
    def _drop(held: Held) -> None:
        if held.stream is not None and not held.stream.closed():
            held.stream.close(linger=0)
        held.stream = None


class CaringConnection(ZMQChannelsWebsocketConnection):
    """A kernel's websocket that hands socket and question on, for the agents' names."""

    questions: Questions

    def create_stream(self) -> None:
        """As the server's own, with the socket that was held for this name."""
        kernel = self.kernel_manager
        held = self._socket_before() if self._ours() else None
        identity = self.session.bsession
        for channel in ("iopub", "shell", "control", _STDIN):
            taken = held if channel == _STDIN else None
            stream = taken or getattr(kernel, f"connect_{channel}")(identity=identity)
            self.channels[channel] = stream
            stream.channel = channel
        if self._ours():
            self.questions.newest[self.session_key] = self

    def connect(self) -> Any:
        """As the server's own; then the question that was not answered, if there is one."""
        self.questions.prune(self.multi_kernel_manager.__contains__)
        self._rescue()
        connected = super().connect()
        question = self.questions.unanswered(self.session_key) if self._ours() else None
        if connected is not None and question is not None:
            connected.add_done_callback(lambda _: self._ask_again(question))
        return connected

    def disconnect(self) -> None:
        """As the server's own, but for the socket on which the kernel asks."""
        manager = self.multi_kernel_manager
        others = getattr(manager, "_kernel_connections", {}).get(self.kernel_id, 0) > 1
        # A newer connection of this name has its own socket.
        newest = self.questions.newest.get(self.session_key) is self
        if newest:
            del self.questions.newest[self.session_key]
        if others and newest and self.kernel_id in manager:
            stream = self.channels.pop(_STDIN, None)
            if stream is not None and not stream.closed():
                self.questions.hold(self.session_key, stream, self._place())
        super().disconnect()

    def handle_outgoing_message(self, stream: Any, outgoing_msg: list[Any]) -> None:
        """From the kernel."""
        channel = stream if isinstance(stream, str) else getattr(stream, "channel", None)
        if channel == _STDIN and self._ours():
            self.questions.asked(self.session_key, outgoing_msg)
        super().handle_outgoing_message(stream, outgoing_msg)

    def handle_incoming_message(self, incoming_msg: Any) -> None:
        """To the kernel."""
        super().handle_incoming_message(incoming_msg)
        if self._ours() and self.questions.unanswered(self.session_key) is not None:
            if _channel_of(incoming_msg) == _STDIN:
                self.questions.answered(self.session_key)

    def _ours(self) -> bool:
        return str(self.session.session).startswith(OURS)

    def _place(self) -> Any:
        kernel = self.kernel_manager
        return kernel.transport, kernel.ip, kernel.stdin_port

    def _ask_again(self, question: list[Any]) -> None:
        stream = self.channels.get(_STDIN)
        if stream is not None and self.questions.unanswered(self.session_key) is question:
            super().handle_outgoing_message(stream, question)

    def _socket_before(self) -> Any:
        """The one that was held; or that of a connection whose end was not seen yet, since a kernel
        does not know two of one name apart."""
        place = self._place()
        before = self.questions.newest.get(self.session_key)
        stream = None if before is None else before.channels.pop(_STDIN, None)
        if stream is not None and not stream.closed():
            self.questions.hold(self.session_key, stream, before._place())
        return self.questions.take(self.session_key, place)

    def _rescue(self) -> None:
        """What the server kept for an agent alone, and drops because somebody else connects."""
        buffers = getattr(self.multi_kernel_manager, "_kernel_buffers", {})
        kept = buffers.get(self.kernel_id) if self.kernel_id in buffers else None
        key = "" if kept is None else str(kept["session_key"])
        if kept is None or key == self.session_key or not key.partition(":")[2].startswith(OURS):
            return
        stream = kept["channels"].pop(_STDIN, None)
        if stream is not None and not stream.closed():
            self.questions.hold(key, stream, self._place())
        for channel, message in kept["buffer"]:
            if channel == _STDIN:
                self.questions.asked(key, message)


def _channel_of(message: Any) -> str | None:
    """Of a websocket's message, in either of its protocols; None if it has buffers in the older."""
    if isinstance(message, str):
        return cast(str | None, json.loads(message).get("channel"))
    try:
        return cast(str, deserialize_msg_from_ws_v1(message)[0])
    except (UnicodeDecodeError, ValueError, LookupError):
        return None


def care_for_questions(settings: dict[str, Any]) -> Questions:
    """Have the server use it, unless it was told to use a class of somebody else's."""
    questions = Questions()
    if settings.get(_CLASS) is ZMQChannelsWebsocketConnection:
        settings[_CLASS] = type(
            CaringConnection.__name__, (CaringConnection,), {"questions": questions}
        )
    return questions
