"""Spares the server the log records that nobody gets.

Jupyter's logger lets every record through and leaves it to its handlers to drop what is below their
level. A room makes about ten such records for each change, and a kernel one for each message: a
good part of their work.
"""

from __future__ import annotations

from logging import Handler, Logger


def spare_records(log: Logger) -> None:
    """Let the logger itself drop what each of its handlers would drop. A level that is changed
    later, as by the server's own configuration, is obeyed."""
    handlers: list[Handler] = []
    logger: Logger | None = log
    while logger is not None:
        handlers += logger.handlers
        logger = logger.parent if logger.propagate else None
    if handlers:
        log.setLevel(max(log.level, min(handler.level for handler in handlers)))
