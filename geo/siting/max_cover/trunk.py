"""A tree of splits that one question left behind, for the next: an edit makes most of its parts no
better than they were, so that one look at their prices closes them again.

(Warm starts of branch and bound: Ralphs and Güzelsoy, in The Next Wave in Computing, Optimization,
and Decision Technologies, 2005.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.siting.max_cover.proof import Branch, Vector
from geo.siting.problem import Floats, Longs

UNKNOWN = 1.5
"""The level of a group that nothing is known of."""


def averaged(level: Floats, into: Longs, weight: Floats, groups: int) -> Floats:
    """(groups,) levels of what groups became: `into` says which, below 0 none. Of those that became
    one, the mean by their weight: what a site earns from them stays as it was."""
    met = into >= 0
    total = np.bincount(into[met], weight[met], minlength=groups)
    sums = np.bincount(into[met], weight[met] * level[met], minlength=groups)
    found: Floats = np.divide(sums, total, out=np.full(groups, UNKNOWN), where=total > 0)
    return found


@dataclass(frozen=True, eq=False)
class Trunk:
    """Where a question was split, and the prices of each part.

    Attributes:
        root: its vectors are levels of the groups of the problem that the tree was grown on.
        source: (E,) one of these groups, below 0: none, and then `before` (E,) is the level.
        target: (E,) the group here that it speaks for, below 0: none; weight: (E,) how loudly.
        groups: how many there are here.
    """

    root: Branch
    source: Longs
    before: Floats
    target: Longs
    weight: Floats
    groups: int

    @classmethod
    def of(cls, root: Branch, into: Longs, before: Floats, first: Floats) -> Trunk:
        """Of a tree grown below a first level: `into` (G,) its group of each group there, below 0:
        none, and then `before` is the level; `first` is what these are worth."""
        return cls(root, into, before, np.arange(len(into)), first, len(into))

    def through(self, into: Longs, groups: int) -> Trunk:
        """For groups that those here became."""
        met = self.target >= 0
        target = np.where(met, into[np.maximum(self.target, 0)] if len(into) else -1, -1)
        return Trunk(self.root, self.source, self.before, target, self.weight, groups)

    def back(self, into: Longs, weight: Floats) -> Trunk:
        """For groups (N,) of which those here were made: `into` says which each became."""
        whose = np.full(self.groups, -1, np.int64)
        met = self.target >= 0
        whose[self.target[met]] = np.flatnonzero(met)
        mine = np.where(into >= 0, whose[np.maximum(into, 0)] if len(whose) else -1, -1)
        known = mine >= 0
        source = np.where(known, self.source[np.maximum(mine, 0)] if len(whose) else -1, -1)
        before = np.full(len(into), UNKNOWN)
        before[known] = self.before[mine[known]]
        return Trunk.of(self.root, source, before, weight)

    def levels(self, vector: Vector) -> npt.NDArray[np.float32]:
        """(groups,) the levels of one of its vectors."""
        level = self.before.copy()
        met = self.source >= 0
        level[met] = vector.level[self.source[met]]
        return averaged(level, self.target, self.weight, self.groups).astype(np.float32)
