"""A cycle of the ladder: better plans and a better bound, each on a thread of its own.

Both work so long as they are told in steps, not seconds, and see nothing of each other before both
have ended; so the same input and seed go the same way on any machine. The clock only ends them.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Final

import numpy as np

from geo.siting.control import Control
from geo.siting.max_cover.annealing import Search, start_search
from geo.siting.max_cover.climbing import (
    Climb,
    Level,
    done,
    glimpse,
    sharpen,
    status_of,
    take_bound,
)
from geo.siting.max_cover.fixing import cut_of
from geo.siting.max_cover.lagrangian import descend
from geo.siting.max_cover.starts import (
    MOST_PAIRS,
    READY_DESCENTS,
    end,
    ground_of,
    improve,
    together,
    worth_parts,
)
from geo.siting.model.merge import Merged, reduced
from geo.siting.problem import Ints

WALK_COST: Final = 4.0
"""Of a step of the heat bath beside those of the prices."""
MOST_STEPS, MOST_DESCENTS = 4_000_000, 4_000
AT_ONCE: Final = 200
"""Descents, between two looks at the clock."""
TWIN: Final = 500
"""What a second heat bath's seed is more."""
FLAT: Final = 0.02
FLAT_CYCLES: Final = 3
FLAT_WORK: Final = 1e7
"""Where a cycle of so much work lowers the bound by less of the gap, so many go without the prices.
"""
WATCH_SECONDS: Final = 0.05
"""Between two looks at the clock while a heat bath goes on."""
GLIMPSE_SECONDS: Final = 1.0
"""After so long whoever watches is shown plans of a heat bath that still goes on."""
CORE_PAIRS: Final = 50_000
CORE_SHARE: Final = 0.01
CORE_MOST: Final = 0.7
CORE_AGAIN: Final = 0.002
"""Candidates that the relaxation opens less than this stay out of the heat bath, if not most are
left; again where the bound fell by so much since."""
SHARPER, SHARP_STEPS = 4, 150
"""Rounds of rows for the floors a cycle, and steps after each."""


def cycle(
    found: Climb, level: Level, work: float, pool: ThreadPoolExecutor, control: Control
) -> None:
    """The heat bath on one thread, the prices on the other; where the prices bring no more, a
    second heat bath."""
    merged, search = level.merged, _core(found, level)
    steps = int(np.clip(work / _bath_cost(search.merged), 20, MOST_STEPS))
    # So good a plan is good enough, whatever becomes of the bound.
    goal = found.bound / (1.0 + control.gap) if found.bound > 0 else np.inf
    baths = [search]
    if level.flat > 0 or level.prices.solved:
        closed = set(search.closed)
        baths.append(replace(search, seed=search.seed + TWIN, deep=-1, closed=closed))
    for one in baths:
        one.enough = np.array([goal - merged.base])
    stands = search.best, search.value
    grounds = [ground_of(level, one) for one in baths]
    others = [
        pool.submit(improve, one, ground, steps) for one, ground in zip(baths, grounds, strict=True)
    ]

    began = control.seconds

    def watch() -> None:
        if control.seconds - began > GLIMPSE_SECONDS:
            for one in baths:
                glimpse(found, level, one, control)

    if len(baths) == 1:
        # Parts of plans are soon settled only at prices that are all but the best.
        wanted = worth_parts(search, steps) and len(merged.group) <= MOST_PAIRS
        least = READY_DESCENTS - level.descents if wanted else 0
        _relax(found, level, work, least, control, watch)
    else:
        level.flat -= 1
    proved = status_of(found, merged.unit, control) in {"optimal", "gap reached"}
    if proved:
        end(baths, grounds)
    for one in baths:
        # A plan as good as the bound ends it too: it is the first such, whenever the bound came.
        one.enough[0] = min(one.enough[0], found.bound - merged.base)
    while wait(others, WATCH_SECONDS).not_done:
        watch()
        if control.stopped():
            end(baths, grounds)
    plans = [other.result() for other in others]
    if proved:
        # How far the other thread came says the clock: the plan that was there is as good.
        search.best, search.value = stands
        return
    best = max(baths, key=lambda one: one.value)
    search.best, search.value = best.best, best.value
    search.good = level.search.good = together([one.good for one in baths])
    search.closed.update(*(one.closed for one in baths))
    if search.value > level.search.value:
        _take(level, search.merged.candidates[search.best], search.value)
    for plan, ground in zip(plans, grounds, strict=True):
        if plan is not None and ground is not None and plan.value > level.search.value:
            _take(level, ground.merged.candidates[plan.sites], plan.value)


def _take(level: Level, sites: Ints, value: float) -> None:
    """A better plan of a level, told by positions among all sites."""
    level.search.best, level.search.value = level.merged.local(sites.astype(np.int64)), value


def _bath_cost(merged: Merged) -> float:
    """Of a step of the heat bath: the candidates beside the two sites that come and go, and all of
    them once."""
    beside = np.diff(merged.row).astype(np.float64)
    sites = max(1, len(merged.candidates))
    return WALK_COST * (2.0 * float(beside @ beside) / sites + 4.0 * sites + 100.0)


def _relax(
    found: Climb,
    level: Level,
    work: float,
    least: int,
    control: Control,
    watch: Callable[[], None],
) -> None:
    """The prices, `least` steps of them if they are so many, and rows that sharpen the floors."""
    merged, before = level.merged, found.bound
    cost = 4.0 * (len(merged.group) + len(merged)) + 60.0 * len(merged.candidates) + 1.0
    enough = cut_of(found.value, merged.unit, control.gap)
    enough += 0.5 * merged.unit if np.isfinite(enough) else 0.0
    steps = max(least, int(np.clip(work / cost, 10, MOST_DESCENTS)))
    _down(found, level, steps, enough, control, watch)
    for _ in range(SHARPER):
        if done(found, merged.unit, control) or not sharpen(found, level):
            break
        _down(found, level, SHARP_STEPS, enough, control, watch)
    if work >= FLAT_WORK and before - found.bound < FLAT * (found.bound - found.value):
        level.flat = FLAT_CYCLES


def _down(
    found: Climb,
    level: Level,
    steps: int,
    enough: float,
    control: Control,
    watch: Callable[[], None],
) -> None:
    """So many steps of the prices, in parts, so that it may end in between: before a part for which
    there is no more time."""
    took = 0.0
    while steps > 0 and not level.prices.solved and not done(found, level.merged.unit, control):
        if control.left < took:
            return
        part, began = min(steps, AT_ONCE), control.seconds
        level.prices, level.profit = descend(level.merged, level.sides, level.prices, part, enough)
        level.descents += part
        take_bound(found, level, control)
        steps -= part
        took = control.seconds - began
        watch()


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
    level.core.rounds, level.core.closed = here.rounds, here.closed
    return level.core
