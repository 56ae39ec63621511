"""What is told of a station at a moment: its hours and dated statuses as words and times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import inf
from typing import Any
from zoneinfo import ZoneInfo

from geo.hours import HoursState, HoursTable
from geo.stations.news import News
from geo.walking.closures import Closures

STATES: tuple[HoursState, ...] = ("closed", "open", "unknown")


class Telling:
    """The stations of a finder, asked one by one; any number of threads may ask."""

    def __init__(
        self,
        hours: HoursTable,
        closures: Closures,
        news: News,
        facts: Sequence[dict[str, Any]],
        zone: ZoneInfo,
    ) -> None:
        self.hours, self.closures, self.news = hours, closures, news
        self.facts, self.zone = facts, zone
        self._until: dict[int, tuple[int, float, datetime | None]] = {}

    def hours_at(
        self, number: int, by_hours: int, there: datetime
    ) -> tuple[HoursState, datetime | None, datetime | None, bool]:
        """State of a station at a moment, dated statuses included; when an open one closes, when
        another opens, and whether a dated status is what closes it."""
        dated = number in self.closures
        if dated and self.closures.closed(number, there):
            opens = self._opens(number, there)
            # Of hours that are not known only the end of the closure can be told.
            return "closed", None, opens or self.closures.next(number, there, closed=False), True
        word = STATES[by_hours]
        if word == "open":
            until = self._open_until(number, there)
            if dated:
                shut = self.closures.next(number, there, closed=True)
                until = min((end for end in (until, shut) if end is not None), default=None)
            return word, until, None, False
        return word, None, self._opens(number, there) if word == "closed" else None, False

    def _opens(self, number: int, there: datetime) -> datetime | None:
        """When the hours next let in while no dated status closes."""
        moment: datetime | None = there
        for _ in range(16):
            if moment is None:
                return None
            opens = self.hours.next_opening(number, moment)
            if opens is None or not self.closures.closed(number, opens):
                return opens
            moment = self.closures.next(number, opens, closed=False)
        return None

    def _open_until(self, number: int, there: datetime) -> datetime | None:
        """When the hours of an open station end. Kept by pattern: many stations, few patterns."""
        pattern = int(self.hours.row_pattern[number])
        minute = there.toordinal() * 1440 + there.hour * 60 + there.minute
        kept = self._until.get(pattern)
        if kept is None or not kept[0] <= minute < kept[1]:
            end = self.hours.open_until(number, there)
            last: float = minute + 1  # of one without an end nothing is known of the next minute
            if end is not None:
                last = end.toordinal() * 1440 + end.hour * 60 + end.minute
            elif self.hours.never_closes(number):
                last = inf
            kept = self._until[pattern] = (minute, last, end)
        return kept[2]

    def status_note(self, number: int) -> str | None:
        """The reason of the dated status that holds now, or else of the next one."""
        facts = self.news.statuses.get(self.facts[number]["id"], ())
        now = datetime.now(self.zone)
        to_come = [fact for fact in facts if fact.ends_at is None or fact.ends_at > now]
        holding = [fact for fact in to_come if fact.starts_at <= now]
        for fact in (*reversed(holding), *to_come):
            return fact.reason
        return None
