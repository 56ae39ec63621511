"""A curve on plain files as rows of a table: and why some of its steps have no plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from geo.siting.amounts import amount
from geo.siting.conditions import broken_conditions
from geo.siting.files.load import Problem
from geo.siting.files.plan import why_not
from geo.siting.files.serving import named, number, served
from geo.siting.problem import Longs, Rules
from geo.siting.stated import standing_with
from geo.siting.variations.curve import Curve, needed

NOT_FOUND: Final = "没有在时限内找到方案。 No plan was found in time."


def points_of(problem: Problem, found: Curve) -> list[dict[str, Any]]:
    """A row for each number of sites, or each budget: sites, value, bound, gap, cost, why, chosen;
    for max-cover also `covered` and `share`, which count everybody once, also where the value
    counts a second covering.

    A step without a plan has no value, and says `why`. Where it is proved that there is none, it
    has no bound either.

    Cost: one explanation, some 20 s at most; with backup a pass over the pairs for each row.
    """
    covers = problem.question.model == "max-cover"
    total = float(problem.demand.weight.sum())
    nowhere = np.flatnonzero(np.isnan(found.value))
    # Conditions stay and what is allowed grows: what the last one lacks all before it lack too.
    why, proved = _why(problem, found, int(nowhere[-1])) if len(nowhere) else (None, False)
    either = _either(found, int(nowhere[-1]), str(why)) if len(nowhere) else None
    rows = []
    for at, (size, value, bound, plan) in enumerate(
        zip(found.p, found.value, found.bound, found.plans, strict=True)
    ):
        known = not np.isnan(value)
        row: dict[str, Any] = {"sites": int(size)}
        if found.budget is not None:
            row = {"budget": float(found.budget[at]), "sites": len(plan)}
        row |= {
            "value": float(value) if known else None,
            "bound": float(bound) if known or not proved else None,
            "gap": abs(float(bound - value) / float(value)) if known and value else None,
        }
        if covers:
            covered = None if not known else _covered(problem, plan, float(value))
            row["covered"] = number(covered)
            row["share"] = None if covered is None or not total else covered / total
        row |= {
            "cost": float(problem.sites.cost[plan].sum()) if known else None,
            "why": None if known else either if proved and at < nowhere[-1] else why,
            "chosen": named(problem.site_ids, plan),
        }
        rows.append(row)
    return rows


def shares_of(
    problem: Problem, found: Curve, points: Sequence[dict[str, Any]], wanted: Sequence[float]
) -> list[dict[str, Any]]:
    """A row for each share: so many sites are enough, no fewer than `at_least`; `why` where the
    curve has none that are."""
    by_number = {row["sites"]: row for row in points}
    total = float(problem.demand.weight.sum())
    today = _today(problem)
    rows = []
    for share, (enough, least) in zip(wanted, needed(found, total, wanted, today), strict=True):
        known = not enough or enough in by_number
        why = None
        if not known:
            asked = replace(problem.rules, p=None, share=share)
            why = _told(problem, asked) or _beyond(share, int(found.p[-1]), least)
        rows.append(
            {
                "share": share,
                "sites": enough if known else None,
                "at_least": least,
                "why": why,
                "chosen": by_number[enough]["chosen"] if known and enough else [],
            }
        )
    return rows


def _today(problem: Problem) -> float:
    """People covered without any new site; NaN where that breaks a condition."""
    none = np.empty(0, np.int64)
    _, _, share = served(problem, standing_with(problem.sites, none))
    rules = replace(problem.rules, p=None, budget=None)
    broken = broken_conditions(problem.sites, rules, none, problem.demand, share)
    return float("nan") if broken else float((problem.demand.weight * share).sum())


def _beyond(share: float, most: int, least: int) -> str:
    """What to say of a share that no plan of a curve reaches: that it takes more sites only where
    that is proved."""
    if least > most:
        return f"{share:.4g} 需要多于 {most} 个站点。 {share:.4g} takes more than {most} sites."
    return (
        f"{most} 个站点以内没有找到覆盖 {share:.4g} 的方案；至少需要 {least} 个。 "
        f"No plan of up to {most} sites was found that covers {share:.4g}; at least {least} are "
        "needed."
    )


def _covered(problem: Problem, plan: Longs, value: float) -> float:
    if not problem.rules.backup:
        return value
    both = standing_with(problem.sites, plan)
    _, _, share = served(problem, both)
    return float((problem.demand.weight * share).sum())


def _why(problem: Problem, found: Curve, at: int) -> tuple[str, bool]:
    """Why a step has no plan, and whether it is proved that there is none."""
    told = _told(problem, found.rules_of(at, problem.rules))
    return told or NOT_FOUND, bool(told)


def _either(found: Curve, last: int, why: str) -> str:
    """Of a step before the last one that is proved to have no plan."""
    if found.budget is None:
        zh, en = f"{found.p[last]} 个站点", f"{found.p[last]} sites"
    else:
        zh, en = f"预算 {amount(found.budget[last])} ", f"{amount(found.budget[last])}"
    return f"{zh}也没有方案。 There is no plan for {en} either. {why}"


def _told(problem: Problem, rules: Rules) -> str:
    explained = why_not(replace(problem, rules=rules))
    return f"{explained.zh} {explained.en}".strip() if explained.reasons else ""
