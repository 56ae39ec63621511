"""Segments sorted into the square cells of a grid."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from geo.walking.arrays import Floats, Grid, Ints, Longs

_AXIS = 6378137.0
_ECCENTRICITY_SQUARED = 0.0066943799901413165
_TOUCH = 1e-9  # of a cell: what lies on an edge is in both cells


@njit(cache=True, nogil=True)
def metres_per_degree(latitude: float) -> tuple[float, float]:  # pragma: no cover - compiled
    """Metres of one degree of longitude and of latitude, on the WGS 84 ellipsoid."""
    sine = math.sin(math.radians(latitude))
    w = 1.0 - _ECCENTRICITY_SQUARED * sine * sine
    across = _AXIS / math.sqrt(w) * math.cos(math.radians(latitude))
    along = _AXIS * (1.0 - _ECCENTRICITY_SQUARED) / (w * math.sqrt(w))
    return math.radians(across), math.radians(along)


def grid_of(
    lon: npt.NDArray[Any],
    lat: npt.NDArray[Any],
    owner: Ints,
    *,
    cell_metres: float,
    units: float = 1.0,
) -> Grid:
    """Sort segments into square cells; a network spread thinly over a wide area gets larger ones,
    so that memory follows the segments and not their extent.

    Args:
        lon, lat: (V,) vertices; segment `i` runs from vertex `i` to `i + 1`.
        owner: (V,) what segment `i` belongs to, -1 for none: the end of a line.
        cell_metres: the side of a cell.
        units: of `lon` and `lat` in a degree. The grid's frame is in the same units.
    """
    if not len(lon):
        return Grid(
            np.array([0.0, 0.0, 1.0, 1.0]),
            np.array([1, 1]),
            np.zeros(2, np.int32),
            np.empty(0, np.int32),
        )
    west, east, south, north = (float(v) for v in (lon.min(), lon.max(), lat.min(), lat.max()))
    across, along = (metres / units for metres in metres_per_degree((south + north) / 2 / units))
    across = max(across, 1.0 / units)  # at the poles
    width, height = (east - west) * across, (north - south) * along
    most = max(1_000_000, 4 * len(lon))
    side = cell_metres
    while (width / side + 1) * (height / side + 1) > most:
        side *= 1.3
    frame = np.array([west, south, side / across, side / along])
    shape = np.array([int(width / side) + 1, int(height / side) + 1], np.int64)
    start, items = _fill_grid(frame, shape, lon, lat, owner)
    return Grid(frame, shape, start, items)


@njit(cache=True, nogil=True)
def cells_in_row(
    x0: float, y0: float, x1: float, y1: float, row: int
) -> tuple[float, float]:  # pragma: no cover - compiled
    """From where to where, in columns, a segment with `y0 <= y1` lies within a row of cells."""
    low, high = x0, x1
    if y1 > y0:
        slope = (x1 - x0) / (y1 - y0)
        low = x0 + slope * (max(y0, float(row)) - y0)
        high = x0 + slope * (min(y1, row + 1.0) - y0)
    if low > high:
        low, high = high, low
    return low - _TOUCH, high + _TOUCH


@njit(cache=True, nogil=True)
def _fill_grid(
    frame: Floats, shape: Longs, lon: npt.NDArray[Any], lat: npt.NDArray[Any], owner: Ints
) -> tuple[Ints, Ints]:  # pragma: no cover - compiled
    columns, rows = shape
    start = np.zeros(columns * rows + 1, np.int32)
    items = np.empty(0, np.int32)
    for round_ in range(2):  # first count, then fill
        for i in range(len(lon) - 1):
            if owner[i] < 0:
                continue
            x0 = (lon[i] - frame[0]) / frame[2]
            y0 = (lat[i] - frame[1]) / frame[3]
            x1 = (lon[i + 1] - frame[0]) / frame[2]
            y1 = (lat[i + 1] - frame[1]) / frame[3]
            if y0 > y1:
                x0, y0, x1, y1 = x1, y1, x0, y0
            first_row = min(max(int(y0 - _TOUCH), 0), rows - 1)
            last_row = min(max(int(y1 + _TOUCH), 0), rows - 1)
            for row in range(first_row, last_row + 1):
                low, high = cells_in_row(x0, y0, x1, y1, row)
                first_column = min(max(int(low), 0), columns - 1)
                last_column = min(max(int(high), 0), columns - 1)
                for column in range(first_column, last_column + 1):
                    cell = row * columns + column
                    if round_ == 0:
                        start[cell + 1] += 1
                    else:
                        items[start[cell]] = i
                        start[cell] += 1
        if round_ == 0:
            for cell in range(columns * rows):
                start[cell + 1] += start[cell]
            items = np.empty(start[columns * rows], np.int32)
    # Filling has moved each cell's start to its end, which is the next one's start.
    for cell in range(columns * rows, 0, -1):
        start[cell] = start[cell - 1]
    start[0] = 0
    return start, items
