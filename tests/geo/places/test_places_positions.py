"""Positions that somebody types instead of a name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.places.positions import typed_position

BOUNDS = (113.0, 34.0, 114.5, 35.5)


@pytest.mark.parametrize(
    ("typed", "lon", "lat", "swapped"),
    [
        ("113.66,34.75", 113.66, 34.75, False),
        ("113.66，34.75", 113.66, 34.75, False),
        ("34.75, 113.66", 113.66, 34.75, True),
        ("(113.66 34.75)", 113.66, 34.75, False),
        ("N34.75 E113.66", 113.66, 34.75, False),
        ("北纬34.75°，东经113.66°", 113.66, 34.75, False),
        ("34.75n/113.66e", 113.66, 34.75, False),
        ("-0.1,51.5", -0.1, 51.5, False),
        ("西经0.1 北纬51.5", -0.1, 51.5, False),
        ("１１３.６６,３４.７５", 113.66, 34.75, False),
    ],
)
def test_a_typed_position_is_understood(typed, lon, lat, swapped):
    one = typed_position(typed, BOUNDS)
    assert (one.lon, one.lat, one.swapped) == (pytest.approx(lon), pytest.approx(lat), swapped)


@pytest.mark.parametrize(
    "typed", ["人民路12号", "12 34", "12", "113.66", "999,999", "1,2,3", "113.66,34.75号", "n1 n2"]
)
def test_what_is_no_position_is_none(typed):
    assert typed_position(typed, BOUNDS) is None


@given(
    st.floats(-180, 180, allow_nan=False).map(lambda x: round(x, 6)),
    st.floats(-90, 90, allow_nan=False).map(lambda x: round(x, 6)),
)
def test_every_position_on_earth_is_read_as_it_stands(lon, lat):
    one = typed_position(f"{lon:.6f},{lat:.6f}", None)
    assert (one.lon, one.lat, one.swapped) == (pytest.approx(lon), pytest.approx(lat), False)
