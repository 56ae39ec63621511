"""Tiles of enterprises over HTTP: who may see them, what changes reach them, the short way."""

import contextlib
import gzip
import time

import pytest
import union_town
from databases import another_database
from fastapi.testclient import TestClient
from hostile import HOSTILE_NAME
from pyramids import APART_COUNTS, COUNTS, features, summed, tile_of
from served import KEY, LOCAL
from union_town import SOUTH, TODAY, WEST

from api.app import create_app
from geo.coverage.targets import read_targets
from geo.database import Actor
from geo.enterprises.changes import note_change
from geo.settings import Settings
from maps.tiles.store import MEDIA_TYPE

MIDDLE = (WEST + 0.2, SOUTH + 0.1)
PRIVATE = "private, max-age=0, must-revalidate"
ORDINARY = {"Range": "bytes=0-"}
"""Unusual enough for the ordinary way, which pays no heed to it."""


@pytest.fixture(scope="module")
def town(cluster, tmp_path_factory):
    """A town that is only read, its service, and the service with a key."""
    state = tmp_path_factory.mktemp("town")
    with another_database(cluster) as database:
        town = union_town.in_town(database, Actor("test"))
        with (
            TestClient(create_app(Settings(state=state), database), base_url=LOCAL) as open_to,
            TestClient(
                create_app(Settings(state=state, key=KEY), database),
                base_url="https://nuanyi.example",
            ) as keyed,
        ):
            yield town, open_to, keyed


@pytest.fixture
def client(town):
    return town[1]


def address(z: int, query: str = "", *, edition="current", at=MIDDLE) -> str:
    x, y = tile_of(*at, z)
    return f"/tiles/{edition}/enterprises/{z}/{x}/{y}{query}"


def all_tiles(z: int) -> set[tuple[int, int]]:
    """Every tile with a unit of the town in it."""
    units = [union_town.unit(number) for number in range(1, 41)] + union_town.shells()
    return {tile_of(one["lon"], one["lat"], z) for one in units if one["lon"] is not None}


def shown(client, z: int, query: str = "") -> list[dict]:
    found = []
    for x, y in sorted(all_tiles(z)):
        answer = client.get(f"/tiles/current/enterprises/{z}/{x}/{y}{query}")
        assert answer.status_code in (200, 204), answer.text
        found += features(answer.content)
    return found


def in_town(where=lambda unit: True, *, apart=False) -> list[dict]:
    """The placed units of the town, as its table was filled."""
    units = [union_town.unit(number) for number in range(1, 41)]
    for unit in units:
        unit["reason"] = unit["business_state"] if unit["business_state"] == "dormant" else None
    shells = [{**unit, "reason": "mass_registration"} for unit in union_town.shells()]
    return [
        unit
        for unit in units + shells
        if unit["lon"] is not None and bool(unit["reason"]) == apart and where(unit)
    ]


# ---------------------------------------------------------------------- what is in it
@pytest.mark.parametrize("z", [0, 7, 11, 13, 16])
def test_the_tiles_of_a_zoom_add_up_to_the_counted_units(client, z):
    units = in_town()
    wanted = {"n": len(units), "workers": sum(unit["employees"] or 0 for unit in units)}
    for state in COUNTS[:-1]:
        wanted[state] = sum(unit["union_state"] == state for unit in units)
    assert summed(shown(client, z)) == wanted


def test_those_set_apart_are_tiles_of_their_own(client):
    units = in_town(apart=True)
    total = summed(shown(client, 12, "?apart=1"), APART_COUNTS)
    assert total == {
        "n": len(units),
        "mass_registration": union_town.SHELLS,
        "dormant": len(units) - union_town.SHELLS,
        "closed": 0,
        "workers": sum(unit["employees"] or 0 for unit in units),
    }
    assert summed(shown(client, 12, "?apart=0")) == summed(shown(client, 12))


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("?state=none", lambda unit: unit["union_state"] == "none"),
        ("?state=own,joint", lambda unit: unit["union_state"] in ("own", "joint")),
        ("?size=25_99", lambda unit: 25 <= (unit["employees"] or 0) < 100),
        ("?size=unstated&state=none,unknown", lambda unit: unit["employees"] is None
         and unit["union_state"] in ("none", "unknown")),
        ("?industry=C", lambda unit: unit["industry"] == "制造业"),
        ("?unit_class=public_institution", lambda unit: unit["unit_class"] == "事业单位"),
        ("?tier=confirmed", lambda unit: False),
        ("?tier=none", lambda unit: True),
        ("?v=0", lambda unit: True),
        ("?state=none&v=0", lambda unit: unit["union_state"] == "none"),
    ],
)  # fmt: skip
def test_filters_choose(client, query, where):
    wanted = sorted(unit["id"] for unit in in_town(where))
    for _ in range(2):  # the ordinary way, then the short one
        found = shown(client, 15, query)
        assert sum(one["n"] for one in found) == len(wanted)
        assert {one["id"] for one in found if "id" in one} <= set(wanted)
        assert sum(one["n"] for one in shown(client, 5, query)) == len(wanted)


def test_no_name_is_ever_in_a_tile(client):
    for z in (0, 12, 16):
        for query in ("", "?apart=1"):
            for x, y in all_tiles(z):
                body = client.get(f"/tiles/current/enterprises/{z}/{x}/{y}{query}").content
                for word in (HOSTILE_NAME, "script", "云杉", "工会", "壳"):
                    assert word.encode() not in body


# ---------------------------------------------------------------------- how it is sent
@pytest.mark.parametrize("more", [{}, ORDINARY], ids=["short", "ordinary"])
def test_a_tile_is_compressed_private_and_told_by_what_is_in_it(town, more):
    of, client, _ = town
    client.get(address(10))
    for edition in ("current", of.enterprises):
        answer = client.get(address(10, edition=edition), headers=more)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == MEDIA_TYPE
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["cache-control"] == PRIVATE
        assert "Authorization" in answer.headers["vary"]
        tag = answer.headers["etag"]
        again = client.get(address(10), headers={"If-None-Match": f'"x", {tag}', **more})
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["etag"] == tag
        other = client.get(address(10), headers={"If-None-Match": '"x"', **more})
        assert other.status_code == 200
    nothing = client.get(address(10, at=(0.1, 0.1)), headers=more)
    assert (nothing.status_code, nothing.content) == (204, b"")
    assert "content-encoding" not in nothing.headers


def test_the_short_way_says_what_the_ordinary_one_says(client):
    queries = ["", "?state=none", "?apart=1", "?state=none&v=0", "?v=0&size=5_24"]
    for query in queries:
        for z, at in ((3, MIDDLE), (15, MIDDLE), (9, (0.1, 0.1)), (18, MIDDLE)):
            client.get(address(z, query, at=at))  # so that the short way knows it
            short = client.get(address(z, query, at=at))
            ordinary = client.get(address(z, query, at=at), headers=ORDINARY)
            assert short.status_code == ordinary.status_code
            assert short.content == ordinary.content
            assert sorted(short.headers.items()) == sorted(ordinary.headers.items())
            head = client.head(address(z, query, at=at))
            assert head.status_code == short.status_code
            assert head.headers["etag"] == short.headers["etag"]


def test_a_question_asked_twice_takes_the_short_way(town, monkeypatch):
    _, client, _ = town
    client.get(address(9))
    monkeypatch.setattr("api.tiles.enterprises.reply", None)
    assert client.get(address(9)).status_code == 200
    assert client.get(address(10)).status_code == 200
    assert client.get(address(9), headers=ORDINARY).status_code == 500


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/tiles/current/enterprises/19/0/0", 422),
        ("/tiles/current/enterprises/-1/0/0", 422),
        ("/tiles/current/enterprises/3/8/0", 422),
        ("/tiles/current/enterprises/3/0/8", 422),
        ("/tiles/current/enterprises/3/0/0.5", 422),
        ("/tiles/current/enterprises/18/999999999/0", 422),
        ("/tiles/x/enterprises/3/0/0", 422),
        ("/tiles/0/enterprises/3/0/0", 422),
        ("/tiles/current/enterprises/3/0/0?state=maybe", 422),
        ("/tiles/current/enterprises/3/0/0?apart=2", 422),
        ("/tiles/current/enterprises/3/0/0?v=%3Cscript%3E", 422),
        ("/tiles/current/enterprises/3/0/0?misspelt=1", 422),
        ("/tiles/2147483647/enterprises/3/0/0", 404),
    ],
)
def test_an_address_that_is_none_is_refused(client, path, status):
    for _ in range(2):
        assert client.get(path).status_code == status


def test_an_edition_that_is_not_of_enterprises_is_not_found(town):
    of, client, _ = town
    assert client.get(address(9, edition=of.areas)).status_code == 404


def test_who_refuses_gzip_gets_no_tile(client):
    client.get(address(9))
    for _ in range(2):
        answer = client.get(address(9), headers={"Accept-Encoding": "identity"})
        assert answer.status_code == 406


# ---------------------------------------------------------------------- who may see it
@pytest.mark.parametrize("layer", ["enterprises", "areas", "clusters"])
def test_without_the_key_there_is_no_tile(town, layer):
    *_, client = town
    x, y = tile_of(*MIDDLE, 9)
    path = f"/tiles/current/{layer}/9/{x}/{y}"
    right = {"Authorization": b"Bearer " + KEY.encode()}
    asked = [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        (right, 204 if layer == "clusters" else 200),
    ]
    for _ in range(2):  # whoever asked before
        for headers, status in asked:
            assert client.get(path, headers=headers).status_code == status, (layer, headers)
    tag = client.get(path, headers=right).headers["etag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 401


def test_without_a_key_only_this_machine_gets_tiles(town):
    _, client, _ = town
    client.get(address(9))
    for headers in ({"Host": "nuanyi.example"}, {"X-Forwarded-For": "10.0.0.1"}):
        assert client.get(address(9), headers=headers).status_code == 403


# ---------------------------------------------------------------------- changes
@contextlib.contextmanager
def own_town(cluster, tmp_path):
    with another_database(cluster) as database:
        of = union_town.in_town(database, Actor("test"))
        app = create_app(Settings(state=tmp_path), database)
        with TestClient(app, base_url=LOCAL) as client:
            yield of, database, client


def note(database, of, unit: int, state: str) -> None:
    with database.write(Actor("test")) as writer:
        targets = read_targets(of.settings)
        note_change(writer, targets, unit, state, today=TODAY)


def test_a_change_reaches_its_tiles_within_a_second_and_leaves_the_others(cluster, tmp_path):
    with own_town(cluster, tmp_path) as (of, database, client):
        unit = union_town.unit(3)
        assert unit["union_state"] == "none"
        here = unit["lon"], unit["lat"]
        there = union_town.unit(30)["lon"], union_town.unit(30)["lat"]
        near = {z: client.get(address(z, at=here)) for z in (0, 9, 15)}
        far = client.get(address(15, at=there))
        assert far.status_code == 200
        before = summed(shown(client, 11))
        without = summed(shown(client, 11, "?state=none"))
        began = time.monotonic()
        note(database, of, 3, "own")
        while summed(shown(client, 11)) == before:
            assert time.monotonic() - began < 5
        after = summed(shown(client, 11))
        assert after == before | {"none": before["none"] - 1, "own": before["own"] + 1}
        assert summed(shown(client, 11, "?state=none"))["n"] == without["n"] - 1
        for z, then in near.items():
            now = client.get(address(z, at=here), headers={"If-None-Match": then.headers["etag"]})
            assert now.status_code == 200
            assert now.headers["etag"] != then.headers["etag"]
        [one] = [
            one for one in features(client.get(address(15, at=here)).content) if one.get("id") == 3
        ]
        assert one["state"] == "own"
        again = client.get(address(15, at=there), headers={"If-None-Match": far.headers["etag"]})
        assert again.status_code == 304


def test_who_has_seen_a_change_elsewhere_is_not_given_an_older_tile(cluster, tmp_path):
    with own_town(cluster, tmp_path) as (of, database, client):
        before = summed(shown(client, 11))
        note(database, of, 3, "own")
        version = client.get("/api/live/state").json()["version"] or 1
        tiles = shown(client, 11, f"?v={max(version, 1):x}")
        assert summed(tiles)["own"] == before["own"] + 1


def test_another_edition_brings_other_tiles(cluster, tmp_path):
    with own_town(cluster, tmp_path) as (of, database, client):
        first = client.get(address(0))
        with database.write(Actor("test")) as writer:
            later = union_town.later_edition(
                writer, of, union_town.TODAY, [union_town.unit(number) for number in range(1, 6)]
            )
        from geo.imports import activation

        with database.write(Actor("test")) as writer:
            activation.put_in_force(writer, of.settings, later)
        began = time.monotonic()
        while client.get(address(0)).headers["etag"] == first.headers["etag"]:
            assert time.monotonic() - began < 10
            time.sleep(0.05)
        assert client.get(address(0, edition=of.enterprises)).status_code == 404
        answer = client.get(address(0, edition=later))
        assert f"enterprises-{later}." in answer.headers["etag"]
        assert summed(features(answer.content))["n"] == 5


def test_without_enterprises_there_is_nothing_to_show(cluster, tmp_path):
    with another_database(cluster) as database:
        app = create_app(Settings(state=tmp_path), database)
        with TestClient(app, base_url=LOCAL) as client:
            for layer in ("enterprises", "areas", "clusters"):
                answer = client.get(f"/tiles/current/{layer}/3/1/1")
                assert answer.status_code == 404, layer
                assert answer.json()["type"] == "/help/problems/not-found"


def test_a_tile_is_the_same_bytes_however_often_it_is_packed(client):
    first = client.get(address(9)).content
    assert gzip.compress(first, mtime=0) == gzip.compress(client.get(address(9)).content, mtime=0)
