"""The proof of a plan as one file (`proof.json`): question in arrays, plan and certificate.

Whoever has it needs nothing else: :func:`check_proof` derives value, conditions and bound anew with
the checkers, which share no code with the solvers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from geo.errors import Invalid
from geo.siting.conditions import broken_conditions, served_by
from geo.siting.explanation import Names
from geo.siting.median.certificate import check_walk
from geo.siting.problem import (
    EXISTING,
    FORBIDDEN,
    Answer,
    Demand,
    Floats,
    Longs,
    Reach,
    Rules,
    Sites,
)
from geo.siting.proofs import UNREADABLE, Question, proved
from geo.siting.shared_out import least_walk
from geo.siting.solving import Problem

FORMAT: Final = "nuanyi siting proof 2"
WHOLE: Final = "geo.siting.proof_file.check_proof(proof)"
CHECKERS: Final = {
    "max-cover": "geo.siting.checker.check"
    "(weight, demand, site, metres, cost, certificate, district)",
    "max-cover with capacities": "geo.siting.checker.check_served"
    "(weight, demand, site, capacity, cost, certificate)",
    "set-cover": WHOLE,
    "p-median": "geo.siting.median.certificate.check_walk"
    "(weight, demand, site, metres, cost, certificate)",
    "p-median with capacities": "geo.siting.median.certificate.check_walk"
    "(weight, demand, site, metres, cost, certificate, capacity)",
    "p-centre": "geo.siting.centre_proof.check_centre"
    "(weight, demand, site, metres, fixed, certificate)",
}
"""What multiplies the certificate of each model out, from the arrays of the file by their names."""
WALKS: Final = ("p-median", "p-centre")
NEAR: Final = 1e-6


@dataclass(frozen=True)
class CheckedProof:
    """What a proof proves.

    Attributes:
        model: of the question. names: of the plan's sites, as the file has them.
        value: the objective, from the raw pairs. bound: no plan is better, by the certificate.
        stated_value, stated_bound: as the file has them. The bound stated may be better than the
            certificate alone proves, where an exact search went on from there.
    """

    model: str
    names: list[str]
    value: float
    bound: float
    stated_value: float
    stated_bound: float

    @property
    def proved(self) -> bool:
        """Whether the certificate alone proves the bound that is stated."""
        better = abs(self.bound - self.value) < abs(self.stated_bound - self.value)
        return better or _same(self.bound, self.stated_bound)


def proof_of(problem: Problem, answer: Answer) -> dict[str, Any]:
    """The proof of an answer that has a certificate, as JSON takes it.

    Cost: the pairs as lists, some 100 bytes each.
    """
    reach, sites, rules = problem.reach, problem.sites, problem.rules
    assert answer.certificate is not None
    metres = reach.metres if rules.steps or problem.model in WALKS else None
    floors = sorted({*rules.district_least_share, *rules.district_least_sites})
    return {
        "format": FORMAT,
        "model": problem.model,
        "checker": CHECKERS[answer.certificate["model"]],
        "check_all": WHOLE,
        "names": [str(ref) for ref in problem.refs],
        "weight": problem.demand.weight.tolist(),
        "district": problem.demand.district.tolist(),
        "district_names": {str(at): problem.names.district(at) for at in floors},
        "cost": sites.cost.tolist(),
        "capacity": None
        if sites.capacity is None
        else [one if np.isfinite(one) else None for one in sites.capacity.tolist()],
        "fixed": sites.fixed.tolist(),
        "site_district": sites.district.tolist(),
        "chain": sites.chain.tolist(),
        "open_24h": sites.open_24h.astype(int).tolist(),
        "x": sites.x.tolist() if rules.spacing_metres else None,
        "y": sites.y.tolist() if rules.spacing_metres else None,
        "rules": _rules_told(rules),
        "demand": reach.demand.tolist(),
        "site": np.repeat(np.arange(len(reach)), np.diff(reach.start)).tolist(),
        "metres": None if metres is None else metres.tolist(),
        "certificate": answer.certificate,
    }


def check_proof(proof: Mapping[str, Any]) -> CheckedProof:
    """Check a `proof.json` that was read: that the plan keeps to the question's conditions, that
    the certificate is of this question, what the plan is worth and what bound is proved.

    Raises:
        Invalid: it is no such file, or something in it does not hold; says what.

    Cost: that of the checkers, some passes over the pairs for each price vector; with capacities
    and walks a linear program.
    """
    try:
        question, names = _read(proof)
        certificate = proof["certificate"]
        if not isinstance(certificate, Mapping):
            raise TypeError(type(certificate))
        opened = np.unique(np.array(certificate["sites"], np.int64))
        if len(opened) and (opened[0] < 0 or opened[-1] >= len(question.sites)):
            raise IndexError(opened)
        _check_conditions(question, opened, names)
        value, bound, wrong = proved(question, certificate, opened)
        if wrong:
            raise _wrong(
                f"证书与问题不符：{'、'.join(wrong)}。",
                f"The certificate is of another question: {', '.join(wrong)}.",
            )
        if value is None:
            value = _worth(question, certificate, opened)
        stated_value, stated_bound = float(certificate["value"]), float(certificate["bound"])
        chosen = [names.site(at) for at in opened.tolist()]
    except UNREADABLE as error:
        raise Invalid(
            f"这不是证明文件，或已损坏（{type(error).__name__}）。 "
            f"This is no proof of a plan, or it is damaged ({type(error).__name__}).",
            remedy="重新计算方案后再下载 proof.json。 "
            "Work the plan out again and fetch its proof.json.",
            field="proof",
        ) from error
    if bound is None or not np.isfinite(value) or not _same(value, stated_value):
        raise _wrong(
            f"方案的目标值应为 {value:,.10g}，文件写 {stated_value:,.10g}。",
            f"The plan is worth {value:,.10g}; the file says {stated_value:,.10g}.",
        )
    for limit in (bound, stated_bound):
        above, below = (value, limit) if question.model == "max-cover" else (limit, value)
        if above > below + NEAR * max(1.0, abs(limit)):
            raise _wrong(
                f"界 {limit:,.10g} 与方案 {value:,.10g} 矛盾。",
                f"The bound {limit:,.10g} contradicts the plan, which is worth {value:,.10g}.",
            )
    return CheckedProof(question.model, chosen, value, bound, stated_value, stated_bound)


def _rules_told(rules: Rules) -> dict[str, Any]:
    told = asdict(rules)
    for name in ("district_least_sites", "district_least_share"):
        told[name] = {str(at): value for at, value in told[name].items()}
    return told


def _rules_read(told: Mapping[str, Any]) -> Rules:
    floors = {
        name: {int(at): value for at, value in told[name].items()}
        for name in ("district_least_sites", "district_least_share")
    }
    return Rules(**{**told, **floors, "steps": tuple((m, s) for m, s in told["steps"])})


def _read(proof: Mapping[str, Any]) -> tuple[Question, Names]:
    count = len(proof["cost"])
    capacity = proof["capacity"]
    sites = Sites.of(
        count,
        cost=proof["cost"],
        capacity=None
        if capacity is None
        else [np.inf if one is None else float(one) for one in capacity],
        fixed=proof["fixed"],
        district=proof["site_district"],
        chain=proof["chain"],
        open_24h=proof["open_24h"],
        x=proof["x"],
        y=proof["y"],
        degrees=proof["x"] is not None,
    )
    demand = Demand.of(proof["weight"], district=proof["district"])
    if not (np.isfinite(demand.weight).all() and np.isfinite(sites.cost).all()):
        raise ValueError("a weight or cost that is no number")
    reach = _reach(proof, len(demand), count)
    refs = [str(one) for one in proof["names"]]
    districts = {int(at): name for at, name in proof["district_names"].items()}
    names = Names(
        districts=[districts.get(at) for at in range(max(districts, default=-1) + 1)], sites=refs
    )
    rules = _rules_read(proof["rules"])
    return Question(str(proof["model"]), demand, sites, reach, rules), names


def _reach(proof: Mapping[str, Any], points: int, sites: int) -> Reach:
    demand, site = np.array(proof["demand"], np.int64), np.array(proof["site"], np.int64)
    metres = None if proof["metres"] is None else np.array(proof["metres"], np.float32)
    if len(demand) != len(site) or (metres is not None and len(metres) != len(site)):
        raise ValueError("pairs of different lengths")
    if len(site) and (min(demand.min(), site.min()) < 0 or site.max() >= sites):
        raise IndexError("a pair of a site that is not there")
    if len(demand) and demand.max() >= points:
        raise IndexError("a pair of a point that is not there")
    order = np.lexsort((demand, site))
    start = np.zeros(sites + 1, np.int64)
    np.cumsum(np.bincount(site, minlength=sites), out=start[1:])
    far = None if metres is None else metres[order]
    return Reach(start, demand[order].astype(np.int32), far)


def _check_conditions(question: Question, opened: Longs, names: Names) -> None:
    demand, sites, rules = question.demand, question.sites, question.rules
    both = np.union1d(opened, np.flatnonzero(sites.fixed == EXISTING)).astype(np.int64)
    site, _, share = served_by(len(demand), len(sites), question.reach, rules.steps, both)
    broken = broken_conditions(sites, rules, opened, demand, share, names)
    told = [(one.zh, one.en) for one in broken if not one.warns]
    if _everybody(question):
        usable = np.flatnonzero(sites.fixed != FORBIDDEN).astype(np.int64)
        can, *_ = served_by(len(demand), len(sites), question.reach, (), usable)
        left = float(demand.weight[(can >= 0) & (site < 0)].sum())
        if left > 0:
            told.append(
                (
                    f"有 {left:,.10g} 的需求够得着候选点却没有站点服务。",
                    f"Demand of {left:,.10g} is reached by candidates but by no site of the plan.",
                )
            )
    if told:
        raise _wrong(*(" ".join(one) for one in zip(*told, strict=True)))


def _everybody(question: Question) -> bool:
    """Whether all who can be reached have to be."""
    rules = question.rules
    if question.model == "set-cover":
        return rules.share is None and not rules.district_least_share
    return question.model in WALKS and rules.unserved_metres is None


def _worth(question: Question, certificate: Mapping[str, Any], opened: Longs) -> float:
    """The objective of a plan whose checker derives the bound only."""
    weight, sites, rules = question.demand.weight, question.sites, question.rules
    if question.model == "set-cover":
        return float(sites.cost[opened].sum())
    demand, site, metres = question.pairs()
    if metres is None:
        raise ValueError("walks without distances")
    both = np.union1d(opened, np.flatnonzero(sites.fixed == EXISTING)).astype(np.int64)
    if question.model == "p-centre":
        who, far, _ = served_by(len(weight), len(sites), question.reach, (), both)
        return float(far[(who >= 0) & (weight > 0)].max(initial=0.0))
    if rules.capacities and sites.capacity is not None:
        room: Floats = sites.capacity
        usable = sites.fixed[site] != FORBIDDEN
        pairs = demand[usable], site[usable], metres[usable]
        return least_walk(weight, *pairs, room, both, rules.unserved_metres)
    value, _ = check_walk(weight, demand, site, metres, sites.cost, dict(certificate))
    return value


def _wrong(zh: str, en: str) -> Invalid:
    return Invalid(
        f"证明不成立：{zh} The proof does not hold: {en}",
        remedy="不要采用这个方案；重新下载或重新计算。 "
        "Do not rely on this plan; fetch the file again, or work the plan out anew.",
        field="proof",
    )


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= NEAR * max(1.0, abs(other))


__all__ = ["CHECKERS", "FORMAT", "CheckedProof", "check_proof", "proof_of"]
