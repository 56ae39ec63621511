"""What a set of sites really serves where each has room for so many: a maximal flow over the pairs
of these sites alone, so small that it can be asked while a site is dragged.

Today's stations serve whoever comes, so whom they reach is served; the others go to the sites. The
people of one point may be split between sites (:mod:`geo.siting.capacity`, whose kernels these
are).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from geo.compiled import by_key
from geo.siting.flows import EPSILON, Net, Served, leave, put, take_in
from geo.siting.problem import Floats, Longs, Reach

MOST_LOSSES: Final = 150
"""Of so many sites it is worked out what each alone takes away; of more, at most whom it serves."""


@dataclass(frozen=True, eq=False)
class Room:
    """Whom some sites serve beside today's stations.

    Attributes:
        share: (n,) of each point's people, 0 … 1; those whom a station of today reaches: 1.
        served: (k,) people that each site serves in one way to serve most.
        loss: (k,) people that nobody serves without the site.
    """

    share: Floats
    served: Floats
    loss: Floats


def serve(
    weight: Floats,
    today: Floats,
    reaches: Sequence[Reach],
    capacity: Floats,
    *,
    losses: bool = True,
) -> Room:
    """Let some sites serve as many as they can.

    Args:
        weight: (n,) people of the points. today: (n,) 1 where a station of today reaches them.
        reaches: whom each of k sites reaches, one candidate each. capacity: (k,) of people.
        losses: also what is lost without each.

    Cost: some 50 ns a pair of these sites to merge them, and some paths for each site; some ms for
    a plan of dozens.
    """
    nobody = np.zeros(len(reaches))
    left = np.where(today > 0, 0.0, weight)
    point = np.concatenate([one.demand for one in reaches] or [np.empty(0, np.int32)])
    owner = np.repeat(np.arange(len(reaches)), [one.pairs for one in reaches])
    needy = left[point] > 0
    point, owner = point[needy].astype(np.int64), owner[needy]
    share = (today > 0).astype(np.float64)
    if not len(point):
        return Room(share, nobody, nobody.copy())
    met, group, net = _merged(left, point, owner, capacity)
    now = _nobody(net)
    for site in range(len(reaches)):
        put(net, now, site)
    part = np.divide(now.served, net.people, out=np.zeros(len(net.people)), where=net.people > 0)
    share[met] = np.minimum(1.0, part)[group]
    loss = now.load.copy()
    if losses and len(reaches) <= MOST_LOSSES:
        for site in range(len(reaches)):
            without = _copied(now)
            leave(net, without, site)
            _fill_up(net, without)
            loss[site] = now.tally[0] - without.tally[0]
    return Room(share, now.load, loss)


def _merged(left: Floats, point: Longs, owner: Longs, capacity: Floats) -> tuple[Longs, Longs, Net]:
    """Points that the same sites reach become one group: (points met, group of each, the net)."""
    sites = len(capacity)
    met, place = np.unique(point, return_inverse=True)
    # A set of sites is known by the sum of their words (Zobrist, 1970): of a hundred thousand sets
    # two meet with a chance of one in some billions.
    word = np.random.default_rng(0x5EED).integers(0, 2**64, sites, np.uint64)
    order = np.argsort(place, kind="stable")
    begin = np.flatnonzero(np.diff(place[order], prepend=-1))
    total = np.add.reduceat(word[owner[order]], begin)
    _, first, group = np.unique(total, return_index=True, return_inverse=True)
    group = group.astype(np.int64)
    speaks = np.full(len(met), -1, np.int64)
    speaks[first] = np.arange(len(first))
    mine = speaks[place] >= 0
    row, order = by_key(speaks[place[mine]].astype(np.int32), len(first))
    column = owner[mine][order].astype(np.int32)
    start, at = by_key(column, sites)
    of_pair = np.repeat(np.arange(len(first)), np.diff(row))
    net = Net(
        start=start,
        group=of_pair[at].astype(np.int32),
        at=at.astype(np.int64),
        row=row,
        column=column,
        people=np.bincount(group, left[met], minlength=len(first)).astype(np.float64),
        capacity=capacity.astype(np.float64),
        cost=np.zeros(sites),
        side_start=np.zeros(sites + 1, np.int64),
        side_row=np.empty(0, np.int32),
        side_coefficient=np.empty(0),
        limit=np.empty(0),
    )
    return met.astype(np.int64), group, net


def _fill_up(net: Net, now: Served) -> None:
    """Sites that have room left take in whom they can, in a row of others if need be."""
    for site in np.flatnonzero((now.opened > 0) & (net.capacity - now.load > EPSILON)).tolist():
        take_in(net, now, site)


def _copied(now: Served) -> Served:
    return Served(
        now.opened.copy(),
        now.amount.copy(),
        now.served.copy(),
        now.load.copy(),
        now.used.copy(),
        now.tally.copy(),
        now.random.copy(),
    )


def _nobody(net: Net) -> Served:
    sites = len(net.capacity)
    return Served(
        opened=np.zeros(sites, np.uint8),
        amount=np.zeros(len(net.column)),
        served=np.zeros(len(net.people)),
        load=np.zeros(sites),
        used=np.zeros(0),
        tally=np.zeros(3),
        random=np.ones(1, np.uint64),
    )
