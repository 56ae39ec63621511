"""A plan that asks too much, made to keep to the conditions by giving up as little as it can."""

from __future__ import annotations

import numpy as np
from numba import njit

from geo.siting.model.merge import Merged, covered
from geo.siting.model.sides import Sides, slack
from geo.siting.problem import Floats, Ints, Longs


def fitted(merged: Merged, sides: Sides, plan: Longs) -> Longs:
    """Sites of a plan, positions among the candidates, that keep to the number, the budget and what
    rows allow at most: one after the other goes the one that loses least for what it gives back.

    What rows or floors ask at least is not looked at: to add sites is the search's affair.

    Cost: for each site that goes one pass over the pairs of the plan.
    """
    while len(plan):
        relief = _relief(sides, plan)
        if not relief.any():
            break
        times = covered(merged, plan)
        alone = np.where(times == 1, merged.first, np.where(times == 2, merged.second, 0.0))
        loss = sums(merged.start, merged.group, alone, plan)
        dear = np.divide(loss, relief, out=np.full(len(plan), np.inf), where=relief > 0)
        plan = np.delete(plan, int(np.argmin(dear)))
    return plan


def _relief(sides: Sides, plan: Longs) -> Floats:
    """(p,) how much of what a plan takes too much of each of its sites gives back: 1 for all of it,
    added up over the conditions that are broken."""
    relief = np.full(len(plan), float(len(plan) > sides.most))
    over = float(sides.cost[plan].sum()) - sides.budget
    if over > slack(sides.budget):
        relief += np.minimum(sides.cost[plan] / over, 1.0)
    start, into = sides.entries(plan)
    row, much = sides.row[into], sides.coefficient[into]
    excess = np.bincount(row, much, minlength=len(sides.limit)) - sides.limit
    # What a row wants at least it is short of, not over.
    helps = (excess[row] > 1e-9) & (much > 0)
    part = np.zeros(len(row))
    part[helps] = np.minimum(much[helps] / excess[row[helps]], 1.0)
    owner = np.repeat(np.arange(len(plan)), np.diff(start))
    found: Floats = relief + np.bincount(owner, part, minlength=len(plan))
    return found


@njit(cache=True, nogil=True)
def sums(start: Longs, group: Ints, worth: Floats, plan: Longs) -> Floats:  # pragma: no cover
    """(p,) of each site of a plan, what its groups are worth together."""
    found = np.zeros(len(plan))
    for number in range(len(plan)):
        for place in range(start[plan[number]], start[plan[number] + 1]):
            found[number] += worth[group[place]]
    return found
