"""Shrunk rates: the likelihood by brute force, and what shrinking is for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from geo.coverage.shrink import of_people, of_shares


def sampled(areas: int, a: float, b: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    of = np.ceil(rng.lognormal(3, 1.5, areas)).astype(int)
    return rng.binomial(of, rng.beta(a, b, areas)), of


@pytest.mark.parametrize(("a", "b"), [(2, 6), (30, 4), (0.5, 0.5), (300, 900)])
def test_no_point_of_a_grid_is_likelier_than_the_answer(a: float, b: float) -> None:
    hits, of = sampled(300, a, b)
    usual = of_shares(hits, of)

    def likelihood(a: float, b: float) -> float:
        return stats.betabinom.logpmf(hits, of, a, b).sum()

    best = likelihood(usual.a, usual.b)
    mean, sure = usual.a / (usual.a + usual.b), usual.a + usual.b
    for m in mean + np.linspace(-0.05, 0.05, 21):
        for s in sure * np.exp(np.linspace(-1, 1, 21)):
            if 0 < m < 1:
                assert likelihood(m * s, (1 - m) * s) <= best + 1e-4
    assert mean == pytest.approx(a / (a + b), abs=0.04)


def test_the_value_is_the_mean_of_the_posterior_by_integration() -> None:
    hits, of = sampled(60, 3, 5)
    usual = of_shares(hits, of)
    share = np.linspace(0, 1, 20_001)[1:-1]
    for y, n in zip(hits[:10], of[:10], strict=True):
        weight = stats.beta.pdf(share, usual.a, usual.b) * stats.binom.pmf(y, n, share)
        weight /= weight.sum()
        one = (np.array([float(y)]), np.array([float(n)]))
        assert usual.value(*one)[0] == pytest.approx(weight @ share, abs=1e-3)
        below = np.cumsum(weight)
        low, high = usual.interval(*one)
        assert below[np.searchsorted(share, low[0]) - 1] == pytest.approx(0.025, abs=2e-3)
        assert below[np.searchsorted(share, high[0]) - 1] == pytest.approx(0.975, abs=2e-3)


def test_the_interval_holds_the_truth_nineteen_times_in_twenty() -> None:
    rng = np.random.default_rng(2)
    of = np.ceil(rng.lognormal(2.5, 1.2, 2_000))
    truth = rng.beta(4, 8, 2_000)
    hits = rng.binomial(of.astype(int), truth).astype(float)
    usual = of_shares(hits, of)
    low, high = usual.interval(hits, of)
    assert ((low <= truth) & (truth <= high)).mean() == pytest.approx(0.95, abs=0.02)
    # Nearer to the truth than the raw share is, above all where few are counted.
    error = np.abs(usual.value(hits, of) - truth)
    raw = np.abs(hits / of - truth)
    assert error.mean() < 0.85 * raw.mean()
    assert error[of <= 5].mean() < 0.6 * raw[of <= 5].mean()


def test_three_firms_do_not_lead_the_ranking() -> None:
    hits = np.array([3.0, 160, 130, 150, 140, 90])
    of = np.array([3.0, 200, 200, 200, 200, 200])
    shrunk = of_shares(hits, of).value(hits, of)
    assert np.argmax(hits / of) == 0
    assert np.argmax(shrunk) == 1
    assert np.abs(shrunk - hits / of)[1:].max() < 0.02


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
        max_size=20,
    )
)
def test_a_shrunk_share_is_a_share_and_no_data_stays_none(pairs) -> None:
    hits, of = np.array(pairs, dtype=float).reshape(-1, 2).T
    usual = of_shares(hits, of)
    value = usual.value(hits, of)
    assert (np.isnan(value) == (of == 0)).all()
    there = of > 0
    assert ((value[there] >= 0) & (value[there] <= 1)).all()
    low, high = usual.interval(hits, of)
    assert (low[there] <= value[there]).all()
    assert (value[there] <= high[there]).all()
    raw = hits[there] / of[there]
    if len(raw):
        pooled = (min(raw.min(), value[there].min()), max(raw.max(), value[there].max()))
        assert pooled[0] >= raw.min() - 0.05
        assert pooled[1] <= raw.max() + 0.05


@pytest.mark.parametrize("all_have_it", [True, False])
def test_all_or_none_with_a_union_stay_all_or_none(all_have_it: bool) -> None:
    of = np.array([3.0, 50, 0, 800])
    hits = of if all_have_it else np.zeros(4)
    usual = of_shares(hits, of)
    value = usual.value(hits, of)
    assert value[[0, 1, 3]].tolist() == [float(all_have_it)] * 3
    assert np.isnan(value[2])
    low, high = usual.interval(hits, of)
    assert (high - low)[0] > (high - low)[3] > 0


def test_one_area_is_what_it_is() -> None:
    usual = of_shares([7], [20])
    assert usual.value(np.array([7.0]), np.array([20.0]))[0] == 0.35


# ------------------------------------------------------------------- rates over people
def people(areas: int, seed: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    units = np.ceil(rng.lognormal(3, 1.3, areas))
    truth = 0.7 + 0.08 * rng.normal(size=areas)
    return truth, truth + 0.5 / np.sqrt(units) * rng.normal(size=areas), units


def test_the_spreads_are_the_likeliest_by_brute_force() -> None:
    _, rate, units = people(80)
    usual = of_people(rate, units)
    # Restricted likelihood: that of any contrasts free of the mean.
    contrasts = np.linalg.qr(np.column_stack([np.ones(80), np.eye(80)[:, 1:]]))[0][:, 1:].T

    def likelihood(between: float, within: float) -> float:
        covariance = contrasts @ np.diag(between + within / units) @ contrasts.T
        return stats.multivariate_normal.logpdf(contrasts @ rate, cov=covariance)

    best = likelihood(usual.between, usual.within)
    for between in usual.between * np.exp(np.linspace(-1, 1, 9)):
        for within in usual.within * np.exp(np.linspace(-0.6, 0.6, 9)):
            assert likelihood(between, within) <= best + 1e-6
    assert usual.mean == pytest.approx(0.7, abs=0.03)


def test_rates_over_people_come_nearer_to_the_truth() -> None:
    truth, rate, units = people(2_000)
    usual = of_people(rate, units)
    assert np.sqrt(usual.between) == pytest.approx(0.08, abs=0.02)
    assert np.sqrt(usual.within) == pytest.approx(0.5, abs=0.05)
    shrunk = usual.value(rate, units)
    assert np.abs(shrunk - truth).mean() < 0.7 * np.abs(rate - truth).mean()
    low, high = usual.interval(rate, units)
    assert ((low <= truth) & (truth <= high)).mean() == pytest.approx(0.95, abs=0.02)


def test_more_members_than_employees_are_told_and_not_cut() -> None:
    rate = np.array([1.2, 0.8, 0.75, 0.9, 0.7, 0.85])
    units = np.array([900.0, 30, 200, 12, 500, 90])
    value = of_people(rate, units).value(rate, units)
    assert 1.0 < value[0] <= 1.2


@pytest.mark.parametrize(
    ("rate", "units"),
    [
        ([], []),
        ([0.5], [3]),
        ([0.2, 0.4, 0.9, 0.1], [1, 5, 9, 80]),
        ([0.2, 0.4, 0.9, 0.1, 0.3], [7, 7, 8, 8, 7]),
        ([0.0, 0.0, 0.0, 0.0, 0.0], [1, 20, 300, 40, 5]),
    ],
)
def test_where_nothing_tells_chance_from_difference_the_rate_stands(rate, units) -> None:
    rate, units = np.array(rate, dtype=float), np.array(units, dtype=float)
    assert of_people(rate, units).value(rate, units).tolist() == rate.tolist()


def test_an_area_without_units_says_nothing() -> None:
    rate = np.array([0.9, 0.6, 0.7, np.nan, 0.8, 0.5, 0.65])
    units = np.array([4.0, 90, 20, 0, 700, 10, 33])
    value = of_people(rate, units).value(rate, units)
    assert np.isnan(value).tolist() == (units == 0).tolist()
