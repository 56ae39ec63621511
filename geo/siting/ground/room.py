"""Whom some sites serve where each has room for so many: a maximal flow over the pairs of these
sites alone, so small that it can be asked while a site is dragged.

The people of one point may be split between sites (:mod:`geo.siting.capacity.solve`, whose kernels
these are). It serves sets drawn by hand, the figures of plans in the service, and plans of plain
files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from geo.compiled import by_key
from geo.siting.capacity.flows import EPSILON, Net, Served, leave, put, sent_by_points, take_in
from geo.siting.problem import Floats, Longs, Reach

MOST_LOSSES: Final = 150
"""Of so many sites it is worked out what each alone takes away; of more, at most whom it serves."""
LEAST: Final = 1e-9
"""Fewer people than this are what adding and subtracting leaves."""
ROUNDING: Final = 1e-12
"""And of many people such a part."""


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


@dataclass(frozen=True, eq=False)
class Flow:
    """(k,) people of a demand point who go to a site, by point and site."""

    point: Longs
    site: Longs
    people: Floats

    def served(self, points: int) -> Floats:
        """(points,) people served."""
        sums: Floats = np.bincount(self.point, self.people, minlength=points).astype(np.float64)
        return sums


class Sharing:
    """Sites with room for so many, laid out once; then it can be asked whom some of them serve.

    Cost: some 50 ns a pair of these sites to merge them; then some paths for each site opened.
    """

    def __init__(self, weight: Floats, reaches: Sequence[Reach], capacity: Floats) -> None:
        """Lay them out.

        Args:
            weight: (n,) people of the points. reaches: whom each of k sites reaches, one candidate
                each. capacity: (k,) of people.
        """
        point = np.concatenate([one.demand for one in reaches] or [np.empty(0, np.int32)])
        owner = np.repeat(np.arange(len(reaches)), [one.pairs for one in reaches])
        needy = weight[point] > 0
        self._weight = weight
        self._met, self._group, self._net = _merged(
            weight, point[needy].astype(np.int64), owner[needy], capacity
        )

    def opened(self, sites: Sequence[int], beside: Served | None = None) -> Served:
        """These sites serve as many as they can, beside those that are open already."""
        now = _nobody(self._net) if beside is None else _copied(beside)
        for site in sites:
            put(self._net, now, site)
        return now

    def loss(self, now: Served, site: int) -> float:
        """People whom nobody serves any more without an open site."""
        without = _copied(now)
        leave(self._net, without, site)
        _fill_up(self._net, without)
        return float(now.tally[0] - without.tally[0])

    def share(self, now: Served) -> Floats:
        """(n,) of each point's people who are served, 0 … 1; those alike are served alike."""
        people = self._net.people
        part = np.divide(now.served, people, out=np.zeros(len(people)), where=people > 0)
        share = np.zeros(len(self._weight))
        share[self._met] = np.minimum(1.0, part)[self._group]
        return share

    def flow(self, now: Served) -> Flow:
        """Who goes where; few points are split. Sites by their number among the k."""
        used = now.amount > LEAST
        group = np.repeat(np.arange(len(self._net.people)), np.diff(self._net.row))
        group_of = np.full(len(self._weight), -1, np.int64)
        group_of[self._met] = self._group
        site = self._net.column[used].astype(np.int64)
        return Flow(*_by_point(self._weight, group_of, group[used], site, now.amount[used]))


def serve(
    weight: Floats,
    today: Floats,
    reaches: Sequence[Reach],
    capacity: Floats,
    *,
    losses: bool = True,
) -> Room:
    """Let some sites serve as many as they can. Today's stations serve whoever comes, so whom they
    reach is served; the others go to the sites.

    Args:
        weight, reaches, capacity: as :class:`Sharing` takes them.
        today: (n,) 1 where a station of today reaches them.
        losses: also what is lost without each.

    Cost: that of :class:`Sharing`; some ms for a plan of dozens.
    """
    sharing = Sharing(np.where(today > 0, 0.0, weight), reaches, capacity)
    sites = range(len(reaches))
    now = sharing.opened(sites)
    loss = now.load.copy()
    if losses and len(reaches) <= MOST_LOSSES:
        loss = np.array([sharing.loss(now, site) for site in sites], np.float64)
    return Room(np.maximum(sharing.share(now), today > 0), now.load, loss)


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


def _by_point(
    weight: Floats, group_of: Longs, group: Longs, site: Longs, people: Floats
) -> tuple[Longs, Longs, Floats]:
    """What groups send, sent by their points: (point, site, people). The points of a group reach
    the same sites, so any of them may go; they are taken in order, so that few are split.

    Args:
        weight, group_of: (n,) of the points. group, site, people: (k,) ascending by group.
    """
    met = np.flatnonzero((group_of >= 0) & (weight > 0))
    met = met[np.argsort(group_of[met], kind="stable")]
    home = group_of[met]
    whole = np.bincount(home, weight[met], minlength=int(group.max(initial=-1)) + 1)
    least: Floats = (ROUNDING * whole).astype(np.float64)
    at, flow, sent = sent_by_points(weight[met], home, group, people, least)
    return met[at], site[flow], sent
