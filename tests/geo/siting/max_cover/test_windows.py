"""Plans made better part by part, and joined: never worse; the best where all may be changed."""

import numpy as np
import pytest
from siting_oracle import a_town, best_by_milp

from geo.siting.control import Control
from geo.siting.max_cover import windows
from geo.siting.max_cover.annealing import anew, start_search
from geo.siting.max_cover.greedy import greedy
from geo.siting.max_cover.lagrangian import descend, starting_prices
from geo.siting.max_cover.solve import max_cover
from geo.siting.max_cover.windows import Ground, Plan, by_parts, joined
from geo.siting.model.merge import merge
from geo.siting.model.sides import sides_of
from geo.siting.problem import FORBIDDEN, FREE, Demand, Rules, Sites
from geo.siting.reach import euclidean

NONE = np.empty(0, np.int64)


def asked(seed: int, rules: dict, points: int = 400, hosts: int = 60, *, clustered: bool = True):
    """A town, a question, and the ground that parts of its plans are searched on."""
    here, there, weight, rng = a_town(seed, points, hosts, clustered=clustered)
    demand = Demand.of(weight.astype(float), district=rng.integers(0, 3, points))
    sites = Sites.of(hosts, cost=rng.integers(1, 9, hosts).astype(float))
    reach, rules = euclidean(here, there, 0.12), Rules(**rules)
    merged = merge(demand, sites, reach, rules)
    sides = sides_of(merged, demand, sites, rules, NONE)
    start = greedy(merged, sides)
    prices, _ = descend(merged, sides, starting_prices(merged, sides, start), 300)
    ground = Ground(merged, sides, prices.group, prices.row, prices.floor, Control())
    return ground, demand, sites, reach, rules


def some_plan(ground: Ground, seed: int) -> Plan:
    """A plan that is not a good one."""
    search = start_search(ground.merged, ground.sides, greedy(ground.merged, ground.sides), seed)
    return Plan(*anew(search, 5))


QUESTIONS = (
    {"p": 8},
    {"budget": 30.0},
    {"p": 7, "budget": 25.0},
    {"p": 8, "backup": 0.5},
    {"p": 9, "district_least_share": {0: 0.3, 2: 0.4}},
)


@pytest.mark.parametrize("rules", QUESTIONS, ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_a_plan_by_parts_is_never_worse_and_keeps_to_all_conditions(seed, rules) -> None:
    ground, *_ = asked(seed, rules)
    for number in range(3):
        plan = some_plan(ground, number)
        if not np.isfinite(plan.value):
            continue
        better = by_parts(ground, plan, 3, 1.0, number, set())
        assert better.value >= plan.value
        assert better.value == ground.merged.value(better.sites)
        assert ground.sides.kept_by(ground.merged, better.sites)
        assert (np.diff(better.sites) > 0).all()


@pytest.mark.parametrize("rules", QUESTIONS, ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_a_window_over_the_whole_plan_finds_the_best_there_is(seed, rules) -> None:
    ground, demand, sites, reach, given = asked(seed, rules, clustered=False)
    plan = some_plan(ground, seed)
    best = best_by_milp(demand, sites, reach, given)
    assert best is not None
    if np.isfinite(plan.value):
        assert by_parts(ground, plan, 60, 1e6, seed, set()).value == pytest.approx(best)


def test_joined_plans_are_the_best_of_the_sites_they_open() -> None:
    better_ones = 0
    for seed in range(8):
        ground, demand, sites, reach, rules = asked(seed, {"p": 8}, clustered=False)
        draw, many = np.random.default_rng(seed), len(ground.merged.candidates)
        plans = [np.sort(draw.choice(many, 8, replace=False)) for _ in range(4)]
        plans = [Plan(plan, ground.merged.value(plan)) for plan in plans]
        found = joined(ground, plans)
        union = np.unique(np.concatenate([plan.sites for plan in plans]))
        opened = ground.merged.candidates[union]
        fixed = np.where(np.isin(np.arange(len(sites)), opened), FREE, FORBIDDEN)
        best = best_by_milp(demand, Sites.of(len(sites), fixed=fixed), reach, rules)
        top = max(plan.value for plan in plans)
        if found is None:
            assert best == pytest.approx(top)
        else:
            better_ones += 1
            assert found.value == pytest.approx(best)
            assert np.isin(found.sites, union).all()
            assert found.value > top
    assert better_ones


def test_the_same_seed_goes_the_same_way() -> None:
    ground, *_ = asked(1, {"p": 8})
    plan = some_plan(ground, 1)
    found = {tuple(by_parts(ground, plan, 3, 1.0, 5, set()).sites) for _ in range(3)}
    assert len(found) == 1


@pytest.mark.parametrize("rules", [{"p": 20}, {"budget": 60.0}], ids=str)
def test_no_part_is_searched_twice_for_nothing(rules, monkeypatch) -> None:
    ground, *_ = asked(2, rules, hosts=90)
    searched, search = [], windows._exchanged

    def counted(*question):
        searched.append(question[2].tobytes())
        return search(*question)

    monkeypatch.setattr(windows, "_exchanged", counted)
    closed: set[bytes] = set()
    better = by_parts(ground, some_plan(ground, 1), 5, 1.0, 5, closed)
    assert searched
    assert closed
    searched.clear()
    assert by_parts(ground, better, 5, 1.0, 6, closed) is better
    assert not searched
    assert by_parts(ground, better, 5, 1.0, 6, set()).value == better.value
    assert len(set(searched)) == len(searched)


def test_it_ends_at_once_when_asked_to() -> None:
    ground, *_ = asked(1, {"p": 8})
    plan = some_plan(ground, 1)
    ground.control.stop()
    assert by_parts(ground, plan, 3, 1.0, 5, set()) is plan
    assert joined(ground, [plan, some_plan(ground, 2)]) is None


@pytest.mark.parametrize("seed", [1, 2])
def test_a_hard_town_is_answered_the_same_way_with_all_rungs(seed, monkeypatch) -> None:
    """Starts from nothing, parts and joined plans, as if every town were one that needs them."""
    monkeypatch.setattr("geo.siting.max_cover.starts.FEW_STEPS", 0)
    monkeypatch.setattr("geo.siting.max_cover.ladder.TINY_PAIRS", 0)
    monkeypatch.setattr("geo.siting.max_cover.ladder.FEW", 0)
    here, there, weight, _ = a_town(seed, 900, 150, clustered=True)
    demand, reach = Demand.of(weight.astype(float)), euclidean(here, there, 0.05)
    sites, rules = Sites.of(150), Rules(p=20)
    answers = [max_cover(demand, sites, reach, rules, Control(60.0), 3) for _ in range(2)]
    assert answers[0].status == "optimal"
    assert answers[0].objective == pytest.approx(best_by_milp(demand, sites, reach, rules))
    assert answers[0].sites.tolist() == answers[1].sites.tolist()
