"""What a p-median answer is proved by: the plan, and a price in metres for each demand point; and
the short checker that multiplies it out from the raw pairs alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.siting.median.prices import Prices
from geo.siting.median.walks import Walks
from geo.siting.problem import EXISTING, FORBIDDEN, FORCED, Answer, Rules, Sites


def certificate(
    walks: Walks, prices: Prices, answer: Answer, sites: Sites, rules: Rules
) -> dict[str, Any]:
    """Everything :func:`check_walk` needs, in numbers and lists (JSON). The answer's bound may be
    better than what the prices prove, where the search went on."""
    known = walks.of >= 0
    price = np.zeros(len(walks.of))
    price[known] = prices.price[walks.of[known]]
    return {
        "model": "p-median",
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
    weight: Any, demand: Any, site: Any, metres: Any, cost: Any, proof: dict[str, Any]
) -> tuple[float, float]:
    """(value, bound) of a certificate, from the weight of each point, the cost of each site and the
    pairs: demand, site, metres. Weak duality: whatever the prices, each point pays its price, less
    what the best p sites (or the best for the budget) save it."""
    beyond = np.inf if proof["unserved_metres"] is None else proof["unserved_metres"]
    stands = np.union1d(proof["existing"], proof["forced"])
    nearest = [np.full(len(weight), beyond) for _ in range(3)]
    for near, who in zip(nearest, (stands, np.union1d(stands, proof["sites"]), None), strict=True):
        out = np.isin(site, proof["forbidden"])
        some = ~out if who is None else np.isin(site, who)
        np.minimum.at(near, demand[some], metres[some])
    far, walked, reachable = nearest
    people = (weight > 0) & np.isfinite(reachable)
    price = np.minimum(proof["price"], far)
    value = float((weight * walked)[people].sum())
    bound = float((weight * price)[people].sum())
    saved = weight[demand] * np.maximum(0.0, price[demand] - metres)
    gain = np.bincount(site, np.where(people[demand], saved, 0.0), minlength=len(cost))
    gain[np.union1d(stands, proof["forbidden"]).astype(int)] = 0.0
    best = gain.sum()
    if proof["p"] is not None:
        best = np.sort(gain)[::-1][: max(0, proof["p"] - len(proof["forced"]))].sum()
    if proof["budget"] is not None:
        left = proof["budget"] - cost[np.array(proof["forced"], int)].sum()
        order = np.argsort(-gain / np.maximum(cost, 1e-12))
        order = order[cost[order] <= left + 1e-9]
        before = np.cumsum(cost[order]) - cost[order]
        part = np.clip((left - before) / np.maximum(cost[order], 1e-12), 0.0, 1.0)
        best = min(best, (gain[order] * part).sum())
    return value, bound - best
