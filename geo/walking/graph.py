"""The walking graph: the street network made ready for searching, in memory and as a snapshot."""

from __future__ import annotations

import contextlib
import os
import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np

from geo.errors import InvalidFile
from geo.streets import StreetNetwork
from geo.walking.addresses import Handle
from geo.walking.arrays import (
    RAISED,
    SMALL_PART,
    Flags,
    Floats,
    Grid,
    Ints,
    Obstacles,
    Streets,
    as_dictionary,
)
from geo.walking.contraction import chains_of, links_of, vertices_of
from geo.walking.geometry import segment_metres
from geo.walking.obstacles import obstacles_of, standing_of
from geo.walking.snapping import (
    CAP_METRES,
    RADIUS_METRES,
    build_grid,
    feet_of,
    ground_of,
    small_parts,
)

SNAPSHOT_VERSION = 2


@dataclass(frozen=True)
class Pace:
    """Speeds on foot, metres a second. GB 50180-2018 takes 15 minutes as 800 to 1,000 m, which is
    slower than the usual 1.25: it is a setting, and is told beside every share.

    Attributes:
        on_streets: on the flat, and off the street.
        on_steps: along steps, horizontally.
    """

    on_streets: float = 1.25
    on_steps: float = 0.6


@dataclass(frozen=True)
class Snapping:
    """How a point joins the network; see :func:`geo.walking.snapping.foot_of`.

    Attributes:
        radius_metres: within it, small parts give way to large ones.
        cap_metres: farther from any street a point is off the network.
        small_part_points, small_part_metres: a part with fewer points (bends and junctions) or less
            length is small.
    """

    radius_metres: float = RADIUS_METRES
    cap_metres: float = CAP_METRES
    small_part_points: int = 200
    small_part_metres: float = 1000.0


@dataclass(frozen=True, eq=False)
class Snapped:
    """n points and their feet on the streets.

    Attributes:
        segment, chain: (n,) int32, -1 for a point off the network.
        metres, seconds: (n,) from the start of the chain to the foot.
        off_street: (n,) metres from the point to the foot, infinite off the network.
        lon, lat: (n,) the feet.
        doubtful: (n,) uint8, 1 where something that nobody walks through lies between the point and
            its foot, and no street near by was free of that.
    """

    segment: Ints
    chain: Ints
    metres: Floats
    seconds: Floats
    off_street: Floats
    lon: Floats
    lat: Floats
    doubtful: Flags


@dataclass(frozen=True, eq=False)
class WalkingGraph:
    """Junctions, chains of street between them, a grid to find the nearest street, and what stands
    in the way to it.

    Never changed after it is made, so that any number of threads may search it at once.
    """

    streets: Streets
    grid: Grid
    edition_id: int
    pace: Pace
    snapping: Snapping
    obstacles: Obstacles
    ground: Handle = field(init=False, repr=False)

    def __post_init__(self) -> None:
        standing, rule = standing_of(self.obstacles), self.snapping
        ground = ground_of(self.streets, self.grid, standing, rule.radius_metres, rule.cap_metres)
        object.__setattr__(self, "ground", ground)

    @classmethod
    def build(
        cls,
        network: StreetNetwork,
        *,
        edition_id: int = 0,
        pace: Pace | None = None,
        snapping: Snapping | None = None,
    ) -> Self:
        """Contract a street network.

        Args:
            network: of any size, also empty.
            edition_id: kept with the snapshot, so that it is known to be outdated.

        Cost: some 2,000,000 points a second.
        """
        pace = pace or Pace()
        snapping = snapping or Snapping()
        streets = _contract(network, pace, snapping)
        return cls(
            streets,
            build_grid(streets),
            edition_id,
            pace,
            snapping,
            obstacles_of(network.surroundings),
        )

    @property
    def junctions(self) -> int:
        """How many junctions."""
        return len(self.streets.junction_lon)

    @property
    def chains(self) -> int:
        """How many chains."""
        return len(self.streets.chain_metres)

    def snap(self, lon: Floats, lat: Floats) -> Snapped:
        """The feet of n points, WGS 84 degrees. Cost: about a microsecond a point."""
        return Snapped(
            *feet_of(
                self.ground.number,
                np.ascontiguousarray(lon, np.float64),
                np.ascontiguousarray(lat, np.float64),
            )
        )

    # ------------------------------------------------------------------ snapshot
    def save(self, path: Path) -> None:
        """Write a snapshot. It appears under its name only when it is whole."""
        settings = {
            "version": np.array(SNAPSHOT_VERSION),
            "edition_id": np.array(self.edition_id),
            "pace": np.array([self.pace.on_streets, self.pace.on_steps]),
            "snapping": np.array(
                [
                    self.snapping.radius_metres,
                    self.snapping.cap_metres,
                    self.snapping.small_part_points,
                    self.snapping.small_part_metres,
                ]
            ),
        }
        arrays = (
            as_dictionary(self.streets, "streets")
            | as_dictionary(self.grid, "grid")
            | as_dictionary(self.obstacles, "obstacles")
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, allow_pickle=False, **settings, **arrays)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a snapshot.

        Raises:
            InvalidFile: there is none, it is damaged, or of another version of the program.
        """
        remedy = "Delete it; it is built again from the database."
        try:
            with np.load(path, allow_pickle=False) as file:
                if int(file["version"]) != SNAPSHOT_VERSION:
                    raise InvalidFile(
                        f"The snapshot {path.name} is of another version of the program.",
                        remedy=remedy,
                    )
                radius, cap, points, metres = file["snapping"].tolist()
                streets = Streets(*(file[f"streets.{key}"] for key in Streets._fields))
                return cls(
                    streets,
                    Grid(*(file[f"grid.{key}"] for key in Grid._fields)),
                    int(file["edition_id"]),
                    Pace(*file["pace"].tolist()),
                    Snapping(radius, cap, int(points), metres),
                    Obstacles(*(file[f"obstacles.{key}"] for key in Obstacles._fields)),
                )
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise InvalidFile(
                f"The snapshot {path.name} cannot be read: {error}.", remedy=remedy
            ) from error


def _contract(network: StreetNetwork, pace: Pace, snapping: Snapping) -> Streets:
    from_node = np.ascontiguousarray(network.from_node, np.int32)
    to_node = np.ascontiguousarray(network.to_node, np.int32)
    ends, start, steps, is_junction = chains_of(network.nodes, from_node, to_node)
    junction_node = np.flatnonzero(is_junction).astype(np.int32)
    number = np.full(network.nodes, -1, np.int32)
    number[junction_node] = np.arange(len(junction_node), dtype=np.int32)
    chain_end = number[ends]
    vertex_start, lon, lat, metres, seconds, of_chain, street, raised = vertices_of(
        start,
        steps,
        network.point_offsets,
        np.ascontiguousarray(network.points),
        _segment_metres(network),
        np.where(network.is_steps, 1 / pace.on_steps, 1 / pace.on_streets),
        (network.layer != 0).astype(np.uint8),
    )
    link_start, link_end = links_of(len(junction_node), chain_end)
    last = vertex_start[1:] - 1
    chain, side = link_end >> 1, link_end & 1
    chain_part = network.part[steps[start[:-1]] >> 1].astype(np.int32)
    part_small = _small(network, snapping)
    flags = np.where(raised, RAISED, 0) | np.where(part_small[chain_part[of_chain]], SMALL_PART, 0)
    return Streets(
        junction_node=junction_node,
        junction_lon=network.node_lon[junction_node],
        junction_lat=network.node_lat[junction_node],
        chain_end=chain_end,
        chain_metres=metres[last],
        chain_seconds=seconds[last],
        chain_part=chain_part,
        vertex_start=vertex_start,
        vertex_lon=lon,
        vertex_lat=lat,
        vertex_metres=metres,
        vertex_seconds=seconds,
        vertex_chain=of_chain,
        vertex_street=street,
        vertex_flags=flags.astype(np.uint8),
        link_start=link_start,
        link_end=link_end,
        link_to=chain_end[chain, 1 - side],
        link_metres=metres[last][chain],
        link_seconds=seconds[last][chain],
        part_small=part_small,
        part_points=network.part_points,
        part_metres=network.part_metres,
    )


def _segment_metres(network: StreetNetwork) -> Floats:
    """From each point to the next, scaled so that a piece has the geodesic length that is stored
    with it: the share of each segment needs no geodesic of its own."""
    metres = segment_metres(network.points)
    if not network.pieces:
        return metres
    metres[network.point_offsets[1:] - 1] = 0.0
    sums = np.add.reduceat(metres, network.point_offsets[:-1])
    factor = np.divide(network.length, sums, out=np.ones_like(sums), where=sums > 0)
    scaled: Floats = metres * np.repeat(factor, np.diff(network.point_offsets))
    return scaled


def _small(network: StreetNetwork, snapping: Snapping) -> Flags:
    return small_parts(
        network.part_points,
        network.part_metres,
        points_below=snapping.small_part_points,
        metres_below=snapping.small_part_metres,
    )


def empty_network() -> StreetNetwork:
    """A network without streets: every search falls back to the straight line."""
    floats, ints, longs = np.empty(0), np.empty(0, np.int32), np.empty(0, np.int64)
    flags = np.empty(0, bool)
    return StreetNetwork(
        node_lon=floats,
        node_lat=floats,
        node_osm=longs,
        node_part=ints,
        from_node=ints,
        to_node=ints,
        part=ints,
        way=longs,
        name=ints,
        names=[],
        highway=ints,
        highways=[],
        access=ints,
        accesses=[],
        layer=np.empty(0, np.int16),
        is_bridge=flags,
        is_tunnel=flags,
        is_steps=flags,
        length=floats,
        points=np.empty((0, 2)),
        point_offsets=np.zeros(1, np.int64),
    )
