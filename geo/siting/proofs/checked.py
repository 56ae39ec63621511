"""Whether a plan holds: its conditions, what it is worth and what bound its certificate proves, all
from the question in arrays, by code that the solvers do not share.

It serves plans whose files are at hand (:mod:`geo.siting.files.checking`) and proofs that carry the
question with them (:mod:`geo.siting.proofs.proof_file`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from geo.siting.conditions import broken_conditions, left_unserved, served_by
from geo.siting.evaluate import Evaluator
from geo.siting.names import Names
from geo.siting.problem import FORBIDDEN, Longs, Rules
from geo.siting.proofs.bounds import UNREADABLE, Question, proved
from geo.siting.proofs.shared_out import least_walk, most_served
from geo.siting.stated import standing_with

NEAR: Final = 1e-6
UNREAD: Final = "证书读不懂，什么也没有证明。 The certificate cannot be read: it proves nothing."

NO_ROOM: Final = "站点容不下必须服务的全部人。 The sites have no room for all whom they must serve."


@dataclass(frozen=True)
class Checked:
    """What of a plan holds.

    Attributes:
        value: the objective, from the raw pairs. stated: as the plan has it.
        bound: what the certificate proves; None without one that is of this question.
        stated_bound: as the plan has it, which may be better than the certificate alone proves (the
            exact search went on from there): `proved` tells.
        broken: conditions and statements that do not fit, in words. notes: what the rest stands on.
    """

    value: float
    stated: float
    bound: float | None
    stated_bound: float | None
    broken: list[str]
    notes: list[str] = field(default_factory=list, kw_only=True)

    @property
    def holds(self) -> bool:
        """Whether value and conditions are as stated, and no bound contradicts the plan."""
        # No value at all: no plan is claimed.
        nothing = np.isnan(self.value) and np.isnan(self.stated)
        return bool(nothing or same(self.value, self.stated)) and not self.broken

    @property
    def proved(self) -> bool:
        """Whether the certificate alone proves the bound that is stated."""
        if self.bound is None or self.stated_bound is None or self.broken:
            return False
        # The plan lies between the two where they are not the same.
        better = bool(abs(self.bound - self.value) < abs(self.stated_bound - self.value))
        return better or same(self.bound, self.stated_bound)


def examined(
    question: Question,
    opened: Longs,
    names: Names,
    certificate: Mapping[str, Any] | None,
    stated: float,
    stated_bound: float | None,
    conditions: Rules | None = None,
) -> Checked:
    """Check a plan.

    Args:
        conditions: what is asked of the plan's sites, where that is not what is asked of the
            certificate.
        opened: (k,) new and forced sites; existing ones are open besides.
        names: of districts, chains and sites, for what is broken.
        certificate, stated, stated_bound: as the plan has them.

    Cost: some passes over the pairs for each price vector of the certificate; with capacities and
    walks a linear program.
    """
    of_sites = question if conditions is None else question._replace(rules=conditions)
    broken = _conditions(of_sites, opened, names)
    claimed = bound = None
    if certificate is not None:
        try:
            claimed, bound, wrong = proved(question, certificate, opened)
        except UNREADABLE:
            broken.append(UNREAD)
            wrong = []
        broken += [of_another(name) for name in wrong]
        if claimed is not None and np.isnan(claimed):
            broken.append("方案不满足证书的条件。 The plan breaks a condition of its certificate.")
    value = claimed
    if value is None or np.isnan(value):
        value = worth_of(question, opened)
    if np.isnan(value):
        broken.append(NO_ROOM)
    for zh, en, one in (
        ("所记的界", "The bound as stated", stated_bound),
        ("证书的界", "The bound of the certificate", bound),
    ):
        if one is not None and _beyond(value, float(one), question.model):
            broken.append(f"{zh}与方案矛盾。 {en} contradicts the plan.")
    return Checked(value, stated, bound, stated_bound, broken)


def worth_of(question: Question, opened: Longs) -> float:
    """The objective of some sites, from the raw pairs; NaN where everybody has to be served and the
    sites have no room for all.

    Cost: a pass over the pairs; with capacities a linear program.
    """
    demand, sites, rules = question.demand, question.sites, question.rules
    weight = demand.weight
    if question.model == "set-cover":
        return float(sites.cost[opened].sum())
    both = standing_with(question.sites, opened)
    if rules.capacities and sites.capacity is not None:
        return _within_capacities(question, both)
    if question.model == "max-cover" and rules.backup:
        loose = replace(rules, p=None, budget=None)
        return Evaluator(demand, sites, question.reach, loose).evaluate(opened).value
    steps = rules.steps if question.model == "max-cover" else ()
    site, metres, share = served_by(len(demand), len(sites), question.reach, steps, both)
    if question.model == "max-cover":
        return float((weight * share).sum())
    if question.model == "p-centre":
        return float(metres[(site >= 0) & (weight > 0)].max(initial=0.0))
    beyond = rules.unserved_metres
    if beyond is None:
        return float((weight * metres)[site >= 0].sum())
    return float((weight * np.where(site < 0, beyond, np.minimum(metres, beyond))).sum())


def of_another(name: str) -> str:
    """What to say of a certificate that states something otherwise than the question."""
    return f"证书与问题不符：{name}。 The certificate is of another question: {name}."


def same(one: float, other: float) -> bool:
    """Whether two numbers differ by no more than adding them up in another order does."""
    return bool(abs(one - other) <= NEAR * max(1.0, abs(other)))


def _conditions(question: Question, opened: Longs, names: Names) -> list[str]:
    demand, sites, rules = question.demand, question.sites, question.rules
    both = standing_with(question.sites, opened)
    _, _, share = served_by(len(demand), len(sites), question.reach, rules.steps, both)
    found = broken_conditions(sites, rules, opened, demand, share, names)
    found += left_unserved(question.model, demand, sites, question.reach, rules, share)
    return [f"{one.zh} {one.en}" for one in found if not one.warns]


def _within_capacities(question: Question, both: Longs) -> float:
    sites, weight = question.sites, question.demand.weight
    demand, site, metres = question.pairs()
    assert sites.capacity is not None
    if question.model == "max-cover":
        return most_served(weight, demand, site, sites.capacity, both)
    if metres is None:
        return float("nan")
    # Whom only forbidden sites reach nobody has to serve.
    usable = sites.fixed[site] != FORBIDDEN
    pairs = demand[usable], site[usable], metres[usable]
    return least_walk(weight, *pairs, sites.capacity, both, question.rules.unserved_metres)


def _beyond(value: float, bound: float, model: str) -> bool:
    near = NEAR * max(1.0, abs(bound))
    return value > bound + near if model == "max-cover" else value < bound - near


__all__ = ["Checked", "examined", "of_another", "same", "worth_of"]
