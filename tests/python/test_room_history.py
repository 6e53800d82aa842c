"""Rooms lose nothing and double nothing, whatever ends at which moment. What a rule guards against
is shown beside it, on the same server without Colophon."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sqlite3
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jupyter_ydoc import YNotebook
from pycrdt import (
    Array,
    Awareness,
    Doc,
    Map,
    Text,
    YMessageType,
    YSyncMessageType,
    create_awareness_message,
    create_sync_message,
    create_update_message,
    handle_sync_message,
)
from servers import Peer, Server, eventually, joined, notebook, open_session
from tornado.websocket import WebSocketClosedError

from jupyterlab_colophon.node import Node, find_node

QUICK: dict[str, Any] = {"document_cleanup_delay": 1, "document_save_delay": 0.2}
BARE: dict[str, Any] = {"ServerApp": {"jpserver_extensions": {"jupyterlab_colophon": False}}}
both = pytest.mark.parametrize("colophon", [True, False], ids=["with", "without"])


def serve(start: Callable[..., Server], colophon: bool, **rooms: Any) -> Server:
    """A server with or without Colophon, whose rooms are saved and end quickly."""
    config = {"YDocExtension": {**QUICK, **rooms}, **({} if colophon else BARE)}
    server = start(config=config)
    return server.running() if colophon else server


def store(server: Server) -> Path:
    """The file of the rooms' store."""
    ours = server.data / "colophon" / "rooms.sqlite"
    return ours if ours.exists() else server.folder / "cwd" / ".jupyter_ystore.db"


def cell(name: str, **metadata: Any) -> Map[Any]:
    return Map(
        {
            "id": name,
            "cell_type": "code",
            "source": Text(name),
            "metadata": Map(metadata),
            "outputs": Array(),
            "execution_count": None,
        }
    )


def names(document: YNotebook) -> list[str]:
    """The ids of the document's cells, with doubles."""
    return [str(each["id"]) for each in document.ycells]


async def until_evicted(server: Server) -> None:
    await eventually(lambda: "Deleting file" in server.read_log(), "the room is evicted")


async def socket_of(server: Server, room_id: str, session: str) -> Any:
    query = f"?sessionId={session}&token=alice-token"
    return await server.websocket(f"api/collaboration/room/{room_id}{query}")


async def returned(server: Server, away: Peer, name: str = "n.ipynb") -> Peer:
    """The peer's document in the room again."""
    session = await asyncio.to_thread(open_session, server, name, "alice-token")
    socket = await socket_of(server, away.room_id, session["sessionId"])
    back = Peer(socket, away.room_id, None, away.document)
    await asyncio.wait_for(back.synced.wait(), 20)
    return back


@both
def test_eviction(start: Callable[..., Server], colophon: bool) -> None:
    """[T50] Many appends, a new cell, everybody leaves, the room is evicted: who comes back with a
    copy doubles no cell, in the room or in the file."""
    server = serve(start, colophon)
    server.write("n.ipynb", notebook("x"))

    async def scenario() -> list[str]:
        async with joined(server, "n.ipynb") as alice:
            alice.document.ycells[0]["outputs"].append(
                Map({"output_type": "stream", "name": "stdout", "text": Text()})
            )
            text = alice.document.ycells[0]["outputs"][0]["text"]
            for number in range(4000):
                text.insert(len(text), f"{number}\n")
                if number % 100 == 0:
                    await asyncio.sleep(0)
            alice.document.ycells.append(cell("added"))
            await eventually(lambda: server.saved_source("n.ipynb", -1) == "added", "it is saved")
        await until_evicted(server)
        async with joined(server, "n.ipynb") as bob:
            back = await returned(server, alice)
            back.document.ycells.append(cell("last"))
            await eventually(lambda: "last" in names(bob.document), "both are in the room")
            await back.close()
            if colophon:
                output = bob.document.source["cells"][0]["outputs"][0]
                assert "".join(output["text"]) == "".join(f"{n}\n" for n in range(4000))
            await eventually(lambda: server.saved_source("n.ipynb", -1) == "last", "it is saved")
            return names(bob.document)

    found = asyncio.run(scenario())
    assert ("out-of-sync" in server.read_log()) is not colophon
    assert (found == ["c0", "added", "last"]) is colophon, found


@both
def test_trusted(start: Callable[..., Server], colophon: bool) -> None:
    """[T55] Whether cells are marked as trusted is no difference between a room and its file:
    nothing is written anew for it, neither when the room is loaded nor when the file changes."""
    server = serve(start, colophon)
    server.write("n.ipynb", notebook("x"))

    async def scenario() -> None:
        async with joined(server, "n.ipynb") as alice:
            alice.document.ycells.append(cell("plain"))
            alice.document.ycells.append(cell("trusting", trusted=True))
            await eventually(
                lambda: server.saved_source("n.ipynb", -1) == "trusting", "it is saved"
            )
        await until_evicted(server)
        async with joined(server, "n.ipynb") as bob:
            assert ("out-of-sync" in server.read_log()) is not colophon
            cells = bob.document.ycells
            assert ("trusted" in cells[1]["metadata"]) is not colophon
            if colophon:
                assert cells[2]["metadata"]["trusted"] is True
                # Somebody changes another cell in the file.
                changed = server.read("n.ipynb")
                changed["cells"][0]["source"] = "z"
                server.write("n.ipynb", changed)
                await eventually(lambda: str(bob.source()) == "z", "the change is in the room")
                assert "trusted" not in cells[1]["metadata"]
                assert cells[2]["metadata"]["trusted"] is True

    asyncio.run(scenario())


@both
def test_killed_before_saving(start: Callable[..., Server], colophon: bool) -> None:
    """[T56] What a killed server had stored and not saved is in the notebook when it is opened
    again, and then in the file. What somebody else has written into the file meanwhile still
    wins."""
    server = serve(start, colophon, document_save_delay=60 if colophon else 20)
    server.write("n.ipynb", notebook("x"))

    def stored(what: bytes) -> bool:
        with sqlite3.connect(store(server)) as database:
            table, column = ("updates", "bytes") if colophon else ("yupdates", "yupdate")
            rows = database.execute(f"SELECT {column} FROM {table}").fetchall()
        return any(what in row[0] for row in rows)

    async def type_and_kill(what: str) -> None:
        async with joined(server, "n.ipynb") as alice:
            alice.source().insert(0, what)
            await eventually(lambda: stored(what.encode()), "it is stored")
            server.stop(signal.SIGKILL)

    async def open_again(*, saved: bool) -> str:
        async with joined(server, "n.ipynb") as bob:
            found = str(bob.source())
            if saved:
                # As every page does: tell who is there. From then on the room may save.
                awareness = Awareness(bob.document.ydoc)
                awareness.set_local_state({"user": {"name": "bob"}, "autosave": True})
                await bob._socket.write_message(
                    create_awareness_message(
                        awareness.encode_awareness_update([awareness.client_id])
                    ),
                    binary=True,
                )
                await eventually(lambda: server.saved_source("n.ipynb") == found, "it is saved")
            return found

    asyncio.run(type_and_kill("typed "))
    assert server.saved_source("n.ipynb") == "x"
    settings = json.loads((server.folder / "config/jupyter_server_config.json").read_text())
    settings["YDocExtension"]["document_save_delay"] = 0.1
    (server.folder / "config/jupyter_server_config.json").write_text(json.dumps(settings))
    server.start()
    assert (asyncio.run(open_again(saved=colophon)) == "typed x") is colophon
    if not colophon:
        return
    server.stop(signal.SIGKILL)
    changed = server.read("n.ipynb")
    changed["cells"][0]["source"] = "of somebody else"
    server.write("n.ipynb", changed)
    server.start()
    assert asyncio.run(open_again(saved=False)) == "of somebody else"


async def bring(server: Server, document: YNotebook, room_id: str, session: str) -> bool:
    """Connect with this document, tell all of it, and go on until the server has heard it. Whether
    a conflict was told."""
    ydoc = document.ydoc
    awareness = Awareness(Doc())
    awareness.set_local_state({"here": True})
    last = create_awareness_message(awareness.encode_awareness_update([awareness.client_id]))
    socket = await socket_of(server, room_id, session)
    conflict = False
    # One that is refused is closed by the server, at any moment.
    with contextlib.suppress(WebSocketClosedError):
        # No await before the last of them: what the server says is heard afterwards.
        socket.write_message(create_sync_message(ydoc), binary=True)
        socket.write_message(create_update_message(ydoc.get_update()), binary=True)
        await socket.write_message(last, binary=True)
        while (message := await asyncio.wait_for(socket.read_message(), 20)) not in (None, last):
            if message[0] == YMessageType.SYNC and message[1] == YSyncMessageType.SYNC_STEP1:
                await socket.write_message(handle_sync_message(message[1:], ydoc), binary=True)
                await socket.write_message(last, binary=True)
            conflict = conflict or b'"conflict"' in message
        # The awareness comes back once for each time it was sent.
        if message is not None:
            await asyncio.wait_for(socket.read_message(), 20)
    socket.close()
    return conflict


@both
def test_stale_client(start: Callable[..., Server], colophon: bool) -> None:
    """[T57] A client whose history began otherwise than the room's, because the store was lost and
    the file changed, brings nothing of it into the room; it is told of a conflict, and its document
    stays as it is. If the file is the same, so is the history, and what the client wrote meanwhile
    comes in."""
    server = serve(start, colophon)
    server.write("n.ipynb", notebook("one", "two"))

    async def away() -> Peer:
        async with joined(server, "n.ipynb") as alice:
            alice.document.ycells.append(cell("added"))
            await eventually(lambda: server.saved_source("n.ipynb", -1) == "added", "it is saved")
        return alice

    def restart(content: dict[str, Any]) -> None:
        server.stop(signal.SIGKILL)
        for each in store(server).parent.glob(store(server).name + "*"):
            each.unlink()
        server.write("n.ipynb", content)
        server.start()

    async def meet(document: YNotebook, room_id: str) -> tuple[list[str], bool]:
        async with joined(server, "n.ipynb") as bob:
            session = await asyncio.to_thread(open_session, server, "n.ipynb", "alice-token")
            before = list(names(document))
            conflict = await bring(server, document, room_id, session["sessionId"])
            if conflict:
                assert names(document) == before
            bob.document.ycells.append(cell("last"))
            await eventually(lambda: server.saved_source("n.ipynb", -1) == "last", "it is saved")
            return [str(each["source"]) for each in bob.document.ycells], conflict

    alice = asyncio.run(away())
    if colophon:
        restart(notebook("one", "two"))
        unchanged = YNotebook(Doc())
        unchanged.ydoc.apply_update(alice.document.ydoc.get_update())
        found, conflict = asyncio.run(meet(unchanged, alice.room_id))
        assert (found, conflict) == (["one", "two", "added", "last"], False)
    restart(notebook("uno", "dos"))
    found, conflict = asyncio.run(meet(alice.document, alice.room_id))
    assert conflict is colophon
    assert (found == ["uno", "dos", "last"]) is colophon, found


@both
def test_refused_session(start: Callable[..., Server], colophon: bool) -> None:
    """[T58] A connection that the room server refuses, because it does not know its session, writes
    nothing into the room."""
    server = serve(start, colophon)
    server.write("n.ipynb", notebook("x"))

    async def scenario() -> str:
        async with joined(server, "n.ipynb") as bob:
            document = YNotebook(Doc())
            document.ydoc.apply_update(bob.document.ydoc.get_update())
            document.ycells[0]["source"].insert(0, "refused ")
            await bring(server, document, bob.room_id, "unheard-of")
            async with joined(server, "n.ipynb") as carol:
                carol.source().insert(0, "let in ")
                await eventually(lambda: "let in" in str(bob.source()), "carol's text is there")
            return str(bob.source())

    assert ("refused" in asyncio.run(scenario())) is not colophon


def test_doubles_of_before(start: Callable[..., Server]) -> None:
    """[T59] A room whose stored history has a cell twice, from a merge before, is loaded with it
    once."""
    server = serve(start, True)
    server.write("n.ipynb", notebook("x"))

    async def scenario() -> list[str]:
        async with joined(server, "n.ipynb") as alice:
            alice.document.ycells.append(cell("twice"))
            alice.document.ycells.append(cell("twice"))
            alice.document.ycells.append(cell("last"))
            await eventually(lambda: server.saved_source("n.ipynb", -1) == "last", "it is saved")
        await until_evicted(server)
        async with joined(server, "n.ipynb") as bob:
            return names(bob.document)

    assert asyncio.run(scenario()) == ["c0", "twice", "last"]


def test_killed_and_killed_again(start: Callable[..., Server]) -> None:
    """[T86] A server that is killed again and again, at once after an edit, when it is stored,
    while and after it is saved: who comes back each time with the same document has everything in
    the room and in the file, once and in order."""
    server = serve(start, True)
    server.write("n.ipynb", notebook("x"))
    moments: list[Callable[[str], bool]] = [
        lambda last: True,
        lambda last: last.encode() in store(server).read_bytes(),
        lambda last: any(
            last.encode() in each.read_bytes() for each in server.root.glob("*n.ipynb*")
        ),
        lambda last: server.saved_source("n.ipynb", -1) == last,
        lambda last: True,
    ]

    async def scenario() -> None:
        expected = ["c0"]
        async with joined(server, "n.ipynb") as alice:
            document = alice.document
        for number, moment in enumerate(moments):
            back = await returned(server, alice)
            assert names(document) == expected
            for index in range(30):
                document.ycells[0]["source"].insert(0, f"{number}.{index} ")
            expected.append(f"cell-{number}")
            document.ycells.append(cell(expected[-1]))
            await eventually(lambda: moment(expected[-1]), "the moment comes")  # noqa: B023
            server.stop(signal.SIGKILL)
            await back.close()
            json.loads((server.root / "n.ipynb").read_text())
            server.start()
        back = await returned(server, alice)
        assert names(document) == expected
        document.ycells.append(cell("end"))
        async with joined(server, "n.ipynb") as bob:
            await eventually(lambda: names(bob.document) == [*expected, "end"], "bob has it all")
            assert str(bob.source()) == str(document.ycells[0]["source"])
        await eventually(lambda: server.saved_source("n.ipynb", -1) == "end", "it is saved")
        assert server.saved_source("n.ipynb") == str(document.ycells[0]["source"])
        assert [each["id"] for each in server.read("n.ipynb")["cells"]] == [*expected, "end"]
        await back.close()

    asyncio.run(scenario())


PENDING = """
const Y = require('yjs'), document = new Y.Doc();
for (const line of require('fs').readFileSync(0, 'utf8').trim().split('\\n')) {
  Y.applyUpdate(document, Buffer.from(line, 'hex'));
}
console.log(document.store.pendingStructs === null, document.getArray('cells').toJSON()[0].source);
"""


def as_pages_see(server: Server) -> str:
    """Whether Yjs has all that is stored, and the first source that it shows."""
    with sqlite3.connect(store(server)) as database:
        rows = database.execute("SELECT bytes, packed FROM updates ORDER BY number").fetchall()
    lines = [(zlib.decompress(data) if packed else data).hex() for data, packed in rows]
    node = find_node("")
    assert isinstance(node, Node)
    done = subprocess.run(
        [node.path, "-e", PENDING],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    return done.stdout.strip()


def test_pages_have_what_the_server_wrote(start: Callable[..., Server]) -> None:
    """[T88] A room that a killed server leaves behind is whole for Yjs, too: a later change of the
    file reaches every page, and the next room."""
    server = serve(start, True)
    server.write("n.ipynb", notebook("x"))

    async def write(text: str) -> None:
        async with joined(server, "n.ipynb") as alice:
            alice.source().insert(0, text)
            await eventually(lambda: server.saved_source("n.ipynb").startswith(text), "saved")
            server.stop(signal.SIGKILL)

    for text in ("one ", "two "):
        asyncio.run(write(text))
        server.start()

    async def change() -> None:
        async with joined(server, "n.ipynb") as alice:
            changed = server.read("n.ipynb")
            changed["cells"][0]["source"] = "of somebody else"
            server.write("n.ipynb", changed)
            await eventually(lambda: str(alice.source()) == "of somebody else", "it is taken over")
            # A moment after the page, and before the room leaves its whole state.
            await eventually(
                lambda: as_pages_see(server) == "true of somebody else", "the store has it for Yjs"
            )

    asyncio.run(change())
