"""The anytime ladder: each rung leaves a plan, a bound and a gap, and may be the last.

Greedy and swap (milliseconds) -> cycles of a heat bath on one thread and the linear relaxation on
the other (a second heat bath, once that is all but solved), each longer than the one before; they
exchange plan and bound at the end of each cycle only, so that the same input and seed go the same
way -> reduced-cost fixing, after which the smaller problem is merged again -> a tree of our own,
which leaves its proof behind (:mod:`geo.siting.tree`), where the cycles bring nothing more ->
HiGHS, where the tree grows too large.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Final

import numpy as np

from geo.siting.annealing import Search, anneal, start_search, swap
from geo.siting.climbing import (
    Climb,
    Level,
    done,
    keep_prices,
    lower,
    padded,
    sharpen,
    status_of,
    take_bound,
    tell,
    vector_here,
)
from geo.siting.fixing import cut_of, settled
from geo.siting.greedy import greedy
from geo.siting.lagrangian import Prices, descend, outward, priced, starting_prices
from geo.siting.merge import Merged, covered, reduced
from geo.siting.problem import Bools, Control, Floats, Longs
from geo.siting.proof import Vector, levels, once_of, prices_at, vector_of
from geo.siting.shares import Share
from geo.siting.sides import Sides
from geo.siting.summit import search_exactly, small
from geo.siting.trunk import Trunk

__all__ = ["Climb", "climb", "done", "status_of"]

FIRST_WORK: Final = 2e7
MOST_WORK: Final = 2e10
"""Elementary steps a cycle: a nanosecond each."""
WALK_COST: Final = 4.0
"""Of a step of the heat bath beside those of the prices."""
AT_ONCE: Final = 200
TWIN: Final = 500
"""What a second heat bath's seed is more."""
FLAT: Final = 0.02
FLAT_CYCLES: Final = 3
"""Where a cycle lowers the bound by less of the gap, so many go without the prices."""
WATCH_SECONDS: Final = 0.05
CORE_PAIRS: Final = 50_000
CORE_SHARE: Final = 0.01
CORE_MOST: Final = 0.7
CORE_AGAIN: Final = 0.002
"""Candidates that the relaxation opens less than this stay out of the heat bath, if not most are
left; again where the bound fell by so much since."""
PATIENCE: Final = 3
"""Cycles without progress before the exact search, if the model is small; else MORE_PATIENCE."""
MORE_PATIENCE: Final = 12
TINY_PAIRS: Final = 20_000
"""So few pairs: the tree is the quickest way to everything."""
FEW: Final = 60
"""So few candidates: nothing is quicker than the tree."""
LOOK_STEPS: Final = 60
SHARPER, SHARP_STEPS = 4, 150
"""Rounds of rows for the floors a cycle, and steps after each."""


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
    if not (warm is not None and np.isfinite(search.value)):
        swap(search, search.best)
        tell(found, here, control)
    if begin is not None:
        _look_first(found, here, control)
        if not done(found, merged.unit, control):
            here = _settle(found, here, seed, control) or here
    work, stale = FIRST_WORK if begin is None else FIRST_WORK / 16, 0
    with ThreadPoolExecutor(2) as pool:
        while not done(found, merged.unit, control):
            before = (found.value, found.bound)
            _cycle(found, here, work, pool, control)
            if len(here.into) == len(here.merged):
                keep_prices(found, here)
            take_bound(found, here, control)
            tell(found, here, control)
            if done(found, merged.unit, control):
                break
            smaller = _settle(found, here, seed, control)
            if smaller is not None:
                here = smaller
                tell(found, here, control)
                if not len(here.merged.candidates):
                    lower(found, max(found.least, here.merged.base), control)
                    break
            work = min(MOST_WORK, work * (1.5 if work >= FIRST_WORK else 2.0))
            stale = 0 if _progress(before, found) else stale + 1
            if _late(here, stale):
                if control.exact and not done(found, merged.unit, control):
                    search_exactly(found, here, control, trunk, proof=proof)
                break
    if found.by != "tree":
        found.proof.vectors.append(vector_here(here))
    if found.prices is None:
        keep_prices(found, here)
    found.rows = here.prices.row.copy()
    padded(found.proof, len(here.sides.limit))
    if found.bound >= outward(ends, merged.unit):
        found.proof.vectors.insert(0, _free_of_charge(merged, here.sides))
    return found


def _first_plan(merged: Merged, sides: Sides, seed: int, warm: Longs | None) -> Search:
    """From a plan that is known, bettered by swaps; or from the greedy one."""
    if warm is not None:
        search = start_search(merged, sides, merged.local(warm), seed)
        swap(search, search.best)
        if np.isfinite(search.value):
            return search
    return start_search(merged, sides, greedy(merged, sides), seed)


def _free_of_charge(merged: Merged, sides: Sides) -> Vector:
    """Prices of 0: nobody can be worth more than all there is."""
    rows, floors = np.zeros(len(sides.limit)), np.zeros(len(sides.floor))
    return vector_of(merged, np.zeros(len(merged)), rows, floors)


def _look_first(found: Climb, level: Level, control: Control) -> None:
    """Prices that come from elsewhere may be as good as proof: a few steps tell."""
    target = level.search.value if np.isfinite(level.search.value) else level.merged.base
    enough = target * (1.0 + control.gap) if target > 0 else -np.inf
    level.prices, level.profit = descend(
        level.merged, level.sides, level.prices, LOOK_STEPS, enough
    )
    take_bound(found, level, control)


def _late(level: Level, stale: int) -> bool:
    model = level.merged
    if len(model.candidates) <= FEW:
        return True
    tiny = len(model.group) <= TINY_PAIRS
    return stale >= (1 if tiny else PATIENCE if small(model) else MORE_PATIENCE)


def _cycle(
    found: Climb, level: Level, work: float, pool: ThreadPoolExecutor, control: Control
) -> None:
    """The heat bath on one thread, the prices on the other; where the prices bring no more, a
    second heat bath."""
    merged, search = level.merged, _core(found, level)
    sites, pairs, groups = len(merged.candidates), len(merged.group), max(1, len(merged))
    descents = int(np.clip(work / (4.0 * pairs + 60.0 * sites + 4.0 * groups + 1), 10, 4000))
    beside = np.diff(search.merged.row).astype(np.float64)
    few = max(1, len(search.merged.candidates))
    overlap = 2.0 * float(beside @ beside) / few + 4.0 * few + 100.0
    steps = int(np.clip(work / (WALK_COST * overlap), 20, 4_000_000))
    # So good a plan is good enough, whatever becomes of the bound.
    goal = found.bound / (1.0 + control.gap) if found.bound > 0 else np.inf
    baths = [search]
    if level.flat > 0 or level.prices.solved:
        baths.append(replace(search, seed=search.seed + TWIN))
    for one in baths:
        one.enough = np.array([goal - merged.base])
    stands = search.best, search.value
    others = [pool.submit(anneal, one, steps) for one in baths]
    if len(baths) == 1:
        before = found.bound
        enough = cut_of(found.value, merged.unit, control.gap)
        enough += 0.5 * merged.unit if np.isfinite(enough) else 0.0
        _down(found, level, descents, enough, control)
        for _ in range(SHARPER):
            if done(found, merged.unit, control) or not sharpen(found, level):
                break
            _down(found, level, SHARP_STEPS, enough, control)
        if before - found.bound < FLAT * (found.bound - found.value):
            level.flat = FLAT_CYCLES
    else:
        level.flat -= 1
    proved = status_of(found, merged.unit, control) in {"optimal", "gap reached"}
    for one in baths:
        # A plan as good as the bound ends it too: it is the first such, whenever the bound came.
        one.enough[0] = min(one.enough[0], found.bound - merged.base)
    while wait(others, WATCH_SECONDS).not_done:
        if proved or control.stopped():
            for one in baths:
                one.enough[0] = -np.inf
    for other in others:
        other.result()
    best = max(baths, key=lambda one: one.value)
    if proved:
        # How far the other thread came says the clock: the plan that was there is as good.
        search.best, search.value = stands
        return
    search.best, search.value = best.best, best.value
    if search.value > level.search.value:
        plan = search.merged.candidates[search.best].astype(np.int64)
        level.search.best, level.search.value = merged.local(plan), search.value


def _down(found: Climb, level: Level, steps: int, enough: float, control: Control) -> None:
    """So many steps of the prices, in parts, so that it may end in between."""
    while steps > 0 and not level.prices.solved and not done(found, level.merged.unit, control):
        part = min(steps, AT_ONCE)
        level.prices, level.profit = descend(level.merged, level.sides, level.prices, part, enough)
        take_bound(found, level, control)
        steps -= part


def _core(found: Climb, level: Level) -> Search:
    """The level's search, among the candidates only that the relaxation opens at least in part, and
    the best plan's: what else there is hardly ever comes in (Avella, Boccia, Salerno and Vasilyev,
    Computers & Operations Research 39, 2012), and with fewer each step is quicker."""
    taken, merged, here = level.prices.taken, level.merged, level.core or level.search
    sites, raw = len(merged.candidates), level.prices.raw
    if len(merged.group) < CORE_PAIRS or len(taken) != sites or not level.sides.plain:
        return here
    if not raw <= level.cored * (1.0 - CORE_AGAIN):
        return here
    keep = taken > CORE_SHARE
    keep[merged.local(found.best)] = True
    if keep.sum() > CORE_MOST * sites:
        return here
    level.cored = raw
    core = reduced(merged, keep, np.zeros(sites, np.bool_))
    sides = level.sides.narrowed(merged, core, np.empty(0, np.int64))
    level.core = start_search(core, sides.stated, core.local(found.best), here.seed)
    level.core.rounds = here.rounds
    return level.core


def _folded(
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


def _progress(before: tuple[float, float], found: Climb) -> bool:
    """A better plan, or at least a tenth of the gap gone."""
    if found.value > before[0]:
        return True
    return before[1] - found.bound > 0.1 * max(0.0, before[1] - found.value)


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
    price = _folded(merged, told, vector.floor, opened, inner, len(smaller))
    left = np.searchsorted(merged.candidates, smaller.candidates)
    prices = Prices(price, vector.row, vector.floor, taken=level.prices.taken[left])
    start = smaller.local(found.best)
    search = start_search(smaller, sides.stated, start, seed + 1)
    search.prices = level.search.prices
    search.rounds = level.search.rounds
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
    )
