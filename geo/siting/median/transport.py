"""Pairs with capacities: the walk of a plan as a transportation problem, and the bound's loops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.optimize import linprog
from scipy.sparse import csr_array

from geo.compiled import copy_into, order_of
from geo.errors import Invalid
from geo.siting.problem import FORBIDDEN, Bools, Covering, Demand, Floats, Ints, Longs, Rules, Sites


@dataclass(frozen=True, eq=False)
class Pairs:
    """All pairs that may be used, by demand point, nearest first, and what being beyond costs."""

    row: Longs
    site: Ints
    metres: Floats
    weight: Floats
    beyond: float
    capacity: Floats


def pairs_of(
    demand: Demand, sites: Sites, reach: Covering, rules: Rules
) -> tuple[Pairs, Longs, float]:
    """The pairs that may be used; the demand points they are of; the weight that nothing reaches.

    Raises:
        Invalid: the pairs have no distances.
    """
    point: list[Longs] = []
    site: list[Ints] = []
    metres: list[npt.NDArray[np.float32]] = []
    for run in reach.rows(len(demand)):
        if run.metres is None:
            raise Invalid(
                "步行模型需要距离。 Models of walking need distances.",
                remedy="提供带距离的可达关系。 Give the distance of each pair.",
                field="distances",
            )
        point.append(np.repeat(np.arange(len(run.start) - 1), np.diff(run.start)) + run.first)
        site.append(run.site)
        metres.append(run.metres)
    who = np.concatenate(point or [np.empty(0, np.int64)])
    where = np.concatenate(site or [np.empty(0, np.int32)])
    far = np.concatenate(metres or [np.empty(0, np.float32)]).astype(np.float64)
    beyond = np.inf if rules.unserved_metres is None else float(rules.unserved_metres)
    usable = (sites.fixed[where] != FORBIDDEN) & (demand.weight[who] > 0) & (far < beyond)
    who, where, far = who[usable], where[usable], far[usable]
    reached = np.bincount(who, minlength=len(demand)) > 0
    people = demand.weight > 0
    kept = people & (reached | np.isfinite(beyond))
    place = np.cumsum(kept) - 1
    order = np.lexsort((where, far, who))
    row = np.zeros(int(kept.sum()) + 1, np.int64)
    np.cumsum(np.bincount(place[who], minlength=int(kept.sum())), out=row[1:])
    capacity = sites.capacity if sites.capacity is not None else np.full(len(sites), np.inf)
    return (
        Pairs(row, where[order], far[order], demand.weight[kept], beyond, capacity),
        np.flatnonzero(kept).astype(np.int64),
        float(demand.weight[people & ~kept].sum()),
    )


def transport(pairs: Pairs, owner: Longs, opened: Bools) -> tuple[float, Floats]:
    """Least walk from open sites within their capacities, and the part of each point that each pair
    serves; infinite where they do not suffice."""
    use = np.flatnonzero(opened[pairs.site])
    points = len(pairs.weight)
    flow = np.zeros(len(pairs.site))
    late = np.isfinite(pairs.beyond)
    cost = pairs.weight[owner[use]] * pairs.metres[use]
    serve_row, serve_column = owner[use], np.arange(len(use))
    columns = len(use)
    if late:
        cost = np.concatenate((cost, pairs.weight * pairs.beyond))
        serve_row = np.concatenate((serve_row, np.arange(points)))
        serve_column = np.concatenate((serve_column, columns + np.arange(points)))
        columns += points
    if not columns:
        return (np.inf if points else 0.0), flow
    serve = csr_array((np.ones(len(serve_row)), (serve_row, serve_column)), (points, columns))
    load = csr_array(
        (pairs.weight[owner[use]], (pairs.site[use], np.arange(len(use)))),
        (len(opened), columns),
    )
    room = np.minimum(pairs.capacity, float(pairs.weight.sum()))
    solve: Any = linprog
    told = solve(cost, A_ub=load, b_ub=room, A_eq=serve, b_eq=np.ones(points), method="highs")
    if not told.success:
        return np.inf, flow
    flow[use] = told.x[: len(use)]
    return float(told.fun), flow


@njit(cache=True, nogil=True)
def ascend_flows(
    row: Longs,
    site: Ints,
    metres: Floats,
    weight: Floats,
    beyond: float,
    capacity: Floats,
    stands: Bools,
    most: int,
    price: Floats,
    gain: Floats,
    record: Floats,
    target: float,
    steps: int,
) -> None:  # pragma: no cover - compiled
    """Steps up the bound; record: L, theta; gain (m,): what each site saves at the best prices."""
    points, sites = len(weight), len(capacity)
    here = price.copy()
    direction = np.zeros(points)
    best, theta = record[0], record[1]
    start = np.zeros(sites + 1, np.int64)
    for at in range(len(site)):
        start[site[at] + 1] += 1
    for j in range(sites):
        start[j + 1] += start[j]
    fill = start[:-1].copy()
    who = np.empty(len(site), np.int64)
    far = np.empty(len(site))
    for i in range(points):
        for at in range(row[i], row[i + 1]):
            who[fill[site[at]]] = i
            far[fill[site[at]]] = metres[at]
            fill[site[at]] += 1
    worth = np.zeros(sites)
    stale = 0
    for _ in range(steps):
        bound = 0.0
        served = np.zeros(points)
        for i in range(points):
            bound += weight[i] * here[i]
        filled = np.zeros(len(site))
        for j in range(sites):
            worth[j] = 0.0
            size = start[j + 1] - start[j]
            if size == 0:
                continue
            saved = np.empty(size)
            for number in range(size):
                saved[number] = here[who[start[j] + number]] - far[start[j] + number]
            left = capacity[j]
            for number in order_of(-saved):
                if saved[number] <= 0.0 or left <= 0.0:
                    break
                part = min(left, weight[who[start[j] + number]])
                worth[j] += part * saved[number]
                left -= part
                filled[start[j] + number] = part
        order = order_of(-np.where(stands, -1.0, worth))
        chosen = np.zeros(sites, np.bool_)
        count = 0
        for j in order:
            if stands[j]:
                continue
            if count >= most or worth[j] <= 0.0:
                break
            chosen[j] = True
            count += 1
        for j in range(sites):
            if chosen[j] or stands[j]:
                bound -= worth[j]
                for at in range(start[j], start[j + 1]):
                    served[who[at]] += filled[at]
        if bound > best:
            if best == -np.inf or bound > best + 1e-3 * abs(target - best):
                stale = 0
            best = bound
            copy_into(price, here)
            copy_into(gain, worth)
        stale += 1
        if stale >= 15:
            theta *= 0.8
            stale = 0
        square = 0.0
        for i in range(points):
            up = 1.0 - served[i] / weight[i]
            if up > 0.0 and here[i] >= beyond:
                up = 0.0
            direction[i] = up + 0.5 * direction[i]
            square += weight[i] * direction[i] * direction[i]
        if square <= 1e-12:
            break
        go = theta * max(target * 1.001 - bound, 1e-6 * abs(target)) / square
        for i in range(points):
            here[i] = min(beyond, here[i] + go * direction[i])
    record[0] = best
    record[1] = theta
