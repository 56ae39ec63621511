"""`nuanyi bulletin` and `nuanyi coverage stations`: files and tables for an operator."""

import json

import pytest
import rows
from printed import read, texts
from python_calamine import CalamineWorkbook
from served import SOUTH, WEST

from geo.coverage.figures import WHOLE

DONE, UNUSABLE, NOWHERE = 0, 2, 4


@pytest.fixture
def some(database, actor):
    """A district of two subdistricts with figures, a station, no streets and no demand."""
    with database.write(actor) as writer:
        areas, enterprises = rows.edition(writer, "areas"), rows.edition(writer, "enterprises")
        rows.area(writer, areas, 7, rows.square(WEST, SOUTH, 0.2), kind="district", code="410199",
                  name="高新区")  # fmt: skip
        for number in (8, 9):
            square = rows.square(WEST + 0.1 * (number - 8), SOUTH)
            rows.area(writer, areas, number, square, parent_id=7, name="云石街道")
        counted = rows.assignment(writer, enterprises, areas, [])
        for area in (WHOLE, 7, 8):
            rows.figures(writer, counted, area, units=60, units_own=31, units_none=29)
        stations = rows.edition(writer, "stations")
        rows.station(writer, stations, 1, lon=WEST + 0.05, lat=SOUTH + 0.05)
        rows.assignment(writer, stations, areas, [])


@pytest.mark.parametrize("named", ["7", "410199", "高新区"])
def test_a_district_is_written_by_number_code_or_name(nuanyi, some, tmp_path, named):
    told = nuanyi("bulletin", "--area", named, "--out", tmp_path / "b.pdf")
    assert told.code == DONE, told.err
    [page] = texts((tmp_path / "b.pdf").read_bytes())
    assert "高新区" in page
    assert "31/60" in page


def test_the_booklet_and_the_spreadsheet_are_written(nuanyi, some, tmp_path):
    assert nuanyi("bulletin", "--all", "--language", "en", "--out", tmp_path / "b.pdf").code == DONE
    assert len(read((tmp_path / "b.pdf").read_bytes()).pages) == 5
    assert nuanyi("bulletin", "--all", "--out", tmp_path / "b.xlsx").code == DONE
    book = CalamineWorkbook.from_path(str(tmp_path / "b.xlsx"))
    assert book.sheet_names[1] == "指标与目标"


@pytest.mark.parametrize(
    ("arguments", "file", "code"),
    [
        ((), "b.pdf", UNUSABLE),
        (("--all", "--area", "7"), "b.pdf", UNUSABLE),
        (("--all",), "b.docx", UNUSABLE),
        (("--all", "--language", "fr"), "b.pdf", UNUSABLE),
        (("--area", "没有区"), "b.pdf", NOWHERE),
        (("--area", "云石街道"), "b.pdf", NOWHERE),
    ],
)
def test_what_cannot_be_printed_is_told(nuanyi, some, tmp_path, arguments, file, code):
    told = nuanyi("bulletin", *arguments, "--out", tmp_path / file)
    assert told.code == code
    assert not (tmp_path / file).exists()
    assert told.err


def test_walks_to_stations_are_told_as_a_table_and_for_programs(nuanyi, some):
    told = nuanyi("coverage", "stations", "--hour", 12)
    assert told.code == DONE, told.err
    assert "没有路网" in told.out
    answer = json.loads(nuanyi("coverage", "stations", "--json").out)
    assert answer["people"] is None
    assert answer["whole"]["shares"][0]["share"] is None
    holes = json.loads(nuanyi("coverage", "stations", "--pockets", "--json").out)
    assert holes["pockets"] == []


@pytest.mark.parametrize(
    "arguments", [("--kind", "kingdom"), ("--day", "feast"), ("--hour", 24), ("--minutes", "x")]
)
def test_walks_that_cannot_be_asked_for_are_told(nuanyi, some, arguments):
    assert nuanyi("coverage", "stations", *arguments).code == UNUSABLE
