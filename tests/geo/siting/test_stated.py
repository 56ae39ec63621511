"""Certificates that lie: whatever is changed in one, the checker refuses it or what it then proves
is true all the same."""

from __future__ import annotations

import base64
import copy
import functools
import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from siting_oracle import a_town, worth_of

from geo.siting.centre.solve import p_centre
from geo.siting.max_cover.solve import max_cover
from geo.siting.median import p_median
from geo.siting.problem import EXISTING, FORBIDDEN, FORCED, Demand, Rules, Sites
from geo.siting.proofs.bounds import UNREADABLE, Question, proved
from geo.siting.reach import euclidean
from geo.siting.set_cover.solve import set_cover
from geo.siting.stated import too_near_to_stand

SOLVERS = {
    "max-cover": max_cover,
    "set-cover": set_cover,
    "p-median": p_median,
    "p-centre": p_centre,
}
ASKED = {
    "plain": ("max-cover", Rules(p=3)),
    "spaced": ("max-cover", Rules(p=4, spacing_metres=0.2, per_chain_most=1, open_24h_least=1)),
    "floors": ("max-cover", Rules(budget=11.0, district_least_share={0: 0.3})),
    "steps": ("max-cover", Rules(p=4, steps=((0.1, 1.0), (0.2, 0.5)), backup=0.5)),
    "capacities": ("max-cover", Rules(p=3, capacities=True, per_chain_most=1)),
    "share": ("set-cover", Rules(share=0.7)),
    "walk": ("p-median", Rules(p=3)),
    "walk, capacities": ("p-median", Rules(p=5, capacities=True, unserved_metres=3.0)),
    "centre": ("p-centre", Rules(p=3)),
    "centre, rows": ("p-centre", Rules(p=4, budget=13.0, spacing_metres=0.1, open_24h_least=2)),
}


@functools.cache
def answered(name: str):
    """A question, its answer's plan, value and certificate."""
    model, rules = ASKED[name]
    here, there, weight, rng = a_town(11, 60, 14, clustered=True)
    fixed = np.zeros(14, int)
    fixed[[2, 5, 9]] = FORCED, FORBIDDEN, EXISTING
    question = Question(
        model,
        Demand.of(weight, district=(here[:, 0] > 0.5).astype(int), x=here[:, 0], y=here[:, 1]),
        Sites.of(
            14,
            fixed=fixed,
            cost=rng.integers(1, 7, 14),
            chain=rng.integers(-1, 3, 14),
            open_24h=rng.random(14) < 0.4,
            capacity=rng.integers(30, 200, 14),
            x=there[:, 0],
            y=there[:, 1],
        ),
        euclidean(here, there, 0.2 if "cover" in model else 3.0),
        rules,
    )
    answer = SOLVERS[model](*question[1:])
    assert answer.status == "optimal"
    return question, answer.sites, answer.objective, json.dumps(answer.certificate)


def told(question: Question, proof, sites):
    """The bound that a certificate proves; None where it is refused."""
    try:
        _, bound, wrong = proved(question, proof, sites)
    except UNREADABLE:
        return None
    return None if wrong else bound


def is_true(question: Question, bound: float, best: float) -> bool:
    near = 1e-6 * max(1.0, best)
    return bound >= best - near if question.model == "max-cover" else bound <= best + near


@pytest.mark.parametrize("name", ASKED)
def test_an_honest_certificate_is_believed_and_says_how_good_the_plan_is(name) -> None:
    question, sites, best, proof = answered(name)
    value, bound, wrong = proved(question, json.loads(proof), sites)
    assert wrong == []
    assert value is None or value == pytest.approx(best)
    assert is_true(question, bound, best)
    assert bound == pytest.approx(best, rel=0.15)
    if name in {"plain", "floors", "centre", "centre, rows", "share", "walk"}:
        assert bound == pytest.approx(best)


def test_a_plan_in_steps_is_believed_where_there_are_more_groups_than_points() -> None:
    # Each point is a group of its own in each of three steps.
    spots = np.array([[0, 0], [10, 0], [20, 0], [30, 0]], float)
    hosts = np.array([[0, 1], [10, 2], [20, 1], [30, 5], [6, 3], [24, 4]], float)
    question = Question(
        "max-cover",
        Demand.of([3, 5, 2, 7]),
        Sites.of(6),
        euclidean(spots, hosts, 40.0),
        Rules(p=2, steps=((5.0, 1.0), (12.0, 0.5), (18.0, 0.25))),
    )
    answer = max_cover(*question[1:])
    assert len(np.unique(np.array(answer.certificate["group"]))) > len(spots) + 1
    best = max(worth_of(two, *question[1:]) for two in itertools.combinations(range(6), 2))
    value, bound, wrong = proved(question, answer.certificate, answer.sites)
    assert wrong == []
    assert value == pytest.approx(best)
    assert best <= bound + 1e-9


def changed(data, part):
    """Something in it is another; where it is a list of many, one of them."""
    if isinstance(part, dict):
        if not part:
            return {"0": 0.9}
        key = data.draw(st.sampled_from(sorted(part)))
        part[key] = changed(data, part[key])
        return part
    if isinstance(part, list):
        how = data.draw(st.sampled_from(["one", "one", "one", "drop", "twice"])) if part else "add"
        at = data.draw(st.integers(0, len(part) - 1)) if part else 0
        if how == "add":
            return data.draw(st.sampled_from([[0], [[0, 1]], [[[3, 4], [1.0, 1.0], 1.0]], [1.0]]))
        if how == "drop":
            return part[:at] + part[at + 1 :]
        if how == "twice":
            return [*part, copy.deepcopy(part[at])]
        part[at] = changed(data, part[at])
        return part
    if isinstance(part, str) and part[:1] == "<":
        level = np.frombuffer(base64.b64decode(part[3:]), part[:3]).copy()
        if len(level):
            level[data.draw(st.integers(0, len(level) - 1))] = data.draw(
                st.sampled_from([0.0, 0.5, 1.0, 2.0, 50.0, -3.0, np.nan, np.inf])
            )
        return part[:3] + base64.b64encode(level.tobytes()).decode()
    if isinstance(part, bool | str) or part is None:
        return data.draw(st.sampled_from([None, 0, 1, "max-cover", True, 2.5]))
    return data.draw(
        st.sampled_from(
            [0, 1, 2, 5, 9, -1, 13, 99, part + 1, part - 1, part * 2, part * 0.5, -part, 1e6, -1e6,
             float("nan"), float("inf")]
        )
    )  # fmt: skip


@pytest.mark.parametrize("name", ASKED)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_whatever_is_changed_in_it_proves_nothing_false(name, data) -> None:
    question, sites, best, proof = answered(name)
    lie = json.loads(proof)
    for _ in range(data.draw(st.integers(1, 3))):
        lie = changed(data, lie)
    bound = told(question, lie, sites)
    assert bound is None or is_true(question, bound, best), (bound, best)


@pytest.mark.slow
@pytest.mark.parametrize("name", ASKED)
@given(data=st.data())
@settings(max_examples=2000, deadline=None)
def test_thousands_of_changes_prove_nothing_false(name, data) -> None:
    test_whatever_is_changed_in_it_proves_nothing_false.hypothesis.inner_test(name, data)


def far_apart(question: Question) -> list[int]:
    shut = too_near_to_stand(question.sites, question.rules)
    apart = np.hypot(
        np.subtract.outer(question.sites.x, question.sites.x),
        np.subtract.outer(question.sites.y, question.sites.y),
    )
    free = np.flatnonzero(question.sites.fixed == 0)
    chain = question.sites.chain
    apart[(chain[:, None] == chain[None, :]) & (chain >= 0)] = 0.0
    apart[:, shut] = apart[shut, :] = 0.0
    a, b = np.unravel_index(np.argmax(apart[np.ix_(free, free)]), (len(free), len(free)))
    return [int(free[a]), int(free[b])]


LIES = {
    "two sites far apart exclude each other": lambda q, c: c["rows"].append(
        [far_apart(q), [1.0, 1.0], 1.0]
    ),
    "a site is forbidden by nothing": lambda q, c: c["rows"].append([[0], [1.0], 0.0]),
    "more must be open all night": lambda q, c: c["rows"].append(
        [np.flatnonzero(q.sites.open_24h & (q.sites.fixed == 0)).tolist()] * 2 + [-3.0]
    ),
    "fewer sites": lambda q, c: c.update(p=2),
    "a site is forced": lambda q, c: c.update(forced=[0, *c["forced"]]),
    "a site is forbidden": lambda q, c: c.update(forbidden=sorted([0, *c["forbidden"]])),
    "no existing station": lambda q, c: c.update(existing=[]),
    "one stands in for another": lambda q, c: c.update(instead=[[0, 1], [1, 0]]),
    "a district must be covered": lambda q, c: c.update(floors=[1e3, 0.0]),
    "backup counts for less": lambda q, c: c.update(backup=-1.0),
    "only the near are reached": lambda q, c: c.update(layers=[[0.05, 1.0]]),
    "another model": lambda q, c: c.update(model="p-median"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_statement_that_the_question_does_not_imply_is_refused(lie) -> None:
    question, sites, _, proof = answered("spaced")
    certificate = json.loads(proof)
    LIES[lie](question, certificate)
    value, bound, wrong = proved(question, certificate, sites)
    assert (value, bound) == (None, None)
    assert len(wrong) == 1


def test_units_and_stand_ins_are_not_believed_but_derived() -> None:
    question, sites, best, proof = answered("plain")
    certificate = json.loads(proof) | {"unit": 4096.0}
    assert is_true(question, told(question, certificate, sites), best)
    everyone = [[j, (j + 1) % 14] for j in range(14) if question.sites.fixed[j] == 0]
    assert is_true(question, told(question, certificate | {"instead": everyone}, sites), best)


def test_people_in_no_group_are_counted_in_full() -> None:
    question, sites, best, proof = answered("capacities")
    certificate = json.loads(proof)
    certificate["group"] = [-1] * len(certificate["group"])
    assert is_true(question, told(question, certificate, sites), best)
