"""`nuanyi coverage` as an operator types it."""

import csv
import io
import json

import pytest
from hostile import HOSTILE_NAME

from geo.coverage.rates import RATES
from geo.database import Actor, Database
from geo.imports.options import ImportOptions
from geo.imports.run import import_file
from geo.sample import write_city
from geo.settings import Settings

DONE, MISSED, UNUSABLE, NO_SUCH = 0, 1, 2, 4
ACTOR = Actor("test", sees_enterprises=True)


@pytest.fixture
def city(database: Database, tmp_path) -> Database:
    made = write_city(tmp_path / "city", "small")
    for dataset in ("areas", "enterprises"):
        import_file(
            database, ACTOR, Settings(state=tmp_path), dataset, getattr(made, dataset),
            ImportOptions(crs="wgs84", commit=True),
        )  # fmt: skip
    with database.write(ACTOR) as writer:
        writer.execute(
            "UPDATE area SET name = :name WHERE id = (SELECT min(id) FROM area "
            "WHERE kind = 'district')",
            {"name": f"={HOSTILE_NAME}"},
        )
    return database


def test_rates_visits_and_recount_of_a_city(nuanyi, city) -> None:
    shown = nuanyi("coverage", "rates", "--kind", "district")
    assert shown.code == DONE, shown.err
    assert "95.0%" in shown.out
    assert "顺义" in shown.out.replace("\n", "")
    assert "全部 / all" in shown.out

    told = json.loads(nuanyi("coverage", "rates", "--kind", "district", "--format", "json").out)
    assert len(told["areas"]) == 3
    for area in told["areas"]:
        assert set(area["rates"]) == set(RATES)
    parent = told["areas"][0]["id"]

    printed = nuanyi("coverage", "rates", "--format", "csv", "--parent", parent).out
    lines = list(csv.DictReader(io.StringIO(printed)))
    assert {line["rate"] for line in lines} == set(RATES)
    assert {line["parent_id"] for line in lines if line["kind"] == "subdistrict"} == {str(parent)}
    assert all(line["target_source_zh"] for line in lines if line["target"])

    printed = nuanyi("coverage", "rates", "--kind", "district", "--format", "csv").out
    names = {line["name"] for line in csv.DictReader(io.StringIO(printed))}
    assert f"'={HOSTILE_NAME}" in names, "a spreadsheet must not take it for a formula"

    seen = nuanyi("coverage", "visits", "--limit", 3)
    assert seen.code == DONE
    assert "未建会" in seen.out
    visits = json.loads(nuanyi("coverage", "visits", "--limit", 3, "--format", "json").out)
    assert [one["rank"] for one in visits["visits"]] == [1, 2, 3]
    assert all(one["reason_zh"] and one["reason_en"] for one in visits["visits"])
    assert nuanyi("coverage", "visits", "--format", "csv").out.startswith("id,name,kind")

    assert "完全一致" in nuanyi("coverage", "recount", "--check").out
    with city.write(ACTOR) as writer:
        writer.execute("UPDATE area_figures SET members = members + 1 WHERE area_id = 0")
    wrong = nuanyi("coverage", "recount", "--check")
    assert wrong.code == MISSED
    assert "members" in wrong.out
    assert nuanyi("coverage", "recount").code == DONE
    assert nuanyi("coverage", "recount", "--check").code == DONE

    assert nuanyi("coverage", "rates", "--kind", "galaxy").code == UNUSABLE
    assert nuanyi("coverage", "rates", "--measure", "height").code == UNUSABLE
    assert nuanyi("coverage", "rates", "--parent", 77).code == NO_SUCH


def test_without_data_it_says_what_to_load(nuanyi) -> None:
    for command in (("rates",), ("visits",), ("recount",)):
        told = nuanyi("coverage", *command)
        assert told.code == NO_SUCH
        assert "nuanyi import" in told.err
