"""Which area holds which point: the half-open rule on a grid, exact and vectorised.

A point is in a polygon when a ray to the east crosses its border an odd number of times. An edge
counts when ``min(y1, y2) <= y < max(y1, y2)`` and the point is strictly to the west of it; both
neighbours compute an edge they share from the same numbers in the same order, so of two polygons
that share a border exactly one takes a point on it: in a partition every point is in exactly one
area, where ``ST_Covers`` says two and ``ST_Contains`` none. (Crossing number with half-open edges:
W. R. Franklin's PNPOLY; Hormann & Agathos, "The point in polygon problem for arbitrary polygons",
Computational Geometry 20, 2001.)

A uniform grid lies over all polygons. A cell that no edge of a polygon touches is inside or outside
it as a whole. In the others the ray need not leave the neighbourhood: it ends in the next untouched
cell to the east or west, of which inside or outside is known, and meets the few edges between. A
point therefore costs one look into the grid and, near a border, a handful of edges that lie side by
side in memory. Build O(edges + cells in the polygons' boxes); some 15 million points a second and
core.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from numba import njit

from geo.compiled import longer

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Polygons = npt.NDArray[np.object_]

CELLS_A_POLYGON = 24.0
CELLS_AN_EDGE = 1.5
MOST_CELLS = 6e5
POINTS_A_PIECE = 1 << 16
"""Fewer than this are not worth a thread."""


@dataclass(frozen=True)
class Locator:
    """An index over polygons; build with :func:`locator`.

    The cells lie row by row from the south-west. An entry is a polygon that a cell has to do with:
    which way the ray runs, whether its end lies inside, and the edges on the way there.
    """

    cell_start: npt.NDArray[np.int32]  # (cells + 1): first entry of each cell
    entries: npt.NDArray[np.int32]  # 4 * polygon + 2 if to the west + 1 if it ends inside
    entry_start: npt.NDArray[np.int32]  # (entries + 1): first edge of each entry
    edges: Floats  # (E, 4): x and y of the lower end, x and y of the upper end
    grid: Floats  # west, south, cells per unit of x, cells per unit of y
    columns: int
    rows: int

    def pairs(self, x: Floats, y: Floats) -> tuple[Integers, Integers]:
        """All (point, polygon) pairs, ordered by point, then polygon; on all cores.

        Args:
            x, y: points in the coordinates of the polygons, shape (N,). NaN is in no polygon.

        Returns:
            Two arrays of equal length: index of the point, index of the polygon.
        """
        x = np.ascontiguousarray(x, dtype=np.float64)
        y = np.ascontiguousarray(y, dtype=np.float64)
        pieces = max(1, min(os.cpu_count() or 1, len(x) // POINTS_A_PIECE))
        bounds = np.linspace(0, len(x), pieces + 1).astype(np.int64)

        def piece(number: int) -> tuple[Integers, Integers]:
            found: tuple[Integers, Integers] = _locate(
                x, y, bounds[number], bounds[number + 1], self.cell_start, self.entries,
                self.entry_start, self.edges, self.grid, self.columns, self.rows,
            )  # fmt: skip
            return found

        if pieces == 1:
            return piece(0)
        with ThreadPoolExecutor(pieces) as threads:
            found = list(threads.map(piece, range(pieces)))
        return np.concatenate([one[0] for one in found]), np.concatenate([one[1] for one in found])


def locator(polygons: Polygons) -> Locator:
    """Index polygons for :meth:`Locator.pairs`.

    Args:
        polygons: shapely Polygons or MultiPolygons, shape (P,); None and empty ones hold nothing.
            They must be valid (holes and parts are then handled by the parity of crossings alone).
    """
    rings, of_polygon = _rings(polygons)
    coordinates = shapely.get_coordinates(rings)
    ring_of = np.repeat(np.arange(len(rings)), shapely.get_num_coordinates(rings))
    same = ring_of[1:] == ring_of[:-1]
    start, end = coordinates[:-1][same], coordinates[1:][same]
    owner = of_polygon[ring_of[:-1][same]]
    upwards = start[:, 1] < end[:, 1]
    low = np.where(upwards[:, None], start, end)
    high = np.where(upwards[:, None], end, start)
    edges = np.ascontiguousarray(np.hstack([low, high]))
    count = len(polygons)
    edge_start = np.searchsorted(owner, np.arange(count + 1)).astype(np.int64)
    box = shapely.bounds(polygons).reshape(count, 4).astype(np.float64)
    box[np.isnan(box).any(axis=1)] = (1.0, 1.0, 0.0, 0.0)  # holds nothing
    grid, columns, rows = _grid_of(box, count, len(edges))
    cell, entry, length, local = _cells(edges, edge_start, box, grid, columns, rows)
    order = grouped(cell, columns * rows)
    first = np.concatenate([[0], np.cumsum(length)])[:-1]
    return Locator(
        cell_start=np.concatenate([[0], np.cumsum(np.bincount(cell, minlength=columns * rows))])
        .astype(np.int32),
        entries=entry[order].astype(np.int32),
        entry_start=np.concatenate([[0], np.cumsum(length[order])]).astype(np.int32),
        edges=_gathered(edges, local, first[order], length[order]),
        grid=grid,
        columns=columns,
        rows=rows,
    )  # fmt: skip


def _rings(polygons: Polygons) -> tuple[Polygons, Integers]:
    parts, of_polygon = shapely.get_parts(polygons, return_index=True)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    return rings, of_polygon[of_part].astype(np.int64)


def _grid_of(box: Floats, count: int, edges: int) -> tuple[Floats, int, int]:
    """A grid over all boxes, near square, whose cells hold an edge or so on average."""
    holding = box[box[:, 0] <= box[:, 2]]
    if len(holding) == 0:
        return np.array([0.0, 0.0, 1.0, 1.0]), 1, 1
    west, south = holding[:, 0].min(), holding[:, 1].min()
    width = max(holding[:, 2].max() - west, 1e-9)
    height = max(holding[:, 3].max() - south, 1e-9)
    cells = min(max(count * CELLS_A_POLYGON, edges * CELLS_AN_EDGE, 64.0), MOST_CELLS)
    columns = int(np.clip(np.sqrt(cells * width / height), 1, 4096))
    rows = int(np.clip(cells / columns, 1, 4096))
    return np.array([west, south, columns / width, rows / height]), columns, rows


@njit(cache=True, nogil=True)
def _cell(at: float, origin: float, scale: float, count: int) -> int:  # pragma: no cover - compiled
    """Column or row of a coordinate; the last one is closed, as rounding may put it one on.

    It never falls while the coordinate rises: what lies between two points in space lies between
    them in the grid, and no tolerance is needed anywhere.
    """
    return min(max(int(np.floor((at - origin) * scale)), 0), count - 1)


@njit(cache=True, nogil=True)
def _crosses(x: float, y: float, edge: Any) -> bool:  # pragma: no cover - compiled
    """Whether a ray from the point to the east crosses the edge, its upper end left out."""
    if not edge[1] <= y < edge[3]:
        return False
    return bool(x < edge[0] + (y - edge[1]) * (edge[2] - edge[0]) / (edge[3] - edge[1]))


@njit(cache=True, nogil=True)
def _cells(
    edges: Any, edge_start: Any, box: Any, grid: Any, columns: int, rows: int
) -> Any:  # pragma: no cover - compiled
    """The entries of all cells, polygon by polygon: cell, entry, how many edges, and these."""
    cells = np.empty(1024, dtype=np.int64)
    entries = np.empty(1024, dtype=np.int64)
    lengths = np.empty(1024, dtype=np.int64)
    local = np.empty(4096, dtype=np.int64)
    found, listed = 0, 0
    most = 0
    for p in range(len(box)):
        most = max(most, edge_start[p + 1] - edge_start[p])
    span = np.empty((most, 4), dtype=np.int64)  # columns and rows of each edge of the polygon
    for p in range(len(box)):
        if box[p, 0] > box[p, 2]:
            continue
        west = _cell(box[p, 0], grid[0], grid[2], columns)
        east = _cell(box[p, 2], grid[0], grid[2], columns)
        south = _cell(box[p, 1], grid[1], grid[3], rows)
        north = _cell(box[p, 3], grid[1], grid[3], rows)
        wide, tall = east - west + 1, north - south + 1
        begin, count = edge_start[p], edge_start[p + 1] - edge_start[p]
        touched = np.zeros(wide * tall, dtype=np.bool_)
        row_start = np.zeros(tall + 1, dtype=np.int64)
        for e in range(count):
            x1, y1, x2, y2 = edges[begin + e]
            span[e, 0] = _cell(min(x1, x2), grid[0], grid[2], columns) - west
            span[e, 1] = _cell(max(x1, x2), grid[0], grid[2], columns) - west
            span[e, 2] = _cell(y1, grid[1], grid[3], rows) - south
            span[e, 3] = _cell(y2, grid[1], grid[3], rows) - south
            for row in range(span[e, 2], span[e, 3] + 1):
                row_start[row + 1] += 1
                for column in range(span[e, 0], span[e, 1] + 1):
                    touched[row * wide + column] = True
        for row in range(tall):
            row_start[row + 1] += row_start[row]
        of_row = np.empty(row_start[tall], dtype=np.int64)
        at = row_start[:-1].copy()
        for e in range(count):
            for row in range(span[e, 2], span[e, 3] + 1):
                of_row[at[row]] = e
                at[row] += 1
        inside = np.zeros(wide + 2, dtype=np.bool_)  # of untouched cells; none beyond the box
        run_west = np.empty(wide, dtype=np.int64)
        run_east = np.empty(wide, dtype=np.int64)
        for row in range(tall):
            middle_y = grid[1] + (south + row + 0.5) / grid[3]
            on = touched[row * wide : (row + 1) * wide]
            for column in range(wide):
                if on[column]:
                    new = column == 0 or not on[column - 1]
                    run_west[column] = column if new else run_west[column - 1]
                    continue
                if column > 0 and not on[column - 1]:
                    inside[column + 1] = inside[column]
                    continue
                middle_x = grid[0] + (west + column + 0.5) / grid[2]
                inside[column + 1] = False
                for slot in range(row_start[row], row_start[row + 1]):
                    if _crosses(middle_x, middle_y, edges[begin + of_row[slot]]):
                        inside[column + 1] = not inside[column + 1]
            for column in range(wide - 1, -1, -1):
                if on[column]:
                    new = column == wide - 1 or not on[column + 1]
                    run_east[column] = column if new else run_east[column + 1]
            in_row = row_start[row + 1] - row_start[row]
            for column in range(wide):
                before = listed
                westwards = False
                parity = inside[column + 1]
                if on[column]:
                    first, last = run_west[column], run_east[column]
                    westwards = column - first < last - column
                    if westwards:
                        parity = inside[first]
                        last = column
                    else:
                        parity = inside[last + 2]
                        first = column
                    if listed + in_row > len(local):
                        local = longer(local, max(2 * len(local), listed + in_row))
                    for slot in range(row_start[row], row_start[row + 1]):
                        e = of_row[slot]
                        # What lies in the run altogether; the rest is beyond the end of the ray.
                        if span[e, 1] < first or span[e, 0] > last:
                            continue
                        apart = span[e, 1] < column or span[e, 0] > column
                        if apart and span[e, 2] < row < span[e, 3]:
                            parity = not parity  # in the way of every ray from this cell
                        else:
                            local[listed] = begin + e
                            listed += 1
                if listed == before and not parity:
                    continue
                if found == len(cells):
                    cells = longer(cells, 2 * len(cells))
                    entries = longer(entries, 2 * len(entries))
                    lengths = longer(lengths, 2 * len(lengths))
                cells[found] = (south + row) * columns + west + column
                entries[found] = 4 * p + 2 * westwards + parity
                lengths[found] = listed - before
                found += 1
    return cells[:found].copy(), entries[:found].copy(), lengths[:found].copy(), local[:listed]


@njit(cache=True, nogil=True)
def _gathered(
    edges: Any, local: Any, first: Any, length: Any
) -> Any:  # pragma: no cover - compiled
    """The edges of the entries side by side, in the order of the entries."""
    total = 0
    for count in length:
        total += count
    side_by_side = np.empty((total, 4))
    at = 0
    for entry in range(len(first)):
        for slot in range(first[entry], first[entry] + length[entry]):
            for number in range(4):
                side_by_side[at, number] = edges[local[slot], number]
            at += 1
    return side_by_side


@njit(cache=True, nogil=True)
def _locate(
    x: Any,
    y: Any,
    begin: int,
    end: int,
    cell_start: Any,
    entries: Any,
    entry_start: Any,
    edges: Any,
    grid: Any,
    columns: int,
    rows: int,
) -> Any:  # pragma: no cover - compiled
    room = end - begin + (end - begin) // 4 + 16
    points = np.empty(room, dtype=np.int64)
    polygons = np.empty(room, dtype=np.int64)
    found = 0
    for i in range(begin, end):
        px, py = x[i], y[i]
        column = np.floor((px - grid[0]) * grid[2])
        row = np.floor((py - grid[1]) * grid[3])
        if not (0 <= column <= columns and 0 <= row <= rows):  # nor is NaN
            continue
        # The last column and row are closed to the east and north.
        cell = min(int(row), rows - 1) * columns + min(int(column), columns - 1)
        for slot in range(cell_start[cell], cell_start[cell + 1]):
            entry = entries[slot]
            inside = entry & 1 != 0
            westwards = entry & 2 != 0
            for e in range(entry_start[slot], entry_start[slot + 1]):
                y1, y2 = edges[e, 1], edges[e, 3]
                if y1 <= py < y2:
                    x1 = edges[e, 0]
                    # The same expression whichever way the ray runs: an edge is crossed by one of
                    # the two rays, never by both or none.
                    if (px < x1 + (py - y1) * (edges[e, 2] - x1) / (y2 - y1)) != westwards:
                        inside = not inside
            if inside:
                if found == len(points):
                    points = longer(points, 2 * len(points))
                    polygons = longer(polygons, 2 * len(polygons))
                points[found] = i
                polygons[found] = entry >> 2
                found += 1
    return points[:found], polygons[:found]


@njit(cache=True, nogil=True)
def grouped(keys: Any, groups: int) -> Any:  # pragma: no cover - compiled
    """Positions of `keys` in the order of their groups (0 … groups - 1), else as they were: a
    counting sort, O(n)."""
    start = np.zeros(groups + 1, dtype=np.int64)
    for key in keys:
        start[key + 1] += 1
    for group in range(groups):
        start[group + 1] += start[group]
    order = np.empty(len(keys), dtype=np.int64)
    for position in range(len(keys)):
        key = keys[position]
        order[start[key]] = position
        start[key] += 1
    return order
