"""What a loop that updates outputs leaves in the rooms' store: a cell that shows a plot of 200 kB
five times a second and a line of progress sixty times a second, written into the room of a real
server as the runtime writes them, for COLOPHON_SECONDS (120). Bytes on the disk for the room, the
most that were there and what is left when everybody has gone, against the bytes of the final
.ipynb; the same on the same server without Colophon. Ends with 1 if more is left than three times
the .ipynb.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "python"))

from pycrdt import Map, Text  # noqa: E402
from servers import Server, eventually, joined, notebook, serving  # noqa: E402

SECONDS = float(os.environ.get("COLOPHON_SECONDS", "120"))
PLOT = 150_000
PLOTS_A_SECOND, LINES_A_SECOND = 5, 60
AIM = 3.0
BARE: dict[str, Any] = {"ServerApp": {"jpserver_extensions": {"jupyterlab_colophon": False}}}


def stored(server: Server) -> int:
    """Bytes of the store's files."""
    places = [
        server.data / "colophon" / "rooms.sqlite",
        server.folder / "cwd" / ".jupyter_ystore.db",
    ]
    total = 0
    for file in [file for place in places for file in place.parent.glob(f"{place.name}*")]:
        # SQLite's own files beside it come and go.
        with contextlib.suppress(FileNotFoundError):
            total += file.stat().st_size
    return total


async def run_loop(server: Server) -> tuple[int, int, int]:
    """The cell's loop. Updates that were sent, their bytes, and the most that was stored."""
    most = sent = sent_bytes = 0
    async with joined(server, "n.ipynb") as peer:
        document = peer.document
        outputs = document.ycells[0]["outputs"]
        line = Text()
        outputs.append(Map({"output_type": "stream", "name": "stdout", "text": line}))

        def count(event: Any) -> None:
            nonlocal sent, sent_bytes
            sent += 1
            sent_bytes += len(event.update)

        counting = document.ydoc.observe(count)
        begun = time.monotonic()
        plots = lines = 0
        while (passed := time.monotonic() - begun) < SECONDS:
            if plots <= passed * PLOTS_A_SECOND:
                plots += 1
                image = base64.b64encode(os.urandom(PLOT)).decode()
                with document.ydoc.transaction():
                    del outputs[1:]
                    outputs.append(
                        Map(
                            {
                                "output_type": "display_data",
                                "data": {"image/png": image},
                                "metadata": {},
                            }
                        )
                    )
            if lines <= passed * LINES_A_SECOND:
                lines += 1
                most = max(most, stored(server))
                with document.ydoc.transaction():
                    text = outputs[0]["text"]
                    del text[:]
                    text += f"\r{lines:6} of {int(SECONDS * LINES_A_SECOND)} |{'=' * 40}|"
            await asyncio.sleep(0.005)
        document.ydoc.unobserve(counting)
        document.ycells[0]["source"].insert(0, "done")
        await eventually(lambda: server.saved_source("n.ipynb") == "done", "it is saved", 120)
        most = max(most, stored(server))
    await eventually(lambda: "Deleting file" in server.read_log(), "the room is gone", 60)
    return sent, sent_bytes, most


def measure(colophon: bool) -> float:
    """Prints a line; how much is left, in files."""
    with tempfile.TemporaryDirectory() as folder:
        config = {"YDocExtension": {"document_cleanup_delay": 1}, **({} if colophon else BARE)}
        server = Server(Path(folder), config)
        server.write("n.ipynb", notebook(""))
        with serving(server):
            sent, sent_bytes, most = asyncio.run(run_loop(server))
            file = (server.root / "n.ipynb").stat().st_size
        left = stored(server)
    print(
        f"{'Colophon' if colophon else 'without':9} {sent} updates of {sent_bytes / 1e6:.1f} MB; "
        f".ipynb {file / 1e3:.0f} kB; stored at most {most / 1e3:.0f} kB ({most / file:.2f}), "
        f"left {left / 1e3:.0f} kB ({left / file:.2f})",
        flush=True,
    )
    return left / file


def main() -> int:
    """Both, and whether the aim is met."""
    measure(False)
    return int(measure(True) > AIM)


sys.exit(main())
