"""Who could take the place of one site of a plan while the others stay and all conditions hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.spatial import cKDTree

from geo.siting.conditions import broken_conditions
from geo.siting.ground.everybody import Everybody
from geo.siting.ground.ground import Ground
from geo.siting.ground.posing import (
    AGREED,
    REFUSED,
    of_what_is_here,
    positions_of,
    rules_of,
    sites_of,
)
from geo.siting.ground.room import serve
from geo.siting.ground.rooms import regards_room, rooms_of
from geo.siting.ground.weighing import share_at, stand_ins, weigh
from geo.siting.problem import (
    EXISTING,
    Bools,
    Demand,
    Floats,
    Longs,
    Reach,
    Rules,
    Sites,
)
from geo.siting.question import Question, Ref
from geo.siting.stated import placed, standing_with

REPLACEMENTS: Final = 3
MOST_TRIED: Final = 20
"""So many candidates are looked at one by one for a site, where that has to be."""


@dataclass(frozen=True, eq=False)
class _Plan:
    """A plan: its sites as positions among all, whom each reaches, and what is asked of it."""

    ground: Ground
    asked: Question
    sites: Sites
    rules: Rules
    places: Longs
    reaches: Sequence[Reach]
    everybody: Everybody | None


def replacements_of(
    ground: Ground, asked: Question, chosen: Sequence[Ref], reaches: Sequence[Reach]
) -> list[list[tuple[int, float]]]:
    """For each site of a plan the best candidates instead of it: (position, people lost).

    Each keeps to spacing, budget, chains, floors, agreement and to what is forbidden; that a site
    was locked does not keep another from standing in when its host says no.

    Args:
        ground, asked: the question on its ground.
        chosen: the plan's candidates, and behind them its places put on the map. reaches: whom each
            reaches.

    Cost: the candidates around each site; with floors of people, a share to reach or capacities
    some tries of some ms each besides.
    """
    plain, _ = of_what_is_here(ground, asked)
    _, sites = sites_of(ground, plain, ground.station)
    rules = rules_of(ground, plain)
    places = positions_of(ground, plain, chosen)
    everybody = Everybody.of(ground, plain, sites, rules, places)
    plan = _Plan(ground, asked, sites, rules, places, reaches, everybody)
    today = ground.today(asked.rings, counted=asked.keep_existing)
    rings, backup = asked.rings, asked.backup
    some = places[places < len(ground.host)]
    own = list(reaches[len(some) :])
    found = weigh(ground.weight, today, ground.reach, some, own, rings, backup)
    fits = _fitting(plan)
    roomy = _Roomy.of(plan) if regards_room(ground, asked) else None
    told = []
    for number, reach in enumerate(reaches):
        gain = stand_ins(ground.weight, found, reach, ground.hosts_of, rings, backup)
        gain = np.where(fits[number], gain, -1.0)
        loss = float(found.loss[number])
        if roomy is not None:
            told.append(roomy.instead(number, gain))
            continue
        ready: list[tuple[int, float]] = []
        for at in np.argsort(-gain, kind="stable")[:MOST_TRIED].tolist():
            if gain[at] <= 1e-9 or len(ready) == REPLACEMENTS:
                break
            if _covers_enough(plan, number, at):
                ready.append((at, max(loss - float(gain[at]), 0.0)))
        told.append(ready)
    return told


def _fitting(plan: _Plan) -> list[Bools]:
    """For each site (m,) which candidates may be there instead of it, as far as that can be told
    without looking at who is covered."""
    sites, rules, places = plan.sites, plan.rules, plan.places
    m = len(plan.ground.host)
    free = _may_be_chosen(plan.ground, plan.asked)
    free[places[places < m]] = False
    near, apart = _near(plan)
    free &= ~apart
    both = standing_with(sites, places)
    chain, district = sites.chain[:m], sites.district[:m]
    chosen = sites.chain[places]
    of_chain = np.bincount(chosen[chosen >= 0], minlength=int(sites.chain.max(initial=0)) + 1)
    there = {at: int((sites.district[both] == at).sum()) for at in rules.district_least_sites}
    crowd = near.sum(axis=0)
    told = []
    for number, place in enumerate(places.tolist()):
        fits = free & (crowd - near[number] == 0)
        if rules.budget is not None:
            spent = float(sites.cost[places].sum() - sites.cost[place])
            fits &= sites.cost[:m] + spent <= rules.budget * (1 + 1e-9)
        if rules.per_chain_most is not None:
            others = of_chain[np.maximum(chain, 0)] - (chain == sites.chain[place])
            fits &= (chain < 0) | (others < rules.per_chain_most)
        open_then = int(sites.open_24h[both].sum()) - bool(sites.open_24h[place])
        if open_then < rules.open_24h_least:
            fits &= sites.open_24h[:m]
        home = int(sites.district[place])
        if home in there and there[home] - 1 < rules.district_least_sites[home]:
            fits &= district == home
        told.append(fits)
    return told


def _near(plan: _Plan) -> tuple[Bools, Bools]:
    """(k, m) which candidates are too near to each site of the plan; (m,) to a station of today."""
    sites, rules, m = plan.sites, plan.rules, len(plan.ground.host)
    near = np.zeros((len(plan.places), m), np.bool_)
    apart = np.zeros(m, np.bool_)
    if not rules.keep_apart or not m:
        return near, apart
    spot, metres = placed(sites), rules.spacing_metres * (1 - 1e-9)
    tree = cKDTree(spot[:m])
    for number, mine in enumerate(tree.query_ball_point(spot[plan.places], metres)):
        near[number, mine] = True
    standing = np.flatnonzero(sites.fixed == EXISTING)
    for mine in tree.query_ball_point(spot[standing], metres):
        apart[mine] = True
    return near, apart


def _may_be_chosen(ground: Ground, asked: Question) -> Bools:
    agreed = ground.city.hosts.agreed[ground.host]
    free: Bools = np.array(agreed == AGREED if asked.agreed_only else agreed != REFUSED)
    free[[ground.host_at[one] for one in asked.forbid if one in ground.host_at]] = False
    free &= ~ground.city.opened[ground.host]
    return free


def _covers_enough(plan: _Plan, number: int, host: int) -> bool:
    """Whether everybody who has to be is served, and shares that are asked for hold, with a
    candidate instead of a site."""
    rules, ground = plan.rules, plan.ground
    if plan.everybody is not None:
        return plan.everybody.served_instead(int(plan.places[number]), host)
    if not rules.district_least_share and rules.share is None:
        return True
    share = ground.today(plan.asked.rings, counted=plan.asked.keep_existing)[0].copy()
    rest = [one for at, one in enumerate(plan.reaches) if at != number]
    for one in [*rest, ground.reach.alone(host).within(plan.asked.rings[-1][0])]:
        assert one.metres is not None
        part = share_at(one.metres, plan.asked.rings)
        share[one.demand] = np.maximum(share[one.demand], part)
    only = Rules(district_least_share=rules.district_least_share, share=rules.share)
    demand = Demand.of(ground.weight, district=ground.district)
    nobody = np.empty(0, np.int64)
    free = Sites.of(1)
    return not broken_conditions(free, only, nobody, demand, share)


@dataclass(frozen=True, eq=False)
class _Roomy:
    """The same where sites have room for so many: each try is a flow of its own."""

    plan: _Plan
    capacity: Floats
    free: Floats
    served: float

    @classmethod
    def of(cls, plan: _Plan) -> _Roomy:
        free, own = rooms_of(plan.ground, plan.asked)
        m = len(free)
        capacity = np.array([free[at] if at < m else own for at in plan.places.tolist()])
        return cls(plan, capacity, free, cls._covered(plan, plan.reaches, capacity))

    @staticmethod
    def _covered(plan: _Plan, reaches: Sequence[Reach], capacity: Floats) -> float:
        ground, asked = plan.ground, plan.asked
        today = ground.today(asked.rings, counted=asked.keep_existing)[0]
        found = serve(ground.weight, today, reaches, capacity, losses=False)
        return float((ground.weight * found.share).sum())

    def instead(self, number: int, gain: Floats) -> list[tuple[int, float]]:
        """The best candidates for the place of a site, of those that would be without limits."""
        worth = np.minimum(gain, self.free)
        ready = []
        for at in np.argsort(-worth, kind="stable")[: 2 * REPLACEMENTS].tolist():
            if worth[at] <= 1e-9:
                break
            reaches, capacity = list(self.plan.reaches), self.capacity.copy()
            farthest = self.plan.asked.rings[-1][0]
            reaches[number] = self.plan.ground.reach.alone(at).within(farthest)
            capacity[number] = self.free[at]
            ready.append((at, max(self.served - self._covered(self.plan, reaches, capacity), 0.0)))
        return sorted(ready, key=lambda one: one[1])[:REPLACEMENTS]
