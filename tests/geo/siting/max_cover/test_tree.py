"""The tree of our own and the proof it leaves, against HiGHS and from the raw pairs."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from siting_oracle import a_town, best_by_milp, holds, raw_pairs

from geo.siting.checker import check
from geo.siting.control import Control
from geo.siting.max_cover import ladder, summit
from geo.siting.max_cover.annealing import start_search
from geo.siting.max_cover.descent import bound_at
from geo.siting.max_cover.greedy import greedy
from geo.siting.max_cover.lagrangian import starting_prices
from geo.siting.max_cover.parts import split
from geo.siting.max_cover.proof import levels, prices_at, vector_of
from geo.siting.max_cover.solve import max_cover
from geo.siting.max_cover.tree import Tree
from geo.siting.model.merge import merge
from geo.siting.model.moves import board_of
from geo.siting.model.sides import sides_of
from geo.siting.problem import EXISTING, Demand, Rules, Sites
from geo.siting.reach import euclidean

NONE = np.empty(0, np.int64)


def a_question(seed: int, hosts: int = 40, points: int = 400):
    """Conditions mixed, clustered and uniform in turn."""
    here, there, weight, rng = a_town(seed, points, hosts, clustered=bool(seed % 2))
    demand = Demand.of(weight, district=(here[:, 0] > 0.5).astype(int))
    sites = Sites.of(
        hosts,
        cost=rng.integers(1, 6, hosts),
        chain=rng.integers(-1, 4, hosts),
        open_24h=rng.random(hosts) < 0.3,
        district=(there[:, 0] > 0.5).astype(int),
        fixed=rng.choice([0, 0, 0, 0, 0, 0, 1, 2, 3], hosts),
        x=there[:, 0],
        y=there[:, 1],
    )
    rules = Rules(
        p=6 if rng.random() < 0.8 else None,
        budget=float(rng.integers(12, 25)) if rng.random() < 0.4 else None,
        per_chain_most=2 if rng.random() < 0.4 else None,
        open_24h_least=int(rng.integers(0, 3)),
        district_least_sites={0: 2} if rng.random() < 0.3 else {},
        district_least_share={1: float(rng.choice([0.2, 0.4]))} if rng.random() < 0.4 else {},
        spacing_metres=float(rng.choice([0.0, 0.0, 0.06])),
        backup=float(rng.choice([0.0, 0.0, 0.5, 0.3])),
    )
    if rules.p is None and rules.budget is None:
        rules = replace(rules, budget=18.0)
    return demand, sites, euclidean(here, there, 0.12), rules


def too_close(sites: Sites, metres: float):
    """Pairs that the oracle forbids."""
    there = np.column_stack((sites.x, sites.y))
    apart = np.linalg.norm(there[:, None] - there[None], axis=2)
    pairs = np.argwhere(np.triu(apart < metres, 1))
    return [(a, b) for a, b in pairs if not (sites.fixed[[a, b]] == EXISTING).all()]


@pytest.mark.parametrize("seed", range(12))
def test_every_answer_can_be_multiplied_out(seed) -> None:
    demand, sites, reach, rules = a_question(seed)
    answer = max_cover(demand, sites, reach, rules, seed=seed)
    holds(answer, demand, sites, reach, rules, too_close(sites, rules.spacing_metres))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200))
def test_two_hundred_towns_with_conditions_mixed(seed) -> None:
    demand, sites, reach, rules = a_question(1000 + seed, hosts=16, points=80)
    answer = max_cover(demand, sites, reach, rules, seed=seed)
    holds(answer, demand, sites, reach, rules, too_close(sites, rules.spacing_metres))


def a_tree(seed: int, points: int, hosts: int, metres: float, rules: Rules):
    """Of a clustered town, from the greedy plan; and what was asked."""
    here, there, weight, _ = a_town(seed, points, hosts, clustered=True)
    asked = Demand.of(weight), Sites.of(hosts), euclidean(here, there, metres), rules
    merged = merge(*asked)
    sides = sides_of(merged, *asked[:2], rules, NONE)
    start = greedy(merged, sides)
    prices = starting_prices(merged, sides, start)
    vector = vector_of(merged, prices.group, prices.row, prices.floor)
    return Tree(merged, sides, vector, start, start_search(merged, sides, start, 0).value), asked


@pytest.mark.parametrize("backup", [0.0, 0.5])
def test_the_tree_alone_finds_and_proves_the_best(backup) -> None:
    tree, asked = a_tree(11, 900, 60, 0.09, Rules(p=7, backup=backup))
    bounds = [tree.bound]
    assert tree.search(Control(), 10**6, lambda: bounds.append(tree.bound))
    assert tree.value == tree.bound == pytest.approx(best_by_milp(*asked))
    assert bounds == sorted(bounds, reverse=True)


def test_whoever_watches_a_tree_is_told_of_every_better_bound() -> None:
    """They once heard of it only when another part was the highest by then."""
    tree, _ = a_tree(5, 1500, 120, 0.12, Rules(p=15))
    heard, steps = [np.inf], 0
    while not tree.search(Control(), tree.parts + 2, lambda: heard.append(tree.bound)):
        steps += 1
        assert heard[-1] == tree.bound
    assert steps > 5


@pytest.mark.parametrize("side", [0, 1])
def test_where_to_split_is_known_from_trials_after_so_many(side) -> None:
    tree, _ = a_tree(5, 1500, 120, 0.12, Rules(p=15))
    free = len(tree.merged.candidates)
    known, tried = np.full((free, 2), 1.0), np.full((free, 2), -1.0)
    known[:, side] = 1e-3
    known[9, side] = 50.0
    vector = tree.open[0][2]
    status, liking = np.zeros(free, np.int8), np.full(free, 0.9)
    liking[[3, 9, 21]] = 0.45, 0.5, 0.55
    asked = tree.board, tree.merged.base, tree.sides.most, tree.sides.budget, True, False
    prices = vector.level, vector.sides

    def chosen() -> int:
        return split(*asked, 0.0, 3, status, *prices, liking, 1e6, known, tried)

    assert chosen() == 9
    assert (tried < 0).all()
    known[21] = -1.0
    chosen()
    assert (tried[21] >= 0).all()
    assert (np.delete(tried, 21, axis=0) < 0).all()


def test_a_proof_by_splitting_is_checked_and_its_lack_noticed(monkeypatch) -> None:
    monkeypatch.setattr(summit, "TREE_WORK", 1e12)
    monkeypatch.setattr(ladder, "FIRST_WORK", 1e4)
    for seed in range(20):
        here, there, weight, _ = a_town(seed, 700, 60, clustered=True)
        reach, demand = euclidean(here, there, 0.1), Demand.of(weight)
        answer = max_cover(demand, Sites.of(60), reach, Rules(p=8), seed=seed)
        if "site" in answer.certificate["tree"]:
            break
    proof = json.loads(json.dumps(answer.certificate))
    who, where = raw_pairs(reach)
    cost = np.ones(60)
    assert proof["by"] == "tree"
    assert check(weight, who, where, None, cost, proof) == (answer.objective, answer.bound)
    half = dict(proof, tree={"vectors": proof["tree"]["vectors"]})
    assert check(weight, who, where, None, cost, half)[1] > answer.bound
    greedy_bound = dict(proof, bound=answer.bound - 5)
    assert check(weight, who, where, None, cost, greedy_bound)[1] >= answer.bound - 5


def test_where_the_tree_does_not_converge_highs_proves_the_best(monkeypatch) -> None:
    monkeypatch.setattr(summit, "TREE_WORK", 1)
    monkeypatch.setattr(summit.Tree, "search", _ended_after_one_part)
    monkeypatch.setattr(ladder, "FIRST_WORK", 1e4)
    said = []
    for seed in range(6):
        here, there, weight, _ = a_town(seed, 700, 60, clustered=True)
        reach, demand = euclidean(here, there, 0.1), Demand.of(weight)
        sites, rules = Sites.of(60), Rules(p=8)
        answer = max_cover(demand, sites, reach, rules, seed=seed)
        best = best_by_milp(demand, sites, reach, rules)
        assert answer.objective == answer.bound == pytest.approx(best)
        said.append(answer.certificate["by"])
    assert "highs" in said


def _ended_after_one_part(tree, control, most, *told, search=Tree.search, **how) -> bool:
    return search(tree, control, 1, *told, **how)


def test_levels_tell_the_same_prices() -> None:
    here, there, weight, rng = a_town(3, 200, 20)
    merged = merge(Demand.of(weight), Sites.of(20), euclidean(here, there, 0.2), Rules(backup=0.4))
    price, none = merged.first * rng.random(len(merged)), np.zeros(0)
    assert prices_at(merged, levels(merged, price, none), none) == pytest.approx(price)


def test_the_slope_is_that_of_the_bound() -> None:
    demand, sites, reach, _ = a_question(7)
    rules = Rules(p=5, per_chain_most=2, backup=0.4, district_least_share={1: 0.3})
    sites = replace(sites, fixed=np.zeros(40, np.int8))
    merged = merge(demand, sites, reach, rules)
    sides = sides_of(merged, demand, sites, rules, NONE)
    board, rng = board_of(merged, sides), np.random.default_rng(1)
    size = len(merged) + len(sides.limit) + len(sides.floor)
    at = np.concatenate((merged.first * rng.random(len(merged)), rng.random(size - len(merged))))
    room = np.empty(40), np.empty(40)

    def bound(values):
        slope = np.empty(size)
        k = len(merged.candidates)
        worth = bound_at(
            board, 0.0, sides.most, np.inf, True, values, slope, room[0][:k], room[1][:k]
        )
        return worth, slope

    here, slope = bound(at)
    # A subgradient: the bound lies above its tangent everywhere.
    for _ in range(200):
        other = np.maximum(at + rng.normal(0, 2.0, size) * (rng.random(size) < 0.2), 0.0)
        assert bound(other)[0] >= here + slope @ (other - at) - 1e-7 * here


def test_nearer_pairs_are_named_where_that_was_asked() -> None:
    reach = euclidean([[0, 0], [0, 1]], [[0, 0], [0, 1], [9, 9]], 0.6)
    sites = Sites.of(3, x=[0, 0, 9], y=[0, 1, 9])
    warned = max_cover(
        Demand.of([5, 4]), sites, reach, Rules(p=2, spacing_metres=2.0, spacing="warn")
    )
    strict = max_cover(Demand.of([5, 4]), sites, reach, Rules(p=2, spacing_metres=2.0))
    assert warned.objective == 9.0
    assert "0 and 1" in warned.relaxed[0]
    assert "0 与 1" in warned.relaxed[0]
    assert strict.objective == 5.0
    assert not strict.relaxed
