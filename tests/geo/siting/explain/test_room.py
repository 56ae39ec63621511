"""Why sites have no room for everybody: against maximum flows over every set of sites."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow
from siting_oracle import a_town, raw_pairs
from siting_walk_oracle import plans_of

from geo.siting.explain import room
from geo.siting.explain.explain import Names, explain
from geo.siting.median import p_median
from geo.siting.problem import EXISTING, Demand, Rules, Sites
from geo.siting.reach import euclidean


def served(plan, demand: Demand, sites: Sites, reach) -> int:
    """How many people the sites of a plan and those of today have room for, each within reach."""
    who, where = raw_pairs(reach)
    opened = np.union1d(plan, np.flatnonzero(sites.fixed == EXISTING)).astype(int)
    some = np.isin(where, opened)
    n, m = len(demand), len(sites)
    from_ = np.concatenate((np.zeros(n, int), 1 + who[some], 1 + n + opened))
    to = np.concatenate((1 + np.arange(n), 1 + n + where[some], np.full(len(opened), 1 + n + m)))
    much = np.concatenate((demand.weight, demand.weight[who[some]], sites.capacity[opened]))
    arcs = csr_array((much.astype(np.int32), (from_, to)), shape=(n + m + 2, n + m + 2))
    return int(maximum_flow(arcs, 0, n + m + 1).flow_value)


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_the_least_change_is_that_of_trying_every_set_of_sites(seed) -> None:
    here, there, weight, rng = a_town(seed, 25, 8, clustered=bool(seed % 2))
    reach = euclidean(here, there, 0.35)
    reached = np.isin(np.arange(25), reach.demand)
    demand = Demand.of(np.where(reached, weight, 0.0))
    people = demand.weight.sum()
    capacity = rng.integers(1, max(3, int(0.5 * people)), 8).astype(float)
    sites = Sites.of(8, fixed=rng.choice([0, 0, 0, 0, 3], 8), capacity=capacity)
    rules = Rules(p=int(rng.integers(1, 4)), capacities=True)
    most: dict[int, int] = {}
    for plan in plans_of(sites, replace(rules, p=8)):
        size = len(plan)
        most[size] = max(most.get(size, 0), served(plan, demand, sites, reach))
    so_many = {size: max(n for s, n in most.items() if s <= size) for size in most}
    told = explain(demand, sites, reach, rules, everybody=True)
    ways = {one.rule: one.value for one in told.changes if not one.parts}
    full = so_many[max(so_many)] == people
    least = min((size for size, n in so_many.items() if n == people), default=None)
    allowed = min(rules.p, max(so_many))
    if so_many[allowed] == people:
        assert not told.reasons
        return
    assert told.reasons
    if not full:
        assert "full" in told.reasons[0].en
    else:
        assert told.reasons[-1].rule == "together"
    assert ways.get("p") == (least if full else None)
    assert ways["everybody"] == pytest.approx(people - so_many[allowed], abs=1e-3)
    if "capacities" in ways:
        larger = replace(sites, capacity=capacity * (ways["capacities"] + 1e-6))
        assert p_median(demand, larger, reach, rules).status != "infeasible"
        smaller = replace(sites, capacity=capacity * (ways["capacities"] - 1e-3))
        assert p_median(demand, smaller, reach, rules).status == "infeasible"


def crowded():
    """A and B have room for ten each, C for a hundred; but C is far away from thirty people."""
    here, there = [[0, 0], [1, 0], [900, 0]], [[0, 1], [1, 1], [900, 1]]
    demand, reach = Demand.of([10, 20, 30]), euclidean(here, there, 10.0)
    return demand, Sites.of(3, capacity=[10, 10, 100]), reach


def test_a_corner_without_room_is_noticed_though_there_is_room_in_all() -> None:
    told = explain(*crowded(), Rules(p=3, capacities=True), everybody=True)
    assert "还有 10 人够得着的站点都满了" in told.zh
    assert "for 10 people every site within reach is full" in told.en
    assert "每个站点的容量提高到 1.5 倍" in told.zh
    assert "give each site room for 1.5 times as many" in told.en
    assert "leave demand of 10 unserved" in told.en


def test_more_room_is_as_much_as_the_sites_that_are_allowed_need() -> None:
    """All three sites would do with 1.5 times their room; one that is allowed needs more."""
    demand, sites, reach = crowded()
    sites = replace(sites, capacity=np.array([10.0, 10.0, 10.0]))
    reach = euclidean([[0, 0], [1, 0], [2, 0]], [[0, 1], [1, 1], [2, 1]], 10.0)
    rules = Rules(p=1, capacities=True)
    told = explain(demand, sites, reach, rules, everybody=True, farther=False)
    ways = {one.rule: one.value for one in told.changes}
    assert ways == {"everybody": pytest.approx(50, abs=1e-3), "capacities": pytest.approx(6)}
    assert "reach farther" not in told.en
    larger = replace(sites, capacity=sites.capacity * ways["capacities"])
    assert p_median(demand, larger, reach, rules).found


def test_the_room_of_today_s_stations_counts() -> None:
    demand, sites, reach = crowded()
    sites = replace(
        sites, fixed=np.array([EXISTING, 0, 0], np.int8), capacity=np.array([20, 10, 30.0])
    )
    assert not explain(demand, sites, reach, Rules(p=2, capacities=True), everybody=True).reasons
    told = explain(demand, sites, reach, Rules(p=1, capacities=True), everybody=True)
    assert {one.rule: one.value for one in told.changes}["p"] == 2


def test_a_budget_that_pays_for_too_little_room_is_told() -> None:
    demand, sites, reach = crowded()
    sites = replace(sites, capacity=np.array([30.0, 30.0, 30.0]), cost=np.array([5.0, 3.0, 4.0]))
    told = explain(
        demand, sites, reach, Rules(budget=6.0, capacities=True), everybody=True, names=Names()
    )
    ways = {one.rule: one.value for one in told.changes}
    assert ways["budget"] == 7
    assert ways["everybody"] == pytest.approx(30, abs=1e-3)
    assert "the room of the sites" in told.en
    assert "站点的容量" in told.zh


def test_of_too_many_pairs_only_sums_are_told(monkeypatch) -> None:
    monkeypatch.setattr(room, "MOST_PAIRS", 1)
    assert not explain(*crowded(), Rules(p=3, capacities=True), everybody=True).reasons
    demand, sites, reach = crowded()
    told = explain(demand, sites, reach, Rules(p=0, capacities=True), everybody=True)
    assert "allow 1 site at least" in told.en
