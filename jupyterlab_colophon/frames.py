"""The framing of docs/PROTOCOL.md, section 2: a JSON header and bytes, each with its length."""

from __future__ import annotations

import json
import struct
from datetime import datetime, timezone
from typing import Any, BinaryIO

_LENGTHS = struct.Struct(">II")
_MAX_FRAME = 1 << 31


class TornFrame(Exception):
    """The stream ended in the middle of a frame, or what is there is no frame."""


def encode(header: dict[str, Any], payload: bytes = b"") -> bytes:
    """Return the frame of this header and payload."""
    return head(header, len(payload)) + payload


def head(header: dict[str, Any], payload_size: int) -> bytes:
    """What comes before a payload of so many bytes."""
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    return _LENGTHS.pack(4 + len(text) + payload_size, len(text)) + text


def read(stream: BinaryIO) -> tuple[dict[str, Any], bytes, bytes] | None:
    """Read one frame: header, payload, and the whole frame as it was. None at the end.

    Blocks on a pipe. Raises TornFrame if the stream ends inside a frame or holds something else.
    """
    lengths = _exactly(stream, _LENGTHS.size)
    if lengths is None:
        return None
    rest, head_length = _LENGTHS.unpack(lengths)
    if rest > _MAX_FRAME or head_length + 4 > rest:
        raise TornFrame("impossible lengths")
    body = _exactly(stream, rest - 4)
    if body is None:
        raise TornFrame("ended after the lengths")
    try:
        header = json.loads(body[:head_length])
    except ValueError as error:
        raise TornFrame("the header is not JSON") from error
    if not isinstance(header, dict):
        raise TornFrame("the header is not an object")
    return header, body[head_length:], lengths + body


def _exactly(stream: BinaryIO, size: int) -> bytes | None:
    """Read `size` bytes; None if there is not one more."""
    chunks: list[bytes] = []
    missing = size
    while missing > 0:
        chunk = stream.read(missing)
        if not chunk:
            if missing == size and size > 0:
                return None
            raise TornFrame("ended inside a frame")
        chunks.append(chunk)
        missing -= len(chunk)
    return b"".join(chunks)


def timestamp() -> str:
    """The time now, as the schema's Timestamp: ISO 8601, UTC, milliseconds."""
    now = datetime.now(timezone.utc)
    return now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"
