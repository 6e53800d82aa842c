"""Where kernels are behind a gateway: their taps, and the kernels that an earlier server has left.

A kernel behind a gateway goes on when the server is killed. The next server finds it by its tap's
spool and takes it up again, before anybody could begin another one: as a kernel of its own, and as
that of the session which showed it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from logging import Logger
from pathlib import Path
from typing import Any
from uuid import uuid4

from jupyter_core.utils import ensure_async
from jupyter_server.gateway.connections import GatewayWebSocketConnection
from jupyter_server.gateway.gateway_client import gateway_request
from jupyter_server.gateway.managers import GatewayMappingKernelManager
from jupyter_server.utils import url_path_join
from tornado.escape import url_escape
from tornado.web import HTTPError

from .gateway_tap import GatewayTap
from .kernel_taps import KernelTaps
from .shared_connections import SharedConnection, SharedConnections
from .tap_spool import TapSpool, left_behind
from .ystore import all_settled

_CLASS = "kernel_websocket_connection_class"
#: A gateway that is away when the server starts is waited for so long, in seconds.
_PATIENCE = 20.0
_PAUSE = 0.5


def gateway_kernels(
    server_app: Any, taps: KernelTaps, folder: Path, max_bytes: int, log: Logger
) -> GatewayKernels | None:
    """Of a server whose kernels are behind a gateway; None of others."""
    if isinstance(server_app.kernel_manager, GatewayMappingKernelManager):
        return GatewayKernels(server_app, taps, folder, max_bytes, log)
    return None


async def take_up(gateway: GatewayKernels | None) -> None:
    """See GatewayKernels.take_up; where there is no gateway there is nothing to take up."""
    if gateway is not None:
        await gateway.take_up()


class GatewayKernels:
    """Of one server."""

    def __init__(
        self, server_app: Any, taps: KernelTaps, folder: Path, max_bytes: int, log: Logger
    ) -> None:
        """From now on taps of `taps` are those of gateway kernels; their spools are in `folder`."""
        self._kernels = server_app.kernel_manager
        self._sessions = server_app.session_manager
        self._settings = server_app.web_app.settings
        self._taps = taps
        self._folder = folder
        self._max_bytes = max_bytes
        self._log = log
        self._left: dict[str, TapSpool] = {}
        taps.make = self._make

    def share_connections(self, settings: dict[str, Any]) -> None:
        """Have the kernels' websockets share the taps' connections, unless the server was told to
        use a class of somebody else's."""
        if settings.get(_CLASS) is GatewayWebSocketConnection:
            settings[_CLASS] = type(
                SharedConnection.__name__,
                (SharedConnection,),
                {"connections_of": staticmethod(self._connections_of)},
            )

    async def take_up(self) -> None:
        """Take up the kernels that an earlier server has left. What is gone is forgotten."""
        if self._folder.is_dir():
            left = left_behind(self._folder, self._log)
            for failed in await asyncio.gather(*map(self._take_up, left), return_exceptions=True):
                if failed is not None:
                    self._log.error("A kernel could not be taken up again", exc_info=failed)

    def remember(self, kernel_id: str) -> None:
        """Somebody uses the kernel: find out again which session shows it, for a later server."""
        tap = self._taps.known(kernel_id)
        if isinstance(tap, GatewayTap):
            asyncio.ensure_future(self._remember(tap))

    def _make(self, kernel_id: str, on_gone: Callable[[], None]) -> GatewayTap:
        spool = self._left.pop(kernel_id, None) or TapSpool(self._folder, uuid4().hex, self._log)
        return GatewayTap(
            kernel_id, self._kernels, self._max_bytes, self._log, on_gone, spool, all_settled
        )

    def _connections_of(self, kernel_id: str) -> SharedConnections:
        tap = self._taps.tap(kernel_id)
        assert isinstance(tap, GatewayTap)
        self.remember(kernel_id)
        return tap.connections

    async def _take_up(self, spool: TapSpool) -> None:
        about = spool.read().about
        kernel_id = str(about.get("kernel", ""))
        lives = kernel_id != "" and await self._lives(kernel_id)
        if lives is None:
            # Perhaps a later server has more luck.
            spool.close()
            return
        if not lives:
            self._log.info("Kernel %s of an earlier server is gone", kernel_id)
            spool.remove()
            return
        self._left[kernel_id] = spool
        await ensure_async(self._kernels.start_kernel(kernel_id=kernel_id))
        self._taps.tap(kernel_id)
        self._log.info("Kernel %s of an earlier server goes on", kernel_id)
        if about.get("seat"):
            await self._show(kernel_id, about["seat"])

    async def _lives(self, kernel_id: str) -> bool | None:
        """Whether the gateway has the kernel; None if it does not answer for long."""
        url = url_path_join(self._kernels.kernels_url, url_escape(kernel_id))
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        while True:
            try:
                await gateway_request(url, method="GET")
                return True
            except HTTPError as error:
                if error.status_code == 404:
                    return False
                why: Exception = error
            except OSError as error:
                why = error
            if asyncio.get_running_loop().time() > deadline:
                self._log.warning("The gateway did not say whether %s lives: %s", kernel_id, why)
                return None
            await asyncio.sleep(_PAUSE)

    async def _show(self, kernel_id: str, seat: dict[str, Any]) -> None:
        """Let the session of the notebook, wherever it is now, have this kernel."""
        drive, path = _drive_and_path(seat["path"])
        path = self._files().get_path(seat["fileId"]) or path if seat.get("fileId") else path
        if not await self._sessions.session_exists(path=drive + path):
            name = path.rpartition("/")[2] if seat["name"] else ""
            # Under the same id: an open page goes on with it.
            await self._sessions.save_session(
                seat["id"], path=drive + path, name=name, type=seat["type"], kernel_id=kernel_id
            )

    async def _remember(self, tap: GatewayTap) -> None:
        try:
            session = await self._sessions.get_session(kernel_id=tap.kernel_id)
        except (HTTPError, KeyError):
            # No session shows it.
            return
        _, path = _drive_and_path(session["path"])
        seat = {name: session[name] for name in ("id", "path", "name", "type")}
        tap.take_seat({**seat, "fileId": self._files().get_id(path)})

    def _files(self) -> Any:
        return self._settings["file_id_manager"]


def _drive_and_path(path: str) -> tuple[str, str]:
    """A front end with drives of its own puts the drive in front: `drive:folder/name`."""
    drive, colon, local = path.partition(":")
    return (drive + colon, local) if colon and "/" not in drive else ("", path)
