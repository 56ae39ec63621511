"""`nuanyi unions` and `nuanyi enterprises`: noting what became of a union, and listing."""

import csv
import io
import json

import pytest
import union_town

DONE, UNUSABLE, MISSING = 0, 2, 4


@pytest.fixture
def town(nuanyi, database, actor, monkeypatch):
    """The town behind the command line."""
    with database.write(actor) as writer:
        union_town.build(writer)
    # Tables are for eighty columns; what is asserted must not be folded away.
    monkeypatch.setenv("COLUMNS", "200")
    return nuanyi


def listed(town, *asked) -> list[dict]:
    answer = town("enterprises", "list", "--format", "json", "--limit", 1000, *asked)
    assert answer.code == DONE, answer.err
    return json.loads(answer.out)


def test_a_union_is_noted_listed_and_taken_back(town):
    noted = town(
        "unions", "note", 8, "--state", "own", "--members", 20, "--name", "新工会",
        "--since", "2026-07-15", "--note", "批复1号",
    )  # fmt: skip
    assert noted.code == DONE, noted.err
    assert "已登记 / noted" in noted.out
    [unit] = [one for one in listed(town) if one["id"] == 8]
    assert (unit["union_state"], unit["members"], unit["union_name"]) == ("own", 20, "新工会")
    assert unit["changed_on"] == "2026-07-15"
    [change] = json.loads(town("unions", "changes", "--json").out)
    assert change["holds"]
    assert change["noted_by"] == "command line"
    shown = town("unions")
    assert "批复1号" in shown.out
    assert "新工会" in shown.out
    revoked = town("unions", "revoke", change["id"])
    assert "已撤销 / revoked" in revoked.out
    [unit] = [one for one in listed(town) if one["id"] == 8]
    assert unit["union_state"] == "none"
    assert "已撤销" in town("unions", "changes", "--enterprise", 8).out
    assert town("unions", "revoke", change["id"]).code == MISSING


@pytest.mark.parametrize(
    ("asked", "code", "told"),
    [
        (("unions", "note", 7777, "--state", "own"), MISSING, "7777"),
        (("unions", "note", 8, "--state", "founded"), UNUSABLE, "founded"),
        (("unions", "note", 8, "--state", "own", "--since", "gestern"), UNUSABLE, "gestern"),
        (("unions", "note", 8, "--state", "own", "--since", "2999-01-01"), UNUSABLE, "2999"),
        (("unions", "note", 8, "--state", "own", "--members", 57), UNUSABLE, "57"),
        (("unions", "note", 8, "--state", "none"), MISSING, "already"),
        (("unions", "revoke", 5), MISSING, "5"),
        (("enterprises", "list", "--state", "founded"), UNUSABLE, "founded"),
        (("enterprises", "list", "--area", 77), MISSING, "77"),
        (("enterprises", "list", "--format", "csv", "--out", "/nowhere/x.csv"), UNUSABLE, "x.csv"),
    ],
)
def test_what_cannot_be_is_said_with_a_remedy(town, asked, code, told):
    answer = town(*asked)
    assert answer.code == code
    assert told in answer.err
    assert "→" in answer.err


def test_a_list_is_filtered_and_cut_with_a_word(town):
    assert {one["union_state"] for one in listed(town, "--state", "none,unknown")} == {
        "none",
        "unknown",
    }
    assert all(25 <= one["employees"] < 100 for one in listed(town, "--size", "25_99"))
    assert all("云杉路3" in one["address"] for one in listed(town, "--q", "云杉路3"))
    short = town("enterprises", "list", "--limit", 3)
    assert "只列出最大的 3 家" in short.err
    assert "云杉单位" in short.out


def test_a_csv_has_the_headers_of_an_import_and_no_formula(town, database, actor, tmp_path):
    with database.write(actor) as writer:
        writer.execute("UPDATE enterprise SET name = '=HYPERLINK(1)', address = '+1' WHERE id = 8")
    target = tmp_path / "名单.csv"
    answer = town("enterprises", "list", "--format", "csv", "--limit", 1000, "--out", target)
    assert answer.code == DONE
    assert "已写入" in answer.err
    text = target.read_text("utf-8-sig")
    found = list(csv.DictReader(io.StringIO(text)))
    assert len(found) == 40 + union_town.SHELLS
    assert {"单位名称", "职工人数", "建会状态", "经度"} <= set(found[0])
    [unit] = [one for one in found if one["编号"] == "8"]
    assert unit["单位名称"] == "'=HYPERLINK(1)"
    assert unit["单位地址"] == "'+1"
    hostile = [one for one in found if one["编号"] == "5"]
    assert hostile[0]["单位名称"] == union_town.unit(5)["name"]
    told = town("enterprises", "list", "--format", "csv", "--limit", 2)
    assert told.out.splitlines()[0].startswith("编号,单位名称")
