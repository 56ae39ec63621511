"""Who goes to whom where sites have capacities: people of one point may go to several sites."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from geo.siting.files.load import Problem
from geo.siting.files.serving import gathered_reach
from geo.siting.median.transport import pairs_of, transport
from geo.siting.problem import EXISTING, FORCED, FREE, Floats, Longs, Rules
from geo.siting.roomy import asked_of, opened_with

LEAST: Final = 1e-9
"""Fewer people than this are what adding and subtracting leaves."""


@dataclass(frozen=True, eq=False)
class Flow:
    """(k,) people of a demand point who go to a site, by point and site; metres, 0 where distances
    are not known."""

    point: Longs
    site: Longs
    people: Floats
    metres: Floats

    def served(self, points: int) -> Floats:
        """(points,) people served."""
        sums: Floats = np.bincount(self.point, self.people, minlength=points).astype(np.float64)
        return sums


class Sharing:
    """The flows of a problem with capacities, as its solvers find them; any plan can be asked.

    Cost: a merge of the pairs once; each plan some paths, a walk a linear program.
    """

    def __init__(self, problem: Problem) -> None:
        """Lay the pairs out."""
        self.problem = problem
        # Which sites are forced is part of the plan that is asked about, and so are all conditions.
        fixed = problem.sites.fixed
        loose = replace(problem.sites, fixed=np.where(fixed == FORCED, FREE, fixed).astype(np.int8))
        self._asked = asked_of(problem.demand, loose, problem.reach, Rules(capacities=True))

    def value(self, new: Longs) -> float:
        """People served with these new sites, beside the existing ones."""
        return float(opened_with(self._asked, self._local(new), 0).tally[0])

    def most(self, new: Longs) -> Flow:
        """A flow that serves as many as these new sites and the existing ones can."""
        merged, net = self._asked.merged, self._asked.net
        amount = opened_with(self._asked, self._local(new), 0).amount
        group = np.repeat(np.arange(len(net.people)), np.diff(net.row))
        used = amount > LEAST
        return self._told(
            *_by_point(
                self.problem.demand.weight,
                merged.of[0],
                group[used],
                merged.candidates[net.column[used]].astype(np.int64),
                amount[used],
            )
        )

    def least_walk(self, new: Longs) -> Flow:
        """The flow of the least walk."""
        problem = self.problem
        pairs, kept, _ = pairs_of(problem.demand, problem.sites, problem.reach, problem.rules)
        owner = np.repeat(np.arange(len(kept)), np.diff(pairs.row))
        opened = problem.sites.fixed == EXISTING
        opened[new] = True
        _, part = transport(pairs, owner, opened)
        people = part * pairs.weight[owner]
        used = people > LEAST
        return self._told(kept[owner[used]], pairs.site[used].astype(np.int64), people[used])

    def _local(self, new: Longs) -> Longs:
        plan = self._asked.merged.local(new)
        return plan[self._asked.free[plan] > 0]

    def _told(self, point: Longs, site: Longs, people: Floats) -> Flow:
        order = np.lexsort((site, point))
        point, site, people = point[order], site[order], people[order]
        reach = gathered_reach(self.problem.reach)
        metres = np.zeros(len(point))
        if reach.metres is not None:
            # The pairs are by site and, within a site, by demand: one ascending key finds them.
            points = len(self.problem.demand)
            owner = np.repeat(np.arange(len(reach), dtype=np.int64), np.diff(reach.start))
            at = np.searchsorted(owner * points + reach.demand, site * points + point)
            metres = reach.metres[at].astype(np.float64)
        return Flow(point, site, people, metres)


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
    # Everybody in one line, group by group; a flow is a stretch of it.
    ends = np.cumsum(weight[met])
    first = np.searchsorted(group_of[met], group)
    before = np.cumsum(people) - people
    begins_group = np.diff(group, prepend=-1) > 0
    shift = np.maximum.accumulate(np.where(begins_group, before, 0.0))
    starts = (ends - weight[met])[first] + before - shift
    stops = starts + people
    edges = np.unique(np.concatenate((starts, stops, ends)))
    length, middle = np.diff(edges), (edges[1:] + edges[:-1]) / 2.0
    flow = np.searchsorted(starts, middle, side="right") - 1
    inside = (flow >= 0) & (length > LEAST)
    inside[inside] = middle[inside] < stops[flow[inside]]
    who = met[np.minimum(np.searchsorted(ends, middle[inside]), len(met) - 1)]
    sent = flow[inside]
    # Edges a rounding apart cut a stretch in two: put together again.
    size = int(site.max(initial=0)) + 1
    key, place = np.unique(who * size + site[sent], return_inverse=True)
    sums: Floats = np.bincount(place, length[inside], minlength=len(key)).astype(np.float64)
    return key // size, key % size, sums
