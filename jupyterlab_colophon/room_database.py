"""The SQLite file of the rooms' store, and the one thread of this process that writes it.

What is put in is on its way to the disk whatever happens to the task that put it: the thread
writes what has come in a few times a second (room_writer.py). A write that fails is kept and tried
again.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from concurrent.futures import Future
from contextlib import closing
from logging import getLogger
from pathlib import Path

from .room_batch import Batch
from .room_rows import rows_of
from .room_writer import RoomWriter

#: What comes within so long is written together: at most 20 transactions a second.
_PAUSE = 0.05
#: Between two attempts while the disk does not take it.
_RETRY = 1.0
#: The file stays open for so long after the last write: opening it costs more than writing to it.
_LINGER = 5.0
#: How soon a thread that has nothing to do sees that the process wants to end.
_GLANCE = 0.25


class RoomDatabase:
    """The file at `path`. Made once for each file in a process; every method may be called from any
    thread."""

    def __init__(self, path: Path) -> None:
        self._changed = threading.Condition()
        self._batch = Batch()
        self._thread: threading.Thread | None = None
        self._writer = RoomWriter(path)

    def put(self, path: str, update: bytes) -> None:
        """Take an update of a room in."""
        with self._changed:
            self._run_soon()
            self._batch.updates.setdefault(path, []).append(update)

    def complete(self, path: str, state: bytes) -> None:
        """Write what of this whole state is not there yet, after what was put."""
        with self._changed:
            self._run_soon()
            self._batch.whole[path] = state

    def note_save(self, path: str, digest: str, *, done: bool) -> None:
        """The room's content of this digest is about to be saved as a file, or was (`done`)."""
        with self._changed:
            self._run_soon()
            self._batch.saves.append((path, digest, done))

    def settle(self) -> Future[None]:
        """A future of everything taken in so far being on the disk. It bears the error of a write;
        what could not be written is tried again."""
        future: Future[None] = Future()
        with self._changed:
            self._run_soon()
            self._batch.asked.append(future)
            self._changed.notify_all()
        return future

    def read(self, path: str) -> list[tuple[bytes, float]]:
        """All updates of a room with their times, oldest first. Blocks; raises what keeps the disk
        from being written."""
        self.settle().result()
        with closing(self._writer.connect()) as database:
            return [(row.update, row.at) for row in rows_of(database, path)]

    def saved(self, path: str) -> set[str]:
        """Digests of the content that the room's file has, if nobody else has written it.
        Blocks."""
        self.settle().result()
        with closing(self._writer.connect()) as database:
            select = "SELECT digest FROM saves WHERE path = ?"
            return {str(digest) for (digest,) in database.execute(select, (path,))}

    def _run_soon(self) -> None:
        """To be called before something is taken in."""
        if self._thread is None or not self._thread.is_alive():
            # Not a daemon: what waits is written even if the server forgets to stop us.
            self._thread = threading.Thread(target=self._run, name="colophon-ystore")
            self._thread.start()
        elif not self._batch:
            self._changed.notify_all()

    def _run(self) -> None:
        failures = 0
        while True:
            batch = self._next()
            if batch is None:
                self._writer.close()
                with self._changed:
                    if self._batch:
                        continue
                    self._thread = None
                    return
            try:
                self._writer.write(batch)
                failures = 0
            except (sqlite3.Error, OSError) as error:
                failures += 1
                if failures == 1:
                    getLogger(__name__).exception("The room store could not be written")
                for future in batch.asked:
                    future.set_exception(error)
                batch.asked = []
                self._writer.forget()
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

    def _next(self) -> Batch | None:
        """What is to be written next; None when nothing has come for long, or the process wants to
        end."""
        with self._changed:
            deadline = time.monotonic() + _LINGER
            while not self._batch:
                if time.monotonic() > deadline or not threading.main_thread().is_alive():
                    return None
                self._changed.wait(_GLANCE)
            # Somebody who waits for the disk is not kept waiting for a fuller batch.
            self._changed.wait_for(lambda: bool(self._batch.asked), _PAUSE)
            batch, self._batch = self._batch, Batch()
            # Who has stopped waiting is let go; the others wait until they are told.
            batch.asked = [each for each in batch.asked if each.set_running_or_notify_cancel()]
            return batch
