"""Fixtures: a server of one's own, and one that a file's tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from servers import Server, serving


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the recording host, for the tests of one file."""
    with serving(Server(tmp_path_factory.mktemp("shared"))) as server:
        yield server.running()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers, by default in one folder, and ends them after the test."""
    with ExitStack() as stack:

        def start_server(folder: str = "server", **options: Any) -> Server:
            return stack.enter_context(serving(Server(tmp_path / folder, **options)))

        yield start_server
