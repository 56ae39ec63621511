"""`nuanyi reach`: service areas at the command line."""

import json

import people_rows
import pytest
import rows
from rich.cells import cell_len

WEST, LAT = 101.0, 40.2


@pytest.fixture
def town(database, actor):
    """Two stations on a street, one with hours, and people at both."""
    with database.write(actor) as writer:
        rows.street(writer, rows.edition(writer, "streets"), WEST, WEST + 0.06, LAT)
        stations = rows.edition(writer, "stations")
        rows.station(writer, stations, 1, lon=WEST + 0.01, lat=LAT, opening_hours="24/7")
        rows.station(writer, stations, 2, lon=WEST + 0.05, lat=LAT, opening_hours="08:00-18:00")
        areas = rows.edition(writer, "areas")
        for number, west in ((10, WEST), (20, WEST + 0.03)):
            rows.area(
                writer, areas, number, rows.square(west, LAT - 0.01, 0.03), name=f"区{number}"
            )
        people_rows.demand(
            writer,
            [(1, WEST + 0.01, LAT, 30, "any"), (2, WEST + 0.05, LAT, 10, "any")],
        )
        people_rows.enterprises(
            writer, [(1, WEST + 0.05, LAT, 200)], areas, [(20, 1)],
        )  # fmt: skip


def test_the_shares_are_shown_with_what_they_divide(nuanyi, town):
    told = nuanyi("reach", "--at", "2026-11-24T20:00", "--by-hour", "--by-area", "subdistrict")
    assert told.code == 0, told.err
    assert "30 / 40" in told.out
    assert "75.0%" in told.out
    assert "0 / 200" in told.out
    assert "1 / 2 站开放 open" in told.out
    assert "区10" in told.out
    assert "逐小时 / by hour" in told.out
    assert max(cell_len(line) for line in told.out.splitlines()) <= 80


def test_the_same_as_json(nuanyi, town):
    told = nuanyi("reach", "--at", "any", "--minutes", "5，10", "--area", 20, "--json")
    answer = json.loads(told.out)
    assert [share["minutes"] for share in answer["shares"]] == [5, 10]
    share = answer["shares"][0]
    assert (share["workers"], share["share"], share["employees_reached"]) == (10, 1, 200)
    assert answer["hour"] is None


def test_the_outlines_are_written_as_geojson(nuanyi, town, tmp_path):
    out = tmp_path / "reach.geojson"
    told = nuanyi("reach", "--at", "12", "--out", out)
    assert told.code == 0, told.err
    body = json.loads(out.read_text("utf-8"))
    assert [one["properties"]["minutes"] for one in body["features"]] == [15, 10, 5]
    assert {one["geometry"]["type"] for one in body["features"]} == {"MultiPolygon"}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--minutes", "a few"], 2),
        (["--minutes", "0"], 2),
        (["--at", "noon"], 2),
        (["--kinds", "sauna"], 2),
        (["--by-area", "planet"], 2),
        (["--area", "999"], 4),
        (["--out", "/no/such/folder/reach.geojson"], 2),
    ],
)
def test_what_cannot_be_answered_is_told(nuanyi, town, options, code):
    told = nuanyi("reach", *options)
    assert told.code == code, told.out + told.err
    assert "→" in told.err


def test_without_stations_it_is_said_what_to_load(nuanyi):
    told = nuanyi("reach")
    assert told.code == 4
    assert "nuanyi import stations" in told.err
