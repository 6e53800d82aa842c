"""Keeps the ports of a kernel from other programs while it is there.

Jupyter chooses them among those that the system gives to any connection, and lets them go until the
kernel has them: at its start, and at each start again. If another program gets one meanwhile, the
kernel ends, five times, and is given up; if it is the one on which it publishes, an IPython kernel
waits for ever. A socket that is bound, and does not listen, keeps others away from a port, and
leaves it to a kernel: ZeroMQ allows for that on Linux. docs/upstream.md says what would make this
needless.
"""

from __future__ import annotations

import socket
import sys
from typing import Any

from jupyter_client.connect import port_names
from jupyter_client.provisioning import LocalProvisioner

from .new_kernels import with_new_kernels
from .publishing import language_of


def hold_ports(kernels: Any) -> None:
    """From now on, for Python kernels that start on this machine; the server is left as it is
    where that cannot be done."""
    if sys.platform.startswith("linux"):
        with_new_kernels(kernels, _HeldPorts)


class _HeldPorts:
    """The ports of one kernel: held when they are written down, let go when that is removed."""

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel
        self._held: list[socket.socket] = []
        self._launched = False
        self._write = kernel.write_connection_file
        self._remove = kernel.cleanup_connection_file
        kernel.write_connection_file = self._written
        kernel.cleanup_connection_file = self._removed

    def _written(self, *args: Any, **named: Any) -> None:
        self._write(*args, **named)
        if not self._launched:
            self._hold()
        elif getattr(self._kernel, "execution_state", "") == "starting":
            # Its first process said nothing: perhaps it is none that takes a port that is held.
            self._let_go()
        self._launched = True

    def _removed(self) -> None:
        self._remove()
        self._let_go()

    def _hold(self) -> None:
        kernel = self._kernel
        if kernel.transport != "tcp" or not isinstance(kernel.provisioner, LocalProvisioner):
            return
        if language_of(kernel) != "python":
            return
        for name in port_names:
            held = socket.socket()
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                held.bind((kernel.ip, getattr(kernel, name)))
            except OSError:
                # Somebody has it by now: the kernel says so.
                held.close()
            else:
                self._held.append(held)

    def _let_go(self) -> None:
        for held in self._held:
            held.close()
        self._held = []
