"""What an offline phone is told: everything once, then only what changed; hours as spans."""

import base64
import json
import math
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hostile import HOSTILE_NAME
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from pyproj import Geod
from street_makers import ORIGIN, network_of, place

from geo.errors import Invalid
from geo.hours import OPEN, UNKNOWN, Calendar, HolidayTable, HoursTable
from geo.schema import REPORT_KINDS, STATION_KINDS
from geo.stations.cells import cell_name, cell_numbers, read_cells, read_token, token_of
from geo.stations.changes import ChangesFeed
from geo.stations.news import DatedFact, News
from geo.stations.spans import spans
from geo.walking.answers import FACTS
from geo.walking.circuity import USUAL
from geo.walking.finder import Finder
from geo.walking.graph import WalkingGraph, empty_network

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 9, 29, 12, 0, tzinfo=ZONE)  # before the National Day holidays
NO_STREETS = WalkingGraph.build(empty_network())
CALENDAR = Calendar(HolidayTable.read())
HOURS = (
    None,
    "24/7",
    "08:00-20:00",
    "Mo-Fr 09:00-17:00",
    "Mo-Fr 08:30-12:00,13:00-17:30; PH off",
    "Mo-Su 18:00-08:00",
    "Sa,Su 10:00-16:00; PH 10:00-14:00",
    "May-Oct 06:00-22:00; Nov-Apr 07:00-20:00",
    "sunrise-sunset",
    "09:00+",
    "Sa[1] 09:00-12:00",
    "not hours at all",
)
NO_NEWS = News({}, {})


def finder_of(stations: dict[int, dict], news: News = NO_NEWS, graph=NO_STREETS) -> Finder:
    """A finder over stations given by id."""
    facts = []
    for number, more in sorted(stations.items()):
        fact = dict.fromkeys(FACTS)
        fact |= {"id": number, "kind": "warm_station", "name": f"{HOSTILE_NAME}{number}"}
        fact |= {"access": "public", "services": ["hot_water"], "lon": ORIGIN[0], "lat": ORIGIN[1]}
        facts.append(fact | more)
    position = np.array([(fact["lon"], fact["lat"]) for fact in facts]).reshape(-1, 2)
    hours = HoursTable([fact["opening_hours"] for fact in facts], CALENDAR)
    return Finder(graph, facts, position, hours, zone=ZONE, news=news)


def around(*, rings: int = 1) -> list[str]:
    """The cells at the origin and around it."""
    x, y = divmod(int(cell_numbers(np.array([ORIGIN[0]]), np.array([ORIGIN[1]]))[0]), 4096)
    reach = range(-rings, rings + 1)
    return [f"12-{x + i}-{y + j}" for i in reach for j in reach]


HERE = around(rings=0)


class Phone:
    """What a client keeps, put together as the documentation says."""

    def __init__(self) -> None:
        self.stations: dict[int, dict] = {}
        self.patterns: dict[str, list] = {}
        self.token: str | None = None
        self.full = False

    def take(self, answer: bytes) -> None:
        told = json.loads(answer)
        if told["full"]:
            self.stations, self.patterns = {}, {}
        self.stations |= {one["id"]: one for one in told["stations"]}
        for number in told["removed"]:
            self.stations.pop(number, None)
        self.patterns |= told["patterns"]
        used = {str(one["hours"]) for one in self.stations.values()}
        self.patterns = {number: some for number, some in self.patterns.items() if number in used}
        self.token, self.full = told["token"], told["full"]


# ---------------------------------------------------------------------- spans
@pytest.mark.parametrize("text", [text for text in HOURS if text])
@pytest.mark.parametrize(
    "first", [date(2026, 9, 29), date(2026, 2, 13), date(2026, 5, 4), date(2027, 1, 1)]
)
def test_spans_say_of_every_minute_what_the_hours_say(text, first) -> None:
    table = HoursTable([text], CALENDAR)
    pattern = int(table.row_pattern[0])
    found = spans(table.horizon(first, 8), pattern, ZONE)
    for one, other in pairwise(found):
        assert one.end <= other.start
        assert one.end < other.start or one.state != other.state, "neighbours differ"
    start = datetime.combine(first, datetime.min.time(), ZONE)
    told = np.zeros(8 * 1440, int)
    for one in found:
        low, high = (int((at - start) / timedelta(minutes=1)) for at in one[:2])
        assert 0 <= low < high <= len(told)
        told[low:high] = {"open": OPEN, "unknown": UNKNOWN}[one.state]
    said = [int(table.states(start + timedelta(minutes=m))[0]) for m in range(len(told))]
    assert told.tolist() == said


def test_hours_that_are_always_open_are_one_span() -> None:
    table = HoursTable(["24/7"], CALENDAR)
    [one] = spans(table.horizon(date(2026, 9, 29), 8), int(table.row_pattern[0]), ZONE)
    assert one.state == "open"
    assert one.end - one.start == timedelta(days=8)


# ---------------------------------------------------------------------- cells and tokens
@given(st.floats(-180, 179.999999), st.floats(-85, 85))
def test_a_cell_is_the_web_mercator_tile_of_zoom_12(lon, lat) -> None:
    # The formula of the OpenStreetMap wiki, in plain Python.
    angle = math.radians(lat)
    exact = (
        (lon + 180) / 360 * 4096,
        (1 - math.log(math.tan(angle) + 1 / math.cos(angle)) / math.pi) / 2 * 4096,
    )
    [number] = cell_numbers(np.array([lon]), np.array([lat])).tolist()
    for ours, theirs in zip(divmod(number, 4096), exact, strict=True):
        assert ours - 1e-7 <= theirs <= ours + 1 + 1e-7
    assert read_cells([cell_name(number)]) == [number]


@pytest.mark.parametrize(
    "names",
    [
        [], ["12-4096-0"], ["12-0-4096"], ["11-3-3"], ["12-01-2"], ["12--1-2"], ["12-1-2\n"],
        ["12-1"], ["12-٣-4"], [HOSTILE_NAME], [f"12-{x}-7" for x in range(10)],
    ],
)  # fmt: skip
def test_what_is_no_cell_is_refused(names) -> None:
    with pytest.raises(Invalid) as caught:
        read_cells(names)
    assert caught.value.field == "cells"


@given(st.lists(st.tuples(st.integers(0, 4096 * 4096 - 1), st.binary(min_size=6, max_size=6)),
                min_size=1, max_size=9))  # fmt: skip
def test_a_token_names_its_cells_and_their_digests(cells) -> None:
    token = token_of(cells)
    assert read_token(token) == cells
    assert len(token) <= 200


NO_TOKENS = st.one_of(
    st.none(),
    st.text(max_size=210),
    st.binary(max_size=150).map(lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("=")),
)


@trying(deadline=None)
@given(NO_TOKENS)
def test_anything_else_is_a_token_that_is_not_known(text) -> None:
    finder = finder_of({1: {}})
    answer = ChangesFeed().answer(finder, HERE, since=text, now=NOON)
    assert answer.full
    assert len(answer.stations) == 1


# ---------------------------------------------------------------------- differences
def test_a_phone_gets_everything_once_and_then_nothing() -> None:
    feed, finder = ChangesFeed(), finder_of({1: {"opening_hours": "24/7"}, 2: {}})
    first = feed.answer(finder, HERE, now=NOON)
    assert first.full
    assert len(first.stations) == 2
    again = feed.answer(finder, HERE, since=first.token, now=NOON + timedelta(hours=3))
    assert not again.full
    assert (again.stations, again.removed, again.patterns) == ([], [], {})
    assert again.token == first.token


def test_only_what_changed_is_told() -> None:
    feed = ChangesFeed()
    before = {number: {"opening_hours": "24/7"} for number in range(1, 6)}
    token = feed.answer(finder_of(before), HERE, now=NOON).token
    news = News(
        {3: (DatedFact("closed", "停水", NOON + timedelta(hours=1), NOON + timedelta(days=1)),)},
        {4: {"closed": 2}},
    )
    after = before | {2: {"opening_hours": "08:00-20:00"}, 6: {}}
    del after[5]
    answer = feed.answer(finder_of(after, news), HERE, since=token, now=NOON)
    told = [json.loads(text) for text in answer.stations]
    assert not answer.full
    assert {one["id"] for one in told} == {2, 3, 4, 6}
    assert answer.removed == [5]
    [number] = answer.patterns
    changed = {one["id"]: one for one in told}
    assert changed[2]["hours"] == number
    assert changed[6]["hours"] is None
    assert changed[4]["doubts"] == {"closed": 2}
    [closing] = changed[3]["status"]
    assert closing == {
        "status": "closed",
        "reason": "停水",
        "starts_at": "2026-09-29T13:00:00+08:00",
        "ends_at": "2026-09-30T12:00:00+08:00",
    }


def test_a_status_that_ended_is_told_though_nothing_was_edited() -> None:
    feed = ChangesFeed()
    ends = NOON + timedelta(hours=2)
    news = News({1: (DatedFact("closed", None, NOON - timedelta(days=1), ends),)}, {})
    finder = finder_of({1: {}, 2: {}}, news)
    token = feed.answer(finder, HERE, now=NOON).token
    assert feed.answer(finder, HERE, since=token, now=ends - timedelta(seconds=1)).stations == []
    [told] = feed.answer(finder, HERE, since=token, now=ends).stations
    assert json.loads(told)["id"] == 1
    assert json.loads(told)["status"] == []


def test_the_next_day_brings_its_spans_and_no_station() -> None:
    feed, finder = ChangesFeed(), finder_of({1: {"opening_hours": "24/7"}})
    token = feed.answer(finder, HERE, now=NOON).token
    answer = feed.answer(finder, HERE, since=token, now=NOON + timedelta(days=1))
    assert not answer.full
    assert answer.stations == []
    [ready] = answer.patterns.values()
    assert json.loads(ready) == [["2026-09-30T00:00+08:00", "2026-10-08T00:00+08:00", "open"]]


def test_another_process_gives_the_same_token_but_must_have_told_it_itself() -> None:
    stations = {1: {"opening_hours": "24/7"}, 2: {"opening_hours": "Mo-Fr 09:00-17:00"}}
    one, other = ChangesFeed(), ChangesFeed()
    token = one.answer(finder_of(stations), HERE, now=NOON).token
    unknown = other.answer(finder_of(stations), HERE, since=token, now=NOON)
    assert unknown.full
    assert unknown.token == token
    assert not other.answer(finder_of(stations), HERE, since=token, now=NOON).full


def test_numbers_of_hours_stay_the_same_from_edition_to_edition() -> None:
    feed = ChangesFeed()
    token = feed.answer(finder_of({5: {"opening_hours": "24/7"}}), HERE, now=NOON).token
    # The new station comes first, and so does its expression.
    more = {1: {"opening_hours": "08:00-20:00"}, 5: {"opening_hours": "24/7"}}
    answer = feed.answer(finder_of(more), HERE, since=token, now=NOON)
    assert [json.loads(text)["id"] for text in answer.stations] == [1]


def test_what_is_remembered_is_bounded_and_what_is_forgotten_is_told_anew() -> None:
    feed = ChangesFeed(most_cells=3)
    finder = finder_of({1: {}})
    tokens = []
    for number in range(6):
        news = News({}, {1: {"closed": number + 1}})
        tokens.append(feed.answer(finder.with_news(news), HERE, now=NOON).token)
    assert len(feed._known) == 3
    last = finder.with_news(News({}, {}))
    assert feed.answer(last, HERE, since=tokens[0], now=NOON).full
    assert not feed.answer(last, HERE, since=tokens[5], now=NOON).full
    for number in range(100):
        feed.answer(last, [f"12-{number}-9"], now=NOON)
    assert len(feed._known) == 3, "cells without anything take no room"


def test_a_cell_without_anything_is_empty_and_known() -> None:
    feed, finder = ChangesFeed(), finder_of({1: {}})
    first = feed.answer(finder, ["12-7-9"], now=NOON)
    assert first.full
    assert first.stations == []
    assert first.detour == {"12-7-9": USUAL}
    assert first.detour_usual == ["12-7-9"]
    moved = feed.answer(finder, HERE, since=first.token, now=NOON)
    assert not moved.full
    assert len(moved.stations) == 1


def test_no_station_at_all_is_an_answer() -> None:
    answer = ChangesFeed().answer(finder_of({}), HERE, now=NOON)
    assert (answer.stations, answer.removed, answer.patterns) == ([], [], {})


PLACES = [place(x, y) for x in (-9000.0, 0.0, 9000.0) for y in (-9000.0, 0.0, 9000.0)]
STATION = st.fixed_dictionaries(
    {
        "at": st.sampled_from(PLACES),
        "opening_hours": st.sampled_from(HOURS),
        "name": st.sampled_from(["甲", "乙", HOSTILE_NAME, '"\\\u2028']),
        "kind": st.sampled_from(STATION_KINDS),
        "phone": st.sampled_from([None, "000-1"]),
        "verified_on": st.sampled_from([None, date(2026, 1, 2)]),
    }
)
STATUS = st.builds(
    lambda status, starts, lasts: DatedFact(
        status, None, NOON + timedelta(hours=starts),
        None if lasts is None else NOON + timedelta(hours=starts + lasts),
    ),
    st.sampled_from(["closed", "open"]), st.integers(-48, 48), st.sampled_from([None, 5, 30]),
)  # fmt: skip
IDS = st.integers(1, 6)
WORLD = st.fixed_dictionaries(
    {
        "stations": st.dictionaries(IDS, STATION, max_size=6),
        "statuses": st.dictionaries(
            IDS, st.lists(STATUS, min_size=1, max_size=2).map(tuple), max_size=2
        ),
        "doubts": st.dictionaries(
            IDS, st.dictionaries(st.sampled_from(REPORT_KINDS), st.integers(1, 3), min_size=1),
            max_size=2,
        ),
        "hours_later": st.sampled_from([0, 0, 1, 13, 30]),
        "cells": st.lists(st.sampled_from(around()), min_size=1, max_size=9, unique=True),
    }
)  # fmt: skip


@trying(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(WORLD, min_size=2, max_size=5), st.sampled_from([3, 2_000]))
def test_a_difference_turns_the_old_state_into_the_new_one(worlds, most_cells) -> None:
    feed, phone, now = ChangesFeed(most_cells), Phone(), NOON
    for world in worlds:
        now += timedelta(hours=world["hours_later"])
        stations = {
            number: {k: v for k, v in one.items() if k != "at"}
            | dict(zip(("lon", "lat"), one["at"], strict=True))
            for number, one in world["stations"].items()
        }
        finder = finder_of(stations, News(world["statuses"], world["doubts"]))
        phone.take(feed.answer(finder, world["cells"], since=phone.token, now=now).as_json())
        whole = Phone()
        whole.take(ChangesFeed().answer(finder, world["cells"], now=now).as_json())
        assert whole.full
        assert phone.stations == whole.stations
        assert phone.patterns == whole.patterns
        assert phone.token == whole.token
        assert set(whole.stations) == {
            number for number, one in stations.items()
            if cell_name(int(cell_numbers(np.array([one["lon"]]), np.array([one["lat"]]))[0]))
            in world["cells"]
        }  # fmt: skip


# ---------------------------------------------------------------------- facts as they are told
def test_a_station_is_told_with_its_facts_in_plain_json() -> None:
    finder = finder_of(
        {7: {"verified_on": date(2026, 3, 4), "hours_text": "全天", "opening_hours": "24/7",
             "address": "人民路1号", "lon": 116.40000049}}
    )  # fmt: skip
    answer = ChangesFeed().answer(finder, HERE, now=NOON)
    body = json.loads(answer.as_json())
    [told] = body["stations"]
    [number] = body["patterns"]
    assert told == {
        "id": 7, "kind": "warm_station", "name": f"{HOSTILE_NAME}7", "address": "人民路1号",
        "lon": 116.4, "lat": ORIGIN[1], "access": "public", "access_method": None,
        "services": ["hot_water"], "phone": None, "hours_text": "全天", "verified_on": "2026-03-04",
        "hours": int(number), "status": [], "doubts": {},
    }  # fmt: skip
    assert body["crs"] == "wgs84"
    assert body["as_of"] == "2026-09-29T12:00:00+08:00"
    assert body["until"] == "2026-10-07T00:00:00+08:00"
    assert body["notes"] == []


def test_an_answer_says_since_when_nobody_could_ask_and_which_holidays_are_missing() -> None:
    finder = finder_of({1: {}})
    finder.unconfirmed_since = datetime(2029, 9, 29, 4, 20, tzinfo=UTC)
    answer = ChangesFeed().answer(finder, HERE, now=datetime(2029, 9, 29, 15, 0, tzinfo=ZONE))
    assert answer.as_of.isoformat() == "2029-09-29T12:20:00+08:00"
    assert any("12:20" in note for note in answer.notes)
    assert any("2029" in note and "节假日" in note for note in answer.notes)


# ---------------------------------------------------------------------- the detour factor
def lattice(blocks: int, step: float) -> WalkingGraph:
    """Streets every `step` metres, east and north."""
    side = range(blocks + 1)
    nodes = [(step * i, step * j) for i in side for j in side]
    at = {node: number for number, node in enumerate(nodes)}
    pieces = [
        (at[x, y], at[x + dx, y + dy], [])
        for x, y in nodes
        for dx, dy in ((step, 0), (0, step))
        if (x + dx, y + dy) in at
    ]
    return WalkingGraph.build(network_of(nodes, pieces))


def test_the_detour_factor_is_that_of_the_streets() -> None:
    graph = lattice(12, 200.0)
    stations = {}
    for number in range(1, 9):
        lon, lat = place(200.0 * (number % 4) * 3, 200.0 * (number // 3) * 4)
        stations[number] = {"lon": lon, "lat": lat}
    finder = finder_of(stations, graph=graph)
    cells = sorted({cell_name(int(n)) for n in cell_numbers(
        graph.streets.junction_lon, graph.streets.junction_lat)})  # fmt: skip
    answer = ChangesFeed().answer(finder, cells, now=NOON)
    # By hand: |dx| + |dy| over the straight line, from corners to their five nearest stations.
    ellipsoid = Geod(ellps="WGS84")
    ratios = {cell: [] for cell in cells}
    origins = [
        *zip(graph.streets.junction_lon, graph.streets.junction_lat, strict=True),
        *((one["lon"], one["lat"]) for one in stations.values()),
    ]
    for lon, lat in origins:
        cell = cell_name(int(cell_numbers(np.array([lon]), np.array([lat]))[0]))
        ways = sorted(
            (
                ellipsoid.inv(lon, lat, one["lon"], lat)[2]
                + ellipsoid.inv(lon, lat, lon, one["lat"])[2],
                ellipsoid.inv(lon, lat, one["lon"], one["lat"])[2],
            )
            for one in stations.values()
        )
        ratios[cell] += [walk / line for walk, line in ways[:5] if line >= 100 and walk <= 3000]
    for cell in cells:
        if len(ratios[cell]) >= 10:
            assert answer.detour[cell] == pytest.approx(np.median(ratios[cell]), abs=0.02)
            assert cell not in answer.detour_usual
            assert 1.0 < answer.detour[cell] < math.sqrt(2)
        else:
            assert cell in answer.detour_usual
    assert len(answer.detour_usual) < len(cells)


def test_without_streets_the_usual_factor_is_given_and_said_to_be_so() -> None:
    answer = ChangesFeed().answer(finder_of({n: {} for n in range(1, 30)}), HERE, now=NOON)
    assert answer.detour == {HERE[0]: USUAL}
    assert answer.detour_usual == HERE
