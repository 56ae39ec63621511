"""GeoJSON is RFC 7946, read back by other programs as what was meant."""

import io
import json
import math
from datetime import date
from decimal import Decimal

import geopandas
import numpy as np
import pytest
import shapely
from hostile import HOSTILE_NAME
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from maps.geojson import SAFE_INTEGER, feature_collection, stream, to_json


def parsed(*args, **kwargs) -> dict:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    return json.loads(feature_collection(*args, **kwargs), parse_constant=refuse)


def ring_is_counter_clockwise(ring: list) -> bool:
    xy = np.array(ring)
    return np.sum((xy[1:, 0] - xy[:-1, 0]) * (xy[1:, 1] + xy[:-1, 1])) < 0


def test_geopandas_reads_back_geometry_and_properties() -> None:
    shapes = np.array([shapely.Point(106.5, 29.5), shapely.box(106, 29, 107, 30)])
    properties = [{"name": HOSTILE_NAME, "n": 3}, {"name": "二", "n": 4}]
    text = feature_collection([1, 2], shapes, properties)
    frame = geopandas.read_file(io.BytesIO(text))
    assert frame.crs.to_epsg() == 4326
    assert list(frame["name"]) == [HOSTILE_NAME, "二"]
    assert list(frame["n"]) == [3, 4]
    assert shapely.equals(np.array(frame.geometry), shapes).all()


def test_exterior_rings_run_counter_clockwise_and_holes_clockwise() -> None:
    clockwise = shapely.Polygon(
        [(0, 0), (0, 9), (9, 9), (9, 0)], [[(2, 2), (4, 2), (4, 4), (2, 4)]]
    )
    exterior, hole = parsed([1], [clockwise], [{}])["features"][0]["geometry"]["coordinates"]
    assert ring_is_counter_clockwise(exterior)
    assert not ring_is_counter_clockwise(hole)


def test_coordinates_have_at_most_seven_decimals() -> None:
    point = parsed([1], [shapely.Point(106.123456789, 29.987654321)], [{}])
    assert point["features"][0]["geometry"]["coordinates"] == [106.1234568, 29.9876543]


def test_the_box_of_the_collection_is_west_south_east_north() -> None:
    answer = parsed([1, 2], [shapely.Point(107, 29), shapely.Point(106, 30)], [{}, {}])
    assert answer["bbox"] == [106, 29, 107, 30]
    assert "crs" not in answer


def test_a_collection_without_any_geometry_has_no_box_and_null_geometries() -> None:
    answer = parsed([1, 2], None, [{"a": 1}, {"a": 2}])
    assert [feature["geometry"] for feature in answer["features"]] == [None, None]
    assert "bbox" not in answer


def test_missing_empty_and_broken_geometries_become_null() -> None:
    shapes = [
        None,
        shapely.Point(),
        shapely.Point(math.nan, 1),
        shapely.LineString([(0, 0), (math.inf, 1)]),
    ]
    answer = parsed([1, 2, 3, 4], shapes, [{}] * 4)
    assert [feature["geometry"] for feature in answer["features"]] == [None] * 4


def test_no_features_make_a_legal_empty_collection() -> None:
    assert parsed([], [], []) == {"type": "FeatureCollection", "features": []}


def test_a_number_that_is_none_never_reaches_the_text() -> None:
    properties = [
        {
            "a": math.nan,
            "b": np.float32("nan"),
            "c": [1.5, math.inf],
            "d": {"e": -math.inf, "f": np.float64("nan")},
            "g": Decimal("NaN"),
            "h": np.array([math.nan, 2.0]),
        }
    ]
    assert parsed([1], None, properties)["features"][0]["properties"] == {
        "a": None,
        "b": None,
        "c": [1.5, None],
        "d": {"e": None, "f": None},
        "g": None,
        "h": [None, 2.0],
    }


def test_numbers_of_numpy_dates_and_decimals_are_written_plainly() -> None:
    properties = [
        {"a": np.int64(7), "b": date(2026, 6, 30), "c": Decimal("2.5"), "d": np.bool_(True)}
    ]
    assert parsed([np.int64(5)], None, properties)["features"][0] == {
        "type": "Feature",
        "id": 5,
        "geometry": None,
        "properties": {"a": 7, "b": "2026-06-30", "c": 2.5, "d": True},
    }


def test_an_identifier_that_a_browser_would_round_is_text() -> None:
    features = parsed([SAFE_INTEGER, SAFE_INTEGER + 2, "街道-1", None], None, [{}] * 4)["features"]
    assert features[0]["id"] == SAFE_INTEGER
    assert features[1]["id"] == str(SAFE_INTEGER + 2)
    assert features[2]["id"] == "街道-1"
    assert "id" not in features[3]


def test_members_of_the_collection_can_be_added() -> None:
    answer = parsed([1], None, [{}], extra={"numberReturned": 1, "next": "/api/areas?after=x"})
    assert answer["numberReturned"] == 1
    assert answer["next"] == "/api/areas?after=x"


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="2 ids for 1 properties"):
        feature_collection([1, 2], None, [{}])
    with pytest.raises(ValueError, match="2 geometries for 1 properties"):
        feature_collection([1], [None, None], [{}])


def test_a_stream_of_batches_is_the_same_collection_in_pieces() -> None:
    points = shapely.points(np.random.default_rng(3).uniform(100, 110, (2500, 2)) - [0, 80])
    properties = [{"n": at} for at in range(2500)]
    batches = (
        (
            range(start, min(start + 700, 2500)),
            points[start : start + 700],
            properties[start : start + 700],
        )
        for start in range(0, 2500, 700)
    )
    pieces = list(stream(batches))
    assert len(pieces) > 4
    whole = json.loads(feature_collection(range(2500), points, properties))
    assert json.loads(b"".join(pieces)) == whole


@given(
    hnp.arrays(np.float64, st.tuples(st.integers(1, 20), st.just(2)), elements=st.floats(-85, 85)),
)
def test_shapely_reads_back_every_point_within_half_the_last_decimal(places) -> None:
    text = feature_collection(range(len(places)), shapely.points(places), [{}] * len(places))
    collection = shapely.from_geojson(text)
    found = shapely.get_coordinates(collection)
    assert np.abs(found - places).max() <= 0.5e-7 + 1e-12


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text() | st.integers(-(2**53), 2**53),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_is_always_strict_json(value) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    json.loads(to_json(value), parse_constant=refuse)
