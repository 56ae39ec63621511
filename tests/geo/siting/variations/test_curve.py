"""Every point of the budget curve against the optimum."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from siting_files import asked
from siting_oracle import a_town, best_by_milp, worth_of
from siting_walk_oracle import keeps, nearest_of, plans_of

from geo.errors import Invalid
from geo.siting.control import Control
from geo.siting.files.curving import points_of, shares_of
from geo.siting.files.load import load
from geo.siting.problem import EXISTING, FORCED, Demand, Rules, Sites
from geo.siting.reach import euclidean
from geo.siting.set_cover.solve import set_cover
from geo.siting.variations.curve import Curve, budget_curve, curve, needed
from geo.siting.variations.walking_curve import walk_curve


@pytest.mark.parametrize("seed", range(6))
def test_every_number_of_sites_has_its_plan_and_bound(seed) -> None:
    rng = np.random.default_rng(seed)
    here, there = rng.random((60, 2)), rng.random((9, 2))
    demand = Demand.of(rng.integers(1, 20, 60))
    fixed = np.zeros(9, int)
    fixed[8] = EXISTING if seed % 2 else 0
    fixed[0] = FORCED if seed % 3 == 0 else 0
    reach = euclidean(here, there, 0.2)
    found = curve(demand, Sites.of(9, fixed=fixed), reach, Rules(), 9)
    stands = {8} if fixed[8] == EXISTING else set()
    free = [site for site in range(9) if site not in stands]

    def worth(plan) -> float:
        hit = np.zeros(60, bool)
        for site in {*plan, *stands}:
            hit[reach.of(site)] = True
        return float(demand.weight[hit].sum())

    for p, value, bound, plan in zip(found.p, found.value, found.bound, found.plans, strict=True):
        best = max(
            worth(some)
            for some in itertools.combinations(free, min(int(p), len(free)))
            if fixed[0] != FORCED or 0 in some
        )
        assert len(plan) <= p
        assert value == worth(plan.tolist())
        assert value <= best <= bound
        assert value >= 0.97 * best
    assert (np.diff(found.value) >= 0).all()


@pytest.mark.parametrize("seed", range(4))
def test_every_budget_has_its_plan_and_bound(seed) -> None:
    rng = np.random.default_rng(seed)
    here, there = rng.random((60, 2)), rng.random((9, 2))
    demand = Demand.of(rng.integers(1, 20, 60))
    fixed = np.zeros(9, int)
    fixed[[0, 8]] = FORCED if seed % 2 else 0, EXISTING
    sites = Sites.of(9, fixed=fixed, cost=rng.integers(1, 9, 9))
    reach = euclidean(here, there, 0.2)
    budgets = [30.0, 0.0, 2.5, 7.0, 11.0, 15.0, 22.0, 1000.0]
    found = budget_curve(demand, sites, reach, Rules(), budgets)
    assert found.budget is not None
    assert found.budget.tolist() == sorted(budgets)
    cover = np.array([np.isin(np.arange(60), reach.of(site)) for site in range(9)])
    free = np.flatnonzero(fixed != EXISTING)
    worths = {
        plan: float(demand.weight[cover[[*plan, 8]].any(axis=0)].sum())
        for size in range(len(free) + 1)
        for plan in itertools.combinations(free.tolist(), size)
        if fixed[0] != FORCED or 0 in plan
    }
    for money, value, bound, plan in zip(
        found.budget, found.value, found.bound, found.plans, strict=True
    ):
        paid = {one: worth for one, worth in worths.items() if sites.cost[list(one)].sum() <= money}
        if not paid:
            assert np.isnan(value)
            assert len(plan) == 0
            continue
        best = max(paid.values())
        assert value == paid[tuple(plan.tolist())]
        assert value <= best <= bound
        assert value >= 0.97 * best
    known = found.value[~np.isnan(found.value)]
    assert (np.diff(known) >= 0).all()


@pytest.mark.parametrize("seed", range(8))
def test_each_budget_that_can_keep_to_the_conditions_has_the_best_plan(seed) -> None:
    """Conditions that the cheapest sites do not meet: a plan is searched for, or proved not to be
    there, though nothing was found on the way from the budget before."""
    here, there, weight, rng = a_town(seed, 60, 9)
    demand, reach = Demand.of(weight), euclidean(here, there, 0.2)
    district, chain = rng.integers(0, 3, 9), rng.integers(0, 4, 9)
    sites = Sites.of(9, cost=rng.integers(1, 9, 9), district=district, chain=chain)
    rules = Rules(per_chain_most=1, district_least_sites=dict.fromkeys(np.unique(district), 1))
    found = budget_curve(demand, sites, reach, rules, range(0, 31, 3))
    for money, value, bound, plan in zip(
        found.budget, found.value, found.bound, found.plans, strict=True
    ):
        best = best_by_milp(demand, sites, reach, replace(rules, budget=money))
        if best is None:
            assert np.isnan(value)
            continue
        assert value == worth_of(plan, demand, sites, reach, rules)
        assert value <= best + 1e-6 <= bound + 2e-6
        # So small a problem is searched on until its bound is near.
        assert bound - value <= max(1.0, 0.006 * value)


def test_what_is_said_of_a_budget_without_a_plan_is_said_of_it(tmp_path) -> None:
    (tmp_path / "D.csv").write_text("id,x,y,weight,district\na,0,0,5,A\nb,900,0,4,B\n")
    (tmp_path / "C.csv").write_text("id,x,y,cost,district\np,0,0,3,A\nq,900,0,4,B\n")
    problem = load(asked(tmp_path, budget=9.0, radius=100.0, area_sites=1))
    given = problem.demand, problem.sites, problem.reach, problem.rules
    rows = points_of(problem, budget_curve(*given, [0.0, 3.0, 6.0, 9.0]))
    assert [row["value"] for row in rows] == [None, None, None, 9.0]
    assert "预算增至 7" in rows[2]["why"]
    for row in rows[:2]:
        assert row["why"].startswith("预算 6 也没有方案。 There is no plan for 6 either. ")


def test_how_many_sites_a_share_needs_is_what_set_cover_says() -> None:
    here, there, weight, _ = a_town(3, 200, 20, clustered=True)
    demand, sites, reach = Demand.of(weight), Sites.of(20), euclidean(here, there, 0.15)
    shares = [0.0, 0.3, 0.5, 0.6, 0.7, 1.0]
    found = curve(demand, sites, reach, Rules(), 12)
    told = needed(found, float(weight.sum()), shares)
    for share, (enough, least) in zip(shares[1:-1], told[1:-1], strict=True):
        exact = set_cover(demand, sites, reach, Rules(share=share))
        assert least <= exact.objective <= enough
        assert enough - least <= 1
    # The curve begins with one site, and does not end with everybody.
    assert told[0] == (1, 1)
    assert told[-1] == (13, 13)


@pytest.mark.parametrize("model", ["p-median", "p-centre"])
def test_the_least_walk_for_every_number_of_sites(model) -> None:
    here, there, weight, _ = a_town(5, 50, 8)
    demand = Demand.of(weight)
    sites = Sites.of(8, fixed=[FORCED, 0, 0, 0, 0, 0, 0, EXISTING])
    reach = euclidean(here, there, 2.0)
    found = walk_curve(model, demand, sites, reach, Rules(), 7, Control(gap=0.0))
    assert found.p.tolist() == list(range(1, 8))
    for p, value, bound, plan in zip(found.p, found.value, found.bound, found.plans, strict=True):
        best = np.inf
        for some in plans_of(sites, Rules(p=int(p))):
            near = nearest_of(some, demand, sites, reach)
            walks = near @ demand.weight if model == "p-median" else near[weight > 0].max()
            best = min(best, float(walks))
        assert keeps(plan, sites, Rules(p=int(p)))
        assert value == pytest.approx(best)
        assert bound == pytest.approx(best)


def test_too_few_sites_to_serve_everybody_have_no_walk() -> None:
    reach = euclidean([[0, 0], [9, 0], [18, 0]], [[0, 0], [9, 0], [18, 0]], 1.0)
    found = walk_curve("p-centre", Demand.of([1, 1, 1]), Sites.of(3), reach, Rules(), 3)
    assert np.isnan(found.value).tolist() == [True, True, False]
    assert found.value[2] == found.bound[2] == 0


@pytest.mark.parametrize("wrong", ["numbers", "budgets", "no budgets", "walks", "capacities"])
def test_a_curve_without_points_is_refused(wrong) -> None:
    given = (Demand.of([1.0]), Sites.of(1, capacity=[1]), euclidean([[0, 0]], [[0, 0]], 1))
    with pytest.raises(Invalid) as refused:
        if wrong == "numbers":
            curve(*given, Rules(), 0)
        elif wrong == "walks":
            walk_curve("p-median", *given, Rules(), 0)
        elif wrong == "capacities":
            curve(*given, Rules(capacities=True), 1)
        else:
            budget_curve(*given, Rules(), [-1.0] if wrong == "budgets" else [])
    assert refused.value.remedy


@pytest.mark.parametrize("seed", range(6))
def test_no_bound_is_below_nothing_or_above_all_there_is(seed) -> None:
    here, there, weight, rng = a_town(seed, 80, 10, clustered=True)
    demand = Demand.of(weight, district=rng.integers(0, 4, 80))
    reach = euclidean(here, there, 0.2)
    sites = Sites.of(10, cost=rng.integers(1, 9, 10))
    could = np.zeros(80, bool)
    could[reach.demand] = True
    most = float(demand.weight[could].sum())
    rules = Rules(district_least_share=dict.fromkeys(range(4), 0.9), backup=0.0)
    for found in (
        curve(demand, sites, reach, rules, 9),
        budget_curve(demand, sites, reach, rules, [1, 5, 20, 40]),
    ):
        assert (found.bound >= 0).all()
        assert (found.bound <= most).all()


def test_that_a_share_takes_more_sites_is_said_only_where_it_is_proved(tmp_path) -> None:
    """Three sites reach all; two were looked for so shortly that their bound tells nothing."""
    (tmp_path / "D.csv").write_text("id,x,y,weight\na,0,0,10\nb,900,0,10\nc,1800,0,10\n")
    (tmp_path / "C.csv").write_text("id,x,y\np,0,0\nq,900,0\nr,1800,0\n")
    problem = load(asked(tmp_path, model="set-cover", sites=None, share=1.0, radius=60.0))
    plans = [np.array([0]), np.array([0, 1])]
    for bound, says in (([10.0, 20.0], "takes more than 2 sites"), ([10.0, 30.0], "at least 2")):
        found = Curve(np.array([1, 2]), np.array([10.0, 20.0]), np.array(bound), plans, 0.0)
        (row,) = shares_of(problem, found, points_of(problem, found), [1.0])
        assert (row["sites"], row["at_least"]) == (None, 3 if "more" in says else 2)
        assert says in row["why"]
        assert ("takes more" in row["why"]) is ("more" in says)
