"""Reach against k-d trees, PROJ and routes over streets; merged demand against unmerged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree
from small_cities import small_cities
from street_makers import place

from geo.coordinates import geodesic_metres
from geo.errors import Invalid
from geo.siting.evaluate import Evaluator, assignment_of
from geo.siting.ground.walked import walking
from geo.siting.model.merge import Merged, covered, dominators, merge, reduced, thinned
from geo.siting.problem import EXISTING, Demand, Reach, Rules, Sites
from geo.siting.reach import euclidean, euclidean_discs, from_file, geodesic
from geo.walking import WalkingGraph
from geo.walking.routes import route_between, snap


def pairs_of(reach: Reach) -> set[tuple[int, int]]:
    return {(site, int(point)) for site in range(len(reach)) for point in reach.of(site)}


@given(st.integers(0, 10**6), st.floats(0.001, 3))
@settings(max_examples=60, deadline=None)
def test_discs_hold_what_a_k_d_tree_finds(seed, radius) -> None:
    rng = np.random.default_rng(seed)
    here, there = rng.normal(size=(80, 2)), rng.normal(size=(15, 2))
    reach = euclidean(here, there, radius)
    tree = cKDTree(here)
    expected = {(j, i) for j, near in enumerate(tree.query_ball_point(there, radius)) for i in near}
    assert pairs_of(reach) == expected
    for site in range(15):
        assert (np.diff(reach.of(site)) > 0).all()
        metres = reach.metres[reach.start[site] : reach.start[site + 1]]
        assert np.allclose(metres, np.linalg.norm(here[reach.of(site)] - there[site], axis=1))


def test_a_pair_exactly_at_the_limit_is_within_reach() -> None:
    assert pairs_of(euclidean([[3, 4], [3, 4.001]], [[0, 0]], 5)) == {(0, 0)}


def test_runs_are_the_same_reach_as_all_at_once() -> None:
    rng = np.random.default_rng(1)
    here, there = rng.random((1000, 2)), rng.random((40, 2))
    discs = euclidean_discs(here, there, 0.1)
    whole = euclidean(here, there, 0.1)
    found = set()
    for run in discs.rows(1000, 64):
        for number in range(len(run.start) - 1):
            for site in run.site[run.start[number] : run.start[number + 1]]:
                found.add((int(site), run.first + number))
    assert found == pairs_of(whole)


@given(st.integers(0, 10**6), st.sampled_from([300.0, 1500.0, 20_000.0]))
@settings(max_examples=30, deadline=None)
def test_geodesic_reach_is_that_of_proj(seed, radius) -> None:
    rng = np.random.default_rng(seed)
    middle = np.array([rng.uniform(75, 134), rng.uniform(4, 53)])
    spread = radius / 60_000
    here = middle + rng.normal(0, spread, (60, 2))
    there = middle + rng.normal(0, spread, (9, 2))
    reach = geodesic(here, there, radius)
    far = geodesic_metres(here[None, :, 0], here[None, :, 1], there[:, None, 0], there[:, None, 1])
    clear = np.abs(far - radius) > 0.01
    within = np.zeros(far.shape, bool)
    for site in range(9):
        within[site, reach.of(site)] = True
    assert (within == (far <= radius))[clear].all()
    for site in range(9):
        metres = reach.metres[reach.start[site] : reach.start[site + 1]]
        assert np.allclose(metres, far[site, reach.of(site)], atol=0.01)


@given(small_cities(stations=9), st.sampled_from([150.0, 400.0, 2000.0]))
@settings(max_examples=60, deadline=None)
def test_walking_reach_is_that_of_routes(city, limit) -> None:
    network, spots, _, _ = city
    graph = WalkingGraph.build(network)
    places = np.array([place(*spot) for spot in spots]).reshape(-1, 2)
    hosts, people = places[: len(places) // 2], places[len(places) // 2 :]
    reach = walking(graph, people, hosts, limit)
    for site, host in enumerate(hosts):
        found = dict(
            zip(
                reach.of(site).tolist(),
                reach.metres[reach.start[site] : reach.start[site + 1]].tolist(),
                strict=True,
            )
        )
        for point, person in enumerate(people):
            route = route_between(graph, snap(graph, *host), snap(graph, *person))
            if route.straight_line or abs(route.metres - limit) < 1e-3:
                continue
            assert (point in found) == (route.metres <= limit)
            if point in found:
                assert found[point] == pytest.approx(route.metres, abs=0.01)


@given(st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_merged_demand_is_worth_what_the_points_are(seed) -> None:
    rng = np.random.default_rng(seed)
    here, there = rng.random((200, 2)), rng.random((12, 2))
    demand = Demand.of(rng.integers(0, 9, 200), district=rng.integers(-1, 3, 200))
    sites = Sites.of(12, fixed=rng.choice([0, 0, 0, 3], 12))
    reach = euclidean(here, there, 0.25)
    merged = merge(demand, sites, reach, Rules(district_least_share={0: 0.1}))
    hit = np.zeros((12, 200), bool)
    for site in range(12):
        hit[site, reach.of(site)] = True
    for _ in range(5):
        opened = rng.permutation(len(merged.candidates))[:4]
        stands = np.union1d(merged.candidates[opened], np.flatnonzero(sites.fixed == EXISTING))
        assert merged.value(np.sort(opened)) == demand.weight[hit[stands].any(axis=0)].sum()
    sets = {
        (tuple(merged.column[merged.row[g] : merged.row[g + 1]]), int(merged.district[g]))
        for g in range(len(merged))
    }
    assert len(sets) == len(merged)
    inside = merged.of[0] >= 0
    for point in np.flatnonzero(inside):
        group = merged.of[0][point]
        members = merged.candidates[merged.column[merged.row[group] : merged.row[group + 1]]]
        assert set(members) == set(np.flatnonzero(hit[:, point]))
        assert merged.district[group] == demand.district[point]


@pytest.mark.parametrize("fewer", [reduced, thinned])
@given(st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_a_reduced_problem_is_the_same_problem(fewer, seed) -> None:
    rng = np.random.default_rng(seed)
    here, there = rng.random((150, 2)), rng.random((14, 2))
    rules = Rules(backup=0.5, district_least_share={1: 0.1})
    demand = Demand.of(rng.integers(1, 9, 150), district=rng.integers(-1, 3, 150))
    merged = merge(demand, Sites.of(14), euclidean(here, there, 0.3), rules)
    opened = np.zeros(len(merged.candidates), bool)
    opened[rng.integers(0, len(opened), 3)] = True
    keep = ~opened & (rng.random(len(opened)) < 0.7)
    smaller = fewer(merged, keep, opened)
    plan = np.flatnonzero(rng.random(len(smaller.candidates)) < 0.4)
    whole = merged.local(np.union1d(smaller.candidates[plan], merged.candidates[opened]))
    assert smaller.value(plan) == pytest.approx(merged.value(whole))
    # Of each district too, and every group says what became of it.
    assert counted(smaller, plan) == pytest.approx(counted(merged, whole))
    assert smaller.of.max(initial=-1) == len(smaller) - 1
    for group, into in enumerate(smaller.of[0]):
        left = merged.column[merged.row[group] : merged.row[group + 1]]
        if into >= 0:
            here = smaller.column[smaller.row[into] : smaller.row[into + 1]]
            assert set(smaller.candidates[here]) == set(merged.candidates[left[keep[left]]])
    for j in range(len(smaller.candidates)):
        groups = smaller.group[smaller.start[j] : smaller.start[j + 1]]
        assert np.all(np.diff(groups) > 0)
        for group in groups:
            assert j in smaller.column[smaller.row[group] : smaller.row[group + 1]]


def counted(merged: Merged, opened) -> list[float]:
    """What a plan covers of each district."""
    hit = (covered(merged, opened) > 0) & (merged.district >= 0)
    share = merged.base_district.copy()
    np.add.at(share, merged.district[hit], merged.counted[hit])
    return share.tolist()


def test_a_dominator_covers_all_and_costs_no_more() -> None:
    rng = np.random.default_rng(5)
    here, there = rng.random((60, 2)), rng.random((40, 2))
    sites = Sites.of(40, cost=rng.integers(1, 4, 40))
    merged = merge(Demand.of(np.ones(60)), sites, euclidean(here, there, 0.25), Rules())
    by = dominators(merged)
    sets = [set(merged.group[merged.start[j] : merged.start[j + 1]]) for j in range(len(by))]
    assert (by >= 0).any()
    for j, i in enumerate(by):
        if i >= 0:
            assert sets[j] <= sets[i]
            assert merged.cost[i] <= merged.cost[j]
            assert by[i] < 0
        else:
            assert not any(
                sets[j] < sets[k] and merged.cost[k] <= merged.cost[j] for k in range(len(by))
            )


def test_what_one_site_more_or_less_changes_is_exact() -> None:
    rng = np.random.default_rng(6)
    here, there = rng.random((300, 2)), rng.random((20, 2))
    demand = Demand.of(rng.integers(1, 9, 300))
    fixed = np.zeros(20, int)
    fixed[[3, 4]] = EXISTING
    reach = euclidean(here, there, 0.2)
    asked = Evaluator(demand, Sites.of(20, fixed=fixed), reach, Rules())
    plan = np.array([1, 5, 9])

    def covers(sites) -> float:
        hit = np.zeros(300, bool)
        for site in [*sites, 3, 4]:
            hit[reach.of(site)] = True
        return float(demand.weight[hit].sum())

    found = asked.evaluate(plan)
    assert (found.value, found.kept, found.total) == (
        covers(plan),
        covers([]),
        demand.weight.sum(),
    )
    for site in range(20):
        if site in plan:
            assert found.loss[site] == found.value - covers(set(plan.tolist()) - {site})
        elif site not in (3, 4):
            assert found.gain[site] == covers([*plan, site]) - found.value
            assert found.alone[site] == covers([site]) - covers([])
    best = asked.replacements(plan, 5, 3)
    others = [site for site in range(20) if site not in (1, 5, 9, 3, 4)]
    expected = sorted((-covers([1, 9, site]), site) for site in others)[:3]
    assert [(-value, site) for site, value in best] == expected


def test_everybody_goes_to_the_nearest_open_site() -> None:
    here = np.array([[0.0, 0.0], [4.0, 0.0], [9.0, 9.0]])
    there = np.array([[1.0, 0.0], [3.0, 0.0], [0.0, 0.0]])
    found = assignment_of(Demand.of(np.ones(3)), euclidean(here, there, 5), np.array([0, 1]), 3)
    assert found.tolist() == [0, 1, -1]


@pytest.mark.parametrize(
    "asked",
    [
        lambda: euclidean([[0, np.nan]], [[0, 0]], 1),
        lambda: euclidean([[0, 0]], [[0, 0]], 0),
        lambda: geodesic([[39.9, 116.4]], [[116.4, 39.9]], 500),
        lambda: from_file([0, 7], [0, 0], [1, 1], 2, 1),
        lambda: from_file([0], [0], [float("nan")], 1, 1),
        lambda: (
            euclidean([[0, 0]], [[0, 0]], 1).by_demand(1)
            and Reach(np.array([0, 1]), np.array([0], np.int32)).within(3)
        ),
    ],
    ids=["nan", "no reach", "swapped", "who", "distance", "no distances"],
)
def test_what_is_no_reach_is_refused_with_a_remedy(asked) -> None:
    with pytest.raises(Invalid) as refused:
        asked()
    assert refused.value.remedy


def test_what_is_within_reach_is_so_for_radius_and_steps_alike() -> None:
    """Distances are kept with seven digits; larger ones than fit are no distances."""
    reach = from_file([0, 0], [0, 1], [1000.00001, 1000.2], 1, 2, limit=1000.0)
    assert reach.start.tolist() == [0, 1, 1]
    assert reach.within(1000.0).pairs == 1
    assert from_file([0], [0], [np.inf], 1, 1).pairs == 0
    with pytest.raises(Invalid) as refused:
        from_file([0], [0], [1e39], 1, 1)
    assert "inf" in refused.value.remedy
