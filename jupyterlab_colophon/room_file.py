"""Stands between a room and its file, so that neither overwrites what only the other has.

The room server compares what its store has with the file, and where they differ in anything the
file wins. Two differences are none of the file's: whether a cell is marked as trusted, which the
contents manager says of every cell at each load; and what the room has written since the file was
saved, when the server was killed before it was saved again. Here the store has a room's content
before its file has it, and knows which content of the file the room has had. A file that has just
that is behind, not ahead.
"""

from __future__ import annotations

import asyncio
from typing import Any

from .room_lineage import digest, without_trust
from .stored_first import store_first
from .ystore import ColophonYStore


class RoomFile:
    """Takes the place of a room's `FileLoader`, of which it has everything else."""

    def __init__(self, room: Any) -> None:
        self._room = room
        self._loader = room._file
        self._loaded: dict[str, Any] | None = None
        self._noting: asyncio.Task[None] | None = None
        room._file = self
        if room.ystore is not None:
            self._apply_stored = room.ystore.apply_updates
            self._store_state = room.ystore.encode_state_as_update
            room.ystore.apply_updates = self._apply_updates
            room.ystore.encode_state_as_update = self._encode_state_as_update

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    async def load_content(self, format: str, file_type: str) -> dict[str, Any]:
        """As FileLoader's. Of a room that has content, cells that are equal keep their trust."""
        model: dict[str, Any] = await self._loader.load_content(format, file_type)
        if self._room.ready:
            keep_trust(model["content"], await self._room._document.aget())
            self._noting = asyncio.ensure_future(self._note_taken_over(digest(model["content"])))
        else:
            self._loaded = model
        return model

    async def maybe_save_content(self, model: dict[str, Any]) -> dict[str, Any] | None:
        """As FileLoader's. The store has the content first."""
        store = self._room.ystore
        if not isinstance(store, ColophonYStore):
            return await self._save(model)
        content = digest(model["content"])
        await store.note_save(content)
        saved = await self._save(model)
        if saved is not None:
            store.note_saved(content)
        return saved

    async def _save(self, model: dict[str, Any]) -> dict[str, Any] | None:
        saved: dict[str, Any] | None = await self._loader.maybe_save_content(model)
        return saved

    async def _apply_updates(self, ydoc: Any) -> None:
        """The room is loading, after its file: apply what the store has, and let the file's content
        be no other where it is behind. The room server compares the two next."""
        begun = ydoc.get_update()
        store = self._room.ystore
        if isinstance(store, ColophonYStore):
            store_first(self._room, store)
        await self._apply_stored(ydoc)
        # The room server notes the path before it listens to changes. All that it writes later
        # rests on that: without it Yjs leaves out what the next room gets from the store.
        await self._room.ystore.write(begun)
        model = self._loaded
        if model is None:
            return
        _drop_doubles(self._room)
        stored = await self._room._document.aget()
        keep_trust(model["content"], stored)
        if not isinstance(store, ColophonYStore):
            return
        content = digest(model["content"])
        if content == digest(stored):
            model["content"] = stored
            store.note_saved(content)
        elif content in await store.saved():
            self._room.log.info("The file of room %s is behind its store", self._room.room_id)
            model["content"] = stored
            self._save_with_clients()

    async def _encode_state_as_update(self, ydoc: Any) -> None:
        """The room has taken its content from the file, and gives it to the store."""
        await self._store_state(ydoc)
        model, store = self._loaded, self._room.ystore
        if model is not None and isinstance(store, ColophonYStore):
            store.note_saved(digest(model["content"]))

    async def _note_taken_over(self, content: str) -> None:
        """The room is taking over what somebody else has written into the file. It holds its lock
        meanwhile."""
        async with self._room._update_lock:
            taken = digest(await self._room._document.aget())
        store = self._room.ystore
        if taken == content and isinstance(store, ColophonYStore):
            await store.try_to_settle()
            store.note_saved(content)

    def _save_with_clients(self) -> None:
        """Save when the first client shows itself, whose choice it is whether rooms are saved by
        themselves."""
        awareness = self._room.awareness
        loop = asyncio.get_running_loop()
        pending = True

        def shown(_topic: str, _change: Any) -> None:
            nonlocal pending
            if pending and self._room.ready and any(awareness.states.values()):
                pending = False
                self._room._on_document_change("cells", None)
                # Not while the observers are being called.
                loop.call_soon(awareness.unobserve, subscription)

        subscription = awareness.observe(shown)


def keep_trust(content: Any, present: Any) -> None:
    """Let cells of `content` say about trust what the same cells of `present` say, in place."""
    if not isinstance(content, dict) or not isinstance(present, dict):
        return
    known = {cell.get("id"): cell for cell in present.get("cells", []) if cell.get("id")}
    for cell in content.get("cells", []):
        twin = known.get(cell.get("id"))
        if twin is None or without_trust(cell) != without_trust(twin):
            continue
        cell["metadata"].pop("trusted", None)
        if "trusted" in twin["metadata"]:
            cell["metadata"]["trusted"] = twin["metadata"]["trusted"]


def _drop_doubles(room: Any) -> None:
    """Remove cells that an earlier merge has brought a second time. The room server leaves them out
    of the file, and would show them to everybody."""
    cells = getattr(room._document, "ycells", None)
    if cells is None:
        return
    seen: dict[str, Any] = {}
    doubles: list[int] = []
    for index in range(len(cells)):
        name = cells[index].get("id")
        if name in seen and cells[index].to_py() == seen[name].to_py():
            doubles.append(index)
        elif name is not None:
            seen.setdefault(name, cells[index])
    if doubles:
        with room.ydoc.transaction():
            for index in reversed(doubles):
                del cells[index]
