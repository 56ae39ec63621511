"""Candidates that no better plan can do otherwise about: reduced-cost fixing.

At given prices, opening a candidate that the inner maximum leaves out, or leaving out one that it
opens, lowers L by at least its reduced cost. Where L is then no more than the best plan (or, with
weights in whole units, less than one unit above it), the candidate is settled.
"""

from __future__ import annotations

import numpy as np

from geo.siting.max_cover.lagrangian import OUTWARD
from geo.siting.model.merge import Merged
from geo.siting.model.sides import Sides
from geo.siting.problem import Bools, Floats


def cut_of(value: float, unit: float, gap: float) -> float:
    """A bound that is good enough for a plan of this value: what is no better than this need not be
    looked at. With a gap of 0 the value itself; down to a whole unit, since no plan lies between.
    """
    if not np.isfinite(value):
        return value
    above = value + gap * abs(value) * (1.0 - 1e-9)
    return max(value, float(np.floor(above / unit) * unit)) if unit else above


def settled(
    merged: Merged, sides: Sides, raw: float, profit: Floats, value: float
) -> tuple[Bools, Bools]:
    """(k,) which candidates may still be opened, and which must be: of every plan better than
    `value`.

    Args:
        raw: L at some prices, in floats. profit: (k,) reduced profits there.
        value: of the best plan known, or a bound that is good enough (:func:`cut_of`).
    """
    return settled_by(merged.unit, sides, raw, profit, value)


def settled_by(
    unit: float, sides: Sides, raw: float, profit: Floats, value: float
) -> tuple[Bools, Bools]:
    """As :func:`settled`, for any problem whose values are multiples of `unit` (0: of nothing)."""
    sites = len(profit)
    keep, opened = np.ones(sites, np.bool_), np.zeros(sites, np.bool_)
    if not sites or not np.isfinite(raw):
        return keep, opened
    above = raw + OUTWARD * abs(raw) + 1e-9
    # Better means at least one unit more; without a unit, more at all.
    need = value + unit * 0.999_999 if unit else value
    if sides.by_number:
        order = np.argsort(-profit, kind="stable")
        most = min(sides.most, sites)
        last = max(0.0, float(profit[order[most - 1]])) if most else np.inf
        following = max(0.0, float(profit[order[most]])) if most < sites else 0.0
        inside = np.zeros(sites, np.bool_)
        inside[order[:most]] = True
        inside &= profit > 0
        # Where fewer than `most` are taken there is room: opening costs only what it is below 0.
        loss_in = (last if inside.sum() == most else 0.0) - profit
        loss_out = profit - following
        keep = inside | (above - loss_in >= need)
        opened = inside & (above - loss_out < need)
    else:
        # Linear programming: |profit - ratio * cost| at the knapsack's critical ratio.
        cost = sides.cost
        fits = cost <= sides.budget + 1e-9
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(cost > 0, profit / cost, np.inf)
        order = np.argsort(-np.where(fits & (profit > 0), ratio, -np.inf), kind="stable")
        ordered = order[(fits & (profit > 0))[order]]
        spent = np.cumsum(cost[ordered])
        over = np.flatnonzero(spent > sides.budget * (1 + 1e-12) + 1e-9)
        critical = float(ratio[ordered[over[0]]]) if len(over) else 0.0
        reduced_profit = profit - critical * cost
        keep = fits & (above + np.minimum(0.0, reduced_profit) >= need)
        opened = fits & (above - np.maximum(0.0, reduced_profit) < need)
    return keep, opened & keep
