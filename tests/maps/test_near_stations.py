"""The nearest stations put into words by compiled code, against Python's own words."""

import json

import pytest
from reach_streets import LONG, TUESDAY, finder_of

from geo.walking.finder import minute_of
from geo.walking.telling import STATES
from geo.walking.wanted import wanted
from maps.near_stations import FOREVER, LARGEST, Texts

END = b'],"crs":"wgs84"}'
NOW = 12 * 60 + 40.0


def texts_of(finder, length: int) -> Texts:
    """Every station's text so long, and all hours told for ever."""
    feet, snapped = finder.on_streets.feet, finder.on_streets.snapped
    texts = Texts(feet.off_street, snapped.doubtful, finder.hours.row_pattern, len(STATES))
    for number in range(len(finder)):
        name = f"{number} " + "站" * (length // 3)
        texts.keep_station(number, f'"name":"{name}"}}'.encode())
        for state in range(len(STATES)):
            texts.keep_hours(number, state, 0, FOREVER, b'"state":"%d",' % state)
    texts.end_with(END)
    return texts


def asked(finder, **more):
    return finder.question(wanted(**more), TUESDAY)


def answer(texts, question, lon, lat):
    room = question.room(minute_of(TUESDAY))
    return texts.answer(room.number, lon, lat, minute_of(TUESDAY), NOW, True)


@pytest.fixture(scope="module")
def finder():
    return finder_of(LONG, [(7.0 * i, 3 + i % 40) for i in range(400)])


def test_texts_that_outgrow_their_room_stay_what_they_were(finder):
    texts, question = texts_of(finder, 600), asked(finder, k=20)
    for number in range(0, 400, 13):
        lon, lat = finder.position[number]
        told = json.loads(answer(texts, question, lon, lat))
        count, room = question.one(lon, lat, minute_of(TUESDAY))
        off = room.start[0] + finder.on_streets.feet.off_street
        assert count == len(told["stations"]) == 20
        assert told["crs"] == "wgs84"
        for one, station, metres, seconds in zip(
            told["stations"], room.station, room.metres, room.seconds, strict=True
        ):
            assert one["name"].split()[0] == str(station)
            assert len(one["name"]) == len(f"{station} ") + 200
            assert one["metres"] == round(float(metres), 1)
            assert one["minutes"] == round(float(seconds) / 60, 1)
            assert one["off_street_metres"] == round(float(off[station]), 1)


def test_what_was_never_put_into_words_is_left_to_the_caller(finder):
    texts, question = texts_of(finder, 30), asked(finder, k=5)
    lon, lat = finder.position[200]
    assert answer(texts, question, lon, lat)
    count, room = question.one(lon, lat, minute_of(TUESDAY))
    found = room.station.copy()
    texts._station[found[0]] = 0
    assert answer(texts, question, lon, lat) == count == 5
    assert room.station.tolist() == found.tolist()


def test_hours_that_no_longer_hold_are_left_to_the_caller(finder):
    texts, question = texts_of(finder, 30), asked(finder, k=5)
    lon, lat = finder.position[200]
    for state in range(len(STATES)):
        texts.keep_hours(200, state, 0, NOW, b"")
    assert answer(texts, question, lon, lat) == 5


def test_an_answer_longer_than_its_room_is_left_to_the_caller(finder):
    question = asked(finder, k=50)
    lon, lat = finder.position[200]
    longest = LARGEST // 50
    assert answer(texts_of(finder, longest), question, lon, lat) == 50
    fits = answer(texts_of(finder, longest - 300), question, lon, lat)
    assert longest * 40 < len(fits) <= LARGEST
    assert len(json.loads(fits)["stations"]) == 50


def test_the_end_is_that_of_the_second_asked_in(finder):
    texts, question = texts_of(finder, 30), asked(finder, k=5)
    lon, lat = finder.position[10]
    for second in (b"1", b"20", b"3"):
        texts.end_with(b'],"as_of":"%s"}' % second)
        assert json.loads(answer(texts, question, lon, lat))["as_of"] == second.decode()


def test_nothing_near_is_left_to_the_caller(finder):
    texts, question = texts_of(finder, 30), asked(finder, k=5, max_metres=100)
    lon, lat = finder.position[0]
    assert answer(texts, question, lon - 0.5, lat) == 0
