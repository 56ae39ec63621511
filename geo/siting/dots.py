"""Points of demand merged before anything is counted, so that nothing is told of few people at a
place.

Cells of 50 m, then of twice that, and so on: what has enough people in a cell becomes one dot, the
rest goes on to the next size; whoever is left joins the nearest dot.
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


def dots_of(lon: Floats, lat: Floats, weight: Floats, least: float) -> Dots:
    """Merge n points until no dot has fewer people than `least`.

    Cost: 0.1 s for 200,000 points.
    """
    of = np.full(len(weight), -1, np.int32)
    middle = float(lat.mean()) if len(lat) else 0.0
    x = lon * (np.cos(np.radians(middle)) * METRES_A_DEGREE)
    y = lat * METRES_A_DEGREE
    count = 0
    left = np.arange(len(weight))
    if least <= 0:
        of[:] = np.arange(len(weight))
        return Dots(lon, lat, weight, of)
    for size in [0.0, *(FIRST_METRES * 2.0**number for number in range(SIZES))]:
        if not len(left):
            break
        if size == 0.0:
            cell = np.arange(len(left))
        else:
            column = np.floor(x[left] / size).astype(np.int64)
            row = np.floor(y[left] / size).astype(np.int64)
            _, cell = np.unique(column * (1 << 32) + row, return_inverse=True)
        enough = np.bincount(cell, weight[left]) >= least
        number = np.full(len(enough), -1, np.int64)
        number[enough] = count + np.arange(int(enough.sum()))
        count += int(enough.sum())
        of[left] = number[cell]
        left = left[of[left] < 0]
    people, centre_x, centre_y = _centres(of, x, y, weight, count)
    if len(left) and count:
        _, nearest = cKDTree(np.column_stack((centre_x, centre_y))).query(
            np.column_stack((x[left], y[left]))
        )
        of[left] = nearest
        people, centre_x, centre_y = _centres(of, x, y, weight, count)
    scale = np.cos(np.radians(middle)) * METRES_A_DEGREE
    return Dots(centre_x / scale, centre_y / METRES_A_DEGREE, people, of)


def _centres(
    of: Ints, x: Floats, y: Floats, weight: Floats, count: int
) -> tuple[Floats, Floats, Floats]:
    shown = of >= 0
    people = np.bincount(of[shown], weight[shown], minlength=count).astype(np.float64)
    each = np.maximum(people, 1e-300)
    centre_x = np.bincount(of[shown], weight[shown] * x[shown], minlength=count) / each
    centre_y = np.bincount(of[shown], weight[shown] * y[shown], minlength=count) / each
    return people, centre_x, centre_y
