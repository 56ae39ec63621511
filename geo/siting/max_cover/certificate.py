"""What an answer is proved by: the plan, and prices of being covered, split where they had to be.

Anyone can multiply it out: :mod:`geo.siting.checker` needs the raw pairs and this, nothing else.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from geo.siting.max_cover.ladder import Climb
from geo.siting.model.merge import Merged, layers_of
from geo.siting.model.sides import Sides
from geo.siting.problem import EXISTING, FORBIDDEN, FORCED, Demand, Longs, Rules, Sites


def certificate(
    found: Climb,
    given: Merged,
    merged: Merged,
    dominated: npt.NDArray[np.int32],
    conditions: Sides,
    group: npt.NDArray[np.int32],
    plan: Longs,
    demand: Demand,
    sites: Sites,
    rules: Rules,
) -> dict[str, Any]:
    """Everything the checker needs, in numbers, lists and text (JSON).

    Args:
        given: the merged problem. merged: the same without dominated candidates.
        dominated: (k,) of `given`: the candidate that stands in for each, or -1.
        conditions: of `merged`, told as rows over the new sites.
        group: (layers, n) the group of each point in `merged`, -1 none.

    Where `by` is "highs" the bound is that solver's, and `tree` proves a weaker one: the checker
    derives that.
    """
    gone = np.flatnonzero(dominated >= 0)
    floors = np.zeros(len(merged.base_district) if rules.district_least_share else 0)
    for district, share in rules.district_least_share.items():
        floors[district] = share * float(demand.weight[demand.district == district].sum())
    return {
        "model": "max-cover",
        "sites": plan.tolist(),
        "existing": np.flatnonzero(sites.fixed == EXISTING).tolist(),
        "forced": np.flatnonzero(sites.fixed == FORCED).tolist(),
        "forbidden": np.flatnonzero(sites.fixed == FORBIDDEN).tolist(),
        "p": rules.p,
        "budget": rules.budget,
        "layers": [[metres, part] for metres, part in layers_of(rules)] if rules.steps else None,
        "backup": rules.backup,
        "rows": _rows(merged, conditions),
        "floors": floors.tolist(),
        "instead": [[int(given.candidates[j]), int(given.candidates[dominated[j]])] for j in gone],
        "group": group.tolist(),
        "unit": merged.unit,
        "value": found.value,
        "bound": found.bound,
        "by": found.by,
        "tree": found.proof.told(),
    }


def _rows(merged: Merged, conditions: Sides) -> list[list[Any]]:
    """[sites, coefficients, limit] of each condition: their sum over the new sites is within it."""
    owner = np.repeat(merged.candidates, np.diff(conditions.start))
    order = np.argsort(conditions.row, kind="stable")
    ends = np.cumsum(np.bincount(conditions.row, minlength=len(conditions.limit)))
    who = np.split(owner[order], ends[:-1]) if len(ends) else []
    much = np.split(conditions.coefficient[order], ends[:-1]) if len(ends) else []
    return [
        [one.tolist(), other.tolist(), float(limit)]
        for one, other, limit in zip(who, much, conditions.limit, strict=True)
    ]
