"""Sharper rows for the floors of districts: what part of a site would do, a whole one must.

The linear relaxation meets a floor to the last worker with part of a site. For any set C of sites,
of which those of a district cover cover(C) less than its floor, every plan S that meets the floor
has

    sum_{j not in C} min(m_j(C), R) x_j >= R,        R = floor - cover(C),

where m_j(C) is what j covers beside C: coverage is submodular, so cover(S) <= cover(S + C) <=
cover(C) + sum of m_j(C) over S (Wolsey, Operations Research 30, 1982, for submodular covers; Carr,
Fleischer, Leung and Phillips, SODA 2000, for knapsacks). Rounded to multiples of delta (Nemhauser
and Wolsey, Math. Programming 46, 1990) it says, with a = min(m_j(C), R) / delta,

    sum_j (floor(a_j) + min(1, frac(a_j) / frac(R / delta))) x_j >= ceil(R / delta).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from geo.siting.model.merge import Merged
from geo.siting.model.sides import Sides
from geo.siting.problem import Floats, Longs

SEEN: Final = 1e-3
"""Parts of a site smaller than this are taken for none."""
LEAST: Final = 0.02
"""Rows that the relaxation breaks by less than this, in parts of a site, are not worth it."""
EACH: Final = 2
"""Rows a district each time."""
MOST_SITES: Final = 24
PARTS: Final = (1.0, 2.0, 3.0, 4.0)
SLACK: Final = 1e-7


@dataclass(frozen=True, eq=False)
class Share:
    """A row and what it follows from: the district, C (positions among the candidates), delta (0:
    not rounded), its coefficients (k,) and what they must come to."""

    district: int
    beside: Longs
    delta: float
    coefficient: Floats
    least: float


def broken(merged: Merged, sides: Sides, opened: Floats) -> list[Share]:
    """Rows that a solution of the relaxation breaks, the worst of each district.

    Args:
        opened: (k,) how much of each candidate it opens, 0 … 1.
    """
    found: list[Share] = []
    owner = np.repeat(np.arange(len(merged.candidates)), np.diff(merged.start))
    for district in np.flatnonzero(sides.floor > 0):
        inside = merged.district[merged.group] == district
        mine = np.where(inside, merged.counted[merged.group], 0.0)
        aid = np.bincount(owner, mine, minlength=len(opened))
        order = np.argsort(-np.where(aid > 0, opened, 0.0), kind="stable")[:MOST_SITES]
        order = order[(opened[order] > SEEN) & (aid[order] > 0)].astype(np.int64)
        rows = [
            row
            for beside in _sets(order)
            for row in _rows(merged, float(sides.floor[district]), int(district), beside, opened)
        ]
        rows.sort(key=lambda row: row[0], reverse=True)
        found += [row[1] for row in rows[:EACH]]
    return found


def share_of(
    merged: Merged, floor: float, district: int, beside: Longs, delta: float
) -> Share | None:
    """The row of a set and a rounding; None where the set meets the floor by itself."""
    margin, left = _margins(merged, floor, district, beside)
    if left <= SLACK * floor:
        return None
    return _rounded(margin, left, district, beside, delta)


def sharpened(sides: Sides, shares: list[Share]) -> Sides:
    """The conditions with these rows behind them."""
    rows = len(sides.limit)
    owner = [np.repeat(np.arange(len(sides.cost)), np.diff(sides.start))]
    number, value = [sides.row.astype(np.int64)], [sides.coefficient]
    for at, share in enumerate(shares):
        who = np.flatnonzero(share.coefficient > 0)
        owner.append(who)
        number.append(np.full(len(who), rows + at))
        value.append(-share.coefficient[who])
    column = np.concatenate(owner)
    order = np.argsort(column, kind="stable")
    start = np.zeros(len(sides.start), np.int64)
    np.cumsum(np.bincount(column, minlength=len(sides.cost)), out=start[1:])
    return replace(
        sides,
        start=start,
        row=np.concatenate(number)[order].astype(np.int32),
        coefficient=np.concatenate(value)[order],
        limit=np.concatenate((sides.limit, [-share.least for share in shares])),
        derived=sides.derived + len(shares),
    )


def _sets(order: Longs) -> list[Longs]:
    """The first few, and these without one of them."""
    found = []
    for count in range(len(order) + 1):
        some = order[:count]
        found.append(some)
        found += [np.delete(some, out) for out in range(count - 1)]
    return found


def _margins(merged: Merged, floor: float, district: int, beside: Longs) -> tuple[Floats, float]:
    """(k,) what each candidate covers of a district beside some, and what these leave to do."""
    hit = np.zeros(len(merged), np.bool_)
    for j in beside:
        hit[merged.group[merged.start[j] : merged.start[j + 1]]] = True
    here = merged.district == district
    open_still = np.where(here & ~hit, merged.counted, 0.0)
    sums = np.concatenate((np.zeros(1), np.cumsum(open_still[merged.group])))
    margin: Floats = sums[merged.start[1:]] - sums[merged.start[:-1]]
    margin[beside] = 0.0
    return margin, floor - float(merged.counted[here & hit].sum())


def _rows(
    merged: Merged, floor: float, district: int, beside: Longs, opened: Floats
) -> list[tuple[float, Share]]:
    margin, left = _margins(merged, floor, district, beside)
    if left <= SLACK * floor:
        return []
    seen = (margin > 0) & (opened > SEEN)
    sizes = np.minimum(margin[seen], left)
    found = []
    for delta in (0.0, *(left / part * 1.0001 for part in PARTS), *np.unique(sizes)):
        row = _rounded(margin, left, district, beside, float(delta))
        if row is None:
            continue
        norm = float(np.sqrt((row.coefficient[seen] ** 2).sum()))
        lack = row.least - float(row.coefficient @ opened)
        if lack > LEAST * max(norm, 1e-9):
            found.append((lack / max(norm, 1e-9), row))
    return found


def _rounded(
    margin: Floats, left: float, district: int, beside: Longs, delta: float
) -> Share | None:
    a = np.minimum(margin, left)
    if delta <= 0.0:
        return Share(district, beside, 0.0, a / left, 1.0 - SLACK)
    part = left / delta - np.floor(left / delta)
    if part < 0.01:
        return None
    whole = np.floor(a / delta)
    value = whole + np.minimum(1.0, (a / delta - whole) / part)
    least = float(np.ceil(left / delta))
    return Share(district, beside, delta, value / least, 1.0 - SLACK)
