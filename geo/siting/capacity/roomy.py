"""What :mod:`geo.siting.capacity.solve` is asked, as arrays, and a plan with who is served by
whom."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from geo.siting.capacity.flows import Net, Served, put, take_in
from geo.siting.model.merge import Merged, merge, reduced
from geo.siting.model.moves import Flags
from geo.siting.model.sides import Sides, sides_of
from geo.siting.problem import (
    EXISTING,
    FORBIDDEN,
    FORCED,
    FREE,
    Bools,
    Covering,
    Demand,
    Floats,
    Longs,
    Rules,
    Sites,
)


@dataclass(eq=False)
class Asked:
    """Groups, sites and conditions; `free` (k,) which of the sites may be chosen, `standing` those
    that are open anyway, `unit` of every plan's value (0: none)."""

    merged: Merged
    sides: Sides
    net: Net
    free: Flags
    standing: Longs
    unit: float


def asked_of(demand: Demand, sites: Sites, reach: Covering, rules: Rules) -> Asked:
    """Merged and laid out; the question was checked before."""
    state = np.where(sites.fixed == FORBIDDEN, FORBIDDEN, FREE).astype(np.int8)
    whole = bool(rules.open_24h_least or rules.district_least_sites)
    plain = Rules(open_24h_least=int(whole))
    merged = merge(demand, replace(sites, fixed=state), reach, plain)
    fixed = sites.fixed[merged.candidates]
    free = fixed == FREE
    forced = np.flatnonzero(sites.fixed == FORCED).astype(np.int64)
    view = replace(merged, candidates=merged.candidates[free])
    sides = sides_of(view, demand, sites, rules, forced)
    if sites.capacity is None:  # refused before; for the type checker
        raise AssertionError
    capacity = sites.capacity[merged.candidates].astype(np.float64)
    net = _net_of(merged, sides, capacity, free)
    whole_numbers = bool(np.all(capacity % 1 == 0)) and merged.unit == 1.0
    standing = np.flatnonzero((fixed == FORCED) | (fixed == EXISTING)).astype(np.int64)
    return Asked(merged, sides, net, free.astype(np.uint8), standing, 1.0 if whole_numbers else 0.0)


def _net_of(merged: Merged, sides: Sides, capacity: Floats, free: Bools) -> Net:
    sizes = np.zeros(len(free), np.int64)
    sizes[free] = np.diff(sides.start)
    side_start = np.zeros(len(free) + 1, np.int64)
    np.cumsum(sizes, out=side_start[1:])
    return Net(
        merged.start,
        merged.group,
        # The stable order of the pairs by site is theirs by group.
        np.argsort(merged.column, kind="stable").astype(np.int64),
        merged.row,
        merged.column,
        merged.first,
        capacity,
        np.where(free, merged.cost, 0.0),
        side_start,
        sides.row,
        sides.coefficient,
        sides.limit,
    )


def narrowed(asked: Asked, keep: Bools) -> tuple[Asked, Longs, Longs]:
    """The same with only some sites (k,), groups that became alike merged: (what is asked, which of
    the sites are left, the new group of each group, -1 where nobody reaches it any more)."""
    kept = keep.copy()
    kept[asked.standing] = True
    merged = reduced(asked.merged, kept, np.zeros_like(kept))
    which = np.searchsorted(asked.merged.candidates, merged.candidates).astype(np.int64)
    free = asked.free[which]
    old = np.flatnonzero(asked.free).astype(np.int64)
    some = np.searchsorted(old, which[free > 0]).astype(np.int64)
    start, into = asked.sides.entries(some)
    sides = replace(
        asked.sides,
        most=min(asked.sides.most, len(some)),
        cost=asked.sides.cost[some],
        start=start,
        row=asked.sides.row[into],
        coefficient=asked.sides.coefficient[into],
    )
    stands = np.isin(which, asked.standing)
    net = _net_of(merged, sides, asked.net.capacity[which], free.astype(bool))
    smaller = Asked(merged, sides, net, free, np.flatnonzero(stands).astype(np.int64), asked.unit)
    return smaller, which, merged.of[0].astype(np.int64)


def opened_with(asked: Asked, plan: Longs, seed: int) -> Served:
    """A plan, beside what is open anyway; it serves as many as it can."""
    net = asked.net
    now = Served(
        np.zeros(len(net.capacity), np.uint8),
        np.zeros(len(net.column)),
        np.zeros(len(net.people)),
        np.zeros(len(net.capacity)),
        np.zeros(len(net.limit)),
        np.zeros(3),
        np.array([(seed * 0x9E3779B97F4A7C15 + 1) % 2**64], np.uint64),
    )
    for j in asked.standing:
        now.opened[j] = 1
        take_in(net, now, int(j))
    for j in plan:
        put(net, now, int(j))
    return now
