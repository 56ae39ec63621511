"""The compiled part of :mod:`geo.siting.max_cover.lagrangian`: the linear relaxation as a saddle
point.

Prices come down and shares of sites go up at once, L(lambda, kappa, nu, mu) against x and z:

    base + sum_g h_g(lambda_g) + x · profit + sum_g z_g (mu_d(g) counted_g - kappa_g)
         + nu · b - mu · floor,      h_g(t) = max(0, first_g - t, first_g + second_g - 2 t)
    profit_j = sum_{g of j} (lambda_g + kappa_g) - sum_r nu_r a_rj

z_g <= sum_{j of g} x_j (its price kappa_g) is what counts of a group towards its district's floor.
Primal-dual hybrid gradient: Chambolle and Pock, J. Math. Imaging and Vision 40, 2011; its steps set
row by row and column by column as in Pock and Chambolle, ICCV 2011; averaged, and begun again from
the better of the average and the last point as in PDLP (Applegate et al., NeurIPS 2021). PDLP's
balancing of the two sides' steps is left out: in the units chosen here it only made them uneven.
Each step is two passes over the pairs, some 2 ns a pair and pass; a bound within a thousandth of
the relaxation's takes some hundreds.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from geo.compiled import copy_into
from geo.siting.max_cover.descent import pick
from geo.siting.model.moves import Board
from geo.siting.problem import Floats

LOOK = 10
"""Steps between two looks at the bound."""
MUCH, SOME, LONG = 0.2, 0.8, 0.36
"""Begin again when so much of the gap is left; when some is gone and it grows again; when so much
of all steps was without."""
CLOSED = 1e-9
"""A gap so small: the relaxation is solved."""
RAW, STEPS, LAST, SOLVED = 0, 1, 2, 3
"""In a record: the least bound; how many steps there were; the gap when it was last begun again;
whether nothing is left to do."""


class Point(NamedTuple):
    """Where the search stands: shares of sites `x` (k,) and of groups `z` (G or 0,); prices of
    groups `price` (G,), of what counts for a floor `toll` (G or 0,), of rows (R,) and floors (D,);
    and what follows: `met` (G,), the sums of x that cover each group, and `profit` (k,)."""

    x: Floats
    z: Floats
    price: Floats
    toll: Floats
    row: Floats
    floor: Floats
    met: Floats
    profit: Floats


@njit(cache=True, nogil=True)
def _profits(board: Board, at: Point) -> None:  # pragma: no cover - compiled
    for j in range(len(at.x)):
        worth = 0.0
        if len(at.toll):
            for number in range(board.start[j], board.start[j + 1]):
                worth += at.price[board.group[number]] + at.toll[board.group[number]]
        else:
            for number in range(board.start[j], board.start[j + 1]):
                worth += at.price[board.group[number]]
        for number in range(board.side_start[j], board.side_start[j + 1]):
            worth -= at.row[board.side_row[number]] * board.side_coefficient[number]
        at.profit[j] = worth


@njit(cache=True, nogil=True)
def _sums(board: Board, x: Floats, met: Floats) -> None:  # pragma: no cover - compiled
    for g in range(len(met)):
        total = 0.0
        for number in range(board.row[g], board.row[g + 1]):
            total += x[board.column[number]]
        met[g] = total


@njit(cache=True, nogil=True)
def project(
    wish: Floats, step: Floats, weight: Floats, room: float, begin: float, x: Floats
) -> float:  # pragma: no cover - compiled
    """The point `x` (k,) nearest to `wish`, measured by (x - wish)² / step, with 0 <= x <= 1 and
    weight · x <= room: wish - t step weight, clipped, at the least t >= 0 that fits; returns t.

    `begin` is a guess of t. Newton's method on the piecewise linear sum, within a bracket.
    """
    low, high, t = 0.0, 0.0, 0.0
    # There nothing is left but what weighs next to nothing.
    for j in range(len(x)):
        if wish[j] > 0.0 and weight[j] > 1e-14 * room:
            high = max(high, wish[j] / (step[j] * weight[j]) if step[j] > 0.0 else 0.0)
    for attempt in range(100):
        total = slope = 0.0
        for j in range(len(x)):
            here = wish[j] - t * step[j] * weight[j]
            if here >= 1.0:
                total += weight[j]
            elif here > 0.0:
                total += weight[j] * here
                slope += weight[j] * weight[j] * step[j]
        if total > room:
            low = t
        else:
            high = min(high, t)
            if t == 0.0 or total >= room * (1.0 - 1e-12):
                break
        if attempt == 0 and 0.0 < begin < high:
            t = begin
            continue
        near = t + (total - room) / slope if slope > 0.0 else -1.0
        if not low < near < high:
            near = 0.5 * (low + high)
        if near <= low or near >= high:
            break
        t = near
    t = high
    for j in range(len(x)):
        x[j] = min(1.0, max(0.0, wish[j] - t * step[j] * weight[j]))
    return t


@njit(cache=True, nogil=True)
def bound_of(
    board: Board,
    base: float,
    most: int,
    budget: float,
    by_number: bool,
    at: Point,
    taken: Floats,
) -> float:  # pragma: no cover - compiled
    """L at a point's prices: no plan is above it. `taken` (k,) is what the inner maximum takes. As
    :func:`geo.siting.max_cover.descent.bound_at`, without the slope and from profits that are
    known."""
    bound = base
    for r in range(len(at.row)):
        bound += at.row[r] * board.limit[r]
    for d in range(len(at.floor)):
        bound -= at.floor[d] * board.floor[d]
    for g in range(len(at.price)):
        price, once, d = at.price[g], board.first[g], board.district[g]
        if len(at.toll):
            price += at.toll[g]
            if d >= 0:
                once += at.floor[d] * board.counted[g]
        if price < once:
            bound += once - price
            if price < board.second[g]:
                bound += board.second[g] - price
    return bound + pick(at.profit, board.cost, most, budget, by_number, taken)


@njit(cache=True, nogil=True)
def look(
    board: Board, base: float, most: int, budget: float, by_number: bool, at: Point
) -> float:  # pragma: no cover - compiled
    """L at a point's prices, and its profits there."""
    _profits(board, at)
    return bound_of(board, base, most, budget, by_number, at, np.empty(len(at.x)))


@njit(cache=True, nogil=True)
def _worth(
    board: Board, base: float, at: Point, dear: float
) -> float:  # pragma: no cover - compiled
    """What a point's shares are worth, less what they break of rows and floors at some price."""
    worth = base
    for g in range(len(at.met)):
        worth += board.first[g] * min(1.0, at.met[g])
        if at.met[g] > 1.0:
            worth += board.second[g] * min(1.0, at.met[g] - 1.0)
    if len(at.row):
        used = np.zeros(len(at.row))
        for j in range(len(at.x)):
            for number in range(board.side_start[j], board.side_start[j + 1]):
                used[board.side_row[number]] += board.side_coefficient[number] * at.x[j]
        for r in range(len(at.row)):
            worth -= max(0.0, used[r] - board.limit[r]) * max(at.row[r], 0.1 * dear)
    if len(at.toll):
        share = np.zeros(len(at.floor))
        for g in range(len(at.met)):
            if board.district[g] >= 0:
                share[board.district[g]] += board.counted[g] * min(1.0, at.met[g])
        for d in range(len(at.floor)):
            worth -= max(0.0, board.floor[d] - share[d]) * max(at.floor[d], 0.1)
    return worth


@njit(cache=True, nogil=True)
def _blend(
    into: Point, kept: float, source: Point, factor: float
) -> None:  # pragma: no cover - compiled
    """So much of a point, and so much of another beside it."""
    for one, other in (
        (into.x, source.x),
        (into.z, source.z),
        (into.price, source.price),
        (into.toll, source.toll),
        (into.row, source.row),
        (into.floor, source.floor),
        (into.met, source.met),
        (into.profit, source.profit),
    ):
        for i in range(len(one)):
            one[i] = kept * one[i] + factor * other[i]


@njit(cache=True, nogil=True)
def _like(at: Point) -> Point:  # pragma: no cover - compiled
    return Point(
        at.x.copy(),
        at.z.copy(),
        at.price.copy(),
        at.toll.copy(),
        at.row.copy(),
        at.floor.copy(),
        at.met.copy(),
        at.profit.copy(),
    )


@njit(cache=True, nogil=True)
def run_saddle(
    board: Board,
    base: float,
    most: int,
    budget: float,
    by_number: bool,
    at: Point,
    best: Point,
    record: Floats,
    steps: int,
    enough: float,
) -> None:  # pragma: no cover - compiled
    """So many steps on from `at`, in place; the prices of the least bound go into `best` (with
    their profits), whose bound is `record[RAW]`. A bound below `enough` ends it, as does a gap
    that is closed."""
    sites, groups, rows = len(at.x), len(at.price), len(at.row)
    districts = len(at.floor) if len(at.toll) else 0
    weight, room = board.cost, budget
    if by_number:
        weight, room = np.ones(sites), float(most)
    total = 0.0
    for g in range(groups):
        total += max(board.first[g], board.counted[g])
    # What a site that is opened is worth, about: the unit of the prices of rows.
    dear = total / np.sqrt(max(1.0, float(sites) * min(most, sites))) if total > 0.0 else 1.0
    # How far each number may go: the inverse of the sizes of its row or column.
    step_x, step_z = np.empty(sites), np.empty(len(at.z))
    step_price, step_toll = np.empty(groups), np.empty(len(at.toll))
    step_row, step_floor = np.zeros(rows), np.zeros(len(at.floor))
    for j in range(sites):
        size = 0.0
        for number in range(board.start[j], board.start[j + 1]):
            g = board.group[number]
            size += board.first[g]
            if districts and board.district[g] >= 0:
                size += max(board.first[g], board.counted[g])
        for number in range(board.side_start[j], board.side_start[j + 1]):
            a = abs(board.side_coefficient[number])
            size += dear * a
            step_row[board.side_row[number]] += a
        step_x[j] = 1.0 / max(size, 1e-9 * dear)
        if not by_number and board.cost[j] > budget + 1e-9:
            at.x[j] = step_x[j] = 0.0
    for r in range(rows):
        step_row[r] = dear / max(step_row[r], 1e-12)
    for g in range(groups):
        size = max(1, board.row[g + 1] - board.row[g])
        step_price[g] = board.first[g] / size
        if districts:
            step_z[g] = step_toll[g] = 0.0
            d = board.district[g]
            if d >= 0 and board.floor[d] > 0.0:
                unit = max(board.first[g], board.counted[g], 1e-300)
                step_toll[g] = unit / (size + 1)
                step_z[g] = 1.0 / (unit + board.counted[g])
                step_floor[d] += board.counted[g]
    for d in range(districts):
        step_floor[d] = 1.0 / step_floor[d] if step_floor[d] > 0.0 else 0.0
    # A point of a question before may take more than there is room for: a solution it is not.
    wish, x = at.x.copy(), np.empty(sites)
    t = project(wish, step_x, weight, room, 0.0, at.x)
    _sums(board, at.x, at.met)
    _profits(board, at)
    total_of, mean = _like(at), _like(at)
    _blend(total_of, 0.0, at, 0.0)
    met, taken = np.empty(groups), np.empty(sites)
    used, share = np.zeros(rows), np.zeros(districts)
    length, before = 0, np.inf
    for step in range(steps + 1):
        if step % LOOK == 0 or step == steps:
            # The last point and the average: what they prove, and what they leave open.
            bound = bound_of(board, base, most, budget, by_number, at, taken)
            gap, averaged = bound - _worth(board, base, at, dear), False
            if bound < record[RAW]:
                record[RAW] = bound
                _blend(best, 0.0, at, 1.0)
            if length > 1:
                _blend(mean, 0.0, total_of, 1.0 / length)
                bound = bound_of(board, base, most, budget, by_number, mean, taken)
                other = bound - _worth(board, base, mean, dear)
                if bound < record[RAW]:
                    record[RAW] = bound
                    _blend(best, 0.0, mean, 1.0)
                if other < gap:
                    gap, averaged = other, True
            if gap <= CLOSED * max(1.0, abs(record[RAW])):
                record[SOLVED] = 1.0
                if averaged:
                    _blend(at, 0.0, mean, 1.0)
                break
            if record[RAW] < enough or step == steps:
                if step == steps and averaged:
                    _blend(at, 0.0, mean, 1.0)
                break
            again = gap <= MUCH * record[LAST] or (gap <= SOME * record[LAST] and gap > before)
            if length > 0 and (again or length >= LONG * record[STEPS]):
                if averaged:
                    _blend(at, 0.0, mean, 1.0)
                _blend(total_of, 0.0, at, 0.0)
                length, before, record[LAST] = 0, np.inf, gap
            else:
                before = gap
                if record[LAST] == np.inf:
                    record[LAST] = gap
        for j in range(sites):
            wish[j] = at.x[j] + step_x[j] * at.profit[j]
        t = project(wish, step_x, weight, room, t, x)
        _sums(board, x, met)
        share[:] = 0.0
        for g in range(len(at.z)):
            d = board.district[g]
            if step_z[g] > 0.0:
                z = at.z[g] + step_z[g] * (at.floor[d] * board.counted[g] - at.toll[g])
                z = min(1.0, max(0.0, z))
                ahead = 2.0 * z - at.z[g]
                at.z[g] = z
                share[d] += board.counted[g] * ahead
                toll = step_toll[g] * (2.0 * met[g] - at.met[g] - ahead)
                at.toll[g] = max(0.0, at.toll[g] - toll)
        for d in range(districts):
            lift = step_floor[d] * (board.floor[d] - share[d])
            at.floor[d] = max(0.0, at.floor[d] + lift)
        for g in range(groups):
            ahead = 2.0 * met[g] - at.met[g]
            at.met[g] = met[g]
            far, second = step_price[g], board.second[g]
            price = at.price[g] - far * (ahead - 1.0)
            if price < second:
                price = min(second, at.price[g] - far * (ahead - 2.0))
            at.price[g] = min(board.first[g], max(0.0, price))
        if rows:
            used[:] = 0.0
            for j in range(sites):
                for number in range(board.side_start[j], board.side_start[j + 1]):
                    ahead = 2.0 * x[j] - at.x[j]
                    used[board.side_row[number]] += board.side_coefficient[number] * ahead
            for r in range(rows):
                price = at.row[r] + step_row[r] * (used[r] - board.limit[r])
                at.row[r] = max(0.0, price)
        copy_into(at.x, x)
        _profits(board, at)
        _blend(total_of, 1.0, at, 1.0)
        length += 1
        record[STEPS] += 1.0
