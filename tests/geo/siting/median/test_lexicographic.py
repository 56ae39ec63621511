"""Coverage first, then the walk, against every plan there is."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from siting_oracle import a_town, worth_of
from siting_walk_oracle import keeps, nearest_of, plans_of

from geo.errors import Invalid
from geo.siting.median import cover_then_walk
from geo.siting.problem import FORCED, Demand, Rules, Sites
from geo.siting.proofs.bounds import Question, proved_walk
from geo.siting.reach import euclidean, euclidean_discs


@given(st.integers(0, 10**6), st.booleans(), st.booleans())
@settings(max_examples=20, deadline=None)
def test_of_the_plans_that_cover_most_the_least_walk_is_found(seed, clustered, stepped) -> None:
    here, there, weight, rng = a_town(seed, 40, 9, clustered=clustered)
    reach = euclidean(here * 1000, there * 1000, 300.0)
    demand = Demand.of(weight)
    sites = Sites.of(9, fixed=rng.choice([0, 0, 0, 0, 1, 2, 3], 9))
    steps = ((150.0, 1.0), (250.0, 0.5)) if stepped else ()
    rules = Rules(p=int((sites.fixed == FORCED).sum()) + 3, steps=steps)
    last = steps[-1][0] if steps else np.inf
    best = (-1.0, -np.inf)
    for plan in plans_of(sites, rules):
        near = nearest_of(plan, demand, sites, reach)
        covered = worth_of(plan, demand, sites, reach, rules)
        near_enough = near <= np.float32(last) if steps else np.isfinite(near)
        walk = float(near[near_enough] @ demand.weight[near_enough])
        best = max(best, (covered, -walk))
    answer = cover_then_walk(demand, sites, reach, rules)
    assert keeps(answer.walk.sites, sites, rules)
    assert answer.cover.objective == pytest.approx(best[0])
    assert answer.cover.bound == pytest.approx(best[0])
    assert answer.walk.objective == pytest.approx(-best[1], rel=1e-6)
    assert answer.walk.bound == pytest.approx(-best[1], rel=1e-4)
    assert answer.walk.status == "optimal"
    assert answer.walk.bound <= min(answer.walk.objective, -best[1] * (1 + 1e-12))
    # Anybody's prices prove something true, and those of the certificate something that is near.
    proof = json.loads(json.dumps(answer.walk.certificate))
    question = Question("max-cover", demand, sites, reach, rules)
    walk, wrong = proved_walk(question, proof, best[0])
    assert not wrong
    assert -best[1] * 0.5 <= walk <= -best[1] + 1e-6 * max(1.0, -best[1])
    other = proof | {"price": (rng.random(40) * 2 * proof["unserved_metres"]).tolist()}
    assert proved_walk(question, other, best[0])[0] <= -best[1] + 1e-6


@pytest.mark.parametrize("seed", [0, 3])
def test_the_certificate_proves_the_walk_of_a_town(seed) -> None:
    """Where only a great mu is enough, too: what sums are moved outward by is no gap."""
    here, there, weight, _ = a_town(seed, 800, 60, clustered=bool(seed))
    demand, sites, rules = Demand.of(weight), Sites.of(60), Rules(p=9)
    reach = euclidean(here * 3000, there * 3000, 500.0)
    answer = cover_then_walk(demand, sites, reach, rules)
    question = Question("max-cover", demand, sites, reach, rules)
    walk, wrong = proved_walk(question, answer.walk.certificate, answer.cover.objective)
    assert not wrong
    assert answer.walk.status == "optimal"
    assert 0.95 * answer.walk.bound <= walk <= answer.walk.objective
    # Of fewer people less is proved, and of another question nothing.
    less, _ = proved_walk(question, answer.walk.certificate, answer.cover.objective - 5)
    assert less < walk
    more = question._replace(rules=Rules(p=10))
    assert proved_walk(more, answer.walk.certificate, answer.cover.objective) == (None, ["p"])


def test_streamed_reach_gives_the_same_plan() -> None:
    here, there, weight, _ = a_town(2, 200, 30)
    demand, sites, rules = Demand.of(weight), Sites.of(30), Rules(p=5)
    one = cover_then_walk(demand, sites, euclidean(here, there, 0.15), rules)
    other = cover_then_walk(demand, sites, euclidean_discs(here, there, 0.15), rules)
    assert one.walk.sites.tolist() == other.walk.sites.tolist()
    assert one.cover.sites.tolist() == one.walk.sites.tolist()


def test_backup_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        cover_then_walk(
            Demand.of([1]), Sites.of(1), euclidean([[0, 0]], [[0, 1]], 2.0), Rules(p=1, backup=0.5)
        )
    assert refused.value.remedy
