"""The Lagrangian bound of maximum coverage, by a deflected subgradient.

With a price lambda_g for each group's covering, nu_r for each side row a_r · x <= b_r and mu_d for
each district's floor, the covering constraints fall away:

    L(lambda, nu, mu) = base + sum_g max(0, f_g - lambda_g, f_g + s_g - 2 lambda_g)
                      + max { sum_j (sum_{g of j} lambda_g - sum_r nu_r a_rj) x_j }
                      + nu · b - mu · floor,        f_g = first_g + mu_d(g) counted_g

is an upper bound for any prices >= 0 (weak duality); the inner maximum is a sort (p sites) or
Dantzig's fractional knapsack (budget). Galvão and ReVelle, EJOR 88, 1996; the direction is
deflected as in Camerini, Fratta and Maffioli, Math. Programming Study 3, 1975. The least L is the
bound of the linear relaxation.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numba import njit

from geo.siting.merge import Merged, covered
from geo.siting.moves import Board, board_of
from geo.siting.problem import Floats, Longs
from geo.siting.sides import Sides

OUTWARD = 1e-11
"""Relative error that sums of float64 of this length may have, generously."""


@dataclass(eq=False)
class Prices:
    """Multipliers, and the bound they prove.

    Attributes:
        group: (G,) lambda. row: (R,) nu. floor: (D,) mu.
        raw: L of them, in floats; bound: rounded outward to what a plan can be worth at most.
        theta: how far the next step goes; stale: steps since the bound fell.
    """

    group: Floats
    row: Floats
    floor: Floats
    raw: float = np.inf
    theta: float = 1.0
    stale: int = 0
    direction: Floats = field(default_factory=lambda: np.zeros(0))


def outward(value: float, unit: float) -> float:
    """No less than `value` even if its sums were rounded; then down to a multiple of `unit`, since
    no plan lies in between (unit 0: any value can be)."""
    above = value + OUTWARD * abs(value) + 1e-9
    return float(np.floor(above / unit) * unit) if unit else above


def starting_prices(merged: Merged, sides: Sides, opened: Longs) -> Prices:
    """Prices from a plan: whoever is covered twice is cheap."""
    count = covered(merged, opened)
    worth = merged.first / np.maximum(1, count)
    return Prices(worth, np.zeros(len(sides.limit)), np.zeros(len(sides.floor)))


def descend(
    merged: Merged, sides: Sides, prices: Prices, target: float, steps: int
) -> tuple[Prices, Floats]:
    """So many steps down from `prices`.

    Args:
        target: the best known plan's value: the step is Polyak's towards it.
        steps: each a pass over the pairs, some 2 ns a pair.

    Returns:
        The best prices found, with their L, and (k,) the reduced profits at them.
    """
    board = board_of(merged, sides)
    sites, rows = len(merged.candidates), len(sides.limit)
    groups = len(merged)
    values = np.concatenate((prices.group, prices.row, prices.floor))
    direction = prices.direction
    if len(direction) != len(values):
        direction = np.zeros(len(values))
    scale = np.ones(len(values))
    mean = float(merged.first.mean()) if groups else 1.0
    typical = float(merged.first.sum()) / max(1, sites)
    scale[groups : groups + rows] = max(1.0, typical / max(mean, 1e-300))
    floor = float(sides.floor.max(initial=0.0))
    if floor > 0:
        scale[groups + rows :] = 1.0 / max(mean * floor * 0.1, 1e-300)
    best = values.copy()
    record = np.array([prices.raw, prices.theta, float(prices.stale)])
    profit = np.zeros(sites)
    by_number = sides.most < sites or not np.isfinite(sides.budget)
    _descend(
        board,
        merged.base,
        sides.most,
        sides.budget,
        by_number,
        values,
        best,
        direction,
        scale,
        record,
        profit,
        target,
        steps,
    )
    better = Prices(
        best[:groups].copy(),
        best[groups : groups + rows].copy(),
        best[groups + rows :].copy(),
        float(record[0]),
        float(record[1]),
        int(record[2]),
        direction,
    )
    return better, profit


def priced(merged: Merged, sides: Sides, prices: Prices) -> tuple[float, Floats]:
    """L at some prices, and (k,) the reduced profits there."""
    fresh = Prices(prices.group, prices.row, prices.floor)
    found, profit = descend(merged, sides, fresh, 0.0, 1)
    return found.raw, profit


@njit(cache=True, nogil=True)
def pick(
    profit: Floats, cost: Floats, most: int, budget: float, by_number: bool, taken: Floats
) -> float:  # pragma: no cover - compiled
    """The inner maximum: `taken` (k,) 0 … 1, returns its worth."""
    taken[:] = 0.0
    total = 0.0
    if by_number:
        order = np.argsort(-profit)
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
    order = np.argsort(-ratio)
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
def _descend(
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
    target: float,
    steps: int,
) -> None:  # pragma: no cover - compiled
    groups, sites = len(board.first), len(board.start) - 1
    rows, districts = len(board.limit), len(board.floor)
    slope = np.empty(len(values))
    profit = np.empty(sites)
    taken = np.empty(sites)
    times = np.empty(groups)
    for step in range(steps):
        bound = base
        for r in range(rows):
            bound += values[groups + r] * board.limit[r]
            slope[groups + r] = board.limit[r]
        for d in range(districts):
            bound -= values[groups + rows + d] * board.floor[d]
            slope[groups + rows + d] = -board.floor[d]
        for j in range(sites):
            worth = 0.0
            for number in range(board.start[j], board.start[j + 1]):
                worth += values[board.group[number]]
            for number in range(board.side_start[j], board.side_start[j + 1]):
                worth -= values[groups + board.side_row[number]] * board.side_coefficient[number]
            profit[j] = worth
        bound += pick(profit, board.cost, most, budget, by_number, taken)
        times[:] = 0.0
        for j in range(sites):
            if taken[j] > 0.0:
                for number in range(board.start[j], board.start[j + 1]):
                    times[board.group[number]] += taken[j]
                for number in range(board.side_start[j], board.side_start[j + 1]):
                    slope[groups + board.side_row[number]] -= (
                        board.side_coefficient[number] * taken[j]
                    )
        for g in range(groups):
            once = board.first[g]
            d = board.district[g]
            if d >= 0:
                once += values[groups + rows + d] * board.counted[g]
            price = values[g]
            if price < once:
                bound += once - price
                times[g] -= 1.0
                if d >= 0:
                    slope[groups + rows + d] += board.counted[g]
                if price < board.second[g]:
                    bound += board.second[g] - price
                    times[g] -= 1.0
            slope[g] = times[g]
        if step == 0:
            best_profit[:] = profit
        if bound < record[0]:
            if bound < record[0] - 1e-7 * abs(bound):
                record[2] = 0.0
            record[0] = bound
            best[:] = values
            best_profit[:] = profit
        else:
            record[2] += 1.0
            if record[2] >= 15.0:
                record[1] *= 0.7
                record[2] = 0.0
                values[:] = best
                direction[:] = 0.0
                if record[1] < 1e-5:
                    record[1] = 0.2
                continue
        # Deflection: never against the last direction.
        along = size = 0.0
        for i in range(len(values)):
            # A price at its end, pushed beyond it, does not move: it is left out of the slope.
            if values[i] <= 0.0 and slope[i] > 0.0:
                slope[i] = 0.0
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
            break
        length = record[1] * max(bound - target, 1e-9 * abs(bound)) / norm
        for i in range(len(values)):
            moved = values[i] - length * scale[i] * direction[i]
            moved = max(moved, 0.0)
            if i < groups:
                top = board.first[i]
                if board.district[i] >= 0:
                    top += values[groups + rows + board.district[i]] * board.counted[i]
                moved = min(moved, top)
            values[i] = moved
