"""The host, told another address of Jupyter Server: the one in a file, if that is there.

Started as `host_through_network.py FILE NODE HOST`. Its agents then reach the server through a
network that a test can cut.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from typing import IO

_LENGTH = 4


def main() -> None:
    """Run the host in our place, and end as it ends."""
    place, *command = sys.argv[1:]
    host = subprocess.Popen(command, stdin=subprocess.PIPE)
    assert host.stdin is not None
    threading.Thread(target=_forward, args=(place, host.stdin), daemon=True).start()
    code = host.wait()
    os._exit(code if code >= 0 else 1)


def _forward(place: str, target: IO[bytes]) -> None:
    source = sys.stdin.buffer
    try:
        target.write(_elsewhere(place, source))
        target.flush()
        while chunk := source.read1(65536):
            target.write(chunk)
            target.flush()
        target.close()
    except BrokenPipeError:
        # It has ended; `main` knows.
        return


def _elsewhere(place: str, source: IO[bytes]) -> bytes:
    """The first frame, with the address in the file."""
    rest = source.read(int.from_bytes(source.read(_LENGTH), "big"))
    size = int.from_bytes(rest[:_LENGTH], "big")
    header, payload = json.loads(rest[_LENGTH : _LENGTH + size]), rest[_LENGTH + size :]
    if os.path.exists(place):
        with open(place, encoding="utf-8") as file:
            header["baseUrl"] = file.read()
    text = json.dumps(header).encode()
    body = len(text).to_bytes(_LENGTH, "big") + text + payload
    return len(body).to_bytes(_LENGTH, "big") + body


main()
