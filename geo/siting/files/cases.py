"""One plan for several files of demand, or several kinds of days of one: ROBUST.json."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from geo.errors import InvalidFile
from geo.siting.control import Control
from geo.siting.files.asked import Question, rules_of
from geo.siting.files.checking import check_plan
from geo.siting.files.load import Problem
from geo.siting.files.plan import asked_of, has_plan, infeasible_of, relative
from geo.siting.files.serving import gathered_reach, hash_of, named, number, served, sites_of
from geo.siting.problem import EXISTING, Demand, Floats, Ints, Longs, Reach
from geo.siting.proofs.checked import NEAR, Checked, of_another
from geo.siting.stated import standing_with
from geo.siting.variations.robust import Aim, Robust, check_case_count, robust

FORMAT: Final = "nuanyi-robust-1"
AIMS: Final[tuple[Aim, ...]] = ("worst share", "least regret", "mean")
STATED_ALONE: Final = (
    "后悔以文件所记的各情景单独的界计算，这些界没有证书。 "
    "Regret is measured by the bounds of each case alone as the file states them; they carry no "
    "certificate."
)


@dataclass(frozen=True)
class Case:
    """A file of demand, and the kind of day that counts of it."""

    demand: Path
    day: str | None

    @property
    def name(self) -> str:
        """For a person."""
        return self.demand.name if self.day is None else f"{self.demand.name} · {self.day}"


@dataclass(frozen=True, eq=False)
class Cases:
    """S questions about the same candidates as one.

    Attributes:
        problem: the demand points of all, one case behind the other, each with its mean weight.
        weights: (S, n) people of each case; 0 at the points of the others.
    """

    cases: tuple[Case, ...]
    problem: Problem
    weights: Floats


def cases_of(demands: Sequence[Path], days: Sequence[str]) -> tuple[Case, ...]:
    """Every kind of day of every file.

    Raises:
        Invalid: fewer than two, or more than can be.
    """
    found = tuple(
        Case(path, day)
        for path in dict.fromkeys(demands)
        for day in (dict.fromkeys(days) if days else (None,))
    )
    check_case_count(
        len(found),
        "demand",
        "多给几个 --demand，或用 --days workday,weekend。 "
        "Give --demand more than once, or --days workday,weekend.",
    )
    return found


def stacked(
    question: Question, cases: Sequence[Case], load: Callable[[Question], Problem]
) -> Cases:
    """Read all cases and lay them out as one question.

    Args:
        question: what is asked of each; its `demand` and `day` are not looked at.
        load: reads the files of a question.

    Raises:
        Invalid: a case of nobody, or of another metric; see :func:`geo.siting.files.load.load`.
    """
    loaded = [load(replace(question, demand=one.demand, day=one.day)) for one in cases]
    first = loaded[0]
    for case, one in zip(cases, loaded, strict=True):
        if one.metric != first.metric:
            raise InvalidFile(
                f"{case.name} 按 {one.metric} 计距离，其他按 {first.metric}。 "
                f"Distances of {case.name} are {one.metric}, of the others {first.metric}.",
                remedy="用 --metric 指明。 Say which with --metric.",
                field="metric",
            )
        if not one.demand.weight.sum() > 0:
            raise InvalidFile(
                f"{case.name} 没有人。 Nobody is in {case.name}.",
                remedy="去掉这个情景，或改正权重。 Leave the case out, or correct its weights.",
                field="weight",
            )
    before = np.cumsum([0, *(len(one.demand) for one in loaded)])
    weights = np.zeros((len(loaded), int(before[-1])))
    for at, one in enumerate(loaded):
        weights[at, before[at] : before[at + 1]] = one.demand.weight
    districts = list(dict.fromkeys(name for one in loaded for name in one.districts))
    demand = Demand.of(
        weights.mean(axis=0),
        district=np.concatenate(
            [_recoded(one.demand.district, one.districts, districts) for one in loaded]
        ),
        x=np.concatenate([one.demand.x for one in loaded]),
        y=np.concatenate([one.demand.y for one in loaded]),
    )
    sites = replace(
        first.sites, district=_recoded(first.sites.district, first.districts, districts)
    )
    problem = replace(
        first,
        demand=demand,
        sites=sites,
        reach=_reach([gathered_reach(one.reach) for one in loaded], before),
        rules=rules_of(question, demand, districts),
        districts=districts,
        demand_ids=pa.concat_arrays([one.demand_ids for one in loaded]),
        notes=list(dict.fromkeys(note for one in loaded for note in one.notes)),
    )
    return Cases(tuple(cases), problem, weights)


def _recoded(codes: Ints, words: Sequence[str], into: Sequence[str]) -> Ints:
    """Positions in one list of names as those in another; -1 stays."""
    place = {name: at for at, name in enumerate(into)}
    table = np.array([*(place[name] for name in words), -1], np.int32)
    return table[codes]


def _reach(parts: Sequence[Reach], before: Longs) -> Reach:
    """Who reaches whom of all cases: the demand of each behind that of the one before."""
    owner = np.concatenate([np.repeat(np.arange(len(one)), np.diff(one.start)) for one in parts])
    demand = np.concatenate(
        [one.demand + shift for one, shift in zip(parts, before[:-1], strict=True)]
    )
    # By site and, within a site, by demand, which is ascending in each part and from part to part.
    order = np.argsort(owner, kind="stable")
    start = np.zeros(len(parts[0]) + 1, np.int64)
    np.cumsum(np.bincount(owner, minlength=len(parts[0])), out=start[1:])
    known = [one.metres for one in parts if one.metres is not None]
    metres = np.concatenate(known)[order] if len(known) == len(parts) else None
    return Reach(start, demand[order].astype(np.int32), metres)


def solve_cases(asked: Cases, aim: Aim, control: Control, seed: int = 0) -> Robust:
    """The plan for all cases; see :func:`geo.siting.variations.robust.robust`."""
    problem = asked.problem
    return robust(
        asked.weights,
        problem.demand,
        problem.sites,
        problem.reach,
        problem.rules,
        aim,
        control,
        seed,
    )


def robust_of(asked: Cases, found: Robust, aim: Aim, folder: Path) -> dict[str, Any]:
    """The answer as ROBUST.json; `folder`: where it will be, its files are named from there."""
    problem, answer = asked.problem, found.answer
    possible = has_plan(answer)
    totals = asked.weights.sum(axis=1)
    told: dict[str, Any] = {
        "format": FORMAT,
        "aim": aim,
        "status": answer.status,
        "objective": number(answer.objective) if possible else None,
        "bound": number(answer.bound) if possible else None,
        "gap": number(answer.gap),
        "sites": named(problem.site_ids, answer.sites),
        "existing": int((problem.sites.fixed == EXISTING).sum()),
        "cost": number(float(problem.sites.cost[answer.sites].sum())),
        "cases": [
            {
                "demand": relative(case.demand, folder),
                "sha256": hash_of(case.demand),
                "day": case.day,
                "total": number(float(total)),
                "covered": number(float(value)) if possible else None,
                "share": number(float(value / total)) if possible else None,
                "alone": number(float(best)) if possible else None,
                "alone_bound": number(float(bound)) if possible else None,
            }
            for case, total, value, best, bound in zip(
                asked.cases, totals, found.value, found.best, found.bound, strict=True
            )
        ],
        "seconds": round(answer.seconds, 3),
        "seed": answer.seed,
        "relaxed": answer.relaxed,
        "notes": problem.notes,
        "history": [[round(s, 3), number(v), number(b)] for s, v, b in answer.history],
    }
    if not possible:
        told |= infeasible_of(problem)
    question = asked_of(problem, folder)
    # Each case names its own.
    for name in ("demand", "day"):
        question.pop(name)
    question["sha256"].pop("demand")
    told["question"] = question
    told["certificate"] = answer.certificate
    return told


def cases_in(told: Mapping[str, Any], folder: Path) -> tuple[Case, ...]:
    """The cases of ROBUST.json, with their files as seen from its folder."""
    return tuple(Case(folder / one["demand"], one["day"]) for one in told["cases"])


def check_cases(told: Mapping[str, Any], asked: Cases) -> Checked:
    """Check ROBUST.json against its files: the share of each case from the raw pairs, and the bound
    of the mixture of cases, which no plan passes in its worst one.

    The least regret is measured by the bounds that the file states of each case alone. They carry
    no certificate: it is only checked that the plan passes none of them, and noted.

    Raises:
        InvalidFile: it names sites that are in no file.
        UNREADABLE: it is damaged.
    """
    problem, aim = asked.problem, told["aim"]
    if aim not in AIMS:
        raise ValueError(aim)
    alone = np.array([_float(one["alone_bound"]) for one in told["cases"]])
    totals = asked.weights.sum(axis=1)
    if aim == "least regret":
        # As the search does: where nobody can be reached, nobody is.
        totals = np.where(np.isnan(alone), totals, np.maximum(alone, 1e-300))
    shares = asked.weights / totals[:, None]
    opened = sites_of(problem, [str(one) for one in told["sites"]])
    _, _, covers = served(problem, standing_with(problem.sites, opened))
    by_case = shares @ covers
    value = float(by_case.mean() if aim == "mean" else by_case.min())
    stated, stated_bound = _float(told["objective"]), _float(told["bound"])
    covered = asked.weights @ covers
    passed = ~(alone >= covered * (1 - NEAR) - NEAR) & np.isfinite(stated)
    broken = [
        f"{case.name} 单独的界低于方案在其中的覆盖。 "
        f"The bound of {case.name} alone is below what the plan covers of it."
        for case, wrong in zip(asked.cases, passed.tolist(), strict=True)
        if wrong
    ]
    # The conditions are of the mean of all cases; so is a bound of theirs, and of no other mixture.
    rules = problem.rules
    mean = np.full(len(shares), 1.0 / len(shares))
    proof = told["certificate"] or {}
    mixture = np.array(proof.get("mixture", mean), np.float64)
    if mixture.shape != mean.shape or not (mixture >= 0).all() or not 0 < mixture.sum() < np.inf:
        raise ValueError(mixture)
    mixture = mixture / mixture.sum()
    if not np.allclose(mixture, mean, rtol=0, atol=1e-12):
        rules = replace(rules, district_least_share={})
        if aim == "mean":
            rules, mixture = problem.rules, mean
            broken.append(of_another("mixture"))
    plan = {"sites": told["sites"], "objective": None, "question": told["question"]}
    found, bounded = (
        check_plan(
            plan | {"certificate": certificate},
            replace(
                problem,
                rules=conditions,
                demand=replace(problem.demand, weight=weights @ shares),
            ),
        )
        for certificate, conditions, weights in (
            (None, problem.rules, mean),
            (proof.get("mixed"), rules, mixture),
        )
    )
    changed = [
        f"{case.demand.name} 已改变。 {case.demand.name} is not the file the plan was made from."
        for case, one in zip(asked.cases, told["cases"], strict=True)
        if one["sha256"] != hash_of(case.demand)
    ]
    broken = list(dict.fromkeys([*changed, *broken, *found.broken, *bounded.broken]))
    for words, bound in (
        ("所记的界 The bound as stated", stated_bound),
        ("证书的界 The bound of the certificate", bounded.bound),
    ):
        if bound is not None and value > bound + NEAR:
            broken.append(f"{words} 与方案矛盾 contradicts the plan.")
    bound = None if np.isnan(stated_bound) else stated_bound
    notes = [STATED_ALONE] if aim == "least regret" else []
    return Checked(value, stated, bounded.bound, bound, broken, notes=notes)


def _float(value: Any) -> float:
    return float("nan") if value is None else float(value)
