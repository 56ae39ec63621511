"""One plan for several days or editions of demand: the best in its worst case.

    max_x min_s v_s(x) / T_s

with v_s what plan x covers of demand s and T_s all of it (or, for the least regret, the best that s
allows). For any mixture mu >= 0 with sum 1, max_x sum_s mu_s v_s(x) / T_s is above it, and that is
plain maximum coverage of mixed weights, with its own bound and certificate; the best mixture is
looked for by multiplicative weights (Arora, Hazan and Kale, Theory of Computing 8, 2012). What then
is left of the gap, HiGHS closes on small models.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from geo.errors import Invalid
from geo.siting.control import Control
from geo.siting.max_cover.solve import max_cover
from geo.siting.model import exact
from geo.siting.model.merge import Merged, layers_of, merge
from geo.siting.model.sides import Sides, sides_of
from geo.siting.problem import (
    FORCED,
    ROUNDING,
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

Aim = Literal["worst share", "least regret", "mean"]
ROUNDS: Final = 10
SWAPS: Final = 6
MOST_CASES: Final = 8
MOST_PAIRS: Final = 120_000
"""So many merged pairs HiGHS is asked about."""


@dataclass
class Robust:
    """A plan for S demands.

    Attributes:
        answer: its objective is the worst share (or mean share), 0 … 1; `answer.certificate` has
            the mixture and the certificate of maximum coverage with the mixed weights, which
            proves `mixed`.
        value: (S,) what the plan covers of each demand; best, bound: (S,) what a plan for that
            demand alone covers, and can cover at most.
        plans: the plan of each demand alone.
        why_zh, why_en: where there is no plan, why, if somebody asked.
    """

    answer: Answer
    value: Floats
    best: Floats
    bound: Floats
    plans: list[Longs] = field(default_factory=list)
    why_zh: str = ""
    why_en: str = ""


def check_case_count(count: int, field: str, remedy: str) -> None:
    """Refuse fewer than two demands, or more than can be planned for.

    Raises:
        Invalid: with what to do, in the words of whoever asks.
    """
    if not 2 <= count <= MOST_CASES:
        raise Invalid(
            f"情景应为 2 到 {MOST_CASES} 个，现为 {count} 个。 "
            f"2 to {MOST_CASES} cases can be planned for, not {count}.",
            remedy=remedy,
            field=field,
        )


def robust(
    weights: npt.ArrayLike,
    demand: Demand,
    sites: Sites,
    reach: Covering,
    rules: Rules,
    aim: Aim = "worst share",
    control: Control | None = None,
    seed: int = 0,
) -> Robust:
    """The best plan over several demands at the same n points.

    Args:
        weights: (S, n) of each demand: days, hours or editions; a point not in one of them has 0.
        demand: where the points are and their districts; its weights are not looked at.
        rules: as for :func:`geo.siting.max_cover.solve.max_cover`, without backup and capacities;
        least shares of districts are of the mean demand (each counting its own whole as 1), and not
        asked of the plans of single demands. control: its time limit is shared between the single
        demands (half) and the common plan.

    Raises:
        Invalid: no demand, weights of another shape, one that is 0 everywhere, backup, capacities.

    Cost: S plans of maximum coverage, then some ten of mixed weights.
    """
    control = control or Control()
    control.begin()
    table = _checked(weights, demand, rules)
    # What a plan covers of a district on the mean it may not on one of the demands.
    loose = replace(rules, district_least_share={})
    single = [
        max_cover(
            replace(demand, weight=one),
            sites,
            reach,
            loose,
            _part(control, 0.5 / len(table)),
            seed,
            with_certificate=False,
        )
        for one in table
    ]
    best = np.array([one.objective for one in single])
    bound = np.array([one.bound for one in single])
    if single[0].status == "infeasible":
        return Robust(single[0], np.zeros(len(table)), best, bound)
    total = bound if aim == "least regret" else table.sum(axis=1)
    total = np.maximum(total, 1e-300)
    shares = table / total[:, None]
    mean = np.full(len(table), 1.0 / len(table))
    if aim == "mean":
        mixed = replace(demand, weight=mean @ shares)
        answer = max_cover(mixed, sites, reach, rules, control, seed)
        answer.certificate = {"mixture": mean.tolist(), "mixed": answer.certificate}
        value = _values(answer.sites, table, demand, sites, reach, rules)
        return Robust(answer, value, best, bound, [one.sites for one in single])
    return _worst(shares, demand, sites, reach, rules, control, seed, table, single, best, bound)


def _worst(
    shares: Floats,
    demand: Demand,
    sites: Sites,
    reach: Covering,
    rules: Rules,
    control: Control,
    seed: int,
    table: Floats,
    single: list[Answer],
    best: Floats,
    bound: Floats,
) -> Robust:
    mean = np.full(len(shares), 1.0 / len(shares))
    merged = merge(replace(demand, weight=mean @ shares), sites, reach, rules)
    forced = np.flatnonzero(sites.fixed == FORCED).astype(np.int64)
    sides = sides_of(merged, replace(demand, weight=mean @ shares), sites, rules, forced)
    groups, base = _by_group(merged, shares, rules)
    plan: Longs = np.empty(0, np.int64)
    least, above, mixture, proof = -np.inf, np.inf, mean.copy(), None

    def better(sites_of_plan: Longs) -> Floats:
        nonlocal plan, least
        opened = merged.local(sites_of_plan)
        now = base + _covered(merged, groups, opened)
        if now.min() > least and sides.kept_by(merged, opened):
            plan, least = opened, float(now.min())
            control.improved(least, max(least, min(1.0, above)), _all(merged, opened, forced))
        return now

    for one in single:
        better(one.sites)
    loose = replace(rules, district_least_share={})
    log = np.zeros(len(shares))
    for number in range(ROUNDS):
        mu = np.exp(log - log.max())
        mu /= mu.sum()
        mixed = max_cover(
            replace(demand, weight=mu @ shares),
            sites,
            reach,
            # The first mixture is the mean, of which the least shares are.
            loose if number else rules,
            _part(control, 0.5 / ROUNDS),
            seed,
        )
        if mixed.status == "infeasible":
            return Robust(mixed, np.zeros(len(table)), best, bound)
        if mixed.bound < above:
            above, mixture, proof = mixed.bound, mu, mixed.certificate
        now = better(mixed.sites)
        if above - least <= max(control.gap * least, ROUNDING) or control.stopped():
            break
        # The demands that fare worst weigh more in the next round.
        log -= (now - now.min()) / max(1e-12, float(np.ptp(now))) * 2.0 / (1.0 + 0.5 * number)
    if np.isfinite(least):
        for _ in range(SWAPS):
            swapped = _swapped(merged, sides, groups, base, plan, least)
            if swapped is None or control.stopped():
                break
            plan, least = swapped
    by = "mixture"
    if (
        above - least > max(control.gap * least, ROUNDING)
        and control.exact
        and not control.stopped()
    ):
        found = _search(merged, sides, groups, base, plan, control)
        if found is not None:
            opened, ceiling = found
            if opened is not None:
                better(_all(merged, opened, forced))
            if ceiling < above:
                above, by = ceiling, "highs"
    if not np.isfinite(least):
        nothing = np.empty(0, np.int64)
        words = (
            "没有在时限内找到满足全部条件的方案。 "
            "No plan that keeps to all conditions was found in time."
        )
        late: Status = "time limit" if control.time_limit is not None else "stopped"
        none = Answer(
            late, 0.0, above, np.inf, nothing, control.seconds, seed, [words], found=False
        )
        return Robust(none, np.zeros(len(table)), best, bound)
    above = max(above, least)
    near = above - least <= max(ROUNDING, 1e-6 * least)
    above = above if least or not near else 0.0
    status: Status = (
        "optimal"
        if near
        else "stopped"
        if control.asked_to_stop or control.time_limit is None
        else "time limit"
    )
    if not near and gap_of(least, above) <= control.gap:
        status = "gap reached"
    sites_of_plan = _all(merged, plan, forced)
    answer = Answer(
        status,
        least,
        above,
        gap_of(least, above),
        sites_of_plan,
        control.seconds,
        seed,
        history=control.history,
        certificate={"mixture": mixture.tolist(), "mixed": proof, "by": by, "bound": above},
    )
    value = _values(sites_of_plan, table, demand, sites, reach, rules)
    return Robust(answer, value, best, bound, [one.sites for one in single])


def _checked(weights: npt.ArrayLike, demand: Demand, rules: Rules) -> Floats:
    table = np.atleast_2d(np.ascontiguousarray(weights, np.float64))
    bad = table.ndim != 2 or not len(table) or table.shape[1] != len(demand)
    if bad or not np.isfinite(table).all() or (table < 0).any() or not table.sum(axis=1).all():
        raise Invalid(
            f"需求权重的形状是 {table.shape}，应为（情景数，{len(demand)}），"
            "不小于 0，每个情景不全为 0。 "
            f"The weights have the shape {table.shape}, not (demands, {len(demand)}), "
            "of 0 or more, none of them 0 everywhere.",
            remedy="每个情景给出每个需求点的人数。 Give the people of each point for each demand.",
            field="weights",
        )
    if rules.backup or rules.capacities:
        raise Invalid(
            "多情景方案不支持二次覆盖和容量。 Robust plans take neither backup nor capacities.",
            remedy="去掉这些条件。 Leave them out.",
            field="backup" if rules.backup else "capacities",
        )
    return table


def _part(control: Control, share: float) -> Control:
    """A control for a part of the work: so much of the time that there is in all."""
    seconds = None if control.time_limit is None else min(control.left, control.time_limit * share)
    return control.part(seconds)


def _all(merged: Merged, opened: Longs, forced: Longs) -> Longs:
    found: Longs = np.union1d(merged.candidates[opened], forced).astype(np.int64)
    return found


def _by_group(merged: Merged, shares: Floats, rules: Rules) -> tuple[Floats, Floats]:
    """(S, G) share of each demand that each group holds, (S,) covered by what is kept."""
    groups, base = np.zeros((len(shares), len(merged))), np.zeros(len(shares))
    for of, (_, part) in zip(merged.of, layers_of(rules), strict=True):
        met, served = of >= 0, of == -1
        for s, one in enumerate(shares):
            groups[s] += np.bincount(of[met], one[met] * part, minlength=len(merged))
            base[s] += one[served].sum() * part
    return groups, base


def _covered(merged: Merged, groups: Floats, opened: Longs) -> Floats:
    hit = np.zeros(len(merged), np.bool_)
    for j in opened:
        hit[merged.group[merged.start[j] : merged.start[j + 1]]] = True
    covered: Floats = groups[:, hit].sum(axis=1)
    return covered


def _swapped(
    merged: Merged, sides: Sides, groups: Floats, base: Floats, plan: Longs, least: float
) -> tuple[Longs, float] | None:
    """The best one-swap for the worst demand; None where none is better."""
    owner = np.repeat(np.arange(len(merged.candidates)), np.diff(merged.start))
    best, chosen = least + 1e-12, None
    for out in plan:
        rest = plan[plan != out]
        hit = np.zeros(len(merged), np.bool_)
        for j in rest:
            hit[merged.group[merged.start[j] : merged.start[j + 1]]] = True
        stays = base + groups[:, hit].sum(axis=1)
        gain = np.array(
            [
                np.bincount(owner, np.where(hit, 0.0, one)[merged.group], len(merged.candidates))
                for one in groups
            ]
        )
        worst = (stays[:, None] + gain).min(axis=0)
        worst[rest] = -np.inf
        for j in np.argsort(-worst, kind="stable")[:3]:
            other = np.sort(np.append(rest, j)).astype(np.int64)
            if worst[j] > best and sides.kept_by(merged, other):
                best, chosen = float(worst[j]), other
                break
    return None if chosen is None else (chosen, best)


def _search(
    merged: Merged, sides: Sides, groups: Floats, base: Floats, plan: Longs, control: Control
) -> tuple[Longs | None, float] | None:
    """HiGHS: maximise t, at most what is covered of each demand."""
    if len(merged.group) > MOST_PAIRS:
        return None
    model: dict[str, Any] = exact.model_of(merged, sides, plan)
    sites, columns = len(merged.candidates), model["columns"]
    index, value, sizes = [model["index"]], [model["value"]], [np.diff(model["begin"])]
    for one in groups:
        some = np.flatnonzero(one > 0)
        index.append(np.append(some + sites, columns))
        value.append(np.append(one[some], -1.0))
        sizes.append(np.array([len(some) + 1]))
    model["index"], model["value"] = np.concatenate(index), np.concatenate(value)
    model["begin"] = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.concatenate(sizes))))
    model["low"] = np.concatenate((model["low"], -base))
    model["high"] = np.concatenate((model["high"], np.full(len(groups), np.inf)))
    cost = np.zeros(columns + 1)
    cost[-1] = -1.0
    model |= {"cost": cost, "columns": columns + 1, "unit": 0.0, "gap": max(control.gap, 1e-7)}
    try:
        found = exact.solve_model(model, control)
    except (OSError, RuntimeError):
        return None
    if found is None or found["infeasible"]:
        return None
    opened = None if found["x"] is None else np.flatnonzero(found["x"][:sites] > 0.5)
    return (None if opened is None else opened.astype(np.int64)), float(found["bound"]) + 1e-9


def _values(
    plan: Longs, table: Floats, demand: Demand, sites: Sites, reach: Covering, rules: Rules
) -> Floats:
    merged = merge(replace(demand, weight=np.ones(len(demand))), sites, reach, rules)
    groups, base = _by_group(merged, table, rules)
    value: Floats = base + _covered(merged, groups, merged.local(plan))
    return value
