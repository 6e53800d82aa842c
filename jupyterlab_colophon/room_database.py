"""The SQLite file of the rooms' store, and the one thread of this process that uses it.

What is put in is on its way to the disk whatever happens to the task that put it: the thread
writes what has come in a few times a second, merged into one row for each room, in one transaction.
A write that fails is kept and tried again. When the rows of a room have outgrown what they amount
to, they are replaced by that in the same transaction, without the contents that were deleted
meanwhile; so what a loop of outputs leaves behind does not pile up. A process that is killed
between any two writes leaves all rows or their replacement, never neither.
"""

from __future__ import annotations

import sqlite3
import threading
import time
import zlib
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from logging import getLogger
from pathlib import Path
from typing import Any

from pycrdt import Doc, get_state, get_update, merge_updates

from .room_lineage import clocks

#: At most 20 transactions a second.
_PAUSE = 0.05
#: Between two attempts while the disk does not take it.
_RETRY = 1.0
#: Rows are replaced when they have more than twice what they amounted to last, and this on top.
_SLACK = 32 * 1024
_PLAIN, _DEFLATED = 0, 1
_INSERT = "INSERT INTO updates (path, bytes, at, packed) VALUES (?, ?, ?, ?)"
_SELECT = "SELECT number, bytes, at, packed FROM updates WHERE path = ? ORDER BY number"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS updates (
  number INTEGER PRIMARY KEY, path TEXT NOT NULL, bytes BLOB NOT NULL, at REAL NOT NULL,
  packed INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS updates_of_path ON updates (path, number);
CREATE TABLE IF NOT EXISTS saves (
  number INTEGER PRIMARY KEY, path TEXT NOT NULL, digest TEXT NOT NULL);
"""


@dataclass
class Row:
    """One stored update, unpacked. `at` in seconds since 1970; `size` on the disk."""

    number: int
    update: bytes
    at: float
    size: int


@dataclass
class _Batch:
    """What waits to be written."""

    updates: dict[str, list[bytes]] = field(default_factory=dict)
    whole: dict[str, bytes] = field(default_factory=dict)
    #: Path, digest, and whether all earlier digests are over.
    saves: list[tuple[str, str, bool]] = field(default_factory=list)
    asked: list[Future[None]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.updates or self.whole or self.saves or self.asked)

    def before(self, later: _Batch) -> None:
        """Take in what came later."""
        for path, updates in later.updates.items():
            self.updates.setdefault(path, []).extend(updates)
        self.whole.update(later.whole)
        self.saves += later.saves
        self.asked += later.asked


class RoomDatabase:
    """The file at `path`. Made once for each file in a process; every method may be called from any
    thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changed = threading.Condition()
        self._batch = _Batch()
        self._thread: threading.Thread | None = None
        #: Of a room: the bytes of its rows, and what they amounted to last. The thread's own.
        self._sizes: dict[str, tuple[int, int]] = {}
        self._rebuilt = False

    def put(self, path: str, update: bytes) -> None:
        """Take an update of a room in."""
        with self._changed:
            self._batch.updates.setdefault(path, []).append(update)
            self._run_soon()

    def complete(self, path: str, state: bytes) -> None:
        """Write what of this whole state is not there yet, after what was put."""
        with self._changed:
            self._batch.whole[path] = state
            self._run_soon()

    def note_save(self, path: str, digest: str, *, done: bool) -> None:
        """The room's content of this digest is about to be saved as a file, or was (`done`)."""
        with self._changed:
            self._batch.saves.append((path, digest, done))
            self._run_soon()

    def settle(self) -> Future[None]:
        """A future of everything taken in so far being on the disk. It bears the error of a write;
        what could not be written is tried again."""
        future: Future[None] = Future()
        with self._changed:
            self._batch.asked.append(future)
            self._run_soon()
        return future

    def read(self, path: str) -> list[tuple[bytes, float]]:
        """All updates of a room with their times, oldest first. Blocks; raises what keeps the disk
        from being written."""
        self.settle().result()
        with self._connect() as database:
            return [(row.update, row.at) for row in _rows(database, path)]

    def saved(self, path: str) -> set[str]:
        """Digests of the content that the room's file has, if nobody else has written it.
        Blocks."""
        self.settle().result()
        with self._connect() as database:
            select = "SELECT digest FROM saves WHERE path = ?"
            return {str(digest) for (digest,) in database.execute(select, (path,))}

    def _run_soon(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            # Not a daemon: what waits is written even if the server forgets to stop us.
            self._thread = threading.Thread(target=self._run, name="colophon-ystore")
            self._thread.start()
        self._changed.notify_all()

    def _run(self) -> None:
        failures = 0
        while True:
            with self._changed:
                batch, self._batch = self._batch, _Batch()
                if not batch:
                    self._thread = None
                    return
            try:
                self._write(batch)
                failures = 0
            except (sqlite3.Error, OSError) as error:
                failures += 1
                if failures == 1:
                    getLogger(__name__).exception("The room store could not be written")
                for future in batch.asked:
                    future.set_exception(error)
                batch.asked = []
                self._sizes.clear()
                with self._changed:
                    batch.before(self._batch)
                    self._batch = batch
                    if failures > 5 and not threading.main_thread().is_alive():
                        # The process wants to end, and the disk has been given time.
                        self._thread = None
                        return
                    self._changed.wait_for(lambda: bool(self._batch.asked), _RETRY)
                continue
            for future in batch.asked:
                future.set_result(None)
            with self._changed:
                # Somebody who waits for the disk is not kept waiting for a fuller batch.
                self._changed.wait_for(lambda: bool(self._batch.asked), _PAUSE)

    def _write(self, batch: _Batch) -> None:
        if not batch.updates and not batch.whole and not batch.saves:
            return
        with self._connect() as database:
            for path, updates in batch.updates.items():
                merged = updates[0] if len(updates) == 1 else merge_updates(*updates)
                self._insert(database, path, merged)
            for path, state in batch.whole.items():
                stored = [row.update for row in _rows(database, path)]
                known = get_state(merge_updates(*stored)) if stored else None
                self._insert(database, path, state if known is None else get_update(state, known))
            for path, digest, done in batch.saves:
                if done:
                    database.execute("DELETE FROM saves WHERE path = ?", (path,))
                database.execute("INSERT INTO saves (path, digest) VALUES (?, ?)", (path, digest))
            grown = [path for path in {*batch.updates, *batch.whole} if self._outgrown(path)]
            for path in grown:
                self._compact(database, path)
            database.commit()
            if grown:
                # What was freed leaves the file only when the log is written back into it.
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _insert(self, database: sqlite3.Connection, path: str, update: bytes) -> None:
        if path not in self._sizes:
            select = (
                "SELECT coalesce(sum(length(bytes)), 0), coalesce(max(length(bytes)), 0) "
                "FROM updates WHERE path = ?"
            )
            stored, largest = database.execute(select, (path,)).fetchone()
            self._sizes[path] = (stored, largest)
        database.execute(_INSERT, (path, update, time.time(), _PLAIN))
        stored, last = self._sizes[path]
        self._sizes[path] = (stored + len(update), last)

    def _outgrown(self, path: str) -> bool:
        stored, last = self._sizes[path]
        return stored > 2 * last + _SLACK

    def _compact(self, database: sqlite3.Connection, path: str) -> None:
        """Replace the room's rows by what they amount to."""
        rows = _rows(database, path)
        packed = pack([row.update for row in rows])
        if packed is None:
            # Something is missing among them. It may come yet: not asked again before they double.
            stored = sum(row.size for row in rows)
            self._sizes[path] = (stored, stored)
            return
        database.execute("DELETE FROM updates WHERE path = ?", (path,))
        database.execute(_INSERT, (path, packed, rows[-1].at, _DEFLATED))
        self._sizes[path] = (len(packed), len(packed))

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self._path, timeout=30, factory=_Closing)
        if not database.execute("SELECT 1 FROM sqlite_master").fetchone():
            database.execute("PRAGMA auto_vacuum = FULL")
        database.execute("PRAGMA journal_mode = WAL")
        database.executescript(_SCHEMA)
        columns = {row[1] for row in database.execute("PRAGMA table_info(updates)")}
        if "packed" not in columns:
            # Of the version before this one.
            database.execute("ALTER TABLE updates ADD COLUMN packed INTEGER NOT NULL DEFAULT 0")
            database.commit()
        self._give_back(database)
        return database

    def _give_back(self, database: sqlite3.Connection) -> None:
        """Let freed space leave the file, which the version before did not ask for."""
        asked = bool(database.execute("PRAGMA auto_vacuum").fetchone()[0])
        if asked or self._rebuilt:
            return
        self._rebuilt = True
        database.execute("PRAGMA auto_vacuum = FULL")
        try:
            database.execute("VACUUM")
        except sqlite3.OperationalError:
            # In use elsewhere, or no space to do it: freed space is used again, as it was.
            getLogger(__name__).warning("The room store could not be rebuilt", exc_info=True)


def pack(updates: Iterable[bytes]) -> bytes | None:
    """What these updates amount to, deflated; without the contents that are deleted by the end.
    None if something that they rest on is not among them, or they contradict one another."""
    document: Doc[Any] = Doc()
    try:
        merged = merge_updates(*updates)
        document.apply_update(merged)
        # A document keeps back what rests on something missing, and does not give it away again.
        beyond = get_update(merged, document.get_state())
        state = document.get_update()
        copy: Doc[Any] = Doc()
        copy.apply_update(state)
    except Exception:
        # Whatever the updates are, they stay as they are.
        getLogger(__name__).exception("The updates of a room could not be joined")
        return None
    if beyond[0] != 0 or clocks(copy.get_state()) != clocks(document.get_state()):
        return None
    return zlib.compress(state, 1)


def _rows(database: sqlite3.Connection, path: str) -> list[Row]:
    return [
        Row(
            number,
            zlib.decompress(stored) if packed == _DEFLATED else bytes(stored),
            float(at),
            len(stored),
        )
        for number, stored, at, packed in database.execute(_SELECT, (path,))
    ]


class _Closing(sqlite3.Connection):
    """Commits and closes at the end of its `with`."""

    def __exit__(self, *exception: Any) -> Any:
        try:
            return super().__exit__(*exception)
        finally:
            self.close()
