"""From a file to an edition in force, and back."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hostile import HOSTILE_NAME
from osm_files import write_osm

from geo import editions
from geo.coordinates import to_wgs84
from geo.database import Actor, Database
from geo.errors import Conflict, Invalid, InvalidFile
from geo.imports import activation
from geo.streets import fetch_surroundings

STATIONS = (
    "编号,名称,类型,地址,区县,经度,纬度,服务设施,开放时间,开放对象\n"
    "1,云杉驿站,暖心驿站,云杉区一路1号,云杉区,101.0,40.2,饮水、热饭,08:00-20:00,所有户外劳动者\n"
    "2,海棠驿站,暖心驿站,二路2号,云杉区,101.01,40.21,饮水,周一至周五 08:30-12:00,所有户外劳动者\n"
    "3,坏的驿站,暖心驿站,三路,云杉区,40.2,101.0,饮水,24小时,所有户外劳动者\n"
)
ENTERPRISES = (
    "单位名称,单位统一社会信用代码,单位地址,职工人数,会员人数,工会名称,基层工会类型,建会状态,经度,纬度\n"
    "甲公司,91110000600037341L,一路1号,30,28,甲公司工会,独立,已建会,101.0,40.2\n"
    "乙公司,,海棠大厦3层,12,,,,未建会,,\n"
    "丙公司,91110000600037341X,二路,5,,,,未建会,101.0,40.2\n"
)


def square(lon: float, lat: float, size: float = 0.01) -> dict:
    east, north = lon + size, lat + size
    ring = [[lon, lat], [east, lat], [east, north], [lon, north], [lon, lat]]
    return {"type": "Polygon", "coordinates": [ring]}


def write_areas(path: Path, *features: tuple[dict, dict | None]) -> Path:
    collection = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": properties, "geometry": geometry}
            for properties, geometry in features
        ],
    }
    path.write_text(json.dumps(collection, ensure_ascii=False), encoding="utf-8")
    return path


@pytest.fixture
def stations_file(tmp_path: Path) -> Path:
    path = tmp_path / "stations.csv"
    path.write_text(STATIONS, encoding="utf-8-sig")
    return path


@pytest.fixture
def enterprises_file(tmp_path: Path) -> Path:
    path = tmp_path / "enterprises.csv"
    path.write_text(ENTERPRISES, encoding="gb18030")
    return path


@pytest.fixture
def areas_file(tmp_path: Path) -> Path:
    return write_areas(
        tmp_path / "areas.geojson",
        ({"kind": "subdistrict", "code": "999901001", "name": "石榴街道"}, square(100.995, 40.195)),
        ({"kind": "subdistrict", "code": "999901002", "name": "海棠街道"}, square(101.005, 40.195)),
        (
            {"kind": "office_building", "code": "B1", "name": "海棠大厦（演示）"},
            square(101.006, 40.196, 0.001),
        ),
        ({"kind": "district", "code": "999901", "name": "云杉区"}, None),
    )


def test_a_dry_run_stores_nothing(load, stations_file, database: Database, actor: Actor) -> None:
    report = load("stations", stations_file, crs="wgs84", commit=False)
    assert (report.read, report.accepted, report.rejected) == (3, 2, 1)
    assert not report.stored
    with database.read(actor) as reader:
        assert editions.list_editions(reader) == []
        assert reader.scalar("SELECT count(*) FROM station") == 0


def test_a_bad_row_is_named_with_its_remedy(load, stations_file) -> None:
    report = load("stations", stations_file, crs="wgs84", commit=False)
    (problem,) = report.problems
    assert problem["row"] == 4
    assert problem["remedy"]
    assert report.rejects is not None
    text = report.rejects.read_text("utf-8-sig")
    assert "坏的驿站" in text
    assert "云杉驿站" not in text


def test_an_undeclared_coordinate_system_is_refused(load, stations_file) -> None:
    with pytest.raises(Invalid, match="coordinate system") as caught:
        load("stations", stations_file)
    assert "gcj02" in str(caught.value.remedy)


def test_a_committed_import_is_in_force(load, stations_file, database, actor) -> None:
    report = load("stations", stations_file, crs="wgs84", as_of=date(2026, 6, 30))
    with database.read(actor) as reader:
        facts = editions.require_active(reader, "stations")
        assert facts.id == report.edition.id
        assert facts.as_of == date(2026, 6, 30)
        assert (facts.rows_read, facts.rows_accepted, facts.rows_rejected) == (3, 2, 1)
        row = reader.first("SELECT *, ST_X(location) AS lon FROM station WHERE name = '海棠驿站'")
        assert row.opening_hours == "Mo-Fr 08:30-12:00"
        assert row.services == ["drinking_water"]
        assert row.access == "public"
        assert row.original_crs == "wgs84"
        assert row.lon == 101.01


def test_amap_coordinates_are_moved_and_the_original_kept(
    load, stations_file, database, actor
) -> None:
    load("stations", stations_file, crs="gcj02")
    with database.read(actor) as reader:
        row = reader.first(
            "SELECT original_x, original_crs, ST_Distance(location::geography, "
            "ST_SetSRID(ST_Point(original_x, original_y), 4326)::geography) AS moved "
            "FROM station ORDER BY name LIMIT 1"
        )
    assert row.original_crs == "gcj02"
    assert row.original_x in (101.0, 101.01)
    assert 50 < row.moved < 800


def test_a_hand_set_entrance_is_kept_beside_the_place(load, tmp_path, database, actor) -> None:
    path = tmp_path / "stations.csv"
    path.write_text(
        "名称,经度,纬度,入口经度,入口纬度\n"
        "有门,116.4000,39.9000,116.4010,39.9005\n"
        "无门,116.4100,39.9000,,\n"
        "远门,116.4200,39.9000,116.4300,39.9000\n"
        "半扇门,116.4200,39.9000,116.4201,\n",
        encoding="utf-8",
    )
    report = load("stations", path, crs="gcj02", commit=True)
    assert (report.accepted, report.rejected) == (2, 2)
    assert report.rejects is not None
    assert "入口距站点超过 500 米" in report.rejects.read_text("utf-8-sig")
    with database.read(actor) as reader:
        rows = reader.all(
            "SELECT name, ST_X(entrance) AS x, ST_Y(entrance) AS y FROM station ORDER BY name DESC"
        )
    [lon], [lat] = to_wgs84(np.array([116.4010]), np.array([39.9005]), "gcj02")
    assert [row.name for row in rows] == ["有门", "无门"]
    assert (rows[0].x, rows[0].y) == pytest.approx((lon, lat), abs=1e-9)
    assert (rows[1].x, rows[1].y) == (None, None)
    path.write_text("名称,经度,纬度,入口经度\n有门,116.4,39.9,116.401\n", encoding="utf-8")
    with pytest.raises(Invalid, match="entrance"):
        load("stations", path, crs="gcj02")


def test_the_same_file_again_changes_nothing(load, stations_file, database, actor) -> None:
    first = load("stations", stations_file, crs="wgs84")
    again = load("stations", stations_file, crs="wgs84")
    assert again.same_as is not None
    assert again.same_as.id == first.edition.id
    assert not again.stored
    with database.read(actor) as reader:
        assert len(editions.list_editions(reader)) == 1
    # The same bytes declared to be in another system are another import.
    assert load("stations", stations_file, crs="gcj02").stored


def test_rolling_back_is_activating_the_earlier_edition(
    load, stations_file, tmp_path, database, actor, settings
) -> None:
    first = load("stations", stations_file, crs="wgs84").edition
    later = tmp_path / "later.csv"
    later.write_text(STATIONS.replace("云杉驿站", "新驿站"), encoding="utf-8")
    second = load("stations", later, crs="wgs84").edition
    with database.read(actor) as reader:
        assert editions.show(reader, first.id).state == "retired"
    activation.activate(database, actor, settings, first.id)
    with database.read(actor) as reader:
        assert editions.require_active(reader, "stations").id == first.id
        assert editions.show(reader, second.id).state == "retired"


def test_comparing_editions_is_the_change_over_time(
    load, enterprises_file, tmp_path, database, actor
) -> None:
    first = load("enterprises", enterprises_file, crs="wgs84").edition
    later = tmp_path / "later.csv"
    changed = ENTERPRISES.replace(
        "乙公司,,海棠大厦3层,12,,,,未建会", "乙公司,,海棠大厦3层,15,14,乙工会,联合,已建会"
    )
    later.write_text(changed + "丁公司,,四路4号,9,,,,未建会,101.0,40.2\n", encoding="utf-8")
    second = load("enterprises", later, crs="wgs84").edition
    with database.read(actor) as reader:
        change = editions.compare(reader, first.id, second.id)
    assert (change.added, change.removed, change.changed, change.same) == (1, 0, 1, 1)
    assert change.examples_added == ("丁公司",)
    assert change.figures["units_unionised"] == (1, 2)
    assert change.figures["employees"] == (42, 54)
    with pytest.raises(Conflict), database.read(actor) as reader:
        editions.compare(
            reader, first.id, load("stations", _stations(tmp_path), crs="wgs84").edition.id
        )


def _stations(folder: Path) -> Path:
    path = folder / "s.csv"
    path.write_text(STATIONS, encoding="utf-8")
    return path


def test_a_draft_is_not_in_force_until_activated(load, stations_file, database, actor) -> None:
    draft = load("stations", stations_file, crs="wgs84", commit=False, draft=True).edition
    with database.read(actor) as reader:
        assert draft.state == "draft"
        assert editions.active(reader, "stations") is None
    load("stations", stations_file, crs="wgs84")  # committing the same file puts the draft in force
    with database.read(actor) as reader:
        assert editions.require_active(reader, "stations").id == draft.id


def test_discarding_drops_the_data_and_keeps_the_line(
    load, enterprises_file, areas_file, database, actor, settings
) -> None:
    load("areas", areas_file, crs="wgs84")
    first = load("enterprises", enterprises_file, crs="wgs84").edition
    with pytest.raises(Conflict, match="active"), database.write(actor) as writer:
        editions.discard(writer, first.id)
    enterprises_file.write_text(ENTERPRISES.replace("甲公司,", "甲的公司,"), encoding="utf-8")
    load("enterprises", enterprises_file, crs="wgs84")
    with database.write(actor) as writer:
        assert editions.discard(writer, first.id).state == "discarded"
        assert writer.scalar("SELECT to_regclass(:name)", name=f"enterprise_p{first.id}") is None
        assert (
            writer.scalar("SELECT count(*) FROM assignment WHERE edition_id = :e", e=first.id) == 0
        )
    with database.read(actor) as reader:
        assert reader.scalar("SELECT count(*) FROM enterprise") == 2
    with pytest.raises(Conflict, match="discarded"):
        activation.activate(database, actor, settings, first.id)


def test_enterprises_without_coordinates_are_counted_never_guessed(
    load, enterprises_file, database, actor
) -> None:
    report = load("enterprises", enterprises_file, crs="wgs84")
    assert (report.read, report.accepted, report.rejected, report.unlocated) == (3, 2, 1, 1)
    with database.read(actor) as reader:
        row = reader.first("SELECT * FROM enterprise WHERE name = '乙公司'")
        assert row.location is None
        assert row.located_by == "unlocated"


def test_an_address_that_names_a_known_building_is_placed_there_and_marked(
    load, enterprises_file, areas_file, database, actor
) -> None:
    load("areas", areas_file, crs="wgs84")
    report = load("enterprises", enterprises_file, crs="wgs84")
    assert report.unlocated == 0
    with database.read(actor) as reader:
        row = reader.first(
            "SELECT located_by, original_x, ST_Covers((SELECT boundary FROM area "
            "WHERE kind = 'office_building'), location) AS inside FROM enterprise "
            "WHERE name = '乙公司'"
        )
    assert row.located_by == "building"
    assert row.inside
    assert row.original_x is None


def test_a_malformed_credit_code_is_rejected_with_the_reason(load, enterprises_file) -> None:
    report = load("enterprises", enterprises_file, crs="wgs84", commit=False)
    (problem,) = report.problems
    assert problem["row"] == 4
    assert problem["value"] == "91110000600037341X"
    assert "统一社会信用代码" in problem["column"]


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


def test_hostile_names_are_stored_as_text(load, tmp_path, database, actor) -> None:
    path = tmp_path / "hostile.csv"
    quoted = HOSTILE_NAME.replace('"', '""')
    path.write_text(f'名称,经度,纬度\n"{quoted}",101,40\n=1+1,101,40.1\n', encoding="utf-8")
    load("stations", path, crs="wgs84")
    with database.read(actor) as reader:
        names = {row.name for row in reader.all("SELECT name FROM station")}
    assert names == {HOSTILE_NAME, "=1+1"}


def test_a_list_of_members_is_refused(load, tmp_path) -> None:
    path = tmp_path / "members.csv"
    path.write_text("姓名,身份证号,出生日期,单位名称\n某某,1,2000-01-01,甲\n", encoding="utf-8")
    with pytest.raises(InvalidFile):
        load("enterprises", path, crs="wgs84")


def test_one_place_in_two_lists_is_proposed_not_merged(load, tmp_path, database, actor) -> None:
    path = tmp_path / "two.csv"
    path.write_text(
        "名称,地址,经度,纬度\n"
        "工会驿站(嵩山路便民服务中心),一路,101.0,40.2\n"
        "嵩山路便民服务中心户外劳动者爱心驿站,一路1号,101.0002,40.2001\n"
        "青年路工会驿站,二路,101.0003,40.2\n",
        encoding="utf-8",
    )
    report = load("stations", path, crs="wgs84")
    assert report.accepted == 3
    assert report.report["duplicates"] == 1


def test_what_is_no_file_or_no_dataset_says_so(load, tmp_path, stations_file) -> None:
    with pytest.raises(InvalidFile, match="no file"):
        load("stations", tmp_path / "none.csv", crs="wgs84")
    with pytest.raises(Invalid, match="dataset"):
        load("workers", stations_file, crs="wgs84")


def test_a_station_on_an_unreachable_part_is_listed(load, tmp_path) -> None:
    streets = tmp_path / "streets.osm"
    nodes = [(1, 40.0, 101.0), (2, 40.0, 101.05), (3, 40.02, 101.0), (4, 40.02, 101.001)]
    ways = [(1, (1, 2)), (2, (3, 4))]
    streets.write_text(
        '<osm version="0.6">'
        + "".join(f'<node id="{i}" version="1" lat="{y}" lon="{x}"/>' for i, y, x in nodes)
        + "".join(
            f'<way id="{i}" version="1">'
            + "".join(f'<nd ref="{node}"/>' for node in refs)
            + '<tag k="highway" v="residential"/></way>'
            for i, refs in ways
        )
        + "</osm>",
        encoding="utf-8",
    )
    stations = tmp_path / "stations.csv"
    stations.write_text(
        "名称,经度,纬度\n走得到,101.01,40.0001\n孤岛,101.0005,40.0201\n荒野,101.2,40.2\n",
        encoding="utf-8",
    )
    load("streets", streets)
    report = load("stations", stations, crs="wgs84")
    assert [station["name"] for station in report.report["unreachable_stations"]] == [
        "孤岛",
        "荒野",
    ]
    later = tmp_path / "later.osm"
    later.write_text(streets.read_text("utf-8").replace('"101.05"', '"101.06"'), encoding="utf-8")
    again = load("streets", later)
    assert any("no walls, water or buildings" in note for note in again.notes)
    assert {station["name"] for station in again.report["unreachable_stations"]} == {"孤岛", "荒野"}


def test_what_lies_around_the_streets_is_counted_and_told(load, tmp_path, database, actor) -> None:
    nodes = {1: (0, 0), 2: (500, 0), 11: (100, 20), 12: (150, 20), 13: (200, 20)}
    house = {21: (300, 20), 22: (320, 20), 23: (320, 40), 24: (300, 40)}
    path = write_osm(
        tmp_path / "streets.osm",
        {**nodes, **house},
        [
            ((1, 2), {"highway": "residential"}),
            ((11, 12, 13), {"barrier": "wall"}),
            ((21, 22, 23, 24, 21), {"building": "yes"}),
        ],
        node_tags={12: {"barrier": "gate"}},
    )
    report = load("streets", path)
    assert report.report["surroundings"] == {"building": 1, "wall": 1}
    assert report.report["openings"] == 1
    assert any("walls 1" in note and "1 处大门" in note for note in report.notes)
    with database.read(actor) as reader:
        edition = editions.active(reader, "streets")
        around = fetch_surroundings(reader, edition.id)
        assert around.counts == {"wall": 1, "building": 1}


STATION_COLUMNS = "名称,经度,纬度,容纳人数,面积,核实日期"
HOST_COLUMNS = "名称,类型,经度,纬度,建设成本,是否同意"


@pytest.mark.parametrize(
    ("dataset", "header", "good", "bad"),
    [
        ("stations", STATION_COLUMNS, "甲,101.0,40.2,8,20,2026-01-02", "乙,101.0,40.2,许多,20,"),
        ("stations", STATION_COLUMNS, "甲,101.0,40.2,8,20,", "乙,101.1,40.2,8,20,2026-02-31"),
        ("candidate_sites", HOST_COLUMNS, "甲,银行,101.0,40.2,5,是", "乙,银行,101.0,40.2,许多,是"),
    ],
)
def test_one_bad_number_rejects_its_row_and_nothing_else(
    load, tmp_path: Path, dataset: str, header: str, good: str, bad: str
) -> None:
    path = tmp_path / "file.csv"
    path.write_text(f"{header}\n{bad}\n{good}\n", encoding="utf-8-sig")
    report = load(dataset, path, crs="wgs84")
    assert (report.read, report.accepted, report.rejected) == (2, 1, 1)
