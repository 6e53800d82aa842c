"""The kernel tap: everything a kernel says, once and in order."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from servers import DEADLINE, Server
from tornado.httpclient import HTTPClientError

TOKEN = "agent-kernel"


class Agent:
    """An attachment to a kernel's tap."""

    def __init__(self, socket: Any, attached: dict[str, Any]) -> None:
        self.socket, self.attached = socket, attached
        self.tap, self.last = attached["tap"], attached["next"] - 1
        self.came: list[dict[str, Any]] = []
        self.frames = 0

    async def read(self) -> dict[str, Any]:
        """The next message; numbers have no gap."""
        while not self.came:
            said = json.loads(await self._frame())
            if isinstance(said, dict) and "pieces" in said:
                said = json.loads(b"".join([await self._frame() for _ in range(said["pieces"])]))
            messages = said if isinstance(said, list) else [said]
            self.came.extend(each for each in messages if "environment" not in each)
        message = self.came.pop(0)
        assert message["seq"] == self.last + 1
        self.last = message["seq"]
        return message

    async def _frame(self) -> Any:
        frame = await asyncio.wait_for(self.socket.read_message(), DEADLINE)
        assert frame is not None, (self.socket.close_code, self.socket.close_reason)
        self.frames += 1
        return frame

    async def read_until(self, wanted: Any) -> list[dict[str, Any]]:
        """Read up to and including the first message for which `wanted` is true."""
        messages = []
        while True:
            messages.append(await self.read())
            if wanted(messages[-1]):
                return messages

    async def acknowledge(self) -> None:
        await self.socket.write_message(json.dumps({"ack": self.last}))

    async def close(self) -> None:
        self.socket.close()
        while await self.socket.read_message() is not None:
            pass


async def attach(server: Server, kernel: str, agent: Agent | None = None) -> Agent:
    """Attach as the runtime, behind what another attachment has read."""
    position = "" if agent is None else f"?after={agent.last}&tap={agent.tap}"
    socket = await server.websocket(
        f"colophon/kernels/{kernel}/iopub{position}", **{"Colophon-Agent-Token": TOKEN}
    )
    text = await asyncio.wait_for(socket.read_message(), DEADLINE)
    assert text is not None, (socket.close_code, socket.close_reason)
    attached = json.loads(text)
    assert attached["type"] == "attached"
    return Agent(socket, attached)


@asynccontextmanager
async def kernel_of(server: Server) -> AsyncIterator[tuple[str, Any]]:
    """A kernel, and what runs code on it: `await execute(code)` returns the msg_id, which `before`
    is called with first."""
    kernel = (
        await asyncio.to_thread(server.request, "POST", "api/kernels", json={"name": "python3"})
    ).json()["id"]
    socket = await server.websocket(f"api/kernels/{kernel}/channels?token=alice-token")

    async def drain() -> None:
        while await socket.read_message() is not None:
            pass

    draining = asyncio.ensure_future(drain())

    async def execute(code: str, before: Callable[[str], Awaitable[None]] | None = None) -> str:
        identity = uuid.uuid4().hex
        if before is not None:
            await before(identity)
        header = {
            "msg_id": identity,
            "msg_type": "execute_request",
            "username": "",
            "session": "s",
            "date": "2026-01-01T00:00:00Z",
            "version": "5.3",
        }
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        await socket.write_message(
            json.dumps(
                {
                    "header": header,
                    "parent_header": {},
                    "metadata": {},
                    "content": content,
                    "channel": "shell",
                    "buffers": [],
                }
            )
        )
        return identity

    try:
        yield kernel, execute
    finally:
        socket.close()
        await draining
        await asyncio.to_thread(server.request, "DELETE", f"api/kernels/{kernel}")


def idle(identity: str) -> Any:
    return lambda message: (
        message.get("parent_header", {}).get("msg_id") == identity
        and message["header"]["msg_type"] == "status"
        and message["content"]["execution_state"] == "idle"
    )


def text_of(messages: list[dict[str, Any]], identity: str) -> str:
    return "".join(
        message["content"]["text"]
        for message in messages
        if message.get("parent_header", {}).get("msg_id") == identity
        and message["header"]["msg_type"] == "stream"
    )


@pytest.fixture(scope="module", autouse=True)
def granted(shared: Server) -> None:
    shared.grant(TOKEN)


def test_complete(shared: Server) -> None:
    """[T60] Eight megabytes in 400 messages arrive complete and in order, from a kernel that was
    tapped before it was asked, to an agent that is slow."""

    async def scenario() -> None:
        async with kernel_of(shared) as (kernel, execute):
            agent = await attach(shared, kernel)
            assert agent.attached["lost"] is False
            code = (
                "import sys\n"
                "for i in range(400):\n"
                "    sys.stdout.write(f'<{i}>' + 'x' * 20_000); sys.stdout.flush()\n"
            )
            identity = await execute(code)
            messages = await agent.read_until(idle(identity))
            expected = "".join(f"<{i}>" + "x" * 20_000 for i in range(400))
            assert text_of(messages, identity) == expected
            await agent.close()

    asyncio.run(scenario())


def test_buffers(shared: Server) -> None:
    """[T61] Metadata and binary buffers come along."""

    async def scenario() -> None:
        async with kernel_of(shared) as (kernel, execute):
            agent = await attach(shared, kernel)
            identity = await execute(
                "get_ipython().kernel.session.send(get_ipython().kernel.iopub_socket, 'comm_msg',"
                " {'data': {}, 'comm_id': 'ü'}, metadata={'m': 1}, buffers=[b'\\x00\\xff', b''],"
                " parent=get_ipython().kernel.get_parent())"
            )
            messages = await agent.read_until(idle(identity))
            comm = next(m for m in messages if m["header"]["msg_type"] == "comm_msg")
            assert comm["buffers"] == ["AP8=", ""] and comm["metadata"] == {"m": 1}
            assert comm["content"]["comm_id"] == "ü"
            await agent.close()

    asyncio.run(scenario())


def test_resume(shared: Server) -> None:
    """[T62] What the kernel says while no agent is attached is kept; an agent goes on behind what
    it has, and a newer agent replaces the older."""

    async def scenario() -> None:
        async with kernel_of(shared) as (kernel, execute):
            first = await attach(shared, kernel)
            identity = await execute("print('one')")
            messages = await first.read_until(lambda m: m["header"]["msg_type"] == "stream")
            await first.close()
            await execute("for i in range(50): print(i)")
            last = await execute("print('end')")
            second = await attach(shared, kernel, first)
            assert second.attached == {
                "type": "attached",
                "tap": first.tap,
                "next": first.last + 1,
                "lost": False,
            }
            messages += await second.read_until(idle(last))
            assert text_of(messages, identity) == "one\n" and text_of(messages, last) == "end\n"
            third = await attach(shared, kernel, second)
            assert await second.socket.read_message() is None
            assert second.socket.close_code == 4409
            await third.close()

    asyncio.run(scenario())


def test_large_and_many(shared: Server) -> None:
    """[F19] A message of many megabytes comes in pieces, thousands of small ones in few frames, and
    each is there once, in order."""

    async def scenario() -> None:
        async with kernel_of(shared) as (kernel, execute):
            agent = await attach(shared, kernel)
            identity = await execute(
                "from IPython.display import HTML, display\n"
                "display(HTML('é' * 5_000_000))\n"
                "import sys\n"
                "for i in range(3000): print(i); sys.stdout.flush()"
            )
            messages = await agent.read_until(idle(identity))
            [shown] = [m for m in messages if m["header"]["msg_type"] == "display_data"]
            assert shown["content"]["data"]["text/html"] == "é" * 5_000_000
            assert text_of(messages, identity) == "".join(f"{i}\n" for i in range(3000))
            assert agent.frames < len(messages)

    asyncio.run(scenario())


def test_lost(shared: Server) -> None:
    """[T63] An agent that asks for what was acknowledged, or of another subscription, is told that
    it is lost."""

    async def scenario() -> None:
        async with kernel_of(shared) as (kernel, execute):
            first = await attach(shared, kernel)
            start = first.last
            await first.read_until(idle(await execute("print('x')")))
            await first.acknowledge()
            await first.read_until(idle(await execute("print('y')")))
            await first.close()
            acknowledged = Agent.__new__(Agent)
            acknowledged.tap, acknowledged.last = first.tap, start
            assert (await attach(shared, kernel, acknowledged)).attached["lost"] is True
            other = Agent.__new__(Agent)
            other.tap, other.last = "another", first.last
            assert (await attach(shared, kernel, other)).attached["lost"] is True
            again = await attach(shared, kernel, first)
            assert again.attached["lost"] is False
            await again.close()

    asyncio.run(scenario())


def test_restart(shared: Server) -> None:
    """[T64] A restart is told once the new kernel is heard; what it then says is complete."""

    async def scenario() -> None:
        async with kernel_of(shared) as (kernel, execute):
            agent = await attach(shared, kernel)
            for _ in range(2):
                restart = asyncio.ensure_future(
                    asyncio.to_thread(shared.request, "POST", f"api/kernels/{kernel}/restart")
                )
                messages = await agent.read_until(lambda m: "event" in m)
                assert messages[-1]["event"] == "restarted"
                await restart
                identity = await execute("print('after')")
                messages = await agent.read_until(idle(identity))
                assert text_of(messages, identity) == "after\n"
                assert not [message for message in messages if "event" in message]
            await agent.close()

    asyncio.run(scenario())


def test_death_and_shutdown(shared: Server) -> None:
    """[T65] A kernel that dies is told as dead, then as restarted; one that is shut down as shut
    down, and what it said before can still be read."""

    async def scenario() -> None:
        async with kernel_of(shared) as (kernel, execute):
            agent = await attach(shared, kernel)
            identity = await execute("import os; print(os.getpid())")
            pid = int(text_of(await agent.read_until(idle(identity)), identity))
            os.kill(pid, signal.SIGKILL)
            events = [
                (await agent.read_until(lambda m: "event" in m))[-1]["event"] for _ in range(2)
            ]
            assert events == ["died", "restarted"]
            identity = await execute("print('last words')")
            await agent.read_until(lambda m: m["header"]["msg_type"] == "execute_input")
            await agent.close()
            reader = await attach(shared, kernel, agent)
            messages = await reader.read_until(idle(identity))
            await reader.close()
            await asyncio.to_thread(shared.request, "DELETE", f"api/kernels/{kernel}")
            late = await attach(shared, kernel, agent)
            messages = await late.read_until(lambda m: m.get("event") == "shut-down")
            spoken = [message for message in messages if "event" not in message]
            assert text_of(spoken, identity) == "last words\n"
            await late.close()
            with pytest.raises(HTTPClientError) as unknown:
                await attach(shared, "no-such-kernel")
            assert unknown.value.code == 404

    asyncio.run(scenario())
