"""What the leader's page is drawn with: the rates of everywhere as columns, classes, names."""

import math

import pytest
import shapely
import union_town
from databases import another_database
from fastapi.testclient import TestClient
from served import LOCAL
from shapely import wkb

from api.app import create_app
from api.problems import MEDIA_TYPE
from geo.database import Actor
from geo.settings import Settings
from maps import style

COLUMNS = "/api/coverage/columns"
SETUP = "/api/coverage/map"


@pytest.fixture(scope="module")
def town(cluster, tmp_path_factory):
    """A leader at the machine of the town of unions."""
    with another_database(cluster, pool_size=4) as database:
        with database.write(Actor("test")) as writer:
            union_town.build(writer)
        settings = Settings(state=tmp_path_factory.mktemp("town"), database_url=None)
        with TestClient(create_app(settings, database), base_url=LOCAL) as client:
            client.database = database
            yield client


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "subdistrict"},
        {"kind": "district"},
        {"kind": "subdistrict", "parent_id": 2},
        {"kind": "industrial_park"},
        {"kind": "subdistrict", "size": "25_99,100_plus"},
        {"kind": "subdistrict", "parent_id": 3, "state": "none"},
    ],
    ids=str,
)
def test_the_columns_say_what_the_list_says(town, asked):
    told = town.get(COLUMNS, params=asked).json()
    listed = town.get("/api/coverage", params={**asked, "limit": 1000}).json()
    assert told["ids"] == [area["id"] for area in listed["areas"]]
    assert told["names"] == [area["name"] for area in listed["areas"]]
    assert told["whole"] == listed["whole"]
    assert told["areas_in_all"] == listed["areas_in_all"]
    assert told["notes"] == listed["notes"]
    for at, area in enumerate(listed["areas"]):
        for name, rate in area["rates"].items():
            column = {key: values[at] for key, values in told["rates"][name].items()}
            value = column["numerator"] / column["denominator"] if column["denominator"] else None
            assert value == rate["value"]
            assert (0 < column["denominator"] < told["small_denominator"]) == (
                rate["small_denominator"]
            )
            for key in ("numerator", "denominator", "gap", "target"):
                assert column[key] == rate[key]
            for key in ("low", "high", "shrunk", "missing_share"):
                if rate[key] is None:
                    assert column[key] is None
                else:
                    assert math.isclose(column[key], rate[key], abs_tol=6e-6)
    if "parent_id" in asked:
        above = {"area_id": asked["parent_id"], "kind": "district"}
        only = {key: asked[key] for key in ("size", "state") if key in asked}
        own = town.get("/api/coverage", params={**above, **only}).json()["areas"][0]
        assert told["own"] == own
    else:
        assert told["own"] is None


def test_a_union_founded_is_in_the_next_columns(town):
    before = town.get(COLUMNS)
    again = town.get(COLUMNS, headers={"If-None-Match": before.headers["etag"]})
    assert again.status_code == 304
    one = next(
        each
        for each in town.get("/api/enterprises?state=none&limit=200").json()["enterprises"]
        if each["apart"] == "counted" and each["lon"] is not None
    )
    noted = town.post(
        f"/api/enterprises/{one['id']}/union", json={"union_state": "own", "since": "2026-07-01"}
    )
    assert noted.status_code == 201
    after = town.get(COLUMNS, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    rates = [
        answer.json()["whole"]["rates"]["establishment"]["numerator"] for answer in (before, after)
    ]
    assert rates[1] == rates[0] + 1
    assert after.json()["version"] > before.json()["version"]
    town.delete(f"/api/enterprises/{one['id']}/union/{noted.json()['id']}")


def test_the_columns_are_small_and_squeezed_for_whoever_takes_that(town):
    plain = town.get(COLUMNS, headers={"Accept-Encoding": "identity"})
    zipped = town.get(COLUMNS, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert zipped.headers["content-encoding"] == "gzip"
    assert plain.json() == zipped.json()
    assert plain.headers["etag"] != zipped.headers["etag"]
    assert "private" in plain.headers["cache-control"]
    listed = town.get("/api/coverage?kind=subdistrict&limit=1000")
    areas = len(plain.json()["ids"])
    of_areas = len(plain.content) - len(town.get(f"{COLUMNS}?kind=industrial_park").content)
    assert of_areas / max(1, areas - 1) < len(listed.content) / areas / 8


def test_the_classes_are_those_of_the_portable_map(town):
    told = town.get(SETUP, params={"kind": "subdistrict"}).json()
    areas = town.get("/api/coverage?kind=subdistrict&limit=1000").json()["areas"]
    for name, of in told["classes"].items():
        rates = [area["rates"][name] for area in areas]
        stated = [rate for rate in rates if rate["value"] is not None]
        firm = [rate["value"] for rate in stated if not rate["small_denominator"]]
        target = next((rate["target"] for rate in rates), None)
        wanted = style.classes(firm or [rate["value"] for rate in stated], target=target)
        assert (of["breaks"], of["colours"]) == (list(wanted.breaks), list(wanted.colours))
        assert (of["method"], of["target"]) == (wanted.method, target)


def test_a_name_is_written_inside_its_area_and_the_bounds_hold_everything(town):
    told = town.get(SETUP, params={"kind": "subdistrict"}).json()
    with town.database.read(Actor("test")) as reader:
        rows = reader.all(
            "SELECT id, kind, ST_AsBinary(boundary) AS shape FROM area WHERE boundary IS NOT NULL"
        )
    shapes = {row.id: wkb.loads(bytes(row.shape)) for row in rows}
    of_kind = {row.id for row in rows if row.kind == "subdistrict"}
    assert {number for number, _, _ in told["points"]} == of_kind
    for number, lon, lat in told["points"]:
        assert shapes[number].contains(shapely.Point(lon, lat))
    assert told["bounds"] == pytest.approx(shapely.unary_union(list(shapes.values())).bounds)
    counts = {one["kind"]: (one["areas"], one["with_boundary"]) for one in told["kinds"]}
    assert counts["subdistrict"] == (5, 5)
    assert counts["prefecture"] == (1, 0)
    assert told["kind"] == town.get(SETUP).json()["kind"] == "subdistrict"


def test_what_is_not_there_is_said(cluster, tmp_path, town):
    for path in (COLUMNS, SETUP):
        assert town.get(f"{path}?kind=planet").status_code == 422
        assert town.get(f"{path}?sort=name").status_code == 422
    assert town.get(f"{COLUMNS}?parent_id=9999").status_code == 404
    with another_database(cluster) as database:
        settings = Settings(state=tmp_path, database_url=None)
        with TestClient(create_app(settings, database), base_url=LOCAL) as client:
            for path in (COLUMNS, SETUP):
                answer = client.get(path)
                assert answer.status_code == 404
                assert answer.headers["content-type"].startswith(MEDIA_TYPE)


def test_nobody_without_the_key_sees_rates(stranger):
    for path in (COLUMNS, SETUP):
        assert stranger.get(path).status_code == 401
