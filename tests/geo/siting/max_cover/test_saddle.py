"""Prices and shares that come down to the linear relaxation, against HiGHS."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize
from scipy.sparse import coo_matrix, csr_matrix, hstack, identity, vstack
from siting_oracle import a_town, best_by_milp

from geo.siting.control import Control
from geo.siting.max_cover import cycle, ladder
from geo.siting.max_cover.greedy import greedy
from geo.siting.max_cover.lagrangian import (
    Prices,
    descend,
    priced,
    priced_out,
    starting_prices,
)
from geo.siting.max_cover.saddle import project
from geo.siting.max_cover.solve import max_cover
from geo.siting.model.merge import merge
from geo.siting.model.sides import sides_of
from geo.siting.problem import Demand, Rules, Sites
from geo.siting.reach import euclidean

NONE = np.empty(0, np.int64)
QUESTIONS = {
    "sites": Rules(p=8),
    "budget": Rules(budget=20.0),
    "backup": Rules(p=8, backup=0.4),
    "spacing": Rules(p=8, spacing_metres=0.15),
    "chains": Rules(p=8, per_chain_most=2, open_24h_least=3),
    "floors": Rules(p=8, district_least_share={0: 0.2, 1: 0.2}),
    "all": Rules(p=8, per_chain_most=3, backup=0.3, district_least_share={0: 0.3}, budget=30.0),
}


def a_question(rules: Rules, seed: int):
    here, there, weight, rng = a_town(seed, 600, 60, clustered=bool(seed % 2))
    demand = Demand.of(weight, district=(here[:, 0] > np.median(here[:, 0])).astype(int))
    sites = Sites.of(
        60,
        cost=rng.integers(1, 6, 60),
        chain=rng.integers(0, 5, 60),
        open_24h=rng.random(60) < 0.3,
        x=there[:, 0],
        y=there[:, 1],
    )
    reach = euclidean(here, there, 0.08)
    merged = merge(demand, sites, reach, rules)
    return demand, sites, reach, merged, sides_of(merged, demand, sites, rules, NONE)


def relaxed(merged, sides) -> float:
    """What the linear relaxation is worth, base included, by HiGHS."""
    groups, k, rows = len(merged), len(merged.candidates), len(sides.limit)
    of_row = np.repeat(np.arange(groups), np.diff(merged.row))
    cover = coo_matrix((-np.ones(len(of_row)), (of_row, merged.column)), (groups, k))
    once = identity(groups)
    side = csr_matrix((sides.coefficient, sides.row, sides.start), (k, rows)).T
    asked = np.flatnonzero(sides.floor > 0)
    floors = np.array([np.where(merged.district == d, merged.counted, 0.0) for d in asked])
    floors = floors.reshape(len(asked), groups)
    nothing = coo_matrix((len(asked), groups))
    matrix = vstack(
        [
            hstack([cover, once, once]),
            hstack([coo_matrix(np.ones((1, k))), coo_matrix((1, 2 * groups))]),
            hstack([side, coo_matrix((rows, 2 * groups))]),
            hstack([coo_matrix((len(asked), k)), coo_matrix(-floors), nothing]),
        ]
    ).tocsr()
    limit = np.concatenate((np.zeros(groups), [sides.most], sides.limit, -sides.floor[asked]))
    if not sides.by_number:
        money = hstack([coo_matrix(sides.cost[None]), coo_matrix((1, 2 * groups))])
        matrix, limit = vstack([matrix, money]).tocsr(), np.append(limit, sides.budget)
    worth = np.concatenate((np.zeros(k), -merged.first, -merged.second))
    found = linprog(worth, A_ub=matrix, b_ub=limit, bounds=(0, 1))
    assert found.status == 0
    return merged.base - found.fun


@pytest.mark.parametrize("seed", [5, 6])
@pytest.mark.parametrize("rules", QUESTIONS.values(), ids=QUESTIONS)
def test_prices_come_down_to_the_linear_relaxation(rules, seed) -> None:
    _, _, _, merged, sides = a_question(rules, seed)
    least = relaxed(merged, sides)
    prices = starting_prices(merged, sides, greedy(merged, sides))
    for _ in range(10):
        # In parts, as the ladder does it: it goes on where it was.
        prices, profit = descend(merged, sides, prices, 600)
    assert least * (1 - 1e-9) <= prices.raw <= least * 1.001
    again, anew = priced(merged, sides, Prices(prices.group, prices.row, prices.floor))
    # What is asked beyond a group's worth is left out, which can only lower the bound.
    assert least * (1 - 1e-9) <= again <= prices.raw * (1 + 1e-9)
    assert len(profit) == len(anew) == len(merged.candidates)
    assert np.all((prices.taken >= 0) & (prices.taken <= 1))
    assert prices.taken.sum() <= sides.most + 1e-6


def test_a_relaxation_that_is_solved_says_so_and_is_left_alone() -> None:
    _, _, _, merged, sides = a_question(Rules(p=40), 6)
    prices = starting_prices(merged, sides, greedy(merged, sides))
    prices, _ = descend(merged, sides, prices, 100_000)
    assert prices.solved
    assert prices.raw == pytest.approx(relaxed(merged, sides), rel=1e-7)


@pytest.mark.parametrize("rules", [Rules(p=20), Rules(budget=60.0)], ids=["sites", "budget"])
def test_a_point_that_takes_too_much_is_not_taken_for_a_solution(rules) -> None:
    """The shares of a question before, where fewer may be opened now: what they are worth is no
    bound's equal, however near it lies."""
    _, _, _, merged, sides = a_question(rules, 6)
    prices = starting_prices(merged, sides, greedy(merged, sides))
    prices, _ = descend(merged, sides, prices, 5000)
    fewer = replace(sides, most=12) if rules.p else replace(sides, budget=35.0)
    least = relaxed(merged, fewer)
    edited = Prices(prices.group, prices.row, prices.floor, taken=prices.taken)
    first, _ = descend(merged, fewer, edited, 0)
    assert not first.solved
    assert first.raw > least * 1.001
    last, _ = descend(merged, fewer, first, 6000)
    assert least * (1 - 1e-9) <= last.raw <= least * 1.0001


def test_a_row_that_allows_nothing_is_priced_at_once() -> None:
    """As if its candidates were none: nobody else earns less, and the row itself costs nothing."""
    demand, sites, _, merged, _ = a_question(Rules(p=8), 5)
    plain = sides_of(merged, demand, sites, Rules(p=8), NONE)
    count = len(merged.candidates)
    shut = np.arange(count) % 3 == 0
    none = replace(
        plain,
        start=np.concatenate(([0], np.cumsum(shut))),
        row=np.zeros(shut.sum(), np.int32),
        coefficient=np.full(shut.sum(), 2.0),
        limit=np.zeros(1),
    )
    prices = starting_prices(merged, none, greedy(merged, plain))
    priced_out(merged, none, prices)
    raw, profit = priced(merged, none, prices)
    assert np.all(profit[shut] <= 1e-9)
    assert profit[shut].max() == pytest.approx(0.0)
    _, before = priced(merged, plain, Prices(prices.group, np.empty(0), prices.floor))
    assert np.array_equal(profit[~shut], before[~shut])
    left = np.sort(before[~shut])[::-1][:8]
    kept = np.maximum(0.0, merged.first - prices.group).sum()
    assert raw == pytest.approx(merged.base + kept + np.maximum(left, 0.0).sum())


@example([(1.0, 1.0, 1.0), (0.5, 1.0, 1e-38)], 0.5, 0.0)  # a weight that is next to nothing
@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-2, 3), st.floats(0.1, 2.0), st.floats(0.0, 4.0)),
        min_size=1,
        max_size=6,
    ),
    st.floats(0.1, 6.0),
    st.floats(0.0, 3.0),
)
def test_the_projection_is_the_nearest_point_that_fits(numbers, room, begin) -> None:
    wish, step, weight = (np.array(column) for column in zip(*numbers, strict=True))
    x = np.empty(len(wish))
    project(wish, step, weight, room, begin, x)
    assert np.all((x >= 0) & (x <= 1))
    assert weight @ x <= room * (1 + 1e-9) + 1e-12

    def apart(other):
        return float((((other - wish) ** 2) / step).sum())

    nearest = minimize(
        apart,
        np.zeros(len(wish)),
        bounds=[(0.0, 1.0)] * len(wish),
        constraints={"type": "ineq", "fun": lambda other: room - weight @ other},
        method="SLSQP",
    )
    assert apart(x) <= nearest.fun * (1 + 1e-5) + 1e-5


@pytest.mark.parametrize("seed", range(4))
def test_a_heat_bath_among_the_core_only_finds_the_best_all_the_same(monkeypatch, seed) -> None:
    monkeypatch.setattr(cycle, "CORE_PAIRS", 0)
    monkeypatch.setattr(cycle, "FLAT", 1.0)  # a second heat bath as soon as may be
    monkeypatch.setattr(ladder, "FEW", 0)
    monkeypatch.setattr(ladder, "TINY_PAIRS", 0)
    rules = QUESTIONS["sites"]
    demand, sites, reach, _, _ = a_question(rules, seed)
    chosen = []
    kept = cycle.start_search
    monkeypatch.setattr(
        cycle,
        "start_search",
        lambda merged, *rest: chosen.append(len(merged.candidates)) or kept(merged, *rest),
    )
    answer = max_cover(demand, sites, reach, rules, Control(exact=False), seed=seed)
    assert chosen
    assert min(chosen) < 60
    best = best_by_milp(demand, sites, reach, rules)
    assert answer.objective == pytest.approx(best)
    assert answer.bound >= best - 1e-6
    again = max_cover(demand, sites, reach, rules, Control(exact=False), seed=seed)
    assert again.sites.tolist() == answer.sites.tolist()
    assert again.bound == answer.bound


def test_whoever_watches_sees_better_plans_before_a_long_bath_has_ended(monkeypatch) -> None:
    monkeypatch.setattr(cycle, "GLIMPSE_SECONDS", 0.0)
    monkeypatch.setattr(cycle, "WATCH_SECONDS", 0.001)
    monkeypatch.setattr(ladder, "FIRST_WORK", 5e9)
    here, there, weight, _ = a_town(3, 6000, 200, clustered=True)
    demand, sites, reach = Demand.of(weight), Sites.of(200), euclidean(here, there, 0.05)
    told = []
    control = Control(
        4.0, exact=False, on_improved=lambda value, bound, plan: told.append((value, bound, plan))
    )
    max_cover(demand, sites, reach, Rules(p=25), control)
    merged = merge(demand, sites, reach, Rules(p=25))
    values = [value for value, _, _ in told]
    assert len(set(values)) > 3  # the greedy plan, the swapped one, and some of the first bath
    for value, bound, plan in told:
        assert value == pytest.approx(merged.value(merged.local(plan)))
        assert value <= bound
        assert len(plan) <= 25
    assert values == sorted(values)


def test_what_a_bath_may_not_ask_for_is_left_out_of_the_relaxation_too() -> None:
    rules = QUESTIONS["budget"]
    demand, sites, reach, _, _ = a_question(rules, 6)
    sites = replace(sites, cost=np.where(np.arange(60) < 30, 100.0, sites.cost))
    merged = merge(demand, sites, reach, rules)
    sides = sides_of(merged, demand, sites, rules, NONE)
    prices = starting_prices(merged, sides, greedy(merged, sides))
    prices, _ = descend(merged, sides, prices, 2000)
    assert prices.taken[merged.candidates < 30].max() == 0.0
