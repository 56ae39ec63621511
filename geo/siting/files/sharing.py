"""Who goes to whom in a plan of files whose sites have capacities: people of one point may go to
several sites."""

from __future__ import annotations

import numpy as np

from geo.siting.files.load import Problem
from geo.siting.files.serving import gathered_reach
from geo.siting.ground.room import LEAST, Flow, Sharing
from geo.siting.median.transport import pairs_of, transport
from geo.siting.problem import EXISTING, Floats, Longs


class Within:
    """A plan of new sites and today's stations, all within their capacities.

    Attributes:
        before: (n,) people whom today's stations alone serve.

    Cost: see :class:`geo.siting.ground.room.Sharing`; a walk is a linear program.
    """

    def __init__(self, problem: Problem, new: Longs) -> None:
        """Lay the pairs of the plan's sites out, and open them."""
        capacity = problem.sites.capacity
        assert capacity is not None
        self._problem, self._new = problem, new
        self._reach = gathered_reach(problem.reach)
        stations = np.flatnonzero(problem.sites.fixed == EXISTING).astype(np.int64)
        self._sites = np.concatenate((stations, new))
        self._chosen = range(len(stations), len(self._sites))
        self._sharing = Sharing(
            problem.demand.weight,
            [self._reach.alone(at) for at in self._sites.tolist()],
            capacity[self._sites],
        )
        self._today = self._sharing.opened(range(len(stations)))
        self._now = self._sharing.opened(self._chosen, self._today)
        self.before = self._sharing.flow(self._today).served(len(problem.demand))

    def losses(self) -> tuple[Floats, Floats]:
        """(k,) people whom nobody serves without each new site, and whom each alone would add to
        today's stations."""
        without = [self._sharing.loss(self._now, at) for at in self._chosen]
        alone = [float(self._sharing.opened([at], self._today).tally[0]) for at in self._chosen]
        return np.array(without), np.array(alone) - float(self._today.tally[0])

    def most(self) -> Flow:
        """A flow that serves as many as the sites can."""
        flow = self._sharing.flow(self._now)
        return Flow(flow.point, self._sites[flow.site], flow.people)

    def least_walk(self) -> Flow:
        """The flow of the least walk."""
        problem = self._problem
        pairs, kept, _ = pairs_of(problem.demand, problem.sites, problem.reach, problem.rules)
        owner = np.repeat(np.arange(len(kept)), np.diff(pairs.row))
        opened = problem.sites.fixed == EXISTING
        opened[self._new] = True
        _, part = transport(pairs, owner, opened)
        people = part * pairs.weight[owner]
        used = people > LEAST
        return Flow(kept[owner[used]], pairs.site[used].astype(np.int64), people[used])

    def metres(self, flow: Flow) -> Floats:
        """(k,) how far those of a flow go; 0 where distances are not known."""
        metres, start = self._reach.metres, self._reach.start
        far = np.zeros(len(flow.point))
        if metres is None:
            return far
        for site in np.unique(flow.site).tolist():
            mine = flow.site == site
            # Of a site the pairs are by demand, ascending.
            there = self._reach.demand[start[site] : start[site + 1]]
            at = start[site] + np.searchsorted(there, flow.point[mine])
            far[mine] = metres[at].astype(np.float64)
        return far
