"""The process that a plan is worked out in: asked to stop before it is ready, what it says that
cannot be read, and what it finds out when the plan is told."""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from geo.siting.names import Names
from geo.siting.plans import working
from geo.siting.plans.jobs import Failed, Job, Solved
from geo.siting.plans.remembering import Earlier
from geo.siting.plans.working import NICE, Begun, Worker
from geo.siting.problem import FORBIDDEN, Demand, Rules, Sites
from geo.siting.reach import euclidean, from_file
from geo.siting.solving import Problem

READY = """
import os, sys, time
from geo.siting.plans import working
def until_it_may(model, *, capacities=False):
    while not os.path.exists(sys.argv[0] + ".ready"):
        time.sleep(0.02)
working.warm_up = until_it_may
working.main()
"""


@pytest.fixture
def worker(tmp_path, monkeypatch):
    """A process that is not ready for anything before the file `ready` is there."""
    slow = tmp_path / "slow_to_be_ready.py"
    slow.write_text(READY)
    monkeypatch.setattr(working, "MODULE", slow.stem)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    process = Worker()
    yield process, slow.with_name(slow.name + ".ready")
    process.end()


def a_job(points: int) -> Job:
    every = np.arange(points)
    reach = from_file(every, every % 9, np.ones(points), points, 9)
    demand, sites = Demand.of(np.ones(points)), Sites.of(9)
    problem = Problem("max-cover", demand, sites, reach, Rules(p=3), list(range(9)), Names(), 0)
    return Job(problem, 0.0, 60.0, 0)


def test_a_job_can_be_stopped_while_its_process_is_still_made_ready(worker) -> None:
    process, ready = worker
    process.begin(a_job(50_000))  # far more than a pipe holds
    asking = threading.Thread(target=process.stop, daemon=True)
    asking.start()
    asking.join(30.0)
    heard = not asking.is_alive()
    ready.touch()
    assert heard
    assert isinstance(process.next(60.0), Begun)
    told = process.next(60.0)
    while not isinstance(told, Solved | Failed):
        told = process.next(60.0)
    assert isinstance(told, Solved)
    assert process.fresh


def test_an_answer_that_cannot_be_read_ends_the_waiting(worker, monkeypatch) -> None:
    def too_large(pipe) -> object:
        raise MemoryError("an answer of many gigabytes")

    monkeypatch.setattr(working, "_take", too_large)
    process, _ = worker
    process.begin(a_job(9))
    told = process.next(30.0)
    assert isinstance(told, Failed)
    assert not told.known
    assert "MemoryError" in told.detail
    assert not process.fresh


@pytest.fixture(scope="module")
def ready():
    """A process that is ready, as a server keeps one."""
    process = Worker()
    answer_of(process, a_job(9))
    yield process
    process.end()


def answer_of(process: Worker, job: Job, later=None) -> Solved:
    process.begin(job, later)
    while True:
        told = process.next(60.0)
        assert told is not None
        assert not isinstance(told, Failed), told
        if isinstance(told, Solved):
            return told


def a_plan(number: int, *, p=12, candidates=200, points=4000, gap=0.001, forbid=None, earlier=None):
    rng = np.random.default_rng(number if earlier is None else earlier.number)
    here, there = rng.random((points, 2)), rng.random((candidates, 2))
    fixed = np.zeros(candidates, np.int8)
    if forbid is not None:
        fixed[forbid] = FORBIDDEN
    problem = Problem(
        "max-cover",
        Demand.of(rng.integers(1, 9, points)),
        Sites.of(candidates, fixed=fixed, x=there[:, 0], y=there[:, 1]),
        euclidean(here, there, 0.08),
        Rules(p=p),
        list(range(candidates)),
        Names(),
        0,
    )
    return Job(problem, gap, 60.0, 0, around=True, number=number, earlier=earlier)


def test_what_is_found_around_a_plan_comes_after_its_answer(ready) -> None:
    found: queue.Queue = queue.Queue()
    told = answer_of(ready, a_plan(1), found.put)
    assert told.looking
    assert ready.fresh, "the next job need not wait for it"
    words = [found.get(timeout=60.0)]
    while not words[-1].last:
        words.append(found.get(timeout=120.0))
    assert {one.number for one in words} == {1}
    assert sorted(one.site for one in words[-1].found.ready) == told.answer.sites.tolist()


def test_a_question_that_comes_meanwhile_is_answered_first_and_nothing_is_lost(ready) -> None:
    """Each of three plans is asked for while it is looked around the one before."""
    found: queue.Queue = queue.Queue()
    order = []

    def later(around):
        if around.last:
            order.append(around.number)
        found.put(around)

    plans = {
        number: answer_of(ready, a_plan(number, p=25, candidates=60), later)
        for number in (11, 12, 13)
    }
    last = {}
    until = time.monotonic() + 240
    while len(last) < 3 and time.monotonic() < until:
        around = found.get(timeout=120.0)
        if around.last:
            last[around.number] = around.found
    assert order == [13, 12, 11], "the newest first, and what was begun is taken up again"
    for number, told in plans.items():
        assert sorted(one.site for one in last[number].ready) == told.answer.sites.tolist()


def test_a_no_is_answered_from_what_was_worked_out_ahead(ready) -> None:
    found: queue.Queue = queue.Queue()
    told = answer_of(ready, a_plan(21), found.put)
    while not found.get(timeout=120.0).last:
        pass
    earlier = Earlier(21, told.answer.sites.tolist())
    gone = int(told.answer.sites[3])
    edit = answer_of(ready, a_plan(22, forbid=gone, earlier=earlier), found.put)
    anew = answer_of(ready, a_plan(21, forbid=gone))
    assert edit.begun_from == 21
    assert gone not in edit.answer.sites
    assert edit.answer.gap <= 0.001
    assert edit.answer.certificate is not None
    assert edit.answer.objective * 1.001 >= anew.answer.objective
    # In a few steps of Python, whatever the machine: there was no search.
    assert len(edit.answer.history) == 1


def priorities(process: Worker) -> list[int]:
    """Of each thread; the higher the number, the later its turn."""
    folder = Path(f"/proc/{process._process.pid}/task")
    return [int(one.read_text().rsplit(")", 1)[1].split()[16]) for one in folder.glob("*/stat")]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells threads apart")
def test_what_nobody_asked_for_gives_way_to_searches(ready) -> None:
    found: queue.Queue = queue.Queue()
    answer_of(ready, a_plan(31), found.put)
    while not found.get(timeout=120.0).last:
        pass
    here = os.getpriority(os.PRIO_PROCESS, 0)
    search, looking = min(here + NICE, 19), min(here + 2 * NICE, 19)
    assert {search, looking} <= set(priorities(ready))


def test_whoever_waits_for_more_hears_that_the_process_has_ended() -> None:
    process = Worker()
    found: queue.Queue = queue.Queue()
    try:
        told = answer_of(
            process, a_plan(1, p=150, candidates=800, points=20_000, gap=0.02), found.put
        )
        assert told.looking
    finally:
        process.end()
    words = [found.get(timeout=10.0)]
    while words[-1] is not None:
        words.append(found.get(timeout=10.0))
    assert not [one for one in words if one is not None and one.last]


def test_a_job_for_a_process_that_has_ended_fails_in_words(ready) -> None:
    process = Worker()
    answer_of(process, a_job(9))
    process._process.kill()
    process._process.wait()
    process.begin(a_job(9))
    told = process.next(30.0)
    assert isinstance(told, Failed)
    assert told.known
    assert not process.fresh
    process.end()
