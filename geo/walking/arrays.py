"""The arrays the compiled search works on, bundled so that a call takes a handful of arguments.

Naming: J junctions, K chains (streets between junctions), V vertices (bends) of all chains, P
parts, S stations. Metres and seconds are float64, coordinates WGS 84 degrees.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int32]
Longs: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.uint8]
Bits: TypeAlias = npt.NDArray[np.uint64]
Singles: TypeAlias = npt.NDArray[np.float32]

RAISED, SMALL_PART = 1, 2
"""Bits of `Streets.vertex_flags`: on another level than the ground; of a part that never captures a
person."""


class Streets(NamedTuple):
    """The contracted network.

    `chain_end` are the junctions at a chain's start (column 0) and end (column 1); both may be one.
    Vertices of chain `c` are `vertex_start[c]:vertex_start[c + 1]`; segment `i` runs from vertex
    `i` to `i + 1` of the same chain, its street is `vertex_street[i]` (-1 at a chain's last one).
    Metres and seconds of vertices count from the chain's start. `vertex_flags` say of the segment
    that begins there whether it is raised (:data:`RAISED`) and whether its part is small
    (:data:`SMALL_PART`). `link` of junction `j` are `link_start[j]:link_start[j + 1]`: `link_end =
    2 * chain + side` where the chain touches it.
    """

    junction_node: Ints
    junction_lon: Floats
    junction_lat: Floats
    chain_end: Ints
    chain_metres: Floats
    chain_seconds: Floats
    chain_part: Ints
    vertex_start: Ints
    vertex_lon: Floats
    vertex_lat: Floats
    vertex_metres: Floats
    vertex_seconds: Floats
    vertex_chain: Ints
    vertex_street: Ints
    vertex_flags: Flags
    link_start: Ints
    link_end: Ints
    link_to: Ints
    link_metres: Floats
    link_seconds: Floats
    part_small: Flags
    part_points: Longs
    part_metres: Floats


class Grid(NamedTuple):
    """Segments by cell. `frame` = west, south, cell width, cell height in degrees; `shape` =
    columns, rows. The segments of cell `n` are `items[start[n]:start[n + 1]]`."""

    frame: Floats
    shape: Longs
    start: Ints
    items: Ints


LAID = np.dtype(
    [
        ("x", np.float32),
        ("y", np.float32),
        ("dx", np.float32),
        ("dy", np.float32),
        ("segment", np.int32),
        ("flags", np.int32),
    ],
    align=True,
)
"""A segment as one cell of a grid holds it: from where, by how much, in cells from the cell's own
corner (some 10 µm exact), with its number and flags."""


STANDING = np.dtype(
    [
        ("from_lon", np.int32),
        ("from_lat", np.int32),
        ("to_lon", np.int32),
        ("to_lat", np.int32),
        ("feature", np.int32),
        ("building", np.int32),
    ],
    align=True,
)
"""A segment of an obstacle as one cell of a grid holds it: from where to where, in the units of
:class:`Obstacles`, and whose it is."""


class Obstacles(NamedTuple):
    """What nobody walks through, on the ground: lines and rings in cells of a grid.

    Vertices of feature `f` are `feature_start[f]:feature_start[f + 1]`; segment `i` runs from
    vertex `i` to `i + 1` of the same line or ring, and `vertex_feature[i]` is its feature (-1 at
    the last vertex of a line). `feature_building` is 1 for a building, which may be left by whoever
    is inside. Vertices and `frame` (as in :class:`Grid`) are in units of 1e-7 degrees, which are
    OpenStreetMap's own.
    """

    frame: Floats
    shape: Longs
    start: Ints
    items: Ints
    vertex_lon: Ints
    vertex_lat: Ints
    vertex_feature: Ints
    feature_start: Ints
    feature_building: Flags


def no_obstacles() -> Obstacles:
    """Nothing in anybody's way."""
    nothing = np.empty(0, np.int32)
    return Obstacles(
        frame=np.array([0.0, 0.0, 1.0, 1.0]),
        shape=np.array([1, 1], np.int64),
        start=np.zeros(2, np.int32),
        items=nothing,
        vertex_lon=nothing,
        vertex_lat=nothing,
        vertex_feature=nothing,
        feature_start=np.zeros(1, np.int32),
        feature_building=np.empty(0, np.uint8),
    )


class Standing(NamedTuple):
    """:class:`Obstacles`, and their segments laid out in the order of `items`: (n,)
    :data:`STANDING`, so that a cell is read in one go."""

    frame: Floats
    shape: Longs
    start: Ints
    laid: npt.NDArray[np.void]
    vertex_lon: Ints
    vertex_lat: Ints
    vertex_feature: Ints
    feature_start: Ints


class Ground(NamedTuple):
    """All that the foot of a point is looked for in: the segments of streets in cells, a
    :data:`LAID` each, their vertices, and what stands in the way."""

    frame: Floats
    shape: Longs
    start: Ints
    laid: npt.NDArray[np.void]
    vertex_lon: Floats
    vertex_lat: Floats
    vertex_metres: Floats
    vertex_seconds: Floats
    vertex_chain: Ints
    standing: Standing
    radius: float
    cap: float


class Feet(NamedTuple):
    """Stations where they touch the streets. `chain` is -1 for a station far from any street.
    `on_chain[chain_start[c]:chain_start[c + 1]]` are the stations of chain `c`, along it. `rank` is
    the order that breaks ties, `by_rank` its inverse. `features` are bits for filters."""

    chain: Ints
    metres: Floats
    seconds: Floats
    off_street: Floats
    chain_start: Ints
    on_chain: Ints
    rank: Ints
    by_rank: Ints
    features: Bits


class Hours(NamedTuple):
    """One-minute bits of some days by pattern, open and unknown, and each station's pattern (-1:
    not known). The first minute is the lowest bit of the first byte."""

    open: Flags
    unknown: Flags
    row_pattern: Ints


CHAIN = np.dtype(
    [
        ("metres", np.float64),
        ("seconds", np.float64),
        ("start", np.int32),
        ("end", np.int32),
        ("first", np.int32),
        ("last", np.int32),
    ],
    align=True,
)
"""A chain as the search reads it: its length, the junctions at its ends, and its stations,
`places[first:last]`, along it."""
LINK = np.dtype(
    [
        ("metres", np.float64),
        ("seconds", np.float64),
        ("to", np.int32),
        ("first", np.int32),
        ("last", np.int32),
        ("side", np.int32),
    ],
    align=True,
)
"""A link of a junction as the search reads it, in one piece: where it leads, from which side of its
chain, and the chain's stations, `places[first:last]`."""
PLACE = np.dtype(
    [
        ("metres", np.float64),
        ("seconds", np.float64),
        ("off", np.float64),
        ("rank", np.int32),
        ("station", np.int32),
    ],
    align=True,
)
"""A station on its chain: from the chain's start, off the street, tie-breaking rank, which one."""
STATE = np.dtype([("metres", np.float64), ("seconds", np.float64), ("stamp", np.int64)], align=True)
"""What one running search knows of a junction or station; valid when the stamp is the current
generation, so that nothing needs clearing between searches."""
KNOWN = np.dtype([("metres", np.float64), ("seconds", np.float32), ("position", np.int32)])
"""A station that a junction knows of: how far and how long from there, and where it is in the order
of `Feet.on_chain` (-1: there are no more)."""
Known: TypeAlias = npt.NDArray[np.void]
ITEM_BITS = 24
"""Of an entry of the search's queue: so many junctions and stations there may be."""
MOST_BOUND = 64
"""A search for more stations than this does without the bound."""
MOST_SEEN = 64
"""Of the known stations of both ends of a chain so many are looked at."""
MOST_AIMS = 32
"""With more stations in question within the limit, looking ahead costs more than it spares."""
DEGREE_EAST, DEGREE_NORTH = 111_319.49, 110_574.27
"""Metres of a degree of longitude at the equator, and of the shortest degree of latitude (WGS 84).
"""
CROW = 0.999
"""A margin on top of that, for roundings."""


class Records(NamedTuple):
    """Chains, links and stations laid out for the search: what is read together lies together. (K,)
    :data:`CHAIN`, (2 K,) :data:`LINK` in the order of `link_start`, (stations on streets,)
    :data:`PLACE` in the order of `Feet.on_chain`, (S,) where among them the station of a rank is.
    Then, for looking ahead as the crow flies, junctions (J, 2) and stations' feet on a plane on
    which nothing is farther apart than it is on the ground, and that plane: west, south, metres a
    degree of each axis."""

    chains: npt.NDArray[np.void]
    link_start: Ints
    links: npt.NDArray[np.void]
    places: npt.NDArray[np.void]
    position_of_rank: Ints
    junction_plane: Singles
    place_plane: Singles
    plane: Floats


class Scratch(NamedTuple):
    """What one running search writes to; one per thread. `state` has the junctions, then the
    stations in the order of `Feet.on_chain`; `best` are the least ways to different stations so
    far; `aim` the few stations that may still be found, by position and on the plane; `seen` those
    that were looked at already."""

    generation: Longs
    state: npt.NDArray[np.void]
    queue: Longs
    best_metres: Floats
    best_item: Ints
    aim: Ints
    aim_plane: Singles
    seen: Ints


def records_of(streets: Streets, feet: Feet, lon: Floats, lat: Floats) -> Records:
    """The records of a network with its stations; `lon` and `lat` (S,) are those of the feet."""
    chains = np.zeros(len(streets.chain_metres), CHAIN)
    chains["metres"], chains["seconds"] = streets.chain_metres, streets.chain_seconds
    chains["start"], chains["end"] = streets.chain_end.T
    chains["first"], chains["last"] = feet.chain_start[:-1], feet.chain_start[1:]
    chain = streets.link_end >> 1
    links = np.zeros(len(chain), LINK)
    links["metres"], links["seconds"] = streets.link_metres, streets.link_seconds
    links["to"], links["side"] = streets.link_to, streets.link_end & 1
    links["first"], links["last"] = feet.chain_start[chain], feet.chain_start[chain + 1]
    places = np.zeros(len(feet.on_chain), PLACE)
    order = feet.on_chain
    places["metres"], places["seconds"] = feet.metres[order], feet.seconds[order]
    places["off"], places["rank"] = feet.off_street[order], feet.rank[order]
    places["station"] = order
    position = np.full(len(feet.rank), -1, np.int32)
    position[feet.rank[order]] = np.arange(len(order), dtype=np.int32)
    plane = _plane(streets)
    return Records(
        chains,
        streets.link_start,
        links,
        places,
        position,
        _on_plane(plane, streets.junction_lon, streets.junction_lat),
        _on_plane(plane, lon[order], lat[order]),
        plane,
    )


def _plane(streets: Streets) -> Floats:
    """Degrees scaled by the least that they measure anywhere in the network."""
    lon, lat = streets.vertex_lon, streets.vertex_lat
    if not len(lon):
        return np.array([0.0, 0.0, 1.0, 1.0])
    north = min(float(np.abs(lat).max()) + 0.1, 90.0)
    return np.array(
        [
            lon.min(),
            lat.min(),
            CROW * DEGREE_EAST * np.cos(np.radians(north)),
            CROW * DEGREE_NORTH,
        ]
    )


def _on_plane(plane: Floats, lon: Floats, lat: Floats) -> Singles:
    out = np.empty((len(lon), 2), np.float32)
    out[:, 0] = (lon - plane[0]) * plane[2]
    out[:, 1] = (lat - plane[1]) * plane[3]
    return out


def new_scratch(streets: Streets, feet: Feet) -> Scratch:
    """Room for searches over these streets and stations. Pages of memory that no search touches are
    never taken."""
    # Each link, each of a station's three ways to be met, and the start push at most once.
    pushes = len(streets.link_to) + 3 * len(feet.chain) + 64
    return Scratch(
        generation=np.zeros(1, np.int64),
        state=np.zeros(len(streets.junction_lon) + len(feet.chain), STATE),
        queue=np.empty(pushes, np.int64),
        best_metres=np.empty(MOST_BOUND),
        best_item=np.empty(MOST_BOUND, np.int32),
        aim=np.empty(MOST_AIMS, np.int32),
        aim_plane=np.empty((MOST_AIMS, 2), np.float32),
        seen=np.empty(MOST_SEEN, np.int32),
    )


def as_dictionary(bundle: NamedTuple, prefix: str) -> dict[str, npt.NDArray[Any]]:
    """For a snapshot file."""
    return {f"{prefix}.{key}": value for key, value in bundle._asdict().items()}
