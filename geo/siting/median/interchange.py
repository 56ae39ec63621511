"""Good plans of p sites with the least walk: greedy, interchange, path relinking.

The interchange knows for each open site what closing it costs, for each candidate what opening it
saves, and for each pair the difference to their sum, and keeps all three up to date for the points
that a swap concerns (Resende and Werneck, EJOR 174, 2006, "A fast swap-based local search procedure
for location problems"). Plans of the elite are joined by paths of swaps (the same, "A hybrid
heuristic for the p-median problem", J. of Heuristics 10, 2004).
"""

from __future__ import annotations

import numpy as np

from geo.siting.median.swaps import explore, greedy, interchange, keep
from geo.siting.median.walks import Walks
from geo.siting.problem import Longs

ELITE = 10
MOST_ROOM = 60_000_000
"""Numbers of the table of swaps; above it plans are the greedy's."""


class Elite:
    """The best plans so far, and the means to find better ones.

    Attributes:
        plans: (E, P) positions among the candidates, -1 beyond a plan's end.
        values: (E,) their total walk, ascending; infinite where there is none yet. Points that a
            plan must serve and does not count with their `far`.
    """

    def __init__(self, walks: Walks, most: int, budget: float, seed: int) -> None:
        self.walks = walks
        self.most = min(most, walks.sites)
        self.budget = budget
        self.seed = seed
        self.round = 0
        self.plans = np.full((ELITE, max(1, self.most)), -1, np.int64)
        self.values = np.full(ELITE, np.inf)
        self._table = self.most * walks.sites <= MOST_ROOM
        self._pairs = (
            walks.row,
            walks.column,
            walks.metres,
            *walks.by_site,
            walks.weight,
            walks.far,
            walks.cost,
        )

    @property
    def best(self) -> Longs:
        """The best plan, ascending."""
        plan = self.plans[0]
        return np.sort(plan[plan >= 0])

    @property
    def value(self) -> float:
        """Of the best plan; infinite while nobody is served or none is known."""
        return self.walks.value(self.best) if np.isfinite(self.values[0]) else np.inf

    def begin(self, warm: Longs | None = None) -> None:
        """Greedy and interchange; `warm` is a plan to begin from beside it."""
        starts = [greedy(*self._pairs, self.most, self.budget)]
        if warm is not None:
            fits = warm[: self.most]
            starts.append(fits[np.cumsum(self.walks.cost[fits]) <= self.budget])
        for start in starts:
            self.offer(start)

    def offer(self, plan: Longs) -> None:
        """Improve a plan by interchange and keep it if it is good."""
        padded = np.full(self.plans.shape[1], -1, np.int64)
        padded[: len(plan)] = plan
        if self._table:
            value = interchange(*self._pairs, self.budget, self.most, padded)
        else:
            value = float(np.dot(self.walks.nearest(plan), self.walks.weight))
        keep(self.plans, self.values, padded, value)

    def explore(self, rounds: int) -> None:
        """So many rounds of relinking, and of shaking where the elite is all alike."""
        if not self._table:
            return
        self.round += 1
        explore(
            *self._pairs,
            self.budget,
            self.most,
            self.plans,
            self.values,
            rounds,
            (self.seed * 1_000_003 + self.round) % (2**31),
        )
