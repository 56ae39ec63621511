"""The stations' side of coverage: how many workers can walk to a public station, hour by hour.

For each area of a kind and each hour of a workday or a day of the week: the workers there, those
within so many minutes' walk of a public station that is open for the whole hour, and those with two
such stations within the longest of these times (overlap). Every place is asked on its own, as in
:mod:`geo.walking.reach`; nothing is read off a polygon. Workers are outdoor workers by the demand
in force, hour by hour; without it the employees of enterprises at their places, the same at every
hour. Which of both it is travels with the answer.

Equity between areas is the Gini coefficient of their shares, weighted by workers:
G = Σᵢ Σⱼ wᵢ wⱼ |xᵢ − xⱼ| / (2 W² x̄), with wᵢ workers, xᵢ the share, W all workers and x̄ the mean
share; 0 where every area has the same share. Lerman, Yitzhaki (1989), "Improving the accuracy of
estimates of Gini coefficients", J. Econometrics 42.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from geo.hours import Calendar
from geo.walking.arrays import Flags, Floats, Longs
from geo.walking.finder import Finder
from geo.walking.reach.places import DAY_CLASSES, Places, seconds_to_station
from geo.walking.reach.question import Counting, Question, counting
from geo.walking.reach.second import seconds_to_two

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Day = Literal["workday"] | Weekday
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
DAYS: tuple[Day, ...] = ("workday", *WEEKDAYS)
Who = Literal["outdoor_workers", "employees"]
HOURS = 24
ANY_HOUR = 24
"""Row of the figures whatever the hours: all stations that pass, people on average over the day."""
SURE, AT_MOST = 0, 1
"""Stations that are known to be open and public; and with them those of which it is not known."""
PUBLIC = ("public",)
PERHAPS_PUBLIC = ("public", "unknown")
LOOKED_AHEAD = 60
"""Days in which each day of the week that is no holiday is sure to come."""

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Crowd:
    """Who is counted, and in which areas.

    Attributes:
        who: outdoor workers or employees.
        places: n places on the finder's streets.
        lon, lat: (n,) where they are, WGS 84 degrees.
        area_ids: (A,) the areas.
        place, area: (m,) pairs: position of a place, and of an area that holds it.
    """

    who: Who
    places: Places
    lon: Floats
    lat: Floats
    area_ids: Longs
    place: Longs
    area: Longs


@dataclass(frozen=True, eq=False)
class Walks:
    """What was worked out for a day: rows are hours 0 to 23 and :data:`ANY_HOUR`, columns the A
    areas and, last, the whole.

    Attributes:
        who: see :class:`Crowd`; `day` and `on`: which kind of day, and the date whose hours,
            holidays and dated statuses were taken.
        minutes: (M,) ascending.
        area_ids: (A,).
        workers: (25, A + 1) near streets: what shares divide by.
        reached: (2, 25, A + 1, M) of them within the minutes; see :data:`SURE`.
        overlap: (25, A + 1) of them within the longest minutes of two stations or more, surely.
        far: (25, A + 1) workers too far from any street: how they walk is not known, left out.
        stations_open, stations_unknown: (25,) public stations; of the unknown ones hours or who
            may enter are not known.
        stations, off_network: public stations on the streets, and too far from any.
        day_class: of the demand: workday or weekend.
        holidays_known: whether the year's holidays are in the table.
    """

    who: Who
    day: Day
    on: date
    minutes: tuple[int, ...]
    area_ids: Longs
    workers: Floats
    reached: Floats
    overlap: Floats
    far: Floats
    stations_open: Longs
    stations_unknown: Longs
    stations: int
    off_network: int
    day_class: str
    holidays_known: bool

    def share(self, hour: int | None, minutes: int, *, at_most: bool = False) -> Floats:
        """(A + 1,) share within the minutes; NaN where nobody is."""
        row = ANY_HOUR if hour is None else hour
        workers = self.workers[row]
        reached = self.reached[int(at_most), row, :, self.minutes.index(minutes)]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(workers > 0, np.minimum(reached / workers, 1.0), np.nan)


@dataclass(frozen=True)
class Equity:
    """How evenly areas are served. `gini` is None where nobody anywhere is reached, or nobody is
    there; `worst` and `best` are positions among the areas, None without two firm ones."""

    minutes: int
    areas: int
    gini: float | None
    worst: int | None
    best: int | None


@dataclass(frozen=True)
class Stations:
    """Which stations count at which hour of a day: surely, and at most."""

    day: Day
    on: date
    sure: Counting
    at_most: Counting

    @property
    def mark(self) -> str:
        """Another text whenever other stations count."""
        return f"{self.on.isoformat()}-{self.sure.mark()}-{self.at_most.mark()}"


def next_day(calendar: Calendar, day: Day, today: date) -> date:
    """The next day of a kind from today on that is an ordinary one: no holiday, no make-up
    workday."""
    for ahead in range(LOOKED_AHEAD):
        one = today + timedelta(days=ahead)
        wanted = one.weekday() < 5 if day == "workday" else WEEKDAYS[one.weekday()] == day
        if wanted and calendar.kind(one) == "ordinary":
            return one
    return today


def stations_of(finder: Finder, day: Day, today: date) -> Stations:
    """Which stations count on the next such day; some milliseconds for 25,000 stations."""
    on = next_day(finder.hours.calendar, day, today)
    return Stations(
        day=day,
        on=on,
        sure=counting(finder, Question(day=on, hour=None, access=PUBLIC)),
        at_most=counting(finder, Question(day=on, hour=None, access=PERHAPS_PUBLIC)),
    )


@dataclass(frozen=True, eq=False)
class Nearness:
    """Who of n places is near a station, for each different set of stations of a day.

    `sets` has for each the uses (which variant, which hour), and packed bits: (M, ceil(n / 8)) of
    the places within each of the minutes, and (ceil(n / 8),) of those with two stations within the
    longest; None where the set is in no sure use. `minutes` ascend.
    """

    minutes: tuple[int, ...]
    places: int
    sets: list[tuple[list[tuple[int, int]], npt.NDArray[np.uint8], npt.NDArray[np.uint8] | None]]

    def unpacked(self, bits: npt.NDArray[np.uint8]) -> Bools:
        """(n,) flags again."""
        flags: Bools = np.unpackbits(bits, count=self.places).view(np.bool_)
        return flags


def nearness(
    finder: Finder, stations: Stations, places: Places, minutes: Sequence[int]
) -> Nearness:
    """Work out who is near, for every hour of a day. It holds for areas of any kind.

    Hours in which the same stations are open are worked out together.

    Args:
        finder: stations, hours and streets.
        stations: of :func:`stations_of`.
        places: n of them, laid on the finder's streets.
        minutes: walking times.

    Cost: for each different set of open stations one search over the streets, some 0.2 s for a city
    of 900,000 bends and 25,000 stations, and 100 ns a place.
    """
    minutes = tuple(sorted(set(minutes)))
    limit = 60.0 * minutes[-1]
    found = []
    for good, uses in _sets(stations):
        twice = None
        if any(variant == SURE for variant, _ in uses):
            seconds, other = seconds_to_two(finder.on_streets, places, good, limit).T
            twice = np.packbits(other <= limit)
        else:
            seconds = seconds_to_station(finder.on_streets, places, good, limit)
        near = np.packbits([seconds <= 60.0 * one for one in minutes], axis=1)
        found.append((uses, near, twice))
    return Nearness(minutes, len(places), found)


def walks(crowd: Crowd, stations: Stations, near: Nearness) -> Walks:
    """The figures of a whole day: every hour, every area.

    Args:
        crowd: the places that `near` is of.
        stations: that it was worked out for.
        near: of :func:`nearness`.

    Cost: for each hour some 10 ns a place and pair of place and area.
    """
    areas = len(crowd.area_ids)
    rows = HOURS + 1
    workers = np.zeros((rows, areas + 1))
    far = np.zeros((rows, areas + 1))
    reached = np.zeros((2, rows, areas + 1, len(near.minutes)))
    overlap = np.zeros((rows, areas + 1))
    day_class = stations.sure.day_class
    there = crowd.places.there(day_class)
    known = crowd.places.chain >= 0
    people = [_people(crowd, row, there) for row in range(rows)]
    for row, here in enumerate(people):
        workers[row] = _by_area(crowd, here * known)
        far[row] = _by_area(crowd, here * ~known)
    for uses, within, twice in near.sets:
        flags = [near.unpacked(bits) for bits in within]
        second = None if twice is None else near.unpacked(twice)
        for variant, row in uses:
            here = people[row] * known
            for column, inside in enumerate(flags):
                reached[variant, row, :, column] = _by_area(crowd, here * inside)
            if variant == SURE and second is not None:
                overlap[row] = _by_area(crowd, here * second)
    surely = stations.sure.sure.sum(axis=1)
    return Walks(
        who=crowd.who,
        day=stations.day,
        on=stations.on,
        minutes=near.minutes,
        area_ids=crowd.area_ids,
        workers=workers,
        reached=reached,
        overlap=overlap,
        far=far,
        stations_open=surely,
        stations_unknown=stations.at_most.maybe.sum(axis=1) - surely,
        stations=int(stations.sure.passing.sum()),
        off_network=stations.sure.off_network,
        day_class=DAY_CLASSES[day_class],
        holidays_known=stations.sure.holidays_known,
    )


def seconds_at(
    finder: Finder, stations: Stations, crowd: Crowd, hour: int | None, minutes: int
) -> Floats:
    """(n,) seconds of each place to its quickest public station that is surely open; infinite
    beyond the minutes."""
    good = stations.sure.sure[ANY_HOUR if hour is None else hour].astype(np.uint8)
    return seconds_to_station(finder.on_streets, crowd.places, good, 60.0 * minutes)


def people_at(crowd: Crowd, stations: Stations, hour: int | None) -> Floats:
    """(n,) people at each place in an hour of that day; without one, on average over the day."""
    there = crowd.places.there(stations.sure.day_class)
    return _people(crowd, ANY_HOUR if hour is None else hour, there)


def equity(found: Walks, hour: int | None, minutes: int, *, least: float) -> Equity:
    """How evenly the areas are served in an hour.

    Args:
        found: of :func:`walks`.
        hour: of the day, or None.
        minutes: one of `found.minutes`.
        least: workers that an area must have to be called the worst or the best.
    """
    row = ANY_HOUR if hour is None else hour
    share = found.share(hour, minutes)[:-1]
    workers = found.workers[row, :-1]
    some = workers > 0
    firm = np.flatnonzero(some & (workers >= least))
    order = firm[np.argsort(share[firm], kind="stable")]
    apart = len(order) > 1 and share[order[0]] < share[order[-1]]
    return Equity(
        minutes=minutes,
        areas=int(some.sum()),
        gini=gini(share[some], workers[some]),
        worst=int(order[0]) if apart else None,
        best=int(order[-1]) if apart else None,
    )


def gini(value: npt.ArrayLike, weight: npt.ArrayLike) -> float | None:
    """The weighted Gini coefficient of n values ≥ 0; None without weight, or where all are 0.

    From the Lorenz curve: with values ascending, w the weights' shares and L the cumulated share of
    Σ w x, it is 1 − Σ wᵢ (Lᵢ + Lᵢ₋₁). Cost: a sort.
    """
    x = np.asarray(value, dtype=np.float64)
    w = np.asarray(weight, dtype=np.float64)
    total = float(w @ x) if len(x) else 0.0
    if total <= 0:
        return None
    order = np.argsort(x, kind="stable")
    x, w = x[order], w[order] / w.sum()
    curve = np.concatenate([[0.0], np.cumsum(w * x)])
    curve /= curve[-1]
    found = 1.0 - float((w * (curve[1:] + curve[:-1])).sum())
    return max(0.0, min(1.0, found))


def _people(crowd: Crowd, row: int, there: Bools) -> Floats:
    return crowd.places.at_hour(None if row == ANY_HOUR else row, there)


def _by_area(crowd: Crowd, people: Floats) -> Floats:
    """(A + 1,) sums; the whole last."""
    areas = len(crowd.area_ids)
    sums = np.bincount(crowd.area, weights=people[crowd.place], minlength=areas)
    return np.append(sums, people.sum())


def _sets(stations: Stations) -> list[tuple[Flags, list[tuple[int, int]]]]:
    """The different sets of stations that count, and where each is used: surely or at most, and at
    which hour."""
    uses: dict[bytes, tuple[Flags, list[tuple[int, int]]]] = {}
    for variant, rows in ((SURE, stations.sure.sure), (AT_MOST, stations.at_most.maybe)):
        for row in range(HOURS + 1):
            good = rows[row].astype(np.uint8)
            uses.setdefault(good.tobytes(), (good, []))[1].append((variant, row))
    return list(uses.values())


__all__ = [
    "ANY_HOUR",
    "DAYS",
    "WEEKDAYS",
    "Crowd",
    "Day",
    "Equity",
    "Nearness",
    "Stations",
    "Walks",
    "Who",
    "equity",
    "gini",
    "nearness",
    "next_day",
    "people_at",
    "seconds_at",
    "stations_of",
    "walks",
]
