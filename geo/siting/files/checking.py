"""Whether a plan holds: value, conditions and bound, derived anew from its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from geo.siting.files.asked import FILES
from geo.siting.files.load import Problem
from geo.siting.files.serving import hash_of, served, sites_of, value_of
from geo.siting.problem import EXISTING, FORBIDDEN, FORCED, Longs
from geo.siting.proofs import UNREADABLE, proved
from geo.siting.proofs import Question as Asked
from geo.siting.stated import broken_spacing

SHOWN: Final = 5
BEYOND: Final = "证书的界", "The bound of the certificate"


@dataclass(frozen=True)
class Checked:
    """What of a plan holds, derived anew from its files.

    Attributes:
        value: the objective, from the raw pairs; None where the file does not tell it. stated: as
            the plan has it.
        bound: what the certificate proves; None without one that is of this question.
        stated_bound: as the plan has it, which may be better than the certificate alone proves (the
            exact search went on from there): `proved` tells.
        broken: conditions and files that do not fit, in words.
    """

    value: float | None
    stated: float
    bound: float | None
    stated_bound: float | None
    broken: list[str]

    @property
    def holds(self) -> bool:
        """Whether value and conditions are as stated, and no bound contradicts the plan."""
        worth = self.stated if self.value is None else self.value
        near = abs(worth - self.stated) <= 1e-6 * max(1.0, abs(self.stated))
        return near and not self.broken

    @property
    def proved(self) -> bool:
        """Whether the certificate alone proves the bound that is stated."""
        if self.bound is None or self.stated_bound is None or self.broken:
            return False
        near = 1e-6 * max(1.0, abs(self.stated_bound))
        # The plan lies between the two where they are not the same.
        worth = self.stated if self.value is None else self.value
        better = abs(self.bound - worth) < abs(self.stated_bound - worth)
        return better or abs(self.bound - self.stated_bound) <= near


def check_plan(plan: Mapping[str, Any], problem: Problem) -> Checked:
    """Check a plan against its files with the certificate checker of
    :mod:`geo.siting.checker`, which shares no code with the solvers.

    Raises:
        InvalidFile: the plan names sites that are in no file.
    """
    question = problem.question
    opened = sites_of(problem, [str(one) for one in plan["sites"]])
    broken = [*_changed(plan, problem), *_conditions(problem, opened)]
    both = np.union1d(opened, np.flatnonzero(problem.sites.fixed == EXISTING))
    proof = plan.get("certificate")
    bound = None
    if proof is not None:
        asked = Asked(
            problem.question.model, problem.demand, problem.sites, problem.reach, problem.rules
        )
        try:
            claimed, bound, wrong = proved(asked, proof, opened)
            broken += [
                f"证书与问题不符：{name}。 The certificate is of another question: {name}."
                for name in wrong
            ]
            if claimed is not None and np.isnan(claimed):
                broken.append(
                    "方案不满足证书的条件。 The plan breaks a condition of its certificate."
                )
        except UNREADABLE:
            broken.append(
                "证书读不懂，什么也没有证明。 The certificate cannot be read: it proves nothing."
            )
    value = value_of(problem, opened, both)
    stated = plan.get("bound")
    if stated is not None and _beyond(value, float(stated), question.model):
        broken.append("所记的界与方案矛盾。 The bound as stated contradicts the plan.")
    if plan.get("walk") is not None:
        broken += _walk(plan["walk"], problem, both)
    if bound is not None and _beyond(value, bound, question.model):
        broken.append(f"{BEYOND[0]}与方案矛盾。 {BEYOND[1]} contradicts the plan.")
    return Checked(
        value,
        float(plan["objective"]) if plan["objective"] is not None else float("nan"),
        bound,
        stated,
        broken,
    )


def _walk(told: Mapping[str, Any], problem: Problem, both: Longs) -> list[str]:
    """What the covered people walk to the nearest site, where the plan states it."""
    _, metres, share = served(problem, both)
    walked = float((problem.demand.weight * metres)[share > 0].sum())
    if abs(walked - float(told["objective"])) <= 1e-6 * max(1.0, walked):
        return []
    return [f"步行合计应为 {walked:g}。 The covered people walk {walked:g} in all."]


def _changed(plan: Mapping[str, Any], problem: Problem) -> list[str]:
    stated = plan["question"].get("sha256", {})
    return [
        f"{getattr(problem.question, name).name} 已改变。 "
        f"{getattr(problem.question, name).name} is not the file the plan was made from."
        for name in FILES
        if getattr(problem.question, name) is not None
        and stated.get(name) not in (None, hash_of(getattr(problem.question, name)))
    ]


def _conditions(problem: Problem, opened: Longs) -> list[str]:
    """Conditions that the plan does not keep, from their definitions."""
    rules, sites = problem.rules, problem.sites
    broken = []
    if rules.p is not None and len(opened) > rules.p:
        broken.append(f"{len(opened)} 个站点，多于 {rules.p}。 More sites than {rules.p}.")
    cost = float(sites.cost[opened].sum())
    if rules.budget is not None and cost > rules.budget * (1 + 1e-9):
        broken.append(f"花费 {cost:g}，超过预算。 It costs {cost:g}, above the budget.")
    both = np.union1d(opened, np.flatnonzero(sites.fixed == EXISTING))
    _, _, share = served(problem, both)
    weight, district = problem.demand.weight, problem.demand.district
    for at, least in rules.district_least_share.items():
        inside = district == at
        whole = float(weight[inside].sum())
        if float((weight * share)[inside].sum()) < least * whole * (1 - 1e-9) - 1e-9:
            broken.append(f"{problem.districts[at]} < {least:.0%}")
    for at, number in rules.district_least_sites.items():
        if int((sites.district[both] == at).sum()) < number:
            broken.append(f"{problem.districts[at]} < {number}")
    if int(sites.open_24h[both].sum()) < rules.open_24h_least:
        broken.append(f"24 小时站点不足。 Fewer than {rules.open_24h_least} open 24 hours.")
    chains = sites.chain[opened]
    if rules.per_chain_most is not None and (
        np.bincount(chains[chains >= 0], minlength=1).max() > rules.per_chain_most
    ):
        broken.append("同一品牌站点过多。 Too many sites of one chain.")
    if rules.share is not None:
        whole = float(weight.sum())
        if float((weight * share).sum()) < rules.share * whole * (1 - 1e-9) - 1e-9:
            broken.append(f"覆盖不足 {rules.share:.0%}。 Less than {rules.share:.0%} is covered.")
    near = broken_spacing(sites, rules, opened) if rules.spacing == "forbid" else []
    for a, b in near[:SHOWN]:
        names = f"{problem.site_ids[a].as_py()}, {problem.site_ids[b].as_py()}"
        broken.append(f"{names} < {rules.spacing_metres:g}")
    missing = np.setdiff1d(np.flatnonzero(sites.fixed == FORCED), opened)
    if len(missing):
        broken.append("缺少必选点。 A forced site is missing.")
    if (sites.fixed[opened] == FORBIDDEN).any():
        broken.append("包含禁选点。 A forbidden site is in it.")
    return broken


def _beyond(value: float, bound: float, model: str) -> bool:
    near = 1e-6 * max(1.0, abs(bound))
    return value > bound + near if model == "max-cover" else value < bound - near
