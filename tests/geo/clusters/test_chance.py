"""Chance: the Gumbel fit against scipy, the shuffle, how often nothing is taken for something."""

import numpy as np
import planted_city as cities
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_scores import cleaned, scene
from scipy.stats import gumbel_r

from geo.clusters.chance import Chance, Gumbel, _shuffle
from geo.clusters.engine import find_places
from geo.clusters.rules import ScanRules


@settings(deadline=None)
@given(st.floats(-5, 20), st.floats(0.1, 5), st.floats(1e-6, 0.5))
def test_the_distribution_is_scipys(location, scale, chance):
    ours, theirs = Gumbel(location, scale), gumbel_r(location, scale)
    value = ours.beyond(chance)
    assert value == pytest.approx(theirs.isf(chance), rel=1e-6, abs=1e-6)
    assert ours.tail(value) == pytest.approx(chance, rel=1e-6)
    assert ours.tail(location + 40 * scale) == pytest.approx(theirs.sf(location + 40 * scale))


def test_the_fit_comes_near_to_what_was_drawn():
    drawn = gumbel_r(8.0, 1.5).rvs(20_000, random_state=1)
    fitted = Gumbel.fitted(drawn)
    assert fitted.location == pytest.approx(8.0, abs=0.05)
    assert fitted.scale == pytest.approx(1.5, abs=0.05)
    assert fitted.location == pytest.approx(gumbel_r.fit(drawn)[0], abs=0.05)


@pytest.mark.parametrize("largest", [[], [3.0], [4.0, 4.0, 4.0]])
def test_few_or_equal_runs_still_give_a_threshold(largest):
    assert np.isfinite(Gumbel.fitted(np.array(largest)).beyond(0.05))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_each_stratum_keeps_its_share(seed):
    rng = np.random.default_rng(seed)
    stratum = rng.integers(0, 12, 4_000)
    size = np.bincount(stratum, minlength=12)
    wanted = rng.random(12) * size
    without = _shuffle(stratum, size, wanted, np.random.default_rng(seed))
    drawn = np.bincount(stratum, without, minlength=12)
    assert ((drawn == np.floor(wanted)) | (drawn == np.ceil(wanted))).all()


def test_everybody_of_a_stratum_has_the_same_chance():
    stratum, size = np.zeros(50, dtype=np.int64), np.array([50])
    wanted = np.array([20.5])
    rng = np.random.default_rng(3)
    often = sum(_shuffle(stratum, size, wanted, rng).astype(int) for _ in range(4_000))
    # 41 % of 4,000, with a deviation of 31.
    assert np.abs(often - 1640).max() < 5 * 31


def test_among_those_to_check_few_are_chance():
    by_chance = np.concatenate([np.full(100, 5.0), np.full(10, 9.0)])
    chance = Chance(np.full((10, 2), 9.0), (by_chance, np.empty(0)))
    found = np.array([20.0] * 30 + [9.5] * 10 + [6.0] * 20)
    # One of chance a run from 9 on, eleven from 5 on: 6.0 would make ten of sixty.
    assert chance.to_check_from(0, found, 0.05) == 6.0
    assert chance.to_check_from(0, np.append(found, [5.0] * 30), 0.05) == 6.0
    assert chance.to_check_from(0, np.array([5.0]), 0.05) == np.inf
    assert chance.to_check_from(1, found, 0.05) == 6.0


def test_the_same_seed_gives_the_same_places_on_any_number_of_threads():
    city = cities.planted_city(5, size=0.02)
    rows = cleaned(city)
    made, strata = scene(city, rows)
    one, two = (
        find_places(made, city.without[rows], strata, None, 19, threads) for threads in (1, 2)
    )
    assert (one.label == two.label).all()
    assert one.thresholds.tolist() == two.thresholds.tolist()


def shuffled_cities(count: int, size: float, replicates: int) -> int:
    """In how many shuffled cities anything is confirmed."""
    city = cities.planted_city(8, size=size)
    rows = cleaned(city)
    made, strata = scene(city, rows)
    by_stratum = np.argsort(made.stratum, kind="stable")
    loud = 0
    for number in range(count):
        order = np.lexsort((np.random.default_rng([8, number]).random(len(rows)), made.stratum))
        without = np.empty(len(rows), dtype=bool)
        without[order] = city.without[rows][by_stratum]
        places = find_places(made, without, strata, ScanRules(seed=number), replicates, 2)
        loud += bool(places.confirmed.any())
    return loud


def test_where_only_chance_is_at_work_hardly_anything_is_confirmed():
    # At 5 % five or more of 25 have a chance of 0.7 %.
    assert shuffled_cities(25, 0.01, 39) <= 4


@pytest.mark.slow
def test_a_hundred_shuffled_cities_are_quiet():
    assert shuffled_cities(100, 0.05, 99) <= 5
