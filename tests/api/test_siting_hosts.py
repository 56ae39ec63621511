"""The register of hosts, what demand is estimated from, and units without a station, over HTTP."""

import pytest
from fastapi.testclient import TestClient
from host_town import host_town
from hostile import HOSTILE_NAME
from served import KEY, LOCAL

from api.app import create_app
from geo.coordinates import from_wgs84
from geo.database import Actor
from geo.imports.options import ImportOptions
from geo.imports.run import import_file
from geo.schema.siting import ASSESSED
from geo.settings import Settings
from geo.siting.inputs.people import estimate, write_demand
from geo.siting.inputs.weights import read_weights

ROUTES = ("hosts", "demand/sources", "units_without_station")


@pytest.fixture(scope="module")
def town(cluster, tmp_path_factory):
    with host_town(cluster, tmp_path_factory.mktemp("hosts")) as database:
        yield database


@pytest.fixture(scope="module")
def planner(town, tmp_path_factory):
    app = create_app(Settings(state=tmp_path_factory.mktemp("planner")), town)
    with TestClient(app, base_url=LOCAL) as client:
        yield client


@pytest.mark.parametrize("route", ROUTES)
def test_nothing_is_told_without_the_key(town, tmp_path, route):
    app = create_app(Settings(state=tmp_path, key=KEY), town)
    with TestClient(app, base_url=LOCAL) as client:
        assert client.get(f"/api/siting/{route}").status_code == 401


@pytest.mark.parametrize("route", ROUTES)
def test_the_same_question_again_is_not_answered_twice(planner, route):
    first = planner.get(f"/api/siting/{route}")
    assert first.status_code == 200, first.text
    again = planner.get(f"/api/siting/{route}", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert "private" in again.headers["cache-control"]


def test_hosts_come_with_the_form_and_what_is_missing(planner):
    told = planner.get("/api/siting/hosts").json()
    assert [one["point"] for one in told["form"]] == list(ASSESSED)
    assert told["form"][0] == {
        "point": "sign", "zh": "统一标识", "en": "uniform sign", "part": "six_haves",
    }  # fmt: skip
    hosts = {one["name"]: one for one in told["hosts"]}
    assert HOSTILE_NAME in hosts
    assert hosts["甲店"]["six_haves"] == 6
    assert "toilet" in hosts["甲店"]["missing"]
    assert hosts["乙网点"]["assessment"] is None
    assert hosts["乙网点"]["source_zh"] == "登记场所"
    assert told["counts"]["hosts"] == 3
    lon, lat = from_wgs84([101.0010], [40.2010], "gcj02")
    shifted = planner.get("/api/siting/hosts?crs=gcj02&q=甲店").json()["hosts"][0]
    assert (shifted["lon"], shifted["lat"]) == pytest.approx((lon[0], lat[0]), abs=1e-6)


def test_hosts_page_by_page_are_all_hosts(planner):
    seen, address = [], "/api/siting/hosts?limit=1"
    while address:
        page = planner.get(address).json()
        seen += [one["id"] for one in page["hosts"]]
        address = page["next"]
    assert len(seen) == len(set(seen)) == 3


def test_a_misspelt_filter_is_refused(planner):
    for wrong in (
        "hosts?agree=yes",
        "hosts?host_type=castle",
        "hosts?after=!!",
        "demand/sources?without=couriers",
        "units_without_station?employees=0",
    ):
        answer = planner.get(f"/api/siting/{wrong}")
        assert answer.status_code == 422, wrong
        assert answer.json()["type"]


def test_every_source_tells_its_weight_its_reason_and_its_people(planner):
    told = planner.get("/api/siting/demand/sources").json()
    sources = {one["name"]: one for one in told["sources"]}
    for source in sources.values():
        assert source["why_zh"]
        assert source["why_en"]
    assert (sources["construction_sites"]["people"], sources["construction_sites"]["weight"]) == (
        30.0, 30.0,
    )  # fmt: skip
    assert sources["courier_hosts"]["on"] is False
    # 1.6 riders and 1.2 sweepers are too few to be shown, and no total lets them be told: not
    # their places or kilometres, whose weight is known, and not the people of any hour.
    assert told["least"] == 5
    for name in ("restaurants", "main_streets"):
        few = [sources[name][figure] for figure in ("people", "count", "places", "missing")]
        assert few == [None] * 4
    large = [one for one in sources.values() if one["people"] is not None]
    for when in ("workday", "weekend"):
        hours = [sum(one["people"] * one[when][hour] for one in large) for hour in range(24)]
        assert told[when] == pytest.approx([n if n >= 5 else 0 for n in hours], abs=0.06)
    assert 0.0 in told["weekend"]
    assert (told["demand"], told["demand_is_estimate"]) == (None, False)
    less = planner.get("/api/siting/demand/sources?without=construction_sites,markets").json()
    gone = {one["name"] for one in less["sources"] if not one["on"]}
    assert gone == {"courier_hosts", "construction_sites", "markets"}
    assert less["workday"][8] == pytest.approx(told["workday"][8] - 30 - 12, abs=0.2)


def test_figures_are_not_kept_when_more_people_are_needed_to_tell_them(town, planner, tmp_path):
    first = planner.get("/api/siting/demand/sources")
    stricter = create_app(Settings(state=tmp_path, privacy_people=20), town)
    with TestClient(stricter, base_url=LOCAL) as client:
        kept = {"If-None-Match": first.headers["etag"]}
        again = client.get("/api/siting/demand/sources", headers=kept)
    assert again.status_code == 200
    assert again.json()["least"] == 20


def test_it_is_told_when_the_demand_in_force_is_an_estimate(cluster, tmp_path):
    actor = Actor("test")
    with host_town(cluster, tmp_path / "town") as database:
        with database.read(actor) as reader:
            write_demand(estimate(reader, read_weights()).cells(), tmp_path / "demand.csv")
        options = ImportOptions(crs="wgs84", commit=True, source="估算 / estimate")
        import_file(
            database, actor, Settings(state=tmp_path), "demand", tmp_path / "demand.csv", options
        )
        with TestClient(create_app(Settings(state=tmp_path), database), base_url=LOCAL) as client:
            told = client.get("/api/siting/demand/sources").json()
            assert told["demand"]["dataset"] == "demand"
            assert told["demand_is_estimate"] is True
            # And planning stands on it.
            ground = client.get("/api/siting/ground")
            assert ground.status_code == 200, ground.text
            assert ground.json()["demand"]["total"] > 0


def test_large_units_without_a_station_are_listed_the_largest_first(planner):
    told = planner.get("/api/siting/units_without_station").json()
    assert [one["name"] for one in told["units"]] == ["大厂甲", "地铁项目部"]
    assert (told["total"], told["of_units"], told["unlocated"]) == (2, 5, 1)
    assert told["units"][0]["nearest_station"] == "乙厂门口驿站"
    some = planner.get("/api/siting/units_without_station?employees=300&limit=1").json()
    assert some["employees"] == 320
