"""Problems large enough that candidates are settled and HiGHS runs in its own process."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from siting_oracle import a_town, best_by_milp, holds

from geo.siting.control import Control
from geo.siting.max_cover.annealing import start_search, state_at, swap
from geo.siting.max_cover.fitting import fitted
from geo.siting.max_cover.fixing import settled
from geo.siting.max_cover.greedy import greedy
from geo.siting.max_cover.lagrangian import descend, outward, starting_prices
from geo.siting.max_cover.solve import max_cover
from geo.siting.model import exact
from geo.siting.model.merge import covered, merge
from geo.siting.model.sides import sides_of
from geo.siting.problem import Demand, Rules, Sites
from geo.siting.reach import euclidean

NONE = np.empty(0, np.int64)


def a_problem(seed: int, rules: Rules, points: int = 500, hosts: int = 40, reach: float = 0.1):
    here, there, weight, rng = a_town(seed, points, hosts, clustered=True)
    demand = Demand.of(weight, district=(here[:, 0] > 0.5).astype(int))
    sites = Sites.of(hosts, cost=rng.integers(1, 9, hosts))
    pairs = euclidean(here, there, reach)
    merged = merge(demand, sites, pairs, rules)
    return demand, sites, pairs, merged, sides_of(merged, demand, sites, rules, NONE)


@pytest.mark.parametrize(
    "rules",
    [Rules(p=6), Rules(budget=20.0), Rules(p=6, budget=20.0), Rules(p=7, backup=0.5)],
    ids=["sites", "budget", "both", "backup"],
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_clustered_towns_are_proved(seed, rules) -> None:
    demand, sites, pairs, _, _ = a_problem(seed, rules)
    holds(max_cover(demand, sites, pairs, rules, seed=seed), demand, sites, pairs, rules)


@pytest.mark.parametrize("seed", range(6))
def test_no_better_plan_is_lost_by_settling(seed) -> None:
    rules = Rules(p=5) if seed % 2 else Rules(budget=18.0)
    demand, sites, pairs, merged, sides = a_problem(seed, rules)
    best = best_by_milp(demand, sites, pairs, rules)
    prices = starting_prices(merged, sides, greedy(merged, sides))
    prices, profit = descend(merged, sides, prices, 300)
    assert prices.raw >= best - 1e-6
    keep, opened = settled(merged, sides, prices.raw, profit, best - merged.unit)
    # The optimum is one unit better than that, so it must still be there.
    result = exact.solve(merged, sides, None, Control())
    assert merged.value(result.opened) == pytest.approx(best)
    fixed = np.where(opened, 1, np.where(keep, 0, 2))
    roles = np.full(len(sites), 2, np.int8)
    roles[merged.candidates] = fixed
    within = Sites.of(len(sites), cost=sites.cost, fixed=roles)
    assert best_by_milp(demand, within, pairs, rules) == pytest.approx(best)


def test_the_exact_search_in_its_own_process_agrees() -> None:
    rules = Rules(p=5)
    demand, sites, pairs, merged, sides = a_problem(4, rules, points=3000, hosts=60, reach=0.12)
    assert len(merged.group) > exact.IN_PROCESS_PAIRS
    result = exact.solve(merged, sides, greedy(merged, sides), Control())
    assert result.finished
    assert merged.value(result.opened) == pytest.approx(best_by_milp(demand, sites, pairs, rules))
    assert result.bound >= merged.value(result.opened) - 1e-6


def test_the_exact_search_ends_when_it_is_told_to() -> None:
    _, _, _, merged, sides = a_problem(5, Rules(p=12), points=4000, hosts=120, reach=0.1)
    control = Control()
    control.stop()
    result = exact.solve(merged, sides, None, control)
    assert not result.finished


@pytest.mark.parametrize("seed", range(3))
def test_what_a_site_adds_to_a_floor_is_counted_once_where_a_search_begins(seed) -> None:
    rules = Rules(p=6, district_least_share={0: 0.3, 1: 0.2})
    _, _, _, merged, sides = a_problem(seed, rules)
    start = np.sort(np.random.default_rng(seed).choice(40, 5, replace=False))
    _, state = state_at(start_search(merged, sides, start, 1), start)
    open_still = covered(merged, start) == 0
    for j in range(len(merged.candidates)):
        groups = merged.group[merged.start[j] : merged.start[j + 1]]
        groups = groups[open_still[groups]]
        adds = np.bincount(merged.district[groups], merged.counted[groups], 2)
        assert state.aid[j] == pytest.approx(adds)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    "rules",
    [Rules(p=6), Rules(budget=20.0), Rules(p=9, spacing_metres=0.2), Rules(p=9, per_chain_most=2)],
    ids=["sites", "budget", "spacing", "chains"],
)
def test_a_plan_that_asks_too_much_gives_up_as_little_as_it_can(rules, seed) -> None:
    here, there, weight, rng = a_town(seed, 500, 40, clustered=True)
    sites = Sites.of(
        40,
        cost=rng.integers(1, 9, 40),
        chain=rng.integers(0, 6, 40),
        x=there[:, 0],
        y=there[:, 1],
    )
    demand = Demand.of(weight)
    merged = merge(demand, sites, euclidean(here, there, 0.1), rules)
    sides = sides_of(merged, demand, sites, rules, NONE)
    plan = np.sort(rng.choice(40, 15, replace=False))
    left = fitted(merged, sides, plan)
    assert sides.kept_by(merged, left)
    assert np.isin(left, plan).all()
    assert np.array_equal(fitted(merged, sides, left), left)
    if rules.p == 6:
        # One site too many: the one that is missed least goes.
        seven = plan[:7]
        worth = [merged.value(np.delete(seven, out)) for out in range(7)]
        assert merged.value(fitted(merged, sides, seven)) == max(worth)


def test_swaps_only_better_a_plan() -> None:
    _, _, _, merged, sides = a_problem(6, Rules(p=6))
    first = greedy(merged, sides)
    search = start_search(merged, sides, first, 0)
    before = search.value
    swap(search, first)
    assert search.value >= before == merged.value(first)
    assert len(search.best) <= 6


def test_bounds_are_rounded_to_the_safe_side() -> None:
    assert outward(41.9999999999, 1.0) == 42.0
    assert outward(41.5, 1.0) == 41.0
    assert outward(41.5, 0.25) == 41.5
    assert outward(0.1 + 0.2, 0.0) > 0.3


def test_the_solver_of_a_new_process_is_warm_on_every_rung() -> None:
    """What is compiled only while a planner waits takes the whole of a plan's time."""
    words = (
        "from geo.siting.max_cover import parts, saddle\n"
        "from geo.siting.model import moves\n"
        "from geo.siting.plans import jobs\n"
        "jobs.warm_up('max-cover')\n"
        "for kernel in (moves.walk, saddle.run_saddle, parts.work):\n"
        "    assert kernel.signatures, kernel\n"
    )
    subprocess.run([sys.executable, "-c", words], check=True, timeout=300)
