"""`nuanyi route` and `nuanyi along`, as an operator types them."""

import json

import pytest
import rows
from hostile import HOSTILE_NAME

from geo.database import Actor

DONE, UNUSABLE, NO_SUCH = 0, 2, 4


@pytest.fixture
def street(database):
    """A street of some 2.5 km with three stations."""
    with database.write(Actor("test")) as writer:
        rows.street(writer, rows.edition(writer, "streets"), 101.0, 101.03, 40.2)
        edition = rows.edition(writer, "stations")
        for number, lon, lat in ((1, 101.01, 40.2), (2, 101.02, 40.2005), (3, 101.025, 40.2)):
            rows.station(writer, edition, number, lon=lon, lat=lat, opening_hours="24/7")
        rows.status(writer, 3, "closed", "-1 day", None)


def test_the_way_is_told_step_by_step(nuanyi, street) -> None:
    told = nuanyi("route", 101.001, 40.2, 1)
    assert told.code == DONE, told.err
    assert "沿人民路向东出发" in told.out
    assert "Set off to the east along 人民路" in " ".join(told.out.split())
    assert HOSTILE_NAME[:8] in told.out
    answer = json.loads(nuanyi("route", 101.001, 40.2, 2, "--json").out)
    assert answer["metres"] == pytest.approx(1675, abs=5)
    assert [step["kind"] for step in answer["steps"]] == ["depart", "turn", "arrive"]
    assert answer["line"]["coordinates"][0] == [101.001, 40.2]
    assert answer["hours_state"] == "open"


def test_a_station_without_a_route_is_said_so(nuanyi, street) -> None:
    assert nuanyi("route", 101.001, 40.2, 9).code == NO_SUCH
    closed = nuanyi("route", 101.001, 40.2, 3)
    assert closed.code == NO_SUCH
    assert "暂停开放" in closed.err
    swapped = nuanyi("route", 40.2, 101.001, 1)
    assert swapped.code == UNUSABLE
    assert "swapped" in " ".join(swapped.err.split())
    assert nuanyi("route", "nan", 40.2, 1).code == UNUSABLE
    assert nuanyi("route", 101.001, 40.2, 1, "--crs", "cgcs").code == UNUSABLE


def test_stations_along_a_way_are_listed_by_detour(nuanyi, street, tmp_path) -> None:
    told = nuanyi("along", 101.001, 40.2, 101.022, 40.2)
    assert told.code == DONE, told.err
    assert "绕行米" in told.out
    answer = json.loads(nuanyi("along", 101.001, 40.2, 101.022, 40.2, "--json").out)
    assert [one["near"]["station"]["id"] for one in answer["stations"]] == [1, 2]
    assert [one["detour_metres"] for one in answer["stations"]] == pytest.approx([0, 111], abs=1)
    line = {"type": "LineString", "coordinates": [[101.001, 40.2], [101.022, 40.2]]}
    feature = {"type": "Feature", "properties": {}, "geometry": line}
    for shape in (line, feature, {"type": "FeatureCollection", "features": [feature]}):
        path = tmp_path / "way.geojson"
        path.write_text(json.dumps(shape), encoding="utf-8")
        again = json.loads(nuanyi("along", "--line", path, "-k", 1, "--json").out)
        assert [one["near"]["station"]["id"] for one in again["stations"]] == [1]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ((), "--line"),
        ((101.0, 40.2), "--line"),
        ((101.0, 40.2, 101.01), "--line"),
        ((101.0, 40.2, 101.01, 40.2, "--services", "sauna"), "drinking_water"),
        ((101.0, 40.2, 101.01, 40.2, "--open", "never"), "arrival"),
        ((101.0, 40.2, 101.01, 40.2, "-k", "0"), "50"),
        ((101.0, 40.2, 101.01, 40.2, "--max-detour-m", "0"), "5000"),
    ],
)
def test_a_way_that_cannot_be_asked_for_is_answered_with_the_choices(
    nuanyi, street, wrong, said
) -> None:
    told = nuanyi("along", *wrong)
    assert told.code == UNUSABLE
    assert said in told.err


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"type": "Point", "coordinates": [1, 2]}'])
def test_a_file_without_a_line_is_refused(nuanyi, tmp_path, content) -> None:
    path = tmp_path / "way.geojson"
    path.write_text(content, encoding="utf-8")
    told = nuanyi("along", "--line", path)
    assert told.code == UNUSABLE
    assert "LineString" in told.err
    assert nuanyi("along", "--line", tmp_path / "none").code == UNUSABLE
