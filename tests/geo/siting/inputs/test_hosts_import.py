"""The register of hosts as files bring it: what is known of each, and where it comes from."""

from pathlib import Path

import pytest
from hostile import HOSTILE_NAME
from sqlalchemy import text

from geo.imports.options import ImportOptions
from geo.imports.run import import_file
from geo.settings import Settings

HEADER = "名称,类型,经度,纬度,建设成本,是否同意,是否有水,厕所,照片,现场评估,来源"


def _import(database, actor, path: Path, lines: list[str], **options):
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8-sig")
    told = ImportOptions(crs="wgs84", commit=True, **options)
    return import_file(database, actor, Settings(), "candidate_sites", path, told)


@pytest.fixture
def register(database, actor, tmp_path):
    quoted = HOSTILE_NAME.replace('"', '""')
    lines = [
        f'"{quoted}",便利店,120.0,30.0,6000,是,有,无,https://h.example/1.jpg,统一标识、饮水、桌椅,',
        "未去过,银行,120.1,30.0,9000,,,,,,登记",
        "去过而无一符合,药店,120.2,30.0,,否,无,无,,无,走访",
        "街角一,其他,120.3,30.0,,,,,,,生成：路口",
        "公园一,公园,120.4,30.0,,,是,是,,热水；厕所；不认识的项,公共场所",
        "别家来的,公园,120.5,30.0,,,,,,,某地图",
    ]
    report = _import(database, actor, tmp_path / "hosts.csv", lines)
    assert (report.read, report.accepted, report.rejected) == (6, 6, 0)
    with database.read(actor) as reader:
        rows = reader.all(text("SELECT * FROM candidate_site ORDER BY ST_X(location)"))
    return report, rows


def test_a_host_keeps_what_was_seen_on_the_spot(register) -> None:
    _, rows = register
    first = rows[0]
    assert first.name == HOSTILE_NAME
    assert (first.water, first.toilet, first.agreed) == (True, False, True)
    assert first.photo == "https://h.example/1.jpg"
    assert first.assessment == ["sign", "drinking_water", "rest"]


def test_not_visited_is_not_the_same_as_nothing_met(register) -> None:
    _, rows = register
    assert rows[1].assessment is None
    assert rows[1].water is None
    assert rows[2].assessment == []


def test_generated_candidates_are_marked_and_unknown_words_told(register) -> None:
    report, rows = register
    assert [row.source for row in rows] == [
        *("register", "register", "register", "street_corner", "public_place", "register")
    ]
    assert rows[4].assessment == ["drinking_water", "toilet"]
    notes = " ".join(report.notes)
    assert "不认识的项×1" in notes
    assert "某地图×1" in notes
