"""The kernel tap: everything a kernel says, once and in order."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import pytest
from servers import DEADLINE, Server, serving
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


@pytest.fixture(scope="module", params=["here", "behind a gateway"])
def tapped(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server whose kernels are its own, and one whose kernels are another server's."""
    with ExitStack() as stack:

        def started(name: str, config: dict[str, Any]) -> Server:
            server = Server(tmp_path_factory.mktemp(name), config=config)
            return stack.enter_context(serving(server)).running()

        config: dict[str, Any] = {}
        if request.param != "here":
            gateway = started("gateway", {"ZMQChannelsWebsocketConnection": {"limit_rate": False}})
            client = {"url": gateway.url.rstrip("/"), "auth_token": gateway.token}
            config = {"GatewayClient": client}
        server = started("server", config)
        server.grant(TOKEN)
        yield server


def test_complete(tapped: Server) -> None:
    """[T60] Eight megabytes in 400 messages arrive complete and in order, from a kernel that was
    tapped before it was asked, to an agent that is slow."""

    async def scenario() -> None:
        async with kernel_of(tapped) as (kernel, execute):
            agent = await attach(tapped, kernel)
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


def test_buffers(tapped: Server) -> None:
    """[T61] Metadata and binary buffers come along, large ones too."""

    async def scenario() -> None:
        async with kernel_of(tapped) as (kernel, execute):
            agent = await attach(tapped, kernel)
            identity = await execute(
                "get_ipython().kernel.session.send(get_ipython().kernel.iopub_socket, 'comm_msg',"
                " {'data': {}, 'comm_id': 'ü'}, metadata={'m': 1},"
                " buffers=[b'\\x00\\xff', b'', b'ab' * 3_000_000],"
                " parent=get_ipython().kernel.get_parent())"
            )
            messages = await agent.read_until(idle(identity))
            comm = next(m for m in messages if m["header"]["msg_type"] == "comm_msg")
            assert comm["buffers"] == ["AP8=", "", "YWJhYmFi" * 1_000_000]
            assert comm["metadata"] == {"m": 1}
            assert comm["content"]["comm_id"] == "ü"
            await agent.close()

    asyncio.run(scenario())


def test_resume(tapped: Server) -> None:
    """[T62] What the kernel says while no agent is attached is kept; an agent goes on behind what
    it has, and a newer agent replaces the older."""

    async def scenario() -> None:
        async with kernel_of(tapped) as (kernel, execute):
            first = await attach(tapped, kernel)
            identity = await execute("print('one')")
            messages = await first.read_until(lambda m: m["header"]["msg_type"] == "stream")
            await first.close()
            await execute("for i in range(50): print(i)")
            last = await execute("print('end')")
            second = await attach(tapped, kernel, first)
            assert second.attached == {
                "type": "attached",
                "tap": first.tap,
                "next": first.last + 1,
                "lost": False,
            }
            messages += await second.read_until(idle(last))
            assert text_of(messages, identity) == "one\n" and text_of(messages, last) == "end\n"
            third = await attach(tapped, kernel, second)
            assert await second.socket.read_message() is None
            assert second.socket.close_code == 4409
            await third.close()

    asyncio.run(scenario())


def test_large_and_many(tapped: Server, request: pytest.FixtureRequest) -> None:
    """[F19] A message of many megabytes comes in pieces, thousands of small ones in few frames, and
    each is there once, in order."""
    # A gateway gives up on what is more than a thousand messages behind.
    many = 3000 if request.node.callspec.params["tapped"] == "here" else 500

    async def scenario() -> None:
        async with kernel_of(tapped) as (kernel, execute):
            agent = await attach(tapped, kernel)
            identity = await execute(
                "from IPython.display import HTML, display\n"
                "display(HTML('é' * 5_000_000))\n"
                "import sys\n"
                f"for i in range({many}): print(i); sys.stdout.flush()"
            )
            messages = await agent.read_until(idle(identity))
            [shown] = [m for m in messages if m["header"]["msg_type"] == "display_data"]
            assert shown["content"]["data"]["text/html"] == "é" * 5_000_000
            assert text_of(messages, identity) == "".join(f"{i}\n" for i in range(many))
            assert agent.frames < len(messages)

    asyncio.run(scenario())


def test_lost(tapped: Server) -> None:
    """[T63] An agent that asks for what was acknowledged, or of another subscription, is told that
    it is lost."""

    async def scenario() -> None:
        async with kernel_of(tapped) as (kernel, execute):
            first = await attach(tapped, kernel)
            start = first.last
            await first.read_until(idle(await execute("print('x')")))
            await first.acknowledge()
            await first.read_until(idle(await execute("print('y')")))
            await first.close()
            acknowledged = Agent.__new__(Agent)
            acknowledged.tap, acknowledged.last = first.tap, start
            # Behind a gateway it is forgotten once the room's store has it, too.
            while not (await attach(tapped, kernel, acknowledged)).attached["lost"]:
                continue
            other = Agent.__new__(Agent)
            other.tap, other.last = "another", first.last
            assert (await attach(tapped, kernel, other)).attached["lost"] is True
            again = await attach(tapped, kernel, first)
            assert again.attached["lost"] is False
            await again.close()

    asyncio.run(scenario())


def test_restart(tapped: Server) -> None:
    """[T64] A restart is told once the new kernel is heard; what it then says is complete."""

    async def scenario() -> None:
        async with kernel_of(tapped) as (kernel, execute):
            agent = await attach(tapped, kernel)
            for _ in range(2):
                restart = asyncio.ensure_future(
                    asyncio.to_thread(tapped.request, "POST", f"api/kernels/{kernel}/restart")
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


def test_end(tapped: Server) -> None:
    """[DK13] Whoever comes to the output of a kernel that has ended, and either begins there or has
    read of the end, is turned away; who has not read of it does so."""

    async def scenario() -> None:
        async with kernel_of(tapped) as (kernel, _):
            agent = await attach(tapped, kernel)
            await agent.close()
            await asyncio.to_thread(tapped.request, "DELETE", f"api/kernels/{kernel}")
            late = await attach(tapped, kernel, agent)
            [*_, end] = await late.read_until(lambda m: "event" in m)
            assert end["event"] == "shut-down"
            await late.close()
            for position in ("", f"?after={late.last}&tap={late.tap}"):
                socket = await tapped.websocket(
                    f"colophon/kernels/{kernel}/iopub{position}", **{"Colophon-Agent-Token": TOKEN}
                )
                assert await asyncio.wait_for(socket.read_message(), DEADLINE) is None
                assert socket.close_code == 4504

    asyncio.run(scenario())


def test_death_and_shutdown(tapped: Server) -> None:
    """[T65] A kernel that dies is told as dead, then as restarted; one that is shut down as shut
    down, and what it said before can still be read."""

    async def scenario() -> None:
        async with kernel_of(tapped) as (kernel, execute):
            agent = await attach(tapped, kernel)
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
            reader = await attach(tapped, kernel, agent)
            messages = await reader.read_until(idle(identity))
            await reader.close()
            await asyncio.to_thread(tapped.request, "DELETE", f"api/kernels/{kernel}")
            late = await attach(tapped, kernel, agent)
            messages = await late.read_until(lambda m: m.get("event") == "shut-down")
            spoken = [message for message in messages if "event" not in message]
            assert text_of(spoken, identity) == "last words\n"
            await late.close()
            with pytest.raises(HTTPClientError) as unknown:
                await attach(tapped, "no-such-kernel")
            assert unknown.value.code == 404

    asyncio.run(scenario())


MARK = "print(get_ipython().kernel.iopub_thread.socket.getsockopt(__import__('zmq').SNDHWM))"
OWN = "print([name for name in globals() if name[0] != '_'], _ih[1:])"


def test_publishes_all(shared: Server) -> None:
    """[T87] A Python kernel on this machine publishes without a mark above which it would drop
    messages: from before the first run on, after a restart, and once it was busy. Its names and
    its history are as they were."""
    shared.grant(TOKEN)

    async def scenario() -> None:
        async with kernel_of(shared) as (kernel, execute):

            async def said(agent: Agent, code: str) -> str:
                identity = await execute(code)
                return text_of(await agent.read_until(idle(identity)), identity)

            await execute("import time; time.sleep(1)")
            agent = await attach(shared, kernel)
            await said(agent, "del time")
            assert await said(agent, MARK) == "0\n"
            await asyncio.to_thread(shared.request, "POST", f"api/kernels/{kernel}/restart")
            await agent.read_until(lambda m: m.get("event") == "restarted")
            names = ["In", "Out", "get_ipython", "exit", "quit", "open"]
            assert await said(agent, OWN) == f"{names} {[OWN]}\n"
            assert await said(agent, MARK) == "0\n"
            await agent.close()

    asyncio.run(scenario())
