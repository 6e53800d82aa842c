"""Holds answers of the server extension against the OpenAPI description of the API.

The hosts of these tests are not the real one, so of what comes through the proxy only refusals are
looked at; what the extension answers itself is looked at as a whole.
"""

from __future__ import annotations

import functools
import re
import secrets
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from jupyterlab_colophon.node import Node, find_node

_SERVE = Path(__file__).parents[2] / "jupyterlab_colophon" / "agent" / "serve.js"


@functools.cache
def description() -> dict[str, Any]:
    """The description, as the built service gives it."""
    node = find_node()
    assert isinstance(node, Node), node
    token = secrets.token_hex(16)
    with tempfile.TemporaryDirectory() as folder:
        tokens = Path(folder) / "tokens"
        tokens.write_text(f"tests {token}\n")
        command = [node.path, str(_SERVE), "--dir", folder, "--port", "0", "--tokens", str(tokens)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"http://\S+/api", line)
            assert found is not None, line
            answer = httpx.get(
                f"{found[0]}/openapi.json",
                headers={"Authorization": f"Bearer {token}"},
                trust_env=False,
            )
            process.terminate()
    return dict(answer.json())


def check(method: str, path: str, answer: httpx.Response) -> None:
    """The answer to a request below the server's URL is as described, if it is for us."""
    match = re.match(
        r"colophon/(?:api/(?P<proxied>[^?]*)|(?P<own>status|start|stop|resources)(\?|$))", path
    )
    if match is None or (match["own"] is None and answer.is_success):
        return
    described = description()
    name = f"/{match['own'] or match['proxied']}"
    operation = described["paths"].get(name, {}).get(method.lower())
    media = answer.headers.get("content-type", "").split(";")[0]
    if operation is None:
        # An address of the tests' own host, or a method that there is not: refused as any other.
        schema = {"$ref": "#/components/schemas/Problem"}
        assert media == "application/problem+json", f"{method} {path}: {answer.text}"
    else:
        responses = operation["responses"]
        assert str(answer.status_code) in responses, f"{method} {path}: {answer.status_code}"
        content = responses[str(answer.status_code)]["content"]
        assert media in content, f"{method} {path}: {media}"
        schema = content[media]["schema"]
    whole = {**schema, "components": described["components"]}
    wrong = [error.message for error in Draft202012Validator(whole).iter_errors(answer.json())]
    assert wrong == [], f"{method} {path}, {answer.status_code}: {wrong}"
