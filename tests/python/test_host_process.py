"""The host's life: started, restarted, ended; and what happens to frames while it is away."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from servers import Server, eventually, joined, notebook, until


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie has ended; its parent has not looked yet.
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def host_pid(server: Server) -> int:
    return int(server.running().status()["host"]["pid"])


def numbers(server: Server, tap: str) -> list[int]:
    return [frame["n"] for frame in server.taken() if frame["tap"] == tap]


def tap_of(server: Server) -> str:
    return str(json.loads((server.host_folder / "hello.json").read_text())["tap"])


def test_environment(start: Callable[..., Server]) -> None:
    """[T40] The host gets a clean environment, and its compile cache is in the data folder."""
    server = start(environment={"JUPYTER_TOKEN": "t", "SECRET_OF_MINE": "1"}).running()
    environment = json.loads((server.host_folder / "environment.json").read_text())
    assert "SECRET_OF_MINE" not in environment and "JUPYTER_TOKEN" not in environment
    assert environment["NODE_COMPILE_CACHE"].startswith(str(server.data / "colophon"))
    hello = json.loads((server.host_folder / "hello.json").read_text())
    assert hello["baseUrl"] == server.url and hello["dataDir"] == str(server.data / "colophon")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_no_orphan(start: Callable[..., Server], how: int) -> None:
    """[T41] The host ends with the server, also when the server is killed."""
    server = start()
    pid = host_pid(server)
    server.stop(how)
    until(lambda: not alive(pid), "the host ends")


def test_stop_and_start(start: Callable[..., Server]) -> None:
    """[T42] Stopped, the API answers at once that the host is away and what to do; started, it
    works again."""
    server = start()
    pid = host_pid(server)
    answer = server.request("POST", "colophon/stop")
    assert answer.json()["state"] == "stopped" and answer.json()["host"] is None
    assert not alive(pid)
    answer = server.request("GET", "colophon/api/streams")
    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["code"] == "host-unavailable" and "start" in answer.json()["detail"]
    assert server.request("POST", "colophon/start").status_code == 200
    assert host_pid(server) != pid
    assert server.request("GET", "colophon/api/streams").status_code == 200


def test_back_off(start: Callable[..., Server]) -> None:
    """[T43] A host that keeps ending is started again with growing pauses, and the status says so;
    when it works again, all is well."""
    server = start(config={"ColophonExtension": {"backoff_longest_seconds": 0.8}})
    host_pid(server)
    (server.host_folder / "mode").write_text("broken")
    starts = server.host_folder / "starts"
    before = len(starts.read_text().splitlines())
    server.request("POST", "colophon/api/exit", content=b"1")
    until(lambda: len(starts.read_text().splitlines()) >= before + 5, "it is tried again")
    status = server.status()
    assert status["state"] == "backing-off" and status["problem"]["code"] == "host-crashed"
    times = [float(line.split()[1]) for line in starts.read_text().splitlines()][before:]
    pauses = [after - earlier for earlier, after in zip(times, times[1:], strict=False)]
    assert pauses[1] > pauses[0] and max(pauses) < 5
    (server.host_folder / "mode").unlink()
    server.running()
    assert server.status()["problem"] is None


def test_requests_wait_for_a_restart(start: Callable[..., Server]) -> None:
    """[T53] A request that comes while the host is started again waits for it, three seconds at
    most; one that was under way is sent again if the host does it only once."""
    server = start(config={"ColophonExtension": {"stable_seconds": 0}})
    pid = host_pid(server)
    os.kill(pid, signal.SIGKILL)
    for _ in range(5):
        assert server.request("GET", "colophon/api/streams").status_code == 200
    pid = host_pid(server)
    with ThreadPoolExecutor() as pool:
        hanging = pool.submit(server.request, "GET", "colophon/api/once")
        until(lambda: (server.host_folder / "asked").exists(), "it is under way")
        os.kill(pid, signal.SIGKILL)
        assert hanging.result().status_code == 200
        for body, expected in ((b'{"idempotencyKey": "a"}', 200), (b'{"type": "a"}', 503)):
            (server.host_folder / "asked").unlink()
            pid = host_pid(server)
            hanging = pool.submit(server.request, "POST", "colophon/api/once", content=body)
            until(lambda: (server.host_folder / "asked").exists(), "it is under way")
            os.kill(pid, signal.SIGKILL)
            assert hanging.result().status_code == expected
    pid = host_pid(server)
    (server.host_folder / "mode").write_text("slow")
    os.kill(pid, signal.SIGKILL)
    until(lambda: server.status()["host"] is None, "it is gone")
    began = time.monotonic()
    answer = server.request("GET", "colophon/api/streams")
    assert answer.status_code == 503 and 2 < time.monotonic() - began < 5
    assert answer.headers["retry-after"]


def test_hang(start: Callable[..., Server]) -> None:
    """[T44] A host that does not answer does not make the client wait for ever."""
    server = start(config={"ColophonExtension": {"upstream_timeout": 0.5}}).running()
    answer = server.request("GET", "colophon/api/hang")
    assert answer.status_code == 504 and answer.json()["code"] == "host-unavailable"


def test_fatal(start: Callable[..., Server]) -> None:
    """[T45] While another server has the journal, status and log say so, the log once, and the host
    takes over when that server has ended."""
    server = start(host_folder=None)
    host_pid(server)
    (server.host_folder / "mode").write_text("locked")
    server.request("POST", "colophon/api/exit", content=b"1")
    problem = until(lambda: server.status()["problem"], "a problem")
    assert problem == {
        "code": "journal-locked",
        "summary": "Locked.",
        "remedy": "End the other server.",
    }
    assert server.status()["state"] == "unavailable"
    assert "Locked." in server.request("GET", "colophon/api/streams").json()["detail"]
    starts = server.host_folder / "starts"
    until(lambda: len(starts.read_text().splitlines()) > 4, "further attempts")
    assert server.log.read_text().count("Colophon does not run") == 1
    (server.host_folder / "mode").unlink()
    server.running()


def test_spool(start: Callable[..., Server]) -> None:
    """[T46] What happens while the host is away, or has been taken and not acknowledged, reaches
    the next host once and in order; then the spool is deleted."""
    server = start().running()
    server.write("n.ipynb", notebook(""))
    spool = server.data / "colophon" / "spool"

    async def scenario() -> None:
        async with joined(server, "n.ipynb") as alice:
            alice.source().insert(0, "a")
            await eventually(lambda: len(server.frames("room.update")) > 1, "live")
            (server.host_folder / "mode").write_text("deaf")
            for _ in range(5):
                alice.source().insert(0, "b")
            await eventually(lambda: "b" * 5 in str(alice.source()), "five more")
            await asyncio.to_thread(server.request, "POST", "colophon/api/exit", content=b"1")
            (server.host_folder / "mode").unlink(missing_ok=True)
            for _ in range(200):
                alice.source().insert(0, "c")
                await asyncio.sleep(0)
            await asyncio.to_thread(server.running)
            alice.source().insert(0, "d")

            def all_there() -> bool:
                text = "".join(frame["payload"] for frame in server.frames("room.update"))
                return text.count("63") >= 200 and len(list(spool.glob("*.frames"))) == 0

            await eventually(all_there, "everything arrives and the spool goes")

    asyncio.run(scenario())
    taken = numbers(server, tap_of(server))
    assert taken == list(range(1, len(taken) + 1))


def test_spool_of_an_earlier_server(start: Callable[..., Server]) -> None:
    """[T47] What a server left in its spool, with a torn end, reaches the host of the next server;
    the spool of a living server is left alone."""
    host: dict[str, object] = {"ColophonExtension": {"backoff_first_seconds": 30}}
    first = start(config=host).running()
    first.write("n.ipynb", notebook(""))
    spool = first.data / "colophon" / "spool"
    first.request("POST", "colophon/stop")
    tap = tap_of(first)

    async def scenario() -> None:
        async with joined(first, "n.ipynb") as alice:
            for _ in range(20):
                alice.source().insert(0, "e")
            await eventually(
                lambda: (
                    (spool / f"{tap}.frames").exists()
                    and (spool / f"{tap}.frames").read_bytes().count(b"peer") >= 20
                ),
                "twenty edits are spooled",
            )

    asyncio.run(scenario())
    assert first.process is not None
    second = Server(first.folder, config=host)
    from servers import serving

    with serving(second) as other:
        other.running()
        assert not numbers(other, tap), "the first server lives: its spool is its own"
    first.stop(signal.SIGKILL)
    with open(spool / f"{tap}.frames", "ab") as file:
        file.write(b"\x00\x00\x10\x00torn")
    with serving(Server(first.folder, config=host)) as third:
        third.running()
        until(lambda: not (spool / f"{tap}.frames").exists(), "the left spool is replayed")
        left = numbers(third, tap)
        assert len(left) >= 20 and left == list(range(1, len(left) + 1))
        until(lambda: len(list(spool.glob("*.lock"))) == 1, "only its own lock is left")


def test_flush(start: Callable[..., Server]) -> None:
    """[T48] `flushed` comes behind everything numbered before it, and a path is told by file id."""
    server = start().running()
    server.write("n.ipynb", notebook(""))

    async def scenario() -> None:
        async with joined(server, "n.ipynb") as alice:
            file_id = alice.room_id.split(":")[2]
            for _ in range(50):
                alice.source().insert(0, "x")
            await eventually(lambda: len(server.frames("room.update")) >= 51, "edits")
            server.host_says(type="flush", id="f1")
            server.host_says(type="path.request", id="p1", fileId=file_id)
            server.host_says(type="path.request", id="p2", fileId="unknown")
            await eventually(lambda: len(server.frames("path")) == 2, "paths")
            assert {frame["id"]: frame["path"] for frame in server.frames("path")} == {
                "p1": "n.ipynb",
                "p2": None,
            }
            assert server.frames("flushed")[0]["id"] == "f1"

    asyncio.run(scenario())


def test_rooms_close_with_the_server(start: Callable[..., Server]) -> None:
    """[T49] When the server ends in order, the host has the end of every room."""
    server = start().running()
    server.write("n.ipynb", notebook(""))

    async def scenario() -> None:
        async with joined(server, "n.ipynb") as alice:
            await eventually(lambda: server.frames("room.ready"), alice.room_id)
            pid = (await asyncio.to_thread(server.status))["host"]["pid"]
            assert server.process is not None
            server.process.send_signal(signal.SIGTERM)
            await eventually(lambda: not alive(pid), "the host ends")

    asyncio.run(scenario())
    assert len(server.frames("room.closed")) == 1
