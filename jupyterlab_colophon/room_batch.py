"""What the rooms give to their store together: one transaction writes it."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field


@dataclass
class Batch:
    """What waits to be written."""

    updates: dict[str, list[bytes]] = field(default_factory=dict)
    whole: dict[str, bytes] = field(default_factory=dict)
    #: Path, digest, and whether all earlier digests are over.
    saves: list[tuple[str, str, bool]] = field(default_factory=list)
    asked: list[Future[None]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.updates or self.whole or self.saves or self.asked)

    def before(self, later: Batch) -> None:
        """Take in what came later."""
        for path, updates in later.updates.items():
            self.updates.setdefault(path, []).extend(updates)
        self.whole.update(later.whole)
        self.saves += later.saves
        self.asked += later.asked
