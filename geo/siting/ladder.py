"""The anytime ladder: each rung leaves a plan, a bound and a gap, and may be the last.

Greedy and swap (milliseconds) -> cycles of a heat bath on one thread and the Lagrangian on the
other, which exchange plan and bound at the end of each cycle only, so that the same input and seed
go the same way -> reduced-cost fixing, after which the smaller problem is merged again -> exact
search by HiGHS where the cycles bring nothing more.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from geo.siting import exact
from geo.siting.annealing import Search, anneal, start_search, swap
from geo.siting.fixing import settled
from geo.siting.greedy import greedy
from geo.siting.lagrangian import Prices, descend, outward, starting_prices
from geo.siting.merge import Merged, reduced
from geo.siting.problem import Control, Demand, Longs, Rules, Sites, Status, gap_of
from geo.siting.sides import Sides, sides_of, slack

FIRST_WORK: Final = 2e7
MOST_WORK: Final = 4e8
"""Elementary steps a cycle: some nanoseconds each."""
SMALL_GROUPS: Final = 12_000
SMALL_PAIRS: Final = 400_000
PATIENCE: Final = 3
"""Cycles without progress before the exact search, if the model is small; else MORE_PATIENCE."""
MORE_PATIENCE: Final = 12


@dataclass(eq=False)
class Climb:
    """Where the ladder stands.

    Attributes:
        best: positions among all sites of the new sites, those fixed before included.
        value, bound: of the best plan (-inf: none that keeps to the rules), and over all plans.
        proof: prices on the problem as it was given, for the certificate.
    """

    best: Longs
    value: float
    bound: float
    proof: Prices
    infeasible: bool = False
    relaxed: list[str] = field(default_factory=list)


@dataclass(eq=False)
class _Level:
    """The problem with some candidates settled: `opened` are among all sites."""

    merged: Merged
    sides: Sides
    opened: Longs
    prices: Prices
    search: Search
    profit: np.typing.NDArray[np.float64]


def climb(
    merged: Merged,
    demand: Demand,
    sites: Sites,
    rules: Rules,
    opened: Longs,
    control: Control,
    seed: int,
    warm: Longs | None = None,
) -> Climb:
    """Climb from the merged problem until the gap is reached, all is proved, or it is time.

    Args:
        opened: forced sites, folded into `merged`. warm: a plan to begin from, among all sites.
    """
    sides = sides_of(merged, demand, sites, rules, opened)
    nothing = Prices(np.zeros(len(merged)), np.zeros(len(sides.limit)), np.zeros(len(sides.floor)))
    if sides.impossible:
        found = Climb(opened, -np.inf, -np.inf, nothing, infeasible=True)
        found.relaxed.extend(sides.impossible)
        return found
    if not len(merged.candidates):
        kept = sides.kept_by(merged, np.empty(0, np.int64))
        worth = merged.base if kept else -np.inf
        return Climb(opened, worth, worth, nothing, infeasible=not kept)
    start = greedy(merged, sides)
    search = start_search(merged, sides, start, seed)
    prices = starting_prices(merged, sides, start)
    level = _Level(merged, sides, opened, prices, search, np.zeros(len(merged.candidates)))
    ends = float(merged.base + merged.first.sum() + merged.second.sum())
    found = Climb(opened, -np.inf, outward(ends, merged.unit), prices)
    _tell(found, level, control)
    if warm is not None:
        other = start_search(merged, sides, merged.local(warm), seed)
        swap(other, other.best)
        if other.value > search.value:
            search.best, search.value = other.best, other.value
    swap(search, search.best)
    _tell(found, level, control)
    work, stale, first = FIRST_WORK, 0, True
    with ThreadPoolExecutor(1) as pool:
        while not done(found, merged.unit, control):
            before = (found.value, found.bound)
            _cycle(level, work, pool)
            if first:
                found.proof = level.prices
            _bound(found, level, control)
            _tell(found, level, control)
            if done(found, merged.unit, control):
                break
            smaller = _settle(found, level, demand, sites, rules, seed)
            if smaller is not None:
                level, first = smaller, False
                _tell(found, level, control)
                if not len(level.merged.candidates) and np.isfinite(found.value):
                    _lower(found, found.value, control)
                    break
            work = min(MOST_WORK, work * 1.5)
            stale = 0 if _progress(before, found) else stale + 1
            model = level.merged
            small = len(model) <= SMALL_GROUPS and len(model.group) <= SMALL_PAIRS
            late = stale >= (PATIENCE if small else MORE_PATIENCE)
            if late and control.exact and not done(found, merged.unit, control):
                _search_exactly(found, level, control)
                break
            if late and not control.exact and stale >= MORE_PATIENCE:
                break
    return found


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


def _settle(
    found: Climb, level: _Level, demand: Demand, sites: Sites, rules: Rules, seed: int
) -> _Level | None:
    """The next level, when a fifth of the candidates are settled."""
    if not np.isfinite(found.value):
        return None
    merged = level.merged
    keep, opened = settled(merged, level.sides, level.prices.raw, level.profit, found.value)
    gone = int((~keep | opened).sum())
    if gone < 0.2 * len(keep):
        return None
    smaller = reduced(merged, keep & ~opened, opened)
    standing = np.concatenate((level.opened, merged.candidates[opened].astype(np.int64)))
    sides = sides_of(smaller, demand, sites, rules, standing)
    if sides.impossible:
        # No plan better than the best one is left.
        _lower(found, found.value, Control())
        return None
    into = smaller.of[0]
    met = into >= 0
    price = np.bincount(into[met], level.prices.group[met], minlength=len(smaller))
    same = len(sides.limit) == len(level.prices.row)
    prices = Prices(
        price.astype(np.float64),
        level.prices.row if same else np.zeros(len(sides.limit)),
        level.prices.floor,
        theta=max(0.1, level.prices.theta),
    )
    start = smaller.local(found.best)
    search = start_search(smaller, sides, start, seed + 1)
    search.prices = level.search.prices
    search.rounds = level.search.rounds
    return _Level(smaller, sides, standing, prices, search, np.zeros(len(smaller.candidates)))


def _search_exactly(found: Climb, level: _Level, control: Control) -> None:
    start = level.search.best if np.isfinite(level.search.value) else None
    try:
        result = exact.solve(level.merged, level.sides, start, control)
    except (OSError, RuntimeError) as error:
        # The plan and the bound so far stand; an answer with a gap is better than none.
        found.relaxed.append(f"精确搜索未能完成：{error} The exact search did not finish: {error}")
        return
    if result.infeasible:
        if np.isfinite(found.value):
            _lower(found, found.value, control)
        else:
            found.infeasible = True
        return
    if result.opened is not None and level.sides.kept_by(level.merged, result.opened):
        value = level.merged.value(result.opened)
        if value > level.search.value:
            level.search.best, level.search.value = result.opened, value
        _tell(found, level, control)
    # HiGHS keeps its rows to 1e-6; whole units leave room for that, other weights are told with it.
    unit = level.merged.unit
    bound = result.bound + (1e-6 * max(1.0, abs(result.bound)) if not unit else 1e-4)
    if result.finished and not unit:
        bound = result.bound
    bound = float(np.floor(bound / unit) * unit) if unit else bound
    _lower(found, max(bound, found.value), control)
