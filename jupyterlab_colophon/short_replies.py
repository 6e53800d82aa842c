"""Replies to a runtime, without most of an error that is large.

A kernel tells an error twice: among its outputs, which the tap brings, and in the reply to the
request. Of the latter a runtime reads the beginning of the message; with tens of megabytes it costs
server and runtime several times as much memory. What is no such reply passes as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from jupyter_client.session import DELIM

from .kept_messages import LARGE

#: Bytes that stay of a string; a runtime reads 4096 characters, each of which takes 6 at most.
_KEPT = 1 << 15
#: So many strings are looked at; a reply with more passes as it is.
_MOST_STRINGS = 50_000
_CUT = (b'"evalue"', b'"traceback"')


def shorten_replies(connection: Any) -> None:
    """To be called before the kernel's websocket opens. What is no such connection stays so."""
    send = getattr(connection, "handle_outgoing_message", None)
    if send is None or not hasattr(connection, "channels"):
        return

    def handle_outgoing_message(stream: Any, parts: list[Any]) -> None:
        if getattr(stream, "channel", stream) == "shell":
            parts = _shortened(parts, connection.session)
        send(stream, parts)

    connection.handle_outgoing_message = handle_outgoing_message


def shortened(content: bytes) -> bytes:
    """An error as JSON, with no more than the beginnings of what it says."""
    pieces: list[bytes] = []
    at, key = 0, b""
    for count, (start, end) in enumerate(_strings(content)):
        if count > _MOST_STRINGS:
            return content
        if content[end : end + 4].lstrip().startswith(b":"):
            key = content[start : min(end, start + 20)]
        elif end - start > 2 * _KEPT and key in _CUT:
            pieces += [content[at:start], _beginning(content[start + 1 : start + 1 + _KEPT])]
            at = end
    return b"".join((*pieces, content[at:])) if pieces else content


def _shortened(parts: list[Any], session: Any) -> list[Any]:
    try:
        start = parts.index(DELIM) + 2
        header, content = parts[start], parts[start + 3]
    except (ValueError, IndexError):
        return parts
    if len(content) < LARGE or b'"execute_reply"' not in header:
        return parts
    fields = [*parts[start : start + 3], shortened(content)]
    return [*parts[: start - 1], session.sign(fields), *fields, *parts[start + 4 :]]


def _strings(text: bytes) -> Iterator[tuple[int, int]]:
    """From each opening quote of JSON to behind the closing one."""
    start = text.find(b'"')
    while start >= 0:
        end = text.find(b'"', start + 1)
        while end >= 0 and _is_escaped(text, start + 1, end):
            end = text.find(b'"', end + 1)
        if end < 0:
            return
        yield start, end + 1
        start = text.find(b'"', end + 1)


def _is_escaped(text: bytes, first: int, at: int) -> bool:
    near = max(first, at - 64)
    backslashes = _backslashes_before(text[near:at])
    if backslashes == at - near:
        backslashes = _backslashes_before(text[first:at])
    return backslashes % 2 == 1


def _backslashes_before(text: bytes) -> int:
    return len(text) - len(text.rstrip(b"\\"))


def _beginning(cut: bytes) -> bytes:
    """The string of JSON whose inside begins so; what is cut at the end of it is left out."""
    inside = cut.decode("utf-8", "ignore")
    while True:
        try:
            return json.dumps(json.loads(f'"{inside}"', strict=False)).encode("ascii")
        except ValueError:
            inside = inside[:-1]
