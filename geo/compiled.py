"""What compiled code of every room shares: copying an array, making it longer, ordering it, and
turning pairs round.

`into[:] = source` takes Numba a second to compile at each place it stands, for the words of an
error that cannot occur, and `np.concatenate` and `np.argsort` as long; here each is compiled once
for a kind of array. Nothing is checked: `into` must have room.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def copy_into(into: Any, source: Any) -> None:  # pragma: no cover - compiled
    """The numbers of `source` (K,) into the beginning of `into` (K or more,)."""
    for k in range(len(source)):
        into[k] = source[k]


@njit(cache=True, nogil=True)
def longer(array: Any, length: int) -> Any:  # pragma: no cover - compiled
    """(length,) the numbers of `array` (K,), as many as there is room for, and then any."""
    out = np.empty(length, dtype=array.dtype)
    copy_into(out, array[:length])
    return out


@njit(cache=True, nogil=True)
def order_of(values: Any) -> Any:  # pragma: no cover - compiled
    """(K,) the places of `values` (K,) from the least to the largest; not stable."""
    return np.argsort(values)


@njit(cache=True, nogil=True)
def by_key(key: Any, count: int) -> tuple[Any, Any]:  # pragma: no cover - compiled
    """Places by their key: a counting sort, stable, a few nanoseconds a place.

    Args:
        key: (K,) whole numbers from 0 to `count` - 1.

    Returns:
        (count + 1,) where each key's places begin, and (K,) the places, in the order of their keys.
    """
    start = np.zeros(count + 1, np.int64)
    for k in range(len(key)):
        start[key[k] + 1] += 1
    for one in range(count):
        start[one + 1] += start[one]
    following = start.copy()
    order = np.empty(len(key), np.int64)
    for k in range(len(key)):
        order[following[key[k]]] = k
        following[key[k]] += 1
    return start, order
