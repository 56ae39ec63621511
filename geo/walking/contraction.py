"""Streets between junctions become one chain each, however many pieces and bends they have.

A search over junctions and chains visits a quarter of the nodes of one over all bends, and finds
the same distances: nothing can happen on the way along a chain but a station or the person, and
both know their place on it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from geo.walking.arrays import Flags, Floats, Ints, Longs


@njit(cache=True, nogil=True)
def chains_of(
    nodes: int, from_node: Ints, to_node: Ints
) -> tuple[Ints, Ints, Ints, Flags]:  # pragma: no cover - compiled
    """Walk every chain of a network.

    A junction is a node where not exactly two different pieces end. A ring that meets nothing gets
    its lowest node as junction; a piece that begins and ends at one node is a chain of its own.

    Returns:
        `ends` (K, 2) nodes at the chains' ends; `start` (K + 1,); `steps` (M,) the pieces of chain
        `c` in walking order are `steps[start[c]:start[c + 1]]`, as `2 * piece + backwards`;
        `is_junction` (N,).
    """
    pieces = len(from_node)
    begin = np.zeros(nodes + 1, np.int64)
    for piece in range(pieces):
        begin[from_node[piece] + 1] += 1
        begin[to_node[piece] + 1] += 1
    for node in range(nodes):
        begin[node + 1] += begin[node]
    fill = begin[:-1].copy()
    touching = np.empty(2 * pieces, np.int32)
    for piece in range(pieces):
        touching[fill[from_node[piece]]] = 2 * piece
        fill[from_node[piece]] += 1
        touching[fill[to_node[piece]]] = 2 * piece + 1
        fill[to_node[piece]] += 1

    is_junction = np.zeros(nodes, np.uint8)
    for node in range(nodes):
        first = begin[node]
        if begin[node + 1] - first != 2 or touching[first] >> 1 == touching[first + 1] >> 1:
            is_junction[node] = 1

    ends = np.empty((pieces, 2), np.int32)
    start = np.zeros(pieces + 1, np.int32)
    steps = np.empty(pieces, np.int32)
    used = np.zeros(pieces, np.uint8)
    chains = 0
    taken = 0
    for rings in range(2):
        for node in range(nodes):
            if rings == 0 and is_junction[node] == 0:
                continue
            for position in range(begin[node], begin[node + 1]):
                step = touching[position]
                if used[step >> 1]:
                    continue
                if rings == 1:
                    is_junction[node] = 1  # the first, and so the lowest, node of this ring
                ends[chains, 0] = node
                here = node
                while True:
                    piece = step >> 1
                    used[piece] = 1
                    steps[taken] = step
                    taken += 1
                    here = to_node[piece] if step & 1 == 0 else from_node[piece]
                    if is_junction[here]:
                        break
                    other = touching[begin[here]]
                    if other >> 1 == piece:
                        other = touching[begin[here] + 1]
                    step = other
                ends[chains, 1] = here
                chains += 1
                start[chains] = taken
    return ends[:chains].copy(), start[: chains + 1].copy(), steps, is_junction


@njit(cache=True, nogil=True)
def vertices_of(
    start: Ints,
    steps: Ints,
    offsets: Longs,
    points: Floats,
    segment_metres: Floats,
    slowness: Floats,
    raised: Flags,
) -> tuple[Ints, Floats, Floats, Floats, Floats, Ints, Ints, Flags]:  # pragma: no cover - compiled
    """Lay the lines of each chain's pieces end to end.

    Args:
        start, steps: from :func:`chains_of`.
        offsets, points: the pieces' lines.
        segment_metres: (C,) from each point to the next of the same piece.
        slowness: (M,) seconds a metre on each piece.
        raised: (M,) whether a piece is not on the ground.

    Returns:
        `vertex_start`, longitude, latitude, metres, seconds, chain, street, raised: see
        :class:`geo.walking.arrays.Streets`.
    """
    chains = len(start) - 1
    vertex_start = np.zeros(chains + 1, np.int32)
    for chain in range(chains):
        count = 1
        for position in range(start[chain], start[chain + 1]):
            piece = steps[position] >> 1
            count += offsets[piece + 1] - offsets[piece] - 1
        vertex_start[chain + 1] = vertex_start[chain] + count
    total = vertex_start[chains]
    lon = np.empty(total)
    lat = np.empty(total)
    metres = np.empty(total)
    seconds = np.empty(total)
    of_chain = np.empty(total, np.int32)
    street = np.empty(total, np.int32)
    is_raised = np.zeros(total, np.uint8)
    for chain in range(chains):
        at = vertex_start[chain]
        walked = 0.0
        passed = 0.0
        for position in range(start[chain], start[chain + 1]):
            piece = steps[position] >> 1
            backwards = steps[position] & 1
            count = offsets[piece + 1] - offsets[piece] - 1
            for i in range(count):
                point = offsets[piece + 1] - 1 - i if backwards else offsets[piece] + i
                lon[at] = points[point, 0]
                lat[at] = points[point, 1]
                metres[at] = walked
                seconds[at] = passed
                of_chain[at] = chain
                street[at] = piece
                is_raised[at] = raised[piece]
                length = segment_metres[point - 1] if backwards else segment_metres[point]
                walked += length
                passed += length * slowness[piece]
                at += 1
            if position == start[chain + 1] - 1:
                point = offsets[piece] if backwards else offsets[piece + 1] - 1
                lon[at] = points[point, 0]
                lat[at] = points[point, 1]
                metres[at] = walked
                seconds[at] = passed
                of_chain[at] = chain
                street[at] = -1
                is_raised[at] = raised[piece]
    return vertex_start, lon, lat, metres, seconds, of_chain, street, is_raised


@njit(cache=True, nogil=True)
def links_of(junctions: int, chain_end: Ints) -> tuple[Ints, Ints]:  # pragma: no cover - compiled
    """The chains that touch each junction; a chain from a junction to itself touches it twice.

    Returns:
        `link_start` (J + 1,) and `link_end` (2 K,), the latter as `2 * chain + side`.
    """
    chains = len(chain_end)
    link_start = np.zeros(junctions + 1, np.int32)
    for chain in range(chains):
        link_start[chain_end[chain, 0] + 1] += 1
        link_start[chain_end[chain, 1] + 1] += 1
    for junction in range(junctions):
        link_start[junction + 1] += link_start[junction]
    fill = link_start[:-1].copy()
    link_end = np.empty(2 * chains, np.int32)
    for chain in range(chains):
        for side in range(2):
            junction = chain_end[chain, side]
            link_end[fill[junction]] = 2 * chain + side
            fill[junction] += 1
    return link_start, link_end
