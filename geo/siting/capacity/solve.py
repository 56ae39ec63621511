"""Maximum coverage where a site serves at most its capacity.

    max sum_gj f_gj,  sum_j f_gj <= people_g,  sum_g f_gj <= capacity_j x_j,  f_gj <= people_g x_j

Demand may be split between sites (a group is many people), so merging demand stays exact. With a
price lambda_g for being counted, 0 … 1, and nu_r of each side row, the first condition falls away:

    L(lambda, nu) = sum_g people_g lambda_g + nu · b
                  + max { sum_j (K_j(lambda) - sum_r nu_r a_rj) x_j }

where K_j is what site j earns from the groups that pay best within its capacity, a sort. L is above
every plan (weak duality; Pirkul and Schilling, Management Science 37, 1991), and the least L is the
bound of the strong linear relaxation. Steps as in :mod:`geo.siting.max_cover.lagrangian`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np

from geo.errors import Invalid
from geo.siting.capacity.certificate import certificate, parts_of
from geo.siting.capacity.flows import bath, fill, kept
from geo.siting.capacity.prices import Prices, descend
from geo.siting.capacity.roomy import Asked, asked_of, narrowed, opened_with
from geo.siting.capacity.tree import Search
from geo.siting.capacity.without import (
    Ask,
    Loaded,
    beginning,
    bound_of,
    by_whom,
    loaded,
    price_of_points,
    proof_of,
    without_capacities,
)
from geo.siting.control import Control
from geo.siting.max_cover.fixing import cut_of, settled_by
from geo.siting.max_cover.lagrangian import outward
from geo.siting.model.moves import Flags
from geo.siting.model.sides import slack
from geo.siting.problem import (
    FORCED,
    Answer,
    Covering,
    Demand,
    Floats,
    Longs,
    Rules,
    Sites,
    Status,
    gap_of,
)

CYCLES: Final = 6
STEPS: Final = 1_500
PARTS: Final = 30
"""Of the steps: after each it may be time to end."""
DESCENTS: Final = 400
MOST_ARCS: Final = 150_000
"""So many pairs the exact search takes; beyond that the gap of the prices stands."""


def max_served(
    demand: Demand,
    sites: Sites,
    reach: Covering,
    rules: Rules,
    control: Control,
    seed: int,
    ask: Ask,
    warm: Longs | Answer | None = None,
    *,
    with_certificate: bool = True,
) -> Answer:
    """The plan that serves most, within capacities; called by
    :func:`geo.siting.max_cover.solve.max_cover`, which has checked the question.

    Args:
        ask: answers the same question without capacities. warm: as there.

    Raises:
        Invalid: steps, backup or least shares of districts, which are not defined here.

    Cost: each step of the prices a pass over the merged pairs; each of the heat bath some paths.
    """
    if rules.steps or rules.backup or rules.district_least_share:
        raise Invalid(
            "容量不能与分级覆盖、二次覆盖或街道最低覆盖率同时使用。 "
            "Capacities do not go with steps, backup or least shares of districts.",
            remedy="去掉其中之一；街道可改用最少站点数。 "
            "Leave one of them out; ask for a least number of sites of a district instead.",
            field="capacities",
        )
    asked = asked_of(demand, sites, reach, rules)
    if asked.sides.impossible:
        return _nothing("infeasible", control, seed, list(asked.sides.impossible))
    power = bool(np.isfinite(asked.sides.budget))
    now = opened_with(asked, np.empty(0, np.int64), seed)
    fill(asked.net, now, asked.free, asked.sides.most, asked.sides.budget, 0.0, float(power))
    best, record = now.opened.copy(), np.array([-np.inf])

    people = float(asked.net.people.sum())

    def served(plan: Longs) -> float:
        many = _take_in(asked, plan, seed, best, record)
        _tell(asked, best, record, outward(people, asked.unit), control)
        return many

    served(_sites_of(warm))
    roomy = without_capacities(ask, rules, control, warm, served)
    if roomy.status == "infeasible":
        # Less room allows no more plans.
        return _nothing("infeasible", control, seed, roomy.relaxed)
    prices = Prices(beginning(asked, roomy, loaded(warm)), np.zeros(len(asked.net.limit)))
    relaxed: list[str] = []
    bound, by = min(outward(people, asked.unit), bound_of(roomy, asked.unit)), by_whom(roomy)
    _tell(asked, best, record, bound, control)
    free, cut, parts = asked.free.copy(), -np.inf, dict[str, Any]()
    for number in range(CYCLES):
        if _enough(asked, record, bound, control):
            break
        before = record[0], bound
        priced = descend(asked, prices, record[0], DESCENTS, control)
        if priced < bound:
            bound, by = priced, "prices"
        _tell(asked, best, record, bound, control)
        if _enough(asked, record, bound, control):
            break
        share = (0.12, 0.05, 0.02)[number % 3]
        hot = share * max(record[0], people * 0.1, 1e-9) / max(1, int(now.tally[1]))
        some = best if np.isfinite(record[0]) else now.opened
        now = opened_with(asked, np.flatnonzero(some & asked.free).astype(np.int64), seed + number)
        uneven = power and bool(np.ptp(asked.net.cost) > 0)
        most, budget = asked.sides.most, asked.sides.budget
        for part in range(PARTS):
            if control.stopped() or record[0] * (1.0 + control.gap) >= bound:
                break
            ends = hot * 0.02 ** (part / PARTS), hot * 0.02 ** ((part + 1) / PARTS)
            bath(asked.net, now, free, most, budget, uneven, STEPS // PARTS, *ends, best, record)
        if np.isfinite(record[0]):
            free, cut = _worth_trying(asked, prices, record[0], control.gap, best)
        _tell(asked, best, record, bound, control)
        if number and (record[0], bound) == before:
            break
    if not _enough(asked, record, bound, control) and control.exact:
        if len(asked.net.group) > MOST_ARCS:
            relaxed.append("模型太大，未做精确搜索。 Too large for the exact search.")
        else:
            # What was left out is no better than the cut.
            search, which, of = _search(asked, free, best, record, bound, seed, control)
            if max(search.bound, cut) == -np.inf:
                return _nothing("infeasible", control, seed, relaxed)
            if max(search.bound, cut) < bound:
                bound = max(search.bound, cut)
                by = "cuts" if search.told else "search"
                settling = (*prices.best, cut) if len(which) < len(free) else None
                if with_certificate:
                    every = asked.merged.candidates[which].astype(np.int64)
                    parts = parts_of(search, every, of, settling)
            _tell(asked, best, record, bound, control)
    if not np.isfinite(record[0]):
        relaxed.append(
            "没有在时限内找到满足全部条件的方案。 "
            "No plan that keeps to all conditions was found in time."
        )
        answer = _nothing("time limit", control, seed, relaxed)
        answer.bound = bound
        return answer
    answer = _answer(asked, best, bound, sites, control, seed, relaxed)
    if with_certificate:
        answer.certificate = _proof(asked, prices, best, answer, sites, rules) | {"by": by} | parts
        if by != "cuts" and bound_of(roomy, asked.unit) < prices.raw:
            answer.certificate |= proof_of(roomy)
    lean = replace(roomy, certificate=None, history=[])
    answer.warmth = Loaded(answer.sites, lean, price_of_points(asked.merged, prices.best[0]))
    return answer


def _worth_trying(
    asked: Asked, prices: Prices, value: float, gap: float, best: Flags
) -> tuple[Flags, float]:
    """Free sites that a plan may open which is better than good enough, by reduced cost
    (:mod:`geo.siting.max_cover.fixing`), and those of the best; and how much is good enough."""
    free = asked.free.astype(bool)
    if prices.profit is None or not free.any():
        return asked.free, -np.inf
    cut = cut_of(value, asked.unit, gap)
    keep, _ = settled_by(asked.unit, asked.sides, prices.raw, prices.profit[free], cut)
    found = np.zeros(len(free), np.uint8)
    found[np.flatnonzero(free)[keep]] = 1
    found[(best > 0) & free] = 1
    return found, cut


def _take_in(asked: Asked, plan: Longs, seed: int, best: Flags, record: Floats) -> float:
    """Serve as many as the sites of a plan can, those of them that may be opened; how many. Of too
    many those that serve least go, and where there is room others come. It may be the best plan so
    far."""
    net, sides = asked.net, asked.sides
    here = asked.merged.local(plan)
    here = here[asked.free[here] > 0]
    load = opened_with(asked, here, seed).load[here]
    by_load = here[np.argsort(-load, kind="stable")]
    fits = np.cumsum(net.cost[by_load]) <= sides.budget + 1e-9
    some = by_load[fits][: sides.most]
    many = -np.inf
    # Whoever serves nobody may be there for a condition, or for nothing.
    for start in (some, some[opened_with(asked, some, seed).load[some] > 0]):
        now = opened_with(asked, start, seed)
        power = float(np.isfinite(sides.budget))
        fill(net, now, asked.free, sides.most, sides.budget, 0.0, power)
        if kept(net, now):
            many = max(many, float(now.tally[0]))
            if now.tally[0] > record[0]:
                record[0], best[:] = now.tally[0], now.opened
    return many


def _sites_of(warm: Longs | Answer | None) -> Longs:
    if warm is None:
        return np.empty(0, np.int64)
    return warm.sites if isinstance(warm, Answer) else warm


def _enough(asked: Asked, record: Floats, bound: float, control: Control) -> bool:
    value = float(record[0])
    if control.stopped():
        return True
    if not np.isfinite(value):
        return False
    near = 0.5 * asked.unit if asked.unit else slack(value)
    return bound - value <= max(near, control.gap * abs(value))


def _tell(asked: Asked, best: Flags, record: Floats, bound: float, control: Control) -> None:
    if not np.isfinite(record[0]):
        return
    news = float(record[0]), max(bound, float(record[0]))
    if not control.history or control.history[-1][1:] != news:
        plan = asked.merged.candidates[(best & asked.free) > 0].astype(np.int64)
        control.improved(*news, plan)


def _search(
    asked: Asked,
    free: Flags,
    best: Flags,
    record: Floats,
    bound: float,
    seed: int,
    control: Control,
) -> tuple[Search, Longs, Longs]:
    """Branch and cut on what is left: the search, its sites, and its group of each group. Its bound
    is -inf where there is no plan at all."""
    smaller, which, of = narrowed(asked, free.astype(bool))
    mine = best[which].copy()
    search = Search(smaller, mine, record, bound, seed, control)
    more, before = True, float(record[0])
    while more:
        more = search.step()
        if record[0] > before:
            before, best[:] = float(record[0]), 0
            best[which] = mine
        _tell(asked, best, record, search.bound, control)
    return search, which, of


def _answer(
    asked: Asked,
    best: Flags,
    bound: float,
    sites: Sites,
    control: Control,
    seed: int,
    relaxed: list[str],
) -> Answer:
    new = _new(asked, best)
    value = float(opened_with(asked, new, 0).tally[0])
    if asked.unit:
        value = float(round(value))
    bound = max(bound, value)
    near = 0.5 * asked.unit if asked.unit else slack(value)
    status: Status = "optimal" if bound - value <= near else "stopped"
    if not value and status == "optimal":
        bound = 0.0
    if status != "optimal" and gap_of(value, bound) <= control.gap:
        status = "gap reached"
    elif status != "optimal" and not control.asked_to_stop and control.time_limit is not None:
        status = "time limit"
    forced = np.flatnonzero(sites.fixed == FORCED)
    plan = np.union1d(asked.merged.candidates[new], forced).astype(np.int64)
    return Answer(
        status,
        value,
        bound,
        gap_of(value, bound),
        plan,
        control.seconds,
        seed,
        relaxed,
        control.history,
    )


def _proof(
    asked: Asked, prices: Prices, best: Flags, answer: Answer, sites: Sites, rules: Rules
) -> dict[str, Any]:
    price, row = prices.best
    if prices.raw > float(asked.net.people.sum()):
        # Nobody more than all can be served: that is what prices of 1 say.
        price, row = np.ones(len(price)), np.zeros(len(row))
    now = opened_with(asked, _new(asked, best), 0)
    proof = certificate(asked.merged, asked.net, now, price, row, answer.sites, sites, rules)
    return proof | {"unit": asked.unit, "value": answer.objective, "bound": answer.bound}


def _new(asked: Asked, best: Flags) -> Longs:
    new: Longs = np.flatnonzero((best & asked.free) > 0).astype(np.int64)
    return new


def _nothing(status: Status, control: Control, seed: int, relaxed: list[str]) -> Answer:
    none = np.empty(0, np.int64)
    return Answer(status, 0.0, 0.0, np.inf, none, control.seconds, seed, relaxed, found=False)
