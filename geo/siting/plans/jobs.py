"""What a solver is asked for, what it answers, and the doing of it: here and now, in the process
that calls (:mod:`geo.siting.plans.working` is one of its own)."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from geo.errors import DomainError
from geo.siting.conditions import everybody_needed
from geo.siting.control import Control
from geo.siting.names import Names
from geo.siting.plans.looking import Look, looked_at
from geo.siting.plans.remembering import Earlier, Memory
from geo.siting.problem import Answer, Bools, Demand, Floats, Rules, Sites
from geo.siting.reach import from_file
from geo.siting.solving import Problem, solve
from geo.siting.variations.changes import best_moves, which_to_close
from geo.siting.variations.curve import Curve, budget_curve, curve

if TYPE_CHECKING:
    from geo.siting.variations.robust import Aim

NO_PLAN: Final = "没有方案满足全部条件。", "No plan keeps to all conditions."
"""What is said where nothing better explains it."""


@dataclass(frozen=True, eq=False)
class Change:
    """Stations of today are closed, or moved to candidates: so many of those (m,) that `may` go."""

    kind: Literal["close", "move"]
    count: int
    may: Bools


@dataclass(frozen=True, eq=False)
class Cases:
    """(S, n) people of each case (a day, an edition of demand) that one plan is to do for."""

    table: Floats
    aim: Aim


@dataclass(frozen=True, eq=False)
class Job:
    """What a worker is to do: solve; or work out the curve of maximum coverage up to `most` sites,
    or for some budgets, a change of today's stations, one plan for several cases.

    `number`: of the plan, by which it is remembered; `earlier`: the plan that it is an edit of;
    `around`: whether it is looked around the plan later, when nothing else is to be done."""

    problem: Problem
    gap: float
    seconds: float
    seed: int
    most: int | None = None
    budgets: list[float] | None = None
    change: Change | None = None
    cases: Cases | None = None
    around: bool = False
    number: int | None = None
    earlier: Earlier | None = None


@dataclass(frozen=True)
class Failed:
    """What went wrong; `known`: the asker can do something about it."""

    detail: str
    remedy: str | None
    field: str | None
    known: bool


@dataclass(frozen=True, eq=False)
class Solved:
    """The answer; where there is no plan, why, in both languages; the number of the plan that the
    search began from, and its own; what is to be looked at later, which does not travel; whether
    that is so."""

    answer: Answer
    why_zh: str = ""
    why_en: str = ""
    begun_from: int | None = None
    number: int | None = None
    look: Look | None = field(default=None, repr=False)
    looking: bool = False


def work(job: Job, control: Control, memory: Memory | None = None) -> object:
    """Do a job here and now: Solved, Curve, Robust, or Failed. `memory`: of jobs done before."""
    problem = job.problem
    arrays = (problem.demand, problem.sites, problem.reach, problem.rules)
    try:
        if job.most is not None or job.budgets is not None:
            return _curve(job, control)
        if job.cases is not None:
            from geo.siting.variations.robust import robust  # only then

            found = robust(job.cases.table, *arrays, job.cases.aim, control, job.seed)
            if found.answer.status == "infeasible":
                found.why_zh, found.why_en = _why_not(problem)
            return found
        if job.change is not None:
            change = which_to_close if job.change.kind == "close" else best_moves
            return Solved(change(*arrays, job.change.count, control, job.seed, job.change.may))
        return _solved(job, control, Memory() if memory is None else memory)
    except DomainError as error:
        return Failed(error.detail, error.remedy, error.field, known=True)
    except Exception as error:  # noqa: BLE001  the other process must hear of it
        return Failed(f"{type(error).__name__}: {error}", None, None, known=False)


def _solved(job: Job, control: Control, memory: Memory) -> Solved:
    """The plan of a job, begun from what is remembered of an earlier one, or known already;
    remembered in turn."""
    problem, warm, earlier = job.problem, None, job.earlier
    known = None if earlier is None else memory.answered(problem, earlier, job.gap)
    if known is not None:
        problem, answer = known
        control.begin()
        control.improved(answer.objective, answer.bound, answer.sites)
        answer = replace(answer, seconds=control.seconds, history=list(control.history))
    else:
        if earlier is not None:
            problem, warm = memory.begin(problem, earlier)
        answer = solve(problem, control, job.seed, warm=warm)
    begun_from = None
    if earlier is not None and (known is not None or warm is not None):
        begun_from = earlier.number
    if answer.status == "infeasible":
        return Solved(answer, *_why_not(problem), begun_from=begun_from)
    look = None
    if job.number is not None:
        memory.keep(job.number, problem, answer)
        if job.around and looked_at(problem, answer):
            lean = replace(answer, certificate=None, history=[])
            look = Look(job.number, problem, lean, job.gap, job.seed)
    # What is left behind stays here: it is large.
    return Solved(
        replace(answer, warmth=None),
        begun_from=begun_from,
        number=job.number,
        look=look,
        looking=look is not None,
    )


def _curve(job: Job, control: Control) -> Curve:
    """The curve of a job; where none of its points has a plan, with why the last has none."""
    problem = job.problem
    arrays = (problem.demand, problem.sites, problem.reach, problem.rules)
    if job.most is not None:
        found = curve(*arrays, job.most, control, job.seed)
    else:
        found = budget_curve(*arrays, job.budgets or [], control, job.seed)
    if np.isfinite(found.value).any():
        return found
    zh, en = _why_not(replace(problem, rules=found.rules_of(-1, problem.rules)))
    return replace(found, why_zh=zh, why_en=en)


def _why_not(problem: Problem) -> tuple[str, str]:
    """Why no plan keeps to the conditions, and what would change that, in both languages."""
    from geo.siting.explain.explain import explain  # only then

    told = explain(
        problem.demand,
        problem.sites,
        problem.reach,
        problem.rules,
        names=problem.names,
        everybody=everybody_needed(problem.model, problem.rules),
    )
    return told.zh or NO_PLAN[0], told.en or NO_PLAN[1]


def warm_up(model: str, *, capacities: bool = False) -> None:
    """Have the solver of a model compiled, or loaded from its cache, before the clock starts.

    Two triangles, each site beside two of three points, three sites for six points: their linear
    relaxation reaches everybody, no plan does; so that every rung of the ladder is needed.
    """
    point, site = np.arange(12) // 2, np.array([0, 1, 1, 2, 2, 0, 3, 4, 4, 5, 5, 3])
    reach = from_file(point, site, np.full(12, 0.5), 6, 6)
    rules = Rules(
        p=None if model == "set-cover" else 3,
        share=0.5 if model == "set-cover" else None,
        unserved_metres=1.0 if model == "p-median" else None,
        capacities=capacities,
    )
    sites = Sites.of(6, x=np.arange(6.0), y=np.zeros(6), capacity=np.full(6, 2.0))
    demand = Demand.of(np.ones(6), x=np.arange(6.0), y=np.zeros(6))
    tiny = Problem(model, demand, sites, reach, rules, [], Names(), 0)
    with contextlib.suppress(DomainError):
        # No limit of time: what has to be compiled takes longer than any that would end it.
        solve(tiny, Control(), 0, proof=False)
