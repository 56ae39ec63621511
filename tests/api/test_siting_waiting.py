"""Questions about plans that are answered while one waits: whoever hangs up stops the work and
leaves the turn to the next."""

import json
import socket
import threading
import time
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import numpy as np
import pytest
from served import running

import geo.siting.plans.pool
import geo.siting.plans.running
from api.app import create_app
from api.siting.waiting import worked_out
from geo.errors import Busy
from geo.settings import Settings
from geo.siting.names import Names
from geo.siting.plans.jobs import Job, Solved
from geo.siting.plans.pool import Pool
from geo.siting.plans.running import Runner
from geo.siting.plans.working import Worker
from geo.siting.problem import Demand, Rules, Sites
from geo.siting.reach import euclidean
from geo.siting.solving import Problem

BODY = json.dumps({"question": {"seconds": 5}, "kind": "close", "count": 1}).encode()


@pytest.fixture
def runner(planner):
    """What works plans out for that service."""
    found: Runner = planner.app.state.service.plans
    return found


def a_long_job() -> Job:
    """Of which a minute is not enough."""
    rng = np.random.default_rng(0)
    here, there = rng.random((20_000, 2)), rng.random((2_000, 2))
    demand = Demand.of(rng.integers(1, 100, 20_000))
    reach = euclidean(here, there, 0.04)
    problem = Problem(
        "max-cover", demand, Sites.of(2_000), reach, Rules(p=60), list(range(2_000)), Names(), 0
    )
    return Job(problem, 0.0, 60.0, 0)


def test_a_search_that_nobody_waits_for_is_stopped_and_its_process_kept(runner):
    looks: list[float] = []

    def left() -> bool:
        looks.append(time.monotonic())
        return len(looks) > 3

    with pytest.raises(Busy, match="离开"):
        worked_out(runner, a_long_job(), Solved, left)
    assert len(looks) == 4
    assert time.monotonic() - looks[-1] < 20
    worker = runner.worker()
    try:
        assert worker.fresh
    finally:
        runner.give_back(worker)


@pytest.fixture
def started(runner, monkeypatch):
    """The processes that were started for jobs; none waits from before."""
    found: list[Worker] = []
    empty = Pool()
    monkeypatch.setattr(runner, "_pool", empty)

    def start() -> Worker:
        found.append(Worker())
        return found[-1]

    monkeypatch.setattr(geo.siting.plans.pool, "Worker", start)
    yield found
    empty.close()


def test_no_process_is_made_ready_beside_one_that_is_soon_back(runner, started, monkeypatch):
    monkeypatch.setattr(geo.siting.plans.running, "LOOK_SECONDS", 0.05)
    worker = runner.worker()
    started.clear()
    runner.begin()  # somebody looks at plans
    time.sleep(1.5)
    assert not started
    runner.give_back(worker)
    time.sleep(0.5)
    again = runner.worker()
    try:
        assert again is worker
        assert not started
    finally:
        runner.give_back(again)


def test_beside_a_long_job_a_process_waits_for_the_next_one(runner, started, monkeypatch):
    monkeypatch.setattr(geo.siting.plans.running, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(geo.siting.plans.pool, "SOON_SECONDS", 0.3)
    worker = runner.worker()
    started.clear()
    runner.begin()
    give_up = time.monotonic() + 20
    while not started:
        assert time.monotonic() < give_up
        time.sleep(0.02)
    other = runner.worker()
    try:
        assert other is started[0]
    finally:
        runner.give_back(other)
        runner.give_back(worker)
    assert other.alive
    assert worker.alive, "what it remembers is worth more than that the other one is new"


def asked(address: str, body: bytes = BODY) -> int:
    """The status of an answer to somebody who waits for it."""
    headers = {"Content-Type": "application/json"}
    with urlopen(Request(f"{address}/api/siting/changes", body, headers), timeout=60) as answer:
        return int(answer.status)


def hung_up(address: str) -> None:
    """Asks, and hangs up before anything is answered."""
    where = urlsplit(address)
    with socket.create_connection((where.hostname, where.port)) as line:
        head = (
            f"POST /api/siting/changes HTTP/1.1\r\nHost: {where.netloc}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
        )
        line.sendall(head.encode() + BODY)
        time.sleep(0.5)


def test_who_hangs_up_while_waiting_leaves_the_turn_to_the_next(town, tmp_path):
    app = create_app(Settings(state=tmp_path), town.database)
    go, answers = threading.Event(), []
    with running(app) as address:
        curves = app.state.service.curves
        making = threading.Thread(target=lambda: curves.get("long", lambda: go.wait(60)))
        making.start()
        time.sleep(0.2)
        hung_up(address)
        time.sleep(2.0)
        # One is being made and nobody waits any more: there is room for one.
        waiting = threading.Thread(target=lambda: answers.append(asked(address)))
        waiting.start()
        time.sleep(0.5)
        go.set()
        waiting.join(60)
        making.join(5)
    assert answers == [200]
