"""Frames on disk while the host is away.

One file for each server process (tap) and a lock that the process holds while it lives, so that a
later server can tell a left file from one in use. Writing happens on a thread of its own, in the
order of the calls; whatever waits is written and synced together. A torn last frame, which is what
a power cut leaves, ends the reading.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from logging import Logger
from pathlib import Path
from typing import IO

from . import frames


class Lock:
    """An exclusive lock on a file, released by the system when the process ends."""

    def __init__(self, path: Path) -> None:
        """Take the lock. Raises BlockingIOError if somebody has it."""
        self.path = path
        self._file: IO[bytes] = open(path, "a+b")
        try:
            _lock(self._file)
        except OSError as error:
            self._file.close()
            raise BlockingIOError(str(path)) from error

    def release(self) -> None:
        """Give the lock up and remove its file. Twice is harmless."""
        if not self._file.closed:
            self._file.close()
            self.path.unlink(missing_ok=True)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


class Spool:
    """The spool of one tap. Methods are for the event loop, except `read`, which blocks."""

    def __init__(self, directory: Path, tap: str, log: Logger) -> None:
        """Claim the tap's spool. Raises BlockingIOError if a living server has it."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.tap = tap
        self.path = directory / f"{tap}.frames"
        self._lock = Lock(directory / f"{tap}.lock")
        self._log = log
        self._work: queue.SimpleQueue[Callable[[], None] | bytes | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        #: Bytes handed over since the file was last deleted.
        self.size = self.path.stat().st_size if self.path.exists() else 0

    def append(self, frame: bytes) -> None:
        """Write a frame behind the others, soon."""
        self.size += len(frame)
        self._do(frame)

    def flush(self) -> Future[None]:
        """A future of everything appended so far being on the disk."""
        future: Future[None] = Future()
        self._do(lambda: future.set_result(None))
        return future

    def delete(self) -> None:
        """Remove the file, after what was appended so far; later frames begin a new one."""
        self.size = 0
        self._do(lambda: self.path.unlink(missing_ok=True))

    def close(self) -> None:
        """Write what waits, and give the spool up. Blocks until it is on the disk."""
        if self._thread is not None:
            self._work.put(None)
            self._thread.join()
            self._thread = None
        self._lock.release()

    def read(self, position: int = 0) -> Iterator[tuple[int, bytes, int]]:
        """Yield number, frame and position behind it, from a position on. A torn end ends it."""
        if not self.path.exists():
            return
        with open(self.path, "rb") as file:
            file.seek(position)
            while True:
                try:
                    frame = frames.read(file)
                except frames.TornFrame as error:
                    self._log.warning("%s: the last frame is torn (%s)", self.path, error)
                    return
                if frame is None:
                    return
                header, _, whole = frame
                yield int(header.get("n", 0)), whole, file.tell()

    def _do(self, item: Callable[[], None] | bytes) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="colophon-spool", daemon=True)
            self._thread.start()
        self._work.put(item)

    def _run(self) -> None:
        ahead: Callable[[], None] | bytes | None
        while True:
            item = self._work.get()
            batch: list[bytes] = []
            while isinstance(item, bytes):
                batch.append(item)
                try:
                    ahead = self._work.get_nowait()
                except queue.Empty:
                    break
                item = ahead
            if batch:
                self._write(b"".join(batch))
            if item is None:
                return
            if not isinstance(item, bytes):
                item()

    def _write(self, data: bytes) -> None:
        try:
            with open(self.path, "ab") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            # A full disk. The frames are lost and the server has to go on; the log says so.
            self._log.exception("Colophon could not write %d bytes to %s", len(data), self.path)


def claim_left(directory: Path, own_tap: str, log: Logger) -> list[Spool]:
    """Claim the spools whose servers have ended, oldest first; empty ones are removed."""
    claimed: list[Spool] = []
    if not directory.is_dir():
        return claimed
    for path in sorted(directory.glob("*.frames"), key=lambda path: path.stat().st_mtime):
        if path.stem == own_tap:
            continue
        try:
            claimed.append(Spool(directory, path.stem, log))
        except BlockingIOError:
            # Another server on the same data folder is alive and will replay it by itself.
            continue
    for path in directory.glob("*.lock"):
        if path.stem != own_tap and not path.with_suffix(".frames").exists():
            try:
                Lock(path).release()
            except BlockingIOError:
                continue
    return claimed
