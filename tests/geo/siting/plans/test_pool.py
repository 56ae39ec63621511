"""Which process gets the next job: the one that remembers the plan it is an edit of."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from geo.siting.names import Names
from geo.siting.plans import pool
from geo.siting.plans.jobs import Job, Solved
from geo.siting.plans.pool import MOST_IDLE, Pool
from geo.siting.plans.remembering import Earlier
from geo.siting.plans.working import MOST_JOBS, Worker
from geo.siting.problem import Demand, Rules, Sites
from geo.siting.reach import from_file
from geo.siting.solving import Problem


@pytest.fixture
def started(monkeypatch):
    """The processes that were started, in order."""
    found: list[Worker] = []

    def start():
        found.append(Worker())
        return found[-1]

    monkeypatch.setattr(pool, "Worker", start)
    yield found
    for one in found:
        one.end()


def a_problem():
    every = np.arange(6)
    reach = from_file(every, every % 3, np.ones(6), 6, 3)
    demand = Demand.of(np.ones(6))
    return Problem("max-cover", demand, Sites.of(3), reach, Rules(p=1), [0, 1, 2], Names(), 0)


def lent(lender, *plans):
    """Some processes that are out at once, each as if it had worked a plan out."""
    found = [lender.lend() for _ in plans]
    for one, plan in zip(found, plans, strict=True):
        one._plans.extend([] if plan is None else [plan])
    return found


def test_an_edit_goes_to_the_process_that_worked_the_plan_out(started):
    lender = Pool()
    one, other = lent(lender, 1, 2)
    for worker in (one, other):
        lender.give_back(worker)
    assert lender.lend(1) is one
    assert lender.lend(2) is other
    assert len(started) == 2


def test_another_question_leaves_what_is_remembered_alone(started):
    lender = Pool()
    one, new = lent(lender, 1, None)
    for worker in (one, new):
        lender.give_back(worker)
    assert lender.lend(7) is new
    assert lender.lend(7) is one, "rather than to start another"
    assert len(started) == 2


def test_one_that_is_back_takes_the_place_of_one_that_knows_nothing(started):
    lender = Pool()
    busy = lent(lender, *range(MOST_IDLE))
    lender.keep_one()
    for worker in busy:
        lender.give_back(worker)
    assert [one.alive for one in started] == [True] * MOST_IDLE + [False]
    assert started[-1] not in busy


def test_of_too_many_the_one_that_waits_longest_ends(started):
    lender = Pool()
    busy = lent(lender, *range(MOST_IDLE + 1))
    for worker in busy:
        lender.give_back(worker)
    assert [one.alive for one in busy] == [False] + [True] * MOST_IDLE


def test_one_that_is_used_up_or_ended_badly_is_not_lent_again(started):
    lender = Pool()
    (worker,) = lent(lender, 1)
    worker._done = False
    lender.give_back(worker)
    assert not worker.alive
    assert lender.lend(1) is not worker


def test_one_that_ended_while_it_waited_is_not_lent(started):
    lender = Pool()
    (worker,) = lent(lender, 1)
    lender.give_back(worker)
    worker._process.kill()
    worker._process.wait()
    assert lender.lend(1) is not worker


@pytest.mark.parametrize("how", ["used up", "too many"])
def test_one_that_still_looks_around_a_plan_ends_when_that_is_told(started, how):
    lender = Pool()
    worker, *others = lent(lender, *range(MOST_IDLE + 1))
    worker._looked[0] = print
    if how == "used up":
        worker._jobs = MOST_JOBS
    for one in (worker, *others):
        lender.give_back(one)
    assert lender.lend(0) is not worker
    lender.let_go()
    assert worker.alive
    worker._looked.clear()
    lender.let_go()
    assert not worker.alive


def test_few_that_still_look_around_plans_are_kept_for_it(started):
    lender = Pool()
    busy = lent(lender, *range(3 * MOST_IDLE))
    for one in busy:
        one._looked[0] = print
    for one in busy:
        lender.give_back(one)
    assert [one.alive for one in busy] == [False] * MOST_IDLE + [True] * 2 * MOST_IDLE


def test_one_that_is_not_heard_any_more_is_not_lent(started):
    lender = Pool()
    (worker,) = lent(lender, 1)
    lender.give_back(worker)
    worker._done = False  # as its reader leaves it
    assert lender.lend(1) is not worker
    assert not worker.alive


def test_a_process_knows_the_plans_it_was_asked_for_last(started):
    (worker,) = lent(Pool(), None)
    number = itertools.count(1)
    for earlier in (None, None, None, 1):
        edit = None if earlier is None else Earlier(earlier, [1])
        worker.begin(Job(a_problem(), 0.0, 5.0, 0, number=next(number), earlier=edit))
        while not isinstance(worker.next(60.0), Solved):
            pass
    assert worker.knows == {3, 1, 4}


def test_they_are_let_go_when_nobody_looks_at_plans_any_more(started, monkeypatch):
    lender = Pool()
    (worker,) = lent(lender, 1)
    lender.give_back(worker)
    lender.let_go()
    assert worker.alive
    monkeypatch.setattr(pool, "SPARE_SECONDS", -1.0)
    lender.let_go()
    assert not worker.alive


def test_after_the_end_nothing_is_kept_and_nothing_started(started):
    lender = Pool()
    waits, works = lent(lender, 1, 2)
    lender.give_back(waits)
    lender.close()
    lender.give_back(works)
    lender.keep_one()
    assert not waits.alive
    assert not works.alive
    assert len(started) == 2
