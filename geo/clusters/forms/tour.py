"""The order in which to visit some places on foot: the shortest open round from a given start.

Up to :data:`EXACT` places the order is the shortest there is (Held & Karp 1962, "A dynamic
programming approach to sequencing problems", J. SIAM 10). Beyond it: insertion of the nearest and
of the farthest place at its cheapest point (Rosenkrantz, Stearns, Lewis 1977, SIAM J. Comput. 6),
each improved by turning stretches round (2-opt, Croes 1958) and by moving stretches of one to three
places (Or-opt, Or 1976) until neither helps; then the better of the two is cut into four again and
again, put together otherwise and improved anew (double bridge; Martin, Otto, Felten 1991, Complex
Systems 5). The same places give the same round always.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from geo.compiled import copy_into

EXACT = 15
"""So many places besides the start are put in the very best order: 2¹⁵ · 15² steps, some 20 ms."""
LEAST_GAIN = 1e-6
"""Metres; less is rounding, and chasing it might never end."""
TRIES = 200
"""How often the round is cut and put together anew; 0.02 ms each for 13 places, 0.1 ms for 40."""

Metres = npt.NDArray[np.float64]
Order = npt.NDArray[np.int64]


def shortest_round(metres: Metres, exact: int = EXACT) -> tuple[Order, bool]:
    """The order in which to visit n places, beginning at place 0 and ending anywhere.

    Args:
        metres: (n, n) from each place to each, symmetric, finite, none negative.
        exact: up to so many places besides the start the order is exact.

    Returns:
        (n,) the places in order, 0 first; and whether it is proved to be the shortest.

    Cost: milliseconds for 40 places.
    """
    matrix = np.ascontiguousarray(metres, np.float64)
    count = len(matrix)
    if count <= 2:
        return np.arange(count), True
    if count - 1 <= exact:
        return _held_karp(matrix), True
    candidates: list[Any] = [
        _improved(matrix, _inserted(matrix, farthest)) for farthest in (False, True)
    ]
    best = min(candidates, key=lambda order: length(matrix, order))
    return _tried_anew(matrix, best, TRIES), False


def length(metres: Metres, order: Order) -> float:
    """Metres of an open round."""
    return float(metres[order[:-1], order[1:]].sum())


@njit(cache=True, nogil=True)
def _held_karp(metres: Metres) -> Order:  # pragma: no cover - compiled
    rest = len(metres) - 1
    full = (1 << rest) - 1
    # The shortest way from the start through the places of a set, ending at one of them.
    best = np.full((full + 1, rest), np.inf)
    before = np.full((full + 1, rest), -1, np.int64)
    for last in range(rest):
        best[1 << last, last] = metres[0, last + 1]
    for visited in range(1, full + 1):
        for last in range(rest):
            so_far = best[visited, last]
            if so_far == np.inf:
                continue
            for onward in range(rest):
                if visited >> onward & 1:
                    continue
                more = visited | 1 << onward
                walked = so_far + metres[last + 1, onward + 1]
                if walked < best[more, onward]:
                    best[more, onward] = walked
                    before[more, onward] = last
    order = np.zeros(rest + 1, np.int64)
    last = int(np.argmin(best[full]))
    visited = full
    for position in range(rest, 0, -1):
        order[position] = last + 1
        previous = before[visited, last]
        visited &= ~(1 << last)
        last = previous
    return order


@njit(cache=True, nogil=True)
def _inserted(metres: Metres, farthest: bool) -> Order:  # pragma: no cover - compiled
    """Every place put in at its cheapest point, the nearest (or farthest) to the round first."""
    count = len(metres)
    order = np.zeros(count, np.int64)
    away = metres[0].copy()
    inside = np.zeros(count, np.bool_)
    inside[0] = True
    for size in range(1, count):
        chosen = -1
        for place in range(count):
            if inside[place]:
                continue
            if (
                chosen < 0
                or (farthest and away[place] > away[chosen])
                or (not farthest and away[place] < away[chosen])
            ):
                chosen = place
        # Behind the last one, or between two.
        where, cost = size, metres[order[size - 1], chosen]
        for position in range(1, size):
            left, right = order[position - 1], order[position]
            more = metres[left, chosen] + metres[chosen, right] - metres[left, right]
            if more < cost:
                where, cost = position, more
        for position in range(size, where, -1):
            order[position] = order[position - 1]
        order[where] = chosen
        inside[chosen] = True
        for place in range(count):
            away[place] = min(away[place], metres[chosen, place])
    return order


@njit(cache=True, nogil=True)
def _improved(metres: Metres, order: Order) -> Order:  # pragma: no cover - compiled
    """2-opt and Or-opt on an open round with a fixed start, until neither helps."""
    count = len(order)
    going = True
    while going:
        going = False
        for first in range(1, count - 1):
            for last in range(first + 1, count):
                left, right = order[first], order[last]
                gain = metres[order[first - 1], left] - metres[order[first - 1], right]
                if last + 1 < count:
                    gain += metres[right, order[last + 1]] - metres[left, order[last + 1]]
                if gain > LEAST_GAIN:
                    copy_into(order[first : last + 1], order[first : last + 1][::-1].copy())
                    going = True
        for size in range(1, min(4, count - 1)):
            for first in range(1, count - size + 1):
                moved = _moved(metres, order, first, size)
                if moved is not None:
                    order = moved
                    going = True
    return order


@njit(cache=True, nogil=True)
def _tried_anew(metres: Metres, order: Order, tries: int) -> Order:  # pragma: no cover - compiled
    """The round cut into four and put together otherwise; kept where that ends shorter."""
    count = len(order)
    state = np.uint64(88172645463325252)  # xorshift (Marsaglia 2003): the same draws every time
    cuts = np.empty(3, np.int64)
    shortest = 0.0
    for position in range(1, count):
        shortest += metres[order[position - 1], order[position]]
    for _ in range(tries):
        for cut in range(3):
            state ^= state << np.uint64(13)
            state ^= state >> np.uint64(7)
            state ^= state << np.uint64(17)
            cuts[cut] = 1 + int(state % np.uint64(count - 1))
        cuts.sort()
        one, two, three = cuts
        other = _improved(
            metres,
            np.concatenate((order[:one], order[two:three], order[one:two], order[three:])),
        )
        walked = 0.0
        for position in range(1, count):
            walked += metres[other[position - 1], other[position]]
        if walked < shortest - LEAST_GAIN:
            order, shortest = other, walked
    return order


@njit(cache=True, nogil=True)
def _moved(
    metres: Metres, order: Order, first: int, size: int
) -> Order | None:  # pragma: no cover - compiled
    """The round with a stretch taken out and put in where that is shortest, either way round."""
    count = len(order)
    stretch = order[first : first + size]
    rest = np.concatenate((order[:first], order[first + size :]))
    head, tail = stretch[0], stretch[size - 1]
    gain = metres[order[first - 1], head]
    if first + size < count:
        after = order[first + size]
        gain += metres[tail, after] - metres[order[first - 1], after]
    best, where, turned = gain - LEAST_GAIN, -1, False
    for position in range(1, len(rest) + 1):
        left = rest[position - 1]
        for way in range(2):
            enter, leave = (head, tail) if way == 0 else (tail, head)
            cost = metres[left, enter]
            if position < len(rest):
                cost += metres[leave, rest[position]] - metres[left, rest[position]]
            if cost < best:
                best, where, turned = cost, position, way == 1
    if where < 0:
        return None
    piece = stretch[::-1].copy() if turned else stretch.copy()
    return np.concatenate((rest[:where], piece, rest[where:]))
