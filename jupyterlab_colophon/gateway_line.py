"""The one connection of this server to a kernel behind a gateway.

A gateway keeps what a kernel says for the last connection that was cut, under its session's name,
and throws it away as soon as a connection of another name comes. So there is one connection for
each kernel, always under the same name, which everybody here shares; after a cut it comes back as
soon as the gateway lets it. Settings, token and certificates are those of Jupyter Server's own
GatewayClient.
"""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import Callable
from logging import Logger
from typing import Any

from jupyter_server.gateway.gateway_client import GatewayClient
from jupyter_server.utils import url_path_join
from tornado.escape import url_escape
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClosedError, websocket_connect

from .kernel_wire import V1, Parts, decode, encode

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0
_PING_EVERY = 30
_LARGEST = 1 << 30
#: What is to be sent while there is no connection waits, up to so many messages.
_WAITING = 1000


class GatewayLine:
    """Open from `open` to `close`. `heard` gets each message in order; `cut` is called when a
    connection has ended; `gone` once, when the gateway has no such kernel."""

    def __init__(
        self,
        kernel_id: str,
        session: str,
        log: Logger,
        heard: Callable[[str, Parts], None],
        cut: Callable[[], None],
        gone: Callable[[], None],
    ) -> None:
        self._kernel_id = kernel_id
        self._session = session
        self._log = log
        self._heard, self._cut, self._gone = heard, cut, gone
        self._waiting: deque[tuple[str, Parts]] = deque(maxlen=_WAITING)
        self._socket: Any = None
        self._v1 = False
        self._keeping: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is connected, or tries to be."""
        return self._keeping is not None

    def open(self) -> None:
        """Connect, and connect again after each cut. Twice is harmless."""
        if self._keeping is None:
            self._keeping = asyncio.ensure_future(self._keep())

    def close(self) -> None:
        """Hang up."""
        if self._keeping is not None:
            self._keeping.cancel()
            self._keeping = None
        self._hang_up()

    def renew(self) -> None:
        """Connect anew now."""
        self._hang_up()

    def send(self, channel: str, parts: Parts) -> None:
        """To the kernel, once it is connected."""
        if self._socket is None:
            self._waiting.append((channel, parts))
            return
        message = encode(channel, parts, self._v1)
        try:
            sent = self._socket.write_message(message, binary=isinstance(message, bytes))
        except WebSocketClosedError:
            self._waiting.append((channel, parts))
            return
        sent = asyncio.ensure_future(sent)
        # A connection that is cut says so to its reader.
        sent.add_done_callback(lambda each: each.cancelled() or each.exception())

    async def _keep(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                self._socket = await self._connect()
            except HTTPClientError as error:
                if error.code == 404:
                    self._gone()
                    return
                self._log.warning("The gateway refuses kernel %s: %s", self._kernel_id, error)
            except Exception as error:
                # Whatever prevents it, it may be over soon.
                self._log.debug("The gateway is away: %s", error)
            else:
                pause = _FIRST_PAUSE
                await self._listen()
                self._cut()
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _connect(self) -> Any:
        client = GatewayClient.instance()
        url = url_path_join(
            client.ws_url or "", client.kernels_endpoint, url_escape(self._kernel_id), "channels"
        )
        request = HTTPRequest(
            f"{url}?session_id={url_escape(self._session)}", **client.load_connection_args()
        )
        return await websocket_connect(
            request, subprotocols=[V1], ping_interval=_PING_EVERY, max_message_size=_LARGEST
        )

    async def _listen(self) -> None:
        socket = self._socket
        self._v1 = socket.selected_subprotocol == V1
        for _ in range(len(self._waiting)):
            self.send(*self._waiting.popleft())
        while (message := await socket.read_message()) is not None:
            try:
                channel, parts = decode(message, self._v1)
            except (ValueError, LookupError, struct.error):
                self._log.warning(
                    "The gateway sent what is no message of kernel %s", self._kernel_id
                )
                continue
            self._heard(channel, parts)
        if self._socket is socket:
            self._socket = None

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
