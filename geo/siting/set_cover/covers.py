"""Covering everything with the cheapest sites: kernels of set cover and p-centre.

Sets in sets are left out (domination: Chen et al., EJOR 311, 2023), a subgradient on the
Lagrangian gives bound and guides the greedy (Beasley, EJOR 31, 1987; Caprara, Fischetti and Toth,
Operations Research 47, 1999), and a small search decides whether so many sites are enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from geo.compiled import by_key
from geo.siting.problem import Bools, Floats, Ints, Longs
from geo.siting.set_cover.kernels import ascend, complete, enough, inside

MOST_WORK: Final = 100_000_000


@dataclass(eq=False)
class CoverPrices:
    """Prices of a cover, what they prove, and the best plan met on the way.

    Attributes:
        price: (G,) of covering a group. duty: (1 + D,) what a unit of each target costs.
        left: (k,) reduced costs. plan: (k,) the best plan met, `value` its cost.
        raw: the bound of the prices. theta: how far the next step goes.
    """

    price: Floats
    duty: Floats
    left: Floats
    plan: Bools
    raw: float = -np.inf
    value: float = np.inf
    theta: float = 1.0


@dataclass(frozen=True, eq=False)
class Cover:
    """G groups to be covered by k candidates.

    Attributes:
        row, column: candidates of each group (CSR). start, group: groups of each candidate (CSR).
        cost: (k,). weight: (G,) what a group counts for; targets are in it.
        kind: (G,) the target it counts for, beside the total: -1 none.
        target: (1 + D,) what must be covered of all and of each kind; `all_` of them when `whole`.
        whole: every group must be covered.
    """

    row: Longs
    column: Ints
    start: Longs
    group: Ints
    cost: Floats
    weight: Floats
    kind: Ints
    target: Floats
    whole: bool

    def __len__(self) -> int:
        return len(self.weight)

    @cached_property
    def dearest(self) -> Longs:
        """(k,) candidates by falling cost."""
        return np.argsort(-self.cost, kind="stable").astype(np.int64)

    def enough(self, opened: Bools) -> bool:
        """Whether these candidates cover what must be."""
        return bool(
            enough(self.row, self.column, self.weight, self.kind, self.target, self.whole, opened)
        )

    def complete(self, opened: Bools, price: Floats) -> bool:
        """Open more, the best for their prices, until all is covered that must be, and close what
        is not needed; `opened` (k,) is changed. False: it cannot be covered."""
        return bool(
            complete(
                self.row,
                self.column,
                self.start,
                self.group,
                self.cost,
                self.weight,
                self.kind,
                self.target,
                self.whole,
                opened,
                price,
                self.dearest,
            )
        )

    def ascend(self, prices: CoverPrices, enough: float, steps: int) -> None:
        """Steps up the Lagrangian, until its bound is `enough` or meets the best plan."""
        record = np.array([prices.raw, prices.value, prices.theta])
        ascend(
            self.row,
            self.column,
            self.start,
            self.group,
            self.cost,
            self.weight,
            self.kind,
            self.target,
            self.whole,
            prices.price,
            prices.duty,
            prices.left,
            prices.plan,
            record,
            enough,
            steps,
            self.dearest,
        )
        prices.raw, prices.value, prices.theta = map(float, record)


def first_prices(cover: Cover) -> CoverPrices:
    """Each group pays its part of its cheapest candidate; a unit of demand what it costs in all."""
    sites = len(cover.cost)
    price = np.zeros(len(cover))
    duty = np.zeros(len(cover.target))
    per = cover.cost / np.maximum(1, np.diff(cover.start))
    filled = np.flatnonzero(np.diff(cover.row) > 0)
    if len(filled):
        price[filled] = np.minimum.reduceat(per[cover.column], cover.row[:-1][filled])
    if not cover.whole and len(cover):
        rate = float(cover.cost.sum() / max(1e-12, cover.weight[cover.group].sum()))
        duty = np.where(cover.target > 0, rate, 0.0)
    return CoverPrices(price, duty, cover.cost.copy(), np.zeros(sites, np.bool_))


def cover_of(
    row: Longs,
    column: Ints,
    cost: Floats,
    weight: Floats | None = None,
    kind: Ints | None = None,
    target: Floats | None = None,
) -> Cover:
    """A cover by both sides; without a target every group must be covered."""
    groups = len(row) - 1
    owner = np.repeat(np.arange(groups, dtype=np.int32), np.diff(row))
    start, order = by_key(column, len(cost))
    return Cover(
        row,
        column,
        start,
        owner[order],
        cost.astype(np.float64),
        np.ones(groups) if weight is None else weight.astype(np.float64),
        np.full(groups, -1, np.int32) if kind is None else kind.astype(np.int32),
        np.zeros(1) if target is None else target.astype(np.float64),
        target is None,
    )


def shrunk(cover: Cover) -> tuple[Cover, Ints]:
    """Without groups that are covered with another one anyway, and without candidates that another
    one stands in for; and (k',) which candidates are left. Only for covers of everything."""
    left = np.arange(len(cover.cost), dtype=np.int32)
    for _ in range(3):
        groups = inside(cover.row, cover.column, cover.start, cover.group, np.zeros(0), MOST_WORK)
        keep = ~groups
        smaller = _taken(cover, keep, np.ones(len(cover.cost), np.bool_))
        gone = inside(
            smaller.start, smaller.group, smaller.row, smaller.column, smaller.cost, MOST_WORK
        )
        if not gone.any() and keep.all():
            return cover, left
        cover = _taken(smaller, np.ones(len(smaller), np.bool_), ~gone)
        left = left[~gone]
    return cover, left


def _taken(cover: Cover, groups: Bools, candidates: Bools) -> Cover:
    place = (np.cumsum(candidates) - 1).astype(np.int32)
    owner = np.repeat(np.arange(len(cover)), np.diff(cover.row))
    keep = groups[owner] & candidates[cover.column]
    counts = np.bincount(owner[keep], minlength=len(cover))[groups]
    row = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
    return cover_of(
        row,
        place[cover.column[keep]],
        cover.cost[candidates],
        cover.weight[groups],
        cover.kind[groups],
        None if cover.whole else cover.target,
    )


def kept_only(cover: Cover, candidates: Bools) -> Cover:
    """The same with some candidates gone."""
    return _taken(cover, np.ones(len(cover), np.bool_), candidates)
