"""Has a kernel drop nothing of what it publishes.

A kernel's IOPub socket forgets what it is given while a thousand messages wait to be sent. So what
is printed quickly right behind a large output is gone, and perhaps that the run is over, and nobody
tells. The mark is the kernel's own and cannot be set from here: an IPython kernel is asked to lift
it, by a silent request that leaves names, counter and history as they are.
docs/upstream.md says what would make this needless.
"""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_client.kernelspec import NoSuchKernel
from jupyter_client.session import Session

_LIFT = """
try:
    import zmq
    from IPython import get_ipython
    thread = get_ipython().kernel.iopub_thread
    thread.schedule(lambda: thread.socket.setsockopt(zmq.SNDHWM, 0))
except Exception:
    pass
"""
_REQUEST = {
    "code": f"exec({_LIFT!r}, {{}})",
    "silent": True,
    "store_history": False,
    "user_expressions": {},
    "allow_stdin": False,
    "stop_on_error": False,
}


async def publish_everything(kernel: Any) -> None:
    """Settles once the process of this kernel has done so; a busy one does so after its work. Other
    kernels than Python's are left as they are."""
    if language_of(kernel) != "python":
        return
    session = Session(config=kernel.session.config, key=kernel.session.key)
    shell = kernel.connect_shell()
    done = asyncio.Event()
    shell.on_recv(lambda _reply: done.set())
    try:
        session.send(shell, "execute_request", _REQUEST)
        await done.wait()
    finally:
        shell.close(linger=0)


def language_of(kernel: Any) -> str:
    """That its kernelspec names, in small letters; empty if it has none."""
    try:
        return str(kernel.kernel_spec.language).lower()
    except (AttributeError, NoSuchKernel):
        return ""
