"""Rates over HTTP of a city that came through the import: filters, levels, ranks, visits."""

from datetime import date

import pytest
from databases import another_database
from fastapi.testclient import TestClient
from served import KEY, LOCAL

from api.app import create_app
from geo.coverage.rates import RATES
from geo.database import Actor
from geo.imports.options import ImportOptions
from geo.imports.run import import_file
from geo.sample import write_city
from geo.settings import Settings

ACTOR = Actor("test", sees_enterprises=True)


@pytest.fixture(scope="module")
def leader(cluster, tmp_path_factory):
    """A leader at this machine, the small demo city in force."""
    made = write_city(tmp_path_factory.mktemp("city"), "small")
    settings = Settings(state=made.directory / "state")
    with another_database(cluster) as database:
        for dataset in ("areas", "enterprises"):
            options = ImportOptions(crs="wgs84", as_of=date(2026, 6, 30), commit=True)
            import_file(database, ACTOR, settings, dataset, getattr(made, dataset), options)
        with TestClient(create_app(settings, database), base_url=LOCAL) as client:
            yield client


def asked(client, path: str) -> dict:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_each_rate_has_its_target_source_gap_and_value_for_ranking(leader):
    body = asked(leader, "/api/coverage?kind=district")
    assert {one["name"] for one in body["definitions"]} == set(RATES)
    assert all(one["scope_zh"] and one["scope"] for one in body["definitions"])
    assert any("集群注册" in note["zh"] for note in body["notes"])
    for area in body["areas"]:
        assert set(area["rates"]) == set(area["rank"]) == set(area["rank_gap"]) == set(RATES)
        rate = area["rates"]["establishment"]
        assert rate["target"] == 0.95
        assert rate["target_source"]
        assert rate["gap"] == -(-95 * rate["denominator"] // 100) - rate["numerator"]
        assert rate["shrunk_low"] <= rate["shrunk"] <= rate["shrunk_high"]
        assert set(area["set_apart"]) == {"mass_registration", "dormant", "closed", "employees"}
        assert area["rates"]["membership_all"]["target"] is None
        assert area["rates"]["membership_all"]["gap"] is None
    ranks = sorted(area["rank"]["establishment"] for area in body["areas"])
    assert ranks[0] == 1
    assert body["whole"]["set_apart"]["mass_registration"] == 80
    assert body["areas_in_all"] == len(body["areas"])


def test_a_leader_goes_down_from_city_to_building(leader):
    district = asked(leader, "/api/coverage?kind=district")["areas"][0]
    below = asked(leader, f"/api/coverage?kind=subdistrict&parent_id={district['id']}")
    assert below["areas"]
    assert {area["parent_id"] for area in below["areas"]} == {district["id"]}
    assert min(area["rank"]["establishment"] for area in below["areas"]) == 1
    # Buildings belong to subdistricts, and so lie below the district too.
    buildings = asked(leader, f"/api/coverage?kind=office_building&parent_id={district['id']}")
    everywhere = asked(leader, "/api/coverage?kind=office_building")
    assert 0 < buildings["areas_in_all"] < everywhere["areas_in_all"]
    one = asked(leader, f"/api/coverage?area_id={below['areas'][0]['id']}")
    assert one["kind"] == "subdistrict"
    assert [area["id"] for area in one["areas"]] == [below["areas"][0]["id"]]
    assert one["areas"][0]["figures"] == below["areas"][0]["figures"]


def test_a_filter_leaves_some_units_in_all_figures(leader):
    everything = asked(leader, "/api/coverage?kind=district")
    large = asked(leader, "/api/coverage?kind=district&size=25_99,100_plus")
    assert large["filter"] == "size=25_99,100_plus"
    for whole, some in zip(everything["areas"], large["areas"], strict=True):
        assert some["figures"]["units"] == whole["figures"]["units_25"]
        assert some["figures"]["units_25"] == whole["figures"]["units_25"]
    none = asked(leader, "/api/coverage?kind=district&state=none")
    assert none["areas"][0]["rates"]["establishment"]["value"] is None
    assert any("建会状态" in note["zh"] for note in none["notes"])
    classes = "non_public_enterprise,individual_business"
    both = asked(leader, f"/api/coverage?kind=district&unit_class={classes}&industry=F")
    assert 0 < both["whole"]["figures"]["units"] < everything["whole"]["figures"]["units"]
    # What means the same is the same.
    again = asked(leader, "/api/coverage?kind=district&size=100_plus&size=25_99")
    assert again["filter"] == large["filter"]
    assert again["areas"] == large["areas"]


def test_filtered_pages_follow_one_another(leader):
    seen, url = [], "/api/coverage?kind=community&size=1_4&limit=11"
    while url:
        body = asked(leader, url)
        seen += [area["id"] for area in body["areas"]]
        url = body["next"]
    assert len(seen) == len(set(seen)) == body["areas_in_all"] == 31


def test_drawn_areas_carry_rates_and_ranks(leader):
    drawn = asked(leader, "/api/coverage?kind=subdistrict&format=geojson&size=1_4")
    assert drawn["type"] == "FeatureCollection"
    first = drawn["features"][0]["properties"]
    assert first["rank"]["establishment"]
    assert first["rates"]["establishment"]["shrunk"] is not None
    assert drawn["definitions"]
    assert drawn["filter"] == "size=1_4"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("kind=galaxy", 422),
        ("size=huge", 422),
        ("parent_id=77", 404),
        ("area_id=77", 404),
        ("kind=district&area_id=77", 404),
        ("misspelt=1", 422),
    ],
)
def test_what_cannot_be_meant_is_refused(leader, query, status):
    answer = leader.get(f"/api/coverage?{query}")
    assert answer.status_code == status
    assert answer.json()["remedy"]


def test_an_answer_that_is_known_is_not_sent_again(leader):
    for path in ("/api/coverage?kind=district", "/api/coverage?tier=none", "/api/coverage/visits"):
        answer = leader.get(path)
        again = leader.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
        assert not again.content


def test_visits_give_reasons_in_both_languages(leader):
    body = asked(leader, "/api/coverage/visits?kind=subdistrict&limit=3")
    gaps = [one["gap_workers"] for one in body["visits"]]
    assert gaps == sorted(gaps, reverse=True)
    assert [one["rank"] for one in body["visits"]] == [1, 2, 3]
    for one in body["visits"]:
        assert one["name"] in one["reason_zh"]
        assert "未建会" in one["reason_zh"]
        assert "union" in one["reason_en"]
        assert 0 < one["share"] <= 1
        assert one["rates"]["establishment"]["denominator"]
    assert "另计" in body["measure_zh"]
    district = asked(leader, "/api/coverage?kind=district")["areas"][0]["id"]
    below = asked(leader, f"/api/coverage/visits?parent_id={district}")
    assert {one["parent_id"] for one in below["visits"]} == {district}


def test_rates_and_visits_are_behind_the_key(stranger):
    for path in ("/api/coverage", "/api/coverage/visits", "/api/coverage?size=1_4"):
        assert stranger.get(path).status_code == 401
        known = stranger.get(path, headers={"Authorization": b"Bearer " + KEY.encode()})
        assert known.status_code == 200, known.text
        assert "private" in known.headers["cache-control"]
