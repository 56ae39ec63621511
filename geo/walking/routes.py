"""The way on foot from a place to a station: its line, its steps, exact metres."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geo.coordinates import Crs, from_wgs84, geodesic_metres
from geo.errors import Conflict
from geo.hours import HoursState
from geo.walking.arrays import Floats
from geo.walking.asking import STRAIGHT, age_notes, asked_place, check_near, station_number
from geo.walking.facts import StreetFacts
from geo.walking.graph import Snapped, WalkingGraph
from geo.walking.paths import Laid, Legs, lay, shortest
from geo.walking.turns import Step, steps_of

if TYPE_CHECKING:
    from geo.walking.finder import Finder

DECIMALS = 7


class Foot(NamedTuple):
    """A place and where it joins the streets, on them at `street_lon`, `street_lat`; `chain` is -1
    where it does not."""

    lon: float
    lat: float
    chain: int
    metres: float
    seconds: float
    off_street: float
    street_lon: float
    street_lat: float
    doubtful: bool


@dataclass(frozen=True, eq=False)
class Route:
    """A way on foot. Places are WGS 84 degrees.

    Attributes:
        metres, seconds: of the whole way.
        off_street_metres: of it, off the streets at both ends.
        stairs_metres: of it, on stairs.
        straight_line: True where no way over streets is known: the line is then the geodesic, and
            the real way is longer.
        uncertain: a wall or water lies between a place and its street, or it is a straight line.
        line: (p, 2) longitude and latitude, from the very start to the very end.
        steps: from departure to arrival; their metres add up to `metres`.
    """

    metres: float
    seconds: float
    off_street_metres: float
    stairs_metres: float
    straight_line: bool
    uncertain: bool
    line: Floats
    steps: list[Step]


@dataclass(frozen=True, eq=False)
class RouteAnswer:
    """The route to a station; its line and steps in `crs`, rounded to a centimetre. `hours_state`
    is that on arrival."""

    route: Route
    station: dict[str, Any]
    hours_state: HoursState
    open_until: datetime | None
    opens_at: datetime | None
    notes: list[str]
    network_edition: int | None
    station_edition: int | None
    as_of: datetime
    crs: Crs


def foot(snapped: Snapped, number: int, lon: float, lat: float) -> Foot:
    """One of many snapped places."""
    return Foot(
        float(lon),
        float(lat),
        int(snapped.chain[number]),
        float(snapped.metres[number]),
        float(snapped.seconds[number]),
        float(snapped.off_street[number]),
        float(snapped.lon[number]),
        float(snapped.lat[number]),
        bool(snapped.doubtful[number]),
    )


def snap(graph: WalkingGraph, lon: float, lat: float) -> Foot:
    """One place joined to the streets."""
    return foot(graph.snap(np.array([lon]), np.array([lat])), 0, lon, lat)


def legs_between(graph: WalkingGraph, start: Foot, goal: Foot, limit: float = np.inf) -> Legs:
    """The shortest way over the streets between two feet, the metres off them not counted.

    Returns:
        Infinite metres where there is no way within `limit`, or a foot is off the network.

    Cost: a search of the streets about the way: 1 ms for one across a city.
    """
    if start.chain < 0 or goal.chain < 0:
        return Legs(np.empty(0, np.int32), np.empty(0), np.empty(0), np.inf, np.inf)
    return Legs(
        *shortest(
            graph.streets,
            start.chain,
            start.metres,
            start.seconds,
            goal.chain,
            goal.metres,
            goal.seconds,
            goal.street_lon,
            goal.street_lat,
            limit,
        )
    )


def route_between(
    graph: WalkingGraph, start: Foot, goal: Foot, facts: StreetFacts | None = None
) -> Route:
    """The shortest way on foot between two places, exact over the street network.

    Args:
        graph: the streets.
        start, goal: see :func:`snap`.
        facts: names, stairs and bridges; without them the steps know none.

    Returns:
        Its metres are those of :func:`geo.walking.nearest`. A straight line where either place is
        off the network or no street joins them.

    Cost: as :func:`legs_between`, and some 10 µs a step.
    """
    legs = legs_between(graph, start, goal)
    if not np.isfinite(legs.metres):
        return _straight(graph, start, goal)
    laid = Laid(*lay(graph.streets, legs.chain, legs.start, legs.end))
    way = _with_ends(laid, start, goal)
    off_street = start.off_street + goal.off_street
    steps, stairs = steps_of(graph.streets, facts, way)
    return Route(
        metres=start.off_street + legs.metres + goal.off_street,
        seconds=legs.seconds + off_street / graph.pace.on_streets,
        off_street_metres=off_street,
        stairs_metres=stairs,
        straight_line=False,
        uncertain=start.doubtful or goal.doubtful,
        line=np.column_stack((way.lon, way.lat)),
        steps=steps,
    )


def _with_ends(laid: Laid, start: Foot, goal: Foot) -> Laid:
    """The way over the streets, and off them at both ends; segments of no length left out."""
    metres = start.off_street + laid.metres
    lon = np.concatenate(([start.lon], laid.lon, [goal.lon]))
    lat = np.concatenate(([start.lat], laid.lat, [goal.lat]))
    metres = np.concatenate(([0.0], metres, [metres[-1] + goal.off_street]))
    street = np.concatenate(([-1], laid.street[:-1], [-1, -1])).astype(np.int32)
    junction = np.concatenate(([-1], laid.junction, [-1])).astype(np.int32)
    keep = np.diff(metres) > 0
    if not keep.any():  # one stands at the station
        keep[0] = True
    # A segment goes with the point it begins at; the last point stays, being the goal.
    points = np.append(keep, True)
    # Of points at one place the last is kept, which may have lost the junction it is.
    for gone in np.flatnonzero(~points[:-1]):
        if junction[gone] >= 0 and junction[gone + 1] < 0:
            junction[gone + 1] = junction[gone]
    # Its own position counts at the start, whatever lies at the same place.
    kept = np.flatnonzero(points)
    lon[kept[0]], lat[kept[0]] = lon[0], lat[0]
    return Laid(lon[points], lat[points], metres[points], street[points], junction[points])


def _straight(graph: WalkingGraph, start: Foot, goal: Foot) -> Route:
    metres = float(geodesic_metres(start.lon, start.lat, goal.lon, goal.lat))
    nowhere = np.array([-1, -1], np.int32)
    way = Laid(
        np.array([start.lon, goal.lon]),
        np.array([start.lat, goal.lat]),
        np.array([0.0, metres]),
        nowhere,
        nowhere,
    )
    return Route(
        metres=metres,
        seconds=metres / graph.pace.on_streets,
        off_street_metres=metres,
        stairs_metres=0.0,
        straight_line=True,
        uncertain=True,
        line=np.column_stack((way.lon, way.lat)),
        steps=steps_of(graph.streets, None, way)[0],
    )


# ---------------------------------------------------------------------- with a finder
def route_to(
    finder: Finder,
    lon: float,
    lat: float,
    station_id: int,
    *,
    crs: Crs = "wgs84",
    facts: StreetFacts | None = None,
    now: datetime | None = None,
) -> RouteAnswer:
    """The way from a person to a station, to its entrance where that is known.

    Args:
        finder: the stations and streets in force.
        lon, lat: where the person is, in `crs`. Neither stored nor logged.
        station_id: of the active edition.
        crs: coordinate system of the question and of the answer.
        facts: of the streets of `finder.network_edition`.
        now: the present, else the clock's.

    Raises:
        Invalid: a coordinate system that does not exist, or a station too far to walk to.
        OutsideServiceArea: no street and no station anywhere near; perhaps swapped axes.
        NotFound: there is no such station, or nobody knows where it is.
        Conflict: it is closed, or has moved, when one gets there; until when is told.
    """
    number = station_number(finder, station_id)
    x, y = asked_place(finder, lon, lat, crs, field="lon")
    at = finder.local(now or datetime.now(finder.zone))
    goal_lon, goal_lat = (float(value) for value in finder.position[number])
    check_near(x, y, goal_lon, goal_lat)
    start = snap(finder.graph, x, y)
    goal = foot(finder.on_streets.snapped, number, goal_lon, goal_lat)
    route = route_between(finder.graph, start, goal, facts)
    there = at + timedelta(seconds=route.seconds)
    if finder.closures.closed(number, there):
        raise _closed(finder, number, there)
    by_hours = int(finder.hours.states(there)[number])
    state, until, opens, _ = finder.hours_at(number, by_hours, there)
    notes = age_notes(finder)
    if route.straight_line:
        notes.append(STRAIGHT)
    elif route.uncertain:
        notes.append(
            "起点或驿站与道路之间可能有围墙、水面或建筑，请留意现场 / A wall, water or a building "
            "may lie between the street and one of the two ends: look around there."
        )
    if facts is None and finder.network_edition is not None and not route.straight_line:
        notes.append(
            "暂时读不到路名和台阶，步骤中未列出 / Street names and stairs cannot be read at the "
            "moment; the steps are without them."
        )
    if state != "open":
        notes.append(_hours_note(state, opens))
    return RouteAnswer(
        route=_in_crs(route, crs),
        station=finder.facts[number],
        hours_state=state,
        open_until=until,
        opens_at=opens,
        notes=notes,
        network_edition=finder.network_edition,
        station_edition=finder.station_edition,
        as_of=at,
        crs=crs,
    )


def _closed(finder: Finder, number: int, moment: datetime) -> Conflict:
    name = finder.facts[number]["name"]
    again = finder.closures.next(number, moment, closed=False)
    zh = "暂停开放，恢复时间另行通知" if again is None else f"暂停开放至 {again:%m-%d %H:%M}"
    en = "until further notice" if again is None else f"until {again:%Y-%m-%d %H:%M}"
    reason = finder.status_note(number)
    because = f"（{reason}）" if reason else ""
    return Conflict(
        f"“{name}”{zh}{because}。 “{name}” is closed {en}.",
        remedy="换一个附近的驿站（/api/stations/nearest）。 "
        "Choose another one nearby (/api/stations/nearest).",
    )


def _hours_note(state: str, opens: datetime | None) -> str:
    if state == "unknown":
        return "到达时是否开放未知 / Whether it is open when you get there is not known."
    if opens is None:
        return "到达时未开放 / It is closed when you get there."
    return (
        f"到达时未开放，{opens:%m-%d %H:%M} 开放 / It is closed when you get there and opens "
        f"{opens:%Y-%m-%d %H:%M}."
    )


def _in_crs(route: Route, crs: Crs) -> Route:
    def shown(places: Floats) -> Floats:
        pair: Floats = np.column_stack(from_wgs84(places[:, 0], places[:, 1], crs))
        return pair.round(DECIMALS)

    at = shown(np.array([(step.lon, step.lat) for step in route.steps])).tolist()
    steps = [
        replace(step, lon=lon, lat=lat) for step, (lon, lat) in zip(route.steps, at, strict=True)
    ]
    return replace(route, line=shown(route.line), steps=steps)
