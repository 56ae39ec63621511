"""The areas of the demo city tile it, and the boundaries kept in data/ are its own."""

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from sample_reading import by_kind

from geo.sample import LABEL, SIZES
from geo.sample.divisions import divide
from geo.sample.plane import plan
from geo.schema.areas import AREA_KINDS

UNION_UNITS = ("office_building", "industrial_park", "commercial_district", "marketplace")


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


def test_areas_and_the_register_tell_of_the_same_unions(areas, enterprises):
    units = [area for area in areas if not area["code"].isdigit() and area["kind"] in UNION_UNITS]
    stated = {area["union_name"] for area in units} - {None}
    joint = set(enterprises.loc[enterprises["基层工会类型"] == "联合", "工会名称"])
    assert stated == {name for name in joint if "小微企业" not in name}
    assert len(stated) > 5
    for kind in ("district", "subdistrict"):
        assert all(area["union_name"].endswith("总工会" + LABEL) for area in by_kind(areas, kind))


def test_what_an_area_states_of_its_union_hangs_together(areas):
    for area in areas:
        contacts = [area[f"union_{part}"] for part in ("address", "phone", "link")]
        if area["union_name"] is None:
            assert contacts == [None] * 3
            continue
        assert area["union_address"]
        # Nobody's telephone and nobody's page: the code 000 and the reserved name .example.
        assert area["union_phone"] is None or area["union_phone"].startswith("000-")
        assert area["union_link"] is None or area["union_link"].startswith("https://union.example/")
    # Gaps, as in real lists.
    with_union = [area for area in areas if area["union_name"]]
    assert any(area["union_phone"] is None for area in with_union)
    assert any(area["union_link"] is None for area in with_union)
