"""The proof of every kind of plan, fetched as anybody would and checked with the shipped checkers;
and that a proof in which something was changed is refused."""

import copy
import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from planning_desk import COUNT, WORKDAY, covered, finished
from planning_town import metres

from geo.errors import Invalid
from geo.siting.centre.proof import check_centre
from geo.siting.checker import check
from geo.siting.checker_served import check_served
from geo.siting.median.certificate import check_walk
from geo.siting.problem import gap_of
from geo.siting.proofs.proof_file import check_proof
from maps.siting.words import proof as printed

QUESTIONS = {
    "max-cover": {"sites": 3},
    "steps and backup": {"sites": 3, "steps": [[300, 1.0], [600, 0.5]], "backup": 0.3},
    "budget": {"budget": 6000},
    "floor of people": {"sites": 4, "area_least_share": 0.3},
    "floor of sites, all night, chain": {
        "sites": 4, "area_least_sites": 2, "open_24h_least": 2, "per_chain_most": 1,
    },
    "spacing": {"sites": 3, "spacing_metres": 1500},
    "locked and forbidden": {"sites": 3, "lock": [1], "forbid": [4, 7]},
    "capacities": {"sites": 3, "capacity_per_place": 0.5},
    "set-cover": {"model": "set-cover", "share": 0.6},
    "set-cover of areas": {"model": "set-cover", "area_least_share": 0.4},
    "p-median": {"model": "p-median", "sites": 3},
    "p-median with capacities": {"model": "p-median", "sites": 3, "capacity_per_place": 0.5},
    "p-median, floor of sites": {"model": "p-median", "sites": 3, "area_least_sites": 2},
    "p-centre": {"model": "p-centre", "sites": 4},
    "p-centre, spacing": {"model": "p-centre", "sites": 4, "spacing_metres": 1000},
}  # fmt: skip


@pytest.fixture(scope="module")
def proofs(planner):
    """Of each question the plan and what is to be had as its proof."""
    numbers = {
        name: planner.post(
            "/api/siting/plans", json={"question": {"gap": 0, "seconds": 15, **asked}}
        ).json()["id"]
        for name, asked in QUESTIONS.items()
    }
    plans = {name: finished(planner, number) for name, number in numbers.items()}
    return {
        name: (plan, planner.get(f"/api/siting/plans/{plan['id']}/proof.json").json())
        for name, plan in plans.items()
    }


@pytest.mark.parametrize("name", QUESTIONS)
def test_whoever_has_the_file_derives_value_and_bound_from_it(proofs, name):
    plan, proof = proofs[name]
    answer = plan["answer"]
    assert answer["status"] == "optimal", plan["problem"]
    assert plan["has_proof"] is True
    checked = check_proof(proof)
    assert checked.model == plan["question"]["model"]
    assert sorted(checked.names) == sorted(map(str, answer["sites"]))
    assert checked.value == pytest.approx(answer["objective"])
    assert checked.stated_bound == pytest.approx(answer["bound"])
    # The certificate alone may prove a little less than the exact search did, never more.
    if plan["question"]["model"] == "max-cover":
        assert checked.bound >= answer["bound"] - 1e-6
        assert checked.bound <= answer["bound"] * 1.1
    else:
        assert 0.5 * answer["bound"] <= checked.bound <= answer["bound"] * (1 + 1e-6)


def test_a_plan_tells_how_much_of_its_gap_the_file_proves(proofs):
    told = set()
    for plan, proof in proofs.values():
        answer, checked = plan["answer"], check_proof(proof)
        proved = gap_of(answer["objective"], checked.bound)
        assert answer["proved_gap"] == pytest.approx(max(answer["gap"], proved), abs=1e-8)
        told.add(proved > 1e-6)
    # Of some the file proves all of it, of others the search went on.
    assert told == {True, False}


@pytest.mark.parametrize(("alone", "says"), [(0.0136, True), (0.0008, False), (None, False)])
def test_what_is_printed_says_where_the_file_proves_less(alone, says):
    answer = {"gap": 0.0008, "status": "gap reached", "proved_gap": alone}
    view = SimpleNamespace(by_hand=False, answer=answer)
    assert ("证明文件单独证明到 1.4%" in printed(view, "zh")) is says
    assert (" The proof file by itself proves 1.4%" in printed(view, "en")) is says


def called(proof):
    """What the file names as its checker, called with the arrays that it names."""
    known = {
        "geo.siting.checker.check": check,
        "geo.siting.checker_served.check_served": check_served,
        "geo.siting.median.certificate.check_walk": check_walk,
        "geo.siting.centre.proof.check_centre": check_centre,
        "geo.siting.proofs.proof_file.check_proof": check_proof,
    }
    name, _, arguments = proof["checker"].rstrip(")").partition("(")
    given = [
        proof if one == "proof" else proof[one] if proof[one] is None or one == "certificate"
        else np.array(proof[one])
        for one in arguments.split(", ")
    ]  # fmt: skip
    return known[name](*given)


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_checker_that_the_file_names_takes_what_the_file_has(proofs, name):
    plan, proof = proofs[name]
    told = called(proof)
    if plan["question"]["model"] == "p-centre":
        assert 0 < told <= plan["answer"]["objective"]
    elif plan["question"]["model"] == "set-cover":
        assert told == check_proof(proof)
    else:
        value, bound = told
        if name != "p-median with capacities":  # a transportation problem, which it leaves
            assert value == pytest.approx(plan["answer"]["objective"])
        assert bound == pytest.approx(check_proof(proof).bound)


def test_the_value_proved_is_that_of_the_street(proofs, town):
    plan, proof = proofs["locked and forbidden"]
    assert 1 in plan["answer"]["sites"]
    best = max(
        covered(town, town.hosts[[0, *(n - 1 for n in some)]]).sum()
        for some in itertools.combinations(set(range(2, COUNT)) - {4, 7}, 2)
    )
    assert check_proof(proof).value == pytest.approx(WORKDAY * best)
    plan, proof = proofs["p-median with capacities"]
    # Nobody walks farther than today, or than p-median looks; those for whom there is room save.
    chosen = [int(one) for one in plan["answer"]["sites"]]
    today = np.minimum(metres(town.lon, town.stations).min(axis=1), 2000.0)
    saved = today[:, None] - metres(town.lon, town.hosts[[n - 1 for n in chosen]])
    most = sum(
        float(np.sort(np.maximum(one, 0.0))[::-1] @ np.clip(
            0.5 * 17 * n - WORKDAY * np.arange(len(one)), 0.0, WORKDAY
        ))
        for n, one in zip(chosen, saved.T, strict=True)
    )  # fmt: skip
    value = check_proof(proof).value
    # No site has room for a whole place: each takes from the place that saves most.
    assert value == pytest.approx(WORKDAY * today.sum() - most, rel=1e-6)


def no_site_left(proof):
    proof["certificate"]["sites"] = []


def every_site(proof):
    free = [at for at, code in enumerate(proof["fixed"]) if code in (0, 1)]
    proof["certificate"]["sites"] = free


def better_value(proof):
    proof["certificate"]["value"] *= 1.01 if proof["model"] == "max-cover" else 0.99


def impossible_bound(proof):
    proof["certificate"]["bound"] *= 0.9 if proof["model"] == "max-cover" else 1.1


def a_forbidden_site(proof):
    chosen = proof["certificate"]["sites"][-1]
    proof["fixed"][chosen] = 2


def a_pair_short(proof):
    for name in ("demand", "site"):
        proof[name].pop()
    proof["site"][0] = len(proof["cost"])


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize(
    "tamper",
    [no_site_left, every_site, better_value, impossible_bound, a_forbidden_site, a_pair_short],
)
def test_a_proof_in_which_something_was_changed_is_refused(proofs, name, tamper):
    proof = copy.deepcopy(proofs[name][1])
    tamper(proof)
    with pytest.raises(Invalid) as told:
        check_proof(proof)
    assert told.value.remedy


@pytest.mark.parametrize("nonsense", [{}, {"model": "max-cover"}, {"cost": [1, 2]}])
def test_what_is_no_proof_is_told_so(nonsense):
    with pytest.raises(Invalid, match="no proof of a plan"):
        check_proof(nonsense)
