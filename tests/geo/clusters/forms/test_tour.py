"""The order of a walk: the best there is where few, hardly longer where many."""

from itertools import permutations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.clusters.forms.tour import EXACT, length, shortest_round


def places(seed: int, count: int) -> np.ndarray:
    """Distances between some places; several share a door, as enterprises do."""
    rng = np.random.default_rng(seed)
    at = np.round(rng.uniform(0, 900, (count, 2)), -1)
    return np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 8))
def test_few_places_are_in_the_very_best_order(seed: int, count: int) -> None:
    metres = places(seed, count)
    order, exact = shortest_round(metres)
    assert exact
    assert sorted(order.tolist()) == list(range(count))
    if count:
        assert order[0] == 0
        best = min(length(metres, np.array((0, *rest))) for rest in permutations(range(1, count)))
        assert abs(length(metres, order) - best) < 1e-6


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(9, EXACT))
def test_the_good_order_is_hardly_longer_than_the_best(seed: int, count: int) -> None:
    metres = places(seed, count)
    best, proved = shortest_round(metres)
    good, claimed = shortest_round(metres, exact=0)
    assert proved
    assert not claimed
    assert length(metres, best) <= length(metres, good) + 1e-6
    assert length(metres, good) <= 1.02 * length(metres, best) + 1e-6


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(EXACT + 2, 41))
def test_many_places_are_each_visited_once_from_the_start(seed: int, count: int) -> None:
    metres = places(seed, count)
    order, exact = shortest_round(metres)
    assert not exact
    assert order[0] == 0
    assert sorted(order.tolist()) == list(range(count))
    assert length(metres, order) <= length(metres, np.arange(count)) + 1e-6
    again, _ = shortest_round(metres)
    assert np.array_equal(order, again)


def test_along_a_street_one_walks_along_it() -> None:
    at = np.array([0.0, 700.0, 100.0, 300.0, 200.0, 600.0])
    order, _ = shortest_round(np.abs(at[:, None] - at[None]))
    assert at[order].tolist() == sorted(at.tolist())


def test_everything_behind_one_door_costs_nothing() -> None:
    order, _ = shortest_round(np.zeros((20, 20)))
    assert sorted(order.tolist()) == list(range(20))
