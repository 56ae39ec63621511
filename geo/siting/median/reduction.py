"""Candidates and pairs that no better plan can use leave the problem.

With the prices' bound L and a plan of value U, a candidate whose opening (or closing) alone lifts
the bound above U is settled; and point i walks no farther than lambda_i + (U - L) / w_i in any
better plan, since serving it from farther off costs L + w_i (d - lambda_i) at least. (Beasley, EJOR
65, 1993; truncated lists: García, Labbé and Marín, INFORMS J. on Computing 23, 2011.)
"""

from __future__ import annotations

import numpy as np
from numba import njit

from geo.siting.median.prices import Prices, threshold
from geo.siting.median.walks import Walks
from geo.siting.problem import Bools, Bytes, Floats, Ints, Longs


def settled(
    walks: Walks, prices: Prices, state: Bytes, most: int, budget: float, goal: float
) -> tuple[Bools, Bools]:
    """(k,) candidates in no plan of `goal` or better, and candidates in all of them."""
    gain = prices.gain
    free = state == 0
    if np.isfinite(budget):
        # The fractional knapsack loses at least nothing: only what exceeds on its own is settled.
        return np.zeros(len(gain), np.bool_) | (walks.cost > budget + 1e-9), np.zeros(
            len(gain), np.bool_
        )
    bar, following = threshold(gain, state, most, np.empty(len(gain)))
    if most <= 0:
        return free, np.zeros(len(gain), np.bool_)
    room = goal - prices.raw + 1e-9 * abs(goal)
    closed = free & (gain < bar) & (bar - gain > room)
    opened = free & (gain >= bar) & (gain - following > room)
    return closed, opened


def reduced(walks: Walks, prices: Prices, closed: Bools, opened: Bools, goal: float) -> Walks:
    """The problem without what is settled; as good for plans of `goal` or better, and a relaxation
    for all others: a plan found has to be valued in the problem as given."""
    shift = walks.nearest(np.flatnonzero(opened).astype(np.int64))
    cut = prices.price + np.maximum(0.0, goal - prices.raw) / walks.weight
    free = ~(closed | opened)
    place = np.where(free, np.cumsum(free) - 1, -1).astype(np.int32)
    row, column, metres, far, must = _cut(
        walks.row,
        walks.column,
        walks.metres,
        walks.far,
        walks.must,
        shift,
        cut * (1.0 + 1e-9) + 1e-9,
        place,
    )
    return Walks(
        walks.candidates[free],
        row,
        column,
        metres,
        walks.weight,
        far,
        must,
        walks.cost[free],
        np.concatenate((walks.opened, walks.candidates[opened].astype(np.int64))),
        walks.of,
        walks.lost,
        walks.unit,
    )


@njit(cache=True, nogil=True)
def _cut(
    row: Longs,
    column: Ints,
    metres: Floats,
    far: Floats,
    must: Bools,
    shift: Floats,
    cut: Floats,
    place: Ints,
) -> tuple[Longs, Ints, Floats, Floats, Bools]:  # pragma: no cover - compiled
    """Lists up to the nearer of `shift` (what stands) and `cut`; the nearest pair beyond the cut
    stands for all farther ones, and such a point has to be served nearer."""
    points = len(far)
    start = np.zeros(points + 1, np.int64)
    kept = np.empty(len(column), np.int32)
    length = np.empty(len(column))
    limit = np.empty(points)
    served = np.zeros(points, np.bool_)
    size = 0
    for i in range(points):
        floor = far[i]
        for at in range(row[i], row[i + 1]):
            if metres[at] >= shift[i]:
                break
            if metres[at] > cut[i]:
                floor = min(floor, metres[at])
                break
            if place[column[at]] >= 0:
                kept[size] = place[column[at]]
                length[size] = metres[at]
                size += 1
        start[i + 1] = size
        limit[i] = min(shift[i], max(floor, cut[i]))
        served[i] = (must[i] and shift[i] >= far[i]) or min(shift[i], floor) > cut[i]
    return start, kept[:size].copy(), length[:size].copy(), limit, served


def carried(prices: Prices, walks: Walks, smaller: Walks) -> Prices:
    """The prices on the smaller problem."""
    inside = np.isin(walks.candidates, smaller.candidates)
    return Prices(
        np.minimum(prices.price, smaller.far),
        -np.inf,
        prices.gain[inside],
        prices.share[inside],
        max(0.25, prices.theta),
        np.zeros(len(walks)),
    )
