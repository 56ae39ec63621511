"""The areas of the demo city tile it, and the boundaries kept in data/ are its own."""

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from sample_reading import by_kind

from geo.sample import SIZES
from geo.sample.divisions import divide
from geo.sample.plane import plan
from geo.schema.areas import AREA_KINDS


def test_divisions_tile_the_city_without_gap_or_overlap(areas):
    whole = by_kind(areas, "prefecture")[0]["shape"]
    for kind in ("district", "subdistrict", "community"):
        shapes = np.array([area["shape"] for area in by_kind(areas, kind)])
        assert shapely.is_valid(shapes).all()
        assert shapely.coverage_is_valid(shapes)
        assert shapely.equals(shapely.coverage_union_all(shapes), whole)


def test_every_division_is_exactly_the_sum_of_its_children(areas):
    known = {area["code"]: area for area in areas}
    assert len(known) == len(areas)
    for kind, digits in (("district", 6), ("subdistrict", 9), ("community", 12)):
        children: dict[str, list] = {}
        for area in by_kind(areas, kind):
            assert len(area["code"]) == digits
            if kind != "district":
                assert area["code"].startswith(area["parent_code"])
            children.setdefault(area["parent_code"], []).append(area["shape"])
        for code, shapes in children.items():
            assert shapely.equals(shapely.coverage_union_all(shapes), known[code]["shape"])


@pytest.mark.parametrize("seed", range(8))
def test_no_border_crosses_another_whatever_the_seed(seed):
    shape = SIZES["small"]
    divisions = divide(plan(shape, seed), shape, seed)
    for kind in ("district", "subdistrict", "community"):
        assert shapely.coverage_is_valid(divisions.polygon[divisions.rows(kind)])
    # Every region hangs together.
    assert set(shapely.get_type_id(divisions.polygon)) == {shapely.GeometryType.POLYGON}


@pytest.mark.parametrize("seed", range(8))
def test_the_ground_is_never_folded(seed):
    plane = plan(SIZES["small"], seed)
    line = np.linspace(-1, plane.cells + 1, 300)
    ground = plane.metres(*np.meshgrid(line, line, indexing="ij"))
    east, north = np.diff(ground, axis=0)[:, :-1], np.diff(ground, axis=1)[:-1]
    assert (east[..., 0] * north[..., 1] - east[..., 1] * north[..., 0] > 0).all()


def test_units_have_known_kinds_and_parents_and_some_cross_borders(areas):
    codes = {area["code"] for area in areas}
    assert {area["kind"] for area in areas} <= set(AREA_KINDS)
    assert all(area["parent_code"] in codes for area in areas if area["kind"] != "prefecture")
    assert sum(area["shape"] is None for area in areas) == 3
    subdistricts = shapely.STRtree([area["shape"] for area in by_kind(areas, "subdistrict")])
    parks = [area["shape"] for area in by_kind(areas, "industrial_park")]
    parks += [area["shape"] for area in by_kind(areas, "commercial_district")]
    touched = np.bincount(subdistricts.query(parks, predicate="intersects")[0])
    assert (touched > 1).any()
    assert shapely.is_valid(parks).all()
    assert len(by_kind(areas, "functional_area")) == 1


def test_the_boundaries_in_the_repository_are_those_the_generator_writes(default_city):
    kept = Path(__file__).parents[3] / "data" / "boundaries" / "demo_city.geojson"
    ours = json.loads(kept.read_text(encoding="utf-8"))["features"]
    fresh = json.loads(default_city.areas.read_text(encoding="utf-8"))["features"]
    assert [feature["properties"] for feature in ours] == [f["properties"] for f in fresh]
    one, other = (
        np.array([f["geometry"] and shapely.from_geojson(json.dumps(f["geometry"])) for f in side])
        for side in (ours, fresh)
    )
    assert (shapely.get_num_coordinates(one) == shapely.get_num_coordinates(other)).all()
    # Another processor may round the last digit the other way, no more.
    away = shapely.get_coordinates(one) - shapely.get_coordinates(other)
    assert np.abs(away).max() <= 1.5e-6
    subdistricts = [s for f, s in zip(ours, one, strict=True)
                    if f["properties"]["kind"] == "subdistrict"]  # fmt: skip
    assert shapely.coverage_is_valid(subdistricts)
