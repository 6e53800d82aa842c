"""The websockets of a kernel behind a gateway, which share the server's one connection to it.

What the kernel publishes goes to all of them but the runtimes', for which the tap brings it; a
reply or a question to whoever sent the request, or has the name of its session now. What the kernel
asks a runtime waits until it is answered, and each of its requests to execute passes once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from jupyter_server.services.kernels.connection.base import BaseKernelWebsocketConnection
from tornado.websocket import WebSocketClosedError
from traitlets import Unicode

from .kernel_wire import V1, Parts, decode, encode, message_id, session_of
from .stdin_care import OURS

_STDIN = "stdin"
_REQUESTS_KEPT = 1000


class SharedConnections:
    """The websockets of one kernel. `send` gives a message to the kernel; `joined` is called when
    there is one more; `asked` when `questions` has changed: what the kernel asks the runtimes, by
    the names of their sessions."""

    def __init__(
        self,
        send: Callable[[str, Parts], None],
        joined: Callable[[], None],
        asked: Callable[[], None],
        questions: dict[str, Parts],
    ) -> None:
        self._send, self._joined, self._asked = send, joined, asked
        self._all: set[SharedConnection] = set()
        #: Who has sent the newest requests, by their ids.
        self._requests: OrderedDict[str, SharedConnection] = OrderedDict()
        self._questions = questions

    def __bool__(self) -> bool:
        return bool(self._all)

    def join(self, connection: SharedConnection) -> None:
        """A websocket has opened. A question that waits for it is asked again."""
        self._all.add(connection)
        self._joined()
        question = self._questions.get(connection.name)
        if question is not None:
            connection.deliver(_STDIN, question)

    def part(self, connection: SharedConnection) -> None:
        """It has closed. Twice is harmless."""
        self._all.discard(connection)

    def take(self, connection: SharedConnection, channel: str, parts: Parts) -> None:
        """A websocket says something to the kernel."""
        if connection.ours and channel == _STDIN:
            question = self._questions.get(connection.name)
            if question is None or message_id(question[0]) != message_id(parts[1]):
                # It would be taken for an answer to the next one.
                return
            del self._questions[connection.name]
            self._asked()
        given = self._note(message_id(parts[0]), connection)
        if not (given and connection.ours and b'"execute_request"' in parts[0]):
            self._send(channel, parts)

    def deliver(self, channel: str, parts: Parts) -> None:
        """The kernel says something."""
        if channel == "iopub":
            for each in list(self._all):
                if not each.ours:
                    each.deliver(channel, parts)
            return
        name = session_of(parts[1])
        if channel == _STDIN and name.startswith(OURS):
            self._questions[name] = parts
            self._asked()
        asker = self._requests.get(message_id(parts[1]))
        for each in list(self._all):
            if each is asker or (asker not in self._all and each.name == name):
                each.deliver(channel, parts)

    def restarted(self) -> None:
        """The kernel's process is another: it knows of no request and no question."""
        self._requests.clear()
        if self._questions:
            self._questions.clear()
            self._asked()

    def _note(self, request: str, connection: SharedConnection) -> bool:
        """Whether this request was sent before."""
        given = request in self._requests
        self._requests[request] = connection
        if len(self._requests) > _REQUESTS_KEPT:
            self._requests.popitem(last=False)
        return given


class SharedConnection(BaseKernelWebsocketConnection):
    """One websocket. `connections_of` finds those that it joins, by the kernel's id."""

    connections_of: Callable[[str], SharedConnections]

    kernel_ws_protocol = Unicode(None, allow_none=True, config=True)
    _connections: SharedConnections | None = None

    @property
    def name(self) -> str:
        """The session's name, which requests bear."""
        return str(self.session.session)

    @property
    def ours(self) -> bool:
        """Whether a runtime has it."""
        return self.name.startswith(OURS)

    async def connect(self) -> None:  # type: ignore[override]
        """The websocket has opened."""
        self._connections = type(self).connections_of(self.kernel_id)
        self._connections.join(self)

    def disconnect(self) -> None:  # type: ignore[override]
        """The websocket has closed."""
        if self._connections is not None:
            self._connections.part(self)

    def handle_incoming_message(self, incoming_msg: str | bytes) -> None:
        """From the websocket."""
        if self._connections is not None:
            self._connections.take(self, *decode(incoming_msg, self._v1))

    def deliver(self, channel: str, parts: Parts) -> None:
        """To the websocket."""
        message = encode(channel, parts, self._v1)
        try:
            self.websocket_handler.write_message(message, binary=isinstance(message, bytes))
        except WebSocketClosedError:
            self.disconnect()

    @property
    def _v1(self) -> bool:
        handler: Any = self.websocket_handler
        return bool(getattr(handler, "selected_subprotocol", None) == V1)
