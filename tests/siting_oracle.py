"""Siting by other ways: point by point from the definition, and scipy's milp on the raw pairs."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_matrix, hstack, identity, vstack

from geo.siting.checker import check
from geo.siting.problem import EXISTING, FORBIDDEN, FORCED, Demand, Reach, Rules, Sites
from geo.siting.stated import restated


def a_town(seed: int, points: int, hosts: int, *, clustered: bool = False):
    """Points, hosts, whole weights; clustered ones are the hard ones."""
    rng = np.random.default_rng(seed)
    if not clustered:
        return rng.random((points, 2)), rng.random((hosts, 2)), rng.integers(0, 30, points), rng
    centres = rng.random((4, 2))
    here = centres[rng.integers(0, 4, points)] + rng.normal(0, 0.08, (points, 2))
    there = centres[rng.integers(0, 4, hosts)] + rng.normal(0, 0.08, (hosts, 2))
    return here, there, rng.integers(0, 30, points), rng


def raw_pairs(reach: Reach):
    return reach.demand.astype(np.int64), np.repeat(np.arange(len(reach)), np.diff(reach.start))


def worth_of(plan, demand: Demand, sites: Sites, reach: Reach, rules: Rules) -> float:
    """The objective, point by point, from the definition."""
    open_sites = {int(site) for site in plan} | set(np.flatnonzero(sites.fixed == EXISTING))
    total = 0.0
    by_point: dict[int, list[float]] = {}
    for site in open_sites:
        for number in range(reach.start[site], reach.start[site + 1]):
            metres = reach.metres[number] if reach.metres is not None else 0.0
            share = 1.0
            if rules.steps:
                share = next((s for d, s in rules.steps if metres <= np.float32(d)), 0.0)
            by_point.setdefault(int(reach.demand[number]), []).append(share)
    for point, shares in by_point.items():
        shares.sort(reverse=True)
        second = rules.backup * shares[1] if len(shares) > 1 else 0.0
        total += demand.weight[point] * (shares[0] + second)
    return total


def best_by_milp(demand: Demand, sites: Sites, reach: Reach, rules: Rules, close=()):
    """The optimum by scipy's milp on the raw pairs; None where there is no plan."""
    who, where = raw_pairs(reach)
    n, m = len(demand), len(sites)
    steps = rules.steps or ((np.inf, 1.0),)
    metres = reach.metres if reach.metres is not None else np.zeros(len(who))
    covers, costs, first_of = [], [np.zeros(m)], []
    at = m
    for number, (far, share) in enumerate(steps):
        part = share - (steps[number + 1][1] if number + 1 < len(steps) else 0.0)
        near = metres <= np.float32(far)
        cover = coo_matrix((np.ones(near.sum()), (who[near], where[near])), (n, m)).tocsr()
        covers.append((cover, part))
        costs += [-demand.weight * part, -demand.weight * part * rules.backup]
        first_of.append(at)
        at += 2 * n
    blocks = []
    for number, (cover, _) in enumerate(covers):
        row = [cover]
        for other in range(len(covers)):
            here = identity(n) if other == number else coo_matrix((n, n))
            row += [-here, -here]
        blocks.append(hstack(row))
    constraints = [LinearConstraint(vstack(blocks).tocsr(), 0, np.inf)]

    def add(values, low, high):
        row = np.zeros(at)
        row[: len(values)] = values
        constraints.append(LinearConstraint(row[None, :], low, high))

    existing = sites.fixed == EXISTING
    new = (~existing).astype(float)
    if rules.p is not None:
        add(new, -np.inf, rules.p)
    if rules.budget is not None:
        add(new * sites.cost, -np.inf, rules.budget)
    if rules.open_24h_least:
        add(sites.open_24h.astype(float), rules.open_24h_least, np.inf)
    for district, least in rules.district_least_sites.items():
        add((sites.district == district).astype(float), least, np.inf)
    if rules.per_chain_most is not None:
        for chain in set(sites.chain[sites.chain >= 0].tolist()):
            add(new * (sites.chain == chain), -np.inf, rules.per_chain_most)
    for a, b in close:
        pair = np.zeros(m)
        pair[[a, b]] = 1
        add(pair, -np.inf, 1)
    for district, least in rules.district_least_share.items():
        row = np.zeros(at)
        inside = demand.district == district
        for number, (_, part) in enumerate(covers):
            row[first_of[number] : first_of[number] + n] = demand.weight * inside * part
        constraints.append(
            LinearConstraint(row[None, :], least * demand.weight[inside].sum(), np.inf)
        )
    low, high = np.zeros(at), np.ones(at)
    low[:m] = (sites.fixed == FORCED) | existing
    high[:m] = sites.fixed != FORBIDDEN
    whole = np.zeros(at)
    whole[:m] = 1
    found = milp(
        np.concatenate(costs),
        constraints=constraints,
        bounds=Bounds(low, high),
        integrality=whole,
        options={"mip_rel_gap": 0},
    )
    return None if found.x is None else -found.fun


def holds(answer, demand, sites, reach, rules, close=()):
    """The whole of what an answer promises."""
    best = best_by_milp(demand, sites, reach, rules, close)
    if answer.status == "infeasible":
        assert best is None
        return
    assert best is not None
    size = max(1.0, best)
    assert answer.objective == pytest.approx(
        worth_of(answer.sites, demand, sites, reach, rules), rel=1e-9, abs=1e-9
    )
    assert answer.bound >= best - 1e-6 * size
    assert answer.objective <= best + 1e-6 * size
    assert answer.status == "optimal"
    assert answer.objective == pytest.approx(best, rel=1e-6, abs=1e-6)
    who, where = raw_pairs(reach)
    # Nothing is stated in it that the question does not imply.
    given = json.loads(json.dumps(answer.certificate))
    proof, unfounded = restated(demand, sites, rules, given)
    assert unfounded == []
    value, bound = check(
        demand.weight, who, where, reach.metres, sites.cost, proof, demand.district
    )
    assert value == pytest.approx(answer.objective, rel=1e-9, abs=1e-9)
    assert bound >= best - 1e-6 * size
    # Not only a bound: the one that the answer claims.
    if proof["by"] != "highs" and proof["unit"] == given["unit"]:
        assert bound <= answer.bound + 1e-6 * size


def best_served(demand, sites, reach, rules):
    """The optimum within capacities, one variable for each site and each pair."""
    who, where = raw_pairs(reach)
    n, m, arcs = len(demand), len(sites), len(who)
    constraints = []

    def add(row, column, value, low, high, size):
        matrix = coo_matrix((value, (row, column)), (size, m + arcs))
        constraints.append(LinearConstraint(matrix.tocsr(), low, high))

    at = m + np.arange(arcs)
    add(who, at, np.ones(arcs), 0, demand.weight, n)
    add(
        np.concatenate((where, np.arange(m))),
        np.concatenate((at, np.arange(m))),
        np.concatenate((np.ones(arcs), -sites.capacity)),
        -np.inf,
        0,
        m,
    )
    existing = sites.fixed == EXISTING
    new = np.flatnonzero(~existing)

    def one(which, value, low, high):
        add(np.zeros(len(which), int), which, value, low, high, 1)

    if rules.p is not None:
        one(new, np.ones(len(new)), -np.inf, rules.p)
    if rules.budget is not None:
        one(new, sites.cost[new], -np.inf, rules.budget)
    if rules.open_24h_least:
        one(np.arange(m), sites.open_24h.astype(float), rules.open_24h_least, np.inf)
    if rules.per_chain_most is not None:
        for chain in range(3):
            mine = np.flatnonzero((sites.chain == chain) & ~existing)
            one(mine, np.ones(len(mine)), -np.inf, rules.per_chain_most)
    low = np.zeros(m + arcs)
    high = np.full(m + arcs, np.inf)
    low[:m], high[:m] = (sites.fixed == FORCED) | existing, sites.fixed != FORBIDDEN
    whole = np.zeros(m + arcs)
    whole[:m] = 1
    worth = np.concatenate((np.zeros(m), -np.ones(arcs)))
    found = milp(
        worth,
        constraints=constraints,
        bounds=Bounds(low, high),
        integrality=whole,
        options={"mip_rel_gap": 0},
    )
    return None if found.x is None else -found.fun
