"""Enterprises over HTTP: listed as they are in force, and what becomes of their unions."""

import json
import time

import pytest
import union_town
from databases import another_database
from fastapi.testclient import TestClient
from served import KEY, LOCAL
from union_town import AS_OF

from api.app import create_app
from api.problems import MEDIA_TYPE
from geo.database import Actor
from geo.enterprises import queries
from geo.imports import activation
from geo.settings import Settings

LIST = "/api/enterprises"
PERSONAL = ("phone", "mobile", "person", "contact", "legal_rep", "手机", "姓名", "身份证")


@pytest.fixture(scope="module")
def town_database(cluster):
    with another_database(cluster, pool_size=4) as database:
        with database.write(Actor("test")) as writer:
            union_town.build(writer)
        yield database


@pytest.fixture
def make_app(town_database, tmp_path):
    """Applications on the town; changes of other tests are gone."""
    with town_database.write(Actor("test")) as writer:
        writer.execute("DELETE FROM union_change")
        edition = writer.scalar("SELECT id FROM edition WHERE dataset = 'enterprises'")
        writer.execute("UPDATE assignment SET rules = ''")
        activation.put_in_force(writer, Settings(database_url=None), edition)
    return lambda **given: create_app(Settings(state=tmp_path, **given), town_database)


@pytest.fixture
def leader(make_app):
    """A leader at this machine."""
    with TestClient(make_app(), base_url=LOCAL) as client:
        yield client


def problem(answer, status: int) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith(MEDIA_TYPE)
    return answer.json()


def pages(client, **asked) -> list[dict]:
    """All pages of a list."""
    answer = client.get(LIST, params=asked)
    found = []
    while True:
        assert answer.status_code == 200, answer.text
        body = answer.json()
        found += body["enterprises"]
        if body["next"] is None:
            return found
        assert f'<{body["next"]}>; rel="next"' == answer.headers["link"]
        answer = client.get(body["next"])


# ---------------------------------------------------------------------- reading
def test_the_list_is_paged_from_the_largest_down_and_misses_nobody(leader):
    found = pages(leader, limit=7)
    assert len(found) == 40 + union_town.SHELLS
    assert len({one["id"] for one in found}) == len(found)
    sizes = [-1 if one["employees"] is None else one["employees"] for one in found]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes.count(-1) == 6, "not stated is not 0, and stands last"


@pytest.mark.parametrize("loaded", [False, True])
@pytest.mark.parametrize(
    "asked",
    [
        {"state": "none"},
        {"state": "own,joint", "size": "25_99,100_plus"},
        {"industry": "C", "unit_class": "public_institution,unstated"},
        {"area_id": 2, "state": "none,unknown"},
        {"area_id": 99},
        {"tier": "confirmed"},
        {"q": "云杉路3"},
        {"q": "%"},
    ],
)
def test_a_filter_keeps_the_same_units_from_memory_and_from_the_database(
    leader, town_database, asked, loaded
):
    if loaded:
        leader.get(f"{LIST}/figures").raise_for_status()
    service = leader.app.state.service
    assert (service.register.loaded is not None) == loaded
    found = [one["id"] for one in pages(leader, limit=5, **asked)]
    everything = pages(leader, limit=1000)
    if "area_id" not in asked and "q" not in asked:
        parameter = {"state": "state", "size": "size", "industry": "industry",
                     "unit_class": "unit_class", "tier": "tier"}  # fmt: skip
        expected = [
            one["id"]
            for one in everything
            if all(one[parameter[name]] in told.split(",") for name, told in asked.items())
        ]
        assert found == expected
    if asked == {"q": "%"}:
        assert found == []
    if asked == {"q": "云杉路3"}:
        assert found == [one["id"] for one in everything if "云杉路3" in (one["address"] or "")]
    with town_database.read(Actor("test")) as reader:
        if "area_id" in asked:
            inside = queries.list_enterprises(reader, area_id=asked["area_id"], limit=1000)
            states = asked.get("state", "own,joint,none,in_preparation,unknown").split(",")
            assert found == [one.id for one in inside if one.union_state in states]


def test_a_unit_is_told_with_everything_but_persons(leader):
    body = leader.get(f"{LIST}/5").json()
    one = body["enterprise"]
    assert one["name"] == union_town.unit(5)["name"], "hostile, and a name all the same"
    assert one["employees"] == 35
    assert one["size"] == "25_99"
    assert one["apart"] == "counted"
    assert (one["lon"], one["lat"]) == pytest.approx(
        (union_town.unit(5)["lon"], union_town.unit(5)["lat"])
    )
    assert body["editions"][0]["as_of"] == AS_OF.isoformat()
    told = json.dumps(leader.get("/openapi.json").json()["components"]["schemas"])
    assert not [word for word in PERSONAL if word in json.dumps(body).lower()]
    assert "EnterpriseAnswer" in told
    apart = {one["id"]: one["apart"] for one in pages(leader, limit=100)}
    assert apart[1001] == "mass_registration"
    assert apart[9] == "dormant"


def test_positions_are_told_in_the_asked_system(leader):
    wgs = leader.get(f"{LIST}/5").json()["enterprise"]
    gcj = leader.get(f"{LIST}/5", params={"crs": "gcj02"}).json()["enterprise"]
    assert gcj["lon"] != wgs["lon"]
    unplaced = leader.get(f"{LIST}/13", params={"crs": "bd09"}).json()["enterprise"]
    assert (unplaced["lon"], unplaced["lat"]) == (None, None)


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        (f"{LIST}?state=founded", 422, None),
        (f"{LIST}?limit=0", 422, None),
        (f"{LIST}?nonsense=1", 422, None),
        (f"{LIST}?after=MQ", 422, "after"),
        (f"{LIST}?q=", 422, None),
        (f"{LIST}?area_id=77", 404, "area_id"),
        (f"{LIST}?cluster_id=77", 404, "cluster_id"),
        (f"{LIST}/7777", 404, None),
        (f"{LIST}/figures?area_id=77", 404, "area_id"),
        (f"{LIST}/figures?size=huge", 422, None),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(leader, path, status, field):
    told = problem(leader.get(path), status)
    assert told["detail"]
    assert told.get("remedy") or told.get("errors")
    if field:
        assert told["field"] == field


def test_without_the_key_nothing_is_told_and_nothing_noted(make_app):
    with TestClient(make_app(key=KEY), base_url="https://nuanyi.example") as stranger:
        for answer in (
            stranger.get(LIST),
            stranger.get(f"{LIST}/5"),
            stranger.get(f"{LIST}/figures"),
            stranger.post(f"{LIST}/8/union", json={"union_state": "own"}),
            stranger.delete(f"{LIST}/8/union/1"),
            stranger.get("/api/live"),
            stranger.get("/api/live/state"),
        ):
            problem(answer, 401)
        key = {"Authorization": f"Bearer {KEY}".encode()}
        noted = stranger.post(f"{LIST}/8/union", json={"union_state": "own"}, headers=key)
        assert noted.status_code == 201
        assert noted.json()["noted_by"] == "key holder"


# ---------------------------------------------------------------------- noting
def test_a_change_holds_at_once_in_lists_and_figures(leader):
    before = leader.get(f"{LIST}/figures").json()
    answer = leader.post(
        f"{LIST}/8/union",
        json={"union_state": "own", "union_name": "新工会", "members": 20, "note": "批复1号"},
    )
    assert answer.status_code == 201, answer.text
    change = answer.json()
    assert change["holds"]
    assert answer.headers["location"] == f"{LIST}/8"
    one = leader.get(f"{LIST}/8").json()
    assert one["enterprise"]["state"] == "own"
    assert one["enterprise"]["union_name"] == "新工会"
    assert one["enterprise"]["members"] == 20
    assert one["enterprise"]["changed_on"] == change["since"]
    assert one["stated_state"] == "none"
    assert [told["id"] for told in one["changes"]] == [change["id"]]
    assert 8 in [told["id"] for told in pages(leader, state="own")]
    assert 8 not in [told["id"] for told in pages(leader, state="none")]
    after = leader.get(f"{LIST}/figures").json()
    assert after["version"] == change["id"] or after["version"] > before["version"]
    for name, more in (("units_own", 1), ("units_none", -1), ("unions", 1), ("members", 20)):
        assert after["figures"][name] == before["figures"][name] + more
    assert after["rates"]["establishment"]["numerator"] == (
        before["rates"]["establishment"]["numerator"] + 1
    )

    revoked = leader.delete(f"{LIST}/8/union/{change['id']}")
    assert revoked.status_code == 200
    assert revoked.json()["revoked_at"] is not None
    again = leader.get(f"{LIST}/figures").json()
    assert again["figures"] == before["figures"]
    told = leader.get(f"{LIST}/8").json()
    assert told["enterprise"]["state"] == "none"
    assert [one["holds"] for one in told["changes"]] == [False], "its line stays"


def test_figures_under_a_filter_are_those_of_the_list(leader):
    leader.post(f"{LIST}/8/union", json={"union_state": "joint"}).raise_for_status()
    for asked in (
        {"size": "25_99"},
        {"size": "25_99,100_plus", "area_id": "2"},
        {"state": "none", "area_id": "41"},
        {"industry": "C", "area_id": "1"},
    ):
        told = leader.get(f"{LIST}/figures", params=asked).json()
        units = [one for one in pages(leader, limit=50, **asked) if one["apart"] == "counted"]
        figures = told["figures"]
        assert figures["units"] == len(units), asked
        assert figures["employees"] == sum(one["employees"] or 0 for one in units)
        assert figures["units_joint"] == sum(one["state"] == "joint" for one in units)
        assert figures["members"] == sum(one["members"] or 0 for one in units)
        assert told["filter"]
    nothing = leader.get(f"{LIST}/figures", params={"area_id": 99}).json()
    assert nothing["rates"]["establishment"]["value"] is None, "no data is not 0 %"


def test_what_is_noted_twice_or_revoked_twice_is_told_so(leader):
    first = leader.post(f"{LIST}/8/union", json={"union_state": "own"})
    problem(leader.post(f"{LIST}/8/union", json={"union_state": "own"}), 409)
    number = first.json()["id"]
    problem(leader.delete(f"{LIST}/9/union/{number}"), 404)
    assert leader.delete(f"{LIST}/8/union/{number}").status_code == 200
    problem(leader.delete(f"{LIST}/8/union/{number}"), 409)
    problem(leader.delete(f"{LIST}/8/union/{number + 1}"), 404)


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"union_state": "own", "since": "2999-01-01"}, "since"),
        ({"union_state": "own", "since": "2001-01-01"}, "since"),
        ({"union_state": "own", "members": 57}, "members"),
        ({"union_state": "none", "members": 5}, "members"),
        ({"union_state": "own", "union_uscc": "乱写"}, "union_uscc"),
        ({"union_state": "founded"}, "union_state"),
        ({"union_state": "own", "members": -1}, "members"),
        ({"union_state": "own", "persons": ["张三"]}, "persons"),
        ({}, "union_state"),
    ],
)
def test_what_cannot_be_is_refused(leader, told, field):
    answer = problem(leader.post(f"{LIST}/8/union", json=told), 422)
    assert answer.get("field") == field
    assert leader.get(f"{LIST}/8").json()["changes"] == []


def test_nobody_can_note_for_a_unit_that_is_not_there(leader):
    problem(leader.post(f"{LIST}/7777/union", json={"union_state": "own"}), 404)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_of_another_site_changes_nothing(leader, site):
    headers = {"Sec-Fetch-Site": site}
    answer = leader.post(f"{LIST}/8/union", json={"union_state": "own"}, headers=headers)
    problem(answer, 403)
    problem(leader.delete(f"{LIST}/8/union/1", headers=headers), 403)
    form = leader.post(
        f"{LIST}/8/union", content='{"union_state": "own"}', headers={"Content-Type": "text/plain"}
    )
    problem(form, 422)
    assert leader.get(f"{LIST}/8").json()["changes"] == []


def test_an_answer_is_kept_until_a_union_changes(leader):
    for path in (LIST, f"{LIST}/8", f"{LIST}/figures?size=25_99"):
        first = leader.get(path)
        tag = {"If-None-Match": first.headers["etag"]}
        assert first.headers["cache-control"].startswith("private")
        assert leader.get(path, headers=tag).status_code == 304
        state = leader.get(f"{LIST}/8").json()["enterprise"]["state"]
        other = "joint" if state == "own" else "own"
        leader.post(f"{LIST}/8/union", json={"union_state": other}).raise_for_status()
        assert leader.get(path, headers=tag).status_code == 200


def test_another_process_shows_a_change_within_a_second(make_app):
    with (
        TestClient(make_app(), base_url=LOCAL) as one,
        TestClient(make_app(), base_url=LOCAL) as other,
    ):
        before = other.get(f"{LIST}/figures", params={"area_id": 2}).json()
        register = other.app.state.service.register.loaded
        assert register.units.state[register.unit_position(8)] == 2
        version = one.post(f"{LIST}/8/union", json={"union_state": "own"}).json()["id"]
        began = time.monotonic()
        while (state := other.get("/api/live/state").json())["version"] < version:
            assert time.monotonic() - began < 1.0
        assert register.units.state[register.unit_position(8)] == 0
        after = other.get(f"{LIST}/figures", params={"area_id": 2}).json()
        assert after["figures"]["units_own"] == before["figures"]["units_own"] + 1
        whole = other.get(f"{LIST}/figures").json()
        assert whole["version"] == state["version"]
