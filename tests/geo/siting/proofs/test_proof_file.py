"""The proof.json of a saved plan, multiplied out again; and what is none."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest
from siting_oracle import a_town, raw_pairs

from geo.errors import Invalid, InvalidFile
from geo.siting.control import Control
from geo.siting.files.checkable import read_checkable
from geo.siting.names import Names
from geo.siting.plans.ending import proof_file
from geo.siting.problem import EXISTING, FORCED, Demand, Rules, Sites
from geo.siting.proofs.proof_file import check_proof, examine_proof, proof_of
from geo.siting.reach import euclidean
from geo.siting.solving import Problem, solve

ASKED = {
    "max-cover": Rules(p=4, steps=((0.1, 1.0), (0.2, 0.5)), backup=0.25),
    "max-cover of districts": Rules(p=6, district_least_share={0: 0.5, 2: 0.6}),
    "max-cover with capacities": Rules(p=4, capacities=True),
    "set-cover": Rules(share=0.7),
    "set-cover of districts": Rules(district_least_share={0: 0.5, 1: 0.6}),
    "p-median": Rules(p=5),
    "p-median with capacities": Rules(p=8, capacities=True),
    "p-centre": Rules(p=5),
}


@pytest.fixture(params=ASKED)
def proof(request):
    """What the service writes for a plan of each kind, and the plan's answer."""
    here, there, weight, rng = a_town(5, 120, 14, clustered=True)
    fixed = np.zeros(14, int)
    fixed[[2, 9]] = FORCED, EXISTING
    rules = ASKED[request.param]
    walks = request.param.startswith("p-")
    rooms = rng.integers(200, 500, 14).astype(float) if rules.capacities else None
    demand = Demand.of(weight, district=rng.integers(0, 3, 120))
    sites = Sites.of(14, fixed=fixed, capacity=rooms, cost=rng.integers(1, 5, 14))
    reach = euclidean(here, there, 2.0 if walks else 0.2)
    model = request.param.split(" ")[0]
    problem = Problem(model, demand, sites, reach, rules, list(range(14)), Names(), 0)
    answer = solve(problem, Control(), 0)
    assert answer.status == "optimal"
    written = proof_file(problem, answer)
    assert written is not None
    return json.loads(gzip.decompress(written)), answer, reach


def test_the_proof_of_every_model_holds(proof, tmp_path) -> None:
    told, answer, _ = proof
    plain, packed = tmp_path / "plain.json", tmp_path / "packed.json.gz"
    plain.write_text(json.dumps(told))
    packed.write_bytes(gzip.compress(json.dumps(told).encode()))
    for path in (plain, packed):
        found = examine_proof(read_checkable(path))
        assert found.holds, found
        more = told["certificate"]["model"].startswith("max-cover")
        assert found.value == pytest.approx(answer.objective)
        assert check_proof(told) == found
        assert found.bound is not None
        assert found.bound >= answer.objective - 1e-6 or not more
        assert found.bound <= answer.objective + 1e-6 or more
        assert found.bound == pytest.approx(answer.objective, rel=0.25)


def test_a_proof_that_was_tampered_with_does_not_hold(proof) -> None:
    told, _, reach = proof
    certificate = told["certificate"]
    beyond = -1 if certificate["model"].startswith("max-cover") else 1
    lie = certificate | {"bound": certificate["value"] + beyond}
    assert not examine_proof(told | {"certificate": lie}).holds
    # A plan of the standing sites alone is worth something else, or keeps to no condition.
    bare = certificate | {"sites": [2]}
    assert not examine_proof(told | {"certificate": bare}).holds
    with pytest.raises(Invalid, match="proof does not hold"):
        check_proof(told | {"certificate": bare})
    who, where = raw_pairs(reach)
    gone = (where != 2) & (where != 9)
    fewer = told | {"demand": who[gone].tolist(), "site": where[gone].tolist()}
    if told["metres"] is not None:
        fewer["metres"] = reach.metres[gone].tolist()
    if certificate["model"] == "max-cover":
        assert not examine_proof(fewer).holds


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"metres": None}, "lacks metres"),
        ({"capacity": None}, "lacks capacity"),
        ({"district": None}, "lacks district"),
        ({"weight": ["many"]}, "cannot be read"),
        ({"site": [99]}, "cannot be read"),
        ({"certificate": {"model": "gravity"}}, "no checker of the model 'gravity'"),
    ],
)
def test_a_proof_that_lacks_something_says_what(proof, change, says) -> None:
    told, *_ = proof
    name = next(iter(change))
    needed = told[name] is not None
    if name == "district":
        of = told["certificate"]
        needed = bool(of.get("floors") or of.get("district_least_share"))
    if not needed:
        assert examine_proof(told | change).holds
        return
    with pytest.raises(InvalidFile, match=says):
        examine_proof(told | change)


def a_proof(rules: Rules, people=None, hosts=None, model: str = "max-cover"):
    """Two sites 50 m apart, each beside ten people; both are in the plan. `people`, `hosts`: the
    district of each."""
    reach = euclidean([[0, 0], [50, 0]], [[0, 0], [50, 0]], 40)
    sites = Sites.of(2, x=[0.0, 0.0005], y=[0.0, 0.0], degrees=True, district=hosts,
                     capacity=[9.0, 9.0])  # fmt: skip
    problem = Problem(
        model, Demand.of([10, 10], district=people), sites, reach, rules, [0, 1], Names(), 0
    )
    answer = solve(problem, Control(), 0)
    return json.loads(json.dumps(proof_of(problem, answer)))


@pytest.mark.parametrize("model", ["max-cover", "set-cover"])
def test_a_floor_of_a_district_where_only_candidates_are_keeps_no_plan_from_its_proof(model):
    rules = Rules(p=1, district_least_share={0: 0.5, 1: 0.5})
    found = examine_proof(a_proof(rules, people=[0, 0], hosts=[0, 1], model=model))
    assert found.holds, found.broken
    assert found.bound == pytest.approx(found.value)


def test_sites_whose_positions_were_taken_out_are_not_far_apart() -> None:
    told = a_proof(Rules(p=2, spacing_metres=100.0, spacing="warn"))
    assert len(told["certificate"]["sites"]) == 2
    told["rules"]["spacing"] = "forbid"
    assert not examine_proof(told).holds
    for name in ("x", "y"):
        for nowhere in (None, float("nan"), float("inf")):
            with pytest.raises(InvalidFile, match="cannot be read"):
                examine_proof(told | {name: [nowhere, *told[name][1:]]})


@pytest.mark.parametrize("name", ["weight", "cost", "capacity"])
@pytest.mark.parametrize("amount", [float("nan"), -1.0])
def test_amounts_that_are_none_are_no_proof(name, amount) -> None:
    told = a_proof(Rules(p=2, capacities=True))
    assert examine_proof(told).holds
    with pytest.raises(InvalidFile, match="cannot be read"):
        examine_proof(told | {name: [amount, *told[name][1:]]})


@pytest.mark.parametrize(
    "rules",
    [
        {"p": "2"}, {"p": 1.5}, {"budget": "x"}, {"per_chain_most": "1"}, {"spacing": "perhaps"},
        {"spacing_metres": float("nan")}, {"district_least_sites": {"0": "2"}},
        {"district_least_share": {"0": "x"}}, {"district_least_sites": {"99999999999": 1}},
    ],
)  # fmt: skip
def test_rules_of_the_wrong_kind_are_a_damaged_file(rules) -> None:
    told = a_proof(Rules(p=2))
    told["rules"] |= rules
    with pytest.raises(InvalidFile, match="cannot be read"):
        examine_proof(told)
    huge = a_proof(Rules(p=2)) | {"district_names": {"99999999999": "东"}}
    assert examine_proof(huge).holds


@pytest.mark.parametrize("content", ["[]", "{}", '{"format": "other"}', "no json", "\x1f\x8b"])
def test_what_is_neither_plan_nor_proof_is_refused(tmp_path, content) -> None:
    (tmp_path / "x.json").write_text(content, "latin-1")
    with pytest.raises(InvalidFile, match=r"is no PLAN\.json, .* or proof\.json"):
        read_checkable(tmp_path / "x.json")
    with pytest.raises(InvalidFile, match="cannot be read"):
        read_checkable(tmp_path / "absent.json")


def test_a_proof_of_an_earlier_version_is_told_so(tmp_path, proof) -> None:
    told, *_ = proof
    (tmp_path / "old.json").write_text(json.dumps({n: told[n] for n in told if n != "format"}))
    with pytest.raises(InvalidFile, match="earlier version"):
        read_checkable(tmp_path / "old.json")
