"""Service areas as polygons, for drawing only: what is counted is counted place by place.

Over the place asked for lies a grid of points. Each is asked as a person there would be: its foot
on the street, and the quickest way from there to a station. The polygons are the contours of that
time (marching squares), so they cut streets where the time ends, take in what lies off the street,
and leave out what lies across a river.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any, Final, cast

import contourpy
import numpy as np
import numpy.typing as npt
import shapely

from geo.filters import Box
from geo.walking.arrays import Flags, Floats
from geo.walking.finder import Finder
from geo.walking.graph import WalkingGraph
from geo.walking.reach.keeper import Keeper, mark_of
from geo.walking.reach.places import Places, seconds_to_station
from geo.walking.snapping import metres_per_degree

MOST_POINTS: Final = 1_000_000
FINEST_METRES: Final = 15.0
SIMPLIFIED: Final = 0.4
"""Contours are simplified by this part of the grid's spacing."""
SMALLEST: Final = 2.0
"""Patches and holes of fewer cells are left out."""


@dataclass(frozen=True)
class Outline:
    """A service area: `area` is a shapely MultiPolygon in WGS 84, empty where nobody is reached.
    It is right to about `spacing_metres`."""

    minutes: int
    metres: float
    spacing_metres: float
    area: shapely.MultiPolygon


@dataclass(frozen=True, eq=False)
class Grid:
    """Points `spacing` metres apart in rows from south to north, laid on the streets. `place` is
    the row-and-column position of each of the places, which are ordered by street."""

    west: float
    south: float
    step_lon: float
    step_lat: float
    columns: int
    rows: int
    spacing: float
    places: Places

    def lonlat(self, columns: Floats, rows: Floats) -> npt.NDArray[np.float64]:
        """Degrees of places given in columns and rows."""
        return np.column_stack(
            (self.west + columns * self.step_lon, self.south + rows * self.step_lat)
        )


def outlines(
    keeper: Keeper,
    finder: Finder,
    good: Flags,
    minutes: tuple[int, ...],
    *,
    box: Box | None = None,
    boundary: shapely.Geometry | None = None,
) -> list[Outline]:
    """Draw what is within so many minutes of the stations that are `good`, the longest first.

    Args:
        keeper: keeps the grid, so that other hours of the same place take less time.
        finder: stations and streets.
        good: (S,) which stations count.
        minutes: ascending.
        box: only there; default: all streets, with a margin.
        boundary: a polygon in WGS 84 to cut the outlines with; it gives the box where none is.

    Cost: a grid of at most 1,000,000 points, some seconds the first time and half a second later.
    """
    graph = finder.graph
    clip = boundary
    if box is not None:
        clip = shapely.box(*box) if clip is None else shapely.intersection(clip, shapely.box(*box))
    elif clip is not None:
        west, south, east, north = shapely.bounds(clip).tolist()
        box = (west, south, east, north)
    nothing = shapely.MultiPolygon()
    pace = graph.pace.on_streets
    grid = _grid(keeper, graph, box) if graph.chains and good.any() else None
    if grid is None:
        return [Outline(one, 60 * one * pace, 0.0, nothing) for one in reversed(minutes)]
    limit = 60.0 * minutes[-1]
    # One cell beyond the limit, so that contours know where between two points it lies.
    beyond = grid.spacing * math.sqrt(2) / pace
    seconds = seconds_to_station(finder.on_streets, grid.places, good, limit + beyond)
    flat = np.full(grid.rows * grid.columns, np.inf)
    flat[grid.places.ids] = seconds
    time = flat.reshape(grid.rows, grid.columns)
    return [
        Outline(
            minutes=one,
            metres=60 * one * pace,
            spacing_metres=round(grid.spacing, 1),
            area=_contour(grid, time, 60.0 * one, 60.0 * one + beyond, clip),
        )
        for one in reversed(minutes)
    ]


def _grid(keeper: Keeper, graph: WalkingGraph, box: Box | None) -> Grid | None:
    """The grid over a box, or over all streets."""
    streets = graph.streets
    margin = graph.snapping.cap_metres
    across, along = metres_per_degree(float(streets.vertex_lat.mean()))
    west = float(streets.vertex_lon.min()) - margin / across
    east = float(streets.vertex_lon.max()) + margin / across
    south = float(streets.vertex_lat.min()) - margin / along
    north = float(streets.vertex_lat.max()) + margin / along
    if box is not None:
        west, south = max(west, box[0]), max(south, box[1])
        east, north = min(east, box[2]), min(north, box[3])
    if not (west < east and south < north):
        return None
    key = (west, south, east, north, *mark_of(graph))
    return keeper.grids.get(key, lambda: _lay(graph, west, south, east, north))


def _lay(graph: WalkingGraph, west: float, south: float, east: float, north: float) -> Grid:
    across, along = metres_per_degree((south + north) / 2)
    width, height = (east - west) * across, (north - south) * along
    spacing = max(FINEST_METRES, math.sqrt(width * height / MOST_POINTS))
    # A long thin box may not have more points than a square one.
    spacing = max(spacing, max(width, height) / (MOST_POINTS / 8))
    columns, rows = int(width / spacing) + 2, int(height / spacing) + 2
    step_lon, step_lat = spacing / across, spacing / along
    lon = np.tile(west + np.arange(columns) * step_lon, rows)
    lat = np.repeat(south + np.arange(rows) * step_lat, columns)
    count = columns * rows
    places = Places.lay(graph, np.arange(count), lon, lat, np.empty((1, count), np.float32))
    return Grid(west, south, step_lon, step_lat, columns, rows, spacing, places)


def _contour(
    grid: Grid, time: Floats, limit: float, beyond: float, clip: shapely.Geometry | None
) -> shapely.MultiPolygon:
    """The polygons within which `time` is at most `limit`."""
    # A frame of points that nobody reaches closes every contour.
    framed = np.pad(np.minimum(time, beyond), 1, constant_values=beyond)
    lines = contourpy.contour_generator(
        x=np.arange(grid.columns + 2) - 1.0,
        y=np.arange(grid.rows + 2) - 1.0,
        z=framed,
        fill_type=contourpy.FillType.OuterOffset,
    )
    points: list[npt.NDArray[np.float64]]
    offsets: list[npt.NDArray[np.uint32]]
    points, offsets = cast("Any", lines.filled(-1.0, limit))
    # In columns and rows a cell is 1 by 1, in metres too a square: simplified in that plane.
    shapes = [
        shapely.Polygon(
            ring[start[0] : start[1]],
            [ring[a:b] for a, b in itertools.pairwise(start[1:]) if _room(ring[a:b])],
        )
        for ring, start in zip(points, offsets, strict=True)
        if _room(ring[start[0] : start[1]])
    ]
    if not shapes:
        return shapely.MultiPolygon()
    # Keeping the topology while simplifying takes ten times as long as mending the few that break.
    plain = shapely.make_valid(
        shapely.simplify(np.array(shapes), SIMPLIFIED, preserve_topology=False)
    )
    plane: shapely.Geometry = shapely.MultiPolygon(_polygons(plain))
    if not shapely.is_valid(plane):  # neighbours that came to overlap
        plane = shapely.union_all(plain)
    area: shapely.Geometry = shapely.transform(plane, lambda xy: grid.lonlat(xy[:, 0], xy[:, 1]))
    if clip is not None:
        area = shapely.intersection(area, clip)
    return shapely.MultiPolygon(_polygons(area))


def _polygons(shapes: Any) -> list[shapely.Polygon]:
    """The polygons among geometries and collections; mending and cutting may leave lines too."""
    # A collection may hold multipolygons.
    parts = shapely.get_parts(shapely.get_parts(shapes))
    kept = (shapely.get_dimensions(parts) == 2) & ~shapely.is_empty(parts)
    return list(parts[kept])


def _room(ring: npt.NDArray[np.float64]) -> bool:
    """Whether a ring takes in more than a speck."""
    x, y = ring[:-1].T
    twice = np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))
    return bool(abs(twice) >= 2 * SMALLEST)
