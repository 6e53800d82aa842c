"""What one check of the set-up has found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Level = Literal["ok", "warning", "fail"]


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
