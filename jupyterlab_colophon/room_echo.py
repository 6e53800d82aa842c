"""Spares a connection the changes that it has just sent.

The room server sends each change to everybody in the room, also to who brought it. To make that
message, to send it and to read it is a good part of the work of a change, on both ends, and for
nothing. A change that the room tells together with anything else is sent to all.
"""

from __future__ import annotations

from collections import deque
from typing import Any
from weakref import WeakKeyDictionary

#: Messages of a connection that may be on their way back.
_KEPT = 16
#: In so many bytes a message has its kind, its length, and whose change it is from where on.
_HEAD = 12
#: Comparing what is larger would cost more than sending it.
_COMPARED = 1 << 14


class RoomEcho:
    """The connections of one room."""

    def __init__(self) -> None:
        self._brought: WeakKeyDictionary[Any, deque[bytes]] = WeakKeyDictionary()

    def brought(self, handler: Any, message: bytes) -> None:
        """The room is about to take in this update of the handler's connection."""
        own = self._brought.get(handler)
        if own is None:
            own = self._brought[handler] = deque(maxlen=_KEPT)
            _leave_out(handler, own)
        own.append(message)


def _leave_out(handler: Any, own: deque[bytes]) -> None:
    send = handler.send

    async def send_others(message: bytes) -> None:
        echoed = next((each for each in own if _is_same(each, message)), None)
        if echoed is None:
            await send(message)
        else:
            own.remove(echoed)

    handler.send = send_others


def _is_same(brought: bytes, message: bytes) -> bool:
    """Whether it is the same change. The room gives the keys of a value in an order of its own."""
    if brought == message:
        return True
    return (
        len(brought) == len(message) <= _COMPARED
        and brought[:_HEAD] == message[:_HEAD]
        and sorted(brought) == sorted(message)
    )
