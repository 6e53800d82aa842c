"""What the system refuses a kernel that takes memory faster than anybody looks."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from servers import Server
from test_kernel_tap import TOKEN, attach, kernel_of, text_of
from test_limits import MEBIBYTE, errors_in, limits_in, run

from jupyterlab_colophon.kernel_bounds import CAN_BOUND, bound_for, narrowed, was_refused

needs_prlimit = pytest.mark.skipif(
    not CAN_BOUND, reason="only Linux bounds the memory of another process"
)
LIMIT = {"memoryBytes": 400 * MEBIBYTE}
NO_BOUND = -1


@pytest.fixture(scope="module", autouse=True)
def granted(shared: Server) -> None:
    shared.grant(TOKEN)


def said(messages: list[dict[str, Any]]) -> str:
    """What a run has printed."""
    spoken = [message for message in messages if "limit" not in message]
    return text_of(spoken, messages[-1]["parent_header"]["msg_id"])


@needs_prlimit
@pytest.mark.parametrize(
    "greedy",
    [
        "kept = b'x' * (8 << 30)",
        "import os\nkept = os.urandom(1)\nheld = bytearray(8 << 30)",
        "class _ArrayMemoryError(MemoryError): pass\n"
        "try: bytearray(8 << 30)\n"
        "except MemoryError as error: raise _ArrayMemoryError('no room') from error",
    ],
    ids=["touched", "reserved", "a library's error"],
)
def test_faster_than_the_watcher(shared: Server, greedy: str) -> None:
    """[C19] A run that takes at once many times the memory that it may is refused it before the
    machine has given it: the limit is told before the run's end, the kernel lives with what it
    held, another kernel notices nothing."""

    async def scenario() -> None:
        async with kernel_of(shared) as (kernel, execute), kernel_of(shared) as (other, elsewhere):
            agent, neighbour = await attach(shared, kernel), await attach(shared, other)
            await run(agent, execute, "mine = 41", {})
            spared = asyncio.ensure_future(
                run(neighbour, elsewhere, "held = bytearray(1 << 30); print('spared')", {})
            )
            messages = await run(agent, execute, greedy, LIMIT)
            (told,) = limits_in(messages)
            assert (told["limit"], told["allowed"]) == ("memory", 400 * MEBIBYTE)
            assert 0 < told["used"] < told["allowed"]
            (error,) = errors_in(messages)
            assert error.endswith("MemoryError")
            assert said(await run(agent, execute, "print(mine + 1)", LIMIT)) == "42\n"
            assert said(await spared) == "spared\n"
            await agent.close()
            await neighbour.close()

    asyncio.run(scenario())


@needs_prlimit
def test_only_for_the_run(shared: Server) -> None:
    """[C20] The kernel is bounded only while a limited run has it, and so is what it started: after
    the run, and for a run without a limit of memory, all is as before; also when one limited run
    follows another at once."""
    look = "resource.getrlimit(resource.RLIMIT_DATA)[0]"

    async def scenario() -> None:
        async with kernel_of(shared) as (kernel, execute):
            agent = await attach(shared, kernel)
            start = "import json, resource, subprocess, sys\n"
            child = (
                f"asked = 'import resource; input(); print({look})'\n"
                "child = subprocess.Popen([sys.executable, '-c', asked],"
                " stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)\n"
            )
            before = said(await run(agent, execute, f"{start}print({look})", {"wallSeconds": 60}))
            assert int(before) == NO_BOUND
            within = said(await run(agent, execute, f"{child}print({look})", LIMIT))
            assert 800 * MEBIBYTE < int(within) < 1 << 40
            for _ in range(5):
                again = said(await run(agent, execute, f"print({look})", LIMIT))
                assert 800 * MEBIBYTE < int(again) < 1 << 40
            after = f"print(json.dumps([{look}, int(child.communicate('\\\\n')[0])]))"
            told = said(await run(agent, execute, after, {}))
            assert json.loads(told) == [NO_BOUND, NO_BOUND]
            await agent.close()

    asyncio.run(scenario())


def test_bound() -> None:
    """[C21] The bound leaves room for what is reserved without being used, is above where the
    watcher interrupts and kills, and never widens one that is there."""
    gigabyte = 1 << 30
    bound = bound_for(gigabyte, used=gigabyte // 2, reserved=3 * gigabyte, threads=0)
    assert bound == 3 * gigabyte + 3 * gigabyte // 2
    # A kernel above its limit may still take as much again as it has.
    full = bound_for(gigabyte, used=2 * gigabyte, reserved=2 * gigabyte, threads=0)
    assert full == 4 * gigabyte
    assert bound_for(gigabyte, 0, 0, threads=64) - bound_for(gigabyte, 0, 0, threads=0) >= 64 * (
        8 * MEBIBYTE
    )
    assert narrowed((NO_BOUND, NO_BOUND), 100, NO_BOUND) == (100, NO_BOUND)
    assert narrowed((200, 300), 100, NO_BOUND) == (100, 300)
    assert narrowed((100, NO_BOUND), 100, NO_BOUND) is None
    assert narrowed((NO_BOUND, 50), 100, NO_BOUND) is None


def test_refused_memory() -> None:
    """[C22] Only an error that says that memory was refused counts as that."""
    for name, so in {"MemoryError": True, "_ArrayMemoryError": True, "ValueError": False}.items():
        content = json.dumps({"ename": name, "evalue": "of a MemoryError", "traceback": []})
        assert was_refused(content.encode()) is so
