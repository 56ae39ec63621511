"""p-median, p-centre and set cover by scipy's milp on the raw pairs, from the definitions."""

from __future__ import annotations

import itertools

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, lil_array
from scipy.sparse.csgraph import floyd_warshall

from geo.siting.problem import EXISTING, FORBIDDEN, FORCED, Demand, Reach, Rules, Sites


def complete_reach(metres) -> Reach:
    """Every pair of a matrix (points, sites)."""
    points, sites = metres.shape
    return Reach(
        np.arange(sites + 1, dtype=np.int64) * points,
        np.tile(np.arange(points, dtype=np.int32), sites),
        metres.T.astype(np.float32).ravel(),
    )


def nearest_of(plan, demand: Demand, sites: Sites, reach: Reach, beyond=np.inf):
    """(n,) metres to the nearest open site, point by point."""
    near = np.full(len(demand), float(beyond))
    for site in {int(j) for j in plan} | set(np.flatnonzero(sites.fixed == EXISTING).tolist()):
        for at in range(reach.start[site], reach.start[site + 1]):
            point = reach.demand[at]
            near[point] = min(near[point], float(reach.metres[at]))
    return near


def keeps(plan, sites: Sites, rules: Rules) -> bool:
    """Whether a plan keeps to the conditions on sites."""
    chosen = np.array(sorted(int(j) for j in plan), int)
    old = np.flatnonzero(sites.fixed == EXISTING)
    if not set(np.flatnonzero(sites.fixed == FORCED)) <= set(chosen.tolist()):
        return False
    if (sites.fixed[chosen] == FORBIDDEN).any() or (sites.fixed[chosen] == EXISTING).any():
        return False
    if rules.p is not None and len(chosen) > rules.p:
        return False
    if rules.budget is not None and sites.cost[chosen].sum() > rules.budget + 1e-9:
        return False
    if rules.per_chain_most is not None:
        chains = sites.chain[chosen]
        if (np.bincount(chains[chains >= 0], minlength=1) > rules.per_chain_most).any():
            return False
    both = np.concatenate((chosen, old))
    return int(sites.open_24h[both].sum()) >= rules.open_24h_least


def plans_of(sites: Sites, rules: Rules):
    """Every plan that keeps to the conditions."""
    free = np.flatnonzero(sites.fixed < 2)
    for size in range(len(free) + 1):
        for plan in itertools.combinations(free.tolist(), size):
            if keeps(plan, sites, rules):
                yield plan


def least_walk(demand: Demand, sites: Sites, reach: Reach, rules: Rules):
    """The least total walk, splitting points where there are capacities; None: no plan."""
    who = np.asarray(reach.demand, int)
    where = np.repeat(np.arange(len(sites)), np.diff(reach.start))
    beyond = rules.unserved_metres
    usable = (sites.fixed[where] != FORBIDDEN) & (demand.weight[who] > 0)
    who, where, far = who[usable], where[usable], reach.metres[usable].astype(float)
    n, m, k = len(demand), len(sites), len(who)
    reached = np.bincount(who, minlength=n) > 0
    people = (demand.weight > 0) & (reached | (beyond is not None))
    late = np.flatnonzero(people) if beyond is not None else np.empty(0, int)
    cost = np.concatenate(
        (np.zeros(m), demand.weight[who] * far, demand.weight[late] * (beyond or 0))
    )
    served = csr_array(
        (np.ones(k + len(late)), (np.concatenate((who, late)), m + np.arange(k + len(late)))),
        (n, len(cost)),
    )[np.flatnonzero(people)]
    tied = csr_array(
        (
            np.concatenate((np.ones(k), -np.ones(k))),
            (np.tile(np.arange(k), 2), np.concatenate((m + np.arange(k), where))),
        ),
        (k, len(cost)),
    )
    rows = [LinearConstraint(served, 1, 1), LinearConstraint(tied, -np.inf, 0)]
    rows += site_rows(sites, rules, len(cost))
    if rules.capacities:
        load = csr_array((demand.weight[who], (where, m + np.arange(k))), (m, len(cost)))
        rows.append(LinearConstraint(load, -np.inf, sites.capacity))
    told = milp(
        cost,
        constraints=rows,
        bounds=site_bounds(sites, len(cost)),
        integrality=np.concatenate((np.ones(m), np.zeros(len(cost) - m))),
        options={"mip_rel_gap": 0.0},
    )
    return None if told.x is None else float(told.fun)


def least_cost(demand: Demand, sites: Sites, reach: Reach, rules: Rules):
    """The cheapest set cover; None: no plan."""
    who = np.asarray(reach.demand, int)
    where = np.repeat(np.arange(len(sites)), np.diff(reach.start))
    n, m = len(demand), len(sites)
    cost = np.concatenate((np.where(sites.fixed == EXISTING, 0.0, sites.cost), np.zeros(n)))
    cover = lil_array((n, len(cost)))
    cover[who, where] = 1.0
    usable = sites.fixed[where] != FORBIDDEN
    reached = np.bincount(who[usable], minlength=n) > 0
    for point in range(n):
        cover[point, m + point] = -1.0
    rows = [LinearConstraint(cover.tocsr(), 0, np.inf), *site_rows(sites, rules, len(cost))]
    bounds = site_bounds(sites, len(cost))
    if rules.share is not None or rules.district_least_share:
        for mine, share in [
            (np.ones(n, bool), rules.share or 0.0),
            *((demand.district == d, s) for d, s in rules.district_least_share.items()),
        ]:
            weigh = np.concatenate((np.zeros(m), demand.weight * mine))
            least = share * demand.weight[mine].sum()
            rows.append(LinearConstraint(weigh[None, :], least - 1e-9, np.inf))
    else:
        bounds.lb[m:][reached & (demand.weight > 0)] = 1.0
    told = milp(
        cost,
        constraints=rows,
        bounds=bounds,
        integrality=np.concatenate((np.ones(m), np.zeros(n))),
        options={"mip_rel_gap": 0.0},
    )
    return None if told.x is None else float(told.fun)


def site_rows(sites: Sites, rules: Rules, columns: int) -> list[LinearConstraint]:
    """p, budget, chains and 24 hours on the first columns."""
    m = len(sites)
    new = sites.fixed != EXISTING

    def row(values, low, high):
        return LinearConstraint(
            np.concatenate((values.astype(float), np.zeros(columns - m)))[None, :], low, high
        )

    rows = []
    if rules.p is not None:
        rows.append(row(new, -np.inf, rules.p))
    if rules.budget is not None:
        rows.append(row(new * sites.cost, -np.inf, rules.budget))
    if rules.per_chain_most is not None:
        rows += [
            row(new & (sites.chain == chain), -np.inf, rules.per_chain_most)
            for chain in np.unique(sites.chain[sites.chain >= 0])
        ]
    if rules.open_24h_least:
        rows.append(row(sites.open_24h, rules.open_24h_least, np.inf))
    return rows


def site_bounds(sites: Sites, columns: int) -> Bounds:
    low, high = np.zeros(columns), np.ones(columns)
    stands = (sites.fixed == FORCED) | (sites.fixed == EXISTING)
    low[: len(sites)][stands] = 1.0
    high[: len(sites)][sites.fixed == FORBIDDEN] = 0.0
    return Bounds(low, high)


def or_library(folder, number: int):
    """(metres, p) of a p-median instance of the OR-Library; of a repeated edge the last counts."""
    numbers = list(map(int, (folder / "pmed" / f"pmed{number}.txt").read_text().split()))
    points, edges, p = numbers[:3]
    metres = np.full((points, points), np.inf)
    for a, b, length in np.array(numbers[3 : 3 + 3 * edges]).reshape(-1, 3):
        metres[a - 1, b - 1] = metres[b - 1, a - 1] = length
    np.fill_diagonal(metres, 0)
    return floyd_warshall(metres), p


def tsplib(folder, name: str):
    """Floor of the Euclidean distances between the cities of a file."""
    lines = (folder / "tsplib" / f"{name}.tsp").read_text().splitlines()
    words = [line.split() for line in lines]
    xy = np.array([one[1:3] for one in words if len(one) == 3 and one[0].isdigit()], float)
    return np.floor(np.linalg.norm(xy[:, None] - xy[None, :], axis=2))
