"""Rates, clusters and the map over HTTP: with every number that a rate needs beside it."""

import re

import pytest
from hostile import HOSTILE_NAME
from served import WEST


def test_a_rate_comes_with_all_it_rests_on(client, city):
    answer = client.get("/api/coverage?kind=subdistrict")
    assert answer.status_code == 200, answer.text
    first, second = answer.json()["areas"]
    rate = first["rates"]["establishment"]
    assert (rate["numerator"], rate["denominator"], rate["value"]) == (10, 20, 0.5)
    assert rate["scope_zh"]
    assert rate["as_of"] == "2026-06-30"
    assert rate["edition_id"] == city.enterprises
    assert rate["small_denominator"] is True
    assert 0 < rate["low"] < 0.5 < rate["high"] < 1
    # Units outside every area count in the whole.
    assert answer.json()["whole"]["rates"]["establishment"]["denominator"] == 55
    # Nothing was counted there: no data is not 0.
    assert second["rates"]["establishment"]["value"] is None
    assert f"areas-{city.areas}.enterprises-{city.enterprises}" in answer.headers["etag"]


def test_coverage_is_paged_and_drawn(client):
    first = client.get("/api/coverage?limit=1").json()
    second = client.get(first["next"]).json()
    assert [first["areas"][0]["id"], second["areas"][0]["id"]] == [110, 120]
    assert second["next"] is None
    drawn = client.get("/api/coverage?format=geojson").json()
    assert drawn["features"][0]["geometry"]["type"] == "MultiPolygon"
    assert drawn["features"][0]["properties"]["rates"]["establishment"]["denominator"] == 20


def test_clusters_are_paged_the_most_employees_first(client):
    seen, url = [], "/api/clusters?limit=2"
    while url:
        body = client.get(url).json()
        seen += [one["employees"] for one in body["clusters"]]
        url = body["next"]
    assert seen == [500, 400, 300, 200, 100]
    drawn = client.get("/api/clusters?format=geojson&crs=gcj02").json()
    assert drawn["features"][0]["geometry"]["type"] == "Polygon"
    assert drawn["features"][0]["properties"]["lon"] != pytest.approx(WEST + 0.05, abs=1e-4)


def test_the_end_of_a_page_of_another_edition_is_refused(client):
    end = client.get("/api/clusters?limit=2").json()["next"].partition("after=")[2]
    from api.answers import cursor, read_cursor

    edition, number = read_cursor(end, 2)
    answer = client.get(f"/api/clusters?after={cursor(edition + 1, number)}")
    assert (answer.status_code, answer.json()["field"]) == (422, "after")


def test_the_map_is_one_file_with_its_own_policy(client):
    answer = client.get("/maps/coverage.html")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert HOSTILE_NAME not in answer.text
    assert not re.search(r"<img src=x", answer.text)
    again = client.get("/maps/coverage.html", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


def test_without_data_it_is_said_what_to_load(tmp_path, database):
    from fastapi.testclient import TestClient
    from served import LOCAL

    from api.app import create_app
    from geo.settings import Settings

    with TestClient(create_app(Settings(state=tmp_path), database), base_url=LOCAL) as empty:
        for path in (
            "/api/coverage",
            "/api/clusters",
            "/maps/coverage.html",
            "/api/stations",
            "/api/areas",
        ):
            answer = empty.get(path)
            assert answer.status_code == 404, path
            assert "nuanyi import" in answer.json()["remedy"]
        assert empty.get("/api/editions").json() == {"editions": []}
        ready = empty.get("/readyz")
        assert ready.status_code == 503
        assert len(ready.json()["missing"]) == 3
        assert empty.get("/healthz").json() == {"status": "alive"}
        # Nothing is loaded, so no place is outside; the answer says why it is empty.
        nothing = empty.get("/api/stations/nearest?lon=113.6&lat=34.7").json()
        assert nothing["stations"] == []
        assert nothing["notes"]
