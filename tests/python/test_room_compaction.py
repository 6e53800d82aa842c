"""What the rooms' store has on the disk: little, and all of it, whenever the process ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from pycrdt import Array, Doc, Map, Text
from pycrdt.store import YDocNotFound
from servers import DEADLINE, HERE, until

from jupyterlab_colophon.room_database import RoomDatabase
from jupyterlab_colophon.room_rows import pack
from jupyterlab_colophon.ystore import ColophonYStore


def size(path: Path) -> int:
    """Bytes on the disk, with what SQLite keeps beside the file."""
    return sum(each.stat().st_size for each in path.parent.glob(f"{path.name}*"))


def loaded(path: Path, room: str = "room") -> Doc[Any]:
    """The room's document, as somebody who reads the store gets it."""
    document: Doc[Any] = Doc({"text": Text(), "outputs": Array()})
    store_class = type("Reader", (ColophonYStore,), {"db_path": str(path)})
    with contextlib.suppress(YDocNotFound):
        asyncio.run(store_class(room).apply_updates(document))
    return document


def test_leftovers(tmp_path: Path) -> None:
    """[T81] What a loop of outputs leaves behind goes from the store while the loop runs: the store
    never has much more than three times the document, though hundreds of times that went through
    it."""
    path = tmp_path / "rooms.sqlite"
    database = RoomDatabase(path)
    document: Doc[Any] = Doc({"text": Text(), "outputs": Array()})
    went = 0
    peak = 0

    def put(event: Any) -> None:
        nonlocal went
        went += len(event.update)
        database.put("room", event.update)

    document.observe(put)
    for number in range(400):
        with document.transaction():
            document["outputs"].clear()
            document["outputs"].append(Map({"image": os.urandom(50_000).hex()}))
        document["text"] += "x"
        if number % 4 == 0:
            database.settle().result()
            peak = max(peak, size(path))
    database.complete("room", document.get_update())
    database.settle().result()
    assert went > 300 * 100_000
    assert peak < 12 * 100_000, peak
    assert size(path) < 3 * 100_000, size(path)
    assert loaded(path)["text"].to_py() == "x" * 400
    assert loaded(path).get_state() == document.get_state()


def test_killed_at_any_statement(tmp_path: Path) -> None:
    """[T82] A process that is killed before any statement of its writes, also in the middle of
    replacing what a room has, leaves a store that has everything it had said was on the disk, whole
    and readable."""

    def run(number: int) -> list[str]:
        path = tmp_path / f"{number}" / "rooms.sqlite"
        answer = subprocess.run(
            [sys.executable, str(HERE / "killed_store.py"), str(path), str(number)],
            stdout=subprocess.PIPE,
            text=True,
            timeout=60,
        )
        told = [int(line) for line in answer.stdout.split("\n") if line.isdigit()]
        document = loaded(path)
        assert document["text"].to_py() in ("x" * max([0, *told]), "x" * (max([0, *told]) + 1))
        return answer.stdout.split()

    total = int(run(0)[-1])
    assert total > 30
    for number in range(1, total + 1, 2):
        assert "statements" not in run(number), "it was killed"


def test_old_store(tmp_path: Path) -> None:
    """[T83] A store of the version before is read, gives back the space of what is of no use any
    more, and is written on."""
    path = tmp_path / "rooms.sqlite"
    document: Doc[Any] = Doc({"text": Text(), "outputs": Array()})
    updates: list[bytes] = []
    document.observe(lambda event: updates.append(event.update))
    for number in range(200):
        document["text"] += f"{number} "
        with document.transaction():
            document["outputs"].clear()
            document["outputs"].append(Map({"image": os.urandom(5_000).hex()}))
    with sqlite3.connect(path) as old:
        old.execute("PRAGMA journal_mode = WAL")
        old.execute(
            "CREATE TABLE updates (number INTEGER PRIMARY KEY, path TEXT NOT NULL, "
            "bytes BLOB NOT NULL, at REAL NOT NULL)"
        )
        old.execute("CREATE INDEX updates_of_path ON updates (path, number)")
        old.executemany(
            "INSERT INTO updates (path, bytes, at) VALUES ('room', ?, 5.0)",
            [(update,) for update in updates],
        )
    old.close()
    before = size(path)
    assert loaded(path)["text"].to_py() == document["text"].to_py()
    database = RoomDatabase(path)
    for _ in range(8):
        updates.clear()
        document["text"] += "more "
        with document.transaction():
            document["outputs"].clear()
            document["outputs"].append(Map({"image": os.urandom(300_000).hex()}))
        for update in updates:
            database.put("room", update)
        database.settle().result()
    assert loaded(path)["text"].to_py() == document["text"].to_py()
    assert before > 1_500_000
    until(lambda: size(path) < 2_500_000, "the space is given back")


def test_missing_part(tmp_path: Path) -> None:
    """[T84] Updates that rest on one that has not come are not replaced: when it comes, nothing is
    missing."""
    path = tmp_path / "rooms.sqlite"
    database = RoomDatabase(path)
    document: Doc[Any] = Doc({"text": Text(), "outputs": Array()})
    updates: list[bytes] = []
    document.observe(lambda event: updates.append(event.update))
    for number in range(20):
        document["outputs"].append(os.urandom(5_000).hex())
        document["text"] += f"{number} "
    late = updates.pop(7)
    assert pack(updates) is None
    for update in updates:
        database.put("room", update)
        database.settle().result()
    database.put("room", late)
    database.settle().result()
    assert loaded(path)["text"].to_py() == document["text"].to_py()
    assert loaded(path)["outputs"].to_py() == document["outputs"].to_py()


def test_disk_comes_back(tmp_path: Path) -> None:
    """[T85] What the disk does not take is kept and written when it does; nobody waits for it for
    ever."""
    blocked = tmp_path / "data"
    blocked.write_text("a file where the folder should be")
    store_class = type("Store", (ColophonYStore,), {"db_path": str(blocked / "rooms.sqlite")})
    document: Doc[Any] = Doc({"text": Text(), "outputs": Array()})
    text: Text = document["text"]
    text += "kept"

    async def scenario() -> None:
        store = store_class("room")
        started = time.monotonic()
        await store.encode_state_as_update(document)
        assert time.monotonic() - started < 5
        blocked.unlink()
        await store.settle()

    asyncio.run(scenario())
    assert loaded(blocked / "rooms.sqlite")["text"].to_py() == "kept"


def test_removed_file(tmp_path: Path) -> None:
    """[PT5] A store whose file is removed while the server runs goes on in a new one."""
    path = tmp_path / "rooms.sqlite"
    database = RoomDatabase(path)
    document: Doc[Any] = Doc({"text": Text()})
    subscription = document.observe(lambda event: database.put("room", event.update))
    for number in range(3):
        document["text"] += f"{number}"
        database.settle().result()
        if number == 1:
            path.unlink()
    document.unobserve(subscription)
    database.complete("room", document.get_update())
    database.settle().result()
    assert str(loaded(path)["text"]) == "012"


def test_somebody_stops_waiting(tmp_path: Path) -> None:
    """[PT6] Of those who wait until the store has something, each is told, also if one before them
    has stopped waiting; what comes next is stored, too."""
    database = RoomDatabase(tmp_path / "rooms.sqlite")
    # So that both are of one batch.
    with database._changed:
        assert database.settle().cancel()
        settled = database.settle()
    settled.result(timeout=DEADLINE)
    database.settle().result(timeout=DEADLINE)
