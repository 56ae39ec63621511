"""Shapes in whole units of the square of Web Mercator, lighter from band to band of zooms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

BITS = 30
"""The square is 2^30 units wide: 3.7 cm at the equator."""
EXACT_FROM_ZOOM = 14
"""From here on shapes are those stored, to the unit."""
FIRST_ZOOMS = (EXACT_FROM_ZOOM, 13, 12, 11, 10, 9, 8, 6, 0)
"""The first zoom of each band, the finest band first. Each vertex is drawn by the browser in every
frame, so the zooms that are looked at most have one each."""
PIXELS = 512
"""Along the side of a tile."""

Shapes = npt.NDArray[Any]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Band:
    """F features with R rings and V vertices. A ring is closed: its first vertex is not repeated.

    `xy` (V, 2): units across and down. `ring` (R + 1,): where the vertices of each ring begin.
    `outer` (R,): whether a ring is the outer one of a part; its holes follow. `feature` (F + 1,):
    where the rings of each feature begin. `box` (R, 4), `extent` (F, 4): least and largest x and y.
    """

    xy: npt.NDArray[np.int32]
    ring: Integers
    outer: npt.NDArray[np.bool_]
    feature: Integers
    box: npt.NDArray[np.int32]
    extent: npt.NDArray[np.int32]

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return sum(value.nbytes for value in vars(self).values())


def bands(shapes: Shapes, *, coverage: bool) -> list[Band]:
    """A band for each of :data:`FIRST_ZOOMS`.

    Args:
        shapes: (F,) shapely (Multi)Polygons, WGS 84; None or empty ones are drawn nowhere.
        coverage: whether they share borders that must stay shared; else each is made lighter for
            itself. Those of a band are off the stored ones by about a pixel of its last zoom.

    Cost: 0.5 s for 350 areas of 950 vertices, 0.3 s for 20,000 buildings.
    """
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    flat: Shapes = np.full(len(shapes), None, dtype=object)
    flat[there] = shapely.transform(shapely.force_2d(shapes[there]), _units)
    made = [_band(flat)]
    for zoom in FIRST_ZOOMS[:-1]:
        # A pixel of the last zoom that this band is drawn at, in units.
        pixel = float(1 << BITS) / (1 << (zoom - 1)) / PIXELS
        flat[there] = _lighter(flat[there], pixel, coverage=coverage)
        made.append(_band(flat))
    return made


def _lighter(shapes: Shapes, pixel: float, *, coverage: bool) -> Shapes:
    if coverage:
        try:
            light: Shapes = shapely.coverage_simplify(shapes, pixel)
        except (shapely.GEOSException, ValueError):
            # GEOS gives up on some sets whose borders cross, and loses count on empty ones.
            pass
        else:
            return light
    # Half a pixel: this tolerance is a distance, the other the root of an area.
    alone: Shapes = shapely.simplify(shapes, pixel / 2)
    return alone


def _units(lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    world = float(1 << BITS)
    sine = np.sin(np.radians(np.clip(lonlat[:, 1], -89.0, 89.0)))
    across = (lonlat[:, 0] + 180.0) / 360.0 * world
    down = (0.5 - np.log((1.0 + sine) / (1.0 - sine)) / (4.0 * np.pi)) * world
    return np.clip(np.column_stack([across, down]), 0.0, world - 1)


def _band(shapes: Shapes) -> Band:
    parts, of_feature = shapely.get_parts(shapes, return_index=True)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    xy, of_ring = shapely.get_coordinates(rings, return_index=True)
    # The last vertex of a ring is its first again.
    keep = np.ones(len(xy), dtype=bool)
    keep[np.flatnonzero(np.diff(of_ring, append=len(rings)))] = False
    units = np.rint(xy[keep]).astype(np.int32)
    ring = np.searchsorted(of_ring[keep], np.arange(len(rings) + 1))
    feature = np.searchsorted(of_feature[of_part], np.arange(len(shapes) + 1))
    outer = np.ones(len(rings), dtype=bool)
    outer[1:] = of_part[1:] != of_part[:-1]
    box = _boxes(units, ring)
    return Band(units, ring, outer, feature, box, _boxes(box.reshape(-1, 2), 2 * feature))


def _boxes(xy: npt.NDArray[np.int32], start: Integers) -> npt.NDArray[np.int32]:
    """Least x and y, largest x and y of each run of points; that of none holds nothing."""
    found = np.empty((len(start) - 1, 4), dtype=np.int32)
    found[:, :2], found[:, 2:] = np.iinfo(np.int32).max, -1
    some = np.flatnonzero(np.diff(start))
    if len(some):
        found[some, :2] = np.minimum.reduceat(xy, start[some])
        found[some, 2:] = np.maximum.reduceat(xy, start[some])
    return found
