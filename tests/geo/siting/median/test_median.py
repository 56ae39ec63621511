"""The p-median against scipy's milp on the raw pairs, and against published optima."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from siting_oracle import a_town, raw_pairs
from siting_walk_oracle import complete_reach, keeps, least_walk, nearest_of, or_library, tsplib

from geo.errors import Invalid
from geo.siting.control import Control
from geo.siting.median import ladder, p_median
from geo.siting.median.certificate import check_walk
from geo.siting.problem import FORCED, Demand, Rules, Sites
from geo.siting.reach import euclidean, euclidean_discs

RL1304 = {
    5: 3_099_073,
    10: 2_134_295,
    20: 1_412_108,
    50: 795_012,
    100: 491_639,
    200: 268_573,
    300: 177_326,
    400: 128_332,
    500: 97_024,
}


def holds(answer, demand, sites, reach, rules) -> None:
    """Plan, value, bound and certificate, against the milp."""
    best = least_walk(demand, sites, reach, rules)
    if best is None:
        assert answer.status == "infeasible"
        assert not len(answer.sites)
        assert answer.relaxed
        return
    assert answer.status == "optimal"
    assert keeps(answer.sites, sites, rules)
    near = nearest_of(answer.sites, demand, sites, reach, rules.unserved_metres or np.inf)
    told = np.isfinite(near) & (demand.weight > 0)
    assert answer.objective == pytest.approx(float(near[told] @ demand.weight[told]))
    assert answer.objective == pytest.approx(best, rel=1e-6, abs=1e-6)
    assert answer.bound <= best * (1 + 1e-6) + 1e-6
    who, where = raw_pairs(reach)
    value, bound = check_walk(
        demand.weight, who, where, reach.metres, sites.cost, answer.certificate
    )
    assert value == pytest.approx(answer.objective)
    assert bound <= best * (1 + 1e-6) + 1e-6


@given(
    st.integers(0, 10**6), st.booleans(), st.sampled_from(["p", "budget", "both"]), st.booleans()
)
@settings(max_examples=40, deadline=None)
def test_the_least_walk_is_found_and_proved(seed, clustered, limit, everyone) -> None:
    here, there, weight, rng = a_town(seed, 40, 12, clustered=clustered)
    reach = euclidean(here, there, float(rng.choice([0.25, 0.5, 2.0])))
    demand = Demand.of(weight)
    sites = Sites.of(12, cost=rng.integers(1, 9, 12), fixed=rng.choice([0, 0, 0, 0, 1, 2, 3], 12))
    forced = sites.fixed == FORCED
    rules = Rules(
        p=int(forced.sum()) + 3 if limit != "budget" else None,
        budget=float(sites.cost[forced].sum() + 12) if limit != "p" else None,
        unserved_metres=None if everyone else 0.3,
    )
    holds(p_median(demand, sites, reach, rules, seed=seed), demand, sites, reach, rules)


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_conditions_on_sites_are_kept_and_proved(seed) -> None:
    here, there, weight, rng = a_town(seed, 40, 12, clustered=bool(seed % 2))
    reach = euclidean(here, there, 2.0)
    demand = Demand.of(weight)
    sites = Sites.of(
        12,
        cost=rng.integers(1, 9, 12),
        chain=rng.integers(-1, 2, 12),
        open_24h=rng.random(12) < 0.3,
        fixed=rng.choice([0, 0, 0, 0, 0, 3], 12),
    )
    rules = Rules(p=4, per_chain_most=1, open_24h_least=int(rng.integers(0, 4)))
    holds(p_median(demand, sites, reach, rules, seed=seed), demand, sites, reach, rules)


@given(st.integers(0, 10**6), st.booleans())
@settings(max_examples=15, deadline=None)
def test_nobody_is_sent_where_there_is_no_room(seed, everyone) -> None:
    here, there, weight, rng = a_town(seed, 25, 8, clustered=bool(seed % 2))
    reach = euclidean(here, there, 0.6)
    demand = Demand.of(weight)
    sites = Sites.of(
        8,
        capacity=rng.integers(60, 160, 8),
        fixed=rng.choice([0, 0, 0, 0, 1, 2, 3], 8),
    )
    rules = Rules(p=5, capacities=True, unserved_metres=None if everyone else 2.0)
    answer = p_median(demand, sites, reach, rules)
    best = least_walk(demand, sites, reach, rules)
    if best is None:
        assert answer.status == "infeasible"
        return
    assert keeps(answer.sites, sites, rules)
    assert answer.objective == pytest.approx(best, rel=1e-6, abs=1e-6)
    assert answer.bound == pytest.approx(best, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("number", range(1, 21))
def test_the_or_library_is_solved_and_proved(shared_data, number) -> None:
    folder = shared_data / "siting"
    metres, p = or_library(folder, number)
    best = (folder / "pmed" / "optimal.txt").read_text().split()
    best = float(best[best.index(f"pmed{number}") + 1])
    points = len(metres)
    answer = p_median(
        Demand.of(np.ones(points)), Sites.of(points), complete_reach(metres), Rules(p=p)
    )
    assert (answer.objective, answer.bound, answer.status) == (best, best, "optimal")
    assert len(answer.sites) <= p


@pytest.mark.parametrize(("p", "best"), [(5, 4_393_323.5), (10, 2_751_168.8), (20, 1_738_437.5)])
def test_weighted_walks_of_a_real_town_are_proved(shared_data, p, best) -> None:
    lines = (shared_data / "siting" / "sjc" / "SJC324.txt").read_text().splitlines()[1:]
    table = np.array([line.split()[:3] for line in lines if line.strip()], float)
    metres = np.linalg.norm(table[:, None, :2] - table[None, :, :2], axis=2)
    answer = p_median(
        Demand.of(table[:, 2]), Sites.of(len(table)), complete_reach(metres), Rules(p=p)
    )
    assert answer.status == "optimal"
    assert answer.objective == pytest.approx(best, abs=0.06)
    assert answer.bound == pytest.approx(best, abs=0.06)


@pytest.mark.parametrize(
    "p",
    [pytest.param(p, marks=[] if p == 400 else pytest.mark.slow) for p in RL1304],
)
def test_thirteen_hundred_cities_are_proved(shared_data, p) -> None:
    metres = tsplib(shared_data / "siting", "rl1304")
    points = len(metres)
    answer = p_median(
        Demand.of(np.ones(points)), Sites.of(points), complete_reach(metres), Rules(p=p)
    )
    assert (answer.objective, answer.bound) == (RL1304[p], RL1304[p])


def test_the_same_question_has_the_same_answer() -> None:
    here, there, weight, _ = a_town(3, 900, 150, clustered=True)
    question = Demand.of(weight), Sites.of(150), euclidean_discs(here, there, 3.0), Rules(p=12)
    one, other = (p_median(*question, Control(gap=0.01), seed=7) for _ in range(2))
    assert one.sites.tolist() == other.sites.tolist()
    assert (one.bound, one.status) == (other.bound, other.status)
    assert one.gap <= 0.01


def test_no_time_still_gives_a_plan_and_a_bound() -> None:
    here, there, weight, _ = a_town(5, 900, 150)
    answer = p_median(
        Demand.of(weight), Sites.of(150), euclidean(here, there, 3.0), Rules(p=20), Control(0.0)
    )
    assert len(answer.sites) == 20
    assert answer.bound <= answer.objective
    assert answer.status in {"time limit", "optimal"}


def test_the_certificate_of_an_answer_without_time_proves_its_bound() -> None:
    """However far the nearest site is, nobody walks less than to it."""
    here, there, weight, _ = a_town(5, 900, 150)
    reach, demand, sites = euclidean(here, there, 3.0), Demand.of(weight), Sites.of(150)
    answer = p_median(demand, sites, reach, Rules(p=20), Control(0.0))
    nearest = np.linalg.norm(here[:, None] - there[None], axis=2).min(axis=1)
    assert answer.bound == pytest.approx(float(nearest @ weight), rel=1e-6)
    who, where = raw_pairs(reach)
    _, bound = check_walk(weight, who, where, reach.metres, sites.cost, answer.certificate)
    assert bound == pytest.approx(answer.bound)


def test_steps_few_at_a_time_go_the_same_way(monkeypatch) -> None:
    """Of tens of millions of pairs the search looks at the clock between them."""
    here, there, weight, _ = a_town(6, 900, 150)
    asked = Demand.of(weight), Sites.of(150), euclidean(here, there, 3.0), Rules(p=20)
    monkeypatch.setattr(ladder, "WORK", 1.0)
    whole = p_median(*asked)
    monkeypatch.setattr(ladder, "AT_ONCE", 1.0)
    parts = p_median(*asked)
    assert (parts.objective, parts.status) == (whole.objective, "optimal")
    control, steps = Control(), []

    def once(*given) -> None:
        steps.append(given[-1])
        control.stop()

    monkeypatch.setattr(ladder, "ascend", once)
    assert p_median(*asked, control).status == "stopped"
    assert steps == [1]


def test_a_caller_can_stop_it() -> None:
    here, there, weight, _ = a_town(6, 900, 150)
    told = []
    control = Control(on_improved=lambda *news: (told.append(news), control.stop()))
    answer = p_median(
        Demand.of(weight), Sites.of(150), euclidean(here, there, 3.0), Rules(p=20), control
    )
    assert answer.status in {"stopped", "optimal"}
    assert told
    assert answer.history


def test_a_plan_given_is_never_made_worse() -> None:
    here, there, weight, _ = a_town(8, 300, 60)
    question = Demand.of(weight), Sites.of(60), euclidean(here, there, 3.0), Rules(p=6)
    best = p_median(*question)
    again = p_median(*question, Control(0.0), warm=best.sites)
    assert again.objective == best.objective


def test_an_island_is_told_and_left_out() -> None:
    reach = euclidean([[0, 0], [1, 0], [500, 0]], [[0, 1], [1, 1]], 10.0)
    answer = p_median(Demand.of([1, 2, 4]), Sites.of(2), reach, Rules(p=2))
    assert answer.objective == 3.0
    assert "4 people" in answer.relaxed[0]


def test_too_few_sites_for_everybody_is_said() -> None:
    reach = euclidean([[0, 0], [100, 0]], [[0, 1], [100, 1]], 10.0)
    demand, sites = Demand.of([1, 1]), Sites.of(2)
    answer = p_median(demand, sites, reach, Rules(p=1))
    assert answer.status == "infeasible"
    assert "unserved_metres" in answer.relaxed[0]
    softer = p_median(demand, sites, reach, Rules(p=1, unserved_metres=50.0))
    assert (softer.objective, softer.status) == (51.0, "optimal")


@pytest.mark.parametrize("weight", [[], [0, 0]])
def test_nobody_to_serve_is_no_mistake(weight) -> None:
    reach = euclidean(np.zeros((len(weight), 2)), [[0, 1], [1, 1]], 10.0)
    answer = p_median(Demand.of(weight), Sites.of(2), reach, Rules(p=1))
    assert (answer.objective, answer.bound, answer.status) == (0.0, 0.0, "optimal")


@pytest.mark.parametrize(
    "rules",
    [Rules(p=1, backup=0.5), Rules(p=1, steps=((5, 1.0),)), Rules(p=1, unserved_metres=-1.0)],
)
def test_what_does_not_fit_is_refused(rules) -> None:
    reach = euclidean([[0, 0]], [[0, 1]], 10.0)
    with pytest.raises(Invalid) as refused:
        p_median(Demand.of([1]), Sites.of(1), reach, rules)
    assert refused.value.remedy


@pytest.mark.slow
def test_no_bound_is_violated_on_two_hundred_instances() -> None:
    for seed in range(200):
        limit = ("p", "budget", "both")[seed % 3]
        test_the_least_walk_is_found_and_proved.hypothesis.inner_test(
            seed, bool(seed % 2), limit, bool(seed % 5)
        )
        test_conditions_on_sites_are_kept_and_proved.hypothesis.inner_test(seed)
        test_nobody_is_sent_where_there_is_no_room.hypothesis.inner_test(seed, bool(seed % 3))
