"""A question of a kernel is kept for the agent that comes next."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from typing import Any

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from servers import DEADLINE, Server
from test_kernel_tap import kernel_of

from jupyterlab_colophon.stdin_care import care_for_questions


def frame(
    kind: str, channel: str, content: dict[str, Any], parent: dict[str, Any] | None = None
) -> str:
    """A message of the kernel's websocket."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "username": "", "session": "s"}
    header |= {"date": "2026-01-01T00:00:00Z", "version": "5.3"}
    parts = {"parent_header": parent or {}, "metadata": {}, "content": content, "buffers": []}
    return json.dumps({"header": header, "channel": channel, **parts})


def reply(value: str, question: dict[str, Any]) -> str:
    """An answer to the kernel's question."""
    return frame("input_reply", "stdin", {"value": value}, question["header"])


async def heard(socket: Any, kind: str) -> dict[str, Any]:
    """The next message of a kind."""
    while True:
        text = await asyncio.wait_for(socket.read_message(), DEADLINE)
        assert text is not None
        message = dict(json.loads(text))
        if message["header"]["msg_type"] == kind:
            return message


def test_question_while_nobody_of_its_name_is_there(start: Callable[..., Server]) -> None:
    """[DU12] A kernel asks while others are connected, but nobody of the name that sent the
    request: whoever comes next with that name is asked, and so is the one after, until one
    answers; what is asked then is heard as ever."""
    server = start().running()

    async def scenario() -> None:
        async with kernel_of(server) as (kernel, _):
            path = f"api/kernels/{kernel}/channels?token=alice-token&session_id=colophon-n"

            async def leave(socket: Any) -> None:
                socket.close()
                while await listed(kernel) > 1:
                    pass

            async def listed(kernel: str) -> int:
                told = await asyncio.to_thread(server.request, "GET", f"api/kernels/{kernel}")
                return int(told.json()["connections"])

            witness = await server.websocket(path.replace("colophon-n", "witness"))
            first = await server.websocket(path)
            code = "import time; time.sleep(1); print(input('one?'), input('two?'))"
            content = {"code": code, "silent": False, "store_history": True, "allow_stdin": True}
            content |= {"user_expressions": {}, "stop_on_error": True}
            await first.write_message(frame("execute_request", "shell", content))
            await heard(witness, "execute_input")
            witness.close()
            await leave(first)
            second = await server.websocket(path)
            one = await heard(second, "input_request")
            # The next one is there before the server has seen the end of this one.
            second.close()
            third = await server.websocket(path)
            assert (await heard(third, "input_request"))["header"] == one["header"]
            await third.write_message(reply("1", one))
            assert (await heard(third, "input_request"))["content"]["prompt"] == "two?"
            await leave(third)
            fourth = await server.websocket(path)
            two = await heard(fourth, "input_request")
            assert two["content"]["prompt"] == "two?"
            await fourth.write_message(reply("2", two))
            fourth.close()

    asyncio.run(scenario())


def test_answers_that_come_again(start: Callable[..., Server]) -> None:
    """[N17] Of several answers to one question the kernel gets the first, and none that is meant
    for another question than the one that it asks."""
    server = start().running()

    async def scenario() -> None:
        async with kernel_of(server) as (kernel, _):
            path = f"api/kernels/{kernel}/channels?token=alice-token&session_id=colophon-n"
            socket = await server.websocket(path)
            code = "print(*(input(f'{each}?') for each in range(3)))"
            content = {"code": code, "silent": False, "store_history": True, "allow_stdin": True}
            content |= {"user_expressions": {}, "stop_on_error": True}
            await socket.write_message(frame("execute_request", "shell", content))
            witness = await server.websocket(path.replace("colophon-n", "witness"))
            asked = await heard(socket, "input_request")
            for number in range(3):
                for value in ("first", "second"):
                    await socket.write_message(reply(f"{value} {number}", asked))
                if number < 2:
                    before, asked = asked, await heard(socket, "input_request")
                    await socket.write_message(reply("late", before))
            said = await heard(witness, "stream")
            assert said["content"]["text"] == "first 0 first 1 first 2\n"
            for each in (socket, witness):
                each.close()

    asyncio.run(scenario())


def test_connections_while_the_kernel_restarts(start: Callable[..., Server]) -> None:
    """[DK1] Of connections of one name that open while the kernel restarts the newest is heard by
    the new process, and hears what it asks."""
    server = start().running()

    async def scenario() -> None:
        async with kernel_of(server) as (kernel, _):
            path = f"api/kernels/{kernel}/channels?token=alice-token&session_id=colophon-n"

            async def newest() -> Any:
                """Each open connection takes the place of the one before."""
                opened = [await server.websocket(path) for _ in range(4)]
                return opened[-1]

            for _ in range(3):
                before = await server.websocket(path)
                witness = await server.websocket(path.replace("colophon-n", "witness"))
                # Until it is answered, the server takes what the kernel says for itself.
                for socket in (before, witness):
                    await socket.write_message(frame("kernel_info_request", "control", {}))
                    await heard(socket, "kernel_info_reply")
                restart = asyncio.ensure_future(
                    asyncio.to_thread(server.request, "POST", f"api/kernels/{kernel}/restart")
                )
                await heard(witness, "shutdown_reply")
                witness.close()
                socket = await newest()
                await restart
                content = {"code": "input('still?')", "silent": False, "store_history": True}
                content |= {"user_expressions": {}, "allow_stdin": True, "stop_on_error": True}
                await socket.write_message(frame("execute_request", "shell", content))
                assert (await heard(socket, "input_request"))["content"]["prompt"] == "still?"
                socket.close()

    asyncio.run(scenario())


def test_another_class_is_left_alone() -> None:
    """[DU13] A server that was told to use another class for its connections keeps it."""

    class Another(ZMQChannelsWebsocketConnection):
        """Somebody else's."""

    name = "kernel_websocket_connection_class"
    settings: dict[str, Any] = {name: Another}
    care_for_questions(settings)
    assert settings == {name: Another}
    settings[name] = ZMQChannelsWebsocketConnection
    care_for_questions(settings)
    assert issubclass(settings[name], ZMQChannelsWebsocketConnection)
    assert settings[name] is not ZMQChannelsWebsocketConnection
