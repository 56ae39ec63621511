"""The detour that each station along a way costs.

**From A to B.** The detour of a station is the metres of A → station → B on foot, over what A → B
is without it; each part the shortest over the streets. Exact: two searches, from B and from A,
leave out only junctions from which the whole way is certainly longer than allowed.

**Along a line** that one goes in any case, such as a round. The detour is the way from the line to
the station and back to the same point of it; one may leave it wherever that is shortest. The line
is taken as points five metres apart (its own corners among them), each joined to the streets as any
place is, and the metres off the street count. Exact over these points, and so within ten metres of
the best that leaving at any point at all could be.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from geo.coordinates import geodesic_metres
from geo.walking.arrays import Floats, Ints
from geo.walking.routes import Foot, legs_between
from geo.walking.snapping import metres_per_degree
from geo.walking.spreading import NO_FLOOR, spread, to_stations
from geo.walking.stations import StationsOnStreets

STEP_METRES = 5.0
SLACK = 1e-6
"""Metres by which sums in another order may differ."""


class Detours(NamedTuple):
    """What each of S stations costs; infinite where no way within the detour allowed leads.

    Attributes:
        direct: metres of the way without a station.
        detour: (S,) metres more, to the millimetre, never less than 0.
        before, after: (S,) metres from the start to the station, and from there to the end.
        seconds: (S,) from the start to the station.
        detour_seconds: (S,) more than the way without it takes; below 0 where that has stairs.
        off_street: (S,) of `before`, off the streets.
        doubtful: whether a wall or water lies between an end of the way and its street.
        straight_line: whether these are straight lines, there being no way over streets.
    """

    direct: float
    detour: Floats
    before: Floats
    after: Floats
    seconds: Floats
    detour_seconds: Floats
    off_street: Floats
    doubtful: bool
    straight_line: bool


def detours_between(
    stations: StationsOnStreets, start: Foot, goal: Foot, max_detour: float
) -> Detours:
    """The detour of every station on the way between two places, exact up to `max_detour` metres.

    Cost: two searches of the streets about the way: 1 ms for one of some kilometres.
    """
    graph = stations.graph
    legs = legs_between(graph, start, goal)
    if not np.isfinite(legs.metres):
        return _straight_between(stations, start, goal)
    pace = graph.pace.on_streets
    off = start.off_street + goal.off_street
    direct = off + legs.metres
    limit = direct + max_detour + SLACK
    from_goal = spread(
        graph.streets,
        *_feet(goal),
        pace,
        start.street_lon,
        start.street_lat,
        NO_FLOOR,
        limit - start.off_street,
    )
    from_start = spread(graph.streets, *_feet(start), pace, np.nan, np.nan, from_goal[0], limit)
    before, seconds, _ = to_stations(graph.streets, stations.feet, *_feet(start), pace, *from_start)
    after, seconds_after, _ = to_stations(
        graph.streets, stations.feet, *_feet(goal), pace, *from_goal
    )
    return Detours(
        direct=direct,
        detour=_rounded(before + after - direct),
        before=before,
        after=after,
        seconds=seconds,
        detour_seconds=seconds + seconds_after - (legs.seconds + off / pace),
        off_street=start.off_street + stations.feet.off_street,
        doubtful=start.doubtful or goal.doubtful,
        straight_line=False,
    )


def _feet(at: Foot) -> tuple[Ints, Floats, Floats, Floats]:
    return (
        np.array([at.chain], np.int32),
        np.array([at.metres]),
        np.array([at.seconds]),
        np.array([at.off_street]),
    )


def _rounded(detour: Floats) -> Floats:
    """To the millimetre, so that stations on the very way are equal, whatever was added first."""
    return np.maximum(np.round(detour, 3), 0.0)


def _straight_between(stations: StationsOnStreets, start: Foot, goal: Foot) -> Detours:
    direct = float(geodesic_metres(start.lon, start.lat, goal.lon, goal.lat))
    before = geodesic_metres(start.lon, start.lat, stations.lon, stations.lat)
    after = geodesic_metres(goal.lon, goal.lat, stations.lon, stations.lat)
    return _straight(stations, direct, before + after - direct, before, after)


def _straight(
    stations: StationsOnStreets, direct: float, detour: Floats, before: Floats, after: Floats
) -> Detours:
    pace = stations.graph.pace.on_streets
    return Detours(
        direct=direct,
        detour=_rounded(detour),
        before=before,
        after=after,
        seconds=before / pace,
        detour_seconds=detour / pace,
        off_street=before,
        doubtful=True,
        straight_line=True,
    )


def detours_along(
    stations: StationsOnStreets, lon: Floats, lat: Floats, max_detour: float
) -> Detours:
    """The detour of every station from a line, up to `max_detour` metres there and back.

    Args:
        stations: with the graph they lie on.
        lon, lat: (p,) the line's corners, WGS 84 degrees, two at least.
        max_detour: metres.

    Cost: a microsecond a metre of line, and one search of the streets about it.
    """
    graph = stations.graph
    lon, lat, at = sample(lon, lat)
    length = float(at[-1])
    snapped = graph.snap(lon, lat)
    if not (snapped.chain >= 0).any():
        return _straight_along(stations, lon, lat, at)
    feet = (snapped.chain, snapped.metres, snapped.seconds, snapped.off_street)
    pace = graph.pace.on_streets
    found = spread(graph.streets, *feet, pace, np.nan, np.nan, NO_FLOOR, max_detour / 2 + SLACK)
    away, seconds, whence = to_stations(graph.streets, stations.feet, *feet, pace, *found)
    left_at = np.where(whence >= 0, at[whence], 0.0)
    return Detours(
        direct=length,
        detour=_rounded(2 * away),
        before=left_at + away,
        after=length - left_at + away,
        seconds=left_at / pace + seconds,
        detour_seconds=2 * seconds,
        off_street=np.where(whence >= 0, snapped.off_street[whence], 0.0)
        + stations.feet.off_street,
        doubtful=False,
        straight_line=False,
    )


def sample(lon: Floats, lat: Floats) -> tuple[Floats, Floats, Floats]:
    """Points of a line at most five metres apart, its own corners among them, and their metres from
    its start."""
    at = np.concatenate(([0.0], np.cumsum(geodesic_metres(lon[:-1], lat[:-1], lon[1:], lat[1:]))))
    points = np.union1d(at, np.arange(0.0, at[-1], STEP_METRES))
    return np.interp(points, at, lon), np.interp(points, at, lat), points


def _straight_along(stations: StationsOnStreets, lon: Floats, lat: Floats, at: Floats) -> Detours:
    across, along = metres_per_degree(float(lat.mean()))
    tree = cKDTree(np.column_stack((lon * across, lat * along)))
    place = np.column_stack((stations.lon * across, stations.lat * along))
    nearest = tree.query(place)[1] if len(stations) else np.empty(0, np.int64)
    away = geodesic_metres(lon[nearest], lat[nearest], stations.lon, stations.lat)
    left_at = at[nearest]
    return _straight(stations, float(at[-1]), 2 * away, left_at + away, at[-1] - left_at + away)
