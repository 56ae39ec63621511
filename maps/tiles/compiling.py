"""The machine code of the tiles, made or read before the first tile is asked for.

Compiling takes some ten seconds the first time on a machine, and reading what was compiled then
half a second in each process.
"""

from __future__ import annotations

import functools
import threading

import numpy as np
import shapely

from maps.tiles.enterprises.draw import Pen
from maps.tiles.enterprises.order import ordered
from maps.tiles.enterprises.sums import summed
from maps.tiles.polygons import PolygonLayer


@functools.cache
def begin() -> threading.Thread:
    """Do it beside whatever goes on; once in a process."""
    thread = threading.Thread(target=_draw_once, name="compiling tiles", daemon=True)
    thread.start()
    return thread


def _draw_once() -> None:
    """One tile of everything, of two points and a square."""
    place = np.array([0.0, 1.0])
    pen, workers = Pen("warming", ("a", "b"), "state", ("c",)), np.zeros(2, dtype=np.int32)
    ids, sizes = np.arange(2, dtype=np.int64), np.zeros(2, dtype=np.int8)
    for full in (0, 2):
        order = ordered(place, place, full)
        sums = summed(order, workers, np.zeros(2, dtype=np.uint8))
        sums.change(
            order, workers, np.arange(2, dtype=np.int32), np.ones(2, dtype=np.uint8), version=1
        )
        for zoom in (0, 15):
            pen.tile(order, sums, workers, sizes, ids, zoom, 0, 0)
        pen.tile(order, sums, workers, sizes, ids, 15, 1 << 14, (1 << 14) - 1)
    shapes = np.full(1, None, dtype=object)
    shapes[:] = [shapely.box(0, 0, 1, 1)]
    PolygonLayer("warming", ids[:1], shapes, [{"id": 0}], coverage=False).tile(0, 0, 0)
