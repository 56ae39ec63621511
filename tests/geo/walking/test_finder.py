"""The nearest stations as a person asks for them: hours, closures, filters, notes; on PostGIS."""

import dataclasses
import struct
import threading
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import rows
from hostile import HOSTILE_NAME
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from pyproj import Geod
from sqlalchemy import text

from geo.coordinates import from_wgs84
from geo.database import ANYONE, Database
from geo.errors import Invalid, OutsideServiceArea, Unavailable
from geo.schema import ACCESS, SERVICES, STATION_KINDS
from geo.settings import Settings
from geo.walking.closures import Closures
from geo.walking.finder import Finder
from geo.walking.holder import FinderHolder
from geo.walking.snapshot import load_graph, snapshot_path

ZONE = ZoneInfo("Asia/Shanghai")
WEST, EAST, LAT = 101.0, 101.07, 40.2
ELLIPSOID = Geod(ellps="WGS84")
NOON = datetime(2026, 11, 18, 12, 0, tzinfo=ZONE)  # a Wednesday
PACE = 1.25


def along(metres: float) -> float:
    """Longitude so many metres east of the person, who stands near the west end of the street."""
    return float(ELLIPSOID.fwd(WEST, LAT, 90, metres)[0])


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(state=tmp_path / "state", database_url=None)


@pytest.fixture
def stations(writer) -> int:
    """An empty active edition of stations beside a street of some 6 km."""
    rows.street(writer, rows.edition(writer, "streets"), WEST, EAST, LAT)
    return rows.edition(writer, "stations")


def station(writer, edition, number, metres, hours="24/7", **more):
    """A station on the street, so many metres from the person."""
    rows.station(
        writer, edition, number, lon=along(metres), lat=LAT, opening_hours=hours,
        hours_text=hours, **more,
    )  # fmt: skip


def close(writer, number, status, starts, ends=None):
    writer.execute(
        "INSERT INTO station_status (station_id, status, reason, starts_at, ends_at, created_by) "
        "VALUES (:s, :status, '停水', :starts, :ends, 'test')",
        {"s": number, "status": status, "starts": starts, "ends": ends},
    )


def ids(answer) -> list[int]:
    return [near.station["id"] for near in answer.stations]


def ask(finder, **more):
    return finder.nearest(WEST, LAT, **{"now": NOON, **more})


# ---------------------------------------------------------------------- distance
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


# ---------------------------------------------------------------------- hours
def test_a_closed_station_is_not_offered(writer, stations, settings):
    station(writer, stations, 1, 100, "Mo-Su 18:00-22:00")
    station(writer, stations, 2, 800, "Mo-Su 08:00-22:00")
    finder = Finder.load(writer, settings)
    answer = ask(finder)
    assert ids(answer) == [2]
    assert answer.stations[0].hours_state == "open"
    assert answer.stations[0].open_until == NOON.replace(hour=22)
    everything = ask(finder, open_rule="any")
    assert [(n.station["id"], n.hours_state) for n in everything.stations] == [
        (1, "closed"),
        (2, "open"),
    ]
    assert everything.stations[0].open_until is None


@pytest.mark.parametrize("hours", [None, "ask the porter"])
def test_unknown_hours_are_offered_only_when_any_will_do_and_said(
    writer, stations, settings, hours
):
    station(writer, stations, 1, 100, hours)
    station(writer, stations, 2, 200)
    finder = Finder.load(writer, settings)
    assert ids(ask(finder)) == [2]
    assert ids(ask(finder, open_rule=NOON)) == [2]
    assert [near.hours_state for near in ask(finder, open_rule="any").stations] == [
        "unknown",
        "open",
    ]


def test_the_walk_counts_when_it_closes_before_one_gets_there(writer, stations, settings):
    station(writer, stations, 1, 10 * 60 * PACE, "Mo-Su 08:00-22:00")  # ten minutes away
    finder = Finder.load(writer, settings)
    assert ids(ask(finder, now=NOON.replace(hour=21, minute=55))) == []
    answer = ask(finder, now=NOON.replace(hour=21, minute=45))
    assert ids(answer) == [1]
    assert answer.stations[0].minutes == pytest.approx(10, abs=0.1)
    # … and when it opens while one is on the way.
    assert ids(ask(finder, now=NOON.replace(hour=7, minute=55))) == [1]
    assert ids(ask(finder, now=NOON.replace(hour=7, minute=45))) == []


def test_a_time_asked_for_is_that_time_without_the_walk(writer, stations, settings):
    station(writer, stations, 1, 10 * 60 * PACE, "Mo-Su 08:00-22:00")
    finder = Finder.load(writer, settings)
    night = NOON.replace(hour=3)
    assert ids(ask(finder, now=night, open_rule=NOON.replace(hour=21, minute=55))) == [1]
    assert ids(ask(finder, now=NOON, open_rule=NOON.replace(hour=22, minute=5))) == []
    # Another zone is converted; without one it is local.
    assert ids(ask(finder, open_rule=datetime(2026, 11, 18, 13, 55, tzinfo=UTC))) == [1]
    assert ids(ask(finder, open_rule=datetime(2026, 11, 18, 13, 55))) == [1]
    assert ids(ask(finder, open_rule=datetime(2026, 11, 18, 22, 5))) == []


def test_the_answer_says_when_it_was_given(writer, stations, settings):
    station(writer, stations, 1, 100)
    finder = Finder.load(writer, settings)
    answer = ask(finder, now=NOON.astimezone(UTC), open_rule=NOON + timedelta(days=1))
    assert answer.as_of == NOON
    assert ask(finder, now=NOON.replace(tzinfo=None)).as_of == NOON, "no zone: local"
    before = datetime.now(UTC)
    assert before <= finder.nearest(WEST, LAT).as_of <= datetime.now(UTC)
    assert finder.loaded_at == answer.loaded_at <= before


def test_a_year_without_a_holiday_table_is_said(writer, stations, settings):
    station(writer, stations, 1, 100, "Mo-Fr 08:00-18:00")
    notes = ask(Finder.load(writer, settings), now=NOON.replace(year=2045)).notes
    assert any("2045" in note and "节假日" in note and "holidays" in note for note in notes)


# ---------------------------------------------------------------------- dated status
def test_a_dated_status_closes_a_station_and_a_later_one_opens_it(writer, stations, settings):
    station(writer, stations, 1, 100)
    station(writer, stations, 2, 200)
    day = timedelta(days=1)
    now = datetime.now(ZONE)
    close(writer, 1, "closed", now - day, now + 3 * day)
    close(writer, 1, "open", now + day, now + 2 * day)
    finder = Finder.load(writer, settings)

    def offered(moment):
        return 1 in ids(finder.nearest(WEST, LAT, now=now, open_rule=moment))

    assert not offered(now)
    assert offered(now + 1.5 * day), "the one that began last counts"
    assert not offered(now + 2.5 * day)
    assert offered(now + 3.5 * day)
    shown = finder.nearest(WEST, LAT, now=now, open_rule="any").stations
    assert [near.hours_state for near in shown] == ["closed", "open"]
    assert ids(finder.nearest(WEST, LAT, now=now)) == [2]


@pytest.mark.parametrize(
    ("status", "offered"), [("closed", False), ("moved", False), ("limited", True), ("open", True)]
)
def test_only_closed_and_moved_keep_people_away(writer, stations, settings, status, offered):
    station(writer, stations, 1, 100)
    close(writer, 1, status, datetime.now(ZONE) - timedelta(days=1))
    assert (ids(Finder.load(writer, settings).nearest(WEST, LAT)) == [1]) is offered


def test_a_status_that_begins_or_ends_on_the_way_counts_at_arrival(writer, stations, settings):
    now = datetime.now(ZONE)
    minute = timedelta(minutes=1)
    for number, metres in ((1, 750), (2, 750), (3, 1500)):  # ten, ten and twenty minutes
        station(writer, stations, number, metres)
    close(writer, 1, "closed", now + 5 * minute, now + 60 * minute)
    close(writer, 2, "closed", now - 60 * minute, now + 5 * minute)
    close(writer, 3, "closed", now + 30 * minute)
    answer = Finder.load(writer, settings).nearest(WEST, LAT, now=now)
    assert ids(answer) == [2, 3]
    assert answer.stations[0].open_until is None
    assert answer.stations[1].open_until == now + 30 * minute, "the status ends what hours do not"
    alone = Finder.load(writer, settings).nearest(WEST, LAT, now=now, k=1)
    assert ids(alone) == [2], "another takes the place of the one that closes"


@given(
    dated=st.lists(
        st.tuples(
            st.integers(0, 3),
            st.sampled_from(["open", "closed", "limited", "moved"]),
            st.integers(0, 20),
            st.none() | st.integers(0, 10),
        ),
        max_size=12,
    ),
    at=st.integers(-1, 31),
)
@trying(max_examples=200)
def test_closures_are_those_of_a_plain_reading(dated, at):
    def moment(hour):
        return NOON + timedelta(hours=hour)

    given_rows = sorted(
        [
            (place, status, moment(start), None if length is None else moment(start + length))
            for place, status, start, length in dated
        ],
        key=lambda row: row[2],
    )

    def plain(place, when):
        closed = False
        for number, status, start, end in given_rows:
            if number == place and start <= when and (end is None or when < end):
                closed = status in ("closed", "moved")
        return closed

    closures = Closures(given_rows, 4)
    for place in range(4):
        assert closures.closed(place, moment(at)) == plain(place, moment(at))
        other = not plain(place, moment(at))
        turns = (moment(h) for h in range(at + 1, 40) if plain(place, moment(h)) == other)
        assert closures.next(place, moment(at), closed=other) == next(turns, None)
    changing = closures.changing(moment(at), moment(at + 5))
    for place in range(4):
        if len({plain(place, moment(at + h)) for h in range(6)}) > 1:
            assert changing[place], "what changes is never overlooked"


# ---------------------------------------------------------------------- filters
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


# ---------------------------------------------------------------------- coordinates
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


# ---------------------------------------------------------------------- notes
def test_when_none_is_open_the_nearest_is_named_with_its_opening_time(writer, stations, settings):
    station(writer, stations, 7, 400, "Mo-Su 08:00-18:00")
    station(writer, stations, 8, 900, "Mo-Su 09:00-18:00")
    answer = ask(Finder.load(writer, settings), now=NOON.replace(hour=20))
    assert answer.stations == []
    [note] = answer.notes
    assert f"{HOSTILE_NAME}7" in note, "text, to be escaped where it is shown"
    chinese, english = note.split(" / ")
    assert "400 米" in chinese or "401 米" in chinese
    assert "11-19 08:00 开放" in chinese
    assert "opens 2026-11-19 08:00" in english


def test_one_that_closes_before_one_gets_there_is_not_said_to_open_now(writer, stations, settings):
    station(writer, stations, 1, 750, "Mo-Su 08:00-18:00")
    [note] = ask(Finder.load(writer, settings), now=NOON.replace(hour=17, minute=55)).notes
    assert "opens 2026-11-19 08:00" in note


def test_an_open_one_beyond_the_distance_asked_for_is_named(writer, stations, settings):
    station(writer, stations, 1, 2000)
    [note] = ask(Finder.load(writer, settings), max_metres=1000).notes
    assert "到达时开放" in note
    assert "2000 m on foot, open on arrival" in note


def test_the_reason_is_told_when_the_nearest_is_closed_for_repair(writer, stations, settings):
    now = datetime.now(ZONE).replace(second=0, microsecond=0)
    station(writer, stations, 1, 100)
    until = now + timedelta(days=2)
    close(writer, 1, "closed", now - timedelta(days=1), until)
    [note] = Finder.load(writer, settings).nearest(WEST, LAT, now=now).notes
    assert f"暂停开放至 {until:%m-%d %H:%M}" in note
    assert f"closed until {until:%Y-%m-%d %H:%M}" in note
    writer.execute("UPDATE station_status SET ends_at = NULL")
    [note] = Finder.load(writer, settings).nearest(WEST, LAT, now=now).notes
    assert "until further notice" in note


def test_unknown_hours_and_nothing_at_all_are_told_apart(writer, stations, settings):
    station(writer, stations, 1, 100, None)
    finder = Finder.load(writer, settings)
    [note] = ask(finder).notes
    assert "开放时间未知" in note
    assert "not known" in note
    [note] = ask(finder, services=["wifi"]).notes
    assert "20 公里" in note
    assert "within 20 km" in note
    [note] = ask(finder, services=["wifi"], open_rule="any").notes
    assert "No such station within 3000 m" in note


# ---------------------------------------------------------------------- the snapshot
def test_the_network_comes_from_its_snapshot_the_second_time(writer, stations, settings):
    station(writer, stations, 1, 700)
    first = Finder.load(writer, settings)
    [file] = (settings.state / "cache").iterdir()
    # With the streets gone only the snapshot can answer as before.
    writer.execute("DELETE FROM street")
    second = Finder.load(writer, settings)
    assert [file] == list((settings.state / "cache").iterdir())
    assert ask(second).stations == ask(first).stations
    file.unlink()
    assert ask(Finder.load(writer, settings)).stations[0].straight_line


@pytest.mark.parametrize("damage", ["empty", "cut", "garbage", "moved"])
def test_a_damaged_snapshot_is_built_again(writer, stations, settings, damage):
    station(writer, stations, 1, 700)
    expected = ask(Finder.load(writer, settings)).stations
    [file] = (settings.state / "cache").iterdir()
    whole = file.read_bytes()
    assert struct.pack("<d", EAST) in whole
    middle = len(whole) // 2
    file.write_bytes(
        {
            "empty": b"",
            "cut": whole[:middle],
            "garbage": b"\x00\xff" * middle,
            "moved": whole.replace(struct.pack("<d", EAST), struct.pack("<d", WEST + 0.001)),
        }[damage]
    )
    assert ask(Finder.load(writer, settings)).stations == expected
    assert file.read_bytes() == whole


def test_a_snapshot_of_another_pace_is_not_used(writer, stations, settings):
    station(writer, stations, 1, 750)
    assert ask(Finder.load(writer, settings)).stations[0].minutes == pytest.approx(10, abs=0.1)
    slow = settings.model_copy(update={"walking_metres_per_second": 0.625})
    assert ask(Finder.load(writer, slow)).stations[0].minutes == pytest.approx(20, abs=0.1)


def test_a_state_directory_that_cannot_be_written_only_costs_time(writer, stations, tmp_path):
    station(writer, stations, 1, 700)
    (tmp_path / "file").write_text("not a folder")
    settings = Settings(state=tmp_path / "file", database_url=None)
    assert ids(ask(Finder.load(writer, settings))) == [1]


def test_editions_have_snapshots_of_their_own(writer, stations, settings):
    streets = writer.scalar("SELECT id FROM edition WHERE dataset = 'streets'")
    load_graph(writer, settings, streets)
    writer.execute("UPDATE edition SET state = 'retired' WHERE id = :id", {"id": streets})
    other = rows.edition(writer, "streets")
    rows.street(writer, other, WEST, along(100), LAT)
    assert snapshot_path(settings, writer, streets) != snapshot_path(settings, writer, other)
    lengths = [
        float(load_graph(writer, settings, one).streets.chain_metres.sum())
        for one in (other, streets, other)
    ]
    assert lengths == pytest.approx([100, ELLIPSOID.inv(WEST, LAT, EAST, LAT)[2], 100], abs=0.1)


# ---------------------------------------------------------------------- the holder
@pytest.fixture
def town(database, actor) -> int:
    """One station 300 m down the street, committed; the number of its edition."""
    with database.write(actor) as writer:
        rows.street(writer, rows.edition(writer, "streets"), WEST, EAST, LAT)
        edition = rows.edition(writer, "stations")
        station(writer, edition, 1, 300)
    return edition


def until(told, seconds=4.0) -> float:
    """Wait until it is so; how long it took."""
    started = time.monotonic()
    while not told():
        assert time.monotonic() - started < seconds, "it did not happen in time"
        time.sleep(0.02)
    return time.monotonic() - started


def test_a_new_edition_and_a_new_status_are_picked_up_within_about_a_second(
    database, actor, settings, town
):
    holder = FinderHolder(database, settings)
    now = datetime.now(ZONE)

    def offered():
        return ids(holder.current().nearest(WEST, LAT, now=now))

    assert offered() == [1]
    assert holder.current() is holder.current()
    with database.write(actor) as writer:
        writer.execute("UPDATE edition SET state = 'retired' WHERE id = :id", {"id": town})
        station(writer, rows.edition(writer, "stations"), 2, 500)
    assert until(lambda: offered() == [2]) < 2.5
    with database.write(actor) as writer:
        close(writer, 2, "closed", now - timedelta(days=1), now + timedelta(days=1))
    assert until(lambda: offered() == []) < 2.5
    with database.write(actor) as writer:
        writer.execute("UPDATE station_status SET status = 'limited'")
    assert until(lambda: offered() == [2]) < 2.5
    unchanged = holder.current()
    time.sleep(1.1)
    assert holder.current() is unchanged, "nothing changed, nothing is loaded"


def test_it_goes_on_without_the_database_and_says_how_old_the_data_are(
    cluster, database, actor, settings, town
):
    holder = FinderHolder(database, settings)
    fresh = holder.current().nearest(WEST, LAT)
    assert fresh.notes == []
    name = database.url.database
    admin = Database(cluster.url("postgres"), pool_size=1)
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as outside:
        outside.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        outside.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": name},
        )
        try:
            with pytest.raises(Unavailable), database.read(ANYONE):
                pass
            until(lambda: holder.current().nearest(WEST, LAT).notes)
            stale = holder.current().nearest(WEST, LAT)
            assert ids(stale) == [1]
            assert stale.loaded_at == fresh.loaded_at
            assert stale.as_of > fresh.as_of
            [note] = stale.notes
            assert "数据库" in note
            assert f"{fresh.loaded_at:%Y-%m-%d %H:%M}"[:13] in note
            with pytest.raises(Unavailable):
                FinderHolder(database, settings).current()
        finally:
            outside.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    admin.close()
    until(lambda: not holder.current().nearest(WEST, LAT).notes)


def test_many_threads_ask_at_once_while_it_loads(database, settings, town):
    for _ in range(5):
        holder = FinderHolder(database, settings)
        start = threading.Barrier(8)
        told: list[object] = []

        def asking(holder=holder, start=start, told=told):
            start.wait()
            try:
                told.append(tuple(ids(holder.current().nearest(WEST, LAT))))
            except BaseException as error:  # noqa: BLE001 - a thread's error must reach the test
                told.append(error)

        threads = [threading.Thread(target=asking) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert told == [(1,)] * 8


def test_an_answer_can_be_written_as_plain_data(writer, stations, settings):
    station(writer, stations, 1, 100)
    plain = dataclasses.asdict(ask(Finder.load(writer, settings)))
    assert plain["stations"][0]["station"]["id"] == 1
    assert {"notes", "network_edition", "station_edition", "as_of", "loaded_at", "crs"} <= set(
        plain
    )
