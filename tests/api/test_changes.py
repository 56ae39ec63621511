"""The feed for offline phones over HTTP: whole, different, packed, and without a database."""

import gzip
import json
from time import monotonic, sleep

import numpy as np
import pytest
import rows
from databases import another_database
from fastapi.testclient import TestClient
from served import LOCAL, SOUTH, WEST, fill
from sqlalchemy import text

from api.app import create_app
from geo import editions
from geo.database import Actor, Database
from geo.settings import Settings
from geo.stations.cells import cell_name, cell_numbers

LON = WEST + 0.005 * np.arange(1, 31)
CELLS = sorted({cell_name(int(n)) for n in cell_numbers(LON, np.full(30, SOUTH + 0.05))})
ASK = {"cells": ",".join(CELLS)}


def changes(client, **more):
    answer = client.get("/api/stations/changes", params={**ASK, **more})
    assert answer.status_code == 200, answer.text
    return answer


def test_all_stations_of_the_cells_are_told_with_hours_and_status(client) -> None:
    body = changes(client).json()
    assert body["full"]
    assert {one["id"] for one in body["stations"]} == set(range(1, 31)), "31 has no place"
    assert set(body["patterns"]) == {str(one["hours"]) for one in body["stations"]}
    [spans] = body["patterns"].values()
    assert len(spans) == 1
    assert spans[0][2] == "open"
    by_id = {one["id"]: one for one in body["stations"]}
    assert by_id[4]["status"][0]["status"] == "closed"
    assert by_id[4]["status"][0]["reason"] == "停水"
    assert by_id[5]["status"] == []
    assert set(body["detour"]) == set(CELLS)
    # One straight street: the walk is the line.
    assert set(body["detour"].values()) - {1.3} == {1.0}
    assert body["crs"] == "wgs84"


def test_cells_may_be_repeated_or_have_commas(client) -> None:
    commas = changes(client).json()["token"]
    repeated = client.get("/api/stations/changes", params={"cells": CELLS}).json()["token"]
    turned = client.get("/api/stations/changes", params={"cells": CELLS[::-1]}).json()["token"]
    assert commas == repeated == turned


def test_with_a_token_nothing_is_told_twice(client) -> None:
    token = changes(client).json()["token"]
    body = changes(client, since=token).json()
    assert not body["full"]
    assert (body["stations"], body["removed"], body["patterns"]) == ([], [], {})
    assert body["token"] == token
    unknown = changes(client, since="AAAA").json()
    assert unknown["full"]
    assert len(unknown["stations"]) == 30


def test_an_etag_saves_the_answer(client) -> None:
    first = changes(client)
    tag = first.headers["etag"]
    again = client.get("/api/stations/changes", params=ASK, headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == tag
    token = first.json()["token"]
    other = client.get(
        "/api/stations/changes", params={**ASK, "since": token}, headers={"If-None-Match": tag}
    )
    assert other.status_code == 200, "another address has another tag"


def test_the_answer_is_packed_for_who_takes_it(client) -> None:
    plain = client.get("/api/stations/changes", params=ASK, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == "Accept-Encoding"
    with client.stream(
        "GET", "/api/stations/changes", params=ASK, headers={"Accept-Encoding": "br, gzip;q=0.5"}
    ) as packed:
        raw = b"".join(packed.iter_raw())
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert int(packed.headers["content-length"]) == len(raw) < len(plain.content) / 4
    assert json.loads(gzip.decompress(raw))["token"] == plain.json()["token"]
    refused = client.get(
        "/api/stations/changes", params=ASK, headers={"Accept-Encoding": "gzip;q=0"}
    )
    assert "content-encoding" not in refused.headers


@pytest.mark.parametrize(
    "question",
    [
        {}, {"cells": ""}, {"cells": "12-1"}, {"cells": "13-1-1"}, {"cells": "12-9999-1"},
        {"cells": ",".join(f"12-{n}-1" for n in range(10))}, {"cells": CELLS[0], "since": ""},
        {"cells": CELLS[0], "since": "a b"}, {"cells": CELLS[0], "since": "x" * 201},
        {"cells": CELLS[0], "crs": "gcj02"},
    ],
)  # fmt: skip
def test_a_question_that_is_none_is_refused_by_name(client, question) -> None:
    answer = client.get("/api/stations/changes", params=question)
    assert answer.status_code == 422, answer.text
    body = answer.json()
    told = {one["field"] for one in body["errors"]}
    assert told <= {"cells", "since", "crs"}
    assert all(one["reason_zh"] != "无法使用" for one in body["errors"])


@pytest.fixture
def own(cluster, tmp_path):
    """A city of our own, and somebody who asks it."""
    with another_database(cluster) as database:
        found = fill(database)
        app = create_app(Settings(state=tmp_path), database)
        with TestClient(app, base_url=LOCAL) as client:
            yield client, database, found


def until(condition) -> bool:
    """A change is in every process within two seconds; a slow machine has four."""
    end = monotonic() + 4
    while not condition() and monotonic() < end:
        sleep(0.05)
    return condition()


def test_only_what_an_edition_or_a_status_changed_is_told(own) -> None:
    client, database, found = own
    token = changes(client).json()["token"]
    with database.write(Actor("test")) as writer:
        rows.status(writer, 9, "closed", "1 hour", "3 days")
        editions.tell(writer, "station_status 9")
    assert until(lambda: changes(client, since=token).json()["stations"])
    body = changes(client, since=token).json()
    [one] = body["stations"]
    assert (one["id"], one["status"][0]["status"]) == (9, "closed")
    assert not body["full"]

    token = body["token"]
    with database.write(Actor("test")) as writer:
        writer.execute("UPDATE edition SET state = 'retired' WHERE id = :e", {"e": found.stations})
        edition = rows.edition(writer, "stations")
        writer.execute(
            "INSERT INTO station (edition_id, id, location, kind, name, access, services, "
            "located_by, hours_text, opening_hours, address) "
            "SELECT :new, id, location, kind, name, access, services, located_by, hours_text, "
            "opening_hours, CASE id WHEN 5 THEN '新址' ELSE address END "
            "FROM station WHERE edition_id = :old AND id <> 7",
            {"new": edition, "old": found.stations},
        )
        editions.tell(writer, f"stations {edition}")
    assert until(lambda: changes(client, since=token).json()["removed"])
    body = changes(client, since=token).json()
    assert body["removed"] == [7]
    assert [one["id"] for one in body["stations"]] == [5]
    assert body["stations"][0]["address"] == "新址"


def test_the_feed_answers_with_the_database_stopped(own, cluster) -> None:
    client, database, _ = own
    before = changes(client).json()
    admin = Database(cluster.url("postgres"), pool_size=1)
    name = database.url.database
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": name},
        )
    admin.close()
    assert client.get("/api/stations").status_code == 503
    assert until(lambda: changes(client).json()["notes"])
    body = changes(client).json()
    assert body["stations"] == before["stations"]
    assert "数据库" in body["notes"][0]
    assert changes(client, since=before["token"]).json()["stations"] == []
