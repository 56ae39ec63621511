"""China's statutory holidays and make-up workdays (放假调休), from a file an operator can replace.

The State Council publishes each year's arrangement in the November before. The file is CSV with the
columns `date` (YYYY-MM-DD), `kind` (`off`: a day off; `work`: a weekend day worked), `name` and
`source`. A year whose arrangement is not in the file is *not covered*: its days are computed as if
it had no holidays, a warning is logged once, and :meth:`Calendar.covers` says so to the caller.
"""

from __future__ import annotations

import csv
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from geo.errors import InvalidFile

_log = logging.getLogger(__name__)

SHIPPED = Path(__file__).with_name("holidays.csv")
_SATURDAY, _SUNDAY = 5, 6

DayKind = Literal["ordinary", "holiday", "makeup"]


@dataclass(frozen=True)
class HolidayTable:
    """Days off and worked weekend days by date, with their festival's name."""

    off: Mapping[date, str]
    work: Mapping[date, str]

    @classmethod
    def read(cls, path: Path | None = None) -> HolidayTable:
        """The table in a file, by default the shipped one.

        Raises :class:`geo.errors.InvalidFile` naming the line that is not understood: a date or
        kind that is none, a date twice, a `work` day that is no Saturday or Sunday.
        """
        path = path or SHIPPED
        days: dict[str, dict[date, str]] = {"off": {}, "work": {}}
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file)
                missing = {"date", "kind", "name"} - set(reader.fieldnames or ())
                if missing:
                    raise InvalidFile(
                        f"{path.name} has no column {', '.join(sorted(missing))}.",
                        remedy="Write the columns date,kind,name,source.",
                    )
                for row in reader:
                    _take(days, row, f"{path.name}, line {reader.line_num}")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidFile(
                f"The holiday table {path} cannot be read: {error}.",
                remedy="Give a CSV file in UTF-8, or none for the shipped table.",
            ) from error
        return cls(days["off"], days["work"])

    @classmethod
    def empty(cls) -> HolidayTable:
        """A table without any day: every year is uncovered."""
        return cls({}, {})

    def covers(self, year: int) -> bool:
        """Whether the year's arrangement is in the table: New Year's and National Day are."""
        return date(year, 1, 1) in self.off and date(year, 10, 1) in self.off

    def years(self) -> list[int]:
        """The covered years in order."""
        return sorted(year for year in {day.year for day in self.off} if self.covers(year))


def _take(days: dict[str, dict[date, str]], row: dict[str, str], where: str) -> None:
    try:
        day = date.fromisoformat((row["date"] or "").strip())
    except ValueError:
        raise InvalidFile(
            f"{where}: {row['date']!r} is not a date.", remedy="Write dates as 2026-10-01."
        ) from None
    kind = (row["kind"] or "").strip()
    if kind not in days:
        raise InvalidFile(f"{where}: the kind is {kind!r}.", remedy="Write off or work.")
    if any(day in known for known in days.values()):
        raise InvalidFile(f"{where}: {day} stands there twice.", remedy="Keep one of them.")
    if kind == "work" and day.weekday() < _SATURDAY:
        raise InvalidFile(
            f"{where}: {day} is no Saturday or Sunday.",
            remedy="Only weekend days can be make-up workdays; give off for a day off.",
        )
    days[kind][day] = (row["name"] or "").strip()


class Calendar:
    """What kind of day a local date is, for reading opening hours."""

    def __init__(self, holidays: HolidayTable) -> None:
        self.holidays = holidays
        self._warned: set[int] = set()

    def covers(self, day: date) -> bool:
        """Whether the holidays of the day's year are known; a warning is logged once a year."""
        known = self.holidays.covers(day.year)
        if not known and day.year not in self._warned:
            self._warned.add(day.year)
            _log.warning(
                "The holidays of %d are not in the holiday table: opening hours are computed as "
                "if it had none. Put the State Council's arrangement into the file.",
                day.year,
            )
        return known

    def kind(self, day: date) -> DayKind:
        """`holiday`, `makeup` (a weekend day that is worked) or `ordinary`."""
        if day in self.holidays.off:
            return "holiday"
        if day in self.holidays.work:
            return "makeup"
        return "ordinary"

    def like(self, day: date) -> date:
        """The date whose weekday the day behaves as: itself but for make-up workdays.

        The State Council does not say which weekday a make-up workday replaces. Here a worked
        Saturday is like the Friday before it and a worked Sunday like the Monday after it.
        """
        if self.kind(day) != "makeup":
            return day
        return day + timedelta(days=1 if day.weekday() == _SUNDAY else -1)
