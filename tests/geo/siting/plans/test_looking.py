"""What a solver finds out about a plan once it was told, and what it answers ahead: against
searches from nothing."""

from __future__ import annotations

import itertools
import pickle
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from geo.errors import Invalid
from geo.siting.checker import check
from geo.siting.control import Control
from geo.siting.names import Names
from geo.siting.plans import looking, remembering
from geo.siting.plans.jobs import Job, Solved, work
from geo.siting.plans.looking import Look, Looks
from geo.siting.plans.remembering import Earlier, Memory
from geo.siting.problem import FORBIDDEN, FORCED, Demand, Rules, Sites
from geo.siting.reach import euclidean
from geo.siting.solving import Problem, solve

COUNT, PLACES = 40, 500


def a_problem(*, seed=4, fixed=None, **rules) -> Problem:
    rng = np.random.default_rng(seed)
    here, there = rng.random((PLACES, 2)), rng.random((COUNT, 2))
    demand = Demand.of(rng.integers(1, 9, PLACES).astype(float))
    sites = Sites.of(COUNT, fixed=fixed, x=there[:, 0], y=there[:, 1])
    reach = euclidean(here, there, 0.15)
    return Problem(
        "max-cover", demand, sites, reach, Rules(**{"p": 5, **rules}), list(range(COUNT)),
        Names(), 0,
    )  # fmt: skip


def told_of(problem, memory, *, number=1, earlier=None, gap=0.0) -> Solved:
    told = work(
        pickle.loads(
            pickle.dumps(Job(problem, gap, 30.0, 0, None, None, None, None, True, number, earlier))
        ),
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


@pytest.fixture(scope="module")
def first():
    problem, memory = a_problem(), Memory()
    told = told_of(problem, memory)
    return problem, memory, told, looked_around(told, memory)


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


def test_the_room_for_answers_ahead_is_limited(first, monkeypatch):
    problem, _, _, _ = first
    monkeypatch.setattr("geo.siting.plans.remembering.MOST_BYTES", 1)
    memory = Memory()
    told = told_of(problem, memory)
    looked_around(told, memory)
    refs = told.answer.sites.tolist()
    assert memory.answered(edited(problem, refs[0]), Earlier(1, refs), 0.0) is None
    assert told_of(edited(problem, refs[0]), memory, earlier=Earlier(1, refs)).begun_from == 1


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
