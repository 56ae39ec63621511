"""Walking distances between some places, each from each: what the order of a round is found from.

One bounded Dijkstra a place, which ends when every other place is reached for good. Exact, and the
same metres as :func:`geo.walking.routes.route_between`: to the street, along it, from the street.

But whoever goes to the house next door does not walk to the middle of the street and back: between
two places on one piece of street, at most 100 m apart, one goes straight along its front, unless
the street bends so much between them that this is no front.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from geo.coordinates import geodesic_metres
from geo.walking.arrays import Floats, Ints, Streets
from geo.walking.graph import WalkingGraph
from geo.walking.heap import pop, push, with_room

NEXT_DOOR_METRES = 100.0
BEND = 1.5
"""Along the street between two doors of one front it is at most so many times the straight line."""


@dataclass(frozen=True, eq=False)
class Between:
    """n places, each from each; (n, n) arrays, symmetric.

    Attributes:
        metres: of the shortest way on foot, 0 between places at one and the same position.
        seconds: of that way.
        straight_line: where no way over streets is known: metres are then those of the geodesic,
            and the real way is longer.
        direct: where one goes straight along the front of one street.
    """

    metres: Floats
    seconds: Floats
    straight_line: npt.NDArray[np.bool_]
    direct: npt.NDArray[np.bool_]


def between(graph: WalkingGraph, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Between:
    """The walking distances between n places.

    Args:
        graph: the streets; an empty network gives straight lines.
        lon, lat: (n,) WGS 84 degrees.

    Cost: a search of the streets about the places each: some 10 ms for 40 places of a
    neighbourhood.
    """
    lon = np.ascontiguousarray(lon, np.float64)
    lat = np.ascontiguousarray(lat, np.float64)
    snapped = graph.snap(lon, lat)
    metres, seconds = _each_from_each(
        graph.streets,
        snapped.chain,
        snapped.metres,
        snapped.seconds,
        snapped.off_street,
        graph.pace.on_streets,
    )
    straight = ~np.isfinite(metres)
    crow = geodesic_metres(lon[:, None], lat[:, None], lon[None, :], lat[None, :])
    along = np.abs(snapped.metres[:, None] - snapped.metres[None, :])
    front = (snapped.chain[:, None] == snapped.chain[None, :]) & ~straight
    front &= (crow <= NEXT_DOOR_METRES) & (along <= BEND * crow) & (crow < metres)
    by_air = straight | front
    metres = np.where(by_air, crow, metres)
    seconds = np.where(by_air, crow / graph.pace.on_streets, seconds)
    same = crow == 0
    metres[same] = seconds[same] = 0.0
    return Between(metres, seconds, straight & ~same, front & ~same)


@njit(cache=True, nogil=True)
def _each_from_each(
    streets: Streets,
    chain: Ints,
    metres: Floats,
    seconds: Floats,
    off_street: Floats,
    pace: float,
) -> tuple[Floats, Floats]:  # pragma: no cover - compiled
    """(n, n) metres and seconds between n feet, infinite where no street joins them."""
    places = len(chain)
    far = np.full((places, places), np.inf)
    long = np.full((places, places), np.inf)
    junctions = len(streets.junction_lon)
    best = np.full(junctions, np.inf)
    best_seconds = np.empty(junctions)
    touched = np.empty(1024, np.int32)
    keys = np.empty(1024)
    items = np.empty(1024, np.int32)
    for start in range(places):
        c = chain[start]
        if c < 0:
            continue
        # The way back is as long as the way there: only later places are asked for.
        wanted = 0
        for goal in range(start + 1, places):
            if chain[goal] < 0 or streets.chain_part[chain[goal]] != streets.chain_part[c]:
                continue
            wanted += 1
            if chain[goal] == c:
                far[start, goal] = abs(metres[goal] - metres[start])
                long[start, goal] = abs(seconds[goal] - seconds[start])
        if wanted == 0:
            continue
        size = marked = 0
        for side in range(2):
            walked, passed = metres[start], seconds[start]
            if side == 1:
                walked = streets.chain_metres[c] - walked
                passed = streets.chain_seconds[c] - passed
            junction = streets.chain_end[c, side]
            if walked < best[junction]:
                if best[junction] == np.inf:
                    touched[marked] = junction
                    marked += 1
                best[junction] = walked
                best_seconds[junction] = passed
                size = push(keys, items, size, walked, junction)
        # Until nothing that is still to come can be nearer than the farthest place is already.
        reach = np.inf
        while size > 0:
            walked, junction = keys[0], items[0]
            if walked > reach:
                break
            size = pop(keys, items, size)
            if walked > best[junction]:
                continue
            passed = best_seconds[junction]
            nearer = False
            for goal in range(start + 1, places):
                there = chain[goal]
                if there < 0:
                    continue
                for side in range(2):
                    if streets.chain_end[there, side] != junction:
                        continue
                    along, along_seconds = metres[goal], seconds[goal]
                    if side == 1:
                        along = streets.chain_metres[there] - along
                        along_seconds = streets.chain_seconds[there] - along_seconds
                    if walked + along < far[start, goal]:
                        far[start, goal] = walked + along
                        long[start, goal] = passed + along_seconds
                        nearer = True
            if nearer:
                reach = 0.0
                for goal in range(start + 1, places):
                    on = chain[goal]
                    if on >= 0 and streets.chain_part[on] == streets.chain_part[c]:
                        reach = max(reach, far[start, goal])
            for link in range(streets.link_start[junction], streets.link_start[junction + 1]):
                other = streets.link_to[link]
                onward = walked + streets.link_metres[link]
                if onward >= best[other] or onward > reach:
                    continue
                if best[other] == np.inf:
                    if marked == len(touched):
                        touched = np.concatenate((touched, np.empty_like(touched)))
                    touched[marked] = other
                    marked += 1
                best[other] = onward
                best_seconds[other] = passed + streets.link_seconds[link]
                keys, items = with_room(keys, items, size)
                size = push(keys, items, size, onward, other)
        for number in range(marked):
            best[touched[number]] = np.inf
        for goal in range(start + 1, places):
            if far[start, goal] == np.inf:
                continue
            off = off_street[start] + off_street[goal]
            far[start, goal] += off
            long[start, goal] += off / pace
            far[goal, start] = far[start, goal]
            long[goal, start] = long[start, goal]
    return far, long
