"""Tells one history of a document from another, so that two are never merged.

A room that finds nothing in its store reads the file and begins a new history. Whoever still has
the one before would bring all cells a second time. jupyter-collaboration lets every such beginning
be written by the client 0: the same file gives the same history, but another file gives another
history under the same name, and a merge of the two is garbage. Here the writer of a beginning is
named by the content: the same file, the same history; another file, a visibly different one.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Any

from jupyter_ydoc import ydocs
from pycrdt import Decoder, Doc

#: The upper 24 of a writer's 53 bits; a client takes such an id by chance once in 16 million.
_MARK = 0xC01094 << 29
_MASK = 0xFFFFFF << 29
#: jupyter-collaboration's own name for the writer of a beginning.
_STOCK = 0
#: What a document adds to the metadata of a notebook that lacks it.
_DEFAULTS = {"language_info": {"name": ""}, "kernelspec": {"name": "", "display_name": ""}}


def clocks(state_vector: bytes) -> dict[int, int]:
    """How much a document has of each client, from its encoded state vector."""
    decoder = Decoder(state_vector)
    return {
        decoder.read_var_uint(): decoder.read_var_uint() for _ in range(decoder.read_var_uint())
    }


def is_stale(client: bytes, room: bytes) -> bool:
    """Whether a client with this state vector has a history that is not the room's. One that has
    nothing yet, or was away, or has written meanwhile, is not stale."""
    there = clocks(room)
    return any(
        clock > there.get(writer, 0)
        for writer, clock in clocks(client).items()
        if writer == _STOCK or writer & _MASK == _MARK
    )


def digest(content: Any) -> str:
    """Of a document's content, without what its cells say about trust, which is the reader's
    business, and without what a document of a notebook has by default."""
    if isinstance(content, dict) and isinstance(content.get("cells"), list):
        content = _essence(content)
    text = json.dumps(_whole_numbers(content), sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _essence(notebook: dict[str, Any]) -> dict[str, Any]:
    cells = [without_trust(cell) for cell in notebook["cells"]]
    if len(cells) == 1 and cells[0].get("cell_type") == "code":
        if not any(cells[0].get(key) for key in ("source", "outputs", "metadata")):
            cells = []
    metadata = {
        key: value
        for key, value in notebook.get("metadata", {}).items()
        if _DEFAULTS.get(key) != value
    }
    return {**notebook, "cells": cells, "metadata": metadata}


def without_trust(cell: Any) -> Any:
    """The cell without `metadata.trusted`."""
    if not isinstance(cell, dict) or not isinstance(cell.get("metadata"), dict):
        return cell
    metadata = {key: value for key, value in cell["metadata"].items() if key != "trusted"}
    return {**cell, "metadata": metadata}


async def begin(
    room: Any,
    content: Any,
    progressive: bool = False,
    initialized: asyncio.Event | None = None,
    finish: asyncio.Event | None = None,
) -> None:
    """In place of `DocumentRoom._apply_deterministic_source_content`: fill the room's empty
    document from a file. What differs is the name of the writer."""
    writer = _MARK | (int(digest(content)[:16], 16) & ~_MASK & ((1 << 53) - 1))
    source: Doc[Any] = Doc(client_id=writer)
    document: Any = ydocs.get(room.file_type, ydocs["file"])(source)
    if progressive:
        subscription = source.observe(lambda event: room.ydoc.apply_update(event.update))
        try:
            await document.aset_progressively(
                content,
                initialized=initialized,
                finish=finish,
                delay_outputs_above_mb=room._notebook_output_delay_threshold_mb,
            )
        finally:
            source.unobserve(subscription)
    else:
        await document.aset(content)
        room.ydoc.apply_update(source.get_update())


def _whole_numbers(value: Any) -> Any:
    """A document knows 1.0 and 1 as one number."""
    if isinstance(value, dict):
        return {str(key): _whole_numbers(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
