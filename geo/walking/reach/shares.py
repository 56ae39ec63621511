"""Service areas in numbers: the share of people within so many minutes' walk of a station.

Every place with people is asked on its own: its foot on the street, the quickest way from there to
a station that counts in that hour, off-street metres of both ends included. Nothing is read off a
polygon.

People farther from any street than the graph's cap are *not known* and left out of the share; their
number is told. People on a street from which no station can be walked to are known not to be
reached. Without people there is no share, which is not 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.walking.arrays import Flags, Floats, Longs
from geo.walking.finder import Finder
from geo.walking.reach.keeper import Demand, Employees
from geo.walking.reach.places import DAY_CLASSES, Places, cut_off, seconds_to_station
from geo.walking.reach.question import Counting, Question
from geo.walking.stations import StationsOnStreets

Bools = npt.NDArray[np.bool_]
Pairs = tuple[Longs, Longs]
"""Positions of a place and of an area that holds it."""


@dataclass(frozen=True)
class Share:
    """Who is within so many minutes of a station.

    `workers` are outdoor workers by the demand in force, `employees` those of enterprises; None
    where nothing is known of them or the asker may not see them. Shares are None without people.
    The `…_at_most` are the shares if every station whose hours are not known were open.
    """

    minutes: int
    metres: float
    workers: float | None
    workers_reached: float | None
    share: float | None
    share_at_most: float | None
    employees: int | None
    employees_reached: int | None
    employee_share: float | None
    employee_share_at_most: float | None


@dataclass(frozen=True)
class OfHour:
    """The shares in one hour of the day."""

    hour: int
    stations_open: int
    stations_unknown: int
    shares: list[Share]


@dataclass(frozen=True)
class OfArea:
    """The shares of the people in one area."""

    area_id: int
    shares: list[Share]


@dataclass(frozen=True)
class ReachAnswer:
    """The shares, and what they rest on.

    Attributes:
        shares: at the hour asked for, by minutes.
        by_hour, areas: only when asked for.
        day_class: workday or weekend: which demand was counted (holidays are like weekends).
        stations: that pass the filters, on the streets; `stations_open` of them in that hour,
            `stations_unknown` perhaps. `stations_off_network` pass but stand far from any street.
        workers_unknown, employees_unknown: far from any street, left out of the shares.
        workers_cut_off, employees_cut_off: of those in the shares, on streets without any station.
        employees_unplaced, enterprises_unstated: of the whole edition, not in the shares either.
    """

    shares: list[Share]
    by_hour: list[OfHour] | None
    areas: list[OfArea] | None
    day_class: str
    holidays_known: bool
    stations: int
    stations_open: int
    stations_unknown: int
    stations_off_network: int
    workers_unknown: float | None
    workers_cut_off: float | None
    employees_unknown: int | None
    employees_cut_off: int | None
    employees_unplaced: int | None
    enterprises_unstated: int | None


@dataclass(frozen=True, eq=False)
class Within:
    """Where people are to be counted.

    Attributes:
        workers, employees: positions of the places inside the area asked for; None: everywhere.
        area_ids: (A,) the areas of `by_area`.
        worker_pairs, employee_pairs: which of them hold which place.
    """

    workers: Longs | None = None
    employees: Longs | None = None
    area_ids: Longs | None = None
    worker_pairs: Pairs | None = None
    employee_pairs: Pairs | None = None


EVERYWHERE = Within()


def reach(
    finder: Finder,
    counts: Counting,
    question: Question,
    demand: Demand | None,
    employees: Employees | None,
    within: Within = EVERYWHERE,
) -> ReachAnswer:
    """Count who is within the minutes asked for.

    Hours in which the same stations are open are worked out together.

    Args:
        finder: stations, hours and streets.
        counts: of :func:`geo.walking.reach.question.counting` for the same question.
        question: what is asked.
        demand, employees: laid on the finder's streets; None where there is none, or none to see.
        within: where; see :class:`Within`.

    Cost: for each different set of open stations one search over the streets within the longest
    time (some 20 ms for a city of 900,000 bends), and 0.1 µs a place.
    """
    stations = finder.on_streets
    hours: list[int | None] = [question.hour]
    if question.by_hour:
        hours += [hour for hour in range(24) if hour != question.hour]
    crowds = [
        _Crowd.of(demand.places if demand else None, counts.day_class, within.workers, stations),
        _Crowd.of(employees.places if employees else None, 0, within.employees, stations),
    ]
    pairs = (within.worker_pairs, within.employee_pairs)
    areas = 0 if within.area_ids is None else len(within.area_ids)
    tables = [_Table(len(hours), len(question.minutes), areas) for _ in crowds]
    for good, uses in _different_sets(counts, hours):
        for crowd, table, pair in zip(crowds, tables, pairs, strict=True):
            if crowd is not None:
                limit = 60.0 * question.minutes[-1]
                seconds = seconds_to_station(stations, crowd.places, good, limit)
                table.enter(crowd, seconds, question, hours, uses, pair)
    for crowd, table, pair in zip(crowds, tables, pairs, strict=True):
        if crowd is not None:
            table.enter_all(crowd, hours, pair)

    pace = stations.graph.pace.on_streets

    def shares(at: int, area: int | None = None) -> list[Share]:
        return _shares(question.minutes, pace, crowds, tables, at, area)

    def opened(hour: int | None) -> tuple[int, int]:
        row = counts.row(hour)
        sure = int(counts.sure[row].sum())
        return sure, int(counts.maybe[row].sum()) - sure

    by_hour = (
        [OfHour(hour, *opened(hour), shares(hours.index(hour))) for hour in range(24)]
        if question.by_hour
        else None
    )
    workers, staff = (_left_out(crowd, question.hour) for crowd in crowds)
    stations_open, stations_unknown = opened(question.hour)
    return ReachAnswer(
        shares=shares(0),
        by_hour=by_hour,
        areas=None
        if within.area_ids is None
        else [OfArea(int(one), shares(0, at)) for at, one in enumerate(within.area_ids)],
        day_class=DAY_CLASSES[counts.day_class],
        holidays_known=counts.holidays_known,
        stations=int(counts.passing.sum()),
        stations_open=stations_open,
        stations_unknown=stations_unknown,
        stations_off_network=counts.off_network,
        workers_unknown=_rounded(workers[0]),
        workers_cut_off=_rounded(workers[1]),
        employees_unknown=_whole(staff[0]),
        employees_cut_off=_whole(staff[1]),
        employees_unplaced=employees.unplaced if employees else None,
        enterprises_unstated=employees.unstated if employees else None,
    )


# ---------------------------------------------------------------------- counting
@dataclass(frozen=True, eq=False)
class _Crowd:
    """Places with the people that are counted: `there` on that kind of day, inside the area;
    `known` of them near a street."""

    places: Places
    there: Bools
    known: Bools
    cut_off: Bools

    @classmethod
    def of(
        cls,
        places: Places | None,
        day_class: int,
        inside: Longs | None,
        stations: StationsOnStreets,
    ) -> _Crowd | None:
        if places is None:
            return None
        there = places.there(day_class)
        if inside is not None:
            here = np.zeros(len(places), bool)
            here[inside] = True
            there &= here
        known = there & (places.chain >= 0)
        return cls(places, there, known, cut_off(places, stations))


class _Table:
    """Sums by hour and minutes, and for the first of the hours by area too.

    `people` (H,), `reached` (2, H, M): surely and at most. `area_people` (A,), `area_reached`
    (2, A, M).
    """

    def __init__(self, hours: int, minutes: int, areas: int) -> None:
        self.people = np.zeros(hours)
        self.reached = np.zeros((2, hours, minutes))
        self.area_people = np.zeros(areas)
        self.area_reached = np.zeros((2, areas, minutes))

    def enter(
        self,
        crowd: _Crowd,
        seconds: Floats,
        question: Question,
        hours: Sequence[int | None],
        uses: Sequence[tuple[int, int]],
        pairs: Pairs | None,
    ) -> None:
        """Add what one set of stations reaches, wherever that set is in use."""
        within = [seconds <= 60.0 * minutes for minutes in question.minutes]
        for variant, at in uses:
            people = crowd.places.at_hour(hours[at], crowd.known)
            for column, near in enumerate(within):
                self.reached[variant, at, column] = people @ near
                if at == 0 and pairs is not None:
                    self.area_reached[variant, :, column] = self._by_area(people * near, pairs)

    def enter_all(self, crowd: _Crowd, hours: Sequence[int | None], pairs: Pairs | None) -> None:
        """Add everybody, reached or not."""
        for at, hour in enumerate(hours):
            people = crowd.places.at_hour(hour, crowd.known)
            self.people[at] = people.sum()
            if at == 0 and pairs is not None:
                self.area_people[:] = self._by_area(people, pairs)

    def _by_area(self, people: Floats, pairs: Pairs) -> Floats:
        place, area = pairs
        sums = np.bincount(area, weights=people[place], minlength=len(self.area_people))
        return sums.astype(np.float64)


def _different_sets(
    counts: Counting, hours: Sequence[int | None]
) -> list[tuple[Flags, list[tuple[int, int]]]]:
    """The sets of stations that count, each once, and where it is used: surely (0) or at most (1),
    and at which of the hours."""
    uses: dict[bytes, tuple[Flags, list[tuple[int, int]]]] = {}
    for variant, rows in enumerate((counts.sure, counts.maybe)):
        for at, hour in enumerate(hours):
            good = rows[counts.row(hour)].astype(np.uint8)
            uses.setdefault(good.tobytes(), (good, []))[1].append((variant, at))
    return list(uses.values())


def _left_out(crowd: _Crowd | None, hour: int | None) -> tuple[float | None, float | None]:
    """People far from any street, and people on streets without any station."""
    if crowd is None:
        return None, None
    far = crowd.places.at_hour(hour, crowd.there & ~crowd.known)
    alone = crowd.places.at_hour(hour, crowd.known & crowd.cut_off)
    return float(far.sum()), float(alone.sum())


def _shares(
    minutes: Sequence[int],
    pace: float,
    crowds: Sequence[_Crowd | None],
    tables: Sequence[_Table],
    at: int,
    area: int | None,
) -> list[Share]:
    found = []
    for column, one in enumerate(minutes):
        people: list[float | None] = []
        reached: list[float | None] = []
        share: list[float | None] = []
        at_most: list[float | None] = []
        for crowd, table in zip(crowds, tables, strict=True):
            if crowd is None:
                whole, sure, most = None, None, None
            elif area is None:
                whole = float(table.people[at])
                sure, most = (float(value) for value in table.reached[:, at, column])
            else:
                whole = float(table.area_people[area])
                sure, most = (float(value) for value in table.area_reached[:, area, column])
            people.append(whole)
            reached.append(sure)
            share.append(_ratio(sure, whole))
            at_most.append(_ratio(most, whole))
        found.append(
            Share(
                minutes=one,
                metres=round(60 * one * pace, 1),
                workers=_rounded(people[0]),
                workers_reached=_rounded(reached[0]),
                share=share[0],
                share_at_most=at_most[0],
                employees=_whole(people[1]),
                employees_reached=_whole(reached[1]),
                employee_share=share[1],
                employee_share_at_most=at_most[1],
            )
        )
    return found


def _ratio(part: float | None, whole: float | None) -> float | None:
    if part is None or not whole:
        return None
    return round(min(part / whole, 1.0), 6)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
