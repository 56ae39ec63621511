"""Uncovered pockets: where workers stand together of whom none can walk to an open public station.

The plane is divided into square cells. Cells that hold workers out of reach, and touch one another
at a side or a corner, make a pocket. Its outline is that of its cells: indicative, and no worker's
position. What a pocket is worth is the workers in it who are out of reach; those beside them who
are within reach are not counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geo.coordinates import LocalPlane
from geo.coverage.walks import ANY_HOUR, Crowd, Stations, people_at, seconds_at
from geo.walking.arrays import Floats, Longs
from geo.walking.finder import Finder
from geo.walking.nearest import nearest_many

CELL_METRES = 250.0
FARTHEST_METRES = 20_000.0
_NEIGHBOURS = ((1, 0), (0, 1), (1, 1), (1, -1))


@dataclass(frozen=True)
class Pocket:
    """Workers out of reach who stand together.

    `lon`, `lat` are the middle of the cell with the most of them, `area` the position among the
    crowd's areas that holds most of that cell's workers. `nearest_metres` is the walk from there to
    the nearest public station that is open then, `nearest` its position in the finder; None where
    there is none within 20 km, or where no street leads (`straight_line`: as the crow flies).
    `outline` is a shapely MultiPolygon or Polygon in WGS 84.
    """

    workers: float
    places: int
    cells: int
    lon: float
    lat: float
    area: int | None
    nearest: int | None
    nearest_metres: float | None
    straight_line: bool
    outline: Any


@dataclass(frozen=True)
class Pockets:
    """All of them by workers, the most first; those drawn are the first `shown`."""

    shown: list[Pocket]
    total: int
    workers: float
    """Out of reach, in all of them."""
    of_workers: float
    """All workers near streets at that hour."""


def find_pockets(
    finder: Finder,
    stations: Stations,
    crowd: Crowd,
    *,
    hour: int | None,
    minutes: int,
    least: float = 1.0,
    limit: int = 200,
) -> Pockets:
    """The pockets of an hour.

    Args:
        finder: stations and streets.
        stations: which count; see :func:`geo.coverage.walks.stations_of`.
        crowd: who is counted.
        hour: of the day; None whatever the hours.
        minutes: of walking.
        least: workers a pocket must have to be counted as one.
        limit: how many are drawn at most.

    Cost: one search over the streets, 1 µs a place out of reach, 1 ms a pocket drawn.
    """
    people = people_at(crowd, stations, hour) * (crowd.places.chain >= 0)
    seconds = seconds_at(finder, stations, crowd, hour, minutes)
    out = np.flatnonzero((people > 0) & ~np.isfinite(seconds))
    everyone = float(people.sum())
    if not len(out):
        return Pockets([], 0, 0.0, everyone)
    plane = LocalPlane.around(crowd.lon[out], crowd.lat[out])
    x, y = plane.forward(crowd.lon[out], crowd.lat[out])
    cell = np.column_stack([np.floor(x / CELL_METRES), np.floor(y / CELL_METRES)]).astype(np.int64)
    cells, of_place = np.unique(cell, axis=0, return_inverse=True)
    of_place = of_place.reshape(-1)
    pocket = _joined(cells)
    here = people[out]
    worth = np.bincount(pocket[of_place], weights=here)
    kept = np.flatnonzero(worth >= least)
    order = kept[np.lexsort((kept, -worth[kept]))]
    shown = order[:limit]
    inside = np.bincount(of_place, weights=here, minlength=len(cells)).astype(np.float64)
    best = _heaviest(pocket, inside, shown)
    middle_x, middle_y = ((cells[best] + 0.5) * CELL_METRES).T
    lon, lat = plane.inverse(middle_x, middle_y)
    good = stations.sure.sure[ANY_HOUR if hour is None else hour]
    found = nearest_many(
        finder.on_streets,
        np.atleast_1d(lon),
        np.atleast_1d(lat),
        1,
        max_metres=FARTHEST_METRES,
        allow=good,
    )
    areas = _areas(crowd, out, of_place, here, best)
    places = np.bincount(pocket[of_place], minlength=len(worth))
    west, south = (cells * CELL_METRES).T
    squares = shapely.box(west, south, west + CELL_METRES, south + CELL_METRES)
    number = np.bincount(pocket, minlength=len(worth))
    by_pocket = np.argsort(pocket, kind="stable")
    start = np.concatenate([[0], np.cumsum(number)])
    told = []
    for row, one in enumerate(shown.tolist()):
        own = by_pocket[start[one] : start[one + 1]]
        reached = int(found.count[row]) > 0
        told.append(
            Pocket(
                workers=float(worth[one]),
                places=int(places[one]),
                cells=int(number[one]),
                lon=float(np.atleast_1d(lon)[row]),
                lat=float(np.atleast_1d(lat)[row]),
                area=areas[row],
                nearest=int(found.station[row, 0]) if reached else None,
                nearest_metres=float(found.metres[row, 0]) if reached else None,
                straight_line=bool(found.straight_line[row]),
                outline=plane.geometry_back(shapely.union_all(squares[own])),
            )
        )
    return Pockets(told, len(order), float(worth[order].sum()), everyone)


def _joined(cells: Longs) -> Longs:
    """(c,) which pocket each of c different cells belongs to."""
    low = cells.min(axis=0) - 1
    wide = int(cells[:, 1].max() - low[1]) + 2
    key = (cells[:, 0] - low[0]) * wide + (cells[:, 1] - low[1])
    order = np.argsort(key)
    sides: list[Longs] = []
    for across, along in _NEIGHBOURS:
        wanted = key + across * wide + along
        at = np.minimum(np.searchsorted(key, wanted, sorter=order), len(key) - 1)
        there = order[at]
        touching = np.flatnonzero(key[there] == wanted)
        sides.append(np.column_stack([touching, there[touching]]))
    pairs = np.concatenate(sides)
    graph = csr_array(
        (np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(len(key), len(key))
    )
    _, label = connected_components(graph, directed=False)
    return np.asarray(label, dtype=np.int64)


def _heaviest(pocket: Longs, inside: Floats, shown: Longs) -> Longs:
    """The cell with the most workers of each of some pockets."""
    order = np.lexsort((np.arange(len(pocket)), -inside, pocket))
    _, first = np.unique(pocket[order], return_index=True)
    found: Longs = order[first][shown]
    return found


def _areas(
    crowd: Crowd, out: Longs, of_place: Longs, here: Floats, best: Longs
) -> list[int | None]:
    """The area that holds the most of the workers of each of some cells."""
    row_of_cell = np.full(int(of_place.max()) + 1, -1, np.int64)
    row_of_cell[best] = np.arange(len(best))
    row_of_place = np.full(len(crowd.places), -1, np.int64)
    row_of_place[out] = row_of_cell[of_place]
    weight = np.zeros(len(crowd.places))
    weight[out] = here
    row = row_of_place[crowd.place]
    wanted = np.flatnonzero(row >= 0)
    if not len(wanted):
        return [None] * len(best)
    areas = max(len(crowd.area_ids), 1)
    key, pair = np.unique(row[wanted] * areas + crowd.area[wanted], return_inverse=True)
    sums = np.bincount(pair.reshape(-1), weights=weight[crowd.place[wanted]])
    found: list[int | None] = [None] * len(best)
    for at in np.lexsort((key, sums)).tolist():
        found[int(key[at] // areas)] = int(key[at] % areas)
    return found
