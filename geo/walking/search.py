"""The search itself: bounded Dijkstra over junctions, with every filter tested in place.

Junctions and stations share one queue, ordered by metres from the person. When a junction is
reached for good, the stations on the chains that touch it join the queue with their whole distance;
when a station comes out, no shorter way to it exists, so its walking time is known and it can be
asked whether it is open on arrival. The k-th station that passes ends the search. On equal metres
junctions come before stations, and stations in the order of their rank.

Exact: Dijkstra's argument holds for the network in which every station and the person are nodes at
their feet; chains only leave out nodes where nothing can happen.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from geo.walking.arrays import Feet, Flags, Floats, Grid, Hours, Ints, Streets, Workspace
from geo.walking.snapping import foot_of

CLOSED, OPEN, UNKNOWN = 0, 1, 2
"""State of a station's hours on arrival."""

# How an item of the queue was reached, in `via`: 2 * chain + the side it was entered from, or
# straight from the person's foot.
FROM_START = -1
TO_SIDE_0, TO_SIDE_1 = -2, -3

# `when` holds: minute of the horizon, whether walking counts, minutes before closing, whether open
# is demanded, whether unknown passes then.
NO_HOURS = np.array([0.0, 0.0, 0.0, 0.0, 0.0])


@njit(cache=True, nogil=True)
def hours_state(
    hours: Hours, row: int, minute: int, before_closing: int
) -> int:  # pragma: no cover - compiled
    """Whether a station is open at a minute of the horizon and for so many minutes after it."""
    pattern = hours.row_pattern[row]
    if pattern < 0:
        return UNKNOWN
    certain = True
    for ahead in range(before_closing + 1):
        byte, bit = (minute + ahead) >> 3, (minute + ahead) & 7
        if byte >= hours.open.shape[1]:
            certain = False
        elif not hours.open[pattern, byte] >> bit & 1:
            if not hours.unknown[pattern, byte] >> bit & 1:
                return CLOSED
            certain = False
    return OPEN if certain else UNKNOWN


@njit(cache=True, nogil=True)
def _push(
    keys: Floats, items: Ints, size: int, key: float, item: int
) -> int:  # pragma: no cover - compiled
    at = size
    while at > 0:
        parent = (at - 1) >> 1
        if keys[parent] < key or (keys[parent] == key and items[parent] <= item):
            break
        keys[at] = keys[parent]
        items[at] = items[parent]
        at = parent
    keys[at] = key
    items[at] = item
    return size + 1


@njit(cache=True, nogil=True)
def _pop(keys: Floats, items: Ints, size: int) -> int:  # pragma: no cover - compiled
    """Remove the first entry; the caller has read it."""
    size -= 1
    key, item = keys[size], items[size]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        other = child + 1
        if other < size and (
            keys[other] < keys[child]
            or (keys[other] == keys[child] and items[other] < items[child])
        ):
            child = other
        if key < keys[child] or (key == keys[child] and item <= items[child]):
            break
        keys[at] = keys[child]
        items[at] = items[child]
        at = child
    keys[at] = key
    items[at] = item
    return size


@njit(cache=True, nogil=True)
def _reach(
    work: Workspace, size: int, item: int, metres: float, seconds: float, via: int, limit: float
) -> int:  # pragma: no cover - compiled
    """Note a way to an item if it is the shortest so far, and queue it."""
    if metres > limit:
        return size
    if work.stamp[item] == work.generation[0] and work.metres[item] <= metres:
        return size
    work.stamp[item] = work.generation[0]
    work.metres[item] = metres
    work.seconds[item] = seconds
    work.via[item] = via
    return _push(work.heap_key, work.heap_item, size, metres, item)


@njit(cache=True, nogil=True)
def passes(
    feet: Feet, station: int, allow: Flags, required: np.uint64, any_of: np.uint64
) -> bool:  # pragma: no cover - compiled
    """The filters that do not depend on time. `allow` may be empty: all."""
    if len(allow) and not allow[station]:
        return False
    features = feet.features[station]
    if (features & required) != required:
        return False
    return any_of == np.uint64(0) or bool(features & any_of)


@njit(cache=True, nogil=True)
def search(
    streets: Streets,
    feet: Feet,
    work: Workspace,
    start_chain: int,
    start_metres: float,
    start_seconds: float,
    off_street: float,
    pace: float,
    k: int,
    limit: float,
    allow: Flags,
    required: np.uint64,
    any_of: np.uint64,
    hours: Hours,
    when: Floats,
    found: Ints,
    found_metres: Floats,
    found_seconds: Floats,
    found_state: Flags,
) -> int:  # pragma: no cover - compiled
    """The k nearest stations of one foot on the network, into the `found` arrays.

    Returns:
        How many were found within `limit` metres, off-street metres of both ends included.
    """
    junctions = len(streets.junction_lon)
    work.generation[0] += 1
    size = 0
    off_seconds = off_street / pace
    whole, whole_seconds = streets.chain_metres[start_chain], streets.chain_seconds[start_chain]
    size = _reach(
        work,
        size,
        streets.chain_end[start_chain, 0],
        off_street + start_metres,
        off_seconds + start_seconds,
        TO_SIDE_0,
        limit,
    )
    size = _reach(
        work,
        size,
        streets.chain_end[start_chain, 1],
        off_street + (whole - start_metres),
        off_seconds + (whole_seconds - start_seconds),
        TO_SIDE_1,
        limit,
    )
    # On the person's own chain one need not go by its ends.
    for position in range(feet.chain_start[start_chain], feet.chain_start[start_chain + 1]):
        station = feet.on_chain[position]
        if passes(feet, station, allow, required, any_of):
            size = _reach(
                work,
                size,
                junctions + feet.rank[station],
                off_street + abs(feet.metres[station] - start_metres) + feet.off_street[station],
                off_seconds
                + abs(feet.seconds[station] - start_seconds)
                + feet.off_street[station] / pace,
                FROM_START,
                limit,
            )
    count = 0
    while size > 0 and count < k:
        metres, item = work.heap_key[0], work.heap_item[0]
        size = _pop(work.heap_key, work.heap_item, size)
        if metres > work.metres[item]:
            continue  # a shorter way was found since
        seconds = work.seconds[item]
        if item >= junctions:
            station = feet.by_rank[item - junctions]
            state = UNKNOWN
            if len(hours.row_pattern):
                minute = when[0] + (seconds / 60.0 if when[1] else 0.0)
                state = hours_state(hours, station, math.floor(minute), int(when[2]))
                if when[3] and state != OPEN and not (state == UNKNOWN and when[4]):
                    continue
            found[count] = station
            found_metres[count] = metres
            found_seconds[count] = seconds
            found_state[count] = state
            count += 1
            continue
        for link in range(streets.link_start[item], streets.link_start[item + 1]):
            end = streets.link_end[link]
            size = _reach(
                work,
                size,
                streets.link_to[link],
                metres + streets.link_metres[link],
                seconds + streets.link_seconds[link],
                end,
                limit,
            )
            chain = end >> 1
            for position in range(feet.chain_start[chain], feet.chain_start[chain + 1]):
                station = feet.on_chain[position]
                if not passes(feet, station, allow, required, any_of):
                    continue
                along, along_seconds = feet.metres[station], feet.seconds[station]
                if end & 1:
                    along = streets.link_metres[link] - along
                    along_seconds = streets.link_seconds[link] - along_seconds
                size = _reach(
                    work,
                    size,
                    junctions + feet.rank[station],
                    metres + along + feet.off_street[station],
                    seconds + along_seconds + feet.off_street[station] / pace,
                    end,
                    limit,
                )
    return count


@njit(cache=True, nogil=True)
def search_many(
    streets: Streets,
    grid: Grid,
    feet: Feet,
    work: Workspace,
    lon: Floats,
    lat: Floats,
    radius: float,
    cap: float,
    pace: float,
    limit: float,
    allow: Flags,
    required: np.uint64,
    any_of: np.uint64,
    hours: Hours,
    when: Floats,
    found: Ints,
    found_metres: Floats,
    found_seconds: Floats,
    found_state: Flags,
    off_street: Floats,
    counts: Ints,
) -> None:  # pragma: no cover - compiled
    """:func:`search` for each of n points, which are snapped here. `counts` is -1 for a point off
    the network."""
    for n in range(len(lon)):
        i, at, off = foot_of(streets, grid, lon[n], lat[n], radius, cap)
        off_street[n] = off
        if i < 0:
            counts[n] = -1
            continue
        metres = streets.vertex_metres[i] + at * (
            streets.vertex_metres[i + 1] - streets.vertex_metres[i]
        )
        seconds = streets.vertex_seconds[i] + at * (
            streets.vertex_seconds[i + 1] - streets.vertex_seconds[i]
        )
        counts[n] = search(
            streets,
            feet,
            work,
            streets.vertex_chain[i],
            metres,
            seconds,
            off,
            pace,
            found.shape[1],
            limit,
            allow,
            required,
            any_of,
            hours,
            when,
            found[n],
            found_metres[n],
            found_seconds[n],
            found_state[n],
        )


@njit(cache=True, nogil=True)
def nearest_of_all(
    streets: Streets,
    feet: Feet,
    pace: float,
    limit: float,
    allow: Flags,
    required: np.uint64,
    any_of: np.uint64,
) -> tuple[Floats, Floats, Ints]:  # pragma: no cover - compiled
    """The nearest station of every junction: one search from all stations at once.

    Returns:
        (J,) metres (infinite where none is within `limit`), seconds, station (-1).
    """
    junctions = len(streets.junction_lon)
    best = np.full(junctions, np.inf)
    best_seconds = np.full(junctions, np.inf)
    nearest = np.full(junctions, -1, np.int32)  # a rank; lower wins on equal metres
    keys = np.empty(2 * len(feet.on_chain) + len(streets.link_to) + 64)
    items = np.empty(len(keys), np.int32)
    size = 0
    for position in range(len(feet.on_chain)):
        station = feet.on_chain[position]
        if not passes(feet, station, allow, required, any_of):
            continue
        chain = feet.chain[station]
        rank = feet.rank[station]
        for side in range(2):
            along, seconds = feet.metres[station], feet.seconds[station]
            if side:
                along = streets.chain_metres[chain] - along
                seconds = streets.chain_seconds[chain] - seconds
            along += feet.off_street[station]
            seconds += feet.off_street[station] / pace
            junction = streets.chain_end[chain, side]
            if along > limit or along > best[junction]:
                continue
            if along < best[junction]:
                size = _push(keys, items, size, along, junction)
            elif rank >= nearest[junction]:
                continue
            best[junction] = along
            best_seconds[junction] = seconds
            nearest[junction] = rank
    while size > 0:
        metres, junction = keys[0], items[0]
        size = _pop(keys, items, size)
        if metres > best[junction]:
            continue
        for link in range(streets.link_start[junction], streets.link_start[junction + 1]):
            there = streets.link_to[link]
            onward = metres + streets.link_metres[link]
            if onward > limit or onward > best[there]:
                continue
            if onward == best[there] and nearest[junction] >= nearest[there]:
                continue
            if size == len(keys):  # streets without length can queue a junction more than once
                keys = np.concatenate((keys, np.empty_like(keys)))
                items = np.concatenate((items, np.empty_like(items)))
            size = _push(keys, items, size, onward, there)
            best[there] = onward
            best_seconds[there] = best_seconds[junction] + streets.link_seconds[link]
            nearest[there] = nearest[junction]
    for junction in range(junctions):
        if nearest[junction] >= 0:
            nearest[junction] = feet.by_rank[nearest[junction]]
    return best, best_seconds, nearest


@njit(cache=True, nogil=True)
def haversine(
    lon: Floats, lat: Floats, at_lon: float, at_lat: float
) -> Floats:  # pragma: no cover - compiled
    """Metres on a sphere, within 0.6 % of the ellipsoid: to order candidates, never to answer."""
    out = np.empty(len(lon))
    here = math.radians(at_lat)
    for i in range(len(lon)):
        there = math.radians(lat[i])
        a = math.sin((there - here) / 2) ** 2
        b = math.sin(math.radians(lon[i] - at_lon) / 2) ** 2
        chord = math.sqrt(a + math.cos(here) * math.cos(there) * b)
        out[i] = 2 * 6371008.8 * math.asin(min(1.0, chord))
    return out
