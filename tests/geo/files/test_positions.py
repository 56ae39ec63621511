"""Where rows are."""

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coordinates import from_wgs84
from geo.errors import Invalid
from geo.files.headers import match_headers
from geo.files.positions import declared_crs, positions, shapes_in_wgs84
from geo.files.read import read_table
from geo.files.tables import TEXT, RawTable

CHINA = (73.0, 3.0, 136.0, 54.0)


def table(columns, geometry=None, **more):
    frame = pd.DataFrame(columns, dtype=TEXT)
    return RawTable(frame, np.arange(2, 2 + len(frame)), geometry=geometry, **more)


def place(columns, crs="wgs84", bounds=None, mapping=None, **more):
    raw = table({"名称": ["站"] * len(next(iter(columns.values()))), **columns}, **more)
    return positions(raw, match_headers("stations", list(raw.frame.columns), mapping), crs, bounds)


def reasons(found):
    return {problem.row: problem.reason for problem in found.problems}


def test_two_columns_give_a_position_and_keep_what_was_written():
    found = place({"经度": ["113.564525"], "纬度": ["34.819187"]}, "gcj02")
    lon, lat = from_wgs84(found.lon, found.lat, "gcj02")
    metres = pyproj.Geod(ellps="WGS84").inv(lon, lat, [113.564525], [34.819187])[2]
    assert metres[0] < 0.001
    assert (found.original_x[0], found.original_y[0]) == (113.564525, 34.819187)
    assert found.original_crs == "gcj02"
    assert found.has_position.all()


DEGREES = st.tuples(
    st.floats(-180, 180).map(lambda v: round(v, 7)),
    st.floats(-89.9, 89.9).map(lambda v: round(v, 7)),
).filter(lambda pair: abs(pair[0]) > 1e-3)
SHAPES = [
    ("坐标", "{0:.7f},{1:.7f}"),
    ("经纬度", "{0:.7f} {1:.7f}"),
    ("经度,纬度", "({0:.7f}, {1:.7f})"),
    ("location", "[{0:.7f}, {1:.7f}]"),
    ("wkt", "POINT ({0:.7f} {1:.7f})"),
    ("wkt", "SRID=4326;POINT Z({0:.7f} {1:.7f} 12.5)"),
    ("纬度,经度", "{1:.7f},{0:.7f}"),
    ("lat,lng", "{1:.7f}，{0:.7f}"),
    ("坐标", "北纬{1:.7f}°，东经{0:.7f}°"),
    ("坐标", "{0:.7f};{1:.7f}"),
]


@settings(deadline=None)
@given(st.lists(DEGREES, min_size=1, max_size=10), st.sampled_from(SHAPES))
def test_one_column_is_read_in_each_way_of_writing_it(pairs, shape):
    header, pattern = shape
    if "北纬" in pattern:
        pairs = [(abs(lon), abs(lat)) for lon, lat in pairs]
    if header in ("坐标", "经纬度", "location"):
        # A column that does not say its order keeps to longitude first when one row proves it.
        pairs = [(113.5, 34.8), *pairs]
    found = place({header: [pattern.format(*pair) for pair in pairs]})
    assert not found.problems
    np.testing.assert_allclose(found.lon, [lon for lon, _ in pairs], atol=1e-9)
    np.testing.assert_allclose(found.lat, [lat for _, lat in pairs], atol=1e-9)


def test_a_column_that_can_only_be_latitude_first_is_read_so_and_told():
    found = place({"坐标": ["34.8,113.5", "34.9,113.6", "40.1,80.2"]})
    assert found.lon.tolist() == [113.5, 113.6, 80.2]
    assert any("纬度,经度" in note for note in found.notes)


def test_a_column_with_both_orders_is_not_guessed():
    found = place({"坐标": ["34.8,113.5", "113.6,34.9"]})
    assert found.has_position.tolist() == [False, True]
    assert "swapped" in reasons(found)[2]


def test_a_header_that_names_its_order_is_believed():
    found = place({"经度,纬度": ["34.8,113.5", "35.8,113.5"]})
    assert not found.has_position.any()
    assert all("swapped" in reason for reason in reasons(found).values())


@pytest.mark.parametrize(
    ("lon", "lat", "expected"),
    [
        ("113,564525", "34,819187", (113.564525, 34.819187)),
        ("东经113.5", "北纬34.8", (113.5, 34.8)),
        ("113.5E", "34.8N", (113.5, 34.8)),
        ("113.5°", "34.8°", (113.5, 34.8)),
        ("１１３.５", " 34.8 ", (113.5, 34.8)),
        ("4.25W", "55.8", (-4.25, 55.8)),
        ("-4.25", "S 33.5", (-4.25, -33.5)),
    ],
)
def test_degrees_as_people_write_them(lon, lat, expected):
    found = place({"经度": [lon], "纬度": [lat]})
    assert not found.problems
    assert (found.lon[0], found.lat[0]) == expected


@pytest.mark.parametrize(
    ("lon", "lat", "word"),
    [
        ("abc", "34.8", "not a number"),
        ("113度33分", "34.8", "not a number"),
        ("113.5", None, "Only one"),
        (None, "34.8", "Only one"),
        ("0", "0", "no real place"),
        ("113.5", "134.8", "out of the range"),
        ("12135000", "4120000", "out of the range"),
        ("34.8", "113.5", "swapped"),
    ],
)
def test_a_faulty_position_is_named_and_not_stored(lon, lat, word):
    found = place({"经度": [lon, "113.5"], "纬度": [lat, "34.8"]})
    assert word in reasons(found)[2]
    assert found.has_position.tolist() == [False, True]
    assert np.isnan([found.lon[0], found.lat[0], found.original_x[0]]).all()
    problem = next(iter(found.problems))
    assert problem.remedy_zh
    assert problem.remedy


@pytest.mark.parametrize("nothing", [None, "", "无", "-"])
def test_no_position_is_no_fault(nothing):
    found = place({"经度": [nothing], "纬度": [nothing]})
    assert not found.problems
    assert found.unlocated == 1


def test_outside_the_service_area_is_named_and_swapped_axes_too():
    found = place(
        {"经度": ["113.5", "-0.1", "34.8"], "纬度": ["34.8", "51.5", "80.5"]}, bounds=CHINA
    )
    assert found.has_position.tolist() == [True, False, False]
    assert "outside" in reasons(found)[3]
    assert "swapped" in reasons(found)[4]


def test_an_undeclared_system_is_refused_with_the_reason():
    with pytest.raises(Invalid, match="350") as refused:
        place({"经度": ["113.5"], "纬度": ["34.8"]}, crs=None)
    assert "--crs" in refused.value.remedy
    with pytest.raises(Invalid):
        declared_crs(table({"名称": ["a"]}), "cgcs2000")


def test_a_table_without_any_coordinates_needs_no_system():
    found = place({"地址": ["一", "二"]}, crs=None)
    assert found.unlocated == 2
    assert not found.problems


def test_one_of_two_columns_is_refused():
    with pytest.raises(Invalid, match="--map"):
        place({"经度": ["113.5"]})


def test_a_file_that_states_its_system_needs_no_declaration():
    points = np.array([shapely.Point(113.5, 34.8), None])
    found = place({"地址": ["一", "二"]}, None, geometry=points, declared_crs_of_file="EPSG:4490")
    assert found.lon[0] == 113.5
    assert found.unlocated == 1
    with pytest.raises(Invalid):
        place({"地址": ["一", "二"]}, None, geometry=points)


def test_what_a_person_declares_wins_over_the_file():
    points = np.array([shapely.Point(113.564525, 34.819187)])
    found = place({"地址": ["一"]}, "gcj02", geometry=points, declared_crs_of_file="EPSG:4326")
    assert abs(found.lon[0] - 113.564525) > 0.003
    assert found.original_crs == "gcj02"


def test_shapes_that_are_no_points_are_placed_inside_and_told():
    bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    ring = shapely.Point(5, 5).buffer(2).difference(shapely.Point(5, 5).buffer(1))
    shapes = np.array([bow, ring, shapely.Point(1, 2), shapely.LineString([(0, 9), (4, 9)])])
    found = place({"地址": list("一二三四")}, geometry=shapes)
    assert found.has_position.all()
    for shape, lon, lat in zip(shapes, found.lon, found.lat, strict=True):
        assert shapely.make_valid(shape).distance(shapely.Point(lon, lat)) < 1e-9
    assert any("3 " in note for note in found.notes)


def test_a_projected_file_keeps_its_own_coordinates(tmp_path):
    import geopandas

    path = tmp_path / "f.gpkg"
    frame = geopandas.GeoDataFrame(
        {"名称": ["甲"]}, geometry=[shapely.Point(113.5, 34.8)], crs="EPSG:4490"
    ).to_crs("EPSG:4547")
    frame.to_file(path, driver="GPKG")
    raw = read_table(path)
    found = positions(raw, match_headers("stations", list(raw.frame.columns)), None)
    assert found.original_crs == "EPSG:4547"
    assert found.original_x[0] == frame.geometry.x[0]
    np.testing.assert_allclose((found.lon[0], found.lat[0]), (113.5, 34.8), atol=1e-8)


def test_polygons_move_with_their_system():
    square = shapely.box(113.5, 34.8, 113.6, 34.9)
    shapes = np.array([square, None], dtype=object)
    raw = table({"名称": ["甲", "乙"]}, geometry=shapes)
    moved = shapes_in_wgs84(raw, "gcj02")
    assert moved[1] is None
    back = shapely.transform(moved[0], lambda x, y: from_wgs84(x, y, "gcj02"), interleaved=False)
    assert back.equals_exact(square, 1e-9)
    with pytest.raises(Invalid, match="no geometry"):
        shapes_in_wgs84(table({"名称": ["甲"]}), "wgs84")


def test_the_real_stations_of_zhengzhou_move_by_some_hundred_metres(shared_data):
    raw = read_table(shared_data / "stations" / "zhengzhou_gcj02.csv")
    found = positions(raw, match_headers("stations", list(raw.frame.columns)), "gcj02", CHINA)
    assert found.has_position.sum() == 41
    metres = pyproj.Geod(ellps="WGS84").inv(
        found.lon, found.lat, found.original_x, found.original_y
    )[2]
    assert metres.min() > 200
    assert metres.max() < 1000


def test_the_real_warm_spaces_all_have_a_place(shared_data):
    raw = read_table(shared_data / "stations" / "uk_warm_spaces_west.geojson")
    matched = match_headers("stations", list(raw.frame.columns))
    with pytest.raises(Invalid, match="--crs"):
        positions(raw, matched, None)
    found = positions(raw, matched, "wgs84")
    assert found.has_position.sum() == 4766
