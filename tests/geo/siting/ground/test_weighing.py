"""Weighing a set of sites in one pass, against the merged evaluation of the solvers; and dots."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from siting_oracle import a_town

from geo.siting.evaluate import Evaluator
from geo.siting.ground.dots import dots_of
from geo.siting.ground.weighing import share_at, stand_ins, weigh, with_more
from geo.siting.problem import EXISTING, Demand, Reach, Rules, Sites
from geo.siting.reach import euclidean

FAR = 0.25


def rows(reach: Reach, some: list[int]) -> Reach:
    """Some candidates of a reach."""
    parts = [slice(reach.start[one], reach.start[one + 1]) for one in some]
    start = np.cumsum([0, *(part.stop - part.start for part in parts)])
    none = np.empty(0)
    return Reach(
        start.astype(np.int64),
        np.concatenate([none, *(reach.demand[part] for part in parts)]).astype(np.int32),
        np.concatenate([none, *(reach.metres[part] for part in parts)]).astype(np.float32),
    )


@given(st.integers(0, 10**6), st.booleans(), st.sampled_from([0.0, 0.3, 1.0]))
@settings(max_examples=60, deadline=None)
def test_a_drag_is_evaluated_as_the_solvers_count(seed, stepwise, backup):
    here, there, weight, rng = a_town(seed, 50, 14, clustered=True)
    reach = euclidean(here, there, FAR)
    rings = ((0.12, 1.0), (FAR, 0.5)) if stepwise else ((FAR, 1.0),)
    # The last three stand today, the two before are places put on the map.
    hosts, extra, standing = list(range(9)), [9, 10], [11, 12, 13]
    fixed = np.zeros(14, np.int8)
    fixed[standing] = EXISTING
    rules = Rules(p=1, steps=rings if stepwise else (), backup=backup)
    oracle = Evaluator(Demand.of(weight), Sites.of(14, fixed=fixed), reach, rules)
    apart = np.linalg.norm(here[:, None] - there[None, standing], axis=2)
    nearest = np.sort(apart, axis=1)
    today = share_at(nearest[:, 0], rings), share_at(nearest[:, 1], rings)
    chosen = np.sort(rng.choice(hosts, 4, replace=False)).astype(np.int64)
    found = weigh(
        weight.astype(float),
        today,
        rows(reach, hosts),
        chosen,
        [rows(reach, [one]) for one in extra],
        rings,
        backup,
    )
    points = rows(reach, hosts).by_demand(len(here))
    # The same when the places come after the candidates were weighed, as while they are dragged.
    before = weigh(weight.astype(float), today, rows(reach, hosts), chosen, [], rings, backup)
    places = [rows(reach, [one]) for one in extra]
    again = with_more(weight.astype(float), before, chosen, places, points, rings, backup)
    for name in ("first", "second", "third", "gain", "loss"):
        assert getattr(again, name) == pytest.approx(getattr(found, name), abs=1e-9), name
    plan = np.concatenate((chosen, extra)).astype(np.int64)
    expected = oracle.evaluate(plan)
    value = float(weight @ (found.first + backup * found.second))
    assert value == pytest.approx(expected.value)
    free = np.setdiff1d(hosts, chosen)
    assert found.gain[free] == pytest.approx(expected.gain[free])
    assert (found.gain[chosen] == 0).all()
    # What is lost without each: by evaluating the set without it.
    for at, site in enumerate(plan):
        rest = oracle.evaluate(plan[plan != site])
        assert found.loss[at] == pytest.approx(expected.value - rest.value, abs=1e-9)
        # And who could stand in for it: what each would add to that set.
        gone = rows(reach, [int(site)])
        gain = stand_ins(weight.astype(float), found, gone, points, rings, backup)
        assert gain[free] == pytest.approx(rest.gain[free], abs=1e-9)


def scattered(seed: int):
    """Up to two hundred places with up to twenty people each, and what else is drawn by chance."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(0, 200))
    lon, lat = 113.6 + 0.2 * rng.random(count), 34.7 + 0.2 * rng.random(count)
    return rng, lon, lat, rng.random(count) * 20


@given(st.integers(0, 10**6), st.floats(0.0, 400.0))
@settings(max_examples=60, deadline=None)
def test_no_dot_has_fewer_people_than_may_be_shown_and_none_are_lost(seed, least):
    _, lon, lat, weight = scattered(seed)
    dots = dots_of(lon, lat, weight, least)
    shown = dots.of >= 0
    if weight.sum() < least:
        assert not shown.any()
        return
    assert shown.all()
    assert dots.people.sum() == pytest.approx(weight.sum())
    assert (dots.people >= least * (1 - 1e-12)).all()
    for dot in range(len(dots)):
        mine = dots.of == dot
        assert dots.lon[dot] == pytest.approx(np.average(lon[mine], weights=weight[mine] + 1e-300))
        assert lat[mine].min() - 1e-9 <= dots.lat[dot] <= lat[mine].max() + 1e-9


@given(st.integers(0, 10**6), st.floats(1.0, 100.0))
@settings(max_examples=60, deadline=None)
def test_a_district_is_merged_alike_whatever_else_is_asked_about(seed, least):
    rng, lon, lat, weight = scattered(seed)
    home = rng.integers(-1, 4, len(lon))
    whole = dots_of(lon, lat, weight, least, home, 34.8)
    for one in range(-1, 4):
        mine = home == one
        if weight[mine].sum() < least:
            continue
        # With those of districts that have too few of their own among its dots, or without.
        alone = dots_of(lon[mine], lat[mine], weight[mine], least, home[mine], 34.8)
        same = whole.of[mine][:, None] == whole.of[mine]
        assert (same == (alone.of[:, None] == alone.of)).all()
        others = [weight[home == other].sum() for other in set(home.tolist())]
        if min(others) >= least:
            assert (home[np.isin(whole.of, whole.of[mine])] == one).all()
