"""The Jupyter Server side of Colophon.

It does what only the server's process can do: tap rooms and kernels, know who is authenticated,
pass requests on to the host, and keep the host alive. It knows no words of the domain.
"""

from __future__ import annotations

from typing import Any

from .version import __version__

__all__ = ["__version__"]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "jupyterlab-colophon"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from .extension import ColophonExtension

    return [{"module": "jupyterlab_colophon", "app": ColophonExtension}]
