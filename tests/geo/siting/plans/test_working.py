"""The process that a plan is worked out in: asked to stop before it is ready, and what it says that
cannot be read."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from geo.siting.names import Names
from geo.siting.plans import working
from geo.siting.plans.jobs import Failed, Job, Solved
from geo.siting.plans.working import Begun, Worker
from geo.siting.problem import Demand, Rules, Sites
from geo.siting.reach import from_file
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
