"""Coverage first, then the walk: of all plans that cover most, the one whose covered people walk
least.

With mu metres for whoever is not covered, a plan's walk is  walk(x) + mu uncovered(x): a p-median.
Its least value L bounds the walk of every plan that covers at least V of W, by L - mu (W - V); and
where mu is large enough for its plan to cover V, that plan is the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from geo.compiled import by_key
from geo.errors import Invalid
from geo.siting.control import Control
from geo.siting.max_cover.solve import max_cover
from geo.siting.median.certificate import check_walk
from geo.siting.median.conditions import check_reach
from geo.siting.median.solve import p_median
from geo.siting.model.sides import slack
from geo.siting.problem import (
    EXISTING,
    FORBIDDEN,
    ROUNDING,
    Answer,
    Covering,
    Demand,
    Floats,
    Longs,
    Reach,
    Rules,
    Sites,
    Status,
    gap_of,
)

TRIES: Final = 7
GREATER: Final = 8.0
ROUGH_GAP, ROUGH_TIME = 0.01, 0.2
"""Which mu is large enough is asked so roughly, in so much of the time that is left."""


@dataclass(frozen=True, eq=False)
class Lexicographic:
    """Two answers of one plan, the second one's sites.

    Attributes:
        cover: of maximum coverage; `objective` what the plan covers, `bound` what none exceeds.
        walk: `objective` the walk of the covered, people times metres; `bound` what no plan that
            covers as much is below; `certificate` of the p-median that proves it, see
            :func:`geo.siting.proofs.bounds.proved_walk`.
    """

    cover: Answer
    walk: Answer


def cover_then_walk(
    demand: Demand,
    sites: Sites,
    reach: Covering,
    rules: Rules,
    control: Control | None = None,
    seed: int = 0,
    *,
    with_certificate: bool = True,
) -> Lexicographic:
    """Cover most; among the plans that do, walk least.

    Args:
        demand, sites, reach: as for :func:`geo.siting.max_cover.solve.max_cover`, with distances.
        rules: `p` or `budget` and conditions on the sites; `steps`.
        control: time limit of both together, half of it for the coverage; gap of each.
        with_certificate: whether the answers shall carry what proves their bounds.

    Raises:
        Invalid: pairs without distances; backup, capacities, or least shares of districts.
    """
    control = control or Control()
    control.begin()
    for name, given in (
        ("backup", rules.backup > 0),
        ("capacities", rules.capacities),
        ("district_least_share", bool(rules.district_least_share)),
    ):
        if given:
            raise Invalid(
                f"先覆盖后步行时不支持 {name}。 Coverage and then the walk does not take {name}.",
                remedy="去掉该条件。 Leave it out.",
                field=name,
            )
    check_reach(demand, sites, reach)
    pairs = _gathered(demand, sites, reach)
    half = None if control.time_limit is None else 0.5 * control.time_limit
    first = control.part(half)
    cover = max_cover(demand, sites, pairs, rules, first, seed, with_certificate=with_certificate)
    if not cover.found:
        return Lexicographic(cover, replace(cover, history=[], certificate=None))
    search = _Search(_Tie(demand, sites, pairs, rules), control, seed, rules, cover.sites)
    # From what a covered person walks at the farthest, up: first in the rough.
    mu = float(np.ceil(2.0 * float(search.tie.metres.max(initial=0.0)) + 1.0))
    rough = max(ROUGH_GAP, control.gap)
    for _ in range(TRIES):
        if search.covers_most(mu, rough, with_certificate) or control.stopped():
            break
        mu *= GREATER
    if rough > control.gap:
        for _ in range(TRIES):
            if control.stopped() or search.covers_most(mu, control.gap, with_certificate):
                break
            mu *= GREATER
    walk, bound, most = search.walk, search.bound, search.most
    # The bound stays as low as sums were moved; what they cannot tell apart is no gap.
    same = walk - bound <= max(search.rounding, 1e-8 * max(1.0, walk))
    gap = gap_of(walk, bound)
    last: Status = "time limit" if control.time_limit is not None else "stopped"
    status: Status = "optimal" if same else "gap reached" if gap <= control.gap else last
    second = Answer(
        status, walk, bound, gap, search.best, control.seconds, seed, search.relaxed,
        certificate=search.proof,
    )  # fmt: skip
    top = max(cover.bound, most)
    covers = replace(
        cover,
        objective=most,
        bound=top,
        gap=gap_of(most, top),
        sites=search.best,
        seconds=second.seconds,
    )
    return Lexicographic(covers, second)


class _Search:
    """The best plan so far, and what is proved of it."""

    def __init__(self, tie: _Tie, control: Control, seed: int, rules: Rules, first: Longs) -> None:
        self.tie, self.control, self.seed = tie, control, seed
        self.rules = replace(rules, steps=())
        self.stepped = bool(rules.steps)
        self.best, self.most, self.walk = first, tie.covered(first), tie.walk(first)
        self.bound = 0.0
        self.rounding = 0.0
        self.proof: dict[str, Any] | None = None
        self.proved = -np.inf
        self.relaxed: list[str] = []

    def covers_most(self, mu: float, gap: float, with_certificate: bool) -> bool:
        """One p-median; whether a greater `mu` brings nothing more."""
        tie, control, pairs = self.tie, self.control, self.tie.priced(mu)
        rules = replace(self.rules, unserved_metres=mu)
        left = None if control.time_limit is None else control.left
        if left is not None and gap > control.gap:
            left *= ROUGH_TIME
        told = p_median(
            tie.demand, tie.sites, pairs, rules, control.part(left, gap), self.seed,
            warm=self.best, with_certificate=with_certificate,
        )  # fmt: skip
        self.relaxed = list(told.relaxed)
        if not told.found:
            return True
        covered, walked = tie.covered(told.sites), tie.walk(told.sites)
        enough = slack(self.most)
        if covered > self.most + enough:
            self.bound, self.proved = 0.0, -np.inf
        if covered > self.most + enough or (covered >= self.most - enough and walked < self.walk):
            self.best, self.most, self.walk = told.sites, max(covered, self.most), walked
        beyond = mu * (tie.weight - self.most)
        rounding = 2.0**-23 * tie.weight * mu if self.stepped else 0.0
        if told.bound - beyond - rounding > self.bound:
            self.bound = told.bound - beyond - rounding
            # By so much sums are moved outward, of which a small difference is left; costs in
            # floats of seven digits may be off by as much again.
            self.rounding = 2.0 * rounding + 2.0 * ROUNDING * told.objective
        if told.certificate is not None:
            # Prices of a smaller mu may prove more: it multiplies what their bound leaves open.
            proved = self._multiplied_out(pairs, told.certificate) - beyond
            if proved > self.proved:
                self.proof, self.proved = told.certificate, proved
        return covered >= self.most - enough

    def _multiplied_out(self, pairs: Reach, proof: dict[str, Any]) -> float:
        site = np.repeat(np.arange(len(pairs)), np.diff(pairs.start))
        weight, cost = self.tie.weights, self.tie.sites.cost
        return check_walk(weight, pairs.demand, site, pairs.metres, cost, proof)[1]


def _gathered(demand: Demand, sites: Sites, reach: Covering) -> Reach:
    if isinstance(reach, Reach):
        pairs = reach
    else:
        runs = list(reach.rows(len(demand)))
        point = np.concatenate(
            [np.repeat(np.arange(len(r.start) - 1), np.diff(r.start)) + r.first for r in runs]
        )
        site = np.concatenate([r.site for r in runs])
        start, order = by_key(site, len(sites))
        some = [r.metres for r in runs if r.metres is not None]
        metres = np.concatenate(some)[order] if len(some) == len(runs) and some else None
        pairs = Reach(start, point[order].astype(np.int32), metres)
    if pairs.metres is None:
        raise Invalid(
            "步行模型需要距离。 Models of walking need distances.",
            remedy="提供带距离的可达关系。 Give the distance of each pair.",
            field="distances",
        )
    return pairs


class _Tie:
    """What a plan covers, and what its covered people walk."""

    def __init__(self, demand: Demand, sites: Sites, reach: Reach, rules: Rules) -> None:
        metres = np.zeros(0, np.float32) if reach.metres is None else reach.metres
        self.demand = demand
        self.weights = demand.weight
        self.weight = float(demand.weight.sum())
        self.sites = sites
        self.reach = reach
        self.site = np.repeat(np.arange(len(sites)), np.diff(reach.start))
        self.share = np.ones(len(metres))
        if rules.steps:
            self.share = np.zeros(len(metres))
            for far, part in reversed(rules.steps):
                self.share[metres <= np.float32(far)] = part
        self.metres = np.where(self.share > 0, metres.astype(np.float64), 0.0)
        self.usable = (self.share > 0) & (sites.fixed[self.site] != FORBIDDEN)

    def priced(self, mu: float) -> Reach:
        """Metres, and mu for the part that a distance does not cover."""
        cost = (self.metres + mu * (1.0 - self.share)).astype(np.float32)
        keep = self.usable
        start = np.concatenate((np.zeros(1, np.int64), np.cumsum(keep)))[self.reach.start]
        return Reach(start.astype(np.int64), self.reach.demand[keep], cost[keep])

    def covered(self, plan: Longs) -> float:
        """Of a plan and the existing sites, by the best step of each point."""
        return float(np.dot(self._nearest(plan)[1], self.weights))

    def walk(self, plan: Longs) -> float:
        """Of the covered, to their nearest site within reach."""
        return float(np.dot(self._nearest(plan)[0], self.weights))

    def _nearest(self, plan: Longs) -> tuple[Floats, Floats]:
        stands = self.sites.fixed == EXISTING
        stands[plan] = True
        use = np.flatnonzero(stands[self.site] & self.usable)
        near = np.full(len(self.weights), np.inf)
        np.minimum.at(near, self.reach.demand[use], self.metres[use])
        share = np.zeros(len(self.weights))
        np.maximum.at(share, self.reach.demand[use], self.share[use])
        return np.where(np.isfinite(near), near, 0.0), share
