"""Whom sites with capacities serve, against scipy's linear programming on the raw pairs."""

import numpy as np
import pytest

from geo.siting.ground.room import Sharing, serve
from geo.siting.problem import Reach
from geo.siting.proofs.shared_out import most_served


def crowded(seed):
    """Points on a ring and sites that reach runs of it; some are reached by stations of today."""
    rng = np.random.default_rng(seed)
    points, sites = 400, int(rng.integers(1, 9))
    near = [
        np.unique((rng.integers(points) + np.arange(rng.integers(1, 160))) % points)
        for _ in range(sites)
    ]
    reaches = [Reach(np.array([0, len(one)]), one.astype(np.int32)) for one in near]
    weight = rng.integers(0, 9, points).astype(float)
    today = (rng.random(points) < 0.2).astype(float)
    return weight, today, reaches, rng.integers(1, 400, sites).astype(float)


def most(weight, today, reaches, capacity):
    demand = np.concatenate([one.demand for one in reaches]).astype(np.int64)
    site = np.repeat(np.arange(len(reaches)), [one.pairs for one in reaches])
    opened = np.arange(len(reaches))
    return most_served(np.where(today > 0, 0.0, weight), demand, site, capacity, opened)


@pytest.mark.parametrize("seed", range(12))
def test_as_many_are_served_as_there_can_be_and_no_site_is_overfull(seed):
    weight, today, reaches, capacity = crowded(seed)
    found = serve(weight, today, reaches, capacity)
    by_sites = float((weight * found.share)[today == 0].sum())
    assert by_sites == pytest.approx(most(weight, today, reaches, capacity))
    assert found.served.sum() == pytest.approx(by_sites)
    assert (found.served <= capacity + 1e-6).all()
    assert (found.share[today > 0] == 1).all()
    reached = np.zeros(len(weight), bool)
    for one in reaches:
        reached[one.demand] = True
    assert (found.share[~reached & (today == 0)] == 0).all()
    for gone in range(len(reaches)):
        kept = [at for at in range(len(reaches)) if at != gone]
        rest = most(weight, today, [reaches[at] for at in kept], capacity[kept]) if kept else 0.0
        assert found.loss[gone] == pytest.approx(by_sites - rest)


def test_nobody_is_served_by_no_sites():
    found = serve(np.ones(3), np.array([0.0, 1.0, 0.0]), [], np.empty(0))
    assert found.share.tolist() == [0.0, 1.0, 0.0]
    assert len(found.served) == len(found.loss) == 0
    nobody = Sharing(np.ones(3), [], np.empty(0))
    assert len(nobody.flow(nobody.opened([])).people) == 0


@pytest.mark.parametrize("seed", range(6))
def test_who_goes_where_is_one_way_to_serve_most(seed):
    weight, today, reaches, capacity = crowded(seed)
    sharing = Sharing(np.where(today > 0, 0.0, weight), reaches, capacity)
    flow = sharing.flow(sharing.opened(range(len(reaches))))
    assert all(p in reaches[s].demand for p, s in zip(flow.point, flow.site, strict=True))
    assert (np.bincount(flow.site, flow.people, len(reaches)) <= capacity + 1e-6).all()
    assert (flow.served(len(weight)) <= np.where(today > 0, 0.0, weight) + 1e-6).all()
    assert flow.people.sum() == pytest.approx(most(weight, today, reaches, capacity))


def test_of_very_many_people_nobody_is_sent_where_no_way_leads():
    """A hundred million people in parts of people: the sum of all is coarser than a person is
    counted."""
    rng = np.random.default_rng(3)
    here, there = rng.random((2000, 2)), rng.random((60, 2))
    near = np.linalg.norm(here[:, None] - there[None], axis=2) < 0.18
    ways = [np.flatnonzero(near[:, at]).astype(np.int32) for at in range(60)]
    reaches = [Reach(np.array([0, len(one)]), one) for one in ways]
    weight = rng.random(2000) * 1e5
    sharing = Sharing(weight, reaches, rng.random(60) * 2e6)
    now = sharing.opened(range(60))
    flow = sharing.flow(now)
    assert near[flow.point, flow.site].all()
    assert (flow.people > 0).all()
    assert flow.people.sum() == pytest.approx(now.tally[0], rel=1e-9)
    assert (flow.served(2000) <= weight * (1 + 1e-9)).all()
