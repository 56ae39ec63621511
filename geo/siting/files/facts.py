"""What PLAN.json states of a set of sites by itself, whatever was asked of the solver: written with
a plan, and derived anew where one is checked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np

from geo.siting.evaluate import Evaluator
from geo.siting.files.asked import COVERS
from geo.siting.files.load import Problem
from geo.siting.files.serving import named, number, served
from geo.siting.files.sharing import Within
from geo.siting.ground.room import LEAST, ROUNDING, Flow
from geo.siting.problem import EXISTING, Floats, Longs

FACTS_POINTS: Final = 2_000_000
FLOWED_SITES: Final = 300
"""With capacities, what a site adds takes two flows of the whole plan: for no more sites."""


def facts_of(problem: Problem, chosen: Longs, *, assigned: bool) -> dict[str, Any]:
    """All that PLAN.json states of a set of sites by itself, whatever was asked of the solver."""
    return {
        "model": problem.question.model,
        "sense": sense_of(problem),
        "existing": existing_of(problem),
        "cost": cost_of(problem, chosen),
        **served_facts(problem, chosen, assigned=assigned),
    }


def sense_of(problem: Problem) -> str:
    """Whether the objective is better where it is more."""
    return "max" if problem.question.model == "max-cover" else "min"


def existing_of(problem: Problem) -> int:
    """How many stations stand already."""
    return int((problem.sites.fixed == EXISTING).sum())


def cost_of(problem: Problem, chosen: Longs) -> float | int | None:
    """Of the sites that are chosen."""
    return number(float(problem.sites.cost[chosen].sum()))


def served_facts(problem: Problem, chosen: Longs, *, assigned: bool) -> dict[str, Any]:
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
