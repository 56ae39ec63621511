"""What is solved, as arrays, and the solver of each model. Imports little: a process of its own
starts with it (:mod:`geo.siting.plans.working`)."""

from __future__ import annotations

from dataclasses import dataclass

from geo.siting.control import Control
from geo.siting.names import Names
from geo.siting.problem import Answer, Demand, Longs, Reach, Rules, Sites

Ref = int | str
"""A candidate by its id, or a place put on the map by its key."""


@dataclass(frozen=True, eq=False)
class Problem:
    """What is solved.

    Attributes:
        refs: of the candidates and the question's own places: what they are called. Stations of
            today stand behind them and have none.
        names: for sentences.
        cost_unstated: how many candidates that may be chosen state no cost (the middle one was
            taken), where cost matters. none_costs: no candidate states one, and each counts as 1.
    """

    model: str
    demand: Demand
    sites: Sites
    reach: Reach
    rules: Rules
    refs: list[Ref]
    names: Names
    cost_unstated: int
    none_costs: bool = False


def solve(
    problem: Problem,
    control: Control,
    seed: int,
    *,
    warm: Longs | Answer | None = None,
    proof: bool = True,
) -> Answer:
    """Solve a problem by the solver of its model.

    Args:
        warm: what to begin from: positions among the sites, or for maximum coverage an answer; see
            :func:`geo.siting.max_cover.solve.max_cover`.

    Raises:
        Invalid: see the solvers.
    """
    arguments = (problem.demand, problem.sites, problem.reach, problem.rules, control, seed)
    if problem.model == "max-cover":
        from geo.siting.max_cover.solve import max_cover

        return max_cover(*arguments, warm=warm, with_certificate=proof)
    warm = warm.sites if isinstance(warm, Answer) else warm
    if problem.model == "set-cover":
        from geo.siting.set_cover.solve import set_cover

        return set_cover(*arguments, warm=warm, with_certificate=proof)
    if problem.model == "p-median":
        from geo.siting.median import p_median

        return p_median(*arguments, warm=warm, with_certificate=proof)
    from geo.siting.centre.solve import p_centre

    return p_centre(*arguments, warm=warm, with_certificate=proof)
