"""Stations over HTTP: lists, pages, formats, coordinate systems, and the nearest."""

import json
import time

import pytest
import rows
from fastapi.testclient import TestClient
from hostile import HOSTILE_NAME
from pyproj import Geod
from served import LOCAL, SOUTH, WEST

from api.app import create_app
from geo import editions
from geo.coordinates import from_wgs84
from geo.database import Actor
from geo.settings import Settings

HERE = {"lon": WEST + 0.0501, "lat": SOUTH + 0.05}


def ids(answer):
    assert answer.status_code == 200, answer.text
    return [station["id"] for station in answer.json()["stations"]]


def test_the_list_is_paged_by_next_and_by_link(client):
    seen, url = [], "/api/stations?limit=12"
    while url:
        answer = client.get(url)
        seen += ids(answer)
        url = answer.json()["next"]
        assert answer.links.get("next", {}).get("url") == url
    assert seen == list(range(1, 32))


def test_filters_are_kept_on_the_next_page(client):
    url = "/api/stations?limit=3&services=hot_water,toilet&kinds=driver_rest_home"
    first = client.get(url)
    second = client.get(first.json()["next"])
    assert ids(first) == [3, 9, 15]
    assert ids(second) == [21, 27]
    assert second.json()["next"] is None


def test_repeated_and_comma_values_are_the_same(client):
    one = client.get("/api/stations?services=hot_water,toilet")
    other = client.get("/api/stations?services=hot_water&services=toilet")
    assert ids(one) == ids(other) == list(range(1, 31, 2))


def test_an_area_a_box_and_a_text_narrow_the_list(client):
    assert ids(client.get("/api/stations?area_id=120")) == list(range(20, 31))
    box = f"{WEST},{SOUTH},{WEST + 0.0151},{SOUTH + 0.1}"
    assert ids(client.get(f"/api/stations?bbox={box}")) == [1, 2, 3]
    assert ids(client.get("/api/stations", params={"text": "人民路7号"})) == [7]
    assert len(ids(client.get("/api/stations", params={"text": HOSTILE_NAME}))) == 31


def test_an_answer_says_which_editions_it_speaks_from(client, city):
    about = client.get("/api/stations?limit=1").json()["editions"]
    assert {"dataset": "stations", "id": city.stations, "as_of": "2026-06-30"} in about


def test_the_same_answer_is_not_sent_twice(client, city):
    first = client.get("/api/stations")
    tag = first.headers["etag"]
    assert f"stations-{city.stations}" in tag
    again = client.get("/api/stations", headers={"If-None-Match": f'"x", {tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    assert client.get("/api/stations", headers={"If-None-Match": '"x"'}).status_code == 200


def test_geojson_by_accept_or_by_format(client):
    by_header = client.get("/api/stations", headers={"Accept": "application/geo+json"})
    by_format = client.get("/api/stations?format=geojson")
    assert by_header.headers["content-type"] == "application/geo+json"
    one, other = by_header.json(), by_format.json()
    assert one["features"] == other["features"]
    assert one["features"][0]["geometry"]["coordinates"] == [round(WEST + 0.005, 7), 34.75]
    assert one["features"][-1]["geometry"] is None
    assert "crs" not in one
    assert client.get(
        "/api/stations?format=json", headers={"Accept": "application/geo+json"}
    ).json()["stations"]


def test_positions_come_in_the_asked_system(client):
    for crs in ("gcj02", "bd09"):
        plain = client.get("/api/stations?limit=1").json()["stations"][0]
        shifted = client.get(f"/api/stations?limit=1&crs={crs}").json()["stations"][0]
        lon, lat = from_wgs84(plain["lon"], plain["lat"], crs)
        assert (shifted["lon"], shifted["lat"]) == pytest.approx((lon, lat), abs=1e-7)
        assert abs(shifted["lon"] - plain["lon"]) > 0.001
        feature = client.get(f"/api/stations?limit=1&crs={crs}&format=geojson").json()
        assert feature["features"][0]["geometry"]["coordinates"] == [shifted["lon"], shifted["lat"]]
        assert feature["crs_used"] == crs


def test_one_station_shows_its_status_of_now(client):
    one = client.get("/api/stations/4").json()["station"]
    assert one["name"] == f"{HOSTILE_NAME}4"
    assert one["status_now"]["status"] == "closed"
    assert client.get("/api/stations/3").json()["station"]["status_now"] is None
    assert client.get("/api/stations/31").json()["station"]["lon"] is None


def test_a_station_that_is_not_there_is_said_so(client):
    answer = client.get("/api/stations/9999")
    assert answer.status_code == 404
    assert answer.json()["type"] == "/help/problems/not-found"


# ---------------------------------------------------------------------- nearest
def test_the_nearest_come_first_with_metres_minutes_and_state(client, city):
    answer = client.get("/api/stations/nearest", params={**HERE, "k": 4})
    found = answer.json()["stations"]
    # 10 is beside, but for its own staff only, 9 and 13 are for members.
    assert [one["id"] for one in found] == [11, 12, 8, 7]
    assert [one["metres"] for one in found] == sorted(one["metres"] for one in found)
    assert {one["hours_state"] for one in found} == {"open"}
    geod = Geod(ellps="WGS84")
    for one in found:
        metres = geod.inv(HERE["lon"], HERE["lat"], one["lon"], one["lat"])[2]
        assert one["straight_line"] is False
        assert one["off_street_metres"] == pytest.approx(0, abs=0.1)
        assert one["metres"] == pytest.approx(metres, abs=0.2)
        assert one["minutes"] == pytest.approx(metres / 1.25 / 60, abs=0.1)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["network_edition"] == city.streets
    assert answer.json()["station_edition"] == city.stations


def test_a_closed_station_is_not_offered_unless_any_is_asked(client):
    beside = {"lon": WEST + 0.0201, "lat": SOUTH + 0.05, "k": 1}
    assert ids(client.get("/api/stations/nearest", params=beside)) != [4]
    any_ = client.get("/api/stations/nearest", params={**beside, "open": "any"}).json()["stations"][
        0
    ]
    assert (any_["id"], any_["hours_state"]) == (4, "closed")
    later = {**beside, "open": "2026-11-21T12:40:00+08:00"}
    assert client.get("/api/stations/nearest", params=later).status_code == 200


def test_a_plus_that_became_a_space_is_understood(client):
    url = (
        f"/api/stations/nearest?lon={HERE['lon']}&lat={HERE['lat']}&open=2026-11-21T12:40:00+08:00"
    )
    assert client.get(url).status_code == 200


def test_access_kinds_and_services_are_filtered(client):
    members = client.get("/api/stations/nearest", params={**HERE, "access": "internal", "k": 2})
    assert all(one["access"] == "internal" for one in members.json()["stations"])
    rest = client.get(
        "/api/stations/nearest",
        params={**HERE, "kinds": "driver_rest_home", "services": "toilet", "max_m": 5000},
    ).json()["stations"]
    assert rest
    assert all(one["kind"] == "driver_rest_home" and "toilet" in one["services"] for one in rest)


def test_question_and_answer_are_in_the_same_system(client):
    lon, lat = (float(value) for value in from_wgs84(HERE["lon"], HERE["lat"], "gcj02"))
    plain = client.get("/api/stations/nearest", params=HERE).json()["stations"]
    shifted = client.get(
        "/api/stations/nearest", params={"lon": lon, "lat": lat, "crs": "gcj02"}
    ).json()["stations"]
    assert [one["id"] for one in plain] == [one["id"] for one in shifted]
    assert [one["metres"] for one in plain] == pytest.approx(
        [one["metres"] for one in shifted], abs=0.1
    )


def test_the_nearest_as_geojson(client):
    answer = client.get("/api/stations/nearest", params={**HERE, "format": "geojson"})
    body = json.loads(answer.text)
    assert answer.headers["content-type"] == "application/geo+json"
    plain = client.get("/api/stations/nearest", params=HERE).json()
    for feature, one in zip(body["features"], plain["stations"], strict=True):
        assert feature["id"] == one["id"]
        assert feature["geometry"]["coordinates"] == [one["lon"], one["lat"]]
        assert feature["properties"]["metres"] == one["metres"]
    assert body["notes"] == plain["notes"]


def test_a_place_far_from_everything_is_refused_without_repeating_it(client):
    answer = client.get("/api/stations/nearest?lon=-3.187654&lat=55.954321")
    assert answer.status_code == 422
    assert answer.json()["type"] == "/help/problems/outside-service-area"
    assert "187654" not in answer.text
    assert "954321" not in answer.text


@pytest.mark.parametrize("when", ["1999-01-01T00:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00Z"])
def test_a_time_no_hours_are_known_for_is_refused(client, when):
    answer = client.get("/api/stations/nearest", params={**HERE, "open": when})
    assert (answer.status_code, answer.json()["field"]) == (422, "open")


def within_two_seconds(ask, told):
    """The first answer that tells it: every process must know of a change after two seconds."""
    until = time.monotonic() + 2
    while True:
        answer = ask()
        if told(answer):
            return answer
        assert time.monotonic() < until, answer
        time.sleep(0.05)


def test_a_new_edition_is_followed_without_a_restart(tmp_path, database):
    with database.write(Actor("test")) as writer:
        first = rows.edition(writer, "stations")
        rows.station(writer, first, 1, lon=113.65, lat=34.75, opening_hours="24/7")
    with TestClient(create_app(Settings(state=tmp_path), database), base_url=LOCAL) as client:
        here = "/api/stations/nearest?lon=113.651&lat=34.75"
        before = client.get(here).json()
        assert [one["id"] for one in before["stations"]] == [1]
        # No streets: said so, and a straight line.
        assert before["stations"][0]["straight_line"] is True
        assert before["network_edition"] is None
        assert before["notes"]
        tag = client.get("/api/stations").headers["etag"]
        with database.write(Actor("test")) as writer:
            second = rows.edition(writer, "stations", state="draft")
            rows.station(writer, second, 2, lon=113.65, lat=34.75, opening_hours="24/7")
            editions.set_active(writer, second)
        after = within_two_seconds(
            lambda: client.get(here).json(), lambda one: one["stations"][0]["id"] == 2
        )
        assert after["station_edition"] == second
        changed = client.get("/api/stations", headers={"If-None-Match": tag})
        assert changed.status_code == 200
        with database.write(Actor("test")) as writer:
            rows.status(writer, 2, "closed", "-1 hour", None)
        within_two_seconds(lambda: client.get(here).json(), lambda one: one["stations"] == [])
        tag = changed.headers["etag"]
        assert client.get("/api/stations", headers={"If-None-Match": tag}).status_code == 200
