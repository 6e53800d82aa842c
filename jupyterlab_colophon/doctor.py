"""Checks the set-up from outside the server, and says how to mend each thing that is wrong."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_path

from .data_folder import check_data_folder, default_data_dir
from .disk_use import check_disk_use
from .finding import Finding
from .journal_file import check_journal
from .node import find_node
from .other_executors import EXECUTORS
from .problems import SetUpProblem

LABEXTENSION = "jupyterlab-colophon"
_PACKAGE = Path(__file__).parent


def examine(data_dir: str = "") -> Iterator[Finding]:
    """Run every check, in order. `data_dir` as the setting; empty for the default."""
    folder = Path(data_dir) if data_dir else default_data_dir()
    checks: list[Callable[[], Finding]] = [
        _node,
        _agent,
        lambda: _distribution("JupyterLab", "jupyterlab", (4, 6), "jupyterlab>=4.6,<5"),
        lambda: _distribution(
            "jupyter-collaboration", "jupyter-collaboration", (5, 0), "jupyter-collaboration>=5,<6"
        ),
        _hooks,
        lambda: _server_extension("jupyterlab_colophon", "server extension"),
        lambda: _server_extension("jupyter_server_ydoc", "collaboration enabled"),
        _labextension,
        _conflicts,
        lambda: check_data_folder(folder),
        lambda: check_journal(folder / "journal.db"),
        lambda: check_disk_use(folder),
    ]
    for check in checks:
        yield check()


def _node() -> Finding:
    found = find_node()
    if isinstance(found, SetUpProblem):
        return Finding("Node.js", "fail", found.summary, found.remedy)
    return Finding("Node.js", "ok", f"{found.version} at {found.path}, from {found.source}")


def _agent() -> Finding:
    missing = [
        name
        for name in ("host.js", "runtime-agent.js")
        if not (_PACKAGE / "agent" / name).is_file()
    ]
    if missing:
        return Finding(
            "programs",
            "fail",
            f"Missing from the installation: {', '.join(missing)}.",
            "pip install --force-reinstall jupyterlab-colophon; in a checkout: make build",
        )
    return Finding("programs", "ok", str(_PACKAGE / "agent"))


def _distribution(check: str, name: str, least: tuple[int, int], requirement: str) -> Finding:
    remedy = f'pip install "{requirement}"'
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Finding(check, "fail", "It is not installed.", remedy)
    numbers = version.split(".")
    found = (int(numbers[0]), int(numbers[1]))
    if found < least or found[0] != least[0]:
        return Finding(check, "fail", f"{version} does not fit; {requirement} is needed.", remedy)
    return Finding(check, "ok", version)


def _hooks() -> Finding:
    if find_spec("jupyter_server_ydoc") is None:
        return Finding(
            "room hooks",
            "fail",
            "jupyter-server-ydoc is not installed.",
            'pip install "jupyter-collaboration>=5,<6"',
        )
    from .hooks import test_hooks

    quiet = logging.getLogger("jupyterlab_colophon.doctor")
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    problems = asyncio.run(test_hooks(quiet))
    if problems:
        return Finding(
            "room hooks",
            "warning",
            f"Authors cannot be verified with this version: {' '.join(problems)}",
            "pip install --upgrade jupyterlab-colophon",
        )
    return Finding("room hooks", "ok", "They pass their self-test; authors can be verified.")


def _enabled_extensions() -> dict[str, bool]:
    from jupyter_core.paths import jupyter_config_path
    from jupyter_server.services.config.manager import ConfigManager

    manager = ConfigManager(read_config_path=jupyter_config_path())
    server = manager.get("jupyter_server_config").get("ServerApp", {})
    return dict(server.get("jpserver_extensions", {}))


def _server_extension(name: str, check: str) -> Finding:
    if _enabled_extensions().get(name):
        return Finding(check, "ok", f"{name} is enabled")
    return Finding(
        check, "fail", f"{name} is not enabled.", f"jupyter server extension enable {name}"
    )


def _labextension() -> Finding:
    for folder in jupyter_path("labextensions"):
        if (Path(folder) / LABEXTENSION / "package.json").is_file():
            if _labextension_disabled():
                return Finding(
                    "labextension",
                    "fail",
                    f"{LABEXTENSION} is disabled.",
                    f"jupyter labextension enable {LABEXTENSION}",
                )
            return Finding("labextension", "ok", str(Path(folder) / LABEXTENSION))
    return Finding(
        "labextension",
        "fail",
        f"{LABEXTENSION} is in none of Jupyter's folders.",
        "pip install --force-reinstall jupyterlab-colophon; in a checkout: make lab",
    )


def _labextension_disabled() -> bool:
    try:
        from jupyterlab.commands import get_app_info
    except ImportError:
        return False
    info: dict[str, Any] = get_app_info()
    disabled = info.get("disabled", {})
    return LABEXTENSION in disabled and bool(
        disabled[LABEXTENSION] if isinstance(disabled, dict) else True
    )


def _conflicts() -> Finding:
    enabled = _enabled_extensions()
    found = [
        name
        for module, name in EXECUTORS.items()
        if enabled.get(module) and find_spec(module) is not None
    ]
    if found:
        names = " and ".join(found)
        return Finding(
            "other executors",
            "warning",
            f"{names} runs the cells, so Colophon does not.",
            f"pip uninstall {names}, to let Colophon run them",
        )
    return Finding("other executors", "ok", "none")
