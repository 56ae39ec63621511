"""Set cover: the fewest or cheapest sites that reach everybody, a share of all, or a share of each
subdistrict, with a proven bound.

min sum_j c_j x_j with every demand point within reach of an open site (Toregas, Swain, ReVelle and
Bergman, Operations Research 19, 1971), or a share of the demand (partial set cover: Daskin and
Owen, Geographical Analysis 31, 1999; Cordeau, Furini and Ljubić, EJOR 275, 2019).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from geo.errors import Invalid
from geo.siting.amounts import amount
from geo.siting.checks import check_problem
from geo.siting.conditions import counted_steps
from geo.siting.control import Control
from geo.siting.median.conditions import check_reach
from geo.siting.model import exact
from geo.siting.model.merge import Merged, merge
from geo.siting.model.sides import Sides, sides_of, slack
from geo.siting.problem import (
    FORCED,
    ROUNDING,
    Answer,
    Bools,
    Covering,
    Demand,
    Longs,
    Rules,
    Sites,
    Status,
    gap_of,
)
from geo.siting.set_cover.certificate import certificate
from geo.siting.set_cover.covers import (
    Cover,
    CoverPrices,
    cover_of,
    first_prices,
    kept_only,
    shrunk,
)
from geo.siting.set_cover.model import model_of

ROUNDS: Final = 12
STEPS: Final = 150
MOST_PAIRS: Final = 2_000_000
"""Larger models are left with the bound of the prices."""


def set_cover(
    demand: Demand,
    sites: Sites,
    reach: Covering,
    rules: Rules,
    control: Control | None = None,
    seed: int = 0,
    *,
    warm: Longs | None = None,
    with_certificate: bool = True,
) -> Answer:
    """The cheapest plan (fewest sites, where every site costs 1) that reaches what is asked for.

    Args:
        demand, sites: n points and m candidates; `sites.cost` of 1 each counts sites.
        rules: `share` of all demand, unreachable demand included, and/or `district_least_share`;
            with neither, all demand that some candidate or existing site reaches. `steps` say what
            a distance counts for towards a share; without one, whoever is within the last is
            reached. `p` and `budget`, where given, limit the plan further.
        control: time limit, gap, who is told.
        seed: as told in the answer; nothing here is drawn by lot.
        warm: a plan to begin from, positions among the sites.

    Returns:
        `objective` is the cost of the new and forced sites, `bound` what no plan is below.

    Raises:
        Invalid: see :func:`geo.siting.checks.check_problem`; a share that is none; backup.

    Cost: a pass over the pairs of the merged problem a step, some 1,000 steps; then HiGHS.
    """
    control = control or Control()
    control.begin()
    check_problem(demand, sites, rules)
    check_reach(demand, sites, reach)
    _check_rules(rules)
    steps = counted_steps("set-cover", rules)
    merged = merge(demand, sites, reach, replace(rules, steps=steps, backup=0.0))
    forced = np.flatnonzero(sites.fixed == FORCED).astype(np.int64)
    sides = sides_of(merged, demand, sites, rules, forced)
    asked = _targets(merged, demand, rules, sides)
    spent = float(sites.cost[forced].sum())
    relaxed = [*sides.impossible, *asked.short]
    if relaxed:
        nothing = np.empty(0, np.int64)
        return Answer(
            "infeasible", 0.0, 0.0, np.inf, nothing, control.seconds, seed, relaxed, found=False
        )
    local = None if warm is None else merged.local(np.asarray(warm, np.int64))
    found = _climb(asked.cover, sides, control, spent, forced, merged, local)
    missed = float(demand.weight.sum() - merged.base - merged.first.sum())
    if rules.share is None and not rules.district_least_share and missed > slack(missed):
        found.relaxed.append(
            f"{amount(missed)} 人没有任何候选点可达，未计入。 "
            f"{amount(missed)} people are within reach of no candidate and are left out."
        )
    return _answer(found, asked, merged, sites, rules, control, seed, with_certificate)


@dataclass(frozen=True, eq=False)
class _Asked:
    """What has to be covered: of the merged groups, those in `groups` (positions), as a cover."""

    cover: Cover
    groups: Longs
    short: list[str]


@dataclass(eq=False)
class _Found:
    """Where it stands: `opened` (k,), `value` and `bound` with the forced sites' cost."""

    opened: Bools
    value: float
    bound: float
    prices: CoverPrices
    forced: Longs
    spent: float
    unit: float
    relaxed: list[str]
    infeasible: bool = False


def _check_rules(rules: Rules) -> None:
    if rules.share is not None and not 0 <= rules.share <= 1:
        raise Invalid(
            f"覆盖率不能是 {rules.share}。 The share is {rules.share}.",
            remedy="填写 0 到 1。 Give 0 to 1.",
            field="share",
        )
    for name, given in (("backup", rules.backup > 0), ("capacities", rules.capacities)):
        if given:
            raise Invalid(
                f"集合覆盖模型不支持 {name}。 Set cover does not take {name}.",
                remedy="去掉该条件，或改用最大覆盖、p-median。 "
                "Leave it out, or use maximum coverage or p-median.",
                field=name,
            )


def _targets(merged: Merged, demand: Demand, rules: Rules, sides: Sides) -> _Asked:
    total = float(demand.weight.sum())
    least = 0.0 if rules.share is None else rules.share * total - merged.base
    floors = np.maximum(0.0, sides.floor)
    counts = merged.first > 0
    reachable = float(merged.first.sum())
    short = []
    if least > reachable + slack(total):
        share = (merged.base + reachable) / max(total, 1e-300)
        short.append(
            f"全部候选点最多覆盖 {share:.1%}，达不到 {rules.share:.1%}。 "
            f"All candidates together reach {share:.1%}, not {rules.share:.1%}."
        )
    everything = (rules.share is None and not rules.district_least_share) or (
        least >= reachable - slack(total) and least > 0
    )
    groups = np.flatnonzero(counts).astype(np.int64)
    owner = np.repeat(np.arange(len(merged)), np.diff(merged.row))
    row = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.diff(merged.row)[groups])))
    column = merged.column[counts[owner]]
    cost = merged.cost.astype(np.float64)
    if everything:
        return _Asked(cover_of(row, column, cost), groups, short)
    kind = np.full(len(merged), -1, np.int32)
    if len(floors):
        kind = np.where(floors[np.maximum(0, merged.district)] > 0, merged.district, -1)
    kind = np.where(merged.district >= 0, kind, -1)
    target = np.concatenate((np.array([max(0.0, least)]), floors))
    return _Asked(
        cover_of(row, column, cost, merged.first[groups], kind[groups].astype(np.int32), target),
        groups,
        short,
    )


def _climb(
    cover: Cover,
    sides: Sides,
    control: Control,
    spent: float,
    forced: Longs,
    merged: Merged,
    warm: Longs | None,
) -> _Found:
    sites = len(cover.cost)
    whole = bool((cover.cost % 1 == 0).all())
    unit = float(np.gcd.reduce(cover.cost.astype(np.int64))) if whole and sites else 0.0
    ruled = len(sides.limit) > 0 or sides.most < sites or np.isfinite(sides.budget)
    prices = first_prices(cover)
    found = _Found(np.zeros(sites, np.bool_), np.inf, spent, prices, forced, spent, unit, [])

    def offer(opened: Bools) -> None:
        total = float(cover.cost[opened].sum()) + spent
        if total >= found.value or not cover.enough(opened):
            return
        if ruled and not _kept(sides, np.flatnonzero(opened).astype(np.int64)):
            return
        found.opened, found.value = opened.copy(), total
        _tell(found, merged, control)

    if warm is not None:
        start = np.zeros(sites, np.bool_)
        start[warm] = True
        cover.complete(start, cover.cost)
        offer(start)
    stale = 0
    for _ in range(ROUNDS):
        enough = found.value - spent - unit + 1e-6 if unit else np.inf
        before = prices.raw
        prices.theta = max(prices.theta, 0.2)
        prices.value = min(prices.value, found.value - spent)
        cover.ascend(prices, enough, STEPS)
        if np.isfinite(prices.value):
            offer(prices.plan)
        _raise(found, prices.raw + spent, control, merged)
        if _done(found, control):
            return found
        gap = max(1e-12, found.value - spent - prices.raw)
        stale = stale + 1 if prices.raw - before < 0.05 * gap else 0
        if stale >= 2:
            break
    alive = np.ones(sites, np.bool_)
    goal = _goal(found, control) - spent
    if np.isfinite(goal) and not ruled:
        alive = ~(np.maximum(0.0, prices.left) + prices.raw > goal + 1e-9 * max(1.0, abs(goal)))
        alive |= prices.left < 0
    if control.exact and len(cover.column) <= MOST_PAIRS:
        _search(cover, alive, sides if ruled else None, found, control, merged, offer)
    return found


def _kept(sides: Sides, opened: Longs) -> bool:
    if len(opened) > sides.most or sides.cost[opened].sum() > sides.budget + slack(sides.budget):
        return False
    used = np.zeros(len(sides.limit))
    for j in opened:
        some = slice(sides.start[j], sides.start[j + 1])
        np.add.at(used, sides.row[some], sides.coefficient[some])
    return not (used > sides.limit + 1e-9).any()


def _goal(found: _Found, control: Control) -> float:
    least = found.unit or 0.5 * slack(found.value)
    # A hair above, so that what is met is met after bounds are moved outward, too.
    asked = found.value * (1.0 - control.gap) + 3.0 * ROUNDING * max(1.0, abs(found.value))
    return min(asked, found.value - least)


def _done(found: _Found, control: Control) -> bool:
    if not np.isfinite(found.value):
        return control.stopped()
    exactly = found.value - found.bound <= (0.5 * found.unit or slack(found.value))
    return exactly or gap_of(found.value, found.bound) <= control.gap or control.stopped()


def _raise(found: _Found, raw: float, control: Control, merged: Merged) -> None:
    below = raw if raw == found.value else raw - 1e-9 * max(1.0, abs(raw))
    if found.unit:
        # What is spent already need be no multiple of what the others cost.
        more = np.ceil((below - found.spent) / found.unit - 1e-7)
        below = found.spent + float(more) * found.unit
    bound = min(max(found.spent, below), found.value)
    if bound > found.bound:
        found.bound = bound
        _tell(found, merged, control)


def _tell(found: _Found, merged: Merged, control: Control) -> None:
    if np.isfinite(found.value):
        control.improved(found.value, found.bound, _plan(found, merged))


def _plan(found: _Found, merged: Merged) -> Longs:
    chosen = merged.candidates[np.flatnonzero(found.opened)].astype(np.int64)
    return np.sort(np.concatenate((found.forced, chosen)))


def _search(
    cover: Cover,
    alive: Bools,
    sides: Sides | None,
    found: _Found,
    control: Control,
    merged: Merged,
    offer: Any,
) -> None:
    """HiGHS on what may still be in a better plan."""
    who = np.flatnonzero(alive)
    smaller = kept_only(cover, alive)
    if cover.whole and sides is None:
        smaller, left = shrunk(smaller)
        who = who[left]
    model = model_of(smaller, who, sides, found.opened)
    model["unit"] = found.unit
    try:
        told = exact.solve_model(model, control)
    except (OSError, RuntimeError) as error:
        found.relaxed.append(f"精确搜索未能完成：{error} The exact search did not finish: {error}")
        return
    if told is None:
        return
    if told["infeasible"]:
        if np.isfinite(found.value):
            _raise(found, _goal_bound(found, control), control, merged)
        else:
            found.infeasible = True
        return
    if told["x"] is not None:
        opened = np.zeros(len(cover.cost), np.bool_)
        opened[who[told["x"][: len(who)] > 0.5]] = True
        offer(opened)
    bound = -float(told["bound"]) + found.spent
    if told["finished"] and found.value - bound <= 1e-6 * max(1.0, abs(found.value)):
        # HiGHS keeps its rows to 1e-6 and proves no more than that.
        bound = found.value
    if len(who) < len(alive):
        bound = min(bound, _goal_bound(found, control))
    _raise(found, bound, control, merged)


def _goal_bound(found: _Found, control: Control) -> float:
    """What plans that left the problem cost at least: more than the goal, and so, where costs are
    in units, the next one above it."""
    goal = _goal(found, control)
    if not found.unit:
        return found.value if control.gap == 0 else goal
    units = np.floor((goal - found.spent) / found.unit + 1e-7) + 1.0
    return min(found.value, found.spent + float(units) * found.unit)


def _status(found: _Found, control: Control) -> Status:
    if found.infeasible:
        return "infeasible"
    if found.value - found.bound <= (0.5 * found.unit or slack(found.value)):
        return "optimal"
    if gap_of(found.value, found.bound) <= control.gap:
        return "gap reached"
    return "stopped" if control.asked_to_stop or control.time_limit is None else "time limit"


def _answer(
    found: _Found,
    asked: _Asked,
    merged: Merged,
    sites: Sites,
    rules: Rules,
    control: Control,
    seed: int,
    with_certificate: bool,
) -> Answer:
    status = _status(found, control)
    if not np.isfinite(found.value):
        words = (
            "没有任何方案同时满足覆盖要求和其他条件。 "
            "No plan reaches that and keeps to the conditions."
            if found.infeasible
            else "没有在时限内找到满足全部条件的方案。 "
            "No plan that keeps to all conditions was found in time."
        )
        bound = 0.0 if found.infeasible else found.bound
        nothing = np.empty(0, np.int64)
        told = [*found.relaxed, words]
        return Answer(status, 0.0, bound, np.inf, nothing, control.seconds, seed, told, found=False)
    answer = Answer(
        status,
        found.value,
        found.bound,
        gap_of(found.value, found.bound),
        _plan(found, merged),
        control.seconds,
        seed,
        found.relaxed,
        control.history,
    )
    if with_certificate:
        price = np.zeros(len(merged))
        price[asked.groups] = found.prices.price
        duty, whole = found.prices.duty, asked.cover.whole
        answer.certificate = certificate(price, duty, whole, answer, merged, sites, rules)
    answer.seconds = control.seconds
    return answer
