"""The store of rooms: nothing of a room is lost when it leaves the memory."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Array, Doc, Map, Text, merge_updates
from pycrdt.websocket import YRoom
from servers import Peer, Server, eventually, joined, notebook, open_session

from jupyterlab_colophon.stored_first import store_first
from jupyterlab_colophon.ystore import ColophonYStore

QUICK: dict[str, Any] = {"YDocExtension": {"document_cleanup_delay": 1, "document_save_delay": 0.2}}


def add_output(peer: Peer) -> Text:
    """A stream output in the first cell; returns its live text."""
    text = Text()
    outputs = peer.document.ycells[0]["outputs"]
    outputs.append(Map({"output_type": "stream", "name": "stdout", "text": text}))
    return outputs[0]["text"]


def gone(server: Server, times: int = 1) -> bool:
    return server.read_log().count("deleted") >= times


def test_eviction(start: Callable[..., Server]) -> None:
    """[T50] After 4000 appends and everybody leaving, the room comes back from its store in sync
    with the file, and a client that comes back with its own copy duplicates nothing."""
    server = start(config=QUICK).running()
    server.write("n.ipynb", notebook("x"))

    async def scenario() -> None:
        async with joined(server, "n.ipynb") as alice:
            text = add_output(alice)
            for number in range(4000):
                text.insert(len(text), f"{number}\n")
                if number % 100 == 0:
                    await asyncio.sleep(0)
            whole = str(text)
            # As JupyterLab does when a cell runs.
            alice.document.ycells[0]["metadata"]["trusted"] = True
            alice.document.ycells.append(
                Map(
                    {
                        "id": "added",
                        "cell_type": "code",
                        "source": Text("new"),
                        "metadata": Map({"trusted": True}),
                        "outputs": Array(),
                        "execution_count": None,
                    }
                )
            )
            # What the room has, the file has: then the last client leaves.
            await eventually(
                lambda: server.saved_source("n.ipynb", -1) == "new", "the room has everything"
            )
            document = alice.document
        await eventually(lambda: gone(server), "the room is evicted")
        async with joined(server, "n.ipynb") as bob:
            assert [cell["id"] for cell in bob.document.source["cells"]] == ["c0", "added"]
            output = bob.document.source["cells"][0]["outputs"][0]
            assert "".join(output["text"]) == whole
            session = await asyncio.to_thread(open_session, server, "n.ipynb", "alice-token")
            query = f"?sessionId={session['sessionId']}&token=alice-token"
            socket = await server.websocket(f"api/collaboration/room/{bob.room_id}{query}")
            back = Peer(socket, bob.room_id, None, document)
            await asyncio.wait_for(back.synced.wait(), 20)
            back.source().insert(0, "y")
            await eventually(lambda: str(bob.source()) == "yx", "both are in the room")
            for peer in (bob, back):
                assert [c["id"] for c in peer.document.source["cells"]] == ["c0", "added"]
            await back.close()

    asyncio.run(scenario())
    assert "out-of-sync" not in server.read_log()


def test_tail_on_stop(tmp_path: Path) -> None:
    """[T51] A write that was taken in is on the disk though its task was cancelled; a room that
    leaves hands over what was still on its way; batches are few."""
    store_class = type("Store", (ColophonYStore,), {"db_path": str(tmp_path / "rooms.sqlite")})
    document: Doc[Any] = Doc({"text": Text()})
    updates: list[bytes] = []
    subscription = document.observe(lambda event: updates.append(event.update))
    text = document.get("text", type=Text)

    async def scenario() -> None:
        store = store_class("room")
        other = store_class("other")
        for number in range(2000):
            text.insert(len(text), f"{number},")
        for update in updates[:-5]:
            writing = asyncio.ensure_future(store.write(update))
            await asyncio.sleep(0)
            writing.cancel()
        await other.write(updates[0])
        store.seal(document)
        copy: Doc[Any] = Doc({"text": Text()})
        await store_class("room").apply_updates(copy)
        assert str(copy.get("text", type=Text)) == str(text)
        store.seal(document)
        await store.settle()

    asyncio.run(scenario())
    document.unobserve(subscription)
    with sqlite3.connect(tmp_path / "rooms.sqlite") as database:
        rows = database.execute("SELECT length(bytes) FROM updates WHERE path = 'room'").fetchall()
    assert len(rows) < 40
    assert sum(row[0] for row in rows) < 2 * sum(len(update) for update in updates)


def test_stored_first(tmp_path: Path) -> None:
    """[T89] A room's change is its store's before anybody else hears of it, and once."""
    store_class = type("Store", (ColophonYStore,), {"db_path": str(tmp_path / "rooms.sqlite")})
    document: Doc[Any] = Doc({"text": Text()})
    text = document.get("text", type=Text)

    async def scenario() -> None:
        store = store_class("room")
        async with YRoom(ready=False, ydoc=document, ystore=store) as room:
            await store.write(document.get_update())
            store_first(room, store)
            store_first(room, store)
            room.ready = True
            await room.ydoc_observed.wait()
            text.insert(0, "heard ")
            waits = lambda: room._update_send_stream.statistics().tasks_waiting_receive  # noqa: E731
            await eventually(waits, "the room has told it")
            text.insert(6, "cut")
            # The loop stands still, and with it all tasks of the room.
            store._database.settle().result(20)
            copy: Doc[Any] = Doc({"text": Text()})
            copy.apply_update(merge_updates(*(row[0] for row in store._database.read("room"))))
            assert str(copy.get("text", type=Text)) == "heard cut"
            await eventually(waits, "the room has told it")
        await store.settle()

    asyncio.run(scenario())
    with sqlite3.connect(tmp_path / "rooms.sqlite") as database:
        (size,) = database.execute("SELECT sum(length(bytes)) FROM updates").fetchone()
    assert size < 2 * len(document.get_update())


def test_timeline(start: Callable[..., Server]) -> None:
    """[T52] jupyter-collaboration's timeline reads the store."""
    server = start().running()
    server.write("n.ipynb", notebook("x"))

    async def scenario() -> None:
        async with joined(server, "n.ipynb") as alice:
            alice.source().insert(0, "y")
            await eventually(lambda: server.saved_source("n.ipynb") == "yx", "it is saved")
            answer = await asyncio.to_thread(
                server.request,
                "GET",
                "api/collaboration/timeline/n.ipynb?format=json&type=notebook",
            )
            assert answer.status_code == 200, answer.text
            assert len(answer.json()["timestamps"]) >= 1

    asyncio.run(scenario())


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT], ids=["service", "hub"])
def test_saved_at_the_end(start: Callable[..., Server], ending: signal.Signals) -> None:
    """[T54] What was typed just before the server ended in order is in the file, and in the
    notebook when it is opened again. That is so when a JupyterHub ends it, by an interrupt, and the
    server is gone though a page is connected that does not answer."""
    server = start(config={"YDocExtension": {"document_save_delay": 60}}).running()
    server.write("n.ipynb", notebook("x"))

    async def type_and_end() -> None:
        async with joined(server, "n.ipynb") as alice:
            await eventually(lambda: server.frames("room.ready"), "it is loaded")
            loaded = len(server.frames("room.update"))
            alice.source().insert(0, "y")
            await eventually(lambda: len(server.frames("room.update")) > loaded, "it is typed")
            assert server.process is not None
            server.process.send_signal(ending)
            await eventually(lambda: server.saved_source("n.ipynb") == "yx", "it is saved", 5)
            # Holds up the page, too.
            server.process.wait(20)
            server.process = None

    async def open_again() -> str:
        async with joined(server, "n.ipynb") as alice:
            return str(alice.source())

    asyncio.run(type_and_end())
    server.start()
    assert asyncio.run(open_again()) == "yx"
