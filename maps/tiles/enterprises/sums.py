"""Sums over the cells of full tiles, of the points that a choice keeps, exact after every change.

A point is of one *category* (its union state, say) or left out. A row of `cells` has the number of
points of each category, then the workers, then the sums of columns and rows, whose mean is where
the cell is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from maps.tiles.enterprises.order import Order, every_other

CATEGORIES = 5
"""How many a point may be of, at most."""
WORKERS, ACROSS, DOWN = CATEGORIES, CATEGORIES + 1, CATEGORIES + 2
COLUMNS = CATEGORIES + 3
LEFT_OUT = np.uint8(255)
BLOCK_BITS = 10
"""Changes are noted by blocks of 1,024 points, neighbours in Morton order."""


@dataclass
class Sums:
    """The sums of one choice over an order of M points with C cells.

    `category` (M,): of each point, in Morton order; `LEFT_OUT` where it is not shown. `cells`
    (C, 8): see the module. `total` (8,): the same over all points that are shown. `changed`: by
    block of points, the version of the last change there; `version`: of the last one at all.
    """

    category: npt.NDArray[np.uint8]
    cells: npt.NDArray[np.int64]
    total: npt.NDArray[np.int64]
    changed: npt.NDArray[np.int64]
    version: int

    def change(
        self, order: Order, workers: npt.NDArray[np.int32], at: Any, category: Any, version: int
    ) -> int:
        """Give points at these places of the order other categories; how many really changed.
        `version` is a number that was never used for these sums or others of the same choice.

        Cost: 1 µs a point.
        """
        changed = int(
            _change(
                order.code, order.slot, order.parent, workers, self.category, self.cells,
                self.total, self.changed, version, at, category,
            )
        )  # fmt: skip
        if changed:
            self.version = version
        return changed

    def unchanged_since(self, version: int, first: int, last: int) -> bool:
        """Whether nothing changed from place `first` up to `last` after a version. A change of a
        near neighbour in the order may be taken for one of them."""
        if version == self.version or first >= last:
            return True
        blocks = self.changed[first >> BLOCK_BITS : ((last - 1) >> BLOCK_BITS) + 1]
        return bool(blocks.max() <= version)

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self.category.nbytes + self.cells.nbytes + self.changed.nbytes


def summed(
    order: Order,
    workers: npt.NDArray[np.int32],
    category: npt.NDArray[np.uint8],
    version: int = 0,
) -> Sums:
    """Sum up from nothing.

    Args:
        order: M points.
        workers: (M,) of each point in Morton order; 0 where it states none.
        category: (M,) of each point in Morton order; kept and changed later.
        version: of these sums; changes bring higher ones.

    Cost: 10 ms for a million points.
    """
    cells = np.zeros((len(order.parent), COLUMNS), dtype=np.int64)
    total = np.zeros(COLUMNS, dtype=np.int64)
    _fill(order.code, order.slot, order.parent, workers, category, cells, total)
    blocks = np.full((len(order) >> BLOCK_BITS) + 1, version, dtype=np.int64)
    return Sums(category, cells, total, blocks, version)


# ---------------------------------------------------------------------- compiled
@njit(cache=True, nogil=True)
def _fill(
    code: Any, slot: Any, parent: Any, workers: Any, category: Any, cells: Any, total: Any
) -> None:  # pragma: no cover - compiled
    for at in range(len(code)):
        kind = category[at]
        if kind == LEFT_OUT:
            continue
        x = np.int64(every_other(code[at]))
        y = np.int64(every_other(code[at] >> np.uint64(1)))
        cell = slot[at]
        # A few points have no full tile above them, so that the top cells are not all there is.
        into = cells[cell] if cell >= 0 else total
        into[kind] += 1
        into[WORKERS] += workers[at]
        into[ACROSS] += x
        into[DOWN] += y
    for cell in range(len(parent) - 1, -1, -1):
        above = parent[cell]
        into = cells[above] if above >= 0 else total
        for column in range(COLUMNS):
            into[column] += cells[cell, column]


@njit(cache=True, nogil=True)
def _change(
    code: Any,
    slot: Any,
    parent: Any,
    workers: Any,
    category: Any,
    cells: Any,
    total: Any,
    changed: Any,
    version: int,
    places: Any,
    wanted: Any,
) -> int:  # pragma: no cover - compiled
    count = 0
    for number in range(len(places)):
        at = places[number]
        before, now = category[at], wanted[number]
        if before == now:
            continue
        count += 1
        category[at] = now
        changed[at >> BLOCK_BITS] = version
        people = np.int64(workers[at])
        x = np.int64(every_other(code[at]))
        y = np.int64(every_other(code[at] >> np.uint64(1)))
        cell = slot[at]
        while True:
            into = cells[cell] if cell >= 0 else total
            if before != LEFT_OUT:
                into[before] -= 1
            if now != LEFT_OUT:
                into[now] += 1
            sign = np.int64(now != LEFT_OUT) - np.int64(before != LEFT_OUT)
            if sign != 0:
                into[WORKERS] += sign * people
                into[ACROSS] += sign * x
                into[DOWN] += sign * y
            if cell < 0:
                break
            cell = parent[cell]
    return count
