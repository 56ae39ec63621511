"""From a file to an edition in force, and back."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hostile import HOSTILE_NAME
from import_lists import ENTERPRISES, STATIONS
from osm_files import write_osm

from geo import editions
from geo.coordinates import to_wgs84
from geo.database import Actor, Database
from geo.errors import Conflict, Invalid, InvalidFile
from geo.imports import activation
from geo.streets import fetch_surroundings


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
