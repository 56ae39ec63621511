"""Places in a field: the connected parts of its upper level sets, each with what is counted there.

The field is a share at each address. Going down through the levels, addresses come in and join
those around them (union-find, Tarjan & van Leeuwen, JACM 31, 1984), so that all parts of all
levels cost one pass over the neighbourhoods. A part is a candidate when it passes the gates and
stands out; what it consists of is a piece of a chain of addresses, written down without copying.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from geo.clusters.score import score
from geo.compiled import longer


@njit(cache=True, nogil=True)
def smooth(near: Any, window: Any, part: Any, whole: Any) -> Any:  # pragma: no cover - compiled
    """Σ part / Σ whole over the first `window` neighbours of each address, as float32."""
    count = len(window)
    out = np.empty(count, dtype=np.float32)
    for i in range(count):
        top, below = 0.0, 0.0
        for at in range(window[i]):
            j = near[i, at]
            top += part[j]
            below += whole[j]
        out[i] = top / below if below > 0 else 0.0
    return out


@njit(cache=True, nogil=True)
def windows(near: Any, many: Any, whole: Any, wanted: int) -> Any:  # pragma: no cover - compiled
    """How many of its nearest addresses hold `wanted` enterprises, or all there are."""
    count = len(many)
    out = np.empty(count, dtype=np.int8)
    for i in range(count):
        have = 0
        at = 0
        while at < many[i] and have < wanted:
            have += whole[near[i, at]]
            at += 1
        out[i] = at
    return out


@njit(cache=True, nogil=True)
def graded(value: Any, near: Any, many: Any, votes: int, levels: Any) -> Any:  # pragma: no cover
    """The first of the falling `levels` at which most of the `votes` nearest addresses are at or
    above it; the number of levels where never. A median filter of the graded field."""
    count = len(value)
    total = len(levels)
    raw = np.empty(count, dtype=np.int8)
    for i in range(count):
        level = 0
        while level < total and value[i] < levels[level]:
            level += 1
        raw[i] = level
    out = np.empty(count, dtype=np.int8)
    tally = np.zeros(total + 1, dtype=np.int32)
    for i in range(count):
        voters = min(votes, many[i])
        for level in range(total + 1):
            tally[level] = 0
        for at in range(voters):
            tally[raw[near[i, at]]] += 1
        need = voters // 2 + 1
        level, have = 0, 0
        while level <= total:
            have += tally[level]
            if have >= need:
                break
            level += 1
        out[i] = level
    return out


@njit(cache=True, nogil=True)
def joined(towards: Any) -> Any:  # pragma: no cover - compiled
    """Both directions of the edges from each address, shape (A, E), -1 for none: offsets, ends."""
    count = len(towards)
    start = np.zeros(count + 1, dtype=np.int64)
    for i in range(count):
        for j in towards[i]:
            if j >= 0:
                start[i + 1] += 1
                start[j + 1] += 1
    for i in range(count):
        start[i + 1] += start[i]
    ends = np.empty(start[count], dtype=np.int32)
    put = start[:-1].copy()
    for i in range(count):
        for j in towards[i]:
            if j >= 0:
                ends[put[i]] = j
                put[i] += 1
                ends[put[j]] = i
                put[j] += 1
    return start, ends


@njit(cache=True, nogil=True)
def _root(parent: Any, at: int) -> int:  # pragma: no cover - compiled
    while parent[at] != at:
        parent[at] = parent[parent[at]]
        at = parent[at]
    return at


@njit(cache=True, nogil=True)
def parts(
    level: Any,
    total: int,
    edge_start: Any,
    edge_ends: Any,
    n: Any,
    k: Any,
    expected: Any,
    ordinary: Any,
    workers: Any,
    least_units: int,
    least_workers: float,
    least_share: float,
    least_gap: float,
    least_score: float,
) -> Any:  # pragma: no cover - compiled
    """Candidates among the parts of the level sets.

    Args:
        level: (A,) the level at which each address comes in; `total` for never.
        edge_start, edge_ends: of :func:`joined`.
        n, k, expected, ordinary, workers: (A,) units, units without a union, how many are expected,
            the log-likelihood of what is seen at the usual shares, the workers of those without.
        least_…: the gates.

    Returns:
        Scores; first address and number of addresses of each candidate; the chain: the address that
        follows each; and the best score of all that pass the gates, whether a candidate or not.
    """
    count = len(level)
    parent = np.arange(count).astype(np.int32)
    following = np.full(count, -1, dtype=np.int32)
    last = np.arange(count).astype(np.int32)
    size = np.ones(count, dtype=np.int32)
    sum_n, sum_k = n.astype(np.float64), k.astype(np.float64)
    sum_e, sum_w = expected.astype(np.float64), workers.astype(np.float64)
    sum_o = ordinary.astype(np.float64)
    at_level = np.zeros(total + 2, dtype=np.int64)
    for i in range(count):
        at_level[level[i] + 1] += 1
    for step in range(total + 1):
        at_level[step + 1] += at_level[step]
    order = np.empty(at_level[total], dtype=np.int32)
    put = at_level.copy()
    for i in range(count):
        if level[i] < total:
            order[put[level[i]]] = i
            put[level[i]] += 1
    seen = np.full(count, -1, dtype=np.int8)
    capacity = 1024
    scores = np.empty(capacity)
    heads = np.empty(capacity, dtype=np.int32)
    sizes = np.empty(capacity, dtype=np.int32)
    found = 0
    best = 0.0
    for step in range(total):
        for index in range(at_level[step], at_level[step + 1]):
            i = order[index]
            one = _root(parent, i)
            for edge in range(edge_start[i], edge_start[i + 1]):
                j = edge_ends[edge]
                if level[j] > step or (level[j] == step and j > i):
                    continue
                other = _root(parent, j)
                if one == other:
                    continue
                if size[one] < size[other]:
                    one, other = other, one
                parent[other] = one
                following[last[one]] = other
                last[one] = last[other]
                size[one] += size[other]
                sum_n[one] += sum_n[other]
                sum_k[one] += sum_k[other]
                sum_e[one] += sum_e[other]
                sum_o[one] += sum_o[other]
                sum_w[one] += sum_w[other]
        for index in range(at_level[step], at_level[step + 1]):
            root = _root(parent, order[index])
            if seen[root] == step:
                continue
            seen[root] = step
            have, without = sum_n[root], sum_k[root]
            if (
                without < least_units
                or sum_w[root] < least_workers
                or without < least_share * have
                or without - sum_e[root] < least_gap * have
            ):
                continue
            value = score(have, without, sum_o[root])
            best = max(best, value)
            if value < least_score:
                continue
            if found == capacity:
                capacity *= 2
                scores = longer(scores, capacity)
                heads = longer(heads, capacity)
                sizes = longer(sizes, capacity)
            scores[found] = value
            heads[found] = root
            sizes[found] = size[root]
            found += 1
    return scores[:found], heads[:found], sizes[:found], following, best
