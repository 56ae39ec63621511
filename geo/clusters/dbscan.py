"""Density clustering of a million points in a second, exact.

DBSCAN (Ester, Kriegel, Sander, Xu, KDD 1996): a point with at least `least` points within `metres`,
itself counted, is a core; cores within `metres` of each other are one cluster; a point that is no
core joins the cluster of the nearest core within reach, or none.

Equal points are one point with a weight, so that a stack of thousands at one address costs no more
than one. The others lie in a grid of cells `metres` wide, sorted by cell, so that the neighbours of
a point are nine runs of memory; clusters grow by union-find with path halving (Tarjan & van
Leeuwen, JACM 31, 1984). Cost: O(points × neighbours), memory O(points).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def dbscan(x: Floats, y: Floats, metres: float, least: int) -> Integers:
    """The cluster of each point, -1 for none.

    Args:
        x, y: shape (N,), metres in a plane; finite.
        metres: reach, inclusive.
        least: how many points make a core, itself counted.

    Returns:
        Shape (N,), numbers from 0 in the order of the clusters' first points.
    """
    if len(x) == 0:
        return np.empty(0, dtype=np.int64)
    columns = np.floor((x - x.min()) / metres).astype(np.int64)
    rows = np.floor((y - y.min()) / metres).astype(np.int64)
    # One empty column at each side, so that the nine cells around need no check of borders.
    wide = int(columns.max()) + 3
    cell = (rows + 1) * wide + columns + 1
    order = np.lexsort((y, x, cell))
    cell, px, py = cell[order], x[order], y[order]
    new = np.ones(len(cell), dtype=bool)
    new[1:] = (px[1:] != px[:-1]) | (py[1:] != py[:-1]) | (cell[1:] != cell[:-1])
    place = np.cumsum(new) - 1
    weight = np.bincount(place).astype(np.int64)
    first = np.flatnonzero(new)
    cells, start = np.unique(cell[first], return_index=True)
    label = _cluster(
        px[first], py[first], weight, cells, np.append(start, len(first)), wide,
        metres * metres, least,
    )  # fmt: skip
    answer = np.empty(len(x), dtype=np.int64)
    answer[order] = label[place]
    return _numbered(answer)


def _numbered(label: Integers) -> Integers:
    """Clusters numbered in the order of their first points."""
    inside = label >= 0
    if not inside.any():
        return label
    _, first, inverse = np.unique(label[inside], return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    answer = np.full(len(label), -1, dtype=np.int64)
    answer[inside] = rank[inverse]
    return answer


@njit(cache=True, nogil=True)
def _root(parent: Any, at: int) -> int:  # pragma: no cover - compiled
    while parent[at] != at:
        parent[at] = parent[parent[at]]
        at = parent[at]
    return at


@njit(cache=True, nogil=True)
def _run(cells: Any, start: Any, wanted: int) -> tuple[int, int]:  # pragma: no cover - compiled
    """The points of three neighbouring cells of a row, wanted - 1 … wanted + 1."""
    low = np.searchsorted(cells, wanted - 1)
    high = low
    while high < len(cells) and cells[high] <= wanted + 1:
        high += 1
    return start[low], start[high]


@njit(cache=True, nogil=True)
def _cluster(
    x: Any,
    y: Any,
    weight: Any,
    cells: Any,
    start: Any,
    wide: int,
    reach: float,
    least: int,
) -> Any:  # pragma: no cover - compiled
    count = len(x)
    runs = np.empty((len(cells), 3, 2), dtype=np.int64)
    of_cell = np.empty(count, dtype=np.int64)
    for c in range(len(cells)):
        for step in range(3):
            runs[c, step, 0], runs[c, step, 1] = _run(cells, start, cells[c] + (step - 1) * wide)
        of_cell[start[c] : start[c + 1]] = c
    core = np.zeros(count, dtype=np.bool_)
    for i in range(count):
        near = 0
        for step in range(3):
            for j in range(runs[of_cell[i], step, 0], runs[of_cell[i], step, 1]):
                if (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 <= reach:
                    near += weight[j]
                    if near >= least:
                        break
            if near >= least:
                break
        core[i] = near >= least
    parent = np.arange(count)
    for i in range(count):
        if not core[i]:
            continue
        for step in range(3):
            for j in range(runs[of_cell[i], step, 0], runs[of_cell[i], step, 1]):
                if j < i and core[j] and (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 <= reach:
                    one, other = _root(parent, i), _root(parent, j)
                    if one != other:
                        parent[max(one, other)] = min(one, other)
    label = np.full(count, -1, dtype=np.int64)
    for i in range(count):
        if core[i]:
            label[i] = _root(parent, i)
            continue
        best = reach
        for step in range(3):
            for j in range(runs[of_cell[i], step, 0], runs[of_cell[i], step, 1]):
                away = (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2
                if core[j] and (away < best or (away == best and label[i] < 0)):
                    best = away
                    label[i] = _root(parent, j)
    return label
