"""What a set cover is proved by: the plan, a price for each group of being reached, and the duty of
each target; multiplied out by :func:`geo.siting.proofs.bounds.proved`."""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.siting.conditions import counted_steps
from geo.siting.model.merge import Merged
from geo.siting.problem import EXISTING, FORBIDDEN, FORCED, Answer, Floats, Rules, Sites


def certificate(
    price: Floats,
    duty: Floats,
    whole: bool,
    answer: Answer,
    merged: Merged,
    sites: Sites,
    rules: Rules,
) -> dict[str, Any]:
    """Everything that is needed, in numbers and lists (JSON).

    Args:
        price: (G,) of the groups of `merged`. duty: of all demand, then of each district.
        whole: everybody who can be reached has to be.
    """
    return {
        "model": "set-cover",
        "sites": answer.sites.tolist(),
        "existing": np.flatnonzero(sites.fixed == EXISTING).tolist(),
        "forced": np.flatnonzero(sites.fixed == FORCED).tolist(),
        "forbidden": np.flatnonzero(sites.fixed == FORBIDDEN).tolist(),
        "share": rules.share,
        "district_least_share": dict(rules.district_least_share),
        "steps": [list(step) for step in counted_steps("set-cover", rules)],
        "group": merged.of.tolist(),
        "price": price.tolist(),
        "duty": duty.tolist(),
        "whole": whole,
        "value": answer.objective,
        "bound": answer.bound,
    }
