"""PLAN.json: an answer with everything that it rests on, so that anyone can check it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np

from geo.errors import Invalid, InvalidFile
from geo.siting.conditions import everybody_needed
from geo.siting.control import Control
from geo.siting.evaluate import Evaluator
from geo.siting.explain.explain import Explanation, Names, explain
from geo.siting.files.asked import COVERS, FILES, MODELS, Question
from geo.siting.files.load import Problem
from geo.siting.files.serving import hash_of, named, number, served
from geo.siting.files.sharing import Within
from geo.siting.ground.room import LEAST, ROUNDING, Flow
from geo.siting.median.lexicographic import Lexicographic, cover_then_walk
from geo.siting.plans.remarks import named_remarks
from geo.siting.problem import EXISTING, Answer, Floats, Longs

FORMAT: Final = "nuanyi-plan-1"
CERTIFIED_POINTS: Final = 1_000_000
"""Beyond, the prices of all points would be a file of hundreds of megabytes."""
FACTS_POINTS: Final = 2_000_000
FLOWED_SITES: Final = 300
"""With capacities, what a site adds takes two flows of the whole plan: for no more sites."""
EXPLAIN_SECONDS: Final = 20.0
_SOLVERS: Final[Mapping[str, tuple[str, str]]] = {
    "max-cover": ("geo.siting.max_cover.solve", "max_cover"),
    "set-cover": ("geo.siting.set_cover.solve", "set_cover"),
    "p-median": ("geo.siting.median", "p_median"),
    "p-centre": ("geo.siting.centre.solve", "p_centre"),
}


def solver_of(model: str) -> Callable[..., Answer]:
    """The engine of a model; all are called alike. Loaded when it is asked for."""
    module, name = _SOLVERS[model]
    solver: Callable[..., Answer] = getattr(import_module(module), name)
    return solver


def solve(
    problem: Problem,
    control: Control,
    seed: int = 0,
    *,
    certified: bool | None = None,
    warm: Longs | None = None,
) -> Answer:
    """The plan of a problem of files; see :func:`geo.siting.max_cover.solve.max_cover`.

    Args:
        certified: whether prices shall prove the bound; None: unless there are very many points.
        warm: a plan to begin from, positions among the sites.
    """
    return solver_of(problem.question.model)(
        problem.demand,
        problem.sites,
        problem.reach,
        problem.rules,
        control,
        seed,
        warm=warm,
        with_certificate=_certified(problem, certified),
    )


def solve_then_walk(
    problem: Problem, control: Control, seed: int = 0, *, certified: bool | None = None
) -> Lexicographic:
    """The plan that, of those that cover most, walks least; `certified` as for :func:`solve`."""
    return cover_then_walk(
        problem.demand,
        problem.sites,
        problem.reach,
        problem.rules,
        control,
        seed,
        with_certificate=_certified(problem, certified),
    )


def _certified(problem: Problem, wanted: bool | None) -> bool:
    return len(problem.demand) <= CERTIFIED_POINTS if wanted is None else wanted


def why_not(problem: Problem, seconds: float = EXPLAIN_SECONDS) -> Explanation:
    """Why a problem of files has no plan, and what would change that."""
    question = problem.question
    ids = problem.site_ids
    return explain(
        problem.demand,
        problem.sites,
        problem.reach,
        problem.rules,
        names=Names(
            problem.districts,
            problem.chains,
            ids.to_pylist() if question.spacing and len(ids) < CERTIFIED_POINTS else (),
        ),
        everybody=everybody_needed(question.model, problem.rules),
        straight=problem.metric in ("euclidean", "geodesic"),
        farther=question.radius is not None,
        seconds=seconds,
    )


def has_plan(answer: Answer) -> bool:
    """Whether there is a plan, be it the empty one."""
    return answer.found


def plan_of(
    problem: Problem,
    answer: Answer,
    *,
    folder: Path,
    explained: Explanation | None = None,
    assigned: bool = False,
    walk: Answer | None = None,
) -> dict[str, Any]:
    """An answer as PLAN.json.

    Args:
        folder: of PLAN.json; the files are named as seen from there.
        explained: why there is no plan.
        assigned: with the site of each demand point.
        walk: what the covered people walk, where that was asked for.
    """
    told: dict[str, Any] = {
        "format": FORMAT,
        "model": problem.question.model,
        "status": answer.status,
        "sense": _sense(problem),
        "objective": number(answer.objective) if has_plan(answer) else None,
        "bound": number(answer.bound),
        "gap": number(answer.gap),
        "sites": named(problem.site_ids, answer.sites),
        "existing": _existing(problem),
        "cost": _cost(problem, answer.sites),
        "seconds": round(answer.seconds, 3),
        "seed": answer.seed,
        # Who explains names what the solver only numbers.
        "relaxed": [] if explained is not None and explained.reasons else _relaxed(problem, answer),
        "notes": problem.notes,
        "history": [[round(s, 3), number(v), number(b)] for s, v, b in answer.history],
    }
    if walk is not None and has_plan(answer):
        told["walk"] = {
            "status": walk.status,
            "objective": number(walk.objective),
            "bound": number(walk.bound),
            "gap": number(walk.gap),
            "certificate": walk.certificate,
        }
    if explained is not None:
        told |= _infeasible(explained)
    if has_plan(answer):
        told |= _served(problem, answer.sites, assigned=assigned)
    told["question"] = asked_of(problem, folder)
    told["certificate"] = answer.certificate
    return told


def _infeasible(explained: Explanation) -> dict[str, Any]:
    return {
        "infeasible": {
            "zh": explained.zh,
            "en": explained.en,
            "reasons": [asdict(one) for one in explained.reasons],
            "changes": [asdict(one) for one in explained.changes],
        }
    }


def infeasible_of(problem: Problem) -> dict[str, Any]:
    """Why a problem has no plan, as it is written; cost: see :func:`why_not`."""
    return _infeasible(why_not(problem))


def write(plan: Mapping[str, Any], path: Path) -> None:
    """Write PLAN.json: readable, but long lists on one line.

    Raises:
        Invalid: there is no such folder, or no right to write.
    """
    lines = [f"{json.dumps(name)}: {_dumped(value)}" for name, value in plan.items()]
    try:
        path.write_text("{\n " + ",\n ".join(lines) + "\n}\n", encoding="utf-8")
    except OSError as error:
        raise Invalid(
            f"{path} 无法写入。 {path} cannot be written: {error.strerror}.",
            remedy="请检查文件夹与权限。 Check the folder and its permissions.",
            field="out",
        ) from error


def read(path: Path) -> dict[str, Any]:
    """Read PLAN.json.

    Raises:
        InvalidFile: it is no plan.
    """
    try:
        told = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InvalidFile(
            f"没有文件 {path}。 There is no file {path}.", remedy="请检查路径。 Check the path."
        ) from error
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise InvalidFile(
            f"{path.name} 不是选址方案。 {path.name} is no plan of this program.",
            remedy="请用 nuanyi siting solve 写出的 PLAN.json。 "
            "Give a PLAN.json that nuanyi siting solve wrote.",
        )
    return told


def question_of(plan: Mapping[str, Any], folder: Path) -> Question:
    """The question of a plan, with its files as seen from the folder of PLAN.json.

    Raises:
        InvalidFile: it has none that can be read.
    """
    said = plan.get("question")
    if not isinstance(said, dict) or said.get("model") not in MODELS:
        raise InvalidFile(
            "方案没有问题部分。 The plan does not say what was asked.",
            remedy="重新求解。 Solve it again.",
        )
    known = {one.name for one in fields(Question)}
    values = {name: value for name, value in said.items() if name in known}
    for name in FILES:
        if values.get(name) is not None:
            values[name] = folder / values[name]
    for name in ("force", "forbid"):
        values[name] = tuple(values.get(name, ()))
    for name in ("steps", "per_area"):
        values[name] = tuple((a, b) for a, b in values.get(name, ()))
    return Question(**values)


# ---------------------------------------------------------------------- parts of the file
def facts_of(problem: Problem, chosen: Longs, *, assigned: bool) -> dict[str, Any]:
    """All that PLAN.json states of a set of sites by itself, whatever was asked of the solver."""
    return {
        "model": problem.question.model,
        "sense": _sense(problem),
        "existing": _existing(problem),
        "cost": _cost(problem, chosen),
        **_served(problem, chosen, assigned=assigned),
    }


def _sense(problem: Problem) -> str:
    return "max" if problem.question.model == "max-cover" else "min"


def _existing(problem: Problem) -> int:
    return int((problem.sites.fixed == EXISTING).sum())


def _cost(problem: Problem, chosen: Longs) -> float | int | None:
    return number(float(problem.sites.cost[chosen].sum()))


def _served(problem: Problem, chosen: Longs, *, assigned: bool) -> dict[str, Any]:
    """What the plan does: for all, for each subdistrict, and by each of its sites."""
    capacities = problem.rules.capacities and problem.sites.capacity is not None
    if capacities:
        return _served_within_capacities(problem, chosen, assigned=assigned)
    stations = np.flatnonzero(problem.sites.fixed == EXISTING)
    weight = problem.demand.weight
    site, metres, after = served(problem, np.union1d(chosen, stations))
    _, _, before = served(problem, stations)
    told = _coverage(problem, weight * before, weight * after)
    if problem.question.model in COVERS and len(problem.demand) <= FACTS_POINTS:
        rules = replace(problem.rules, p=None, budget=None)
        found = Evaluator(problem.demand, problem.sites, problem.reach, rules).evaluate(chosen)
        told["site_facts"] = _site_facts(problem, chosen, found.loss[chosen], found.alone[chosen])
    if assigned:
        told["assignment"] = {
            "demand": problem.demand_ids.to_pylist(),
            "site": [None if at < 0 else problem.site_ids[at].as_py() for at in site.tolist()],
            "distance": [number(far) for far in metres.tolist()],
        }
    return told


def _served_within_capacities(problem: Problem, chosen: Longs, *, assigned: bool) -> dict[str, Any]:
    """The same from the flows: nobody counts whom no site has room for."""
    within, points = Within(problem, chosen), len(problem.demand)
    flow = within.least_walk() if problem.question.model == "p-median" else within.most()
    told = _coverage(problem, within.before, flow.served(points))
    if problem.question.model in COVERS and len(chosen) <= FLOWED_SITES:
        told["site_facts"] = _site_facts(problem, chosen, *within.losses())
    if assigned:
        told["assignment"] = _shared_assignment(problem, flow, within.metres(flow))
    return told


def _shared_assignment(problem: Problem, flow: Flow, far: Floats) -> dict[str, Any]:
    """Rows of people: a point has one for each site that it goes to, and one with none for those
    who are left."""
    weight = problem.demand.weight
    left = weight - flow.served(len(weight))
    rounding = LEAST + 10 * ROUNDING * float(weight.sum())
    alone = np.flatnonzero((left > rounding) | (weight == 0))
    point = np.concatenate((flow.point, alone))
    site = np.concatenate((flow.site, np.full(len(alone), -1)))
    people = np.round(np.concatenate((flow.people, left[alone])), 9)
    metres = np.concatenate((far, np.zeros(len(alone))))
    order = np.lexsort((site, site < 0, point))
    return {
        "demand": [problem.demand_ids[at].as_py() for at in point[order].tolist()],
        "site": [None if at < 0 else problem.site_ids[at].as_py() for at in site[order].tolist()],
        "people": [number(many) for many in people[order].tolist()],
        "distance": [number(far) for far in metres[order].tolist()],
    }


def _coverage(problem: Problem, before: Floats, after: Floats) -> dict[str, Any]:
    """`before`, `after`: (n,) people covered of each point."""
    demand = problem.demand
    total, covered = float(demand.weight.sum()), float(after.sum())
    told: dict[str, Any] = {
        "coverage": {
            "demand": number(total),
            "points": len(demand),
            "before": number(float(before.sum())),
            "after": number(covered),
            "share": number(covered / total) if total else None,
        }
    }
    if problem.districts:
        known = demand.district >= 0
        sums = [
            np.bincount(demand.district[known], part[known], minlength=len(problem.districts))
            for part in (demand.weight, before, after)
        ]
        told["districts"] = [
            {
                "district": name,
                "demand": number(whole),
                "before": number(one),
                "after": number(two),
                "share": number(two / whole) if whole else None,
            }
            for name, whole, one, two in zip(problem.districts, *map(np.ndarray.tolist, sums),
                                             strict=True)
        ]  # fmt: skip
    return told


def _site_facts(
    problem: Problem, chosen: Longs, loss: Floats, alone: Floats
) -> list[dict[str, Any]]:
    return [
        {
            "id": name,
            "cost": number(float(problem.sites.cost[at])),
            "adds_last": number(float(last)),
            "alone": number(float(single)),
        }
        for name, at, last, single in zip(
            named(problem.site_ids, chosen), chosen.tolist(), loss, alone, strict=True
        )
    ]


def _relaxed(problem: Problem, answer: Answer) -> list[str]:
    """What the solver tells; sites that stand too near by their ids."""
    names = Names(sites=problem.site_ids.to_pylist() if problem.question.spacing else ())
    told = named_remarks(problem.sites, problem.rules, answer, names)
    return [f"{zh} {en}" for zh, en in told]


def asked_of(problem: Problem, folder: Path) -> dict[str, Any]:
    """The question as it is written, its files as seen from a folder and with their SHA-256."""
    told = asdict(problem.question)
    told["metric"] = problem.metric
    told["sha256"] = {}
    for name in FILES:
        path = told[name]
        if path is None:
            continue
        told[name] = relative(path, folder)
        told["sha256"][name] = hash_of(path)
    return told


def relative(path: Path, folder: Path) -> str:
    """A file as seen from a folder."""
    return os.path.relpath(path, folder)


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
