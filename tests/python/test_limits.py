"""What a run may take: the limit that it reaches interrupts it, and is told in its place."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from servers import Server, until
from test_activity import give
from test_kernel_tap import TOKEN, Agent, attach, idle, kernel_of, text_of

from jupyterlab_colophon.limits import Limits, Taken, reached
from jupyterlab_colophon.resources import tree, use_of

MEBIBYTE = 1 << 20


@pytest.fixture(scope="module", autouse=True)
def granted(shared: Server) -> None:
    shared.grant(TOKEN)


async def run(
    agent: Agent, execute: Any, code: str, limits: dict[str, Any]
) -> list[dict[str, Any]]:
    """Run code with these limits of the notebook; everything up to the end of it."""
    identity = await execute(code, before=lambda chosen: give(agent, chosen, limits))
    return await agent.read_until(idle(identity))


def limits_in(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [message["limit"] for message in messages if "limit" in message]


def errors_in(messages: list[dict[str, Any]]) -> list[str]:
    return [
        message["content"]["ename"]
        for message in messages
        if "limit" not in message and message["header"]["msg_type"] == "error"
    ]


@pytest.mark.parametrize(
    ("limits", "code", "limit"),
    [
        (
            {"memoryBytes": 400 * MEBIBYTE},
            "import time; kept = []\nwhile True: kept.append(b'x' * (16 << 20)); time.sleep(0.03)",
            "memory",
        ),
        ({"wallSeconds": 1}, "import time\nwhile True: time.sleep(0.1)", "wall-time"),
        ({"cpuSeconds": 1}, "while True: pass", "cpu-time"),
        ({"outputBytes": 10_000}, "while True: print('x' * 100)", "output"),
    ],
)
def test_limit(shared: Server, limits: dict[str, Any], code: str, limit: str) -> None:
    """[C4] A run that reaches its limit of memory, processor time, time or output is interrupted,
    and the limit is told in its place before the end; the kernel lives, with what it held, and so
    does another one, whose run notices nothing."""

    async def scenario() -> None:
        async with kernel_of(shared) as (kernel, execute), kernel_of(shared) as (other, elsewhere):
            agent, neighbour = await attach(shared, kernel), await attach(shared, other)
            await run(agent, execute, "mine = 41", {})
            spared = asyncio.ensure_future(
                run(neighbour, elsewhere, "import time; time.sleep(2); print('spared')", {})
            )
            messages = await run(agent, execute, code, limits)
            (told,) = limits_in(messages)
            (allowed,) = limits.values()
            assert (told["limit"], told["allowed"]) == (limit, allowed)
            assert allowed < told["used"] < 3 * allowed or limit == "output"
            assert errors_in(messages) == ["KeyboardInterrupt"]
            after = await run(agent, execute, "kept = None; print(mine + 1)", limits)
            spoken = [message for message in after if "limit" not in message]
            assert text_of(spoken, spoken[0]["parent_header"]["msg_id"]) == "42\n"
            assert limits_in(after) == []
            rest = await spared
            assert errors_in(rest) == limits_in(rest) == []
            await agent.close()
            await neighbour.close()

    asyncio.run(scenario())


def test_stubborn_run(start: Callable[..., Server]) -> None:
    """[C5] A run that does not heed the interrupt loses its kernel after the grace, with what the
    kernel started; a limit of the server holds though the notebook asks for a higher one."""
    server = start(
        config={"ColophonExtension": {"max_wall_seconds": 1, "limit_grace_seconds": 0.5}}
    ).running()
    server.grant(TOKEN)

    async def scenario() -> None:
        async with kernel_of(server) as (kernel, execute):
            agent = await attach(server, kernel)
            code = (
                "import signal, subprocess, time\n"
                "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
                "print(subprocess.Popen(['sleep', '1000']).pid, flush=True)\n"
                "while True: time.sleep(1)"
            )
            identity = await execute(
                code, before=lambda chosen: give(agent, chosen, {"wallSeconds": 1000})
            )
            messages = await agent.read_until(lambda m: m.get("event") == "died")
            (told,) = limits_in(messages)
            assert (told["limit"], told["allowed"]) == ("wall-time", 1)
            spoken = [m for m in messages if "limit" not in m and "event" not in m]
            child = int(text_of(spoken, identity))
            until(lambda: use_of(child) is None or use_of(child).memory == 0, "the child is gone")
            await agent.read_until(lambda m: m.get("event") == "restarted")
            await agent.close()

    asyncio.run(scenario())


def test_far_beyond(start: Callable[..., Server]) -> None:
    """[C18] A run that goes on taking memory, to half as much again as is allowed, is not given the
    grace: its kernel is ended at once, before the machine has none left."""
    server = start(
        config={
            "ColophonExtension": {"max_memory_bytes": 300 * MEBIBYTE, "limit_grace_seconds": 600}
        }
    ).running()
    server.grant(TOKEN)

    async def scenario() -> None:
        async with kernel_of(server) as (kernel, execute):
            agent = await attach(server, kernel)
            code = (
                "import signal, time; kept = []\n"
                "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
                "while True:\n"
                "    try: kept.append(b'x' * (16 << 20))\n"
                "    except MemoryError: pass\n"
                "    time.sleep(0.05)"
            )
            await execute(code, before=lambda chosen: give(agent, chosen))
            messages = await agent.read_until(lambda m: m.get("event") == "died")
            (told,) = limits_in(messages)
            assert (told["limit"], told["allowed"]) == ("memory", 300 * MEBIBYTE)
            await agent.close()

    asyncio.run(scenario())


def test_rule() -> None:
    """[C6] A notebook may ask for less than the server allows, never for more; what it says
    otherwise is passed over. A kernel that is above its memory already may still be tidied up."""
    rule = Limits(memory=100, wall_time=10)
    asked = {"memoryBytes": 50, "wallSeconds": 20, "cpuSeconds": 5, "outputBytes": True}
    assert rule.lowered(asked) == Limits(memory=50, cpu_time=5, wall_time=10)
    for odd in (None, [], "x", {"memoryBytes": -1}, {"memoryBytes": "1"}, {"wallSeconds": 1e99}):
        assert rule.lowered(odd) == rule
    full = 500 * MEBIBYTE
    tidying = Taken(full + MEBIBYTE, full, 0, 0, 0)
    assert reached(Limits(memory=full / 2), tidying) is None
    growing = Taken(full + 20 * MEBIBYTE, full, 0, 0, 0)
    found = reached(Limits(memory=full / 2), growing)
    assert found is not None and found.limit == "memory"


def test_use_of_children() -> None:
    """[C7] What is used is that of a process and its children together; of memory that they share,
    it is counted once."""
    code = (
        "import os, time\n"
        "held = b'x' * (100 << 20)\n"
        "if os.fork() and os.fork(): print('ready', flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == b"ready\n"
            processes = tree(process.pid)
            assert len(processes) == 3
            together, once = use_of(process.pid), use_of(process.pid, MEBIBYTE)
            assert together is not None and together.memory > 300 * MEBIBYTE
            assert once is not None and 100 * MEBIBYTE < once.memory < 150 * MEBIBYTE
            assert together.cpu > 0
        finally:
            for each in reversed(processes):
                subprocess.run(["kill", "-9", str(each)], check=False)
