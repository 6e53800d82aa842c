"""Where the files of notebooks are, by the ids that they keep when they are moved."""

from __future__ import annotations

from typing import Any

from jupyter_core.utils import ensure_async


class NotebookPaths:
    """Of one server."""

    def __init__(self, serverapp: Any) -> None:
        self._files = serverapp.contents_manager
        self._settings = serverapp.web_app.settings

    def of(self, file_id: str) -> str | None:
        """The path of the file, whether it is still there or not; None for an unknown id."""
        path: str | None = self._settings["file_id_manager"].get_path(file_id)
        return path

    async def existing(self, file_id: str) -> str | None:
        """The path of the file, if it is there."""
        path = self.of(file_id)
        if path is not None and await ensure_async(self._files.file_exists(path)):
            return path
        return None
