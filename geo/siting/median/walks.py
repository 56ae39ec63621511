"""The pairs of a walking model, by demand point and nearest first: what p-median and p-centre
search in.

Existing and forced sites are folded in: they cap how far a point walks (`far`), and candidates
that are no nearer than that leave its list. Points whose lists are equal become one (exact).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numba import njit

from geo.compiled import by_key
from geo.errors import Invalid
from geo.siting.problem import (
    EXISTING,
    FORCED,
    FREE,
    Bools,
    Covering,
    Demand,
    Floats,
    Ints,
    Longs,
    Rows,
    Rules,
    Singles,
    Sites,
)

MOST_EXACT: Final = 2.0**50
LEFT_OUT: Final = -1


@dataclass(frozen=True, eq=False)
class Walks:
    """N groups of demand points with equal lists, k candidates that are still free.

    Attributes:
        candidates: (k,) positions among the sites given.
        row, column, metres: (N+1,), (nnz,), (nnz,) candidates of each group, nearest first (CSR).
        weight: (N,) people. far: (N,) metres to the nearest site that stands, or what being beyond
            the reach of all counts as, if that is less.
        must: (N,) has to be served by one of its candidates; `far` is then no way out, only what
            heuristics and bounds count instead, and more than any plan that keeps to it can cost.
        cost: (k,) of the candidates. opened: forced sites, positions among all.
        of: (n,) group of each demand point, -1 where nobody is there or no site can serve it.
        lost: weight that no candidate and no site reaches, left out.
        unit: every plan's value is a multiple of it; 0 where that is not so.
    """

    candidates: Ints
    row: Longs
    column: Ints
    metres: Floats
    weight: Floats
    far: Floats
    must: Bools
    cost: Floats
    opened: Longs
    of: Ints
    lost: float
    unit: float

    def __len__(self) -> int:
        return len(self.weight)

    @property
    def sites(self) -> int:
        """How many candidates are free."""
        return len(self.candidates)

    @cached_property
    def by_site(self) -> tuple[Longs, Ints, Floats]:
        """The same pairs by candidate (CSR): start, group, metres."""
        start, order = by_key(self.column, self.sites)
        owner = np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.row))
        return start, owner[order], self.metres[order]

    def nearest(self, opened: Longs) -> Floats:
        """(N,) metres each group walks when these candidates are open."""
        is_open = np.zeros(self.sites, np.bool_)
        is_open[opened] = True
        return _nearest(self.row, self.column, self.metres, self.far, is_open)

    def value(self, opened: Longs) -> float:
        """Total walk of a plan by positions among the k; infinite where somebody is not served."""
        near = self.nearest(opened)
        if (self.must & (near >= self.far)).any():
            return float("inf")
        return float(np.dot(near, self.weight))

    def local(self, sites: Longs | Ints) -> Longs:
        """Positions among the k candidates of positions among all sites; others are left out."""
        return np.flatnonzero(np.isin(self.candidates, sites)).astype(np.int64)


def walks_of(
    demand: Demand, sites: Sites, reach: Covering, rules: Rules, *, merge: bool = True
) -> Walks:
    """Lists nearest first, what stands folded in, equal rows merged.

    Raises:
        Invalid: the pairs have no distances.

    Cost: some 100 ns a pair, 32 bytes a pair while it is made.
    """
    stands = (sites.fixed == FORCED) | (sites.fixed == EXISTING)
    free = sites.fixed == FREE
    runs = [_sorted(run, stands, free, rules) for run in reach.rows(len(demand))]
    counts = np.concatenate([run[0] for run in runs] or [np.zeros(0, np.int64)])
    column = np.concatenate([run[1] for run in runs] or [np.zeros(0, np.int32)])
    metres = np.concatenate([run[2] for run in runs] or [np.zeros(0, np.float32)])
    far = np.concatenate([run[3] for run in runs] or [np.zeros(0)])
    row = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
    people = demand.weight > 0
    lost = people & np.isinf(far) & (counts == 0)
    kept = people & ~lost
    if merge:
        leader, of = _merged(row, column, metres, far, kept)
    else:
        leader = np.flatnonzero(kept)
        of = np.where(kept, np.cumsum(kept) - 1, LEFT_OUT).astype(np.int32)
    weight = np.bincount(of[kept], demand.weight[kept], minlength=len(leader))
    row, column, metres = _take(row, column, metres, leader)
    must = np.isinf(far[leader])
    row_of = np.diff(row) > 0
    longest = np.zeros(len(leader))
    longest[row_of] = metres[row[1:][row_of] - 1]
    far = far[leader]
    if must.any():
        # Dearer than whatever a plan that serves everybody can cost.
        worst = float(np.dot(weight, np.where(must, longest, far)))
        far = np.where(must, np.ceil(1.0 + 2.0 * worst / float(weight.min())), far)
    whole = all(bool((one % 1 == 0).all()) for one in (weight, metres, far))
    whole = whole and float(np.dot(weight, far)) < MOST_EXACT
    place = (np.cumsum(free) - 1).astype(np.int32)
    return Walks(
        np.flatnonzero(free).astype(np.int32),
        row,
        place[column],
        metres.astype(np.float64),
        weight.astype(np.float64),
        far,
        must,
        sites.cost[free],
        np.flatnonzero(sites.fixed == FORCED).astype(np.int64),
        of,
        float(demand.weight[lost].sum()),
        1.0 if whole else 0.0,
    )


def _sorted(
    run: Rows, stands: Bools, free: Bools, rules: Rules
) -> tuple[Longs, Ints, Singles, Floats]:
    if run.metres is None:
        raise Invalid(
            "步行模型需要距离。 Models of walking need distances.",
            remedy="提供带距离的可达关系。 Give the distance of each pair.",
            field="distances",
        )
    beyond = np.inf if rules.unserved_metres is None else rules.unserved_metres
    return _nearest_first(run.start, run.site, run.metres, stands, free, float(beyond))


def _merged(
    row: Longs, column: Ints, metres: Singles, far: Floats, kept: Bools
) -> tuple[Longs, Ints]:
    """(G,) first point of each group and (n,) group of each point."""
    words = np.random.default_rng(20_251_121).integers(
        1, 2**63 - 1, (2, 1 + int(column.max(initial=0)))
    )
    who = np.flatnonzero(kept)
    keys = _hashes(row, column, metres.view(np.int32), far.view(np.int64), words, who)
    order = np.lexsort((who, keys[:, 1], keys[:, 0]))
    changed = np.ones(len(who), np.bool_)
    changed[1:] = (np.diff(keys[order, 0]) != 0) | (np.diff(keys[order, 1]) != 0)
    first = who[order][changed]
    # Groups in the order of their first points, so that nothing depends on the hash.
    rank = np.empty(len(first), np.int32)
    rank[np.argsort(first)] = np.arange(len(first), dtype=np.int32)
    of = np.full(len(kept), LEFT_OUT, np.int32)
    of[who[order]] = rank[np.cumsum(changed) - 1]
    return np.sort(first), of


def _take(row: Longs, column: Ints, metres: Singles, leader: Longs) -> tuple[Longs, Ints, Singles]:
    counts = (row[1:] - row[:-1])[leader]
    begin = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
    at = np.arange(begin[-1]) - np.repeat(begin[:-1] - row[leader], counts)
    return begin, column[at], metres[at]


@njit(cache=True, nogil=True)
def _nearest(
    row: Longs, column: Ints, metres: Floats, far: Floats, is_open: Bools
) -> Floats:  # pragma: no cover - compiled
    near = far.copy()
    for i in range(len(far)):
        for at in range(row[i], row[i + 1]):
            if is_open[column[at]]:
                near[i] = min(far[i], metres[at])
                break
    return near


@njit(cache=True, nogil=True)
def _nearest_first(
    start: Longs, site: Ints, metres: Singles, stands: Bools, free: Bools, beyond: float
) -> tuple[Longs, Ints, Singles, Floats]:  # pragma: no cover - compiled
    points = len(start) - 1
    far = np.full(points, beyond)
    count = np.zeros(points, np.int64)
    column = np.empty(len(site), np.int32)
    sorted_metres = np.empty(len(site), np.float32)
    size = 0
    for i in range(points):
        for at in range(start[i], start[i + 1]):
            if stands[site[at]] and metres[at] < far[i]:
                far[i] = metres[at]
        begin = size
        for at in range(start[i], start[i + 1]):
            if free[site[at]] and metres[at] < far[i]:
                column[size] = site[at]
                sorted_metres[size] = metres[at]
                size += 1
        # Shell's sort, by metres and then by site; a library's is compiled for seconds.
        gap = 1
        while gap < (size - begin) // 3:
            gap = 3 * gap + 1
        while gap > 0:
            for here in range(begin + gap, size):
                far_off, who = sorted_metres[here], column[here]
                at = here
                while at >= begin + gap:
                    before = sorted_metres[at - gap]
                    if before < far_off or (before == far_off and column[at - gap] < who):
                        break
                    sorted_metres[at], column[at] = before, column[at - gap]
                    at -= gap
                sorted_metres[at], column[at] = far_off, who
            gap //= 3
        count[i] = size - begin
    return count, column[:size].copy(), sorted_metres[:size].copy(), far


@njit(cache=True, nogil=True)
def _hashes(
    row: Longs, column: Ints, bits: Ints, far: Longs, words: Longs, who: Longs
) -> Longs:  # pragma: no cover - compiled
    keys = np.zeros((len(who), 2), np.int64)
    for number in range(len(who)):
        i = who[number]
        for side in range(2):
            total = far[i] * np.int64(-7046029254386353131) + side
            for at in range(row[i], row[i + 1]):
                mixed = (words[side, column[at]] ^ np.int64(bits[at])) * np.int64(
                    -4417276706812531889
                )
                mixed ^= (mixed >> 29) & np.int64(0x7FFFFFFFF)
                total += mixed * np.int64(-4658895280553007687)
            keys[number, side] = total
    return keys
