"""One place for each street of a name, out of its many pieces.

Pieces of one name belong together where they meet, and where no more than some hundred metres lie
between them: the carriageways of one street, and its two sides at a crossing. The same name further
away is another street.

Method: pieces are filed by the cells (0.002 degrees, some 200 m) of their two ends; cells of a name
are joined through pieces and to their eight neighbours, and the connected parts are the streets.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Integers = npt.NDArray[np.int64]

CELLS_A_DEGREE = 500
LINKS = f"""
SELECT '=' || name AS name, id AS piece, length AS metres,
    floor(ST_X(ST_StartPoint(path)) * {CELLS_A_DEGREE})::int AS x0,
    floor(ST_Y(ST_StartPoint(path)) * {CELLS_A_DEGREE})::int AS y0,
    floor(ST_X(ST_EndPoint(path)) * {CELLS_A_DEGREE})::int AS x1,
    floor(ST_Y(ST_EndPoint(path)) * {CELLS_A_DEGREE})::int AS y1
FROM street WHERE edition_id = {{edition}} AND name <> ''
"""
"""Every named piece of street, and the cells of its two ends."""
COLUMNS = ("x0", "y0", "x1", "y1", "metres", "piece")
WIDTH = 1 << 20  # more cells than there are around the globe


def one_each(
    name: pa.Array,
    x0: Integers,
    y0: Integers,
    x1: Integers,
    y1: Integers,
    metres: Integers,
    piece: Integers,
) -> tuple[Integers, pa.Array]:
    """The piece in the middle of each street, and the street's name.

    Args:
        name: (P,) of each piece.
        x0, y0, x1, y1: the cells of its two ends.
        metres: its length.
        piece: its number.

    Returns:
        (S,) pieces and (S,) names: for each connected part the piece nearest to its middle.
    """
    if len(name) == 0:
        return np.zeros(0, dtype=np.int64), pa.array([], pa.string())
    coded = name.dictionary_encode()
    which = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    cell = np.concatenate((_cell(x0, y0), _cell(x1, y1)))
    # A name's number and a cell make one number: 2^22 names fit.
    both, at = np.unique(np.concatenate((which, which)) << 41 | cell, return_inverse=True)
    start, end = at[: len(which)], at[len(which) :]
    pairs = [np.stack((start, end))]
    for dx, dy in ((1, 0), (0, 1), (1, 1), (1, -1)):
        wanted = both + dx * WIDTH + dy
        found = np.minimum(np.searchsorted(both, wanted), len(both) - 1)
        hit = np.flatnonzero(both[found] == wanted)
        pairs.append(np.stack((hit, found[hit])))
    joined = np.concatenate(pairs, axis=1)
    ones = np.ones(joined.shape[1], dtype=np.int8)
    count, part = connected_components(
        coo_array((ones, (joined[0], joined[1])), shape=(len(both), len(both))), directed=False
    )
    of = part[start]
    weight = np.maximum(metres, 1).astype(np.float64)
    total = np.bincount(of, weights=weight, minlength=count)
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    middle_x = np.bincount(of, weights=weight * x, minlength=count) / total
    middle_y = np.bincount(of, weights=weight * y, minlength=count) / total
    away = (x - middle_x[of]) ** 2 + (y - middle_y[of]) ** 2
    order = np.lexsort((piece, away, of))
    first = order[np.searchsorted(of[order], np.arange(count))]
    return piece[first], coded.dictionary.take(pa.array(which[first]))


def _cell(x: Integers, y: Integers) -> Integers:
    """Columns and rows are far from the edges of their range, so that no neighbour wraps."""
    return (x + WIDTH // 2) * WIDTH + y + WIDTH // 2
