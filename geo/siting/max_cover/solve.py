"""Maximum coverage: the best p sites, or the best for a budget, with a proven bound.

max sum_i w_i [i is within reach of an open site] (Church and ReVelle, Papers of the Regional
Science Association 32, 1974), with steps of coverage, backup, and conditions on the sites; see
:class:`geo.siting.problem.Rules`.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from geo.errors import Invalid
from geo.siting.capacity.solve import max_served
from geo.siting.checks import check_problem
from geo.siting.control import Control
from geo.siting.max_cover.certificate import certificate
from geo.siting.max_cover.ladder import Climb, climb, status_of
from geo.siting.max_cover.warmth import (
    Warmth,
    begin_of,
    composed,
    key_of,
    neutral_of,
    settled_sites,
    sharpened_again,
    trunk_of,
    warmth_of,
)
from geo.siting.model.merge import Merged, dominators, reduced
from geo.siting.model.sides import names_of, near_of, sides_of, too_near
from geo.siting.problem import (
    EXISTING,
    FORCED,
    FREE,
    Answer,
    Covering,
    Demand,
    Longs,
    Reach,
    Rules,
    Sites,
    gap_of,
)

NAMED: Final = 20
"""Pairs named in a warning; the number tells of the others."""


def max_cover(
    demand: Demand,
    sites: Sites,
    reach: Covering,
    rules: Rules,
    control: Control | None = None,
    seed: int = 0,
    *,
    warm: Longs | Answer | None = None,
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
            Or the answer to a question about the same objects `demand` and `reach` (their arrays
            are not to be changed in between): then prices and merged demand are taken over too, and
            an edit of the sites' states, their number, the budget or a condition is answered in a
            fraction of the time.
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

        def ask(plain: Rules, part: Control, before: Longs | Answer | None) -> Answer:
            return max_cover(
                demand, sites, reach, plain, part, seed,
                warm=before, with_certificate=with_certificate,
            )  # fmt: skip

        return max_served(
            demand, sites, reach, rules, control, seed, ask, warm,
            with_certificate=with_certificate,
        )  # fmt: skip
    known = warm.warmth if isinstance(warm, Answer) else None
    key = key_of(demand, sites, reach, rules)
    if not isinstance(known, Warmth) or known.key != key:
        known = None
    neutral = known.neutral if known else neutral_of(demand, sites, reach, rules)
    given = settled_sites(neutral, sites)
    dominated = np.full(len(given.candidates), -1, np.int32)
    merged, into = given, given.of[0].astype(np.int64)
    # After an edit to look for them would take longer than what they save.
    if _plain(rules) and known is None:
        dominated = dominators(given)
        merged = reduced(given, dominated < 0, np.zeros(len(dominated), np.bool_))
        into = composed(given, merged)[0].astype(np.int64)
    forced = np.flatnonzero(sites.fixed == FORCED).astype(np.int64)
    near = near_of(sites, rules, known.near if known else None) if rules.keep_apart else None
    conditions = sides_of(merged, demand, sites, rules, forced, near)
    begin, trunk, shares = None, None, None
    if known is not None:
        begin = begin_of(known, into, len(merged))
        trunk = trunk_of(known, into, len(merged))
        conditions, begin, shares = sharpened_again(known, merged, conditions, begin)
    start = warm.sites if isinstance(warm, Answer) else warm
    found = climb(
        merged,
        conditions,
        forced,
        control,
        seed,
        start,
        begin,
        trunk,
        shares,
        known.taken if known else None,
        proof=with_certificate,
    )
    answer = _answer(found, merged, sites, rules, control, seed)
    held = (demand.weight, demand.district, reach)
    names = names_of(merged, conditions.stated)
    answer.warmth = warmth_of(found, neutral, into, key, answer.sites, names, held, known, near)
    if with_certificate and np.isfinite(found.value):
        group = np.full_like(neutral.of, -1)
        group[neutral.of >= 0] = into[neutral.of[neutral.of >= 0]]
        conditions = conditions.stated
        answer.certificate = certificate(
            found, given, merged, dominated, conditions, group, answer.sites, demand, sites, rules
        )
        # Rows that follow from the floors: the checker derives them itself.
        answer.certificate["derived"] = [
            [share.beside.tolist(), share.district, share.delta] for share in found.shares
        ]
        answer.seconds = control.seconds
    return answer


def _plain(rules: Rules) -> bool:
    """Whether one candidate can stand in for another that covers less: no condition tells them
    apart, and nobody counts twice."""
    return not (
        rules.backup
        or rules.keep_apart
        or rules.district_least_sites
        or rules.open_24h_least
        or rules.per_chain_most is not None
    )


def _answer(
    found: Climb, merged: Merged, sites: Sites, rules: Rules, control: Control, seed: int
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
        return Answer(
            status, 0.0, bound, np.inf, nothing, control.seconds, seed, found.relaxed, found=False
        )
    plan = _made_up(found.best, sites, rules)
    if rules.spacing_metres > 0 and rules.spacing == "warn":
        found.relaxed.extend(_too_near(plan, sites, rules))
    # Nothing at all is proved to the last digit, whatever sums are moved outward by.
    bound = found.bound if found.value or status != "optimal" else 0.0
    return Answer(
        status,
        found.value,
        bound,
        gap_of(found.value, found.bound),
        plan,
        control.seconds,
        seed,
        found.relaxed,
        control.history,
    )


def _too_near(plan: Longs, sites: Sites, rules: Rules) -> list[str]:
    """Pairs nearer than asked for, of which one is new, in words."""
    stands = sites.fixed == EXISTING
    new = np.zeros(len(sites), np.bool_)
    new[plan] = True
    pairs = [
        (int(a), int(b))
        for a, b in too_near(sites, rules.spacing_metres)
        if (new[a] and (new[b] or stands[b])) or (new[b] and stands[a])
    ]
    if not pairs:
        return []
    zh = "、".join(f"{a} 与 {b}" for a, b in pairs[:NAMED])
    en = ", ".join(f"{a} and {b}" for a, b in pairs[:NAMED])
    words = (
        f"{len(pairs)} 对站点相距不足 {rules.spacing_metres:g} 米：{zh}。 "
        f"{len(pairs)} pairs of sites are nearer than {rules.spacing_metres:g} m: {en}."
    )
    return [words]


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
