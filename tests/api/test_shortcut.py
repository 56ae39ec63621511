"""The short way to the nearest stations: the same answers, the same strictness, and no trace."""

import contextlib
import logging
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from served import KEY, LOCAL, SOUTH, WEST

from api.stations.nearest import NearestStations
from api.stations.shortcut import Shortcut
from geo.coordinates import from_wgs84

NEAREST = "/api/stations/nearest"
HERE = f"{WEST + 0.0503},{SOUTH + 0.0501}"
QUERIES = [
    "",
    "k=3",
    "k=50&open=any",
    "services=hot_water,toilet&access=public,members,internal,unknown",
    "kinds=driver_rest_home&k=2",
    "max_m=900&stay=30",
    "crs=gcj02&k=4",
    "crs=bd09&open=any",
]


def shortcut_of(client: TestClient) -> Shortcut:
    return client.app.shortcut


COUNTED: Counter[Shortcut] = Counter()


@pytest.fixture(autouse=True)
def counting(monkeypatch):
    """Counts whatever the short way answers; its own count begins anew whenever it is logged."""
    count = Shortcut._count

    def counted(shortcut, seconds):
        COUNTED[shortcut] += 1
        count(shortcut, seconds)

    monkeypatch.setattr(Shortcut, "_count", counted)


def answered(client: TestClient) -> int:
    return COUNTED[shortcut_of(client)]


def ask(client, query, position=HERE, **more):
    headers = {"Nuanyi-Position": position, **more}
    return client.get(f"{NEAREST}?{query}" if query else NEAREST, headers=headers)


@pytest.mark.parametrize("query", QUERIES)
def test_the_second_asker_gets_the_same_answer_the_short_way(client, query):
    crs = query.removeprefix("crs=")[:5] if query.startswith("crs=") else "wgs84"
    lon, lat = from_wgs84(WEST + 0.0503, SOUTH + 0.0501, crs.rstrip("&"))
    here = f"{float(lon):.7f},{float(lat):.7f}"
    plain = f"{query}&format=json".lstrip("&")
    ordinary = client.get(f"{NEAREST}?{plain}", headers={"Nuanyi-Position": here})
    assert ask(client, query, here).status_code == ordinary.status_code == 200
    before = answered(client)
    short = ask(client, query, here)
    assert answered(client) == before + 1
    mine, theirs = short.json(), ordinary.json()
    NearestStations.model_validate(mine)
    assert list(mine) == list(theirs)
    del mine["as_of"], theirs["as_of"]
    assert mine == theirs
    assert [list(one) for one in mine["stations"]] == [list(one) for one in theirs["stations"]]
    assert mine["stations"]
    told = {name: value for name, value in ordinary.headers.items() if name != "content-length"}
    assert {name: short.headers[name] for name in told} == told


def test_a_position_in_the_query_is_no_part_of_the_question(client):
    lon, lat = HERE.split(",")
    first = client.get(f"{NEAREST}?k=6&lon={lon}&lat={lat}")
    before = answered(client)
    second = client.get(f"{NEAREST}?lat={lat}&k=6&lon={float(lon) + 0.02}")
    third = ask(client, "k=6")
    assert answered(client) == before + 2
    assert first.json()["stations"] == third.json()["stations"] != second.json()["stations"]


def test_questions_asked_in_turn_keep_their_own_ends_and_tell_the_time(client):
    queries = ["k=3", "k=3&crs=gcj02", "k=2&crs=bd09", "k=3&open=any"]
    lon, lat = HERE.split(",")
    places = {
        crs: ",".join(f"{float(one):.7f}" for one in from_wgs84(float(lon), float(lat), crs))
        for crs in ("wgs84", "gcj02", "bd09")
    }
    for turn in range(3):
        if turn == 1:
            before = answered(client)
        for query in queries:
            crs = query.partition("crs=")[2] or "wgs84"
            told = ask(client, query, places[crs]).json()
            assert told["crs"] == crs
            since = datetime.now(UTC) - datetime.fromisoformat(told["as_of"])
            assert timedelta(0) <= since < timedelta(seconds=3)
        time.sleep(1)
    assert answered(client) == before + 2 * len(queries)


@pytest.mark.parametrize(
    ("query", "position", "headers", "status"),
    [
        ("k=5", "200,34.75", {}, 422),
        ("k=5", "34.75,113.65", {}, 422),
        ("k=5", "nan,34.75", {}, 422),
        ("k=5", "113.65", {}, 422),
        ("k=5", "x" * 500, {}, 422),
        ("k=0", HERE, {}, 422),
        ("k=1000000", HERE, {}, 422),
        ("k=5&services=sauna", HERE, {}, 422),
        ("k=5&lon=1&lon=2&lat=3", None, {}, 422),
        ("k=5&lon=113.65", None, {}, 422),
        ("k=5", "101,40", {}, 422),
        ("k=5", HERE, {"Host": "evil.example"}, 403),
        ("k=5", HERE, {"X-Forwarded-For": "1.2.3.4"}, 403),
        ("k=5", HERE, {"Accept": "application/geo+json"}, 200),
    ],
)
def test_whatever_is_unusual_goes_the_ordinary_way(client, query, position, headers, status):
    ask(client, "k=5")
    before = answered(client)
    if position is not None:
        headers = {"Nuanyi-Position": position, **headers}
    answer = client.get(f"{NEAREST}?{query}", headers=headers)
    assert answer.status_code == status
    assert answered(client) == before
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_wrong_key_is_refused_the_short_way_too(stranger):
    assert ask(stranger, "k=7").status_code == 200
    before = answered(stranger)
    assert ask(stranger, "k=7").status_code == 200
    assert answered(stranger) == before + 1
    assert ask(stranger, "k=7", Authorization="Bearer wrong").status_code == 401
    right = f"Bearer {KEY}".encode().decode("latin-1")
    assert stranger.get(f"{NEAREST}?k=7", headers=[
        (b"Nuanyi-Position", HERE.encode()), (b"Authorization", right.encode("latin-1")),
    ]).status_code == 200  # fmt: skip


def test_short_answers_are_logged_in_sums_and_never_with_a_position(open_app, caplog):
    with TestClient(open_app, base_url=LOCAL) as client:
        ask(client, "k=8")
        shortcut_of(client).log()
        caplog.clear()
        caplog.set_level(logging.INFO)
        for _ in range(5):
            ask(client, "k=8")
        shortcut_of(client).log()
    ours = [one.getMessage() for one in caplog.records if one.name == "nuanyi.access"]
    assert len(ours) == 1
    assert "×5" in ours[0]
    assert not any(part in ours[0] for part in HERE.split(","))


@pytest.mark.parametrize("first_ended", [0, 1])
def test_an_application_begun_twice_goes_on_answering_the_short_way(open_app, first_ended):
    both = [TestClient(open_app, base_url=LOCAL) for _ in range(2)]
    with contextlib.ExitStack() as stack:
        for one in both:
            one.__enter__()
        stack.callback(both[1 - first_ended].__exit__, None, None, None)
        both[first_ended].__exit__(None, None, None)
        left = both[1 - first_ended]
        assert ask(left, "k=9").status_code == 200
        before = answered(left)
        assert ask(left, "k=9").status_code == 200
        assert answered(left) == before + 1
