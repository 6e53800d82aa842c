"""Gives the store of a room each change before anybody else hears of it.

A room tells a change to its clients, and only then, by tasks of its own, its store. So a client may
have what a killed server's store has not, for longer than the disk takes, and nothing orders the
change before what is noted meanwhile, as that the file has this content.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from .ystore import ColophonYStore


def store_first(room: Any, store: ColophonYStore) -> None:
    """From now on. To be called before the room tells of changes, once it has started; again is
    harmless."""
    stream = getattr(room, "_update_send_stream", None)
    if stream is not None and not isinstance(stream, _StoredFirst):
        room._update_send_stream = _StoredFirst(stream, store)


class _StoredFirst:
    """Takes the place of the stream of a room's changes, of which it has everything else."""

    def __init__(self, stream: Any, store: ColophonYStore) -> None:
        self._stream = stream
        self._store = store
        self._write = store.write
        #: What the room will tell the store later.
        self._given: deque[bytes] = deque()
        store.write = self._told  # type: ignore[method-assign]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def send_nowait(self, update: bytes) -> None:
        """As the stream's."""
        self._store.put(update)
        self._given.append(update)
        self._stream.send_nowait(update)

    async def _told(self, update: bytes) -> None:
        """As the store's `write`."""
        for index, given in enumerate(self._given):
            if given is update:
                del self._given[index]
                return
        await self._write(update)
