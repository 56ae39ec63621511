"""Maximum coverage within capacities for HiGHS, and what proves an answer."""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.siting.capacity.flows import Net, Served
from geo.siting.model.merge import Merged, reduced
from geo.siting.model.moves import Flags
from geo.siting.model.sides import Sides
from geo.siting.problem import EXISTING, FORBIDDEN, FORCED, Bools, Floats, Longs, Rules, Sites


def model_of(
    merged: Merged,
    net: Net,
    sides: Sides,
    free: Flags,
    standing: Longs,
    keep: Bools,
    start: Flags | None,
) -> dict[str, Any]:
    """As :func:`geo.siting.model.exact.model_of`, which see: sites, then the share of its group
    that each pair serves. `keep`: sites that may be open, for which groups are merged again;
    `standing`: those that are."""
    which = np.flatnonzero(keep)
    place = np.full(len(keep), -1, np.int64)
    place[which] = np.arange(len(which))
    fewer = reduced(merged, keep, np.zeros_like(keep))
    mine = place[np.searchsorted(merged.candidates, fewer.candidates)]
    group = np.repeat(np.arange(len(fewer)), np.diff(fewer.row))
    some = fewer.first[group] > 0
    site, group = mine[fewer.column[some]], group[some]
    people = fewer.first[group]
    m, count, groups = len(which), len(group), len(fewer)
    pair = np.arange(count)
    column = m + pair
    rows = _Rows()
    new = np.flatnonzero(free[which])
    at_most_one = np.zeros(len(new), np.int64)
    rows.add(at_most_one, new, np.ones(len(new)), [-np.inf], [float(sides.most)])
    if np.isfinite(sides.budget):
        rows.add(at_most_one, new, net.cost[which][new], [-np.inf], [sides.budget])
    owner = np.repeat(np.arange(len(keep)), np.diff(net.side_start))
    kept = keep[owner]
    open_end = np.full(len(net.limit), -np.inf)
    rows.add(
        net.side_row[kept], place[owner[kept]], net.side_coefficient[kept], open_end, net.limit
    )
    one = np.ones(len(standing))
    rows.add(np.arange(len(standing)), place[standing], one, one, one)
    rows.add(group, column, np.ones(count), np.full(groups, -np.inf), np.ones(groups))
    rows.add(
        np.concatenate((site, np.arange(m))),
        np.concatenate((column, np.arange(m))),
        np.concatenate((people, -net.capacity[which])),
        np.full(m, -np.inf),
        np.zeros(m),
    )
    rows.add(
        np.tile(pair, 2),
        np.concatenate((column, site)),
        np.concatenate((np.ones(count), -np.ones(count))),
        np.full(count, -np.inf),
        np.zeros(count),
    )
    return {
        "cost": np.concatenate((np.zeros(m), -people)),
        "sites": m,
        "columns": m + count,
        **rows.arrays(),
        "start": None if start is None else start[which].astype(np.float64),
    }


class _Rows:
    def __init__(self) -> None:
        self.count = 0
        self.row: list[Longs] = []
        self.column: list[Longs] = []
        self.value: list[Floats] = []
        self.low: list[Floats] = []
        self.high: list[Floats] = []

    def add(self, row: Any, column: Any, value: Any, low: Any, high: Any) -> None:
        self.row.append(np.asarray(row, np.int64) + self.count)
        self.column.append(np.asarray(column, np.int64))
        self.value.append(np.asarray(value, np.float64))
        self.low.append(np.asarray(low, np.float64))
        self.high.append(np.asarray(high, np.float64))
        self.count += len(self.low[-1])

    def arrays(self) -> dict[str, Any]:
        row = np.concatenate(self.row)
        order = np.argsort(row, kind="stable")
        sizes = np.bincount(row, minlength=self.count)
        return {
            "low": np.concatenate(self.low),
            "high": np.concatenate(self.high),
            "begin": np.concatenate((np.zeros(1, np.int64), np.cumsum(sizes))),
            "index": np.concatenate(self.column)[order],
            "value": np.concatenate(self.value)[order],
        }


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
