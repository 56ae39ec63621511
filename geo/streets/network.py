"""The street network as arrays: what is read from a file, kept in PostGIS and searched."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.streets.surroundings import Surroundings, nothing_around

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(slots=True)
class ReadReport:
    """What became of each way of the file: `ways == kept + sum(left_out.values())`.

    Attributes:
        ways: ways with a `highway`, platforms and piers.
        kept: of them, those that are in the network, at least in part.
        left_out: how many were not, by reason: `class`, `closed`, `motor_only`, `private`
            (kept when asked for), `outside` (not two of their nodes are in the extract).
        private_kept: kept ways that are private or for customers only.
        missing_nodes: node references whose node is not in the file: cut at the extract's border.
        barriers_cut: closed gates and the like at which ways were cut.
        plazas: areas that got lines across; `plaza_lines`: how many lines.
        foot_oneways: ways with a direction for people on foot, which is not regarded.
        surroundings: how many things lie around the streets, by kind.
        openings: gates, level crossings and shared nodes that have opened a wall, a fence or
            another line.
        surroundings_broken: surfaces left out because they do not close, or are cut by the
            extract's border.
    """

    ways: int = 0
    kept: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    private_kept: int = 0
    missing_nodes: int = 0
    barriers_cut: int = 0
    plazas: int = 0
    plaza_lines: int = 0
    foot_oneways: int = 0
    surroundings: dict[str, int] = field(default_factory=dict)
    openings: int = 0
    surroundings_broken: int = 0

    def as_json(self) -> dict[str, Any]:
        """For an edition's report."""
        return {
            "ways": self.ways,
            "kept": self.kept,
            "left_out": dict(sorted(self.left_out.items())),
            "private_kept": self.private_kept,
            "missing_nodes": self.missing_nodes,
            "barriers_cut": self.barriers_cut,
            "plazas": self.plazas,
            "plaza_lines": self.plaza_lines,
            "foot_oneways": self.foot_oneways,
            "surroundings": dict(sorted(self.surroundings.items())),
            "openings": self.openings,
            "surroundings_broken": self.surroundings_broken,
        }


@dataclass(frozen=True, eq=False)
class StreetNetwork:
    """Pieces of street between nodes, undirected. N nodes, M pieces, C points of their lines.

    Coordinates are WGS 84 degrees, lengths metres on the ellipsoid. The index of a node or piece
    is its `id` in PostGIS. Two nodes may be joined by several pieces, and a piece may begin and end
    at the same node.

    Attributes:
        node_lon, node_lat: (N,) float64.
        node_osm: (N,) int64, OpenStreetMap's number, 0 where there is none.
        node_part: (N,) int32, the connected part; 0 is the longest.
        from_node, to_node: (M,) int32.
        part: (M,) int32.
        way: (M,) int64, OpenStreetMap's number of the way, 0 where there is none.
        name: (M,) int32 into `names`, -1 for none.
        highway: (M,) int32 into `highways`.
        access: (M,) int32 into `accesses`.
        layer: (M,) int16. is_bridge, is_tunnel, is_steps: (M,) bool.
        length: (M,) float64.
        points: (C, 2) float64 longitude and latitude; piece `i` is
            `points[point_offsets[i]:point_offsets[i + 1]]`, from `from_node` to `to_node`.
        point_offsets: (M + 1,) int64.
        surroundings: what lies around; nothing for an edition read before that was.
    """

    node_lon: Floats
    node_lat: Floats
    node_osm: Longs
    node_part: Ints
    from_node: Ints
    to_node: Ints
    part: Ints
    way: Longs
    name: Ints
    names: list[str]
    highway: Ints
    highways: list[str]
    access: Ints
    accesses: list[str]
    layer: npt.NDArray[np.int16]
    is_bridge: Bools
    is_tunnel: Bools
    is_steps: Bools
    length: Floats
    points: Floats
    point_offsets: Longs
    surroundings: Surroundings = field(default_factory=nothing_around)
    report: ReadReport = field(default_factory=ReadReport)

    @property
    def nodes(self) -> int:
        """How many nodes."""
        return len(self.node_lon)

    @property
    def pieces(self) -> int:
        """How many pieces of street."""
        return len(self.from_node)

    @cached_property
    def parts(self) -> int:
        """How many connected parts."""
        return int(self.node_part.max()) + 1 if self.nodes else 0

    @cached_property
    def part_points(self) -> Longs:
        """(parts,) how many nodes of the original streets, bends included, each part has."""
        bends = np.diff(self.point_offsets) - 2
        count = np.bincount(self.node_part, minlength=self.parts)
        count += np.bincount(self.part, weights=bends, minlength=self.parts).astype(np.int64)
        return count.astype(np.int64)

    @cached_property
    def part_metres(self) -> Floats:
        """(parts,) length of each part."""
        metres = np.bincount(self.part, weights=self.length, minlength=self.parts)
        return metres.astype(np.float64)


def connected_parts(
    nodes: int, from_node: Ints, to_node: Ints, length: Floats
) -> tuple[Ints, Ints]:
    """Number the connected parts of a network, the longest first.

    Returns:
        (N,) part of each node and (M,) part of each piece; 0 has the greatest length, equals in the
        order of their first node.
    """
    links = coo_array(
        (np.ones(len(from_node), np.int8), (from_node, to_node)), shape=(nodes, nodes)
    ).tocsr()
    count, labels = connected_components(links, directed=False)
    metres = np.bincount(labels[from_node], weights=length, minlength=count)
    first = np.full(count, nodes, np.int64)
    np.minimum.at(first, labels, np.arange(nodes))
    number = np.empty(count, np.int32)
    number[np.lexsort((first, -metres))] = np.arange(count, dtype=np.int32)
    node_part: Ints = number[labels]
    return node_part, node_part[from_node]
