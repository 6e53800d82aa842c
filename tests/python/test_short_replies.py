"""Replies of a kernel to a runtime."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from jupyter_client.session import DELIM, Session

from jupyterlab_colophon.short_replies import shorten_replies, shortened

MARKUP = 'é"\\\n😀\u0000' * 60_000


def error(**more: Any) -> dict[str, Any]:
    """The content of a reply."""
    return {"status": "error", "ename": "E", "evalue": MARKUP, "traceback": ["-", MARKUP], **more}


@pytest.mark.parametrize("ascii_only", [True, False])
def test_beginnings(ascii_only: bool) -> None:
    """[F28] Of an error's message and traceback a reply bears the beginnings, at least 4096
    characters of each, and everything else whole, whatever stands in it."""
    payload = [{"source": "set_next_input", "text": MARKUP}]
    whole = error(payload=payload, execution_count=7)
    for separators in ((",", ":"), (", ", ": ")):
        content = json.dumps(whole, ensure_ascii=ascii_only, separators=separators).encode()
        short = json.loads(shortened(content))
        for cut in (short["evalue"], short["traceback"][1]):
            assert MARKUP.startswith(cut.rstrip("\ud83d")) and 4096 < len(cut) < 40_000
        assert {**whole, **short} == short
        rest = {name: short[name] for name in short if name not in ("evalue", "traceback")}
        assert rest == {name: whole[name] for name in rest}
    backslashes = json.dumps(error(evalue="\\" * 200_000)).encode()
    assert set(json.loads(shortened(backslashes))["evalue"]) == {"\\"}
    many = json.dumps(error(traceback=['"'] * 60_000)).encode()
    assert shortened(many) == many


@pytest.mark.parametrize("kind", ["execute_reply", "inspect_reply"])
def test_signed(kind: str) -> None:
    """[F28] A shortened reply is one of the kernel still; other messages are as they were."""
    session = Session(key=b"key")
    sent: list[list[bytes]] = []
    connection = SimpleNamespace(
        session=session, channels={}, handle_outgoing_message=lambda _, parts: sent.append(parts)
    )
    shorten_replies(connection)
    content = error(payload=[{"text": MARKUP * 2}])
    parts = [b"who", *session.serialize(session.msg(kind, content))]
    for channel in ("shell", "iopub"):
        connection.handle_outgoing_message(SimpleNamespace(channel=channel), parts)
    assert sent[1] == parts
    assert (sent[0] == parts) == (kind != "execute_reply")
    received = Session(key=b"key").deserialize(sent[0][sent[0].index(DELIM) + 1 :])
    assert received["content"]["payload"] == content["payload"]
