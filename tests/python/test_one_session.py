"""A notebook has one session and one kernel, whoever asks at once."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from servers import Server

PATH = "folder/same.ipynb"


def ask(server: Server) -> dict[str, Any]:
    """What a page does that finds no kernel for its notebook."""
    said = {"path": PATH, "name": "same.ipynb", "type": "notebook", "kernel": {"name": "python3"}}
    answer = server.request("POST", "api/sessions", json=said)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_one_session(start: Callable[..., Server]) -> None:
    """[DK3] Those who begin a notebook's session at once get the same one with the same kernel; who
    asks while it is being shut down gets a new one, which alone is listed. Another notebook has its
    own."""
    server = start().running()

    def listed() -> list[str]:
        return [each["id"] for each in server.request("GET", "api/sessions").json()]

    with ThreadPoolExecutor(4) as threads:
        for _ in range(2):
            began = list(threads.map(lambda _: ask(server), range(4)))
            [first] = {each["id"] for each in began}
            assert len({each["kernel"]["id"] for each in began}) == 1
            assert listed() == [first]
            assert len(server.request("GET", "api/kernels").json()) == 1
            ending = threads.submit(server.request, "DELETE", f"api/sessions/{first}")
            while first in listed():
                pass
            again = ask(server)
            assert ending.result().status_code == 204
            assert listed() == [again["id"]] != [first]
            assert [again["kernel"]["id"]] == [
                each["id"] for each in server.request("GET", "api/kernels").json()
            ]
            server.request("DELETE", f"api/sessions/{again['id']}")


def test_change_of_kernel(start: Callable[..., Server]) -> None:
    """[DK7] Whoever changes a notebook's kernel waits for whoever changes, begins or ends it there:
    each gets an answer, no kernel is left without a session."""
    server = start()
    specs = server.data / "kernels"
    for name in ("one", "two"):
        (specs / name).mkdir(parents=True)
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = {"argv": argv, "display_name": name, "language": "python"}
        (specs / name / "kernel.json").write_text(json.dumps(spec))
    server.running()

    def change(session: dict[str, Any], name: str) -> Any:
        kernel = {"kernel": {"name": name}}
        return server.request("PATCH", f"api/sessions/{session['id']}", json=kernel)

    def end(kind: str, each: dict[str, Any]) -> int:
        return int(server.request("DELETE", f"api/{kind}/{each['id']}").status_code)

    def kernels() -> list[str]:
        """Those of the sessions, which are all that there are."""
        used = [each["kernel"]["id"] for each in server.request("GET", "api/sessions").json()]
        running = [each["id"] for each in server.request("GET", "api/kernels").json()]
        assert sorted(used) == sorted(running)
        return used

    with ThreadPoolExecutor(4) as threads:
        session = ask(server)
        both = list(threads.map(lambda name: change(session, name), ("one", "two")))
        assert [each.status_code for each in both] == [200, 200]
        assert {each.json()["kernel"]["name"] for each in both} == {"one", "two"}
        assert kernels()[0] in [each.json()["kernel"]["id"] for each in both]

        changing = threads.submit(change, session, "one")
        assert ask(server)["id"] == session["id"]
        assert changing.result().status_code == 200
        assert len(kernels()) == 1

        changing, ending = (
            threads.submit(change, session, "two"),
            threads.submit(end, "sessions", session),
        )
        assert ending.result() == 204
        assert changing.result().status_code in (200, 404)
        assert kernels() == []

        session = ask(server)
        changing = threads.submit(change, session, "one")
        ending = threads.submit(end, "kernels", session["kernel"])
        # Who ends a kernel that the other one has ended is told so.
        ending.result()
        changing.result()
        kernels()
