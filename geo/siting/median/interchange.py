"""Good plans of p sites with the least walk: greedy, interchange, path relinking.

The interchange knows for each open site what closing it costs, for each candidate what opening it
saves, and for each pair the difference to their sum, and keeps all three up to date for the points
that a swap concerns (Resende and Werneck, EJOR 174, 2006, "A fast swap-based local search procedure
for location problems"). Plans of the elite are joined by paths of swaps (the same, "A hybrid
heuristic for the p-median problem", J. of Heuristics 10, 2004).
"""

from __future__ import annotations

import numpy as np

from geo.siting.median.swaps import Ground, greedy, swap
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
        self._ground = Ground(
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
        starts = [greedy(self._ground, self.most, self.budget)]
        if warm is not None:
            fits = warm[: self.most]
            starts.append(fits[np.cumsum(self.walks.cost[fits]) <= self.budget])
        for start in starts:
            self.offer(start)

    def offer(self, plan: Longs) -> None:
        """Improve a plan by interchange and keep it if it is good."""
        padded = np.full(self.plans.shape[1], -1, np.int64)
        padded[: len(plan)] = plan
        self._keep(padded)

    def explore(self, rounds: int) -> None:
        """So many rounds of relinking two plans of the elite, or of shaking one."""
        if not self._table:
            return
        self.round += 1
        lots = np.random.default_rng((self.seed, self.round))
        for _ in range(rounds):
            known = int(np.isfinite(self.values).sum())
            if known == 0:
                return
            one, other = lots.integers(0, known, 2).tolist()
            plan = self.plans[one].copy()
            chosen = plan[plan >= 0]
            apart = int((~np.isin(chosen, self.plans[other])).sum())
            if apart >= 4 and lots.random() < 0.5:
                target = self.plans[other]
                if not np.isfinite(swap(self._ground, self.budget, self.most, plan, target, True)):
                    continue
            elif 0 < len(chosen) < self.walks.sites:
                self._shake(plan, len(chosen), lots)
            else:
                return
            self._keep(plan)

    def _shake(self, plan: Longs, size: int, lots: np.random.Generator) -> None:
        """Exchange some for others, as far as they are paid for."""
        cost = self.walks.cost
        used = float(cost[plan[:size]].sum())
        shaken = 1 + int(lots.integers(0, max(2, min(40, size // 3))))
        outs = lots.integers(0, size, shaken).tolist()
        for r, j in zip(outs, lots.integers(0, self.walks.sites, shaken).tolist(), strict=True):
            more = float(cost[j] - cost[plan[r]])
            if used + more <= self.budget and not (plan == j).any():
                used += more
                plan[r] = j

    def _keep(self, plan: Longs) -> None:
        """Swap until nothing gains, and into the elite if it is better than the last and no plan of
        it is the same; `plan` is changed."""
        if self._table:
            swap(self._ground, self.budget, self.most, plan, plan, False)
        # Summed anew: the sums of many swaps drift.
        near = self.walks.nearest(plan[plan >= 0])
        value = float(np.dot(near, self.walks.weight))
        if value >= self.values[-1]:
            return
        ordered = np.sort(plan)
        for same in np.flatnonzero(self.values == value):
            if (np.sort(self.plans[same]) == ordered).all():
                return
        at = int(np.searchsorted(self.values, value, side="right"))
        self.values[at + 1 :] = self.values[at:-1].copy()
        self.plans[at + 1 :] = self.plans[at:-1].copy()
        self.values[at], self.plans[at] = value, plan
