"""Authors, taken where the server applies an update."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from pycrdt import Doc, Text
from servers import Server, eventually, joined, notebook, open_session


def authors(server: Server, room_id: str, since: int = 0) -> list[dict[str, Any]]:
    """Authors of a room's updates, in order."""
    return [
        frame["author"] for frame in server.frames("room.update") if frame["roomId"] == room_id
    ][since:]


def who(author: dict[str, Any]) -> str:
    if author["kind"] == "server":
        return str(author["cause"])
    return f"{author['kind']} {author['user']['username']}"


async def by(
    server: Server, room_id: str, action: Callable[[], Any], expected: str, count: int = 1
) -> list[dict[str, Any]]:
    """Do something and return the authors of what it led to, once `expected` is among them."""
    since = len(authors(server, room_id))
    action()
    await eventually(
        lambda: [who(a) for a in authors(server, room_id, since)].count(expected) >= count,
        f"{expected} among {[who(a) for a in authors(server, room_id, since)]}",
    )
    return [a for a in authors(server, room_id, since) if who(a) not in ("save",)]


def test_live_edits_and_deletes(shared: Server) -> None:
    """[T1] A live change is credited to the user whose connection sent it, deletes of another's
    text included."""
    shared.write("live.ipynb", notebook("hello world"))

    async def scenario() -> None:
        async with (
            joined(shared, "live.ipynb") as alice,
            joined(shared, "live.ipynb", "bob-token") as bob,
        ):
            room = alice.room_id
            made = await by(shared, room, lambda: alice.source().insert(0, "ALICE "), "peer alice")
            assert made[-1]["via"] == "live"
            assert made[-1]["user"]["color"] == "#c00"
            await eventually(lambda: str(bob.source()).startswith("ALICE"), "bob sees it")

            def delete() -> None:
                del bob.source()[0:6]

            made = await by(shared, room, delete, "peer bob")
            assert {who(author) for author in made} == {"peer bob"}
            connections = {
                (author["user"]["username"], author["connection"])
                for author in authors(shared, room)
                if author["kind"] == "peer"
            }
            assert len(connections) == 2

    asyncio.run(scenario())


def test_confirmation(shared: Server) -> None:
    """[LT6] A message of type 99 comes back as it is, once what its connection sent before is
    applied; nobody else hears of it."""
    shared.write("confirm.ipynb", notebook("x"))

    async def scenario() -> None:
        async with (
            joined(shared, "confirm.ipynb") as alice,
            joined(shared, "confirm.ipynb", "bob-token") as bob,
        ):
            since = len(authors(shared, alice.room_id))
            for _ in range(20):
                alice.source().insert(0, "y")
            alice.send(bytes([99, 7]))
            await eventually(lambda: alice.others == [bytes([99, 7])], "it is back")
            applied = authors(shared, alice.room_id, since)
            assert [who(author) for author in applied].count("peer alice") == 20
            await eventually(lambda: str(bob.source()).count("y") == 20, "bob sees the edits")
            assert bob.others == []

    asyncio.run(scenario())


def test_interleaved_edits(shared: Server) -> None:
    """[T2] Fifty edits each, interleaved, are fifty of each user."""
    shared.write("both.ipynb", notebook(""))

    async def scenario() -> None:
        async with (
            joined(shared, "both.ipynb") as alice,
            joined(shared, "both.ipynb", "bob-token") as bob,
        ):
            room = alice.room_id
            since = len(authors(shared, room))
            for _ in range(50):
                alice.source().insert(0, "a")
                bob.source().insert(0, "b")
                await asyncio.sleep(0)

            def counts() -> bool:
                names = [who(author) for author in authors(shared, room, since)]
                return names.count("peer alice") == 50 and names.count("peer bob") == 50

            await eventually(counts, "fifty of each")
            await eventually(lambda: len(str(alice.source())) == 100, "both see everything")

    asyncio.run(scenario())


def test_forged_client_id(shared: Server) -> None:
    """[T3] A client id of another user in the update does not change who made it."""
    shared.write("forged.ipynb", notebook("x"))

    async def scenario() -> None:
        async with joined(shared, "forged.ipynb") as alice:
            forged = alice.document.ydoc.client_id
            async with joined(shared, "forged.ipynb", "bob-token", client_id=forged) as bob:
                made = await by(
                    shared, bob.room_id, lambda: bob.source().insert(0, "F"), "peer bob"
                )
                assert {who(author) for author in made} == {"peer bob"}

    asyncio.run(scenario())


def test_server_writes(shared: Server) -> None:
    """[T4] Loading, saving and a change on the disk are credited to the server, by name, whoever
    opened or edited the notebook."""
    shared.write("disk.ipynb", notebook("before"))

    async def scenario() -> None:
        async with joined(shared, "disk.ipynb") as alice:
            room = alice.room_id
            await eventually(lambda: authors(shared, room), "the room is reported")
            loaded = [author for author in authors(shared, room) if author["kind"] == "server"]
            assert {author["cause"] for author in loaded} == {"load"}
            alice.source().insert(0, "edited ")
            saved = await eventually(
                lambda: [a for a in authors(shared, room) if who(a) == "save"], "a save"
            )
            assert saved[0]["detail"] == "DocumentRoom._maybe_save_document"
            await eventually(
                lambda: shared.saved_source("disk.ipynb") == "edited before", "it is saved"
            )
            since = len(authors(shared, room))
            content = shared.read("disk.ipynb")
            content["cells"][0]["source"] = "from the disk"
            shared.write("disk.ipynb", content)
            # Later than the save, however coarse the disk's clock is.
            later = time.time() + 1
            os.utime(shared.root / "disk.ipynb", (later, later))
            await eventually(lambda: str(alice.source()) == "from the disk", "it is reloaded")
            made = await eventually(
                lambda: [a for a in authors(shared, room, since) if who(a) == "disk"], "disk"
            )
            assert made[0]["detail"] == "FileLoader._watch_file"
            assert not [a for a in authors(shared, room, since) if a["kind"] == "peer"]

    asyncio.run(scenario())


def test_fork_and_merge(shared: Server) -> None:
    """[T5] A merged fork is credited to the user whose request merged it."""
    shared.write("fork.ipynb", notebook("main"))

    async def scenario() -> None:
        async with joined(shared, "fork.ipynb") as alice:
            room = alice.room_id
            path = f"api/collaboration/fork/{quote(room, safe='')}"
            body = {"synchronize": False, "title": "t", "description": "d"}
            fork = (
                await asyncio.to_thread(shared.request, "PUT", path, "bob-token", json=body)
            ).json()
            fork_id = fork["fork_roomid"]
            since = len(authors(shared, room))
            socket = await shared.websocket(
                f"api/collaboration/room/{fork_id}?sessionId={fork['sessionId']}&token=bob-token"
            )
            from servers import Peer

            peer = Peer(socket, fork_id, None)
            await asyncio.wait_for(peer.synced.wait(), 20)
            peer.source().insert(0, "FORK ")
            await peer.close()
            await asyncio.to_thread(
                shared.request,
                "DELETE",
                f"api/collaboration/fork/{fork_id}?merge=true",
                "bob-token",
            )
            await eventually(lambda: str(alice.source()) == "FORK main", "it is merged")
            made = await eventually(
                lambda: [a for a in authors(shared, room, since) if who(a) not in ("save", "load")],
                "somebody merged it",
            )
            assert [who(author) for author in made] == ["request bob"]
            assert made[0]["handler"] == "DocForkHandler" and made[0]["method"] == "DELETE"

    asyncio.run(scenario())


def test_resync(shared: Server) -> None:
    """[T6] What a client brings along when it connects is marked as resynchronized."""
    shared.write("resync.ipynb", notebook("x"))

    async def scenario() -> None:
        async with joined(shared, "resync.ipynb") as alice:
            room = alice.room_id
            session = {"fileId": room.split(":")[2], "sessionId": ""}
            async with joined(shared, "resync.ipynb", "bob-token") as bob:
                offline = Doc()
                offline.apply_update(bob.document.ydoc.get_update())
            from pycrdt import create_sync_message, handle_sync_message

            session = await asyncio.to_thread(open_session, shared, "resync.ipynb", "bob-token")
            since = len(authors(shared, room))
            text = offline.get("cells", type=__import__("pycrdt").Array)[0]["source"]
            text.insert(0, "offline ")
            query = f"?sessionId={session['sessionId']}&token=bob-token"
            socket = await shared.websocket(f"api/collaboration/room/{room}{query}")
            await socket.write_message(create_sync_message(offline), binary=True)
            while True:
                message = await socket.read_message()
                assert message is not None
                if message[0] == 0:
                    reply = handle_sync_message(message[1:], offline)
                    if reply is not None:
                        await socket.write_message(reply, binary=True)
                        break
            await eventually(lambda: str(alice.source()).startswith("offline"), "it has arrived")
            made = [a for a in authors(shared, room, since) if a["kind"] == "peer"]
            assert [(who(author), author["via"]) for author in made] == [("peer bob", "resync")]
            socket.close()

    asyncio.run(scenario())


def test_rebuilt_from_frames(shared: Server) -> None:
    """[T7] A room is reported from its birth to its end: the updates, applied in order to an empty
    document, are the document."""
    shared.write("whole.ipynb", notebook("one", "two"))

    async def scenario() -> None:
        async with joined(shared, "whole.ipynb") as alice:
            alice.source(1).insert(0, "TWO ")
            room = alice.room_id
            await eventually(
                lambda: "peer alice" in [who(a) for a in authors(shared, room)], "the edit"
            )
            frames = [frame for frame in shared.taken() if frame.get("roomId") == room]
            assert frames[0]["type"] == "room.opened"
            assert frames[0]["path"] == "whole.ipynb"
            assert who(frames[0]["author"]) == "peer alice"
            assert frames[0]["fileId"] == room.split(":")[2]
            kinds = [frame["type"] for frame in frames]
            assert kinds.count("room.ready") == 1
            ready = kinds.index("room.ready")
            for frame in frames[1:ready]:
                assert who(frame["author"]) == "load"
            rebuilt: Doc[Any] = Doc()
            for frame in frames:
                if frame["type"] == "room.update":
                    rebuilt.apply_update(bytes.fromhex(frame["payload"]))
            from jupyter_ydoc import YNotebook

            assert YNotebook(rebuilt).source["cells"][1]["source"] == "TWO two"
            shared.host_says(type="snapshot.request", roomId=room)
            snapshot = await eventually(lambda: shared.frames("room.snapshot"), "a snapshot")
            copy: Doc[Any] = Doc()
            copy.apply_update(bytes.fromhex(snapshot[0]["payload"]))
            assert YNotebook(copy).source["cells"][1]["source"] == "TWO two"

    asyncio.run(scenario())


def test_self_test_passes(shared: Server) -> None:
    """[T8] The hooks pass their self-test with the installed versions, and the host is told."""
    assert shared.status()["hooks"] == {"ok": True, "problems": []}
    assert json.loads((shared.host_folder / "hello.json").read_text())["hooksTrusted"] is True


def test_runtime_is_a_peer(shared: Server) -> None:
    """[T9] An edit on a connection with a granted token is the runtime's, with the actor that the
    host named."""
    shared.write("runtime.ipynb", notebook("x"))
    file_id = open_session(shared, "runtime.ipynb", "alice-token")["fileId"]
    shared.grant("agent-1", f"/notebooks/{file_id}")

    async def scenario() -> None:
        async with joined(shared, "runtime.ipynb", "agent-1") as runtime:
            made = await by(
                shared,
                runtime.room_id,
                lambda: runtime.source().insert(0, "r"),
                "peer colophon-runtime",
            )
            assert made[-1]["grant"] == {"kind": "runtime", "id": "runtime", "name": "Runtime"}

    asyncio.run(scenario())


def test_text_type(shared: Server) -> None:
    """[T10] Rooms that are no notebooks are not reported."""
    (shared.root / "plain.txt").write_text("plain")

    async def scenario() -> None:
        body = {"format": "text", "type": "file"}
        answer = await asyncio.to_thread(
            shared.request, "PUT", "api/collaboration/session/plain.txt", json=body
        )
        session = answer.json()
        room = f"text:file:{session['fileId']}"
        query = f"?sessionId={session['sessionId']}&token=alice-token"
        socket = await shared.websocket(f"api/collaboration/room/{room}{query}")
        from pycrdt import create_sync_message, create_update_message

        document: Doc[Any] = Doc({"source": Text()})
        await socket.write_message(create_sync_message(document), binary=True)
        updates: list[bytes] = []
        document.observe(lambda event: updates.append(event.update))
        document.get("source", type=Text).insert(0, "x")
        await socket.write_message(create_update_message(updates[0]), binary=True)
        await eventually(lambda: (shared.root / "plain.txt").read_text() != "plain", "it is saved")
        assert not [frame for frame in shared.taken() if frame.get("roomId") == room]
        socket.close()

    asyncio.run(scenario())
