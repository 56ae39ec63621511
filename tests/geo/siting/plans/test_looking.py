"""What a solver finds out about a plan once it was told: against searches from nothing."""

from __future__ import annotations

import itertools
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from looked_plans import (
    COUNT,
    a_plan_looked_around,
    a_problem,
    edited,
    looked_around,
    told_of,
    words_of,
)

from geo.errors import Invalid
from geo.siting.control import Control
from geo.siting.plans import looking
from geo.siting.plans.looking import Looks
from geo.siting.plans.remembering import Earlier, Memory
from geo.siting.problem import FORCED
from geo.siting.solving import solve


@pytest.fixture(scope="module")
def first():
    return a_plan_looked_around()


def test_the_best_plan_without_each_site_is_found_after_the_plan_was_told(first):
    problem, _, told, words = first
    assert told.looking
    found = words[-1].found
    assert words[-1].last
    assert (found.left, found.left_out, found.looking) == (0, None, False)
    assert found.plans >= 1
    assert sorted(one.site for one in found.ready) == told.answer.sites.tolist()
    for one in found.ready:
        anew = solve(edited(problem, one.site), Control(), 0)
        assert told.answer.objective - one.loss == anew.objective
        assert one.answer.warmth is None, "what is remembered does not travel"
        assert one.answer.certificate is None


def test_sites_that_have_to_be_in_it_cannot_say_no():
    fixed = np.zeros(COUNT, np.int8)
    fixed[[3, 7]] = FORCED
    problem, memory = a_problem(fixed=fixed), Memory()
    told = told_of(problem, memory)
    found = looked_around(told, memory)[-1].found
    assert sorted(one.site for one in found.ready) == sorted({*told.answer.sites} - {3, 7})


def test_a_site_without_which_there_is_no_plan_is_told_so():
    problem = a_problem(district_least_sites={0: 2})
    district = np.full(COUNT, -1, np.int32)
    district[[5, 6]] = 0
    problem = replace(problem, sites=replace(problem.sites, district=district))
    memory = Memory()
    told = told_of(problem, memory)
    found = looked_around(told, memory)[-1].found
    never = {one.site for one in found.ready if not np.isfinite(one.loss)}
    assert never == {5, 6}
    assert memory.answered(edited(problem, 5), Earlier(1, told.answer.sites.tolist()), 0.0) is None


def test_a_question_that_comes_between_is_not_kept_waiting_and_nothing_is_lost(first):
    """Stopped at every step, and the next time gone on with."""
    problem, _, told, words = first
    memory = Memory()
    again = told_of(problem, memory)
    looks = Looks(memory)
    looks.take(again.look)
    stopped = Control()
    stopped.stop()
    found = []
    for _ in range(1000):
        if not looks:
            break
        assert looks.step(stopped) is None or not looks
        if looks:
            found.append(looks.step(Control()))
    last = [one for one in found if one is not None][-1].found
    assert {one.site: one.loss for one in last.ready} == {
        one.site: one.loss for one in words[-1].found.ready
    }
    refs = told.answer.sites.tolist()
    asked = [edited(problem, site) for site in refs]
    asked += [edited(problem, site, FORCED) for site in range(COUNT)]
    asked += [replace(problem, rules=replace(problem.rules, p=p)) for p in (4, 6)]
    assert all(memory.answered(one, Earlier(1, refs), 0.0) for one in asked)


def test_the_newest_plan_comes_first_and_too_many_are_given_up(first):
    problem, _, _, _ = first
    memory = Memory()
    looks = Looks(memory)
    gone = []
    for number in range(1, looking.MOST_PLANS + 2):
        gone += looks.take(told_of(problem, memory, number=number).look)
    assert [one.number for one in gone] == [1]
    assert gone[0].last
    assert gone[0].found.left_out == looking.NOT_YET
    words = words_of(looks)
    assert [one.number for one in words if one.last] == [4, 3, 2]


def test_too_large_a_question_is_said_to_be(first, monkeypatch):
    problem, _, _, _ = first
    monkeypatch.setattr(looking, "MOST_PAIRS", 100)
    memory = Memory()
    (told,) = looked_around(told_of(problem, memory), memory)
    assert told.found.left_out == looking.TOO_LARGE


def test_what_there_is_no_time_for_is_said_to_be_left_out(first, monkeypatch):
    problem, _, _, _ = first
    monkeypatch.setattr(looking, "SOON_SECONDS", -1.0)
    monkeypatch.setattr(looking, "MOST_SECONDS", 0.0)
    memory = Memory()
    words = looked_around(told_of(problem, memory), memory)
    assert [one.found.looking for one in words] == [False]
    assert words[0].found.left == 5
    assert words[0].found.left_out[1].startswith("There was no time for")


@pytest.fixture
def slow_steps(monkeypatch):
    """By the clock of who looks each step takes a second."""
    clock = itertools.count()
    shown = SimpleNamespace(perf_counter=lambda: float(next(clock)))
    monkeypatch.setattr(looking, "time", shown)


@pytest.mark.usefixtures("slow_steps")
def test_what_is_known_is_told_now_and_then_as_long_as_there_is_more(first):
    problem, _, _, words = first
    memory = Memory()
    told = told_of(problem, memory)
    found = looked_around(told, memory)
    assert len(found) > len(words)
    assert [one.last for one in found] == [False] * (len(found) - 1) + [True]
    left = [one.found.left for one in found]
    assert left == sorted(left, reverse=True)
    assert left[0] > 0
    assert found[0].found.left_out[1].startswith("The best plan without")
    assert found[0].found.looking


def test_what_fails_after_the_plan_does_not_take_the_plan_away(first, monkeypatch):
    def broken(*arguments, **named):
        raise FloatingPointError(arguments)

    problem, _, _, _ = first
    memory = Memory()
    told = told_of(problem, memory)
    monkeypatch.setattr(looking, "how_often", broken)
    (around,) = looked_around(told, memory)
    assert around.last
    assert around.found.left_out == looking.BROKEN
    assert "FloatingPointError" in around.mistake, "who keeps the log hears of it"


@pytest.mark.parametrize("error", [MemoryError, Invalid])
def test_what_fails_later_takes_nothing_away_that_was_told(first, monkeypatch, error):
    def broken(*arguments, **named):
        raise error("of a test")

    problem, _, _, words = first
    memory = Memory()
    told = told_of(problem, memory)
    monkeypatch.setattr(looking, "max_cover", broken)
    found = looked_around(told, memory)[-1]
    assert found.last
    assert {one.site: one.loss for one in found.found.ready} == {
        one.site: one.loss for one in words[-1].found.ready
    }
    assert found.found.left_out is None
    assert ("of a test" in found.mistake) is (error is MemoryError)


@pytest.mark.usefixtures("slow_steps")
def test_it_is_looked_on_until_no_loss_can_change(monkeypatch):
    """Found in the quick way and gone over again: what is told last is what the proofs say."""
    problem, memory = a_problem(seed=11, p=12, backup=0.3), Memory()
    told = told_of(problem, memory, gap=0.0)
    monkeypatch.setattr(looking, "QUICK_GAP", 0.5)
    words = looked_around(told, memory)
    settled = next(one for one in words if not one.found.looking)
    assert words[0].found.looking
    for one in settled.found.ready:
        anew = solve(edited(problem, one.site), Control(), 0)
        assert told.answer.objective - one.loss == pytest.approx(anew.objective)
    assert [one.loss for one in settled.found.ready] == [one.loss for one in words[-1].found.ready]
    assert all(one.answer.warmth is None for one in settled.found.ready)


def test_within_capacities_the_best_plan_without_each_site_is_told_and_answered_ahead():
    """In how many good plans each site is nobody knows there."""
    problem = a_problem(capacities=True, capacity=np.full(COUNT, 150.0))
    memory = Memory()
    told = told_of(problem, memory)
    assert told.looking
    binds = [sum(much for _, at, much in told.answer.certificate["served"] if at == site)
             for site in told.answer.sites]  # fmt: skip
    assert max(binds) == 150.0, "nothing is tested where there is room for everybody"
    words = looked_around(told, memory)
    assert {one.mistake for one in words} == {""}
    found = words[-1].found
    assert (found.often, found.plans, found.left, found.left_out) == (None, 0, 0, None)
    assert sorted(one.site for one in found.ready) == told.answer.sites.tolist()
    for one in found.ready:
        question = edited(problem, one.site)
        anew = solve(question, Control(), 0)
        assert told.answer.objective - one.loss == anew.objective
        refs = told.answer.sites.tolist()
        _, ahead = memory.answered(question, Earlier(1, refs), 0.0)
        assert ahead.objective == anew.objective
        assert ahead.certificate["served"]
