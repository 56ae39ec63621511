"""The anytime ladder: each rung leaves a plan, a bound and a gap, and may be the last.

Greedy and swap (milliseconds) -> cycles of a heat bath on one thread and the Lagrangian on the
other, which exchange plan and bound at the end of each cycle only, so that the same input and seed
go the same way -> reduced-cost fixing, after which the smaller problem is merged again -> a tree of
our own, which leaves its proof behind (:mod:`geo.siting.tree`), where the cycles bring nothing more
-> HiGHS, where the tree grows too large.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from geo.siting import exact
from geo.siting.annealing import Search, anneal, start_search, swap
from geo.siting.descent import START
from geo.siting.fixing import settled
from geo.siting.greedy import greedy
from geo.siting.lagrangian import Prices, descend, outward, priced, starting_prices
from geo.siting.merge import Merged, reduced
from geo.siting.problem import Control, Floats, Longs, Status, gap_of
from geo.siting.proof import Branch, Vector, gathered, levels, prices_at, spread, vector_of
from geo.siting.sides import Sides, slack
from geo.siting.tree import Tree

FIRST_WORK: Final = 2e7
MOST_WORK: Final = 4e8
"""Elementary steps a cycle: some nanoseconds each."""
SMALL_GROUPS: Final = 12_000
SMALL_PAIRS: Final = 400_000
PATIENCE: Final = 3
"""Cycles without progress before the exact search, if the model is small; else MORE_PATIENCE."""
MORE_PATIENCE: Final = 12
TINY_PAIRS: Final = 20_000
"""So few pairs: the tree is the quickest way to everything."""
LOOK_STEPS: Final = 60
MOST_PARTS: Final = 10**9
TREE_WORK: Final = 1e7
"""Pairs times parts of a tree before HiGHS is asked, if the model is small: some 0.5 μs each."""


@dataclass(eq=False)
class Climb:
    """Where the ladder stands.

    Attributes:
        best: positions among all sites of the new sites, those fixed before included.
        value, bound: of the best plan (-inf: none that keeps to the rules), and over all plans.
        proof: what the bound follows from, on the groups of the problem as it was given.
        by: who proved it last: "prices", "tree" or "highs" (which leaves no proof behind).
        prices: the first level's, for a warm start.
    """

    best: Longs
    value: float
    bound: float
    proof: Branch = field(default_factory=Branch)
    by: str = "prices"
    prices: Vector | None = None
    infeasible: bool = False
    relaxed: list[str] = field(default_factory=list)


@dataclass(eq=False)
class _Level:
    """The problem with some candidates settled: `opened` are among all sites; `into` (G,) the group
    here of each group of the first level."""

    merged: Merged
    sides: Sides
    opened: Longs
    prices: Prices
    search: Search
    profit: Floats
    into: Longs
    before: Floats


def climb(
    merged: Merged,
    sides: Sides,
    opened: Longs,
    control: Control,
    seed: int,
    warm: Longs | None = None,
    level: Floats | None = None,
) -> Climb:
    """Climb from the merged problem until the gap is reached, all is proved, or it is time.

    Args:
        sides: its conditions. opened: forced sites, folded into `merged`.
        warm: a plan to begin from, among all sites. level: (G,) prices to begin from, see
            :mod:`geo.siting.proof`.
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
    start = greedy(merged, sides)
    search = start_search(merged, sides, start, seed)
    prices = starting_prices(merged, sides, start)
    if level is not None:
        prices.group = prices_at(merged, level, prices.floor)
        # They are nearly right, so that only averaged steps better them.
        prices.theta, prices.averaged = START, True
    here = _Level(
        merged,
        sides,
        opened,
        prices,
        search,
        np.zeros(len(merged.candidates)),
        np.arange(len(merged), dtype=np.int64),
        np.ones(len(merged)),
    )
    ends = float(merged.base + merged.first.sum() + merged.second.sum())
    found = Climb(opened, -np.inf, outward(ends, merged.unit))
    _tell(found, here, control)
    if warm is not None:
        other = start_search(merged, sides, merged.local(warm), seed)
        swap(other, other.best)
        if other.value > search.value:
            search.best, search.value = other.best, other.value
            _tell(found, here, control)
    swap(search, search.best)
    _tell(found, here, control)
    if level is not None:
        _look_first(found, here, control)
    work, stale = FIRST_WORK if level is None else FIRST_WORK / 16, 0
    with ThreadPoolExecutor(1) as pool:
        while not done(found, merged.unit, control):
            before = (found.value, found.bound)
            _cycle(here, work, pool)
            if len(here.into) == len(here.merged):
                found.prices = _vector(here)
            _bound(found, here, control)
            _tell(found, here, control)
            if done(found, merged.unit, control):
                break
            smaller = _settle(found, here, seed)
            if smaller is not None:
                here = smaller
                _tell(found, here, control)
                if not len(here.merged.candidates):
                    _lower(found, max(found.value, here.merged.base), control)
                    break
            work = min(MOST_WORK, work * (1.5 if work >= FIRST_WORK else 2.0))
            stale = 0 if _progress(before, found) else stale + 1
            if _late(here, stale):
                if control.exact and not done(found, merged.unit, control):
                    _search_exactly(found, here, control)
                break
    if found.by != "tree":
        found.proof.vectors.append(_vector(here))
    found.prices = found.prices or _vector(here)
    if found.bound >= outward(ends, merged.unit):
        found.proof.vectors.insert(0, _free_of_charge(merged, sides))
    return found


def _free_of_charge(merged: Merged, sides: Sides) -> Vector:
    """Prices of 0: nobody can be worth more than all there is."""
    rows, floors = np.zeros(len(sides.limit)), np.zeros(len(sides.floor))
    return vector_of(merged, np.zeros(len(merged)), rows, floors)


def _look_first(found: Climb, level: _Level, control: Control) -> None:
    """Prices that come from elsewhere may be as good as proof: a few steps tell."""
    target = level.search.value if np.isfinite(level.search.value) else level.merged.base
    enough = target * (1.0 + control.gap) if target > 0 else -np.inf
    level.prices, level.profit = descend(
        level.merged, level.sides, level.prices, target, LOOK_STEPS, enough
    )
    _bound(found, level, control)


def _late(level: _Level, stale: int) -> bool:
    model = level.merged
    tiny = len(model.group) <= TINY_PAIRS
    return stale >= (1 if tiny else PATIENCE if _small(model) else MORE_PATIENCE)


def _small(merged: Merged) -> bool:
    return len(merged) <= SMALL_GROUPS and len(merged.group) <= SMALL_PAIRS


def _vector(level: _Level) -> Vector:
    """The level's prices, told for the groups of the first."""
    here = levels(level.merged, level.prices.group, level.prices.floor)
    return Vector(
        spread(here, level.into, level.before), level.prices.row.copy(), level.prices.floor.copy()
    )


def status_of(found: Climb, unit: float, control: Control) -> Status:
    """How it ended."""
    if found.infeasible:
        return "infeasible"
    if found.bound - found.value <= (0.5 * unit if unit else slack(found.value)):
        return "optimal"
    if gap_of(found.value, found.bound) <= control.gap:
        return "gap reached"
    # Without a limit of time it is the patience that ends, when no exact search is wanted.
    return "stopped" if control.asked_to_stop or control.time_limit is None else "time limit"


def done(found: Climb, unit: float, control: Control) -> bool:
    """Whether there is nothing more to do, or no more time."""
    return (
        found.infeasible
        or status_of(found, unit, control) in {"optimal", "gap reached"}
        or (control.stopped())
    )


def _cycle(level: _Level, work: float, pool: ThreadPoolExecutor) -> None:
    merged, search = level.merged, level.search
    sites, pairs, groups = len(merged.candidates), len(merged.group), max(1, len(merged))
    descents = int(np.clip(work / (4.0 * pairs + 60.0 * sites + 4.0 * groups + 1), 10, 400))
    overlap = 2.0 * (pairs / max(1, sites)) * (pairs / groups) + 4.0 * sites + 100.0
    steps = int(np.clip(work / overlap, 20, 200_000))
    target = search.value if np.isfinite(search.value) else merged.value(search.best)
    other = pool.submit(anneal, search, steps)
    level.prices, level.profit = descend(merged, level.sides, level.prices, target, descents)
    other.result()


def _bound(found: Climb, level: _Level, control: Control) -> None:
    bound = outward(level.prices.raw, level.merged.unit)
    # What was settled is no part of any better plan; so no plan is above the larger of the two.
    _lower(found, max(bound, found.value), control)


def _lower(found: Climb, bound: float, control: Control) -> None:
    if bound < found.bound:
        found.bound = bound
        if np.isfinite(found.value):
            control.improved(found.value, found.bound, found.best)


def _tell(found: Climb, level: _Level, control: Control) -> None:
    search = level.search
    if search.value <= found.value:
        return
    found.value = search.value
    chosen = level.merged.candidates[search.best].astype(np.int64)
    found.best = np.sort(np.concatenate((level.opened, chosen)))
    found.bound = max(found.bound, found.value)
    control.improved(found.value, found.bound, found.best)


def _progress(before: tuple[float, float], found: Climb) -> bool:
    """A better plan, or at least a tenth of the gap gone."""
    if found.value > before[0]:
        return True
    return before[1] - found.bound > 0.1 * max(0.0, before[1] - found.value)


def _settle(found: Climb, level: _Level, seed: int) -> _Level | None:
    """The next level, when a fifth of the candidates are settled."""
    if not np.isfinite(found.value):
        return None
    merged = level.merged
    # At the prices as the proof tells them, to the last digit.
    vector = _vector(level)
    told = prices_at(merged, levels(merged, level.prices.group, vector.floor), vector.floor)
    raw, profit = priced(merged, level.sides, Prices(told, vector.row, vector.floor))
    keep, opened = settled(merged, level.sides, raw, profit, found.value)
    gone = int((~keep | opened).sum())
    if gone < 0.2 * len(keep):
        return None
    smaller = reduced(merged, keep & ~opened, opened)
    sides = level.sides.narrowed(merged, smaller, np.flatnonzero(opened).astype(np.int64))
    found.proof.vectors.append(vector)
    if sides.impossible:
        # No plan better than the best one is left.
        _lower(found, found.value, Control())
        return None
    standing = np.concatenate((level.opened, merged.candidates[opened].astype(np.int64)))
    inner = smaller.of[0].astype(np.int64)
    known = level.into >= 0
    into = np.where(known, inner[np.maximum(level.into, 0)] if len(inner) else -1, level.into)
    price = prices_at(
        smaller,
        gathered(levels(merged, told, vector.floor), inner, len(smaller)),
        vector.floor,
    )
    prices = Prices(price, vector.row, vector.floor, theta=max(0.1, level.prices.theta))
    start = smaller.local(found.best)
    search = start_search(smaller, sides, start, seed + 1)
    search.prices = level.search.prices
    search.rounds = level.search.rounds
    return _Level(
        smaller,
        sides,
        standing,
        prices,
        search,
        np.zeros(len(smaller.candidates)),
        into,
        vector.level.astype(np.float64),
    )


def _search_exactly(found: Climb, level: _Level, control: Control) -> None:
    """The tree; HiGHS where that was not enough; the tree once more to prove what HiGHS found."""
    small = _small(level.merged)
    work = max(20, int(TREE_WORK / max(1, len(level.merged.group))))
    root, ended = _grow(found, level, control, work if small else MOST_PARTS)
    found.by = "tree"
    if not ended and not done(found, level.merged.unit, control):
        before = found.value
        _ask_highs(found, level, control)
        if found.by == "highs" and found.value > before and not control.stopped():
            again, proved = _grow(found, level, control, work)
            if proved:
                root, found.by = again, "tree"
    _attach(found, level, root)


def _grow(found: Climb, level: _Level, control: Control, parts: int) -> tuple[Branch, bool]:
    # The best plan may be none of this level's: then only better ones are asked for.
    tree = Tree(
        level.merged,
        level.sides,
        vector_of(level.merged, level.prices.group, level.prices.row, level.prices.floor),
        level.search.best if np.isfinite(level.search.value) else None,
        found.value,
    )

    def told() -> None:
        if tree.plan is not None and tree.value > level.search.value:
            level.search.best, level.search.value = tree.plan, tree.value
            _tell(found, level, control)
        _lower(found, max(tree.bound, found.value), control)

    ended = tree.search(control, parts, told)
    told()
    if ended and not np.isfinite(found.value):
        found.infeasible = True
    return tree.root, ended


def _attach(found: Climb, level: _Level, root: Branch) -> None:
    """The tree's proof goes on where the levels' ended, told for the groups of the first level."""
    waiting = [(root, found.proof)]
    while waiting:
        here, into = waiting.pop()
        for one in here.vectors:
            top = spread(one.level.astype(np.float64), level.into, level.before)
            into.vectors.append(Vector(top.astype(np.float32), one.row, one.floor))
        into.site = here.site
        if here.opened is not None and here.shut is not None:
            into.opened, into.shut = Branch(), Branch()
            waiting += [(here.opened, into.opened), (here.shut, into.shut)]


def _ask_highs(found: Climb, level: _Level, control: Control) -> None:
    start = level.search.best if np.isfinite(level.search.value) else None
    try:
        result = exact.solve(level.merged, level.sides, start, control)
    except (OSError, RuntimeError) as error:
        # The plan and the bound so far stand; an answer with a gap is better than none.
        found.relaxed.append(f"精确搜索未能完成：{error} The exact search did not finish: {error}")
        return
    before = found.bound
    if result.infeasible:
        if np.isfinite(found.value):
            _lower(found, found.value, control)
        else:
            found.infeasible = True
    else:
        if result.opened is not None and level.sides.kept_by(level.merged, result.opened):
            value = level.merged.value(result.opened)
            if value > level.search.value:
                level.search.best, level.search.value = result.opened, value
            _tell(found, level, control)
        # HiGHS keeps its rows to 1e-6; whole units leave room for that, others are told with it.
        unit = level.merged.unit
        bound = result.bound + (1e-6 * max(1.0, abs(result.bound)) if not unit else 1e-4)
        if result.finished and not unit:
            bound = result.bound
        bound = float(np.floor(bound / unit) * unit) if unit else bound
        _lower(found, max(bound, found.value), control)
    if found.bound < before:
        found.by = "highs"
