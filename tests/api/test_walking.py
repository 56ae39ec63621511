"""The way to a station and the stations along a way, over HTTP."""

import json

import pytest
import rows
from fastapi.testclient import TestClient
from hostile import HOSTILE_NAME
from pyproj import Geod
from served import LOCAL, SOUTH, WEST
from sqlalchemy import text

from api.app import create_app
from api.problems import MEDIA_TYPE
from geo.coordinates import from_wgs84
from geo.database import Actor
from geo.settings import Settings

GEOD = Geod(ellps="WGS84")
HERE = (WEST + 0.0501, SOUTH + 0.05)
STAND = {"Nuanyi-Position": f"{HERE[0]},{HERE[1]}"}
WAY = {"from": [WEST + 0.0501, SOUTH + 0.05], "to": [WEST + 0.0701, SOUTH + 0.05]}
OFFERED = {"access": ["public", "members", "unknown"]}


def problem(answer, status=422):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


# ---------------------------------------------------------------------- the route
def test_the_route_has_line_steps_and_the_metres_of_the_nearest_search(client, city):
    answer = client.get("/api/stations/12/route", headers=STAND)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    route = answer.json()
    near = client.get(
        "/api/stations/nearest", params={"lon": HERE[0], "lat": HERE[1], "k": 9, "open": "any"}
    ).json()["stations"]
    [same] = [one for one in near if one["id"] == 12]
    for name in ("metres", "minutes", "off_street_metres", "straight_line", "uncertain"):
        assert route[name] == same[name]
    line = route["line"]
    assert line["type"] == "LineString"
    assert line["coordinates"][0] == pytest.approx(HERE, abs=1e-7)
    assert line["coordinates"][-1] == [same["lon"], same["lat"]]
    lons, lats = zip(*line["coordinates"], strict=True)
    assert GEOD.line_length(lons, lats) == pytest.approx(route["metres"], abs=0.2)
    assert sum(step["metres"] for step in route["steps"]) == pytest.approx(route["metres"], abs=0.3)
    first, last = route["steps"]
    assert (first["kind"], first["turn"], first["street"]) == ("depart", None, "人民路")
    assert first["text_zh"].startswith("沿人民路向东出发")
    assert first["text_en"].startswith("Set off to the east along 人民路")
    assert last["kind"] == "arrive"
    assert last["text_zh"] == f"到达“{HOSTILE_NAME}12”"
    assert route["stairs_metres"] == 0
    assert route["hours_state"] == "open"
    assert (route["notes"], route["crs"]) == ([], "wgs84")
    assert route["network_edition"] == city.streets


def test_the_header_wins_and_the_query_does_without_it(client):
    asked = {"lon": HERE[0], "lat": HERE[1]}
    by_query = client.get("/api/stations/12/route", params=asked).json()
    by_header = client.get("/api/stations/12/route", headers=STAND).json()
    both = client.get("/api/stations/12/route", headers=STAND, params={"lon": 1, "lat": 1}).json()
    assert by_query["metres"] == by_header["metres"] == both["metres"]


def test_question_and_route_are_in_the_same_system(client):
    lon, lat = (float(value) for value in from_wgs84(*HERE, "bd09"))
    plain = client.get("/api/stations/12/route", headers=STAND).json()
    answer = client.get(
        "/api/stations/12/route?crs=bd09", headers={"Nuanyi-Position": f"{lon},{lat}"}
    ).json()
    assert answer["metres"] == pytest.approx(plain["metres"], abs=0.1)
    assert answer["line"]["coordinates"][0] == pytest.approx([lon, lat], abs=2e-7)
    end = from_wgs84(*plain["line"]["coordinates"][-1], "bd09")
    assert answer["line"]["coordinates"][-1] == pytest.approx(end, abs=2e-7)


@pytest.mark.parametrize(
    ("header", "field"),
    [
        (None, "lon"),
        ("", "Nuanyi-Position"),
        ("113.65", "Nuanyi-Position"),
        ("a,b", "Nuanyi-Position"),
        ("NaN,34.7", "lon"),
        ("inf,34.7", "lon"),
        ("34.75,113.65", "lat"),
        ("113.65,-91", "lat"),
        ("113.65,34.7,1", "Nuanyi-Position"),
        ("113.65,34.7" + " " * 200, "Nuanyi-Position"),
    ],
)
def test_a_position_that_is_none_is_refused(client, header, field):
    headers = {} if header is None else {"Nuanyi-Position": header}
    told = problem(client.get("/api/stations/12/route", headers=headers))
    if header is not None and header.strip() == header:
        assert told["field"] == field


def test_a_place_far_from_everything_is_refused_without_repeating_it(client):
    answer = client.get(
        "/api/stations/12/route", headers={"Nuanyi-Position": "-3.187654,55.954321"}
    )
    assert problem(answer)["type"] == "/help/problems/outside-service-area"
    assert "187654" not in answer.text
    assert "954321" not in answer.text


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("999/route", 404, "not-found"),
        ("31/route", 404, "not-found"),  # nobody knows where it is
        ("4/route", 409, "conflict"),  # closed for a month
        ("x/route", 422, "invalid"),
        ("-1/route", 422, "invalid"),
        ("9007199254740993/route", 422, "invalid"),
        ("12/route?crs=wgs72", 422, "invalid"),
        ("12/route?misspelt=1", 422, "invalid"),
        ("12/route?lon=NaN&lat=1", 422, "invalid"),
        ("12/route?lon=181&lat=1", 422, "invalid"),
        ("12/route?lon=x&lat=1", 422, "invalid"),
    ],
)
def test_what_has_no_route_is_told_in_one_shape(client, path, status, kind):
    told = problem(client.get(f"/api/stations/{path}", headers=STAND), status)
    assert told["type"] == f"/help/problems/{kind}"
    assert told["remedy"]


def test_a_closed_station_is_named_with_its_reason(client):
    told = problem(client.get("/api/stations/4/route", headers=STAND), 409)
    assert f"“{HOSTILE_NAME}4”" in told["detail"]
    assert "停水" in told["detail"]


def test_names_of_streets_come_through_as_they_are(tmp_path, database):
    with database.write(Actor("test")) as writer:
        streets = rows.edition(writer, "streets")
        rows.street(writer, streets, 113.64, 113.67, 34.75)
        writer.execute(
            text("UPDATE street SET name = :name, is_steps = true"), {"name": HOSTILE_NAME}
        )
        stations = rows.edition(writer, "stations")
        rows.station(writer, stations, 1, lon=113.66, lat=34.75, opening_hours="24/7")
    app = create_app(Settings(state=tmp_path), database)
    with TestClient(app, base_url=LOCAL) as client:
        route = client.get("/api/stations/1/route?lon=113.65&lat=34.75").json()
    assert route["stairs_metres"] == route["metres"]
    assert [step["kind"] for step in route["steps"]] == ["depart", "stairs", "arrive"]
    assert route["steps"][1]["street"] == HOSTILE_NAME


# ---------------------------------------------------------------------- along
def ask(client, body, **more):
    return client.post("/api/stations/along", json=body, **more)


def test_stations_along_a_way_come_by_detour(client, city):
    answer = ask(client, {**WAY, **OFFERED})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    # 10 and 14 are for their own staff; 11, 12, 13 lie on the way.
    assert [one["id"] for one in told["stations"]][:3] == [11, 12, 13]
    for one in told["stations"]:
        extra = one["metres_before"] + one["metres_after"] - told["direct_metres"]
        assert one["detour_metres"] == pytest.approx(extra, abs=0.3)
        assert one["metres"] == one["metres_before"]
        assert one["name"].startswith(HOSTILE_NAME)
        assert one["hours_state"] == "open"
        assert one["doubts"] == {}
    assert [one["detour_metres"] for one in told["stations"]][:3] == [0, 0, 0]
    length = GEOD.inv(*WAY["from"], *WAY["to"])[2]
    assert told["direct_metres"] == pytest.approx(length, abs=0.2)
    assert told["network_edition"] == city.streets


def test_stations_along_a_line(client):
    lat = SOUTH + 0.0502  # some 22 m north of the street
    line = [[WEST + 0.05 + 0.0001 * step, lat] for step in range(300)]
    told = ask(client, {"line": line, "k": 3, **OFFERED}).json()
    assert [one["id"] for one in told["stations"]] == [11, 12, 13]
    off = GEOD.inv(WEST, lat, WEST, SOUTH + 0.05)[2]
    for one in told["stations"]:
        assert one["detour_metres"] == pytest.approx(2 * off, abs=5)


def test_filters_and_systems(client):
    everyone = ask(client, {**WAY, "k": 50, "access": ["internal"]}).json()["stations"]
    assert {one["access"] for one in everyone} == {"internal"}
    some = ask(
        client,
        {
            **WAY,
            "k": 50,
            "kinds": ["driver_rest_home"],
            "services": ["toilet"],
            "open": "any",
            "access": ["public", "members", "internal", "unknown"],
            "max_detour_m": 2000,
        },
    ).json()["stations"]
    assert some
    assert all(one["kind"] == "driver_rest_home" and "toilet" in one["services"] for one in some)
    shifted = {
        name: [float(value) for value in from_wgs84(*place, "gcj02")] for name, place in WAY.items()
    }
    there = ask(client, {**shifted, "crs": "gcj02"}).json()
    plain = ask(client, WAY).json()
    assert [one["id"] for one in there["stations"]] == [one["id"] for one in plain["stations"]]
    assert there["stations"][0]["lon"] != plain["stations"][0]["lon"]
    timed = ask(client, {**WAY, "open": "2026-11-21T12:40:00+08:00"})
    assert timed.status_code == 200


def test_a_station_far_off_the_way_is_left_out(client):
    near = ask(client, {**WAY, "k": 50, "max_detour_m": 10, **OFFERED}).json()["stations"]
    assert [one["id"] for one in near] == [11, 12, 13]
    none = ask(client, {**WAY, "kinds": ["workers_home"]}).json()
    assert none["stations"] == []
    assert none["notes"]


HOME = [113.65, 34.75]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "to"),
        ({"from": HOME}, "to"),
        ({"to": HOME}, "from"),
        ({**WAY, "line": [HOME, HOME]}, "line"),
        ({"line": [HOME]}, "line"),
        ({"line": []}, "line"),
        ({"line": [HOME] * 501}, "line"),
        ({"line": HOME}, "line"),
        ({"line": "LINESTRING(0 0, 1 1)"}, "line"),
        ({"line": {"type": "LineString", "coordinates": [HOME, HOME]}}, "line"),
        ({"from": HOME, "to": [113.65]}, "to"),
        ({"from": HOME, "to": [113.65, 34.75, 3]}, "to"),
        ({"from": HOME, "to": ["113.65", "34.75"]}, "to"),
        ({"from": HOME, "to": [True, False]}, "to"),
        ({"from": HOME, "to": [None, None]}, "to"),
        ({"from": HOME[::-1], "to": HOME}, "from"),
        ({"from": HOME, "to": HOME[::-1]}, "to"),
        ({"from": HOME, "to": [200, 34.75]}, "to"),
        ({"from": HOME, "to": [113.65, 1e300]}, "to"),
        ({"line": [HOME, HOME[::-1]]}, "line"),
        ({"line": [HOME, [0, 0]]}, "line"),
        ({"from": [113.45, 34.7], "to": [114.0, 34.75]}, "to"),
        ({"line": [[113.6, 34.75], [113.9, 34.75]] * 3}, "line"),
        ({**WAY, "k": 0}, "k"),
        ({**WAY, "k": 10**6}, "k"),
        ({**WAY, "k": 1.5}, "k"),
        ({**WAY, "k": "5"}, "k"),
        ({**WAY, "crs": "epsg:4326"}, "crs"),
        ({**WAY, "kinds": ["sauna"]}, "kinds"),
        ({**WAY, "kinds": "warm_station"}, "kinds"),
        ({**WAY, "services": [HOSTILE_NAME]}, "services"),
        ({**WAY, "services": ["toilet"] * 24}, "services"),
        ({**WAY, "access": ["everyone"]}, "access"),
        ({**WAY, "open": "now"}, "open"),
        ({**WAY, "open": 1790000000}, "open"),
        ({**WAY, "open": "1790000000"}, "open"),
        ({**WAY, "open": "1850-01-01T00:00"}, "open"),
        ({**WAY, "max_detour_m": 0}, "max_detour_m"),
        ({**WAY, "max_detour_m": 5001}, "max_detour_m"),
        ({**WAY, "max_detour_m": "300"}, "max_detour_m"),
        ({**WAY, "misspelt": 1}, "misspelt"),
        ({**WAY, "start": HOME}, "start"),
        ({**WAY, HOSTILE_NAME: 1}, "?"),
    ],
)
def test_a_way_that_cannot_be_asked_for_is_refused(client, body, field):
    answer = ask(client, body)
    told = problem(answer)
    assert field in [told.get("field"), *(one["field"] for one in told.get("errors", []))]
    for one in told.get("errors", []):
        assert one["reason_zh"] != "无法使用", one
    assert "<" not in answer.text


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"x",
        b"null",
        b"[]",
        b'"from"',
        b"12",
        b'{"from": [113.65, 34.75], "to": [NaN, 34.75]}',
        b'{"from": [113.65, 34.75], "to": [Infinity, 34.75]}',
        b'{"from": [113.65, 34.75], "to": [1e999, 34.75]}',
        b'{"from": [113.65, 34.75], "to": [' + b"9" * 400 + b", 34.75]}",
        b'{"from": [113.65, 34.75], "to": [113.66, 34.75], "k": ' + b"9" * 5000 + b"}",
        b'{"line": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        b"\xff\xfe\x00",
        b'{"from": [113.65, 34.75], "to": [113.66, 34.75]',
    ],
)
def test_a_body_that_is_no_question_is_refused(client, raw):
    answer = client.post(
        "/api/stations/along", content=raw, headers={"Content-Type": "application/json"}
    )
    problem(answer)


def test_a_question_as_a_form_is_refused(client):
    problem(client.post("/api/stations/along", data={"from": "1,2", "to": "3,4"}))


def test_a_body_too_large_is_refused_before_it_is_read(client):
    million = json.dumps({"line": [HOME] * 10**6})
    for raw in (b"x" * 1_000_000, million.encode()):
        answer = client.post(
            "/api/stations/along", content=raw, headers={"Content-Type": "application/json"}
        )
        problem(answer, 413)


def test_no_answer_repeats_where_somebody_goes(client):
    body = {"from": [113.6543217, 34.7512345], "to": [-3.1876543, 55.9543217]}
    answer = ask(client, body)
    assert problem(answer)["type"] == "/help/problems/outside-service-area"
    assert "1876543" not in answer.text
    assert "6543217" not in answer.text


def test_anybody_may_ask_and_a_wrong_key_is_refused(stranger):
    assert stranger.get("/api/stations/12/route", headers=STAND).status_code == 200
    assert ask(stranger, WAY).status_code == 200
    wrong = {"Authorization": "Bearer nonsense"}
    problem(stranger.get("/api/stations/12/route", headers={**STAND, **wrong}), 401)
    problem(ask(stranger, WAY, headers=wrong), 401)


def test_other_methods_are_refused(client):
    problem(client.post("/api/stations/12/route", headers=STAND), 405)
    problem(client.put("/api/stations/along", json=WAY), 405)
