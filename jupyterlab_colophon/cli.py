"""The command `colophon`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from .data_folder import default_data_dir
from .programs import run_program
from .version import __version__

_MARKS = {"ok": "ok     ", "warning": "WARNING", "fail": "FAIL   "}
#: Commands of cli.js; all of them take --dir.
_OF_THE_RECORD = {
    "query": "ask the record in SQL",
    "export": "the record as JSON Lines, CSV, PROV or a Process Run Crate",
    "import": "take an export into the journal",
    "inline": "a notebook with everything in it that is kept beside it",
}

#: Commands of upkeep.js; all of them take --dir.
_UPKEEP = {
    "backup": "copy the journal, also while it is in use",
    "compact": "drop from the journal what is not needed any more",
}

_OF_THE_EVIDENCE = {
    "verify": "check that the record is as it was written",
    "redact": "erase the payload of an event, visibly",
}


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
    for name, what in {**_OF_THE_RECORD, **_UPKEEP, **_OF_THE_EVIDENCE}.items():
        commands.add_parser(name, help=what, add_help=False)
    chosen, rest = parser.parse_known_args(arguments)
    if chosen.command == "serve":
        return run_program("serve", rest)
    if chosen.command in {**_OF_THE_RECORD, **_UPKEEP}:
        program = "upkeep" if chosen.command in _UPKEEP else "cli"
        # A --dir of the user's own comes later, and counts.
        folder = str(default_data_dir())
        return run_program(program, [chosen.command, "--dir", folder, *rest])
    if chosen.command in _OF_THE_EVIDENCE:
        folder = str(default_data_dir())
        return run_program(chosen.command, ["--dir", folder, *rest])
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
