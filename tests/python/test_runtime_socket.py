"""What a runtime's websocket to its kernel brings."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from servers import DEADLINE, Server
from test_kernel_tap import kernel_of
from test_stdin_care import frame, heard, reply

TOKEN = "agent-socket"


async def types_of_a_run(
    server: Server, kernel: str, name: str, last: set[str], **headers: str
) -> set[str]:
    """Types of the messages that come of a run that asks a question and of another request, until
    all of `last` have come."""
    token = "" if headers else "&token=alice-token"
    socket = await server.websocket(
        f"api/kernels/{kernel}/channels?session_id={name}{token}", **headers
    )
    content: dict[str, Any] = {"code": "print(input('and?'))\n2", "silent": False}
    content |= {"store_history": True, "user_expressions": {}, "allow_stdin": True}
    run = frame("execute_request", "shell", content)
    info = frame("kernel_info_request", "shell", {})
    ours = [json.loads(each)["header"]["msg_id"] for each in (run, info)]
    await socket.write_message(run)
    await socket.write_message(info)
    came: list[str] = []
    while not last <= set(came):
        message = json.loads(await asyncio.wait_for(socket.read_message(), DEADLINE))
        if message["parent_header"].get("msg_id") in ours:
            state = message["content"].get("execution_state")
            came.append(message["msg_type"] if state is None else f"status {state}")
            if came[-1] == "input_request":
                await socket.write_message(reply("1", message))
    socket.close()
    return set(came)


def test_no_outputs(shared: Server) -> None:
    """[LT3] The kernel's websocket of a runtime brings replies and questions, and that the kernel
    is started again, but nothing that the kernel publishes, which the tap brings; everybody else's
    brings all."""
    shared.grant(TOKEN)
    runtime = {"Colophon-Agent-Token": TOKEN}

    async def scenario() -> None:
        async with kernel_of(shared) as (kernel, _):
            for_it = {"input_request", "execute_reply", "kernel_info_reply"}
            over = {"kernel_info_reply"}
            came = await types_of_a_run(shared, kernel, "colophon-n", over, **runtime)
            assert came == for_it
            rest = {"status busy", "execute_input", "stream", "execute_result", "status idle"}
            over |= {"status idle"}
            assert await types_of_a_run(shared, kernel, "n", over) == for_it | rest
            path = f"api/kernels/{kernel}/channels?session_id=colophon-n"
            socket = await shared.websocket(path, **runtime)
            content = {"code": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"}
            await socket.write_message(frame("execute_request", "shell", content))
            assert (await heard(socket, "status"))["content"] == {"execution_state": "restarting"}
            socket.close()

    asyncio.run(scenario())
