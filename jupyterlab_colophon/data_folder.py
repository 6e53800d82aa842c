"""The folder of the journal: where it is unless a setting says so, and whether it can be used."""

from __future__ import annotations

import tempfile
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir

from .finding import Finding


def default_data_dir() -> Path:
    """Below Jupyter's own."""
    return Path(jupyter_data_dir()) / "colophon"


def check_data_folder(folder: Path) -> Finding:
    """Whether it can be written, or made."""
    existing = folder
    while not existing.exists():
        existing = existing.parent
    try:
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"x")
    except OSError as error:
        return Finding(
            "data folder",
            "fail",
            f"{folder} cannot be written: {error}",
            "Make it writable, or set ColophonExtension.data_dir to a folder that is.",
        )
    detail = str(folder) if folder.exists() else f"{folder} (made at the first start)"
    return Finding("data folder", "ok", detail)
