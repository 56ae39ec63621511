"""The bound that a certificate proves, model by model, from the raw pairs alone.

Each is weak duality: prices >= 0, whatever they are, prove something; the better the prices, the
nearer it is to the best plan. What a certificate says of who reaches whom is never believed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from geo.siting.checker import check, check_served
from geo.siting.files.load import Problem
from geo.siting.files.serving import pairs_of
from geo.siting.median.certificate import check_walk
from geo.siting.merge import layers_of
from geo.siting.problem import EXISTING, FORBIDDEN, FORCED, Floats, Longs

Proof = Mapping[str, Any]


def proved(problem: Problem, proof: Proof, opened: Longs) -> tuple[float | None, float | None]:
    """(value, bound) by the certificate checkers, for the sites `opened`; the value is NaN where
    the plan breaks a condition that the certificate states, None where it is not looked at. No
    bound (None) where the certificate is of a model that has no checker."""
    checker = _CHECKERS.get(str(proof.get("model")))
    if checker is None:
        return None, None
    return checker(problem, {**proof, "sites": opened.tolist()})


def _max_cover(problem: Problem, proof: Proof) -> tuple[float | None, float | None]:
    demand, site, metres = pairs_of(problem)
    return check(
        problem.demand.weight,
        demand,
        site,
        metres if problem.question.steps else None,
        problem.sites.cost,
        dict(proof),
        problem.demand.district,
    )


def _with_capacities(problem: Problem, proof: Proof) -> tuple[float | None, float | None]:
    demand, site, _ = pairs_of(problem)
    # Who is served by whom belongs to the plan, not to the sites alone.
    return check_served(
        problem.demand.weight,
        demand,
        site,
        problem.sites.capacity,
        problem.sites.cost,
        dict(proof),
    )


def _p_median(problem: Problem, proof: Proof) -> tuple[float | None, float | None]:
    demand, site, metres = pairs_of(problem)
    if metres is None or problem.rules.capacities:
        return None, None
    _, bound = check_walk(
        problem.demand.weight, demand, site, metres, problem.sites.cost, dict(proof)
    )
    return None, bound


def _set_cover(problem: Problem, proof: Proof) -> tuple[float | None, float | None]:
    """Min sum c x, z_i <= sum of x that reach i, targets on sum w z: with prices of being reached
    and duties of the targets, L = sum duty T + sum_j min(0, c_j - earned_j)
    + sum_i min(0, price_i - w_i duty_i)."""
    demand, site, metres = pairs_of(problem)
    weight, district = problem.demand.weight, problem.demand.district
    cost, fixed = problem.sites.cost, problem.sites.fixed
    kept = (fixed == FORCED) | (fixed == EXISTING)
    usable = fixed != FORBIDDEN
    rules = problem.rules
    earned = np.zeros(len(cost))
    constant = covered = reachable = 0.0
    floors = np.zeros(1 + int(district.max(initial=-1)))
    for name, share in rules.district_least_share.items():
        floors[name] = share * weight[district == name].sum()
    duty = np.maximum(
        0.0, np.append(np.array(proof["duty"], np.float64), np.zeros(len(floors) + 1))
    )
    whole = bool(proof["whole"])
    for number, (near, part) in enumerate(layers_of(rules)):
        inside = np.ones(len(site), np.bool_) if metres is None else metres <= np.float32(near)
        d, s, w = demand[inside], site[inside], weight * part
        served = np.bincount(d[kept[s]], minlength=len(w)) > 0
        reached = (np.bincount(d[usable[s]], minlength=len(w)) > 0) & ~served & (w > 0)
        covered += w[served].sum()
        reachable += w[reached].sum()
        known = served & (district >= 0)
        floors -= np.bincount(district[known], w[known], minlength=len(floors))
        group = np.array(proof["group"][number], np.int64)
        price = _spread(group, np.array(proof["price"], np.float64), w, reached)
        earned += np.bincount(s, price[d], minlength=len(cost))
        if whole:
            constant += price.sum()
            continue
        owes = duty[0] + np.where(district >= 0, duty[1 + np.maximum(district, 0)], 0.0)
        constant += np.minimum(0.0, price - w * owes)[reached].sum()
    total = 0.0 if rules.share is None else rules.share * float(weight.sum())
    if whole:
        asked = rules.share is not None or bool(rules.district_least_share)
        if asked and total - covered < reachable * (1 - 1e-9):
            return None, None
    else:
        constant += duty[0] * max(0.0, total - covered)
        constant += float((duty[1 : 1 + len(floors)] * np.maximum(0.0, floors)).sum())
    free = fixed == 0
    bound = constant + float(np.minimum(0.0, cost - earned)[free].sum())
    return None, float(cost[fixed == FORCED].sum()) + max(0.0, bound)


def _spread(group: Longs, price: Floats, weight: Floats, reached: Any) -> Floats:
    """The price of a group among its points, by their weight."""
    known = reached & (group >= 0)
    whole = np.bincount(group[known], weight[known], minlength=len(price))
    part = np.zeros(len(weight))
    part[known] = price[group[known]] * weight[known] / whole[group[known]]
    return np.maximum(0.0, part)


def _p_centre(problem: Problem, proof: Proof) -> tuple[float | None, float | None]:
    """At a walk of `proved_at` the points' prices, each site owing at most 1, need more than p
    sites: so the longest walk is at least the next distance there is."""
    demand, site, metres = pairs_of(problem)
    fixed, near = problem.sites.fixed, float(proof["proved_at"])
    if metres is None or problem.rules.p is None:
        return None, None
    usable = fixed[site] != FORBIDDEN
    demand, site, metres = demand[usable], site[usable], metres[usable]
    weighty = problem.demand.weight > 0
    inside = metres <= near
    kept = (fixed == FORCED) | (fixed == EXISTING)
    price = np.maximum(0.0, np.array(proof["price"], np.float64))
    price[~weighty] = 0.0
    price[demand[inside & kept[site]]] = 0.0
    # Whoever nobody reaches is left out.
    price[np.bincount(demand, minlength=len(price)) == 0] = 0.0
    owed = np.bincount(site[inside], price[demand[inside]], minlength=len(fixed))
    needs = price.sum() - np.maximum(0.0, owed - 1.0)[fixed == 0].sum()
    if not needs > problem.rules.p - int((fixed == FORCED).sum()):
        return None, 0.0
    beyond = metres[(metres > near) & weighty[demand]]
    return None, float(beyond.min(initial=np.inf))


_CHECKERS: Final[
    Mapping[str, Callable[[Problem, Proof], tuple[float | None, float | None]]]
] = {
    "max-cover": _max_cover,
    "max-cover with capacities": _with_capacities,
    "set-cover": _set_cover,
    "p-median": _p_median,
    "p-centre": _p_centre,
}  # fmt: skip
