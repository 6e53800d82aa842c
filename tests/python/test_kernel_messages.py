"""What a tap does with messages: numbers, keeps, spools them; and how they look on a websocket."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from jupyterlab_colophon.kept_messages import KeptMessages
from jupyterlab_colophon.kernel_wire import decode, encode, message_id, session_of
from jupyterlab_colophon.message_gaps import MessageGaps
from jupyterlab_colophon.tap_spool import Left, TapSpool, left_behind

LOG = logging.getLogger("test")
HEADER = b'{"msg_id": "a_1_7", "session": "s", "msg_type": "stream"}'
PARTS = [HEADER, b'{"session": "who"}', b'{"m": 1}', '{"text": "é"}'.encode()]


@pytest.mark.parametrize("v1", [True, False])
@pytest.mark.parametrize("buffers", [[], [b"\x00\xff", b"", b"more"]])
def test_wire(v1: bool, buffers: list[bytes]) -> None:
    """[GW5] In both protocols a message is the same behind the wire, with its buffers."""
    channel, parts = decode(encode("iopub", [*PARTS, *buffers], v1), v1)
    assert channel == "iopub"
    assert list(map(json.loads, parts[:4])) == list(map(json.loads, PARTS))
    assert parts[4:] == buffers
    assert message_id(parts[0]) == "a_1_7"
    assert session_of(parts[1]) == "who"


def test_gaps() -> None:
    """[GW6] Missing numbers are noticed in a run, whatever their order, and from a cut on; the
    reply that comes late is not missed, nor is the number of a result that shows itself."""
    gaps = MessageGaps()

    def run(*counts: int, cut: int | None = None) -> bool:
        for index, count in enumerate(counts):
            if index == cut:
                gaps.cut()
            gaps.note(f"a_1_{count}")
            if index == 0:
                gaps.begin()
        return gaps.end(f"a_1_{counts[-1]}")

    assert not run(1, 2, 4, 3, 5)
    gaps.note("a_1_9")
    assert not run(20, 21, 23), "the reply, and others' answers between the runs"
    assert not run(24, 26, 27, 29), "the reply, and a result that shows itself"
    assert run(30, 34, 35)
    assert run(40, 41, 43, 44, cut=2)
    assert not run(50, 51, 52, 54, cut=2)
    gaps.note("unnumbered")
    assert not gaps.end("unnumbered")


def spool(folder: Path, tap: str = "tap") -> tuple[TapSpool, KeptMessages]:
    """A spool, and what a tap keeps with it."""
    opened, kept = TapSpool(folder, tap, LOG), KeptMessages(1 << 20)
    opened.state = lambda: (Left({"kernel": "k"}, kept.floor, [], {}), kept)
    opened.renew()
    return opened, kept


def keep(opened: TapSpool, kept: KeptMessages, text: bytes) -> None:
    message = kept.add(b'"x":"%b"' % text)
    opened.keep(kept.last, message, kept.size, {"a_1": kept.last})


def test_spool(tmp_path: Path) -> None:
    """[GW7] A killed server's spool holds what was kept, with its numbers; a torn end and what was
    acknowledged are left out, and a spool that a living server has is left alone."""
    opened, kept = spool(tmp_path)
    for text in (b"one", b"two", b"three"):
        keep(opened, kept, text)
    opened.note(floor=1)
    opened.note(about={"kernel": "other"})
    with open(opened.path, "ab") as file:
        file.write(b"\x00\x00\x01\x00\x00\x00\x00\x10torn")
    assert left_behind(tmp_path, LOG) == []
    opened.close()
    [again] = left_behind(tmp_path, LOG)
    left = again.read()
    assert left.floor == 1 and left.about == {"kernel": "other"} and left.seen == {"a_1": 3}
    assert [json.loads(bytes(each))["seq"] for each in left.messages] == [2, 3]
    again.remove()
    assert list(tmp_path.iterdir()) == []


def test_spool_stays_small(tmp_path: Path) -> None:
    """[GW8] What was acknowledged leaves the disk: a spool does not grow with the run."""
    opened, kept = spool(tmp_path)
    for number in range(1, 300):
        keep(opened, kept, b"y" * 100_000)
        kept.forget(number - 2)
    assert opened.path.stat().st_size < 6_000_000
    left = opened.read()
    assert left.floor + len(left.messages) == 299
    opened.close()
