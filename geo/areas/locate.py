"""Which area holds which point: the half-open rule on a grid, exact and vectorised.

A point is in a polygon when a ray to the east crosses its border an odd number of times. An edge
counts when ``min(y1, y2) <= y < max(y1, y2)`` and the point is strictly to the west of it; both
neighbours compute an edge they share from the same numbers in the same order, so of two polygons
that share a border exactly one takes a point on it: in a partition every point is in exactly one
area, where ``ST_Covers`` says two and ``ST_Contains`` none. (Crossing number with half-open edges:
W. R. Franklin's PNPOLY; Hormann & Agathos, "The point in polygon problem for arbitrary polygons",
Computational Geometry 20, 2001.)

Each polygon's edges lie in horizontal bands, so that a test reads only those that a ray could meet;
a uniform grid over all polygons names the candidates for a point. A cell that no edge of a polygon
touches lies inside it as a whole, or is left out; only in cells on a border a point is tested at
all. Cost: build O(edges + cells), test O(edges in one band); some 10 million points a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from numba import njit

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Polygons = npt.NDArray[np.object_]

EDGES_A_BAND = 8.0
CELLS_A_POLYGON = 24.0


@dataclass(frozen=True)
class Locator:
    """An index over polygons; build with :func:`locator`."""

    edges: Floats  # (E, 4): x and y of the lower end, x and y of the upper end
    band_start: Integers  # offsets into band_edges, one more than bands in all
    band_edges: Integers
    polygon_band: Integers  # (P + 1): first band of each polygon
    polygon_box: Floats  # (P, 4): west, south, east, north
    polygon_scale: Floats  # (P,): bands per unit of y
    cell_start: Integers
    cell_polygons: Integers  # 2 * polygon, and 1 more where the whole cell lies inside it
    grid: Floats  # west, south, cell width, cell height
    columns: int
    rows: int

    def pairs(self, x: Floats, y: Floats) -> tuple[Integers, Integers]:
        """All (point, polygon) pairs, ordered by point, then polygon.

        Args:
            x, y: points in the coordinates of the polygons, shape (N,). NaN is in no polygon.

        Returns:
            Two arrays of equal length: index of the point, index of the polygon.
        """
        x = np.ascontiguousarray(x, dtype=np.float64)
        y = np.ascontiguousarray(y, dtype=np.float64)
        arguments = (
            x,
            y,
            self.edges,
            self.band_start,
            self.band_edges,
            self.polygon_band,
            self.polygon_box,
            self.polygon_scale,
            self.cell_start,
            self.cell_polygons,
            self.grid,
            self.columns,
            self.rows,
        )
        points, polygons = _locate(*arguments)
        return points, polygons


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
    every_edge = np.hstack([start, end])
    edge_start = np.searchsorted(owner, np.arange(len(polygons) + 1)).astype(np.int64)
    slanted = start[:, 1] != end[:, 1]  # a ray to the east never crosses a level edge
    start, end, owner = start[slanted], end[slanted], owner[slanted]
    upwards = start[:, 1] < end[:, 1]
    low = np.where(upwards[:, None], start, end)
    high = np.where(upwards[:, None], end, start)
    edges = np.ascontiguousarray(np.hstack([low, high]))

    count = len(polygons)
    box = shapely.bounds(polygons).reshape(count, 4).astype(np.float64)
    box[np.isnan(box).any(axis=1)] = (1.0, 1.0, 0.0, 0.0)  # holds nothing
    per_polygon = np.bincount(owner, minlength=count)
    bands = np.maximum(1, np.ceil(per_polygon / EDGES_A_BAND)).astype(np.int64)
    polygon_band = np.concatenate([[0], np.cumsum(bands)]).astype(np.int64)

    height = box[:, 3] - box[:, 1]
    scale = np.where(height > 0, bands / np.where(height > 0, height, 1.0), 0.0)
    # Points are filed into bands by this same expression: rounding keeps the order of y, so the
    # band of a point holds every edge that its ray can meet.
    first = ((edges[:, 1] - box[owner, 1]) * scale[owner]).astype(np.int64)
    last = ((edges[:, 3] - box[owner, 1]) * scale[owner]).astype(np.int64)
    first = np.clip(first, 0, bands[owner] - 1)
    last = np.clip(last, 0, bands[owner] - 1)
    band_start, band_edges = _bucket(polygon_band[owner] + first, last - first, polygon_band[-1])

    grid, columns, rows = _grid_of(box, count)
    cell, entry = _cells(
        every_edge, edge_start, edges, band_start, band_edges, polygon_band, box, scale,
        grid, columns, rows,
    )  # fmt: skip
    order = np.argsort(cell, kind="stable")
    cell_start = np.searchsorted(cell[order], np.arange(columns * rows + 1)).astype(np.int64)
    return Locator(
        edges=edges,
        band_start=band_start,
        band_edges=band_edges,
        polygon_band=polygon_band,
        polygon_box=box,
        polygon_scale=scale,
        cell_start=cell_start,
        cell_polygons=entry[order],
        grid=grid,
        columns=columns,
        rows=rows,
    )


def _rings(polygons: Polygons) -> tuple[Polygons, Integers]:
    parts, of_polygon = shapely.get_parts(polygons, return_index=True)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    return rings, of_polygon[of_part].astype(np.int64)


def _grid_of(box: Floats, count: int) -> tuple[Floats, int, int]:
    """A grid over all boxes with some cells a polygon, near square."""
    holding = box[box[:, 0] <= box[:, 2]]
    if len(holding) == 0:
        return np.array([0.0, 0.0, 1.0, 1.0]), 1, 1
    west, south = holding[:, 0].min(), holding[:, 1].min()
    width = max(holding[:, 2].max() - west, 1e-9)
    height = max(holding[:, 3].max() - south, 1e-9)
    cells = min(max(count * CELLS_A_POLYGON, 64.0), 4e6)
    columns = int(np.clip(np.sqrt(cells * width / height), 1, 4096))
    rows = int(np.clip(cells / columns, 1, 4096))
    return np.array([west, south, width / columns, height / rows]), columns, rows


def _bucket(first: Integers, further: Integers, buckets: int) -> tuple[Integers, Integers]:
    """Put item i into the buckets first[i] … first[i] + further[i]; offsets and items."""
    counts = further + 1
    item = np.repeat(np.arange(len(first)), counts)
    step = np.arange(len(item)) - np.repeat(np.cumsum(counts) - counts, counts)
    bucket = first[item] + step
    order = np.argsort(bucket, kind="stable")
    starts = np.searchsorted(bucket[order], np.arange(buckets + 1)).astype(np.int64)
    return starts, item[order].astype(np.int64)


@njit(cache=True, nogil=True)
def _inside(
    px: float,
    py: float,
    p: int,
    edges: Any,
    band_start: Any,
    band_edges: Any,
    polygon_band: Any,
    box: Any,
    scale: Any,
) -> bool:  # pragma: no cover - compiled
    if px < box[p, 0] or px > box[p, 2] or py < box[p, 1] or py > box[p, 3]:
        return False
    band = int((py - box[p, 1]) * scale[p])
    b = min(polygon_band[p] + band, polygon_band[p + 1] - 1)
    inside = False
    for e in range(band_start[b], band_start[b + 1]):
        edge = band_edges[e]
        x1, y1, x2, y2 = edges[edge, 0], edges[edge, 1], edges[edge, 2], edges[edge, 3]
        if y1 <= py < y2 and px < x1 + (py - y1) * (x2 - x1) / (y2 - y1):
            inside = not inside
    return inside


@njit(cache=True, nogil=True)
def _cell(at: float, origin: float, size: float, count: int) -> int:  # pragma: no cover - compiled
    """Column or row of a coordinate; the last one is closed, as rounding may put it one on."""
    return min(max(int(np.floor((at - origin) / size)), 0), count - 1)


@njit(cache=True, nogil=True)
def _cells(
    every_edge: Any,
    edge_start: Any,
    edges: Any,
    band_start: Any,
    band_edges: Any,
    polygon_band: Any,
    box: Any,
    scale: Any,
    grid: Any,
    columns: int,
    rows: int,
) -> Any:  # pragma: no cover - compiled
    """Which polygons each cell must ask, and which hold it as a whole: cell and entry, paired."""
    cells = np.empty(1024, dtype=np.int64)
    entries = np.empty(1024, dtype=np.int64)
    found = 0
    for p in range(len(box)):
        if box[p, 0] > box[p, 2]:
            continue
        west = _cell(box[p, 0], grid[0], grid[2], columns)
        east = _cell(box[p, 2], grid[0], grid[2], columns)
        south = _cell(box[p, 1], grid[1], grid[3], rows)
        north = _cell(box[p, 3], grid[1], grid[3], rows)
        wide, tall = east - west + 1, north - south + 1
        touched = np.zeros(wide * tall, dtype=np.bool_)
        for e in range(edge_start[p], edge_start[p + 1]):
            x1, y1, x2, y2 = every_edge[e, 0], every_edge[e, 1], every_edge[e, 2], every_edge[e, 3]
            first_column = _cell(min(x1, x2), grid[0], grid[2], columns) - west
            last_column = _cell(max(x1, x2), grid[0], grid[2], columns) - west
            first_row = _cell(min(y1, y2), grid[1], grid[3], rows) - south
            last_row = _cell(max(y1, y2), grid[1], grid[3], rows) - south
            for row in range(first_row, last_row + 1):
                for column in range(first_column, last_column + 1):
                    touched[row * wide + column] = True
        for row in range(tall):
            known = False  # neighbours that no edge parts are on the same side
            inside = False
            for column in range(wide):
                if touched[row * wide + column]:
                    known = False
                    entry = 2 * p
                else:
                    if not known:
                        middle_x = grid[0] + (west + column + 0.5) * grid[2]
                        middle_y = grid[1] + (south + row + 0.5) * grid[3]
                        inside = _inside(
                            middle_x, middle_y, p, edges, band_start, band_edges, polygon_band,
                            box, scale,
                        )  # fmt: skip
                        known = True
                    if not inside:
                        continue
                    entry = 2 * p + 1
                if found == len(cells):
                    cells = np.concatenate((cells, np.empty_like(cells)))
                    entries = np.concatenate((entries, np.empty_like(entries)))
                cells[found] = (south + row) * columns + west + column
                entries[found] = entry
                found += 1
    return cells[:found].copy(), entries[:found].copy()


@njit(cache=True, nogil=True)
def _locate(
    x: Any,
    y: Any,
    edges: Any,
    band_start: Any,
    band_edges: Any,
    polygon_band: Any,
    polygon_box: Any,
    polygon_scale: Any,
    cell_start: Any,
    cell_polygons: Any,
    grid: Any,
    columns: int,
    rows: int,
) -> Any:  # pragma: no cover - compiled
    points = np.empty(len(x) * 2 + 16, dtype=np.int64)
    polygons = np.empty(len(x) * 2 + 16, dtype=np.int64)
    found = 0
    for i in range(len(x)):
        px, py = x[i], y[i]
        if np.isnan(px) or np.isnan(py):
            continue
        column = int(np.floor((px - grid[0]) / grid[2]))
        row = int(np.floor((py - grid[1]) / grid[3]))
        if column < 0 or row < 0 or column > columns or row > rows:
            continue
        # The last column and row are closed to the east and north.
        cell = min(row, rows - 1) * columns + min(column, columns - 1)
        for slot in range(cell_start[cell], cell_start[cell + 1]):
            p = cell_polygons[slot] >> 1
            if cell_polygons[slot] & 1 or _inside(
                px, py, p, edges, band_start, band_edges, polygon_band, polygon_box, polygon_scale
            ):
                if found == len(points):
                    points = np.concatenate((points, np.empty_like(points)))
                    polygons = np.concatenate((polygons, np.empty_like(polygons)))
                points[found] = i
                polygons[found] = p
                found += 1
    return points[:found].copy(), polygons[:found].copy()


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
