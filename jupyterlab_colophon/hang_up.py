"""Ends the connections to rooms when the server ends.

Jupyter Server leaves websockets open when it stops its event loop. The request that opened one then
never ends, nor does the thread that read the notebook's file for it, and the process waits for that
thread until it is killed: for a JupyterHub, a minute in which the server cannot be started again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

#: Seconds in which a page that is there answers; one that is not is not waited for.
_PATIENCE = 0.5
_GOING_AWAY = 1001


async def hang_up(rooms: Iterable[Any]) -> None:
    """Settles once no client of these rooms is connected."""
    streams = []
    for client in {client for room in rooms for client in room.clients}:
        connection = getattr(client, "ws_connection", None)
        if connection is not None:
            streams.append(connection.stream)
            client.close(_GOING_AWAY, "the server ends")
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _PATIENCE
    while not all(stream.closed() for stream in streams) and loop.time() < deadline:
        await asyncio.sleep(0.01)
    for stream in streams:
        stream.close()
