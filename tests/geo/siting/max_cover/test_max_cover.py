"""Maximum coverage against HiGHS by another way (scipy's milp on the raw pairs) and brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from siting_oracle import a_town, holds, raw_pairs, worth_of

from geo.errors import Invalid
from geo.siting.checker import check
from geo.siting.control import Control
from geo.siting.max_cover.solve import max_cover
from geo.siting.problem import EXISTING, FORCED, Demand, Reach, Rules, Sites
from geo.siting.reach import euclidean, euclidean_discs, from_file


@given(st.integers(0, 10**6), st.booleans(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_best_sites_are_found_and_proved(seed, clustered, by_budget) -> None:
    here, there, weight, rng = a_town(seed, 60, 14, clustered=clustered)
    reach = euclidean(here, there, 0.16)
    demand = Demand.of(weight)
    sites = Sites.of(14, cost=rng.integers(1, 9, 14), fixed=rng.choice([0, 0, 0, 0, 1, 2, 3], 14))
    forced = sites.fixed == FORCED
    rules = (
        Rules(budget=float(sites.cost[forced].sum() + 12))
        if by_budget
        else Rules(p=int(forced.sum()) + 3)
    )
    holds(max_cover(demand, sites, reach, rules, seed=seed), demand, sites, reach, rules)


@given(st.integers(0, 10**6), st.booleans())
@settings(max_examples=40, deadline=None)
def test_steps_and_backup_are_proved_too(seed, clustered) -> None:
    here, there, weight, rng = a_town(seed, 50, 12, clustered=clustered)
    reach = euclidean(here, there, 0.2)
    demand = Demand.of(weight)
    sites = Sites.of(12, fixed=rng.choice([0, 0, 0, 0, 3], 12))
    rules = Rules(
        p=3,
        steps=((0.1, 1.0), (0.2, 0.5)) if rng.random() < 0.7 else (),
        backup=float(rng.choice([0.0, 0.25, 0.3])),
    )
    holds(max_cover(demand, sites, reach, rules, seed=seed), demand, sites, reach, rules)


def with_conditions(seed: int, *, clustered: bool) -> None:
    """A random town, conditions mixed."""
    here, there, weight, rng = a_town(seed, 50, 14, clustered=clustered)
    reach = euclidean(here, there, 0.18)
    demand = Demand.of(weight, district=(here[:, 0] > 0.5).astype(int))
    sites = Sites.of(
        14,
        cost=rng.integers(1, 6, 14),
        chain=rng.integers(-1, 3, 14),
        open_24h=rng.random(14) < 0.3,
        district=(there[:, 0] > 0.5).astype(int),
        fixed=rng.choice([0, 0, 0, 0, 0, 2, 3], 14),
        x=there[:, 0],
        y=there[:, 1],
    )
    spacing = float(rng.choice([0.0, 0.1]))
    rules = Rules(
        p=5,
        budget=float(rng.choice([12.0, 25.0])) if rng.random() < 0.5 else None,
        per_chain_most=2 if rng.random() < 0.5 else None,
        open_24h_least=int(rng.integers(0, 3)),
        district_least_sites={0: 2} if rng.random() < 0.4 else {},
        district_least_share={1: float(rng.choice([0.3, 0.6]))} if rng.random() < 0.6 else {},
        spacing_metres=spacing,
        backup=float(rng.choice([0.0, 0.0, 0.5])),
    )
    apart = np.linalg.norm(there[:, None] - there[None, :], axis=2)
    close = [
        (a, b)
        for a, b in itertools.combinations(range(14), 2)
        if apart[a, b] < spacing and not (sites.fixed[[a, b]] == EXISTING).all()
    ]
    holds(max_cover(demand, sites, reach, rules, seed=seed), demand, sites, reach, rules, close)


@given(st.integers(0, 10**6), st.booleans())
@settings(max_examples=80, deadline=None)
def test_conditions_are_kept_and_proved(seed, clustered) -> None:
    with_conditions(seed, clustered=clustered)


@pytest.mark.parametrize(("seed", "clustered"), [(8875, False), (2030, True)])
def test_what_is_left_is_proved_in_the_units_of_the_whole(seed, clustered) -> None:
    """Of the few sites left plans differ by whole people, of all by half ones: backup counts."""
    with_conditions(seed, clustered=clustered)


@pytest.mark.parametrize("seed", range(5))
def test_brute_force_finds_nothing_better(seed) -> None:
    here, there, weight, _ = a_town(seed, 40, 9)
    reach = euclidean(here, there, 0.2)
    demand, sites, rules = Demand.of(weight), Sites.of(9), Rules(p=3)
    best = max(
        worth_of(plan, demand, sites, reach, rules) for plan in itertools.combinations(range(9), 3)
    )
    answer = max_cover(demand, sites, reach, rules)
    assert (answer.objective, answer.bound, answer.gap) == (best, best, 0.0)
    assert len(answer.sites) == 3


def test_the_same_question_has_the_same_answer() -> None:
    here, there, weight, _ = a_town(3, 2000, 200, clustered=True)
    question = Demand.of(weight), Sites.of(200), euclidean_discs(here, there, 0.05), Rules(p=12)
    one, other = (max_cover(*question, Control(exact=False), seed=7) for _ in range(2))
    assert one.sites.tolist() == other.sites.tolist()
    assert one.bound == other.bound


def test_an_asked_for_gap_is_enough() -> None:
    here, there, weight, _ = a_town(4, 3000, 200, clustered=True)
    told = []
    control = Control(gap=0.2, on_improved=lambda *news: told.append(news))
    answer = max_cover(
        Demand.of(weight), Sites.of(200), euclidean(here, there, 0.05), Rules(p=15), control
    )
    assert answer.status in {"gap reached", "optimal"}
    assert answer.gap <= 0.2
    assert told
    assert [value for _, value, _ in answer.history] == sorted(value for value, _, _ in told)


def test_no_time_still_gives_a_plan_and_a_bound() -> None:
    here, there, weight, _ = a_town(5, 3000, 300, clustered=True)
    answer = max_cover(
        Demand.of(weight), Sites.of(300), euclidean(here, there, 0.05), Rules(p=20), Control(0.0)
    )
    assert answer.status in {"time limit", "optimal"}
    assert len(answer.sites) == 20
    assert 0 < answer.objective <= answer.bound


def test_a_caller_can_stop_it() -> None:
    here, there, weight, _ = a_town(6, 3000, 300, clustered=True)
    control = Control(on_improved=lambda *_: control.stop())
    answer = max_cover(
        Demand.of(weight), Sites.of(300), euclidean(here, there, 0.06), Rules(p=20), control
    )
    assert answer.status in {"stopped", "optimal"}
    assert len(answer.sites) == 20


def test_more_sites_than_candidates_opens_them_all() -> None:
    here, there, weight, _ = a_town(7, 50, 6)
    answer = max_cover(Demand.of(weight), Sites.of(6), euclidean(here, there, 0.2), Rules(p=60))
    assert answer.status == "optimal"
    assert answer.sites.tolist() == list(range(6))


def test_nobody_within_reach_is_no_mistake() -> None:
    reach = euclidean([[0, 0]], [[9, 9], [8, 8]], 1.0)
    answer = max_cover(Demand.of([5]), Sites.of(2), reach, Rules(p=1))
    assert (answer.objective, answer.bound, answer.gap) == (0.0, 0.0, 0.0)
    assert len(answer.sites) == 1


def test_weights_of_zero_are_nobody() -> None:
    reach = euclidean([[0, 0], [1, 1]], [[0, 0], [1, 1]], 0.5)
    answer = max_cover(Demand.of([0, 0]), Sites.of(2), reach, Rules(p=1))
    assert (answer.objective, answer.status) == (0.0, "optimal")


def test_points_and_hosts_at_one_place_count_once_each() -> None:
    reach = euclidean([[0, 0]] * 3, [[0, 0]] * 4, 1.0)
    answer = max_cover(Demand.of([1, 2, 3]), Sites.of(4), reach, Rules(p=2))
    assert answer.objective == 6.0
    assert answer.sites.tolist() == [0, 1]


def test_a_plan_that_cannot_be_is_said_to_be_infeasible() -> None:
    reach = euclidean([[0, 0]], [[0, 0], [5, 5]], 1.0)
    sites = Sites.of(2, fixed=[1, 1], cost=[3, 4])
    short = max_cover(Demand.of([1]), sites, reach, Rules(p=1))
    poor = max_cover(Demand.of([1]), sites, reach, Rules(budget=5))
    assert short.status == poor.status == "infeasible"
    assert "必选点有 2 个" in short.relaxed[0]
    assert "预算 5" in poor.relaxed[0]


@pytest.mark.parametrize(
    ("question", "field"),
    [
        (lambda: (Demand.of([1.0]), Sites.of(0), Rules(p=1)), "candidates"),
        (lambda: (Demand.of([np.nan]), Sites.of(1), Rules(p=1)), "weight"),
        (lambda: (Demand.of([-1.0]), Sites.of(1), Rules(p=1)), "weight"),
        (lambda: (Demand.of([1.0]), Sites.of(1, cost=[np.inf]), Rules(budget=1)), "cost"),
        (lambda: (Demand.of([1.0]), Sites.of(1), Rules(p=-1)), "p"),
        (lambda: (Demand.of([1.0]), Sites.of(1), Rules(budget=float("nan"))), "budget"),
        (lambda: (Demand.of([1.0]), Sites.of(1), Rules(p=1, backup=2)), "backup"),
        (lambda: (Demand.of([1.0]), Sites.of(1), Rules(p=1, steps=((9, 1), (5, 0.5)))), "steps"),
        (lambda: (Demand.of([1.0]), Sites.of(1), Rules(p=1, capacities=True)), "capacity"),
    ],
    ids=["no hosts", "nan", "negative", "cost", "p", "budget", "backup", "steps", "capacity"],
)
def test_what_is_no_question_is_refused_with_a_remedy(question, field) -> None:
    demand, sites, rules = question()
    reach = Reach(np.zeros(len(sites) + 1, np.int64), np.empty(0, np.int32))
    with pytest.raises(Invalid) as refused:
        max_cover(demand, sites, reach, rules)
    assert refused.value.field == field
    assert refused.value.remedy


def test_a_certificate_that_was_touched_is_caught() -> None:
    here, there, weight, _ = a_town(8, 200, 20)
    reach = euclidean(here, there, 0.1)
    answer = max_cover(Demand.of(weight), Sites.of(20), reach, Rules(p=4))
    who, where = raw_pairs(reach)
    honest = check(weight, who, where, None, np.ones(20), answer.certificate)
    assert honest[0] == answer.objective
    wrong = dict(answer.certificate, sites=answer.certificate["sites"][:-1])
    assert check(weight, who, where, None, np.ones(20), wrong)[0] < answer.objective
    assert honest[1] == answer.bound
    cheap = dict(answer.certificate, tree={"vectors": []})
    assert check(weight, who, where, None, np.ones(20), cheap)[1] > honest[1]
    boasting = dict(answer.certificate, bound=answer.bound - 50)
    assert check(weight, who, where, None, np.ones(20), boasting)[1] >= answer.objective


def test_pairs_from_a_file_are_the_same_reach() -> None:
    here, there, _, rng = a_town(9, 300, 30)
    reach = euclidean(here, there, 0.15)
    who, where = raw_pairs(reach)
    order = rng.permutation(np.concatenate((np.arange(len(who)), np.arange(20))))
    again = from_file(who[order], where[order], reach.metres[order], 300, 30)
    assert again.start.tolist() == reach.start.tolist()
    assert again.demand.tolist() == reach.demand.tolist()
    assert (again.metres == reach.metres).all()
