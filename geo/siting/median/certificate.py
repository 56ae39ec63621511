"""What a p-median answer is proved by: the plan, and a price in metres for each demand point; and
the short checker that multiplies it out from the raw pairs alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.siting.checker import chosen
from geo.siting.problem import EXISTING, FORBIDDEN, FORCED, Answer, Floats, Rules, Sites


def certificate(price: Floats, answer: Answer, sites: Sites, rules: Rules) -> dict[str, Any]:
    """Everything :func:`check_walk` needs, in numbers and lists (JSON). The answer's bound may be
    better than what the prices prove, where the search went on.

    Args:
        price: (n,) of each demand point, metres.
    """
    return {
        "model": "p-median with capacities" if rules.capacities else "p-median",
        "sites": answer.sites.tolist(),
        "existing": np.flatnonzero(sites.fixed == EXISTING).tolist(),
        "forced": np.flatnonzero(sites.fixed == FORCED).tolist(),
        "forbidden": np.flatnonzero(sites.fixed == FORBIDDEN).tolist(),
        "p": rules.p,
        "budget": rules.budget,
        "unserved_metres": rules.unserved_metres,
        "price": price.tolist(),
        "value": answer.objective,
        "bound": answer.bound,
    }


def check_walk(
    weight: Any, demand: Any, site: Any, metres: Any, cost: Any, proof: dict[str, Any],
    capacity: Any = None,
) -> tuple[float, float]:  # fmt: skip
    """(value, bound) of a certificate, from the weight of each point, the cost of each site and the
    pairs: demand, site, metres. Weak duality: whatever the prices, everybody pays theirs, less what
    the best p sites (or the best for the budget) save them, each up to its capacity. With
    capacities the value is NaN: it is a transportation problem."""
    weight, metres, count = np.asarray(weight, float), np.asarray(metres, float), len(cost)
    beyond = np.inf if proof["unserved_metres"] is None else proof["unserved_metres"]
    stands = np.union1d(proof["existing"], proof["forced"]).astype(int)
    usable = ~np.isin(site, proof["forbidden"])
    inside = [np.isin(site, who) for who in (stands, np.union1d(stands, proof["sites"]))]
    far, walked, reachable = (np.full(len(weight), beyond) for _ in range(3))
    for near, some in zip((far, walked, reachable), (*inside, usable), strict=True):
        np.minimum.at(near, demand[some], metres[some])
    people = (weight > 0) & np.isfinite(reachable)
    # Nobody pays more than walking to what stands, unless that may be full.
    price = np.minimum(proof["price"], far if capacity is None else beyond)
    pays = np.flatnonzero(usable & people[demand])
    saved = price[demand[pays]] - metres[pays]
    pays = pays[np.lexsort((-saved, site[pays]))]
    who, where = demand[pays], site[pays]
    before = np.cumsum(weight[who]) - weight[who]
    before -= before[np.searchsorted(where, where)]
    room = np.inf if capacity is None else np.asarray(capacity, float)[where]
    served = np.clip(room - before, 0.0, weight[who])
    gain = np.bincount(where, served * np.maximum(0.0, price[who] - metres[pays]), count)
    bound = (weight * price)[people].sum() - gain[stands].sum()
    gain[stands] = 0.0
    best = gain.sum()
    if proof["p"] is not None:
        best = np.sort(gain)[::-1][: max(0, proof["p"] - len(proof["forced"]))].sum()
    if proof["budget"] is not None:
        left = proof["budget"] - cost[np.array(proof["forced"], int)].sum()
        some = cost <= left + 1e-9
        best = min(best, chosen(gain[some], cost[some], None, left)[0])
    bound = float(bound - best)
    bound -= 1e-9 * max(1.0, abs(bound))
    whole = all((one[np.isfinite(one)] % 1 == 0).all() for one in (weight, metres[pays], far))
    if whole and capacity is None:  # no plan lies between two whole numbers
        bound = float(np.ceil(bound - 1e-7))
    return float((weight[people] * walked[people]).sum()) if capacity is None else np.nan, bound
