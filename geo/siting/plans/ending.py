"""What is written down when a plan has been worked out: the answer, what it does, its proof."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from typing import Any, Final, Literal

import numpy as np

from geo.siting.amounts import whole_text
from geo.siting.conditions import served_by
from geo.siting.ground.ground import Ground
from geo.siting.ground.planning import cost_of, evaluate
from geo.siting.plans import scenarios
from geo.siting.plans.facts import facts_of
from geo.siting.plans.jobs import NO_PLAN, Solved
from geo.siting.plans.looking import NOT_YET, Afterwards
from geo.siting.plans.remarks import (
    Remark,
    halves,
    idle_remark,
    named_remarks,
    none_chosen,
    remarks_of,
)
from geo.siting.plans.whom import packed
from geo.siting.problem import Answer, Longs, gap_of
from geo.siting.proofs.bounds import Question as Asked
from geo.siting.proofs.bounds import proved
from geo.siting.proofs.proof_file import proof_of
from geo.siting.question import Question
from geo.siting.solving import Problem
from geo.siting.stated import standing_with

MOST_PROOF_PAIRS: Final = 3_000_000
MOST_VECTORS: Final = 20
"""Prices of a certificate that are multiplied out while somebody waits for the plan."""
Unit = Literal["people", "sites", "cost", "person_metres", "metres"]


def ending(
    ground: Ground,
    question: Question,
    problem: Problem,
    told: Solved,
    history: Sequence[Sequence[float | None]],
) -> dict[str, Any]:
    """What is written down at the end of a search.

    Cost: see :func:`geo.siting.plans.facts.facts_of` and :func:`proof_file`.
    """
    answer = told.answer
    chosen = [problem.refs[at] for at in answer.sites.tolist() if at < len(problem.refs)]
    infeasible = answer.status == "infeasible"
    facts = None
    if infeasible:
        # Who explains it names what the solver only numbers.
        named = told.why_zh not in ("", NO_PLAN[0])
        relaxed = [] if named else [halves(one) for one in answer.relaxed]
    else:
        relaxed = remarks(ground, question, problem, answer)
        if answer.found:
            facts = facts_of(ground, question, chosen)
            if told.looking:
                # Until it is told, and for good where whoever looks does not come to it.
                tell_around(facts, problem, Afterwards(looking=True, why_not=NOT_YET))
            relaxed += idle_remark(facts, question.model)
    ended: dict[str, Any] = {
        "state": "stopped" if answer.status == "stopped" else "done",
        "editions": [
            {"dataset": one.dataset, "id": one.id, "as_of": one.as_of.isoformat()}
            for one in ground.city.editions
        ],
        "history": list(history),
        "answer": {
            "status": answer.status,
            "objective": finite(answer.objective),
            "objective_unit": unit_of(question),
            "objective_sites": len(chosen),
            "objective_cost": round(cost_of(ground, question, chosen), 2),
            "bound": finite(answer.bound),
            "gap": finite(answer.gap),
            "proved_gap": proved_gap(problem, answer),
            "seconds": round(answer.seconds, 3),
            "seed": answer.seed,
            "begun_from": told.begun_from,
            "sites": chosen,
            "relaxed": [f"{zh} {en}" for zh, en in relaxed],
            "relaxed_zh": [zh for zh, _ in relaxed],
            "relaxed_en": [en for _, en in relaxed],
        },
    }
    if infeasible:
        ended["problem"] = {
            "detail": " ".join(part for part in (told.why_zh, told.why_en) if part)
            or " ".join(NO_PLAN),
            "detail_zh": told.why_zh or NO_PLAN[0],
            "detail_en": told.why_en or NO_PLAN[1],
            "remedy": "放宽条件后重新计算。 Relax a condition and run it again.",
        }
        return ended
    if facts is not None:
        ended["facts"] = facts
        ended["reached"] = packed(evaluate(ground, question, chosen).state)
    ended["proof"] = proof_file(problem, answer)
    return ended


def tell_around(facts: dict[str, Any], problem: Problem, around: Afterwards | None) -> None:
    """How sure each site is, and the best plan without it, among the facts of the sites; None:
    nothing is told of such plans."""
    if around is None:
        facts["steady"] = None
        return
    zh, en = around.left_out or (None, None)
    facts["steady"] = {
        "plans": around.plans,
        "within": around.within,
        "left_zh": zh,
        "left_en": en,
        "looking": around.looking,
    }
    place = {ref: at for at, ref in enumerate(problem.refs)}
    ready = {one.site: one for one in around.ready}
    rules = problem.rules
    held = rules.open_24h_least or rules.district_least_sites or rules.district_least_share

    def named(sites: Longs) -> list[dict[str, Any]]:
        return [{"id": problem.refs[at], "name": problem.names.label(at)} for at in sites.tolist()]

    for site in facts["sites"]:
        at = place[site["id"]]
        often = around.often if around.plans else None
        site["often"] = None if often is None else round(float(often[at]), 3)
        one = ready.get(at)
        if one is None:
            continue
        possible = bool(np.isfinite(one.loss))
        loss = max(one.loss, 0.0)
        # Who comes only to make up the number is nobody's replacement.
        for_nothing = possible and not held and abs(round(loss, 1) - site["adds_last"]) < 0.05
        site["without"] = {
            "possible": possible,
            "comes": [] if for_nothing else named(one.comes),
            "goes": [] if for_nothing else named(one.goes),
            "loss": (0.0 if loss < facts["least"] else round(loss, 1)) if possible else None,
        }


def unit_of(question: Question) -> Unit:
    """What the objective of a question counts: people (or person-hours), sites, money, metres that
    all walk together or the one who walks farthest."""
    if question.model == "set-cover":
        return question.least
    units: dict[str, Unit] = {"p-median": "person_metres", "p-centre": "metres"}
    return units.get(question.model, "people")


def remarks(ground: Ground, question: Question, problem: Problem, answer: Answer) -> list[Remark]:
    """What could not be kept, was assumed or is odd."""
    sites, rules, demand = problem.sites, problem.rules, problem.demand
    told = named_remarks(sites, rules, answer, problem.names)
    told += remarks_of(sites, rules.p, rules.budget)
    told += [
        (f"必选的{name}已经是驿站。", f"{name} has to be in it, and is a station by now.")
        for name in (ground.city.hosts.names[at] for at in _stand_already(ground, question))
    ]
    if problem.cost_unstated and problem.none_costs:
        told.append(
            ("候选点都没有成本，每个按 1 计。", "No candidate states a cost; each counts as 1.")
        )
    elif problem.cost_unstated:
        told.append(
            (
                f"有 {problem.cost_unstated} 个候选点没有成本，按中位数计。",
                f"{problem.cost_unstated} candidates state no cost; the middle one was taken.",
            )
        )
    if rules.unserved_metres is not None:
        both = standing_with(sites, answer.sites)
        site, *_ = served_by(len(demand), len(sites), problem.reach, (), both)
        left = float(demand.weight[site < 0].sum())
        if left >= max(ground.least, 1e-9):
            unit_zh, unit_en = ("人·时", "person-hours") if ground.hours > 1 else ("人", "people")
            far = f"{rules.unserved_metres:,.0f}"
            zh = f"有 {whole_text(left)} {unit_zh}在 {far} 米内没有站点，按步行 {far} 米计。"
            en = f"{whole_text(left)} {unit_en} have no station within {far} m"
            en += " and count as walking so far."
            told.append((zh, en))
    if not told and answer.status == "optimal" and not len(answer.sites):
        helps = evaluate(ground, question, []).gain.max(initial=0.0) > max(ground.least, 1e-9)
        told.append(none_chosen(question.model, rules.p, helps=bool(helps)))
    return told


def _stand_already(ground: Ground, question: Question) -> list[int]:
    """Candidates that are locked and are stations of today by now."""
    at = [int(ground.host[ground.host_at[one]]) for one in question.lock if one in ground.host_at]
    return [one for one in at if ground.city.opened[one]]


def finite(value: float) -> float | None:
    """As JSON takes it."""
    return float(value) if np.isfinite(value) else None


def proof_file(problem: Problem, answer: Answer) -> bytes | None:
    """The certificate with all that its checker needs, as JSON, gzip; None where there is none, or
    it would be too large. See :mod:`geo.siting.proofs.proof_file`."""
    if answer.certificate is None or problem.reach.pairs > MOST_PROOF_PAIRS:
        return None
    # Not harder: somebody waits for the plan, and few fetch its proof.
    return gzip.compress(scenarios.as_json(proof_of(problem, answer)).encode(), 1)


def proved_gap(problem: Problem, answer: Answer) -> float | None:
    """How near to the best the certificate by itself proves the plan to be: not what the search
    proved further, by splitting, by reductions and by HiGHS, where the certificate does not tell
    it. None: there is no certificate, or it is too large to be multiplied out here.

    Cost: mostly a pass over the pairs.
    """
    proof = answer.certificate
    if proof is None or not answer.found or problem.reach.pairs > MOST_PROOF_PAIRS:
        return None
    # Within capacities another's bound is told only where it is the better one.
    tells = not problem.rules.capacities or "roomy" in proof or proof.get("by") == "cuts"
    if proof.get("by") in ("prices", "tree", "cuts") and tells:
        # Its bound is that of the certificate.
        return finite(answer.gap)
    inside = _vectors(proof.get("roomy", proof).get("tree")) + _vectors(proof.get("parts"))
    if inside > MOST_VECTORS:
        return None
    question = Asked(problem.model, problem.demand, problem.sites, problem.reach, problem.rules)
    _, bound, _ = proved(question, proof, answer.sites)
    return None if bound is None else finite(max(answer.gap, gap_of(answer.objective, bound)))


HALVES: Final = ("opened", "shut", "fewer", "more")


def _vectors(tree: dict[str, Any] | None) -> int:
    """How many there are in all parts of a tree."""
    count, waiting = 0, [] if tree is None else [tree]
    while waiting:
        part = waiting.pop()
        # That of a p-centre has none.
        count += len(part.get("vectors", []))
        waiting += [part[half] for half in HALVES if half in part]
    return count


__all__ = [
    "Unit",
    "ending",
    "finite",
    "proof_file",
    "proved_gap",
    "remarks",
    "tell_around",
    "unit_of",
]
