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


class Streets(NamedTuple):
    """The contracted network.

    `chain_end` are the junctions at a chain's start (column 0) and end (column 1); both may be one.
    Vertices of chain `c` are `vertex_start[c]:vertex_start[c + 1]`; segment `i` runs from vertex
    `i` to `i + 1` of the same chain, its street is `vertex_street[i]` (-1 at a chain's last one).
    Metres and seconds of vertices count from the chain's start. `link` of junction `j` are
    `link_start[j]:link_start[j + 1]`: `link_end = 2 * chain + side` where the chain touches it.
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
    vertex_raised: Flags
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


class Workspace(NamedTuple):
    """What one running search writes to; one per thread. Entries are valid when their `stamp` is
    the current `generation`, so that nothing needs clearing between searches."""

    generation: Longs
    stamp: Longs
    metres: Floats
    seconds: Floats
    via: Ints
    heap_key: Floats
    heap_item: Ints


def new_workspace(streets: Streets, feet: Feet) -> Workspace:
    """A workspace for searches over these streets and stations. Pages of memory that no search
    touches are never taken."""
    items = len(streets.junction_lon) + len(feet.chain)
    # Each link, each of a station's three ways to be met, and the start push at most once.
    pushes = len(streets.link_to) + 3 * len(feet.chain) + 64
    return Workspace(
        generation=np.zeros(1, np.int64),
        stamp=np.zeros(items, np.int64),
        metres=np.empty(items),
        seconds=np.empty(items),
        via=np.empty(items, np.int32),
        heap_key=np.empty(pushes),
        heap_item=np.empty(pushes, np.int32),
    )


def as_dictionary(bundle: NamedTuple, prefix: str) -> dict[str, npt.NDArray[Any]]:
    """For a snapshot file."""
    return {f"{prefix}.{key}": value for key, value in bundle._asdict().items()}
