"""From a point to its foot on the nearest street.

Distances are taken in metres scaled at the point's own latitude on the ellipsoid; within the 500 m
that matter here they agree with the geodesic to some centimetres, and the one reported is scaled at
the middle latitude, which agrees to a millimetre.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from geo.walking.arrays import Flags, Floats, Grid, Ints, Longs, Streets

CELL_METRES = 60.0
RADIUS_METRES = 150.0
"""Within it a street of a small separate part gives way to one of a large part."""
CAP_METRES = 500.0
"""Farther from any street a point is off the network."""
RAISED_METRES = 15.0
"""A street on a bridge or in a tunnel counts as this much farther: the street on the ground below
is meant, and a footbridge is reached by its stairs."""

_AXIS = 6378137.0
_ECCENTRICITY_SQUARED = 0.0066943799901413165


@njit(cache=True, nogil=True)
def metres_per_degree(latitude: float) -> tuple[float, float]:  # pragma: no cover - compiled
    """Metres of one degree of longitude and of latitude, on the WGS 84 ellipsoid."""
    sine = math.sin(math.radians(latitude))
    w = 1.0 - _ECCENTRICITY_SQUARED * sine * sine
    across = _AXIS / math.sqrt(w) * math.cos(math.radians(latitude))
    along = _AXIS * (1.0 - _ECCENTRICITY_SQUARED) / (w * math.sqrt(w))
    return math.radians(across), math.radians(along)


@njit(cache=True, nogil=True)
def segment_metres(points: Floats) -> Floats:  # pragma: no cover - compiled
    """(C,) from each of (C, 2) points to the next, the last 0; scaled at the middle latitude, which
    is within 1e-6 of the geodesic for segments of some kilometres."""
    count = len(points)
    metres = np.zeros(count)
    for i in range(count - 1):
        across, along = metres_per_degree((points[i, 1] + points[i + 1, 1]) / 2)
        metres[i] = math.hypot(
            (points[i + 1, 0] - points[i, 0]) * across, (points[i + 1, 1] - points[i, 1]) * along
        )
    return metres


def build_grid(streets: Streets, *, cell_metres: float = CELL_METRES) -> Grid:
    """Sort the segments into square cells; a network spread thinly over a wide area gets larger
    ones, so that memory follows the network and not its extent."""
    lon, lat = streets.vertex_lon, streets.vertex_lat
    if not len(lon):
        return Grid(
            np.array([0.0, 0.0, 1.0, 1.0]),
            np.array([1, 1]),
            np.zeros(2, np.int32),
            np.empty(0, np.int32),
        )
    west, east, south, north = lon.min(), lon.max(), lat.min(), lat.max()
    across, along = metres_per_degree(float(south + north) / 2)
    across = max(across, 1.0)  # at the poles
    width, height = float(east - west) * across, float(north - south) * along
    most = max(1_000_000, 4 * len(lon))
    side = cell_metres
    while (width / side + 1) * (height / side + 1) > most:
        side *= 1.3
    frame = np.array([west, south, side / across, side / along])
    shape = np.array([int(width / side) + 1, int(height / side) + 1], np.int64)
    start, items = _fill_grid(frame, shape, lon, lat, streets.vertex_street)
    return Grid(frame, shape, start, items)


@njit(cache=True, nogil=True)
def _fill_grid(
    frame: Floats, shape: Longs, lon: Floats, lat: Floats, street: Ints
) -> tuple[Ints, Ints]:  # pragma: no cover - compiled
    columns, rows = shape
    start = np.zeros(columns * rows + 1, np.int32)
    items = np.empty(0, np.int32)
    for round_ in range(2):  # first count, then fill
        for i in range(len(lon) - 1):
            if street[i] < 0:
                continue
            x0 = (lon[i] - frame[0]) / frame[2]
            y0 = (lat[i] - frame[1]) / frame[3]
            x1 = (lon[i + 1] - frame[0]) / frame[2]
            y1 = (lat[i + 1] - frame[1]) / frame[3]
            if y0 > y1:
                x0, y0, x1, y1 = x1, y1, x0, y0
            first_row = min(max(int(y0 - 1e-9), 0), rows - 1)
            last_row = min(max(int(y1 + 1e-9), 0), rows - 1)
            for row in range(first_row, last_row + 1):
                # the columns that the segment touches within this row
                low, high = x0, x1
                if first_row != last_row:
                    slope = (x1 - x0) / (y1 - y0)
                    low = x0 + slope * (max(y0, float(row)) - y0)
                    high = x0 + slope * (min(y1, row + 1.0) - y0)
                if low > high:
                    low, high = high, low
                first_column = min(max(int(low - 1e-9), 0), columns - 1)
                last_column = min(max(int(high + 1e-9), 0), columns - 1)
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


@njit(cache=True, nogil=True)
def foot_of(
    streets: Streets, grid: Grid, lon: float, lat: float, radius: float, cap: float
) -> tuple[int, float, float]:  # pragma: no cover - compiled
    """The foot of a point on the nearest street.

    Order of choice: the nearest segment of a large part within `radius`; else the nearest of a
    small part within `radius`; else the same within `cap`. Raised streets count as 15 m farther.

    Returns:
        The segment (its first vertex; -1 when there is none within `cap`), the fraction along it,
        and the metres from the point to the foot.
    """
    across, along = metres_per_degree(lat)
    columns, rows = grid.shape
    x = (lon - grid.frame[0]) / grid.frame[2]
    y = (lat - grid.frame[1]) / grid.frame[3]
    column, row = math.floor(x), math.floor(y)
    width, height = grid.frame[2] * across, grid.frame[3] * along
    to_side = min(
        (x - column) * width,
        (column + 1 - x) * width,
        (y - row) * height,
        (row + 1 - y) * height,
    )
    side = min(width, height)
    large, large_at, large_cost = -1, 0.0, math.inf
    small, small_at, small_cost = -1, 0.0, math.inf
    ring = 0
    while True:
        # Whatever lies in this ring of cells or beyond is at least so far away.
        if ring > 0:
            bound = to_side + (ring - 1) * side
            if bound > cap or bound > large_cost:
                break
        for r in range(max(row - ring, 0), min(row + ring, rows - 1) + 1):
            is_edge = r == row - ring or r == row + ring
            step = 1 if is_edge or ring == 0 else 2 * ring
            for c in range(column - ring, column + ring + 1, step):
                if c < 0 or c >= columns:
                    continue
                cell = r * columns + c
                for position in range(grid.start[cell], grid.start[cell + 1]):
                    i = grid.items[position]
                    ax = (streets.vertex_lon[i] - lon) * across
                    ay = (streets.vertex_lat[i] - lat) * along
                    bx = (streets.vertex_lon[i + 1] - lon) * across - ax
                    by = (streets.vertex_lat[i + 1] - lat) * along - ay
                    square = bx * bx + by * by
                    at = 0.0
                    if square > 0.0:
                        at = min(max(-(ax * bx + ay * by) / square, 0.0), 1.0)
                    cost = math.hypot(ax + at * bx, ay + at * by)
                    if streets.vertex_raised[i]:
                        cost += RAISED_METRES
                    if cost > cap:
                        continue
                    # Whether the way to the foot crosses a wall or water belongs here: a candidate
                    # that would be the best so far and crosses is kept as a last resort only.
                    if streets.part_small[streets.chain_part[streets.vertex_chain[i]]]:
                        if cost < small_cost or (cost == small_cost and i < small):
                            small, small_at, small_cost = i, at, cost
                    elif cost < large_cost or (cost == large_cost and i < large):
                        large, large_at, large_cost = i, at, cost
        ring += 1
    i, at = large, large_at
    if large < 0 or (large_cost > radius and small_cost <= radius):
        i, at = small, small_at
    if i < 0:
        return -1, 0.0, math.inf
    foot_lon, foot_lat = point_on(streets, i, at)
    across, along = metres_per_degree((lat + foot_lat) / 2)
    return i, at, math.hypot((foot_lon - lon) * across, (foot_lat - lat) * along)


@njit(cache=True, nogil=True)
def point_on(
    streets: Streets, i: int, at: float
) -> tuple[float, float]:  # pragma: no cover - compiled
    """Longitude and latitude at a fraction of a segment."""
    return (
        streets.vertex_lon[i] + at * (streets.vertex_lon[i + 1] - streets.vertex_lon[i]),
        streets.vertex_lat[i] + at * (streets.vertex_lat[i + 1] - streets.vertex_lat[i]),
    )


@njit(cache=True, nogil=True)
def feet_of(
    streets: Streets, grid: Grid, lon: Floats, lat: Floats, radius: float, cap: float
) -> tuple[Ints, Ints, Floats, Floats, Floats, Floats, Floats]:  # pragma: no cover - compiled
    """The feet of many points.

    Returns:
        (n,) segment and chain (-1: off the network), metres and seconds from the chain's start,
        metres off the street, longitude and latitude of the foot (NaN off the network).
    """
    count = len(lon)
    segment = np.full(count, -1, np.int32)
    chain = np.full(count, -1, np.int32)
    metres = np.full(count, np.nan)
    seconds = np.full(count, np.nan)
    off_street = np.full(count, np.inf)
    foot_lon = np.full(count, np.nan)
    foot_lat = np.full(count, np.nan)
    for n in range(count):
        i, at, off = foot_of(streets, grid, lon[n], lat[n], radius, cap)
        if i < 0:
            continue
        segment[n] = i
        chain[n] = streets.vertex_chain[i]
        metres[n] = streets.vertex_metres[i] + at * (
            streets.vertex_metres[i + 1] - streets.vertex_metres[i]
        )
        seconds[n] = streets.vertex_seconds[i] + at * (
            streets.vertex_seconds[i + 1] - streets.vertex_seconds[i]
        )
        off_street[n] = off
        foot_lon[n], foot_lat[n] = point_on(streets, i, at)
    return segment, chain, metres, seconds, off_street, foot_lon, foot_lat


def small_parts(points: Longs, metres: Floats, *, points_below: int, metres_below: float) -> Flags:
    """Which parts never capture a person: few points or little length, but never the longest."""
    small = (points < points_below) | (metres < metres_below)
    small[:1] = False
    return small.astype(np.uint8)
