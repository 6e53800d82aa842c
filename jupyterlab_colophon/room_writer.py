"""Writes batches into the file of the rooms' store, each in one transaction.

When the rows of a room have outgrown what they amount to, they are replaced by that in the same
transaction, without the contents that were deleted meanwhile; so what a loop of outputs leaves
behind does not pile up. A process that is killed between any two writes leaves all rows or their
replacement, never neither.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from pycrdt import get_state, get_update, merge_updates

from .room_batch import Batch
from .room_rows import DEFLATED, PLAIN, give_back, gives_back, open_file, pack, rows_of

#: Rows are replaced when they have more than twice what they amounted to last, and this on top.
_SLACK = 32 * 1024
_INSERT = "INSERT INTO updates (path, bytes, at, packed) VALUES (?, ?, ?, ?)"


class RoomWriter:
    """For one thread, but for `connect`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # The file while it is open, and which one it is.
        self._database: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        #: Of a room: the bytes of its rows, and what they amounted to last.
        self._sizes: dict[str, tuple[int, int]] = {}
        self._rebuilt = False

    def write(self, batch: Batch) -> None:
        """Raises sqlite3.Error or OSError; it may be written again then."""
        if not batch.updates and not batch.whole and not batch.saves:
            return
        database = self._open()
        with database:
            for path, updates in batch.updates.items():
                merged = updates[0] if len(updates) == 1 else merge_updates(*updates)
                self._insert(database, path, merged)
            for path, state in batch.whole.items():
                stored = [row.update for row in rows_of(database, path)]
                known = get_state(merge_updates(*stored)) if stored else None
                self._insert(database, path, state if known is None else get_update(state, known))
            for path, digest, done in batch.saves:
                if done:
                    database.execute("DELETE FROM saves WHERE path = ?", (path,))
                database.execute("INSERT INTO saves (path, digest) VALUES (?, ?)", (path, digest))
            grown = [path for path in {*batch.updates, *batch.whole} if self._outgrown(path)]
            for path in grown:
                self._compact(database, path)
        if grown:
            # What was freed leaves the file only when the log is written back into it.
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close the file; it is opened again when something is written."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def forget(self) -> None:
        """The file may be another than it was, or not what was written."""
        self._sizes.clear()
        self.close()

    def connect(self) -> sqlite3.Connection:
        """The file for the caller alone, on any thread. Made if there is none."""
        database = open_file(self._path)
        if not self._rebuilt and not gives_back(database):
            self._rebuilt = True
            give_back(database)
        return database

    def _insert(self, database: sqlite3.Connection, path: str, update: bytes) -> None:
        if path not in self._sizes:
            select = (
                "SELECT coalesce(sum(length(bytes)), 0), coalesce(max(length(bytes)), 0) "
                "FROM updates WHERE path = ?"
            )
            stored, largest = database.execute(select, (path,)).fetchone()
            self._sizes[path] = (stored, largest)
        database.execute(_INSERT, (path, update, time.time(), PLAIN))
        stored, last = self._sizes[path]
        self._sizes[path] = (stored + len(update), last)

    def _outgrown(self, path: str) -> bool:
        stored, last = self._sizes[path]
        return stored > 2 * last + _SLACK

    def _compact(self, database: sqlite3.Connection, path: str) -> None:
        """Replace the room's rows by what they amount to."""
        rows = rows_of(database, path)
        packed = pack([row.update for row in rows])
        if packed is None:
            # Something is missing among them. It may come yet: not asked again before they double.
            stored = sum(row.size for row in rows)
            self._sizes[path] = (stored, stored)
            return
        database.execute("DELETE FROM updates WHERE path = ?", (path,))
        database.execute(_INSERT, (path, packed, rows[-1].at, DEFLATED))
        self._sizes[path] = (len(packed), len(packed))

    def _open(self) -> sqlite3.Connection:
        """The file, which stays open for the next write. It may have been removed meanwhile."""
        if self._database is not None and self._file != _file_at(self._path):
            self.forget()
        if self._database is None:
            self._database = self.connect()
            self._file = _file_at(self._path)
        return self._database


def _file_at(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
