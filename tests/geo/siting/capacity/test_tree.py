"""Branch and cut within capacities, where neither prices nor cuts alone are enough."""

from __future__ import annotations

import json
import threading
import time

import numpy as np
import pytest
from siting_oracle import a_town, best_served, raw_pairs

from geo.siting.capacity import tree
from geo.siting.capacity.linear import Split
from geo.siting.capacity.roomy import asked_of, opened_with
from geo.siting.capacity.tree import Search
from geo.siting.checker_served import check_served
from geo.siting.control import Control
from geo.siting.max_cover.solve import max_cover
from geo.siting.problem import Demand, Rules, Sites
from geo.siting.reach import euclidean


def a_dense_town(seed: int, points: int = 300, places: int = 30, radius: float = 0.12):
    """Room for what a site covers in the mean: in dense quarters too little, elsewhere too much."""
    here, there, weight, rng = a_town(seed, points, places, clustered=True)
    reach = euclidean(here, there, radius)
    who, where = raw_pairs(reach)
    covered = np.bincount(where, weight[who], places)
    room = np.full(places, float(np.round(np.median(covered))))
    if seed % 2:
        room *= rng.choice([1, 2], places)
    return Demand.of(weight), Sites.of(places, capacity=room), reach


def searched(asked, control: Control) -> tuple[Search, np.ndarray]:
    best = opened_with(asked, np.empty(0, np.int64), 0).opened
    record = np.zeros(1)
    search = Search(asked, best, record, float(asked.net.people.sum()), 0, control)
    while search.step():
        pass
    return search, record


@pytest.mark.parametrize("seed", range(8))
def test_the_whole_search_finds_and_proves_the_optimum(seed) -> None:
    demand, sites, reach = a_dense_town(seed)
    rules = Rules(p=8, capacities=True)
    search, record = searched(asked_of(demand, sites, reach, rules), Control())
    best = best_served(demand, sites, reach, rules)
    assert record[0] == search.bound == pytest.approx(best)


def test_some_towns_have_to_be_split() -> None:
    """Else the test above would say nothing of splits."""
    split = 0
    for seed in range(8):
        demand, sites, reach = a_dense_town(seed)
        search, _ = searched(asked_of(demand, sites, reach, Rules(p=8, capacities=True)), Control())
        split += search.whole.split is not None
    assert split >= 2


def proofs_of_towns():
    """(demand, sites, pairs, optimum, certificate) of dense towns that had to be split."""
    for seed in (4, 6, 13):
        demand, sites, reach = a_dense_town(seed)
        rules = Rules(p=8, capacities=True)
        answer = max_cover(demand, sites, reach, rules, Control())
        proof = json.loads(json.dumps(answer.certificate))
        if "parts" in proof:
            yield demand, sites, raw_pairs(reach), answer.objective, proof


def parts_in(part):
    yield part
    for half in ("fewer", "more"):
        if half in part:
            yield from parts_in(part[half])


def test_the_certificate_proves_what_the_search_did() -> None:
    split = 0
    for demand, sites, pairs, best, proof in proofs_of_towns():
        assert proof["by"] == "cuts"
        told = check_served(demand.weight, *pairs, sites.capacity, sites.cost, proof)
        assert told == (best, best)
        # Without its parts, or without its cuts, it proves less.
        bare = {name: value for name, value in proof.items() if name != "parts"}
        assert check_served(demand.weight, *pairs, sites.capacity, sites.cost, bare)[1] > best
        split += "who" in proof["parts"]
    assert split >= 2


def test_a_search_without_end_keeps_no_more_prices_than_there_is_room_for(monkeypatch) -> None:
    """Its bound stands; the certificate says that it does not prove it alone."""
    monkeypatch.setattr(tree, "MOST_BYTES", 0)
    demand, sites, reach = a_dense_town(13)
    answer = max_cover(demand, sites, reach, Rules(p=8, capacities=True), Control())
    proof = json.loads(json.dumps(answer.certificate))
    assert answer.status == "optimal"
    assert proof["by"] == "search"
    pairs = raw_pairs(reach)
    _, bound = check_served(demand.weight, *pairs, sites.capacity, sites.cost, proof)
    assert bound > answer.bound


def test_no_certificate_proves_too_much() -> None:
    """Whatever is written into it: cuts, prices, splits, and a bound below the optimum."""
    rng = np.random.default_rng(0)
    seen = 0
    for demand, sites, pairs, best, proof in proofs_of_towns():
        for _ in range(25):
            forged = json.loads(json.dumps(proof))
            forged["bound"] = best - float(rng.integers(1, 200))
            for cut in forged["cuts"]:
                if rng.random() < 0.5:
                    cut[0] = rng.choice(len(sites), rng.integers(1, 12), replace=False).tolist()
                if rng.random() < 0.5:
                    cut[1] = cut[1][:: int(rng.integers(1, 4))]
                cut[2] *= float(rng.choice([0.3, 1.0, 1.7]))
            for part in parts_in(forged["parts"]):
                for vector in part["vectors"]:
                    for name in ("cuts", "splits"):
                        for pair in vector[name]:
                            pair[1] *= float(rng.choice([0.0, 1.0, 3.0, 1e13]))
                if "who" in part and len(part["who"]) > 1:
                    part["who"] = part["who"][: int(rng.integers(2, len(part["who"]) + 1))]
                    part["most"] += float(rng.choice([-1.0, 0.0, 0.5, 1.0]))
            _, bound = check_served(demand.weight, *pairs, sites.capacity, sites.cost, forged)
            assert bound >= best - 1e-6
            seen += 1
    assert seen >= 50


def test_half_a_search_has_a_bound_too() -> None:
    demand, sites, reach = a_dense_town(6)
    rules = Rules(p=8, capacities=True)
    best = best_served(demand, sites, reach, rules)
    asked = asked_of(demand, sites, reach, rules)
    start = opened_with(asked, np.empty(0, np.int64), 0).opened
    search = Search(asked, start, np.zeros(1), float(demand.weight.sum()), 0, Control())
    bounds = [search.bound]
    while search.step():
        bounds.append(search.bound)
        assert bounds[-1] >= best
    assert bounds == sorted(bounds, reverse=True)
    assert len(bounds) > 5


def test_the_same_question_has_the_same_answer() -> None:
    demand, sites, reach = a_dense_town(3)
    rules = Rules(p=8, capacities=True)
    one, other = (
        max_cover(demand, sites, reach, rules, Control(60.0, 0.0), seed=5) for _ in range(2)
    )
    assert one.sites.tolist() == other.sites.tolist()
    assert (one.objective, one.bound) == (other.objective, other.bound)
    who, where = raw_pairs(reach)
    cost, room = sites.cost, sites.capacity
    value, bound = check_served(demand.weight, who, where, room, cost, one.certificate)
    assert value == one.objective
    assert bound == one.bound


def test_a_search_ends_when_it_is_asked_to() -> None:
    demand, sites, reach = a_dense_town(0, 6_000, 600, 0.05)
    control = Control()
    threading.Timer(1.5, control.stop).start()
    began = time.monotonic()
    answer = max_cover(demand, sites, reach, Rules(p=60, capacities=True), control)
    assert time.monotonic() - began < 15
    assert answer.found
    assert answer.bound >= answer.objective > 0


def test_conditions_that_contradict_each_other_have_no_plan() -> None:
    """Each alone could be met; prices do not see it, the linear relaxation does."""
    reach = euclidean(np.zeros((4, 2)), np.zeros((4, 2)), 1.0)
    sites = Sites.of(4, capacity=np.full(4, 2.0), chain=[0, 0, 0, 0], open_24h=[1, 1, 1, 0])
    rules = Rules(p=4, open_24h_least=3, per_chain_most=2, capacities=True)
    answer = max_cover(Demand.of(np.ones(4)), sites, reach, rules, Control(20.0))
    assert answer.status == "infeasible"


def a_contradiction():
    """Three open 24 hours, and two of the one chain that has them."""
    reach = euclidean(np.zeros((4, 2)), np.zeros((4, 2)), 1.0)
    sites = Sites.of(4, capacity=np.full(4, 2.0), chain=[0, 0, 0, 0], open_24h=[1, 1, 1, 0])
    rules = Rules(p=4, open_24h_least=3, per_chain_most=2, capacities=True)
    return asked_of(Demand.of(np.ones(4)), sites, reach, rules)


def test_prices_of_conditions_say_that_there_is_no_plan() -> None:
    asked = a_contradiction()
    nothing = np.zeros(4, np.int8)
    prices = tree.contradiction(asked, nothing, [])
    assert prices is not None
    assert tree.above(asked, prices, nothing)[0] <= 0
    # With a split, where the conditions alone can be met.
    demand, sites, reach = a_dense_town(6)
    plain = asked_of(demand, sites, reach, Rules(p=8, capacities=True))
    free = np.zeros(len(plain.net.capacity), np.int8)
    path = [Split((0, 1, 2), 1.0, 1.0), Split((0, 1, 2), -1.0, -2.0)]
    prices = tree.contradiction(plain, free, path)
    assert prices is not None
    assert tree.above(plain, prices, free)[0] <= 0
    assert tree.contradiction(plain, free, path[:1]) is None


def test_no_part_is_empty_on_a_solvers_word_alone(monkeypatch) -> None:
    monkeypatch.setattr(tree, "contradiction", lambda *_: None)
    search, record = searched(a_contradiction(), Control())
    assert record[0] == 0
    assert search.bound == 4
