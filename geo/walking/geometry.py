"""Places on segments and metres between them, in degrees of WGS 84."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from geo.walking.arrays import Floats
from geo.walking.grids import metres_per_degree


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


@njit(cache=True, nogil=True, forceinline=True)
def fraction_of(
    vertex_lon: Floats,
    vertex_lat: Floats,
    i: int,
    lon: float,
    lat: float,
    across: float,
    along: float,
) -> float:  # pragma: no cover - compiled
    """Where along a segment the foot of a point lies."""
    ax = (vertex_lon[i] - lon) * across
    ay = (vertex_lat[i] - lat) * along
    bx = (vertex_lon[i + 1] - lon) * across - ax
    by = (vertex_lat[i + 1] - lat) * along - ay
    square = bx * bx + by * by
    if square == 0.0:
        return 0.0
    return float(min(max(-(ax * bx + ay * by) / square, 0.0), 1.0))


@njit(cache=True, nogil=True, forceinline=True)
def metres_between(
    lon: float, lat: float, to_lon: float, to_lat: float
) -> float:  # pragma: no cover - compiled
    """Metres from a point to one near by, scaled at the middle latitude."""
    across, along = metres_per_degree((lat + to_lat) / 2)
    return math.hypot((to_lon - lon) * across, (to_lat - lat) * along)


@njit(cache=True, nogil=True, forceinline=True)
def point_on(
    vertex_lon: Floats, vertex_lat: Floats, i: int, at: float
) -> tuple[float, float]:  # pragma: no cover - compiled
    """Longitude and latitude at a fraction of a segment."""
    return (
        vertex_lon[i] + at * (vertex_lon[i + 1] - vertex_lon[i]),
        vertex_lat[i] + at * (vertex_lat[i + 1] - vertex_lat[i]),
    )
