"""Places over HTTP."""

import json
import logging
from urllib.parse import quote

import pytest
from hostile import HOSTILE_NAME
from served import SOUTH, WEST

from geo.coordinates import from_wgs84, geodesic_metres


def places(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()["places"]


def header(text: str) -> dict[str, str]:
    return {"Nuanyi-Query": quote(text)}


@pytest.mark.parametrize(
    "typed", ["人民路", "renminlu", "ren min lu", "rml", "人民lu", "仁民路", "renmnlu"]
)
def test_a_street_is_found_however_it_is_typed(client, typed):
    first = places(client.get("/api/places", params={"q": typed}))[0]
    assert (first["kind"], first["name"]) == ("street", "人民路")
    assert WEST - 0.002 < first["lon"] < WEST + 0.16
    assert first["lat"] == pytest.approx(SOUTH + 0.05)


def test_a_house_number_finds_the_station_there_and_the_street(client):
    found = places(client.get("/api/places", params={"q": "人民路12号"}))
    assert (found[0]["kind"], found[0]["id"]) == ("station", 12)
    assert ("street", "人民路") in [(one["kind"], one["name"]) for one in found]


def test_an_answer_has_all_of_the_contract(client, city):
    answer = client.get("/api/places", params={"q": "410199110"})
    body = answer.json()
    assert set(body) == {"places", "notes", "crs", "editions"}
    assert {one["id"] for one in body["editions"]} == {city.areas, city.stations, city.streets}
    [area] = body["places"]
    assert set(area) == {"id", "kind", "type", "name", "detail", "lon", "lat", "score"}
    assert (area["id"], area["kind"], area["type"]) == (110, "area", "subdistrict")
    # Names stay text, however hostile.
    assert area["name"] == f"{HOSTILE_NAME}110"
    assert area["detail"] == f"{HOSTILE_NAME}100"


def test_what_was_asked_is_not_kept_by_anybody_between(client):
    assert client.get("/api/places", params={"q": "人民路"}).headers["cache-control"] == "no-store"


def test_the_header_wins_over_the_address(client):
    answer = client.get("/api/places", params={"q": "410199110"}, headers=header("人民路"))
    assert places(answer)[0]["name"] == "人民路"
    assert places(client.get("/api/places", headers=header("人民路")))[0]["name"] == "人民路"


def test_the_nearer_of_equals_comes_first_when_a_position_is_sent(client):
    for number in (3, 17, 29):
        lon, lat = WEST + 0.005 * number, SOUTH + 0.05
        answer = client.get(
            "/api/places",
            params={"q": HOSTILE_NAME, "limit": 20},
            headers={"Nuanyi-Position": f"{lon},{lat}"},
        )
        stations = [one for one in places(answer) if one["kind"] == "station"]
        assert stations[0]["id"] == number
        shifted = from_wgs84(lon, lat, "bd09")
        answer = client.get(
            "/api/places",
            params={"q": HOSTILE_NAME, "limit": 20, "crs": "bd09"},
            headers={"Nuanyi-Position": f"{shifted[0]},{shifted[1]}"},
        )
        assert next(one for one in places(answer) if one["kind"] == "station")["id"] == number


@pytest.mark.parametrize("crs", ["wgs84", "gcj02", "bd09"])
def test_positions_come_in_the_asked_system(client, crs):
    [one] = places(client.get("/api/places", params={"q": "人民路12号", "limit": 1, "crs": crs}))
    lon, lat = from_wgs84(WEST + 0.06, SOUTH + 0.05, crs)
    assert geodesic_metres(one["lon"], one["lat"], lon, lat) < 0.05
    assert client.get("/api/places", params={"q": "x", "crs": crs}).json()["crs"] == crs


def test_a_typed_position_is_a_point(client):
    [one] = places(client.get("/api/places", params={"q": "113.61,34.75"}))
    assert (one["kind"], one["id"], one["lon"], one["lat"]) == ("point", None, 113.61, 34.75)
    assert one["detail"] == f"{HOSTILE_NAME}100 {HOSTILE_NAME}110"
    answer = client.get("/api/places", params={"q": "34.75，113.61", "crs": "gcj02"})
    [one] = places(answer)
    assert (one["lon"], one["lat"]) == (pytest.approx(113.61), pytest.approx(34.75))
    assert "写反" in answer.json()["notes"][0]
    assert client.get("/api/places", params={"q": "2.35,48.85"}).json()["notes"]


@pytest.mark.parametrize(
    ("params", "headers"),
    [
        ({}, {}),
        ({"q": ""}, {}),
        ({"q": "   "}, {}),
        ({"q": "x" * 65}, {}),
        ({"q": "x" * 5000}, {}),
        ({"q": "a\nb"}, {}),
        ({"q": "a\0b"}, {}),
        ({"q": "a\x85b"}, {}),
        ({"q": "人", "limit": "0"}, {}),
        ({"q": "人", "limit": "21"}, {}),
        ({"q": "人", "limit": "x"}, {}),
        ({"q": "人", "crs": "mars"}, {}),
        ({"q": "人", "kind": "street"}, {}),
        ({"q": "人"}, {"Nuanyi-Position": "x"}),
        ({"q": "人"}, {"Nuanyi-Position": "113.6"}),
        ({"q": "人"}, {"Nuanyi-Position": "999,34"}),
        ({"q": "人"}, {"Nuanyi-Query": "%FF"}),
        ({"q": "人"}, {"Nuanyi-Query": "%ED%A0%80"}),
        ({"q": "人"}, {"Nuanyi-Query": b"\xe4\xba\xba"}),
        ({"q": "人"}, {"Nuanyi-Query": ""}),
        ({"q": "人"}, {"Nuanyi-Query": quote("人" * 65)}),
    ],
)
def test_what_cannot_be_asked_is_told_in_one_shape(client, params, headers):
    answer = client.get("/api/places", params=params, headers=headers)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["field"] or body["errors"]
    assert "999" not in answer.text
    assert "xxxxx" not in answer.text


def test_sixty_four_characters_may_be_asked(client):
    assert client.get("/api/places", params={"q": "  " + "人" * 64 + " "}).status_code == 200


@pytest.mark.parametrize(
    "text", ["😀", "\u202e人民路", "e" + "\u0301" * 63, "' OR 1=1 --", HOSTILE_NAME, "ا" * 64]
)
def test_any_text_is_answered(client, text):
    for answer in (
        client.get("/api/places", params={"q": text}),
        client.get("/api/places", headers=header(text)),
    ):
        assert answer.status_code == 200
        json.loads(answer.text)


def test_a_name_that_nothing_has_finds_nothing(client):
    assert places(client.get("/api/places", params={"q": "qqqqqqqq"})) == []


def test_a_stranger_may_look_for_places_and_a_wrong_key_is_refused(stranger):
    assert places(stranger.get("/api/places", params={"q": "人民路"}))
    answer = stranger.get("/api/places?q=x", headers={"Authorization": "Bearer wrong"})
    assert answer.status_code == 401


def test_what_was_looked_for_is_not_logged(client, caplog):
    caplog.set_level(logging.DEBUG)
    client.get("/api/places", params={"q": "梧桐树下"}, headers={"Nuanyi-Position": "113.61,34.75"})
    client.get("/api/places", headers=header("梧桐树下"))
    client.get("/api/places", params={"q": "梧桐树下\n"}, headers={"Nuanyi-Query": "%FF"})
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("nuanyi")]
    assert ours
    for line in ours:
        assert "梧桐" not in line
        assert quote("梧桐") not in line
        assert "113.61" not in line
