"""A host that does nothing but grant tokens, so that a runtime agent can be tested without one.

Arguments: the folder that holds jupyterlab_colophon, then the tokens.
"""

import os
import sys

sys.path.insert(0, sys.argv[1])

from jupyterlab_colophon import frames


def send(header: dict) -> None:
    sys.stdout.buffer.write(frames.encode(header))
    sys.stdout.buffer.flush()


while (frame := frames.read(sys.stdin.buffer)) is not None:
    header = frame[0]
    if header["type"] == "hello":
        send({"type": "listening", "port": 1, "version": "0", "pid": os.getpid()})
        send({"type": "welcome", "tap": header["tap"], "last": 0})
        for number, token in enumerate(sys.argv[2:]):
            actor = {"kind": "runtime", "id": "runtime", "name": "Runtime"}
            send(
                {
                    "type": "token.grant",
                    "id": str(number),
                    "token": token,
                    "actor": actor,
                    "stream": "/notebooks",
                }
            )
    elif "n" in header:
        send({"type": "ack", "tap": header["tap"], "n": header["n"]})
