"""Numbered frames on their way to the host.

Every frame gets the next number of this server process. While a host is attached, frames go to it
and are kept until it has acknowledged them; while there is none, they go to the spool. A host that
attaches gets the frames left by earlier servers, then the spool after the number that it has, then
what happens from now on, all in order.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from logging import Logger
from pathlib import Path
from typing import Any, Protocol

from . import frames
from .spool import Spool, claim_left


class Link(Protocol):
    """What the outbox needs of a running host."""

    @property
    def is_open(self) -> bool: ...

    def send(self, data: bytes, *, patient: bool = False) -> None: ...

    def wait_for_room(self) -> None: ...


class Outbox:
    """Lives on the event loop. `recording` off drops what is numbered: there is nobody to tell."""

    def __init__(self, directory: Path, tap: str, max_spool_bytes: int, log: Logger) -> None:
        self.tap = tap
        self.recording = True
        #: Called after the host has caught up if frames had to be dropped before.
        self.on_gap: Callable[[], None] = lambda: None
        self._directory = directory
        self._max_spool_bytes = max_spool_bytes
        self._log = log
        self._spool = Spool(directory, tap, log)
        self._number = 0
        self._spooled = 0
        self._acknowledged = 0
        self._unacknowledged: deque[tuple[int, bytes]] = deque()
        self._link: Link | None = None
        self._live = False
        self._when_live: list[Callable[[], None]] = []
        self._left: dict[str, tuple[Spool, int]] = {}
        #: What the host has of other taps: it may say so before we know where their spools end.
        self._acknowledged_left: dict[str, int] = {}
        self._gap = False
        self._replay: asyncio.Task[None] | None = None

    def post(self, kind: str, fields: dict[str, Any], payload: bytes = b"") -> None:
        """Number a frame and send it, or spool it."""
        if not self.recording:
            self._gap = True
            return
        header = {"type": kind, "tap": self.tap, "n": self._number + 1, "at": frames.timestamp()}
        frame = frames.encode({**header, **fields}, payload)
        if self._live and self._link is not None:
            self._number += 1
            self._unacknowledged.append((self._number, frame))
            self._link.send(frame, patient=True)
        elif self._gap or self._spool.size + len(frame) > self._max_spool_bytes:
            if not self._gap:
                self._log.error("Colophon's spool is full; changes are no longer recorded")
            self._gap = True
        else:
            self._number += 1
            self._to_spool(self._number, frame)

    def attach(self, link: Link, last: int) -> None:
        """A host has said the last number it has of this tap: bring it up to date, then go live."""
        self._link = link
        self.acknowledge(self.tap, last)
        self._replay = asyncio.ensure_future(self._catch_up(link, last))

    def detach(self) -> None:
        """The host is gone: what it has not acknowledged goes to the spool."""
        self._link = None
        self._live = False
        for number, frame in self._unacknowledged:
            if number > self._spooled:
                self._to_spool(number, frame)
        self._unacknowledged.clear()
        for spool, _ in self._left.values():
            spool.close()
        self._left.clear()
        self._acknowledged_left.clear()

    def acknowledge(self, tap: str, number: int) -> None:
        """The host has everything of `tap` up to `number`."""
        if tap != self.tap:
            number = max(number, self._acknowledged_left.get(tap, 0))
            self._acknowledged_left[tap] = number
        left = self._left.get(tap)
        if left is not None and number >= left[1]:
            del self._left[tap]
            left[0].path.unlink(missing_ok=True)
            left[0].close()
        if tap != self.tap:
            return
        self._acknowledged = max(self._acknowledged, number)
        while self._unacknowledged and self._unacknowledged[0][0] <= number:
            self._unacknowledged.popleft()
        self._tidy()

    def when_live(self, action: Callable[[], None]) -> None:
        """Do it as soon as everything numbered before has been sent; dropped if the host ends."""
        if self._live:
            action()
        else:
            self._when_live.append(action)

    def close(self) -> None:
        """Spool what is not acknowledged and end. Blocks for the disk."""
        self.detach()
        self._spool.close()

    def _tidy(self) -> None:
        # Only when live: a replay is reading the file by position.
        if self._live and self._spool.size > 0 and self._acknowledged >= self._spooled:
            self._spool.delete()

    def _to_spool(self, number: int, frame: bytes) -> None:
        self._spooled = number
        self._spool.append(frame)

    async def _catch_up(self, link: Link, last: int) -> None:
        self._when_live.clear()
        for spool in await asyncio.to_thread(claim_left, self._directory, self.tap, self._log):
            end = await asyncio.to_thread(_send_spool, spool, link)
            if not link.is_open or self._link is not link:
                spool.close()
                return
            self._left[spool.tap] = (spool, end)
            self.acknowledge(spool.tap, 0)
        position, sent = 0, last
        while self._link is link and link.is_open:
            await asyncio.wrap_future(self._spool.flush())
            if self._link is not link:
                return
            if sent >= self._spooled or self._spool.size == 0:
                self._go_live()
                return
            position, sent = await asyncio.to_thread(_send_after, self._spool, position, sent, link)

    def _go_live(self) -> None:
        self._live = True
        self._tidy()
        actions, self._when_live = self._when_live, []
        for action in actions:
            action()
        if self._gap:
            self._gap = False
            self.on_gap()


def _send_spool(spool: Spool, link: Link) -> int:
    """Send a whole spool; return its last number. The host skips what it has."""
    return _send_after(spool, 0, 0, link)[1]


def _send_after(spool: Spool, position: int, sent: int, link: Link) -> tuple[int, int]:
    for number, frame, behind in spool.read(position):
        if not link.is_open:
            break
        if number > sent:
            link.wait_for_room()
            link.send(frame)
            sent = number
        position = behind
    return position, sent
