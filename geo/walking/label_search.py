"""The compiled side of :mod:`geo.walking.labels`: queue, lists of labels, junctions, bends.

The queue has buckets of a few metres instead of a heap. Within one bucket the order does not
matter, because a label that improves is handed on again (label correcting; Dial 1969, "Algorithm
360: shortest-path forest with topological ordering", CACM 12; Meyer & Sanders 2003, "Δ-stepping",
J. Algorithms 49).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from geo.walking.arrays import Feet, Flags, Floats, Ints, Longs, Streets


class Costs(NamedTuple):
    """What is made least, in one unit: metres or seconds. Of links, of whole chains, of vertices
    from their chain's start; of stations from their chain's start to the foot, and off the street.
    """

    link: Floats
    chain: Floats
    vertex: Floats
    along: Floats
    off: Floats


@njit(cache=True, nogil=True)
def seeds_of(
    streets: Streets, feet: Feet, costs: Costs, good: Flags, limit: float
) -> tuple[Ints, Floats, Ints]:  # pragma: no cover - compiled
    """Junction, cost and rank for both ends of the chain of each good station."""
    junction = np.empty(2 * len(feet.on_chain), np.int32)
    cost = np.empty(len(junction))
    rank = np.empty(len(junction), np.int32)
    count = 0
    for position in range(len(feet.on_chain)):
        station = feet.on_chain[position]
        if not good[station]:
            continue
        chain = feet.chain[station]
        for side in range(2):
            along = costs.along[station]
            if side:
                along = costs.chain[chain] - along
            # Rounding may leave the foot a hair beyond the end of its chain.
            whole = max(along, 0.0) + costs.off[station]
            if whole <= limit:
                junction[count] = streets.chain_end[chain, side]
                cost[count] = whole
                rank[count] = feet.rank[station]
                count += 1
    return junction[:count].copy(), cost[:count].copy(), rank[:count].copy()


@njit(cache=True, nogil=True)
def _wait(
    head: Ints, following: Ints, member: Ints, state: Longs, slot: int, junction: int
) -> None:  # pragma: no cover - compiled
    """Put a junction into a bucket. `state`: first free entry (-1), entries used so far, waiting
    entries."""
    entry = state[0]
    if entry >= 0:
        state[0] = following[entry]
    else:
        entry = state[1]
        state[1] += 1
    following[entry] = head[slot]
    member[entry] = junction
    head[slot] = entry
    state[2] += 1


@njit(cache=True, nogil=True)
def _take(
    head: Ints, following: Ints, member: Ints, state: Longs, slot: int
) -> int:  # pragma: no cover - compiled
    """Take a junction out of a bucket that is not empty."""
    entry = head[slot]
    head[slot] = following[entry]
    following[entry] = state[0]
    state[0] = entry
    state[2] -= 1
    junction: int = member[entry]
    return junction


@njit(cache=True, nogil=True)
def nearest_of_junctions(
    link_start: Ints,
    link_to: Ints,
    link_cost: Floats,
    seed_junction: Ints,
    seed_cost: Floats,
    seed_rank: Ints,
    limit: float,
    width: float,
    buckets: int,
) -> tuple[Floats, Ints]:  # pragma: no cover - compiled
    """(J,) cost to the nearest of the seeds and its rank (infinite and -1: none within `limit`).

    Args:
        link_start, link_to, link_cost: the links of each junction.
        seed_junction, seed_cost, seed_rank: from :func:`seeds_of`.
        limit: the longest way.
        width, buckets: of the queue; `width * (buckets - 1)` is more than any link or seed costs.
    """
    junctions = len(link_start) - 1
    best = np.full(junctions, np.inf)
    nearest = np.full(junctions, -1, np.int32)
    for seed in range(len(seed_junction)):
        junction, cost, rank = seed_junction[seed], seed_cost[seed], seed_rank[seed]
        if cost < best[junction] or (cost == best[junction] and rank < nearest[junction]):
            best[junction] = cost
            nearest[junction] = rank

    head = np.full(buckets, -1, np.int32)
    following = np.empty(2 * junctions + 64, np.int32)
    member = np.empty(len(following), np.int32)
    state = np.array([-1, 0, 0])
    queued = np.full(junctions, -1, np.int64)  # the bucket a junction waits in
    for junction in range(junctions):
        if nearest[junction] >= 0:
            queued[junction] = int(best[junction] / width)
            _wait(head, following, member, state, queued[junction], junction)
    now, slot = 0, 0
    while state[2] > 0:
        while head[slot] >= 0:
            junction = _take(head, following, member, state, slot)
            if queued[junction] != now:
                continue  # it moved to an earlier bucket and was done there
            queued[junction] = -1
            first, last = link_start[junction], link_start[junction + 1]
            if state[1] + last - first > len(member):
                following = np.concatenate((following, np.empty_like(following)))
                member = np.concatenate((member, np.empty_like(member)))
            cost, rank = best[junction], nearest[junction]
            for link in range(first, last):
                there = link_to[link]
                onward = cost + link_cost[link]
                if onward > best[there] or onward > limit:
                    continue
                if onward == best[there] and rank >= nearest[there]:
                    continue
                best[there] = onward
                nearest[there] = rank
                bucket = int(onward / width)
                if queued[there] != bucket:
                    queued[there] = bucket
                    _wait(head, following, member, state, bucket % buckets, there)
        now += 1
        slot += 1
        if slot == buckets:
            slot = 0
    return best, nearest


@njit(cache=True, nogil=True)
def _enter(
    costs: Floats, ranks: Ints, first: int, k: int, cost: float, rank: int
) -> tuple[int, int]:  # pragma: no cover - compiled
    """Enter a label into the sorted list of at most k different stations that begins at `first`, if
    it belongs there.

    Returns:
        Its place in the list (-1 when it does not belong there), and the place that gave way: that
        of the station's own worse label, else the first free one, else the last.
    """
    last = first + k - 1
    if cost > costs[last] or (cost == costs[last] and rank >= ranks[last]):
        return -1, -1
    gone = first
    while gone < last and ranks[gone] != rank and ranks[gone] >= 0:
        gone += 1
    if ranks[gone] == rank and costs[gone] <= cost:
        return -1, -1
    place = gone
    while place > first and (
        costs[place - 1] > cost or (costs[place - 1] == cost and ranks[place - 1] > rank)
    ):
        costs[place] = costs[place - 1]
        ranks[place] = ranks[place - 1]
        place -= 1
    costs[place] = cost
    ranks[place] = rank
    return place - first, gone - first


@njit(cache=True, nogil=True)
def _note(bits: np.uint64, place: int, gone: int) -> np.uint64:  # pragma: no cover - compiled
    """The bits of a list's labels that wait to be handed on, after one was entered."""
    one = np.uint64(1)
    place_, gone_ = np.uint64(place), np.uint64(gone)
    below = (one << place_) - one
    until = (one << gone_) - one  # the labels from `place` on to `gone` moved up by one
    moved = (bits & (until & ~below)) << one
    kept = bits & ~(until | (one << gone_))
    return (bits & below) | moved | kept | (one << place_)


@njit(cache=True, nogil=True)
def label_junctions(
    link_start: Ints,
    link_to: Ints,
    link_cost: Floats,
    seed_junction: Ints,
    seed_cost: Floats,
    seed_rank: Ints,
    k: int,
    limit: float,
    width: float,
    buckets: int,
) -> tuple[Floats, Ints]:  # pragma: no cover - compiled
    """(J, k) costs and ranks of the k nearest; arguments as :func:`nearest_of_junctions`, k at most
    64."""
    junctions = len(link_start) - 1
    costs = np.full(junctions * k, np.inf)
    ranks = np.full(junctions * k, -1, np.int32)
    fresh = np.zeros(junctions, np.uint64)  # a bit for each label that waits to be handed on
    for seed in range(len(seed_junction)):
        there = seed_junction[seed]
        place, gone = _enter(costs, ranks, there * k, k, seed_cost[seed], seed_rank[seed])
        if place >= 0:
            fresh[there] = _note(fresh[there], place, gone)

    head = np.full(buckets, -1, np.int32)
    following = np.empty(2 * junctions + 64, np.int32)
    member = np.empty(len(following), np.int32)
    state = np.array([-1, 0, 0])
    never = 1 << 62
    queued = np.full(junctions, never)  # the earliest bucket a junction waits in
    for junction in range(junctions):
        if fresh[junction]:
            queued[junction] = int(costs[junction * k] / width)
            _wait(head, following, member, state, queued[junction], junction)
    one = np.uint64(1)
    ready = np.empty(k, np.int64)
    now, slot = 0, 0
    while state[2] > 0:
        while head[slot] >= 0:
            junction = _take(head, following, member, state, slot)
            if queued[junction] != now:
                continue  # it moved to an earlier bucket and was done there
            queued[junction] = never
            first, last = link_start[junction], link_start[junction + 1]
            if state[1] + last - first + 1 > len(member):
                following = np.concatenate((following, np.empty_like(following)))
                member = np.concatenate((member, np.empty_like(member)))
            # Of its labels those of this bucket are handed on; the later ones wait.
            count = 0
            bits = fresh[junction]
            label = junction * k
            while bits:
                if bits & one:
                    bucket = int(costs[label] / width)
                    if bucket > now:
                        queued[junction] = bucket
                        _wait(head, following, member, state, bucket % buckets, junction)
                        break
                    ready[count] = label
                    count += 1
                bits >>= one
                label += 1
            done = np.uint64(label - junction * k)
            fresh[junction] = fresh[junction] >> done << done if done < 64 else np.uint64(0)
            for link in range(first, last):
                there, step = link_to[link], link_cost[link]
                earliest = never
                for number in range(count):
                    onward = costs[ready[number]] + step
                    if onward > limit or onward > costs[there * k + k - 1]:
                        break  # and so are the later ones
                    place, gone = _enter(costs, ranks, there * k, k, onward, ranks[ready[number]])
                    if place >= 0:
                        fresh[there] = _note(fresh[there], place, gone)
                        earliest = min(earliest, int(onward / width))
                if earliest < queued[there]:
                    queued[there] = earliest
                    _wait(head, following, member, state, earliest % buckets, there)
        now += 1
        slot += 1
        if slot == buckets:
            slot = 0
    return costs.reshape(junctions, k), ranks.reshape(junctions, k)


@njit(cache=True, nogil=True)
def nearest_of_vertices(
    streets: Streets, feet: Feet, costs: Costs, good: Flags, limit: float, end: Floats, ranks: Ints
) -> tuple[Floats, Ints]:  # pragma: no cover - compiled
    """(V,) cost to the nearest station and its rank, from the junctions' (`end`, `ranks`)."""
    vertices = len(costs.vertex)
    best = np.empty(vertices)
    nearest = np.empty(vertices, np.int32)
    for chain in range(len(costs.chain)):
        a, b = streets.chain_end[chain, 0], streets.chain_end[chain, 1]
        first, last = feet.chain_start[chain], feet.chain_start[chain + 1]
        for vertex in range(streets.vertex_start[chain], streets.vertex_start[chain + 1]):
            here = costs.vertex[vertex]
            cost, rank = end[a] + here, ranks[a]
            other = end[b] + (costs.chain[chain] - here)
            if other < cost or (other == cost and ranks[b] < rank):
                cost, rank = other, ranks[b]
            for position in range(first, last):
                station = feet.on_chain[position]
                if good[station]:
                    other = abs(costs.along[station] - here) + costs.off[station]
                    if other < cost or (other == cost and feet.rank[station] < rank):
                        cost, rank = other, feet.rank[station]
            if cost > limit:
                cost, rank = np.inf, np.int32(-1)
            best[vertex] = cost
            nearest[vertex] = rank
    return best, nearest


@njit(cache=True, nogil=True)
def label_vertices(
    streets: Streets, feet: Feet, costs: Costs, good: Flags, limit: float, end: Floats, ranks: Ints
) -> tuple[npt.NDArray[np.float32], Ints]:  # pragma: no cover - compiled
    """(V, k) costs and ranks of the k nearest, from the junctions' (`end`, `ranks`)."""
    k = end.shape[1]
    vertices = len(costs.vertex)
    labels = np.empty((vertices, k), np.float32)
    whose = np.empty((vertices, k), np.int32)
    some = np.empty(k)
    some_ranks = np.empty(k, np.int32)
    for chain in range(len(costs.chain)):
        a, b = streets.chain_end[chain, 0], streets.chain_end[chain, 1]
        first, last = feet.chain_start[chain], feet.chain_start[chain + 1]
        for vertex in range(streets.vertex_start[chain], streets.vertex_start[chain + 1]):
            before = costs.vertex[vertex]
            after = costs.chain[chain] - before
            # Merge both ends' lists, each station once.
            i = j = count = 0
            while count < k:
                left = end[a, i] + before if i < k else np.inf
                right = end[b, j] + after if j < k else np.inf
                if left == np.inf and right == np.inf:
                    break
                if left < right or (left == right and ranks[a, i] <= ranks[b, j]):
                    cost, rank = left, ranks[a, i]
                    i += 1
                else:
                    cost, rank = right, ranks[b, j]
                    j += 1
                if cost > limit:
                    break
                known = False
                for place in range(count):
                    if some_ranks[place] == rank:
                        known = True
                        break
                if not known:
                    some[count] = cost
                    some_ranks[count] = rank
                    count += 1
            for place in range(count, k):
                some[place] = np.inf
                some_ranks[place] = -1
            for position in range(first, last):
                station = feet.on_chain[position]
                if good[station]:
                    cost = abs(costs.along[station] - before) + costs.off[station]
                    if cost <= limit:
                        _enter(some, some_ranks, 0, k, cost, feet.rank[station])
            for place in range(k):
                labels[vertex, place] = some[place]
                whose[vertex, place] = some_ranks[place]
    return labels, whose
