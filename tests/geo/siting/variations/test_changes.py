"""Closing and moving stations, against every possible choice."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from geo.errors import Invalid
from geo.siting.problem import EXISTING, Demand, Rules, Sites
from geo.siting.reach import euclidean
from geo.siting.variations.changes import best_moves, which_to_close

STATIONS = [0, 1, 2, 3, 4]


def a_city(seed: int):
    rng = np.random.default_rng(seed)
    reach = euclidean(rng.random((80, 2)), rng.random((11, 2)), 0.2)
    demand = Demand.of(rng.integers(1, 20, 80))
    fixed = np.zeros(11, int)
    fixed[STATIONS] = EXISTING

    def worth(plan) -> float:
        hit = np.zeros(80, bool)
        for site in plan:
            hit[reach.of(site)] = True
        return float(demand.weight[hit].sum())

    return demand, Sites.of(11, fixed=fixed), reach, worth


@pytest.mark.parametrize("seed", range(8))
def test_what_is_closed_is_missed_least(seed) -> None:
    demand, sites, reach, worth = a_city(seed)
    answer = which_to_close(demand, sites, reach, Rules(), 2)
    best = max(worth(kept) for kept in itertools.combinations(STATIONS, 3))
    assert answer.objective == answer.bound == best == worth(answer.sites)
    assert set(answer.sites.tolist()) <= set(STATIONS)
    assert len(answer.sites) == 3


@pytest.mark.parametrize("seed", range(8))
def test_the_best_moves_are_found(seed) -> None:
    demand, sites, reach, worth = a_city(seed)
    answer = best_moves(demand, sites, reach, Rules(), 2)
    best = max(
        worth(after)
        for after in itertools.combinations(range(11), 5)
        if len(set(after) - set(STATIONS)) <= 2
    )
    assert answer.objective == answer.bound == best == worth(answer.sites)
    assert len(set(answer.sites.tolist()) - set(STATIONS)) <= 2


def test_more_than_there_are_cannot_be_closed() -> None:
    demand, sites, reach, _ = a_city(0)
    with pytest.raises(Invalid) as refused:
        which_to_close(demand, sites, reach, Rules(), 6)
    assert refused.value.remedy
