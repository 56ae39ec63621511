"""The shortest way between two feet on the streets, and its line.

A* over junctions (Hart, Nilsson, Raphael 1968). What is still to walk from a junction is at least
the great circle to the goal less 0.6 %, by which a sphere is wrong about the ellipsoid. No street
is shorter than that, so the way found is the one that a full Dijkstra finds.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from geo.walking.arrays import Flags, Floats, Ints, Streets
from geo.walking.heap import pop, push, with_room
from geo.walking.snapping import metres_per_degree

AT_LEAST = 0.994
"""A geodesic on WGS 84 is at least so much of the great circle on the mean sphere."""
SPHERE_METRES = 6371008.8
FROM_SIDE_0, FROM_SIDE_1 = -2, -3


class Legs(NamedTuple):
    """A way as stretches of chains, in walking order.

    Attributes:
        chain: (n,) int32.
        start, end: (n,) metres from the chain's start at which one enters and leaves it.
        metres, seconds: of the whole way; infinite where there is none.
    """

    chain: Ints
    start: Floats
    end: Floats
    metres: float
    seconds: float


class Laid(NamedTuple):
    """The line of a way: p points, p - 1 segments.

    Attributes:
        lon, lat: (p,) WGS 84 degrees.
        metres: (p,) from the way's start.
        street: (p,) int32, piece of street of the segment that begins here; -1 at the last point.
        junction: (p,) int32, -1 where the point is none.
    """

    lon: Floats
    lat: Floats
    metres: Floats
    street: Ints
    junction: Ints


@njit(cache=True, nogil=True)
def at_least(
    lon: float, lat: float, to_lon: float, to_lat: float
) -> float:  # pragma: no cover - compiled
    """Metres that no way between two places is shorter than."""
    a = math.sin(math.radians(to_lat - lat) / 2) ** 2
    b = math.sin(math.radians(to_lon - lon) / 2) ** 2
    chord = math.sqrt(a + math.cos(math.radians(lat)) * math.cos(math.radians(to_lat)) * b)
    return AT_LEAST * 2 * SPHERE_METRES * math.asin(min(1.0, chord))


@njit(cache=True, nogil=True)
def shortest(
    streets: Streets,
    start_chain: int,
    start_metres: float,
    start_seconds: float,
    goal_chain: int,
    goal_metres: float,
    goal_seconds: float,
    goal_lon: float,
    goal_lat: float,
    limit: float,
) -> tuple[Ints, Floats, Floats, float, float]:  # pragma: no cover - compiled
    """The shortest way between two feet within `limit` metres: the members of :class:`Legs`."""
    junctions = len(streets.junction_lon)
    metres = np.full(junctions, np.inf)
    order = np.full(junctions, np.inf)  # metres and what is at least still to walk
    seconds = np.empty(junctions)
    via = np.empty(junctions, np.int32)
    keys = np.empty(len(streets.link_to) + 64)
    items = np.empty(len(keys), np.int32)
    size = 0
    best, best_seconds, last_end = np.inf, np.inf, -1
    if start_chain == goal_chain:
        best = abs(goal_metres - start_metres)
        best_seconds = abs(goal_seconds - start_seconds)
    for side in range(2):
        walked, passed = start_metres, start_seconds
        if side == 1:
            walked = streets.chain_metres[start_chain] - walked
            passed = streets.chain_seconds[start_chain] - passed
        junction = streets.chain_end[start_chain, side]
        if walked < metres[junction]:
            metres[junction] = walked
            seconds[junction] = passed
            via[junction] = FROM_SIDE_0 - side
            order[junction] = walked + at_least(
                streets.junction_lon[junction], streets.junction_lat[junction], goal_lon, goal_lat
            )
            size = push(keys, items, size, order[junction], junction)
    while size > 0:
        key, junction = keys[0], items[0]
        if key >= best or key > limit:
            break
        size = pop(keys, items, size)
        if key > order[junction]:
            continue
        for link in range(streets.link_start[junction], streets.link_start[junction + 1]):
            end = streets.link_end[link]
            if end >> 1 == goal_chain:
                along, along_seconds = goal_metres, goal_seconds
                if end & 1:
                    along = streets.link_metres[link] - along
                    along_seconds = streets.link_seconds[link] - along_seconds
                if metres[junction] + along < best:
                    best = metres[junction] + along
                    best_seconds = seconds[junction] + along_seconds
                    last_end = end
            there = streets.link_to[link]
            onward = metres[junction] + streets.link_metres[link]
            if onward >= metres[there]:
                continue
            least = onward + at_least(
                streets.junction_lon[there], streets.junction_lat[there], goal_lon, goal_lat
            )
            if least > limit or least > best:
                continue
            metres[there] = onward
            order[there] = least
            seconds[there] = seconds[junction] + streets.link_seconds[link]
            via[there] = end
            keys, items = with_room(keys, items, size)
            size = push(keys, items, size, least, there)
    if best > limit:
        return np.empty(0, np.int32), np.empty(0), np.empty(0), np.inf, np.inf
    if last_end < 0:  # both on one chain, and not by its ends
        return (
            np.array([start_chain], np.int32),
            np.array([start_metres]),
            np.array([goal_metres]),
            best,
            best_seconds,
        )
    count = 2
    junction = streets.chain_end[goal_chain, last_end & 1]
    while via[junction] >= 0:
        count += 1
        junction = streets.chain_end[via[junction] >> 1, via[junction] & 1]
    chain = np.empty(count, np.int32)
    begin = np.empty(count)
    finish = np.empty(count)
    at = count - 1
    chain[at] = goal_chain
    begin[at] = streets.chain_metres[goal_chain] if last_end & 1 else 0.0
    finish[at] = goal_metres
    junction = streets.chain_end[goal_chain, last_end & 1]
    while via[junction] >= 0:
        at -= 1
        end = via[junction]
        whole = streets.chain_metres[end >> 1]
        chain[at] = end >> 1
        begin[at] = whole if end & 1 else 0.0
        finish[at] = 0.0 if end & 1 else whole
        junction = streets.chain_end[end >> 1, end & 1]
    chain[0] = start_chain
    begin[0] = start_metres
    finish[0] = streets.chain_metres[start_chain] if via[junction] == FROM_SIDE_1 else 0.0
    return chain, begin, finish, best, best_seconds


@njit(cache=True, nogil=True)
def _place(
    streets: Streets, chain: int, metres: float
) -> tuple[int, float, float]:  # pragma: no cover - compiled
    """The segment of a chain at so many metres from its start, with longitude and latitude."""
    low, high = streets.vertex_start[chain], streets.vertex_start[chain + 1] - 1
    while high - low > 1:
        middle = (low + high) >> 1
        if streets.vertex_metres[middle] <= metres:
            low = middle
        else:
            high = middle
    length = streets.vertex_metres[low + 1] - streets.vertex_metres[low]
    at = 0.0
    if length > 0:
        at = min(max((metres - streets.vertex_metres[low]) / length, 0.0), 1.0)
    if at == 1.0:  # the very vertex, not a rounded one
        return low, streets.vertex_lon[low + 1], streets.vertex_lat[low + 1]
    return (
        low,
        streets.vertex_lon[low] + at * (streets.vertex_lon[low + 1] - streets.vertex_lon[low]),
        streets.vertex_lat[low] + at * (streets.vertex_lat[low + 1] - streets.vertex_lat[low]),
    )


@njit(cache=True, nogil=True)
def lay(
    streets: Streets, chain: Ints, start: Floats, end: Floats
) -> tuple[Floats, Floats, Floats, Ints, Ints]:  # pragma: no cover - compiled
    """The line of :class:`Legs`: the members of :class:`Laid`. At least two points, also for a way
    of no length."""
    room = 2
    for leg in range(len(chain)):
        room += streets.vertex_start[chain[leg] + 1] - streets.vertex_start[chain[leg]] + 2
    lon, lat, metres = np.empty(room), np.empty(room), np.empty(room)
    street = np.full(room, -1, np.int32)
    junction = np.full(room, -1, np.int32)
    _, lon[0], lat[0] = _place(streets, chain[0], start[0])
    metres[0] = 0.0
    last = 0
    for leg in range(len(chain)):
        c = chain[leg]
        if leg > 0:
            # Here one came to a junction; the point that was laid there last is it.
            side = 1 if start[leg] > 0.0 else 0
            junction[last] = streets.chain_end[c, side]
        if start[leg] == end[leg]:
            continue
        first, _, _ = _place(streets, c, start[leg])
        final, final_lon, final_lat = _place(streets, c, end[leg])
        ahead = end[leg] > start[leg]
        step = 1 if ahead else -1
        walked = metres[last]
        segment = first
        while True:
            ends_here = segment == final
            vertex = segment + 1 if ahead else segment
            to = end[leg] if ends_here else streets.vertex_metres[vertex]
            there = walked + abs(to - start[leg])
            if there > metres[last]:
                street[last] = streets.vertex_street[segment]
                last += 1
                metres[last] = there
                if ends_here:
                    lon[last], lat[last] = final_lon, final_lat
                else:
                    lon[last], lat[last] = streets.vertex_lon[vertex], streets.vertex_lat[vertex]
            if ends_here:
                break
            segment += step
    if last == 0:
        last = 1
        lon[1], lat[1], metres[1] = lon[0], lat[0], 0.0
        segment, _, _ = _place(streets, chain[0], start[0])
        street[0] = streets.vertex_street[segment]
    count = last + 1
    return lon[:count], lat[:count], metres[:count], street[:count], junction[:count]


@njit(cache=True, nogil=True)
def forks(
    streets: Streets,
    junction: Ints,
    heading_in: Floats,
    turned: Floats,
    reach: float,
) -> tuple[Flags, Floats]:  # pragma: no cover - compiled
    """What else one could take at each junction of a way.

    Args:
        junction: (n,).
        heading_in: (n,) degrees clockwise from north in which one arrives.
        turned: (n,) degrees by which one goes on, to the right positive.
        reach: metres along a street by which its direction is told.

    Returns:
        (n,) how many streets there are besides the two that one walks, and the turn (degrees) of
        the one nearest to straight ahead among them; 360 where there is none.
    """
    others = np.zeros(len(junction), np.uint8)
    straightest = np.full(len(junction), 360.0)
    for n in range(len(junction)):
        j = junction[n]
        first, after = streets.link_start[j], streets.link_start[j + 1]
        across, along = metres_per_degree(streets.junction_lat[j])
        count = after - first
        turns = np.empty(count)
        for position in range(count):
            end = streets.link_end[first + position]
            chain, length = end >> 1, streets.link_metres[first + position]
            far = min(reach, length)
            _, lon, lat = _place(streets, chain, length - far if end & 1 else far)
            heading = math.degrees(
                math.atan2(
                    (lon - streets.junction_lon[j]) * across,
                    (lat - streets.junction_lat[j]) * along,
                )
            )
            turns[position] = (heading - heading_in[n] + 180.0) % 360.0 - 180.0
        # Out of them the one that goes on and the one that goes back are the way itself.
        for mine in (turned[n], 180.0):
            closest, which = 361.0, -1
            for position in range(count):
                if turns[position] > 360.0:
                    continue
                apart = abs((turns[position] - mine + 180.0) % 360.0 - 180.0)
                if apart < closest:
                    closest, which = apart, position
            if which >= 0:
                turns[which] = 999.0
        for position in range(count):
            if turns[position] > 360.0:
                continue
            others[n] = min(others[n] + 1, 255)
            if abs(turns[position]) < abs(straightest[n]):
                straightest[n] = turns[position]
    return others, straightest
