"""What an answer leaves behind for the next question, so that an edit is answered in a fraction.

Merged demand without regard to what is forced or forbidden, the prices, and the plan: an edit then
merges thousands of groups instead of millions of points, and begins from prices that are all but
right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.siting.merge import Merged, merge, reduced
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


@dataclass(frozen=True, eq=False)
class Warmth:
    """Of one demand, reach and way of counting; sites may change their state and the rules theirs.

    Attributes:
        neutral: with existing sites folded in, all others free.
        key: what has to be the same for `neutral` to hold.
        level: (G,) prices of its groups, see :mod:`geo.siting.proof`.
        plan: the best one, among all sites.
        held: what the key names by identity, so that nothing else takes that identity.
    """

    neutral: Merged
    key: tuple[object, ...]
    level: npt.NDArray[np.float64]
    plan: Longs
    held: tuple[object, ...]


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
    """With forced sites folded in and forbidden ones left out; `of` from the rows of `neutral`."""
    role = sites.fixed[neutral.candidates]
    return reduced(neutral, role == FREE, role == FORCED)


def composed(outer: Merged, inner: Merged) -> npt.NDArray[np.int32]:
    """(layers, n) groups of `inner`, made from `outer`, of the rows that `outer` was made from."""
    into = inner.of[0]
    if not len(into):
        return outer.of
    found = np.where(outer.of >= 0, into[np.maximum(outer.of, 0)], outer.of)
    return found.astype(np.int32)


def level_for(warmth_level: Floats, into: npt.NDArray[np.int32], groups: int) -> Floats:
    """Prices of the neutral groups for those that they became."""
    found = np.full(groups, 1.5)
    met = into >= 0
    found[into[met]] = warmth_level[met]
    return found


def level_back(
    level: Floats, into: npt.NDArray[np.int32], before: npt.NDArray[np.float64] | None
) -> Floats:
    """Prices of groups for the neutral groups they were made from."""
    found = np.full(len(into), 1.5) if before is None else before.copy()
    met = into >= 0
    found[met] = level[into[met]]
    return found
