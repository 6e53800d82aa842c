"""Output outside documents, as it passes through the server."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from servers import Server

from jupyterlab_colophon import doctor

UPLOAD = "colophon/api/artifacts/uploads/u1?stream=/notebooks/n&offset=0"


def test_range(shared: Server) -> None:
    """[AR7] A range is asked of the host, and its answer comes back with the headers that keep a
    page safe."""
    answer = shared.request("GET", "colophon/api/artifacts/abc", headers={"Range": "bytes=2-4"})
    assert answer.status_code == 206 and answer.text == "bytes=2-4"
    for name, value in {
        "Content-Range": "bytes 2-4/10",
        "Accept-Ranges": "bytes",
        "Content-Disposition": 'attachment; filename="a"',
        "Content-Security-Policy": "sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }.items():
        assert answer.headers[name] == value


def test_runtime(shared: Server) -> None:
    """[AR4] A runtime uploads with its token, and the host learns of which notebook it is; the
    token opens nothing else of the API."""
    shared.grant("agent-artifacts", "/notebooks/n")
    headers = {
        "Colophon-Agent-Token": "agent-artifacts",
        "Content-Type": "application/octet-stream",
    }
    piece = bytes(range(256)) * (4 << 12)
    answer = shared.request("POST", UPLOAD, "", headers=headers, content=piece)
    assert answer.status_code == 200, answer.text
    seen = {key.lower(): value for key, value in answer.json()["headers"].items()}
    assert answer.json()["length"] == len(piece) == 4 << 20
    encoded = seen["colophon-principal"]
    principal = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    assert principal["runtime"] == "/notebooks/n" and principal["username"] == "colophon-runtime"
    assert "agent-artifacts" not in json.dumps(seen)
    large = shared.request("POST", UPLOAD, "", headers=headers, content=bytes((8 << 20) + 1))
    assert large.status_code == 413 and large.json()["code"] == "body-too-large"
    for path in ("echo", "streams/n", "artifactsx", "query"):
        refused = shared.request("GET", f"colophon/api/{path}", "", headers=headers)
        assert refused.status_code == 403, path


def test_person(shared: Server) -> None:
    """[AR4] A person sends no large pieces, and is no runtime whatever they say."""
    answer = shared.request("POST", UPLOAD, content=bytes(2 << 20))
    assert answer.status_code == 413
    answer = shared.request("POST", f"{UPLOAD}&runtime=/notebooks/n", content=b"abc")
    encoded = {key.lower(): value for key, value in answer.json()["headers"].items()}[
        "colophon-principal"
    ]
    principal = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    assert "runtime" not in principal
    refused = shared.request("POST", UPLOAD, "reader-token", content=b"abc")
    assert refused.status_code == 403


def test_disk_use(tmp_path: Path) -> None:
    """[AR15] Doctor tells how much is kept outside documents, each byte once."""
    uploads = tmp_path / "artifacts" / "uploads"
    uploads.mkdir(parents=True)
    (uploads / "a").write_bytes(b"x" * 3_000_000)
    (tmp_path / "artifacts" / "ab").mkdir()
    (tmp_path / "artifacts" / "ab" / "abc").hardlink_to(uploads / "a")
    found = {finding.check: finding for finding in doctor.examine(str(tmp_path))}["disk use"]
    assert "artifacts 3.0 MB" in found.detail and "3.0 MB in" in found.detail
