"""The p-centre against every plan there is, and against published optima."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from siting_oracle import a_town
from siting_walk_oracle import complete_reach, keeps, nearest_of, or_library, plans_of

from geo.siting.centre.proof import check_centre
from geo.siting.centre.solve import p_centre
from geo.siting.control import Control
from geo.siting.problem import FORCED, Demand, Rules, Sites
from geo.siting.proofs.bounds import Question, proved
from geo.siting.reach import euclidean

PUBLISHED = (127, 98, 93, 74, 48, 84, 64, 55, 37, 20, 59, 51, 36, 26, 18, 47, 39, 28, 18, 13)
"""pmed1 … 20: Elloumi, Labbé and Pochet, INFORMS J. on Computing 16, 2004."""


@given(st.integers(0, 10**6), st.booleans(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_the_shortest_longest_walk_is_found_and_proved(seed, clustered, ruled) -> None:
    here, there, weight, rng = a_town(seed, 30, 9, clustered=clustered)
    reach = euclidean(here, there, float(rng.choice([0.4, 3.0])))
    demand = Demand.of(weight)
    sites = Sites.of(
        9,
        fixed=rng.choice([0, 0, 0, 0, 1, 2, 3], 9),
        cost=rng.integers(1, 5, 9),
        chain=rng.integers(-1, 2, 9),
        open_24h=rng.random(9) < 0.4,
    )
    forced = sites.fixed == FORCED
    rules = Rules(
        p=int(forced.sum()) + 2,
        budget=float(sites.cost[forced].sum() + 6) if ruled else None,
        open_24h_least=1 if ruled else 0,
    )
    usable = np.flatnonzero(sites.fixed != 2)
    reachable = np.isfinite(nearest_of(usable, demand, sites, reach)) & (demand.weight > 0)
    best = np.inf
    for plan in plans_of(sites, rules):
        near = nearest_of(plan, demand, sites, reach)
        best = min(best, near[reachable].max(initial=0.0))
    answer = p_centre(demand, sites, reach, rules)
    if not np.isfinite(best):
        assert answer.status == "infeasible"
        assert answer.relaxed
        return
    assert keeps(answer.sites, sites, rules)
    near = nearest_of(answer.sites, demand, sites, reach)
    assert near[reachable].max(initial=0.0) == answer.objective
    assert (answer.objective, answer.bound, answer.status) == (best, best, "optimal")
    asked = Question("p-centre", demand, sites, reach, rules)
    told = proved(asked, json.loads(json.dumps(answer.certificate)), answer.sites)
    assert told == (None, best, [])


def test_prices_of_a_longest_walk_prove_it_or_nothing() -> None:
    reach = euclidean([[0, 0], [100, 0], [50, 0]], [[1, 0], [99, 0]], 200.0)
    asked = Question("p-centre", Demand.of([2, 3, 0]), Sites.of(2), reach, Rules(p=1))
    assert p_centre(*asked[1:]).objective == 99
    # Below 99 m each site reaches one of the two: they need two sites, not one.
    price = {"price": [[0, 1.0], [1, 1.0], [2, 5.0]], "row": [1.0]}
    one = [[0, 1], [1.0, 1.0], 1.0]
    proof = {"model": "p-centre", "p": 1, "proved_at": 98.5, "rows": [one], "tree": price}
    nobody = np.empty(0, np.int64)
    assert proved(asked, proof, nobody) == (None, 99.0, [])
    assert proved(asked, proof | {"proved_at": 99.0}, nobody) == (None, 0.0, [])
    assert proved(asked, proof | {"tree": {"price": [[0, 1.0]], "row": [1.0]}}, nobody)[1] == 0.0
    none = [[0, 1], [1.0, 1.0], 0.0]
    assert proved(asked, proof | {"rows": [none]}, nobody) == (None, None, ["rows"])


@pytest.mark.parametrize("number", range(1, 21))
def test_the_or_library_is_solved_and_proved(shared_data, number) -> None:
    metres, p = or_library(shared_data / "siting", number)
    points = len(metres)
    reach = complete_reach(metres)
    answer = p_centre(Demand.of(np.ones(points)), Sites.of(points), reach, Rules(p=p))
    assert (answer.objective, answer.bound) == (PUBLISHED[number - 1], PUBLISHED[number - 1])
    # The certificate alone proves it, with a checker of its own and with linear algebra.
    proof = json.loads(json.dumps(answer.certificate))
    where = np.repeat(np.arange(points), points)
    nobody = np.zeros(points, int)
    ones = np.ones(points)
    bound = check_centre(ones, reach.demand.astype(int), where, reach.metres, nobody, proof)
    assert bound == answer.objective
    if "site" not in proof["tree"]:
        price, row = np.zeros(points), np.array(proof["tree"]["row"])
        price[[i for i, _ in proof["tree"]["price"]]] = [u for _, u in proof["tree"]["price"]]
        owed = (metres <= proof["proved_at"]).T @ price
        assert price.sum() - np.maximum(0.0, owed - row.sum()).sum() > p * row.sum()


def test_no_time_still_gives_a_bound() -> None:
    here, there, weight, _ = a_town(5, 900, 150)
    answer = p_centre(
        Demand.of(weight), Sites.of(150), euclidean(here, there, 3.0), Rules(p=20), Control(0.0)
    )
    assert answer.bound <= answer.objective
    assert len(answer.sites) <= 20


def test_too_few_sites_for_everybody_is_said() -> None:
    reach = euclidean([[0, 0], [100, 0]], [[0, 1], [100, 1]], 10.0)
    answer = p_centre(Demand.of([1, 1]), Sites.of(2), reach, Rules(p=1))
    assert answer.status == "infeasible"
    assert "allow more" in answer.relaxed[0]


@pytest.mark.slow
def test_no_bound_is_violated_on_two_hundred_instances() -> None:
    for seed in range(200):
        test_the_shortest_longest_walk_is_found_and_proved.hypothesis.inner_test(
            seed, bool(seed % 2), bool(seed % 3 == 0)
        )
