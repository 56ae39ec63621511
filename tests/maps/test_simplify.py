"""Borders made light keep their neighbours."""

from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from invented_city import borders

from geo.coordinates import LocalPlane
from maps.simplify import label_places, simplified, tolerance_for


@pytest.fixture(scope="module")
def tiling() -> np.ndarray:
    return borders(60, 400)


def test_light_borders_have_far_fewer_vertices_and_still_meet(tiling: np.ndarray) -> None:
    light = simplified(tiling, tolerance=50.0)
    assert shapely.coverage_is_valid(tiling)
    assert shapely.get_num_coordinates(light).sum() < shapely.get_num_coordinates(tiling).sum() / 2
    assert shapely.is_valid(light).all()
    assert shapely.coverage_is_valid(light)
    # Neither gap nor overlap: the union has no hole and just the area of the parts.
    whole = shapely.union_all(light)
    assert len(shapely.get_parts(whole)) == 1
    assert not len(whole.interiors)
    assert whole.area == pytest.approx(shapely.area(light).sum(), rel=1e-9)


def test_a_light_border_stays_within_the_tolerance_of_the_true_one(tiling: np.ndarray) -> None:
    metres = 50.0
    light = simplified(tiling, tolerance=metres)
    middle = shapely.get_coordinates(shapely.envelope(shapely.union_all(tiling)).centroid)[0]
    plane = LocalPlane(*middle)
    apart = shapely.hausdorff_distance(plane.geometry(tiling), plane.geometry(light))
    # The tolerance is the square root of a triangle's area: flat triangles may be longer than it.
    assert np.median(apart) < 2 * metres
    assert np.abs(shapely.area(light) / shapely.area(tiling) - 1).max() < 0.01


def test_six_decimals_are_written(tiling: np.ndarray) -> None:
    xy = shapely.get_coordinates(simplified(tiling))
    assert (np.round(xy, 6) == xy).all()


def test_an_area_without_a_border_stays_without(tiling: np.ndarray) -> None:
    mixed = np.array([None, tiling[0], shapely.Polygon()], dtype=object)
    light = simplified(mixed)
    assert light[0] is None
    assert light[2] is None
    assert shapely.is_valid(light[1])
    assert list(simplified([None, None])) == [None, None]
    assert len(simplified([])) == 0


def test_a_building_beside_a_province_does_not_vanish() -> None:
    province = shapely.box(100, 28, 108, 34)
    building = shapely.box(104.0, 30.0, 104.0002, 30.0002)
    light = simplified([province, building])
    assert light[1].area > 0


def test_a_self_crossing_border_is_drawn_by_its_area_parts() -> None:
    bow_tie = shapely.Polygon([(106, 29), (106.1, 29.1), (106.1, 29), (106, 29.1)])
    light = simplified([bow_tie])[0]
    assert light.is_valid
    assert light.geom_type in ("Polygon", "MultiPolygon")
    assert light.area == pytest.approx(0.005, rel=0.02)


def test_the_tolerance_follows_the_extent() -> None:
    city = np.array([shapely.box(106, 29, 106.62, 29.54)])
    assert tolerance_for(city) == pytest.approx(20, rel=0.05)
    assert tolerance_for(np.array([shapely.box(106, 29, 106.01, 29.01)])) == 5
    assert tolerance_for(np.array([shapely.box(80, 20, 130, 50)])) == 500


def test_a_name_is_written_inside_its_area_where_the_circle_fits(tiling: np.ndarray) -> None:
    places = label_places(tiling)
    points = shapely.points(places[:, :2])
    assert shapely.contains(tiling, points).all()
    plane = LocalPlane(*places[0, :2])
    free = shapely.distance(plane.geometry(points[0]), plane.geometry(tiling[0].boundary))
    assert places[0, 2] == pytest.approx(free, rel=0.02)
    assert np.isnan(label_places([None])).all()


def test_real_borders_that_cross_themselves_and_each_other_are_drawn(shared_data: Path) -> None:
    frame = geopandas.read_file(
        shared_data / "boundaries" / "beijing_subdistricts_111_wgs84.geojson"
    )
    shapes = np.array(frame.geometry)
    assert not shapely.is_valid(shapes).all()
    light = simplified(shapes)
    assert shapely.is_valid(light).all()
    assert (shapely.get_dimensions(light) == 2).all()
    mended = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    assert np.abs(shapely.area(light) / shapely.area(mended) - 1).max() < 0.02
