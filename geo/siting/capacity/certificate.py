"""What proves an answer within capacities."""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.siting.capacity.flows import Net, Served
from geo.siting.capacity.linear import Duals, Split
from geo.siting.capacity.tree import Part, Search
from geo.siting.max_cover.proof import text_of
from geo.siting.model.merge import Merged
from geo.siting.problem import EXISTING, FORBIDDEN, FORCED, Floats, Longs, Rules, Sites


def parts_of(
    search: Search, sites: Longs, of: Longs, settling: tuple[Floats, Floats, float] | None
) -> dict[str, Any]:
    """What a search adds to a certificate: its cuts, and the parts of all plans with their prices.

    Args:
        sites: (k,) which of all sites those of the search are. of: (G,) the search's group of each
            group, -1 none. settling: prices and conditions' prices that left the other sites out,
            and what was good enough then.
    """
    cuts: dict[int, int] = {}
    told: list[list[Any]] = []
    # A price for whoever only sites left out reach, which are shut.
    met, groups = of >= 0, len(of)

    def vector(duals: Duals, cut: float, path: list[Split]) -> dict[str, Any]:
        price = np.zeros(groups, duals.price.dtype)
        price[met] = duals.price[of[met]]
        paid = []
        for one, much in duals.cuts:
            if id(one) not in cuts:
                cuts[id(one)] = len(told)
                whom = np.flatnonzero(met & np.isin(of, one.whom))
                told.append([sites[one.who].tolist(), whom.tolist(), one.size])
            paid.append([cuts[id(one)], much])
        splits = [
            [next(at for at, split in enumerate(path) if split is one), much]
            for one, much in duals.splits
        ]
        return {
            "price": text_of(price),
            "row": duals.row.tolist(),
            "cuts": paid,
            "splits": splits,
            "cut": cut,
        }

    def part_of(part: Part, before: list[dict[str, Any]]) -> dict[str, Any]:
        # Known prices of what it is a part of, where it was not looked into.
        mine = [vector(duals, cut, part.path) for duals, cut in part.vectors]
        found: dict[str, Any] = {"vectors": mine or before[-1:]}
        if part.split is None:
            return found
        halves = [part_of(half, [*before, *mine]) for half in part.halves]
        split = {"who": sites[list(part.split.who)].tolist(), "most": part.split.most}
        return found | split | {"fewer": halves[0], "more": halves[1]}

    whole = part_of(search.whole, [])
    if settling is not None:
        price, row, cut = settling
        first = {"price": text_of(price), "row": row.tolist(), "cuts": [], "splits": [], "cut": cut}
        whole["vectors"].insert(0, first)
    return {"cuts": told, "parts": whole}


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
    """Who is served by whom, and prices: for :func:`geo.siting.checker_served.check_served`."""
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
