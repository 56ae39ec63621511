"""`nuanyi siting check`: what of a plan holds, and what somebody wrote into it."""

import json

import pytest


@pytest.mark.parametrize("capacity", [(), ("--capacity", 25)])
@pytest.mark.parametrize(
    ("change", "holds", "proved"),
    [({"bound": 32, "status": "gap reached"}, True, True), ({"objective": 8}, False, False)],
)
def test_a_check_in_json_says_yes_or_no_and_no_words(
    street, typed, tmp_path, capacity, change, holds, proved
):
    run, read = street
    run("solve", "--sites", 1, "--radius", 500, *capacity, "--out", "P.json")
    told = read("P.json") | change
    told["gap"] = abs(told["bound"] - told["objective"]) / told["objective"]
    (tmp_path / "Q.json").write_text(json.dumps(told), encoding="utf-8")
    facts = json.loads(typed("siting", "check", "Q.json", "--json").out)
    assert facts["holds"] is holds
    assert facts["proved"] is proved


@pytest.mark.parametrize("model", ["max-cover", "p-median"])
def test_a_plan_without_room_for_all_is_checked_to_the_end(street, typed, tmp_path, model):
    """A plan of no site, and one whose sites have too little room."""
    _, read = street
    options = ("--model", model, "--sites", 1, "--radius", 500, "--capacity", 5)
    typed("siting", "solve", "--demand", "D.csv", "--candidates", "C.csv", *options, "--out", "P")
    plan = read("P")
    for sites in ([], ["q"]):
        lie = plan | {"status": "stopped", "sites": sites, "certificate": None}
        (tmp_path / "Q.json").write_text(json.dumps(lie))
        said = typed("siting", "check", "Q.json", "--json")
        assert said.code in (0, 1), said.err
        facts = json.loads(said.out, parse_constant=pytest.fail)
        room = any("no room for all" in one for one in facts["broken"])
        assert (facts["value"], room) == ((None, True) if model == "p-median" else
                                          (5 * len(sites), False))  # fmt: skip


@pytest.mark.parametrize("model", ["max-cover", "set-cover", "p-median", "p-centre"])
def test_whatever_a_plan_states_is_derived_anew(street, typed, tmp_path, model):
    run, read = street
    how_many = ("--share", 1) if model == "set-cover" else ("--sites", 1)
    run("solve", "--model", model, *how_many, "--radius", 500, "--assignment", "--out", "P.json")

    def checked(*strict, **change):
        (tmp_path / "Q.json").write_text(json.dumps(read("P.json") | change), encoding="utf-8")
        said = typed("siting", "check", "Q.json", "--json", *strict)
        return said.code, json.loads(said.out)["broken"]

    assert checked("--strict") == (0, [])
    plan = read("P.json")
    worse = plan["objective"] * (0.5 if model == "max-cover" else 2)
    far = {**plan["assignment"], "distance": [1.0, 1.0]}
    for field, lie in (
        ("cost", {"cost": -3}),
        ("existing", {"existing": 42}),
        ("sense", {"sense": "other"}),
        ("model", {"model": "max-flow"}),
        ("coverage.share", {"coverage": plan["coverage"] | {"share": 2.0}}),
        ("assignment.distance.0", {"assignment": far}),
        ("status", {"status": "best of all"}),
        ("The gap is 0.", {"gap": 0.25}),
        ("that is not optimal", {"bound": worse, "gap": 0.5}),
        ("Without a bound nothing is optimal", {"bound": None, "gap": None}),
        ("named twice", {"sites": plan["sites"] * 2}),
        ("does not state its objective", {"objective": None}),
    ):
        code, broken = checked(**lie)
        assert (code, any(field in one for one in broken)) == (1, True), broken


def test_a_bound_that_nothing_proves_is_said_to_be_so(street, typed, tmp_path):
    run, read = street
    run("solve", "--sites", 1, "--radius", 500, "--out", "P.json")
    bare = read("P.json") | {"certificate": None}
    (tmp_path / "Q.json").write_text(json.dumps(bare), encoding="utf-8")
    for strict, code in ((), 0), (("--strict",), 1):
        said = typed("siting", "check", "Q.json", *strict)
        assert (said.code, "no certificate proves its bound" in said.out) == (code, True)


def test_that_there_is_no_plan_is_derived_anew(street, typed, tmp_path):
    _, read = street
    asked = ("--demand", "D.csv", "--candidates", "C.csv", "--share", 1, "--radius", 20)
    typed(
        "siting",
        "solve",
        "--model",
        "set-cover",
        "--share",
        1,
        *asked[:4],
        *asked[6:],
        "--out",
        "P.json",
    )
    plan = read("P.json")
    assert plan["status"] == "infeasible"
    said = typed("siting", "check", "P.json")
    assert said.code == 0
    assert "no plan is claimed" in said.out
    assert "cannot be reached" in " ".join(said.out.split())
    (tmp_path / "Q.json").write_text(json.dumps(plan | {"sites": ["p"]}), encoding="utf-8")
    assert typed("siting", "check", "Q.json").code == 1


@pytest.mark.parametrize(
    "damage",
    [
        {"sites": None}, {"objective": "x"}, {"objective": [1]}, {"bound": "x"},
        {"question": {"model": "max-cover"}}, {"radius": "10"}, {"steps": [5]}, {"force": 3},
    ],
)  # fmt: skip
def test_a_damaged_plan_is_a_sentence_and_exit_code_2(street, typed, tmp_path, damage):
    run, read = street
    run("solve", "--sites", 1, "--radius", 500, "--out", "P.json")
    plan = read("P.json")
    if set(damage) <= set(plan):
        plan |= damage
    else:
        plan["question"] |= damage
    (tmp_path / "Q.json").write_text(json.dumps(plan), encoding="utf-8")
    said = typed("siting", "check", "Q.json")
    assert (said.code, "Traceback" in said.err) == (2, False), said.err
    for bare in ("nuanyi-plan-1", "nuanyi-changes-1", "nuanyi-robust-1", "nuanyi siting proof 2"):
        (tmp_path / "Q.json").write_text(json.dumps({"format": bare}), encoding="utf-8")
        assert typed("siting", "check", "Q.json").code == 2
