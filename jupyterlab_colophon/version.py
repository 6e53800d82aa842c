"""The version of this package, from the installed metadata or the checkout's package.json."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path


def _version() -> str:
    try:
        return metadata.version("jupyterlab-colophon")
    except metadata.PackageNotFoundError:
        # A checkout that was put on the path instead of being installed.
        source = Path(__file__).parent.parent / "package.json"
        return str(json.loads(source.read_text(encoding="utf-8"))["version"])


__version__ = _version()
