"""What kernels have asked the agents of a notebook, and the sockets on which they ask, kept from
one agent to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jupyter_client.session import DELIM

from .kernel_wire import message_id

if TYPE_CHECKING:
    from .stdin_care import CaringConnection

#: So many connections back the kernel may still ask: those of runs that go on since.
_KEPT = 8


@dataclass
class Held:
    """What is kept for one name at one kernel."""

    kernel_id: str
    #: The process of the kernel that sockets and question are of, and where it is reached.
    place: Any = None
    #: The sockets on which the kernel asks, while no agent has them; the oldest first.
    streams: list[Any] = field(default_factory=list)
    #: The newest question, as it came, and where from; None if it was answered, or none came.
    question: tuple[list[Any], Any] | None = None


class Questions:
    """Sockets and questions of the agents' names, by `<kernel>:<name>`."""

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}
        #: The newest connection of each name.
        self.newest: dict[str, CaringConnection] = {}

    def asked(self, key: str, message: list[Any], stream: Any) -> None:
        """The kernel asks, on this socket."""
        self._of(key).question = message, stream

    def answered(self, key: str, question_id: str) -> bool:
        """Somebody answers a question. Whether it is the one that waits: it is not asked again, and
        a second answer to it would be taken for one to the next question."""
        waiting = self.unanswered(key)
        if waiting is None or _id_of(waiting[0]) != question_id:
            return False
        self._held[key].question = None
        return True

    def unanswered(self, key: str) -> tuple[list[Any], Any] | None:
        """The question that waits for an answer, and where it came from."""
        held = self._held.get(key)
        return None if held is None else held.question

    def hold(self, key: str, streams: list[Any]) -> None:
        """No agent is connected: the kernel goes on to be heard."""
        held = self._of(key)
        self._drop(held)
        for stream in streams[:-_KEPT]:
            stream.close(linger=0)
        held.streams = streams[-_KEPT:]
        for stream in held.streams:
            stream.on_recv(lambda message, stream=stream: self.asked(key, message, stream))

    def take(self, key: str, place: Any) -> list[Any]:
        """An agent connects to the process at this place: the sockets that were held of it. What
        another process has asked is of no use any more."""
        held = self._of(key)
        if held.place != place:
            self._drop(held)
            held.place, held.question = place, None
        streams, held.streams = held.streams, []
        for stream in streams:
            stream.on_recv(None)
        return streams

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
        for stream in held.streams:
            stream.close(linger=0)
        held.streams = []


def _id_of(message: list[Any]) -> str:
    return message_id(bytes(message[message.index(DELIM) + 2]))
