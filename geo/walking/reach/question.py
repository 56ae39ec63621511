"""What is asked about service areas, and which stations count at which hour.

A station counts in an hour of the day when it is open for the whole of that hour, by its opening
hours and by its dated statuses. One that may be open (its hours are not known) does not count; what
it would add is told apart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from geo.errors import Invalid
from geo.hours import CLOSED, OPEN, UNKNOWN, HoursTable
from geo.schema import ACCESS, SERVICES, STATION_KINDS
from geo.schema.areas import AREA_KINDS
from geo.walking.closures import Closures
from geo.walking.finder import OFFERED_ACCESS, Finder
from geo.walking.labels import passing
from geo.walking.reach.places import WEEKEND, WORKDAY

Bools = npt.NDArray[np.bool_]
MINUTES_CAP: Final = 60
MOST_MINUTES: Final = 12
USUAL_MINUTES: Final = (5, 10, 15)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes:
        day: the date, in the time zone of the hours: it says which day of the week, holiday or
            make-up workday it is, and which dated statuses hold.
        hour: of that day, 0 to 23; None: whatever the hours, dated statuses too.
        minutes: walking times, 1 to 60, ascending.
        kinds, services, access, min_grade: what a station must be; see
            :class:`geo.walking.wanted.Wanted`.
        by_hour: ask for every hour of the day too.
        area_id: only people in this area; stations anywhere count.
        by_area: a kind of area; also the shares of each area of it (within `area_id`: of those
            directly below it).
    """

    day: date
    hour: int | None
    minutes: tuple[int, ...] = USUAL_MINUTES
    kinds: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    access: tuple[str, ...] = OFFERED_ACCESS
    min_grade: int = 0
    by_hour: bool = False
    area_id: int | None = None
    by_area: str | None = None

    @classmethod
    def asked(
        cls,
        at: str | None,
        now: datetime,
        zone: ZoneInfo,
        *,
        minutes: Sequence[int] = USUAL_MINUTES,
        kinds: Sequence[str] = (),
        services: Sequence[str] = (),
        access: Sequence[str] = OFFERED_ACCESS,
        min_grade: int = 0,
        by_hour: bool = False,
        area_id: int | None = None,
        by_area: str | None = None,
    ) -> Question:
        """A question as a person asks it.

        Args:
            at: an ISO time (its hour counts), an hour of today, `any`, or None for now.
            now: the present, with its zone.
            zone: of the opening hours; a time without an offset is meant there.

        Raises:
            Invalid: a value that cannot be used.
        """
        day, hour = read_at(at, now, zone)
        _check_minutes(minutes)
        _check_words("kinds", kinds, STATION_KINDS)
        _check_words("services", services, SERVICES)
        _check_words("access", access, ACCESS)
        if not 0 <= min_grade <= 5:
            raise Invalid(
                "min_grade 须为 0 到 5。 `min_grade` is a number from 0 to 5.",
                remedy="0：不限 / whatever.",
                field="min_grade",
            )
        if by_area is not None:
            _check_words("by_area", [by_area], AREA_KINDS)
        return cls(
            day=day,
            hour=hour,
            minutes=tuple(sorted(set(minutes))),
            kinds=tuple(sorted(set(kinds))),
            services=tuple(sorted(set(services))),
            access=tuple(sorted(set(access))),
            min_grade=min_grade,
            by_hour=by_hour,
            area_id=area_id,
            by_area=by_area,
        )


def read_at(text: str | None, now: datetime, zone: ZoneInfo) -> tuple[date, int | None]:
    """The day and hour of a moment as it is typed; hour None for `any`.

    Raises:
        Invalid: neither a time of these years, nor an hour, nor `any`.
    """
    local = now.astimezone(zone)
    if text is None:
        return local.date(), local.hour
    if text == "any":
        return local.date(), None
    if text.isascii() and text.isdigit() and len(text) <= 2:
        if int(text) <= 23:
            return local.date(), int(text)
        raise _no_time()
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
    except (ValueError, OverflowError):
        raise _no_time() from None
    if not 2000 <= moment.year <= 2100 or "T" not in text:
        raise _no_time()
    return moment.date(), moment.hour


def _no_time() -> Invalid:
    return Invalid(
        "at 不是时刻、钟点或 any。 `at` is no time, no hour of the day, and not `any`.",
        remedy="例如 / for instance 2026-11-24T12:00, 12, any.",
        field="at",
    )


def _check_minutes(minutes: Sequence[int]) -> None:
    if not 1 <= len(set(minutes)) <= MOST_MINUTES or not all(
        1 <= one <= MINUTES_CAP for one in minutes
    ):
        raise Invalid(
            f"minutes 须为 1 到 {MINUTES_CAP} 的整数，最多 {MOST_MINUTES} 个。 `minutes` are whole "
            f"numbers from 1 to {MINUTES_CAP}, at most {MOST_MINUTES}.",
            remedy="例如 / for instance 5,10,15.",
            field="minutes",
        )


def _check_words(field: str, words: Sequence[str], known: Sequence[str]) -> None:
    if any(word not in known for word in words):
        raise Invalid(
            f"{field} 中有未知的取值。 There is no such value of `{field}`.",
            remedy=f"可用 / use {', '.join(known)}.",
            field=field,
        )


# ---------------------------------------------------------------------- which stations count
@dataclass(frozen=True, eq=False)
class Counting:
    """Which of S stations count.

    Attributes:
        passing: (S,) they pass the filters and stand on the streets.
        off_network: how many pass but stand too far from any street.
        sure: (24, S) open for the whole hour; row 24 is: whatever the hours.
        maybe: (25, S) the same, or perhaps, since the hours are not known.
        day_class: workday or weekend, for demand: holidays are like weekends.
        holidays_known: False where the year's holidays are not in the table.
    """

    passing: Bools
    off_network: int
    sure: Bools
    maybe: Bools
    day_class: int
    holidays_known: bool

    def row(self, hour: int | None) -> int:
        """Row of an hour in `sure` and `maybe`."""
        return 24 if hour is None else hour

    def mark(self) -> str:
        """A short text that is another one whenever other stations count."""
        digest = hashlib.blake2b(digest_size=8)
        for rows in (self.sure, self.maybe):
            digest.update(np.packbits(rows, axis=1).tobytes())
        return digest.hexdigest()


def counting(finder: Finder, question: Question) -> Counting:
    """Which stations count at every hour of the day that is asked for.

    Cost: a pass over the stations for each hour, and one over 1,440 minutes for each distinct text
    of opening hours; some milliseconds for 25,000 stations.
    """
    stations = finder.on_streets
    wanted = np.isin(finder.access, [ACCESS.index(name) for name in question.access])
    if question.kinds:
        wanted &= np.isin(finder.kinds, [STATION_KINDS.index(name) for name in question.kinds])
    wanted &= finder.grades >= question.min_grade
    required = sum(1 << SERVICES.index(name) for name in question.services)
    good = passing(stations, wanted, required).astype(bool)
    features = stations.feet.features
    all_there = (features & np.uint64(required)) == np.uint64(required)
    states = _states(finder.hours, question.day)
    shut = _shut(finder.closures, question.day, finder.zone, good)
    sure = np.vstack([good & (states == OPEN) & ~shut, good[None]])
    maybe = np.vstack([good & (states != CLOSED) & ~shut, good[None]])
    calendar = finder.hours.calendar
    kind = calendar.kind(question.day)
    works = kind == "makeup" or (kind == "ordinary" and question.day.weekday() < 5)
    return Counting(
        passing=good,
        off_network=int((wanted & all_there & (stations.feet.chain < 0)).sum()),
        sure=sure,
        maybe=maybe,
        day_class=WORKDAY if works else WEEKEND,
        holidays_known=calendar.covers(question.day),
    )


def _states(hours: HoursTable, day: date) -> npt.NDArray[np.uint8]:
    """(24, S) state of each station over each whole hour: closed when it is closed for a minute of
    it, else unknown when a minute of it is."""
    horizon = hours.horizon(day, days=1)
    shape = (len(horizon.open), 24, 60)
    is_open = np.unpackbits(horizon.open, axis=1, bitorder="little").reshape(shape)
    unknown = np.unpackbits(horizon.unknown, axis=1, bitorder="little").reshape(shape)
    closed = ((is_open | unknown) == 0).any(axis=2)
    state = np.where(is_open.all(axis=2), OPEN, np.where(closed, CLOSED, UNKNOWN)).astype(np.uint8)
    of_station: npt.NDArray[np.uint8] = state.T[:, horizon.row_pattern]
    return of_station


def _shut(closures: Closures, day: date, zone: ZoneInfo, good: Bools) -> Bools:
    """(24, S) which stations a dated status closes for a part of the hour or all of it."""
    shut = np.zeros((24, len(good)), bool)
    midnight = datetime.combine(day, time(), zone)
    for hour in range(24):
        start = midnight + hour * _HOUR
        shut[hour] = closures.at(start)
        changing = good & ~shut[hour] & closures.changing(start, start + _HOUR)
        for station in np.flatnonzero(changing).tolist():
            closes = closures.next(station, start, closed=True)
            shut[hour, station] = closes is not None and closes < start + _HOUR
    return shut
