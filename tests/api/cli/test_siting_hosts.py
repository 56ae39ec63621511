"""The register, estimated demand and generated candidates at the command line."""

import json

import pandas as pd
import pytest
from host_town import host_town
from hostile import HOSTILE_NAME
from rich.cells import cell_len


@pytest.fixture(scope="module")
def in_force(cluster, tmp_path_factory):
    with host_town(cluster, tmp_path_factory.mktemp("town")) as database:
        yield database


@pytest.fixture
def nuanyi(typed, in_force, monkeypatch):
    monkeypatch.setenv("NUANYI_DATABASE_URL", in_force.url.render_as_string(hide_password=False))
    return typed


def test_hosts_and_units_are_shown_as_tables_and_as_json(nuanyi):
    told = nuanyi("siting", "hosts")
    assert told.code == 0, told.err
    assert "甲店" in told.out
    assert "6/6" in told.out
    assert max(cell_len(line) for line in told.out.splitlines()) <= 80
    facts = json.loads(nuanyi("siting", "hosts", "--agreed", "no", "--json").out)
    assert [one["name"] for one in facts["hosts"]] == [HOSTILE_NAME]
    told = nuanyi("siting", "units")
    assert "大厂甲" in told.out
    assert max(cell_len(line) for line in told.out.splitlines()) <= 80
    facts = json.loads(nuanyi("siting", "units", "--employees", 300, "--json").out)
    assert [one["employees"] for one in facts["units"]] == [320]


def test_sources_are_told_and_switched_off(nuanyi):
    told = nuanyi("siting", "demand", "sources", "--without", "markets，main_streets")
    assert told.code == 0, told.err
    facts = json.loads(
        nuanyi("siting", "demand", "sources", "--without", "markets,main_streets", "--json").out
    )
    assert set(facts["off"]) == {"courier_hosts", "markets", "main_streets"}
    people = {one["name"]: one["people"] for one in facts["sources"]}
    assert (people["construction_sites"], people["markets"]) == (30.0, None)
    wrong = nuanyi("siting", "demand", "sources", "--without", "couriers")
    assert wrong.code == 2
    assert "没有需求来源 couriers" in wrong.err


def test_sources_of_few_people_are_not_told_as_the_service_does_not(nuanyi, monkeypatch):
    def sites() -> dict:
        facts = json.loads(nuanyi("siting", "demand", "sources", "--json").out)
        [one] = [one for one in facts["sources"] if one["name"] == "construction_sites"]
        return {name: one[name] for name in ("people", "count", "places", "missing")}

    monkeypatch.setenv("NUANYI_PRIVACY_PEOPLE", "30")
    assert sites()["people"] == 30
    monkeypatch.setenv("NUANYI_PRIVACY_PEOPLE", "31")
    assert set(sites().values()) == {None}
    lines = nuanyi("siting", "demand", "sources").out
    assert "fewer than 31" in " ".join(lines.split())


def test_estimated_demand_and_generated_candidates_go_into_force(nuanyi, in_force, tmp_path):
    assert nuanyi("siting", "demand", "make", "--out", tmp_path / "d.csv").code == 0
    frame = pd.read_csv(tmp_path / "d.csv")
    assert frame["h8"].sum() > 30
    told = nuanyi("siting", "demand", "make", "--commit")
    assert told.code == 0, told.err
    assert nuanyi("siting", "candidates", "--spacing", 50, "--commit").code == 0
    editions = json.loads(nuanyi("editions", "list", "--json").out)
    sources = {one["dataset"]: one["source"] for one in editions if one["state"] == "active"}
    assert sources["demand"].startswith("估算")
    facts = json.loads(nuanyi("siting", "hosts", "--json").out)
    kinds = [one["source"] for one in facts["hosts"]]
    assert (kinds.count("register"), kinds.count("public_place"), len(kinds)) == (3, 2, 6)
    neither = nuanyi("siting", "candidates")
    assert neither.code == 2
    assert "--out" in neither.err
