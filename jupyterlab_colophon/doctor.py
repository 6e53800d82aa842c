"""Checks the set-up from outside the server, and says how to mend each thing that is wrong."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from stat import S_ISREG
from typing import Any, Literal

from jupyter_core.paths import jupyter_data_dir, jupyter_path

from .node import find_node
from .problems import SetUpProblem

Level = Literal["ok", "warning", "fail"]
LABEXTENSION = "jupyterlab-colophon"
_PACKAGE = Path(__file__).parent


@dataclass(frozen=True)
class Finding:
    """`detail` says what was found, `remedy` what to do about it; empty if nothing."""

    check: str
    level: Level
    detail: str
    remedy: str = ""

    def as_json(self) -> dict[str, str]:
        """A plain object."""
        return asdict(self)


def examine(data_dir: str = "") -> Iterator[Finding]:
    """Run every check, in order. `data_dir` as the setting; empty for the default."""
    folder = Path(data_dir) if data_dir else Path(jupyter_data_dir()) / "colophon"
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
        lambda: _data_folder(folder),
        lambda: _journal(folder),
        lambda: _disk_use(folder),
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
        for name in ("jupyter_server_nbmodel", "jupyter_server_documents")
        if enabled.get(name) and find_spec(name) is not None
    ]
    if found:
        names = " and ".join(name.replace("_", "-") for name in found)
        return Finding(
            "other executors",
            "warning",
            f"{names} runs the cells, so Colophon does not.",
            f"pip uninstall {names}, to let Colophon run them",
        )
    return Finding("other executors", "ok", "none")


def _data_folder(folder: Path) -> Finding:
    existing = folder
    while not existing.exists():
        existing = existing.parent
    try:
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"x")
    except OSError as error:
        return Finding(
            "data folder",
            "fail",
            f"{folder} cannot be written: {error}",
            "Make it writable, or set ColophonExtension.data_dir to a folder that is.",
        )
    detail = str(folder) if folder.exists() else f"{folder} (made at the first start)"
    return Finding("data folder", "ok", detail)


def _journal(folder: Path) -> Finding:
    path = folder / "journal.db"
    if not path.exists():
        return Finding("journal", "ok", "none yet")
    if not os.access(path, os.R_OK):
        return Finding("journal", "fail", f"{path} cannot be read.", "Make it readable.")
    try:
        database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)
        try:
            answer = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
        finally:
            database.close()
    except sqlite3.Error as error:
        answer = str(error)
    if answer != "ok":
        return Finding(
            "journal",
            "fail",
            f"{path} is damaged: {answer}",
            "Stop the server and start it again: Colophon sets a damaged journal aside, under "
            "another name, and begins a new one. Notebooks are not affected.",
        )
    return Finding("journal", "ok", f"{path}, no damage found")


#: Parts of the journal's database and what they hold; what is absent in an older shape is left out.
_PARTS = {
    "events": ("events", "data"),
    "documents": ("updates", "bytes"),
    "snapshots": ("snapshots", "state"),
}
#: Less free space than this, in bytes, is worth a warning.
_LITTLE = 1_000_000_000


def _disk_use(folder: Path) -> Finding:
    if not folder.exists():
        return Finding("disk use", "ok", "nothing yet")
    sizes: dict[str, int] = {}
    seen: set[tuple[int, int]] = set()
    for path in folder.rglob("*"):
        try:
            found = path.lstat()
        except OSError:
            continue  # A server that runs has taken it away meanwhile.
        # Names of the same bytes count once.
        again = found.st_nlink > 1 and (found.st_dev, found.st_ino) in seen
        seen.add((found.st_dev, found.st_ino))
        if S_ISREG(found.st_mode) and not again:
            kind = _kind_of(path.relative_to(folder))
            sizes[kind] = sizes.get(kind, 0) + found.st_size
    listed = [f"{kind} {_megabytes(size)}" for kind, size in sorted(sizes.items())]
    detail = f"{_megabytes(sum(sizes.values()))} in {folder}: {', '.join(listed) or 'no files'}"
    parts = _journal_parts(folder / "journal.db")
    if parts:
        detail += f" (in the journal: {parts})"
    free = shutil.disk_usage(folder).free
    detail += f"; {_megabytes(free)} free"
    if free < max(_LITTLE, sizes.get("journal", 0)):
        return Finding(
            "disk use",
            "warning",
            detail,
            "Make space: nothing can be recorded on a full disk. `colophon compact` makes the "
            "journal smaller; journals that were set aside can be moved elsewhere.",
        )
    return Finding("disk use", "ok", detail)


def _kind_of(path: Path) -> str:
    name = path.name
    if path.parts[0] == "artifacts":
        return "artifacts"
    if name.startswith("journal-corrupt-"):
        return "set aside"
    if name.startswith("journal.db"):
        return "journal" if len(path.parts) == 1 else "other journals"
    return "spool" if "spool" in path.parts else "other"


def _journal_parts(path: Path) -> str:
    """What the journal's space is for; empty if that cannot be told quickly or at all."""
    if not path.exists() or path.stat().st_size > _LITTLE:
        return ""
    try:
        database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)
        try:
            told = []
            for part, (table, column) in _PARTS.items():
                count, size = database.execute(
                    f"SELECT count(*), coalesce(sum(length({column})), 0) FROM {table}"
                ).fetchone()
                told.append(f"{count} {part} {_megabytes(size)}")
            return ", ".join(told)
        finally:
            database.close()
    except sqlite3.Error:
        return ""


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"
