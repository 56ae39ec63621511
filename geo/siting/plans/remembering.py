"""What a process remembers of the plans it worked out, so that the next question, which is mostly
an edit of one of them, does not begin from nothing.

A plan of the same people and the same reach leaves its merged demand, its prices and its splits
(:mod:`geo.siting.max_cover.warmth`). Of any other plan its sites are of use. (To begin from the
best plans without each of its sites, which are looked for anyway, was measured: it is no quicker.)
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from geo.siting.problem import FORCED, FREE, Answer, Demand, Longs, Reach
from geo.siting.solving import Problem, Ref

MOST_PLANS: Final = 3
MOST_PAIRS: Final = 12_000_000
"""Of all that is remembered, but for the newest: some 20 bytes each."""


@dataclass(frozen=True, eq=False)
class Earlier:
    """The plan that a question is an edit of: its number, and its sites by what they are called."""

    number: int
    sites: Sequence[Ref]


@dataclass(frozen=True, eq=False)
class Remembered:
    """A problem and the answer to it."""

    problem: Problem
    answer: Answer


class Memory:
    """The last few plans by their numbers."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._kept: OrderedDict[int, Remembered] = OrderedDict()

    def keep(self, number: int, problem: Problem, answer: Answer) -> None:
        """Remember a plan, and forget older ones where there are too many."""
        if problem.model != "max-cover" or answer.warmth is None:
            return
        self._kept.pop(number, None)
        # The certificate travels; nobody asks for it here.
        lean = replace(answer, certificate=None, history=[])
        self._kept[number] = Remembered(problem, lean)
        while len(self._kept) > 1 and (
            len(self._kept) > MOST_PLANS
            or sum(one.problem.reach.pairs for one in self._kept.values()) > MOST_PAIRS
        ):
            self._kept.popitem(last=False)

    def begin(self, problem: Problem, earlier: Earlier) -> tuple[Problem, Answer | Longs | None]:
        """What to begin from: an answer, and then the problem speaks of the same objects as that
        one did; or, where people or reach are others, the sites of the earlier plan that may still
        be chosen; None: nothing of it is of use.

        Cost: one look at all pairs, some milliseconds for millions.
        """
        kept = self._kept.get(earlier.number)
        if kept is not None and _same(kept.problem, problem):
            self._kept.move_to_end(earlier.number)
            known = kept.problem
            return replace(problem, demand=known.demand, reach=known.reach), kept.answer
        place = {ref: at for at, ref in enumerate(problem.refs)}
        at = np.array([place[one] for one in earlier.sites if one in place], np.int64)
        left = np.sort(at[np.isin(problem.sites.fixed[at], (FREE, FORCED))])
        return problem, left if len(left) else None


def _same(one: Problem, other: Problem) -> bool:
    """Whether two problems speak of the same people, and of who reaches whom."""
    return (
        one.model == other.model
        and _same_demand(one.demand, other.demand)
        and _same_reach(one.reach, other.reach)
    )


def _same_demand(one: Demand, other: Demand) -> bool:
    return np.array_equal(one.weight, other.weight) and np.array_equal(one.district, other.district)


def _same_reach(one: Reach, other: Reach) -> bool:
    if not np.array_equal(one.start, other.start) or not np.array_equal(one.demand, other.demand):
        return False
    if one.metres is None or other.metres is None:
        return one.metres is other.metres
    return np.array_equal(one.metres, other.metres)


__all__ = ["Earlier", "Memory", "Remembered"]
