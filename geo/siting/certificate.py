"""What an answer is proved by: the plan, and a price for each group of demand.

Anyone can multiply it out: :mod:`geo.siting.checker` needs the raw pairs and this, nothing else.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.siting.merge import Merged, layers_of
from geo.siting.problem import EXISTING, FORBIDDEN, FORCED, Longs, Rules, Sites


def certificate(
    given: Merged,
    merged: Merged,
    dominated: np.typing.NDArray[np.int32],
    price: np.typing.NDArray[np.float64],
    plan: Longs,
    value: float,
    bound: float,
    sites: Sites,
    rules: Rules,
) -> dict[str, Any]:
    """Everything the checker needs, in numbers and lists (JSON).

    Args:
        given: the merged problem. merged: the same without dominated candidates.
        dominated: (k,) of `given`: the candidate that stands in for each, or -1.
        price: (G,) of `merged`.
        plan, value, bound: the answer.

    The `bound` may be better than what the prices prove, where candidates were settled or the exact
    search went on: the checker derives the bound of the prices alone.
    """
    share = price / np.maximum(merged.first, 1e-300)
    into = merged.of[0]
    of_given = np.where(into >= 0, share[np.maximum(into, 0)], 0.0) if len(share) else into * 0.0
    gone = np.flatnonzero(dominated >= 0)
    return {
        "model": "max-cover",
        "sites": plan.tolist(),
        "existing": np.flatnonzero(sites.fixed == EXISTING).tolist(),
        "forced": np.flatnonzero(sites.fixed == FORCED).tolist(),
        "forbidden": np.flatnonzero(sites.fixed == FORBIDDEN).tolist(),
        "p": rules.p,
        "budget": rules.budget if rules.p is None else None,
        "layers": [[metres, part] for metres, part in layers_of(rules)] if rules.steps else None,
        "backup": rules.backup,
        "instead": [[int(given.candidates[j]), int(given.candidates[dominated[j]])] for j in gone],
        "group": given.of.tolist(),
        "price": of_given.tolist(),
        "value": value,
        "bound": bound,
    }
