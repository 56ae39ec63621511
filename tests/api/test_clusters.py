"""Clusters over HTTP: list, one, its enterprises, whom to visit, files, the rule table, the map."""

import io
import re
from collections.abc import Iterator
from datetime import date

import cluster_town
import pytest
import rows
from cluster_town import BARE, BUILDING, FAR, LARGE, PARK, STREET
from databases import another_database
from fastapi.testclient import TestClient
from hostile import HOSTILE_NAME
from python_calamine import CalamineWorkbook
from served import KEY, LOCAL

from api.app import create_app
from geo.database import Actor
from geo.settings import Settings

ACTOR = Actor("test", sees_enterprises=True)


@pytest.fixture(scope="module")
def town(cluster, tmp_path_factory) -> Iterator[TestClient]:
    """The service over the town of clusters."""
    with another_database(cluster) as database:
        cluster_town.in_town(database, ACTOR)
        settings = Settings(state=tmp_path_factory.mktemp("clusters"))
        with TestClient(create_app(settings, database), base_url=LOCAL) as client:
            yield client


def one(client: TestClient, number: int, **asked) -> dict:
    answer = client.get(f"/api/clusters/{number}", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["cluster"]


# ---------------------------------------------------------------------- the list
def test_the_list_tells_what_fits_and_why(town):
    body = town.get("/api/clusters").json()
    assert body["total"] == 6
    found = {each["id"]: each for each in body["clusters"]}
    assert [each["employees"] for each in body["clusters"]] == sorted(
        (each["employees"] for each in body["clusters"]), reverse=True
    )
    kinds = {number: each["form"]["kind"] for number, each in found.items()}
    assert kinds == {
        BUILDING: "building_union",
        PARK: "extension",
        STREET: "extension",
        FAR: "industry_union",
        LARGE: "own_union",
        BARE: "extension",
    }
    building = found[BUILDING]
    assert building["sentence_zh"] == "80% 未建会，而按所在街道和企业规模，这里一般为 37%"
    assert building["sentence_en"] == "80% without a union where 37% is usual here"
    form = building["form"]
    assert (form["own_unions"], form["shall"], form["full_time_chair"]) == (2, 1, 1)
    assert (form["rest"], form["rest_workers"], form["employees_unstated"]) == (10, 45, 1)
    assert "第十一条" in form["law"]
    assert form["upper_union"]["name"] == "云杉街道总工会"
    assert form["unit"]["name"] == f"{HOSTILE_NAME}大厦"
    assert HOSTILE_NAME in form["reason_zh"]
    # Not the internal one, not the closed one.
    assert form["nearest_station"]["id"] == 3
    assert form["seat"]["source"] == "station"
    # No data is not 0: nobody states employees there.
    assert (found[BARE]["employees"], found[BARE]["employees_unstated"]) == (0, 11)
    assert found[BARE]["form"]["employees_unstated"] == 11


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("tier=to_check", {STREET}),
        ("tier=confirmed,to_check", {BUILDING, PARK, STREET, FAR, LARGE, BARE}),
        ("kind=whole_unit", {BUILDING}),
        ("kind=whole_unit&kind=part_of_unit", {BUILDING, PARK}),
        ("area_id=20", {BUILDING}),
        ("area_id=11", {FAR, LARGE}),
        ("area_id=1", {BUILDING, PARK, STREET, FAR, LARGE, BARE}),
        ("size=100_plus", {BUILDING}),
        ("size=unstated", {BUILDING, BARE}),
        ("industry=F", {FAR}),
        ("industry=F&size=100_plus", set()),
        ("unit_class=government_organ", set()),
    ],
)
def test_filters_choose_clusters(town, question, expected):
    body = town.get(f"/api/clusters?{question}").json()
    assert {each["id"] for each in body["clusters"]} == expected
    assert body["total"] == len(expected)


def test_a_filter_counts_anew_and_leaves_the_cluster_as_it_is(town):
    (kept,) = town.get("/api/clusters?size=100_plus").json()["clusters"]
    plain = one(town, BUILDING)
    assert kept["matching"] == {
        "units": 1,
        "units_25": 1,
        "units_100": 1,
        "employees": 220,
        "employees_unstated": 0,
    }
    assert plain["matching"] is None
    assert {**kept, "matching": None} == plain


def test_pages_follow_each_other_under_a_filter_too(town):
    seen, url = [], "/api/clusters?limit=2&tier=confirmed"
    while url:
        answer = town.get(url)
        body = answer.json()
        seen += [each["id"] for each in body["clusters"]]
        url = body["next"]
        assert ("Link" in answer.headers) == bool(url)
    assert len(seen) == len(set(seen)) == 5
    gone = town.get("/api/clusters?limit=2").json()["next"]
    answer = town.get(gone.replace("limit=2", "limit=2&tier=to_check"))
    assert (answer.status_code, answer.json()["field"]) == (422, "after")


def test_an_unknown_area_or_word_is_said_in_a_sentence(town):
    answer = town.get("/api/clusters?area_id=424242")
    assert answer.status_code == 404
    assert re.search("没有编号为 424242 的区域.*There is no area 424242", answer.json()["detail"])
    assert town.get("/api/clusters?tier=sure").status_code == 422
    assert town.get("/api/clusters?size=huge").status_code == 422
    assert town.get("/api/clusters?sizes=5_24").status_code == 422


# ---------------------------------------------------------------------- one
def test_an_unknown_cluster_is_told_from_one_of_an_older_run(database, tmp_path):
    with database.write(ACTOR) as writer:
        cluster_town.build(writer, streets=False)
        old = rows.edition(writer, "enterprises", state="retired", as_of=date(2025, 12, 31))
        rows.cluster(writer, old, 77, 101.0, 40.0)
    with TestClient(create_app(Settings(state=tmp_path), database), base_url=LOCAL) as client:
        for path in ("/api/clusters/{}", "/api/clusters/{}/members", "/api/clusters/{}/visits"):
            never = client.get(path.format(76))
            assert never.status_code == 404
            assert "没有编号为 76 的聚集区" in never.json()["detail"]
            older = client.get(path.format(77))
            assert older.status_code == 404
            assert f"数据版本 {old}（2025-12-31）" in older.json()["detail"]
            assert "no longer on the list in force" in older.json()["detail"]
        # Without streets the way to the station is a straight line, and said so.
        station = one(client, BUILDING)["form"]["nearest_station"]
        assert (station["id"], station["straight_line"]) == (3, True)
        walk = client.get(f"/api/clusters/{BUILDING}/visits").json()
        assert walk["straight_line"] is True
        assert any("直线" in note for note in walk["notes"])


def test_every_position_is_in_the_system_asked_for(town):
    plain, shifted = one(town, BUILDING), one(town, BUILDING, crs="gcj02")
    for pick in (
        lambda each: each,
        lambda each: each["form"]["seat"],
        lambda each: each["form"]["nearest_station"],
    ):
        apart = abs(pick(plain)["lon"] - pick(shifted)["lon"])
        assert 0.001 < apart < 0.02
    drawn = town.get(f"/api/clusters/{BUILDING}?format=geojson&crs=gcj02").json()
    west = min(x for x, _ in drawn["features"][0]["geometry"]["coordinates"][0])
    assert west > plain["lon"] + 0.001
    assert drawn["crs_used"] == "gcj02"


def test_a_union_founded_since_changes_the_advice(database, tmp_path):
    cluster_town.in_town(database, ACTOR)
    with TestClient(create_app(Settings(state=tmp_path), database), base_url=LOCAL) as client:
        before = client.get(f"/api/clusters/{BUILDING}")
        again = client.get(
            f"/api/clusters/{BUILDING}", headers={"If-None-Match": before.headers["etag"]}
        )
        assert again.status_code == 304
        with database.write(ACTOR) as writer:
            for number in range(100, 112):
                writer.execute(
                    "INSERT INTO union_change (enterprise_id, since, union_state, noted_by) "
                    "VALUES (:id, DATE '2026-07-15', 'own', 'test')",
                    {"id": number},
                )
        after = client.get(
            f"/api/clusters/{BUILDING}", headers={"If-None-Match": before.headers["etag"]}
        )
        assert after.status_code == 200
        form = after.json()["cluster"]["form"]
        assert (form["kind"], form["rest"], form["seat"]) == ("nothing_left", 0, None)
        assert form["in_preparation"] == 1
        walk = client.get(f"/api/clusters/{BUILDING}/visits").json()
        assert walk["stops"] == []
        assert walk["notes"]


# ---------------------------------------------------------------------- its enterprises
def test_members_come_the_largest_first_and_the_unstated_last(town):
    seen, url = [], f"/api/clusters/{BUILDING}/members?limit=5"
    while url:
        body = town.get(url).json()
        assert body["total"] == 14
        seen += body["members"]
        url = body["next"]
    assert len({each["id"] for each in seen}) == len(seen) == 14
    stated = [each["employees"] for each in seen if each["employees"] is not None]
    assert stated == sorted(stated, reverse=True)
    assert seen[-1]["employees"] is None
    first = seen[0]
    assert (first["name"], first["size"], first["state"]) == (HOSTILE_NAME, "100_plus", "none")
    assert first["industry"] == "C"


def test_members_are_filtered_by_state(town):
    body = town.get(f"/api/clusters/{BUILDING}/members?state=own,in_preparation").json()
    assert {each["id"] for each in body["members"]} == {112, 113}
    assert {each["state"] for each in body["members"]} == {"own", "in_preparation"}
    nowhere = town.get(f"/api/clusters/{BARE}/members").json()["members"]
    assert all(each["lon"] is None and each["address"] is None for each in nowhere)


# ---------------------------------------------------------------------- whom to visit
def test_the_visits_are_a_walk_from_the_talk(town):
    body = town.get(f"/api/clusters/{BUILDING}/visits?limit=5").json()
    assert body["start"]["id"] == 3
    assert body["exact"] is True
    assert body["straight_line"] is False
    assert body["more"] == 7
    assert [each["position"] for each in body["stops"]] == list(range(1, 6))
    assert body["metres"] == pytest.approx(sum(each["metres"] for each in body["stops"]), abs=0.5)
    visited = {each["id"] for stop in body["stops"] for each in stop["enterprises"]}
    # The largest first chosen: 220 and 30 employees, then those of five by id.
    assert visited == {100, 101, 103, 104, 105}
    assert body["line"]["coordinates"][0] == pytest.approx(
        [body["start"]["lon"], body["start"]["lat"]]
    )
    assert town.get(f"/api/clusters/{BUILDING}/visits?limit=41").status_code == 422


def test_enterprises_without_a_place_are_listed_apart(town):
    body = town.get(f"/api/clusters/{BARE}/visits").json()
    assert (body["stops"], body["line"], len(body["unplaced"])) == ([], None, 11)
    assert any("没有位置" in note for note in body["notes"])


# ---------------------------------------------------------------------- files
def test_all_clusters_as_geojson(town):
    answer = town.get("/api/clusters.geojson")
    assert answer.headers["content-type"].startswith("application/geo+json")
    body = answer.json()
    assert (len(body["features"]), body["total"]) == (6, 6)
    assert {each["geometry"]["type"] for each in body["features"]} == {"Polygon"}
    assert all(each["properties"]["form"]["reason_zh"] for each in body["features"])
    assert len(town.get("/api/clusters.geojson?tier=to_check").json()["features"]) == 1


def test_all_clusters_as_a_workbook(town):
    answer = town.get("/api/clusters.xlsx?area_id=20")
    assert answer.headers["content-type"].endswith("spreadsheetml.sheet")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    assert [name.split()[0] for name in book.sheet_names] == ["聚集区", "成员", "说明"]
    clusters = book.get_sheet_by_index(0).to_python()
    assert len(clusters) == 2
    assert clusters[0][0].startswith("聚集区编号")
    members = book.get_sheet_by_index(1).to_python()
    assert len(members) == 15


# ---------------------------------------------------------------------- rules, map, key
def test_a_regions_thresholds_are_told_with_who_set_them(town):
    told = town.get("/api/clusters/rules?code=310115").json()["thresholds"]
    source = {each["name"]: each["source"] for each in told}
    assert "上海市地方性法规" in source["chair_workers"]
    assert town.get("/api/clusters/rules?code=Shanghai").status_code == 422


def test_the_rule_table_is_told_with_the_law(town):
    body = town.get("/api/clusters/rules").json()
    assert body["rules"][0]["id"] == "extend_in_unit"
    assert all(rule["law_text_zh"] and rule["condition_en"] for rule in body["rules"])
    assert {rule["basis"] for rule in body["rules"]} == {"law", "practice"}
    value = {each["name"]: each["value"] for each in body["thresholds"]}
    assert (value["own_workers"], value["chair_workers"]) == (25, 200)
    source = {each["name"]: each["source"] for each in body["thresholds"]}
    assert "第十四条" in source["chair_workers"]
    tag = town.get("/api/clusters/rules").headers["etag"]
    assert town.get("/api/clusters/rules", headers={"If-None-Match": tag}).status_code == 304


def test_the_map_is_one_file_with_its_own_policy(town):
    answer = town.get("/maps/clusters.html")
    assert answer.status_code == 200, answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert HOSTILE_NAME not in answer.text
    assert not re.search(r"<img src=x", answer.text)
    again = town.get("/maps/clusters.html", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    english = town.get("/maps/clusters.html?lang=en&tier=to_check")
    assert '<html lang="en"' in english.text


PATHS = (
    "/api/clusters",
    f"/api/clusters/{BUILDING}",
    f"/api/clusters/{BUILDING}/members",
    f"/api/clusters/{BUILDING}/visits",
    "/api/clusters.geojson",
    "/api/clusters.xlsx",
    "/api/clusters/rules",
    "/maps/clusters.html",
)


@pytest.mark.parametrize("path", PATHS)
def test_nothing_of_it_without_the_key(stranger, path):
    assert stranger.get(path).status_code == 401
    wrong = stranger.get(path, headers={"Authorization": "Bearer wrong"})
    assert wrong.status_code == 401
    given = stranger.get(path, headers={"Authorization": f"Bearer {KEY}".encode()})
    assert given.status_code in (200, 404)


@pytest.mark.parametrize("path", [path for path in PATHS if not path.endswith("rules")])
def test_the_same_editions_are_not_sent_twice(town, path):
    first = town.get(path)
    assert first.headers["cache-control"].startswith("private")
    again = town.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_clusters_without_members_areas_or_stations_are_told_all_the_same(client):
    """The served city: clusters as they were found, nothing else on record."""
    body = client.get("/api/clusters").json()
    assert len(body["clusters"]) == 5
    for each in body["clusters"]:
        assert each["form"]["rule"] in ("street_union", "own_unions", "organiser", "attach_nearby")
        assert each["form"]["rest"] == 9
        assert each["form"]["upper_union"]["name"] is None
        assert each["form"]["reason_zh"]
    assert client.get("/api/clusters.xlsx").status_code == 200
    assert client.get("/maps/clusters.html").status_code == 200
    walk = client.get(f"/api/clusters/{body['clusters'][0]['id']}/visits")
    assert walk.json()["stops"] == []
