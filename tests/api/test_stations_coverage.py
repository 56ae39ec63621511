"""The stations' side of coverage over HTTP: shares by area, hour and day, equity, pockets."""

from types import SimpleNamespace

import people_rows
import pytest
from databases import another_database
from fastapi.testclient import TestClient
from hostile import HOSTILE_NAME
from served import AREAS, KEY, LOCAL, SOUTH, WEST, fill
from shapely.geometry import Point, shape

from api.app import create_app
from geo.coordinates import from_wgs84
from geo.database import Actor
from geo.settings import Settings

LAT = SOUTH + 0.05
ASKED = "/api/coverage/stations"
POCKETS = "/api/coverage/stations/pockets"


@pytest.fixture
def town(cluster):
    """The served city with people. Stations stand every 0.005° (some 460 m) along one street; every
    fourth is public, the first of these (4) closed for a month; of 3, 7, 11, … nobody knows."""
    with another_database(cluster) as database:
        editions = fill(database)
        with database.write(Actor("test")) as writer:
            demand = people_rows.demand(
                writer,
                [
                    (1, WEST + 0.005, LAT, 10, "workday"),
                    (2, WEST + 0.020, LAT, list(range(24)), "any"),  # at station 4
                    (3, WEST + 0.120, LAT, 40, "any"),  # at station 24
                    (4, WEST + 0.150, LAT + 0.02, 5, "any"),  # 2 km from any street
                ],
            )
            people_rows.enterprises(
                writer,
                [(1, WEST + 0.005, LAT, 300), (2, WEST + 0.120, LAT, 100)],
                edition_id=editions.enterprises,
            )
        yield SimpleNamespace(database=database, demand=demand, **vars(editions))


@pytest.fixture
def here(town, tmp_path):
    with TestClient(create_app(Settings(state=tmp_path), town.database), base_url=LOCAL) as client:
        yield client


def retire(town, *editions: int) -> None:
    with town.database.write(Actor("test")) as writer:
        for one in editions:
            writer.execute("UPDATE edition SET state = 'retired' WHERE id = :id", {"id": one})


def test_areas_hours_equity_and_what_is_not_known(here):
    answer = here.get(f"{ASKED}?hour=12&minutes=15,5")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["people"] == "outdoor_workers"
    assert body["minutes"] == [5, 15]
    assert body["whole"]["workers"] == 62
    assert body["whole"]["far"] == 5
    west, east = body["areas"]
    assert (west["id"], west["workers"], east["workers"]) == (AREAS.west, 22, 40)
    assert west["small_denominator"]
    assert [one["share"] for one in west["shares"]] == [0, 0]
    # Of stations 3, 7, 11, … nobody knows who may enter: 457 m from one, 914 m from the other.
    assert [one["share_at_most"] for one in west["shares"]] == [0, 1]
    assert [one["share"] for one in east["shares"]] == [1, 1]
    assert east["overlap"] == 0
    far = body["equity"][1]
    assert (far["minutes"], far["areas"]) == (15, 2)
    assert far["gini"] == pytest.approx(22 / 62, abs=1e-6), "one has all, by workers"
    assert [one["workers"] for one in body["by_hour"]] == [50 + hour for hour in range(24)]
    assert body["stations_open"] == 6
    [unknown] = [note for note in body["notes"] if "未计入；" in note]
    at_most = [f"{one['share_at_most']:.1%}" for one in body["whole"]["shares"]]
    assert f"步行 5 分钟内的占比为 {at_most[0]}、15 分钟内的占比为 {at_most[1]}" in unknown
    assert f"would be {at_most[0]} within 5 min on foot, {at_most[1]} within 15" in unknown


def test_a_weekend_has_the_people_of_weekends_and_an_area_its_own_hours(here):
    body = here.get(f"{ASKED}?hour=12&day=sunday&area_id={AREAS.district}").json()
    assert (body["day"], body["day_class"]) == ("sunday", "weekend")
    assert body["whole"]["workers"] == 52
    assert body["area"]["id"] == AREAS.district
    assert body["area"]["kind"] == "district"
    assert len(body["by_hour"]) == 24
    assert body["by_hour"][3]["shares"][2]["share"] == pytest.approx(40 / 43, abs=1e-6)
    any_hour = here.get(ASKED).json()
    assert any_hour["hour"] is None
    assert any_hour["whole"]["workers"] == pytest.approx(61.5)


def test_pockets_are_told_with_the_nearest_station_and_drawn(here):
    body = here.get(f"{POCKETS}?hour=12&least=1").json()
    assert [one["workers"] for one in body["pockets"]] == [12, 10]
    assert (body["total"], body["workers"], body["of_workers"]) == (2, 22, 62)
    first = body["pockets"][0]
    assert first["area_id"] == AREAS.west
    assert first["nearest_station_id"] == 8
    assert first["nearest_metres"] == pytest.approx(1830, abs=260)
    assert HOSTILE_NAME in first["nearest_station"]
    drawn = here.get(f"{POCKETS}.geojson?hour=12&least=1&crs=gcj02")
    assert drawn.headers["content-type"] == "application/geo+json"
    assert "<img" not in drawn.headers.get("content-disposition", "")
    outline = shape(drawn.json()["features"][0]["geometry"])
    assert outline.covers(Point(*(float(one) for one in from_wgs84(WEST + 0.020, LAT, "gcj02"))))
    assert drawn.json()["crs_used"] == "gcj02"


def test_areas_come_in_pages_and_unchanged_answers_are_not_sent_again(here):
    first = here.get(f"{ASKED}?hour=12&limit=1")
    second = here.get(first.json()["next"]).json()
    assert [first.json()["areas"][0]["id"], second["areas"][0]["id"]] == [110, 120]
    assert second["next"] is None
    tag = first.headers["etag"]
    assert here.get(f"{ASKED}?hour=12&limit=1", headers={"If-None-Match": tag}).status_code == 304
    assert here.get(f"{ASKED}?hour=13&limit=1", headers={"If-None-Match": tag}).status_code == 200
    again = here.get(f"{POCKETS}?hour=12")
    tag = again.headers["etag"]
    assert here.get(f"{POCKETS}?hour=12", headers={"If-None-Match": tag}).status_code == 304


def test_without_demand_employees_stand_in_and_it_is_said(town, tmp_path):
    retire(town, town.demand)
    with TestClient(create_app(Settings(state=tmp_path), town.database), base_url=LOCAL) as here:
        body = here.get(f"{ASKED}?hour=12").json()
    assert body["people"] == "employees"
    assert body["whole"]["workers"] == 400
    assert body["whole"]["shares"][2]["share"] == 0.25
    assert {one["workers"] for one in body["by_hour"]} == {400}
    assert any("没有需求数据" in note for note in body["notes"])


@pytest.mark.parametrize(
    ("missing", "words"),
    [(("stations",), "还没有导入驿站"), (("streets",), "没有路网"),
     (("demand", "enterprises"), "没有需求数据")],
    ids=["stations", "streets", "people"],
)  # fmt: skip
def test_what_is_missing_is_a_sentence_and_no_share(town, tmp_path, missing, words):
    retire(town, *(getattr(town, name) for name in missing))
    with TestClient(create_app(Settings(state=tmp_path), town.database), base_url=LOCAL) as here:
        body = here.get(f"{ASKED}?hour=12")
        assert body.status_code == 200, body.text
        body = body.json()
        shares = [body["whole"]["shares"], *(one["shares"] for one in body["areas"])]
        assert all(one["share"] is None for several in shares for one in several)
        assert any(words in note for note in body["notes"])
        holes = here.get(POCKETS).json()
        assert holes["pockets"] == []
        assert any(words in note for note in holes["notes"])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("kind=kingdom", "kind"),
        ("hour=24", "hour"),
        ("day=feast", "day"),
        ("minutes=0", "minutes"),
        ("minutes=1,2,3,4,5,6,7", "minutes"),
        ("after=xyz", "after"),
        ("hours=3", "hours"),
    ],
)
def test_what_cannot_be_asked_is_refused(here, query, field):
    answer = here.get(f"{ASKED}?{query}")
    assert answer.status_code == 422
    told = answer.json()
    named = [told.get("field"), *(one["field"] for one in told.get("errors", []))]
    assert any(name and name.startswith(field) for name in named)


def test_an_area_that_is_none_is_not_found(here):
    assert here.get(f"{ASKED}?area_id=4711").status_code == 404


def test_it_is_behind_the_key(town, tmp_path):
    of = Settings(state=tmp_path, key=KEY)
    with TestClient(create_app(of, town.database), base_url="https://nuanyi.example") as stranger:
        for path in (ASKED, POCKETS, f"{POCKETS}.geojson"):
            assert stranger.get(path).status_code == 401
