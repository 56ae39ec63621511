"""The Lagrangian bound of maximum coverage, and the linear relaxation that it comes down to.

With a price lambda_g for each group's covering, nu_r for each side row a_r · x <= b_r and mu_d for
each district's floor, the covering constraints fall away:

    L(lambda, nu, mu) = base + sum_g max(0, f_g - lambda_g, f_g + s_g - 2 lambda_g)
                      + max { sum_j (sum_{g of j} lambda_g - sum_r nu_r a_rj) x_j }
                      + nu · b - mu · floor,        f_g = first_g + mu_d(g) counted_g

is an upper bound for any prices >= 0 (weak duality); the inner maximum is a sort (p sites) or
Dantzig's fractional knapsack (budget). Galvão and ReVelle, EJOR 88, 1996. The least L is the bound
of the linear relaxation; :mod:`geo.siting.max_cover.saddle` comes to it from both sides.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from geo.siting.max_cover.proof import once_of
from geo.siting.max_cover.saddle import Point, look, run_saddle
from geo.siting.model.merge import Merged, covered
from geo.siting.model.moves import board_of
from geo.siting.model.sides import Sides
from geo.siting.problem import Bools, Floats, Longs

OUTWARD = 1e-11
"""Relative error that sums of float64 of this length may have, generously."""


@dataclass(eq=False)
class Prices:
    """Multipliers, and the bound they prove.

    Attributes:
        group: (G,) lambda. row: (R,) nu. floor: (D,) mu.
        raw: L of them, in floats.
        taken: (k,) 0 … 1: near the solution of the linear relaxation; where nothing is known yet, a
            plan to begin from.
        solved: no prices are noticeably better.
        profit: (k,) reduced profits at them. stand: where the search for better ones stands.
    """

    group: Floats
    row: Floats
    floor: Floats
    raw: float = np.inf
    taken: Floats = field(default_factory=lambda: np.zeros(0))
    solved: bool = False
    profit: Floats = field(default_factory=lambda: np.zeros(0))
    stand: Point | None = None


def outward(value: float, unit: float) -> float:
    """No less than `value` even if its sums were rounded; then down to a multiple of `unit`, since
    no plan lies in between (unit 0: any value can be)."""
    above = value + OUTWARD * abs(value) + 1e-9
    return float(np.floor(above / unit) * unit) if unit else above


def starting_prices(merged: Merged, sides: Sides, opened: Longs) -> Prices:
    """Prices from a plan: whoever is covered twice is cheap."""
    count = covered(merged, opened)
    worth = merged.first / np.maximum(1, count)
    prices = Prices(worth, np.zeros(len(sides.limit)), np.zeros(len(sides.floor)))
    prices.taken = np.zeros(len(merged.candidates))
    prices.taken[opened] = 1.0
    return prices


def priced_out(merged: Merged, sides: Sides, prices: Prices) -> None:
    """Prices, in place, of the rows that allow none of their candidates: so dear that none of these
    earns anything. It costs the bound nothing, and would take the search for prices long."""
    rows = len(sides.limit)
    least = np.full(rows, np.inf)
    np.minimum.at(least, sides.row, sides.coefficient)
    none = (sides.limit <= 0.0) & (least > 0.0)
    some = none[sides.row]
    if not some.any():
        return
    owner = np.repeat(np.arange(len(sides.cost)), np.diff(sides.start))[some]
    earned = np.append(np.cumsum(prices.group[merged.group]), 0.0)
    worth = earned[merged.start[owner + 1] - 1] - earned[merged.start[owner] - 1]
    np.maximum.at(prices.row, sides.row[some], worth / sides.coefficient[some])


def descend(
    merged: Merged, sides: Sides, prices: Prices, steps: int, enough: float = -np.inf
) -> tuple[Prices, Floats]:
    """So many steps on from `prices`.

    Args:
        steps: each two passes over the pairs, some 3 ns a pair and pass.
        enough: a bound below this ends it.

    Returns:
        The best prices found, with their L, and (k,) the reduced profits at them.
    """
    board = board_of(merged, sides)
    at = prices.stand or _point(merged, sides, prices)
    best = Point(*(one.copy() for one in at))
    record = np.array([np.inf, 0.0, np.inf, 0.0])
    conditions = sides.most, sides.budget, sides.by_number
    run_saddle(board, merged.base, *conditions, at, best, record, steps, enough)
    raw, _, _, solved = record.tolist()
    if raw < prices.raw:
        group = best.price + best.toll if len(best.toll) else best.price
        # More than a group is worth is never asked: that can only lower L.
        group = np.minimum(group, once_of(merged, best.floor))
        prices = Prices(group, best.row, best.floor, raw, profit=best.profit)
    better = replace(prices, taken=at.x, solved=bool(solved), stand=at)
    return better, better.profit


def folded(
    merged: Merged, price: Floats, floor: Floats, opened: Bools, into: Longs, groups: int
) -> Floats:
    """Prices of groups that became one, together: what a site earns stays as it was, and what is
    left of the groups can only become less."""
    times = covered(merged, np.flatnonzero(opened).astype(np.int64))
    left = np.where(times == 0, once_of(merged, floor), merged.second)
    met = into >= 0
    sums = np.bincount(into[met], np.minimum(price, left)[met], minlength=groups)
    found: Floats = sums.astype(np.float64)
    return found


def priced(merged: Merged, sides: Sides, prices: Prices) -> tuple[float, Floats]:
    """L at some prices, and (k,) the reduced profits there."""
    at = _point(merged, sides, prices)
    if len(at.toll):
        at.price[:], at.toll[:] = prices.group, 0.0
    board, conditions = board_of(merged, sides), (sides.most, sides.budget, sides.by_number)
    return float(look(board, merged.base, *conditions, at)), at.profit


def _point(merged: Merged, sides: Sides, prices: Prices) -> Point:
    """Where a search begins."""
    sites, groups = len(merged.candidates), len(merged)
    if len(prices.taken) == sites:
        taken = prices.taken.astype(np.float64)
    else:
        taken = np.full(sites, min(1.0, sides.most / max(1, sites)))
    price, toll, part = prices.group.astype(np.float64), np.zeros(0), np.zeros(0)
    if (sides.floor > 0).any():
        paid = once_of(merged, prices.floor) - merged.first
        toll, part = np.minimum(price, paid), np.zeros(groups)
        price = np.minimum(price - toll, merged.first)
    return Point(
        taken,
        part,
        price,
        toll,
        prices.row.astype(np.float64),
        prices.floor.astype(np.float64),
        np.zeros(groups),
        np.zeros(sites),
    )
