"""One running host process: its pipes, read and written on threads so that the event loop never
waits, on every platform alike.

The host ends when its stdin ends, and the pipe is not inherited by anything else, so it also ends
when this server is killed.
"""

from __future__ import annotations

import asyncio
import subprocess
import threading
from collections import deque
from collections.abc import Callable
from typing import IO, Any, cast

from . import frames

#: How much may wait to be written before a replay pauses.
_ROOM = 8 * 1024 * 1024
#: Seconds that a frame waits for company, unless somebody waits for it: to write and to read each
#: by itself costs server and host more than all else that they do with it.
_COMPANY = 0.004


class HostLink:
    """Started by `start`. Calls back on the loop: frames in order, `on_exit` once."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        loop: asyncio.AbstractEventLoop,
        on_frame: Callable[[HostLink, dict[str, Any], bytes], None],
        on_log: Callable[[str], None],
        on_exit: Callable[[HostLink, int], None],
    ) -> None:
        self._process = process
        self._loop = loop
        self._on_frame, self._on_log, self._on_exit = on_frame, on_log, on_exit
        self._changed = threading.Condition()
        self._queue: deque[bytes] = deque()
        self._waiting = 0
        self._hurry = threading.Event()
        self._closing = False
        self._open = True
        self.exited = asyncio.Event()
        for target in (self._write, self._read, self._read_log):
            threading.Thread(target=target, name="colophon-host", daemon=True).start()

    @classmethod
    async def start(
        cls,
        command: list[str],
        environment: dict[str, str],
        on_frame: Callable[[HostLink, dict[str, Any], bytes], None],
        on_log: Callable[[str], None],
        on_exit: Callable[[HostLink, int], None],
    ) -> HostLink:
        """Start the process. Raises OSError if the program cannot be run."""
        process = await asyncio.to_thread(
            subprocess.Popen,
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            # Ctrl-C in the server's terminal is the server's affair; it ends the host in order.
            start_new_session=True,
        )
        return cls(process, asyncio.get_running_loop(), on_frame, on_log, on_exit)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_open(self) -> bool:
        """Whether it is worth sending: it runs, and nobody has closed its stdin."""
        return self._open and not self._closing

    def send(self, data: bytes, *, patient: bool = False) -> None:
        """Queue a frame. Never blocks; dropped if the host is gone. `patient`: nobody waits for it,
        so it may go a moment later with those that follow."""
        with self._changed:
            if self._open and not self._closing:
                self._queue.append(data)
                self._waiting += len(data)
                self._changed.notify_all()
                if not patient:
                    self._hurry.set()

    def wait_for_room(self) -> None:
        """Block until little waits to be written. Not for the event loop."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting < _ROOM or not self._open)

    def close_stdin(self) -> None:
        """After what is queued, end the host's stdin, which asks it to finish and exit."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            self._hurry.set()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def _write(self) -> None:
        stdin = cast(IO[bytes], self._process.stdin)
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(
                        lambda: bool(self._queue) or self._closing or not self._open
                    )
                self._hurry.wait(_COMPANY)
                with self._changed:
                    self._hurry.clear()
                    if not self._queue:
                        break
                    batch = b"".join(self._queue)
                    self._queue.clear()
                stdin.write(batch)
                stdin.flush()
                with self._changed:
                    self._waiting -= len(batch)
                    self._changed.notify_all()
        except OSError:
            # The host is gone; the reading thread tells.
            pass
        finally:
            try:
                stdin.close()
            except OSError:
                pass

    def _read(self) -> None:
        stdout = cast(IO[bytes], self._process.stdout)
        try:
            while (frame := frames.read(stdout)) is not None:
                self._call(self._on_frame, self, frame[0], frame[1])
        except frames.TornFrame as error:
            self._call(self._on_log, f"the host said something that is no frame ({error})")
            self._process.kill()
        code = self._process.wait()
        with self._changed:
            self._open = False
            self._changed.notify_all()
        self._call(self._ended, code)

    def _read_log(self) -> None:
        stderr = cast(IO[bytes], self._process.stderr)
        for line in stderr:
            self._call(self._on_log, line.decode("utf-8", "replace").rstrip())

    def _ended(self, code: int) -> None:
        self.exited.set()
        self._on_exit(self, code)

    def _call(self, function: Callable[..., None], *arguments: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:
            # The server's event loop has been closed: nobody is left to tell.
            pass
