"""Kernel messages on a websocket, in both protocols that Jupyter Servers speak.

A message is its channel and its parts as bytes: header, parent, metadata, content, then buffers.
The newer protocol carries just that; in the older one a message is one JSON object, with its
buffers behind it if it has any.
"""

from __future__ import annotations

import json
import re
import struct
from typing import Any

from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_msg_to_ws_v1,
)

#: The websocket subprotocol of the newer one.
V1 = "v1.kernel.websocket.jupyter.org"
_FIELDS = ("header", "parent_header", "metadata", "content")
_ID = re.compile(rb'"msg_id"\s*:\s*"([^"]*)"')

Parts = list[bytes]


def decode(message: str | bytes, v1: bool) -> tuple[str, Parts]:
    """Channel and parts of a websocket's message. Raises ValueError, LookupError or struct.error
    for what is none."""
    if v1 and isinstance(message, bytes):
        channel, parts = deserialize_msg_from_ws_v1(message)
        return str(channel), [bytes(part) for part in parts]
    buffers: Parts = []
    if isinstance(message, bytes):
        count = struct.unpack_from("!I", message)[0]
        offsets = [*struct.unpack_from(f"!{count}I", message, 4), len(message)]
        pieces = [message[start:end] for start, end in zip(offsets, offsets[1:], strict=False)]
        message, buffers = pieces[0].decode("utf-8"), pieces[1:]
    fields: dict[str, Any] = json.loads(message)
    parts = [_json(fields.get(name) or {}) for name in _FIELDS]
    return str(fields.get("channel") or "shell"), [*parts, *buffers]


def encode(channel: str, parts: Parts, v1: bool) -> str | bytes:
    """The message of a websocket: bytes are binary, str is text."""
    if v1:
        return bytes(serialize_msg_to_ws_v1(parts, channel))
    text = b'{"channel":%b,"header":%b,"parent_header":%b,"metadata":%b,"content":%b' % (
        _json(channel),
        *parts[:4],
    )
    if len(parts) == 4:
        return (text + b',"buffers":[]}').decode("utf-8")
    pieces = [text + b"}", *parts[4:]]
    offsets, position = [], 4 * (len(pieces) + 1)
    for piece in pieces:
        offsets.append(position)
        position += len(piece)
    return b"".join([struct.pack(f"!{len(pieces) + 1}I", len(pieces), *offsets), *pieces])


def message_id(header: bytes) -> str:
    """The `msg_id` in a header; empty if there is none."""
    found = _ID.search(header)
    return "" if found is None else found[1].decode("utf-8", "replace")


def session_of(header: bytes) -> str:
    """The `session` in a header; empty if there is none."""
    try:
        return str(json.loads(header).get("session") or "")
    except (ValueError, AttributeError):
        return ""


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(
        "utf-8", "surrogatepass"
    )
