"""What starts the host on this machine: Node, the program, and what of the environment it gets."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .node import find_node
from .problems import SetUpProblem, host_missing

_HOST = Path(__file__).parent / "agent" / "host.js"
#: What of the server's environment the host gets; no credentials among it.
_ENVIRONMENT = (
    "APPDATA COMSPEC HOME LANG LC_ALL LC_CTYPE LOCALAPPDATA NODE_EXTRA_CA_CERTS PATH PATHEXT "
    "SSL_CERT_DIR SSL_CERT_FILE SYSTEMROOT TEMP TMP TMPDIR TZ USERPROFILE WINDIR"
).split()


@dataclass(frozen=True)
class HostCommand:
    """What to run; `node` is the version, for the status."""

    command: list[str]
    environment: dict[str, str]
    node: str | None


def prepare_host(
    data_dir: Path, command: Sequence[str], node_path: str, certfile: str
) -> HostCommand | SetUpProblem:
    """Makes the folder of the journal, and says what to run: `command` if it names anything, else
    Node with our host. A server with a certificate has the host trust it."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    environment = {key: os.environ[key] for key in _ENVIRONMENT if key in os.environ}
    environment["NODE_COMPILE_CACHE"] = str(data_dir / "node-compile-cache")
    if certfile and "NODE_EXTRA_CA_CERTS" not in environment:
        environment["NODE_EXTRA_CA_CERTS"] = os.path.abspath(certfile)
    if command:
        return HostCommand(list(command), environment, None)
    node = find_node(node_path)
    if isinstance(node, SetUpProblem):
        return node
    if not _HOST.is_file():
        return host_missing(str(_HOST))
    return HostCommand([node.path, str(_HOST)], environment, node.version)
