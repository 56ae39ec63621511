"""Check an answer within capacities with nothing but its raw pairs, as :mod:`geo.siting.checker`
does where there is room everywhere, and as plain.

Weak duality: whoever is served pays a price from 0 to 1 for each person and leaves the rest to the
site, which takes who pays best, up to its room. Cuts round what a quarter's sites serve together:
of the people S of some groups, D in all, those that sites J do not serve and what these have room
for are D at least; so in steps of d, with e = ceil(D / d) and r = D - (e - 1) d, by mixed-integer
rounding,

    sum_{S, J} f_gj - sum_J t_j x_j <= D - r e,   t_j = r floor(c_j / d) + min(r, c_j mod d),

c_j being the room of j, or those of S whom it reaches where these are fewer. They hold for any S, J
and d; the pairs inside pay for them. Plans are split by how many of some sites are open.
"""

from __future__ import annotations

import base64
from typing import Any, NamedTuple

import numpy as np

from geo.siting.checker import UNSURE, as_good, check, narrow


class Asked(NamedTuple):
    """The question: points with their groups, pairs, sites, and conditions and cuts as stated:
    (sites, what each counts for, limit), of a cut also the pairs inside."""

    weight: Any
    group: Any
    demand: Any
    site: Any
    capacity: Any
    cost: Any
    rows: list[tuple[Any, Any, float]]
    cuts: list[tuple[Any, Any, float, Any]]
    proof: dict[str, Any]


def check_served(
    weight: Any, demand: Any, site: Any, capacity: Any, cost: Any, proof: dict[str, Any]
) -> tuple[float, float]:
    """(value, bound) as :func:`geo.siting.checker.check` has them; the value is the sum of who is
    served by whom, NaN where somebody is served twice, out of reach, above a capacity or against a
    condition."""
    capacity, cost = np.asarray(capacity, float), np.asarray(cost, float)
    group = np.maximum(-1, np.array(proof["group"], int))
    rows = [(np.array(some, int), np.array(each), most) for some, each, most in proof["rows"]]
    asked = Asked(weight, group, demand, site, capacity, cost, rows, [], proof)
    asked.cuts.extend(_cut(asked, *one) for one in proof.get("cuts", []))
    status = np.zeros(len(cost), int)
    status[proof["forbidden"]] = 2
    status[np.array(proof["existing"] + proof["forced"], int)] = 1
    first = {"price": proof["price"], "row": proof["row"], "cuts": [], "splits": []}
    bound = follow(asked, status, {"vectors": [first]}, [])
    if "parts" in proof:
        # What was settled on the way is no better than the bound claimed.
        claimed = as_good(proof["bound"], proof)
        bound = min(bound, max(claimed, follow(asked, status, proof["parts"], [])))
    if "roomy" in proof:  # no plan serves more than the best covers where there is room everywhere
        bound = min(bound, check(weight, demand, site, None, cost, proof["roomy"])[1])
    return _served(asked), bound


def _served(asked: Asked) -> float:
    """What the plan serves; NaN where it is none."""
    proof, cost, group, count = asked.proof, asked.cost, asked.group, len(asked.cost)
    old = np.array(proof["existing"], int)
    new = np.setdiff1d(np.array(proof["sites"], int), old)
    stands = np.isin(np.arange(count), np.concatenate((old, new)))
    groups = len(proof["price"])
    people = np.bincount(group[group >= 0], asked.weight[group >= 0], minlength=groups)
    flow = np.array(proof["served"], float).reshape(-1, 3)
    who, where, much = flow[:, 0].astype(int), flow[:, 1].astype(int), flow[:, 2]
    members = np.bincount(group[group >= 0], minlength=groups)
    inside = group[asked.demand] >= 0
    pair = group[asked.demand][inside] * count + asked.site[inside]
    reached = np.bincount(pair, minlength=groups * count)
    fits = (
        (reached[who * count + where] == members[who]).all()
        and stands[where].all()
        and (np.bincount(who, much, groups) <= people + 1e-6).all()
        and (np.bincount(where, much, count) <= asked.capacity + 1e-6).all()
        and (proof["p"] is None or len(new) <= proof["p"])
        and (proof["budget"] is None or cost[new].sum() <= proof["budget"] * (1 + 1e-9))
        and all(each[np.isin(some, new)].sum() <= most + 1e-9 for some, each, most in asked.rows)
    )
    return float(much.sum()) if fits else np.nan


def _cut(asked: Asked, who: Any, whom: Any, size: float) -> tuple[Any, Any, float, Any]:
    """What some sites serve of some groups, in steps of that size."""
    who, group, demand, site = np.unique(np.array(who, int)), asked.group, asked.demand, asked.site
    if not size > 0:
        raise ValueError("a size of nothing")
    meant = np.isin(group, whom) & (group >= 0)
    pairs = np.flatnonzero(meant[demand] & np.isin(site, who))
    total = asked.weight[meant].sum()
    times = max(1.0, np.ceil(total / size - 1e-9))
    rest = max(0.0, total - (times - 1) * size)
    reached = np.bincount(site[pairs], asked.weight[demand[pairs]], len(asked.cost))[who]
    room = np.minimum(asked.capacity[who], reached)
    whole = np.floor(room / size)
    takes = rest * whole + np.minimum(rest, room - size * whole)
    return who, takes, total - rest * times, pairs


def multiply(asked: Asked, status: Any, vector: Any, path: Any) -> tuple[float, Any]:
    """(L, what each site earns): with these sites open (1), shut (2) or free (0) no plan serves
    more than L and the best choice of earnings."""
    weight, demand, site = asked.weight, asked.demand, asked.site
    price = vector["price"]
    if isinstance(price, str):
        price = np.frombuffer(base64.b64decode(price[3:]), price[:3]).astype(float)
    # Whoever is in no group pays in full: 1 a person.
    price = np.clip(np.append(price, 1.0), 0.0, 1.0)
    if not np.isfinite(price).all() or len(price) <= asked.group.max(initial=-1) + 1:
        raise ValueError("a price that is no number, or none")
    pays, earned = price[asked.group][demand], np.zeros(len(asked.cost))
    dear = np.maximum(0.0, np.array(vector["row"], float))
    stated = [(*row, paid) for row, paid in zip(asked.rows, dear, strict=True)]
    for number, much in vector["splits"]:
        who, sign, most = path[number]
        stated.append((who, sign * np.ones(len(who)), most, max(0.0, much)))
    for number, much in vector["cuts"]:
        who, takes, most, pairs = asked.cuts[number]
        pays[pairs] += max(0.0, much)
        stated.append((who, -takes, most, max(0.0, much)))
    can = np.bincount(demand[status[site] != 2], minlength=len(weight)) > 0
    total = float((weight * price[asked.group])[can].sum())
    for who, each, most, paid in stated:
        earned[who] -= paid * each
        # Where dear prices cancel each other, what is left is as unsure as they are large.
        total += paid * most + UNSURE * paid * (abs(most) + np.abs(each).sum())
    order = np.lexsort((pays, site))
    ends = np.searchsorted(site[order], np.arange(len(earned) + 1))
    for j in np.flatnonzero(status != 2):  # what pays best first, up to the capacity
        mine = order[ends[j] : ends[j + 1]]
        much = weight[demand[mine]]
        serve = np.clip(asked.capacity[j] - (np.cumsum(much) - much), 0.0, much)
        earned[j] += (serve * np.maximum(0.0, 1.0 - pays[mine])).sum()
    return total + float(earned[status == 1].sum()), earned


def follow(asked: Asked, status: Any, part: dict[str, Any], path: Any) -> float:
    """No plan of this part of all plans is above it; `path`: the splits it keeps to, as sites, sign
    and limit."""
    cost, proof, bound, status = asked.cost, asked.proof, np.inf, status.copy()
    standing = np.isin(np.arange(len(cost)), proof["existing"])
    for vector in part["vectors"]:
        new = (status == 1) & ~standing
        room = len(cost) if proof["p"] is None else proof["p"] - int(new.sum())
        money = np.inf if proof["budget"] is None else proof["budget"] - cost[new].sum()
        if room < 0 or money < -1e-6:
            return -np.inf
        if room == 0:
            status[status == 0] = 2
        status[(status == 0) & (cost > money * (1 + 1e-9) + 1e-9)] = 2
        total, earned = multiply(asked, status, vector, path)
        bound = min(bound, narrow(proof, cost, status, (total, earned), (room, money), vector))
        if bound <= as_good(proof["bound"], proof):
            return bound
    if "who" not in part:
        return bound
    who, most = np.unique(np.array(part["who"], int)), float(np.floor(part["most"]))
    halves = []
    for sign, limit, half in ((1.0, most, part["fewer"]), (-1.0, -most - 1.0, part["more"])):
        if len(who) > 1:
            halves.append(follow(asked, status, half, [*path, (who, sign, limit)]))
            continue
        into = 2 if sign > 0 else 1
        if most != 0:
            raise ValueError("a site is open or shut")
        if status[who[0]] in (0, into):
            side = status.copy()
            side[who[0]] = into
            halves.append(follow(asked, side, half, path))
    return min(bound, max(halves, default=-np.inf))
