"""Imports take turns: one at a time at a dataset, and one at a time at what is in force."""

from __future__ import annotations

import time

from geo.database import Writer
from geo.progress import SILENT, Progress

PAUSE_SECONDS = 0.1


def take_turn(writer: Writer, name: str, progress: Progress = SILENT) -> None:
    """Wait for the named lock of :meth:`geo.database.Writer.lock`, saying so.

    Asked for again and again instead of waited for inside PostgreSQL, because there a Ctrl-C would
    only be heard when the wait is over. The lock is held until the transaction ends.
    """
    if _taken(writer, name):
        return
    with progress.step("等待另一项导入完成 / waiting for another import to end"):
        while not _taken(writer, name):
            time.sleep(PAUSE_SECONDS)


def _taken(writer: Writer, name: str) -> bool:
    statement = "SELECT pg_try_advisory_xact_lock(hashtext(:name))"
    return writer.scalar(statement, name=f"nuanyi {name}") is True
