"""Small street networks made by hand or by chance."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import shapely
from pyproj import Geod

from geo.schema import SURROUNDING_KINDS
from geo.streets import StreetNetwork, Surroundings
from geo.streets.lengths import path_lengths
from geo.streets.network import connected_parts
from geo.streets.surroundings import from_shapes

ORIGIN = (116.4, 39.9)
_GEOD = Geod(ellps="WGS84")
METRES = np.array(  # degrees a metre, near the origin
    [
        1e-3 / _GEOD.inv(*ORIGIN, ORIGIN[0] + 1e-3, ORIGIN[1])[2],
        1e-3 / _GEOD.inv(*ORIGIN, ORIGIN[0], ORIGIN[1] + 1e-3)[2],
    ]
)


def place(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of so many metres east and north of the origin."""
    lon, lat = np.array(ORIGIN) + np.array([x, y]) * METRES
    return float(lon), float(lat)


def network_of(
    nodes: Sequence[tuple[float, float]],
    pieces: Sequence[tuple[int, int, Sequence[tuple[float, float]]]],
    *,
    steps: Sequence[int] = (),
    layers: Sequence[int] | None = None,
) -> StreetNetwork:
    """A network from nodes in metres and pieces (from, to, bends in metres)."""
    lines = [np.array([nodes[a], *bends, nodes[b]], float) for a, b, bends in pieces]
    offsets = np.concatenate(([0], np.cumsum([len(line) for line in lines]))).astype(np.int64)
    points = np.array(ORIGIN) + np.concatenate([*lines, np.empty((0, 2))]) * METRES
    place_of = np.array(ORIGIN) + np.array(nodes, float).reshape(-1, 2) * METRES
    count = len(pieces)
    from_node = np.array([piece[0] for piece in pieces], np.int32)
    to_node = np.array([piece[1] for piece in pieces], np.int32)
    length = path_lengths(points[:, 0], points[:, 1], offsets)
    node_part, part = connected_parts(len(nodes), from_node, to_node, length)
    layer = np.zeros(count, np.int16) if layers is None else np.array(layers, np.int16)
    is_steps = np.zeros(count, bool)
    is_steps[list(steps)] = True
    return StreetNetwork(
        node_lon=place_of[:, 0].copy(),
        node_lat=place_of[:, 1].copy(),
        node_osm=np.zeros(len(nodes), np.int64),
        node_part=node_part,
        from_node=from_node,
        to_node=to_node,
        part=part,
        way=np.arange(1, count + 1),
        name=np.full(count, -1, np.int32),
        names=[],
        highway=np.zeros(count, np.int32),
        highways=["footway"],
        access=np.zeros(count, np.int32),
        accesses=["public"],
        layer=layer,
        is_bridge=layer > 0,
        is_tunnel=layer < 0,
        is_steps=is_steps,
        length=length,
        points=points,
        point_offsets=offsets,
    )


def around(
    *things: tuple[str, shapely.Geometry] | tuple[str, shapely.Geometry, int],
) -> Surroundings:
    """Surroundings from kinds and shapes in metres, on the ground unless a layer is told."""
    shapes = shapely.transform(
        np.array([thing[1] for thing in things], object), lambda at: np.array(ORIGIN) + at * METRES
    )
    return from_shapes(
        shapes,
        kind=np.array([SURROUNDING_KINDS.index(thing[0]) for thing in things], np.uint8),
        layer=np.array([thing[2] if len(thing) > 2 else 0 for thing in things], np.int16),
        name=np.full(len(things), -1, np.int32),
        names=[],
    )


def with_around(network: StreetNetwork, *things: tuple) -> StreetNetwork:
    """The same network amid things, as :func:`around` takes them."""
    return dataclasses.replace(network, surroundings=around(*things))
