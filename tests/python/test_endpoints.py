"""Who may come in, what is refused, and how requests reach the host."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable

import httpx
import pytest
from servers import DEADLINE, Server, notebook, open_session, until
from tornado.httpclient import HTTPClientError

PROBLEM = "application/problem+json"


def refusals(server: Server) -> list[tuple[str, str, str | None]]:
    return [(f["reason"], f["path"], f["username"]) for f in server.frames("refusal")]


def refused(
    server: Server, answer: httpx.Response, status: int, code: str, reason: str, path: str
) -> None:
    """The answer is this problem, and the refusal has been recorded."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith(PROBLEM)
    assert answer.json()["code"] == code and answer.json()["detail"]
    until(lambda: (reason, path) in [r[:2] for r in refusals(server)], f"{reason} is recorded")


def test_status(shared: Server) -> None:
    """[T20] The status says what runs, who asks, and what is wrong."""
    status = shared.status()
    assert set(status) == {
        "version",
        "state",
        "problem",
        "stepBack",
        "hooks",
        "notices",
        "host",
        "me",
    }
    assert status["state"] == "running" and status["problem"] is None
    assert status["host"]["pid"] > 0 and status["host"]["restarts"] == 0
    assert status["me"] == {"username": "alice", "name": "Alice", "color": "#c00"}


def test_notices(shared: Server) -> None:
    """[T21] A notice of the host shows in the status."""
    shared.host_says(type="notice", level="warning", code="c", message="mind the gap")
    until(
        lambda: [n["message"] for n in shared.status()["notices"]] == ["mind the gap"], "a notice"
    )


@pytest.mark.parametrize("path", ["colophon/status", "colophon/api/echo"])
def test_unauthenticated(shared: Server, path: str) -> None:
    """[T22] Nobody comes in without a valid token or cookie, and the refusal is recorded."""
    for token in ("", "wrong-token"):
        answer = shared.request("GET", path, token)
        refused(shared, answer, 403, "unauthenticated", "unauthenticated", f"/{path}")
    answer = shared.request("POST", "colophon/api/echo", "", content=b"{}")
    refused(shared, answer, 403, "unauthenticated", "unauthenticated", "/colophon/api/echo")
    answer = shared.request("GET", path, "", headers={"Colophon-Agent-Token": "guessed"})
    refused(shared, answer, 403, "unauthenticated", "unauthenticated", f"/{path}")


def test_forbidden(shared: Server) -> None:
    """[T23] The server's authorizer decides: reading needs `read` on contents, posting `write` on
    contents, commands, starting and stopping `execute` on kernels."""
    assert shared.request("GET", "colophon/api/echo", "reader-token").status_code == 200
    answer = shared.request("POST", "colophon/api/echo", "reader-token", content=b"{}")
    refused(shared, answer, 403, "forbidden", "forbidden", "/colophon/api/echo")
    assert ("forbidden", "/colophon/api/echo", "reader") in refusals(shared)
    for path in ("colophon/api/commands", "colophon/api/streams/a"):
        answer = shared.request("POST", path, "reader-token", content=b"{}")
        refused(shared, answer, 403, "forbidden", "forbidden", f"/{path}")
    answer = shared.request("DELETE", "colophon/api/streams/a", "reader-token")
    refused(shared, answer, 403, "forbidden", "forbidden", "/colophon/api/streams/a")
    answer = shared.request("POST", "colophon/stop", "reader-token")
    refused(shared, answer, 403, "forbidden", "forbidden", "/colophon/stop")


def test_forged_header(shared: Server) -> None:
    """[T24] A client that sends a header of ours is refused, and the host never sees it."""
    for name in ("Colophon-Principal", "colophon-anything"):
        for method in ("GET", "POST"):
            answer = shared.request(method, "colophon/api/echo", headers={name: "x"})
            refused(shared, answer, 400, "forged-header", "forged-header", "/colophon/api/echo")


def test_passed_on(shared: Server) -> None:
    """[T25] The host gets the secret, the authenticated user and three headers, and no credentials
    of the client."""
    answer = shared.request(
        "GET",
        "colophon/api/echo%2Fa?limit=3&token=alice-token&q=a%20b",
        headers={"Cookie": "c=1", "Last-Event-ID": "7", "X-Other": "1", "Accept": "text/plain"},
    )
    assert answer.status_code == 200
    seen = answer.json()
    assert seen["path"] == "/api/echo%2Fa?limit=3&q=a+b"
    headers = {key.lower(): value for key, value in seen["headers"].items()}
    assert set(headers) == {
        "host",
        "connection",
        "authorization",
        "colophon-principal",
        "accept",
        "last-event-id",
    }
    hello = json.loads((shared.host_folder / "hello.json").read_text())
    assert headers["authorization"] == f"Bearer {hello['secret']}"
    encoded = headers["colophon-principal"]
    principal = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    person = {"username": "alice", "name": "Alice", "color": "#c00"}
    rights = ["contents:read", "contents:write", "kernels:execute", "server:write", "streams:write"]
    assert principal == {**person, "may": rights}
    answer = shared.request("GET", "colophon/api/echo", "reader-token")
    encoded = answer.json()["headers"]["Colophon-Principal"]
    principal = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    assert principal["may"] == ["contents:read"]
    answer = shared.request("POST", "colophon/api/commands", json={"a": "ü"})
    assert json.loads(answer.json()["body"]) == {"a": "ü"}


def test_deep_body(shared: Server) -> None:
    """[A27] A body nested deeper than Python reads reaches the host as it is."""
    body = "[" * 100_000 + "]" * 100_000
    answer = shared.request("POST", "colophon/api/echo", content=body)
    assert answer.status_code == 200 and answer.json()["body"] == body


def test_body_limit(shared: Server) -> None:
    """[T26] A body above the limit is refused before the host sees it; other methods, too."""
    answer = shared.request("POST", "colophon/api/echo", content=b"x" * ((1 << 20) + 1))
    assert answer.status_code == 413 and answer.json()["code"] == "body-too-large"
    answer = shared.request("PUT", "colophon/api/echo")
    assert answer.status_code == 405 and answer.json()["code"] == "method-not-allowed"


def test_streams(shared: Server) -> None:
    """[T27] Many live streams at once flow as they come, and end at the host when the client
    leaves."""
    headers = {"Authorization": "token alice-token"}

    async def scenario() -> None:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(
            headers=headers, timeout=DEADLINE, trust_env=False, limits=limits
        ) as client:

            async def follow() -> None:
                url = shared.url + "colophon/api/live"
                async with client.stream("GET", url) as answer:
                    assert answer.headers["content-type"].startswith("text/event-stream")
                    seen = 0
                    async for line in answer.aiter_lines():
                        if line.startswith("data:"):
                            assert line == f"data: {seen}"
                            seen += 1
                            if seen == 10:
                                return

            await asyncio.gather(*(follow() for _ in range(30)))

    asyncio.run(scenario())
    until(lambda: shared.request("GET", "colophon/api/open").json() == 0, "the streams have ended")


def test_runtime_user_is_limited(shared: Server) -> None:
    """[T28] A granted token opens what a runtime needs and nothing else, under any authorizer; a
    revoked one opens nothing."""
    shared.grant("agent-limited")
    token = {"Colophon-Agent-Token": "agent-limited"}

    def status(method: str, path: str) -> int:
        answer = shared.request(method, path, "", headers=token)
        return int(answer.status_code)

    assert status("GET", "api/kernels") == 200
    assert status("GET", "api/kernelspecs") == 200
    assert status("GET", "api/sessions") == 200
    assert shared.request("GET", "api/kernels?agent_token=agent-limited", "").status_code == 200
    # An agent is no person: it asks for no runs, reads no history and stops nothing.
    assert status("GET", "colophon/api/streams") == 403
    assert status("POST", "colophon/api/commands") == 403
    assert status("POST", "colophon/stop") == 403
    assert status("GET", "api/contents") == 403
    assert status("GET", "api/me") == 403
    assert status("GET", "api/terminals") == 403
    assert status("POST", "api/terminals") == 403
    assert status("POST", "api/shutdown") == 403
    answer = shared.request("POST", "api/sessions", "", headers=token, json={"path": "x.ipynb"})
    assert answer.status_code != 403
    shared.host_says(type="token.revoke", token="agent-limited")
    until(lambda: status("GET", "api/kernels") == 403, "it is revoked")


def test_no_request_behind_a_request(shared: Server) -> None:
    """[T33] What stands behind a GET request does not reach the host."""
    token = {"Authorization": "token alice-token"}
    smuggled = b"POST /api/exit HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n1"
    pid = shared.status()["host"]["pid"]
    for _ in range(3):
        answer = httpx.request(
            "GET",
            shared.url + "colophon/api/echo",
            headers=token,
            content=smuggled,
            timeout=DEADLINE,
            trust_env=False,
        )
        assert answer.status_code == 200
    assert shared.status()["host"]["pid"] == pid


def test_tap_is_for_agents(shared: Server) -> None:
    """[T29] The kernel tap opens for agents only."""

    async def scenario() -> None:
        with pytest.raises(HTTPClientError) as refusal:
            await shared.websocket("colophon/kernels/k/iopub?token=alice-token")
        assert refusal.value.code == 403

    asyncio.run(scenario())
    until(
        lambda: ("forbidden", "/colophon/kernels/k/iopub", "alice") in refusals(shared), "recorded"
    )


def test_refusals_are_limited(start: Callable[..., Server]) -> None:
    """[T30] At most sixty refusals a minute are recorded."""
    server = start().running()
    for _ in range(80):
        assert server.request("GET", "colophon/status", "").status_code == 403
    server.host_says(type="flush", id="f")
    until(lambda: server.frames("flushed"), "everything has been sent")
    assert len(refusals(server)) == 60


def log_in(server: Server, password: str) -> httpx.Client:
    """A browser with a cookie."""
    client = httpx.Client(base_url=server.url, timeout=DEADLINE, trust_env=False)
    client.get("login")
    form = {"password": password, "_xsrf": client.cookies["_xsrf"]}
    assert client.post("login", data=form).status_code == 302
    return client


def test_password_and_prefix(start: Callable[..., Server]) -> None:
    """[T31] Below a base_url, with a password, a cookie and no unauthenticated access at all:
    cookie users need the XSRF token and the right origin, agents their own token."""
    from jupyter_server.auth import passwd

    identity = {"hashed_password": passwd("secret", "sha1"), "token": ""}
    server = start(
        base_url="/some/where/",
        token="",
        config={
            "ServerApp": {
                "identity_provider_class": "jupyter_server.auth.PasswordIdentityProvider",
                "authorizer_class": "jupyter_server.auth.AllowAllAuthorizer",
                "allow_unauthenticated_access": False,
            },
            "PasswordIdentityProvider": identity,
        },
    )
    assert server.url.endswith("/some/where/")
    client = log_in(server, "secret")
    until(lambda: client.get("colophon/status").json()["state"] == "running", "the host runs")
    hello = json.loads((server.host_folder / "hello.json").read_text())
    assert hello["baseUrl"].rstrip("/") == server.url.rstrip("/")
    xsrf = {"X-XSRFToken": client.cookies["_xsrf"]}
    assert client.post("colophon/api/echo", content=b"{}", headers=xsrf).status_code == 200
    path = "/some/where/colophon/api/echo"
    answer = client.post("colophon/api/echo", content=b"{}")
    refused(server, answer, 403, "forbidden", "xsrf", path)
    foreign = {"Origin": "http://evil.example", **xsrf}
    answer = client.post("colophon/api/echo", content=b"{}", headers=foreign)
    refused(server, answer, 403, "forbidden", "origin", path)
    answer = client.get("colophon/api/echo", headers={"Origin": "http://evil.example"})
    refused(server, answer, 403, "forbidden", "origin", path)
    anonymous = httpx.get(server.url + "colophon/status", trust_env=False)
    refused(
        server, anonymous, 403, "unauthenticated", "unauthenticated", "/some/where/colophon/status"
    )
    actor = {"kind": "runtime", "id": "r"}
    frame = {"type": "token.grant", "id": "g", "token": "agent-9", "actor": actor, "stream": "/n"}
    assert client.post("colophon/api/frame", json=frame, headers=xsrf).status_code == 200
    until(lambda: server.frames("token.granted"), "the token is granted")
    answer = httpx.post(
        server.url + "api/sessions",
        headers={"Colophon-Agent-Token": "agent-9"},
        json={"path": "a.ipynb", "type": "notebook", "name": "", "kernel": {"name": "no-such"}},
        trust_env=False,
    )
    # The kernel does not exist; what matters is that neither login nor XSRF stood in the way.
    assert answer.status_code not in (302, 401, 403), answer.text


def test_below_a_hub(start: Callable[..., Server]) -> None:
    """[T35] Below a hub a cookie alone lets a page's scripts neither read nor write, because they
    may be another user's; the refusal says what is missing. People have their names of the hub, and
    a runtime's token works."""
    server = start(
        base_url="/user/alice/",
        config={
            "ServerApp": {
                "identity_provider_class": "hub_like.HubIdentities",
                "authorizer_class": "hub_like.HubAuthorizer",
            }
        },
    )
    server.running()
    script = {"Cookie": "hub=bob", "Sec-Fetch-Mode": "cors"}
    xsrf = {**script, "X-XSRFToken": "the-token"}
    for path in ("status", "api/echo", "v1/stream/echo"):
        answer = server.request("GET", f"colophon/{path}", "", headers=script)
        refused(server, answer, 403, "forbidden", "xsrf", f"/user/alice/colophon/{path}")
        assert server.request("GET", f"colophon/{path}", "", headers=xsrf).status_code == 200
    answer = server.request("POST", "colophon/api/echo", "", content=b"{}", headers=script)
    refused(server, answer, 403, "forbidden", "xsrf", "/user/alice/colophon/api/echo")
    page = {**script, "Sec-Fetch-Mode": "navigate"}
    me = server.request("GET", "colophon/status", "", headers=page).json()["me"]
    assert (me["username"], me["name"]) == ("bob", "bob")
    server.write("n.ipynb", notebook("x"))
    session = open_session(server, "n.ipynb", "alice-token")
    server.grant("agent-hub", f"/notebooks/{session['fileId']}")
    assert open_session(server, "n.ipynb", "agent-hub") == session


def test_generated_token(start: Callable[..., Server]) -> None:
    """[T32] With the default identity provider and a token it works as well."""
    server = start(
        token="plain",
        config={
            "ServerApp": {
                "identity_provider_class": "jupyter_server.auth.identity.IdentityProvider",
                "authorizer_class": "jupyter_server.auth.AllowAllAuthorizer",
            },
            "IdentityProvider": {"token": "plain"},
        },
    )
    server.running()
    assert server.request("POST", "colophon/api/echo", content=b"{}").status_code == 200
    assert server.request("POST", "colophon/api/echo", "", content=b"{}").status_code == 403


def test_a_runtime_has_one_room(shared: Server) -> None:
    """[T34] A granted token opens the room of its own notebook and no other."""
    shared.write("own.ipynb", notebook(""))
    shared.write("other.ipynb", notebook(""))
    own, other = (
        open_session(shared, name, "alice-token") for name in ("own.ipynb", "other.ipynb")
    )
    shared.grant("agent-one", f"/notebooks/{own['fileId']}")

    async def enter(session: dict[str, str]) -> None:
        path = f"api/collaboration/room/json:notebook:{session['fileId']}"
        query = f"?sessionId={session['sessionId']}&agent_token=agent-one"
        (await shared.websocket(path + query)).close()

    asyncio.run(enter(own))
    with pytest.raises(HTTPClientError) as refusal:
        asyncio.run(enter(other))
    assert refusal.value.code == 403
