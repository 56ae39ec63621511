"""The budget curve: the best for 1, 2, … P sites at once, with a bound beside each.

One set of prices bounds every number of sites: L is a constant plus the sum of the best q profits
(:mod:`geo.siting.lagrangian`). So a few descents bound the whole curve, each from the prices of the
one before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from geo.errors import Invalid
from geo.siting.annealing import anneal, start_search, swap
from geo.siting.checks import check_problem
from geo.siting.greedy import greedy
from geo.siting.lagrangian import descend, outward, starting_prices
from geo.siting.merge import Merged, merge
from geo.siting.problem import (
    FORCED,
    Control,
    Covering,
    Demand,
    Floats,
    Longs,
    Rules,
    Sites,
)
from geo.siting.sides import Sides, sides_of

DESCENTS = 150
ANCHORS = 14
EASY_PAIRS = 200_000
"""So few pairs leave time for a heat bath at each number."""


@dataclass(frozen=True, eq=False)
class Curve:
    """For P numbers of new sites, ascending.

    Attributes:
        p: (P,) numbers of new sites.
        value: (P,) of the plan found, NaN where none keeps to the conditions.
        bound: (P,) no plan of so many sites is above it.
        plans: the sites of each, among all; forced ones included.
        seconds: in all.
    """

    p: Longs
    value: Floats
    bound: Floats
    plans: list[Longs]
    seconds: float


def curve(
    demand: Demand,
    sites: Sites,
    reach: Covering,
    rules: Rules,
    most: int,
    control: Control | None = None,
    seed: int = 0,
) -> Curve:
    """The best for every number of new sites up to `most`.

    Args:
        rules: as for :func:`geo.siting.max_cover.max_cover`; its `p` is not looked at.
        most: P; numbers below that of the forced sites are left out.
        control: its time limit ends the improvements; the first plans and bounds always come.

    Raises:
        Invalid: see :func:`geo.siting.checks.check_problem`; `most` below 1.

    Cost: a greedy and one-swaps for each number, and some 2,000 passes over the merged pairs.
    """
    control = control or Control()
    control.begin()
    check_problem(demand, sites, rules)
    if most < 1:
        raise Invalid(
            f"站点数不能是 {most}。 The number of sites is {most}.",
            remedy="填写不小于 1 的整数。 Give 1 or more.",
            field="most",
        )
    merged = merge(demand, sites, reach, rules)
    forced = np.flatnonzero(sites.fixed == FORCED).astype(np.int64)
    numbers = np.arange(max(1, len(forced)), max(most, len(forced)) + 1, dtype=np.int64)
    sides = sides_of(merged, demand, sites, replace(rules, p=int(numbers[-1])), forced)
    room = numbers - len(forced)
    value, opened = _plans(merged, sides, room, control, seed)
    if sides.impossible:
        value[:] = np.nan
        opened = [np.empty(0, np.int64) for _ in opened]
    bound = _bounds(merged, sides, room, opened, value)
    plans = [
        np.sort(np.concatenate((forced, merged.candidates[one].astype(np.int64))))
        if np.isfinite(worth)
        else np.empty(0, np.int64)
        for one, worth in zip(opened, value, strict=True)
    ]
    return Curve(numbers, value, bound, plans, control.seconds)


def _plans(
    merged: Merged, sides: Sides, room: Longs, control: Control, seed: int
) -> tuple[Floats, list[Longs]]:
    value = np.full(len(room), np.nan)
    opened: list[Longs] = []
    before: Longs = np.empty(0, np.int64)
    for number, most in enumerate(room):
        here = replace(sides, most=int(min(most, len(merged.candidates))))
        plan, worth = before, -np.inf
        if here.most and len(merged.candidates):
            # From the plan before, and now and then from nothing; the better one.
            starts = [_filled(merged, here, before)]
            if not number or most % 10 == 0:
                starts.append(greedy(merged, here))
            for start in starts:
                search = start_search(merged, here, start, seed + int(most))
                ended = swap(search, start, 3)
                if not control.stopped() and len(merged.group) < EASY_PAIRS:
                    anneal(search, 200)
                if search.value > worth:
                    plan, worth = search.best, search.value
                elif not np.isfinite(worth):
                    plan = ended
        elif here.kept_by(merged, before):
            worth = merged.value(before)
        if np.isfinite(worth):
            value[number] = worth
        before = plan
        opened.append(plan)
    return value, opened


def _filled(merged: Merged, sides: Sides, start: Longs) -> Longs:
    """A plan with one more site: the one that adds most."""
    if len(start) >= sides.most:
        return start
    worth = merged.first.copy()
    for j in start:
        worth[merged.group[merged.start[j] : merged.start[j + 1]]] = 0.0
    sums = np.concatenate((np.zeros(1), np.cumsum(worth[merged.group])))
    gain = sums[merged.start[1:]] - sums[merged.start[:-1]]
    gain[start] = -1.0
    best = int(np.argmax(gain))
    return np.sort(np.append(start, best)).astype(np.int64)


def _bounds(
    merged: Merged, sides: Sides, room: Longs, opened: list[Longs], value: Floats
) -> Floats:
    ends = float(merged.base + merged.first.sum() + merged.second.sum())
    sites = len(merged.candidates)
    raw = np.full(len(room), ends)
    if not sites or not len(merged):
        return np.array([outward(one, merged.unit) for one in raw])
    spread = np.unique(np.geomspace(1, len(room), min(ANCHORS, len(room))).astype(np.int64) - 1)
    for anchor in spread:
        most = int(min(room[anchor], sites))
        here = replace(sides, most=most)
        # Each descent begins from what its own plan says is dear.
        prices = starting_prices(merged, here, opened[anchor])
        target = value[anchor] if np.isfinite(value[anchor]) else merged.base
        prices, profit = descend(merged, here, prices, float(target), DESCENTS)
        earned = np.concatenate((np.zeros(1), np.cumsum(np.sort(np.maximum(profit, 0.0))[::-1])))
        if most == sites and np.isfinite(sides.budget):
            # The inner maximum was a knapsack: its bound holds for fewer sites as it is.
            raw[: anchor + 1] = np.minimum(raw[: anchor + 1], prices.raw)
            continue
        constant = prices.raw - earned[most]
        raw = np.minimum(raw, constant + earned[np.minimum(room, sites)])
    bound = np.array([outward(one, merged.unit) for one in raw])
    safe: Floats = np.maximum(bound, np.where(np.isfinite(value), value, -np.inf))
    return safe
