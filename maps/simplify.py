"""Area borders made light enough to draw, with shared borders staying shared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.coordinates import LocalPlane
from maps.geojson import bounds_of

DRAWN_DECIMALS = 6
"""Eleven centimetres: a tenth of the finest pixel a portable map can show."""
FINEST_METRES = 5.0
COARSEST_METRES = 500.0
STEPS_ACROSS = 3000
"""Detail kept across the whole extent: two screens' worth, so that zooming in twice stays true."""

Shapes = npt.NDArray[Any]


def tolerance_for(shapes: Shapes) -> float:
    """Tolerance in metres that suits the extent of WGS 84 `shapes`: extent / 3,000, within
    5-500 m. 60 km gives 20 m."""
    west, south, east, north = bounds_of(shapes)
    if not np.isfinite(west):
        return FINEST_METRES
    wide = (east - west) * np.cos(np.radians((south + north) / 2))
    metres = max(wide, north - south) * 111_320
    return float(np.clip(metres / STEPS_ACROSS, FINEST_METRES, COARSEST_METRES))


def simplified(
    geometries: Sequence[Any] | Shapes,
    *,
    tolerance: float | None = None,
    decimals: int = DRAWN_DECIMALS,
) -> Shapes:
    """(n,) lighter polygons for drawing, WGS 84 in and out; never for measuring.

    `geometries`: n shapely (Multi)Polygons or None, WGS 84 degrees; None stays None. All together
    are simplified as one coverage (Visvalingam-Whyatt on shared edges, GEOS), so neighbours keep
    one common line without gaps; overlapping areas are simplified each for itself. `tolerance` in
    metres (square root of the smallest triangle kept), by default `tolerance_for` the extent. The
    work is done in a local metric plane around the middle of the extent. Coordinates are rounded
    to `decimals`. An area so small that it would vanish keeps its own outline.

    Cost: about 2 s for 350 areas of 735 vertices, linear in vertices.
    """
    shapes: Shapes = np.full(len(geometries), None, dtype=object)
    shapes[:] = np.asarray(geometries, dtype=object)
    drawable = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if not drawable.any():
        return np.full(len(shapes), None, dtype=object)
    whole = _mended(shapely.force_2d(shapes[drawable]))
    west, south, east, north = bounds_of(whole)
    plane = LocalPlane((west + east) / 2, (south + north) / 2)
    metres = tolerance_for(whole) if tolerance is None else tolerance
    flat = plane.geometry(whole)
    try:
        light = shapely.coverage_simplify(flat, metres)
    except shapely.GEOSException:
        # GEOS gives up on some sets whose borders cross; then each is simplified for itself.
        light = shapely.simplify(flat, metres)
    light = _mended(plane.geometry_back(light))
    light = shapely.transform(light, lambda xy: np.round(xy, decimals))
    lost = shapely.is_empty(light) | (shapely.area(light) == 0)
    light[lost] = whole[lost]
    answer: Shapes = np.full(len(shapes), None, dtype=object)
    answer[drawable] = light
    return answer


def lighter(geometries: Sequence[Any] | Shapes, *, tolerance: float) -> Shapes:
    """(n,) polygons that share no borders, each simplified for itself (Douglas-Peucker, topology
    kept), WGS 84 in and out; `tolerance` in metres. None and empty ones become None."""
    shapes: Shapes = np.full(len(geometries), None, dtype=object)
    shapes[:] = np.asarray(geometries, dtype=object)
    answer: Shapes = np.full(len(shapes), None, dtype=object)
    drawable = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if drawable.any():
        west, south, east, north = bounds_of(shapes[drawable])
        plane = LocalPlane((west + east) / 2, (south + north) / 2)
        light = shapely.simplify(plane.geometry(shapely.force_2d(shapes[drawable])), tolerance)
        answer[drawable] = plane.geometry_back(light)
    return answer


def label_places(geometries: Sequence[Any] | Shapes) -> npt.NDArray[np.float64]:
    """(n, 3) longitude, latitude and radius in metres of the largest circle that fits into each
    WGS 84 polygon: where its name may be written, and how much room there is. NaN without one."""
    shapes: Shapes = np.full(len(geometries), None, dtype=object)
    shapes[:] = np.asarray(geometries, dtype=object)
    answer = np.full((len(shapes), 3), np.nan)
    drawable = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if not drawable.any():
        return answer
    west, south, east, north = bounds_of(shapes[drawable])
    plane = LocalPlane((west + east) / 2, (south + north) / 2)
    flat = plane.geometry(shapes[drawable])
    # A tenth of the square root of the area is exact enough for a label, and quick.
    reach = np.maximum(np.sqrt(shapely.area(flat)) / 10, 1.0)
    radii = shapely.maximum_inscribed_circle(flat, tolerance=reach)
    centres = plane.geometry_back(shapely.get_point(radii, 0))
    answer[drawable] = np.column_stack(
        [shapely.get_x(centres), shapely.get_y(centres), shapely.length(radii)]
    )
    return answer


def _mended(shapes: Shapes) -> Shapes:
    """Valid polygons. The `structure` method leaves no stray lines behind, which GEOS's coverage
    simplifier refuses."""
    mended: Shapes = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    return mended
