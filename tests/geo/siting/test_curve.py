"""Every point of the budget curve against the optimum."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from geo.errors import Invalid
from geo.siting.curve import curve
from geo.siting.problem import EXISTING, FORCED, Demand, Rules, Sites
from geo.siting.reach import euclidean


@pytest.mark.parametrize("seed", range(6))
def test_every_number_of_sites_has_its_plan_and_bound(seed) -> None:
    rng = np.random.default_rng(seed)
    here, there = rng.random((60, 2)), rng.random((9, 2))
    demand = Demand.of(rng.integers(1, 20, 60))
    fixed = np.zeros(9, int)
    fixed[8] = EXISTING if seed % 2 else 0
    fixed[0] = FORCED if seed % 3 == 0 else 0
    reach = euclidean(here, there, 0.2)
    found = curve(demand, Sites.of(9, fixed=fixed), reach, Rules(), 9)
    stands = {8} if fixed[8] == EXISTING else set()
    free = [site for site in range(9) if site not in stands]

    def worth(plan) -> float:
        hit = np.zeros(60, bool)
        for site in {*plan, *stands}:
            hit[reach.of(site)] = True
        return float(demand.weight[hit].sum())

    for p, value, bound, plan in zip(found.p, found.value, found.bound, found.plans, strict=True):
        best = max(
            worth(some)
            for some in itertools.combinations(free, min(int(p), len(free)))
            if fixed[0] != FORCED or 0 in some
        )
        assert len(plan) <= p
        assert value == worth(plan.tolist())
        assert value <= best <= bound
        assert value >= 0.97 * best
    assert (np.diff(found.value) >= 0).all()


def test_a_curve_without_points_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        curve(Demand.of([1.0]), Sites.of(1), euclidean([[0, 0]], [[0, 0]], 1), Rules(), 0)
    assert refused.value.remedy
