"""`nuanyi places`: places by name at the command line."""

import json

import pytest
import rows
from hostile import HOSTILE_NAME
from rich.cells import cell_len

WEST, LAT = 101.0, 40.2


@pytest.fixture
def town(database, actor):
    """A street, and a station on it."""
    with database.write(actor) as writer:
        rows.street(writer, rows.edition(writer, "streets"), WEST, WEST + 0.06, LAT)
        stations = rows.edition(writer, "stations")
        for number, name in ((1, "青禾驿站"), (2, "青禾驿站"), (3, HOSTILE_NAME)):
            rows.station(
                writer,
                stations,
                number,
                name=name,
                lon=WEST + 0.01 * number,
                lat=LAT,
                address=f"人民路{number}号",
            )


def test_places_are_shown_as_a_table(nuanyi, town):
    told = nuanyi("places", "renminlu")
    assert told.code == 0, told.err
    assert "人民路" in told.out
    assert "street" in told.out
    assert "[" not in nuanyi("places", HOSTILE_NAME).out
    assert max(cell_len(line) for line in told.out.splitlines()) <= 80


def test_the_same_as_json_in_the_asked_system(nuanyi, town):
    answer = json.loads(nuanyi("places", "人民路2号", "--limit", 1, "--json").out)
    [one] = answer["places"]
    assert (one["id"], one["kind"], one["lon"]) == (2, "station", pytest.approx(WEST + 0.02))
    shifted = json.loads(
        nuanyi("places", "人民路2号", "--limit", 1, "--crs", "gcj02", "--json").out
    )
    assert abs(shifted["places"][0]["lon"] - one["lon"]) > 0.001


def test_the_nearer_one_comes_first(nuanyi, town):
    for number in (1, 2):
        near = f"{WEST + 0.01 * number},{LAT}"
        told = nuanyi("places", "qhyz", "--near", near, "--json")
        assert json.loads(told.out)["places"][0]["id"] == number


def test_a_swapped_position_is_named(nuanyi, town):
    told = nuanyi("places", f"{LAT},{WEST}")
    assert "写反" in told.out
    assert "101.00000,40.20000" in told.out


def test_nothing_found_is_told(nuanyi, town):
    told = nuanyi("places", "qqqqqq")
    assert told.code == 0
    assert "无 / none" in told.out


@pytest.mark.parametrize(
    "options", [["--near", "here"], ["--near", "999,1"], ["--near", "1"], ["--crs", "mars"]]
)
def test_what_cannot_be_answered_is_told(nuanyi, town, options):
    told = nuanyi("places", "人民路", *options)
    assert told.code == 2, told.out
    assert "→" in told.err
