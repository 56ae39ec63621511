"""What :mod:`geo.siting.capacity.solve` is asked, as arrays, and a plan with who is served by
whom."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from geo.siting.capacity.flows import Net, Served, put, take_in
from geo.siting.model.merge import Merged, merge
from geo.siting.model.moves import Flags
from geo.siting.model.sides import Sides, sides_of
from geo.siting.problem import (
    EXISTING,
    FORBIDDEN,
    FORCED,
    FREE,
    Covering,
    Demand,
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
    sizes = np.zeros(len(fixed), np.int64)
    sizes[free] = np.diff(sides.start)
    side_start = np.zeros(len(fixed) + 1, np.int64)
    np.cumsum(sizes, out=side_start[1:])
    # The stable order of the pairs by site is theirs by group.
    at = np.argsort(merged.column, kind="stable").astype(np.int64)
    if sites.capacity is None:  # refused before; for the type checker
        raise AssertionError
    capacity = sites.capacity[merged.candidates].astype(np.float64)
    cost = np.where(free, merged.cost, 0.0)
    net = Net(
        merged.start,
        merged.group,
        at,
        merged.row,
        merged.column,
        merged.first,
        capacity,
        cost,
        side_start,
        sides.row,
        sides.coefficient,
        sides.limit,
    )
    whole_numbers = bool(np.all(capacity % 1 == 0)) and merged.unit == 1.0
    standing = np.flatnonzero((fixed == FORCED) | (fixed == EXISTING)).astype(np.int64)
    return Asked(merged, sides, net, free.astype(np.uint8), standing, 1.0 if whole_numbers else 0.0)


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
