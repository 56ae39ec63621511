"""Streets between the blocks, and what streets have to cross: river, expressway, railway."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from geo.sample.names import street_names
from geo.sample.osm import OsmParts
from geo.sample.plane import PRIMARY, RESIDENTIAL, SECONDARY, TERTIARY, Plane
from geo.sample.shape import LABEL, Flags, Ints

PIECES = 6
"""Each street between two corners has this many straight pieces, so five points of shape."""
NORMAL, BRIDGE, TUNNEL, FOOTBRIDGE = 0, 1, 2, 3
HIGHWAY = {RESIDENTIAL: "residential", SECONDARY: "secondary", PRIMARY: "primary"}
HIGHWAY[TERTIARY] = "tertiary"
NAME_EVERY = 24  # a street changes its name after so many blocks


@dataclass(frozen=True)
class Edges:
    """Streets between neighbouring corners, those along rows first, then those along columns."""

    i: Ints
    j: Ints
    along_row: Flags  # from (i, j) to (i + 1, j); else to (i, j + 1)
    rank: Ints
    crossing: Ints
    name: Ints  # number of its name; -1 when the street has none
    nodes: Ints  # (edges, PIECES + 1)

    @property
    def middle(self) -> Ints:
        """Node half way along each edge."""
        return np.asarray(self.nodes[:, PIECES // 2])

    def side_table(self, cells: int) -> Ints:
        """(cells, cells, 4): edge at the south, east, north, west of each block; -1 where there is
        none that a gate or a lane could open onto."""
        table = np.full((2, cells + 1, cells + 1), -1, dtype=np.int64)
        plain = np.flatnonzero(self.crossing == NORMAL)
        table[self.along_row[plain].astype(int), self.i[plain], self.j[plain]] = plain
        rows, columns = table[1], table[0]
        return np.stack(
            [rows[:-1, :-1], columns[1:, :-1], rows[:-1, 1:], columns[:-1, :-1]], axis=-1
        )


@dataclass(frozen=True)
class StreetNames:
    """Names by lattice line: each changes every `NAME_EVERY` blocks."""

    words: np.ndarray[Any, Any]  # without the label
    stretches: int

    def number(self, line: Ints, at: Ints, along_row: Flags | bool) -> Ints:
        """Number of the name of row line (or column line) `line` beside block `at`."""
        of_columns = len(self.words) // 2
        number = line * self.stretches + np.minimum(at // NAME_EVERY, self.stretches - 1)
        return np.asarray(number + np.where(along_row, 0, of_columns))


def name_streets(plane: Plane, seed: int) -> StreetNames:
    """Draws the names of all lattice lines."""
    stretches = -(-plane.cells // NAME_EVERY)
    count = 2 * (plane.cells + 1) * stretches
    return StreetNames(street_names(count, np.random.default_rng([seed, 2])), stretches)


def lay_streets(plane: Plane, names: StreetNames, osm: OsmParts, seed: int) -> Edges:
    """Draws the street grid with its bridges, underpasses and footbridges, into `osm` too."""
    rng = np.random.default_rng([seed, 3])
    n = plane.cells
    i, j, along_row, rank, crossing, name = _which(plane, names, rng)

    s = np.arange(1, PIECES) / PIECES
    bulge = np.clip(rng.normal(0, 0.022, len(i)), -0.035, 0.035)
    bulge[(crossing != NORMAL) | (rank == PRIMARY)] *= 0.2
    side = bulge[:, None] * np.sin(np.pi * s) + rng.uniform(-0.006, 0.006, (len(i), len(s)))
    u = i[:, None] + np.where(along_row[:, None], s, side)
    v = j[:, None] + np.where(along_row[:, None], side, s)
    line = np.arange(n + 1, dtype=float)
    corners = osm.nodes(plane.lonlat(*np.meshgrid(line, line, indexing="ij")))
    inner = osm.nodes(plane.lonlat(u, v))
    ends = np.where(along_row, corners[np.minimum(i + 1, n), j], corners[i, np.minimum(j + 1, n)])
    nodes = np.column_stack([corners[i, j], inner, ends])
    edges = Edges(i, j, along_row, rank, crossing, name, nodes)
    _write_runs(edges, names, osm)
    _write_crossings(edges, names, osm)
    _write_barriers(plane, osm)
    return edges


def _which(
    plane: Plane, names: StreetNames, rng: np.random.Generator
) -> tuple[Ints, Ints, Flags, Ints, Ints, Ints]:
    """Which streets of the lattice there are, and how each crosses what lies between."""
    n = plane.cells
    parts = []
    for along_row in (True, False):
        line, at = (part.ravel() for part in np.meshgrid(np.arange(n + 1), np.arange(n)
                                                         , indexing="ij"))  # fmt: skip
        rank = (plane.row_class if along_row else plane.column_class)[line]
        across = line if along_row else at
        along = at if along_row else line
        outer = np.clip(plane.rim(along - 0.5, across - 0.5), 0, 1.4)
        kept = (rank != RESIDENTIAL) | (rng.random(len(line)) < 0.88 - 0.3 * outer**2)
        crossing = np.full(len(line), NORMAL)
        dice = rng.random(len(line))
        if along_row:
            rail = np.isin(at, plane.railway_columns)
            frontage = np.isin(
                line, np.concatenate([plane.expressway_rows, plane.expressway_rows + 1])
            )
            under = (rank == PRIMARY) | frontage | ((rank == SECONDARY) & (dice < 0.7))
            over = ~under & (dice < 0.1)
            crossing[rail & under] = TUNNEL
            crossing[rail & over] = FOOTBRIDGE
            kept &= ~rail | under | over
        else:
            river = np.isin(at, plane.river_rows)
            crossing[river] = BRIDGE
            kept &= ~river | (rank == PRIMARY)
            fast = np.isin(at, plane.expressway_rows)
            under = (rank == PRIMARY) | ((rank == SECONDARY) & (dice < 0.5))
            over = ~under & (line > 0) & (line < n) & (dice < 0.25)
            crossing[fast & under] = TUNNEL
            crossing[fast & over] = FOOTBRIDGE
            kept &= ~fast | under | over
        number = names.number(line, at, along_row)
        nameless = (rank == RESIDENTIAL) & (line * 7 % 10 < 3)
        name = np.where(nameless, -1, number)
        i, j = (at, line) if along_row else (line, at)
        columns = [i, j, np.full(len(i), along_row), rank, crossing, name]
        parts.append([column[kept] for column in columns])
    i, j, direction, rank, crossing, name = (
        np.concatenate(pair) for pair in zip(*parts, strict=True)
    )
    return i, j, direction.astype(bool), rank, crossing, name


def _street_tags(osm: OsmParts, names: StreetNames, rank: Ints, name: Ints, **more: str) -> Ints:
    """Numbers of the tags of streets, one set for each rank and name that occurs."""
    pairs, which = np.unique(np.column_stack([rank, name]), axis=0, return_inverse=True)
    numbers = []
    for one_rank, one_name in pairs.tolist():
        tags = {"highway": HIGHWAY[one_rank], **more}
        if one_name >= 0:
            tags["name"] = f"{names.words[one_name]}{LABEL}"
        if one_rank == PRIMARY:
            tags["sidewalk"] = "both"
        numbers.append(osm.tags(**tags))
    return np.array(numbers, dtype=np.int64)[which.ravel()]


def _write_runs(edges: Edges, names: StreetNames, osm: OsmParts) -> None:
    """Ordinary streets as ways of up to seven blocks, as mappers draw them."""
    plain = np.flatnonzero(edges.crossing == NORMAL)
    line = np.where(edges.along_row, edges.j, edges.i)[plain]
    at = np.where(edges.along_row, edges.i, edges.j)[plain]
    name, rank = edges.name[plain], edges.rank[plain]
    begins = np.ones(len(plain), dtype=bool)
    begins[1:] = (
        (line[1:] != line[:-1])
        | (at[1:] != at[:-1] + 1)
        | (name[1:] != name[:-1])
        | (rank[1:] != rank[:-1])
        | ((at[1:] + 3 * line[1:]) % 7 == 0)
        | (edges.along_row[plain][1:] != edges.along_row[plain][:-1])
    )
    ends = np.append(begins[1:], True)
    # Neighbouring edges share a corner: only the last edge of a way brings its far end.
    written = np.ones((len(plain), PIECES + 1), dtype=bool)
    written[:, -1] = ends
    first = np.flatnonzero(begins)
    lengths = np.add.reduceat(written.sum(axis=1), first)
    tags = _street_tags(osm, names, rank[first], name[first])
    osm.runs(edges.nodes[plain][written], lengths, tags)


def _write_crossings(edges: Edges, names: StreetNames, osm: OsmParts) -> None:
    """Each crossing in three ways: up to it, over or under it, and away from it."""
    for kind, tags in (
        (BRIDGE, {"bridge": "yes", "layer": "1"}),
        (TUNNEL, {"tunnel": "yes", "layer": "-1"}),
    ):
        those = edges.crossing == kind
        nodes, rank, name = edges.nodes[those], edges.rank[those], edges.name[those]
        approach = _street_tags(osm, names, rank, name)
        osm.ways(nodes[:, :2], approach)
        osm.ways(nodes[:, 1:-1], _street_tags(osm, names, rank, name, **tags))
        osm.ways(nodes[:, -2:], approach)
    nodes = edges.nodes[edges.crossing == FOOTBRIDGE]
    steps = osm.tags(highway="steps", incline="up")
    osm.ways(nodes[:, :2], steps)
    osm.ways(
        nodes[:, 1:-1],
        osm.tags(highway="footway", bridge="yes", layer="1", name=f"过街天桥{LABEL}"),
    )
    osm.ways(nodes[:, -1:-3:-1], steps)


def _write_barriers(plane: Plane, osm: OsmParts) -> None:
    """Rivers with their water, expressways (two roadways), railways."""
    n = plane.cells
    along = np.arange(-0.5 * PIECES, (n + 0.5) * PIECES + 1) / PIECES
    for number, row in enumerate(plane.river_rows.tolist()):
        name = f"{('榴溪', '青澜')[number % 2]}河{LABEL}"
        banks = [osm.nodes(plane.lonlat(along, np.full(len(along), row + t))) for t in (0.25, 0.75)]
        osm.ways(
            osm.nodes(plane.lonlat(along, np.full(len(along), row + 0.5)))[None],
            osm.tags(waterway="river", name=name),
        )
        water = osm.tags(natural="water", water="river", name=name)
        # A way of OpenStreetMap holds at most 2,000 nodes.
        for first in range(0, len(along) - 1, 240):
            south, north = (bank[first : first + 241] for bank in banks)
            osm.ways(np.concatenate([south, north[::-1], south[:1]])[None], water)
    fast = osm.tags(
        highway="motorway", oneway="yes", foot="no", name=f"演示快速路{LABEL}", lanes="3"
    )
    over_rail = osm.tags(
        highway="motorway",
        oneway="yes",
        foot="no",
        name=f"演示快速路{LABEL}",
        bridge="yes",
        layer="1",
    )
    rail = osm.tags(railway="rail", name=f"演示铁路{LABEL}")
    rail_bridge = osm.tags(railway="rail", name=f"演示铁路{LABEL}", bridge="yes", layer="1")
    for row in plane.expressway_rows.tolist():
        for t, way in ((0.4, 1), (0.6, -1)):
            line = osm.nodes(plane.lonlat(along, np.full(len(along), row + t)))
            above = np.isin(np.floor(along[:-1]).astype(int), plane.railway_columns)
            _stretches(osm, line, above, fast, over_rail, way)
    for column in plane.railway_columns.tolist():
        line = osm.nodes(plane.lonlat(np.full(len(along), column + 0.5), along))
        above = np.isin(np.floor(along[:-1]).astype(int), plane.river_rows)
        _stretches(osm, line, above, rail, rail_bridge, 1)


def _stretches(osm: OsmParts, line: Ints, above: Flags, ground: int, bridge: int, way: int) -> None:
    """One line as ways that change where it goes onto or off a bridge."""
    cuts = [0, *(np.flatnonzero(above[1:] != above[:-1]) + 1).tolist(), len(line) - 1]
    for first, last in pairwise(cuts):
        piece = line[first : last + 1][::way]
        osm.ways(piece[None], bridge if above[first] else ground)
