"""The last rung of set cover and p-centre: the model by HiGHS, as plain arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.siting.model.sides import Sides
from geo.siting.problem import Bools, Floats, Longs
from geo.siting.set_cover.covers import Cover


def model_of(cover: Cover, who: Longs, sides: Sides | None, opened: Bools) -> dict[str, Any]:
    """Min c x; whole: sum_{j covers g} x_j >= 1; else y_g <= sum x, sum of y to each target.

    Args:
        who: (k,) the candidates, among those of `sides` and `opened` (a plan to begin from).
    """
    sites, groups = len(who), len(cover)
    owner = np.repeat(np.arange(groups), np.diff(cover.row))
    rows = [owner]
    index = [cover.column.astype(np.int64)]
    value = [np.ones(len(owner))]
    low = [np.full(groups, 1.0 if cover.whole else 0.0)]
    high = [np.full(groups, np.inf)]
    count = groups

    def add(some: Longs, how: Floats, least: float, most: float) -> None:
        nonlocal count
        rows.append(np.full(len(some), count))
        index.append(some)
        value.append(how)
        low.append(np.array([least]))
        high.append(np.array([most]))
        count += 1

    columns = sites
    if not cover.whole:
        columns += groups
        rows.append(np.arange(groups))
        index.append(sites + np.arange(groups))
        value.append(-np.ones(groups))
        for number, least in enumerate(cover.target):
            if least > 0:
                mine = (
                    np.arange(groups) if number == 0 else np.flatnonzero(cover.kind == number - 1)
                )
                # A hair less, as the check allows, so that no rounding refuses a plan.
                tiny = 1e-10 * max(1.0, abs(least))
                add((sites + mine).astype(np.int64), cover.weight[mine], least - tiny, np.inf)
    if sides is not None:
        if sides.most < len(opened):
            add(np.arange(sites, dtype=np.int64), np.ones(sites), -np.inf, float(sides.most))
        if np.isfinite(sides.budget):
            add(np.arange(sites, dtype=np.int64), sides.cost[who], -np.inf, sides.budget)
        of = np.repeat(np.arange(len(opened), dtype=np.int64), np.diff(sides.start))
        for number, limit in enumerate(sides.limit):
            mine = sides.row == number
            add(of[mine], sides.coefficient[mine], -np.inf, float(limit))
    row = np.concatenate(rows)
    order = np.argsort(row, kind="stable")
    begin = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(row, minlength=count), out=begin[1:])
    start = opened[who].astype(np.float64) if opened.any() else None
    return {
        "cost": np.concatenate((cover.cost, np.zeros(columns - sites))),
        "sites": sites,
        "columns": columns,
        "low": np.concatenate(low),
        "high": np.concatenate(high),
        "begin": begin,
        "index": np.concatenate(index)[order],
        "value": np.concatenate(value)[order],
        "start": start,
        "unit": 0.0,
    }
