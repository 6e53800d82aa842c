"""How long is waited for a host: to listen, to end, and before the next one is started."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """Seconds: pause after the first failure, the longest pause, how long up counts as well, how
    long a host may take to listen, and how long it may take to end."""

    first: float
    longest: float
    stable: float
    listen: float
    stop: float


class BackOff:
    """The pause before the next start: longer with every failure in a row, up to the longest. A
    host that stays up for a while begins the row anew."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        #: How often in a row a host has ended early.
        self.failures = 0
        self._locked = 0

    def begin(self) -> None:
        """Somebody asks to start."""
        self.failures = 0

    def ended(self, lasted: float) -> None:
        """A host has ended by itself, after so long."""
        self.failures = 1 if lasted >= self._patience.stable else self.failures + 1

    def locked_out(self) -> None:
        """Another server holds the journal."""
        self._locked += 1

    def listening(self) -> None:
        """A host has the journal."""
        self._locked = 0

    @property
    def pause(self) -> float:
        """Seconds to wait now."""
        exponent = max(0, (self._locked or self.failures) - 1)
        return min(self._patience.longest, self._patience.first * 2 ** min(exponent, 20))
