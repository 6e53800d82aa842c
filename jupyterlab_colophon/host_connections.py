"""Connections of this server to the host, kept from one request to the next."""

from __future__ import annotations

import socket
from weakref import WeakKeyDictionary

from tornado.iostream import IOStream

from .host_status import Host

#: Connections that have brought a whole answer, for the next request.
_kept: WeakKeyDictionary[Host, list[IOStream]] = WeakKeyDictionary()
_MOST_KEPT = 8


async def connect(port: int) -> IOStream:
    """A connection to the host. Raises OSError. Not through TCPClient: it looks the address up on a
    thread, which costs more than all the rest."""
    upstream = IOStream(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    upstream.set_nodelay(True)
    await upstream.connect(("127.0.0.1", port))
    return upstream


def take_kept(host: Host) -> IOStream | None:
    """A connection that is still open, if there is one; the caller has it alone."""
    kept = _kept.get(host, [])
    while kept:
        upstream = kept.pop()
        if not upstream.closed():
            return upstream
    return None


def keep(host: Host, upstream: IOStream) -> None:
    """Keep a connection on which nothing is on its way; if there are enough, it is closed."""
    kept = _kept.setdefault(host, [])
    if len(kept) < _MOST_KEPT and not upstream.closed():
        # Says at once when the host closes it.
        upstream.set_close_callback(lambda: upstream in kept and kept.remove(upstream))
        kept.append(upstream)
    else:
        upstream.close()
