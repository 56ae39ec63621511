"""The proof of a plan as one file (`proof.json`): question in arrays, plan and certificate.

Whoever has it needs nothing else: :func:`check_proof` derives value, conditions and bound anew with
the checkers, which share no code with the solvers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from geo.errors import Invalid, InvalidFile
from geo.siting.names import Names
from geo.siting.problem import FORBIDDEN, Answer, Demand, Reach, Rules, Sites
from geo.siting.proofs.bounds import UNREADABLE, Question
from geo.siting.proofs.checked import Checked, examined
from geo.siting.solving import Problem

FORMAT: Final = "nuanyi siting proof 2"
WHOLE: Final = "geo.siting.proofs.proof_file.check_proof(proof)"
CHECKERS: Final = {
    "max-cover": "geo.siting.checker.check"
    "(weight, demand, site, metres, cost, certificate, district)",
    "max-cover with capacities": "geo.siting.checker_served.check_served"
    "(weight, demand, site, capacity, cost, certificate)",
    "set-cover": WHOLE,
    "p-median": "geo.siting.median.certificate.check_walk"
    "(weight, demand, site, metres, cost, certificate)",
    "p-median with capacities": "geo.siting.median.certificate.check_walk"
    "(weight, demand, site, metres, cost, certificate, capacity)",
    "p-centre": "geo.siting.centre.proof.check_centre"
    "(weight, demand, site, metres, fixed, certificate)",
}
"""What multiplies the certificate of each model out, from the arrays of the file by their names."""
WALKS: Final = ("p-median", "p-centre")


@dataclass(frozen=True)
class CheckedProof(Checked):
    """What a proof proves: besides, the model of its question, and the names of the plan's sites as
    the file has them."""

    model: str
    names: list[str]


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
        InvalidFile: it is no such file (:func:`examine_proof`).
        Invalid: something in it does not hold; says what.

    Cost: that of :func:`geo.siting.proofs.checked.examined`.
    """
    found = examine_proof(proof)
    if found.holds:
        return found
    broken = " ".join(found.broken) or (
        f"方案的目标值应为 {found.value:,.10g}，文件写 {found.stated:,.10g}。 "
        f"The plan is worth {found.value:,.10g}; the file says {found.stated:,.10g}."
    )
    raise Invalid(
        f"证明不成立。 The proof does not hold. {broken}",
        remedy="不要采用这个方案；重新下载或重新计算。 "
        "Do not rely on this plan; fetch the file again, or work the plan out anew.",
        field="proof",
    )


def examine_proof(proof: Mapping[str, Any]) -> CheckedProof:
    """The same, and what does not hold is told in `broken`.

    Raises:
        InvalidFile: it is no proof, of a model without a checker, or lacks what its checker needs.

    Cost: as :func:`check_proof`.
    """
    try:
        certificate = proof["certificate"]
        if not isinstance(certificate, Mapping):
            raise TypeError(type(certificate))
        _check_model(certificate)
        question, names = _read(proof)
        _check_whole(question, proof)
        opened = np.unique(np.array(certificate["sites"], np.int64))
        if len(opened) and (opened[0] < 0 or opened[-1] >= len(question.sites)):
            raise IndexError(opened)
        stated, stated_bound = float(certificate["value"]), float(certificate["bound"])
    except UNREADABLE as error:
        raise InvalidFile(
            f"这不是证明文件，或已损坏，读不懂（{type(error).__name__}）。 This is no proof of a "
            f"plan, or it is damaged: it cannot be read ({type(error).__name__}).",
            remedy="重新计算方案后再下载 proof.json。 "
            "Work the plan out again and fetch its proof.json.",
            field="proof",
        ) from error
    found = examined(question, opened, names, certificate, stated, stated_bound)
    broken = found.broken
    if found.bound is None and not broken:
        broken = ["证书没有证明任何界。 The certificate proves no bound."]
    chosen = [names.site(at) for at in opened.tolist()]
    return CheckedProof(
        found.value, stated, found.bound, stated_bound, broken, question.model, chosen
    )


def _check_model(certificate: Mapping[str, Any]) -> None:
    model = certificate["model"]
    if model not in CHECKERS:
        raise InvalidFile(
            f"没有模型“{model}”的核对程序。 There is no checker of the model '{model}'.",
            remedy=f"可核对 / There are: {'、'.join(CHECKERS)}。",
            field="certificate",
        )


def _check_whole(question: Question, proof: Mapping[str, Any]) -> None:
    """Refuse a file without an array that its question needs."""
    rules = question.rules
    needs = {
        "metres": question.model in WALKS or bool(rules.steps),
        "capacity": rules.capacities,
        "district": bool(rules.district_least_share),
        "x": rules.spacing_metres > 0,
    }
    lacking = [name for name, needed in needs.items() if needed and proof[name] is None]
    if lacking:
        raise InvalidFile(
            f"proof.json 缺少 {'、'.join(lacking)}，无法核对。 "
            f"The proof.json lacks {', '.join(lacking)}: its bound cannot be derived.",
            remedy="重新下载 proof.json。 Download the proof.json again.",
            field=lacking[0],
        )
    known = range(_districts(question.demand, question.sites))
    if not {*rules.district_least_share, *rules.district_least_sites} <= {*known}:
        raise IndexError("a floor of a district that is not there")


def _districts(demand: Demand, sites: Sites) -> int:
    return 1 + max(int(one.district.max(initial=-1)) for one in (demand, sites))


def _rules_told(rules: Rules) -> dict[str, Any]:
    told = asdict(rules)
    for name in ("district_least_sites", "district_least_share"):
        told[name] = {str(at): value for at, value in told[name].items()}
    return told


def _rules_read(told: Mapping[str, Any]) -> Rules:
    """The rules, each of its type: what a damaged file has instead is refused here, and not
    somewhere in the middle of a check."""

    def one(name: str, kind: Callable[[Any], Any]) -> Any:
        return None if told[name] is None else kind(told[name])

    def each(name: str, kind: Callable[[Any], Any]) -> dict[int, Any]:
        return {int(at): kind(value) for at, value in told[name].items()}

    if told["spacing"] not in ("forbid", "warn"):
        raise ValueError(told["spacing"])
    known = {
        "p": one("p", _whole),
        "budget": one("budget", _amount),
        "steps": tuple((_amount(metres), _amount(share)) for metres, share in told["steps"]),
        "backup": _amount(told["backup"]),
        "spacing_metres": _amount(told["spacing_metres"]),
        "district_least_sites": each("district_least_sites", _whole),
        "district_least_share": each("district_least_share", _amount),
        "open_24h_least": _whole(told["open_24h_least"]),
        "per_chain_most": one("per_chain_most", _whole),
        "capacities": bool(told["capacities"]),
        "share": one("share", _amount),
        "unserved_metres": one("unserved_metres", _amount),
    }
    return Rules(**{**told, **known})


def _amount(value: Any) -> float:
    """A number of 0 or more."""
    if isinstance(value, str) or not 0 <= float(value) < np.inf:
        raise ValueError(value)
    return float(value)


def _whole(value: Any) -> int:
    if _amount(value) % 1:
        raise ValueError(value)
    return int(value)


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
    for column in (demand.weight, sites.cost):
        if not (np.isfinite(column).all() and (column >= 0).all()):
            raise ValueError("a weight or cost that is no number of 0 or more")
    if sites.capacity is not None and not (sites.capacity >= 0).all():
        raise ValueError("a capacity that is no number of 0 or more")
    rules = _rules_read(proof["rules"])
    spot = np.column_stack((sites.x, sites.y))[sites.fixed != FORBIDDEN]
    if rules.spacing_metres and not np.isfinite(spot).all():
        raise ValueError("a site without a position, where sites have to stand apart")
    reach = _reach(proof, len(demand), count)
    refs = [str(one) for one in proof["names"]]
    called = {int(at): str(name) for at, name in proof["district_names"].items()}
    names = Names(districts=[called.get(at) for at in range(_districts(demand, sites))], sites=refs)
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


__all__ = ["CHECKERS", "FORMAT", "CheckedProof", "check_proof", "examine_proof", "proof_of"]
