"""A store for rooms that does not lose the tail.

The stock store writes each update in a transaction of its own, far slower than a chatty cell, and
drops what waits when the room is evicted; the next load then finds store and file different, writes
everything anew, and a client that comes back duplicates cells. Here a write is taken in
synchronously, so eviction cannot cancel it; the database's own thread writes it; and a room that
leaves hands over its whole state. A reader waits until all of it is on the disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from logging import Logger, getLogger
from pathlib import Path
from typing import Any

from pycrdt import Doc, merge_updates
from pycrdt.store import BaseYStore, YDocNotFound

from .room_database import RoomDatabase

_databases: dict[Path, RoomDatabase] = {}


class ColophonYStore(BaseYStore):
    """The rooms' updates in one SQLite file, `db_path`."""

    #: Set by the server extension to a file in the data folder.
    db_path: str = ""

    def __init__(
        self,
        path: str,
        metadata_callback: Callable[[], Awaitable[bytes] | bytes] | None = None,
        log: Logger | None = None,
        config: Any = None,
    ) -> None:
        """`path` names the document in the store."""
        self.path = path
        self.metadata_callback = metadata_callback
        self.log = log or getLogger(__name__)
        database = Path(self.db_path)
        self._database = _databases.setdefault(database, RoomDatabase(database))

    def put(self, data: bytes) -> None:
        """Take an update in. It will be on the disk whatever happens to the room."""
        self._database.put(self.path, data)

    async def write(self, data: bytes) -> None:
        """The same for a room."""
        # No await before this: a cancelled task has run up to its first one.
        self.put(data)

    async def encode_state_as_update(self, ydoc: Doc[Any]) -> None:
        """Take a whole state in, which a room does when it has read the file. Settles when it is on
        the disk: nobody is served from a history that a killed server would not find again."""
        self.put(ydoc.get_update())
        await self.try_to_settle()

    def seal(self, ydoc: Doc[Any]) -> None:
        """The room is about to stop: take its whole state in, in case updates are on their way."""
        self._database.complete(self.path, ydoc.get_update())

    async def settle(self) -> None:
        """Settles when everything taken in is on the disk. Raises what prevents it."""
        await asyncio.wrap_future(self._database.settle())

    async def try_to_settle(self) -> None:
        """As `settle`, but a disk that takes nothing holds nobody up: it was logged, and is tried
        again."""
        try:
            await self.settle()
        except Exception as error:
            self.log.warning("The room %s is not stored yet: %s", self.path, error)

    async def note_save(self, digest: str) -> None:
        """Content of this digest is about to be saved as the room's file. Settles when that, and
        the content itself, is on the disk."""
        self._database.note_save(self.path, digest, done=False)
        await self.try_to_settle()

    def note_saved(self, digest: str) -> None:
        """The file has the content of this digest."""
        self._database.note_save(self.path, digest, done=True)

    async def saved(self) -> set[str]:
        """Digests of the content that the file has unless somebody else has written it."""
        return await asyncio.to_thread(self._database.saved, self.path)

    async def apply_updates(self, ydoc: Doc[Any]) -> None:
        """Bring what is stored into a document. Raises YDocNotFound."""
        updates = [update async for update, _, _ in self.read()]
        # At once: a document that gets them one by one can stay without some if their order is not
        # the one in which they were made.
        ydoc.apply_update(merge_updates(*updates))

    async def read(self) -> AsyncIterator[tuple[bytes, bytes, float]]:  # type: ignore[override]
        """Every update with its metadata (none) and time. Raises YDocNotFound."""
        rows = await asyncio.to_thread(self._database.read, self.path)
        if not rows:
            raise YDocNotFound
        for update, at in rows:
            yield update, b"", at


async def all_settled() -> None:
    """Settles when everything that any room's store has taken in is on the disk. Raises what
    prevents it."""
    for database in list(_databases.values()):
        await asyncio.wrap_future(database.settle())
