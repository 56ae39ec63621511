"""Areas from files, and who is in them."""

import pytest
from import_lists import square, write_areas

from geo import editions


def test_everyone_is_counted_in_every_area_that_holds_them(
    load, enterprises_file, areas_file, database, actor
) -> None:
    load("areas", areas_file, crs="wgs84")
    load("enterprises", enterprises_file, crs="wgs84")
    with database.read(actor) as reader:
        counted = {
            row.name: (row.units, row.units_own, row.units_none, row.employees)
            for row in reader.all(
                "SELECT coalesce(area.name, '全部') AS name, f.* FROM area_figures AS f "
                "LEFT JOIN area ON area.id = f.area_id"
            )
        }
    assert counted["石榴街道"] == (1, 1, 0, 30)
    assert counted["海棠街道"] == (1, 0, 1, 12)
    assert counted["海棠大厦（演示）"] == (1, 0, 1, 12)
    assert counted["云杉区"] == (2, 1, 1, 42), "without a boundary it holds what its children hold"
    assert counted["全部"] == (2, 1, 1, 42)


def test_new_areas_recount_what_is_in_force(
    load, enterprises_file, areas_file, tmp_path, database, actor
) -> None:
    load("areas", areas_file, crs="wgs84")
    load("enterprises", enterprises_file, crs="wgs84")
    whole = write_areas(
        tmp_path / "whole.geojson",
        ({"kind": "subdistrict", "code": "9", "name": "全区"}, square(100.9, 40.1, 0.2)),
    )
    load("areas", whole, crs="wgs84")
    with database.read(actor) as reader:
        row = reader.first(
            "SELECT f.units FROM area_figures AS f JOIN assignment AS a ON a.id = f.assignment_id "
            "JOIN edition AS e ON e.id = a.area_edition_id AND e.state = 'active' "
            "WHERE f.area_id <> 0"
        )
    assert row.units == 2


def test_areas_of_several_kinds_come_from_several_files(
    load, areas_file, tmp_path, database, actor
) -> None:
    load("areas", areas_file, crs="wgs84")
    parks = write_areas(
        tmp_path / "parks.geojson", ({"name": "云杉科技园", "code": "P1"}, square(101.0, 40.2))
    )
    report = load("areas", parks, crs="wgs84", kind="industrial_park", add=True)
    assert report.carried_over == 4
    again = load("areas", parks, crs="wgs84", kind="industrial_park", add=True)
    assert again.same_as is not None, "adding the same file twice is a no-op"
    with database.read(actor) as reader:
        active = editions.require_active(reader, "areas")
        assert (
            reader.scalar(
                "SELECT count(*) FROM area WHERE edition_id = :edition", edition=active.id
            )
            == 5
        )


def test_a_bow_tie_is_mended_and_reported(load, tmp_path, database, actor) -> None:
    bow_tie = {
        "type": "Polygon",
        "coordinates": [[[101, 40], [101.02, 40.02], [101.02, 40], [101, 40.02], [101, 40]]],
    }
    path = write_areas(tmp_path / "bow.geojson", ({"kind": "community", "name": "结"}, bow_tie))
    report = load("areas", path, crs="wgs84")
    assert report.report["mended_rows"] == [1]
    with database.read(actor) as reader:
        row = reader.first("SELECT ST_IsValid(boundary) AS valid, ST_Area(boundary) AS a FROM area")
    assert row.valid
    assert row.a == pytest.approx(0.0002), "both halves are kept"


def test_a_polygon_without_a_name_and_a_name_without_a_polygon_are_legal(
    load, tmp_path, database, actor
) -> None:
    path = write_areas(
        tmp_path / "some.geojson",
        ({"id": 1}, square(101, 40)),
        ({"name": "没有边界的街道"}, None),
        ({}, None),
    )
    report = load("areas", path, crs="wgs84", kind="subdistrict")
    assert (report.read, report.accepted, report.rejected) == (3, 2, 1)
