"""What is remembered of plans: an edit goes on from the one it was made from, and is proved all the
same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geo.siting.checker import check
from geo.siting.control import Control
from geo.siting.names import Names
from geo.siting.plans.jobs import Job, Solved, work
from geo.siting.plans.remembering import MOST_PLANS, Earlier, Memory
from geo.siting.problem import FORBIDDEN, FORCED, Demand, Rules, Sites
from geo.siting.reach import euclidean
from geo.siting.solving import Problem

COUNT, PLACES = 60, 900


def a_problem(*, p=8, seed=0, model="max-cover", refs=None, **rules) -> Problem:
    """Scattered people, and candidates among them."""
    rng = np.random.default_rng(seed)
    here, there = rng.random((PLACES, 2)), rng.random((COUNT, 2))
    demand = Demand.of(rng.integers(1, 30, PLACES).astype(float), x=here[:, 0], y=here[:, 1])
    sites = Sites.of(COUNT, x=there[:, 0], y=there[:, 1])
    reach = euclidean(here, there, 0.12)
    refs = list(range(100, 100 + COUNT)) if refs is None else refs
    return Problem(model, demand, sites, reach, Rules(p=p, **rules), refs, Names(), 0)


def with_state(problem: Problem, sites, state) -> Problem:
    fixed = problem.sites.fixed.copy()
    fixed[sites] = state
    return replace(problem, sites=replace(problem.sites, fixed=fixed))


def worked_out(problem, memory, *, number=1, earlier=None, gap=0.0) -> Solved:
    job = Job(problem, gap, 30.0, 0, number=number, earlier=earlier)
    told = work(job, Control(30.0, gap), memory)
    assert isinstance(told, Solved), told
    return told


def earlier_of(number, problem, answer) -> Earlier:
    return Earlier(number, [problem.refs[at] for at in answer.sites])


def again(problem: Problem) -> Problem:
    """The same question as it comes through a pipe: other objects, equal arrays."""
    import pickle

    return pickle.loads(pickle.dumps(problem))


@pytest.fixture(scope="module")
def first():
    problem, memory = a_problem(), Memory()
    return problem, memory, worked_out(problem, memory)


@pytest.mark.parametrize("state", [FORBIDDEN, FORCED])
def test_an_edit_goes_on_from_the_plan_before_and_is_as_good_as_one_from_nothing(first, state):
    problem, memory, told = first
    chosen = told.answer.sites
    others = np.setdiff1d(np.arange(COUNT), chosen)
    edited = with_state(again(problem), [chosen[2] if state == FORBIDDEN else others[5]], state)
    went_on = worked_out(edited, memory, number=2, earlier=earlier_of(1, problem, told.answer))
    anew = worked_out(edited, Memory())
    assert went_on.begun_from == 1
    assert anew.begun_from is None
    assert went_on.answer.status == anew.answer.status == "optimal"
    assert went_on.answer.objective == pytest.approx(anew.answer.objective)
    site = np.repeat(np.arange(COUNT), np.diff(edited.reach.start))
    value, bound = check(
        edited.demand.weight,
        edited.reach.demand,
        site,
        edited.reach.metres,
        edited.sites.cost,
        went_on.answer.certificate,
        edited.demand.district,
    )
    assert value == pytest.approx(went_on.answer.objective)
    assert bound >= value


def test_of_the_same_people_and_reach_prices_and_splits_are_taken_over(first):
    problem, memory, told = first
    edited = with_state(again(problem), told.answer.sites[:1], FORBIDDEN)
    known, warm = memory.begin(edited, earlier_of(1, problem, told.answer))
    assert warm.warmth is not None
    assert warm.sites.tolist() == told.answer.sites.tolist()
    assert known.reach is problem.reach, "of the same objects, so that what is merged holds"
    assert known.sites is edited.sites


def test_of_other_people_or_another_reach_only_the_sites_are_taken_by_what_they_are_called(first):
    problem, memory, told = first
    earlier = earlier_of(1, problem, told.answer)
    chosen = told.answer.sites
    turned = a_problem(seed=3, refs=problem.refs[::-1])
    turned = with_state(turned, [COUNT - 1 - chosen[0]], FORBIDDEN)
    same, warm = memory.begin(turned, earlier)
    assert same is turned
    assert warm.tolist() == sorted(COUNT - 1 - chosen[1:]), "the one that is forbidden stays away"
    went_on = worked_out(turned, memory, number=9, earlier=earlier)
    assert went_on.answer.objective == pytest.approx(worked_out(turned, Memory()).answer.objective)
    assert went_on.begun_from == 1


def test_a_plan_of_which_nothing_is_remembered_gives_its_sites(first):
    problem, _, told = first
    went_on = worked_out(problem, Memory(), earlier=earlier_of(77, problem, told.answer))
    assert went_on.begun_from == 77
    assert went_on.answer.objective == pytest.approx(told.answer.objective)


@pytest.mark.parametrize(
    ("model", "rules"),
    [
        ("set-cover", {"p": None, "share": 0.7}),
        ("p-median", {"unserved_metres": 1.0}),
        ("p-centre", {}),
    ],
)
def test_every_model_may_begin_from_a_plan(model, rules):
    problem = a_problem(model=model, **{"p": 30, **rules})
    if model == "p-centre":
        here = np.random.default_rng(0)
        reach = euclidean(here.random((PLACES, 2)), here.random((COUNT, 2)), 2.0)
        problem = replace(problem, reach=reach)
    anew = worked_out(problem, Memory(), gap=0.01)
    edited = with_state(problem, anew.answer.sites[:1], FORBIDDEN)
    went_on = worked_out(edited, Memory(), earlier=earlier_of(1, problem, anew.answer), gap=0.0)
    assert went_on.begun_from == 1
    assert anew.answer.sites[0] not in went_on.answer.sites
    assert went_on.answer.objective == pytest.approx(worked_out(edited, Memory()).answer.objective)


def test_only_the_last_plans_are_remembered_and_the_one_in_use_is_among_them(first):
    problem, _, told = first
    memory = Memory()
    for number in range(MOST_PLANS):
        worked_out(problem, memory, number=number)
    earlier = earlier_of(0, problem, told.answer)
    assert not isinstance(memory.begin(problem, earlier)[1], np.ndarray)
    worked_out(problem, memory, number=MOST_PLANS)
    assert not isinstance(memory.begin(problem, earlier)[1], np.ndarray), "0 was used last"
    forgotten = memory.begin(problem, earlier_of(1, problem, told.answer))[1]
    assert isinstance(forgotten, np.ndarray)
