"""The anytime ladder of the p-median: each rung leaves a plan, a bound and a gap.

Greedy and interchange -> cycles of path relinking on one thread and the Lagrangian on the other,
which exchange at the end of each cycle only, so that the same input and seed go the same way ->
what is settled leaves, lists are cut -> the search tree (few sites) or the radius model (many).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from geo.siting.control import Control
from geo.siting.median import radius
from geo.siting.median.branching import Branching
from geo.siting.median.conditions import Conditions
from geo.siting.median.interchange import Elite
from geo.siting.median.prices import Prices, ascend, inward, starting_prices
from geo.siting.median.reduction import carried, reduced, settled
from geo.siting.median.walks import Walks
from geo.siting.model import exact
from geo.siting.model.sides import Sides, slack
from geo.siting.problem import Longs

WORK: Final = 6e7
AT_ONCE: Final = 2e8
"""Pairs that are looked at between two looks at the clock: some half a second."""
"""Elementary steps a cycle, some nanoseconds each."""
MOST_CYCLES: Final = 40
PATIENCE: Final = 2
SHORT_LIST: Final = 40.0
MOST_MODEL: Final = 250_000
MOST_TREE: Final = 1_000_000
FIRST_NODES: Final = 150


@dataclass(eq=False)
class Climb:
    """Where the ladder stands: `best` positions among the candidates of the walks as given."""

    best: Longs
    value: float
    bound: float
    proof: Prices
    infeasible: bool = False
    relaxed: list[str] = field(default_factory=list)


class Ladder:
    """One climb, from walks and conditions to a proof or the end of time.

    Args:
        walks: as given. sides: conditions on its candidates.
        conditions: the conditions on what is left of them after a reduction.
    """

    def __init__(
        self, walks: Walks, sides: Sides, conditions: Conditions, control: Control, seed: int
    ) -> None:
        self.walks = walks
        self.sides = sides
        self.conditions = conditions
        self.control = control
        # Heuristics and bounds do without rows, the model keeps to them.
        self.ruled = len(sides.limit) > 0
        self.elite = Elite(walks, sides.most, sides.budget, seed)
        self.level = walks
        self.most = sides.most
        self.budget = sides.budget
        self.prices = starting_prices(walks, walks.far)
        self.found = Climb(np.empty(0, np.int64), np.inf, -np.inf, self.prices)

    @property
    def goal(self) -> float:
        """A plan worth looking for is at most so dear."""
        value = self.found.value
        if not np.isfinite(value):
            return value
        # A hair above, so that what is met is met after rounding too.
        asked = value * (1.0 - self.control.gap + 1e-12)
        return min(asked, value - self._least)

    @property
    def enough(self) -> float:
        """A bound of so much ends it; and no bound after a reduction says more, since plans above
        the goal left the problem with it. Between two whole units there is no plan."""
        value = self.found.value
        return value if self.goal >= value - self._least and self.walks.unit else self.goal

    @property
    def _least(self) -> float:
        unit = self.walks.unit
        return unit or 0.5 * slack(self.found.value)

    def climb(self, warm: Longs | None = None) -> Climb:
        """To the end."""
        walks, found = self.walks, self.found
        if walks.sites and self.most > 0:
            self.elite.begin(warm if warm is None or not self.ruled else None)
            start = self.elite.best
        else:
            start = np.empty(0, np.int64)
        if self.ruled and warm is not None and self.sides_kept(warm):
            self.offer(warm)
        self.offer(start)
        if not walks.sites or self.most <= 0:
            if np.isfinite(found.value):
                self.raise_to(found.value)
            found.infeasible = not np.isfinite(found.value)
            return found
        if not len(walks):
            # Nobody has to be served: it is the conditions alone that ask for sites.
            self.lift(0.0)
            if not self.done():
                self._prove()
            return found
        # Everybody walks at least to the nearest there is: a bound even without time.
        nearest = walks.nearest(np.arange(walks.sites, dtype=np.int64))
        least = float(np.dot(nearest, walks.weight))
        found.proof = replace(starting_prices(walks, walks.far), price=nearest, raw=least)
        self.lift(least)
        self.prices = starting_prices(walks, walks.nearest(start))
        self._cycles()
        if not self.done():
            self._prove()
        return found

    def done(self) -> bool:
        """Nothing more to do, or no more time."""
        found = self.found
        met = np.isfinite(found.value) and found.bound >= self.enough
        return found.infeasible or met or self.control.stopped()

    def offer(self, plan: Longs) -> None:
        """A plan by positions among the candidates as given."""
        found = self.found
        if self.ruled and not self.sides_kept(plan):
            return
        near = self.walks.nearest(plan)
        value = float(np.dot(near, self.walks.weight))
        if value < found.value:
            found.value, found.best = value, np.sort(plan)
            found.bound = min(found.bound, value)
            self._tell()

    def raise_to(self, bound: float) -> None:
        """A better bound, never above the plan."""
        bound = min(bound, self.found.value)
        if bound > self.found.bound:
            self.found.bound = bound
            self._tell()

    def lift(self, raw: float) -> None:
        """A bound in floats, of what is left of the problem."""
        bound = inward(raw, self.walks.unit)
        self.raise_to(bound if self.level is self.walks else min(bound, self.enough))

    def sides_kept(self, plan: Longs) -> bool:
        """Whether a plan keeps to the rows."""
        sides = self.sides
        if len(plan) > sides.most or sides.cost[plan].sum() > sides.budget + slack(sides.budget):
            return False
        used = np.zeros(len(sides.limit))
        for j in plan:
            some = slice(sides.start[j], sides.start[j + 1])
            np.add.at(used, sides.row[some], sides.coefficient[some])
        return not (used > sides.limit + 1e-9).any()

    def _tell(self) -> None:
        found = self.found
        if np.isfinite(found.value):
            chosen = self.walks.candidates[found.best].astype(np.int64)
            sites = np.sort(np.concatenate((self.walks.opened, chosen)))
            self.control.improved(found.value, found.bound, sites)

    def _cycles(self) -> None:
        first, stale = True, 0
        with ThreadPoolExecutor(1) as pool:
            for cycle in range(MOST_CYCLES):
                if self.done():
                    return
                before = (self.found.value, self.found.bound)
                pairs = self._touched()
                steps = int(np.clip(WORK / (6.0 * pairs + 40.0 * self.level.sites), 40, 500))
                size = self.elite.plans.shape[1]
                rounds = int(np.clip(WORK / (size * self.walks.sites * 8.0 + 8.0 * pairs), 2, 120))
                # The first rounds before the first steps: a good plan makes good steps.
                if cycle == 0 and not self.ruled:
                    self.elite.explore(min(20, rounds))
                    self.offer(self.elite.best)
                other = None
                if not self.ruled and cycle:
                    other = pool.submit(self.elite.explore, rounds)
                target = self.found.value if np.isfinite(self.found.value) else self.elite.values[0]
                self._ascend(float(target), steps)
                if other is not None:
                    other.result()
                    self.offer(self.elite.best)
                if first:
                    self.found.proof = self.prices
                self.lift(self.prices.raw)
                if self.done():
                    return
                if self._reduce():
                    first = False
                left = max(1e-9, self.found.value - self.found.bound)
                rose = self.found.bound - before[1] > 0.1 * left
                stale = 0 if rose or self.found.value < before[0] else stale + 1
                if stale >= PATIENCE or self.ruled:
                    return

    def _ascend(self, target: float, steps: int) -> None:
        free = np.zeros(self.level.sites, np.int8)
        self.prices.theta = max(self.prices.theta, 0.2)
        # Of tens of millions of pairs a few at a time, so that it ends when it shall.
        some = max(1, int(AT_ONCE / self._touched()))
        for begun in range(0, steps, some):
            if begun and self.control.stopped():
                return
            now = min(some, steps - begun)
            ascend(self.level, self.prices, free, self.most, self.budget, target, now)

    def _touched(self) -> float:
        """Pairs that a step looks at."""
        level = self.level
        sample = np.linspace(0, len(level) - 1, min(200, len(level))).astype(np.int64)
        counts = [
            np.searchsorted(level.metres[level.row[i] : level.row[i + 1]], self.prices.price[i])
            for i in sample
        ]
        return float(np.mean(counts)) * len(level) + 1.0

    def _reduce(self) -> bool:
        """Leave out what is settled, when it is worth it."""
        if not np.isfinite(self.found.value):
            return False
        level, goal = self.level, self.goal
        free = np.zeros(level.sites, np.int8)
        closed, opened = settled(level, self.prices, free, self.most, self.budget, goal)
        if int(opened.sum()) > self.most:
            self.raise_to(self.enough)
            return False
        smaller = reduced(level, self.prices, closed, opened, goal)
        if smaller.sites > 0.8 * level.sites and len(smaller.column) > 0.7 * len(level.column):
            return False
        raw = self.prices.raw
        self.prices = carried(self.prices, level, smaller)
        self.level = smaller
        self.most -= int(opened.sum())
        self.budget -= float(level.cost[opened].sum())
        self.prices.raw = -np.inf
        self._ascend(self.found.value, 1)
        self.lift(max(raw, self.prices.raw))
        return True

    def _prove(self) -> None:
        """The last rungs, as soon as the problem is small enough for one of them; until then better
        plans, bounds and reductions, for as long as there is time."""
        control = self.control
        while not self.done():
            pairs = len(self.level.column)
            short = pairs <= MOST_MODEL and pairs <= SHORT_LIST * max(1, len(self.level))
            by_number = not np.isfinite(self.budget) and not self.ruled
            if by_number and pairs <= MOST_TREE and np.isfinite(self.found.value):
                self._tree(FIRST_NODES if short and control.exact else None)
                if self.done():
                    return
            if control.exact and pairs <= MOST_MODEL:
                self._model()
                return
            if self.ruled or control.time_limit is None or pairs <= MOST_TREE:
                return
            self.elite.explore(10)
            self.offer(self.elite.best)
            self._ascend(self.found.value, 60)
            self.lift(self.prices.raw)
            self._reduce()

    def _tree(self, most: int | None) -> None:
        """Search to the end, or look at so many nodes."""
        tree = Branching(self.level, self.prices, self.most)
        while not (tree.finished or self.done()):
            met = tree.grow(self.goal, 20)
            self.lift(tree.bound)
            if met is not None:
                self._met(tree.level_plan(met, self.walks))
            if most is not None and tree.nodes >= most:
                return
        if tree.finished:
            self.raise_to(self.enough)

    def _met(self, plan: Longs) -> None:
        if not self.ruled:
            self.elite.offer(plan)
            self.offer(self.elite.best)
        self.offer(plan)

    def _model(self) -> None:
        level, control = self.level, self.control
        sides = self.conditions(level) if self.ruled or np.isfinite(self.budget) else None
        start = (
            level.local(self.walks.candidates[self.found.best]) if len(self.found.best) else None
        )
        model, constant = radius.model_of(level, self.most, sides, start)
        try:
            told = exact.solve_model(model, control)
        except (OSError, RuntimeError) as error:
            self.found.relaxed.append(
                f"精确搜索未能完成：{error} The exact search did not finish: {error}"
            )
            return
        if told is None:
            return
        if told["infeasible"]:
            # No better plan than the best one; or none at all.
            if np.isfinite(self.found.value):
                self.raise_to(self.enough)
            else:
                self.found.infeasible = True
            return
        if told["x"] is not None:
            chosen = np.flatnonzero(told["x"][: level.sites] > 0.5)
            names = np.concatenate((level.opened, level.candidates[chosen].astype(np.int64)))
            self._met(self.walks.local(names))
        # HiGHS keeps its rows to 1e-6 and proves no more than that; whole units leave room for it.
        bound = constant - float(told["bound"])
        if not self.walks.unit and told["finished"]:
            value = self.found.value
            if value - bound <= 1e-6 * max(1.0, abs(value)):
                self.raise_to(self.enough)
                return
        self.lift(bound - (1e-4 if self.walks.unit else 1e-9 * abs(bound)))
