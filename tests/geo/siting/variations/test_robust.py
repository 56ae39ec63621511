"""Plans for several demands, sure sites and ready replacements, against every possible plan."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from siting_oracle import a_town, raw_pairs

from geo.errors import Invalid
from geo.siting.checker import check
from geo.siting.control import Control
from geo.siting.max_cover.solve import max_cover
from geo.siting.problem import EXISTING, FORBIDDEN, FORCED, Demand, Rules, Sites
from geo.siting.reach import euclidean
from geo.siting.variations.robust import robust
from geo.siting.variations.steady import how_often, ready_replacements

SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))]


def three_days(seed: int, hosts: int = 10):
    here, there, weight, rng = a_town(seed, 70, hosts, clustered=bool(seed % 2))
    weights = np.array([weight + 1, rng.permutation(weight + 1), rng.permutation(weight + 1)])
    reach = euclidean(here, there, 0.2)
    fixed = np.zeros(hosts, int)
    fixed[0] = EXISTING if seed % 3 else 0
    return weights, Demand.of(weight), Sites.of(hosts, fixed=fixed), reach


def covers(weights, sites, reach, plan):
    hit = np.zeros(weights.shape[1], bool)
    for site in {*plan, *np.flatnonzero(sites.fixed == EXISTING).tolist()}:
        hit[reach.of(site)] = True
    return weights[:, hit].sum(axis=1)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("aim", ["worst share", "least regret", "mean"])
def test_the_worst_day_is_as_good_as_can_be(seed, aim) -> None:
    weights, demand, sites, reach = three_days(seed)
    found = robust(weights, demand, sites, reach, Rules(p=3), aim)
    free = [site for site in range(10) if sites.fixed[site] != EXISTING]
    every = [covers(weights, sites, reach, plan) for plan in itertools.combinations(free, 3)]
    single = np.max(every, axis=0)
    assert found.best.tolist() == found.bound.tolist() == single.tolist()
    total = single if aim == "least regret" else weights.sum(axis=1)
    worth = np.mean if aim == "mean" else np.min
    best = max(worth(one / total) for one in every)
    assert found.answer.objective == pytest.approx(best)
    assert found.answer.bound >= best - 1e-9
    assert found.answer.bound == pytest.approx(best, abs=2e-6)
    assert found.value.tolist() == covers(weights, sites, reach, found.answer.sites).tolist()
    # The mixture proves its bound with nothing but the raw pairs.
    proof = found.answer.certificate
    who, where = raw_pairs(reach)
    mixed = np.array(proof["mixture"]) @ (weights / total[:, None])
    value, bound = check(mixed, who, where, None, sites.cost, proof["mixed"])
    assert bound >= best - 1e-9
    assert value <= bound + 1e-9


@pytest.mark.parametrize(
    ("weights", "rules"),
    [
        (np.ones((2, 3)), Rules(p=1)),
        (np.zeros((1, 70)), Rules(p=1)),
        (np.ones((2, 70)), Rules(p=1, backup=0.5)),
        (np.full((2, 70), np.nan), Rules(p=1)),
    ],
    ids=["shape", "nobody", "backup", "nan"],
)
def test_what_is_no_demand_is_refused(weights, rules) -> None:
    _, demand, sites, reach = three_days(0)
    with pytest.raises(Invalid) as refused:
        robust(weights, demand, sites, reach, rules)
    assert refused.value.remedy


def test_a_site_that_all_good_plans_have_is_sure() -> None:
    # One host alone covers half of the people; the others are alike.
    reach = euclidean([[0, 0], [5, 0], [5, 0.1], [9, 9]], [[0, 0], [5, 0], [5, 0.1], [5, 0.05]], 1)
    demand = Demand.of([100, 30, 30, 5])
    answer = max_cover(demand, Sites.of(4), reach, Rules(p=2))
    found = how_often(demand, Sites.of(4), reach, Rules(p=2), answer.sites, 0.01)
    assert found.often[0] == 1.0
    assert found.plans == 3
    assert found.often[1:] == pytest.approx([1 / 3] * 3)


@pytest.mark.parametrize("seed", range(3))
def test_good_plans_are_good(seed) -> None:
    _, demand, sites, reach = three_days(seed, 12)
    answer = max_cover(demand, sites, reach, Rules(p=3))
    found = how_often(demand, sites, reach, Rules(p=3), answer.sites, 0.1, walks=400)
    free = [site for site in range(12) if sites.fixed[site] != EXISTING]
    good = [
        plan
        for plan in itertools.combinations(free, 3)
        if covers(demand.weight[None], sites, reach, plan)[0] >= 0.9 * answer.objective
    ]
    assert 1 <= found.plans <= len(good)
    never = set(range(12)) - {site for plan in good for site in plan}
    assert not found.often[sorted(never)].any()


def test_every_no_has_its_answer() -> None:
    _, demand, sites, reach = three_days(1)
    rules = Rules(p=3)
    answer = max_cover(demand, sites, reach, rules)
    ready = ready_replacements(demand, sites, reach, rules, answer)
    assert [one.site for one in ready] == answer.sites.tolist()
    for one in ready:
        fixed = sites.fixed.copy()
        fixed[one.site] = FORBIDDEN
        cold = max_cover(demand, replace(sites, fixed=fixed), reach, rules)
        assert one.loss == answer.objective - cold.objective
        assert one.bound == cold.objective
        after = (set(answer.sites.tolist()) - {one.site} - set(one.goes.tolist())) | set(
            one.comes.tolist()
        )
        assert after == set(one.answer.sites.tolist())


@pytest.mark.parametrize("edit", ["forbid", "force", "more", "budget", "floor", "chain"])
@pytest.mark.parametrize("seed", SEEDS)
def test_an_edit_is_answered_as_if_anew(seed, edit) -> None:
    here, there, weight, rng = a_town(seed, 200, 30, clustered=True)
    reach = euclidean(here, there, 0.08)
    demand = Demand.of(weight, district=(here[:, 0] > 0.5).astype(int))
    sites = Sites.of(30, cost=rng.integers(1, 6, 30), chain=rng.integers(0, 4, 30))
    rules = Rules(p=6, district_least_share={0: 0.05} if edit == "floor" else {})
    first = max_cover(demand, sites, reach, rules)
    after, fixed = rules, sites.fixed.copy()
    if edit == "forbid":
        fixed[first.sites[0]] = FORBIDDEN
    elif edit == "force":
        fixed[np.setdiff1d(np.arange(30), first.sites)[0]] = FORCED
    elif edit == "more":
        after = replace(rules, p=7)
    elif edit == "budget":
        after = replace(rules, p=None, budget=15.0)
    elif edit == "floor":
        after = replace(rules, district_least_share={0: 0.3})
    else:
        after = replace(rules, per_chain_most=2)
    changed = replace(sites, fixed=fixed)
    warm = max_cover(demand, changed, reach, after, warm=first)
    cold = max_cover(demand, changed, reach, after)
    assert warm.status == cold.status == "optimal"
    assert warm.objective == cold.objective
    who, where = raw_pairs(reach)
    value, bound = check(
        demand.weight, who, where, None, sites.cost, warm.certificate, demand.district
    )
    assert (value, bound) == (warm.objective, warm.bound)
    # What the answer takes over is of the same demand only.
    other = replace(demand, weight=demand.weight + 1)
    assert max_cover(other, sites, reach, rules, warm=first).objective == (
        max_cover(other, sites, reach, rules).objective
    )


@pytest.mark.parametrize("seed", range(40))
def test_least_shares_of_districts_are_of_the_mean_demand(seed) -> None:
    rng = np.random.default_rng(seed)
    reach = euclidean(rng.random((40, 2)), rng.random((8, 2)), 0.25)
    weights = rng.integers(0, 20, (2, 40)) * (rng.random((2, 40)) < 0.6)
    weights[:, 0] += 1
    inside = rng.integers(0, 3, 40) == 0
    demand = Demand.of(weights.mean(axis=0), district=np.where(inside, 0, 1))
    found = robust(weights, demand, Sites.of(8), reach, Rules(p=3, district_least_share={0: 0.55}))
    shares = weights / weights.sum(axis=1)[:, None]
    mean = shares.mean(axis=0) * inside
    best = None
    for plan in itertools.combinations(range(8), 3):
        hit = np.zeros(40, bool)
        for site in plan:
            hit[reach.of(site)] = True
        if mean[hit].sum() >= 0.55 * mean.sum() - 1e-12:
            best = max(best or 0.0, float(shares[:, hit].sum(axis=1).min()))
    if best is None:
        assert found.answer.status == "infeasible"
        return
    assert found.answer.objective == pytest.approx(best)
    assert found.answer.bound == pytest.approx(best, abs=2e-6)
    assert found.answer.bound >= best - 1e-9


def test_a_robust_plan_can_be_stopped_with_the_best_so_far() -> None:
    weights, demand, sites, reach = three_days(1)
    control = Control()
    control.begin()
    control.stop()
    found = robust(weights, demand, sites, reach, Rules(p=3), control=control)
    worst = (covers(weights, sites, reach, found.answer.sites) / weights.sum(axis=1)).min()
    assert found.answer.objective == pytest.approx(worst)
    assert found.answer.bound >= worst > 0
