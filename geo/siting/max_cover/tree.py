"""Exact search of our own: a tree on Lagrangian bounds, which leaves a proof behind.

Every part of the tree is a set of sites opened and shut. Its prices go on from its parent's, sites
are settled by reduced cost, and what is left is split on the site whose two sides lower the bound
most, of a few that the prices leave undecided: tried at first, later known from such trials. The
part with the highest bound goes first, so the bound falls steadily and the search may end at any
moment. Two parts are worked on at a time, always the same two, so that the same input goes the same
way.
(Branch and bound with Lagrangian relaxation: Geoffrion, Math. Programming Study 2, 1974; for the
p-median Christofides and Beasley, EJOR 10, 1982.)
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from geo.siting.control import Control
from geo.siting.max_cover.annealing import start_search, swap
from geo.siting.max_cover.fixing import cut_of
from geo.siting.max_cover.lagrangian import outward
from geo.siting.max_cover.parts import INFEASIBLE, ROUNDS, TRIES, glance, rows_of, work
from geo.siting.max_cover.proof import Branch, Vector
from geo.siting.max_cover.trunk import Trunk
from geo.siting.model.merge import Merged
from geo.siting.model.moves import board_of
from geo.siting.model.narrowing import OPENED, SHUT
from geo.siting.model.sides import Sides, slack
from geo.siting.problem import Bytes, Floats, Longs, Singles

STEPS: Final = 30
FIRST_STEPS: Final = 400
RELIABLE: Final = 16
"""So often a split on a site is tried before it is known what it brings."""
MOST_BYTES: Final = 600_000_000
"""Of price vectors kept for the proof and the parts still open."""


@dataclass(eq=False)
class Part:
    """Some of all plans: `status` of each candidate, the prices to begin from."""

    status: Bytes
    level: Singles
    sides: Floats
    branch: Branch
    depth: int


@dataclass(eq=False)
class Found:
    """What working on a part brought."""

    part: Part
    bound: float
    plan: Longs | None
    value: float
    split: int
    tried: Floats


class Tree:
    """A search over the plans of one problem.

    Attributes:
        value, plan: the best, positions among the candidates.
        cut: parts that are no better than this are not looked at.
        root: the proof so far. parts: looked at so far.
        first_steps: of the prices of the first part. tries: sites that are tried for each split.
    """

    def __init__(
        self,
        merged: Merged,
        sides: Sides,
        vector: Vector,
        plan: Longs | None,
        value: float,
        gap: float = 0.0,
        standing: Longs | None = None,
    ) -> None:
        """`vector`: levels of the groups of `merged`; `plan`, `value`: the best one known; `gap`:
        that is good enough; `standing`: sites opened before, among all."""
        self.merged = merged
        self.sides = sides
        self.stated = sides.stated
        self.board = board_of(merged, sides)
        self.plan = plan
        self.value = value
        self.gap = gap
        self.standing = set() if standing is None else set(standing.tolist())
        self.cut = cut_of(value, merged.unit, gap)
        self.root = Branch()
        start = Part(
            np.zeros(len(merged.candidates), np.int8),
            vector.level.astype(np.float32),
            np.concatenate((vector.row, vector.floor)),
            self.root,
            0,
        )
        # However little is left: before a part is looked at nothing is proved of it.
        self.open: list[tuple[float, int, Part]] = [(-np.inf, 0, start)]
        self.first_steps = FIRST_STEPS
        self.tries = TRIES
        self.parts = 0
        self.count = 1
        self.bytes = 0
        self._drops = np.zeros((len(merged.candidates), 2))
        self._trials = np.zeros((len(merged.candidates), 2))

    @property
    def bound(self) -> float:
        """No plan is above it."""
        return max(self.cut, -self.open[0][0]) if self.open else self.cut

    def replant(self, trunk: Trunk, control: Control) -> None:
        """Begin where another question ended: its splits hold for any, and one look at the prices
        of each of its parts tells which are closed here too."""
        place = {int(site): j for j, site in enumerate(self.merged.candidates)}
        first = self.open[0][2]
        self.open = []
        waiting = [(trunk.root, first, np.inf)]
        while waiting:
            old, part, above = waiting.pop()
            if old.vectors and not control.stopped():
                raw = self._glance(part, trunk.levels(old.vectors[-1]), old.vectors[-1])
                above = min(above, -np.inf if raw == INFEASIBLE else outward(raw, self.merged.unit))
                self.parts += 1
                if above <= self.cut:
                    continue
            if old.opened is None or old.shut is None or control.stopped():
                heapq.heappush(self.open, (-above, self.count, part))
                self.count += 1
                continue
            j = place.get(old.site, -1)
            if j < 0 or part.status[j] != 0:
                # Decided before: what is no candidate here was opened, or is never.
                opened = part.status[j] == OPENED if j >= 0 else old.site in self.standing
                waiting.append((old.opened if opened else old.shut, part, above))
                continue
            one, other = self._halves(part, j)
            waiting += [(old.opened, one, above), (old.shut, other, above)]

    def _glance(self, part: Part, level: Singles, vector: Vector) -> float:
        """One look at a part, at given prices; what they settle is settled."""
        sides, rows = self.sides, len(self.sides.limit)
        if len(vector.row) == rows and len(vector.floor) == len(sides.floor):
            part.sides = np.concatenate((vector.row, vector.floor))
        part.level = level
        need = self._need(self.value, self.cut)
        raw = float(
            glance(
                self.board,
                self.merged.base,
                sides.most,
                sides.budget,
                sides.by_number,
                self.merged.whole,
                need,
                part.status,
                part.level,
                part.sides,
            )
        )
        if raw != INFEASIBLE:
            part.branch.vectors.append(
                Vector(level.copy(), part.sides[:rows].copy(), part.sides[rows:].copy(), self.cut)
            )
            self.bytes += 4 * len(level)
        return raw

    def _halves(self, part: Part, j: int) -> tuple[Part, Part]:
        """The part with a candidate opened, and with it shut."""
        part.branch.site = int(self.merged.candidates[j])
        part.branch.opened, part.branch.shut = Branch(), Branch()
        two = []
        for into, branch in ((OPENED, part.branch.opened), (SHUT, part.branch.shut)):
            status = part.status.copy()
            status[j] = into
            two.append(Part(status, part.level, part.sides, branch, part.depth + 1))
        return two[0], two[1]

    def _need(self, value: float, cut: float) -> float:
        """What a plan that is looked for is worth at least: one unit more than what is good enough;
        without a unit, more at all."""
        if not np.isfinite(value):
            return value
        return cut + (self.merged.unit * 0.999_999 if self.merged.unit else slack(cut))

    def search(
        self,
        control: Control,
        most: int,
        told: Callable[[], None] = lambda: None,
        *,
        alone: bool = False,
    ) -> bool:
        """Go on for so many parts at most; whether nothing is left. `alone`: one part at a time, on
        the thread of who calls."""
        if alone:
            return self._search(control, most, told, None)
        with ThreadPoolExecutor(2) as pool:
            return self._search(control, most, told, pool)

    def _search(
        self,
        control: Control,
        most: int,
        told: Callable[[], None],
        pool: ThreadPoolExecutor | None,
    ) -> bool:
        while self.open:
            if control.stopped() or self.near_enough(control):
                return False
            if self.parts >= most or self.bytes > MOST_BYTES:
                return False
            at_once = 1 if pool is None else min(2, len(self.open))
            before = self.bound, self.value
            parts = [heapq.heappop(self.open)[2] for _ in range(at_once)]
            if pool is None:
                self._take(self._work(parts[0], self.value, self.cut))
            else:
                jobs = [pool.submit(self._work, part, self.value, self.cut) for part in parts]
                for job in jobs:
                    self._take(job.result())
            self.parts += len(parts)
            if (self.bound, self.value) != before:
                told()
        return True

    def near_enough(self, control: Control) -> bool:
        """Whether the gap that was asked for is reached."""
        return bool(
            np.isfinite(self.value) and self.bound - self.value <= control.gap * abs(self.value)
        )

    def beat(self, value: float, plan: Longs) -> None:
        """A better plan, if it is one: parts that are no better are not looked at from now on."""
        if not value > self.value:
            return
        self.value, self.plan = value, plan
        self.cut = max(self.cut, cut_of(self.value, self.merged.unit, self.gap))
        self.open = [one for one in self.open if -one[0] > self.cut]
        heapq.heapify(self.open)

    def _take(self, found: Found) -> None:
        was = found.tried >= 0.0
        self._drops[was] += found.tried[was]
        self._trials += was
        if found.plan is not None:
            self.beat(found.value, found.plan)
        if found.split < 0 or found.bound <= self.cut:
            return
        part = found.part
        for child in self._halves(part, found.split):
            heapq.heappush(self.open, (-found.bound, self.count, child))
            self.count += 1

    def _work(self, part: Part, value: float, cut: float) -> Found:
        merged, sides = self.merged, self.sides
        known = bool(np.isfinite(value))
        target = value if known else merged.base
        need = self._need(value, cut)
        level, prices = part.level.copy(), part.sides.copy()
        mean = self._drops / np.maximum(self._trials, 1.0)
        drops = np.where(self._trials >= RELIABLE, mean, -1.0)
        tried = np.full_like(drops, -1.0)
        said_level = np.empty((ROUNDS, len(level)), np.float32)
        said_sides = np.empty((ROUNDS, len(prices)))
        raw, used, split, liking = work(
            self.board,
            merged.base,
            sides.most,
            sides.budget,
            sides.by_number,
            merged.whole,
            target,
            need,
            STEPS if part.depth else self.first_steps,
            self.tries,
            part.status,
            level,
            prices,
            said_level,
            said_sides,
            drops,
            tried,
        )
        rows = len(sides.limit)
        for number in range(used):
            part.branch.vectors.append(
                Vector(
                    said_level[number].copy(),
                    said_sides[number, :rows],
                    said_sides[number, rows:],
                    cut,
                )
            )
        self.bytes += (4 * used + 4) * len(level)
        part.level, part.sides = level, prices
        plan, worth = None, -np.inf
        if raw != INFEASIBLE:
            plan, worth = self._plan(part, liking, split < 0)
        bound = -np.inf if raw == INFEASIBLE else outward(raw, merged.unit)
        return Found(part, bound, plan, worth, split, tried)

    def _plan(self, part: Part, liking: Floats, ended: bool) -> tuple[Longs | None, float]:
        """A plan from what is open and what the prices like, bettered by swaps."""
        opened = rows_of(part.status, OPENED)
        if ended:
            some = rows_of(part.status, 0)
            if len(some):
                return None, -np.inf
            kept = self.stated.kept_by(self.merged, opened)
            return (opened, self.merged.value(opened)) if kept else (None, -np.inf)
        if part.depth > 4 and part.depth % 4:
            return None, -np.inf
        order = np.argsort(-np.where(part.status == 0, liking, -np.inf), kind="stable")
        more = order[: max(0, self.sides.most - len(opened))]
        more = more[part.status[more] == 0]
        start = np.sort(np.concatenate((opened, more))).astype(np.int64)
        search = start_search(self.merged, self.stated, start, 1)
        swap(search, start, 2)
        if not np.isfinite(search.value):
            return None, -np.inf
        return search.best, search.value
