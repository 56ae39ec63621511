"""The bulletin over HTTP, of a small demo city that came through the import with its past: figures
are those of the API, and nobody else waits while it is made."""

import threading
import time
from types import SimpleNamespace

import pytest
import rows
from databases import another_database
from fastapi.testclient import TestClient
from printed import read, texts
from python_calamine import CalamineWorkbook
from served import KEY, LOCAL, running

from api.app import create_app
from api.prints import Prints
from geo import demo
from geo.database import Actor
from geo.errors import Busy
from geo.settings import Settings
from maps.texts import text

PDF, XLSX = "/reports/bulletin.pdf", "/reports/bulletin.xlsx"


@pytest.fixture(scope="module")
def city(cluster, tmp_path_factory):
    """The small demo city with its earlier editions. Read it, never write it."""
    folder = tmp_path_factory.mktemp("city")
    settings = Settings(
        state=folder, bulletin_issuer="演示市总工会", map_approval_number="GS(2026)1号"
    )
    with another_database(cluster) as database:
        demo.load(database, Actor("test", sees_enterprises=True), settings, demo.Size.small)
        yield SimpleNamespace(database=database, settings=settings)


@pytest.fixture(scope="module")
def client(city):
    with TestClient(create_app(city.settings, city.database), base_url=LOCAL) as client:
        yield client


@pytest.fixture(scope="module")
def districts(client):
    return client.get("/api/coverage?kind=district").json()["areas"]


def page_of(client, area, language="zh") -> str:
    answer = client.get(f"{PDF}?area_id={area['id']}&lang={language}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    [page] = texts(answer.content)
    return page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_figures_of_a_page_are_those_of_the_api(client, districts, language):
    area = districts[0]
    page = page_of(client, area, language)
    assert "".join(area["name"].split()) in page
    assert area["rates"]["establishment"]["target_source_zh"][:10] in page or language == "en"
    for rate in area["rates"].values():
        assert f"{rate['numerator']:,}/{rate['denominator']:,}" in page
        if rate["value"] is not None and not rate["small_denominator"]:
            assert f"{rate['value'] * 100:.1f}%" in page or f"{rate['value'] * 100:.2f}%" in page
    below = client.get(f"/api/coverage?kind=subdistrict&parent_id={area['id']}").json()["areas"]
    assert len(below) > 1
    for one in below:
        rate = one["rates"]["establishment"]
        assert f"{rate['numerator']:,}/{rate['denominator']:,}" in page
        assert f"{one['figures']['employees_without_union']:,}" in page
        assert one["name"].partition("（")[0] in page
    assert "演示市总工会" in page
    assert "GS(2026)1号" in page
    assert ("演示数据，全部为虚构" if language == "zh" else "Demodata,allinvented") in page


def test_changes_and_clusters_are_those_of_the_api(client, districts):
    area = max(districts, key=lambda one: one["figures"]["units"])
    page = page_of(client, area)
    facts = client.get(f"/api/coverage/compare?area_id={area['id']}").json()
    assert f"第{facts['before']['id']}版" in page
    found = client.get(f"/api/clusters?area_id={area['id']}&limit=50").json()["clusters"]
    assert found
    first = min(found, key=lambda one: (one["tier"] != "confirmed", -one["employees"], one["id"]))
    assert f"{first['units']:,}家未建会" in page
    assert "".join(first["sentence_zh"].rstrip("。").split()) in page
    assert "".join(first["form"]["title_zh"].split()) in page


def test_the_booklet_has_a_page_for_each_district(client, districts):
    answer = client.get(PDF)
    pages = texts(answer.content)
    assert len(pages) == 2 + 1 + len(districts) + 1
    for area, page in zip(districts, pages[3:-1], strict=True):
        assert area["name"].partition("（")[0] in page
        assert area["name"].partition("（")[0] in pages[1]
    whole = client.get("/api/coverage?kind=district").json()["whole"]["rates"]["establishment"]
    assert f"{whole['numerator']:,}/{whole['denominator']:,}" in pages[2]
    assert "filename*=UTF-8''" in answer.headers["content-disposition"]


def test_the_spreadsheet_has_the_same_numbers(client, districts, tmp_path):
    answer = client.get(XLSX)
    assert answer.status_code == 200
    path = tmp_path / "b.xlsx"
    path.write_bytes(answer.content)
    book = CalamineWorkbook.from_path(str(path))
    rates = book.get_sheet_by_name("指标与目标").to_python()[1:]
    for area in districts:
        own = [row for row in rates if row[3] == area["id"]]
        told = area["rates"].values()
        assert [row[6:8] for row in own] == [[one["numerator"], one["denominator"]] for one in told]
        assert [row[14] for row in own] == [
            "" if one["gap"] is None else one["gap"] for one in told
        ]
    clusters = book.get_sheet_by_name("聚集区").to_python()[1:]
    listed = client.get("/api/clusters?limit=1000").json()["clusters"]
    assert {int(row[2]) for row in clusters} == {one["id"] for one in listed}


def test_it_is_sent_again_only_when_something_changed(client, districts):
    first = client.get(f"{PDF}?area_id={districts[0]['id']}")
    same = client.get(
        f"{PDF}?area_id={districts[0]['id']}", headers={"If-None-Match": first.headers["etag"]}
    )
    assert same.status_code == 304
    other = client.get(
        f"{PDF}?area_id={districts[0]['id']}&lang=en",
        headers={"If-None-Match": first.headers["etag"]},
    )
    assert other.status_code == 200
    assert "private" in first.headers["cache-control"]


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [("area_id=12345", 404, "area_id"), ("lang=fr", 422, None), ("area=1", 422, None)],
)
def test_what_cannot_be_printed_is_told(client, query, status, field):
    for address in (PDF, XLSX):
        answer = client.get(f"{address}?{query}")
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"].startswith("application/problem+json")
        if field:
            assert answer.json()["field"] == field


def test_a_park_has_no_page(client):
    park = client.get("/api/areas?kind=industrial_park&limit=1").json()["areas"][0]
    assert client.get(f"{PDF}?area_id={park['id']}").status_code == 404


def test_it_is_behind_the_key(city):
    settings = city.settings.model_copy(update={"key": Settings(key=KEY).key})
    with TestClient(create_app(settings, city.database), base_url="https://nuanyi.example") as one:
        for address in (PDF, XLSX):
            assert one.get(address).status_code == 401


def test_others_are_answered_while_a_booklet_is_made(city):
    with running(create_app(city.settings, city.database)) as address:
        import httpx2

        with httpx2.Client(base_url=address, timeout=60) as here:
            here.get("/readyz")
            done = threading.Event()

            def ask() -> None:
                with httpx2.Client(base_url=address, timeout=60) as other:
                    assert other.get(PDF).status_code == 200
                done.set()

            thread = threading.Thread(target=ask)
            thread.start()
            waits = []
            while not done.is_set():
                began = time.monotonic()
                assert here.get("/api/editions").status_code == 200
                waits.append(time.monotonic() - began)
                time.sleep(0.02)
            thread.join()
    assert len(waits) >= 5, "the booklet was there before anybody else could ask"
    assert sorted(waits)[len(waits) // 2] < 0.5


def test_too_many_different_bulletins_at_once_are_sent_away():
    prints = Prints(most_waiting=1)
    begun, go = threading.Event(), threading.Event()

    def slow() -> bytes:
        begun.set()
        assert go.wait(20)
        return b"a"

    thread = threading.Thread(target=lambda: prints.get("a", slow))
    thread.start()
    assert begun.wait(20)
    with pytest.raises(Busy):
        prints.get("b", lambda: b"b")
    go.set()
    thread.join()
    assert prints.get("a", lambda: b"never") == b"a"
    assert prints.get("b", lambda: b"b") == b"b"


# ---------------------------------------------------------------------- rows put in by hand
def test_without_data_it_is_said_what_to_load(database, tmp_path):
    with TestClient(create_app(Settings(state=tmp_path), database), base_url=LOCAL) as client:
        for address in (PDF, XLSX):
            answer = client.get(address)
            assert answer.status_code == 404
            assert "nuanyi import" in answer.json()["remedy"]


@pytest.mark.parametrize("with_areas", [True, False], ids=["one area", "no divisions"])
def test_a_register_without_borders_clusters_or_unions_still_has_its_page(
    database, tmp_path, with_areas
):
    from geo.coverage.figures import WHOLE

    with database.write(Actor("test")) as writer:
        areas, enterprises = rows.edition(writer, "areas"), rows.edition(writer, "enterprises")
        if with_areas:
            rows.area(writer, areas, 7, None, kind="district")
        else:
            rows.area(writer, areas, 7, None, kind="industrial_park")
        counted = rows.assignment(writer, enterprises, areas, [])
        for area in (WHOLE, 7):
            rows.figures(writer, counted, area, units=1, units_none=1)
    with TestClient(create_app(Settings(state=tmp_path), database), base_url=LOCAL) as client:
        answer = client.get(PDF)
        assert answer.status_code == 200, answer.text
        pages = texts(answer.content)
        assert len(pages) == 2 + 1 + with_areas + 1
        for key in ("summary_one", "no_map", "change_none", "clusters_none"):
            assert "".join(text(f"bulletin.{key}", "zh").split()) in pages[2]
        assert client.get(XLSX).status_code == 200
        if with_areas:
            one = client.get(f"{PDF}?area_id=7&lang=en")
            assert len(read(one.content).pages) == 1
