"""Saves what the rooms still had to save when the server ends.

jupyter-collaboration saves a second after the last change, and cancels that when it stops. At the
next load the file wins over the store, and the change is gone from the notebook.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from logging import Logger
from typing import Any

#: Seconds for all rooms together.
_PATIENCE = 3.0


def start_saving(rooms: Iterable[Any], log: Logger) -> set[asyncio.Task[None]]:
    """Begin to save each room whose save is pending. To be called before the rooms stop."""
    return {asyncio.ensure_future(_save(room, log)) for room in rooms if _is_pending(room)}


async def finish_saving(saving: set[asyncio.Task[None]], log: Logger) -> None:
    """Wait for the saves, three seconds at most."""
    if saving:
        _, late = await asyncio.wait(saving, timeout=_PATIENCE)
        if late:
            log.warning("Colophon could not wait for %d notebooks to be saved", len(late))


def _is_pending(room: Any) -> bool:
    task = getattr(room, "_saving_document", None)
    return task is not None and not task.done()


async def _save(room: Any, log: Logger) -> None:
    try:
        model = {"format": room._file_format, "type": room._file_type}
        model["content"] = await room._document.aget()
        await room._file.maybe_save_content(model)
    except Exception:
        # Changed on the disk meanwhile, or not writable: as if the pending save had been cancelled.
        log.warning("Colophon could not save %s at the end", room.room_id, exc_info=True)
