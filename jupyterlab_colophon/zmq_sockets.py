"""Options of a socket to a kernel that jupyter_client has connected already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import zmq

#: Milliseconds until a connection that was refused is tried again: a kernel that starts refuses.
_RETRY = 20


def connect_anew(socket: Any, options: Mapping[int, int | bytes]) -> None:
    """Have the socket connect again with these options, which count from the connection on."""
    endpoint = socket.getsockopt(zmq.LAST_ENDPOINT)
    socket.disconnect(endpoint)
    for option, value in options.items():
        socket.setsockopt(option, value)
    socket.setsockopt(zmq.RECONNECT_IVL, _RETRY)
    socket.connect(endpoint)
