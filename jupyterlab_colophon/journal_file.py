"""The journal's database seen from outside: read only, also while a host writes it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from .finding import Finding

#: Parts of the journal's database: the table of each, and the column that takes the space.
_PARTS = {
    "events": ("events", "data"),
    "documents": ("updates", "bytes"),
    "snapshots": ("snapshots", "state"),
}
#: A journal of more bytes than this takes long to look through.
_LARGE = 1_000_000_000


def check_journal(path: Path) -> Finding:
    """Whether the journal can be read and is whole."""
    if not path.exists():
        return Finding("journal", "ok", "none yet")
    if not os.access(path, os.R_OK):
        return Finding("journal", "fail", f"{path} cannot be read.", "Make it readable.")
    try:
        with closing(_open(path)) as database:
            answer = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        answer = str(error)
    if answer != "ok":
        return Finding(
            "journal",
            "fail",
            f"{path} is damaged: {answer}",
            "Stop the server and start it again: Colophon sets a damaged journal aside, under "
            "another name, and begins a new one. Notebooks are not affected.",
        )
    return Finding("journal", "ok", f"{path}, no damage found")


def journal_parts(path: Path) -> dict[str, tuple[int, int]]:
    """What the journal's space is for: how many of each part, and their bytes. Empty if that cannot
    be told quickly or at all."""
    if not path.exists() or path.stat().st_size > _LARGE:
        return {}
    try:
        with closing(_open(path)) as database:
            return {
                part: database.execute(
                    f"SELECT count(*), coalesce(sum(length({column})), 0) FROM {table}"
                ).fetchone()
                for part, (table, column) in _PARTS.items()
            }
    except sqlite3.Error:
        return {}


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)
