"""One session, and so one kernel, for each notebook.

Jupyter Server looks whether a notebook has a session, and begins one if it has none. A kernel takes
a second to start, and longer to end: whoever asks in the first of these times begins a second
session with a second kernel, and whoever asks in the other one gets the session that is about to
go. Two who change a session's kernel start two, and end the one that both have seen. Here each of
them waits for the one before. docs/upstream.md says what would make this needless.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import authorized
from jupyter_server.services.sessions.handlers import SessionHandler, _session_id_regex
from jupyter_server.services.sessions.sessionmanager import SessionManager
from tornado import web


class SessionTurns:
    """The sessions of a server, begun, changed and ended one after the other for each path."""

    def __init__(self, manager: SessionManager) -> None:
        self._begin = manager.create_session
        self._exists = manager.session_exists
        self._end = manager.delete_session
        self._list = manager.list_sessions
        self._get = manager.get_session
        self._start = manager.start_kernel_for_session
        self._kernels = manager.kernel_manager
        #: Who has, or waits for, the turn of a path.
        self._turns: dict[str, tuple[asyncio.Lock, list[None]]] = {}
        self._ending: set[str] = set()
        #: The kernels that were started for each session which is being changed.
        self._started: dict[str, list[str]] = {}

    async def create_session(
        self, path: str | None = None, *args: Any, **kwargs: Any
    ) -> dict[str, Any]:
        """As the manager's, or the session that somebody else began for this path meanwhile."""
        if path is None:
            return cast(dict[str, Any], await self._begin(path, *args, **kwargs))
        others = path in self._turns
        async with self._turn(path):
            if others and await self._exists(path):
                return cast(dict[str, Any], await self._get(path=path))
            return cast(dict[str, Any], await self._begin(path, *args, **kwargs))

    async def session_exists(self, path: str) -> bool:
        """As the manager's, once what begins or ends there is done."""
        async with self._turn(path):
            return bool(await self._exists(path))

    async def delete_session(self, session_id: str) -> None:
        """As the manager's; the session is not listed any more."""
        await self._get(session_id=session_id)
        self._ending.add(session_id)
        try:
            async with self._turn_of(session_id):
                await self._end(session_id)
        finally:
            self._ending.discard(session_id)

    async def list_sessions(self) -> list[dict[str, Any]]:
        """As the manager's, without those that end."""
        return [each for each in await self._list() if each["id"] not in self._ending]

    async def start_kernel_for_session(self, session_id: str, *args: Any, **kwargs: Any) -> str:
        """As the manager's."""
        kernel_id = cast(str, await self._start(session_id, *args, **kwargs))
        if session_id in self._started:
            self._started[session_id].append(kernel_id)
        return kernel_id

    @asynccontextmanager
    async def change(self, session_id: str) -> AsyncIterator[None]:
        """Where a session is changed; a kernel that is started for it, and not taken, ends."""
        async with self._turn_of(session_id):
            started = self._started[session_id] = []
            try:
                yield
            finally:
                del self._started[session_id]
                await self._end_unused(started)

    async def _end_unused(self, kernel_ids: list[str]) -> None:
        if kernel_ids:
            used = {each["kernel"]["id"] for each in await self._list()}
            for kernel_id in kernel_ids:
                if kernel_id not in used and kernel_id in self._kernels:
                    await ensure_async(self._kernels.shutdown_kernel(kernel_id))

    @asynccontextmanager
    async def _turn_of(self, session_id: str) -> AsyncIterator[None]:
        """The turn of the path where the session is by then. Raises 404 without such a session."""
        while True:
            path = (await self._get(session_id=session_id))["path"]
            async with self._turn(path):
                if (await self._get(session_id=session_id))["path"] == path:
                    yield
                    return

    @asynccontextmanager
    async def _turn(self, path: str) -> AsyncIterator[None]:
        lock, waiting = self._turns.setdefault(path, (asyncio.Lock(), []))
        waiting.append(None)
        try:
            async with lock:
                yield
        finally:
            waiting.pop()
            if not waiting:
                del self._turns[path]


class SessionChange(SessionHandler):
    """The server's own, in turns."""

    def initialize(self, turns: SessionTurns) -> None:
        """`turns` are those of the server's sessions."""
        self._turns = turns

    @web.authenticated
    @authorized
    async def patch(self, session_id: str) -> None:
        """As the server's."""
        async with self._turns.change(session_id):
            await super().patch(session_id)


def keep_to_one_session(manager: Any) -> list[Any]:
    """Have the server's sessions take turns, with these handlers before its own. A manager of
    another kind stays as it is."""
    if not isinstance(manager, SessionManager):
        return []
    turns = SessionTurns(manager)
    for name in (
        *("create_session", "session_exists", "delete_session", "list_sessions"),
        "start_kernel_for_session",
    ):
        setattr(manager, name, getattr(turns, name))
    return [(f"/api/sessions/{_session_id_regex}", SessionChange, {"turns": turns})]
