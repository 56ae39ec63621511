"""The score against scipy, and against what SaTScan published on the New York leukaemia data."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.special import comb
from scipy.stats import binom

from geo.clusters.score import bernoulli_ratio, excess, poisson_ratio, score

CASES, POPULATION = 552, 1_057_673
PUBLISHED = [
    # cases and population inside, log-likelihood ratio (SaTScan 9.6, discrete Poisson model,
    # circles up to half of the population, longitude and latitude as plane coordinates)
    (100, 111_674, 14.083511),
    (38, 34_083, 9.019716),
    (64, 78_280, 6.114140),
    (25, 24_571, 4.651839),
    (12, 9_840, 3.363518),
    (11, 8_839, 3.209485),
]


@pytest.mark.parametrize(("cases", "population", "published"), PUBLISHED)
def test_the_score_is_the_one_that_satscan_published(cases, population, published):
    ratio = poisson_ratio(cases, population / POPULATION, CASES)
    assert round(float(ratio), 6) == published


@pytest.mark.parametrize(
    ("most", "published"),
    [(0.5, [14.083511, 9.019716, 6.114140, 4.651839, 3.363518, 3.209485]), (0.1, [11.577255])],
)
def test_a_circular_scan_of_new_york_finds_what_satscan_found(shared_data, most, published):
    file = shared_data / "clusters" / "new_york_leukaemia.txt"
    if not file.exists():
        pytest.skip(
            "needs ../shared/data/clusters/new_york_leukaemia.txt: lat lon cases population"
        )
    lat, lon, cases, population = np.loadtxt(file).T
    assert (len(lat), cases.sum(), population.sum()) == (281, CASES, POPULATION)
    zones = []
    for middle in range(len(lat)):
        order = np.argsort(np.hypot(lat - lat[middle], lon - lon[middle]), kind="stable")
        inside, share = np.cumsum(cases[order]), np.cumsum(population[order]) / POPULATION
        allowed = share <= most
        ratio = poisson_ratio(inside[allowed], share[allowed], CASES)
        zones += [
            (value, frozenset(order[: size + 1].tolist()))
            for size, value in enumerate(ratio.tolist())
        ]
    zones.sort(key=lambda zone: -zone[0])
    found, taken = [], set()
    for value, members in zones:
        if not members & taken and len(found) < len(published):
            taken |= members
            found.append((round(value, 6), len(members)))
    assert [value for value, _ in found] == published
    assert found[0][1] == (28 if most == 0.5 else 26)


counts = st.integers(1, 500).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


@settings(deadline=None)
@given(counts, st.floats(0.01, 0.99))
def test_the_score_is_the_ratio_of_two_binomial_likelihoods(count, share):
    n, k = count
    direct = binom.logpmf(k, n, k / n) - binom.logpmf(k, n, share)
    found = excess(n, k, n * share)
    if k > n * share:
        assert found == pytest.approx(direct, abs=1e-8, rel=1e-9)
    else:
        assert found == 0


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(0.02, 0.98)), min_size=1, max_size=60))
def test_with_shares_of_their_own_it_is_the_ratio_of_the_likelihoods(units):
    state = np.array([one for one, _ in units])
    share = np.array([e for _, e in units])
    ordinary = np.log(np.where(state, share, 1 - share)).sum()
    k, n = int(state.sum()), len(units)
    best = binom.logpmf(k, n, k / n) - np.log(comb(n, k))
    assert score(n, k, ordinary) == pytest.approx(best - ordinary, abs=1e-7, rel=1e-7)
    # One share for all is never nearer to what is seen than the best share for all.
    assert score(n, k, np.log(np.where(state, share.mean(), 1 - share.mean())).sum()) >= -1e-9


@settings(deadline=None)
@given(counts, st.integers(1, 5000), st.integers(1, 5000))
def test_the_bernoulli_ratio_compares_inside_with_outside(count, more_n, more_k):
    n, k = count
    all_n, all_k = n + more_n, k + min(more_k, more_n)
    assume(0 < all_k < all_n)
    inside = binom.logpmf(k, n, k / n)
    outside = binom.logpmf(all_k - k, all_n - n, (all_k - k) / (all_n - n))
    both = binom.logpmf(k, n, all_k / all_n) + binom.logpmf(all_k - k, all_n - n, all_k / all_n)
    found = bernoulli_ratio(n, k, all_n, all_k)
    if k / n > all_k / all_n:
        assert found == pytest.approx(inside + outside - both, abs=1e-6, rel=1e-8)
    else:
        assert found == pytest.approx(0, abs=1e-9)


def test_where_nobody_is_expected_anybody_is_infinitely_odd():
    assert excess(10, 1, 0) == np.inf
    assert excess(10, 0, 0) == 0
