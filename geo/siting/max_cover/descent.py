"""L at some prices, its slope, and a few quick steps down, as the parts of a tree take them.

The slope is deflected, as in Camerini, Fratta and Maffioli, Math. Programming Study 3, 1975: quick
at first, but it stops above the bound of the linear relaxation; to that leads
:mod:`geo.siting.max_cover.saddle`.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from geo.compiled import copy_into, order_of
from geo.siting.model.moves import Board
from geo.siting.problem import Floats


@njit(cache=True, nogil=True)
def pick(
    profit: Floats, cost: Floats, most: int, budget: float, by_number: bool, taken: Floats
) -> float:  # pragma: no cover - compiled
    """The inner maximum: `taken` (k,) 0 … 1, returns its worth."""
    taken[:] = 0.0
    total = 0.0
    if by_number:
        order = order_of(-profit)
        for number in range(min(most, len(order))):
            j = order[number]
            if profit[j] <= 0.0:
                break
            taken[j] = 1.0
            total += profit[j]
        return total
    ratio = np.empty(len(profit))
    for j in range(len(profit)):
        ratio[j] = profit[j] / cost[j] if cost[j] > 0.0 else np.inf if profit[j] > 0 else 0.0
    order = order_of(-ratio)
    left = budget * (1.0 + 1e-12) + 1e-9
    for j in order:
        if profit[j] <= 0.0:
            break
        if cost[j] <= left:
            taken[j] = 1.0
            left -= cost[j]
            total += profit[j]
        elif cost[j] <= budget + 1e-9:
            taken[j] = left / cost[j]
            total += profit[j] * taken[j]
            break
    return total


@njit(cache=True, nogil=True)
def bound_at(
    board: Board,
    base: float,
    most: int,
    budget: float,
    by_number: bool,
    values: Floats,
    slope: Floats,
    profit: Floats,
    taken: Floats,
) -> float:  # pragma: no cover - compiled
    """L at some prices, its slope there, and the inner maximum.

    `values` of groups are what being covered costs beside what its district's floor pays for it:
    lambda_g - mu_d counted_g. So a floor's price goes to the sites at once; with lambda itself it
    would have to wait until the prices of all its groups have followed.
    """
    groups, sites = len(board.first), len(board.start) - 1
    rows, districts = len(board.limit), len(board.floor)
    bound = base
    for r in range(rows):
        bound += values[groups + r] * board.limit[r]
        slope[groups + r] = board.limit[r]
    for d in range(districts):
        bound -= values[groups + rows + d] * board.floor[d]
        slope[groups + rows + d] = -board.floor[d]
    price = np.empty(groups)
    for g in range(groups):
        price[g] = values[g]
        d = board.district[g]
        if d >= 0:
            price[g] = max(0.0, price[g] + values[groups + rows + d] * board.counted[g])
    for j in range(sites):
        worth = 0.0
        for number in range(board.start[j], board.start[j + 1]):
            worth += price[board.group[number]]
        for number in range(board.side_start[j], board.side_start[j + 1]):
            worth -= values[groups + board.side_row[number]] * board.side_coefficient[number]
        profit[j] = worth
    bound += pick(profit, board.cost, most, budget, by_number, taken)
    slope[:groups] = 0.0
    for j in range(sites):
        if taken[j] > 0.0:
            for number in range(board.start[j], board.start[j + 1]):
                slope[board.group[number]] += taken[j]
            for number in range(board.side_start[j], board.side_start[j + 1]):
                slope[groups + board.side_row[number]] -= board.side_coefficient[number] * taken[j]
    for g in range(groups):
        once, d = board.first[g], board.district[g]
        if d >= 0:
            once += values[groups + rows + d] * board.counted[g]
        met = slope[g]
        if price[g] < once:
            bound += once - price[g]
            slope[g] -= 1.0
            if price[g] < board.second[g]:
                bound += board.second[g] - price[g]
                slope[g] -= 1.0
                met -= 1.0
            if d >= 0 and price[g] <= 0.0:
                met = 1.0
        if d >= 0:
            slope[groups + rows + d] += board.counted[g] * met
        # A price at its end, pushed beyond it, does not move: it is left out of the slope.
        if price[g] <= 0.0 and slope[g] > 0.0:
            slope[g] = 0.0
    for i in range(groups, len(values)):
        if values[i] <= 0.0 and slope[i] > 0.0:
            slope[i] = 0.0
    return bound


@njit(cache=True, nogil=True)
def move(
    board: Board, origin: Floats, length: float, scale: Floats, direction: Floats, values: Floats
) -> None:  # pragma: no cover - compiled
    """`values` so far from `origin`, within 0 and what being covered is worth."""
    groups, rows = len(board.first), len(board.limit)
    for i in range(groups, len(values)):
        values[i] = max(origin[i] - length * scale[i] * direction[i], 0.0)
    for i in range(groups):
        least = 0.0
        if board.district[i] >= 0:
            least = -values[groups + rows + board.district[i]] * board.counted[i]
        moved = max(origin[i] - length * scale[i] * direction[i], least)
        values[i] = min(moved, board.first[i])


@njit(cache=True, nogil=True)
def shift(board: Board, values: Floats, sign: float) -> None:  # pragma: no cover - compiled
    """Prices of groups with (1) or without (-1) what the floors of their districts pay."""
    groups, rows = len(board.first), len(board.limit)
    for g in range(groups):
        if board.district[g] >= 0:
            paid = values[groups + rows + board.district[g]] * board.counted[g]
            values[g] += sign * paid
            if sign > 0.0:
                values[g] = max(0.0, values[g])


@njit(cache=True, nogil=True)
def run_down(
    board: Board,
    base: float,
    most: int,
    budget: float,
    by_number: bool,
    values: Floats,
    best: Floats,
    direction: Floats,
    scale: Floats,
    record: Floats,
    best_profit: Floats,
    often: Floats,
    target: float,
    steps: int,
    enough: float,
    stalled: float,
) -> int:  # pragma: no cover - compiled
    """Steps of the deflected subgradient (never against the last direction): quick far from the
    end. Ends early when its steps are shorter than `stalled`; how many were done."""
    sites = len(board.start) - 1
    slope = np.empty(len(values))
    profit, taken = np.empty(sites), np.empty(sites)
    for step in range(steps):
        bound = bound_at(board, base, most, budget, by_number, values, slope, profit, taken)
        if sites and often[0] < 0.0:
            copy_into(often, taken)
        for j in range(sites):
            often[j] += 0.08 * (taken[j] - often[j])
        if step == 0:
            copy_into(best_profit, profit)
        if bound < record[0]:
            if bound < record[0] - 1e-7 * abs(bound):
                record[2] = 0.0
            record[0] = bound
            copy_into(best, values)
            copy_into(best_profit, profit)
            if bound < enough:
                return steps
        else:
            record[2] += 1.0
            if record[2] >= 15.0:
                record[1] *= 0.7
                record[2] = 0.0
                copy_into(values, best)
                direction[:] = 0.0
                if record[1] < stalled:
                    return step + 1
                continue
        along = size = 0.0
        for i in range(len(values)):
            along += slope[i] * direction[i] * scale[i]
            size += direction[i] * direction[i] * scale[i]
        bend = 0.0
        if along < 0.0 and size > 0.0:
            bend = -1.5 * along / size
        norm = 0.0
        for i in range(len(values)):
            direction[i] = slope[i] + bend * direction[i]
            norm += direction[i] * direction[i] * scale[i]
        if norm <= 0.0:
            return steps
        length = record[1] * max(bound - target, 1e-9 * abs(bound)) / norm
        move(board, values, length, scale, direction, values)
    return steps
