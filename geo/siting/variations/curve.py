"""The budget curve: the best for 1, 2, … P sites, or for many budgets, at once, with a bound beside
each.

One set of prices bounds every number of sites, and every budget: L is a constant plus the sum of
the best q profits, or plus the linear knapsack of the profits in the budget
(:mod:`geo.siting.max_cover.lagrangian`). So a few descents bound the whole curve, each from the
prices of the one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from geo.errors import Invalid
from geo.siting.checks import check_problem
from geo.siting.control import Control
from geo.siting.max_cover.annealing import anneal, start_search, swap
from geo.siting.max_cover.descent import pick
from geo.siting.max_cover.greedy import greedy
from geo.siting.max_cover.ladder import TINY_PAIRS, climb
from geo.siting.max_cover.lagrangian import descend, outward, starting_prices
from geo.siting.model.merge import Merged, merge
from geo.siting.model.sides import Sides, sides_of, slack
from geo.siting.problem import FORCED, Covering, Demand, Floats, Longs, Rules, Sites

DESCENTS = 150
ANCHORS = 14
EASY_PAIRS = 200_000
"""So few pairs leave time for a heat bath at each number."""
FAR = 0.005
"""What is nearer to its bound is not searched on by itself."""
STEP_SECONDS = 10.0


@dataclass(frozen=True, eq=False)
class Curve:
    """For P numbers of new sites, or P budgets, ascending.

    Attributes:
        p: (P,) numbers of new sites; by budget, of the plan found.
        value: (P,) of the plan found, NaN where none keeps to the conditions.
        bound: (P,) no plan of so many sites, or for so much, is better; 0 … all that the candidates
            and what stands could count for.
        plans: the sites of each, among all; forced ones included.
        seconds: in all.
        budget: (P,) by budget, what may be spent; else None.
        why_zh, why_en: where none has a plan, why, if somebody asked.
    """

    p: Longs
    value: Floats
    bound: Floats
    plans: list[Longs]
    seconds: float
    budget: Floats | None = None
    why_zh: str = ""
    why_en: str = ""

    def rules_of(self, at: int, rules: Rules) -> Rules:
        """The conditions of a step; `rules`: of the question, as :func:`curve` takes them."""
        if self.budget is None:
            return replace(rules, p=int(self.p[at]), budget=None)
        return replace(rules, p=None, budget=float(self.budget[at]))


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
        rules: as for :func:`geo.siting.max_cover.solve.max_cover`; its `p` is not looked at.
        most: P; numbers below that of the forced sites are left out.
        control: its time limit ends the improvements; the first plans and bounds always come.

    Raises:
        Invalid: see :func:`geo.siting.checks.check_problem`; `most` below 1.

    Cost: a greedy and one-swaps for each number, and some 2,000 passes over the merged pairs.
    """
    control = control or Control()
    control.begin()
    check_problem(demand, sites, rules)
    numbers = numbers_to(most, sites)
    _check_capacities(rules)
    merged = merge(demand, sites, reach, rules)
    forced = np.flatnonzero(sites.fixed == FORCED).astype(np.int64)
    sides = sides_of(merged, demand, sites, replace(rules, p=int(numbers[-1])), forced)
    room = np.minimum(numbers - len(forced), len(merged.candidates))
    steps = [replace(sides, most=int(one)) for one in room]
    value, bound, plans = _worked_out(merged, steps, forced, control, seed)
    return Curve(numbers, value, bound, plans, control.seconds)


def numbers_to(most: int, sites: Sites) -> Longs:
    """Numbers of new sites, those that are forced among them, up to `most`.

    Raises:
        Invalid: `most` below 1.
    """
    if most < 1:
        raise Invalid(
            f"站点数不能是 {most}。 The number of sites is {most}.",
            remedy="填写不小于 1 的整数。 Give 1 or more.",
            field="most",
        )
    forced = int((sites.fixed == FORCED).sum())
    return np.arange(max(1, forced), max(most, forced) + 1, dtype=np.int64)


def budget_curve(
    demand: Demand,
    sites: Sites,
    reach: Covering,
    rules: Rules,
    budgets: Sequence[float],
    control: Control | None = None,
    seed: int = 0,
) -> Curve:
    """The best for each of some budgets.

    Args:
        rules: as for :func:`curve`; neither its `p` nor its `budget` is looked at.
        budgets: in whatever the sites' costs are in, in any order; those that do not pay for the
            forced sites have no plan.
        control: its time limit ends the improvements; the first plans and bounds always come.

    Raises:
        Invalid: see :func:`geo.siting.checks.check_problem`; no budget, or one that is no number of
            0 or more.

    Cost: as :func:`curve`, a budget in place of a number.
    """
    control = control or Control()
    control.begin()
    check_problem(demand, sites, rules)
    money = np.unique(np.array(budgets, np.float64))
    if not len(money) or not (np.isfinite(money) & (money >= 0)).all():
        raise Invalid(
            f"预算无效：{list(budgets)}。 The budgets do not fit: {list(budgets)}.",
            remedy="填写一个或多个不小于 0 的数。 Give one or more numbers of 0 or more.",
            field="budgets",
        )
    _check_capacities(rules)
    merged = merge(demand, sites, reach, rules)
    forced = np.flatnonzero(sites.fixed == FORCED).astype(np.int64)
    largest = replace(rules, p=None, budget=float(money[-1]))
    sides = sides_of(merged, demand, sites, largest, forced)
    left = money - float(sites.cost[forced].sum())
    pays = left >= -slack(float(money[-1]))
    steps = [replace(sides, budget=max(0.0, float(one))) for one in left[pays]]
    value, bound = np.full(len(money), np.nan), np.zeros(len(money))
    plans = [np.empty(0, np.int64) for _ in money]
    if steps:
        value[pays], bound[pays], known = _worked_out(merged, steps, forced, control, seed)
        plans[int((~pays).sum()) :] = known
    chosen = np.array([len(plan) for plan in plans], np.int64)
    return Curve(chosen, value, bound, plans, control.seconds, money)


def needed(
    found: Curve, total: float, shares: Sequence[float], today: float = np.nan
) -> list[tuple[int, int]]:
    """What set cover asks, for many shares at once: (so many sites are enough, no fewer are) for
    each share of `total`, by a curve of numbers; beyond its end one more than its last number.

    Args:
        today: people covered without any new site; NaN where that is no plan.
    """
    beyond = int(found.p[-1]) + 1
    told = []
    for share in shares:
        wanted = share * total * (1 - 1e-9) - 1e-9
        if today >= wanted:
            told.append((0, 0))
            continue
        enough = np.flatnonzero(found.value >= wanted)
        possible = np.flatnonzero(found.bound >= wanted)
        told.append(
            (
                int(found.p[enough[0]]) if len(enough) else beyond,
                int(found.p[possible[0]]) if len(possible) else beyond,
            )
        )
    return told


def _check_capacities(rules: Rules) -> None:
    if rules.capacities:
        raise Invalid(
            "有容量时没有曲线。 There is no curve with capacities.",
            remedy="去掉容量，或逐个求解。 Leave them out, or solve each number by itself.",
            field="capacities",
        )


def _worked_out(
    merged: Merged, steps: list[Sides], forced: Longs, control: Control, seed: int
) -> tuple[Floats, Floats, list[Longs]]:
    """Value, bound and plan of each step; the steps allow more and more."""
    value, opened = _plans(merged, steps, control, seed)
    if steps[-1].impossible:
        value[:] = np.nan
        opened = [np.empty(0, np.int64) for _ in opened]
    bound = _bounds(merged, steps, opened, value)
    _search_on(merged, steps, opened, value, bound, control, seed)
    plans = [
        np.sort(np.concatenate((forced, merged.candidates[one].astype(np.int64))))
        if np.isfinite(worth)
        else np.empty(0, np.int64)
        for one, worth in zip(opened, value, strict=True)
    ]
    return value, bound, plans


def _search_on(
    merged: Merged,
    steps: list[Sides],
    opened: list[Longs],
    value: Floats,
    bound: Floats,
    control: Control,
    seed: int,
) -> None:
    """Steps for which no plan was found are searched one by one, the last first: where that proves
    that there is none, none before it has one. Of a small problem also steps whose bound is far."""

    def look(number: int) -> bool:
        part = control.part(min(control.left, STEP_SECONDS), max(control.gap, FAR))
        known = np.isfinite(value[number])
        warm = merged.candidates[opened[number]].astype(np.int64) if known else None
        found = climb(merged, steps[number], np.empty(0, np.int64), part, seed, warm, proof=False)
        if found.value > value[number] or (not known and np.isfinite(found.value)):
            value[number], opened[number] = found.value, merged.local(found.best)
        bound[number] = max(min(bound[number], found.bound), np.nan_to_num(value[number]))
        return bool(np.isfinite(value[number]))

    for number in np.flatnonzero(np.isnan(value))[::-1].tolist():
        if steps[number].impossible or control.stopped() or not look(number):
            break
    far = bound - value > FAR * np.abs(value)
    for number in np.flatnonzero(far).tolist() if len(merged.group) <= TINY_PAIRS else []:
        if control.stopped():
            break
        look(number)
    # Who may do more does no less, and who may do less no more.
    for number in range(1, len(steps)):
        if value[number - 1] > value[number]:
            value[number], opened[number] = value[number - 1], opened[number - 1]
    bound[:] = np.maximum(np.minimum.accumulate(bound[::-1])[::-1], np.nan_to_num(value))


def _plans(
    merged: Merged, steps: list[Sides], control: Control, seed: int
) -> tuple[Floats, list[Longs]]:
    value = np.full(len(steps), np.nan)
    opened: list[Longs] = []
    before: Longs = np.empty(0, np.int64)
    by_budget = not steps[0].by_number
    for number, here in enumerate(steps):
        plan, worth = before, -np.inf
        if number and by_budget and np.isfinite(value[number - 1]):
            worth = float(value[number - 1])  # more money never does less
        if here.most and len(merged.candidates):
            # From the plan before, and now and then from nothing; the better one.
            starts = [_filled(merged, here, before)]
            if not number or by_budget or here.most % 10 == 0:
                starts.append(greedy(merged, here))
            for start in starts:
                search = start_search(
                    merged, here, start, seed + (number if by_budget else here.most)
                )
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
    """A plan with one more site, the one that adds most; by budget with all that it pays for, by
    what they add for their cost."""
    worth = merged.first.copy()
    for j in start:
        worth[merged.group[merged.start[j] : merged.start[j + 1]]] = 0.0
    plan, left = start, sides.budget - float(sides.cost[start].sum())
    while len(plan) < sides.most:
        sums = np.concatenate((np.zeros(1), np.cumsum(worth[merged.group])))
        gain = sums[merged.start[1:]] - sums[merged.start[:-1]]
        if not sides.by_number:
            gain = np.where(sides.cost <= left, gain / np.maximum(sides.cost, 1e-12), -1.0)
        gain[plan] = -1.0
        best = int(np.argmax(gain))
        if gain[best] < 0 or (not sides.by_number and gain[best] <= 0):
            break
        plan = np.append(plan, best)
        left -= float(sides.cost[best])
        worth[merged.group[merged.start[best] : merged.start[best + 1]]] = 0.0
        if sides.by_number:
            break
    return np.sort(plan).astype(np.int64)


def _bounds(merged: Merged, steps: list[Sides], opened: list[Longs], value: Floats) -> Floats:
    ends = float(merged.base + merged.first.sum() + merged.second.sum())
    raw = np.full(len(steps), ends)
    if not len(merged.candidates) or not len(merged):
        return np.array([outward(one, merged.unit) for one in raw])
    spread = np.unique(np.geomspace(1, len(steps), min(ANCHORS, len(steps))).astype(np.int64) - 1)
    taken = np.empty(len(merged.candidates))
    for anchor in spread:
        here = steps[anchor]
        # Each descent begins from what its own plan says is dear.
        prices = starting_prices(merged, here, opened[anchor])
        prices, profit = descend(merged, here, prices, DESCENTS)

        def best_of(one: Sides, profit: Floats = profit) -> float:
            """The inner maximum, as the descent has it."""
            return float(pick(profit, one.cost, one.most, one.budget, one.by_number, taken))

        constant = prices.raw - best_of(here)
        raw = np.minimum(raw, [constant + best_of(one) for one in steps])
    bound = np.array([outward(one, merged.unit) for one in raw])
    # Where no plan keeps to the conditions their prices prove anything, also less than nothing.
    known = np.where(np.isfinite(value), value, 0.0)
    safe: Floats = np.maximum(np.clip(bound, 0.0, ends), known)
    return safe
