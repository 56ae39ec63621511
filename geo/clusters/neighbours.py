"""The nearest addresses of each address among those of its own pool, exact, from a grid.

Addresses are distinct places; the pools (an organising unit, or all that lies in none) do not see
each other. Addresses of a pool lie sorted by the cells of a grid; the search looks at rings of
cells around until no nearer address can be outside of them. Cost: some 1 µs an address and
neighbour; ranges of addresses are independent, so threads share the work.
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
CELL_METRES = 30.0


def cell_order(pool: Integers, x: Floats, y: Floats) -> tuple[Integers, Integers]:
    """The order by pool, then row of cells, then column; and the cell's key of each sorted row."""
    if len(x) == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    column = np.floor((x - x.min()) / CELL_METRES).astype(np.int64) + 1
    row = np.floor((y - y.min()) / CELL_METRES).astype(np.int64) + 1
    key = row * _WIDE + column
    order = np.lexsort((x, key, pool))
    return order, key[order]


_WIDE = 1 << 24


def nearest(
    x: Floats,
    y: Floats,
    cell: Integers,
    pool_start: Integers,
    reach: Floats,
    most: int,
    threads: int = 1,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """The `most` nearest of each address within reach, itself first.

    Args:
        x, y: metres, shape (A,), in the order of :func:`cell_order`.
        cell: the keys of that order.
        pool_start: offsets of the pools, shape (P + 1,).
        reach: metres, inclusive, of each pool, shape (P,).
        most: how many, itself counted.
        threads: how many at once.

    Returns:
        Their positions by distance, shape (A, most), -1 behind the last; how many, shape (A,).
    """
    count = len(x)
    found = np.full((count, most), -1, dtype=np.int32)
    many = np.zeros(count, dtype=np.int32)
    grid = _grid(cell, pool_start)
    _shared(_nearest, count, threads, x, y, cell, *grid, reach, most, found, many)
    return found, many


SECTORS = 6


def around(
    x: Floats, y: Floats, cell: Integers, pool_start: Integers, reach: Floats, threads: int = 1
) -> npt.NDArray[np.int32]:
    """The nearest address within reach in each of six directions, shape (A, 6), -1 for none.

    That is Yao's graph (A. C.-C. Yao, SIAM J. Comput. 11, 1982): unlike the k nearest, which in a
    crowded building are all in that building, it leads across the gaps between buildings. Arguments
    as in :func:`nearest`.
    """
    found = np.full((len(x), SECTORS), -1, dtype=np.int32)
    _shared(_around, len(x), threads, x, y, cell, *_grid(cell, pool_start), reach, found)
    return found


def _grid(cell: Integers, pool_start: Integers) -> tuple[Integers, Integers, Integers, Integers]:
    """The pool of each address, the keys of the cells that hold any, where each begins, and where
    each pool's cells begin."""
    pool = np.repeat(np.arange(len(pool_start) - 1), np.diff(pool_start))
    new = np.ones(len(cell), dtype=bool)
    new[1:] = (cell[1:] != cell[:-1]) | (pool[1:] != pool[:-1])
    first = np.flatnonzero(new)
    starts = np.append(first, len(cell))
    return pool, cell[first], starts, np.searchsorted(first, pool_start).astype(np.int64)


def _shared(kernel: Any, count: int, threads: int, *arguments: Any) -> None:
    """Run a kernel over all addresses, ranges of them on several threads."""
    if threads == 1:
        kernel(0, count, *arguments)
        return
    parts = np.linspace(0, count, 8 * threads + 1).astype(np.int64).tolist()
    with ThreadPoolExecutor(threads) as workers:
        for done in [
            workers.submit(kernel, low, high, *arguments) for low, high in pairwise(parts)
        ]:
            done.result()


@njit(cache=True, nogil=True)
def _nearest(
    low: int,
    high: int,
    x: Any,
    y: Any,
    cell: Any,
    pool: Any,
    cells: Any,
    cell_start: Any,
    pool_cells: Any,
    reach: Any,
    most: int,
    found: Any,
    many: Any,
) -> None:  # pragma: no cover - compiled
    best = np.empty(most)
    which = np.empty(most, dtype=np.int32)
    for i in range(low, high):
        here = pool[i]
        begin, end = pool_cells[here], pool_cells[here + 1]
        limit = reach[here] * reach[here]
        ring = 1
        while True:
            size = 0
            for step in range(-ring, ring + 1):
                left = cell[i] + step * _WIDE - ring
                right = left + 2 * ring
                at = begin + np.searchsorted(cells[begin:end], left)
                while at < end and cells[at] <= right:
                    for j in range(cell_start[at], cell_start[at + 1]):
                        away = (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2
                        if j == i:
                            away = -1.0
                        if away > limit or (size == most and away >= best[size - 1]):
                            continue
                        if size < most:
                            size += 1
                        to = size - 1
                        while to > 0 and best[to - 1] > away:
                            best[to], which[to] = best[to - 1], which[to - 1]
                            to -= 1
                        best[to], which[to] = away, j
                    at += 1
            covered = ring * CELL_METRES
            if covered * covered >= limit:
                break
            if size == most and best[size - 1] <= covered * covered:
                break
            ring += 1
        many[i] = size
        for to in range(size):
            found[i, to] = which[to]


@njit(cache=True, nogil=True)
def _around(
    low: int,
    high: int,
    x: Any,
    y: Any,
    cell: Any,
    pool: Any,
    cells: Any,
    cell_start: Any,
    pool_cells: Any,
    reach: Any,
    found: Any,
) -> None:  # pragma: no cover - compiled
    best = np.empty(SECTORS)
    slope = math.sqrt(3.0)
    for i in range(low, high):
        here = pool[i]
        begin, end = pool_cells[here], pool_cells[here + 1]
        limit = reach[here] * reach[here]
        best[:] = np.inf
        ring = 0
        while True:
            # Only the cells of this ring: those within were looked at before.
            for step in range(-ring, ring + 1):
                row = cell[i] + step * _WIDE
                whole = abs(step) == ring
                at = begin + np.searchsorted(cells[begin:end], row - ring)
                while at < end and cells[at] <= row + ring:
                    if not whole and cells[at] != row - ring and cells[at] != row + ring:
                        at = begin + np.searchsorted(cells[begin:end], row + ring)
                        continue
                    for j in range(cell_start[at], cell_start[at + 1]):
                        if j == i:
                            continue
                        dx, dy = x[j] - x[i], y[j] - y[i]
                        away = dx * dx + dy * dy
                        if away > limit:
                            continue
                        # Sectors of 60 degrees, by the lines y = 0 and y = ±√3 x.
                        if dy >= 0:
                            sector = 0 if dy < slope * dx else (1 if dy > -slope * dx else 2)
                        else:
                            sector = 3 if dy > slope * dx else (4 if dy < -slope * dx else 5)
                        if away < best[sector]:
                            best[sector] = away
                            found[i, sector] = j
                    at += 1
            covered = ring * CELL_METRES
            if covered >= reach[here]:
                break
            done = True
            for sector in range(SECTORS):
                if best[sector] > covered * covered:
                    done = False
            if done:
                break
            ring += 1
