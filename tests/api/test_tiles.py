"""Tiles and style over HTTP: caching, refusals, and what is left when the database stops."""

import contextlib
import gzip
from concurrent.futures import ThreadPoolExecutor
from urllib.request import Request, urlopen

import pytest
import rows
from databases import another_database
from fastapi.testclient import TestClient
from hostile import HOSTILE_NAME
from served import LOCAL, SOUTH, WEST, fill, running
from sqlalchemy import text
from tile_reading import read_tile, tile_of

from api.answers import takes_gzip
from api.app import create_app
from api.tiles import FOR_EVER, UNTIL_ASKED
from geo.database import Actor, Database
from geo.settings import Settings
from maps.tiles.store import MEDIA_TYPE

PLACE = (WEST + 0.0501, SOUTH + 0.05)


def address(edition, subject: str, z: int, place=PLACE) -> str:
    x, y = tile_of(*place, z)
    return f"/tiles/{edition}/{subject}/{z}/{x}/{y}"


@pytest.mark.parametrize("zoom", [0, 9, 12, 16])
def test_a_tile_is_compressed_kept_for_good_and_told_by_its_tag(client, city, tmp_path, zoom):
    path = address(city.stations, "stations", zoom)
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == FOR_EVER
    assert "immutable" in FOR_EVER
    assert answer.headers["vary"] == "Accept-Encoding"
    assert f"stations-{city.stations}." in answer.headers["etag"]
    layer = read_tile(answer.content, (zoom, *tile_of(*PLACE, zoom)), tmp_path)["stations"]
    if zoom == 16:
        assert layer["name"].tolist() == [f"{HOSTILE_NAME}10"]
    again = client.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["cache-control"] == FOR_EVER
    assert client.head(path).headers["content-length"] == str(
        len(gzip.compress(answer.content, 6, mtime=0))
    )


def test_the_streets_are_in_the_base_tile(client, city, tmp_path):
    answer = client.get(address(city.streets, "base", 14))
    layers = read_tile(answer.content, (14, *tile_of(*PLACE, 14)), tmp_path)
    assert layers["streets"]["class"].tolist() == ["minor"]
    assert layers["streets"]["name"].tolist() == ["人民路"]


def test_current_stands_for_the_edition_in_force_and_is_asked_for_each_time(client, city):
    for subject, edition in (("base", city.streets), ("stations", city.stations)):
        answer = client.get(address("current", subject, 14))
        assert answer.content == client.get(address(edition, subject, 14)).content
        assert answer.headers["cache-control"] == UNTIL_ASKED
        tag = answer.headers["etag"]
        again = client.get(address("current", subject, 14), headers={"If-None-Match": tag})
        assert again.status_code == 304


def test_where_nothing_is_there_is_no_tile(client, city):
    for subject, edition in (("base", city.streets), ("stations", city.stations)):
        answer = client.get(address(edition, subject, 14, (0.1, 0.1)))
        assert answer.status_code == 204
        assert answer.content == b""
        assert "content-encoding" not in answer.headers
        assert answer.headers["cache-control"] == FOR_EVER


def test_an_edition_that_is_none_of_these_is_not_found(client, city):
    for edition, subject in (
        (10**6, "base"),
        (2**31 - 1, "stations"),
        (city.areas, "base"),
        (city.streets, "stations"),
        (city.stations, "base"),
    ):
        answer = client.get(address(edition, subject, 14))
        assert answer.status_code == 404
        assert answer.headers["cache-control"] == "no-store"


def test_an_edition_once_in_force_is_drawn_and_a_draft_is_not(cluster, tmp_path):
    with another_database(cluster) as database:
        with database.write(Actor("test")) as writer:
            editions = {
                state: rows.edition(writer, "stations", state=state)
                for state in ("active", "retired", "draft")
            }
            for edition in editions.values():
                rows.station(writer, edition, 1, lon=PLACE[0], lat=PLACE[1])
        app = create_app(Settings(state=tmp_path), database)
        with TestClient(app, base_url=LOCAL) as client:
            found = {
                state: client.get(address(edition, "stations", 14)).status_code
                for state, edition in editions.items()
            }
    assert found == {"active": 200, "retired": 200, "draft": 404}


@pytest.mark.parametrize(
    "path",
    [
        "/tiles/{}/base/17/0/0",
        "/tiles/{}/base/-1/0/0",
        "/tiles/{}/base/3/8/0",
        "/tiles/{}/base/3/0/8",
        "/tiles/{}/base/3/-1/0",
        "/tiles/{}/base/3/0/99999999999999999999",
        "/tiles/{}/base/3/0/0.5",
        "/tiles/{}/base/x/0/0",
        "/tiles/{}/base/3/0/0?v=%3Cscript%3E",
        "/tiles/{}/base/3/0/0?misspelt=1",
        "/tiles/0/base/3/0/0",
        "/tiles/-7/base/3/0/0",
        "/tiles/CURRENT/base/3/0/0",
        "/tiles/2147483648/base/3/0/0",
    ],
)
def test_an_address_outside_the_pyramid_is_refused(client, city, path):
    answer = client.get(path.format(city.streets))
    assert answer.status_code == 422
    assert answer.json()["type"] == "/help/problems/invalid"


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("gzip, deflate, br", True),
        ("*", True),
        ("br;q=1.0, gzip;q=0.1", True),
        ("x-gzip", True),
        ("GZIP", True),
        (None, True),
        ("", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip; q=0.0, *", False),
        ("*;q=0", False),
        ("gzip;q=x", False),
    ],
)
def test_who_refuses_gzip_gets_no_tile(open_app, city, header, taken):
    assert takes_gzip(header) is taken
    if header is None:
        return
    with TestClient(open_app, base_url=LOCAL, headers={"Accept-Encoding": header}) as asking:
        answer = asking.get(address(city.streets, "base", 14))
    assert answer.status_code == (200 if taken else 406)
    if not taken:
        assert answer.json()["type"] == "/help/problems/not-acceptable"


def test_the_mark_of_the_drawing_changes_the_address_and_nothing_else(client, city):
    path = address(city.streets, "base", 14)
    assert client.get(f"{path}?v=0a1b").content == client.get(path).content


# ---------------------------------------------------------------------- the style
def test_the_style_names_the_editions_in_force(client, city):
    for query in ("", "?lang=en&theme=night", "?theme=contrast"):
        answer = client.get(f"/map/style.json{query}")
        assert answer.status_code == 200
        style = answer.json()
        [base] = style["sources"]["base"]["tiles"]
        assert base.startswith(f"/tiles/{city.streets}/base/")
        [stations] = style["sources"]["stations"]["tiles"]
        assert stations.startswith(f"/tiles/{city.stations}/stations/")
        west, south, east, north = style["metadata"]["nuanyi:bounds"]
        assert west < style["center"][0] < east
        assert south <= style["center"][1] <= north
        x, y = tile_of(*PLACE, 14)
        assert client.get(base.format(z=14, x=x, y=y)).status_code == 200
        again = client.get(
            f"/map/style.json{query}", headers={"If-None-Match": answer.headers["etag"]}
        )
        assert again.status_code == 304
    assert client.get("/map/style.json?theme=pink").status_code == 422
    assert client.get("/map/style.json?lang=fr").status_code == 422


def test_without_any_data_the_style_is_an_empty_map(cluster, tmp_path):
    with another_database(cluster) as database:
        app = create_app(Settings(state=tmp_path), database)
        with TestClient(app, base_url=LOCAL) as client:
            assert client.get("/map/style.json").json()["sources"] == {}
            assert client.get("/tiles/current/base/3/1/1").status_code == 404


# ---------------------------------------------------------------------- when the database stops
@contextlib.contextmanager
def stopped(cluster, database: Database):
    """The database answers nobody: connections are cut, new ones refused."""
    name = database.url.database
    admin = Database(cluster.url("postgres"), pool_size=1)
    outside = admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    with outside as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": name},
        )
        try:
            yield
        finally:
            connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    admin.close()


def test_what_was_drawn_is_answered_with_the_database_stopped(cluster, tmp_path):
    with another_database(cluster) as database:
        city = fill(database)
        app = create_app(Settings(state=tmp_path), database)
        with TestClient(app, base_url=LOCAL) as client:
            drawn = [
                address(city.streets, "base", 14),
                address(city.stations, "stations", 14),
                address("current", "base", 14),
                address(city.streets, "base", 14, (0.1, 0.1)),
                "/map/style.json?theme=night",
            ]
            before = {path: client.get(path) for path in drawn}
            with stopped(cluster, database):
                for path, then in before.items():
                    now = client.get(path)
                    assert (now.status_code, now.content) == (then.status_code, then.content), path
                    assert now.headers["etag"] == then.headers["etag"]
                for path in (
                    address(city.streets, "base", 13),
                    address("current", "base", 12),
                    "/map/style.json?theme=day",
                ):
                    assert client.get(path).status_code == 503, path
            assert client.get(address(city.streets, "base", 13)).status_code == 200


def test_many_tiles_at_once_leave_the_other_questions_their_connections(cluster, tmp_path):
    with another_database(cluster, pool_size=3) as database:
        city = fill(database)
        app = create_app(Settings(state=tmp_path, pool_size=3), database)
        with running(app) as live:

            def ask(path: str) -> int:
                request = Request(live + path, headers={"Accept-Encoding": "gzip"})
                with urlopen(request, timeout=20) as answer:
                    return answer.status

            x, y = tile_of(*PLACE, 16)
            tiles = [f"/tiles/{city.streets}/base/16/{x + at}/{y + at % 3}" for at in range(150)]
            with ThreadPoolExecutor(48) as people:
                slow = [people.submit(ask, path) for path in tiles]
                asked = [people.submit(ask, "/api/stations?limit=5") for _ in range(20)]
                assert {one.result() for one in asked} == {200}
                assert {one.result() for one in slow} <= {200, 204}
