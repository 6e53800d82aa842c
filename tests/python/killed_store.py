"""A process that writes a room's updates into a store and is killed, without a chance to do
anything, before the statement of SQLite with this number. Arguments: the store's file; the number,
0 for never. What it prints are the lengths of text that it has been told are on the disk, at last
how many statements there were."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

from pycrdt import Array, Doc, Map, Text

from jupyterlab_colophon.room_database import RoomDatabase
from jupyterlab_colophon.room_writer import RoomWriter

ROUNDS = 6


class Killing(RoomWriter):
    """Counts statements, and kills its process before one of them."""

    statements = 0
    at = 0

    def connect(self) -> sqlite3.Connection:
        database = super().connect()
        database.set_trace_callback(self._before)
        return database

    def _before(self, _statement: str) -> None:
        self.statements += 1
        if self.statements == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Rounds of an output replaced, of 40 KB that do not deflate, and a character typed."""
    path = Path(sys.argv[1])
    database = RoomDatabase(path)
    database._writer = writer = Killing(path)
    writer.at = int(sys.argv[2])
    document: Doc[Any] = Doc({"text": Text(), "outputs": Array()})
    text: Text = document["text"]
    outputs: Array[Any] = document["outputs"]
    document.observe(lambda event: database.put("room", event.update))
    for number in range(ROUNDS):
        with document.transaction():
            outputs.clear()
            outputs.append(Map({"image": os.urandom(20_000).hex()}))
        text += "x"
        if number == ROUNDS - 1:
            database.complete("room", document.get_update())
        database.settle().result()
        print(len(text), flush=True)
    print("statements", writer.statements, flush=True)


main()
