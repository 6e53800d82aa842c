"""What this server tells its host, and does for it; docs/PROTOCOL.md, section 2."""

from __future__ import annotations

import asyncio
from logging import Logger
from typing import Any

from . import frames
from .grants import Grants
from .host_link import HostLink
from .notebook_paths import NotebookPaths
from .notices import Notices
from .outbox import Outbox
from .room_tap import TappedRooms


class HostLine:
    """Until there is an outbox, nothing is told; until there are rooms, there is none to show."""

    def __init__(
        self, tap: str, grants: Grants, paths: NotebookPaths, notices: Notices, log: Logger
    ) -> None:
        self.outbox: Outbox | None = None
        self.rooms: TappedRooms | None = None
        self._tap = tap
        self._grants = grants
        self._paths = paths
        self._notices = notices
        self._log = log

    def post(self, kind: str, fields: dict[str, Any], payload: bytes = b"") -> None:
        """Tell the host, now or when it is back."""
        if self.outbox is not None:
            self.outbox.post(kind, fields, payload)

    def on_host_frame(self, link: HostLink, header: dict[str, Any], payload: bytes) -> None:
        """A frame of the host other than `listening` and `fatal`."""
        assert self.outbox is not None
        kind = header.get("type")
        if kind == "welcome":
            if header["tap"] == self._tap:
                self.outbox.attach(link, int(header["last"]))
            else:
                self.outbox.acknowledge(str(header["tap"]), int(header["last"]))
        elif kind == "ack":
            self.outbox.acknowledge(str(header["tap"]), int(header["n"]))
        elif kind == "flush":
            flushed = frames.encode({"type": "flushed", "id": header["id"]})
            self.outbox.when_live(lambda: link.send(flushed))
        elif kind == "snapshot.request":
            if self.rooms is not None:
                self.rooms.snapshot(str(header["roomId"]))
        elif kind == "token.grant":
            self._grants.grant(str(header["token"]), header["actor"], str(header["stream"]))
            link.send(frames.encode({"type": "token.granted", "id": header["id"]}))
        elif kind == "token.revoke":
            self._grants.revoke(str(header["token"]))
        elif kind == "path.request":
            asyncio.ensure_future(self._answer_path(link, header))
        elif kind == "notice":
            self._notices.tell(header)
        else:
            self._log.warning("The Colophon host sent an unknown frame: %s", kind)

    def on_host_end(self) -> None:
        """Frames go to the spool; tokens end with the host that granted them."""
        if self.outbox is not None:
            self.outbox.detach()
        self._grants.revoke_all()

    async def _answer_path(self, link: HostLink, header: dict[str, Any]) -> None:
        path = await self._paths.existing(str(header["fileId"]))
        link.send(frames.encode({"type": "path", "id": header["id"], "path": path}))
