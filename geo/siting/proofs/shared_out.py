"""What a set of sites with capacities is worth, from the raw pairs: a transportation problem, since
people of one point may go to several sites, given to scipy's linear programming as it stands."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_matrix, hstack, identity, vstack

from geo.siting.problem import Floats, Longs

_LINPROG: Final[Any] = linprog
"""Its stubs know nothing of sparse matrices."""


def most_served(
    weight: Floats, demand: Longs, site: Longs, capacity: Floats, opened: Longs
) -> float:
    """How many the sites `opened` serve at most; NaN where that cannot be worked out.

    Args:
        weight: (n,) of the points. demand, site: (k,) the pairs within reach.
        capacity: (m,) of the sites. opened: positions of those that are open, existing ones too.

    Cost: a linear program of a column for each pair of an open site.
    """
    here = np.isin(site, opened)
    if not here.any():
        return 0.0
    to_point, from_site = _incidence(demand[here], site[here], len(weight), len(capacity))
    limits = np.concatenate((weight, _rooms(capacity, weight)))
    found = _LINPROG(-np.ones(here.sum()), vstack((to_point, from_site)), limits, method="highs")
    return float(-found.fun) if found.success else float("nan")


def least_walk(
    weight: Floats,
    demand: Longs,
    site: Longs,
    metres: Floats,
    capacity: Floats,
    opened: Longs,
    beyond: float | None = None,
) -> float:
    """The least that everybody whom some site reaches walks in all, the sites `opened` being open;
    NaN where these cannot serve them.

    Args:
        weight, demand, site, capacity, opened: as :func:`most_served` takes them.
        metres: (k,) of the pairs.
        beyond: who is not served counts as walking so far, whether reached or not; None: everybody
            who is reached has to be served.

    Cost: as :func:`most_served`.
    """
    reached = np.ones(len(weight), np.bool_)
    if beyond is None:
        reached[:] = False
        reached[demand] = True
    else:
        near = metres < beyond
        demand, site, metres = demand[near], site[near], metres[near]
    here = np.isin(site, opened)
    to_point, from_site = _incidence(demand[here], site[here], len(weight), len(capacity))
    price, serve = metres[here], to_point[reached]
    if beyond is not None:
        price = np.concatenate((price, np.full(len(weight), beyond)))
        serve = hstack((to_point, identity(len(weight)))).tocsr()
        from_site = hstack((from_site, coo_matrix((len(capacity), len(weight))))).tocsr()
    if not len(price):
        return float("nan") if weight[reached].any() else 0.0
    found = _LINPROG(
        price, from_site, _rooms(capacity, weight), serve, weight[reached], method="highs"
    )
    return float(found.fun) if found.success else float("nan")


def _incidence(demand: Longs, site: Longs, points: int, sites: int) -> tuple[Any, Any]:
    pairs, ones = np.arange(len(demand)), np.ones(len(demand))
    return (
        coo_matrix((ones, (demand, pairs)), (points, len(pairs))).tocsr(),
        coo_matrix((ones, (site, pairs)), (sites, len(pairs))).tocsr(),
    )


def _rooms(capacity: Floats, weight: Floats) -> Floats:
    return np.where(np.isfinite(capacity), capacity, weight.sum())
