"""Who may ask what, and from where."""

import base64
from itertools import product

import pytest
from fastapi.testclient import TestClient
from served import KEY, LOCAL

from api.identity import check_loopback
from geo.errors import Forbidden

PUBLIC = ("/api/stations", "/api/stations/1", "/api/areas", "/api/areas/110", "/api/editions")
CLOSED = ("/api/coverage", "/api/clusters", "/maps/coverage.html")
NEAREST = "/api/stations/nearest?lon=113.65&lat=34.75"


def basic(password, name="x"):
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


BEARER = b"Bearer " + KEY.encode()


@pytest.mark.parametrize("path", [*PUBLIC, NEAREST, "/", "/docs", "/healthz", "/openapi.json"])
def test_stations_walking_and_places_are_open_to_anyone(stranger, path):
    assert stranger.get(path).status_code == 200


@pytest.mark.parametrize("path", CLOSED)
def test_enterprises_ask_for_the_key(stranger, path):
    answer = stranger.get(path)
    assert answer.status_code == 401
    assert answer.json()["type"] == "/help/problems/unauthorized"
    assert {part.split()[0] for part in answer.headers.get_list("www-authenticate")} == {
        "Basic",
        "Bearer",
    }


@pytest.mark.parametrize(
    ("path", "header"), list(product(CLOSED, [BEARER, basic(KEY), basic(KEY, "")]))
)
def test_the_key_opens_them(stranger, path, header):
    assert stranger.get(path, headers={"Authorization": header}).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "Bearer wrong",
        "Bearer",
        "Bearer ",
        "",
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(KEY.encode()).decode(),
        basic(""),
        basic(KEY + "x"),
        "Digest username=x",
        b"Bearer " + KEY.encode()[:-1],
        "Bearer " + "x" * 5000,
    ],
)
@pytest.mark.parametrize("path", [*CLOSED, *PUBLIC, NEAREST])
def test_a_wrong_key_is_refused_everywhere(stranger, path, header):
    answer = stranger.get(path, headers={"Authorization": header})
    assert answer.status_code == 401
    assert KEY not in answer.text


def test_without_the_key_editions_tell_their_date_and_no_more(stranger, city):
    public = stranger.get("/api/editions").json()["editions"]
    assert {one["state"] for one in public} == {"active"}
    assert all(one["source"] is None and one["rows_accepted"] is None for one in public)
    full = stranger.get("/api/editions", headers={"Authorization": BEARER}).json()["editions"]
    assert len(full) == len(public) + 1
    assert all(one["source"] == "rows.csv" for one in full)
    only = stranger.get("/api/editions?dataset=stations").json()["editions"]
    assert [one["id"] for one in only] == [city.stations]


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:8000", "127.8.9.1", "[::1]:8000", "::1", "LOCALHOST:1"]
)
def test_without_a_key_this_machine_is_answered(open_app, host):
    with TestClient(open_app, base_url=LOCAL) as client:
        assert client.get("/api/coverage", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "192.168.1.4",
        "0.0.0.0",
        "",
        "[",
        "localhost@evil",
        "127.0.0.1:80@evil",
    ],
)
@pytest.mark.parametrize("path", ["/api/stations", "/", "/healthz", "/nowhere"])
def test_a_foreign_name_that_points_here_is_refused(open_app, host, path):
    with TestClient(open_app, base_url=LOCAL) as client:
        answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 403
    assert answer.json()["type"] == "/help/problems/forbidden"


def test_what_a_proxy_passes_on_is_refused_without_a_key(client, stranger):
    assert client.get("/api/stations", headers={"X-Forwarded-For": "1.2.3.4"}).status_code == 403
    assert stranger.get("/api/stations", headers={"X-Forwarded-For": "1.2.3.4"}).status_code == 200


def test_another_machine_is_refused_whatever_name_it_gives():
    with pytest.raises(Forbidden):
        check_loopback({"host": "127.0.0.1"}, "192.168.1.20")
    check_loopback({"host": "127.0.0.1"}, "127.0.0.1")
    check_loopback({"host": "localhost"}, None)
