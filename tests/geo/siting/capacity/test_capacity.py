"""Maximum coverage within capacities, against scipy's milp on the raw pairs."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from siting_oracle import a_town, best_served, raw_pairs

from geo.errors import Invalid
from geo.siting.capacity.without import without_capacities
from geo.siting.checker_served import check_served
from geo.siting.control import Control
from geo.siting.max_cover.solve import max_cover
from geo.siting.problem import FORBIDDEN, FORCED, Demand, Rules, Sites
from geo.siting.proofs.bounds import Question, proved
from geo.siting.reach import euclidean


def compare(seed: int) -> None:
    """One random town, conditions mixed."""
    rng = np.random.default_rng(seed)
    here, there, weight, _ = a_town(seed, 50, 12, clustered=bool(seed % 2))
    reach = euclidean(here, there, 0.2)
    sites = Sites.of(
        12,
        cost=rng.integers(1, 6, 12),
        chain=rng.integers(-1, 3, 12),
        open_24h=rng.random(12) < 0.4,
        fixed=rng.choice([0, 0, 0, 0, 0, 1, 2, 3], 12),
        capacity=rng.integers(10, 120, 12),
    )
    if seed % 3 == 0:
        weight = weight * 0.7
    rules = Rules(
        p=5 if rng.random() < 0.7 else None,
        budget=14.0 if rng.random() < 0.5 else None,
        per_chain_most=2 if rng.random() < 0.4 else None,
        open_24h_least=int(rng.integers(0, 3)),
        capacities=True,
    )
    demand = Demand.of(weight)
    answer = max_cover(demand, sites, reach, rules, seed=seed)
    best = best_served(demand, sites, reach, rules)
    if answer.status == "infeasible":
        assert best is None
        return
    assert best is not None
    assert answer.status == "optimal"
    assert answer.objective == pytest.approx(best, rel=1e-6, abs=1e-6)
    assert answer.bound >= best * (1 - 1e-6)
    who, where = raw_pairs(reach)
    proof = json.loads(json.dumps(answer.certificate))
    value, bound = check_served(demand.weight, who, where, sites.capacity, sites.cost, proof)
    assert value == pytest.approx(answer.objective, rel=1e-9, abs=1e-6)
    assert bound >= best * (1 - 1e-6)
    # Not only a bound: the one that the answer claims.
    if proof["by"] not in ("search", "highs"):
        assert bound == pytest.approx(answer.bound, rel=1e-6)


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_as_many_as_possible_are_served(seed) -> None:
    compare(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200))
def test_two_hundred_towns_are_served(seed) -> None:
    compare(seed)


def test_no_site_serves_more_than_it_can() -> None:
    reach = euclidean([[0, 0], [0.1, 0]], [[0, 0], [0.1, 0.1]], 1.0)
    sites = Sites.of(2, capacity=[60, 25])
    rules = Rules(p=1, capacities=True)
    one = max_cover(Demand.of([50, 50]), sites, reach, rules)
    both = max_cover(Demand.of([50, 50]), sites, reach, Rules(p=2, capacities=True))
    assert (one.objective, one.sites.tolist()) == (60.0, [0])
    assert both.objective == both.bound == 85.0
    proof = dict(both.certificate, served=[[0, 0, 61.0]])
    who, where = raw_pairs(reach)
    cost = np.ones(2)
    assert np.isnan(check_served(np.full(2, 50.0), who, where, sites.capacity, cost, proof)[0])


def test_room_enough_is_plain_coverage() -> None:
    here, there, weight, _ = a_town(2, 400, 60, clustered=True)
    reach = euclidean(here, there, 0.08)
    demand = Demand.of(weight)
    plain = max_cover(demand, Sites.of(60), reach, Rules(p=6))
    roomy = Sites.of(60, capacity=np.full(60, 1e9))
    served = max_cover(demand, roomy, reach, Rules(p=6, capacities=True), Control(20.0))
    assert served.objective == plain.objective == served.bound


def test_capacities_and_steps_are_refused_together() -> None:
    reach = euclidean([[0, 0]], [[0, 0]], 1.0)
    rules = Rules(p=1, capacities=True, steps=((1.0, 1.0),))
    with pytest.raises(Invalid) as refused:
        max_cover(Demand.of([1]), Sites.of(1, capacity=[1]), reach, rules)
    assert refused.value.field == "capacities"
    assert refused.value.remedy


def test_where_there_is_room_the_proof_is_that_of_the_question_without_capacities() -> None:
    here, there, weight, _ = a_town(2, 400, 60, clustered=True)
    reach, demand = euclidean(here, there, 0.08), Demand.of(weight)
    # Each has room for a quarter of everybody.
    plain = max_cover(demand, Sites.of(60), reach, Rules(p=6))
    sites = Sites.of(60, capacity=np.full(60, float(weight.sum()) / 4))
    answer = max_cover(demand, sites, reach, Rules(p=6, capacities=True), Control(20.0))
    assert answer.objective == plain.objective == answer.bound
    proof = json.loads(json.dumps(answer.certificate))
    assert proof["by"] == proof["roomy"]["by"]
    pairs = (demand.weight, *raw_pairs(reach))
    assert check_served(*pairs, sites.capacity, sites.cost, proof) == (plain.objective,) * 2
    # Who states more than the question does without capacities is told so.
    question = Question("max-cover", demand, sites, reach, Rules(p=6, capacities=True))
    assert proved(question, proof, answer.sites)[1:] == (plain.objective, [])
    fewer = proof | {"roomy": proof["roomy"] | {"p": 5}}
    assert proved(question, fewer, answer.sites) == (None, None, ["p"])
    deeper = proof | {"roomy": proof["roomy"] | {"roomy": proof["roomy"]}}
    assert proved(question, deeper, answer.sites) == (None, None, ["roomy"])


def test_an_edit_within_capacities_begins_from_the_plan_before() -> None:
    here, there, weight, _ = a_town(4, 900, 80, clustered=True)
    reach, demand = euclidean(here, there, 0.08), Demand.of(weight)
    rules = Rules(p=8, capacities=True)
    sites = Sites.of(80, capacity=np.full(80, float(weight.sum()) / 20))
    first = max_cover(demand, sites, reach, rules, Control(30.0, 0.001))
    for state in (FORBIDDEN, FORCED):
        fixed = sites.fixed.copy()
        fixed[first.sites[0] if state == FORBIDDEN else np.setdiff1d(range(80), first.sites)[0]] = (
            state
        )
        edited = replace(sites, fixed=fixed)
        warm = max_cover(demand, edited, reach, rules, Control(30.0, 0.001), warm=first)
        cold = max_cover(demand, edited, reach, rules, Control(30.0, 0.001))
        assert warm.gap <= 0.001
        assert warm.objective <= cold.bound
        assert cold.objective <= warm.bound


def test_conditions_do_not_run_away_with_their_prices() -> None:
    """Nobody can pay more than all that is served: dearer, and the proof is of rounding alone."""
    dearest = 0.0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        here, there = rng.random((12, 2)), rng.random((6, 2))
        sites = Sites.of(6, capacity=rng.integers(1, 9, 6), open_24h=rng.random(6) < 0.5)
        rules = Rules(p=3, open_24h_least=3, capacities=True)
        demand, reach = Demand.of(rng.integers(0, 5, 12)), euclidean(here, there, 0.4)
        answer = max_cover(demand, sites, reach, rules)
        if not answer.found:
            continue
        best = best_served(demand, sites, reach, rules)
        who, where = raw_pairs(reach)
        _, bound = check_served(
            demand.weight, who, where, sites.capacity, sites.cost, answer.certificate
        )
        dearest = max(dearest, *answer.certificate["row"], 0.0)
        assert bound >= best - 1e-6
    assert 0 < dearest <= 12 * 4


def test_no_certificate_is_made_where_none_is_wanted() -> None:
    here, there, weight, _ = a_town(2, 100, 20, clustered=True)
    reach, sites = euclidean(here, there, 0.1), Sites.of(20, capacity=np.full(20, 30.0))
    rules = Rules(p=4, capacities=True)
    without = max_cover(Demand.of(weight), sites, reach, rules, with_certificate=False)
    assert without.certificate is None
    for control in (Control(), Control(0.0)):
        assert max_cover(Demand.of(weight), sites, reach, rules, control).certificate is not None


def test_what_cannot_be_without_capacities_cannot_be_within() -> None:
    reach = euclidean([[0, 0]], [[0, 0], [5, 5]], 1.0)
    sites = Sites.of(2, capacity=[1, 1], x=[0, 0.1], y=[0, 0], open_24h=[True, True])
    rules = Rules(p=2, open_24h_least=2, spacing_metres=1.0, capacities=True)
    answer = max_cover(Demand.of([1]), sites, reach, rules, Control(10.0))
    assert answer.status == "infeasible"


@pytest.mark.parametrize("limit", [None, 60.0])
def test_the_question_without_capacities_is_but_a_beginning(limit) -> None:
    """It has an end of its own, where the whole has none too."""
    here, there, weight, _ = a_town(4, 300, 40, clustered=True)
    reach, demand = euclidean(here, there, 0.08), Demand.of(weight)
    lasting = []

    def ask(rules, control, begin):
        lasting.append(control.time_limit)
        return max_cover(demand, Sites.of(40), reach, rules, control, warm=begin)

    rules = Rules(p=6, capacities=True)
    without_capacities(ask, rules, Control(limit), None, lambda plan: 0.0)
    assert 0 < lasting[0] <= 6.0
