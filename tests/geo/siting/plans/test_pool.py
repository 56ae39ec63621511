"""Which process gets the next job: the one that remembers the plan it is an edit of."""

from __future__ import annotations

import pytest

from geo.siting.plans import pool
from geo.siting.plans.pool import MOST_IDLE, Pool
from geo.siting.plans.working import MOST_JOBS, Worker


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
