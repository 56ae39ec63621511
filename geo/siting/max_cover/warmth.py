"""What an answer leaves behind for the next question, so that an edit is answered in a fraction.

Merged demand without regard to what is forced or forbidden, the prices, and the plan: an edit then
merges thousands of groups instead of millions of points, and begins from prices that are all but
right.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from geo.siting.max_cover.climbing import Climb
from geo.siting.max_cover.proof import Vector
from geo.siting.max_cover.trunk import Trunk, averaged
from geo.siting.model.merge import Merged, merge, reduced, thinned
from geo.siting.model.shares import Share, share_of, sharpened
from geo.siting.model.sides import Near, Sides, names_of
from geo.siting.problem import (
    EXISTING,
    FORCED,
    FREE,
    Covering,
    Demand,
    Floats,
    Longs,
    Rules,
    Sites,
)

FEW_GONE: Final = 0.05
"""Where no larger share of the candidates goes, hardly any groups become alike."""


@dataclass(frozen=True, eq=False)
class Warmth:
    """Of one demand, reach and way of counting; sites may change their state and the rules theirs.

    Attributes:
        neutral: with existing sites folded in, all others free.
        key: what has to be the same for `neutral` to hold.
        prices: of its groups, rows and floors, see :mod:`geo.siting.max_cover.proof`.
        plan: the best one, among all sites.
        shares: rows that follow from the floors; the last of the prices of rows are theirs.
        trunk: the splits that the proof needed, on its groups.
        names: of the rows, see :func:`geo.siting.model.sides.names_of`; not of those of `shares`.
        held: what the key names by identity, so that nothing else takes that identity.
        taken: how much of each site the linear relaxation opened, 0 … 1.
        near: the pairs of sites too near to each other, where that is forbidden.
    """

    neutral: Merged
    key: tuple[object, ...]
    prices: Vector
    plan: Longs
    names: npt.NDArray[np.uint64]
    held: tuple[object, ...]
    trunk: Trunk | None = None
    shares: tuple[Share, ...] = ()
    taken: Floats | None = None
    near: Near | None = None


def key_of(demand: Demand, sites: Sites, reach: Covering, rules: Rules) -> tuple[object, ...]:
    """Same key, same merged demand. Objects are told apart as such: nobody changes their arrays."""
    return (
        id(demand.weight),
        id(demand.district),
        id(reach),
        len(sites),
        (sites.fixed == EXISTING).tobytes(),
        rules.steps,
        rules.backup,
        bool(rules.district_least_share),
        max(rules.district_least_share, default=-1),
        bool(rules.open_24h_least or rules.district_least_sites),
    )


def neutral_of(demand: Demand, sites: Sites, reach: Covering, rules: Rules) -> Merged:
    """Merged with existing sites folded in and all others free."""
    fixed = np.where(sites.fixed == EXISTING, EXISTING, FREE).astype(np.int8)
    free = Sites(
        sites.cost,
        sites.capacity,
        fixed,
        sites.district,
        sites.chain,
        sites.open_24h,
        sites.x,
        sites.y,
        sites.degrees,
    )
    return merge(demand, free, reach, rules)


def settled_sites(neutral: Merged, sites: Sites) -> Merged:
    """With forced sites folded in and forbidden ones left out; `of` from the rows of `neutral`.

    What sites cost is what `sites` says: `neutral` may be of a question before.
    """
    role = sites.fixed[neutral.candidates]
    priced = replace(neutral, cost=sites.cost[neutral.candidates])
    free = role == FREE
    gone = len(free) - int(free.sum())
    if not gone:
        return replace(priced, of=np.arange(len(neutral), dtype=np.int32)[None, :])
    fewer = thinned if gone <= FEW_GONE * len(free) else reduced
    return fewer(priced, free, role == FORCED)


def composed(outer: Merged, inner: Merged) -> npt.NDArray[np.int32]:
    """(layers, n) groups of `inner`, made from `outer`, of the rows that `outer` was made from."""
    into = inner.of[0]
    if not len(into):
        return outer.of
    found = np.where(outer.of >= 0, into[np.maximum(outer.of, 0)], outer.of)
    return found.astype(np.int32)


def begin_of(known: Warmth, into: Longs, groups: int) -> Vector:
    """Prices of the neutral groups for those that they became."""
    level = averaged(known.prices.level.astype(np.float64), into, known.neutral.first, groups)
    return Vector(level, known.prices.row, known.prices.floor)


def sharpened_again(
    known: Warmth, merged: Merged, sides: Sides, begin: Vector
) -> tuple[Sides, Vector, list[Share]]:
    """The conditions with the rows that followed from the floors, for what is free now, and the
    prices with those of these rows."""
    place = np.full(int(merged.candidates.max(initial=-1)) + 1, -1, np.int64)
    place[merged.candidates] = np.arange(len(merged.candidates))
    count = len(known.names)
    price = _row_prices(known, names_of(merged, sides))
    rows, shares, dear = [], [], []
    for number, share in enumerate(known.shares):
        if share.district >= len(sides.floor) or sides.floor[share.district] <= 0:
            continue
        beside = place[share.beside[share.beside < len(place)]]
        floor = float(sides.floor[share.district])
        row = share_of(merged, floor, share.district, beside[beside >= 0], share.delta)
        if row is not None:
            rows.append(row)
            used = merged.candidates[beside[beside >= 0]].astype(np.int64)
            shares.append(replace(share, beside=used))
            dear.append(begin.row[count + number])
    row_prices = np.concatenate((price, dear))
    return sharpened(sides, rows), Vector(begin.level, row_prices, begin.floor), shares


def _row_prices(known: Warmth, names: npt.NDArray[np.uint64]) -> Floats:
    """Prices of the rows that are here, from those that were: each its own; where as many are here
    as were they are the same, if with other candidates."""
    price = known.prices.row[: len(known.names)]
    if len(names) == len(known.names):
        return price
    order = np.argsort(known.names)
    at = np.searchsorted(known.names, names, sorter=order)
    met = at < len(order)
    which = order[at[met]]
    met[met] = known.names[which] == names[met]
    found = np.zeros(len(names))
    found[met] = price[order[at[met]]]
    return found


def trunk_of(known: Warmth, into: Longs, groups: int) -> Trunk | None:
    """Its splits, for the groups that the neutral ones became."""
    return None if known.trunk is None else known.trunk.through(into, groups)


def warmth_of(
    found: Climb,
    neutral: Merged,
    into: Longs,
    key: tuple[object, ...],
    plan: Longs,
    names: npt.NDArray[np.uint64],
    held: tuple[object, ...],
    known: Warmth | None,
    near: Near | None,
) -> Warmth | None:
    """What to leave behind; `into` says what the neutral groups became, `known` what there was."""
    if found.prices is None:
        return None
    before = None if known is None else known.prices.level
    level = level_back(np.asarray(found.prices.level, np.float64), into, before)
    trunk = None if found.trunk is None else found.trunk.back(into, neutral.first)
    later = len(found.rows) - len(found.prices.row)
    row = found.rows if later else found.prices.row
    prices = Vector(level, row, found.prices.floor)
    shares = tuple(found.shares)
    return Warmth(neutral, key, prices, plan, names, held, trunk, shares, found.taken, near)


def level_back(level: Floats, into: Longs, before: npt.NDArray[np.floating[Any]] | None) -> Floats:
    """Prices of groups for the neutral groups they were made from."""
    found = np.full(len(into), 1.5) if before is None else before.astype(np.float64)
    met = into >= 0
    found[met] = level[into[met]]
    return found
