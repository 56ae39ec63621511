"""PLAN.json: an answer with everything that it rests on, so that anyone can check it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from geo.errors import Invalid, InvalidFile
from geo.siting.conditions import everybody_needed
from geo.siting.control import Control
from geo.siting.explain.explain import Explanation, Names, explain
from geo.siting.files.asked import FILES, MODELS, Question
from geo.siting.files.facts import cost_of, existing_of, sense_of, served_facts
from geo.siting.files.load import Problem
from geo.siting.files.serving import hash_of, named, number
from geo.siting.median.lexicographic import Lexicographic, cover_then_walk
from geo.siting.plans.remarks import named_remarks
from geo.siting.problem import Answer, Longs

FORMAT: Final = "nuanyi-plan-1"
CERTIFIED_POINTS: Final = 1_000_000
"""Beyond, the prices of all points would be a file of hundreds of megabytes."""
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
        "sense": sense_of(problem),
        "objective": number(answer.objective) if has_plan(answer) else None,
        "bound": number(answer.bound),
        "gap": number(answer.gap),
        "sites": named(problem.site_ids, answer.sites),
        "existing": existing_of(problem),
        "cost": cost_of(problem, answer.sites),
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
        told |= served_facts(problem, answer.sites, assigned=assigned)
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
