"""What the search keeps while it runs: its queue, the k least ways so far, where it is going.

The helpers take plain arrays and are put in place of their calls: bundles of arrays handed from
function to function cost more here than the search itself.
"""

from __future__ import annotations

from numba import njit

from geo.walking.arrays import ITEM_BITS, Floats, Ints, Longs, Singles

# The queue holds one number an entry: 39 bits of metres (in steps of 15 µm, up to 8,388 km), then
# 24 bits of what is reached, so that of two things equally far the lower comes out first. Junctions
# are reached before stations, stations by rank. Metres themselves are kept exactly; a junction that
# comes out 15 µm too early is corrected when the better way comes.
STEPS = 65536.0
FARTHEST = float((1 << 39) - 1)


@njit(cache=True, nogil=True, forceinline=True)
def steps(metres: float) -> int:  # pragma: no cover - compiled
    """Metres as the queue orders them."""
    return int(min(metres * STEPS, FARTHEST))


@njit(cache=True, nogil=True, forceinline=True)
def push(queue: Longs, size: int, metres: float, item: int) -> None:  # pragma: no cover - compiled
    """Add an entry to a queue of `size`."""
    entry = steps(metres) << ITEM_BITS | item
    at = size
    while at > 0:
        parent = (at - 1) >> 2
        if queue[parent] <= entry:
            break
        queue[at] = queue[parent]
        at = parent
    queue[at] = entry


@njit(cache=True, nogil=True, forceinline=True)
def pop(queue: Longs, size: int) -> None:  # pragma: no cover - compiled
    """Remove the first entry, which the caller has read, so that `size` are left. Four children a
    node: half as deep as with two, and those of one node lie in one or two lines of memory."""
    entry = queue[size]
    at = 0
    while True:
        first = 4 * at + 1
        if first >= size:
            break
        child = first
        for other in range(first + 1, min(first + 4, size)):
            if queue[other] < queue[child]:
                child = other
        if entry <= queue[child]:
            break
        queue[at] = queue[child]
        at = child
    queue[at] = entry


@njit(cache=True, nogil=True, forceinline=True)
def keep_least(
    best: Floats, best_item: Ints, known: int, k: int, item: int, metres: float
) -> int:  # pragma: no cover - compiled
    """Keep the k least ways to different stations seen so far, sorted; returns how many are known.
    Nothing farther than the last of k can be among the k nearest."""
    at = known
    for i in range(known):
        if best_item[i] == item:
            at = i
    if at == known:
        if known < k:
            known += 1
        elif best[k - 1] <= metres:
            return known
        else:
            at = k - 1
    while at > 0 and best[at - 1] > metres:
        best[at] = best[at - 1]
        best_item[at] = best_item[at - 1]
        at -= 1
    best[at] = metres
    best_item[at] = item
    return known


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def aims_of(
    place_plane: Singles,
    aim: Ints,
    aim_plane: Singles,
    few: Ints,
    x: float,
    y: float,
    limit: float,
) -> int:  # pragma: no cover - compiled
    """Which of a `few` stations may be within the limit, into `aim`; -1: too many."""
    count = 0
    for position in few:
        to_x, to_y = place_plane[position, 0], place_plane[position, 1]
        if (to_x - x) ** 2 + (to_y - y) ** 2 > (limit + 1.0) ** 2:
            continue
        if count == len(aim):
            return -1
        aim[count] = position
        aim_plane[count, 0] = to_x
        aim_plane[count, 1] = to_y
        count += 1
    return count
