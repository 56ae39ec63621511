"""Demand with equal covering sets becomes one group: exact, and the whole story of scale.

A covering set is known by a 128-bit sum of random words of its candidates (Zobrist, 1970): two
different ones meet with a chance of some G² / 2¹²⁸. Existing and forced sites are folded in: what
they cover leaves the problem. (Isomorphic aggregation and domination: Chen et al., EJOR 311, 2023.)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from geo.compiled import by_key
from geo.errors import Invalid
from geo.siting.model.laying import BEYOND, count, dominators_of, lay, thin
from geo.siting.problem import (
    EXISTING,
    FORCED,
    FREE,
    Bools,
    Bytes,
    Covering,
    Demand,
    Floats,
    Ints,
    Longs,
    Rules,
    Sites,
)

UNITS: Final = (1.0, 0.5, 0.25, 0.125)
MOST_EXACT: Final = 2.0**50


@dataclass(frozen=True, eq=False)
class Merged:
    """G groups of demand and the k candidates that are still free.

    Attributes:
        candidates: (k,) positions among the sites given.
        start, group: groups of each candidate (CSR), ascending.
        row, column: candidates of each group (CSR), ascending.
        first, second: (G,) what being covered once is worth, and what a second time adds.
        counted: (G,) the part of `first` that counts towards a district's least share.
        district: (G,) int32, -1 where districts do not matter.
        cost: (k,) of the candidates.
        base: what is covered by the sites kept. base_district: (D,) of each district, counted.
        unit: every plan's value is a multiple of it; 0 where that is not so.
        whole: candidates that cover nothing stay, since a rule may want them for their own sake.
        of: (layers, n) group of each row merged, per step of coverage; or SERVED or BEYOND.
    """

    candidates: Ints
    start: Longs
    group: Ints
    row: Longs
    column: Ints
    first: Floats
    second: Floats
    counted: Floats
    district: Ints
    cost: Floats
    base: float
    base_district: Floats
    unit: float
    whole: bool
    of: Ints

    def __len__(self) -> int:
        return len(self.first)

    def value(self, opened: Longs) -> float:
        """Of a plan, by positions among the k candidates, the base included."""
        times = covered(self, opened)
        worth = self.first[times >= 1].sum() + self.second[times >= 2].sum()
        return float(self.base + worth)

    def local(self, sites: Longs) -> Longs:
        """Positions among the k candidates of positions among all sites; others are left out."""
        found: Longs = np.flatnonzero(np.isin(self.candidates, sites)).astype(np.int64)
        return found


def covered(merged: Merged, opened: Longs) -> Ints:
    """(G,) how many of some open candidates cover each group."""
    return count(merged.start, merged.group, opened.astype(np.int64), len(merged))


def layers_of(rules: Rules) -> list[tuple[float, float]]:
    """(metres, share) of each step of coverage as layers that add up: within the first step all of
    them count, within the last only one. Max cover by steps is thereby plain max cover."""
    if not rules.steps:
        return [(float("inf"), 1.0)]
    shares = [share for _, share in rules.steps] + [0.0]
    return [
        (metres, shares[number] - shares[number + 1])
        for number, (metres, _) in enumerate(rules.steps)
    ]


def merge(demand: Demand, sites: Sites, covering: Covering, rules: Rules) -> Merged:
    """Merge n demand points and m sites into groups.

    Raises:
        Invalid: the rules ask for steps and the pairs have no distances.

    Cost: some 15 ns a pair, streamed run by run; 4 bytes a point and layer are kept.
    """
    kept = (sites.fixed == FORCED) | (sites.fixed == EXISTING)
    role = np.where(kept, 1, np.where(sites.fixed == FREE, 0, 2)).astype(np.int8)
    layers = layers_of(rules)
    join = bool(rules.district_least_share)
    districts = 1 + max(
        int(demand.district.max(initial=-1)), max(rules.district_least_share, default=-1)
    )
    table = _Table(len(sites), districts)
    of = np.full((len(layers), len(demand)), BEYOND, np.int32)
    for run in covering.rows(len(demand)):
        stop = run.first + len(run.start) - 1
        weight = demand.weight[run.first : stop]
        district = demand.district[run.first : stop]
        if rules.steps and run.metres is None:
            raise Invalid(
                "分级覆盖需要距离。 Steps of coverage need distances.",
                remedy="提供带距离的可达关系。 Give the distance of each pair.",
                field="steps",
            )
        for layer, (metres, share) in enumerate(layers):
            if share <= 0:
                continue
            start, site = run.start, run.site
            if rules.steps and run.metres is not None:
                near = run.metres <= np.float32(metres)
                sums = np.zeros(len(near) + 1, np.int64)
                np.cumsum(near, out=sums[1:])
                start, site = sums[start], site[near]
            worth = weight * share
            of[layer, run.first : stop] = table.add(
                start,
                site,
                role,
                worth,
                worth * rules.backup,
                worth,
                district if join else np.full(len(weight), -1, np.int32),
                district,
            )
    whole = bool(rules.open_24h_least or rules.district_least_sites)
    return table.finish(np.arange(len(sites), dtype=np.int32), role, sites.cost, of, whole=whole)


def reduced(merged: Merged, keep: Bools, opened: Bools) -> Merged:
    """The same problem with only the candidates `keep`, those `opened` folded in; merged again.
    `of` is then (1, G): the new group of each old one."""
    role = np.where(opened, 1, np.where(keep, 0, 2)).astype(np.int8)
    table = _Table(len(keep), len(merged.base_district))
    table.base[0] = merged.base
    table.base_district[:] = merged.base_district
    of = table.add(
        merged.row,
        merged.column,
        role,
        merged.first,
        merged.second,
        merged.counted,
        merged.district,
        merged.district,
    )
    found = table.finish(merged.candidates, role, merged.cost, of[None, :], whole=merged.whole)
    # What is left may be of larger units; a certificate knows that of the whole alone.
    return replace(found, unit=merged.unit)


def thinned(merged: Merged, keep: Bools, opened: Bools) -> Merged:
    """As :func:`reduced`, but groups that have become alike stay apart: quicker where few
    candidates go."""
    role = np.where(opened, 1, np.where(keep, 0, 2)).astype(np.int8)
    base, base_district = np.array([merged.base]), merged.base_district.copy()
    of, row, column, worth = thin(
        merged.row,
        merged.column,
        role,
        merged.first,
        merged.second,
        merged.counted,
        merged.district,
        base,
        base_district,
    )
    useful = np.bincount(column, minlength=len(role)) > 0
    if merged.whole:
        useful |= role == 0
    column = (np.cumsum(useful, dtype=np.int32) - np.int32(1))[column]
    start, group = _turned(row, column, int(useful.sum()))
    return Merged(
        candidates=merged.candidates[useful],
        start=start,
        group=group,
        row=row,
        column=column,
        first=worth[:, 0].copy(),
        second=worth[:, 1].copy(),
        counted=worth[:, 2].copy(),
        district=merged.district[of >= 0],
        cost=merged.cost[useful],
        base=float(base[0]),
        base_district=base_district,
        unit=merged.unit,
        whole=merged.whole,
        of=of[None, :],
    )


def _turned(row: Longs, column: Ints, sites: int) -> tuple[Longs, Ints]:
    """Rows of candidates the other way round: groups of each candidate."""
    owner = np.repeat(np.arange(len(row) - 1, dtype=np.int32), np.diff(row))
    start, order = by_key(column, sites)
    return start, owner[order]


def dominators(merged: Merged) -> Ints:
    """(k,) for each candidate the one that covers all it covers at no more cost, or -1.

    A dominator is never dominated itself. Valid where only coverage once and cost matter.
    """
    return dominators_of(merged.start, merged.group, merged.row, merged.column, merged.cost)


class _Table:
    """Groups by the hash of their covering set, growing run by run."""

    def __init__(self, sites: int, districts: int) -> None:
        words = np.random.default_rng(20_250_501).integers(
            1, 2**64 - 1, (sites + districts + 1, 2), np.uint64
        )
        self.sites = sites
        self.words = words
        self.key = np.zeros((1024, 2), np.uint64)
        self.slot = np.full(1024, -1, np.int32)
        self.count = 0
        self.row = np.zeros(1025, np.int64)
        self.column = np.empty(4096, np.int32)
        self.worth = np.zeros((1024, 3))
        self.district = np.empty(1024, np.int32)
        self.base = np.zeros(1)
        self.base_district = np.zeros(districts)

    def add(
        self,
        start: Longs,
        site: Ints,
        role: Bytes,
        first: Floats,
        second: Floats,
        counted: Floats,
        key_district: Ints,
        district: Ints,
    ) -> Ints:
        """Lay rows into groups; returns the group of each."""
        laid = lay(
            start,
            site,
            role,
            first,
            second,
            counted,
            key_district,
            district,
            self.words,
            self.sites,
            self.key,
            self.slot,
            self.count,
            self.row,
            self.column,
            self.worth,
            self.district,
            self.base,
            self.base_district,
        )
        self.key, self.slot, self.count, self.row, self.column, self.worth, self.district = laid[1:]
        return laid[0]

    def finish(
        self, candidates: Ints, role: Bytes, cost: Floats, of: Ints, *, whole: bool
    ) -> Merged:
        """The groups by both sides; candidates that cover nothing are left out."""
        groups = self.count
        row = self.row[: groups + 1].copy()
        column = self.column[: row[-1]]
        useful = np.bincount(column, minlength=len(role)) > 0
        if whole:
            useful |= role == 0
        place = np.cumsum(useful, dtype=np.int64).astype(np.int32) - np.int32(1)
        column = place[column]
        start, group = _turned(row, column, int(useful.sum()))
        worth = self.worth[:groups]
        return Merged(
            candidates=candidates[useful],
            start=start,
            group=group,
            row=row,
            column=column,
            first=worth[:, 0].copy(),
            second=worth[:, 1].copy(),
            counted=worth[:, 2].copy(),
            district=self.district[:groups].copy(),
            cost=cost[useful].astype(np.float64),
            base=float(self.base[0]),
            base_district=self.base_district.copy(),
            unit=_unit(worth[:, :2], float(self.base[0])),
            whole=whole,
            of=of,
        )


def _unit(worth: Floats, base: float) -> float:
    for unit in UNITS:
        if np.all(worth % unit == 0) and base % unit == 0:
            return unit if worth.sum() + base < MOST_EXACT * unit else 0.0
    return 0.0
