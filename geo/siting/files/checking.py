"""Whether a plan holds: value, conditions and bound, derived anew from its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from geo.siting.conditions import broken_conditions
from geo.siting.explanation import Names
from geo.siting.files.asked import FILES
from geo.siting.files.load import Problem
from geo.siting.files.serving import hash_of, served, sites_of, value_of
from geo.siting.problem import EXISTING, Longs
from geo.siting.proofs import UNREADABLE, proved
from geo.siting.proofs import Question as Asked


@dataclass(frozen=True)
class Checked:
    """What of a plan holds, derived anew from its files.

    Attributes:
        value: the objective, from the raw pairs. stated: as the plan has it.
        bound: what the certificate proves; None without one that is of this question.
        stated_bound: as the plan has it, which may be better than the certificate alone proves (the
            exact search went on from there): `proved` tells.
        broken: conditions and files that do not fit, in words.
    """

    value: float
    stated: float
    bound: float | None
    stated_bound: float | None
    broken: list[str]

    @property
    def holds(self) -> bool:
        """Whether value and conditions are as stated, and no bound contradicts the plan."""
        near = abs(self.value - self.stated) <= 1e-6 * max(1.0, abs(self.stated))
        return near and not self.broken

    @property
    def proved(self) -> bool:
        """Whether the certificate alone proves the bound that is stated."""
        if self.bound is None or self.stated_bound is None or self.broken:
            return False
        near = 1e-6 * max(1.0, abs(self.stated_bound))
        # The plan lies between the two where they are not the same.
        better = abs(self.bound - self.value) < abs(self.stated_bound - self.value)
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
        broken.append("证书的界与方案矛盾。 The bound of the certificate contradicts the plan.")
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
    """Conditions that the plan does not keep."""
    both = np.union1d(opened, np.flatnonzero(problem.sites.fixed == EXISTING))
    _, _, share = served(problem, both)
    names = Names(problem.districts, problem.chains, problem.site_ids.to_pylist())
    found = broken_conditions(problem.sites, problem.rules, opened, problem.demand, share, names)
    return [f"{one.zh} {one.en}" for one in found if not one.warns]


def _beyond(value: float, bound: float, model: str) -> bool:
    near = 1e-6 * max(1.0, abs(bound))
    return value > bound + near if model == "max-cover" else value < bound - near
