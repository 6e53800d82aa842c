"""Kernels behind a gateway: a second Jupyter Server that the first one sends for its kernels."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from servers import DEADLINE, Server, eventually, serving
from test_kernel_tap import TOKEN, attach, idle, text_of

RUNTIME = "colophon-file"
#: A kernel that nobody uses is hung up on sooner than in a minute.
IMPATIENT = "import jupyterlab_colophon.gateway_tap as tap\ntap._UNUSED = 1.0\n"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(Server(tmp_path_factory.mktemp("gateway"))) as server:
        yield server.running()


@pytest.fixture(scope="module")
def behind(gateway: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose kernels are behind the gateway."""
    config = {"GatewayClient": {"url": gateway.url.rstrip("/"), "auth_token": gateway.token}}
    folder = tmp_path_factory.mktemp("server")
    with serving(Server(folder, config=config, files={"sitecustomize.py": IMPATIENT})) as server:
        yield server.running()


class Client:
    """A websocket of a session's name to a kernel."""

    def __init__(self, socket: Any, name: str) -> None:
        self._socket, self._name = socket, name

    @classmethod
    async def connect(cls, server: Server, kernel: str, name: str) -> Client:
        path = f"api/kernels/{kernel}/channels?token=alice-token&session_id={name}"
        return cls(await server.websocket(path), name)

    async def send(
        self, channel: str, kind: str, identity: str, parent: Any = None, **content: Any
    ) -> None:
        # Pages may call themselves by another name in their messages.
        session = self._name if self._name == RUNTIME else "another"
        header = {"msg_id": identity, "msg_type": kind, "session": session, "username": ""}
        header |= {"date": "2026-01-01T00:00:00Z", "version": "5.3"}
        message = {"channel": channel, "header": header, "metadata": {}}
        message["parent_header"] = parent or {}
        await self._socket.write_message(json.dumps({**message, "content": content, "buffers": []}))

    async def answer(self, question: dict[str, Any], value: str) -> None:
        name = f"{value} to {question['header']['msg_id']}"
        await self.send("stdin", "input_reply", name, question["header"], value=value, status="ok")

    async def execute(self, code: str, identity: str) -> None:
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": True}
        await self.send("shell", "execute_request", identity, **content)

    async def read_until(self, kind: str) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = []
        while not messages or messages[-1]["header"]["msg_type"] != kind:
            text = await asyncio.wait_for(self._socket.read_message(), DEADLINE)
            messages.append(json.loads(text))
        return messages

    def close(self) -> None:
        self._socket.close()


def begin_session(server: Server, path: str) -> dict[str, Any]:
    body = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
    return dict(server.request("POST", "api/sessions", json=body).json())


def test_limits(behind: Server) -> None:
    """[GW4] Time and output are limited behind a gateway, too; that memory and processor time are
    not is said, once for each kernel."""
    behind.grant(TOKEN)
    kernel = begin_session(behind, "n.ipynb")["kernel"]["id"]

    async def scenario() -> None:
        agent = await attach(behind, kernel)
        runtime = await Client.connect(behind, kernel, RUNTIME)
        for limits, code, limit in (
            ({"wallSeconds": 0.5}, "import time\ntime.sleep(60)", "wall-time"),
            ({"outputBytes": 100}, "import time\nprint('x' * 200)\ntime.sleep(60)", "output"),
        ):
            run = {"executionId": limit, "limits": {**limits, "memoryBytes": 1}}
            await agent.socket.write_message(json.dumps({"run": run}))
            await runtime.execute(code, limit)
            [*_, reached] = await agent.read_until(lambda each: "limit" in each)
            assert reached["limit"]["limit"] == limit
            messages = await agent.read_until(idle(limit))
            assert "KeyboardInterrupt" in json.dumps(messages)
        runtime.close()

    asyncio.run(scenario())
    notices = [each for each in behind.status()["notices"] if each["code"] == "limits-not-held"]
    assert len(notices) == 1 and "gateway" in notices[0]["message"]
    behind.request("DELETE", f"api/kernels/{kernel}")


def test_unused(gateway: Server, behind: Server) -> None:
    """[GW13] A kernel at rest that nobody uses is hung up on, so that the gateway may cull it; who
    comes then has it as before, with what it said meanwhile."""
    behind.grant(TOKEN)
    kernel = begin_session(behind, "unused.ipynb")["kernel"]["id"]

    async def scenario() -> None:
        agent = await attach(behind, kernel)
        page = await Client.connect(behind, kernel, "page")
        later = "import threading, time\nprint(1)\ndef late(): print(2, flush=True)\n"
        await page.execute(later + "threading.Timer(3, late).start()", "run")
        await agent.read_until(idle("run"))
        page.close()
        await agent.close()
        path = f"api/kernels/{kernel}"
        await eventually(
            lambda: gateway.request("GET", path).json()["connections"] == 0, "it is hung up"
        )
        again = await attach(behind, kernel, agent)
        assert (again.tap, again.attached["lost"]) == (agent.tap, False)
        messages = await again.read_until(lambda each: each["content"].get("text") == "2\n")
        assert not [each for each in messages if "gap" in each]
        await again.close()

    asyncio.run(scenario())
    behind.request("DELETE", f"api/kernels/{kernel}")


def test_taken_up(gateway: Server, behind: Server) -> None:
    """[GW3] A server that was killed is followed by one that has its kernels again, in the same
    sessions, with what was not acknowledged and the question that waits; a kernel that is gone at
    the gateway is gone. Nothing steps back."""
    behind.grant(TOKEN)
    assert behind.status()["stepBack"] is None
    kept, lost = begin_session(behind, "kept.ipynb"), begin_session(behind, "lost.ipynb")
    kernel, gone = kept["kernel"]["id"], lost["kernel"]["id"]

    async def before() -> Any:
        (await (await attach(behind, gone)).close())
        agent = await attach(behind, kernel)
        runtime = await Client.connect(behind, kernel, RUNTIME)
        code = "print('one'); who = input('who? '); print(who, input('and? '))"
        await runtime.execute(code, "ask")
        messages = await runtime.read_until("input_request")
        assert "stream" not in [each["header"]["msg_type"] for each in messages]
        await agent.read_until(lambda each: each["header"]["msg_type"] == "execute_input")
        spools = behind.data / "colophon" / "spool" / "kernels"
        await eventually(
            lambda: all(b'"id":' in each.read_bytes() for each in spools.glob("*.frames")),
            "the sessions are noted",
        )
        # What is on its way from the gateway when the server is killed would be lost, and told.
        await eventually(
            lambda: any(b'"one\\n"' in each.read_bytes() for each in spools.glob("*.frames")),
            "the output is noted",
        )
        behind.stop(signal.SIGKILL)
        return agent, spools

    agent, spools = asyncio.run(before())
    gateway.request("DELETE", f"api/kernels/{gone}")
    behind.start().running().grant(TOKEN)
    # Said behind that one; that one was granted by the host before, too.
    behind.grant("agent-second")
    assert [each["id"] for each in behind.request("GET", "api/kernels").json()] == [kernel]
    sessions = behind.request("GET", "api/sessions").json()
    assert [(each["id"], each["path"]) for each in sessions] == [(kept["id"], "kept.ipynb")]
    assert len(list(spools.glob("*.frames"))) == 1

    async def after() -> None:
        again = await attach(behind, kernel, agent)
        assert (again.tap, again.attached["lost"]) == (agent.tap, False)
        other = await Client.connect(behind, kernel, "page")
        runtime = await Client.connect(behind, kernel, RUNTIME)
        [*_, question] = await runtime.read_until("input_request")
        assert question["content"]["prompt"] == "who? "
        # Of two answers to a question the first one counts.
        for value in ("me", "not me"):
            await runtime.answer(question, value)
        [*_, question] = await runtime.read_until("input_request")
        await runtime.answer(question, "you")
        messages = await again.read_until(idle("ask"))
        assert text_of(messages, "ask") == "one\nme you\n"
        assert not [each for each in messages if "gap" in each]
        await runtime.read_until("execute_reply")
        await other.send("shell", "kernel_info_request", "info")
        seen = await other.read_until("kernel_info_reply")
        assert "execute_reply" not in [each["header"]["msg_type"] for each in seen]
        for each in (runtime, other):
            each.close()

    asyncio.run(after())
