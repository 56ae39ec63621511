"""The nearest stations as a person asks for them: distance, filters, coordinates; on PostGIS."""

import dataclasses
from datetime import timedelta

import numpy as np
import pytest
import rows
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from one_street import (
    ELLIPSOID,
    LAT,
    NOON,
    PACE,
    WEST,
    along,
    ask,
    ids,
    station,
)

from geo.coordinates import from_wgs84
from geo.errors import Invalid, OutsideServiceArea
from geo.schema import ACCESS, SERVICES, STATION_KINDS
from geo.walking.finder import Finder


def test_stations_come_in_walking_order_with_metres_and_minutes(writer, stations, settings):
    for number, metres in ((1, 900), (2, 300), (3, 2000)):
        station(writer, stations, number, metres)
    answer = ask(Finder.load(writer, settings))
    assert ids(answer) == [2, 1, 3]
    for near, metres in zip(answer.stations, (300, 900, 2000), strict=True):
        assert near.metres == pytest.approx(metres, abs=0.2)
        assert near.minutes == pytest.approx(metres / PACE / 60, abs=0.1)
        assert not near.straight_line
        assert near.off_street_metres < 0.2
    assert answer.notes == []


def test_the_cap_and_the_number_asked_for_are_kept(writer, stations, settings):
    for number in range(1, 8):
        station(writer, stations, number, 400 * number)
    finder = Finder.load(writer, settings)
    assert ids(ask(finder, k=3)) == [1, 2, 3]
    assert ids(ask(finder, k=50, max_metres=1250)) == [1, 2, 3]


def test_metres_off_the_street_are_part_of_the_way_and_told(writer, stations, settings):
    lon, lat, _ = ELLIPSOID.fwd(along(500), LAT, 0, 80)
    rows.station(writer, stations, 1, lon=lon, lat=lat, opening_hours="24/7")
    [near] = ask(Finder.load(writer, settings)).stations
    assert near.metres == pytest.approx(580, abs=0.5)
    assert near.off_street_metres == pytest.approx(80, abs=0.5)


def test_the_entrance_counts_not_the_middle_of_the_house(writer, stations, settings):
    station(writer, stations, 1, 500)
    station(writer, stations, 2, 900)
    writer.execute(
        "UPDATE station SET entrance = ST_Point(:lon, :lat, 4326) WHERE id = 2",
        {"lon": along(200), "lat": LAT},
    )
    answer = ask(Finder.load(writer, settings))
    assert ids(answer) == [2, 1]
    assert answer.stations[0].metres == pytest.approx(200, abs=0.2)
    assert answer.stations[0].station["lon"] == pytest.approx(along(900), abs=1e-6)


def test_without_streets_the_straight_line_is_marked(writer, settings):
    edition = rows.edition(writer, "stations")
    lon, lat, _ = ELLIPSOID.fwd(WEST, LAT, 30, 700)
    rows.station(writer, edition, 1, lon=lon, lat=lat, opening_hours="24/7")
    answer = ask(Finder.load(writer, settings))
    assert ids(answer) == [1]
    assert answer.stations[0].straight_line
    assert answer.stations[0].metres == pytest.approx(700, abs=0.2)
    assert answer.network_edition is None
    [note] = answer.notes
    assert "直线" in note
    assert "straight line" in note


def test_no_stations_is_a_note_not_an_error(writer, settings):
    answer = ask(Finder.load(writer, settings))
    assert answer.stations == []
    assert answer.station_edition is None
    [note] = answer.notes
    assert "没有" in note
    assert "No stations" in note


def test_stations_without_a_place_are_left_out(writer, stations, settings):
    rows.station(writer, stations, 1, lon=None)
    station(writer, stations, 2, 100)
    assert ids(ask(Finder.load(writer, settings))) == [2]


def test_kinds_are_alternatives_and_all_services_are_needed(writer, stations, settings):
    station(writer, stations, 1, 100, kind="workers_home", services=["hot_water", "toilet"])
    station(writer, stations, 2, 200, services=["hot_water"])
    station(writer, stations, 3, 300, kind="driver_rest_home", services=["join_union", "hot_water"])
    finder = Finder.load(writer, settings)
    assert ids(ask(finder, kinds=["workers_home", "driver_rest_home"])) == [1, 3]
    assert ids(ask(finder, services=["hot_water"])) == [1, 2, 3]
    assert ids(ask(finder, services=["hot_water", "toilet"])) == [1]
    assert ids(ask(finder, services=["join_union"])) == [3]
    assert ids(ask(finder, kinds=["workers_home"], services=["join_union"])) == []


def test_rooms_of_members_and_staff_are_offered_only_when_asked_for(writer, stations, settings):
    for number, access in enumerate(ACCESS, 1):
        station(writer, stations, number, 100 * number, access=access)
    finder = Finder.load(writer, settings)
    assert [near.station["access"] for near in ask(finder).stations] == [
        "public",
        "unknown",
    ]
    assert ids(ask(finder, access=["internal"])) == [3]
    assert ids(ask(finder, access=["public", "internal"])) == [1, 3]


@trying(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    services=st.lists(st.sampled_from(SERVICES[:6]), max_size=3),
    kinds=st.lists(st.sampled_from(STATION_KINDS), max_size=3),
    access=st.lists(st.sampled_from(ACCESS), min_size=1, max_size=4),
    minute=st.integers(0, 1439),
    k=st.integers(1, 50),
)
def test_every_filter_agrees_with_the_rows_one_by_one(invented, services, kinds, access, minute, k):
    finder, facts = invented
    now = NOON.replace(hour=minute // 60, minute=minute % 60)
    expected = []
    for fact in sorted(facts, key=lambda one: one["metres"]):
        there = now + timedelta(seconds=fact["metres"] / PACE)
        opens, closes = fact["hours"]
        wanted = (
            fact["metres"] <= 3000
            and opens <= there.hour < closes
            and there.date() == now.date()
            and (not kinds or fact["kind"] in kinds)
            and set(services) <= set(fact["services"])
            and fact["access"] in access
        )
        if wanted:
            expected.append(fact["id"])
    answer = finder.nearest(
        WEST, LAT, k=k, services=services, kinds=kinds, access=access, now=now
    )  # fmt: skip
    assert ids(answer) == expected[:k]


@pytest.fixture
def invented(writer, stations, settings):
    """Sixty stations, 47 m apart, of every sort."""
    rng = np.random.default_rng(20261121)
    facts = []
    for number in range(1, 61):
        opens = int(rng.integers(5, 12))
        fact = {
            "id": number,
            "metres": 47.0 * number,
            "hours": (opens, opens + int(rng.integers(2, 11))),
            "kind": str(rng.choice(STATION_KINDS)),
            "services": [str(one) for one in rng.choice(SERVICES[:6], 4, replace=False)],
            "access": str(rng.choice(ACCESS)),
        }
        facts.append(fact)
        station(
            writer, stations, number, fact["metres"],
            "Mo-Su {:02d}:00-{:02d}:00".format(*fact["hours"]),
            kind=fact["kind"], services=fact["services"], access=fact["access"],
        )  # fmt: skip
    return Finder.load(writer, settings), facts


@pytest.mark.parametrize("crs", ["wgs84", "gcj02", "bd09"])
def test_questions_and_answers_are_in_the_same_system(writer, stations, settings, crs):
    station(writer, stations, 1, 700)
    finder = Finder.load(writer, settings)
    lon, lat = (float(value) for value in from_wgs84(WEST, LAT, crs))
    answer = finder.nearest(lon, lat, crs=crs, now=NOON)
    [near] = answer.stations
    assert answer.crs == crs
    assert near.metres == pytest.approx(700, abs=0.3)
    expected = from_wgs84(along(700), LAT, crs)
    assert near.station["lon"] == pytest.approx(float(expected[0]), abs=1e-6)
    assert near.station["lat"] == pytest.approx(float(expected[1]), abs=1e-6)


def test_a_position_read_in_the_wrong_system_is_off_by_hundreds_of_metres(
    writer, stations, settings
):
    station(writer, stations, 1, 700)
    finder = Finder.load(writer, settings)
    lon, lat = (float(value) for value in from_wgs84(WEST, LAT, "gcj02"))
    [near] = finder.nearest(lon, lat, now=NOON).stations
    assert abs(near.metres - 700) > 50


# Far away, swapped, and swapped beyond 90 degrees, where it could only be a longitude.
@pytest.mark.parametrize(("lon", "lat"), [(12.345678, 51.234567), (40.2, 88.9), (40.2, 101.0123)])
def test_a_position_far_from_everything_is_refused_and_never_repeated(
    writer, stations, settings, lon, lat
):
    station(writer, stations, 1, 700)
    with pytest.raises(OutsideServiceArea) as told:
        Finder.load(writer, settings).nearest(lon, lat, now=NOON)
    assert told.value.remedy
    for number in (lon, lat):
        assert str(number) not in str(told.value)
        assert f"{number:.3f}" not in str(told.value)
        assert str(number) not in repr(told.value)


def test_swapped_axes_are_called_by_name(writer, stations, settings):
    station(writer, stations, 1, 700)
    finder = Finder.load(writer, settings)
    with pytest.raises(OutsideServiceArea, match="swapped"):
        finder.nearest(40.2, 101.0, now=NOON)
    narrow = Finder.load(writer, settings.model_copy(update={"service_area": (60, 20, 120, 60)}))
    with pytest.raises(OutsideServiceArea, match="swapped"):
        narrow.nearest(LAT, 88.9, now=NOON)
    with pytest.raises(OutsideServiceArea):
        narrow.nearest(121.0, LAT, now=NOON)


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({"k": 0}, "k"),
        ({"k": 51}, "k"),
        ({"k": -1}, "k"),
        ({"max_metres": 0.0}, "max_m"),
        ({"max_metres": -1.0}, "max_m"),
        ({"max_metres": 5001.0}, "max_m"),
        ({"max_metres": float("nan")}, "max_m"),
        ({"max_metres": float("inf")}, "max_m"),
        ({"lon": float("nan")}, "lon"),
        ({"lat": float("nan")}, "lon"),
        ({"lat": float("inf")}, "lon"),
        ({"lon": 181.0}, "lon"),
        ({"kinds": ["pub"]}, "kinds"),
        ({"services": ["beer"]}, "services"),
        ({"access": ["vip"]}, "access"),
        ({"crs": "epsg:3857"}, "crs"),
        ({"open_rule": "sometimes"}, "open"),
    ],
    ids=str,
)
def test_what_cannot_be_asked_says_what_can(writer, stations, settings, question, field):
    station(writer, stations, 1, 700)
    with pytest.raises(Invalid) as told:
        Finder.load(writer, settings).nearest(**{"lon": WEST, "lat": LAT, "now": NOON, **question})
    assert told.value.field == field
    assert told.value.remedy


def test_an_answer_can_be_written_as_plain_data(writer, stations, settings):
    station(writer, stations, 1, 100)
    plain = dataclasses.asdict(ask(Finder.load(writer, settings)))
    assert plain["stations"][0]["station"]["id"] == 1
    assert {"notes", "network_edition", "station_edition", "as_of", "loaded_at", "crs"} <= set(
        plain
    )
