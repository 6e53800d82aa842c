"""What a runtime's websocket to its kernel brings."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

from servers import DEADLINE, Server

TOKEN = "agent-socket"


async def messages_of_a_run(server: Server, kernel: str, **headers: str) -> set[str]:
    """Types of the messages that come until the kernel has replied and is idle."""
    token = "" if headers else "?token=alice-token"
    socket = await server.websocket(f"api/kernels/{kernel}/channels{token}", **headers)
    identity = uuid.uuid4().hex
    header = {"msg_id": identity, "msg_type": "execute_request", "username": "", "session": "s"}
    content = {"code": "print(1)\n2", "silent": False, "store_history": True}
    message = {"header": {**header, "date": "2026-01-01T00:00:00Z", "version": "5.3"}}
    rest = {"parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    await socket.write_message(json.dumps({**message, **rest, "buffers": []}))
    came: list[Any] = []
    while {"execute_reply", "status idle"} - set(came):
        text = await asyncio.wait_for(socket.read_message(), DEADLINE)
        said = json.loads(text)
        if said["parent_header"].get("msg_id") == identity:
            state = said["content"].get("execution_state")
            came.append(said["msg_type"] if state is None else f"status {state}")
    socket.close()
    return set(came)


def test_no_outputs(shared: Server) -> None:
    """[LT3] The kernel's websocket of a runtime brings replies and the kernel's status, and no
    outputs, which the tap brings; everybody else's brings all."""
    shared.grant(TOKEN)
    kernel = shared.request("POST", "api/kernels", json={"name": "python3"}).json()["id"]

    async def scenario() -> None:
        status = {"status busy", "status idle", "execute_reply"}
        runtime = {"Colophon-Agent-Token": TOKEN}
        assert await messages_of_a_run(shared, kernel, **runtime) == status
        outputs = {"execute_input", "stream", "execute_result"}
        assert await messages_of_a_run(shared, kernel) == status | outputs

    asyncio.run(scenario())
    shared.request("DELETE", f"api/kernels/{kernel}")
