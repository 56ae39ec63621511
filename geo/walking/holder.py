"""The finder of the active editions, kept fresh."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Any

from geo.database import ANYONE, Database, Reader
from geo.settings import Settings
from geo.walking.finder import TO_COME, Finder

CHECK_SECONDS = 1.0


class FinderHolder:
    """The finder of the active editions, loaded when first asked for and again when they change.

    Others go on with the old one while a new one is loaded. Asks the database at most once a
    second whether anything changed; when it does not answer, the finder in memory goes on.
    """

    def __init__(self, database: Database, settings: Settings) -> None:
        """Nothing is loaded yet."""
        self._database = database
        self._settings = settings
        self._finder: Finder | None = None
        self._key: tuple[Any, ...] | None = None
        self._checked = 0.0
        self._confirmed = datetime.now(UTC)
        self._lock = threading.Lock()

    def current(self) -> Finder:
        """The finder in force.

        Raises:
            Unavailable: the database cannot be reached and nothing was loaded before.
        """
        finder = self._finder
        if finder is not None and time.monotonic() - self._checked < CHECK_SECONDS:
            return finder
        # Only the first waits for the first load; afterwards one looks and the others go on.
        if not self._lock.acquire(blocking=finder is None):
            assert finder is not None
            return finder
        try:
            return self._refresh()
        finally:
            self._lock.release()

    def _refresh(self) -> Finder:
        finder = self._finder
        if finder is not None and time.monotonic() - self._checked < CHECK_SECONDS:
            return finder
        try:
            with self._database.read(ANYONE) as reader:
                key = _in_force(reader)
                if finder is None or key != self._key:
                    finder = Finder.load(reader, self._settings)
                    self._finder, self._key = finder, key
        except Exception:
            if finder is None:
                raise
            if finder.unconfirmed_since is None:
                finder.unconfirmed_since = self._confirmed
        else:
            self._confirmed = datetime.now(UTC)
            finder.unconfirmed_since = None
        self._checked = time.monotonic()
        return finder


def _in_force(reader: Reader) -> tuple[Any, ...]:
    """Changes whenever the finder would: with the editions, and with any edit of a dated status."""
    return (
        *reader.all(
            "SELECT id FROM edition WHERE state = 'active' "
            "AND dataset IN ('streets', 'stations') ORDER BY id"
        ),
        reader.scalar(
            "SELECT md5(string_agg(t::text, ',' ORDER BY t.id)) FROM station_status AS t "
            f"WHERE {TO_COME}"
        ),
    )
