"""What proves an answer within capacities."""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.siting.capacity.flows import Net, Served
from geo.siting.model.merge import Merged
from geo.siting.problem import EXISTING, FORBIDDEN, FORCED, Floats, Longs, Rules, Sites


def certificate(
    merged: Merged,
    net: Net,
    now: Served,
    price: Floats,
    row: Floats,
    plan: Longs,
    sites: Sites,
    rules: Rules,
) -> dict[str, Any]:
    """Who is served by whom, and prices: for :func:`geo.siting.checker.check_served`."""
    owner = np.repeat(merged.candidates, np.diff(net.side_start))
    pairs = np.flatnonzero(now.amount > 1e-9)
    group_of = np.repeat(np.arange(len(net.people)), np.diff(net.row))[pairs]
    site_of = merged.candidates[net.column[pairs]]
    return {
        "model": "max-cover with capacities",
        "sites": plan.tolist(),
        "existing": np.flatnonzero(sites.fixed == EXISTING).tolist(),
        "forced": np.flatnonzero(sites.fixed == FORCED).tolist(),
        "forbidden": np.flatnonzero(sites.fixed == FORBIDDEN).tolist(),
        "p": rules.p,
        "budget": rules.budget,
        "rows": [
            [
                owner[net.side_row == r].tolist(),
                net.side_coefficient[net.side_row == r].tolist(),
                float(limit),
            ]
            for r, limit in enumerate(net.limit)
        ],
        "group": merged.of[0].tolist(),
        "price": price.tolist(),
        "row": row.tolist(),
        "served": [
            [int(g), int(j), float(much)]
            for g, j, much in zip(group_of, site_of, now.amount[pairs], strict=True)
        ],
    }
