"""Who has a union: by size, by area, by building; and what is planted to be found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from geo.sample.enterprises import INSTITUTION, ORGAN, STATE_OWNED, Whereabouts, Workforce
from geo.sample.plane import METRES_LAT, METRES_LON
from geo.sample.shape import CityShape, Flags, Floats, Ints
from geo.sample.streets import Edges
from geo.sample.units import BUILDING, COMMERCIAL, MARKET, PARK, Units

NONE, OWN, JOINT, PREPARING, UNKNOWN = range(5)
STATES = ("未建会", "已建会", "已建会", "筹建中", "")
FORMS = ("", "独立", "联合", "", "")
BANDS = np.array([5, 25, 100, 500])
_OWN = np.array([0.03, 0.11, 0.42, 0.80, 0.95])
"""Share of units with a union of their own, by band of head count."""
_JOINT_UNION = {BUILDING: 0.22, PARK: 0.40, COMMERCIAL: 0.35, MARKET: 0.50}
"""Share of organising units with a joint union."""
MOST_PLANTED, FEWEST_PLANTED = 400, 15
LEAK = 0.05  # share of a planted place that has a union all the same
STRIP = 5  # blocks of street in a planted strip


@dataclass(frozen=True)
class Planted:
    """`cluster` (rows,) number of the planted place a row belongs to, -1 for none; `facts` one
    dictionary a place."""

    cluster: Ints
    facts: list[dict[str, Any]]


@dataclass(frozen=True)
class Unions:
    """State of each row, and which joint union covers it: the number of an organising unit, or
    the number of units plus that of a subdistrict; -1 for none."""

    state: Ints
    joint: Ints
    members: Ints
    new_members: Ints
    founded: Ints  # days after 1970-01-01; -1 where there is no union


def plant(
    where: Whereabouts, work: Workforce, edges: Edges, units: Units, shape: CityShape, seed: int
) -> Planted:
    """Chooses whole units, parts of parks and stretches of street to be without unions.

    A place has 15 to 400 employer units and at least 25 employees; no two share a row, none holds
    a mass registration. Fewer are planted where the city has not enough such places.
    """
    rng = np.random.default_rng([seed, 10])
    cluster = np.full(len(where.block), -1, dtype=np.int64)
    taken = where.shell >= 0
    facts: list[dict[str, Any]] = []
    outer = _Groups(where.outer)
    building = _Groups(where.building)

    def claim(rows: Ints, **fact: Any) -> bool:
        """Plants a place unless it is unfit; says whether it did."""
        fits = FEWEST_PLANTED <= len(rows) <= MOST_PLANTED and not taken[rows].any()
        if not fits or work.employees[rows].sum() < 25:
            return False
        cluster[rows] = len(facts)
        taken[rows] = True
        facts.append(fact)
        return True

    def unit_fact(kind: str, unit: int) -> dict[str, Any]:
        return {"kind": kind, "unit": unit, "name": str(units.name[unit])}

    left = shape.planted_parts
    for unit in rng.permutation(outer.numbers):
        if left and len(outer.rows(unit)) >= 3 * FEWEST_PLANTED:
            rows = outer.rows(unit)
            part = _nearest(where.lonlat, rows, int(rng.choice(rows)), rng.uniform(0.3, 0.5))
            left -= claim(part, **unit_fact("part_of_unit", int(unit)))
            # The rest of the unit stays as it is: it must not become a whole planted unit.
            taken[rows] |= cluster[part[0]] >= 0

    left = shape.planted_units
    queue = _shuffled_together(rng, building.numbers, outer.numbers)
    for unit in queue:
        rows = (building if units.kind[unit] == BUILDING else outer).rows(unit)
        if left:
            left -= claim(rows, **unit_fact("whole_unit", int(unit)))

    left = shape.planted_strips
    on_street = (where.edge >= 0) & (where.outer < 0)
    line = np.where(edges.along_row, edges.j, edges.i)
    at = np.where(edges.along_row, edges.i, edges.j)
    stretch = (line * 2 + edges.along_row) * 10_000 + at // STRIP
    strips = _Groups(np.where(on_street, stretch[where.edge], -1))
    # Random among those long enough, else the busiest there are.
    size = np.minimum(strips.counts, FEWEST_PLANTED + 5) + rng.random(len(strips.counts))
    for number in strips.numbers[np.argsort(-size, kind="stable")]:
        if left:
            rows = strips.rows(number)
            left -= claim(
                rows, kind="street_strip", unit=-1, name="", edge=int(where.edge[rows[0]])
            )
    return Planted(cluster, facts)


def organise(
    where: Whereabouts,
    work: Workforce,
    subdistrict: Ints,
    units: Units,
    planted: Planted,
    last_day: int,
    seed: int,
) -> Unions:
    """Draws the union state of every row.

    An own union's odds depend on the head count, on the class (state-owned and public units more
    often), on a random effect of the subdistrict and one of the unit. Joint unions of buildings,
    parks, commercial districts, marketplaces cover many of the smaller units there.
    """
    rng = np.random.default_rng([seed, 11])
    n, m = len(where.block), len(units.kind)
    base = _OWN[np.searchsorted(BANDS, work.employees, side="right")]
    odds = np.log(base / (1 - base))
    area = rng.normal(0, 0.45, int(subdistrict.max()) + 1)
    place = np.append(rng.normal(0, 0.5, m), 0.0)
    odds += area[subdistrict] + place[where.unit]
    odds += np.where(np.isin(work.unit_class, (STATE_OWNED, INSTITUTION, ORGAN)), 2.2, 0.0)
    own = rng.random(n) < 1 / (1 + np.exp(-odds))

    share = np.array([_JOINT_UNION[k] for k in range(4)])
    has_joint = np.append(rng.random(m) < share[units.kind], False)
    whole = [fact["unit"] for fact in planted.facts if fact["kind"] != "street_strip"]
    has_joint[np.array(whole, dtype=np.int64)] = False
    joint = np.where(
        has_joint[where.building], where.building, np.where(has_joint[where.outer], where.outer, -1)
    )
    covered = (joint >= 0) & (work.employees < 100) & (rng.random(n) < 0.55)
    # Joint unions of small units of a whole subdistrict reach a few of the rest.
    loose = (joint < 0) & (work.employees < 25) & (rng.random(n) < 0.04)
    joint = np.where(covered, joint, np.where(loose, m + subdistrict, -1))

    state = np.where(own, OWN, np.where(joint >= 0, JOINT, NONE))
    dice = rng.random(n)
    state[(state == NONE) & (dice < 0.015)] = PREPARING
    state[dice > 0.99] = UNKNOWN
    inside = planted.cluster >= 0
    kept = rng.random(n) < LEAK
    state[inside] = np.where(kept[inside], OWN, NONE)
    state[where.shell >= 0] = NONE
    joint = np.where(state == JOINT, joint, -1)

    organised = np.isin(state, (OWN, JOINT))
    ratio = np.where(state == OWN, rng.uniform(0.7, 1.0, n), rng.uniform(0.4, 0.95, n))
    ratio[rng.random(n) < 0.012] = 1.15  # more members than employees: happens in real registers
    members = np.where(organised, np.ceil(work.employees * ratio), 0).astype(np.int64)
    new_ratio = np.where(organised, rng.uniform(0.2, 0.9, n), rng.uniform(0, 0.15, n))
    new_members = np.floor(work.new_employment * new_ratio).astype(np.int64)

    age = np.floor(rng.gamma(1.4, 2_200, n)).astype(np.int64)
    of_joint = np.floor(rng.gamma(1.4, 1_800, m + len(area) + 1)).astype(np.int64)
    age = np.where(state == JOINT, of_joint[joint], age)
    founded = np.where(organised, last_day - np.clip(age, 10, 13_000), -1)
    return Unions(state, joint, members, new_members, founded)


class _Groups:
    """Rows by number of the group they belong to; rows of -1 belong to none."""

    def __init__(self, group: Ints) -> None:
        self._order = np.argsort(group, kind="stable")
        ordered = group[self._order]
        numbers, first, counts = np.unique(ordered, return_index=True, return_counts=True)
        kept = numbers >= 0
        self.numbers, self.counts = numbers[kept], counts[kept]
        self._at = dict(
            zip(
                self.numbers.tolist(),
                zip(first[kept].tolist(), self.counts.tolist(), strict=True),
                strict=True,
            )
        )

    def rows(self, number: int) -> Ints:
        """Rows of one group."""
        first, count = self._at[int(number)]
        return self._order[first : first + count]


def _nearest(lonlat: Floats, rows: Ints, centre: int, share: float) -> Ints:
    """The given share of the rows that lie nearest to one of them."""
    metres = (lonlat[rows] - lonlat[centre]) * (METRES_LON, METRES_LAT)
    order = np.argsort(np.hypot(metres[:, 0], metres[:, 1]), kind="stable")
    return rows[order[: max(FEWEST_PLANTED, int(share * len(rows)))]]


def _shuffled_together(rng: np.random.Generator, *lists: Ints) -> Ints:
    """All items in an order in which each list has the same chance, however long it is."""
    rank = np.concatenate([rng.permutation(len(items)) for items in lists])
    return np.asarray(np.concatenate(lists)[np.argsort(rank, kind="stable")])


def unorganised(unions: Unions) -> Flags:
    """Rows that are stated to be without a union."""
    return np.asarray(unions.state == NONE)
