"""A tap that outlives the server: what it keeps, its id and its numbers are in a file, too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from logging import Logger
from typing import Any

from .kept_messages import KeptMessages
from .kernel_tap import KernelTap
from .message_gaps import MessageGaps
from .tap_spool import Left, TapSpool

#: A room has what it confirmed in its store so long after, and then once the store has settled.
_STORED_AFTER = 1.0


class SpooledTap(KernelTap):
    """See KernelTap."""

    def __init__(
        self,
        kernel_id: str,
        kernels: Any,
        max_bytes: int,
        log: Logger,
        on_gone: Callable[[], None],
        spool: TapSpool,
        stored: Callable[[], Awaitable[None]],
    ) -> None:
        """Goes on with what `spool` holds. `stored` settles when the rooms' stores have what the
        rooms have; it may raise."""
        super().__init__(kernel_id, kernels, max_bytes, log, on_gone)
        self.id = spool.tap
        self.gaps = MessageGaps()
        #: What the kernel asks the runtimes, by the names of their sessions.
        self.questions: dict[str, list[bytes]] = {}
        #: Of the session that shows the kernel; see GatewayKernels.
        self.seat: dict[str, Any] | None = None
        self._spool = spool
        self._stored = stored
        self._acknowledged = 0
        self._forgetting_soon: asyncio.Task[None] | None = None
        self._restore(spool.read(), max_bytes)
        spool.state = lambda: (
            Left(self._about(), self.kept.floor, [], self.gaps.seen),
            self.kept,
        )
        spool.renew()

    def acknowledge(self, number: int) -> None:
        """As KernelTap's, once the room's store has it, too: a killed server's room has no more."""
        self._acknowledged = max(self._acknowledged, min(number, self.kept.last))
        if self._forgetting_soon is None and self._acknowledged > self.kept.floor:
            self._forgetting_soon = asyncio.ensure_future(self._forget_soon())

    def take_seat(self, seat: dict[str, Any]) -> None:
        """This session shows the kernel now."""
        if seat != self.seat:
            self.seat = seat
            self.note_about()

    def note_about(self) -> None:
        """Seat or questions are others now."""
        self._spool.note(about=self._about())

    def note_seen(self) -> None:
        """A message was numbered by the kernel that is not kept."""
        self._spool.note(seen=self.gaps.seen)

    def close(self) -> None:
        """End the subscription; a later server may go on with it, unless the kernel is gone."""
        super().close()
        if self._forgetting_soon is not None:
            self._forgetting_soon.cancel()
        if self.gone:
            self._spool.remove()
        else:
            self._spool.close()

    def _restore(self, left: Left, max_bytes: int) -> None:
        self.kept = KeptMessages(max_bytes, left.floor)
        for message in left.messages:
            self.kept.put_back(message)
        self.gaps.seen = left.seen
        self.gaps.cut()
        self.seat = left.about.get("seat")
        for name, parts in left.about.get("questions", {}).items():
            self.questions[name] = [part.encode("utf-8") for part in parts]

    def _about(self) -> dict[str, Any]:
        questions = {
            name: [part.decode("utf-8", "replace") for part in parts[:4]]
            for name, parts in self.questions.items()
        }
        return {"kernel": self.kernel_id, "seat": self.seat, "questions": questions}

    def _keep(self, *fields: bytes) -> None:
        message = self.kept.add(*fields)
        self._spool.keep(self.kept.last, message, self.kept.size, self.gaps.seen)
        self._tell()

    async def _forget_soon(self) -> None:
        await asyncio.sleep(_STORED_AFTER)
        number = self._acknowledged
        try:
            await self._stored()
        except Exception as error:
            # The room's store says itself what is wrong; the next word of the agent tries again.
            self._log.debug("Output of a kernel is kept longer: %s", error)
        else:
            self.kept.forget(number)
            self._spool.note(floor=self.kept.floor)
        self._forgetting_soon = None
        if self._acknowledged > number:
            self.acknowledge(self._acknowledged)
