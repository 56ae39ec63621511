"""One tile of polygons: cut out along its edges and written as a Mapbox Vector Tile 2.1.

Rings are cut by the four sides one after the other (Sutherland & Hodgman, CACM 17, 1974), as
browser libraries do it: a ring that falls into several parts keeps lines along the edge, outside of
what is seen.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from maps.tiles.polygons.bands import BITS

EXTENT_BITS = 12
BUFFER = 64
"""Units of the tile beyond each side that are drawn too, so that lines meet across it."""


@njit(cache=True, nogil=True)
def drawn(
    xy: Any,
    ring: Any,
    outer: Any,
    feature: Any,
    box: Any,
    extent: Any,
    ids: Any,
    tag: Any,
    tag_key: Any,
    value: Any,
    value_at: Any,
    start: Any,
    keys: Any,
    z: int,
    x: int,
    y: int,
    smallest: int,
    dot: int,
) -> Any:  # pragma: no cover - compiled
    """The layer of a tile; of length 0 where nothing is in it.

    Args:
        xy, ring, outer, feature, box, extent: see :class:`maps.tiles.polygons.bands.Band`.
        ids: (F,) of the features.
        tag: (F + 1,) where the tags of each feature begin.
        tag_key: (T,) the number of the key of each tag.
        value, value_at: bytes of the T values as they are written, and where each begins, (T + 1,).
        start, keys: bytes that begin the layer, and those of its keys.
        z, x, y: which tile.
        smallest: twice the area in square units under which a part is left out.
        dot: half the side, in units, of the square that stands for a feature too small to be drawn
            at all; 0: it is left out.
    """
    side = np.int64(1) << (BITS - z)
    margin = max(side * BUFFER >> EXTENT_BITS, np.int64(1))
    west, north = x * side - margin, y * side - margin
    east, south = x * side + side + margin, y * side + side + margin
    chosen = np.empty(len(ids), dtype=np.int64)
    count = 0
    longest = vertices = room = 0
    for one in range(len(ids)):
        if not (
            extent[one, 0] <= east
            and extent[one, 2] >= west
            and extent[one, 1] <= south
            and extent[one, 3] >= north
        ):
            continue
        chosen[count] = one
        count += 1
        room += value_at[tag[one + 1]] - value_at[tag[one]] + 64 + 8 * (tag[one + 1] - tag[one])
        for at in range(feature[one], feature[one + 1]):
            longest = max(longest, ring[at + 1] - ring[at])
            vertices += ring[at + 1] - ring[at] + 8
    if count == 0:
        return np.empty(0, dtype=np.uint8)
    # Each side may add a vertex for every two.
    path = np.empty((6 * longest + 16, 2), dtype=np.float64)
    spare = np.empty_like(path)
    commands = np.empty(12 * vertices + 64, dtype=np.uint32)
    out = np.empty(len(start) + len(keys) + room + 5 * len(commands), dtype=np.uint8)
    out[: len(start)] = start
    to = len(start)
    values = features = 0
    for number in range(count):
        one = chosen[number]
        length = 0
        cursor_x = cursor_y = np.int64(0)
        skip_holes = False
        for at in range(feature[one], feature[one + 1]):
            if outer[at]:
                skip_holes = False
            elif skip_holes:
                continue
            inside = 0
            if (
                box[at, 0] <= east
                and box[at, 2] >= west
                and box[at, 1] <= south
                and box[at, 3] >= north
            ):
                inside = ring[at + 1] - ring[at]
                for vertex in range(inside):
                    path[vertex, 0] = xy[ring[at] + vertex, 0]
                    path[vertex, 1] = xy[ring[at] + vertex, 1]
                if box[at, 0] < west:
                    inside = _cut(path, inside, spare, 0, float(west), 1.0)
                    path, spare = spare, path
                if box[at, 2] > east:
                    inside = _cut(path, inside, spare, 0, float(east), -1.0)
                    path, spare = spare, path
                if box[at, 1] < north:
                    inside = _cut(path, inside, spare, 1, float(north), 1.0)
                    path, spare = spare, path
                if box[at, 3] > south:
                    inside = _cut(path, inside, spare, 1, float(south), -1.0)
                    path, spare = spare, path
            before = length
            length, cursor_x, cursor_y = _ring(
                path, inside, outer[at], z, x, y, smallest, commands, length, cursor_x, cursor_y
            )
            if outer[at] and length == before:
                skip_holes = True
        if length == 0:
            if dot == 0:
                continue
            length = _dot(extent[one], z, x, y, dot, path, commands)
            if length == 0:
                continue
        features += 1
        to = _feature(out, to, ids[one], tag[one], tag[one + 1], tag_key, values, commands, length)
        values += tag[one + 1] - tag[one]
        chosen[features - 1] = one
    if features == 0:
        return np.empty(0, dtype=np.uint8)
    out[to : to + len(keys)] = keys
    to += len(keys)
    for number in range(features):
        one = chosen[number]
        first, last = value_at[tag[one]], value_at[tag[one + 1]]
        out[to : to + last - first] = value[first:last]
        to += last - first
    return out[:to]


@njit(cache=True, nogil=True)
def _cut(
    path: Any, count: int, into: Any, axis: int, line: float, sign: float
) -> int:  # pragma: no cover - compiled
    """What of a ring is on one side of a line; how many vertices that is."""
    kept = 0
    for vertex in range(count):
        last = vertex - 1 if vertex else count - 1
        here = (path[vertex, axis] - line) * sign
        before = (path[last, axis] - line) * sign
        if (here >= 0.0) != (before >= 0.0):
            share = before / (before - here)
            into[kept, axis] = line
            across = 1 - axis
            into[kept, across] = path[last, across] + share * (
                path[vertex, across] - path[last, across]
            )
            kept += 1
        if here >= 0.0:
            into[kept] = path[vertex]
            kept += 1
    return kept


@njit(cache=True, nogil=True)
def _ring(
    path: Any,
    count: int,
    is_outer: bool,
    z: int,
    x: int,
    y: int,
    smallest: int,
    commands: Any,
    length: int,
    cursor_x: Any,
    cursor_y: Any,
) -> Any:  # pragma: no cover - compiled
    """Write a ring in units of the tile, wound as the format wants it, unless it is too small."""
    scale = 1.0 / float(np.int64(1) << (BITS - z - EXTENT_BITS))
    left, top = float(np.int64(x) << EXTENT_BITS), float(np.int64(y) << EXTENT_BITS)
    kept = 0
    for vertex in range(count):
        px = np.floor(path[vertex, 0] * scale + 0.5) - left
        py = np.floor(path[vertex, 1] * scale + 0.5) - top
        if kept and px == path[kept - 1, 0] and py == path[kept - 1, 1]:
            continue
        path[kept, 0], path[kept, 1] = px, py
        kept += 1
    while kept > 1 and path[0, 0] == path[kept - 1, 0] and path[0, 1] == path[kept - 1, 1]:
        kept -= 1
    if kept < 3:
        return length, cursor_x, cursor_y
    twice = np.int64(0)
    for vertex in range(kept):
        last = vertex - 1 if vertex else kept - 1
        twice += np.int64(path[last, 0]) * np.int64(path[vertex, 1]) - np.int64(
            path[vertex, 0]
        ) * np.int64(path[last, 1])
    if twice == 0 or abs(twice) < smallest:
        return length, cursor_x, cursor_y
    backwards = (twice > 0) != is_outer
    for step in range(kept):
        vertex = (kept - step) % kept if backwards else step
        px, py = np.int64(path[vertex, 0]), np.int64(path[vertex, 1])
        if step == 0:
            commands[length] = 9
            length += 1
        elif step == 1:
            commands[length] = ((kept - 1) << 3) | 2
            length += 1
        commands[length] = _zigzag(px - cursor_x)
        commands[length + 1] = _zigzag(py - cursor_y)
        length += 2
        cursor_x, cursor_y = px, py
    commands[length] = 15
    return length + 1, cursor_x, cursor_y


@njit(cache=True, nogil=True)
def _dot(
    extent: Any, z: int, x: int, y: int, dot: int, path: Any, commands: Any
) -> Any:  # pragma: no cover - compiled
    """A small square around the middle of a feature that is in this tile."""
    shift = BITS - z
    middle_x = (np.int64(extent[0]) + np.int64(extent[2])) >> 1
    middle_y = (np.int64(extent[1]) + np.int64(extent[3])) >> 1
    if middle_x >> shift != x or middle_y >> shift != y:
        return 0
    half = np.float64(np.int64(dot) << (shift - EXTENT_BITS))
    for corner in range(4):
        path[corner, 0] = middle_x + (half if corner in (1, 2) else -half)
        path[corner, 1] = middle_y + (half if corner > 1 else -half)
    length, _, _ = _ring(path, 4, True, z, x, y, 0, commands, 0, 0, 0)
    return length


@njit(cache=True, nogil=True)
def _zigzag(value: Any) -> Any:  # pragma: no cover - compiled
    return np.uint32((value << 1) ^ (value >> 63))


@njit(cache=True, nogil=True)
def _length(value: Any) -> int:  # pragma: no cover - compiled
    """Bytes of a varint."""
    count = 1
    rest = np.uint64(value)
    while rest >= np.uint64(128):
        rest >>= np.uint64(7)
        count += 1
    return count


@njit(cache=True, nogil=True)
def _put(out: Any, to: int, value: Any) -> int:  # pragma: no cover - compiled
    """A varint."""
    rest = np.uint64(value)
    while rest >= np.uint64(128):
        out[to] = np.uint8(rest & np.uint64(127)) | np.uint8(128)
        rest >>= np.uint64(7)
        to += 1
    out[to] = np.uint8(rest)
    return to + 1


@njit(cache=True, nogil=True)
def _feature(
    out: Any,
    to: int,
    identity: int,
    first_tag: int,
    last_tag: int,
    tag_key: Any,
    first_value: int,
    commands: Any,
    length: int,
) -> int:  # pragma: no cover - compiled
    tags = 0
    for at in range(first_tag, last_tag):
        tags += _length(tag_key[at]) + _length(first_value + at - first_tag)
    geometry = 0
    for at in range(length):
        geometry += _length(commands[at])
    whole = 1 + _length(identity) + 1 + _length(tags) + tags + 2 + 1 + _length(geometry) + geometry
    out[to] = 0x12
    to = _put(out, to + 1, whole)
    out[to] = 0x08
    to = _put(out, to + 1, identity)
    out[to] = 0x12
    to = _put(out, to + 1, tags)
    for at in range(first_tag, last_tag):
        to = _put(out, to, tag_key[at])
        to = _put(out, to, first_value + at - first_tag)
    out[to] = 0x18
    out[to + 1] = 3
    out[to + 2] = 0x22
    to = _put(out, to + 3, geometry)
    for at in range(length):
        to = _put(out, to, commands[at])
    return to
