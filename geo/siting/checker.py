"""Check an answer with nothing but its raw pairs: plain numpy, short enough to read in one go.

Weak duality: for any prices >= 0 of being covered, no plan is worth more than what is left to each
point after paying, plus what the best p sites (or the best for the budget) earn: :func:`multiply`
multiplies that out. A site that brings it below the plan's own bound is settled; then the next
prices are asked, or the plans are split in those with a site and those without it, until every part
is known to be no better than claimed: :func:`follow`.

Conditions are those that the certificate states; :mod:`geo.siting.stated` says whether the question
implies them.
"""

from __future__ import annotations

import base64
from typing import Any, NamedTuple

import numpy as np

UNSURE = 1e-14
"""Of numbers that are added and taken off again, so much may be left of nothing."""


class Asked(NamedTuple):
    """The question: points, sites and conditions.

    layers: (demand, site, worth of each point, group of each point) of each step of coverage, the
    first two being the pairs. district: of each point, the last of `floors` where it has none.
    rows: (row, site, coefficient) of conditions on the new sites; limit: of each row.
    """

    layers: list[tuple[Any, Any, Any, Any]]
    cost: Any
    district: Any
    floors: Any
    rows: tuple[Any, Any, Any]
    limit: Any
    proof: dict[str, Any]


def multiply(asked: Asked, status: Any, level: Any, row: Any, dear: Any) -> tuple[float, Any]:
    """(L, what each site earns): with these sites open (1), shut (2) or free (0) no plan is worth
    more than L and the best choice of earnings. Prices: the level of each group, of each row, and
    what a district's floor pays beside for the first covering of a person."""
    (r, j, much), opened, missing = asked.rows, status == 1, asked.floors.copy()
    for demand, site, worth, _ in asked.layers:
        reached = np.bincount(demand[opened[site]], minlength=len(worth)) > 0
        missing -= np.bincount(asked.district, worth * reached, len(missing))
    # What is met by now pays nothing more.
    dear = np.where(missing > 1e-9 * np.maximum(1.0, asked.floors.max()), dear, 0.0)
    total = row @ (asked.limit - np.bincount(r, much * opened[j], len(row)))
    earned = 0.0 - np.bincount(j, row[r] * much, len(status))
    # Where dear prices cancel each other, what is left is as unsure as they are large.
    total += UNSURE * (row @ (np.abs(asked.limit) + np.bincount(r, np.abs(much), len(row))))
    for demand, site, worth, group in asked.layers:
        times = np.bincount(demand[opened[site]], minlength=len(worth))
        again = worth * asked.proof["backup"]
        total += (worth * (times > 0) + again * (times > 1)).sum()
        # What the first further covering is worth to a point, and the second.
        fresh = worth * (1.0 + dear[asked.district])
        total += UNSURE * (worth @ dear[asked.district])
        first = np.where(times == 0, fresh, np.where(times == 1, again, 0.0))
        second = np.where(times == 0, again, 0.0)
        t = level[group]
        price = np.minimum(t, 1) * second + np.maximum(t - 1, 0) * (first - second)
        kept = np.maximum(0.0, np.maximum(first - price, first + second - 2 * price))
        total += kept[np.bincount(demand[status[site] == 0], minlength=len(worth)) > 0].sum()
        earned += np.bincount(site, price[demand], len(status))
    return float(total - dear @ missing), earned


def check(
    weight: Any, demand: Any, site: Any, metres: Any, cost: Any, proof: dict[str, Any],
    district: Any = None,
) -> tuple[float, float]:  # fmt: skip
    """(value, bound) of a certificate, from the weight of each point and cost of each site, and the
    pairs within reach: demand, site, metres (None without steps); the district of each point where
    districts have floors. The value is NaN where the plan breaks a condition that is stated."""
    cost = np.asarray(cost, float)
    asked = _asked(np.asarray(weight, float), demand, site, metres, cost, proof, district)
    new = np.setdiff1d(np.array(proof["sites"], int), proof["existing"])
    status = np.zeros(len(cost), int)
    status[proof["forbidden"]] = 2
    status[np.array(proof["existing"] + proof["forced"], int)] = 1
    # One that stands in for another reaches all that the other does and that matters, for no more;
    # and nobody stands in for one that is gone itself.
    for gone, i in proof["instead"]:
        fits = status[gone] == 0 and status[i] != 2 and gone != i and cost[i] <= cost[gone]
        for d, s, worth, _ in asked.layers:
            mine = d[(s == gone) & (worth[d] > 0)]
            mine = mine[~np.isin(mine, d[status[s] == 1])]
            fits = fits and np.isin(mine, d[s == i]).all()
        status[gone] = 2 if fits else status[gone]
    plan = np.where(status == 1, 1, 2)
    plan[new] = 1
    fits = proof["p"] is None or len(new) <= proof["p"]
    fits = fits and (proof["budget"] is None or cost[new].sum() <= proof["budget"] * (1 + 1e-9))
    value = multiply(asked, plan, *_prices(asked, None))[0] if settle(asked, plan) else np.nan
    # What was settled on the way is no better than the bound claimed.
    bound = max(as_good(proof["bound"], proof), follow(asked, status, proof["tree"]))
    return (value if fits else np.nan), bound


def settle(asked: Asked, status: Any) -> bool:
    """Shut the sites that a condition forbids by now; False: no plan is left."""
    r, j, much = asked.rows
    while True:
        some = np.where(status[j] == 1, much, np.minimum(much, 0) * (status[j] == 0))
        least = np.bincount(r, some, len(asked.limit))
        if (least > asked.limit + 1e-9).any():
            return False
        over = (status[j] == 0) & (much > 0) & (least[r] + much > asked.limit[r] + 1e-9)
        if not over.any():
            break
        status[j[over]] = 2
    can = np.zeros(len(asked.floors))
    for demand, site, worth, _ in asked.layers:
        reached = np.bincount(demand[status[site] != 2], minlength=len(worth)) > 0
        can += np.bincount(asked.district, worth * reached, len(can))
    return bool((can >= asked.floors - 1e-9 * np.maximum(1, asked.floors)).all())


def _idle(asked: Asked, status: Any) -> Any:
    """Sites that reach nobody who counts anew: no plan needs them, where no condition does."""
    idle = np.full(
        len(status), all(min(much, default=0) >= 0 for _, much, _ in asked.proof["rows"])
    )
    opened = status == 1
    for demand, site, worth, _ in asked.layers:
        times = np.bincount(demand[opened[site]], minlength=len(worth))
        anew = (worth > 0) & ((times == 0) | ((times == 1) & (asked.proof["backup"] > 0)))
        idle[site[anew[demand]]] = False
    return idle


def follow(asked: Asked, status: Any, part: dict[str, Any]) -> float:
    """No plan of this part of all plans is above it."""
    cost, proof, bound, status = asked.cost, asked.proof, np.inf, status.copy()
    standing = np.isin(np.arange(len(cost)), proof["existing"])
    for vector in [*part["vectors"], None]:  # in the end: is any plan left at all
        new = (status == 1) & ~standing
        room = len(cost) if proof["p"] is None else proof["p"] - int(new.sum())
        money = np.inf if proof["budget"] is None else proof["budget"] - cost[new].sum()
        if room == 0:
            status[status == 0] = 2
        status[(status == 0) & (cost > money * (1 + 1e-9) + 1e-9)] = 2
        if not settle(asked, status) or room < 0 or money < -1e-6:
            return -np.inf
        status[(status == 0) & _idle(asked, status)] = 2
        total, earned = multiply(asked, status, *_prices(asked, vector))
        if vector is None:
            if not (status == 0).any():  # one plan is left, and this is what it is worth
                bound = min(bound, float(outward(total, proof["unit"])))
            break
        bound = min(bound, narrow(proof, cost, status, (total, earned), (room, money), vector))
        if bound <= as_good(proof["bound"], proof):
            return bound
    if "site" not in part:
        return bound
    halves = []
    for into, half in ((1, part["opened"]), (2, part["shut"])):
        if status[part["site"]] in (0, into):
            side = status.copy()
            side[part["site"]] = into
            halves.append(follow(asked, side, half))
    return min(bound, max(halves))


def narrow(
    proof: dict[str, Any], cost: Any, status: Any, told: Any, left: Any, vector: Any
) -> float:
    """No choice of the free sites is above it, from (L, what each earns) and the (number, money)
    left; sites that no plan better than the bound claimed can do otherwise about are settled."""
    (total, earned), (room, money) = told, left
    free = np.flatnonzero(status == 0)
    free = free[np.argsort(-earned[free], kind="stable")]
    by_number = proof["p"] is not None or proof["budget"] is None
    best, opening, shutting = chosen(earned[free], cost[free], room if by_number else None, money)
    bound = float(outward(total + best, proof["unit"]))
    # What would bring a plan below the bound claimed, or what was good enough then, is settled.
    cut = as_good(min(float(vector.get("cut", np.inf)), float(proof["bound"])), proof)
    status[free[outward(total + best - opening, proof["unit"]) <= cut]] = 2
    must = free[outward(total + best - shutting, proof["unit"]) <= cut]
    if (status[must] == 2).any():
        return min(bound, as_good(proof["bound"], proof))
    status[must] = 1
    return bound


def chosen(earned: Any, cost: Any, room: int | None, money: float) -> tuple[float, Any, Any]:
    """(What the best choice earns, what opening each loses, what shutting each loses); by falling
    earnings. So many sites; or the linear knapsack, a bound at any rate of worth for money: what is
    free is wholly in, however little money is left."""
    if room is not None:
        last = max(0.0, earned[room - 1]) if 0 < room <= len(earned) else 0.0
        following = max(0.0, earned[room]) if room < len(earned) else 0.0
        inside = (np.arange(len(earned)) < room) & (earned > 0)
        best = float(np.maximum(0.0, earned[:room]).sum())
        return best, np.where(inside, 0.0, last - earned), np.where(inside, earned - following, 0.0)
    rates = earned / np.maximum(cost, 1e-12)
    order = np.argsort(-rates, kind="stable")
    full = np.flatnonzero(np.cumsum(cost[order]) > money * (1 + 1e-12) + 1e-9)
    rate = max(0.0, rates[order[full[0]]]) if len(full) else 0.0
    gain = earned - rate * cost
    best = float(np.maximum(0.0, gain).sum()) + (rate * money if rate else 0.0)
    return best, np.maximum(0.0, -gain), np.maximum(0.0, gain)


def as_good(worth: float, proof: dict[str, Any]) -> float:
    """Without whole units plans of the same worth differ in their last digits: up to here they are
    the same."""
    return float(worth) if proof["unit"] else float(worth) + 4e-9 * abs(worth)


def outward(worth: Any, unit: float) -> Any:
    """Rounded outward; no plan lies between two whole units."""
    worth = worth + 1e-12 * abs(worth) + 1e-10
    return np.floor(worth / unit) * unit if unit else worth * (1 + 1e-9)


def _prices(asked: Asked, vector: Any) -> tuple[Any, Any, Any]:
    """Levels of the groups (the last: of those without), prices of rows and of floors."""
    if vector is None:
        # With steps there may be more groups than points: each step has its own.
        groups = 1 + max(int(group.max(initial=-1)) for _, _, _, group in asked.layers)
        return np.ones(groups + 1), np.zeros(len(asked.limit)), np.zeros(len(asked.floors))
    text = vector["level"]
    told = np.frombuffer(base64.b64decode(text[3:]), text[:3]).astype(float)
    row, floor = (np.maximum(0.0, np.array(vector[name], float)) for name in ("row", "floor"))
    if not all(np.isfinite(one).all() for one in (told, row, floor)):
        raise ValueError("a price that is no number")
    dear = np.zeros(len(asked.floors))
    dear[: min(len(floor), len(dear) - 1)] = floor[: len(dear) - 1]
    dear[asked.floors <= 0] = 0.0
    return np.append(np.maximum(told, 0.0), 1.0), row, dear


def _asked(
    weight: Any, demand: Any, site: Any, metres: Any, cost: Any, proof: dict[str, Any],
    district: Any,
) -> Asked:  # fmt: skip
    layers = []
    for number, (near, part) in enumerate(proof["layers"] or [(np.inf, 1.0)]):
        inside = np.ones(len(site), bool) if metres is None else np.asarray(metres) <= near
        group = np.maximum(-1, np.array(proof["group"][number], int))
        layers.append((demand[inside], site[inside], weight * part, group))
    floors = np.append(np.array(proof["floors"], float), 0.0)
    here = np.full(len(weight), len(floors) - 1)
    if len(floors) > 1:
        here = np.where(np.asarray(district) >= 0, district, len(floors) - 1)
    stands = np.isin(np.arange(len(cost)), proof["existing"] + proof["forced"])
    every = proof["rows"] + [
        _derived(layers, here == where, floors[where], stands, beside, delta)
        for beside, where, delta in proof.get("derived", [])
    ]
    sizes = [len(who) for who, _, _ in every]
    rows = (
        np.repeat(np.arange(len(sizes)), sizes),
        np.array([j for who, _, _ in every for j in who], int),
        np.array([a for _, much, _ in every for a in much], float),
    )
    limit = np.array([most for _, _, most in every], float)
    return Asked(layers, cost, here, floors, rows, limit, proof)


def _derived(
    layers: Any, inside: Any, floor: float, stands: Any, beside: Any, delta: float
) -> tuple[Any, Any, float]:
    """A row that a district's floor implies: what some sites leave of it the others have to do,
    each as much as it covers beside these, in multiples of delta rounded up."""
    open_then, left, covers = stands.copy(), floor, np.zeros(len(stands))
    open_then[beside] = True
    for demand, site, worth, _ in layers:
        hit = np.zeros(len(worth), bool)
        hit[demand[open_then[site]]] = True
        left -= (worth * (inside & hit)).sum()
        covers += np.bincount(site, (worth * (inside & ~hit))[demand], len(stands))
    who = np.flatnonzero((covers > 0) & ~open_then)
    if left <= 0 or not delta >= 0:
        return who, 0.0 * who, 0.0
    share, part = np.minimum(covers[who], left) / left, 1.0
    if delta:
        share, part = np.minimum(covers[who], left) / delta, (left / delta) % 1
        share = np.floor(share) + (np.minimum(1.0, share % 1 / part) if part else share % 1)
        share = share / np.ceil(left / delta)
    return who, -share, -(1 - 1e-7)
