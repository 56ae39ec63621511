"""Points of demand merged before anything is counted, so that nothing is told of few people at a
place.

Cells of 50 m, then of twice that, and so on: what has enough people in a cell becomes one dot, the
rest goes on to the next size; whoever is left joins the nearest dot. Districts are merged each on
its own, so that what is told of one is the same whatever else a question is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.spatial import cKDTree

from geo.siting.problem import Floats, Ints, Longs

FIRST_METRES: Final = 50.0
SIZES: Final = 14
METRES_A_DEGREE: Final = 111_195.0
APART_METRES: Final = 1e8
"""Wider than the earth."""
CELL_BITS: Final = 21
"""Of the number of a column or row: 50 m times 2²⁰ is more than half way round the earth."""
UNCOVERED, TODAY, NEW = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Dots:
    """d dots: where they are (the centre of their people), how many people, and of which dot each
    of n points is (-1: all together are too few to be shown)."""

    lon: Floats
    lat: Floats
    people: Floats
    of: Ints

    def __len__(self) -> int:
        return len(self.people)

    def heaviest(self, weight: Floats) -> Longs:
        """(d,) the point of each dot with most people, the first of several."""
        order = np.lexsort((-weight, self.of))
        order = order[self.of[order] >= 0]
        first = np.ones(len(order), np.bool_)
        first[1:] = np.diff(self.of[order]) != 0
        found: Longs = order[first].astype(np.int64)
        return found


def dots_of(
    lon: Floats,
    lat: Floats,
    weight: Floats,
    least: float,
    home: Ints | None = None,
    middle: float | None = None,
) -> Dots:
    """Merge n points until no dot has fewer people than `least`.

    Args:
        home: (n,) the district of each, -1 none: only points of the same one are merged, but for
            those of districts with fewer people than `least` in all.
        middle: the latitude at which degrees of longitude are measured, by default that of the
            points: cells are the same for two questions where this is.

    Cost: 0.1 s for 200,000 points.
    """
    of = np.full(len(weight), -1, np.int32)
    if least <= 0:
        of[:] = np.arange(len(weight))
        return Dots(lon, lat, weight, of)
    if middle is None:
        middle = float(lat.mean()) if len(lat) else 0.0
    scale = np.cos(np.radians(middle)) * METRES_A_DEGREE
    x, y = lon * scale, lat * METRES_A_DEGREE
    mine = np.zeros(len(weight), np.int64) if home is None else home.astype(np.int64) + 1
    count = 0
    left = np.arange(len(weight))
    for size in [0.0, *(FIRST_METRES * 2.0**number for number in range(SIZES))]:
        if not len(left):
            break
        cell = np.arange(len(left)) if size == 0.0 else _cells(x[left], y[left], size, mine[left])
        enough = np.bincount(cell, weight[left]) >= least
        number = np.full(len(enough), -1, np.int64)
        number[enough] = count + np.arange(int(enough.sum()))
        count += int(enough.sum())
        of[left] = number[cell]
        left = left[of[left] < 0]
    people, centre_x, centre_y = _centres(of, x, y, weight, count)
    if len(left) and count:
        whose = np.zeros(count, np.int64)
        whose[of[of >= 0]] = mine[of >= 0]
        # Each district in a plane of its own, far above the one before.
        dots = np.column_stack((centre_x, centre_y, whose * APART_METRES))
        here = np.column_stack((x[left], y[left], mine[left] * APART_METRES))
        far, nearest = _nearest(dots, here)
        alone = far >= APART_METRES
        if alone.any():
            nearest[alone] = _nearest(dots[:, :2], here[alone, :2])[1]
        of[left] = nearest
        people, centre_x, centre_y = _centres(of, x, y, weight, count)
    return Dots(centre_x / scale, centre_y / METRES_A_DEGREE, people, of)


def _nearest(dots: Floats, here: Floats) -> tuple[Floats, Longs]:
    """How far the nearest dot is from each place, and which it is."""
    far, which = cKDTree(dots).query(here)
    return np.asarray(far, np.float64), np.asarray(which, np.int64)


def _cells(x: Floats, y: Floats, size: float, home: Longs) -> Longs:
    """(n,) the number of the cell of each point, those of different districts apart."""
    column, row = np.floor(x / size).astype(np.int64), np.floor(y / size).astype(np.int64)
    half = 1 << (CELL_BITS - 1)
    key = (((home << CELL_BITS) + column + half) << CELL_BITS) + row + half
    found: Longs = np.unique(key, return_inverse=True)[1].astype(np.int64)
    return found


def _centres(
    of: Ints, x: Floats, y: Floats, weight: Floats, count: int
) -> tuple[Floats, Floats, Floats]:
    shown = of >= 0
    people = np.bincount(of[shown], weight[shown], minlength=count).astype(np.float64)
    each = np.maximum(people, 1e-300)
    centre_x = np.bincount(of[shown], weight[shown] * x[shown], minlength=count) / each
    centre_y = np.bincount(of[shown], weight[shown] * y[shown], minlength=count) / each
    return people, centre_x, centre_y
