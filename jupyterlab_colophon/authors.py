"""Who made an update, told where the server applies it.

Only what is known for certain is said. A message is credited to the connection whose own task is
handling it at this very moment; a context alone is not enough, because background tasks inherit the
context of whoever happened to create them.
"""

from __future__ import annotations

import asyncio
import sys
import uuid
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

from jupyter_server import CallContext

from .grants import grant_of

_connections: WeakKeyDictionary[Any, str] = WeakKeyDictionary()

#: Functions of the document that replace its whole content; inside a save they mean that the file
#: on the disk was newer and won.
_REPLACING = frozenset({"aset", "aset_progressively", "set"})


def user_of(user: Any) -> dict[str, Any]:
    """The schema's TapUser of a Jupyter user."""
    return {
        "username": user.username,
        "name": user.name,
        "display_name": user.display_name,
        "color": user.color,
    }


def person_of(user: Any) -> dict[str, Any]:
    """A Jupyter user as the host and the pages know people: `name` is what they are called."""
    return {
        "username": user.username,
        "name": user.display_name or user.name or user.username,
        "color": user.color,
    }


def connection_of(handler: Any) -> str:
    """An id of this websocket, the same for as long as it is open."""
    return _connections.setdefault(handler, uuid.uuid4().hex)


def peer(handler: Any, *, live: bool) -> dict[str, Any]:
    """The author of a message on this handler's connection."""
    author = {
        "kind": "peer",
        "user": user_of(handler.current_user),
        "connection": connection_of(handler),
        "via": "live" if live else "resync",
    }
    grant = grant_of(handler)
    return author if grant is None else {**author, "grant": grant.actor}


def elsewhere(*, ready: bool) -> dict[str, Any]:
    """The author of a change that no peer's message made: a request, or the server itself."""
    task = current_task()
    name = "a callback" if task is None else _qualified_name(task)
    if not ready:
        return _server("load", name)
    if name == "FileLoader._watch_file":
        return _server("disk", name)
    if name == "DocumentRoom._maybe_save_document":
        return _server("disk" if _replaces_content() else "save", name)
    if name == "RequestHandler._execute":
        handler = CallContext.get(CallContext.JUPYTER_HANDLER)
        user = getattr(handler, "current_user", None)
        # A websocket's handler is a request, too, while it opens; what it applies then is loading.
        if user is not None and not hasattr(handler, "ws_connection"):
            return {
                "kind": "request",
                "user": user_of(user),
                "handler": type(handler).__name__,
                "method": str(handler.request.method),
            }
    return _server("extension", name if task is None else f"{_package(task)}:{name}")


def opener() -> dict[str, Any]:
    """For whom a room is being made: the connection or request that is opening right now."""
    task = current_task()
    handler = CallContext.get(CallContext.JUPYTER_HANDLER)
    opening = task is not None and _qualified_name(task) == "RequestHandler._execute"
    if opening and hasattr(handler, "ws_connection") and handler.current_user is not None:
        return peer(handler, live=True)
    return elsewhere(ready=True)


def current_task() -> asyncio.Task[Any] | None:
    """The running task; None outside tasks and outside the event loop."""
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None


def _server(cause: str, detail: str) -> dict[str, Any]:
    return {"kind": "server", "cause": cause, "detail": detail[:200]}


def _qualified_name(task: asyncio.Task[Any]) -> str:
    coroutine = task.get_coro()
    return str(getattr(coroutine, "__qualname__", type(coroutine).__name__))


def _package(task: asyncio.Task[Any]) -> str:
    frame: FrameType | None = getattr(task.get_coro(), "cr_frame", None)
    module = "" if frame is None else str(frame.f_globals.get("__name__", ""))
    return module.split(".")[0] or "unknown"


def _replaces_content() -> bool:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name in _REPLACING and frame.f_globals.get("__name__", "").startswith(
            "jupyter_ydoc"
        ):
            return True
        frame = frame.f_back
    return False
