"""The command `colophon`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from .programs import run_program
from .version import __version__

_MARKS = {"ok": "ok     ", "warning": "WARNING", "fail": "FAIL   "}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="colophon", description="Colophon for JupyterLab")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    doctor = commands.add_parser("doctor", help="check the set-up and say how to mend it")
    doctor.add_argument("--json", action="store_true", help="print the findings as JSON")
    doctor.add_argument(
        "--data-dir", default="", help="the setting ColophonExtension.data_dir, if it is set"
    )
    commands.add_parser(
        "serve",
        help="the journal as a service of its own, without Jupyter",
        add_help=False,
    )
    chosen, rest = parser.parse_known_args(arguments)
    if chosen.command == "serve":
        return run_program("serve", rest)
    if rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return _doctor(as_json=chosen.json, data_dir=chosen.data_dir)


def _doctor(*, as_json: bool, data_dir: str) -> int:
    from .doctor import examine

    findings = []
    for finding in examine(data_dir):
        findings.append(finding)
        if not as_json:
            print(f"{_MARKS[finding.level]}  {finding.check}: {finding.detail}", flush=True)
            if finding.remedy:
                print(f"         → {finding.remedy}", flush=True)
    if as_json:
        print(json.dumps([finding.as_json() for finding in findings], indent=2))
    return 1 if any(finding.level == "fail" for finding in findings) else 0


if __name__ == "__main__":
    sys.exit(main())
