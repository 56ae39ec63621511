"""Questions at the edge, where little is left to choose: honest answers hold, and are the best of
all plans tried one by one."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest

from geo.siting.centre.solve import p_centre
from geo.siting.control import Control
from geo.siting.max_cover.solve import max_cover
from geo.siting.median import p_median
from geo.siting.median.lexicographic import cover_then_walk
from geo.siting.names import Names
from geo.siting.problem import Demand, Rules, Sites
from geo.siting.proofs.bounds import Question, proved
from geo.siting.proofs.checked import examined, worth_of
from geo.siting.reach import euclidean
from geo.siting.set_cover.solve import set_cover
from geo.siting.stated import rows_of
from geo.siting.variations.robust import robust

SOLVERS = {
    "max-cover": max_cover,
    "set-cover": set_cover,
    "p-median": p_median,
    "p-centre": p_centre,
}
HERE, THERE = [[0.0, 0.0], [50.0, 0.0]], [[0.0, 0.0], [60.0, 0.0]]


def question(model: str, rules: Rules, *, weight=(5, 5), here=HERE, there=THERE, radius=200.0,
             **sites) -> Question:  # fmt: skip
    return Question(
        model,
        Demand.of(weight),
        Sites.of(len(there), **sites),
        euclidean(np.array(here, float), np.array(there, float), radius),
        rules,
    )


def best_of(asked: Question) -> float | None:
    """The best worth of all sets of sites that keep to the conditions; None: there are none."""
    rows = rows_of(asked.sites, asked.rules)
    found = []
    for size in range(len(asked.sites) + 1):
        for some in itertools.combinations(range(len(asked.sites)), size):
            plan = np.array(some, np.int64)
            if all(much[plan].sum() <= limit + 1e-9 for much, limit in rows) and (
                asked.model == "max-cover" or reached(asked, plan) == reached(asked)
            ):
                found.append(worth_of(asked, plan))
    known = [one for one in found if not np.isnan(one)]
    return (max if asked.model == "max-cover" else min)(known) if known else None


def reached(asked: Question, plan=None) -> set[int]:
    """Points with people that some sites reach, or all of them together."""
    who, where, _ = asked.pairs()
    there = np.ones(len(who), bool) if plan is None else np.isin(where, plan)
    return {int(i) for i in who[there] if asked.demand.weight[i] > 0}


def told_and_checked(asked: Question):
    answer = SOLVERS[asked.model](*asked[1:])
    proof = json.loads(json.dumps(answer.certificate))
    checked = examined(
        asked, answer.sites, Names(), proof, float(answer.objective), float(answer.bound)
    )
    return answer, checked


@pytest.mark.parametrize(
    "asked",
    [
        question("p-median", Rules(budget=0.0), cost=[0, 0]),
        question("p-median", Rules(budget=3.0), cost=[3, 0]),
        question("max-cover", Rules(budget=0.0, capacities=True), cost=[0, 0], capacity=[4, 9]),
        question("max-cover", Rules(budget=3.0, capacities=True), cost=[3, 0], capacity=[4, 9]),
        question("max-cover", Rules(budget=0.5, capacities=True), capacity=[5, 5]),
        question("max-cover", Rules(p=1, capacities=True), weight=[5], here=HERE[:1],
                 there=[[5000.0, 0.0]], capacity=[5]),
        question("set-cover", Rules(), weight=[5], here=HERE[:1], there=[[5000.0, 0.0]]),
    ],
    ids=["walk to free sites", "walk with the budget used up", "free sites with capacities",
         "capacities with the budget used up", "no money for a site with capacity",
         "capacity for nobody", "nobody to cover"],
)  # fmt: skip
def test_an_honest_plan_with_hardly_a_choice_holds_and_is_proved(asked) -> None:
    answer, checked = told_and_checked(asked)
    assert answer.status == "optimal"
    assert checked.broken == []
    assert checked.holds
    assert checked.value == pytest.approx(best_of(asked))
    assert checked.bound == pytest.approx(checked.value)


@pytest.mark.parametrize("model", ["max-cover", "p-median"])
def test_no_prices_prove_more_than_there_is_where_sites_are_free(model) -> None:
    # The money is used up by the first site; the second is free, and always in.
    rules = Rules(budget=3.0, capacities=model == "max-cover")
    asked = question(model, rules, cost=[3, 0], capacity=[4, 9])
    answer, _ = told_and_checked(asked)
    best = best_of(asked)
    for price in (0.0, 0.3, 0.7, 1.0, 30.0, 90.0):
        proof = dict(answer.certificate)
        proof["price"] = [price] * len(proof["price"])
        _, bound, wrong = proved(asked, proof, answer.sites)
        assert wrong == []
        assert bound >= best - 1e-6 if model == "max-cover" else bound <= best + 1e-6


@pytest.mark.parametrize("rules", [Rules(p=0), Rules(budget=0.5)], ids=["no site", "no money"])
@pytest.mark.parametrize("capacities", [False, True])
def test_a_plan_of_no_site_is_a_plan_also_where_weights_have_decimals(rules, capacities) -> None:
    asked = question(
        "max-cover", replace(rules, capacities=capacities), weight=[5.3, 0.7], capacity=[4, 9]
    )
    answer, checked = told_and_checked(asked)
    assert (answer.found, answer.status, answer.gap) == (True, "optimal", 0.0)
    assert (answer.objective, answer.bound) == (0.0, 0.0)
    assert checked.holds


def test_where_time_is_up_before_a_site_is_chosen_there_is_a_plan_all_the_same() -> None:
    asked = question("max-cover", Rules(budget=0.5), weight=[5.3, 0.7])
    answer = max_cover(*asked[1:], Control(0.0))
    assert (answer.found, len(answer.sites), answer.objective) == (True, 0, 0.0)
    assert answer.bound >= 0.0
    none = max_cover(*asked[1:4], Rules(p=1, open_24h_least=2), Control(0.0))
    assert (none.found, none.status) == (False, "infeasible")


def test_nobody_walks_where_everybody_lives_at_a_site() -> None:
    asked = question("p-median", Rules(p=2), weight=[5.3, 0.7], there=HERE)
    answer, checked = told_and_checked(asked)
    assert (answer.found, answer.status, answer.gap) == (True, "optimal", 0.0)
    assert (answer.objective, answer.bound) == (0.0, 0.0)
    assert checked.holds


@pytest.mark.parametrize("aim", ["worst share", "least regret", "mean"])
def test_no_money_on_any_day_is_proved_to_be_the_best(aim) -> None:
    asked = question("max-cover", Rules(budget=0.5))
    found = robust(np.array([[5.0, 3.0], [1.0, 9.0]]), *asked[1:], aim)
    assert (found.answer.found, found.answer.status, found.answer.gap) == (True, "optimal", 0.0)
    assert (found.answer.objective, found.answer.bound) == (0.0, 0.0)


def test_coverage_and_then_the_walk_of_no_site_is_proved() -> None:
    asked = question("max-cover", Rules(budget=0.5), weight=[5.3, 0.7])
    found = cover_then_walk(*asked[1:])
    for part in (found.cover, found.walk):
        assert (part.found, part.status, part.objective, part.bound) == (True, "optimal", 0.0, 0.0)


FAR = [[5000.0, 0.0], [6000.0, 0.0]]


@pytest.mark.parametrize("model", ["p-median", "p-centre"])
@pytest.mark.parametrize("weight", [(5, 5), (0, 0)], ids=["nobody can", "nobody has to"])
@pytest.mark.parametrize(
    "rules",
    [
        Rules(p=1, open_24h_least=1),
        Rules(p=1, open_24h_least=2),
        Rules(p=2, budget=2.0, open_24h_least=2),
        Rules(p=2, budget=3.0, open_24h_least=2),
        Rules(p=1),
    ],
    ids=["one all night", "more than may be", "more than is paid for", "just paid for", "none"],
)
def test_conditions_hold_also_where_nobody_is_served(model, weight, rules) -> None:
    there = FAR if weight[0] else THERE
    asked = question(model, rules, weight=weight, there=there, radius=100.0, cost=[1, 2],
                     open_24h=[True, True])  # fmt: skip
    best = best_of(asked)
    answer, checked = told_and_checked(asked)
    assert answer.found == (best is not None)
    if best is None:
        assert answer.status == "infeasible"
        assert answer.relaxed
        return
    assert (answer.status, answer.objective, answer.bound) == ("optimal", best, best)
    assert checked.broken == []
    assert len(answer.sites) >= rules.open_24h_least


def test_whoever_is_out_of_reach_is_counted_by_people() -> None:
    asked = question("p-centre", Rules(p=1), weight=[5, 1234567], there=FAR)
    answer, _ = told_and_checked(asked)
    assert "2 demand points (1,234,572 people)" in answer.relaxed[0]
