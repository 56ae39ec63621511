"""The finder of the active editions, kept fresh in the background."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Any

from geo.database import ANYONE, Database, Reader
from geo.editions import UNION
from geo.errors import Unavailable
from geo.listening import CHECK_SECONDS, Listening
from geo.settings import Settings
from geo.stations.news import read_news
from geo.stations.reports import DOUBT_DAYS
from geo.walking.finder import Finder
from geo.walking.vicinity import survey_soon


class FinderHolder:
    """The finder of the active editions: loaded when first asked for, and again when the database
    calls (`LISTEN`) that something changed, or a look every so often finds so.

    Askers never wait for it: they go on with the old one while a new one is loaded, and when the
    database does not answer. Use as a context, or :meth:`close` it.
    """

    def __init__(self, database: Database, settings: Settings) -> None:
        """Nothing is loaded yet."""
        self._database = database
        self._settings = settings
        self._finder: Finder | None = None
        self._key: tuple[Any, ...] | None = None
        self._news_key: tuple[Any, ...] | None = None
        self._confirmed = datetime.now(UTC)
        self._lock = threading.Lock()
        self._listening = Listening(
            database, self._look, concerns=lambda message: not message.startswith(UNION)
        )
        self._failed: float | None = None

    def current(self) -> Finder:
        """The finder in force.

        Raises:
            Unavailable: the database cannot be reached and nothing was loaded before.
        """
        finder = self._finder
        if finder is not None:
            return finder
        with self._lock:
            if self._finder is None:
                self._first()
            assert self._finder is not None
            return self._finder

    def _first(self) -> None:
        """The first load. One that just failed is not tried again for every asker in line."""
        if self._failed is not None and time.monotonic() - self._failed < CHECK_SECONDS:
            raise Unavailable(
                "驿站和道路还未装载。 The stations and streets are not loaded yet.",
                remedy="请稍后再试。 Try again in a moment; /readyz tells what is missing.",
            )
        try:
            self._refresh()
        except Exception:
            self._failed = time.monotonic()
            raise
        finally:
            self._listening.begin()

    def refresh(self) -> Finder:
        """Look at the database now, and load what changed.

        Raises:
            Unavailable: it cannot be reached.
        """
        with self._lock:
            self._refresh()
        assert self._finder is not None
        return self._finder

    def close(self) -> None:
        """Stop watching."""
        self._listening.close()

    # ------------------------------------------------------------------ watching
    def _refresh(self) -> None:
        finder = self._finder
        with self._database.read(ANYONE) as reader:
            key, news_key = _in_force(reader), _news(reader)
            if finder is None or key != self._key:
                finder = Finder.load(reader, self._settings)
                survey_soon(finder.on_streets)
            elif news_key != self._news_key:
                finder = finder.with_news(read_news(reader))
        self._finder, self._key, self._news_key = finder, key, news_key
        self._confirmed = datetime.now(UTC)
        finder.unconfirmed_since = None

    def _look(self) -> bool:
        """Look at the database; whether it answered."""
        try:
            self.refresh()
        except Exception:  # noqa: BLE001  whatever it is, people get the answers there are
            finder = self._finder
            if finder is not None and finder.unconfirmed_since is None:
                finder.unconfirmed_since = self._confirmed
            return False
        return True


def _in_force(reader: Reader) -> tuple[Any, ...]:
    """Changes with the editions of what a finder is loaded from."""
    return tuple(
        reader.all(
            "SELECT id FROM edition WHERE state = 'active' "
            "AND dataset IN ('streets', 'stations') ORDER BY id"
        )
    )


def _news(reader: Reader) -> tuple[Any, ...]:
    """Changes with any edit of a dated status that holds or will, and with any report."""
    return (
        reader.scalar(
            "SELECT md5(string_agg(t::text, ',' ORDER BY t.id)) FROM station_status AS t "
            "WHERE ends_at IS NULL OR ends_at > now()"
        ),
        reader.scalar(
            "SELECT md5(string_agg(t.id || t.state, ',' ORDER BY t.id)) FROM station_report AS t "
            f"WHERE received_at > now() - interval '{DOUBT_DAYS} days'"
        ),
    )
