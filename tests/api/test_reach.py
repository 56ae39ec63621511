"""Service areas over HTTP: shares, hours, areas, outlines, caching, and what nobody may see."""

from types import SimpleNamespace

import people_rows
import pytest
import shapely
from databases import another_database
from fastapi.testclient import TestClient
from hostile import HOSTILE_NAME
from served import AREAS, KEY, LOCAL, SOUTH, WEST, fill
from shapely.geometry import shape

from api.app import create_app
from geo.coordinates import from_wgs84
from geo.database import Actor
from geo.settings import Settings

LAT = SOUTH + 0.05
WORKDAY = "2026-11-24T12:40"
OFFERED = "public,members,unknown"


@pytest.fixture(scope="module")
def town(cluster):
    """The served city with people: stations 1 to 30 stand every 0.005° (some 460 m) along one
    street; station 4 is closed for a month, 2, 6, 10, … are internal."""
    with another_database(cluster) as database:
        editions = fill(database)
        with database.write(Actor("test")) as writer:
            demand = people_rows.demand(
                writer,
                [
                    (1, WEST + 0.005, LAT, 10, "workday"),  # at station 1
                    (2, WEST + 0.020, LAT, list(range(24)), "any"),  # at station 4
                    (3, WEST + 0.010, LAT, 20, "weekend"),  # at station 2
                    (4, WEST + 0.120, LAT, 40, "any"),
                    (5, WEST + 0.100, LAT + 0.02, 5, "any"),  # 2 km from any street
                ],
            )
            people_rows.enterprises(
                writer,
                [(1, WEST + 0.005, LAT, 300), (2, WEST + 0.020, LAT, 100)],
                edition_id=editions.enterprises,
            )
        yield SimpleNamespace(database=database, demand=demand, **vars(editions))


@pytest.fixture(scope="module")
def here(town, tmp_path_factory):
    """A person at the machine itself, who may see everything."""
    state = tmp_path_factory.mktemp("reach")
    with TestClient(create_app(Settings(state=state), town.database), base_url=LOCAL) as client:
        yield client


@pytest.fixture(scope="module")
def public(town, tmp_path_factory):
    """A person without the key, and with it by `headers=`."""
    of = Settings(state=tmp_path_factory.mktemp("public"), key=KEY)
    with TestClient(create_app(of, town.database), base_url="https://x.example") as client:
        yield client


THE_KEY = {"Authorization": f"Bearer {KEY}".encode()}


def get(client, path="/api/stations/reach", status=200, headers=None, **params):
    answer = client.get(path, params={"at": WORKDAY, "access": OFFERED, **params}, headers=headers)
    assert answer.status_code == status, answer.text
    return answer


def test_shares_come_with_what_they_divide_and_rest_on(here, town):
    body = get(here, minutes="5,10").json()
    near, far = body["shares"]
    assert (near["minutes"], near["metres"], near["workers"]) == (5, 375, 10 + 12 + 40)
    assert near["workers_reached"] == 10 + 40
    assert near["share"] == pytest.approx(50 / 62, abs=1e-6)
    assert far["workers_reached"] == 62  # from station 4's place to station 3 or 5 in 6 minutes
    assert (body["day"], body["hour"], body["day_class"]) == ("2026-11-24", 12, "workday")
    # 31 has no place; 2, 6, 10, … are internal; 4 is closed.
    assert (body["stations"], body["stations_open"]) == (22, 21)
    assert body["workers_unknown"] == 5
    assert body["scope"]
    assert body["scope_zh"]
    assert body["metres_per_second"] == 1.25
    assert {one["dataset"] for one in body["editions"]} == {
        "stations", "streets", "demand", "enterprises",
    }  # fmt: skip
    assert any("离街道太远" in note for note in body["notes"])


def test_every_hour_has_its_own_people(here):
    hours = get(here, by_hour=True, minutes="5").json()["by_hour"]
    assert [one["hour"] for one in hours] == list(range(24))
    assert [one["shares"][0]["workers"] for one in hours] == [50 + hour for hour in range(24)]
    assert get(here).json()["by_hour"] is None


def test_weekends_have_other_people(here):
    body = get(here, at="2026-11-28T12:00", minutes="5").json()
    assert body["day_class"] == "weekend"
    assert body["shares"][0]["workers"] == 20 + 12 + 40
    average = get(here, at="any", minutes="5").json()
    assert average["hour"] is None
    assert average["stations_open"] == 22


def test_employees_are_told_to_holders_of_the_key_only(here, public):
    assert get(here, minutes="5").json()["shares"][0]["employees_reached"] == 300
    stranger = get(public, minutes="5")
    share = stranger.json()["shares"][0]
    assert (share["employees"], share["employee_share"]) == (None, None)
    assert share["workers"] == 62
    assert "enterprises" not in stranger.text.split('"editions"')[1]
    assert stranger.headers["cache-control"].startswith("public")
    holder = get(public, minutes="5", headers=THE_KEY)
    assert holder.json()["shares"][0]["employees"] == 400
    assert holder.headers["cache-control"].startswith("private")
    assert "Authorization" in holder.headers["vary"]
    assert holder.headers["etag"] != stranger.headers["etag"]
    # What a stranger has in store is no answer to the holder of the key, nor the other way round.
    for tag, headers in ((stranger.headers["etag"], THE_KEY), (holder.headers["etag"], {})):
        again = get(public, minutes="5", headers={**headers, "If-None-Match": tag})
        assert again.status_code == 200


def test_areas_have_their_own_shares(here):
    one = get(here, area_id=AREAS.west, minutes="5").json()
    assert one["area"] == AREAS.west
    assert one["shares"][0]["workers"] == 10 + 12
    each = get(here, by_area="subdistrict", minutes="5", headers=None)
    assert each.status_code == 200
    found = each.json()["areas"]
    assert [area["id"] for area in found] == [110, 120]
    assert [area["shares"][0]["workers"] for area in found] == [22, 40]
    assert found[0]["name"].startswith(HOSTILE_NAME)
    empty = get(here, area_id=AREAS.park, minutes="5").json()
    assert empty["shares"][0]["share"] is None


def test_an_answer_has_a_tag_of_what_it_rests_on(here, town):
    first = get(here)
    tag = first.headers["etag"]
    for edition in ("stations", "streets", "demand"):
        assert f"{edition}-{getattr(town, edition)}" in tag
    get(here, status=304, headers={"If-None-Match": tag})
    # Another minute of the same hour is the same answer; another hour is another.
    assert get(here, at="2026-11-24T12:05").headers["etag"] == tag
    assert get(here, at="2026-11-24T13:05").headers["etag"] != tag
    assert get(here, minutes="5").headers["etag"] != tag
    assert get(here, kinds="driver_rest_home").headers["etag"] != tag


def test_a_plus_in_the_offset_may_come_as_a_space(here):
    whole = get(here, at="2026-11-24T04:40+00:00").json()
    assert whole["hour"] == 12
    raw = here.get("/api/stations/reach?at=2026-11-24T04:40+00:00")
    assert raw.json()["hour"] == 12


def test_outlines_hold_the_stations_and_are_for_drawing(here):
    answer = get(here, "/api/stations/reach.geojson", minutes="5,10")
    assert answer.headers["content-type"].startswith("application/geo+json")
    body = answer.json()
    assert [one["properties"]["minutes"] for one in body["features"]] == [10, 5]
    assert any("drawing only" in note for note in body["notes"])
    ten, five = (shape(one["geometry"]) for one in body["features"])
    assert ten.is_valid
    assert ten.buffer(1e-5).covers(five)
    assert five.covers(shapely.Point(WEST + 0.005, LAT))
    assert not five.covers(shapely.Point(WEST + 0.005, LAT + 0.006))
    tag = answer.headers["etag"]
    again = get(here, "/api/stations/reach.geojson", 304, {"If-None-Match": tag}, minutes="5,10")
    assert again.content == b""


def test_outlines_come_in_the_asked_system_cut_to_a_box_or_an_area(here):
    box = [WEST + 0.004, LAT - 0.01, WEST + 0.03, LAT + 0.01]

    def outline(**more):
        body = get(here, "/api/stations/reach.geojson", minutes="15", **more).json()
        return body, shape(body["features"][0]["geometry"])

    body, plain = outline(bbox=",".join(map(str, box)))
    assert shapely.box(*box).buffer(1e-6).covers(plain)
    lon, lat = from_wgs84(box[::2], box[1::2], "gcj02")
    moved, shifted = outline(bbox=f"{lon[0]},{lat[0]},{lon[1]},{lat[1]}", crs="gcj02")
    assert (body["crs_used"], moved["crs_used"]) == ("wgs84", "gcj02")
    assert shifted.area == pytest.approx(plain.area, rel=0.01)
    assert shifted.centroid.distance(plain.centroid) > 0.002
    _, inside = outline(area_id=AREAS.east)
    assert shapely.box(WEST + 0.1, SOUTH, WEST + 0.2, SOUTH + 0.1).buffer(1e-6).covers(inside)


@pytest.mark.parametrize(
    ("path", "question", "status", "field"),
    [
        ("", {"minutes": "0"}, 422, "minutes"),
        ("", {"minutes": "61"}, 422, "minutes"),
        ("", {"minutes": ""}, 422, "minutes"),
        ("", {"minutes": ",".join(["5"] * 13)}, 422, "minutes"),
        ("", {"minutes": "5.5"}, 422, "minutes"),
        ("", {"at": "24"}, 422, "at"),
        ("", {"at": "2026-13-40T12:00"}, 422, "at"),
        ("", {"at": "yesterday"}, 422, "at"),
        ("", {"by_hour": "perhaps"}, 422, "by_hour"),
        ("", {"by_area": "planet"}, 422, "by_area"),
        ("", {"area_id": "999"}, 404, "area_id"),
        ("", {"lon": "113"}, 422, "lon"),
        (".geojson", {"area_id": "999"}, 404, "area_id"),
        (".geojson", {"area_id": "130"}, 404, "area_id"),
        (".geojson", {"bbox": "1,2,1,3"}, 422, "bbox"),
        (".geojson", {"bbox": "1,5,2,4"}, 422, "bbox"),
        (".geojson", {"by_hour": "true"}, 422, "by_hour"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_its_field(here, path, question, status, field):
    answer = here.get(f"/api/stations/reach{path}", params=question)
    assert (answer.status_code, answer.json().get("field")) == (status, field), answer.text


def test_without_demand_the_share_is_null(client):
    body = client.get("/api/stations/reach", params={"at": WORKDAY}).json()
    assert {one["share"] for one in body["shares"]} == {None}
    assert any("没有导入需求数据" in note for note in body["notes"])


def test_without_stations_it_is_said_what_to_load(tmp_path, database):
    with TestClient(create_app(Settings(state=tmp_path), database), base_url=LOCAL) as empty:
        for path in ("", ".geojson"):
            answer = empty.get(f"/api/stations/reach{path}")
            assert answer.status_code == 404
            assert "nuanyi import stations" in answer.json()["remedy"]
