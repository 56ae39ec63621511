"""The compiled part of :mod:`geo.walking.detours`: from some feet to all stations around."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from geo.walking.arrays import Feet, Floats, Ints, Streets
from geo.walking.heap import pop, push, with_room
from geo.walking.paths import at_least

NO_FLOOR = np.empty(0)


@njit(cache=True, nogil=True)
def spread(
    streets: Streets,
    chain: Ints,
    metres: Floats,
    seconds: Floats,
    off_street: Floats,
    pace: float,
    to_lon: float,
    to_lat: float,
    floor: Floats,
    limit: float,
) -> tuple[Floats, Floats, Ints]:  # pragma: no cover - compiled
    """Dijkstra from n feet at once, bounded.

    Args:
        chain, metres, seconds, off_street: (n,) the feet; those with chain -1 are left out.
        pace: metres a second off the street.
        to_lon, to_lat: where one goes on to; a junction from which that is certainly too far is
            passed over. NaN for nowhere.
        floor: (J,) metres that one walks on from each junction at least; empty for the above.
        limit: the most metres of the whole, off-street metres of the start included.

    Returns:
        (J,) metres (infinite where no way within the limit leads), seconds, and which foot. Exact
        wherever metres and what is left are within `limit`.
    """
    junctions = len(streets.junction_lon)
    best = np.full(junctions, np.inf)
    best_seconds = np.full(junctions, np.inf)
    source = np.full(junctions, -1, np.int32)
    keys = np.empty(2 * len(chain) + 1024)
    items = np.empty(len(keys), np.int32)
    size = 0
    goal = not math.isnan(to_lon)
    for n in range(len(chain)):
        c = chain[n]
        if c < 0:
            continue
        for side in range(2):
            walked, passed = metres[n], seconds[n]
            if side == 1:
                walked = streets.chain_metres[c] - walked
                passed = streets.chain_seconds[c] - passed
            walked += off_street[n]
            junction = streets.chain_end[c, side]
            if walked >= best[junction] or walked > limit:
                continue
            best[junction] = walked
            best_seconds[junction] = passed + off_street[n] / pace
            source[junction] = n
            keys, items = with_room(keys, items, size)
            size = push(keys, items, size, walked, junction)
    while size > 0:
        walked, junction = keys[0], items[0]
        size = pop(keys, items, size)
        if walked > best[junction]:
            continue
        for link in range(streets.link_start[junction], streets.link_start[junction + 1]):
            there = streets.link_to[link]
            onward = walked + streets.link_metres[link]
            if onward >= best[there]:
                continue
            left = 0.0
            if len(floor):
                left = floor[there]
            elif goal:
                left = at_least(
                    streets.junction_lon[there], streets.junction_lat[there], to_lon, to_lat
                )
            if onward + left > limit:
                continue
            best[there] = onward
            best_seconds[there] = best_seconds[junction] + streets.link_seconds[link]
            source[there] = source[junction]
            keys, items = with_room(keys, items, size)
            size = push(keys, items, size, onward, there)
    return best, best_seconds, source


@njit(cache=True, nogil=True)
def to_stations(
    streets: Streets,
    feet: Feet,
    chain: Ints,
    metres: Floats,
    seconds: Floats,
    off_street: Floats,
    pace: float,
    best: Floats,
    best_seconds: Floats,
    source: Ints,
) -> tuple[Floats, Floats, Ints]:  # pragma: no cover - compiled
    """From the n feet of :func:`spread` and what it found, on to every station.

    Returns:
        (S,) metres, off-street metres of both ends included, seconds, and which foot (-1).
    """
    stations = len(feet.chain)
    far = np.full(stations, np.inf)
    long = np.full(stations, np.inf)
    whence = np.full(stations, -1, np.int32)
    for position in range(len(feet.on_chain)):
        station = feet.on_chain[position]
        c = feet.chain[station]
        off = feet.off_street[station]
        for side in range(2):
            along, passed = feet.metres[station], feet.seconds[station]
            if side == 1:
                along = streets.chain_metres[c] - along
                passed = streets.chain_seconds[c] - passed
            junction = streets.chain_end[c, side]
            if best[junction] + along + off < far[station]:
                far[station] = best[junction] + along + off
                long[station] = best_seconds[junction] + passed + off / pace
                whence[station] = source[junction]
    # On a foot's own chain one need not go by its ends.
    for n in range(len(chain)):
        c = chain[n]
        if c < 0:
            continue
        for position in range(feet.chain_start[c], feet.chain_start[c + 1]):
            station = feet.on_chain[position]
            off = off_street[n] + feet.off_street[station]
            walked = off + abs(feet.metres[station] - metres[n])
            if walked < far[station]:
                far[station] = walked
                long[station] = abs(feet.seconds[station] - seconds[n]) + off / pace
                whence[station] = n
    return far, long, whence
