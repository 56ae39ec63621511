"""`nuanyi clusters`: what a cadre without a browser gets."""

import json
import re

import cluster_town
import pytest
import scanned_town
from cluster_town import BARE, BUILDING, FAR, STREET
from hostile import HOSTILE_NAME
from python_calamine import CalamineWorkbook

from geo.database import Actor

ACTOR = Actor("test", sees_enterprises=True)


@pytest.fixture
def town(nuanyi, database):
    cluster_town.in_town(database, ACTOR)
    return nuanyi


def test_the_list_names_what_fits(town):
    answer = town("clusters", "list")
    assert answer.code == 0, answer.err
    assert "楼宇联合工会" in answer.out
    assert str(BUILDING) in answer.out
    some = town("clusters", "list", "--tier", "to_check", "--json")
    assert [each["id"] for each in json.loads(some.out)] == [STREET]
    assert town("clusters", "list", "--limit", 2).out.count("列出前 2 处") == 1
    traded = json.loads(town("clusters", "list", "--industry", "F", "--json").out)
    assert [(each["id"], each["matching"]["units"]) for each in traded] == [(FAR, 12)]


@pytest.mark.parametrize(
    "wrong", [("--tier", "sure"), ("--kind", "boulevard"), ("--size", "huge"), ("--area", 4242)]
)
def test_what_does_not_exist_is_said(town, wrong):
    answer = town("clusters", "list", *wrong)
    assert answer.code in (2, 4)
    assert re.search("[一-鿿]", answer.err)


def test_one_cluster_is_told_whole(town):
    answer = town("clusters", "show", BUILDING)
    assert answer.code == 0, answer.err
    for words in ("80% 未建会", "第十一条", "云杉街道总工会", "米 / m"):
        assert words in answer.out
    told = json.loads(town("clusters", "show", BUILDING, "--json").out)
    assert told["form"]["nearest_station"]["id"] == 3
    gone = town("clusters", "show", 424242)
    assert (gone.code, "没有编号为 424242 的聚集区" in gone.err) == (4, True)


def test_clusters_are_looked_for_anew(nuanyi, database):
    with database.write(ACTOR) as writer:
        scanned_town.build(writer)
    answer = nuanyi("clusters", "find", "--replicates", 19)
    assert answer.code == 0, answer.err
    assert re.search(r"[4-9] confirmed", answer.out)
    dense = nuanyi("clusters", "find", "--method", "dbscan")
    assert (dense.code, "all to check" in dense.out) == (0, True)
    wrong = nuanyi("clusters", "find", "--method", "guess")
    assert (wrong.code, "unit_scan" in wrong.err) == (2, True)


def test_the_visits_are_listed_as_a_walk(town):
    answer = town("clusters", "visits", BUILDING, "--limit", 5)
    assert answer.code == 0, answer.err
    assert "云杉路100号" in answer.out
    told = json.loads(town("clusters", "visits", BUILDING, "--json").out)
    assert len(told["stops"]) == 12
    nowhere = town("clusters", "visits", BARE)
    assert "无位置" in nowhere.out


def test_the_rules_are_printed_with_the_law(typed):
    answer = typed("clusters", "rules")
    assert answer.code == 0
    assert "第十一条" in answer.out
    assert len(json.loads(typed("clusters", "rules", "--json").out)["table"]) == 14


@pytest.mark.parametrize("ending", ["csv", "xlsx", "geojson", "html"])
def test_files_of_every_kind_are_written(town, tmp_path, ending):
    out = tmp_path / f"clusters.{ending}"
    answer = town("clusters", "export", "--out", out, "--tier", "confirmed")
    assert answer.code == 0, answer.err
    if ending == "csv":
        lines = out.read_text("utf-8-sig").splitlines()
        assert len(lines) == 6
        assert lines[0].startswith("聚集区编号")
    elif ending == "xlsx":
        book = CalamineWorkbook.from_path(str(out))
        members = book.get_sheet_by_index(1).to_python()
        # The name that looks like a formula is a text.
        assert "=cmd()" in {row[3] for row in members}
    elif ending == "geojson":
        assert len(json.loads(out.read_text("utf-8"))["features"]) == 5
    else:
        assert HOSTILE_NAME not in out.read_text("utf-8")


def test_a_file_that_cannot_be_written_is_said(town, tmp_path):
    assert town("clusters", "export", "--out", tmp_path / "x.doc").code == 2
    assert town("clusters", "export", "--out", tmp_path / "no" / "x.csv").code == 2
    assert town("clusters", "export", "--out", tmp_path / "x.csv", "--crs", "utm").code == 2
    answer = town("clusters", "export", "--out", tmp_path / "x.html", "--crs", "gcj02")
    assert answer.code == 2


def test_the_map_is_one_file(town, tmp_path):
    out = tmp_path / "map.html"
    assert town("map", "clusters", "--out", out, "--language", "en").code == 0
    assert '<html lang="en"' in out.read_text("utf-8")
    assert town("map", "clusters", "--out", out, "--language", "fr").code == 2


def test_without_enterprises_it_is_said_what_to_load(nuanyi):
    answer = nuanyi("clusters", "list")
    assert answer.code == 4
    assert "nuanyi import enterprises" in answer.err
