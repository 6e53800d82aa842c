"""What a runtime does not need on the websocket of its kernel, because the tap brings it.

Each message costs the server its packing and the runtime its reading once more; of a flood that is
half of the work. Replies, questions, comms and the kernel's status still come.
"""

from __future__ import annotations

import re
from typing import Any

from jupyter_client.session import DELIM

_LEFT_OUT = re.compile(
    rb'"msg_type"\s*:\s*"(?:stream|display_data|update_display_data|execute_result|execute_input'
    rb'|clear_output|error)"'
)


def leave_outputs_out(connection: Any) -> None:
    """To be called before the kernel's websocket opens. What is no such connection stays so."""
    send = getattr(connection, "handle_outgoing_message", None)
    if send is None or not hasattr(connection, "channels"):
        return

    def handle_outgoing_message(stream: Any, parts: list[Any]) -> None:
        if getattr(stream, "channel", stream) != "iopub" or not _is_left_out(parts):
            send(stream, parts)

    connection.handle_outgoing_message = handle_outgoing_message


def _is_left_out(parts: list[Any]) -> bool:
    try:
        header = parts[parts.index(DELIM) + 2]
    except (ValueError, IndexError):
        return False
    return _LEFT_OUT.search(header) is not None
