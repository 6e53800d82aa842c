"""What a tap keeps, on disk, so that it outlives the server.

One file for each tap: what the tap is, its messages, and how far they were acknowledged. A message
is in the file before anybody hears of it; it is not synced, so that a power cut may take the last
ones, which the numbers of the kernel's messages then tell. The lock beside it says that a living
server has it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from logging import Logger
from pathlib import Path
from typing import IO, Any

from . import frames
from .kept_messages import Message, Part, message_of
from .spool import Lock

#: A file is written anew when it holds so much more than is kept.
_SLACK = 4 << 20


@dataclass
class Left:
    """What a file held. `about` is what the tap said of itself, `seen` see MessageGaps."""

    about: dict[str, Any] = field(default_factory=dict)
    floor: int = 0
    messages: list[Message] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)


class TapSpool:
    """The file of one tap. The folder is made. A disk that takes nothing is logged once, and from
    then on nothing is spooled."""

    def __init__(self, folder: Path, tap: str, log: Logger) -> None:
        """Raises BlockingIOError if a living server has it."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.tap = tap
        self.path = folder / f"{tap}.frames"
        self._lock = Lock(folder / f"{tap}.lock")
        self._log = log
        self._file: IO[bytes] | None = None
        self._size = 0
        self._broken = False
        #: The state that a new file begins with; set by the tap.
        self.state: Callable[[], tuple[Left, Iterable[Message]]] = lambda: (Left(), [])

    def read(self) -> Left:
        """What the file holds. A torn end ends it."""
        left = Left()
        numbers: list[int] = []
        if not self.path.exists():
            return left
        with open(self.path, "rb") as file:
            while True:
                try:
                    frame = frames.read(file)
                except frames.TornFrame:
                    break
                if frame is None:
                    break
                header, payload, _ = frame
                if "n" in header:
                    numbers.append(int(header["n"]))
                    left.messages.append(message_of(payload))
                left.floor = max(left.floor, int(header.get("floor", 0)))
                left.about = header.get("about", left.about)
                left.seen = header.get("seen", left.seen)
        kept = sum(number > left.floor for number in numbers)
        left.messages = left.messages[len(left.messages) - kept :]
        return left

    def keep(self, number: int, message: Message, kept_bytes: int, seen: dict[str, int]) -> None:
        """A message of this number is kept; `kept_bytes` are kept together with it."""
        self._write(*_frame({"n": number, "seen": seen}, message))
        if self._size > 2 * kept_bytes + _SLACK:
            self.renew()

    def note(self, **said: Any) -> None:
        """`floor`, `about` or `seen` is another."""
        self._write(frames.encode(said))

    def renew(self) -> None:
        """Begin the file anew, with what the tap keeps; in one step."""
        left, messages = self.state()
        fresh = self.path.with_suffix(".new")
        try:
            with open(fresh, "wb") as file:
                said = {"about": left.about, "floor": left.floor, "seen": left.seen}
                file.write(frames.encode(said))
                for number, message in enumerate(messages, left.floor + 1):
                    for piece in _frame({"n": number}, message):
                        file.write(piece)
            self._close()
            os.replace(fresh, self.path)
            self._size = self.path.stat().st_size
        except OSError as error:
            self._give_up(error)

    def close(self) -> None:
        """Leave the file to a later server."""
        self._close()
        self._lock.release()

    def remove(self) -> None:
        """Nobody needs it any more."""
        self._close()
        self.path.unlink(missing_ok=True)
        self._lock.release()

    def _write(self, *pieces: Part) -> None:
        if self._broken:
            return
        try:
            if self._file is None:
                self._file = open(self.path, "ab", buffering=0)
            for piece in pieces:
                self._file.write(piece)
                self._size += len(piece)
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self._broken = True
        self._log.error("Colophon cannot spool the output of a kernel: %s", error)

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _frame(header: dict[str, Any], message: Message) -> list[Part]:
    # Large pieces stand behind a small one, and are not copied.
    first, *rest = message.pieces
    return [b"".join((frames.head(header, message.size), first)), *rest]


def left_behind(folder: Path, log: Logger) -> list[TapSpool]:
    """The spools whose servers have ended, claimed."""
    claimed: list[TapSpool] = []
    for path in sorted(folder.glob("*.frames")):
        try:
            claimed.append(TapSpool(folder, path.stem, log))
        except BlockingIOError:
            # Another server on the same data folder is alive.
            continue
    return claimed
