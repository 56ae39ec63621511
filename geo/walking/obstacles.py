"""What stands between a point and its foot on a street.

A line is *crossed* when it is met between 10 cm from the point and 50 cm from the foot: a footway
is often drawn along a fence or a building, and a point set on a wall belongs to both its sides. A
building that the point is in may be left, once; whoever leaves it to enter it again, or to enter
another, has crossed a building. Water, tracks, walls and the rest are crossed by whoever passes
their line or their border, from either side.

Only what lies on the ground counts. Under a bridge or an elevated railway one walks through, and
from a bridge over water, on which one stands, no bank is crossed on the way to the bridge.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from geo.schema.streets import SURROUNDING_KINDS
from geo.streets.surroundings import UNITS_PER_DEGREE, Surroundings
from geo.walking.arrays import STANDING, Ints, Obstacles, Standing
from geo.walking.grids import cells_in_row, grid_of

CELL_METRES = 40.0
TOUCHING_START_METRES = 0.1
TOUCHING_FOOT_METRES = 0.5

_GREEN = SURROUNDING_KINDS.index("green")
_BUILDING = SURROUNDING_KINDS.index("building")


def obstacles_of(around: Surroundings, *, cell_metres: float = CELL_METRES) -> Obstacles:
    """The surroundings that stand in a person's way, ready to be asked.

    Cost: some 5,000,000 segments a second; 20 bytes a segment.
    """
    standing = around.take(np.flatnonzero((around.kind != _GREEN) & (around.layer == 0)))
    feature_start = standing.point_start[standing.line_start].astype(np.int32)
    feature = np.repeat(np.arange(len(standing), dtype=np.int32), np.diff(feature_start))
    feature[standing.point_start[1:] - 1] = -1
    lon, lat = (np.ascontiguousarray(standing.points[:, axis]) for axis in (0, 1))
    grid = grid_of(lon, lat, feature, cell_metres=cell_metres, units=UNITS_PER_DEGREE)
    return Obstacles(
        *grid,
        vertex_lon=lon,
        vertex_lat=lat,
        vertex_feature=feature,
        feature_start=feature_start,
        feature_building=(standing.kind == _BUILDING).astype(np.uint8),
    )


def standing_of(obstacles: Obstacles) -> Standing:
    """Obstacles with their segments copied into the order of the grid's cells. Cost: 24 bytes a
    segment and cell."""
    items = obstacles.items
    laid = np.zeros(len(items), STANDING)
    feature = obstacles.vertex_feature[items]
    laid["from_lon"], laid["from_lat"] = obstacles.vertex_lon[items], obstacles.vertex_lat[items]
    laid["to_lon"] = obstacles.vertex_lon[items + 1]
    laid["to_lat"] = obstacles.vertex_lat[items + 1]
    laid["feature"], laid["building"] = feature, obstacles.feature_building[feature]
    return Standing(
        obstacles.frame,
        obstacles.shape,
        obstacles.start,
        laid,
        obstacles.vertex_lon,
        obstacles.vertex_lat,
        obstacles.vertex_feature,
        obstacles.feature_start,
    )


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def is_crossed(
    standing: Standing, lon: float, lat: float, to_lon: float, to_lat: float, metres: float
) -> bool:  # pragma: no cover - compiled
    """Whether something that nobody walks through lies between a point and its foot, which is so
    many metres away. Degrees, WGS 84. Cost: half a microsecond in a city."""
    if metres <= TOUCHING_START_METRES + TOUCHING_FOOT_METRES or not len(standing.laid):
        return False
    # In units of the vertices; which side a vertex lies on does not depend on the scale.
    px, py = lon * UNITS_PER_DEGREE, lat * UNITS_PER_DEGREE
    qx, qy = to_lon * UNITS_PER_DEGREE - px, to_lat * UNITS_PER_DEGREE - py
    first, last = TOUCHING_START_METRES / metres, 1.0 - TOUCHING_FOOT_METRES / metres
    columns, rows = standing.shape
    x0 = (px + first * qx - standing.frame[0]) / standing.frame[2]
    y0 = (py + first * qy - standing.frame[1]) / standing.frame[3]
    x1 = (px + last * qx - standing.frame[0]) / standing.frame[2]
    y1 = (py + last * qy - standing.frame[1]) / standing.frame[3]
    if y0 > y1:
        x0, y0, x1, y1 = x1, y1, x0, y0
    first_row, last_row = math.floor(y0), math.floor(y1)
    for row in range(max(first_row, 0), min(last_row, rows - 1) + 1):
        low, high = cells_in_row(x0, y0, x1, y1, row)
        for column in range(max(math.floor(low), 0), min(math.floor(high), columns - 1) + 1):
            cell = row * columns + column
            for position in range(standing.start[cell], standing.start[cell + 1]):
                one = standing.laid[position]
                ax, ay = one.from_lon - px, one.from_lat - py
                bx, by = one.to_lon - px, one.to_lat - py
                if not _meets(ax, ay, bx, by, qx, qy, first, last):
                    continue
                if not one.building or not _is_left_once(
                    standing.vertex_lon, standing.vertex_lat, standing.vertex_feature,
                    standing.feature_start[one.feature], standing.feature_start[one.feature + 1],
                    px, py, qx, qy, first, last,
                ):  # fmt: skip
                    return True
    return False


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _meets(
    ax: float, ay: float, bx: float, by: float, qx: float, qy: float, first: float, last: float
) -> bool:  # pragma: no cover - compiled
    """Whether the segment from `a` to `b` meets the line along `q` between two fractions of it, all
    seen from where the line begins. A vertex on the line counts for one side of it, so that passing
    through one counts once."""
    if (qx * ay - qy * ax >= 0.0) == (qx * by - qy * bx >= 0.0):
        return False
    dx, dy = bx - ax, by - ay
    at = (ax * dy - ay * dx) / (qx * dy - qy * dx)
    return bool(first < at < last)


@njit(cache=True, nogil=True, error_model="numpy")
def _is_left_once(
    vertex_lon: Ints,
    vertex_lat: Ints,
    vertex_feature: Ints,
    begin: int,
    end: int,
    px: float,
    py: float,
    qx: float,
    qy: float,
    first: float,
    last: float,
) -> bool:  # pragma: no cover - compiled
    """Whether a building, vertices `begin` to `end`, holds the point (by the even-odd rule over all
    its rings), and the line from it leaves it and never comes back."""
    is_inside = False
    met = 0
    for i in range(begin, end - 1):
        if vertex_feature[i] < 0:
            continue  # from one ring to the next
        ax, ay = vertex_lon[i] - px, vertex_lat[i] - py
        bx, by = vertex_lon[i + 1] - px, vertex_lat[i + 1] - py
        met += _meets(ax, ay, bx, by, qx, qy, first, last)
        if (ay > 0.0) != (by > 0.0) and ax + (bx - ax) * ay / (ay - by) > 0.0:
            is_inside = not is_inside
    return is_inside and met <= 1
