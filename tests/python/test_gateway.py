"""Kernels behind a gateway: a second Jupyter Server that the first one sends for its kernels."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
from servers import Server
from test_kernel_tap import TOKEN
from test_surroundings import page_option
from tornado.httpclient import HTTPClientError


def test_tap_behind_a_gateway(start: Callable[..., Server]) -> None:
    """[DU15] Where kernels are behind a gateway, Colophon says that JupyterLab runs the cells and
    what that means; the tap of such a kernel is refused at once, not after a wait in vain."""
    gateway = start("gateway").running()
    client = {"url": gateway.url.rstrip("/"), "auth_token": gateway.token}
    server = start("server", config={"GatewayClient": client}, lab=True).running()
    server.grant(TOKEN)
    told = server.status()["stepBack"]
    assert told["extension"] == "JupyterLab"
    assert "while no page is open" in told["message"]
    assert page_option(server)["stepBack"] == told["extension"]
    kernel = server.request("POST", "api/kernels", json={"name": "python3"}).json()["id"]

    async def scenario() -> None:
        with pytest.raises(HTTPClientError) as refused:
            await server.websocket(
                f"colophon/kernels/{kernel}/iopub", **{"Colophon-Agent-Token": TOKEN}
            )
        assert refused.value.code == 501

    began = time.monotonic()
    asyncio.run(scenario())
    assert time.monotonic() - began < 5
    server.request("DELETE", f"api/kernels/{kernel}")
