"""The last rung for many sites: the radius model by HiGHS.

z_it = 1 where nobody within the t-th distance D_it of point i is open:

    min sum_i w_i (D_i1 + sum_t (D_i,t+1 - D_it) z_it),   z_it + sum_{d_ij = D_it} x_j >= z_i,t-1,

z_i0 = 1, with D beyond the last pair the point's `far`, or z = 0 there where it must be served.
(Cornuejols, Nemhauser and Wolsey, SIAM J. on Algebraic and Discrete Methods 1, 1980; García, Labbé
and Marín, INFORMS J. on Computing 23, 2011.) Short after the reduction: a row and a variable for
each pair at most.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.siting.median.walks import Walks
from geo.siting.model.sides import Sides
from geo.siting.problem import Floats, Longs


def model_of(
    walks: Walks, most: int, sides: Sides | None = None, start: Longs | None = None
) -> tuple[dict[str, Any], float]:
    """The model as plain arrays for :func:`geo.siting.model.highs.run`, and the constant to add.

    Args:
        most: how many candidates may be opened.
        sides: further conditions on them, or None.
    """
    sites, points = walks.sites, len(walks)
    owner = np.repeat(np.arange(points), np.diff(walks.row))
    # A level is a run of equal distances of one point.
    new = np.ones(len(owner), np.bool_)
    new[1:] = (np.diff(owner) != 0) | (np.diff(walks.metres) != 0)
    level = np.cumsum(new) - 1
    levels = int(new.sum())
    level_owner, level_metres = owner[new], walks.metres[new]
    last = np.ones(levels, np.bool_)
    last[:-1] = np.diff(level_owner) != 0
    first = np.ones(levels, np.bool_)
    first[1:] = last[:-1]
    following = np.empty(levels)
    following[:-1] = level_metres[1:]
    following[last] = walks.far[level_owner[last]]
    weight = walks.weight[level_owner]
    cost = weight * (following - level_metres)
    served = walks.must[level_owner] & last
    constant = float(np.dot(weight[first], level_metres[first]))
    alone = np.diff(walks.row) == 0
    constant += float(np.dot(walks.weight[alone], walks.far[alone]))
    # Rows of the levels: candidates, z of this level (unless served), minus the one before.
    at = np.arange(levels)
    index = [walks.column.astype(np.int64), sites + at[~served], sites + at[~first] - 1]
    row = [level, at[~served], at[~first]]
    value = [np.ones(len(owner)), np.ones(int((~served).sum())), -np.ones(int((~first).sum()))]
    low = first.astype(np.float64)
    high = np.full(levels, np.inf)
    extra: list[tuple[Longs, Floats, float, float]] = []
    if most < sites:
        extra.append((np.arange(sites, dtype=np.int64), np.ones(sites), -np.inf, float(most)))
    if sides is not None:
        if np.isfinite(sides.budget):
            extra.append((np.arange(sites, dtype=np.int64), sides.cost, -np.inf, sides.budget))
        of = np.repeat(np.arange(sites, dtype=np.int64), np.diff(sides.start))
        for number, limit in enumerate(sides.limit):
            mine = sides.row == number
            extra.append((of[mine], sides.coefficient[mine], -np.inf, float(limit)))
    for number, (who, how, _, _) in enumerate(extra):
        index.append(who)
        value.append(how)
        row.append(np.full(len(who), levels + number))
    rows = np.concatenate(row)
    order = np.argsort(rows, kind="stable")
    begin = np.zeros(levels + len(extra) + 1, np.int64)
    np.cumsum(np.bincount(rows, minlength=levels + len(extra)), out=begin[1:])
    opened = None
    if start is not None:
        opened = np.zeros(sites)
        opened[start] = 1.0
    return {
        "cost": np.concatenate((np.zeros(sites), np.where(served, 0.0, cost))),
        "sites": sites,
        "columns": sites + levels,
        "low": np.concatenate((low, np.array([one[2] for one in extra]))),
        "high": np.concatenate((high, np.array([one[3] for one in extra]))),
        "begin": begin,
        "index": np.concatenate(index)[order],
        "value": np.concatenate(value)[order],
        "start": opened,
        "unit": walks.unit,
    }, constant
