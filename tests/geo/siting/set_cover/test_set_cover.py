"""Set cover against scipy's milp on the raw pairs."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from siting_oracle import a_town
from siting_walk_oracle import keeps, least_cost, nearest_of

from geo.errors import Invalid
from geo.siting.control import Control
from geo.siting.explain.explain import Names, explain
from geo.siting.problem import EXISTING, FORCED, Demand, Rules, Sites
from geo.siting.proofs.bounds import Question
from geo.siting.proofs.checked import examined
from geo.siting.reach import euclidean
from geo.siting.set_cover.solve import set_cover


def lower_bound(proof, sites: Sites, demand: Demand, reach) -> float:
    """Of a certificate for covers of everything, from the raw pairs: prices that the points of no
    candidate exceed its cost with, or that the excess is paid back."""
    who = np.asarray(reach.demand, int)
    where = np.repeat(np.arange(len(sites)), np.diff(reach.start))
    group = np.array(proof["group"][0], int)
    # One point stands for its group.
    _, first = np.unique(group, return_index=True)
    leader = np.zeros(len(demand), bool)
    leader[first[group[first] >= 0]] = True
    price = np.where(
        leader & (group >= 0), np.array([*proof["price"], 0.0])[np.maximum(group, -1)], 0.0
    )
    owed = np.bincount(where, price[who], minlength=len(sites))
    fixed = np.array([*proof["existing"], *proof["forced"], *proof["forbidden"]], int)
    rest = np.minimum(0.0, sites.cost - owed)
    rest[fixed] = 0.0
    return float(price.sum() + rest.sum() + sites.cost[proof["forced"]].sum())


def holds(answer, demand, sites, reach, rules) -> None:
    best = least_cost(demand, sites, reach, rules)
    if best is None:
        assert answer.status == "infeasible"
        assert answer.relaxed
        return
    assert answer.status == "optimal"
    assert (answer.objective, answer.bound) == (pytest.approx(best), pytest.approx(best))
    assert keeps(answer.sites, sites, rules)
    assert sites.cost[answer.sites].sum() == pytest.approx(best)
    reached = np.isfinite(nearest_of(answer.sites, demand, sites, reach))
    share = rules.share if rules.share is not None else 0.0
    assert demand.weight[reached].sum() >= share * demand.weight.sum() - 1e-6
    for district, least in rules.district_least_share.items():
        mine = demand.district == district
        assert demand.weight[mine & reached].sum() >= least * demand.weight[mine].sum() - 1e-6
    if answer.certificate["whole"]:
        assert lower_bound(answer.certificate, sites, demand, reach) <= best + 1e-6


@given(
    st.integers(0, 10**6),
    st.booleans(),
    st.sampled_from(["all", "share", "districts", "both"]),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_the_cheapest_cover_is_found_and_proved(seed, clustered, asked, costly, ruled) -> None:
    here, there, weight, rng = a_town(seed, 50, 16, clustered=clustered)
    reach = euclidean(here, there, 0.22)
    demand = Demand.of(weight, district=(here[:, 0] > 0.5).astype(int))
    sites = Sites.of(
        16,
        cost=rng.integers(1, 9, 16) * (0.5 if seed % 3 else 1.0) if costly else None,
        fixed=rng.choice([0, 0, 0, 0, 0, 1, 2, 3], 16),
        chain=rng.integers(-1, 3, 16),
        open_24h=rng.random(16) < 0.3,
    )
    rules = Rules(
        share=float(rng.choice([0.0, 0.4, 0.7])) if asked in {"share", "both"} else None,
        district_least_share={1: 0.6} if asked in {"districts", "both"} else {},
        per_chain_most=3 if ruled else None,
        open_24h_least=2 if ruled else 0,
    )
    holds(set_cover(demand, sites, reach, rules), demand, sites, reach, rules)


@pytest.mark.parametrize("seed", range(12))
def test_a_forced_site_at_an_odd_cost_beside_even_ones_leaves_no_gap(seed) -> None:
    here, there, weight, rng = a_town(seed, 50, 16, clustered=False)
    fixed = np.zeros(16, int)
    fixed[3] = FORCED
    cost = np.where(np.arange(16) == 3, 5, 2 * rng.integers(1, 5, 16))
    sites, demand = Sites.of(16, cost=cost, fixed=fixed), Demand.of(weight)
    reach, rules = euclidean(here, there, 0.22), Rules(share=0.7)
    holds(set_cover(demand, sites, reach, rules), demand, sites, reach, rules)


def test_existing_stations_are_free_and_forced_ones_are_paid() -> None:
    reach = euclidean([[0, 0], [10, 0], [20, 0]], [[0, 1], [10, 1], [20, 1]], 2.0)
    sites = Sites.of(3, cost=[5, 7, 9], fixed=[EXISTING, FORCED, 0])
    answer = set_cover(Demand.of([1, 1, 1]), sites, reach, Rules())
    assert answer.sites.tolist() == [1, 2]
    assert answer.objective == 16.0


def test_who_cannot_be_reached_is_told_and_left_out() -> None:
    reach = euclidean([[0, 0], [10, 0]], [[0, 1]], 2.0)
    answer = set_cover(Demand.of([3, 5]), Sites.of(1), reach, Rules())
    assert (answer.objective, answer.status) == (1.0, "optimal")
    assert "5 people" in answer.relaxed[0]


def test_a_share_beyond_reach_is_named() -> None:
    reach = euclidean([[0, 0], [10, 0]], [[0, 1]], 2.0)
    demand = Demand.of([3, 1], district=[0, 4])
    answer = set_cover(demand, Sites.of(1), reach, Rules(share=0.9))
    assert answer.status == "infeasible"
    assert "75.0%" in answer.relaxed[0]
    answer = set_cover(demand, Sites.of(1), reach, Rules(district_least_share={4: 0.5}))
    assert answer.status == "infeasible"
    assert "istrict 4" in answer.relaxed[0]
    assert "0.0%" in answer.relaxed[0]


@pytest.mark.parametrize("steps", [
    ((0.1, 1.0), (0.25, 0.5)), ((0.1, 0.5), (0.25, 0.5)), ((0.1, 1.0), (0.25, 0.5), (0.4, 0.0)),
])  # fmt: skip
@given(st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_without_a_share_it_is_enough_to_be_within_the_last_step(steps, seed) -> None:
    here, there, weight, rng = a_town(seed, 25, 9, clustered=True)
    demand = Demand.of(weight)
    sites = Sites.of(9, cost=rng.integers(1, 5, 9), fixed=rng.choice([0, 0, 0, 1, 2, 3], 9))
    asked = Question("set-cover", demand, sites, euclidean(here, there, 0.5), Rules(steps=steps))
    # Everybody within the last step of some site has to be within it of one of the plan.
    best = least_cost(demand, sites, euclidean(here, there, 0.25), Rules())
    answer = set_cover(*asked[1:])
    assert (answer.status, answer.objective) == ("optimal", pytest.approx(best))
    proof = json.loads(json.dumps(answer.certificate))
    found = examined(asked, answer.sites, Names(), proof, answer.objective, answer.bound)
    assert found.holds, found.broken
    assert explain(*asked[1:], everybody=True).reasons == []
    fewer = answer.sites[sites.fixed[answer.sites] == 0][:-1]
    if len(fewer) < (sites.fixed[answer.sites] == 0).sum():
        less = np.union1d(fewer, np.flatnonzero(sites.fixed == FORCED))
        lie = examined(asked, less, Names(), None, float(sites.cost[less].sum()), None)
        assert any("by no site of the plan" in one for one in lie.broken)


def test_how_many_sites_more_are_needed_is_counted_by_the_last_step() -> None:
    # One site in between has both houses within the last step; two are needed to be beside both.
    reach = euclidean([[0, 0], [200, 0]], [[0, 0], [200, 0], [100, 0]], 100.0)
    rules = Rules(p=0, steps=((50.0, 1.0), (100.0, 0.5)))
    arrays = Demand.of([5, 5]), Sites.of(3), reach
    assert set_cover(*arrays, rules).status == "infeasible"
    ways = {one.rule: one.value for one in explain(*arrays, rules, everybody=True).changes}
    assert ways["p"] == 1
    assert set_cover(*arrays, replace(rules, p=1)).sites.tolist() == [2]


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("gap", [0.001, 0.02])
def test_nobody_stops_a_search_that_has_what_was_asked_for(gap, whole) -> None:
    """Sites that are too dear for a better plan leave the search: what they prove is no less than
    the gap that is asked for, where costs are in units the next unit."""
    for seed in range(4):
        here, there, weight, rng = a_town(seed, 300, 60)
        sites = Sites.of(60, cost=rng.integers(1, 40, 60) if whole else rng.random(60) + 0.5)
        asked = Demand.of(weight), sites, euclidean(here, there, 0.16), Rules(share=0.6)
        answer = set_cover(*asked, Control(gap=gap))
        best = set_cover(*asked)
        assert answer.status in {"optimal", "gap reached"}
        assert answer.gap <= gap
        assert answer.bound <= best.objective <= answer.objective
        if whole and gap * answer.objective < 1:
            assert answer.status == "optimal"


def test_no_time_still_gives_a_plan_and_a_bound() -> None:
    here, there, weight, _ = a_town(5, 3000, 300, clustered=True)
    reach = euclidean(here, there, 0.04)
    answer = set_cover(Demand.of(weight), Sites.of(300), reach, Rules(share=0.5), Control(0.0))
    assert answer.status in {"time limit", "optimal"}
    assert 0 < answer.bound <= answer.objective
    reached = np.isfinite(nearest_of(answer.sites, Demand.of(weight), Sites.of(300), reach))
    assert weight[reached].sum() >= 0.5 * weight.sum()


@pytest.mark.parametrize("rules", [Rules(share=1.2), Rules(backup=0.5)])
def test_what_does_not_fit_is_refused(rules) -> None:
    with pytest.raises(Invalid) as refused:
        set_cover(Demand.of([1]), Sites.of(1), euclidean([[0, 0]], [[0, 1]], 2.0), rules)
    assert refused.value.remedy


@pytest.mark.slow
def test_no_bound_is_violated_on_two_hundred_instances() -> None:
    for seed in range(200):
        asked = ("all", "share", "districts", "both")[seed % 4]
        test_the_cheapest_cover_is_found_and_proved.hypothesis.inner_test(
            seed, bool(seed % 2), asked, bool(seed % 3), bool(seed % 5 == 0)
        )
