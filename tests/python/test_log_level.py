"""Log records that no handler would write."""

from __future__ import annotations

import logging

from jupyterlab_colophon.log_level import spare_records


def test_level() -> None:
    """[PT4] A logger does not make what each of its handlers would drop, those of its parents among
    them; what one of them writes is made."""
    parent, log = logging.Logger("parent"), logging.Logger("log", logging.DEBUG)
    log.parent = parent
    spare_records(log)
    assert log.level == logging.DEBUG, "there is no handler to go by"
    parent.addHandler(logging.NullHandler(logging.INFO))
    log.addHandler(logging.NullHandler(logging.ERROR))
    spare_records(log)
    assert not log.isEnabledFor(logging.DEBUG)
    assert log.isEnabledFor(logging.INFO)
    log.propagate = False
    spare_records(log)
    assert not log.isEnabledFor(logging.WARNING)
    assert log.isEnabledFor(logging.ERROR)
