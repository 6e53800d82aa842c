"""What Colophon finds in the server: the room server, other extensions; and where those write.

Nothing may be written outside Jupyter's own folders. jupyter-collaboration puts its store into the
current folder and its session file into the notebooks' folder unless it is told otherwise; whoever
has told it otherwise is left alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .problems import SetUpProblem, collaboration_missing
from .ystore import ColophonYStore

_ROOM_SERVER = "jupyter_server_ydoc"
_EXECUTORS = {
    "jupyter_server_nbmodel": "jupyter-server-nbmodel",
    "jupyter_server_documents": "jupyter-server-documents",
}


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


def step_back(server_app: Any) -> dict[str, str] | None:
    """What else has to run the cells, and what to tell the user once.

    Another extension that runs them on the server; or JupyterLab, where the kernels are behind a
    gateway: their outputs cannot be had whole while no page listens.
    """
    if getattr(getattr(server_app, "gateway_config", None), "gateway_enabled", False):
        return {
            "extension": "JupyterLab",
            "message": "The kernels of this server are behind a gateway, so JupyterLab runs the "
            "cells and Colophon does not; its history goes on. Outputs are lost while no page is "
            "open, as without Colophon.",
        }
    for module, name in _EXECUTORS.items():
        extension = server_app.extension_manager.extensions.get(module)
        if extension is not None and extension.enabled:
            return {
                "extension": name,
                "message": f"{name} is installed and runs the cells, so Colophon does not; its "
                f"history goes on. To let Colophon run them: pip uninstall {name}",
            }
    return None


def page_config(conflict: dict[str, str] | None) -> str:
    """The page option `colophon`, for the labextension."""
    return json.dumps({"stepBack": "" if conflict is None else conflict["extension"]})


def relocate(app: Any, data_dir: Path) -> None:
    """Keep jupyter-collaboration's files in the data folder, where the user has not chosen.

    Has to be called before that extension is initialized.
    """
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
