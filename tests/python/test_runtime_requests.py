"""What the runtime sends to a kernel counts once, and only while it may send."""

from __future__ import annotations

import json
import os
import socket
import struct
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from servers import DEADLINE, Server, until

TOKEN = "agent-requests"


class Wire:
    """A websocket that goes on sending whatever the server says, as what is in a network does."""

    def __init__(self, server: Server, path: str, token: str) -> None:
        url = urlsplit(server.url)
        self._socket = socket.create_connection((url.hostname, url.port), DEADLINE)
        lines = (
            f"GET {url.path}{path} HTTP/1.1",
            f"Host: {url.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            f"Colophon-Agent-Token: {token}",
        )
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self._heard = b""
        self._sent = 0
        until(lambda: self.hears(b"\r\n\r\n"), "the websocket is open")
        assert b" 101 " in self._heard.split(b"\r\n", 1)[0]

    def hears(self, what: bytes) -> bool:
        """Whether the server has sent this by now."""
        self._socket.settimeout(0.05)
        try:
            self._heard += self._socket.recv(1 << 16)
        except TimeoutError:
            pass
        return what in self._heard

    def execute(self, identity: str, code: str) -> None:
        header = {"msg_id": identity, "msg_type": "execute_request", "session": "s"}
        # Sent again it is another message of the same id, or the kernel would refuse it by itself.
        self._sent += 1
        date = f"2026-01-01T00:00:00.{self._sent}Z"
        header = {**header, "username": "", "date": date, "version": "5.3"}
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
        self._send(json.dumps({**message, "channel": "shell", "buffers": []}).encode())

    def close(self) -> None:
        self._socket.close()

    def _send(self, data: bytes) -> None:
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))
        self._socket.sendall(b"\x81" + struct.pack("!BH", 0x80 | 126, len(data)) + mask + masked)


def kernel(server: Server) -> str:
    return str(server.request("POST", "api/kernels", json={"name": "python3"}).json()["id"])


def channels_of(identity: str) -> str:
    # As agents name themselves. Of two connections that bear one name for the kernel itself, and
    # that both wait until it has started again, it hears one, whichever that is.
    return f"api/kernels/{identity}/channels?session_id=colophon-s"


def says(path: Path, what: str) -> str:
    return f"with open({str(path)!r}, 'a') as file: file.write({what!r})"


def reads(path: Path, what: str) -> Any:
    return lambda: path.exists() and path.read_text().endswith(what)


def test_each_request_once(shared: Server, tmp_path: Path) -> None:
    """[Z4] A request of the runtime reaches a kernel's process once, whatever connection it comes
    on."""
    shared.grant(TOKEN)
    channels = channels_of(kernel(shared))
    marks = tmp_path / "marks"
    first = Wire(shared, channels, TOKEN)
    first.execute("one", says(marks, "1"))
    until(reads(marks, "1"), "the first request ran")
    first.execute("one", says(marks, "1"))
    second = Wire(shared, channels, TOKEN)
    second.execute("one", says(marks, "1"))
    second.execute("two", says(marks, "2"))
    until(reads(marks, "2"), "the second request ran")
    assert marks.read_text() == "12"
    first.close()
    second.close()


def test_the_last_word_of_a_connection(shared: Server, tmp_path: Path) -> None:
    """[Z4] A request whose connection ends right behind it reaches the kernel all the same: it is
    not lost, and not given a second time when it comes again."""
    shared.grant(TOKEN)
    channels = channels_of(kernel(shared))
    marks = tmp_path / "marks"
    for number in range(30):
        code = says(marks, f"{number} ")
        last = Wire(shared, channels, TOKEN)
        last.execute(f"request-{number}", code)
        last.close()
        next_ = Wire(shared, channels, TOKEN)
        next_.execute(f"request-{number}", code)
        until(reads(marks, f"{number} "), f"request {number} ran")
        next_.close()
    assert marks.read_text().split() == [str(number) for number in range(30)]


def test_only_the_newest_connection(shared: Server, tmp_path: Path) -> None:
    """[Z5] What is still on its way on an earlier connection, or on one whose token was revoked,
    is not taken."""
    shared.grant(TOKEN)
    shared.grant(f"{TOKEN}-next")
    channels = channels_of(kernel(shared))
    marks = tmp_path / "marks"
    cut = Wire(shared, channels, TOKEN)
    newest = Wire(shared, channels, TOKEN)
    cut.execute("late", says(marks, "late"))
    newest.execute("one", says(marks, "1"))
    until(reads(marks, "1"), "the newest connection is heard")
    shared.host_says(type="token.revoke", token=TOKEN)
    until(lambda: newest.hears(b"the token was revoked"), "the connection is closed")
    newest.execute("revoked", says(marks, "revoked"))
    other = Wire(shared, channels.replace("-s", "-other"), f"{TOKEN}-next")
    other.execute("two", says(marks, "2"))
    until(reads(marks, "2"), "a later request ran")
    assert marks.read_text() == "12"
    for wire in (cut, newest, other):
        wire.close()


def test_no_other_process(shared: Server, tmp_path: Path) -> None:
    """[Z13] What a connection brings is run by the process that the kernel had when it began, and
    by no other; the connection ends, and the next one brings what is to run."""
    shared.grant(TOKEN)
    identity = kernel(shared)
    channels = channels_of(identity)
    marks = tmp_path / "marks"
    before = Wire(shared, channels, TOKEN)
    before.execute("one", says(marks, "1"))
    until(reads(marks, "1"), "the first request ran")
    shared.request("POST", f"api/kernels/{identity}/restart")
    before.execute("late", says(marks, "late"))
    until(lambda: before.hears(b"the kernel has another process"), "the connection is closed")
    after = Wire(shared, channels, TOKEN)
    after.execute("two", says(marks, "2"))
    until(reads(marks, "2"), "what came on the next connection ran")
    assert marks.read_text() == "12"
    before.close()
    after.close()
