"""Real Jupyter Servers for tests, each in folders of its own, and real peers of their rooms."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from described import check
from jupyter_ydoc import YNotebook
from pycrdt import (
    Doc,
    YMessageType,
    YSyncMessageType,
    create_sync_message,
    create_update_message,
    handle_sync_message,
)
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

# What a shell runs in the background ignores interrupts, and so would all that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

HERE = Path(__file__).parent
DEADLINE = 30.0
T = TypeVar("T")


def until(condition: Callable[[], T], what: str, seconds: float = DEADLINE) -> T:
    """Wait until the condition gives something true, and return it."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(0.02)


async def eventually(condition: Callable[[], T], what: str, seconds: float = DEADLINE) -> T:
    """As `until`, without holding up the event loop."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        await asyncio.sleep(0.02)


def notebook(*sources: str) -> dict[str, Any]:
    """A notebook with these code cells, c0, c1 …"""
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"c{index}",
            "metadata": {},
            "outputs": [],
            "source": source,
        }
        for index, source in enumerate(sources)
    ]
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "cells": cells,
        "metadata": {"kernelspec": kernelspec},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


class Server:
    """One Jupyter Server process. `config` is the body of jupyter_server_config.json."""

    def __init__(
        self,
        folder: Path,
        config: dict[str, Any] | None = None,
        *,
        base_url: str = "/",
        token: str = "alice-token",
        lab: bool = False,
        environment: dict[str, str] | None = None,
        host_folder: Path | None = None,
        files: dict[str, str] | None = None,
    ) -> None:
        """`files` are written into a folder on the server's Python path."""
        self.folder = folder
        self.root = folder / "notebooks"
        self.data = folder / "data"
        self.host_folder = host_folder or folder / "host"
        self.token = token
        for each in (self.root, self.data, folder / "config", folder / "runtime", folder / "cwd"):
            each.mkdir(parents=True, exist_ok=True)
        for name, text in (files or {}).items():
            (folder / name).write_text(text)
        own = config or {}
        merged: dict[str, Any] = {
            **own,
            "ServerApp": {
                "base_url": base_url,
                "root_dir": str(self.root),
                "open_browser": False,
                "ip": "127.0.0.1",
                "port": 0,
                "identity_provider_class": "identities.Identities",
                "authorizer_class": "identities.ReadersOnlyRead",
                **own.get("ServerApp", {}),
                "jpserver_extensions": {
                    "jupyterlab_colophon": True,
                    "jupyterlab": lab,
                    "jupyter_lsp": False,
                    "notebook_shim": False,
                    "jupyter_server_terminals": True,
                    **own.get("ServerApp", {}).get("jpserver_extensions", {}),
                },
            },
            "ColophonExtension": {
                "host_command": [
                    sys.executable,
                    str(HERE / "recording_host.py"),
                    str(self.host_folder),
                ],
                "backoff_first_seconds": 0.1,
                **own.get("ColophonExtension", {}),
            },
        }
        path = folder / "config" / "jupyter_server_config.json"
        path.write_text(json.dumps(merged))
        self.environment = {
            **os.environ,
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_DATA_DIR": str(self.data),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            "JUPYTER_PLATFORM_DIRS": "0",
            "PYTHONPATH": os.pathsep.join([str(folder), str(HERE), str(HERE.parent.parent)]),
            **(environment or {}),
        }
        self.log = folder / "log"
        self.process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def start(self) -> Server:
        """Start it and wait until it answers."""
        for left in (self.folder / "runtime").glob("jpserver-*.json"):
            left.unlink()
        with open(self.log, "ab") as log:
            arguments = ["--allow-root"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyter_server", *arguments],
                cwd=self.folder / "cwd",
                env=self.environment,
                # No terminal, as below a JupyterHub: at one it would ask whether it is to end.
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        pid = self.process.pid
        info = self.folder / "runtime" / f"jpserver-{pid}.json"

        def address() -> str | None:
            assert self.process is not None and self.process.poll() is None, self.read_log()
            try:
                return str(json.loads(info.read_text())["url"])
            except (OSError, ValueError):
                return None

        self.url = until(address, "the server's address")
        return self

    def read_log(self) -> str:
        return self.log.read_text(errors="replace")

    def stop(self, how: int = signal.SIGTERM) -> None:
        """End it; SIGTERM twice means: without asking."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(20)
            self.process = None

    def request(self, method: str, path: str, token: str | None = None, **more: Any) -> Any:
        """An HTTP request below the server's URL; the token "" means none."""
        headers = dict(more.pop("headers", {}))
        used = self.token if token is None else token
        if used:
            headers.setdefault("Authorization", f"token {used}")
        answer = httpx.request(
            method, self.url + path, headers=headers, timeout=DEADLINE, trust_env=False, **more
        )
        check(method, path, answer)
        return answer

    def status(self) -> dict[str, Any]:
        answer = self.request("GET", "colophon/status")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def running(self) -> Server:
        """Wait until the host runs."""

        def runs() -> bool:
            try:
                return bool(self.status()["state"] == "running")
            except httpx.ConnectError:
                # The server tells its address a moment before it listens.
                return False

        until(runs, "the host runs")
        return self

    def taken(self) -> list[dict[str, Any]]:
        """What the recording host has taken, in order."""
        path = self.host_folder / "taken.jsonl"
        if not path.exists():
            return []
        lines = path.read_text().split("\n")
        return [json.loads(line) for line in lines[:-1]]

    def frames(self, kind: str) -> list[dict[str, Any]]:
        return [frame for frame in self.taken() if frame["type"] == kind]

    def host_says(self, **frame: Any) -> None:
        """Let the recording host send this frame."""
        assert self.request("POST", "colophon/api/frame", json=frame).status_code == 200

    def grant(self, token: str, stream: str = "/notebooks/n") -> None:
        """Let the host grant an agent token and wait for it."""
        actor = {"kind": "runtime", "id": "runtime", "name": "Runtime"}
        self.host_says(type="token.grant", id=token, token=token, actor=actor, stream=stream)
        until(
            lambda: any(frame["id"] == token for frame in self.frames("token.granted")),
            "the token is granted",
        )

    def write(self, name: str, content: dict[str, Any]) -> None:
        (self.root / name).write_text(json.dumps(content))

    def saved_source(self, name: str, index: int = 0) -> str:
        """The source of a cell in the file; empty while the server is writing it."""
        try:
            return "".join(self.read(name)["cells"][index]["source"])
        except ValueError:
            return ""

    def read(self, name: str) -> dict[str, Any]:
        return dict(json.loads((self.root / name).read_text()))

    def websocket(self, path: str, **headers: str) -> Any:
        """An awaitable websocket connection."""
        url = self.url.replace("http", "ws", 1) + path
        return websocket_connect(HTTPRequest(url, headers=headers), max_message_size=1 << 30)


class Peer:
    """A client of a room. `document` is its own copy; what is changed in it goes to the room."""

    def __init__(
        self,
        socket: WebSocketClientConnection,
        room_id: str,
        client_id: int | None,
        document: YNotebook | None = None,
    ) -> None:
        self.room_id = room_id
        ydoc: Doc[Any] = Doc() if client_id is None else Doc(client_id=client_id)
        self.document = document or YNotebook(ydoc)
        self._socket = socket
        self._applying = False
        #: Updates that went to the room, and those that came from it, as messages.
        self.said: list[bytes] = []
        self.heard: list[bytes] = []
        self.synced = asyncio.Event()
        #: Messages that are none of the protocols of Yjs.
        self.others: list[bytes] = []
        self._subscription = self.document.ydoc.observe(self._changed)
        self._reading = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        await self._socket.write_message(create_sync_message(self.document.ydoc), binary=True)
        while (message := await self._socket.read_message()) is not None:
            if isinstance(message, str) or message[0] != YMessageType.SYNC:
                if not isinstance(message, str) and message[0] > YMessageType.AWARENESS:
                    self.others.append(message)
                continue
            if message[1] == YSyncMessageType.SYNC_UPDATE:
                self.heard.append(message)
            self._applying = True
            reply = handle_sync_message(message[1:], self.document.ydoc)
            self._applying = False
            if reply is not None:
                await self._socket.write_message(reply, binary=True)
            if message[1] == YSyncMessageType.SYNC_STEP2:
                self.synced.set()

    def _changed(self, event: Any) -> None:
        if not self._applying:
            self.said.append(create_update_message(event.update))
            self._socket.write_message(self.said[-1], binary=True)

    def send(self, message: bytes) -> None:
        """Any message."""
        self._socket.write_message(message, binary=True)

    def source(self, index: int = 0) -> Any:
        """The live text of a cell."""
        return self.document.ycells[index]["source"]

    async def close(self) -> None:
        self.document.ydoc.unobserve(self._subscription)
        self._socket.close()
        await asyncio.wait({self._reading}, timeout=5)


@contextlib.asynccontextmanager
async def joined(
    server: Server,
    name: str,
    token: str = "alice-token",
    *,
    client_id: int | None = None,
    session: dict[str, Any] | None = None,
) -> AsyncIterator[Peer]:
    """A peer in the room of a notebook, synchronized."""
    if session is None:
        session = await asyncio.to_thread(open_session, server, name, token)
    room_id = f"json:notebook:{session['fileId']}"
    agent = token.startswith("agent")
    query = f"?sessionId={session['sessionId']}"
    query += f"&{'agent_token' if agent else 'token'}={token}"
    socket = await server.websocket(f"api/collaboration/room/{room_id}{query}")
    peer = Peer(socket, room_id, client_id)
    await asyncio.wait_for(peer.synced.wait(), DEADLINE)
    try:
        yield peer
    finally:
        await peer.close()


def open_session(server: Server, name: str, token: str) -> dict[str, Any]:
    """Ask the server for the room of a notebook."""
    body = {"format": "json", "type": "notebook"}
    path = f"api/collaboration/session/{quote(name, safe='')}"
    if token.startswith("agent"):
        headers = {"Colophon-Agent-Token": token}
        answer = server.request("PUT", path, "", json=body, headers=headers)
    else:
        answer = server.request("PUT", path, token, json=body)
    assert answer.status_code in (200, 201), answer.text
    return dict(answer.json())


@contextlib.contextmanager
def serving(server: Server) -> Iterator[Server]:
    """A server for the length of a block."""
    server.start()
    try:
        yield server
    finally:
        if server.process is not None:
            server.stop(signal.SIGKILL if server.process.poll() is None else 0)
