"""Dated statuses that begin and end while somebody walks, stays or waits; on PostGIS."""

from datetime import datetime, timedelta

import pytest
from one_street import LAT, NOON, WEST, ZONE, close, ids, station

from api.questions import Questions
from geo.walking.finder import Finder
from geo.walking.wanted import wanted


def later(**more) -> datetime:
    """Statuses that are over are not read, so these tests ask from now on."""
    return datetime.now(ZONE).replace(second=0, microsecond=0) + timedelta(**more)


def test_many_stations_that_close_soon_cost_a_few_searches(writer, stations, settings, monkeypatch):
    now = later()
    for number in range(1, 401):
        station(writer, stations, number, 10 * number + 3)
        # Those beyond 150 m are closed already when one gets there.
        close(writer, number, "closed", now + timedelta(minutes=2), now + timedelta(days=1))
    finder = Finder.load(writer, settings)
    prepared = []
    plain = finder.questions.prepare
    monkeypatch.setattr(
        finder.questions, "prepare", lambda *asked: prepared.append(1) or plain(*asked)
    )
    answer = finder.nearest(WEST, LAT, now=now, k=50)
    assert ids(answer) == list(range(1, 15))  # 143 m take 114 s, 153 m 122
    assert len(prepared) <= 6
    prepared.clear()
    answer = finder.nearest(WEST, LAT, now=now + timedelta(minutes=3))
    assert ids(answer) == []
    assert answer.beyond is not None
    assert len(prepared) <= 12


def test_who_wants_to_stay_is_not_sent_to_a_station_about_to_be_closed(writer, stations, settings):
    now = later()
    station(writer, stations, 1, 75)  # a minute's walk
    station(writer, stations, 2, 750)
    close(writer, 1, "closed", now + timedelta(minutes=20))
    finder = Finder.load(writer, settings)
    assert ids(finder.nearest(WEST, LAT, now=now)) == [1, 2]
    assert ids(finder.nearest(WEST, LAT, now=now, stay_minutes=15)) == [1, 2]
    assert ids(finder.nearest(WEST, LAT, now=now, stay_minutes=30)) == [2]


def test_a_closed_station_opens_when_both_its_status_and_its_hours_let_in(
    writer, stations, settings
):
    midnight = later(days=1).replace(hour=0, minute=0)
    evening = midnight - timedelta(hours=2)
    station(writer, stations, 1, 100, hours="08:00-20:00")
    station(writer, stations, 2, 200, hours="08:00-20:00")
    close(
        writer, 1, "closed", evening - timedelta(days=2), midnight
    )  # its status ends before it opens
    close(
        writer, 2, "closed", midnight, midnight + timedelta(days=7, hours=9)
    )  # closed at its next opening
    answer = Finder.load(writer, settings).nearest(WEST, LAT, now=evening, open_rule="any")
    opens = {near.station["id"]: near.opens_at for near in answer.stations}
    assert opens[1] == midnight + timedelta(hours=8)
    assert opens[2] == midnight + timedelta(days=7, hours=9)
    assert [near.suspended for near in answer.stations] == [True, False]


def test_an_arrival_in_the_last_second_does_not_spoil_the_closing_time(writer, stations, settings):
    station(writer, stations, 1, 0.5, hours="08:00-18:00")
    finder = Finder.load(writer, settings)
    last = NOON.replace(hour=17, minute=59, second=59, microsecond=999_999)
    finder.nearest(WEST, LAT, now=last, open_rule="any")
    finder.nearest(WEST, LAT, now=last - timedelta(seconds=1))
    [near] = finder.nearest(WEST, LAT, now=NOON + timedelta(days=1)).stations
    assert near.open_until == NOON.replace(hour=18) + timedelta(days=1)


@pytest.mark.parametrize(
    "query",
    [
        b"lon=1.13665e2&lat=34.7",
        b"lon=%31%313.6&lat=34.7&k=3",
        b"l%6fn=113.6&lat=34.7",
        b"lon=+113.6&lat=34.75",
        b"k=3&lat=34.71234567890123456789012345",
    ],
)
def test_no_position_is_kept_with_a_question_however_it_is_written(query):
    questions = Questions()
    questions.keep(query, wanted(), "wgs84")
    assert not questions._kept
    questions.keep(b"lat=34.7&k=3&lon=113.6", wanted(k=3), "wgs84")
    assert list(questions._kept) == [b"k=3"]
