"""Whether what a certificate states follows from the question itself.

The checkers multiply out; this says what they may multiply. Everything that the question knows is
derived anew from it, in plain numpy and without the solvers' code: who is forced, forbidden or
there, numbers and budgets, steps, the least shares of districts, the unit between two plans. Rows
are the one thing that is taken from the certificate, since its prices are told in their order: each
has to be implied by the question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
from scipy.spatial import cKDTree

from geo.siting.problem import (
    EXISTING,
    FORBIDDEN,
    FORCED,
    FREE,
    Bools,
    Demand,
    Floats,
    Longs,
    Rules,
    Sites,
)

UNITS: Final = (1.0, 0.5, 0.25, 0.125)
NEAR: Final = 1e-9


def restated(
    demand: Demand, sites: Sites, rules: Rules, proof: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """A certificate with everything in it that the question knows told by the question, and the
    names of what it stated otherwise or without ground.

    Raises:
        ValueError, TypeError, KeyError, IndexError: it is no certificate of so many points and
            sites.
    """
    wrong: list[str] = []
    _check_numbers(proof)
    known: dict[str, Any] = {
        "existing": np.flatnonzero(sites.fixed == EXISTING).tolist(),
        "forced": np.flatnonzero(sites.fixed == FORCED).tolist(),
        "forbidden": np.flatnonzero(sites.fixed == FORBIDDEN).tolist(),
        "p": rules.p,
        "budget": rules.budget,
        "backup": rules.backup,
        "layers": layers_of(rules) if rules.steps else None,
        "share": rules.share,
        "unserved_metres": rules.unserved_metres,
    }
    wrong += [name for name, value in known.items() if name in proof and proof[name] != value]
    told = dict(proof) | known
    if "floors" in proof:
        floors = _floors(demand, rules, len(proof["floors"]))
        if not np.allclose(proof["floors"], floors, rtol=NEAR, atol=NEAR):
            wrong.append("floors")
        told["floors"] = floors.tolist()
    if proof.get("unit"):
        told["unit"] = _unit(demand, sites, rules, float(proof["unit"]))
    if "instead" in proof and proof["instead"] and not _alike(rules):
        wrong.append("instead")
    if "roomy" in proof and not rules.capacities:
        wrong.append("roomy")
    elif "roomy" in proof:
        told["roomy"], also = restated(
            demand, sites, replace(rules, capacities=False), proof["roomy"]
        )
        wrong += [name for name in also if name not in wrong]
    if "rows" in proof and not rows_implied(sites, rules, proof["rows"]):
        wrong.append("rows")
    for group in _by_layer(proof.get("group", [])):
        of = np.array(group, np.int64)
        # Below 0 is whoever is in no group, for whatever reason.
        if len(of) != len(demand) or (of > len(demand) * len(layers_of(rules))).any():
            wrong.append("group")
    return told, wrong


def _check_numbers(value: Any) -> None:
    """No number of a certificate is infinite or none: comparisons with such a one say nothing."""
    if isinstance(value, float) and not np.isfinite(value):
        raise ValueError(value)
    if isinstance(value, Mapping):
        for one in value.values():
            _check_numbers(one)
    elif isinstance(value, list):
        plain = [one for one in value if not isinstance(one, list | Mapping)]
        if any(isinstance(one, float) for one in plain) and not np.isfinite(plain).all():
            raise ValueError(plain)
        if len(plain) < len(value):
            for one in value:
                _check_numbers(one)


def _by_layer(group: list[Any]) -> list[Any]:
    return [group] if group and isinstance(group[0], int) else group


def layers_of(rules: Rules) -> list[list[float]]:
    """Metres of each step, and what being within counts for beyond the next one."""
    if not rules.steps:
        return [[float("inf"), 1.0]]
    after = [share for _, share in rules.steps[1:]] + [0.0]
    return [
        [metres, share - less] for (metres, share), less in zip(rules.steps, after, strict=True)
    ]


def _floors(demand: Demand, rules: Rules, districts: int) -> Floats:
    floors = np.zeros(districts)
    for district, share in rules.district_least_share.items():
        people = float(demand.weight[demand.district == district].sum())
        # Of a district where nobody is, only candidates, a certificate may have no place.
        if people or district < districts:
            floors[district] = share * people
    return floors


def _unit(demand: Demand, sites: Sites, rules: Rules, stated: float) -> float:
    """No plan's worth lies between two multiples of it; 0: any may."""
    parts = [part for _, part in layers_of(rules)]
    worths = [demand.weight * part * again for part in parts for again in (1.0, rules.backup)]
    if rules.capacities and sites.capacity is not None:
        # Flows are whole where everything is.
        worths.append(np.where(np.isfinite(sites.capacity), sites.capacity, 0.0))
    for unit in UNITS:
        if unit <= stated and all(bool((worth % unit == 0).all()) for worth in worths):
            return unit
    return 0.0


def _alike(rules: Rules) -> bool:
    """Whether no condition tells sites apart but their cost, and nobody counts twice, so that one
    may stand in for another."""
    return not (
        rules.backup
        or rules.keep_apart
        or rules.district_least_sites
        or rules.open_24h_least
        or rules.per_chain_most is not None
        or rules.capacities
    )


def rows_implied(sites: Sites, rules: Rules, rows: list[Any]) -> bool:
    """Whether every row [sites, coefficients, limit] over the free sites holds for every plan that
    the question allows."""
    shut = too_near_to_stand(sites, rules)
    shut[sites.fixed != FREE] = True
    place = placed(sites)
    asked = rows_of(sites, rules)
    for who, much, limit in rows:
        one, a = np.array(who, np.int64), np.array(much, np.float64)
        if len(one) != len(a) or len(np.unique(one)) != len(one) or (one < 0).any():
            return False
        if (sites.fixed[one] != FREE).any():
            return False
        one, a = one[~shut[one]], a[~shut[one]]
        if np.maximum(a, 0.0).sum() <= limit + NEAR:
            continue
        if len(one) == 2 and rules.spacing == "forbid" and (a <= 1.0).all() and limit >= 1.0:
            apart = float(np.linalg.norm(place[one[0]] - place[one[1]]))
            if apart < rules.spacing_metres * (1 + NEAR):
                continue
        if not any(_weaker(one, a, limit, shut, *row) for row in asked):
            return False
    return True


def _weaker(
    who: Longs, much: Floats, limit: float, shut: Bools, every: Floats, most: float
) -> bool:
    """Whether a row says no more than one of the question: no coefficient is greater, nobody who
    helps is left out, and the limit is no less."""
    above = much > every[who] + NEAR * np.maximum(1.0, np.abs(every[who]))
    if limit < most - NEAR * max(1.0, abs(most)) or above.any():
        return False
    rest = np.where(shut, 0.0, every)
    rest[who] = 0.0
    return bool((rest >= 0).all())


def rows_of(sites: Sites, rules: Rules) -> list[tuple[Floats, float]]:
    """(coefficient of every site, limit) of what the question asks of the free sites, besides how
    far they stand apart; what stands already is taken off the limit."""
    forced, existing = sites.fixed == FORCED, sites.fixed == EXISTING
    standing = forced | existing
    rows = []
    if rules.p is not None:
        rows.append((np.ones(len(sites)), float(rules.p - forced.sum())))
    if rules.budget is not None:
        rows.append((sites.cost, rules.budget - float(sites.cost[forced].sum())))
    if rules.per_chain_most is not None:
        for chain in np.unique(sites.chain[sites.chain >= 0]):
            mine = sites.chain == chain
            rows.append((mine * 1.0, float(rules.per_chain_most - (mine & forced).sum())))
    least = [(sites.district == d, number) for d, number in rules.district_least_sites.items()]
    for mine, number in [(sites.open_24h, rules.open_24h_least), *least]:
        rows.append((mine * -1.0, float((mine & standing).sum() - number)))
    return rows


def placed(sites: Sites) -> Floats:
    """(m, 2 or 3) metres: in the plane as given, or from the centre of the ellipsoid WGS 84."""
    if not sites.degrees:
        return np.column_stack((sites.x, sites.y))
    lon, lat = np.radians(sites.x), np.radians(sites.y)
    flat = 1 / 298.257223563
    squared = flat * (2 - flat)
    normal = 6_378_137.0 / np.sqrt(1 - squared * np.sin(lat) ** 2)
    level = normal * np.cos(lat)
    return np.column_stack(
        (level * np.cos(lon), level * np.sin(lon), (1 - squared) * normal * np.sin(lat))
    )


def too_near_to_stand(sites: Sites, rules: Rules) -> Bools:
    """(m,) free sites nearer to one that stands than the question allows."""
    shut = np.zeros(len(sites), np.bool_)
    if not rules.keep_apart:
        return shut
    place = placed(sites)
    known = np.isfinite(place).all(axis=1)
    stands = known & ((sites.fixed == FORCED) | (sites.fixed == EXISTING))
    free = np.flatnonzero(known & (sites.fixed == FREE))
    if stands.any() and len(free):
        apart, _ = cKDTree(place[stands]).query(place[free])
        shut[free] = apart < rules.spacing_metres * (1 + NEAR)
    return shut


def standing_with(sites: Sites, opened: Longs) -> Longs:
    """All sites that are open, ascending: new ones with those of today."""
    both: Longs = np.union1d(opened, np.flatnonzero(sites.fixed == EXISTING)).astype(np.int64)
    return both


def broken_spacing(sites: Sites, rules: Rules, opened: Longs) -> list[tuple[int, int]]:
    """Pairs of a plan, or of a site of it and one that is there, nearer than asked for."""
    if not rules.spacing_metres:
        return []
    place = placed(sites)
    both = standing_with(sites, opened)
    both = both[np.isfinite(place[both]).all(axis=1)]
    pairs = cKDTree(place[both]).query_pairs(rules.spacing_metres, output_type="ndarray")
    a, b = both[pairs[:, 0]], both[pairs[:, 1]]
    apart = np.linalg.norm(place[a] - place[b], axis=1) < rules.spacing_metres * (1 - NEAR)
    new = np.isin(a, opened) | np.isin(b, opened)
    found: list[tuple[int, int]] = list(
        zip(a[apart & new].tolist(), b[apart & new].tolist(), strict=True)
    )
    return found
