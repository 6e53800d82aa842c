"""`colophon doctor` finds what is wrong and says how to mend it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jupyterlab_colophon import __version__, cli, disk_use, doctor

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A whole set-up in folders of its own."""
    config, data = tmp_path / "config", tmp_path / "data"
    lab = data / "labextensions" / "jupyterlab-colophon"
    for folder in (config, lab, tmp_path / "runtime"):
        folder.mkdir(parents=True)
    (lab / "package.json").write_text("{}")
    extensions = {"jpserver_extensions": {"jupyterlab_colophon": True}}
    (config / "jupyter_server_config.json").write_text(json.dumps({"ServerApp": extensions}))
    return {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_DATA_DIR": str(data),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        "PYTHONPATH": str(ROOT),
        # Else what is installed in a virtual environment decides, whatever the folders above say.
        "JUPYTER_PREFER_ENV_PATH": "0",
    }


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "jupyterlab_colophon.cli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def findings(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    return {finding["check"]: finding for finding in json.loads(done.stdout)}


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """[P20] `colophon --version` prints the version of the package."""
    with pytest.raises(SystemExit) as end:
        cli.main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out.strip() == __version__
    assert __version__ == json.loads((ROOT / "package.json").read_text())["version"]


def test_all_is_well(environment: dict[str, str]) -> None:
    """[P21] On a whole set-up every check is ok and the exit code 0."""
    done = run(environment, "doctor", "--json")
    found = findings(done)
    built = (ROOT / "jupyterlab_colophon" / "agent" / "host.js").is_file()
    bad = {c: f for c, f in found.items() if f["level"] != "ok" and (built or c != "programs")}
    assert not bad, (bad, done.stderr)
    if built:
        assert done.returncode == 0
    assert {"Node.js", "room hooks", "JupyterLab", "data folder", "journal"} <= set(found)


def test_faults(environment: dict[str, str], tmp_path: Path) -> None:
    """[P22] Each fault is told with how to mend it, in text and JSON, and the exit code is 1."""
    environment["COLOPHON_NODE"] = str(tmp_path / "nowhere")
    config = Path(environment["JUPYTER_CONFIG_DIR"]) / "jupyter_server_config.json"
    extensions = {"jupyterlab_colophon": False}
    config.write_text(json.dumps({"ServerApp": {"jpserver_extensions": extensions}}))
    labconfig = config.parent / "labconfig"
    labconfig.mkdir()
    disabled = {"disabledExtensions": {"jupyterlab-colophon": True}}
    (labconfig / "page_config.json").write_text(json.dumps(disabled))
    data = Path(environment["JUPYTER_DATA_DIR"]) / "colophon"
    data.mkdir()
    (data / "journal.db").write_bytes(b"SQLite format 3\x00" + b"broken" * 1000)
    done = run(environment, "doctor", "--json")
    found = findings(done)
    for check in ("Node.js", "server extension", "labextension", "journal"):
        assert found[check]["level"] == "fail", found[check]
        assert found[check]["remedy"]
    assert done.returncode == 1
    text = run(environment, "doctor")
    assert text.returncode == 1 and "FAIL" in text.stdout and "→" in text.stdout


def test_data_folder(tmp_path: Path) -> None:
    """[P23] A data folder that cannot be written is told."""
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    found = {finding.check: finding for finding in doctor.examine(str(blocked / "colophon"))}
    assert found["data folder"].level == "fail" and found["data folder"].remedy


def test_disk_use(environment: dict[str, str]) -> None:
    """[K4] Doctor tells what takes how much space, and warns when little is left."""
    data = Path(environment["JUPYTER_DATA_DIR"]) / "colophon"
    (data / "spool").mkdir(parents=True)
    (data / "spool" / "a.frames").write_bytes(b"x" * 2_000_000)
    (data / "journal-corrupt-2026.db").write_bytes(b"x" * 3_000_000)
    found = {finding.check: finding for finding in doctor.examine(str(data))}["disk use"]
    assert found.level in ("ok", "warning")
    assert "spool 2.0 MB" in found.detail and "set aside 3.0 MB" in found.detail
    assert "free" in found.detail


def test_little_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """[K4] A disk that is nearly full is a warning that says what can be done."""
    monkeypatch.setattr(disk_use, "_LITTLE", 1 << 60)
    found = {finding.check: finding for finding in doctor.examine(str(tmp_path))}["disk use"]
    assert found.level == "warning" and "colophon compact" in found.remedy
