"""One scan: which places stand out for given states, scored, and chosen so that none overlap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from geo.clusters import levels
from geo.clusters.ground import Ground
from geo.clusters.rules import ScanRules
from geo.clusters.score import score

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
PART, WHOLE = 0, 1
"""Kinds of candidates: chance does as much as it can with parts of any shape, little with units."""


@dataclass(frozen=True)
class Usual:
    """What is usual in each of S strata, each (S,); and the levels of the field.

    The field is the log-likelihood ratio of `telling_share` against the usual share, per unit, as a
    part of what it would be if nobody had a union: 1 where all are without one, 0 where either
    explains the place as well. So a large enterprise without a union tells more than a small one.
    """

    share: Floats
    with_none: Floats  # what a unit without a union adds to the ratio …
    with_one: Floats  # … and one with
    log_none: Floats  # logarithms of the share and of what is left of 1
    log_one: Floats
    levels: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Finds:
    """C candidates; the addresses of candidate c are chain[first[c] : last[c]]."""

    kind: npt.NDArray[np.int8]
    score: Floats
    pool: Integers  # the node pool of a part, the unit of a whole one
    first: Integers
    last: Integers
    chain: npt.NDArray[np.int32]
    best: Floats
    """(2,) the best score of each kind that passed the gates, if below the least score, too."""

    def __len__(self) -> int:
        return len(self.score)

    def only(self, keep: Flags) -> Finds:
        """Some of them; the chain is shared."""
        return Finds(
            self.kind[keep], self.score[keep], self.pool[keep], self.first[keep], self.last[keep],
            self.chain, self.best,
        )  # fmt: skip

    def addresses(self, number: int) -> npt.NDArray[np.int32]:
        """The addresses of one candidate."""
        found: npt.NDArray[np.int32] = self.chain[self.first[number] : self.last[number]]
        return found


def usual(shares: Floats, rules: ScanRules) -> Usual:
    """What a scan compares with; `shares` (S,) of :func:`usual_shares`."""
    return Usual(
        share=shares,
        # Where more than the telling share is usual nothing tells.
        with_none=np.maximum(np.log(rules.telling_share / shares), 1e-3),
        with_one=np.log((1 - rules.telling_share) / (1 - shares)),
        log_none=np.log(shares),
        log_one=np.log1p(-shares),
        levels=np.array(rules.levels, dtype=np.float32),
    )


def scan(ground: Ground, usually: Usual, without: Flags, rules: ScanRules) -> Finds:
    """All candidates that pass the gates and the least score.

    Args:
        ground, usually: of :func:`geo.clusters.ground.lay` and :func:`usual`.
        without: (N,) no union, in the ground's order.
        rules: the gates.

    Cost: some 0.3 s for a million enterprises on one thread; it lets other threads run.
    """
    return Finds(
        *_scan(
            without, ground.stratum, ground.workers, usually.share, usually.with_none,
            usually.with_one, usually.log_none, usually.log_one, usually.levels, ground.start,
            ground.units, ground.node_address, ground.node_pool,
            ground.near, ground.many, ground.window, ground.edge_start, ground.edge_ends,
            ground.whole_unit, ground.whole_start, ground.whole_address,
            rules.votes, rules.least_units, rules.least_workers, rules.least_share,
            rules.least_gap, rules.least_score, rules.whole_factor,
        )
    )  # fmt: skip


def chosen(ground: Ground, finds: Finds, least: Floats) -> Integers:
    """Candidates that do not overlap, the best first (greedy); `least` score of PART and WHOLE.

    A candidate that shares an address with a better one is left out.
    """
    order = np.argsort(-finds.score, kind="stable")
    order = order[finds.score[order] >= least[finds.kind[order]]]
    kept = _choose(order, finds.first, finds.last, finds.chain, ground.addresses)
    chosen_: Integers = order[kept]
    return chosen_


@njit(cache=True, nogil=True)
def _choose(
    order: Any, first: Any, last: Any, chain: Any, addresses: int
) -> Any:  # pragma: no cover - compiled
    taken = np.zeros(addresses, dtype=np.bool_)
    kept = np.zeros(len(order), dtype=np.bool_)
    for at in range(len(order)):
        one = order[at]
        free = True
        for link in range(first[one], last[one]):
            if taken[chain[link]]:
                free = False
                break
        if free:
            kept[at] = True
            for link in range(first[one], last[one]):
                taken[chain[link]] = True
    return kept


@njit(cache=True, nogil=True)
def _scan(
    without: Any,
    stratum: Any,
    workers: Any,
    share: Any,
    with_none: Any,
    with_one: Any,
    log_none: Any,
    log_one: Any,
    steps: Any,
    start: Any,
    units: Any,
    node_address: Any,
    node_pool: Any,
    near: Any,
    many: Any,
    window: Any,
    edge_start: Any,
    edge_ends: Any,
    whole_unit: Any,
    whole_start: Any,
    whole_address: Any,
    votes: int,
    least_units: int,
    least_workers: float,
    least_share: float,
    least_gap: float,
    least_score: float,
    factor: float,
) -> Any:  # pragma: no cover - compiled
    addresses = len(units)
    k, w, expected = np.zeros(addresses), np.zeros(addresses), np.zeros(addresses)
    lift, top, ordinary = np.zeros(addresses), np.zeros(addresses), np.zeros(addresses)
    for a in range(addresses):
        for row in range(start[a], start[a + 1]):
            s = stratum[row]
            expected[a] += share[s]
            top[a] += with_none[s]
            if without[row]:
                k[a] += 1.0
                w[a] += workers[row]
                lift[a] += with_none[s]
                ordinary[a] += log_none[s]
            else:
                lift[a] += with_one[s]
                ordinary[a] += log_one[s]
    nodes = len(node_address)
    field = levels.smooth(near, window, lift[node_address], top[node_address])
    level = levels.graded(field, near, many, votes, steps)
    best = np.zeros(2)
    scores, heads, sizes, following, best[0] = levels.parts(
        level, len(steps), edge_start, edge_ends, units[node_address], k[node_address],
        expected[node_address], ordinary[node_address], w[node_address], least_units,
        least_workers, least_share, least_gap, least_score,
    )  # fmt: skip
    parts = len(scores)
    whole = np.empty(len(whole_unit))
    keep = 0
    links = 0
    for u in range(len(whole_unit)):
        n, without_one, usually, likely, people = 0.0, 0.0, 0.0, 0.0, 0.0
        for link in range(whole_start[u], whole_start[u + 1]):
            a = whole_address[link]
            n += units[a]
            without_one += k[a]
            usually += expected[a]
            likely += ordinary[a]
            people += w[a]
        whole[u] = -1.0
        if (
            without_one >= least_units
            and people >= least_workers
            and without_one >= least_share * n
            and without_one - usually >= least_gap * n
        ):
            value = score(n, without_one, likely) * factor
            best[1] = max(best[1], value)
            if value >= least_score:
                whole[u] = value
                keep += 1
                links += whole_start[u + 1] - whole_start[u]
    count = parts + keep
    kind = np.zeros(count, dtype=np.int8)
    standing = np.empty(count)
    pool = np.empty(count, dtype=np.int64)
    first = np.zeros(count + 1, dtype=np.int64)
    chain = np.empty(sizes.sum() + links, dtype=np.int32)
    put = 0
    for c in range(parts):
        standing[c] = scores[c]
        pool[c] = node_pool[heads[c]]
        node = heads[c]
        for _ in range(sizes[c]):
            chain[put] = node_address[node]
            put += 1
            node = following[node]
        first[c + 1] = put
    c = parts
    for u in range(len(whole_unit)):
        if whole[u] < 0:
            continue
        kind[c] = 1
        standing[c] = whole[u]
        pool[c] = whole_unit[u]
        for link in range(whole_start[u], whole_start[u + 1]):
            chain[put] = whole_address[link]
            put += 1
        c += 1
        first[c] = put
    assert nodes == len(level)
    return kind, standing, pool, first[:-1], first[1:], chain, best
