"""The messages of one kernel tap: numbered, in order, kept until acknowledged or too many."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

#: Bytes of messages that an agent gets in one frame.
_AT_ONCE = 1 << 18
#: From so many bytes on a part of a message is neither copied nor joined to the others.
LARGE = 1 << 20

#: A part of a kernel's message; a view of its memory where it is large.
Part = bytes | memoryview


@dataclass(frozen=True, slots=True)
class Message:
    """A JSON object in UTF-8, in one piece or, where parts of it are large, in several."""

    pieces: tuple[Part, ...]
    size: int

    def __bytes__(self) -> bytes:
        return bytes(self.pieces[0]) if len(self.pieces) == 1 else b"".join(self.pieces)

    def cut(self, most: int) -> Iterator[Part]:
        """In order, none with more than `most` bytes."""
        for piece in self.pieces:
            view = memoryview(piece)
            for start in range(0, len(view), most):
                yield view[start : start + most]


def message_of(*parts: Part) -> Message:
    """The parts behind each other; small ones are joined."""
    pieces: list[Part] = []
    small: list[Part] = []
    for part in parts:
        if len(part) < LARGE:
            small.append(part)
        else:
            pieces += [b"".join(small), part]
            small = []
    pieces.append(b"".join(small))
    return Message(tuple(pieces), sum(map(len, pieces)))


class KeptMessages:
    """The first has the number 1."""

    def __init__(self, max_bytes: int, floor: int = 0) -> None:
        """Keeps about `max_bytes` of the newest. Up to `floor` all are forgotten already."""
        self._max_bytes = max_bytes
        self._kept: deque[Message] = deque()
        #: How many bytes are kept.
        self.size = 0
        #: Number of the newest of those that are forgotten.
        self.floor = floor

    @property
    def last(self) -> int:
        """Number of the newest; 0 before the first."""
        return self.floor + len(self._kept)

    def __iter__(self) -> Iterator[Message]:
        """The oldest first."""
        return iter(self._kept)

    def add(self, *fields: Part) -> Message:
        """Keep one more, in parts; its JSON object with the number in front."""
        message = message_of(b'{"seq":%d,' % (self.last + 1), *fields, b"}")
        self.put_back(message)
        return message

    def put_back(self, message: Message) -> None:
        """Keep a message that has the next number in it already."""
        self._kept.append(message)
        self.size += message.size
        while self.size > self._max_bytes and len(self._kept) > 1:
            self._drop()

    def begin(self, own: str, after: int | None, tap: str | None) -> tuple[int, bool]:
        """Where an agent that has everything up to `after` of `tap` goes on: next, lost. `own` is
        the id of the tap now.

        An agent without a position wants what follows from now on.
        """
        if after is None or tap is None:
            return self.last + 1, False
        if tap != own or after < self.floor:
            return self.floor + 1, True
        return min(after, self.last) + 1, False

    def since(self, first: int) -> list[Message]:
        """Those from `first` on that go over the wire at once: as many small ones as there are, up
        to a size. Raises LookupError if they are no longer kept."""
        if first <= self.floor:
            raise LookupError(first)
        found: list[Message] = []
        size = 0
        for index in range(first - self.floor - 1, len(self._kept)):
            message = self._kept[index]
            size += message.size
            if found and size > _AT_ONCE:
                break
            found.append(message)
        return found

    def forget(self, number: int) -> None:
        """Forget everything up to `number`."""
        while self._kept and self.floor < number:
            self._drop()

    def _drop(self) -> None:
        self.size -= self._kept.popleft().size
        self.floor += 1
