"""Check an answer with nothing but its raw pairs: plain numpy, short enough to read in one go.

Weak duality: for any prices q >= 0 of being covered, no plan is worth more than what is left to
each point after paying, plus what the best p sites (or the best for the budget) earn.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def check(
    weight: Any, demand: Any, site: Any, metres: Any, cost: Any, proof: dict[str, Any]
) -> tuple[float, float]:
    """(value, bound) of a certificate, from the weight of each point and cost of each site, and the
    pairs within reach: demand, site, metres (None without steps)."""
    old, forced = np.array(proof["existing"], int), np.array(proof["forced"], int)
    out = np.concatenate((old, forced, np.array(proof["forbidden"], int)))
    no_stand_in = {*out.tolist(), *(j for j, _ in proof["instead"])}
    fits = [i not in no_stand_in and cost[i] <= cost[j] for j, i in proof["instead"]]
    value = bound = 0.0
    earned = np.zeros(len(cost))
    for layer, (near, part) in enumerate(proof["layers"] or [(np.inf, 1.0)]):
        inside = np.ones(len(site), bool) if metres is None else np.asarray(metres) <= near
        d, s, w = demand[inside], site[inside], weight * part
        times = [np.bincount(d[np.isin(s, who)], minlength=len(w))
                 for who in (np.union1d(old, proof["sites"]), np.union1d(old, forced))]  # fmt: skip
        worth = [w * (t > 0) + w * proof["backup"] * (t > 1) for t in times]
        value, bound = value + worth[0].sum(), bound + worth[1].sum()
        once = np.where(times[1] == 0, w, np.where(times[1] == 1, w * proof["backup"], 0.0))
        twice = np.where(times[1] == 0, w * proof["backup"], 0.0)
        group = np.array(proof["group"][layer], int)
        share = np.array([*proof["price"], 0.0])[np.maximum(group, -1)]
        price = np.where(group == -2, once, np.maximum(0.0, share) * once)
        bound += np.maximum(0.0, np.maximum(once - price, once + twice - 2.0 * price)).sum()
        live = once[d] + twice[d] > 0  # i stands in for j where it reaches all that j does
        fits = [good and np.isin(d[live & (s == j)], d[s == i]).all()
                for good, (j, i) in zip(fits, proof["instead"], strict=True)]  # fmt: skip
        earned += np.bincount(s, price[d], minlength=len(cost))
    earned[[j for (j, _), good in zip(proof["instead"], fits, strict=True) if good]] = 0.0
    earned[out] = 0.0
    if proof["p"] is not None:
        return value, bound + np.sort(earned)[::-1][: max(0, proof["p"] - len(forced))].sum()
    if proof["budget"] is None:
        return value, bound + earned.sum()
    left = proof["budget"] - cost[forced].sum()
    order = np.argsort(-earned / np.maximum(cost, 1e-12))
    order = order[cost[order] <= left + 1e-9]
    before = np.cumsum(cost[order]) - cost[order]
    part = np.clip((left - before) / np.maximum(cost[order], 1e-12), 0.0, 1.0)
    return value, bound + (np.maximum(0.0, earned[order]) * part).sum()
