"""What a given set of sites covers, and what each more or less would change: for the dragging."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from geo.errors import Invalid
from geo.siting.checks import check_problem
from geo.siting.model.merge import covered, merge
from geo.siting.problem import (
    EXISTING,
    FREE,
    Covering,
    Demand,
    Floats,
    Ints,
    Longs,
    Rules,
    Sites,
)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Of one set of sites.

    Attributes:
        value: what is covered, as the objective counts it; of `total`. `kept`: of it by the
            existing stations alone.
        gain: (m,) what opening one more would add; 0 for those in the set.
        loss: (m,) what closing one of the set would lose; 0 for the others.
        alone: (m,) what one would add to the existing stations, without the others of the set.
    """

    value: float
    total: float
    kept: float
    gain: Floats
    loss: Floats
    alone: Floats


class Evaluator:
    """Merged once, asked often: an answer takes one pass over the merged pairs, 1.3 million of them
    some 10 ms. Never changed after it is made; any number of threads may ask it.

    Existing stations count as open. To ask what closing one would lose, give it as free and name it
    in the set.
    """

    def __init__(self, demand: Demand, sites: Sites, reach: Covering, rules: Rules) -> None:
        """Merge; `rules` say how demand counts (steps, backup), its conditions are not looked at.

        Raises:
            Invalid: see :func:`geo.siting.checks.check_problem`.
        """
        check_problem(demand, sites, rules)
        fixed = np.where(sites.fixed == EXISTING, EXISTING, FREE).astype(np.int8)
        plain = Rules(steps=rules.steps, backup=rules.backup)
        self.merged = merge(demand, replace(sites, fixed=fixed), reach, plain)
        self.sites = len(sites)
        self.total = float(demand.weight.sum()) * (1.0 + rules.backup)
        self.place = np.full(len(sites), -1, np.int64)
        self.place[self.merged.candidates] = np.arange(len(self.merged.candidates))
        self._owner = np.repeat(
            np.arange(len(self.merged.candidates), dtype=np.int32), np.diff(self.merged.start)
        )
        self._alone = self._sums(self.merged.first)

    def evaluate(self, plan: Longs) -> Evaluation:
        """Of some sites, positions among all; existing ones and repeats among them change nothing.

        Raises:
            Invalid: a site that does not exist.
        """
        merged = self.merged
        opened = self._local(plan)
        covers = covered(merged, opened)
        value = merged.base + float(
            merged.first[covers >= 1].sum() + merged.second[covers >= 2].sum()
        )
        more = np.where(covers == 0, merged.first, np.where(covers == 1, merged.second, 0.0))
        gain = self._sums(more)
        gain[merged.candidates[opened]] = 0.0
        last = np.where(covers == 1, merged.first, np.where(covers == 2, merged.second, 0.0))
        loss = np.zeros(self.sites)
        for j in opened:
            mine = merged.group[merged.start[j] : merged.start[j + 1]]
            loss[merged.candidates[j]] = last[mine].sum()
        return Evaluation(value, self.total, merged.base, gain, loss, self._alone)

    def replacements(self, plan: Longs, site: int, count: int = 5) -> list[tuple[int, float]]:
        """Who could stand in for a site of the plan: (site, value of the plan with it instead), the
        best first, so that one host's no has a ready answer.

        Raises:
            Invalid: a site that does not exist.
        """
        self._local(np.array([site], np.int64))
        rest = np.setdiff1d(np.asarray(plan, np.int64), [site])
        without = self.evaluate(rest)
        gain = without.gain.copy()
        gain[site] = -1.0
        gain[rest] = -1.0
        gain[self.place < 0] = -1.0
        best = np.argsort(-gain, kind="stable")[:count]
        return [(int(j), without.value + float(gain[j])) for j in best if gain[j] >= 0]

    def _local(self, plan: Longs) -> Longs:
        wanted = np.unique(np.asarray(plan, np.int64))
        if len(wanted) and (wanted[0] < 0 or wanted[-1] >= self.sites):
            raise Invalid(
                f"没有编号为 {wanted[-1] if wanted[0] >= 0 else wanted[0]} 的候选点。 "
                f"There is no site {wanted[-1] if wanted[0] >= 0 else wanted[0]}.",
                remedy=f"候选点为 0 到 {self.sites - 1}。 Sites are 0 to {self.sites - 1}.",
                field="sites",
            )
        places = self.place[wanted]
        return places[places >= 0]

    def _sums(self, worth: Floats) -> Floats:
        merged = self.merged
        sums = np.zeros(self.sites)
        sums[merged.candidates] = np.bincount(
            self._owner, worth[merged.group], minlength=len(merged.candidates)
        )
        return sums


def assignment_of(demand: Demand, reach: Covering, opened: Longs, sites: int) -> Ints:
    """(n,) the open site nearest to each demand point (the first one where distances are not
    known), -1 where none is within reach. `opened`: new and existing ones, among all sites."""
    stands = np.zeros(sites, np.bool_)
    stands[opened] = True
    nearest = np.full(len(demand), -1, np.int32)
    for run in reach.rows(len(demand)):
        point = np.repeat(np.arange(len(run.start) - 1), np.diff(run.start))
        here = stands[run.site]
        point, site = point[here], run.site[here]
        far = np.zeros(len(site), np.float32) if run.metres is None else run.metres[here]
        order = np.lexsort((site, far, point))
        first = np.ones(len(order), np.bool_)
        first[1:] = np.diff(point[order]) != 0
        nearest[run.first + point[order][first]] = site[order][first]
    return nearest
