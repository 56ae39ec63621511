"""The p-median with capacities: a site serves at most so many people, and people of one demand
point may go to different sites, so that a plan's walk is a transportation problem.

The bound relaxes that everybody be served, as without capacities; what is left to each site is a
continuous knapsack, filled by what a person saves, down to its capacity (Sridharan, EJOR 87, 1995;
Díaz and Fernández, EJOR 169, 2006). Plans come from the prices and swaps; then the strong model
x_ij <= y_j goes to HiGHS when it is small enough.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from geo.siting.amounts import amount
from geo.siting.control import Control
from geo.siting.median.certificate import certificate
from geo.siting.median.conditions import Conditions
from geo.siting.median.transport import Pairs, ascend_flows, pairs_of, transport
from geo.siting.model import exact
from geo.siting.model.sides import Sides, slack
from geo.siting.problem import (
    EXISTING,
    FORCED,
    FREE,
    Answer,
    Covering,
    Demand,
    Floats,
    Ints,
    Longs,
    Rules,
    Sites,
    Status,
    gap_of,
)

STEPS: Final = 400
MOST_MODEL: Final = 200_000
TRIES: Final = 30


def capacitated(
    demand: Demand,
    sites: Sites,
    reach: Covering,
    rules: Rules,
    control: Control,
    seed: int,
    *,
    warm: Longs | None = None,
    with_certificate: bool = True,
) -> Answer:
    """See :func:`geo.siting.median.p_median`; existing sites have capacities too. `assignment` is
    the site that serves most of each point."""
    pairs, kept, lost = pairs_of(demand, sites, reach, rules)
    conditions = Conditions(demand, sites, rules)
    forced = np.flatnonzero(sites.fixed == FORCED).astype(np.int64)
    sides = conditions.of_candidates(np.flatnonzero(sites.fixed == FREE), forced)
    relaxed = list(sides.impossible)
    if lost > 0:
        relaxed.append(
            f"{amount(lost)} 人没有任何候选点可达，未计入。 "
            f"{amount(lost)} people are within reach of no candidate and are left out."
        )
    nothing = np.empty(0, np.int64)
    if sides.impossible:
        return Answer(
            "infeasible", 0.0, 0.0, np.inf, nothing, control.seconds, seed, relaxed, found=False
        )
    run = _Run(pairs, sites, sides, forced, control)
    run.search(warm)
    if run.plan is None:
        status: Status = "infeasible" if run.infeasible else _unfinished(control)
        relaxed.append(
            "容量不足：没有方案能服务所有可达的人。 "
            "The capacities do not suffice: no plan serves everybody who can be reached."
            if run.infeasible
            else "没有在时限内找到方案。 No plan was found in time."
        )
        return Answer(
            status, 0.0, 0.0, np.inf, nothing, control.seconds, seed, relaxed, found=False
        )
    bound = min(run.bound, run.value)
    gap = gap_of(run.value, bound)
    exactly = run.value - bound <= 1e-7 * max(1.0, abs(run.value))
    status = "optimal" if exactly else "gap reached" if gap <= control.gap else _unfinished(control)
    assignment = np.full(len(demand), -1, np.int32)
    assignment[kept] = run.assignment()
    answer = Answer(
        status,
        run.value,
        bound,
        gap,
        np.sort(np.concatenate((forced, run.plan))),
        control.seconds,
        seed,
        relaxed,
        control.history,
        assignment,
    )
    if with_certificate:
        price = np.zeros(len(demand))
        price[kept] = run.price
        answer.certificate = certificate(price, answer, sites, rules)
    return answer


def _unfinished(control: Control) -> Status:
    return "stopped" if control.asked_to_stop or control.time_limit is None else "time limit"


class _Run:
    """One search: the prices' bound, plans on the way, then the model."""

    def __init__(
        self, pairs: Pairs, sites: Sites, sides: Sides, forced: Longs, control: Control
    ) -> None:
        self.pairs = pairs
        self.sites = sites
        self.sides = sides
        self.control = control
        self.free = np.flatnonzero(sites.fixed == FREE).astype(np.int64)
        self.stands = (sites.fixed == EXISTING) | (sites.fixed == FORCED)
        del forced
        self.plan: Longs | None = None
        self.value = np.inf
        self.bound = 0.0
        self.flow: Floats = np.zeros(0)
        self.price: Floats = np.zeros(len(pairs.weight))
        self.infeasible = False
        self.owner = np.repeat(np.arange(len(pairs.weight)), np.diff(pairs.row))

    def search(self, warm: Longs | None) -> None:
        """To a proof, or until it is time."""
        pairs = self.pairs
        if warm is not None:
            self.offer(np.intersect1d(warm, self.free))
        price = self.price
        some = np.diff(pairs.row) > 0
        price[some] = pairs.metres[pairs.row[:-1][some]] * 2.0 + 1.0
        if np.isfinite(pairs.beyond):
            np.minimum(price, pairs.beyond, out=price)
        record = np.array([-np.inf, 1.0])
        gain = np.zeros(len(self.sites))
        by_number = min(len(self.free), self.sides.most)
        for _ in range(TRIES):
            target = self.value if np.isfinite(self.value) else abs(record[0]) * 1.2 + 1.0
            if not np.isfinite(target):
                target = float(np.dot(pairs.weight, price))
            self._ascend(price, gain, record, target, by_number)
            self.raise_to(record[0] - 1e-9 * abs(record[0]))
            order = self.free[np.argsort(-gain[self.free], kind="stable")]
            self.offer(np.sort(order[:by_number]))
            if self.done() or record[1] < 1e-3:
                break
        if not self.done():
            self._improve(gain)
        if not self.done() and self.control.exact and len(pairs.site) <= MOST_MODEL:
            self._model()

    def done(self) -> bool:
        """Proved, good enough, or out of time."""
        near = np.isfinite(self.value) and gap_of(self.value, self.bound) <= max(
            self.control.gap, 1e-9
        )
        return near or self.control.stopped()

    def _ascend(
        self, price: Floats, gain: Floats, record: Floats, target: float, most: int
    ) -> None:
        pairs = self.pairs
        ascend_flows(
            pairs.row,
            pairs.site,
            pairs.metres,
            pairs.weight,
            min(pairs.beyond, 1e300),
            np.minimum(pairs.capacity, 1e300),
            self.stands,
            most,
            price,
            gain,
            record,
            target,
            STEPS // 10,
        )

    def raise_to(self, bound: float) -> None:
        """A better bound."""
        if bound > self.bound:
            self.bound = bound
            self._tell()

    def _tell(self) -> None:
        if self.plan is not None:
            self.control.improved(self.value, min(self.bound, self.value), self.plan)

    def offer(self, plan: Longs) -> bool:
        """Value a plan by its transportation problem; keep it if it is better."""
        if not self._keeps(plan):
            return False
        opened = self.stands.copy()
        opened[plan] = True
        value, flow = transport(self.pairs, self.owner, opened)
        if not np.isfinite(value) or value >= self.value * (1.0 - 1e-12):
            return False
        self.plan, self.value, self.flow = plan, value, flow
        self._tell()
        return True

    def _keeps(self, plan: Longs) -> bool:
        sides = self.sides
        local = np.searchsorted(self.free, plan)
        if len(plan) > sides.most:
            return False
        if sides.cost[local].sum() > sides.budget + slack(sides.budget):
            return False
        used = np.zeros(len(sides.limit))
        for j in local:
            mine = slice(sides.start[j], sides.start[j + 1])
            np.add.at(used, sides.row[mine], sides.coefficient[mine])
        return not (used > sides.limit + 1e-9).any()

    def _improve(self, gain: Floats) -> None:
        """Swap the least wanted of the plan for the most wanted outside."""
        for _ in range(TRIES):
            if self.plan is None or self.done():
                return
            plan = self.plan
            outside = np.setdiff1d(self.free, plan)
            ins = outside[np.argsort(-gain[outside], kind="stable")][:4]
            outs = plan[np.argsort(gain[plan], kind="stable")][:4]
            better = False
            for j in ins:
                for r in outs:
                    swapped = np.sort(np.append(plan[plan != r], j))
                    if self.control.stopped():
                        return
                    if self.offer(swapped):
                        better = True
                        break
                if better:
                    break
            if not better:
                return

    def assignment(self) -> Ints:
        """The site that serves most of each point, -1 none."""
        best = np.full(len(self.pairs.weight), -1, np.int32)
        most = np.full(len(self.pairs.weight), 1e-9)
        for at in np.flatnonzero(self.flow > 1e-9):
            i = self.owner[at]
            if self.flow[at] > most[i]:
                most[i], best[i] = self.flow[at], self.pairs.site[at]
        return best

    def _model(self) -> None:
        pairs, sides = self.pairs, self.sides
        told = exact.solve_model(self._arrays(), self.control)
        if told is None:
            return
        if told["infeasible"]:
            self.infeasible = self.plan is None
            return
        if told["x"] is not None:
            chosen = self.free[told["x"][: len(self.free)] > 0.5]
            self.offer(chosen)
        scale = float(pairs.weight.sum())
        del sides
        self.raise_to(-float(told["bound"]) - 1e-9 * max(1.0, scale))

    def _arrays(self) -> dict[str, Any]:
        """Columns: y of the free candidates, then the served part of each pair, then the part of
        each point that is not served."""
        pairs, free = self.pairs, self.free
        sites, many, points = len(free), len(pairs.site), len(pairs.weight)
        place = np.full(len(self.sites), -1, np.int64)
        place[free] = np.arange(sites)
        late = points if np.isfinite(pairs.beyond) else 0
        columns = sites + many + late
        at = np.arange(many)
        rows = [self.owner, pairs.site.astype(np.int64) + points]
        index = [sites + at, sites + at]
        value = [np.ones(many), pairs.weight[self.owner]]
        if late:
            rows.append(np.arange(points))
            index.append(sites + many + np.arange(points))
            value.append(np.ones(points))
        total = float(pairs.weight.sum())
        room = np.minimum(pairs.capacity, total)
        rows.append(points + free)
        index.append(np.arange(sites))
        value.append(-room[free])
        low = np.concatenate((np.ones(points), np.full(len(self.sites), -np.inf)))
        high = np.concatenate((np.ones(points), np.where(place >= 0, 0.0, room)))
        # Whoever is served by a candidate needs it open: the row that makes the model strong.
        tied = np.flatnonzero(place[pairs.site] >= 0)
        count = points + len(self.sites)
        rows += [count + np.arange(len(tied)), count + np.arange(len(tied))]
        index += [sites + tied, place[pairs.site[tied]]]
        value += [np.ones(len(tied)), -np.ones(len(tied))]
        low = np.concatenate((low, np.full(len(tied), -np.inf)))
        high = np.concatenate((high, np.zeros(len(tied))))
        count += len(tied)
        extra: list[tuple[Longs, Floats, float]] = []
        if self.sides.most < sites:
            extra.append((np.arange(sites), np.ones(sites), float(self.sides.most)))
        if np.isfinite(self.sides.budget):
            extra.append((np.arange(sites), self.sides.cost, self.sides.budget))
        of = np.repeat(np.arange(sites), np.diff(self.sides.start))
        for number, limit in enumerate(self.sides.limit):
            mine = self.sides.row == number
            extra.append((of[mine], self.sides.coefficient[mine], float(limit)))
        for number, (who, how, limit) in enumerate(extra):
            rows.append(np.full(len(who), count + number))
            index.append(who)
            value.append(how)
            low = np.append(low, -np.inf)
            high = np.append(high, limit)
        row = np.concatenate(rows)
        order = np.argsort(row, kind="stable")
        begin = np.zeros(len(low) + 1, np.int64)
        np.cumsum(np.bincount(row, minlength=len(low)), out=begin[1:])
        start = None
        if self.plan is not None:
            start = np.isin(free, self.plan).astype(np.float64)
        cost = np.concatenate(
            (
                np.zeros(sites),
                pairs.weight[self.owner] * pairs.metres,
                pairs.weight * pairs.beyond if late else np.zeros(0),
            )
        )
        return {
            "cost": cost,
            "sites": sites,
            "columns": columns,
            "low": low,
            "high": high,
            "begin": begin,
            "index": np.concatenate(index)[order],
            "value": np.concatenate(value)[order],
            "start": start,
            "unit": 0.0,
        }
