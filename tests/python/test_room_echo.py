"""Who changes a document is not sent the change."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from pycrdt import Doc, Map, create_update_message
from servers import Peer, Server, eventually, joined, notebook

from jupyterlab_colophon.room_echo import RoomEcho


def has_heard(reader: Peer, writer: Peer) -> bool:
    """Whether what one has said last is what the other has heard last."""
    return reader.heard[-1:] == writer.said[-1:]


def test_own_changes(shared: Server) -> None:
    """[PT2] Whoever changes a document is not sent that change; everybody else in the room is."""
    shared.write("echo.ipynb", notebook(""))

    async def scenario() -> None:
        async with (
            joined(shared, "echo.ipynb") as alice,
            joined(shared, "echo.ipynb", "bob-token") as bob,
        ):
            for number, (writer, reader) in enumerate([(alice, bob), (bob, alice)] * 3):
                writer.source().insert(0, f"{number} ")
                await eventually(partial(has_heard, reader, writer), "the other is told")
            assert str(alice.source()) == str(bob.source()) == "5 4 3 2 1 0 "
            assert not set(alice.said) & set(alice.heard)
            assert not set(bob.said) & set(bob.heard)

    asyncio.run(scenario())


class Connection:
    """Takes the place of the room server's handler, whose socket is not needed here."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    async def send(self, message: bytes) -> None:
        """Note it."""
        self.sent.append(message)


def test_told_in_other_words() -> None:
    """[PT3] A change is not sent back in another order of keys either; what has anything else in it
    is, and so is a change that somebody else makes again."""
    document: Doc[Any] = Doc({"values": Map()})
    updates: list[bytes] = []
    subscription = document.observe(lambda event: updates.append(event.update))
    document["values"]["x"] = {"first": "1", "other": "2"}
    document.unobserve(subscription)
    said = create_update_message(updates[0])
    first, second = b"\x05firstw\x011", b"\x05otherw\x012"
    turned = said.replace(first, b"?").replace(second, first).replace(b"?", second)
    changed = said.replace(first, b"\x05firstw\x013")
    longer = create_update_message(updates[0] + b"\x00")
    assert turned != said != changed

    async def scenario() -> list[bytes]:
        connection = Connection()
        echo = RoomEcho()
        for message in (said, turned, changed, longer):
            echo.brought(connection, said)
            await connection.send(message)
        for _ in range(3):
            await connection.send(said)
        return connection.sent

    assert asyncio.run(scenario()) == [changed, longer, said]
