"""What compiled code of every room shares, against NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from geo.compiled import by_key
from geo.siting.problem import Reach


@settings(deadline=None)  # the first one compiles
@given(st.lists(st.integers(0, 30), max_size=300), st.sampled_from([np.int32, np.int64]))
def test_places_are_gathered_by_their_key_and_stay_in_order(keys, kind) -> None:
    key = np.array(keys, kind)
    start, order = by_key(key, 31)
    assert_array_equal(order, np.argsort(key, kind="stable"))
    assert_array_equal(np.diff(start), np.bincount(key, minlength=31))
    assert start[0] == 0


def test_demand_beyond_its_points_is_refused() -> None:
    reach = Reach(np.array([0, 2]), np.array([0, 5], np.int32), None)
    with pytest.raises(ValueError, match="beyond its 5 points"):
        reach.by_demand(5)
