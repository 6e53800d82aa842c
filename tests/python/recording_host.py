"""A host for tests of the pipe: takes numbered frames once, keeps them in a file, acknowledges.

    recording_host.py FOLDER

Frames go to FOLDER/taken.jsonl, one object a line, the payload as hexadecimal. The HTTP side,
behind the server's proxy: `POST /api/frame` sends the body as a frame to the server, `POST
/api/exit` ends the process with the code in the body, `GET` and `POST /api/echo` answer with what
arrived, `GET /api/live` is an event stream, `GET /api/hang` never answers, `/api/once` does not
answer the first time, `GET /api/open` counts the live streams, below `/api/artifacts/`
there are bytes. FOLDER/mode holds a word: `deaf`
takes without acknowledging, `broken` exits at once, `slow` never listens, `locked` says that the
journal is locked.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

# The host gets a clean environment, so what is not installed has to be found.
sys.path.append(str(Path(__file__).parent.parent.parent))

from jupyterlab_colophon import frames  # noqa: E402

FOLDER = Path(sys.argv[1])
TAKEN = FOLDER / "taken.jsonl"
_out = threading.Lock()
_live = 0


def mode() -> str:
    path = FOLDER / "mode"
    return path.read_text() if path.exists() else ""


def say(header: dict[str, Any]) -> None:
    with _out:
        sys.stdout.buffer.write(frames.encode(header))
        sys.stdout.buffer.flush()


class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: Any) -> None:
        pass

    def _json(self, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def do_GET(self) -> None:
        global _live
        path = self.path.split("?")[0]
        if path == "/api/hang":
            time.sleep(600)
        elif path == "/api/once" and not (FOLDER / "asked").exists():
            (FOLDER / "asked").touch()
            time.sleep(600)
        elif path == "/api/open":
            self._json(_live)
        elif path.startswith("/api/artifacts/"):
            data = str(self.headers.get("Range")).encode()
            self.send_response(206)
            for name, value in {
                "Content-Type": "text/plain",
                "Content-Length": str(len(data)),
                "Content-Range": "bytes 2-4/10",
                "Accept-Ranges": "bytes",
                "Content-Disposition": 'attachment; filename="a"',
                "Content-Security-Policy": "sandbox",
                "X-Content-Type-Options": "nosniff",
                "Cross-Origin-Resource-Policy": "same-origin",
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)
        elif path == "/api/live":
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            _live += 1
            try:
                for number in range(100_000):
                    self.wfile.write(f"id: {number}\ndata: {number}\n\n".encode())
                    self.wfile.flush()
                    time.sleep(0.02)
            except OSError:
                pass
            finally:
                _live -= 1
            self.close_connection = True
        else:
            self._json({"path": self.path, "headers": dict(self.headers.items())})

    def do_POST(self) -> None:
        body = self._body()
        if self.path == "/api/frame":
            self._json({})
            say(json.loads(body))
        elif self.path == "/api/once" and not (FOLDER / "asked").exists():
            (FOLDER / "asked").touch()
            time.sleep(600)
        elif self.path == "/api/exit":
            os._exit(int(body))
        elif self.path.startswith("/api/artifacts/"):
            self._json({"headers": dict(self.headers.items()), "length": len(body)})
        else:
            self._json({"headers": dict(self.headers.items()), "body": body.decode()})


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / "starts", "a") as starts:
        starts.write(f"{os.getpid()} {time.time()}\n")
    if mode() == "broken":
        sys.exit(7)
    if mode() == "slow":
        time.sleep(600)
    stdin = sys.stdin.buffer
    hello = frames.read(stdin)
    assert hello is not None and hello[0]["type"] == "hello"
    (FOLDER / "hello.json").write_text(json.dumps(hello[0]))
    (FOLDER / "environment.json").write_text(json.dumps(dict(os.environ)))
    if mode() == "locked":
        remedy = "End the other server."
        say({"type": "fatal", "code": "journal-locked", "message": "Locked.", "remedy": remedy})
        sys.exit(3)
    last: dict[str, int] = {}
    if TAKEN.exists():
        for line in TAKEN.read_text().splitlines():
            taken = json.loads(line)
            last[taken["tap"]] = max(last.get(taken["tap"], 0), taken["n"])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    say({"type": "listening", "port": port, "version": "test", "pid": os.getpid()})
    welcomed = {hello[0]["tap"]}
    say({"type": "welcome", "tap": hello[0]["tap"], "last": last.get(hello[0]["tap"], 0)})
    print("the recording host listens", file=sys.stderr, flush=True)
    with open(TAKEN, "a") as file:
        while (frame := frames.read(stdin)) is not None:
            header, payload, _ = frame
            if "n" not in header:
                header["payload"] = payload.hex()
                file.write(json.dumps({**header, "tap": "", "n": 0}) + "\n")
                file.flush()
                continue
            tap, number = header["tap"], header["n"]
            if tap not in welcomed:
                welcomed.add(tap)
                say({"type": "welcome", "tap": tap, "last": last.get(tap, 0)})
            if number > last.get(tap, 0):
                last[tap] = number
                file.write(json.dumps({**header, "payload": payload.hex()}) + "\n")
                file.flush()
            if mode() != "deaf":
                say({"type": "ack", "tap": tap, "n": number})
    os._exit(0)


if __name__ == "__main__":
    main()
