"""An interrupt ends the server in order, as SIGTERM does.

Without a terminal Jupyter Server leaves SIGINT to Python, whose exception ends the event loop on
the spot: no extension hears of the end, and what is not saved yet stays out of the file. JupyterHub
ends the servers that it starts on its own machine by this signal.
"""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType
from typing import Any


def heed_interrupt(server_app: Any) -> None:
    """Ends the server in order at the first interrupt, at once at the second. Whoever has taken the
    signal already keeps it."""
    here = threading.current_thread() is threading.main_thread()
    if not here or sys.platform == "win32":
        return

    def stop(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        server_app.log.info("The server was interrupted; it ends in order")
        server_app.stop(from_signal=True)

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, stop)
