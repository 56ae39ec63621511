"""One shape for every error of every route, whatever is thrown at it."""

import re

import pytest
from fastapi.testclient import TestClient
from hostile import HOSTILE_NAME
from served import KEY, LOCAL

from api.problems import MEDIA_TYPE, Problem, classes

MEMBERS = set(Problem.model_fields)
SLUGS = {error.slug: error for error in classes()}
BAD = {
    "lon": ["NaN", "inf", "-inf", "1e400", "181", "", "x", "113,6", HOSTILE_NAME, "١٢٣x"],
    "lat": ["NaN", "91", "-90.0001", "113.65"],
    "k": ["0", "-1", "1000000", "1.5", "x", "9" * 400],
    "kinds": ["sauna", "warm_station,sauna", HOSTILE_NAME, ",", "a," * 50],
    "services": ["sauna", "hot_water;toilet", ",,,"],
    "access": ["everyone"],
    "crs": ["epsg:4326", "WGS84", ""],
    "open": ["now", "2026-13-40", "25:00", "24/7", HOSTILE_NAME],
    "max_m": ["0", "-5", "1e9", "NaN", "x"],
    "format": ["xml", "GeoJSON"],
    "limit": ["0", "1001", "-1", "x"],
    "after": ["!", "a b", "x" * 65, "AAAA", "LTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk", "MS4y", "///"],
    "bbox": ["1,2,3", "a,b,c,d", "1,2,3,4,5", "999,0,0,1", "0,91,1,92", "1,5,2,4", "nan,0,1,1"],
    "text": ["", "x" * 101, "\0", "a\nb"],
    "area_id": ["-1", "x", "1.5", str(2**53), "9" * 30],
    "parent_id": ["-1", str(2**63), "x"],
    "kind": ["boulevard", "District", HOSTILE_NAME],
    "tier": ["sure", "Confirmed", HOSTILE_NAME],
    "size": ["huge", "25-99", HOSTILE_NAME],
    "industry": ["Z", "c", HOSTILE_NAME],
    "unit_class": ["company", HOSTILE_NAME],
    "dataset": ["people", ""],
    "measure": ["happiness"],
    "lang": ["fr", "ZH", ""],
    "minutes": ["0", "61", "", "x", "5;10", "1.5", "NaN", ",", "5," * 13 + "5"],
    "at": ["24", "now", "2026-11-24", "2026-13-40T12:00", "12:40", "", HOSTILE_NAME, "9" * 41],
    "by_hour": ["perhaps", ""],
    "day": ["someday", "Workday", "", HOSTILE_NAME],
    "hour": ["24", "-1", "x", "1.5", ""],
    "least": ["-1", "x", "nan"],
    "by_area": ["planet", HOSTILE_NAME],
    "min_grade": ["-1", "6", "x"],
    "cells": ["", "12", "13-1-1", "12-4096-1", "12-1-1,", "12-01-1", "12-1-1," * 9 + "12-1-1"],
    "since": ["", "a b", "+", "x" * 201, HOSTILE_NAME],
    "state": ["all", ""],
    "q": ["", "  ", "x" * 65, "x" * 300, "\0", "a\nb"],
    "station_id": ["-1", "x", str(2**53)],
    "theme": ["pink", "Day", ""],
    "paper": ["a4", "A6", ""],
    "from": ["", "x", "1.5", "-1", "2026-13-40", HOSTILE_NAME],
    "to": ["", "x", "1.5", "-1", "2026-13-40", HOSTILE_NAME],
    "target_date": ["", "2026-13-40", "soon", HOSTILE_NAME],
    "v": ["", "xyz", HOSTILE_NAME, "0" * 17],
    "misspelt": ["1"],
    HOSTILE_NAME: [HOSTILE_NAME],
}
BASE = {
    "/api/stations/nearest": {"lon": "113.65", "lat": "34.75"},
    "/api/stations/{station_id}/route": {"lon": "113.65", "lat": "34.75"},
    "/api/stations/changes": {"cells": "12-3341-1630"},
    "/api/unions/here": {"lon": "113.65", "lat": "34.75"},
    "/api/places": {"q": "人民路"},
}
RECEIPT = "0f8fad5bd9cb469fa16570867728950e"


def operations(app):
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def check(answer, status=None):
    """One documented shape, and nothing of what was asked in it."""
    assert answer.headers["content-type"] == MEDIA_TYPE, answer.text
    body = answer.json()
    assert set(body) <= MEMBERS
    assert body["status"] == answer.status_code
    if status is not None:
        assert answer.status_code == status, answer.text
    slug = body["type"].removeprefix("/help/problems/")
    assert slug in SLUGS
    assert body["title"] in (SLUGS[slug].title, SLUGS[slug].title_zh)
    assert body["detail"]
    assert "<" not in answer.text
    return body


def fill(path: str, value: str = "1") -> str:
    if value == "1":
        path = path.replace("{receipt}", RECEIPT)
    return re.sub(r"\{\w+\}", value, path)


def cases(app):
    for path, _, operation in operations(app):
        known = {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
        for name, values in BAD.items():
            if name not in known and name not in ("misspelt", HOSTILE_NAME):
                continue
            if not known:
                continue
            for value in values:
                yield path, {**BASE.get(path, {}), name: value}


def test_every_bad_parameter_of_every_route_is_told_in_one_shape(open_app, client):
    tried = 0
    for path, question in cases(open_app):
        answer = client.get(fill(path), params=question)
        body = check(answer, 422)
        assert body["field"] or body["errors"], (path, question)
        for one in body.get("errors", []):
            assert one["reason_zh"] != "无法使用", (path, question, one)
        tried += 1
    assert tried > 150


@pytest.mark.parametrize("bad", ["x", "-1", "1.5", str(2**53), "9" * 40, "%00", "%2e", "'", "NaN"])
def test_every_bad_identity_is_told_in_one_shape(open_app, client, bad):
    for path, _, _ in operations(open_app):
        if "{" in path:
            check(client.get(fill(path, bad)))


def test_every_route_refuses_other_methods_in_one_shape(open_app, client):
    for path, methods in open_app.openapi()["paths"].items():
        for method in {"post", "put", "patch", "delete", "options", "trace"} - set(methods):
            check(client.request(method.upper(), fill(path)), 405)


def test_every_route_refuses_a_megabyte_in_one_shape(open_app, client):
    for path, method, _ in operations(open_app):
        answer = client.request(method.upper(), fill(path), content=b"x" * 1_000_000)
        check(answer, 413)


def test_every_secured_route_refuses_a_stranger_in_one_shape(keyed_app, stranger):
    for path, method, operation in operations(keyed_app):
        plain = stranger.request(method.upper(), fill(path), params=BASE.get(path, {}))
        wrong = stranger.request(
            method.upper(), fill(path), headers={"Authorization": "Bearer nonsense"}
        )
        if operation.get("security"):
            check(plain, 401)
            check(wrong, 401)
        else:
            # What takes a body was sent none.
            answered = (422,) if "requestBody" in operation else (200, 404)
            assert plain.status_code in answered, (path, plain.text)
        assert KEY not in plain.text + wrong.text


def test_what_is_nowhere_is_told_in_one_shape(client):
    for path in (
        "/nowhere",
        "/api",
        "/api/",
        "/api/stations/",
        "/docs/",
        "/x//",
        "/%00",
    ):
        check(client.get(path), 404)
        check(client.post(path), 404)


def test_a_foreign_host_is_told_in_one_shape(open_app):
    with TestClient(open_app, base_url=LOCAL) as client:
        for path, _, _ in operations(open_app):
            check(client.get(fill(path), headers={"Host": "evil.example"}), 403)
