"""Residual capacity inequalities: no plan is against them, and half sites are."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from siting_oracle import a_town

from geo.siting.capacity.cuts import cut_of, found_cuts
from geo.siting.capacity.roomy import asked_of, narrowed, opened_with
from geo.siting.problem import Demand, Rules, Sites
from geo.siting.reach import euclidean


def a_question(seed: int, places: int = 7):
    rng = np.random.default_rng(seed)
    here, there, weight, _ = a_town(seed, 40, places, clustered=bool(seed % 2))
    sizes = rng.choice([20, 35, 50, 120], 2) if seed % 3 else [40]
    sites = Sites.of(places, capacity=rng.choice(sizes, places))
    reach = euclidean(here, there, 0.3)
    return asked_of(Demand.of(weight), sites, reach, Rules(p=4, capacities=True)), rng


def most_served(net, who, whom, opened):
    """People of some groups whom the open ones of some sites can serve: a maximal flow."""
    people = np.zeros(len(net.people))
    people[whom] = net.people[whom]
    capacity = np.zeros(len(net.capacity))
    capacity[who] = net.capacity[who]
    asked = type("Asked", (), {})()
    asked.net, asked.standing = net._replace(people=people, capacity=capacity), opened
    return float(opened_with(asked, np.empty(0, np.int64), 0).tally[0])


@given(st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_no_plan_is_against_a_cut(seed) -> None:
    asked, rng = a_question(seed)
    net, sites = asked.net, len(asked.net.capacity)
    who = np.flatnonzero(rng.random(sites) < 0.6)
    whom = np.flatnonzero(rng.random(len(net.people)) < 0.7)
    size = float(rng.choice([*net.capacity, 17.0, 33.5]))
    cut = cut_of(net, who, whom, size)
    takes = np.zeros(sites)
    takes[cut.who] = cut.takes
    for count in range(sites + 1):
        for opened in itertools.combinations(range(sites), count):
            some = np.array(opened, np.int64)
            served = most_served(net, who, whom, some)
            assert served - takes[some].sum() <= cut.limit + 1e-6


def test_two_and_a_half_sites_do_not_serve_as_many_as_their_room() -> None:
    """250 people, five sites of room for 100 that reach them all: 2.5 of them are 225, not 250."""
    reach = euclidean(np.zeros((25, 2)), np.zeros((5, 2)), 1.0)
    sites = Sites.of(5, capacity=np.full(5, 100.0))
    asked = asked_of(Demand.of(np.full(25, 10.0)), sites, reach, Rules(p=3, capacities=True))
    opened = np.full(5, 0.5)
    flow = np.full(5, 50.0)
    cuts = found_cuts(asked.net, opened, flow, [], 1.0, 10)
    assert cuts
    most = min(cut.limit + (cut.takes * opened[cut.who]).sum() for cut in cuts)
    assert most == pytest.approx(225.0)
    # Two serve 200 and three all: there the cut says nothing more.
    for many, served in ((2, 200.0), (3, 250.0), (5, 250.0)):
        whole = (np.arange(5) < many).astype(float)
        for cut in cuts:
            within = flow_over(asked.net, cut.pairs, whole, served)
            assert within - (cut.takes * whole[cut.who]).sum() <= cut.limit + 1e-9


def flow_over(net, pairs, opened, served):
    """Of an even flow over the open sites, the people over some pairs."""
    flow = opened[net.column] * served / opened.sum()
    return float(flow[pairs].sum())


@given(st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_what_is_found_is_against_the_solution_it_was_found_for(seed) -> None:
    asked, rng = a_question(seed)
    net = asked.net
    opened = rng.choice([0.0, 0.3, 0.5, 1.0], len(net.capacity))
    group = np.repeat(np.arange(len(net.people)), np.diff(net.row))
    flow = opened[net.column] * net.people[group]
    flow /= np.maximum(1.0, np.bincount(group, flow, len(net.people)) / net.people)[group]
    load = np.bincount(net.column, flow, len(net.capacity))
    flow *= np.minimum(1.0, net.capacity * opened / np.maximum(load, 1e-12))[net.column]
    cuts = found_cuts(net, opened, flow, [], 1e-6, 20)
    for cut in cuts:
        over = flow[cut.pairs].sum() - (cut.takes * opened[cut.who]).sum() - cut.limit
        assert over > 0
        again = cut_of(net, cut.who, cut.whom, cut.size)
        assert again.limit == cut.limit
        assert again.takes.tolist() == cut.takes.tolist()


def test_fewer_sites_ask_the_same_of_what_is_left() -> None:
    asked, _ = a_question(3)
    keep = np.ones(len(asked.net.capacity), bool)
    keep[1] = keep[4] = False
    smaller, which, of = narrowed(asked, keep)
    assert which.tolist() == np.flatnonzero(keep).tolist()
    assert smaller.net.capacity.tolist() == asked.net.capacity[which].tolist()
    met = of >= 0
    sums = np.bincount(of[met], asked.net.people[met], len(smaller.net.people))
    assert sums == pytest.approx(smaller.net.people)
    for plan in ([0, 2, 5], [3], [0, 2, 3, 6]):
        new = np.searchsorted(which, plan).astype(np.int64)
        before = opened_with(asked, np.array(plan, np.int64), 0).tally[0]
        assert opened_with(smaller, new, 0).tally[0] == pytest.approx(before)
    assert replace(smaller.sides, cost=asked.sides.cost).most == min(4, len(which))
