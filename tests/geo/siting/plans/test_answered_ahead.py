"""Edits that were answered before anybody asked: against searches from nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from looked_plans import (
    COUNT,
    PLACES,
    a_plan_looked_around,
    a_problem,
    edited,
    looked_around,
    multiplied_out,
    told_of,
    words_of,
)

from geo.siting.control import Control
from geo.siting.plans import looking, remembering
from geo.siting.plans.looking import Look, Looks
from geo.siting.plans.remembering import Earlier, Memory
from geo.siting.problem import FORCED, Demand, Rules
from geo.siting.solving import solve


@pytest.fixture(scope="module")
def first():
    return a_plan_looked_around()


def test_a_no_that_was_answered_ahead_is_answered_at_once_and_proved(first):
    problem, memory, told, _ = first
    refs = told.answer.sites.tolist()
    for number, site in enumerate(refs):
        question = edited(problem, site)
        question = replace(question, demand=replace(question.demand))
        ahead, answer = memory.answered(question, Earlier(1, refs), 0.0)
        assert ahead.reach is not question.reach, "of the objects that what is remembered knows"
        assert ahead.demand is not question.demand
        went_on = told_of(question, memory, number=10 + number, earlier=Earlier(1, refs))
        anew = told_of(question, Memory())
        assert went_on.begun_from == 1
        assert went_on.answer.sites.tolist() == answer.sites.tolist()
        assert (went_on.answer.status, went_on.answer.gap) == ("optimal", 0.0)
        assert went_on.answer.objective == pytest.approx(anew.answer.objective)
        value, bound = multiplied_out(question, went_on.answer.certificate)
        assert value == went_on.answer.objective
        assert bound == pytest.approx(value)
        memory.begin(problem, Earlier(1, refs))  # the first plan stays the one in use


def test_what_was_answered_ahead_is_gone_on_from_in_turn(first):
    problem, _, _, _ = first
    memory = Memory()
    told = told_of(problem, memory)
    looked_around(told, memory)
    one, other = told.answer.sites[:2]
    question, earlier = problem, Earlier(1, told.answer.sites.tolist())
    for number, site in enumerate((one, other), 2):
        question = edited(question, site)
        told = told_of(question, memory, number=number, earlier=earlier)
        assert told.begun_from == number - 1
        anew = solve(question, Control(), 0)
        assert told.answer.objective == anew.objective
        earlier = Earlier(number, told.answer.sites.tolist())


@pytest.mark.parametrize("more", [1, -1])
def test_one_site_more_and_one_fewer_are_answered_ahead(first, more):
    problem, memory, told, _ = first
    question = replace(problem, rules=replace(problem.rules, p=5 + more))
    earlier = Earlier(1, told.answer.sites.tolist())
    _, answer = memory.answered(question, earlier, 0.0)
    assert answer.objective == solve(question, Control(), 0).objective


def test_a_site_that_is_locked_stays(first):
    problem, memory, told, _ = first
    question = edited(problem, told.answer.sites[2], FORCED)
    _, answer = memory.answered(question, Earlier(1, told.answer.sites.tolist()), 0.0)
    assert answer.objective == told.answer.objective
    assert multiplied_out(question, answer.certificate)[1] == pytest.approx(answer.objective)


def test_candidates_put_in_are_answered_ahead_those_first_that_add_most(first, monkeypatch):
    problem, _, told, _ = first
    memory, kept = Memory(), []
    keep = memory.keep_edit
    monkeypatch.setattr(
        memory, "keep_edit", lambda *edit: (kept.append(edit[1].fixed), keep(*edit))
    )
    looked_around(told_of(problem, memory), memory)
    chosen = told.answer.sites
    locked = [int(site) for fixed in kept for site in np.flatnonzero(fixed == FORCED)]
    others = [site for site in locked if site not in chosen]
    assert sorted(locked) == list(range(COUNT))
    reached = np.zeros(PLACES, bool)
    for site in chosen:
        reached[problem.reach.of(site)] = True
    adds = [problem.demand.weight[[d for d in problem.reach.of(one) if not reached[d]]].sum()
            for one in others]  # fmt: skip
    assert adds == sorted(adds, reverse=True)
    for site in others[:3]:
        question = edited(problem, site, FORCED)
        _, answer = memory.answered(question, Earlier(1, chosen.tolist()), 0.0)
        assert answer.objective == solve(question, Control(), 0).objective
        assert site in answer.sites


@pytest.mark.parametrize(
    "change",
    [
        {"rules": Rules(p=7)},
        {"rules": Rules(p=5, backup=0.5)},
        {"sites": {"cost": np.full(COUNT, 2.0)}},
        {"sites": {"chain": np.arange(COUNT, dtype=np.int32)}},
        {"sites": {"x": np.zeros(COUNT)}},
        {"sites": {"district": np.zeros(COUNT, np.int32)}},
        {"sites": {"open_24h": np.ones(COUNT, bool)}},
        {"sites": {"capacity": np.ones(COUNT)}},
        {"sites": {"degrees": True}},
        {"rules": Rules(p=5, budget=3.0)},
        {"rules": Rules(p=5, per_chain_most=1)},
        {"demand": True},
        {"part": True},
        {"reach": True},
        {"model": "p-median"},
    ],
)
def test_another_question_was_not_answered_ahead(first, change):
    problem, memory, told, _ = first
    question = edited(problem, told.answer.sites[0])
    earlier, every = Earlier(1, told.answer.sites.tolist()), np.zeros(PLACES, np.int32)
    assert memory.answered(question, earlier, 0.0) is not None
    if "rules" in change:
        question = replace(question, rules=change["rules"])
    if "sites" in change:
        question = replace(question, sites=replace(question.sites, **change["sites"]))
    if "demand" in change:
        question = replace(question, demand=Demand.of(question.demand.weight + 1.0))
    if "part" in change:
        question = replace(question, demand=Demand.of(question.demand.weight, district=every))
    if "reach" in change:
        question = replace(question, reach=question.reach.within(0.14))
    if "model" in change:
        question = replace(question, model=change["model"])
    assert memory.answered(question, earlier, 0.0) is None


def test_an_answer_that_is_not_proved_as_asked_is_only_gone_on_from():
    problem, memory = a_problem(seed=8, p=12), Memory()
    told = told_of(problem, memory, gap=0.2)
    assert told.answer.status == "gap reached"
    looked_around(told, memory)
    refs = told.answer.sites.tolist()
    loose = [
        site
        for site in refs
        if memory.answered(edited(problem, site), Earlier(1, refs), 0.2)[1].gap > 0
    ]
    assert loose, "else this tells nothing"
    question = edited(problem, loose[0])
    assert memory.answered(question, Earlier(1, refs), 0.0) is None
    exact = told_of(question, memory, earlier=Earlier(1, refs))
    assert exact.answer.status == "optimal"
    assert exact.answer.objective == solve(question, Control(), 0).objective


def test_a_plan_that_ended_before_it_was_proved_is_looked_around_but_no_edit_is_answered_ahead():
    problem, memory = a_problem(p=8), Memory()
    answer = solve(problem, Control(), 0)
    memory.keep(1, problem, answer)
    stopped = replace(answer, status="stopped", gap=0.01)
    looks = Looks(memory)
    looks.take(Look(1, problem, stopped, 0.0, 0))
    words = words_of(looks)
    assert len(words[-1].found.ready) == 8
    refs = answer.sites.tolist()
    assert memory.answered(edited(problem, refs[0]), Earlier(1, refs), 0.0) is None


def test_the_room_for_answers_ahead_is_limited(first, monkeypatch):
    problem, _, _, _ = first
    monkeypatch.setattr("geo.siting.plans.remembering.MOST_BYTES", 1)
    memory = Memory()
    told = told_of(problem, memory)
    looked_around(told, memory)
    refs = told.answer.sites.tolist()
    assert memory.answered(edited(problem, refs[0]), Earlier(1, refs), 0.0) is None
    assert told_of(edited(problem, refs[0]), memory, earlier=Earlier(1, refs)).begun_from == 1


def test_the_plan_that_was_asked_for_last_has_room_before_others(first, monkeypatch):
    problem, _, _, _ = first
    memory = Memory()
    one = told_of(problem, memory, number=1)
    looked_around(one, memory)
    refs = one.answer.sites.tolist()
    monkeypatch.setattr("geo.siting.plans.remembering.MOST_BYTES", memory._bytes())
    other = told_of(edited(problem, refs[0]), memory, number=2)
    looked_around(other, memory)
    more = other.answer.sites.tolist()
    asked = edited(edited(problem, refs[0]), more[0])
    assert memory.answered(asked, Earlier(2, more), 0.0) is not None
    assert memory.answered(edited(problem, refs[1]), Earlier(1, refs), 0.0) is None
    assert memory._bytes() <= remembering.MOST_BYTES
    # What is found of the older one now takes nothing from the newer.
    looks = Looks(memory)
    looks.take(Look(1, memory._kept[1].problem, memory._kept[1].answer, 0.0, 0))
    words_of(looks)
    assert memory.answered(asked, Earlier(2, more), 0.0) is not None


def test_of_a_plan_that_is_forgotten_no_edit_is_answered(first):
    problem, _, _, _ = first
    memory = Memory()
    told = told_of(problem, memory, number=1)
    for number in range(2, looking.MOST_PLANS + 2):
        told_of(problem, memory, number=number)
    assert not memory.remembers(1)
    words = looked_around(told, memory)
    assert len(words[-1].found.ready) == 5
    assert words[-1].found.left_out is None


def test_what_ended_by_the_clock_but_is_as_near_as_asked_says_so():
    problem, memory = a_problem(), Memory()
    answer = solve(problem, Control(), 0)
    memory.keep(1, problem, answer)
    late = replace(answer, status="time limit", gap=0.02)
    memory.keep_edit(1, edited(problem, 0).sites, problem.rules, late)
    found = memory.answered(edited(problem, 0), Earlier(1, []), 0.05)
    assert found[1].status == "gap reached"
    assert memory.answered(edited(problem, 0), Earlier(1, []), 0.01) is None
