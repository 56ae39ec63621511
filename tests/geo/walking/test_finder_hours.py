"""Open when one gets there, dated statuses, and what is said when there is none; on PostGIS."""

from datetime import UTC, datetime, timedelta

import pytest
from hostile import HOSTILE_NAME
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st
from one_street import LAT, NOON, PACE, WEST, ZONE, ask, close, ids, station

from geo.walking.closures import Closures
from geo.walking.finder import Finder


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
