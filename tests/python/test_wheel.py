"""The wheel holds everything that an installation needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
DATA = "data/share/jupyter/labextensions/jupyterlab-colophon/"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, with what `make build` has built."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    command += ["--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    environment = {**os.environ, "COLOPHON_SKIP_BUILD": "1"}
    subprocess.run(command, check=True, env=environment, cwd=folder)
    return next(folder.glob("*.whl"))


def test_one_for_every_platform(wheel: Path) -> None:
    """[P10] There is one wheel for every platform and Python."""
    assert wheel.name.startswith("jupyterlab_colophon-")
    assert wheel.name.endswith("-py3-none-any.whl")


def test_everything_inside(wheel: Path) -> None:
    """[P11] The wheel holds both Node programs, the labextension and what enables the server's."""
    names = ZipFile(wheel).namelist()

    def has(end: str) -> bool:
        return any(name.endswith(end) for name in names)

    assert has("jupyterlab_colophon/agent/host.js")
    assert has("jupyterlab_colophon/agent/runtime-agent.js")
    assert has(f"{DATA}package.json")
    assert has(f"{DATA}install.json")
    assert has(f"{DATA}schemas/jupyterlab-colophon/plugin.json")
    assert has("etc/jupyter/jupyter_server_config.d/jupyterlab_colophon.json")
    assert has("licenses/LICENSE")
    assert not any("node_modules" in name or name.endswith(".ts") for name in names)
