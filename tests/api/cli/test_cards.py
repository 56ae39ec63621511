"""`nuanyi cards`: files to print that need nothing else."""

import re

import pytest
import rows
from hostile import HOSTILE_NAME
from served import SOUTH, WEST

from maps.cards import MOST

DONE, UNUSABLE, NOWHERE = 0, 2, 4
HERE = ("--url", "https://nuanyi.example")


@pytest.fixture
def some(database, actor):
    """An area with one station more than one document holds, and one without any."""
    with database.write(actor) as writer:
        areas, stations = rows.edition(writer, "areas"), rows.edition(writer, "stations")
        for area in (7, 8):
            rows.area(writer, areas, area, rows.square(WEST, SOUTH))
        numbers = range(1, MOST + 2)
        for number in numbers:
            rows.station(writer, stations, number, lon=WEST + 0.01, lat=SOUTH + 0.01)
        rows.assignment(writer, stations, areas, [(7, one) for one in numbers])


def test_an_area_is_written_in_documents_that_open_anywhere(nuanyi, some, tmp_path):
    assert nuanyi("cards", "--area", 7, *HERE, "--out", tmp_path / "c.html").code == DONE
    first, second = ((tmp_path / name).read_text("utf-8") for name in ("c.html", "c-2.html"))
    assert first.count('<article class="card') == MOST + 1
    assert second.count('<article class="card') == 1
    assert f"共 {MOST + 1} 个驿站，这一份是其中 {MOST} 个" in first
    for page in (first, second):
        assert "<link" not in page
        assert not re.search(r"<[^>]+\b(src|href)=\"(?!data:)", page)
        assert "<img src=x" not in page
    assert nuanyi("cards", "--area", 8, *HERE, "--out", tmp_path / "e.html").code == DONE
    assert (tmp_path / "e.html").read_text("utf-8").count('<article class="card') == 1


def test_one_station_is_written_in_english_for_a_wall(nuanyi, some, tmp_path):
    out = tmp_path / "s.html"
    told = nuanyi("cards", "--station", 3, *HERE, "--language", "en", "--paper", "a5", "--out", out)
    assert told.code == DONE
    page = out.read_text("utf-8")
    assert "A5 portrait" in page
    assert "Outdoor workers welcome" in page
    assert HOSTILE_NAME not in page


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (HERE, UNUSABLE),
        (("--area", 7, "--station", 3, *HERE), UNUSABLE),
        (("--area", 7), UNUSABLE),
        (("--area", 7, "--url", "nuanyi.example"), UNUSABLE),
        (("--area", 7, *HERE, "--language", "fr"), UNUSABLE),
        (("--station", 3, *HERE, "--paper", "a0"), UNUSABLE),
        (("--area", 99, *HERE), NOWHERE),
        (("--station", 999, *HERE), NOWHERE),
    ],
)
def test_what_cannot_be_printed_is_told(nuanyi, some, tmp_path, arguments, code):
    assert nuanyi("cards", *arguments, "--out", tmp_path / "c.html").code == code
    assert not (tmp_path / "c.html").exists()


def test_a_folder_that_is_not_there_is_told(nuanyi, some, tmp_path):
    assert nuanyi("cards", "--area", 7, *HERE, "--out", tmp_path / "no" / "c.html").code == UNUSABLE
