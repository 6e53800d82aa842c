"""Living with what is installed, and leaving no traces."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from servers import Server, eventually, joined, notebook, until


def program(path: Path, says: str) -> str:
    """A program that prints this."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{sys.executable}\nprint({says!r})\n")
    path.chmod(0o755)
    return str(path)


def page_option(server: Server) -> dict[str, Any]:
    """The page option `colophon`, as the labextension reads it."""
    page = server.request("GET", "lab").text
    found = re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.S)
    assert found is not None
    return dict(json.loads(json.loads(found.group(1))["colophon"]))


def problem_of(server: Server) -> dict[str, str]:
    return dict(until(lambda: server.status()["problem"], "a problem"))


def test_no_traces(start: Callable[..., Server]) -> None:
    """[T70] Nothing is written outside Jupyter's folders but the notebook and its checkpoint, which
    is Jupyter's own; nobody else on the machine may read what is written there."""
    server = start().running()
    server.write("n.ipynb", notebook("x"))

    async def scenario() -> None:
        async with joined(server, "n.ipynb") as alice:
            alice.source().insert(0, "y")
            await eventually(lambda: server.saved_source("n.ipynb") == "yx", "it is saved")

    asyncio.run(scenario())
    left = {path.name for path in server.root.iterdir()} - {".ipynb_checkpoints"}
    assert left == {"n.ipynb"}
    assert list((server.folder / "cwd").iterdir()) == []
    assert (server.data / "colophon" / "rooms.sqlite").exists()
    assert (server.data / "colophon").stat().st_mode & 0o077 == 0
    assert (server.data / "colophon" / "collaboration_sessions.json").exists()


def test_chosen_places_are_respected(start: Callable[..., Server]) -> None:
    """[T71] A store and a session file that the user has configured stay as they are."""
    server = start(
        config={
            "YDocExtension": {"session_store_path": "mine.json"},
            "SQLiteYStore": {"db_path": "mine.db"},
        }
    ).running()
    server.write("n.ipynb", notebook("x"))

    async def scenario() -> None:
        async with joined(server, "n.ipynb"):
            pass

    asyncio.run(scenario())
    own = {path.name for path in (server.folder / "cwd").iterdir()}
    assert {"mine.json", "mine.db"} <= own
    assert not (server.data / "colophon" / "rooms.sqlite").exists()


@pytest.mark.parametrize("says, code", [("v20.1.0", "node-too-old"), ("what?", "node-missing")])
def test_wrong_node(start: Callable[..., Server], tmp_path: Path, says: str, code: str) -> None:
    """[T72] With a Node that is too old or none, the server works as usual and the status says what
    is missing and how to get it."""
    node = program(tmp_path / "bin" / "node", says)
    server = start(
        config={"ColophonExtension": {"host_command": []}}, environment={"COLOPHON_NODE": node}
    )
    problem = problem_of(server)
    assert problem["code"] == code and "pip install" in problem["remedy"]
    assert server.status()["state"] == "unavailable"
    assert server.request("GET", "api/contents").status_code == 200
    answer = server.request("GET", "colophon/api/streams")
    assert answer.status_code == 503 and problem["summary"] in answer.json()["detail"]
    server.write("n.ipynb", notebook("x"))

    async def scenario() -> None:
        async with joined(server, "n.ipynb") as alice:
            alice.source().insert(0, "y")
            await eventually(lambda: server.saved_source("n.ipynb") == "yx", "it is saved")

    asyncio.run(scenario())


def test_node_setting_comes_first(start: Callable[..., Server], tmp_path: Path) -> None:
    """[T73] The setting decides before the environment variable, and a wrong one is told."""
    node = program(tmp_path / "bin" / "node", "v21.0.0")
    server = start(
        config={"ColophonExtension": {"host_command": [], "node_path": node}},
        environment={"COLOPHON_NODE": str(tmp_path / "nowhere")},
    )
    problem = problem_of(server)
    assert problem["code"] == "node-too-old" and node in problem["summary"]


@pytest.mark.parametrize(
    "config",
    [
        {"ServerApp": {"jpserver_extensions": {"jupyter_server_ydoc": False}}},
        {"YDocExtension": {"disable_rtc": True}},
    ],
)
def test_no_collaboration(start: Callable[..., Server], config: dict[str, Any]) -> None:
    """[T74] Without collaboration the server works as usual and the status says how to get it."""
    server = start(config=config)
    problem = problem_of(server)
    assert problem["code"] == "collaboration-missing"
    assert "jupyter-collaboration" in problem["remedy"]
    assert server.request("GET", "api/contents").status_code == 200


def test_step_back(start: Callable[..., Server]) -> None:
    """[T75] Where another extension runs the cells, status and page say which; where none does, the
    page says so, too."""
    folder = "server"
    first = start(folder, lab=True).running()
    assert first.status()["stepBack"] is None
    assert page_option(first) == {"stepBack": ""}
    package = first.folder / "jupyter_server_nbmodel"
    package.mkdir()
    (package / "__init__.py").write_text(
        "def _jupyter_server_extension_points():\n"
        "    return [{'module': 'jupyter_server_nbmodel'}]\n"
        "def _load_jupyter_server_extension(app):\n"
        "    pass\n"
    )
    extensions = {"jpserver_extensions": {"jupyter_server_nbmodel": True}}
    second = start(folder, lab=True, config={"ServerApp": extensions}).running()
    assert second.status()["stepBack"]["extension"] == "jupyter-server-nbmodel"
    assert page_option(second) == {"stepBack": "jupyter-server-nbmodel"}


def test_disabled(start: Callable[..., Server]) -> None:
    """[T76] Switched off, it does nothing."""
    server = start(config={"ColophonExtension": {"enabled": False}})
    assert server.status()["state"] == "stopped"
    assert not (server.data / "colophon").exists()


def test_moved_hooks(start: Callable[..., Server]) -> None:
    """[T77] If the room server no longer calls the hooks, the status says so, the host is told not
    to trust them, and nobody is credited."""
    change = (
        "import pycrdt.websocket.yroom as yroom\n"
        "yroom.YRoom.on_message = property(lambda self: None, lambda self, value: None)\n"
        "def _load_jupyter_server_extension(app):\n"
        "    pass\n"
    )
    instance = start(
        "moved",
        config={"ServerApp": {"jpserver_extensions": {"a_newer_version": True}}},
        files={"a_newer_version.py": change},
    ).running()
    hooks = instance.status()["hooks"]
    assert hooks["ok"] is False and hooks["problems"]
    hello = json.loads((instance.host_folder / "hello.json").read_text())
    assert hello["hooksTrusted"] is False
    instance.write("n.ipynb", notebook("x"))

    async def scenario() -> None:
        async with joined(instance, "n.ipynb") as alice:
            before = len(instance.frames("room.update"))
            alice.source().insert(0, "y")
            await eventually(lambda: len(instance.frames("room.update")) > before, "an update")
            kinds = {frame["author"]["kind"] for frame in instance.frames("room.update")}
            assert "peer" not in kinds

    asyncio.run(scenario())
