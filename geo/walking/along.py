"""Stations along my way, as one asks for them: filters, hours on arrival, notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geo.coordinates import Crs, geodesic_metres
from geo.errors import Invalid
from geo.hours import HoursState
from geo.schema import ACCESS, SERVICES, STATION_KINDS
from geo.walking.answers import Near, NearStation
from geo.walking.asking import (
    FARTHEST_METRES,
    STRAIGHT,
    age_notes,
    asked_line,
    asked_place,
    check_near,
)
from geo.walking.detours import Detours, detours_along, detours_between
from geo.walking.routes import snap
from geo.walking.wanted import Wanted

if TYPE_CHECKING:
    from geo.walking.finder import Finder

DETOUR_METRES = 500.0
LONGEST_DETOUR_METRES = 5000.0
MOST_POINTS = 500

Hours = tuple[HoursState, datetime | None, datetime | None, bool]
"""Of :meth:`geo.walking.finder.Finder.hours_at`."""


@dataclass(frozen=True)
class AlongStation:
    """A station along the way. `near` is it from the start of the way, in metres and minutes, with
    its hours when one gets there; `metres_before` and `metres_after` are the two parts of the way
    by it, `detour_metres` what they are more than the way without it."""

    near: NearStation
    detour_metres: float
    detour_minutes: float
    metres_before: float
    metres_after: float


@dataclass(frozen=True)
class AlongAnswer:
    """Stations by detour, the least first, and what is to be known about the answer."""

    stations: list[AlongStation]
    direct_metres: float
    notes: list[str]
    network_edition: int | None
    station_edition: int | None
    as_of: datetime
    crs: Crs


def along(
    finder: Finder,
    start: tuple[float, float],
    goal: tuple[float, float],
    what: Wanted,
    *,
    max_detour: float = DETOUR_METRES,
    crs: Crs = "wgs84",
    now: datetime | None = None,
) -> AlongAnswer:
    """The k stations of least detour on the way from one place to another, exact.

    Args:
        finder: the stations and streets in force.
        start, goal: longitude and latitude in `crs`. Neither stored nor logged.
        what: which stations, of :func:`geo.walking.wanted.wanted`; its `max_metres` does not count.
            Stations of equal detour come in the order of their id.
        max_detour: metres, at most 5,000.
        crs: coordinate system of the question and of the answer.
        now: the present, when one sets out; else the clock's.

    Raises:
        Invalid: a detour out of range, or ends more than 50 km apart.
        OutsideServiceArea: no street and no station anywhere near an end.
    """
    _check(max_detour)
    x, y = asked_place(finder, *start, crs, field="from")
    to_x, to_y = asked_place(finder, *goal, crs, field="to")
    check_near(x, y, to_x, to_y, field="to")
    ends = snap(finder.graph, x, y), snap(finder.graph, to_x, to_y)
    found = detours_between(finder.on_streets, *ends, max_detour)
    return _answer(finder, found, what, max_detour, crs, now)


def along_line(
    finder: Finder,
    line: Sequence[Sequence[float]],
    what: Wanted,
    *,
    max_detour: float = DETOUR_METRES,
    crs: Crs = "wgs84",
    now: datetime | None = None,
) -> AlongAnswer:
    """The k stations of least detour from a line; see :mod:`geo.walking.detours` for what that is.

    Args:
        line: 2 to 500 positions in `crs`, at most 50 km. Neither stored nor logged.

    The rest, and what is raised, as :func:`along`.
    """
    _check(max_detour)
    if not 2 <= len(line) <= MOST_POINTS:
        raise Invalid(
            f"线需要 2 到 {MOST_POINTS} 个点。 A line has 2 to {MOST_POINTS} points.",
            remedy="请减少点数。 Leave points out where it runs straight.",
            field="line",
        )
    lon, lat = asked_line(finder, np.array(line, dtype=np.float64), crs, field="line")
    if float(geodesic_metres(lon[:-1], lat[:-1], lon[1:], lat[1:]).sum()) > FARTHEST_METRES:
        raise Invalid(
            "线长超过 50 公里。 The line is longer than 50 km.",
            remedy="请分段查询，并检查坐标系。 Ask for a part of it, and check `crs`.",
            field="line",
        )
    found = detours_along(finder.on_streets, lon, lat, max_detour)
    return _answer(finder, found, what, max_detour, crs, now)


def _check(max_detour: float) -> None:
    if not 0 < max_detour <= LONGEST_DETOUR_METRES:
        raise Invalid(
            "绕行上限超出范围。 The longest detour is out of range.",
            remedy=f"大于 0，至多 {LONGEST_DETOUR_METRES:.0f} 米。 More than 0 and at most "
            f"{LONGEST_DETOUR_METRES:.0f} metres.",
            field="max_detour_m",
        )


def _answer(
    finder: Finder,
    found: Detours,
    what: Wanted,
    max_detour: float,
    crs: Crs,
    now: datetime | None,
) -> AlongAnswer:
    at = finder.local(now or datetime.now(finder.zone))
    moment = finder.moment(what, at)
    candidates = _candidates(finder, found, what, max_detour)
    walked = found.seconds[candidates] if what.on_arrival else np.zeros(len(candidates))
    states = finder.hours.states_at(
        candidates,
        finder.hours.minute(moment) + np.floor((moment.second + walked) / 60).astype(np.int64),
    )
    stations: list[AlongStation] = []
    for number, by_hours in zip(candidates.tolist(), states.tolist(), strict=True):
        there = finder.arrival(what, moment, float(found.seconds[number]))
        hours = finder.hours_at(number, by_hours, there)
        if what.only_open and not _open_for(hours, there, what.stay_minutes):
            continue
        stations.append(_station(finder, found, number, hours, crs))
        if len(stations) == what.k:
            break
    return AlongAnswer(
        stations=stations,
        direct_metres=round(found.direct, 1),
        notes=_notes(finder, found, what, max_detour, moment, empty=not stations),
        network_edition=finder.network_edition,
        station_edition=finder.station_edition,
        as_of=at,
        crs=crs,
    )


def _open_for(hours: Hours, there: datetime, minutes: int) -> bool:
    state, until, *_ = hours
    return state == "open" and (until is None or until - there >= timedelta(minutes=minutes))


def _candidates(
    finder: Finder, found: Detours, what: Wanted, max_detour: float
) -> npt.NDArray[np.int64]:
    """The stations that are what is wanted, hours aside, by detour and then by id."""
    fits = found.detour <= max_detour
    fits &= np.isin(finder.access, [ACCESS.index(name) for name in what.access])
    if what.kinds:
        fits &= np.isin(finder.kinds, [STATION_KINDS.index(name) for name in what.kinds])
    if what.min_grade:
        fits &= finder.grades >= what.min_grade
    required = np.uint64(sum(1 << SERVICES.index(name) for name in set(what.services)))
    feet = finder.on_streets.feet
    fits &= (feet.features & required) == required
    some = np.flatnonzero(fits)
    return some[np.lexsort((feet.rank[some], found.detour[some]))]


def _station(
    finder: Finder,
    found: Detours,
    number: int,
    hours: Hours,
    crs: Crs,
) -> AlongStation:
    before = round(float(found.before[number]), 1)
    doubtful = found.doubtful or bool(finder.on_streets.snapped.doubtful[number])
    near = Near(
        number,
        before,
        round(float(found.seconds[number]) / 60, 1),
        round(float(found.off_street[number]), 1),
        found.straight_line,
        found.straight_line or doubtful,
        *hours,
    )
    return AlongStation(
        near=finder.station(near, crs),
        detour_metres=round(float(found.detour[number]), 1),
        # Where the way without it has stairs, the way by it may even be the quicker one.
        detour_minutes=round(max(float(found.detour_seconds[number]), 0.0) / 60, 1),
        metres_before=before,
        metres_after=round(float(found.after[number]), 1),
    )


def _notes(
    finder: Finder,
    found: Detours,
    what: Wanted,
    max_detour: float,
    moment: datetime,
    *,
    empty: bool,
) -> list[str]:
    notes = age_notes(finder)
    if found.straight_line:
        notes.append(STRAIGHT)
    if not finder.hours.holidays_known(moment):
        notes.append(
            f"缺少 {moment.year} 年节假日安排，开放状态按平日计算 / The holidays of {moment.year} "
            "are not known: hours are those of ordinary days."
        )
    if len(finder) == 0:
        notes.append("还没有可以前往的驿站数据 / No stations with a place have been loaded.")
    elif empty:
        still = "、到达时确定开放" if what.only_open else ""
        known = " that is known to be open on arrival" if what.only_open else ""
        notes.append(
            f"沿途绕行 {max_detour:.0f} 米以内没有符合条件{still}的驿站 / No such station{known} "
            f"within a detour of {max_detour:.0f} m."
        )
    return notes
