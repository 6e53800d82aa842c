"""The rows of the rooms in a SQLite file: how it is opened and read, and how rows are packed."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from logging import getLogger
from pathlib import Path

from pycrdt import Doc, get_update, merge_updates

from .room_lineage import clocks

#: Values of the column `packed`.
PLAIN, DEFLATED = 0, 1
_SELECT = "SELECT number, bytes, at, packed FROM updates WHERE path = ? ORDER BY number"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS updates (
  number INTEGER PRIMARY KEY, path TEXT NOT NULL, bytes BLOB NOT NULL, at REAL NOT NULL,
  packed INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS updates_of_path ON updates (path, number);
CREATE TABLE IF NOT EXISTS saves (
  number INTEGER PRIMARY KEY, path TEXT NOT NULL, digest TEXT NOT NULL);
"""


@dataclass
class Row:
    """One stored update, unpacked. `at` in seconds since 1970; `size` on the disk."""

    number: int
    update: bytes
    at: float
    size: int


def open_file(path: Path) -> sqlite3.Connection:
    """The file at `path`, made or brought up to date if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path, timeout=30)
    if not database.execute("SELECT 1 FROM sqlite_master").fetchone():
        database.execute("PRAGMA auto_vacuum = FULL")
    database.execute("PRAGMA journal_mode = WAL")
    database.executescript(_SCHEMA)
    columns = {row[1] for row in database.execute("PRAGMA table_info(updates)")}
    if "packed" not in columns:
        # Of the version before this one.
        database.execute("ALTER TABLE updates ADD COLUMN packed INTEGER NOT NULL DEFAULT 0")
        database.commit()
    return database


def gives_back(database: sqlite3.Connection) -> bool:
    """Whether freed space leaves the file, which the version before did not ask for."""
    return bool(database.execute("PRAGMA auto_vacuum").fetchone()[0])


def give_back(database: sqlite3.Connection) -> None:
    """Let freed space leave the file from now on. Writes the whole file anew."""
    database.execute("PRAGMA auto_vacuum = FULL")
    try:
        database.execute("VACUUM")
    except sqlite3.OperationalError:
        # In use elsewhere, or no space to do it: freed space is used again, as it was.
        getLogger(__name__).warning("The room store could not be rebuilt", exc_info=True)


def rows_of(database: sqlite3.Connection, path: str) -> list[Row]:
    """The rows of a room, oldest first."""
    return [
        Row(
            number,
            zlib.decompress(stored) if packed == DEFLATED else bytes(stored),
            float(at),
            len(stored),
        )
        for number, stored, at, packed in database.execute(_SELECT, (path,))
    ]


def pack(updates: Iterable[bytes]) -> bytes | None:
    """What these updates amount to, deflated; without the contents that are deleted by the end.
    None if something that they rest on is not among them, or they contradict one another."""
    document: Doc = Doc()
    try:
        merged = merge_updates(*updates)
        document.apply_update(merged)
        # A document keeps back what rests on something missing, and does not give it away again.
        beyond = get_update(merged, document.get_state())
        state = document.get_update()
        copy: Doc = Doc()
        copy.apply_update(state)
    except Exception:
        # Whatever the updates are, they stay as they are.
        getLogger(__name__).exception("The updates of a room could not be joined")
        return None
    if beyond[0] != 0 or clocks(copy.get_state()) != clocks(document.get_state()):
        return None
    return zlib.compress(state, 1)
