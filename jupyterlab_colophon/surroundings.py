"""What Colophon finds in the server: the room server, and where that writes.

Nothing may be written outside Jupyter's own folders. jupyter-collaboration puts its store into the
current folder and its session file into the notebooks' folder unless it is told otherwise; whoever
has told it otherwise is left alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jupyter_server.services.contents.filemanager import FileContentsManager

from .problems import SetUpProblem, collaboration_missing
from .ystore import ColophonYStore

_ROOM_SERVER = "jupyter_server_ydoc"


def room_server(server_app: Any) -> Any | SetUpProblem:
    """The app of jupyter-collaboration's server extension, or why there are no rooms."""
    extension = server_app.extension_manager.extensions.get(_ROOM_SERVER)
    if extension is None or not extension.enabled:
        return collaboration_missing("jupyter-collaboration is not installed or not enabled.")
    apps = server_app.extension_manager.extension_apps.get(_ROOM_SERVER, set())
    app = next(iter(apps), None)
    if app is None:
        return collaboration_missing("jupyter-collaboration could not be loaded.")
    if app.disable_rtc:
        return collaboration_missing("Real-time collaboration is switched off.")
    return app


def relocate(app: Any, data_dir: Path) -> None:
    """Keep jupyter-collaboration's files in the data folder, where the user has not chosen.

    Has to be called before that extension is initialized. The folder is its owner's alone: homes of
    a machine that people share are often open for reading.
    """
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    own = app.config.get("YDocExtension", {})
    if "session_store_path" not in own:
        app.session_store_path = str(data_dir / "collaboration_sessions.json")
    chosen = "ystore_class" in own or any(
        app.config.get(store) for store in ("SQLiteYStore", "TempFileYStore", "BaseYStore")
    )
    if not chosen:
        app.ystore_class = type(
            "ColophonYStore", (ColophonYStore,), {"db_path": str(data_dir / "rooms.sqlite")}
        )


def own_url(server_app: Any) -> str:
    """The server's URL with base_url, for a program on this machine; ends in `/`."""
    scheme = "https" if server_app.certfile else "http"
    address = server_app.ip
    if address in ("", "*", "0.0.0.0"):
        address = "127.0.0.1"
    elif address == "::":
        address = "::1"
    host = f"[{address}]" if ":" in address else address
    return f"{scheme}://{host}:{server_app.port}{server_app.base_url}"


def notebooks_dir(server_app: Any) -> str | None:
    """The folder of this machine that the notebooks are below; None if they are no files here."""
    contents = server_app.contents_manager
    return str(contents.root_dir) if isinstance(contents, FileContentsManager) else None
