"""What a process remembers of the plans it worked out, so that the next question, which is mostly
an edit of one of them, does not begin from nothing.

A plan of the same people and the same reach leaves its merged demand, its prices and its splits
(:mod:`geo.siting.max_cover.warmth`). Of any other plan its sites are of use. What is likely to be
asked next is answered ahead, when nothing else is to be done (:mod:`geo.siting.plans.looking`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from geo.siting.plans.packing import packed, unpacked
from geo.siting.problem import FORCED, FREE, Answer, Demand, Longs, Reach, Rules, Sites
from geo.siting.solving import Problem, Ref

MOST_PLANS: Final = 3
MOST_PAIRS: Final = 12_000_000
"""Of all that is remembered, but for the newest: some 20 bytes each."""
MOST_BYTES: Final = 300_000_000
"""Of the certificates of answers that were worked out ahead."""


@dataclass(frozen=True, eq=False)
class Earlier:
    """The plan that a question is an edit of: its number, and its sites by what they are called."""

    number: int
    sites: Sequence[Ref]


@dataclass(frozen=True, eq=False)
class Edit:
    """Another question about the same people and reach, and the answer to it, whose certificate is
    `proof` (:func:`geo.siting.plans.packing.packed`)."""

    sites: Sites
    rules: Rules
    answer: Answer
    proof: bytes


@dataclass(frozen=True, eq=False)
class Remembered:
    """A problem and the answer to it; `edits` that were answered ahead, by the states of the
    sites."""

    problem: Problem
    answer: Answer
    edits: dict[bytes, list[Edit]] = field(default_factory=dict)


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

    def remembers(self, number: int) -> bool:
        """Whether a plan is remembered."""
        return number in self._kept

    def keep_edit(self, number: int, sites: Sites, rules: Rules, answer: Answer) -> bool:
        """Remember the answer to an edit of a plan, with its certificate; those of plans that were
        asked for longer ago make room. The prices of the plan serve for both.

        Returns:
            Whether there is room for more: the plan is remembered, and this was not too much.
        """
        kept = self._kept.get(number)
        if kept is None:
            return False
        if answer.certificate is None:
            return True
        proof = packed(answer.certificate)
        for older in self._kept.values():
            if older is kept or self._bytes() + len(proof) <= MOST_BYTES:
                break
            older.edits.clear()
        if self._bytes() + len(proof) > MOST_BYTES:
            return False
        warmth = replace(kept.answer.warmth, plan=answer.sites)
        lean = replace(answer, warmth=warmth, certificate=None, history=[])
        kept.edits.setdefault(sites.fixed.tobytes(), []).append(Edit(sites, rules, lean, proof))
        return True

    def _bytes(self) -> int:
        every = (edits for one in self._kept.values() for edits in one.edits.values())
        return sum(len(edit.proof) for edits in every for edit in edits)

    def answered(
        self, problem: Problem, earlier: Earlier, gap: float
    ) -> tuple[Problem, Answer] | None:
        """The answer to this very question, if it was worked out ahead as an edit of that plan, and
        is proved as well as is asked; and the problem, of the objects that its warmth knows.

        Cost: one look at all pairs; to unpack its certificate, some 30 μs a vector.
        """
        kept = self._kept.get(earlier.number)
        if kept is None or not _same(kept.problem, problem):
            return None
        for edit in kept.edits.get(problem.sites.fixed.tobytes(), ()):
            fits = edit.answer.status == "optimal" or edit.answer.gap <= gap
            if fits and edit.rules == problem.rules and _same_sites(edit.sites, problem.sites):
                self._kept.move_to_end(earlier.number)
                known = kept.problem
                answer = replace(edit.answer, certificate=unpacked(edit.proof))
                if answer.status != "optimal":
                    # What ended by the clock, and is as near to the best as is asked now.
                    answer.status = "gap reached"
                return replace(problem, demand=known.demand, reach=known.reach), answer
        return None

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


def _same_sites(one: Sites, other: Sites) -> bool:
    if (one.capacity is None) != (other.capacity is None) or one.degrees != other.degrees:
        return False
    kinds = ("fixed", "district", "chain", "open_24h")
    amounts = ("cost", "x", "y", *(() if one.capacity is None else ("capacity",)))
    return all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=name in amounts)
        for name in (*kinds, *amounts)
    )


def _same_demand(one: Demand, other: Demand) -> bool:
    return np.array_equal(one.weight, other.weight) and np.array_equal(one.district, other.district)


def _same_reach(one: Reach, other: Reach) -> bool:
    if not np.array_equal(one.start, other.start) or not np.array_equal(one.demand, other.demand):
        return False
    if one.metres is None or other.metres is None:
        return one.metres is other.metres
    return np.array_equal(one.metres, other.metres)


__all__ = ["Earlier", "Edit", "Memory", "Remembered"]
