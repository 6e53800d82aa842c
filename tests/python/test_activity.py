"""Runs that are active are not culled; what is over may be."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from servers import Server
from test_kernel_tap import TOKEN, Agent, attach, idle, kernel_of, text_of

#: Cullers of all kinds, in seconds, that spare neither busy nor connected kernels.
CULLING = {
    "MappingKernelManager": {
        "cull_idle_timeout": 2,
        "cull_interval": 1,
        "cull_busy": True,
        "cull_connected": True,
    }
}


async def give(agent: Agent, execution_id: str | None, limits: Any = None) -> None:
    """Tell the server which run the kernel gets, as an agent does."""
    run = None if execution_id is None else {"executionId": execution_id, "limits": limits}
    await agent.socket.write_message(json.dumps({"run": run}))


async def listed(server: Server) -> list[str]:
    """Ids of the kernels that there are."""
    kernels = await asyncio.to_thread(server.request, "GET", "api/kernels?no_track_activity=1")
    return [kernel["id"] for kernel in kernels.json()]


async def last_activity(server: Server) -> datetime:
    """When the server was last in use, as JupyterHub is told."""
    status = await asyncio.to_thread(server.request, "GET", "api/status?no_track_activity=1")
    return datetime.fromisoformat(status.json()["last_activity"].replace("Z", "+00:00"))


def test_silent_run_is_not_culled(start: Callable[..., Server]) -> None:
    """[C1] A silent cell that runs thrice as long as the cullers' patience keeps its kernel, with
    cullers that spare neither busy nor connected kernels, and the server tells of activity all the
    while; the output is there; after the run the kernel is culled, though the agent is attached."""
    server = start(config=CULLING).running()
    server.grant(TOKEN)

    async def scenario() -> None:
        async with kernel_of(server) as (kernel, execute):
            agent = await attach(server, kernel)
            # An execution's id is the id of its message.
            code = "import time; time.sleep(6); print('whole')"
            identity = await execute(code, before=lambda chosen: give(agent, chosen))
            await agent.read_until(lambda m: m["header"]["msg_type"] == "execute_input")
            began = await last_activity(server)
            reading = asyncio.ensure_future(agent.read_until(idle(identity)))
            seen = {began}
            while not reading.done():
                assert await listed(server) == [kernel]
                seen.add(await last_activity(server))
                await asyncio.wait({reading}, timeout=0.3)
            assert text_of(await reading, identity) == "whole\n"
            assert (max(seen) - began).total_seconds() > 5 and len(seen) > 10
            await give(agent, None)
            await agent.read_until(lambda m: m.get("event") == "shut-down")
            assert await listed(server) == []

    asyncio.run(scenario())


def test_run_whose_agent_is_gone(start: Callable[..., Server]) -> None:
    """[C2] A run whose agent is killed is not culled either, and its end is noticed without an
    agent: after it the kernel is culled."""
    server = start(config=CULLING).running()
    server.grant(TOKEN)

    async def scenario() -> None:
        async with kernel_of(server) as (kernel, execute):
            agent = await attach(server, kernel)
            identity = await execute(
                "import time; time.sleep(5); print('whole')",
                before=lambda chosen: give(agent, chosen),
            )
            await agent.read_until(lambda m: m["header"]["msg_type"] == "execute_input")
            await agent.close()

            async def culled() -> bool:
                return await listed(server) == []

            began = asyncio.get_running_loop().time()
            while not await culled():
                await asyncio.sleep(0.1)
            assert asyncio.get_running_loop().time() - began > 5
            late = await attach(server, kernel, agent)
            messages = await late.read_until(lambda m: m.get("event") == "shut-down")
            spoken = [message for message in messages if "event" not in message]
            assert text_of(spoken, identity) == "whole\n"

    asyncio.run(scenario())


def test_without_a_run_nothing_is_held(start: Callable[..., Server]) -> None:
    """[C3] An agent that is attached and runs nothing keeps no kernel from the cullers, and the
    page that shows the use of resources is no activity."""
    server = start(config=CULLING).running()
    server.grant(TOKEN)

    async def scenario() -> None:
        async with kernel_of(server) as (kernel, _):
            agent = await attach(server, kernel)
            before = await last_activity(server)
            for _ in range(3):
                answer = await asyncio.to_thread(
                    server.request, "GET", f"colophon/resources?kernel={kernel}"
                )
                assert answer.json()["kernel"]["memoryBytes"] > 1 << 20
            assert await last_activity(server) == before
            await agent.read_until(lambda m: m.get("event") == "shut-down")

    asyncio.run(scenario())
