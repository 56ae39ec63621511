"""The bound that a certificate proves, model by model, from the raw pairs alone.

Each is weak duality: prices >= 0, whatever they are, prove something; the better the prices, the
nearer it is to the best plan. What a certificate says of who reaches whom is never believed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np

from geo.siting.centre.proof import check_centre
from geo.siting.checker import check
from geo.siting.checker_served import check_served
from geo.siting.conditions import counted_steps
from geo.siting.median.certificate import check_walk
from geo.siting.problem import (
    EXISTING,
    FORBIDDEN,
    FORCED,
    Covering,
    Demand,
    Floats,
    Longs,
    Rules,
    Sites,
)
from geo.siting.stated import layers_of, restated

Proof = Mapping[str, Any]
UNREADABLE: Final = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError,
)  # fmt: skip
"""What arithmetic makes of a certificate that is none."""


class Question(NamedTuple):
    """What was asked, in arrays."""

    model: str
    demand: Demand
    sites: Sites
    reach: Covering
    rules: Rules

    def pairs(self) -> tuple[Longs, Longs, Floats | None]:
        """(k,) demand, site and metres of all pairs within reach."""
        demand, site, metres = [], [], []
        for run in self.reach.rows(len(self.demand)):
            demand.append(np.repeat(np.arange(len(run.start) - 1), np.diff(run.start)) + run.first)
            site.append(run.site.astype(np.int64))
            metres.append(None if run.metres is None else run.metres.astype(np.float64))
        known = [one for one in metres if one is not None]
        nothing = [np.empty(0, np.int64)]
        return (
            np.concatenate(demand or nothing).astype(np.int64),
            np.concatenate(site or nothing),
            np.concatenate(known) if len(known) == len(metres) and known else None,
        )


def proved(
    question: Question, proof: Proof, opened: Longs
) -> tuple[float | None, float | None, list[str]]:
    """(value, bound, what is of another question) by the certificate checkers, for the sites
    `opened`.

    The value is NaN where the plan breaks a condition, None where it is not looked at. No bound
    (None) where the certificate states what the question does not imply.

    Raises:
        UNREADABLE: it is no certificate of so many points and sites.
    """
    model = str(proof.get("model"))
    wanted = question.model + " with capacities" * question.rules.capacities
    if model != wanted or model not in _CHECKERS:
        return None, None, ["model"]
    told, wrong = restated(question.demand, question.sites, question.rules, proof)
    if wrong:
        return None, None, wrong
    return *_CHECKERS[model](question, told | {"sites": opened.tolist()}), []


def proved_walk(question: Question, proof: Proof, covered: float) -> tuple[float | None, list[str]]:
    """The bound on what the covered walk under every plan that covers at least `covered`, by the
    certificate of a p-median in which whoever is not covered walks mu metres; and what is of
    another question. With L its bound and W all demand: L <= walk + mu (W - covered).

    Raises:
        UNREADABLE: it is no certificate of so many points and sites.
    """
    demand, sites, rules = question.demand, question.sites, question.rules
    mu = float(proof["unserved_metres"])
    if proof["model"] != "p-median" or not mu >= 0:
        return None, ["model"]
    told, wrong = restated(
        demand, sites, replace(rules, steps=(), backup=0.0, unserved_metres=mu), proof
    )
    who, where, metres = question.pairs()
    if wrong or metres is None:
        return None, wrong or ["metres"]
    share = sum((part * (metres <= np.float32(near)) for near, part in layers_of(rules)))
    inside = share > 0
    far = (metres + mu * (1.0 - share))[inside]
    _, bound = check_walk(demand.weight, who[inside], where[inside], far, sites.cost, told)
    return max(0.0, bound - mu * (float(demand.weight.sum()) - covered)), []


def _max_cover(question: Question, proof: Proof) -> tuple[float | None, float | None]:
    demand, site, metres = question.pairs()
    return check(
        question.demand.weight,
        demand,
        site,
        metres if question.rules.steps else None,
        question.sites.cost,
        dict(proof),
        question.demand.district,
    )


def _with_capacities(question: Question, proof: Proof) -> tuple[float | None, float | None]:
    demand, site, _ = question.pairs()
    # Who is served by whom belongs to the plan, not to the sites alone.
    return check_served(
        question.demand.weight,
        demand,
        site,
        question.sites.capacity,
        question.sites.cost,
        dict(proof),
    )


def _p_median(question: Question, proof: Proof) -> tuple[float | None, float | None]:
    demand, site, metres = question.pairs()
    if metres is None:
        return None, None
    _, bound = check_walk(
        question.demand.weight,
        demand,
        site,
        metres,
        question.sites.cost,
        dict(proof),
        question.sites.capacity if question.rules.capacities else None,
    )
    return None, bound


def _set_cover(question: Question, proof: Proof) -> tuple[float | None, float | None]:
    """Min sum c x, z_i <= sum of x that reach i, targets on sum w z: with prices of being reached
    and duties of the targets, L = sum duty T + sum_j min(0, c_j - earned_j)
    + sum_i min(0, price_i - w_i duty_i)."""
    demand, site, metres = question.pairs()
    weight, district = question.demand.weight, question.demand.district
    cost, fixed = question.sites.cost, question.sites.fixed
    kept = (fixed == FORCED) | (fixed == EXISTING)
    usable = fixed != FORBIDDEN
    rules = question.rules
    earned = np.zeros(len(cost))
    constant = covered = reachable = 0.0
    # A floor may be of a district where nobody is, only candidates.
    floors = np.zeros(1 + max([int(district.max(initial=-1)), *rules.district_least_share]))
    for name, share in rules.district_least_share.items():
        floors[name] = share * weight[district == name].sum()
    duty = np.maximum(
        0.0, np.append(np.array(proof["duty"], np.float64), np.zeros(len(floors) + 1))
    )
    whole = bool(proof["whole"])
    layers = layers_of(replace(rules, steps=counted_steps("set-cover", rules)))
    for number, (near, part) in enumerate(layers):
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
    bound = max(0.0, bound - 1e-9 * max(1.0, abs(bound)))
    if len(cost) and (cost % 1 == 0).all():  # no plan costs something in between
        unit = max(1, int(np.gcd.reduce(cost[free].astype(np.int64), initial=0)))
        bound = float(np.ceil(bound / unit - 1e-7) * unit)
    return None, float(cost[fixed == FORCED].sum()) + bound


def _spread(group: Longs, price: Floats, weight: Floats, reached: Any) -> Floats:
    """The price of a group among its points, by their weight."""
    known = reached & (group >= 0)
    whole = np.bincount(group[known], weight[known], minlength=len(price))
    part = np.zeros(len(weight))
    part[known] = price[group[known]] * weight[known] / whole[group[known]]
    return np.maximum(0.0, part)


def _p_centre(question: Question, proof: Proof) -> tuple[float | None, float | None]:
    demand, site, metres = question.pairs()
    if metres is None:
        return None, None
    weight, fixed = question.demand.weight, question.sites.fixed
    return None, check_centre(weight, demand, site, metres, fixed, dict(proof))


_CHECKERS: Final[
    Mapping[str, Callable[[Question, Proof], tuple[float | None, float | None]]]
] = {
    "max-cover": _max_cover,
    "max-cover with capacities": _with_capacities,
    "set-cover": _set_cover,
    "p-median": _p_median,
    "p-median with capacities": _p_median,
    "p-centre": _p_centre,
}  # fmt: skip
