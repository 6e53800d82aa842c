"""Other extensions that run the cells on the server: where there is one, Colophon does not."""

from __future__ import annotations

import json
from typing import Any

#: Their modules, and what to call and to uninstall them by.
EXECUTORS = {
    "jupyter_server_nbmodel": "jupyter-server-nbmodel",
    "jupyter_server_documents": "jupyter-server-documents",
}


def step_back(server_app: Any) -> dict[str, str] | None:
    """Another extension that runs the cells on the server, and what to tell the user once."""
    for module, name in EXECUTORS.items():
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
