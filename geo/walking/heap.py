"""A binary heap in two arrays: keys in metres, items by number; equal keys come by item."""

from __future__ import annotations

from numba import njit

from geo.compiled import longer
from geo.walking.arrays import Floats, Ints


@njit(cache=True, nogil=True)
def push(
    keys: Floats, items: Ints, size: int, key: float, item: int
) -> int:  # pragma: no cover - compiled
    """Put an item in; there must be room for it. Returns the new size."""
    at = size
    while at > 0:
        parent = (at - 1) >> 1
        if keys[parent] < key or (keys[parent] == key and items[parent] <= item):
            break
        keys[at] = keys[parent]
        items[at] = items[parent]
        at = parent
    keys[at] = key
    items[at] = item
    return size + 1


@njit(cache=True, nogil=True)
def pop(keys: Floats, items: Ints, size: int) -> int:  # pragma: no cover - compiled
    """Take the first entry out; the caller has read it. Returns the new size."""
    size -= 1
    key, item = keys[size], items[size]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        other = child + 1
        if other < size and (
            keys[other] < keys[child]
            or (keys[other] == keys[child] and items[other] < items[child])
        ):
            child = other
        if key < keys[child] or (key == keys[child] and item <= items[child]):
            break
        keys[at] = keys[child]
        items[at] = items[child]
        at = child
    keys[at] = key
    items[at] = item
    return size


@njit(cache=True, nogil=True)
def with_room(keys: Floats, items: Ints, size: int) -> tuple[Floats, Ints]:  # pragma: no cover
    """The same heap, twice as large when it is full."""
    if size < len(keys):
        return keys, items
    return longer(keys, 2 * len(keys)), longer(items, 2 * len(items))
