"""Maximum coverage: the best p sites, or the best for a budget, with a proven bound.

max sum_i w_i [i is within reach of an open site] (Church and ReVelle, Papers of the Regional
Science Association 32, 1974), with steps of coverage, backup, and conditions on the sites; see
:class:`geo.siting.problem.Rules`.
"""

from __future__ import annotations

import numpy as np

from geo.errors import Invalid
from geo.siting.certificate import certificate
from geo.siting.checks import check_problem
from geo.siting.ladder import Climb, climb, status_of
from geo.siting.merge import Merged, dominators, merge, reduced
from geo.siting.problem import (
    FORCED,
    FREE,
    Answer,
    Control,
    Covering,
    Demand,
    Longs,
    Reach,
    Rules,
    Sites,
    gap_of,
)


def max_cover(
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
    """The plan that covers most.

    Args:
        demand, sites: n points and m candidates.
        reach: a :class:`Reach`, or :class:`geo.siting.reach.Discs`, streamed.
        rules: `p` or `budget` or both (neither: all sites that the conditions allow).
        control: time limit, gap, who is told; by default until it is proved.
        seed: of the heat bath. The same input, seed and control give the same plan, unless the
            clock or a caller ends it.
        warm: a plan to begin from, positions among the sites; those that no longer fit are dropped.
        with_certificate: for 20 million points its list takes longer than the plan.

    Returns:
        At most p sites; where fewer already cover all there is, the first free candidates make up
        the number.

    Raises:
        Invalid: see :func:`geo.siting.checks.check_problem`; a reach of another size.
    """
    control = control or Control()
    control.begin()
    check_problem(demand, sites, rules)
    _check_reach(demand, sites, reach)
    if rules.capacities:
        raise Invalid(
            "最大覆盖模型不支持容量。 Maximum coverage does not take capacities.",
            remedy="改用 p-median 模型，或不要求容量。 "
            "Use the p-median model, or do not ask for capacities.",
            field="capacities",
        )
    given = merge(demand, sites, reach, rules)
    dominated = np.full(len(given.candidates), -1, np.int32)
    merged = reduced(given, dominated < 0, np.zeros(len(dominated), np.bool_))
    if _plain(rules):
        dominated = dominators(given)
        merged = reduced(given, dominated < 0, np.zeros(len(dominated), np.bool_))
    forced = np.flatnonzero(sites.fixed == FORCED).astype(np.int64)
    found = climb(merged, demand, sites, rules, forced, control, seed, warm)
    return _answer(found, given, merged, dominated, sites, rules, control, seed, with_certificate)


def _plain(rules: Rules) -> bool:
    """Whether one candidate can stand in for another that covers less: no condition tells them
    apart, and nobody counts twice."""
    return not (
        rules.backup
        or rules.spacing_metres
        or rules.district_least_sites
        or rules.open_24h_least
        or rules.per_chain_most is not None
    )


def _answer(
    found: Climb,
    given: Merged,
    merged: Merged,
    dominated: np.typing.NDArray[np.int32],
    sites: Sites,
    rules: Rules,
    control: Control,
    seed: int,
    with_certificate: bool,
) -> Answer:
    status = status_of(found, merged.unit, control)
    if not np.isfinite(found.value):
        if not found.infeasible:
            found.relaxed.append(
                "没有在时限内找到满足全部条件的方案。 "
                "No plan that keeps to all conditions was found in time."
            )
        bound = 0.0 if found.infeasible else found.bound
        nothing = np.empty(0, np.int64)
        return Answer(status, 0.0, bound, np.inf, nothing, control.seconds, seed, found.relaxed)
    plan = _made_up(found.best, sites, rules)
    answer = Answer(
        status,
        found.value,
        found.bound,
        gap_of(found.value, found.bound),
        plan,
        control.seconds,
        seed,
        found.relaxed,
        control.history,
    )
    if with_certificate:
        answer.certificate = certificate(
            given,
            merged,
            dominated,
            found.proof.group,
            plan,
            found.value,
            found.bound,
            sites,
            rules,
        )
    answer.seconds = control.seconds
    return answer


def _made_up(plan: Longs, sites: Sites, rules: Rules) -> Longs:
    """The plan with as many sites as asked for, where nothing but their number matters."""
    if rules.p is None or rules.budget is not None or not _plain(rules) or len(plan) >= rules.p:
        return plan
    free = sites.fixed == FREE
    free[plan] = False
    more = np.flatnonzero(free)[: rules.p - len(plan)].astype(np.int64)
    return np.sort(np.concatenate((plan, more)))


def _check_reach(demand: Demand, sites: Sites, reach: Covering) -> None:
    if not isinstance(reach, Reach):
        return
    last = int(reach.demand.max(initial=-1))
    if len(reach) != len(sites) or last >= len(demand):
        raise Invalid(
            f"可达关系有 {len(reach)} 个候选点，应为 {len(sites)} 个。 "
            f"The reach is of {len(reach)} candidates and demand up to {last}; "
            f"there are {len(sites)} and {len(demand)}.",
            remedy="用同一批需求点和候选点计算可达关系。 Compute the reach from the same points.",
            field="reach",
        )
