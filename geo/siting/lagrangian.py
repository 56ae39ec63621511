"""The Lagrangian bound of maximum coverage, by a deflected subgradient.

With a price lambda_g for each group's covering, nu_r for each side row a_r · x <= b_r and mu_d for
each district's floor, the covering constraints fall away:

    L(lambda, nu, mu) = base + sum_g max(0, f_g - lambda_g, f_g + s_g - 2 lambda_g)
                      + max { sum_j (sum_{g of j} lambda_g - sum_r nu_r a_rj) x_j }
                      + nu · b - mu · floor,        f_g = first_g + mu_d(g) counted_g

is an upper bound for any prices >= 0 (weak duality); the inner maximum is a sort (p sites) or
Dantzig's fractional knapsack (budget). Galvão and ReVelle, EJOR 88, 1996. At first the direction is
deflected, as in Camerini, Fratta and Maffioli, Math. Programming Study 3, 1975; once that stalls it
is averaged: the volume algorithm of Barahona and Anbil, Math. Programming 87, 2000. The least L is
the bound of the linear relaxation.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from geo.siting.descent import START, run_down, run_level, shift
from geo.siting.merge import Merged, covered
from geo.siting.moves import board_of
from geo.siting.problem import Floats, Longs
from geo.siting.sides import Sides

STALLED = 0.05
"""Steps so short: deflection has brought what it can, and averaging goes on."""
OUTWARD = 1e-11
"""Relative error that sums of float64 of this length may have, generously."""


@dataclass(eq=False)
class Prices:
    """Multipliers, and the bound they prove.

    Attributes:
        group: (G,) lambda. row: (R,) nu. floor: (D,) mu.
        raw: L of them, in floats.
        theta: how far the next step goes; stale: steps since the bound fell; averaged: whether
            steps go along an averaged slope by now.
        taken: (k,) how often the inner maximum opened each candidate of late, 0 … 1: near the
            solution of the linear relaxation (Barahona and Anbil, Math. Programming 87, 2000).
    """

    group: Floats
    row: Floats
    floor: Floats
    raw: float = np.inf
    theta: float = 1.0
    stale: int = 0
    direction: Floats = field(default_factory=lambda: np.zeros(0))
    taken: Floats = field(default_factory=lambda: np.zeros(0))
    averaged: bool = False


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
    merged: Merged,
    sides: Sides,
    prices: Prices,
    target: float,
    steps: int,
    enough: float = -np.inf,
) -> tuple[Prices, Floats]:
    """So many steps down from `prices`.

    Args:
        target: the best known plan's value: the step is Polyak's towards it.
        steps: each a pass over the pairs, some 2 ns a pair.
        enough: a bound below this ends it.

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
    shift(board, values, -1.0)
    best = values.copy()
    record = np.array([prices.raw, prices.theta, float(prices.stale)])
    averaged = prices.averaged
    profit = np.zeros(sites)
    often = prices.taken.copy() if len(prices.taken) == sites else np.full(sites, -1.0)
    if not averaged:
        steps -= run_down(
            board,
            merged.base,
            sides.most,
            sides.budget,
            sides.by_number,
            values,
            best,
            direction,
            scale,
            record,
            profit,
            often,
            target,
            steps,
            enough,
            STALLED,
        )
        if record[1] < STALLED:
            averaged = True
            direction[:] = 0.0
            record[1:] = START, 0.0
    if averaged and steps > 0:
        values[:] = best
        run_level(
            board,
            merged.base,
            sides.most,
            sides.budget,
            sides.by_number,
            values,
            best,
            direction,
            scale,
            record,
            profit,
            often,
            target,
            steps,
            enough,
        )
    shift(board, best, 1.0)
    better = Prices(
        best[:groups].copy(),
        best[groups : groups + rows].copy(),
        best[groups + rows :].copy(),
        float(record[0]),
        float(record[1]),
        int(record[2]),
        direction,
        often,
        averaged,
    )
    return better, profit


def priced(merged: Merged, sides: Sides, prices: Prices) -> tuple[float, Floats]:
    """L at some prices, and (k,) the reduced profits there."""
    fresh = Prices(prices.group, prices.row, prices.floor)
    found, profit = descend(merged, sides, fresh, 0.0, 1)
    return found.raw, profit
