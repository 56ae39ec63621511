"""Check an answer with nothing but its raw pairs: plain numpy, short enough to read in one go.

Weak duality: for any prices >= 0 of being covered, no plan is worth more than what is left to each
point after paying, plus what the best p sites (or the best for the budget) earn. A site that brings
this below the plan's own bound is settled; then the next prices are asked, or the plans are split
in those with a site and those without it, until every part is known to be no better than claimed.
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np


def check(
    weight: Any, demand: Any, site: Any, metres: Any, cost: Any, proof: dict[str, Any],
    district: Any = None,
) -> tuple[float, float]:  # fmt: skip
    """(value, bound) of a certificate, from the weight of each point and cost of each site, and the
    pairs within reach: demand, site, metres (None without steps); the district of each point where
    districts have floors. The value is NaN where the plan breaks a condition that is stated."""
    new = np.setdiff1d(np.array(proof["sites"], int), proof["existing"])
    status = np.zeros(len(cost), int)
    status[proof["forbidden"]] = status[[j for j, _ in proof["instead"]]] = 2
    status[proof["existing"] + proof["forced"]] = 1
    layers = []
    for number, (near, part) in enumerate(proof["layers"] or [(np.inf, 1.0)]):
        inside = np.ones(len(site), bool) if metres is None else np.asarray(metres) <= near
        group = np.array(proof["group"][number], int)
        layers.append((demand[inside], site[inside], weight * part, group))
    for j, i in proof["instead"]:  # i stands in for j: it reaches all that j does that matters
        for d, s, w, _ in layers:
            mine = d[(s == j) & (w[d] > 0)]
            mine = mine[~np.isin(mine, d[status[s] == 1])]
            if cost[i] > cost[j] or not np.isin(mine, d[s == i]).all():
                status[j] = 0
    given = (layers, np.asarray(cost, float), district, proof)
    plan = np.where(status == 1, 1, 2)
    plan[new] = 1
    state = _after(given, plan, None)
    fits = (proof["p"] is None or len(new) <= proof["p"]) and state is not None
    fits = fits and (proof["budget"] is None or cost[new].sum() <= proof["budget"] * (1 + 1e-9))
    # What was settled on the way is no better than the bound claimed.
    bound = max(float(proof["bound"]), _bound(given, status, proof["tree"]))
    return (state[0] if fits and state else np.nan), bound


def _after(given: Any, status: Any, vector: Any) -> Any:
    """(L, what each site earns) with these sites open (1), shut (2) or free (0); None: no plan."""
    layers, cost, district, proof = given
    least, limit = np.zeros(len(proof["rows"])), np.array([row[2] for row in proof["rows"]])
    rows = [(np.array(who), np.array(much), most) for who, much, most in proof["rows"]]
    for r, (who, much, _) in enumerate(rows):
        least[r] = np.where(status[who] == 1, much, np.minimum(much, 0) * (status[who] == 0)).sum()
    if (least > limit + 1e-9).any():
        return None
    before = (status == 2).sum()
    for r, (who, much, most) in enumerate(rows):
        shut = (status[who] == 0) & (much > 0) & (least[r] + much > most + 1e-9)
        status[who[shut]] = 2
    if (status == 2).sum() > before:  # what that forbids may forbid more
        return _after(given, status, vector)
    floor = np.array(proof["floors"], float)
    can, free, total, earned = 0 * floor, status == 0, 0.0, np.zeros(len(cost))
    level, row, dear = (np.ones(len(proof["group"][0]) + 1), np.zeros(len(limit)), 0 * floor)
    if vector is not None:
        text = vector["level"]
        level = np.append(np.frombuffer(base64.b64decode(text[3:]), text[:3]).astype(float), 1.0)
        row, dear = (np.maximum(0.0, vector[name]) for name in ("row", "floor"))
        dear = dear[: len(floor)]
        level = np.maximum(level, 0.0)
    for d, s, w, group in layers:
        times = np.bincount(d[status[s] == 1], minlength=len(w))
        reached = np.bincount(d[free[s]], minlength=len(w)) > 0
        again = w * proof["backup"]
        total += (w * (times > 0) + again * (times > 1)).sum()
        once = np.where(times == 0, w, np.where(times == 1, again, 0.0))
        twice = np.where(times == 0, again, 0.0)
        if len(floor):
            here = np.maximum(district, 0)
            counts = (district >= 0) & (np.array(proof["floors"])[here] > 0)
            floor = floor - np.bincount(here, w * (counts & (times > 0)), len(floor))
            can += np.bincount(here, w * (counts & reached & (times == 0)), len(floor))
            once = once + dear[here] * w * (counts & (times == 0))
        t = level[group]
        price = np.minimum(t, 1) * twice + np.maximum(t - 1, 0) * (once - twice)
        left = np.maximum(0.0, np.maximum(once - price, once + twice - 2 * price))
        total += left[reached].sum()
        earned += np.bincount(s, price[d], minlength=len(cost))
    if (can < floor - 1e-9 * np.maximum(1, proof["floors"])).any():
        return None
    for r, (who, much, most) in enumerate(rows):
        earned[who] -= row[r] * much
        total += row[r] * (most - (much * (status[who] == 1)).sum())
    return total - (dear * np.maximum(0.0, floor)).sum(), earned


def _bound(given: Any, status: Any, part: dict[str, Any]) -> float:
    """No plan of this part of all plans is above it."""
    _, cost, _, proof = given
    status, unit, bound = status.copy(), proof["unit"], np.inf
    standing = np.isin(np.arange(len(cost)), proof["existing"])

    def down(worth: Any) -> Any:  # no plan lies between two whole units
        worth = worth + 1e-12 * abs(worth) + 1e-10
        return np.floor(worth / unit) * unit if unit else worth * (1 + 1e-9)

    for vector in [*part["vectors"], None]:  # in the end: is any plan left at all
        new = (status == 1) & ~standing
        room = len(cost) if proof["p"] is None else proof["p"] - new.sum()
        money = np.inf if proof["budget"] is None else proof["budget"] - cost[new].sum()
        if room == 0:
            status[status == 0] = 2
        status[(status == 0) & (cost > money * (1 + 1e-9) + 1e-9)] = 2
        state = _after(given, status, vector)
        if state is None or room < 0 or money < -1e-6:
            return -np.inf
        if vector is None:
            if not (status == 0).any():  # one plan is left, and this is what it is worth
                bound = min(bound, float(down(state[0])))
            break
        free = np.flatnonzero(status == 0)
        free = free[np.argsort(-state[1][free], kind="stable")]
        earned = state[1][free]
        if proof["p"] is not None or proof["budget"] is None:
            worth = state[0] + np.maximum(0.0, earned[:room]).sum()
            last = max(0.0, earned[room - 1]) if 0 < room <= len(free) else 0.0
            following = max(0.0, earned[room]) if room < len(free) else 0.0
            inside = (np.arange(len(free)) < room) & (earned > 0)
            opening = np.where(inside, 0.0, last - earned)
            shutting = np.where(inside, earned - following, 0.0)
        else:  # the linear knapsack: at any rate of worth for money it is a bound
            rate = earned / np.maximum(cost[free], 1e-12)
            order = np.argsort(-rate, kind="stable")
            full = np.flatnonzero(np.cumsum(cost[free][order]) > money * (1 + 1e-12) + 1e-9)
            rate_here = max(0.0, rate[order[full[0]]]) if len(full) else 0.0
            gain = earned - rate_here * cost[free]
            worth = state[0] + np.maximum(0.0, gain).sum() + rate_here * money
            opening, shutting = np.maximum(0.0, -gain), np.maximum(0.0, gain)
        bound = min(bound, float(down(worth)))
        if bound <= proof["bound"]:
            return bound
        status[free[down(worth - opening) <= proof["bound"]]] = 2
        must = free[down(worth - shutting) <= proof["bound"]]
        if (status[must] == 2).any():
            return float(proof["bound"])
        status[must] = 1
    if "site" not in part:
        return bound
    halves = []
    for into, half in ((1, part["opened"]), (2, part["shut"])):
        if status[part["site"]] in (0, into):
            side = status.copy()
            side[part["site"]] = into
            halves.append(_bound(given, side, half))
    return min(bound, max(halves))


def check_served(
    weight: Any, demand: Any, site: Any, capacity: Any, cost: Any, proof: dict[str, Any]
) -> tuple[float, float]:
    """As :func:`check`, where sites have capacities: the value is the sum of who is served by whom,
    NaN where somebody is served twice, out of reach, above a capacity or against a condition."""
    count, group = len(cost), np.array(proof["group"], int)
    old, new = np.array(proof["existing"], int), np.setdiff1d(proof["sites"], proof["existing"])
    stands = np.isin(np.arange(count), np.concatenate((old, new)))
    groups = len(proof["price"])
    people = np.bincount(group[group >= 0], weight[group >= 0], minlength=groups)
    flow = np.array(proof["served"], float).reshape(-1, 3)
    who, where, much = flow[:, 0].astype(int), flow[:, 1].astype(int), flow[:, 2]
    members = np.bincount(group[group >= 0], minlength=groups)
    inside = group[demand] >= 0
    reached = np.bincount(group[demand][inside] * count + site[inside], minlength=groups * count)
    rows = [(np.array(some, int), np.array(each), most) for some, each, most in proof["rows"]]
    fits = (
        (reached[who * count + where] == members[who]).all()
        and stands[where].all()
        and (np.bincount(who, much, groups) <= people + 1e-6).all()
        and (np.bincount(where, much, count) <= np.asarray(capacity) + 1e-6).all()
        and (proof["p"] is None or len(new) <= proof["p"])
        and (proof["budget"] is None or cost[new].sum() <= proof["budget"] * (1 + 1e-9))
        and all(each[np.isin(some, new)].sum() <= most + 1e-9 for some, each, most in rows)
    )
    price = np.clip(np.append(proof["price"], 1.0), 0.0, 1.0)
    nu = np.maximum(0.0, proof["row"])
    earned, pays = np.zeros(count), price[group][demand]
    order = np.lexsort((pays, site))
    ends = np.searchsorted(site[order], np.arange(count + 1))
    for j in range(count):  # what pays best first, up to the capacity
        mine = order[ends[j] : ends[j + 1]]
        before = np.cumsum(weight[demand[mine]]) - weight[demand[mine]]
        serve = np.clip(capacity[j] - before, 0.0, weight[demand[mine]])
        earned[j] = (serve * (1.0 - pays[mine])).sum()
    for (some, each, _), dear in zip(rows, nu, strict=True):
        earned[some] -= dear * each
    bound = (people * price[:-1]).sum()
    bound += sum(dear * most for (_, _, most), dear in zip(rows, nu, strict=True))
    kept = np.isin(np.arange(count), proof["existing"] + proof["forced"])
    bound += earned[kept].sum()
    free = ~kept & ~np.isin(np.arange(count), proof["forbidden"])
    spent = cost[proof["forced"]].sum()
    if proof["p"] is not None or proof["budget"] is None:
        room = count if proof["p"] is None else proof["p"] - len(proof["forced"])
        bound += np.maximum(0.0, np.sort(earned[free])[::-1][:room]).sum()
    else:
        which = np.flatnonzero(free & (cost <= proof["budget"] - spent + 1e-9))
        which = which[np.argsort(-earned[which] / np.maximum(cost[which], 1e-12))]
        before = np.cumsum(cost[which]) - cost[which]
        part = (proof["budget"] - spent - before) / np.maximum(cost[which], 1e-12)
        bound += (np.clip(part, 0.0, 1.0) * np.maximum(0.0, earned[which])).sum()
    bound = bound * (1 + 1e-12) + 1e-10
    unit = proof["unit"]
    return (much.sum() if fits else np.nan), float(np.floor(bound / unit) * unit if unit else bound)
