"""Plans of a small town, around which their process looks when they were told."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np

from geo.siting.checker import check
from geo.siting.control import Control
from geo.siting.names import Names
from geo.siting.plans.jobs import Job, Solved, work
from geo.siting.plans.looking import Looks
from geo.siting.plans.remembering import Memory
from geo.siting.problem import FORBIDDEN, Demand, Rules, Sites
from geo.siting.reach import euclidean
from geo.siting.solving import Problem

COUNT, PLACES = 40, 500


def a_problem(*, seed=4, fixed=None, capacity=None, **rules) -> Problem:
    rng = np.random.default_rng(seed)
    here, there = rng.random((PLACES, 2)), rng.random((COUNT, 2))
    demand = Demand.of(rng.integers(1, 9, PLACES).astype(float))
    sites = Sites.of(COUNT, fixed=fixed, capacity=capacity, x=there[:, 0], y=there[:, 1])
    reach = euclidean(here, there, 0.15)
    return Problem(
        "max-cover", demand, sites, reach, Rules(**{"p": 5, **rules}), list(range(COUNT)),
        Names(), 0,
    )  # fmt: skip


def told_of(problem, memory, *, number=1, earlier=None, gap=0.0) -> Solved:
    job = Job(problem, gap, 30.0, 0, around=True, number=number, earlier=earlier)
    told = work(
        pickle.loads(pickle.dumps(job)),
        Control(30.0, gap),
        memory,
    )
    assert isinstance(told, Solved), told
    return told


def words_of(looks) -> list:
    return [told for _ in range(1000) if looks and (told := looks.step(Control()))]


def looked_around(told, memory) -> list:
    looks = Looks(memory)
    assert looks.take(told.look) == []
    words = words_of(looks)
    assert not looks
    return words


def edited(problem, site, state=FORBIDDEN) -> Problem:
    fixed = problem.sites.fixed.copy()
    fixed[site] = state
    return replace(problem, sites=replace(problem.sites, fixed=fixed))


def multiplied_out(problem, certificate) -> tuple[float, float]:
    site = np.repeat(np.arange(COUNT), np.diff(problem.reach.start))
    pairs = (problem.demand.weight, problem.reach.demand, site, problem.reach.metres)
    return check(*pairs, problem.sites.cost, certificate, problem.demand.district)


def a_plan_looked_around() -> tuple:
    """Question, memory, what was told of its plan, and what was found around it."""
    problem, memory = a_problem(), Memory()
    told = told_of(problem, memory)
    return problem, memory, told, looked_around(told, memory)
