"""From a point to its foot on the nearest street.

Distances are taken in metres scaled at the point's own latitude on the ellipsoid; within the 500 m
that matter here they agree with the geodesic to some centimetres, and the one reported is scaled at
the middle latitude, which agrees to a millimetre.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from geo.walking.addresses import Handle, carray, pointer, record_of
from geo.walking.arrays import (
    LAID,
    RAISED,
    SMALL_PART,
    STANDING,
    Flags,
    Floats,
    Grid,
    Ground,
    Ints,
    Longs,
    Standing,
    Streets,
)
from geo.walking.free_feet import free_foot
from geo.walking.geometry import fraction_of, metres_between, point_on
from geo.walking.grids import grid_of, metres_per_degree
from geo.walking.obstacles import is_crossed

__all__ = [
    "CAP_METRES",
    "RADIUS_METRES",
    "build_grid",
    "feet_of",
    "foot_of",
    "metres_per_degree",
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
NOTHING = 1e-30  # the square of a length, lest a segment without one divide by zero


ARRAYS = {
    "frame": np.float64,
    "shape": np.int64,
    "start": np.int32,
    "laid": LAID,
    "vertex_lon": np.float64,
    "vertex_lat": np.float64,
    "vertex_metres": np.float64,
    "vertex_seconds": np.float64,
    "vertex_chain": np.int32,
    "standing_frame": np.float64,
    "standing_shape": np.int64,
    "standing_start": np.int32,
    "standing": STANDING,
    "standing_lon": np.int32,
    "standing_lat": np.int32,
    "standing_feature": np.int32,
    "feature_start": np.int32,
}
GROUND = record_of(ARRAYS, {"radius": np.float64, "cap": np.float64})
"""All that the foot of a point is looked for in, by addresses."""
_FLOAT, _LONG, _INT = np.float64, np.int64, np.int32


def build_grid(streets: Streets) -> Grid:
    """Sort the segments into cells.

    Cost: some 5,000,000 segments a second; 4 bytes a segment and cell.
    """
    return grid_of(
        streets.vertex_lon, streets.vertex_lat, streets.vertex_street, cell_metres=CELL_METRES
    )


def ground_of(
    streets: Streets, grid: Grid, standing: Standing, radius: float, cap: float
) -> Handle:
    """Streets, and what stands in the way, made ready for :func:`foot_of`: `radius` and `cap` are
    those described there. Cost: 24 bytes a segment and cell."""
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
    arrays: tuple[npt.NDArray[Any], ...] = (
        *(frame, shape, start, laid, streets.vertex_lon, streets.vertex_lat),
        *(streets.vertex_metres, streets.vertex_seconds, streets.vertex_chain),
        *standing,
    )
    values = dict(zip(ARRAYS, arrays, strict=True))
    return Handle(GROUND, ARRAYS, values, radius=radius, cap=cap)


@njit(inline="always")
def ground_at(number: int) -> Ground:  # pragma: no cover - compiled
    """What a handle of :func:`ground_of` stands for."""
    g = carray(pointer(number), 1, GROUND)[0]
    return Ground(
        carray(pointer(g.frame), 4, _FLOAT),
        carray(pointer(g.shape), 2, _LONG),
        carray(pointer(g.start), g.start_size, _INT),
        carray(pointer(g.laid), g.laid_size, LAID),
        carray(pointer(g.vertex_lon), g.vertex_lon_size, _FLOAT),
        carray(pointer(g.vertex_lat), g.vertex_lat_size, _FLOAT),
        carray(pointer(g.vertex_metres), g.vertex_metres_size, _FLOAT),
        carray(pointer(g.vertex_seconds), g.vertex_seconds_size, _FLOAT),
        carray(pointer(g.vertex_chain), g.vertex_chain_size, _INT),
        Standing(
            carray(pointer(g.standing_frame), 4, _FLOAT),
            carray(pointer(g.standing_shape), 2, _LONG),
            carray(pointer(g.standing_start), g.standing_start_size, _INT),
            carray(pointer(g.standing), g.standing_size, STANDING),
            carray(pointer(g.standing_lon), g.standing_lon_size, _INT),
            carray(pointer(g.standing_lat), g.standing_lat_size, _INT),
            carray(pointer(g.standing_feature), g.standing_feature_size, _INT),
            carray(pointer(g.feature_start), g.feature_start_size, _INT),
        ),
        g.radius,
        g.cap,
    )


@njit(cache=True, nogil=True, error_model="numpy")
def foot_of(
    number: int, lon: float, lat: float
) -> tuple[int, float, float, bool]:  # pragma: no cover - compiled
    """The foot of a point on the nearest street; `number` is that of the ground's handle.

    Order of choice: the nearest segment of a large part within `radius`; else the nearest of a
    small part within `radius`; else the same within `cap`. Raised streets count as 15 m farther.

    If something that nobody walks through lies between the point and that foot (see
    :mod:`geo.walking.obstacles`), the nearest foot on the ground to which nothing does is taken
    instead (:mod:`geo.walking.free_feet`). If there is none the first one stays, and is doubtful.

    Returns:
        The segment (its first vertex; -1 when there is none within `cap`), the fraction along it,
        the metres from the point to the foot, and whether the foot is doubtful.

    Cost: half a microsecond; some more where something lies between.
    """
    ground = ground_at(number)
    across, along = metres_per_degree(lat)
    i, is_small = _nearest_segment(ground, lon, lat, across, along)
    at, metres, doubtful = 0.0, math.inf, False
    if i >= 0:
        at = fraction_of(ground.vertex_lon, ground.vertex_lat, i, lon, lat, across, along)
        foot_lon, foot_lat = point_on(ground.vertex_lon, ground.vertex_lat, i, at)
        metres = metres_between(lon, lat, foot_lon, foot_lat)
        if len(ground.standing.laid) and is_crossed(
            ground.standing, lon, lat, foot_lon, foot_lat, metres
        ):
            wanted = SMALL_PART if is_small else 0
            other, other_at = _free_foot(number, lon, lat, across, along, wanted)
            if other < 0:
                doubtful = True
            else:
                i, at = other, other_at
                foot_lon, foot_lat = point_on(ground.vertex_lon, ground.vertex_lat, i, at)
                metres = metres_between(lon, lat, foot_lon, foot_lat)
    return i, at, metres, doubtful


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _nearest_segment(
    ground: Ground,
    lon: float,
    lat: float,
    across: float,
    along: float,
) -> tuple[int, bool]:  # pragma: no cover - compiled
    """The segment that :func:`foot_of` chooses before it looks at what lies between, and whether it
    is of a small part. `across` and `along` are the metres of a degree there."""
    radius, cap = ground.radius, ground.cap
    columns, rows = ground.shape
    x = (lon - ground.frame[0]) / ground.frame[2]
    y = (lat - ground.frame[1]) / ground.frame[3]
    column, row = math.floor(x), math.floor(y)
    width, height = ground.frame[2] * across, ground.frame[3] * along
    to_side = min(
        (x - column) * width,
        (column + 1 - x) * width,
        (y - row) * height,
        (row + 1 - y) * height,
    )
    side = min(width, height)
    large, large_cost, large_square = -1, math.inf, math.inf
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
            py = (y - r) * height
            far_y = max(-py, py - height, 0.0)
            for c in range(column - ring, column + ring + 1, step):
                if c < 0 or c >= columns:
                    continue
                px = (x - c) * width
                # Whatever lies in this cell is at least so far away.
                far_x = max(-px, px - width, 0.0)
                if far_x * far_x + far_y * far_y > large_square:
                    continue
                cell = r * columns + c
                for position in range(ground.start[cell], ground.start[cell + 1]):
                    one = ground.laid[position]
                    ax, ay = one.x * width - px, one.y * height - py
                    bx, by = one.dx * width, one.dy * height
                    at = -(ax * bx + ay * by) / (bx * bx + by * by + NOTHING)
                    at = min(max(at, 0.0), 1.0)
                    ax += at * bx
                    ay += at * by
                    square = ax * ax + ay * ay
                    # A small part farther than a large one is of no account.
                    if square > large_square:
                        continue
                    cost = math.sqrt(square)
                    if one.flags & RAISED:
                        cost += RAISED_METRES
                    if cost > cap:
                        continue
                    i = one.segment
                    if one.flags & SMALL_PART:
                        if cost < small_cost or (cost == small_cost and i < small):
                            small, small_cost = i, cost
                    elif cost < large_cost or (cost == large_cost and i < large):
                        large, large_cost, large_square = i, cost, cost * cost
        ring += 1
    is_small = large < 0 or (large_cost > radius and small_cost <= radius)
    return small if is_small else large, is_small


@njit(cache=True, nogil=True, inline="always")
def along_chain(
    ground: Ground, i: int, at: float
) -> tuple[int, float, float]:  # pragma: no cover - compiled
    """The chain of a place on a segment, and metres and seconds from its start."""
    metres, seconds = ground.vertex_metres[i], ground.vertex_seconds[i]
    metres += at * (ground.vertex_metres[i + 1] - metres)
    seconds += at * (ground.vertex_seconds[i + 1] - seconds)
    return ground.vertex_chain[i], metres, seconds


@njit(cache=True, nogil=True, error_model="numpy")
def _free_foot(
    number: int, lon: float, lat: float, across: float, along: float, wanted: int
) -> tuple[int, float]:  # pragma: no cover - compiled
    """See :func:`geo.walking.free_feet.free_foot`; apart, because few points come here."""
    return free_foot(ground_at(number), lon, lat, across, along, wanted)


@njit(cache=True, nogil=True, error_model="numpy")
def feet_of(
    number: int, lon: Floats, lat: Floats
) -> tuple[
    Ints, Ints, Floats, Floats, Floats, Floats, Floats, Flags
]:  # pragma: no cover - compiled
    """The feet of many points; `number` of the ground's handle.

    Returns:
        (n,) segment and chain (-1: off the network), metres and seconds from the chain's start,
        metres off the street, longitude and latitude of the foot (NaN off the network), 1 for a
        doubtful foot.
    """
    ground = ground_at(number)
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
        i, at, off, doubt = foot_of(number, lon[n], lat[n])
        if i < 0:
            continue
        segment[n] = i
        doubtful[n] = doubt
        chain[n], metres[n], seconds[n] = along_chain(ground, i, at)
        off_street[n] = off
        foot_lon[n], foot_lat[n] = point_on(ground.vertex_lon, ground.vertex_lat, i, at)
    return segment, chain, metres, seconds, off_street, foot_lon, foot_lat, doubtful


def small_parts(points: Longs, metres: Floats, *, points_below: int, metres_below: float) -> Flags:
    """Which parts never capture a person: few points or little length, but never the longest."""
    small = (points < points_below) | (metres < metres_below)
    small[:1] = False
    return small.astype(np.uint8)
