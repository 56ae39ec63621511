"""The same input and seed give the same plan, however busy the machine is meanwhile."""

import threading

import numpy as np
import pytest

from geo.siting.control import Control
from geo.siting.max_cover.solve import max_cover
from geo.siting.problem import Demand, Rules, Sites
from geo.siting.reach import euclidean


@pytest.mark.parametrize(
    ("points", "hosts", "radius", "wanted"), [(1000, 100, 0.056, 10), (1500, 200, 0.08, 15)]
)
@pytest.mark.parametrize("gap", [0.0, 0.01])
def test_a_busy_machine_finds_the_same_plan(points, hosts, radius, wanted, gap):
    random = np.random.default_rng(3)
    at, places = random.random((points, 2)), random.random((hosts, 2))
    demand = Demand.of(random.integers(1, 101, points).astype(float))
    reach = euclidean(at, places, radius)
    over = threading.Event()

    def busy() -> None:
        while not over.is_set():
            sum(range(5000))

    plans = set()
    for companions in (0, 0, 1, 2, 0):
        over.clear()
        threads = [threading.Thread(target=busy) for _ in range(companions)]
        for thread in threads:
            thread.start()
        answer = max_cover(
            demand, Sites.of(hosts), reach, Rules(p=wanted), Control(60.0, gap=gap), 7
        )
        over.set()
        for thread in threads:
            thread.join()
        plans.add((tuple(answer.sites), answer.objective, answer.bound))
    assert len(plans) == 1
