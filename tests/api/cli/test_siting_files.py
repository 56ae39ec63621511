"""`nuanyi siting` on plain files, as a researcher types it: no database anywhere."""

import csv
import io
import json

import numpy as np
import pandas as pd
import pytest
from rich.cells import cell_len

from geo.siting.checker import check
from geo.siting.control import Control
from geo.siting.files.load import load
from geo.siting.files.plan import question_of, read, solve
from geo.siting.files.serving import gathered_reach
from geo.siting.names import Names
from geo.siting.proofs.proof_file import proof_of
from geo.siting.solving import Problem


@pytest.fixture
def sjc(shared_data, tmp_path):
    """The 324 nodes of São José dos Campos, each both demand and candidate."""
    told = np.loadtxt(shared_data / "siting/sjc/SJC324.txt", skiprows=1)
    frame = pd.DataFrame(told[:, :3], columns=["x", "y", "weight"]).astype(int)
    frame.insert(0, "id", [f"n{k}" for k in range(len(frame))])
    frame.to_csv(tmp_path / "nodes.csv", index=False)
    return tmp_path


@pytest.fixture
def typed_here(typed, sjc, monkeypatch):
    monkeypatch.chdir(sjc)
    return lambda command, *more: typed(
        "siting", command, "--demand", "nodes.csv", "--candidates", "nodes.csv", *more
    )


def test_the_published_optimum_comes_with_a_proof_anyone_can_check(typed_here, typed, sjc):
    told = typed_here(
        "solve", "--sites", 3, "--radius", 800, "--gap", 0, "--out", "PLAN.json", "--assignment"
    )
    assert told.code == 0, told.err
    assert "已证明最优" in told.out
    assert max(cell_len(line) for line in told.out.splitlines()) <= 80
    plan = json.loads((sjc / "PLAN.json").read_text("utf-8"))
    assert (plan["status"], plan["objective"], plan["bound"]) == ("optimal", 11604, 11604)
    assert sum(site is not None for site in plan["assignment"]["site"]) > 200
    assert typed("siting", "check", "PLAN.json").code == 0
    facts = json.loads(typed("siting", "check", "PLAN.json", "--json").out)
    assert facts["value"] == 11604
    assert facts["holds"] is True
    # The certificate alone, with the checker that is shipped and pairs of our own.
    frame = pd.read_csv(sjc / "nodes.csv")
    apart = np.hypot(*(np.subtract.outer(frame[c].to_numpy(), frame[c].to_numpy()) for c in "xy"))
    demand, site = np.nonzero(apart <= 800)
    weight = frame["weight"].to_numpy(float)
    value, bound = check(weight, demand, site, None, np.ones(324), plan["certificate"])
    assert value == 11604
    assert 11604 <= bound < 11604 * 1.01
    plan["sites"][0] = "n0"
    (sjc / "other.json").write_text(json.dumps(plan), encoding="utf-8")
    assert typed("siting", "check", "other.json").code == 1


def test_check_takes_the_proof_of_a_saved_plan_and_refuses_anything_else(typed_here, typed, sjc):
    typed_here("solve", "--sites", 3, "--radius", 800, "--gap", 0, "--out", "PLAN.json")
    asked = load(question_of(read(sjc / "PLAN.json"), sjc))
    reach, refs = gathered_reach(asked.reach), asked.site_ids.to_pylist()
    saved = Problem(
        "max-cover", asked.demand, asked.sites, reach, asked.rules, refs, Names(sites=refs), 0
    )
    proof = proof_of(saved, solve(asked, Control()))
    (sjc / "proof.json").write_text(json.dumps(proof), encoding="utf-8")
    facts = json.loads(typed("siting", "check", "proof.json", "--json").out)
    assert (facts["value"], facts["holds"], facts["proved"]) == (11604, True, True)
    assert "方案成立" in typed("siting", "check", "proof.json").out
    proof["weight"][proof["certificate"]["sites"][0]] -= 1
    (sjc / "proof.json").write_text(json.dumps(proof), encoding="utf-8")
    assert typed("siting", "check", "proof.json").code == 1
    refused = typed("siting", "check", "proof.json", "--demand", "nodes.csv")
    assert (refused.code, "--demand" in refused.err) == (2, True)
    refused = typed("siting", "check", "nodes.csv")
    assert (refused.code, "proof.json" in refused.err) == (2, True)


def test_the_curve_and_an_evaluation_agree_with_the_published_values(typed_here):
    told = typed_here("curve", "--radius", 800, "--up-to", 3)
    assert told.code == 0, told.err
    lines = list(csv.DictReader(io.StringIO(told.out)))
    assert [float(line["value"]) for line in lines] == [5461, 8790, 11604]
    best = lines[2]["chosen"].split()
    facts = json.loads(
        typed_here("evaluate", "--radius", 800, "--at", ",".join(best), "--json").out
    )
    assert facts["covered"] == 11604
    two = json.loads(
        typed_here("evaluate", "--radius", 800, "--at", ",".join(best[:2]), "--json").out
    )
    gain = {one["id"]: one["gain"] for one in two["gains"]}
    assert two["covered"] + gain[best[2]] == 11604


def test_no_plan_is_explained_on_the_screen_and_in_the_file(typed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "D.csv").write_text(
        "id,x,y,weight,district\na,0,0,41,马坡镇\nb,0,900,59,马坡镇\nc,5000,0,9,空港街道\n"
    )
    (tmp_path / "C.csv").write_text("id,x,y\np,0,1\nq,5000,0\n")
    told = typed(
        "siting", "solve", "--demand", "D.csv", "--candidates", "C.csv", "--sites", 2,
        "--radius", 500, "--per-area", "马坡镇=60%", "--out", "PLAN.json",
    )  # fmt: skip
    assert told.code == 1
    assert "马坡镇达不到 60%" in told.out.replace("\n", "")
    plan = json.loads((tmp_path / "PLAN.json").read_text("utf-8"))
    assert plan["status"] == "infeasible"
    assert plan["objective"] is None
    [reason] = plan["infeasible"]["reasons"]
    assert (reason["wanted"], reason["reachable"]) == (0.6, 0.41)
    ways = {one["rule"]: one["value"] for one in plan["infeasible"]["changes"]}
    assert ways == {"district_least_share": 0.41, "radius": pytest.approx(899, abs=1.1)}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--sites", 2, "--radius", 5, "--per-area", "某镇=0.5"), "没有街道“某镇”"),
        (("--sites", 2, "--radius", 5, "--steps", "500"), "应写作 米:比例"),
        (("--sites", 2, "--radius", 5, "--capacity", "许多"), "不是数"),
        (("--sites", 2, "--radius", 5, "--crs", "mars"), "没有坐标系"),
        (("--sites", 2, "--radius", 5, "--force", "z"), "没有候选点 z"),
        (("--sites", 2, "--radius", 5, "--area-share", "120%"), "比例不能是 1.2"),
        (("--model", "set-cover", "--radius", 5, "--share", "all"), "--share"),
        (("--sites", 2, "--radius", 5, "--out", "D.csv"), "D.csv 是输入文件"),
        (("--sites", 2, "--radius", 5, "--out", "."), ". 是文件夹"),
        (("--sites", 2, "--radius", 5, "--out", "none/P.json"), "没有文件夹 none"),
        (("--radius", 5), "--sites 或 --budget"),
    ],
)
def test_a_wrong_option_is_a_sentence_and_exit_code_2(typed, tmp_path, monkeypatch, options, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "D.csv").write_text("id,x,y,weight\na,0,0,41\nb,0,900,59\n")
    told = typed(
        "siting", "solve", "--demand", "D.csv", "--candidates", "D.csv", "--out", "P.json", *options
    )
    assert told.code == 2
    assert says in told.err
    assert "Traceback" not in told.err
    assert not (tmp_path / "P.json").exists()
    assert (tmp_path / "D.csv").read_text().startswith("id,x,y,weight")


def test_a_folder_is_no_file_and_steps_are_told_as_they_were_typed(street, typed, tmp_path):
    asked = ("siting", "solve", "--candidates", "C.csv", "--sites", 1, "--out", "P.json")
    said = typed(*asked, "--demand", tmp_path, "--radius", 50)
    assert (said.code, "is a folder" in " ".join(said.err.split())) == (2, True)
    said = typed(*asked, "--demand", "D.csv", "--radius", 900, "--steps", "500:1,300:.5")
    assert (said.code, "do not fit: 500:1,300:0.5." in " ".join(said.err.split())) == (2, True)


def test_coverage_comes_first_and_then_the_walk(street, typed, tmp_path):
    run, read = street
    run("solve", "--sites", 1, "--radius", 500, "--then-walk", "--out", "P.json")
    plan = read("P.json")
    assert (plan["sites"], plan["objective"], plan["walk"]["objective"]) == (["r"], 30, 1300)
    assert plan["walk"]["bound"] == pytest.approx(1300)
    assert typed("siting", "check", "P.json").code == 0

    def checked(**change):
        """What the check says of the plan with something else about its walk."""
        told = plan | {"walk": plan["walk"] | change}
        (tmp_path / "Q.json").write_text(json.dumps(told), encoding="utf-8")
        said = typed("siting", "check", "Q.json")
        return said.code, " ".join(said.out.split())

    assert "proves the bound that is stated" in checked()[1]
    proof = plan["walk"]["certificate"]
    for lie in (
        {"objective": 1400},
        {"bound": 1310},
        {"objective": 1310, "bound": 1310},
        {"certificate": proof | {"p": 0}},
        {"certificate": proof | {"price": [900.0] * 3}},
    ):
        assert checked(**lie)[0] == 1, lie
    # A weaker bound is true all the same; so is one that prices prove in part, or not at all.
    assert checked(bound=1200)[0] == 0
    code, said = checked(certificate=proof | {"price": [0.0, 900.0]})
    assert (code, "the rest of its bound is by search" in said) == (0, True)
    code, said = checked(certificate=None)
    assert (code, "carries no certificate" in said) == (0, True)


@pytest.mark.parametrize(
    ("asked", "best"),
    [
        (("--sites", 12, "--radius", 400), 12145),
        (("--model", "p-median", "--sites", 12), 2469636.968704),
    ],
)
def test_a_search_begins_from_a_plan_made_before(asked, best, typed_here, sjc):
    """Without any time the first plan is not the best; begun from the best it is."""
    assert typed_here("solve", *asked, "--gap", 0, "--out", "best.json").code == 0
    known = json.loads((sjc / "best.json").read_text("utf-8"))
    assert known["objective"] == pytest.approx(best)
    known["sites"] += ["gone", "away"]
    (sjc / "known.json").write_text(json.dumps(known), encoding="utf-8")
    for start, is_best in ((), False), (("--warm", "known.json"), True):
        told = typed_here("solve", *asked, *start, "--time-limit", 0, "--out", "P.json")
        assert told.code == 0, told.err
        found = json.loads((sjc / "P.json").read_text("utf-8"))["objective"]
        assert (found == pytest.approx(best, rel=1e-9)) is is_best
    shown = " ".join(told.out.split())
    assert "2 sites of the plan to begin from are no candidates" in shown
    assert "gone, away" in shown


def test_a_plan_to_begin_from_that_does_not_fit_is_told(street, typed, tmp_path):
    run, read = street
    run("solve", "--sites", 2, "--radius", 60, "--out", "P.json")
    assert read("P.json")["sites"] == ["p", "q"]
    run("solve", "--sites", 2, "--radius", 60, "--forbid", "p", "--warm", "P.json", "--out", "Q")
    [note] = [one for one in read("Q")["notes"] if "begin from" in one]
    assert "1 sites of the plan to begin from are forbidden now and were left out: p." in note
    for more in (("--then-walk",), ("--capacity", 5)):
        told = typed(
            "siting", "solve", "--demand", "D.csv", "--candidates", "C.csv", "--sites", 2,
            "--radius", 60, "--warm", "P.json", "--out", "Q.json", *more,
        )  # fmt: skip
        assert (told.code, more[0] in told.err) == (2, True)


def test_sites_too_near_each_other_are_forbidden_or_named(street, typed):
    run, read = street
    near = ("--sites", 2, "--radius", 55, "--spacing", 80, "--steps", "20:1,55:0.5")
    run("solve", *near, "--out", "strict.json")
    run("solve", *near, "--too-near", "warn", "--out", "warned.json")
    strict, warned = read("strict.json"), read("warned.json")
    assert (strict["objective"], strict["sites"]) == (20, ["r"])
    assert (warned["objective"], warned["sites"]) == (25, ["q", "r"])
    assert "q and r are less than 80 apart" in warned["relaxed"][0]
    assert [typed("siting", "check", name).code for name in ("strict.json", "warned.json")] == [
        0,
        0,
    ]


def test_curves_by_budget_by_share_and_of_walks(street, typed):
    run, _ = street

    def rows(*more):
        return list(csv.DictReader(io.StringIO(run("curve", "--radius", 60, *more))))

    money = rows("--budgets", "0:6:2")
    assert [(row["budget"], row["value"], row["chosen"]) for row in money] == [
        ("0.0", "0.0", ""), ("2.0", "20.0", "r"), ("4.0", "20.0", "r"), ("6.0", "30.0", "q"),
    ]  # fmt: skip
    assert all(float(row["bound"]) >= float(row["value"]) for row in money)
    said = typed("siting", "curve", "--demand", "D.csv", "--candidates", "C.csv",
                 "--radius", 60, "--budgets", "50%")  # fmt: skip
    assert (said.code, "50%" in said.err) == (2, True), said.err
    # No more sites than there are, however many are asked for.
    assert [row["sites"] for row in rows("--up-to", 100_000_000)] == ["1", "2", "3"]
    [half, all_of_it] = rows("--model", "set-cover", "--shares", "50%,1", "--up-to", 2)
    assert (half["sites"], half["at_least"]) == (all_of_it["sites"], all_of_it["at_least"])
    assert all_of_it["chosen"] == "q"
    walks = rows("--model", "p-centre", "--up-to", 2)
    assert [float(row["value"]) for row in walks] == [50, 50]


def test_steps_that_cannot_be_done_say_why_and_state_no_bound(street, tmp_path):
    run, read = street
    (tmp_path / "D.csv").write_text("id,x,y,weight,district\na,0,0,10,东\nb,900,0,20,西\n")
    (tmp_path / "C.csv").write_text("id,x,y,cost\np,0,0,3\nq,900,0,5\n")
    near = ("--radius", 60, "--area-share", 1)
    rows = list(csv.DictReader(io.StringIO(run("curve", *near, "--up-to", 2))))
    assert [(row["value"], row["bound"], row["cost"]) for row in rows] == [
        ("", "", ""), ("30.0", "30.0", "8.0"),
    ]  # fmt: skip
    assert "allow 2 sites" in rows[0]["why"]
    assert rows[1]["why"] == ""
    run("curve", *near, "--budgets", "4,7.5,8", "--out", "M.json")
    points = read("M.json")["points"]
    assert [(one["value"], one["bound"]) for one in points] == [(None, None)] * 2 + [(30, 30)]
    assert all("raise the budget to 8" in one["why"] for one in points[:2])
    walks = list(csv.DictReader(io.StringIO(
        run("curve", "--model", "p-centre", "--radius", 60, "--up-to", 2)
    )))  # fmt: skip
    assert [(row["value"], row["bound"]) for row in walks] == [("", ""), ("0.0", "0.0")]
    assert "allow 2 sites" in walks[0]["why"]
    shares = list(csv.DictReader(io.StringIO(run(
        "curve", "--model", "set-cover", "--shares", "0.5,1", "--radius", 60, "--up-to", 1
    ))))  # fmt: skip
    assert [(row["sites"], row["at_least"]) for row in shares] == [("1", "1"), ("", "2")]
    assert "takes more than 1 sites" in shares[1]["why"]


def test_shares_that_todays_stations_reach_take_no_site(street, typed, tmp_path):
    run, _ = street
    (tmp_path / "E.csv").write_text("id,x,y,open_24h\ns,100,0,1\n")
    (tmp_path / "C.csv").write_text("id,x,y,open_24h\np,0,0,1\nq,10,0,0\n")
    asked = ("curve", "--model", "set-cover", "--existing", "E.csv", "--radius", 60,
             "--shares", "0,60%,70%", "--up-to", 2)  # fmt: skip

    def told(*more):
        rows = csv.DictReader(io.StringIO(run(*asked, *more)))
        return [(row["sites"], row["at_least"], row["chosen"]) for row in rows]

    # The station has 20 of the 30 people beside it.
    [nobody, most, more] = told()
    assert nobody == most == ("0", "0", "")
    assert more[:2] == ("1", "1")
    # A second place that is open all night takes a site, whoever is covered.
    assert told("--open-24h", 2)[0] == ("1", "1", "p")


def test_a_second_covering_counts_in_the_value_and_nobody_twice_in_the_share(street, typed):
    run, _ = street
    rows = list(csv.DictReader(io.StringIO(
        run("curve", "--radius", 60, "--backup", 0.5, "--up-to", 2)
    )))  # fmt: skip
    # q stands between both houses; r beside the larger one counts half of it again.
    assert [(float(row["value"]), float(row["covered"]), float(row["share"])) for row in rows] == [
        (30, 30, 1), (40, 30, 1),
    ]  # fmt: skip
    refused = typed(
        "siting", "curve", "--demand", "D.csv", "--candidates", "C.csv", "--model", "set-cover",
        "--shares", 0.5, "--backup", 0.5, "--radius", 60,
    )  # fmt: skip
    assert refused.code == 2
    assert "--backup" in refused.err


@pytest.mark.parametrize("written", ["60%", "60％", " 60 % ", "0.6"])
def test_a_share_in_a_file_of_subdistricts_may_be_a_percentage(street, typed, tmp_path, written):
    _, read = street
    (tmp_path / "D.csv").write_text("id,x,y,weight,district\na,0,0,10,东\nb,100,0,20,西\n")
    (tmp_path / "A.csv").write_text(f"district,share\n东,{written}\n西,\n")
    asked = ("siting", "solve", "--demand", "D.csv", "--candidates", "C.csv", "--sites", 1,
             "--radius", 30, "--per-area", "A.csv", "--out", "P.json")  # fmt: skip
    # Nobody of 东 can be reached within 30 m.
    assert typed(*asked).code == 1
    [reason] = read("P.json")["infeasible"]["reasons"]
    assert (reason["wanted"], reason["reachable"]) == (0.6, 0)
    (tmp_path / "A.csv").write_text("district,share\n东,0.1\n西,most\n")
    said = typed(*asked)
    assert (said.code, "Traceback" in said.err) == (2, False)
    assert "A.csv is no share" in " ".join(said.err.split())
    assert "row 3" in said.err


@pytest.mark.parametrize("many", ["inf", "1.7", "-3"])
def test_a_file_of_subdistricts_asks_for_whole_numbers_of_sites(street, typed, tmp_path, many):
    _, read = street
    (tmp_path / "D.csv").write_text("id,x,y,weight,district\na,0,0,10,东\nb,100,0,20,西\n")
    (tmp_path / "C.csv").write_text("id,x,y,district\np,0,0,东\nq,50,0,东\nr,110,0,西\n")
    (tmp_path / "A.csv").write_text(f"district,sites\n东,1\n西,{many}\n")
    asked = ("siting", "solve", "--demand", "D.csv", "--candidates", "C.csv", "--sites", 2,
             "--radius", 60, "--per-area", "A.csv")  # fmt: skip
    said = typed(*asked, "--out", "P.json")
    assert (said.code, "whole number" in said.err) == (2, True), said.err
    assert many in said.err
    said = typed(*asked, "--out", "A.csv")
    assert said.code == 2
    assert (tmp_path / "A.csv").read_text().startswith("district")
    (tmp_path / "A.csv").write_text("district,sites\n东,0\n西,\n")
    said = typed(*asked, "--out", "A.csv")
    assert (said.code, "is a file that is read" in said.err) == (2, True), said.err
    assert typed(*asked, "--out", "P.json").code == 0
    assert read("P.json")["objective"] == 30
