"""p-median: the sites from which everybody together walks least, with a proven bound.

min sum_i w_i min_{j open} d_ij with at most p sites, or within a budget (Hakimi, Operations
Research 12, 1964; ReVelle and Swain, Geographical Analysis 2, 1970).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from geo.errors import Invalid
from geo.siting.amounts import amount
from geo.siting.checks import check_problem
from geo.siting.control import Control
from geo.siting.max_cover.climbing import status_of
from geo.siting.median.capacities import capacitated
from geo.siting.median.certificate import certificate
from geo.siting.median.conditions import Conditions, check_reach
from geo.siting.median.ladder import Climb, Ladder
from geo.siting.median.prices import ascend, inward
from geo.siting.median.walks import Walks, walks_of
from geo.siting.model.sides import Sides
from geo.siting.problem import Answer, Covering, Demand, Floats, Longs, Rules, Sites, gap_of

POLISHING: Final = 2e7
"""Pairs looked at, at most, to make the prices of a certificate better."""


def p_median(
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
    """The plan with the least total walk, in people times metres.

    Args:
        demand, sites: n points and m candidates; points without people do not matter.
        reach: with distances; pairs that are not in it do not exist.
        rules: `p` or `budget` or both, conditions on the sites, `capacities`. With
            `unserved_metres` a point beyond the reach of all open sites counts as walking so far;
            without it every point that some candidate reaches has to be served.
        control: time limit, gap, who is told; by default until it is proved.
        seed: of the search. The same input, seed and control give the same plan, unless the clock
            or a caller ends it.
        warm: a plan to begin from, positions among the sites.

    Returns:
        `objective` is the walk, `bound` what no plan is below. Points that neither a candidate nor
        a site reaches are left out and told in `relaxed`.

    Raises:
        Invalid: see :func:`geo.siting.checks.check_problem`; pairs without distances; rules that
            speak of coverage (steps, backup, shares).

    Cost: 1,304 points that are all candidates (rl1304), 5 to 500 sites: 1 to 30 s to the proof.
    """
    control = control or Control()
    control.begin()
    check_problem(demand, sites, rules)
    check_reach(demand, sites, reach)
    check_walking(rules)
    if rules.capacities:
        return capacitated(
            demand, sites, reach, rules, control, seed, warm=warm, with_certificate=with_certificate
        )
    walks = walks_of(demand, sites, reach, rules)
    relaxed = left_out(walks, demand)
    conditions = Conditions(demand, sites, rules)
    sides = conditions(walks)
    nothing = np.empty(0, np.int64)
    if sides.impossible:
        relaxed.extend(sides.impossible)
        return Answer(
            "infeasible", 0.0, 0.0, np.inf, nothing, control.seconds, seed, relaxed, found=False
        )
    ladder = Ladder(walks, sides, conditions, control, seed)
    found = ladder.climb(None if warm is None else walks.local(np.asarray(warm, np.int64)))
    return _answer(found, walks, sides, control, seed, relaxed, rules, sites, with_certificate)


def check_walking(rules: Rules) -> None:
    """Refuse what speaks of coverage, where walking is asked for.

    Raises:
        Invalid: steps, backup, or a share to be covered; a negative `unserved_metres`.
    """
    for name, given in (
        ("steps", bool(rules.steps)),
        ("backup", rules.backup > 0),
        ("district_least_share", bool(rules.district_least_share)),
        ("share", rules.share is not None),
    ):
        if given:
            raise Invalid(
                f"按步行距离选址时不能要求 {name}。 Models of walking do not take {name}.",
                remedy="去掉该条件，或先覆盖后步行。 "
                "Leave it out, or ask for coverage first and then the walk.",
                field=name,
            )
    beyond = rules.unserved_metres
    if beyond is not None and not 0 <= beyond < np.inf:
        raise Invalid(
            f"未服务者的步行距离不能是 {beyond}。 Walking {beyond} m when not served does not fit.",
            remedy="填写不小于 0 的米数。 Give metres, 0 or more.",
            field="unserved_metres",
        )


def left_out(walks: Walks, demand: Demand) -> list[str]:
    """What is told of points that nothing reaches."""
    if walks.lost <= 0:
        return []
    out = (walks.of < 0) & (demand.weight > 0)
    points, people = int(out.sum()), float(demand.weight[out].sum())
    words = (
        f"{points} 个需求点（{amount(people)} 人）没有任何候选点可达，未计入。 "
        f"{points} demand points ({amount(people)} people) are within reach of no candidate "
        "and are left out."
    )
    return [words]


def _answer(
    found: Climb,
    walks: Walks,
    sides: Sides,
    control: Control,
    seed: int,
    relaxed: list[str],
    rules: Rules,
    given: Sites,
    with_certificate: bool,
) -> Answer:
    relaxed = relaxed + found.relaxed
    status = status_of(found, walks.unit, control)
    value = walks.value(found.best) if np.isfinite(found.value) else np.inf
    nothing = np.empty(0, np.int64)
    if not np.isfinite(value):
        if status in {"optimal", "infeasible"}:
            status = "infeasible"
            relaxed.append(
                "这么少的站点不能让每个可达的需求点都在可达范围内。 "
                "So few sites cannot reach every demand point that some candidate reaches; "
                "allow more, or say what being beyond reach counts as (unserved_metres)."
            )
        else:
            status = "time limit" if status == "gap reached" else status
            relaxed.append(
                "没有在时限内找到满足全部条件的方案。 "
                "No plan that keeps to all conditions was found in time."
            )
        return Answer(
            status, 0.0, 0.0, np.inf, nothing, control.seconds, seed, relaxed, found=False
        )
    plan = np.sort(np.concatenate((walks.opened, walks.candidates[found.best].astype(np.int64))))
    # Nobody walks less than not at all, whatever sums are moved outward by.
    bound = max(0.0, min(found.bound, value))
    gap = gap_of(value, bound)
    answer = Answer(
        status, value, bound, gap, plan, control.seconds, seed, relaxed, control.history
    )
    if with_certificate:
        answer.certificate = certificate(
            _polished(found, walks, sides, control), answer, given, rules
        )
    answer.seconds = control.seconds
    return answer


def _polished(found: Climb, walks: Walks, sides: Sides, control: Control) -> Floats:
    """(n,) prices in metres of the walks as given. What the search proved by reductions and models
    does not speak of them any more, so they climb some steps further on their own."""
    prices = found.proof
    if walks.sites and sides.most > 0 and inward(prices.raw, walks.unit) < found.bound:
        prices = replace(prices, price=prices.price.copy(), theta=max(0.2, prices.theta))
        prices.direction = np.zeros(len(walks))
        owner = np.repeat(np.arange(len(walks)), np.diff(walks.row))
        touched = float((walks.metres < prices.price[owner]).sum())
        least = 2 if control.stopped() else 20
        steps = int(np.clip(POLISHING / (touched + 10.0 * walks.sites), least, 400))
        free = np.zeros(walks.sites, np.int8)
        ascend(walks, prices, free, sides.most, sides.budget, found.value, steps)
    price = np.zeros(len(walks.of))
    known = walks.of >= 0
    price[known] = prices.price[walks.of[known]]
    return price
