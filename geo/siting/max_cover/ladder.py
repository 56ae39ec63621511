"""The anytime ladder: each rung leaves a plan, a bound and a gap, and may be the last.

Greedy and swap (milliseconds) -> cycles of a heat bath on one thread and the linear relaxation on
the other (a second heat bath, once that is all but solved), each longer than the one before; they
exchange plan and bound at the end of each cycle only, so that the same input and seed go the same
way -> reduced-cost fixing, after which the smaller problem is merged again -> in longer cycles heat
baths from nothing, whose plans are made better part by part and joined
(:mod:`geo.siting.max_cover.starts`) -> a tree of our own, which leaves its proof behind
(:mod:`geo.siting.max_cover.tree`), where the cycles bring nothing more -> HiGHS, where the tree
grows too large, and better plans meanwhile.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

import numpy as np

from geo.siting.control import Control
from geo.siting.max_cover.annealing import Search, start_search, swap
from geo.siting.max_cover.climbing import (
    Climb,
    Level,
    done,
    keep_prices,
    lower,
    padded,
    status_of,
    take_bound,
    tell,
    vector_here,
)
from geo.siting.max_cover.cycle import cycle
from geo.siting.max_cover.fitting import fitted
from geo.siting.max_cover.fixing import cut_of, settled
from geo.siting.max_cover.greedy import greedy
from geo.siting.max_cover.lagrangian import (
    Prices,
    descend,
    folded,
    outward,
    priced,
    priced_out,
    starting_prices,
)
from geo.siting.max_cover.proof import Vector, levels, prices_at, vector_of
from geo.siting.max_cover.summit import grow_again, search_exactly, small
from geo.siting.max_cover.tree import Tree
from geo.siting.max_cover.trunk import Trunk
from geo.siting.model.merge import Merged, reduced
from geo.siting.model.shares import Share
from geo.siting.model.sides import Sides
from geo.siting.problem import Floats, Longs, gap_of

__all__ = ["Climb", "climb", "done", "status_of"]

FIRST_WORK: Final = 2e7
MOST_WORK: Final = 2e10
"""Elementary steps a cycle: a nanosecond each."""
PATIENCE: Final = 3
"""Cycles without progress before the exact search, if the model is small and the gap no wider than
NEAR_GAP; else MORE_PATIENCE. A tree of a question before that leaves a wider one is given up."""
NEAR_GAP: Final = 0.003
WORTH_GAP: Final = 0.004
LESS_PATIENCE: Final = 2
"""So many where parts of plans were searched and the gap is no wider than WORTH_GAP: HiGHS may
prove that in some minutes, and better plans are looked for meanwhile."""
MORE_PATIENCE: Final = 12
TINY_PAIRS: Final = 20_000
"""So few pairs: the tree is the quickest way to everything."""
SOON_PAIRS: Final = 50_000
FEW: Final = 60
"""So few candidates: nothing is quicker than the tree."""
LOOK_STEPS: Final = 30


def climb(
    merged: Merged,
    sides: Sides,
    opened: Longs,
    control: Control,
    seed: int,
    warm: Longs | None = None,
    begin: Vector | None = None,
    trunk: Trunk | None = None,
    shares: list[Share] | None = None,
    taken: Floats | None = None,
    *,
    proof: bool = True,
) -> Climb:
    """Climb from the merged problem until the gap is reached, all is proved, or it is time.

    Args:
        sides: its conditions. opened: forced sites, folded into `merged`.
        warm: a plan to begin from, among all sites. begin: prices to begin from; trunk: splits that
            a question like this one needed; shares: what the last rows of `sides` follow from;
            taken: how much of each of all sites its relaxation opened.
        proof: whether the proof by the tree is wanted.
    """
    if sides.impossible:
        found = Climb(opened, -np.inf, -np.inf, infeasible=True)
        found.relaxed.extend(sides.impossible)
        return found
    if not len(merged.candidates):
        kept = sides.kept_by(merged, np.empty(0, np.int64))
        worth = merged.base if kept else -np.inf
        found = Climb(opened, worth, worth, infeasible=not kept)
        found.proof.vectors.append(_free_of_charge(merged, sides))
        return found
    search = _first_plan(merged, sides.stated, seed, warm)
    prices = starting_prices(merged, sides, search.best)
    if begin is not None:
        if len(begin.row) == len(prices.row):
            prices.row = begin.row.copy()
        if len(begin.floor) == len(prices.floor):
            prices.floor = np.where(sides.floor > 0, begin.floor, 0.0)
        prices.group = prices_at(merged, begin.level.astype(np.float64), prices.floor)
        if taken is not None and len(taken) > merged.candidates.max(initial=-1):
            prices.taken = taken[merged.candidates]
    priced_out(merged, sides, prices)
    here = Level(
        merged,
        sides,
        opened,
        prices,
        search,
        np.zeros(len(merged.candidates)),
        np.arange(len(merged), dtype=np.int64),
        np.ones(len(merged)),
        merged.first,
    )
    ends = float(merged.base + merged.first.sum() + merged.second.sum())
    found = Climb(opened, -np.inf, outward(ends, merged.unit))
    found.trunk, found.shares = trunk, list(shares or ())
    tell(found, here, control)
    if begin is not None:
        # As they are first: they leave a smaller problem, on which steps are quicker.
        for steps in (0, LOOK_STEPS):
            _look_again(found, here, control, steps)
            if done(found, merged.unit, control):
                break
            here = _narrowed(found, here, seed, control) or here
    if not done(found, merged.unit, control):
        swap(here.search, here.search.best)
        tell(found, here, control)
    grown: Tree | None = None
    if trunk is not None and control.exact and not done(found, merged.unit, control):
        grown = grow_again(found, here, control, trunk, proof=proof)
        if grown is not None and gap_of(found.value, grown.bound) > NEAR_GAP:
            # It has grown for another question: with it the tree would only become larger.
            trunk = grown = None
    work, stale = FIRST_WORK if begin is None else FIRST_WORK / 16, 0
    with ThreadPoolExecutor(2) as pool:
        while not done(found, merged.unit, control):
            before, begun = (found.value, found.bound), bool(here.search.good)
            cycle(found, here, work, pool, control)
            if len(here.into) == len(here.merged):
                keep_prices(found, here)
            take_bound(found, here, control)
            tell(found, here, control)
            if done(found, merged.unit, control):
                break
            smaller = _narrowed(found, here, seed, control)
            if smaller is not None:
                here, grown = smaller, None
                if not len(here.merged.candidates):
                    break
            again = _progress(before, found) or begun is not bool(here.search.good)
            # After so short a cycle only where to split is known the tree is worth its while.
            again |= work < FIRST_WORK and trunk is None
            stale = 0 if again else stale + 1
            work = min(MOST_WORK, work * (1.5 if work >= FIRST_WORK else 2.0))
            if _late(found, here, stale):
                if control.exact and not done(found, merged.unit, control):
                    search_exactly(found, here, control, trunk, grown, proof=proof)
                break
    if found.prices is None:
        keep_prices(found, here)
    if found.by != "tree":
        found.proof.vectors.append(vector_here(here))
    found.rows = here.prices.row.copy()
    padded(found.proof, len(here.sides.limit))
    if found.bound >= outward(ends, merged.unit):
        found.proof.vectors.insert(0, _free_of_charge(merged, here.sides))
    return found


def _first_plan(merged: Merged, sides: Sides, seed: int, warm: Longs | None) -> Search:
    """From a plan that is known, bettered by swaps; or from the greedy one."""
    if warm is not None:
        search = start_search(merged, sides, fitted(merged, sides, merged.local(warm)), seed)
        swap(search, search.best, 1)
        if np.isfinite(search.value):
            return search
    return start_search(merged, sides, greedy(merged, sides), seed)


def _free_of_charge(merged: Merged, sides: Sides) -> Vector:
    """Prices of 0: nobody can be worth more than all there is."""
    rows, floors = np.zeros(len(sides.limit)), np.zeros(len(sides.floor))
    return vector_of(merged, np.zeros(len(merged)), rows, floors)


def _look_again(found: Climb, level: Level, control: Control, steps: int) -> None:
    """Prices that come from elsewhere may be as good as proof: a look, or a few steps, tell."""
    target = level.search.value if np.isfinite(level.search.value) else level.merged.base
    enough = target * (1.0 + control.gap) if target > 0 else -np.inf
    if steps:
        level.prices, level.profit = descend(level.merged, level.sides, level.prices, steps, enough)
    else:
        raw, level.profit = priced(level.merged, level.sides, level.prices)
        level.prices = replace(level.prices, raw=raw, profit=level.profit)
    take_bound(found, level, control)


def _late(found: Climb, level: Level, stale: int) -> bool:
    model = level.merged
    if len(model.candidates) <= FEW:
        return True
    if len(model.group) <= TINY_PAIRS:
        return stale >= 1
    gap = gap_of(found.value, found.bound)
    if not small(model) or gap > WORTH_GAP:
        return stale >= MORE_PATIENCE
    if level.search.good:
        # Where each part of a tree is dear, first all that may better the plan soon; it goes on
        # while HiGHS proves.
        return stale >= LESS_PATIENCE
    soon = gap <= NEAR_GAP and len(model.group) <= SOON_PAIRS
    return stale >= (PATIENCE if soon else MORE_PATIENCE)


def _progress(before: tuple[float, float], found: Climb) -> bool:
    """A better plan, or at least a tenth of the gap gone."""
    if found.value > before[0]:
        return True
    return before[1] - found.bound > 0.1 * max(0.0, before[1] - found.value)


def _narrowed(found: Climb, level: Level, seed: int, control: Control) -> Level | None:
    """The next level, told of; where it has no candidate left its value is the bound."""
    smaller = _settle(found, level, seed, control)
    if smaller is not None:
        tell(found, smaller, control)
        if not len(smaller.merged.candidates):
            lower(found, max(found.least, smaller.merged.base), control)
    return smaller


def _settle(found: Climb, level: Level, seed: int, control: Control) -> Level | None:
    """The next level, when a fifth of the candidates are settled."""
    if not np.isfinite(found.value):
        return None
    merged = level.merged
    # At the prices as the proof tells them, to the last digit.
    vector = vector_here(level)
    told = prices_at(merged, levels(merged, level.prices.group, vector.floor), vector.floor)
    raw, profit = priced(merged, level.sides, Prices(told, vector.row, vector.floor))
    cut = cut_of(found.value, merged.unit, control.gap)
    keep, opened = settled(merged, level.sides, raw, profit, cut)
    gone = int((~keep | opened).sum())
    if gone < 0.2 * len(keep):
        return None
    found.cut = max(found.cut, cut)
    smaller = reduced(merged, keep & ~opened, opened)
    sides = level.sides.narrowed(merged, smaller, np.flatnonzero(opened).astype(np.int64))
    vector.cut = cut
    found.proof.vectors.append(vector)
    if sides.impossible:
        # No plan better than the best one is left.
        lower(found, found.least, Control())
        return None
    standing = np.concatenate((level.opened, merged.candidates[opened].astype(np.int64)))
    inner = smaller.of[0].astype(np.int64)
    known = level.into >= 0
    into = np.where(known, inner[np.maximum(level.into, 0)] if len(inner) else -1, level.into)
    price = folded(merged, told, vector.floor, opened, inner, len(smaller))
    left = np.searchsorted(merged.candidates, smaller.candidates)
    prices = Prices(price, vector.row, vector.floor, taken=level.prices.taken[left])
    start = smaller.local(found.best)
    search = start_search(smaller, sides.stated, start, seed + 1)
    search.prices = level.search.prices
    search.rounds = level.search.rounds
    search.good = level.search.good
    search.closed = level.search.closed
    return Level(
        smaller,
        sides,
        standing,
        prices,
        search,
        np.zeros(len(smaller.candidates)),
        into,
        vector.level.astype(np.float64),
        level.weight,
        descents=level.descents,
    )
