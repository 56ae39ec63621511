"""Conditions beside the number of sites: budget, spacing, chains, districts, open 24 hours.

All of them are rows a · x <= limit over the candidates, or floors on the demand covered of a
district; heuristics keep to them, the Lagrangian prices them, the exact search has them as rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from geo.siting.amounts import amount
from geo.siting.model.merge import Merged, covered
from geo.siting.problem import (
    EXISTING,
    FORCED,
    Demand,
    Floats,
    Ints,
    Longs,
    Rules,
    Sites,
)
from geo.siting.reach import earth_centred


@dataclass(frozen=True, eq=False)
class Sides:
    """Conditions on the k free candidates of a merged problem.

    Attributes:
        most: how many may be opened still (k when nothing says so).
        cost: (k,), budget: what they may cost together; infinite when nothing says so.
        start, row, coefficient: rows of each candidate (CSR); limit: (R,) of each row.
        floor: (D,) what must be covered, counted, of each district; 0 or less: nothing.
        impossible: why no plan can keep to them, as far as is seen at once.
        by_number: bounds sort for the number of sites (a budget beside it is one of the rows);
            else they fill the budget.
        derived: so many rows at the end follow from the floors (:mod:`geo.siting.model.shares`).
    """

    most: int
    cost: Floats
    budget: float
    start: Longs
    row: Ints
    coefficient: Floats
    limit: Floats
    floor: Floats
    impossible: tuple[str, ...] = ()
    by_number: bool = True
    derived: int = 0

    @property
    def stated(self) -> Sides:
        """Without the rows that follow from others."""
        if not self.derived:
            return self
        rows = len(self.limit) - self.derived
        keep = self.row < rows
        sums = np.concatenate((np.zeros(1, np.int64), np.cumsum(keep, dtype=np.int64)))
        return replace(
            self,
            start=sums[self.start].astype(np.int64),
            row=self.row[keep],
            coefficient=self.coefficient[keep],
            limit=self.limit[:rows],
            derived=0,
        )

    @property
    def plain(self) -> bool:
        """Only a number of sites or a budget."""
        return not len(self.limit) and not (self.floor > 0).any()

    def kept_by(self, merged: Merged, opened: Longs) -> bool:
        """Whether a plan keeps to all of them; `opened` are positions among the candidates."""
        if len(opened) > self.most or self.cost[opened].sum() > self.budget + slack(self.budget):
            return False
        if (self._used(opened) > self.limit + 1e-9).any():
            return False
        if not (self.floor > 0).any():
            return True
        within = (covered(merged, opened) > 0) & (merged.district >= 0)
        share = np.bincount(
            merged.district[within], merged.counted[within], minlength=len(self.floor)
        )
        return bool((share >= self.floor - slack(float(self.floor.max()))).all())

    def narrowed(self, merged: Merged, smaller: Merged, opened: Longs) -> Sides:
        """The same conditions, row by row, on the candidates of `smaller`, when the candidates
        `opened` (positions in `merged`) were folded in."""
        at = np.searchsorted(merged.candidates, smaller.candidates)
        start, into = self.entries(at)
        row, coefficient = self.row[into], self.coefficient[into]
        limit = self.limit - self._used(opened)
        floor = self.floor - (smaller.base_district - merged.base_district)
        floor = np.where(
            (self.floor > 0) & (floor > slack(float(self.floor.max(initial=0.0)))), floor, 0.0
        )
        least = np.bincount(row, np.minimum(coefficient, 0.0), minlength=len(limit))
        most = self.most - len(opened)
        budget = self.budget - float(self.cost[opened].sum())
        known = smaller.district >= 0
        can = np.bincount(
            smaller.district[known], smaller.counted[known], minlength=max(1, len(floor))
        )[: len(floor)]
        fits = (
            most >= 0
            and budget >= -slack(self.budget)
            and not (least > limit + 1e-9).any()
            and not (can < floor * (1 - 1e-9)).any()
        )
        return Sides(
            max(0, min(most, len(at))),
            smaller.cost,
            max(0.0, budget),
            start,
            row,
            coefficient,
            limit,
            floor,
            () if fits else ("",),
            self.by_number,
            self.derived,
        )

    def entries(self, some: Longs) -> tuple[Longs, Longs]:
        """Entries of some candidates, one behind the other: where each begins, which they are."""
        sizes = np.diff(self.start)[some]
        start = np.zeros(len(some) + 1, np.int64)
        np.cumsum(sizes, out=start[1:])
        into: Longs = np.repeat(self.start[some] - start[:-1], sizes) + np.arange(start[-1])
        return start, into

    def _used(self, opened: Longs) -> Floats:
        """(R,) what some candidates take of each row."""
        _, into = self.entries(opened)
        used: Floats = np.bincount(
            self.row[into], self.coefficient[into], minlength=len(self.limit)
        ).astype(float)
        return used


def names_of(merged: Merged, sides: Sides) -> npt.NDArray[np.uint64]:
    """(R,) each row known by the candidates it is about: a sum of random words (Zobrist, 1970), so
    that it is found again where other rows came or went."""
    if not len(sides.limit):
        return np.empty(0, np.uint64)
    words = np.random.default_rng(20_261_123).integers(
        1, 2**64 - 1, int(merged.candidates.max(initial=-1)) + 1, np.uint64
    )
    owner = np.repeat(words[merged.candidates], np.diff(sides.start))
    names = np.zeros(len(sides.limit), np.uint64)
    np.add.at(names, sides.row, owner)
    return names


def slack(size: float) -> float:
    """What sums of floats of this size may be off by."""
    return 1e-9 * max(1.0, abs(size)) if np.isfinite(size) else 0.0


def sides_of(
    merged: Merged,
    demand: Demand,
    sites: Sites,
    rules: Rules,
    opened: Longs,
    near: Near | None = None,
) -> Sides:
    """The conditions on what is still free, when the new sites `opened` (forced ones and those
    fixed since, positions among all sites) stand already.

    Args:
        merged: the problem after these were folded in.
        demand, sites, rules: as given.
        near: the pairs of sites that are too near, where they are known.
    """
    free = merged.candidates
    taken = np.zeros(len(sites), np.bool_)
    taken[opened] = True
    standing = taken | (sites.fixed == EXISTING)
    impossible: list[str] = []
    most = len(free)
    if rules.p is not None:
        most = min(most, rules.p - len(opened))
        if rules.p < len(opened):
            impossible.append(
                f"必选点有 {len(opened)} 个，多于 {rules.p} 个站点。 "
                f"{len(opened)} sites are forced, more than the {rules.p} allowed."
            )
    budget = np.inf
    if rules.budget is not None:
        budget = rules.budget - float(sites.cost[opened].sum())
        if budget < -slack(rules.budget):
            spent = amount(float(sites.cost[opened].sum()))
            impossible.append(
                f"必选点共需 {spent}，超过预算 {amount(rules.budget)}。 "
                f"The forced sites cost {spent}, more than the budget of {amount(rules.budget)}."
            )
        budget = max(0.0, budget)
    rows = _Rows(len(free))
    if rules.p is not None and rules.budget is not None:
        # The Lagrangian sorts for the number of sites, so the budget needs a price.
        rows.add(np.arange(len(free)), sites.cost[free], budget)
    if rules.per_chain_most is not None:
        for chain in np.unique(sites.chain[sites.chain >= 0]):
            left = rules.per_chain_most - int((taken & (sites.chain == chain)).sum())
            who = np.flatnonzero(sites.chain[free] == chain)
            if left < 0:
                impossible.append(
                    f"品牌 {chain} 的必选点已超过 {rules.per_chain_most} 个。 "
                    f"More than {rules.per_chain_most} sites of chain {chain} are forced."
                )
            if len(who) > left:
                rows.add(who, 1.0, left)
    least = [
        (rules.open_24h_least, sites.open_24h, "24 小时开放 open 24 hours"),
        *(
            (number, sites.district == district, f"街道 {district} in district {district}")
            for district, number in sorted(rules.district_least_sites.items())
        ),
    ]
    for number, mask, name in least:
        wanted = number - int((standing & mask).sum())
        if wanted <= 0:
            continue
        # Not only those that still cover somebody: a station can be wanted for its own sake.
        who = np.flatnonzero(mask[free])
        if len(who) < wanted:
            impossible.append(
                f"需要 {number} 个站点（{name}），最多只有 {number - wanted + len(who)} 个。 "
                f"{number} sites are wanted ({name}); there can be {number - wanted + len(who)}."
            )
        rows.add(who, -1.0, -wanted)
    if rules.keep_apart:
        pairs = near_of(sites, rules, near).pairs
        _space(rows, sites, free, np.flatnonzero(standing), taken, rules, pairs, impossible)
    floor = np.zeros(len(merged.base_district))
    for district, share in rules.district_least_share.items():
        total = demand.weight[demand.district == district].sum()
        floor[district] = share * total - merged.base_district[district]
        if floor[district] <= slack(float(total)):
            floor[district] = 0.0
            continue
        can = float(merged.counted[merged.district == district].sum())
        if can < floor[district] - slack(float(total)):
            most_of_it = (can + merged.base_district[district]) / total
            impossible.append(
                f"街道 {district} 达不到 {share:.0%}：全部候选点也只到 {most_of_it:.1%}。 "
                f"District {district} cannot reach {share:.0%}: all its candidates reach "
                f"{most_of_it:.1%}."
            )
    start, row, coefficient, limit = rows.arrays()
    return Sides(
        max(0, most),
        sites.cost[free],
        budget,
        start,
        row,
        coefficient,
        limit,
        floor,
        tuple(impossible),
        rules.p is not None or rules.budget is None,
    )


def too_near(sites: Sites, metres: float) -> Longs:
    """(q, 2) pairs of sites nearer than so many metres; sites without a position have none."""
    xy = np.column_stack((sites.x, sites.y))
    known = np.flatnonzero(np.isfinite(xy).all(axis=1))
    place = xy[known]
    if sites.degrees:
        place = earth_centred(place)
    pairs = cKDTree(place).query_pairs(metres, output_type="ndarray")
    apart = np.linalg.norm(place[pairs[:, 0]] - place[pairs[:, 1]], axis=1)
    close: Longs = known[pairs[apart < metres]].astype(np.int64)
    return close


@dataclass(frozen=True, eq=False)
class Near:
    """Pairs (q, 2) of sites too near to each other, and for which sites and distance they hold."""

    pairs: Longs
    metres: float
    degrees: bool
    x: Floats
    y: Floats


def near_of(sites: Sites, rules: Rules, known: Near | None = None) -> Near:
    """The pairs of sites nearer than the spacing; those of a question before if they still hold."""
    metres, degrees = rules.spacing_metres, sites.degrees
    if (
        known is not None
        and (known.metres, known.degrees) == (metres, degrees)
        and np.array_equal(known.x, sites.x, equal_nan=True)
        and np.array_equal(known.y, sites.y, equal_nan=True)
    ):
        return known
    pairs = too_near(sites, metres)
    return Near(pairs, metres, degrees, sites.x.copy(), sites.y.copy())


def _space(
    rows: _Rows,
    sites: Sites,
    free: Ints,
    standing: Longs,
    taken: np.typing.NDArray[np.bool_],
    rules: Rules,
    near: Longs,
    impossible: list[str],
) -> None:
    local = np.full(len(sites), -1, np.int64)
    local[free] = np.arange(len(free))
    stands = np.zeros(len(sites), np.bool_)
    stands[standing] = True
    there, here = stands[near], local[near]
    forced = (sites.fixed[near] == FORCED).any(axis=1) & taken[near].any(axis=1) & there.all(axis=1)
    impossible.extend(
        f"必选点 {a} 与 {b} 相距不足 {rules.spacing_metres:g} 米。 "
        f"The forced site {a} and site {b} are nearer than {rules.spacing_metres:g} m."
        for a, b in near[forced].tolist()
    )
    beside = there[:, ::-1] & ~there & (here >= 0)
    both = ~there.any(axis=1) & (here >= 0).all(axis=1)
    rows.add_pairs(here[both], 1.0)
    shut = np.unique(here[beside])
    if len(shut):
        rows.add(shut, 1.0, 0.0)


class _Rows:
    def __init__(self, count: int) -> None:
        self.count = count
        self.who: list[Longs] = [np.empty(0, np.int64)]
        self.which: list[Longs] = [np.empty(0, np.int64)]
        self.how: list[Floats] = [np.empty(0)]
        self.limit: list[Floats] = [np.empty(0)]
        self.rows = 0

    def add(self, who: Longs, coefficient: float | Floats, limit: float) -> None:
        self._add(who, np.full(len(who), self.rows), coefficient, np.array([limit], np.float64))

    def add_pairs(self, pairs: Longs, limit: float) -> None:
        """(q, 2) a row each."""
        which = self.rows + np.repeat(np.arange(len(pairs)), 2)
        self._add(pairs.ravel(), which, 1.0, np.full(len(pairs), limit))

    def _add(self, who: Longs, which: Longs, coefficient: float | Floats, limit: Floats) -> None:
        self.who.append(who.astype(np.int64))
        self.which.append(which)
        self.how.append(np.broadcast_to(np.float64(coefficient), len(who)))
        self.limit.append(limit)
        self.rows += len(limit)

    def arrays(self) -> tuple[Longs, Ints, Floats, Floats]:
        column = np.concatenate(self.who)
        order = np.argsort(column, kind="stable")
        row = np.concatenate(self.which)[order].astype(np.int32)
        coefficient = np.concatenate(self.how)[order]
        start = np.zeros(self.count + 1, np.int64)
        np.cumsum(np.bincount(column, minlength=self.count), out=start[1:])
        return start, row, coefficient, np.concatenate(self.limit)
