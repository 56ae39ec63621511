"""Routes and detours as a person asks for them: hours, closures, filters, notes; on PostGIS."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import rows
from hostile import HOSTILE_NAME
from pyproj import Geod
from sqlalchemy import text

from geo.coordinates import from_wgs84
from geo.errors import Conflict, Invalid, NotFound, OutsideServiceArea
from geo.settings import Settings
from geo.walking.along import along, along_line
from geo.walking.facts import BRIDGE, STEPS, FactsKept, fetch_facts, load_facts
from geo.walking.finder import Finder
from geo.walking.routes import route_to
from geo.walking.wanted import wanted

ZONE = ZoneInfo("Asia/Shanghai")
WEST, EAST, LAT = 101.0, 101.07, 40.2
GEOD = Geod(ellps="WGS84")
NOON = datetime(2026, 11, 18, 12, 0, tzinfo=ZONE)  # a Wednesday


def east(metres: float, north: float = 0.0) -> tuple[float, float]:
    """So many metres east of the west end of the street, and north of it."""
    lon, lat, _ = GEOD.fwd(WEST, LAT, 90, metres)
    lon, lat, _ = GEOD.fwd(lon, LAT, 0, north)
    return float(lon), float(lat)


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(state=tmp_path / "state", database_url=None)


@pytest.fixture
def streets(writer) -> int:
    edition = rows.edition(writer, "streets")
    rows.street(writer, edition, WEST, EAST, LAT)
    return edition


@pytest.fixture
def stations(writer, streets) -> int:
    """An empty active edition of stations beside a street of some 6 km."""
    return rows.edition(writer, "stations")


def station(writer, edition, number, metres, north=0.0, hours="24/7", **more):
    lon, lat = east(metres, north)
    rows.station(
        writer, edition, number, lon=lon, lat=lat, opening_hours=hours, hours_text=hours, **more
    )


def close(writer, number, status, starts, ends=None):
    writer.execute(
        "INSERT INTO station_status (station_id, status, reason, starts_at, ends_at, created_by) "
        "VALUES (:s, :status, '停水', :starts, :ends, 'test')",
        {"s": number, "status": status, "starts": starts, "ends": ends},
    )


# ---------------------------------------------------------------------- the route
def test_the_route_is_as_long_as_the_nearest_search_says(writer, streets, stations, settings):
    station(writer, stations, 1, 900, 25)
    finder = Finder.load(writer, settings)
    near = finder.nearest(*east(100, -15), k=1, now=NOON).stations[0]
    facts = load_facts(writer, settings, streets)
    answer = route_to(finder, *east(100, -15), 1, facts=facts, now=NOON)
    route = answer.route
    assert round(route.metres, 1) == near.metres
    assert round(route.seconds / 60, 1) == near.minutes
    assert round(route.off_street_metres, 1) == near.off_street_metres
    assert [step.street for step in route.steps] == [None, "人民路", None, None]
    assert [step.turn for step in route.steps] == [None, "right", "left", None]
    assert (answer.hours_state, answer.notes) == ("open", [])
    assert answer.network_edition == streets
    assert answer.station_edition == stations


def test_the_route_ends_at_the_entrance(writer, stations, settings):
    station(writer, stations, 1, 900, 100)
    lon, lat = east(700, 12)
    writer.execute(
        text("UPDATE station SET entrance = ST_Point(:lon, :lat, 4326) WHERE edition_id = :e"),
        {"lon": lon, "lat": lat, "e": stations},
    )
    route = route_to(Finder.load(writer, settings), *east(100), 1, now=NOON).route
    assert route.line[-1].tolist() == pytest.approx([lon, lat], abs=1e-7)
    assert route.metres == pytest.approx(612, abs=0.3)


def test_line_and_steps_are_in_the_asked_system(writer, stations, settings):
    station(writer, stations, 1, 900)
    finder = Finder.load(writer, settings)
    plain = route_to(finder, *east(100), 1, now=NOON).route
    lon, lat = (float(value) for value in from_wgs84(*east(100), "gcj02"))
    shifted = route_to(finder, lon, lat, 1, crs="gcj02", now=NOON).route
    assert shifted.metres == pytest.approx(plain.metres, abs=0.01)
    want = np.column_stack(from_wgs84(*plain.line.T, "gcj02"))
    assert np.abs(shifted.line - want).max() < 2e-7
    assert (np.round(shifted.line, 7) == shifted.line).all()
    assert [shifted.steps[-1].lon, shifted.steps[-1].lat] == shifted.line[-1].tolist()


def test_a_station_that_does_not_exist_or_has_no_place_is_said_so(writer, stations, settings):
    station(writer, stations, 1, 900)
    rows.station(writer, stations, 2, lon=None)
    finder = Finder.load(writer, settings)
    for number in (2, 3, -1, 10**18):
        with pytest.raises(NotFound, match=str(number)):
            route_to(finder, *east(100), number, now=NOON)


@pytest.mark.parametrize("status", ["closed", "moved"])
def test_to_a_station_that_is_closed_on_arrival_no_route_is_given(
    writer, stations, settings, status
):
    station(writer, stations, 1, 900)
    station(writer, stations, 2, 900, name=HOSTILE_NAME)
    # 800 m take 640 s; what is over by today's clock is not loaded at all
    ends = datetime(2099, 1, 2, 18, tzinfo=ZONE)
    close(writer, 1, status, NOON + timedelta(seconds=600), ends)
    close(writer, 2, status, NOON - timedelta(days=1))
    finder = Finder.load(writer, settings)
    with pytest.raises(Conflict, match="01-02 18:00"):
        route_to(finder, *east(100), 1, now=NOON)
    with pytest.raises(Conflict, match="until further notice") as told:
        route_to(finder, *east(100), 2, now=NOON)
    assert HOSTILE_NAME in told.value.detail
    assert route_to(finder, *east(100), 1, now=ends).hours_state == "open"


def test_a_station_that_only_sleeps_has_a_route_and_a_note(writer, stations, settings):
    station(writer, stations, 1, 900, hours="Mo-Su 08:00-12:05")
    station(writer, stations, 2, 900, hours=None)
    finder = Finder.load(writer, settings)
    asleep = route_to(finder, *east(100), 1, now=NOON)  # 12:10 on arrival
    assert asleep.hours_state == "closed"
    assert asleep.opens_at == datetime(2026, 11, 19, 8, tzinfo=ZONE)
    assert any("11-19 08:00" in note for note in asleep.notes)
    assert route_to(finder, *east(600), 1, now=NOON).hours_state == "open"
    unknown = route_to(finder, *east(100), 2, now=NOON)
    assert unknown.hours_state == "unknown"
    assert any("not known" in note for note in unknown.notes)


def test_places_that_cannot_be_asked_from_are_refused(writer, stations, settings):
    station(writer, stations, 1, 900)
    finder = Finder.load(writer, settings)
    for lon, lat in ((LAT, WEST), (float("nan"), LAT), (-3.2, 55.9)):
        with pytest.raises(OutsideServiceArea) as told:
            route_to(finder, lon, lat, 1, now=NOON)
        assert str(lon) not in str(told.value)
    with pytest.raises(Invalid):
        route_to(finder, *east(100), 1, crs="wgs72", now=NOON)
    with pytest.raises(Invalid, match="50 km"):
        route_to(finder, WEST - 0.45, LAT - 0.45, 1, now=NOON)


def test_far_from_any_street_the_route_is_a_straight_line_and_says_so(writer, stations, settings):
    station(writer, stations, 1, 900)
    answer = route_to(Finder.load(writer, settings), *east(900, 2000), 1, now=NOON)
    assert answer.route.straight_line
    assert answer.route.metres == pytest.approx(2000, abs=0.1)
    assert any("straight line" in note for note in answer.notes)


# ---------------------------------------------------------------------- facts
def test_facts_come_from_postgis_once_and_then_from_their_file(writer, streets, settings):
    writer.execute(
        text("UPDATE street SET name = :name, is_steps = true, is_bridge = true"),
        {"name": HOSTILE_NAME},
    )
    facts = load_facts(writer, settings, streets)
    assert facts.names == [HOSTILE_NAME]
    assert facts.name.tolist() == [0]
    assert facts.made.tolist() == [STEPS | BRIDGE]
    writer.execute(text("UPDATE street SET name = '新名'"))
    assert load_facts(writer, settings, streets).names == [HOSTILE_NAME]
    assert fetch_facts(writer, streets).names == ["新名"]
    [path] = (settings.state / "cache").glob("*.facts.npz")
    path.write_bytes(path.read_bytes()[:100])
    assert load_facts(writer, settings, streets).names == ["新名"]
    writer.execute(text("UPDATE street SET name = NULL"))
    assert fetch_facts(writer, streets).name.tolist() == [-1]
    assert len(fetch_facts(writer, 10**6).name) == 0


def test_facts_are_read_once_an_edition(writer, streets, settings):
    kept, read = FactsKept(), []

    def load(edition: int):
        read.append(edition)
        return fetch_facts(writer, edition)

    for edition in (streets, streets, 10**6, 10**6, streets):
        kept.of(edition, lambda edition=edition: load(edition))
    assert read == [streets, 10**6, streets]


# ---------------------------------------------------------------------- along the way
def ids(answer):
    return [one.near.station["id"] for one in answer.stations]


@pytest.fixture
def row(writer, stations, settings):
    """Stations north of the street, number n at n * 500 m and 20 n metres off it."""
    for number in range(1, 9):
        station(
            writer,
            stations,
            number,
            500 * number,
            20 * number,
            kind="warm_station" if number % 2 else "driver_rest_home",
            services=["toilet"] if number % 3 == 0 else ["hot_water", "toilet"],
            access="public" if number != 5 else "members",
        )
    return Finder.load(writer, settings)


def test_stations_come_by_detour_with_both_parts_of_the_way(row):
    answer = along(row, east(900), east(2600), wanted(k=3), now=NOON)
    assert ids(answer) == [2, 3, 4]
    assert answer.direct_metres == pytest.approx(1700, abs=0.2)
    first = answer.stations[0]
    assert first.detour_metres == pytest.approx(80, abs=0.2)
    assert first.metres_before == first.near.metres == pytest.approx(140, abs=0.2)
    assert first.metres_after == pytest.approx(1640, abs=0.3)
    assert first.near.off_street_metres == pytest.approx(40, abs=0.2)
    assert first.near.minutes == pytest.approx(140 / 1.25 / 60, abs=0.1)
    assert first.detour_minutes == pytest.approx(80 / 1.25 / 60, abs=0.1)
    assert answer.notes == []


def test_filters_are_those_of_the_nearest_search(row):
    ends = east(100), east(4500)

    def found(most=1000.0, **more):
        return ids(along(row, *ends, wanted(k=9, **more), max_detour=most, now=NOON))

    assert found() == [1, 2, 3, 4, 6, 7, 8]
    assert found(access=["members"]) == [5]
    assert found(kinds=["driver_rest_home"]) == [2, 4, 6, 8]
    assert found(services=["hot_water", "toilet"]) == [1, 2, 4, 7, 8]
    assert found(most=121) == [1, 2, 3]
    assert ids(along(row, *ends, wanted(k=2), now=NOON)) == [1, 2]


def test_a_station_must_be_open_when_one_gets_there(writer, stations, settings):
    station(writer, stations, 1, 500, hours="Mo-Su 08:00-12:05")
    station(writer, stations, 2, 800, hours="Mo-Su 08:00-12:05")  # 700 m: 9.3 minutes
    station(writer, stations, 3, 1000, hours=None)
    station(writer, stations, 4, 1200)
    close(writer, 4, "closed", NOON + timedelta(minutes=10))
    station(writer, stations, 5, 1300)
    finder = Finder.load(writer, settings)
    ends = east(200), east(2000)
    assert ids(along(finder, *ends, wanted(), now=NOON)) == [1, 5]
    assert ids(along(finder, *ends, wanted(open_rule=NOON), now=NOON)) == [1, 2, 4, 5]
    whatever = along(finder, *ends, wanted(open_rule="any"), now=NOON)
    assert [one.near.hours_state for one in whatever.stations] == [
        "open",
        "closed",
        "unknown",
        "closed",
        "open",
    ]
    assert ids(along(finder, *ends, wanted(stay_minutes=5), now=NOON)) == [5]
    none = along(finder, *ends, wanted(kinds=["workers_home"]), now=NOON)
    assert none.stations == []
    assert any("500 m" in note for note in none.notes)


def test_stations_of_equal_detour_come_in_the_order_of_their_id(writer, stations, settings):
    for number, metres in ((9, 700), (2, 1500), (5, 1100)):
        station(writer, stations, number, metres)
    answer = along(Finder.load(writer, settings), east(300), east(2000), wanted(), now=NOON)
    assert ids(answer) == [2, 5, 9]
    assert {one.detour_metres for one in answer.stations} == {0.0}


def test_along_a_line_one_leaves_it_and_comes_back(row):
    answer = along_line(row, [east(900), east(1700, 3), east(2600)], wanted(k=9), now=NOON)
    assert ids(answer) == [2, 3, 4, 5][: len(answer.stations)] == [2, 3, 4]
    assert answer.stations[0].detour_metres == pytest.approx(80, abs=1)
    assert answer.stations[0].metres_before == pytest.approx(140, abs=5)


def test_ways_that_cannot_be_asked_for_are_refused(row):
    here, there = east(100), east(900)
    with pytest.raises(Invalid) as told:
        along(row, here, there, wanted(), max_detour=0)
    assert told.value.field == "max_detour_m"
    for most in (-1, 5001, float("nan")):
        with pytest.raises(Invalid):
            along(row, here, there, wanted(), max_detour=most)
    with pytest.raises(OutsideServiceArea) as told:
        along(row, here, there[::-1], wanted())
    assert told.value.field == "to"
    with pytest.raises(OutsideServiceArea) as told:
        along_line(row, [here, (float("nan"), 40.2)], wanted())
    assert told.value.field == "line"
    for line in ([here], [here] * 501, []):
        with pytest.raises(Invalid):
            along_line(row, line, wanted())
    with pytest.raises(Invalid, match="50 km"):
        along_line(row, [here, east(5000)] * 6, wanted())


def test_without_streets_and_without_stations_there_is_an_answer(writer, settings):
    nothing = Finder.load(writer, settings)
    answer = along(nothing, (101, 40.2), (101.01, 40.2), wanted(), now=NOON)
    assert (answer.stations, len(answer.notes)) == ([], 2)
    edition = rows.edition(writer, "stations")
    station(writer, edition, 1, 400, 30)
    finder = Finder.load(writer, settings)
    answer = along(finder, east(0), east(900), wanted(), now=NOON)
    assert answer.stations[0].near.straight_line
    assert answer.stations[0].detour_metres == pytest.approx(
        np.hypot(400, 30) + np.hypot(500, 30) - 900, abs=0.1
    )
    assert along_line(finder, [east(0), east(900)], wanted(), now=NOON).stations[
        0
    ].detour_metres == pytest.approx(60, abs=0.2)


def test_old_data_are_said_to_be_old(writer, stations, settings):
    station(writer, stations, 1, 900)
    finder = Finder.load(writer, settings)
    finder.unconfirmed_since = datetime(2026, 11, 18, 3, 30, tzinfo=UTC)
    for answer in (
        route_to(finder, *east(100), 1, now=NOON),
        along(finder, east(100), east(1000), wanted(), now=NOON),
    ):
        assert any("11-18 11:30" in note for note in answer.notes)


def test_without_facts_the_steps_say_that_names_are_missing(writer, streets, stations, settings):
    station(writer, stations, 1, 900)
    finder = Finder.load(writer, settings)
    facts = load_facts(writer, settings, streets)
    known, unknown = (
        route_to(finder, *east(100), 1, facts=facts, now=NOON) for facts in (facts, None)
    )
    assert unknown.route.metres == known.route.metres
    assert (known.route.steps[0].street, unknown.route.steps[0].street) == ("人民路", None)
    assert (len(known.notes), len(unknown.notes)) == (0, 1)
    assert "names" in unknown.notes[0]
