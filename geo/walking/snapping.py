"""From a point to its foot on the nearest street.

Distances are taken in metres scaled at the point's own latitude on the ellipsoid; within the 500 m
that matter here they agree with the geodesic to some centimetres, and the one reported is scaled at
the middle latitude, which agrees to a millimetre.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from geo.walking.arrays import (
    LAID,
    RAISED,
    SMALL_PART,
    Flags,
    Floats,
    Grid,
    Ints,
    Longs,
    Obstacles,
    StreetGrid,
    Streets,
)
from geo.walking.grids import grid_of, metres_per_degree
from geo.walking.obstacles import is_crossed

__all__ = [
    "CAP_METRES",
    "RADIUS_METRES",
    "build_grid",
    "feet_of",
    "foot_of",
    "metres_per_degree",
    "point_on",
    "segment_metres",
    "small_parts",
]

CELL_METRES = 60.0
RADIUS_METRES = 150.0
"""Within it a street of a small separate part gives way to one of a large part."""
CAP_METRES = 500.0
"""Farther from any street a point is off the network."""
RAISED_METRES = 15.0
"""A street on a bridge or in a tunnel counts as this much farther: the street on the ground below
is meant, and a footbridge is reached by its stairs."""
TRIES = 24
"""When something lies between a point and the nearest foot, so many of the nearest are tried."""
STEP_METRES = 40.0
"""Besides the nearest place of a segment, places ever so far along it are feet to be tried: past a
building in front of a long straight street there may be a way."""
SAME_METRES = 0.001  # feet so near each other are one: segments meet at their ends


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


def build_grid(streets: Streets) -> StreetGrid:
    """Sort the segments into cells.

    Cost: some 5,000,000 segments a second; 28 bytes a segment and cell.
    """
    return lay_out(
        streets,
        grid_of(
            streets.vertex_lon, streets.vertex_lat, streets.vertex_street, cell_metres=CELL_METRES
        ),
    )


def lay_out(streets: Streets, grid: Grid) -> StreetGrid:
    """Copy the segments into the order of a grid's cells."""
    frame, shape, start, items = grid
    laid = np.zeros(len(items), LAID)
    cell = np.repeat(np.arange(len(start) - 1), np.diff(start))
    row, column = np.divmod(cell, shape[0])
    axes = (
        ("x", "dx", streets.vertex_lon, column, frame[0], frame[2]),
        ("y", "dy", streets.vertex_lat, row, frame[1], frame[3]),
    )
    for at, by, vertex, corner, origin, size in axes:
        if len(items):
            laid[at] = (vertex[items] - origin) / size - corner
            laid[by] = (vertex[items + 1] - vertex[items]) / size
    laid["segment"], laid["flags"] = items, streets.vertex_flags[items]
    return StreetGrid(frame, shape, start, items, laid)


@njit(cache=True, nogil=True, forceinline=True)
def _fraction(
    streets: Streets, i: int, lon: float, lat: float, across: float, along: float
) -> float:  # pragma: no cover - compiled
    """Where along a segment the foot of a point lies."""
    ax = (streets.vertex_lon[i] - lon) * across
    ay = (streets.vertex_lat[i] - lat) * along
    bx = (streets.vertex_lon[i + 1] - lon) * across - ax
    by = (streets.vertex_lat[i + 1] - lat) * along - ay
    square = bx * bx + by * by
    if square == 0.0:
        return 0.0
    return float(min(max(-(ax * bx + ay * by) / square, 0.0), 1.0))


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def foot_of(
    streets: Streets,
    grid: StreetGrid,
    obstacles: Obstacles,
    lon: float,
    lat: float,
    radius: float,
    cap: float,
) -> tuple[int, float, float, bool]:  # pragma: no cover - compiled
    """The foot of a point on the nearest street.

    Order of choice: the nearest segment of a large part within `radius`; else the nearest of a
    small part within `radius`; else the same within `cap`. Raised streets count as 15 m farther.

    If something that nobody walks through lies between the point and that foot (see
    :mod:`geo.walking.obstacles`), the nearest foot on the ground to which nothing does is taken
    instead: of parts of the same size, within `radius`, among the nearest :data:`TRIES`. If there
    is none the first one stays, and is doubtful.

    Returns:
        The segment (its first vertex; -1 when there is none within `cap`), the fraction along it,
        the metres from the point to the foot, and whether the foot is doubtful.

    Cost: one or two microseconds; some twenty where something lies between.
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
    large, large_cost = -1, math.inf
    small, small_cost = -1, math.inf
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
                px, py = (x - c) * width, (y - r) * height
                # Whatever lies in this cell is at least so far away.
                far_x = max(-px, px - width, 0.0)
                far_y = max(-py, py - height, 0.0)
                if far_x * far_x + far_y * far_y > large_cost * large_cost:
                    continue
                cell = r * columns + c
                for position in range(grid.start[cell], grid.start[cell + 1]):
                    one = grid.laid[position]
                    ax, ay = one.x * width - px, one.y * height - py
                    bx, by = one.dx * width, one.dy * height
                    square = bx * bx + by * by
                    at = 0.0
                    if square > 0.0:
                        at = min(max(-(ax * bx + ay * by) / square, 0.0), 1.0)
                    ax += at * bx
                    ay += at * by
                    cost = math.sqrt(ax * ax + ay * ay)
                    if one.flags & RAISED:
                        cost += RAISED_METRES
                    if cost > cap:
                        continue
                    i = one.segment
                    if one.flags & SMALL_PART:
                        if cost < small_cost or (cost == small_cost and i < small):
                            small, small_cost = i, cost
                    elif cost < large_cost or (cost == large_cost and i < large):
                        large, large_cost = i, cost
        ring += 1
    i = large
    if large < 0 or (large_cost > radius and small_cost <= radius):
        i = small
    if i < 0:
        return -1, 0.0, math.inf, False
    at = _fraction(streets, i, lon, lat, across, along)
    metres = _metres_to(streets, i, at, lon, lat)
    foot_lon, foot_lat = point_on(streets, i, at)
    if not is_crossed(obstacles, lon, lat, foot_lon, foot_lat, metres):
        return i, at, metres, False
    wanted = streets.vertex_flags[i] & SMALL_PART
    other, other_at = _free_foot(streets, grid, obstacles, lon, lat, radius, wanted)
    if other < 0:
        return i, at, metres, True
    return other, other_at, _metres_to(streets, other, other_at, lon, lat), False


@njit(cache=True, nogil=True)
def _free_foot(
    streets: Streets,
    grid: StreetGrid,
    obstacles: Obstacles,
    lon: float,
    lat: float,
    radius: float,
    wanted: int,
) -> tuple[int, float]:  # pragma: no cover - compiled
    """The nearest foot on the ground within `radius` to which nothing lies between, on parts that
    are small or not as `wanted` says; -1 where there is none among the nearest :data:`TRIES`."""
    across, along = metres_per_degree(lat)
    columns, rows = grid.shape
    first_column = max(math.floor((lon - radius / across - grid.frame[0]) / grid.frame[2]), 0)
    last_column = min(
        math.floor((lon + radius / across - grid.frame[0]) / grid.frame[2]), columns - 1
    )
    first_row = max(math.floor((lat - radius / along - grid.frame[1]) / grid.frame[3]), 0)
    last_row = min(math.floor((lat + radius / along - grid.frame[1]) / grid.frame[3]), rows - 1)
    costs, ats = np.empty(TRIES), np.empty(TRIES)
    xs, ys = np.empty(TRIES), np.empty(TRIES)
    segments = np.empty(TRIES, np.int32)
    count = 0
    for row in range(first_row, last_row + 1):
        for column in range(first_column, last_column + 1):
            cell = row * columns + column
            for position in range(grid.start[cell], grid.start[cell + 1]):
                i = grid.items[position]
                if streets.vertex_flags[i] != wanted:
                    continue
                ax = (streets.vertex_lon[i] - lon) * across
                ay = (streets.vertex_lat[i] - lat) * along
                bx = (streets.vertex_lon[i + 1] - lon) * across - ax
                by = (streets.vertex_lat[i + 1] - lat) * along - ay
                square = bx * bx + by * by
                at, step = 0.0, 2.0
                if square > 0.0:
                    at = min(max(-(ax * bx + ay * by) / square, 0.0), 1.0)
                    step = STEP_METRES / math.sqrt(square)
                for direction in (-1.0, 1.0):
                    here = at
                    while 0.0 <= here <= 1.0:
                        x, y = ax + here * bx, ay + here * by
                        cost = math.hypot(x, y)
                        if cost > radius:
                            break
                        count = _insert(costs, segments, ats, xs, ys, count, cost, i, here, x, y)
                        here += direction * step
    for n in range(count):
        foot_lon, foot_lat = point_on(streets, segments[n], ats[n])
        if not is_crossed(obstacles, lon, lat, foot_lon, foot_lat, math.hypot(xs[n], ys[n])):
            return segments[n], ats[n]
    return -1, 0.0


@njit(cache=True, nogil=True)
def _insert(
    costs: Floats,
    segments: Ints,
    ats: Floats,
    xs: Floats,
    ys: Floats,
    count: int,
    cost: float,
    i: int,
    at: float,
    x: float,
    y: float,
) -> int:  # pragma: no cover - compiled
    """Put a foot into its place among the nearest so far, `count` of them; a place on the ground
    that is among them already, as where two segments meet, is not taken again.

    Returns:
        How many there are now.
    """
    if count == TRIES and cost > costs[count - 1]:
        return count
    for n in range(count):
        if abs(xs[n] - x) < SAME_METRES and abs(ys[n] - y) < SAME_METRES:
            return count
    n = min(count, TRIES - 1)
    while n > 0 and (costs[n - 1] > cost or (costs[n - 1] == cost and segments[n - 1] > i)):
        costs[n], segments[n], ats[n] = costs[n - 1], segments[n - 1], ats[n - 1]
        xs[n], ys[n] = xs[n - 1], ys[n - 1]
        n -= 1
    costs[n], segments[n], ats[n], xs[n], ys[n] = cost, i, at, x, y
    return min(count + 1, TRIES)


@njit(cache=True, nogil=True)
def _metres_to(
    streets: Streets, i: int, at: float, lon: float, lat: float
) -> float:  # pragma: no cover - compiled
    """Metres from a point to a place on a segment, scaled at the middle latitude."""
    foot_lon, foot_lat = point_on(streets, i, at)
    across, along = metres_per_degree((lat + foot_lat) / 2)
    return math.hypot((foot_lon - lon) * across, (foot_lat - lat) * along)


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
    streets: Streets,
    grid: StreetGrid,
    obstacles: Obstacles,
    lon: Floats,
    lat: Floats,
    radius: float,
    cap: float,
) -> tuple[
    Ints, Ints, Floats, Floats, Floats, Floats, Floats, Flags
]:  # pragma: no cover - compiled
    """The feet of many points.

    Returns:
        (n,) segment and chain (-1: off the network), metres and seconds from the chain's start,
        metres off the street, longitude and latitude of the foot (NaN off the network), 1 for a
        doubtful foot.
    """
    count = len(lon)
    segment = np.full(count, -1, np.int32)
    chain = np.full(count, -1, np.int32)
    metres = np.full(count, np.nan)
    seconds = np.full(count, np.nan)
    off_street = np.full(count, np.inf)
    foot_lon = np.full(count, np.nan)
    foot_lat = np.full(count, np.nan)
    doubtful = np.zeros(count, np.uint8)
    for n in range(count):
        i, at, off, doubt = foot_of(streets, grid, obstacles, lon[n], lat[n], radius, cap)
        if i < 0:
            continue
        segment[n] = i
        doubtful[n] = doubt
        chain[n] = streets.vertex_chain[i]
        metres[n] = streets.vertex_metres[i] + at * (
            streets.vertex_metres[i + 1] - streets.vertex_metres[i]
        )
        seconds[n] = streets.vertex_seconds[i] + at * (
            streets.vertex_seconds[i + 1] - streets.vertex_seconds[i]
        )
        off_street[n] = off
        foot_lon[n], foot_lat[n] = point_on(streets, i, at)
    return segment, chain, metres, seconds, off_street, foot_lon, foot_lat, doubtful


def small_parts(points: Longs, metres: Floats, *, points_below: int, metres_below: float) -> Flags:
    """Which parts never capture a person: few points or little length, but never the longest."""
    small = (points < points_below) | (metres < metres_below)
    small[:1] = False
    return small.astype(np.uint8)
