"""Where there are no streets: stations by geodesic distance. Said so in the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geo.coordinates import geodesic_metres
from geo.walking.arrays import Flags, Floats, Ints
from geo.walking.search import CLOSED, OPEN, UNKNOWN, haversine

if TYPE_CHECKING:
    from geo.walking.prepared import Prepared

BLOCK = 256
SPHERE_ERROR = 0.006
"""A geodesic on WGS 84 differs from the great circle on the mean sphere by at most 0.56 %."""


def straight_line(
    question: Prepared,
    person: tuple[float, float],
    found: tuple[Ints, Floats, Floats, Flags],
    minute: float | None = None,
) -> int:
    """Fill the `found` arrays (station, metres, seconds, state; all of length k) with the nearest
    stations by geodesic distance (Karney 2013), equal ones in the order of their rank.

    The great circle on a sphere orders the candidates; the geodesic is worked out block by block
    until no later one can come before the k-th.

    Returns:
        How many were found.
    """
    stations, max_metres = question.stations, question.max_metres
    minute = question.start_minute if minute is None else minute
    station, metres, seconds, state = found
    k = len(station)
    allowed = np.flatnonzero(question.passing)
    roughly = haversine(stations.lon[allowed], stations.lat[allowed], *person)
    order = np.argsort(roughly, kind="stable")
    allowed, roughly = allowed[order], roughly[order]
    best = np.empty(0, np.int64)
    best_metres = np.empty(0)
    best_state = np.empty(0, np.uint8)
    start, size = 0, BLOCK
    while start < len(allowed):
        at_least = roughly[start] * (1 - SPHERE_ERROR)
        if at_least > max_metres or (len(best) >= k and at_least > best_metres[k - 1]):
            break
        block = allowed[start : start + size]
        exact = geodesic_metres(*person, stations.lon[block], stations.lat[block])
        states, passing = _states(question, block, exact / stations.graph.pace.on_streets, minute)
        passing &= exact <= max_metres
        best = np.concatenate((best, block[passing]))
        best_metres = np.concatenate((best_metres, exact[passing]))
        best_state = np.concatenate((best_state, states[passing]))
        first = np.lexsort((stations.feet.rank[best], best_metres))[:k]
        best, best_metres, best_state = best[first], best_metres[first], best_state[first]
        start += size
        size *= 4
    count = len(best)
    station[:count] = best
    metres[:count] = best_metres
    seconds[:count] = best_metres / stations.graph.pace.on_streets
    state[:count] = best_state
    return count


def _states(
    question: Prepared, rows: np.ndarray, seconds: Floats, start_minute: float
) -> tuple[Flags, np.ndarray]:
    """State on arrival of each station, and whether it passes. As in the compiled search."""
    hours, when = question.hours, question.when
    state = np.full(len(rows), UNKNOWN, np.uint8)
    if not len(hours.row_pattern):
        return state, np.ones(len(rows), bool)
    pattern = hours.row_pattern[rows]
    known = pattern >= 0
    minute = np.floor(start_minute + (seconds[known] / 60 if when[0] else 0)).astype(np.int64)
    minute = minute[..., None] + np.arange(int(when[1]) + 1)
    at = np.broadcast_to(minute, (int(known.sum()), minute.shape[-1]))
    within = at >> 3 < hours.open.shape[1]
    byte = np.where(within, at >> 3, 0)
    bits = [plane[pattern[known][:, None], byte] >> (at & 7) & 1 for plane in hours[:2]]
    is_open = (bits[0] == 1) & within
    maybe = is_open | (bits[1] == 1) | ~within
    state[known] = np.where(is_open.all(axis=1), OPEN, np.where(maybe.all(axis=1), UNKNOWN, CLOSED))
    if not when[2]:
        return state, np.ones(len(rows), bool)
    return state, (state == OPEN) | ((state == UNKNOWN) & bool(when[3]))
