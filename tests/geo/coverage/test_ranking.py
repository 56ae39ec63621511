"""Gaps, ranks and intervals of many areas at once."""

from decimal import ROUND_CEILING, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from geo.coverage.ranking import NO_GAP, gaps, ranks, wilson_all

COUNT = st.integers(0, 10**7)


@given(st.lists(st.tuples(COUNT, COUNT, st.sampled_from([None, 0.95, 0.9, 0.85, 1.0, 0.333]))))
def test_the_gap_is_the_least_number_that_reaches_the_target(rows) -> None:
    numerator, denominator = (np.array([row[at] for row in rows], dtype=int) for at in (0, 1))
    target = np.array([np.nan if row[2] is None else row[2] for row in rows], dtype=float)
    for (have, of, wanted), gap in zip(rows, gaps(numerator, denominator, target), strict=True):
        if wanted is None or of == 0:
            assert gap == NO_GAP
            continue
        needed = (Decimal(str(wanted)) * of).to_integral_value(ROUND_CEILING)
        assert gap == max(0, needed - have)


def test_equals_share_a_rank_and_no_data_has_none() -> None:
    assert ranks(np.array([0.5, np.nan, 0.9, 0.5, 0.1])).tolist() == [2, 0, 1, 2, 4]
    assert ranks(np.array([])).tolist() == []


def test_the_intervals_are_scipys() -> None:
    rng = np.random.default_rng(7)
    of = rng.integers(1, 4_000, 200)
    have = rng.binomial(of, rng.random(200))
    low, high = wilson_all(have, of)
    for at in range(200):
        expected = binomtest(int(have[at]), int(of[at])).proportion_ci(0.95, "wilson")
        assert low[at] == pytest.approx(expected.low, abs=1e-9)
        assert high[at] == pytest.approx(expected.high, abs=1e-9)
    low, high = wilson_all(np.array([0, 12]), np.array([0, 10]))
    assert np.isnan(low).all()
    assert np.isnan(high).all()
