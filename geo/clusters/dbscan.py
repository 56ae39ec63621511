"""Density clustering of a million points in a third of a second, exact.

DBSCAN (Ester, Kriegel, Sander, Xu, KDD 1996): a point with at least `least` points within `metres`,
itself counted, is a core; cores within `metres` of each other are one cluster; a point that is no
core joins the cluster of the nearest core within reach, or none.

The points lie in a grid whose cells are so small that all points of a cell are within reach of each
other (Gunawan 2013; Gan & Tao, SIGMOD 2015): a cell with `least` points holds cores only, and the
cores of a cell are one cluster. So clusters grow from cell to cell by union-find (Tarjan & van
Leeuwen, JACM 31, 1984), two cells are compared only until one pair within reach is found, and not
at all when the boxes around their cores are too far apart: thousands of points stacked at one
address cost no more than one. Neighbouring cells are met by walking along five rows at once,
without a table of cells. Memory: some 50 bytes a point.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
NARROWER = 1.0 - 1e-9
"""Cells a little smaller than they might be, so that rounding never puts two points of one cell out
of reach of each other."""


def dbscan(x: Floats, y: Floats, metres: float, least: int, threads: int = 1) -> Integers:
    """The cluster of each point, -1 for none.

    Args:
        x, y: shape (N,), metres in a plane; finite.
        metres: reach, inclusive.
        least: how many points make a core, itself counted.
        threads: how many at once.

    Returns:
        Shape (N,), numbers from 0 in the order of the clusters' first points.
    """
    count = len(x)
    if count == 0:
        return np.empty(0, dtype=np.int64)
    side = metres / math.sqrt(2) * NARROWER
    x0, y0 = float(x.min()), float(y.min())
    wide = int((float(x.max()) - x0) / side) + 8
    key = _keys(x, y, x0, y0, side, wide)
    order = np.argsort(key)
    px, py, start, cell = _sorted(x, y, key, order)
    cells = len(cell)
    rows = _rows(cell, wide)
    core = np.zeros(count, dtype=np.bool_)
    box = np.empty((cells, 4))
    label = np.empty(count, dtype=np.int32)
    reach = metres * metres
    shares = np.linspace(0, cells, 4 * threads + 1).astype(np.int64).tolist()
    with ThreadPoolExecutor(threads) as workers:

        def shared(kernel: Any, *arguments: Any) -> None:
            done = [workers.submit(kernel, low, high, *arguments) for low, high in pairwise(shares)]
            for one in done:
                one.result()

        shared(_cores, px, py, start, cell, rows, wide, reach, least, core, box)
        parent = _join(px, py, start, cell, rows, wide, reach, core, box)
        shared(_labels, px, py, start, cell, rows, wide, reach, core, parent, label)
    numbered: Integers = _numbered(order, label, cells)
    return numbered


@njit(cache=True, nogil=True)
def _keys(
    x: Any, y: Any, x0: float, y0: float, side: float, wide: int
) -> Any:  # pragma: no cover - compiled
    out = np.empty(len(x), dtype=np.int64)
    for i in range(len(x)):
        # Three empty columns at each side: the cells around never wrap into the next row.
        out[i] = int((y[i] - y0) / side) * wide + int((x[i] - x0) / side) + 3
    return out


@njit(cache=True, nogil=True)
def _sorted(x: Any, y: Any, key: Any, order: Any) -> Any:  # pragma: no cover - compiled
    """Coordinates in the order of cells, where each cell begins, and its key."""
    count = len(x)
    px, py = np.empty(count), np.empty(count)
    start = np.empty(count + 1, dtype=np.int32)
    cell = np.empty(count, dtype=np.int64)
    cells = 0
    for at in range(count):
        i = order[at]
        px[at], py[at] = x[i], y[i]
        if at == 0 or key[i] != cell[cells - 1]:
            cell[cells] = key[i]
            start[cells] = at
            cells += 1
    start[cells] = count
    return px, py, start[: cells + 1].copy(), cell[:cells].copy()


@njit(cache=True, nogil=True)
def _rows(cell: Any, wide: int) -> Any:  # pragma: no cover - compiled
    """Where each row of cells begins, two more at the end."""
    rows = cell[-1] // wide + 1
    out = np.zeros(rows + 1, dtype=np.int32)
    for c in range(len(cell)):
        out[cell[c] // wide + 1] += 1
    for row in range(rows):
        out[row + 1] += out[row]
    return out


@njit(cache=True, nogil=True)
def _around(
    c: int, cell: Any, rows: Any, wide: int, pointer: Any, ends: Any
) -> None:  # pragma: no cover - compiled
    """The cells within two rows and columns of cell c, as five runs: from `pointer` to `ends`.

    Cells come in rising order, so the pointers only move forward within a row."""
    row, column = cell[c] // wide, cell[c] % wide
    last = len(rows) - 2
    for step in range(5):
        other = row + step - 2
        if other < 0 or other > last:
            pointer[step] = ends[step] = 0
            continue
        left = other * wide + column - 2
        at = max(pointer[step], rows[other])
        if at > rows[other + 1] or (at > rows[other] and cell[at - 1] >= left):
            at = rows[other]
        stop = rows[other + 1]
        if stop - at > 32 and cell[at + 32] < left:
            at += np.searchsorted(cell[at:stop], left)
        while at < stop and cell[at] < left:
            at += 1
        pointer[step] = at
        right = left + 4
        while at < stop and cell[at] <= right:
            at += 1
        ends[step] = at


@njit(cache=True, nogil=True)
def _cores(
    low: int,
    high: int,
    x: Any,
    y: Any,
    start: Any,
    cell: Any,
    rows: Any,
    wide: int,
    reach: float,
    least: int,
    core: Any,
    box: Any,
) -> None:  # pragma: no cover - compiled
    """Which points are cores, and the box around the cores of each cell."""
    pointer, ends = np.zeros(5, dtype=np.int64), np.zeros(5, dtype=np.int64)
    for c in range(low, high):
        here = start[c + 1] - start[c]
        if here >= least:
            core[start[c] : start[c + 1]] = True
        else:
            _around(c, cell, rows, wide, pointer, ends)
            have = here
            for step in range(5):
                have += start[ends[step]] - start[pointer[step]]
            # The cell itself was counted twice.
            if have - here >= least:
                for i in range(start[c], start[c + 1]):
                    near = here
                    for step in range(5):
                        for j in range(start[pointer[step]], start[ends[step]]):
                            if start[c] <= j < start[c + 1]:
                                continue
                            if (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 <= reach:
                                near += 1
                                if near >= least:
                                    break
                        if near >= least:
                            break
                    core[i] = near >= least
        west = south = np.inf
        east = north = -np.inf
        for i in range(start[c], start[c + 1]):
            if core[i]:
                west, east = min(west, x[i]), max(east, x[i])
                south, north = min(south, y[i]), max(north, y[i])
        box[c, 0], box[c, 1], box[c, 2], box[c, 3] = west, south, east, north


@njit(cache=True, nogil=True)
def _root(parent: Any, at: int) -> int:  # pragma: no cover - compiled
    while parent[at] != at:
        parent[at] = parent[parent[at]]
        at = parent[at]
    return at


@njit(cache=True, nogil=True)
def _join(
    x: Any,
    y: Any,
    start: Any,
    cell: Any,
    rows: Any,
    wide: int,
    reach: float,
    core: Any,
    box: Any,
) -> Any:  # pragma: no cover - compiled
    """The cluster of each cell's cores, named by one of its cells."""
    cells = len(cell)
    parent = np.arange(cells).astype(np.int32)
    pointer, ends = np.zeros(5, dtype=np.int64), np.zeros(5, dtype=np.int64)
    for c in range(cells):
        if box[c, 0] > box[c, 2]:
            continue
        _around(c, cell, rows, wide, pointer, ends)
        # Half of the cells around: the others met this one before.
        for step in range(3):
            for d in range(pointer[step], min(ends[step], c)):
                if box[d, 0] > box[d, 2]:
                    continue
                one, other = _root(parent, c), _root(parent, d)
                if one == other:
                    continue
                dx = max(box[c, 0] - box[d, 2], box[d, 0] - box[c, 2], 0.0)
                dy = max(box[c, 1] - box[d, 3], box[d, 1] - box[c, 3], 0.0)
                if dx * dx + dy * dy > reach:
                    continue
                if _touch(x, y, core, start, c, d, reach, box):
                    parent[max(one, other)] = min(one, other)
    for c in range(cells):
        parent[c] = _root(parent, c)
    return parent


@njit(cache=True, nogil=True)
def _touch(
    x: Any, y: Any, core: Any, start: Any, c: int, d: int, reach: float, box: Any
) -> bool:  # pragma: no cover - compiled
    """Whether any core of one cell is within reach of any of the other."""
    for i in range(start[c], start[c + 1]):
        if not core[i]:
            continue
        dx = max(box[d, 0] - x[i], x[i] - box[d, 2], 0.0)
        dy = max(box[d, 1] - y[i], y[i] - box[d, 3], 0.0)
        if dx * dx + dy * dy > reach:
            continue
        for j in range(start[d], start[d + 1]):
            if core[j] and (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 <= reach:
                return True
    return False


@njit(cache=True, nogil=True)
def _labels(
    low: int,
    high: int,
    x: Any,
    y: Any,
    start: Any,
    cell: Any,
    rows: Any,
    wide: int,
    reach: float,
    core: Any,
    parent: Any,
    label: Any,
) -> None:  # pragma: no cover - compiled
    """The cluster of each point: of a core its cell's, of another that of the nearest core."""
    pointer, ends = np.zeros(5, dtype=np.int64), np.zeros(5, dtype=np.int64)
    for c in range(low, high):
        looked = False
        for i in range(start[c], start[c + 1]):
            if core[i]:
                label[i] = parent[c]
                continue
            if not looked:
                _around(c, cell, rows, wide, pointer, ends)
                looked = True
            label[i] = -1
            best = reach
            for step in range(5):
                for d in range(pointer[step], ends[step]):
                    for j in range(start[d], start[d + 1]):
                        if core[j]:
                            away = (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2
                            if away < best or (away == best and label[i] < 0):
                                best = away
                                label[i] = parent[d]


@njit(cache=True, nogil=True)
def _numbered(order: Any, label: Any, cells: int) -> Any:  # pragma: no cover - compiled
    """Labels in the order of the points, clusters numbered by their first points."""
    out = np.empty(len(order), dtype=np.int64)
    for at in range(len(order)):
        out[order[at]] = label[at]
    number = np.full(cells, -1, dtype=np.int64)
    found = 0
    for i in range(len(out)):
        if out[i] >= 0:
            if number[out[i]] < 0:
                number[out[i]] = found
                found += 1
            out[i] = number[out[i]]
    return out
