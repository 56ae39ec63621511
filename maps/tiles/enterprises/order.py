"""Points in Morton order, and the cells of those tiles that are too full to be counted when asked.

A place is two whole numbers of 30 bits, across and down the square of Web Mercator; a unit is
3.7 cm at the equator, a quarter of a unit of a tile of zoom 16. Bit by bit in turn they make one
number of 60 bits (Morton, IBM 1966), and in the order of these numbers the points of *any* tile of
*any* zoom stand side by side: two binary searches find them.

A tile with few points is counted then and there. Of a *full* tile the cells are numbered once: a
tile is 64 × 64 cells, and the cell of a point in the deepest full tile has a parent in the tile
above, and so on up to zoom 0. Sums over cells are kept along these chains, so that a change of one
point is a walk of as many steps as there are full tiles above it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

BITS = 30
"""Of each of the two numbers of a place."""
DEEPEST = 18
"""The last zoom: a unit of its tiles is 3.7 cm, and no two places fall together."""
CELL_BITS = 6
"""Of the 64 cells along the side of a tile; 8 pixels each."""
FULL = 32_768
"""A tile of more points than this has its cells numbered; one of fewer is counted in 0.1 ms."""

Codes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Order:
    """M placed points of N, in Morton order; H full tiles with C cells.

    `code` (M,): their places. `point` (M,): which of the N. `at` (N,): where each stands here, -1
    without a place. `slot` (M,): the cell of the deepest full tile that holds it, -1 without one.
    `parent` (C,): the cell of the full tile above, -1 at the top; always a smaller number.
    `tile_zoom`, `tile_code`, `tile_stacks` (H,): zoom, place and how many different places are in a
    full tile; by zoom, then by place. `tile_cell` (H + 1,): where its cells begin.
    """

    code: Codes
    point: Places
    at: Places
    slot: Places
    parent: Places
    tile_zoom: npt.NDArray[np.int8]
    tile_code: Codes
    tile_stacks: Places
    tile_cell: Places

    def __len__(self) -> int:
        return len(self.code)

    def full_tile(self, z: int, code: int) -> int:
        """The number of a full tile, -1 where it is none."""
        first, last = np.searchsorted(self.tile_zoom, [z, z + 1])
        at = int(first + np.searchsorted(self.tile_code[first:last], np.uint64(code)))
        return at if at < last and int(self.tile_code[at]) == code else -1

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return sum(value.nbytes for value in vars(self).values())


def ordered(lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64], full: int = FULL) -> Order:
    """Put points into Morton order and number the cells of the full tiles.

    Args:
        lon, lat: shape (N,), WGS 84; NaN where a point has no place. What lies beyond 85.05° or on
            the 180th meridian belongs to the outermost row or column.
        full: from how many points on a tile's cells are numbered.

    Cost: 0.1 s and 24 bytes a point for a million.
    """
    placed = np.flatnonzero(~(np.isnan(lon) | np.isnan(lat))).astype(np.int32)
    code = np.empty(len(placed), dtype=np.uint64)
    _codes(lon[placed], lat[placed], code)
    code, point = _sorted(code, placed)
    at = np.full(len(lon), -1, dtype=np.int32)
    at[point] = np.arange(len(point), dtype=np.int32)
    slot = np.full(len(code), -1, dtype=np.int32)
    zoom, tiles, stacks, cells, parent = _full_tiles(code, slot, full)
    return Order(code, point, at, slot, parent, zoom, tiles, stacks, cells)


def tile_range(z: int, x: int, y: int) -> tuple[int, int]:
    """The Morton numbers of a tile: the first, and the first after it."""
    first = int(interleaved(np.uint64(x), np.uint64(y))) << (2 * (BITS - z))
    return first, first + (1 << (2 * (BITS - z)))


# ---------------------------------------------------------------------- compiled
@njit(cache=True, nogil=True, inline="always")
def _spread(value: Any) -> Any:  # pragma: no cover - compiled
    """The lower 32 bits, each followed by an empty one."""
    v = np.uint64(value)
    v = (v | (v << np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    v = (v | (v << np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    v = (v | (v << np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    v = (v | (v << np.uint64(2))) & np.uint64(0x3333333333333333)
    return (v | (v << np.uint64(1))) & np.uint64(0x5555555555555555)


@njit(cache=True, nogil=True)
def interleaved(x: Any, y: Any) -> Any:  # pragma: no cover - compiled
    """The Morton number of a column and a row."""
    return _spread(x) | (_spread(y) << np.uint64(1))


@njit(cache=True, nogil=True, inline="always")
def every_other(code: Any) -> Any:  # pragma: no cover - compiled
    """The even bits of a Morton number: its column; of the number shifted by one, its row."""
    v = code & np.uint64(0x5555555555555555)
    v = (v | (v >> np.uint64(1))) & np.uint64(0x3333333333333333)
    v = (v | (v >> np.uint64(2))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    v = (v | (v >> np.uint64(4))) & np.uint64(0x00FF00FF00FF00FF)
    v = (v | (v >> np.uint64(8))) & np.uint64(0x0000FFFF0000FFFF)
    return (v | (v >> np.uint64(16))) & np.uint64(0x00000000FFFFFFFF)


@njit(cache=True, nogil=True)
def _codes(lon: Any, lat: Any, code: Any) -> None:  # pragma: no cover - compiled
    world = float(1 << BITS)
    last = (1 << BITS) - 1
    for at in range(len(code)):
        # Far beyond the square already; at a pole itself the logarithm would be of nothing.
        sine = np.sin(np.radians(min(max(lat[at], -89.0), 89.0)))
        x = (lon[at] + 180.0) / 360.0 * world
        y = (0.5 - np.log((1.0 + sine) / (1.0 - sine)) / (4.0 * np.pi)) * world
        column = min(max(int(np.floor(x)), 0), last)
        row = min(max(int(np.floor(y)), 0), last)
        code[at] = _spread(column) | (_spread(row) << np.uint64(1))


@njit(cache=True, nogil=True)
def _sorted(code: Any, point: Any) -> tuple[Any, Any]:  # pragma: no cover - compiled
    """By code, equal ones in the order they came: radix sort, 11 bits at a time, over those bits
    in which the codes differ at all."""
    count = len(code)
    other_code = np.empty_like(code)
    other_point = np.empty_like(point)
    differ = np.uint64(0)
    for at in range(1, count):
        differ |= code[at] ^ code[0]
    shift = 0
    while shift < 64 and (differ >> np.uint64(shift)) != np.uint64(0):
        if (differ >> np.uint64(shift)) & np.uint64(1) == np.uint64(0):
            shift += 1
            continue
        start = np.zeros(2049, dtype=np.int64)
        for at in range(count):
            start[((code[at] >> np.uint64(shift)) & np.uint64(2047)) + np.uint64(1)] += 1
        for digit in range(2048):
            start[digit + 1] += start[digit]
        for at in range(count):
            digit = (code[at] >> np.uint64(shift)) & np.uint64(2047)
            to = start[digit]
            start[digit] = to + 1
            other_code[to] = code[at]
            other_point[to] = point[at]
        code, other_code = other_code, code
        point, other_point = other_point, point
        shift += 11
    return code, point


@njit(cache=True, nogil=True)
def _zooms_apart(code: Any) -> Any:  # pragma: no cover - compiled
    """(M + 1,) the least zoom in whose tiles a point is not where the one before it is; 0 for the
    first and after the last, one beyond all for the same place."""
    count = len(code)
    apart = np.zeros(count + 1, dtype=np.uint8)
    for at in range(1, count):
        rest = code[at] ^ code[at - 1]
        bits = 0
        for half in (32, 16, 8, 4, 2, 1):
            if rest >> np.uint64(half) != np.uint64(0):
                rest >>= np.uint64(half)
                bits += half
        if code[at] == code[at - 1]:
            apart[at] = BITS + 1
        else:
            apart[at] = BITS - (bits >> 1)
    return apart


@njit(cache=True, nogil=True)
def _full_tiles(
    code: Any, slot: Any, full: int
) -> tuple[Any, Any, Any, Any, Any]:  # pragma: no cover - compiled
    """Number the cells of the tiles of more than `full` points, from zoom 0 down; see `Order`."""
    count = len(code)
    # The full tiles of one zoom share no point.
    most = count // (full + 1)
    room = most * (DEEPEST + 1)
    zoom = np.empty(room, dtype=np.int8)
    tile = np.empty(room, dtype=np.uint64)
    stacks = np.empty(room, dtype=np.int32)
    cell = np.zeros(room + 1, dtype=np.int32)
    parent = np.empty(max(1024, count // 8), dtype=np.int32)
    begin = np.zeros(most + 1, dtype=np.int64)
    end = np.zeros(most + 1, dtype=np.int64)
    begin_next, end_next = begin.copy(), end.copy()
    tiles = cells = 0
    now = 1 if most > 0 else 0
    end[0] = count
    apart = _zooms_apart(code)
    for z in range(DEEPEST + 1):
        of_cell = z + CELL_BITS
        after = 0
        for number in range(now):
            first, last = begin[number], end[number]
            zoom[tiles] = z
            tile[tiles] = code[first] >> np.uint64(2 * (BITS - z))
            different = 0
            # Until a point gets its final cell, `slot` holds that of the tile above at the first
            # point of each of its cells.
            above = slot[first]
            for at in range(first, last):
                if apart[at] > BITS:
                    continue
                different += 1
                if apart[at] > of_cell:
                    continue
                if apart[at] < of_cell:
                    above = slot[at]
                if cells == len(parent):
                    grown = np.empty(2 * cells, dtype=np.int32)
                    grown[:cells] = parent
                    parent = grown
                parent[cells] = above
                slot[at] = cells
                cells += 1
            stacks[tiles] = different
            tiles += 1
            cell[tiles] = cells
            here = first
            for child in range(1, 5):
                bound = ((tile[tiles - 1] << np.uint64(2)) + np.uint64(child)) << np.uint64(
                    2 * (BITS - z - 1)
                )
                there = here + np.searchsorted(code[here:last], bound)
                if there - here > full and z < DEEPEST:
                    begin_next[after], end_next[after] = here, there
                    after += 1
                else:
                    for at in range(here + 1, there):
                        if apart[at] > of_cell:
                            slot[at] = slot[at - 1]
                here = there
        begin, begin_next = begin_next, begin
        end, end_next = end_next, end
        now = after
    return (
        zoom[:tiles].copy(),
        tile[:tiles].copy(),
        stacks[:tiles].copy(),
        cell[: tiles + 1].copy(),
        parent[:cells].copy(),
    )
