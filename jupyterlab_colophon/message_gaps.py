"""Whether messages of a kernel are missing, from the numbers that it gives them.

A gateway does not say which of its messages arrived: what was on its way when a connection was cut
is gone, and so is what it was too slow for; nobody tells. But kernels that build on jupyter_client
number all that they send (`<session>_<process>_<count>`). So the numbers are watched in a run. A
kernel that does not number tells nothing, and nothing is claimed.
"""

from __future__ import annotations

import re

_NUMBERED = re.compile(r"(.+_\d+)_(\d+)")
#: More than this is no gap but another way of counting.
_MOST = 100_000
#: So many numbers may be left out by the kernel itself: that of a result which shows itself.
_UNUSED = 1


class MessageGaps:
    """The numbers of one kernel. What is sent by threads may come out of order."""

    def __init__(self) -> None:
        #: The highest number of each numbering.
        self.seen: dict[str, int] = {}
        self._missing: set[tuple[str, int]] = set()
        self._watching = False
        self._cut = False

    def cut(self) -> None:
        """The connection was cut: what comes next may not follow what came last."""
        self._watching = self._cut = True

    def note(self, message_id: str) -> None:
        """A message came."""
        found = _NUMBERED.fullmatch(message_id)
        if found is None:
            return
        numbering, count = found[1], int(found[2])
        last = self.seen.get(numbering)
        if last is None or count > last:
            self.seen = {**self.seen, numbering: count}
            if self._watching and last is not None and count - last <= _MOST:
                self._missing.update((numbering, each) for each in range(last + 1, count))
        else:
            self._missing.discard((numbering, count))

    def begin(self) -> None:
        """A run begins. Outside of runs others get answers that nobody here sees."""
        self._missing.clear()
        self._watching, self._cut = True, False

    def end(self, message_id: str) -> bool:
        """A run ends with this message: whether any are missing since it began, or since a cut."""
        found = _NUMBERED.fullmatch(message_id)
        if found is not None:
            # The reply goes right before the end, on another way, and may come after it.
            self._missing.discard((found[1], int(found[2]) - 1))
        missing = len(self._missing) > (0 if self._cut else _UNUSED)
        self._missing.clear()
        self._watching = self._cut = False
        return missing
