"""A store for rooms that does not lose the tail.

The stock store writes each update in a transaction of its own, far slower than a chatty cell, and
drops what waits when the room is evicted; the next load then finds store and file different, writes
everything anew, and a client that comes back duplicates cells. Here a write is taken in
synchronously, so eviction cannot cancel it; one thread for each database writes what has come in, a
few times a second, merged into one row for each room; and a room that leaves hands over its whole
state. A reader waits until all of it is on the disk.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future
from logging import Logger, getLogger
from pathlib import Path
from typing import Any

from pycrdt import Doc, get_state, get_update, merge_updates
from pycrdt.store import BaseYStore, YDocNotFound

#: At most 20 transactions a second.
_PAUSE = 0.05
_INSERT = "INSERT INTO updates (path, bytes, at) VALUES (?, ?, ?)"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS updates (
  number INTEGER PRIMARY KEY, path TEXT NOT NULL, bytes BLOB NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS updates_of_path ON updates (path, number);
"""


class _Writer:
    """The one thread that uses a database, and what waits for it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changed = threading.Condition()
        self._waiting: dict[str, list[bytes]] = {}
        self._whole: dict[str, bytes] = {}
        self._asked: list[Future[None]] = []
        self._thread: threading.Thread | None = None

    def put(self, path: str, update: bytes) -> None:
        with self._changed:
            self._waiting.setdefault(path, []).append(update)
            self._run_soon()

    def complete(self, path: str, state: bytes) -> None:
        """Write what of this whole state is not there yet, after what was put."""
        with self._changed:
            self._whole[path] = state
            self._run_soon()

    def settle(self) -> Future[None]:
        """A future of everything put so far being on the disk. It bears the error of a write."""
        future: Future[None] = Future()
        with self._changed:
            self._asked.append(future)
            self._run_soon()
        return future

    def read(self, path: str) -> list[tuple[bytes, float]]:
        """All updates of a room, oldest first. Blocks."""
        self.settle().result()
        with self._connect() as database:
            rows = database.execute(
                "SELECT bytes, at FROM updates WHERE path = ? ORDER BY number", (path,)
            )
            return [(bytes(row[0]), float(row[1])) for row in rows]

    def _run_soon(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            # Not a daemon: what waits is written even if the server forgets to stop us.
            self._thread = threading.Thread(target=self._run, name="colophon-ystore")
            self._thread.start()
        self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                waiting, self._waiting = self._waiting, {}
                whole, self._whole = self._whole, {}
                asked, self._asked = self._asked, []
                if not waiting and not whole and not asked:
                    self._thread = None
                    return
            try:
                self._write(waiting, whole)
            except (sqlite3.Error, OSError) as error:
                getLogger(__name__).exception("The room store could not be written")
                for future in asked:
                    future.set_exception(error)
            else:
                for future in asked:
                    future.set_result(None)
            with self._changed:
                # Somebody who waits for the disk is not kept waiting for a fuller batch.
                self._changed.wait_for(lambda: bool(self._asked), _PAUSE)

    def _write(self, waiting: dict[str, list[bytes]], whole: dict[str, bytes]) -> None:
        if not waiting and not whole:
            return
        rows = [
            (path, updates[0] if len(updates) == 1 else merge_updates(*updates), time.time())
            for path, updates in waiting.items()
        ]
        with self._connect() as database:
            database.executemany(_INSERT, rows)
            for path, state in whole.items():
                select = "SELECT bytes FROM updates WHERE path = ? ORDER BY number"
                stored = [bytes(row[0]) for row in database.execute(select, (path,))]
                rest = get_update(state, get_state(merge_updates(*stored))) if stored else state
                database.execute(_INSERT, (path, rest, time.time()))

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self._path, timeout=30, factory=_Closing)
        database.execute("PRAGMA journal_mode = WAL")
        database.executescript(_SCHEMA)
        return database


class _Closing(sqlite3.Connection):
    """Commits and closes at the end of its `with`."""

    def __exit__(self, *exception: Any) -> Any:
        try:
            return super().__exit__(*exception)
        finally:
            self.close()


_writers: dict[Path, _Writer] = {}


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
        self._writer = _writers.setdefault(database, _Writer(database))

    async def write(self, data: bytes) -> None:
        """Take an update in. It will be on the disk whatever happens to the room."""
        # No await before this: a cancelled task has run up to its first one.
        self._writer.put(self.path, data)

    def seal(self, ydoc: Doc[Any]) -> None:
        """The room is about to stop: take its whole state in, in case updates are on their way."""
        self._writer.complete(self.path, ydoc.get_update())

    async def settle(self) -> None:
        """Settles when everything taken in is on the disk."""
        await asyncio.wrap_future(self._writer.settle())

    async def read(self) -> AsyncIterator[tuple[bytes, bytes, float]]:  # type: ignore[override]
        """Every update with its metadata (none) and time. Raises YDocNotFound."""
        rows = await asyncio.to_thread(self._writer.read, self.path)
        if not rows:
            raise YDocNotFound
        for update, at in rows:
            yield update, b"", at
