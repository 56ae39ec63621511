"""What stands inside the blocks: walled compounds, lanes, greens, plazas, buildings.

Templates in the coordinates of one block ((0, 0) its south-west corner, (1, 1) its north-east),
turned so that they open onto a street that exists, and laid over all blocks of a kind at once.
Everything keeps 0.12 of a block away from the streets around, which bend by less than that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.sample.names import WORDS
from geo.sample.osm import OsmParts
from geo.sample.plane import Plane
from geo.sample.shape import LABEL, CityShape, Floats, Ints
from geo.sample.streets import Edges

PLAIN, COMPOUND, GREEN, PLAZA, VACANT = 0, 1, 2, 3, 4
SLOTS = np.array(
    [
        [0.16, 0.16, 0.40, 0.38],
        [0.60, 0.16, 0.84, 0.38],
        [0.16, 0.62, 0.40, 0.84],
        [0.60, 0.62, 0.84, 0.84],
        [0.16, 0.44, 0.40, 0.56],
    ]
)
"""Where buildings of a plain block stand: west, south, east, north in block coordinates."""
_HOUSES = np.array(
    [
        [0.33, 0.33, 0.45, 0.45],
        [0.55, 0.33, 0.67, 0.45],
        [0.33, 0.55, 0.45, 0.67],
        [0.55, 0.55, 0.67, 0.67],
    ]
)


@dataclass(frozen=True)
class Blocks:
    """All blocks that can be built on. `turn`: side it opens to (0 south, 1 east, 2 north,
    3 west; -1 none)."""

    i: Ints
    j: Ints
    kind: Ints
    turn: Ints
    sides: Ints  # (blocks, 4) edge at each side, -1 none

    def slots(self, which: Ints) -> Floats:
        """(len(which), slots, 4): west, south, east, north of the buildings of plain blocks, in
        lattice coordinates."""
        return _rectangles(self, which, SLOTS)


def lay_blocks(plane: Plane, edges: Edges, shape: CityShape, osm: OsmParts, seed: int) -> Blocks:
    """Draws what stands in every block, into `osm` too (all but the buildings)."""
    rng = np.random.default_rng([seed, 4])
    i, j = np.nonzero(plane.buildable())
    sides = edges.side_table(plane.cells)[i, j]
    rim = np.clip(plane.rim(i, j), 0, 1.3)
    dice = rng.random(len(i))
    kind = np.full(len(i), PLAIN)
    kind[dice < 0.44 - 0.05 * rim] = COMPOUND
    kind[dice < 0.09] = GREEN
    kind[dice < 0.02] = PLAZA
    kind[dice > 1 - 0.10 * rim**2] = VACANT
    preference = rng.random((len(i), 4)) * (sides >= 0)
    turn = np.where((sides >= 0).any(axis=1), preference.argmax(axis=1), -1)
    kind[(turn < 0) & np.isin(kind, (PLAIN, COMPOUND, PLAZA))] = VACANT
    blocks = Blocks(i, j, kind, turn, sides)
    _compounds(plane, edges, blocks, osm, rng)
    _lanes(plane, edges, blocks, osm, rng)
    _greens(plane, edges, blocks, osm)
    _plazas(plane, edges, blocks, osm)
    _islands(plane, blocks, osm, shape)
    return blocks


def write_buildings(
    plane: Plane,
    blocks: Blocks,
    shape: CityShape,
    named: Ints,
    names: list[str],
    osm: OsmParts,
    seed: int,
) -> None:
    """Buildings as OSM ways. `named` (k, 2): block and slot of the office buildings, drawn
    wherever they are; ordinary ones only within `shape.building_reach` of the centre."""
    rng = np.random.default_rng([seed, 5])
    near = plane.rim(blocks.i, blocks.j) <= shape.building_reach * 1.42
    plain = np.flatnonzero(near & (blocks.kind == PLAIN))
    there = rng.random((len(plain), len(SLOTS))) < 0.72
    is_named = np.zeros((len(blocks.i), len(SLOTS)), dtype=bool)
    is_named[named[:, 0], named[:, 1]] = True
    there &= ~is_named[plain]
    shops = blocks.slots(plain)[there]
    homes = np.flatnonzero(near & (blocks.kind == COMPOUND))
    houses = _rectangles(blocks, homes, _HOUSES).reshape(-1, 4)
    for boxes, tag in (
        (shops, osm.tags(building="yes")),
        (houses, osm.tags(building="apartments")),
    ):
        osm.ways(_closed(osm.nodes(box_corners(plane, boxes))), tag)
    boxes = blocks.slots(named[:, 0])[np.arange(len(named)), named[:, 1]]
    tags = [osm.tags(building="yes", office="yes", name=name) for name in names]
    osm.ways(_closed(osm.nodes(box_corners(plane, boxes))), np.array(tags, dtype=np.int64))


def box_corners(plane: Plane, boxes: Floats, digits: int = 7) -> Floats:
    """(n, 4) boxes in lattice coordinates → (n, 4, 2) corners in degrees, counter-clockwise."""
    u = boxes[:, [0, 2, 2, 0]]
    v = boxes[:, [1, 1, 3, 3]]
    return plane.lonlat(u, v, digits=digits)


def _turned(points: Floats, turn: Ints) -> Floats:
    """Template points (k, 2) or (n, k, 2), drawn opening to the south, turned for each block:
    (n, k, 2)."""
    s, t = np.broadcast_to(points, (len(turn), *points.shape[-2:])).transpose(2, 0, 1)
    quarter = turn[:, None]
    return np.stack(
        [
            np.choose(quarter, [s, 1 - t, 1 - s, t]),
            np.choose(quarter, [t, s, 1 - t, 1 - s]),
        ],
        axis=-1,
    )


def _rectangles(blocks: Blocks, which: Ints, template: Floats) -> Floats:
    """Template rectangles turned and moved into their blocks: (len(which), k, 4)."""
    turn = blocks.turn[which]
    one = _turned(template[:, :2], turn)
    other = _turned(template[:, 2:], turn)
    at = np.stack([blocks.i[which], blocks.j[which]], axis=-1)[:, None]
    return np.concatenate([np.minimum(one, other) + at, np.maximum(one, other) + at], axis=-1)


def _place(plane: Plane, blocks: Blocks, which: Ints, points: Floats, osm: OsmParts) -> Ints:
    """Adds template points (k, 2) or (n, k, 2) to the extract for each block: their nodes."""
    local = _turned(points, blocks.turn[which])
    u = blocks.i[which][:, None] + local[..., 0]
    v = blocks.j[which][:, None] + local[..., 1]
    return osm.nodes(plane.lonlat(u, v))


def _closed(rings: Ints) -> Ints:
    return np.concatenate([rings, rings[:, :1]], axis=1)


def _opposite(blocks: Blocks, which: Ints) -> Ints:
    """Edge at the side across from the one a block opens to; -1 where there is none."""
    return np.asarray(blocks.sides[which, (blocks.turn[which] + 2) % 4])


def _compounds(
    plane: Plane, edges: Edges, blocks: Blocks, osm: OsmParts, rng: np.random.Generator
) -> None:
    """小区: a wall with one or two gates, footways inside that join the street only there."""
    which = np.flatnonzero(blocks.kind == COMPOUND)
    wall_shape = np.array([[0.14, 0.14], [0.5, 0.14], [0.86, 0.14], [0.86, 0.86], [0.5, 0.86],
                           [0.14, 0.86]])  # fmt: skip
    loop_shape = np.array([[0.28, 0.28], [0.5, 0.28], [0.72, 0.28], [0.72, 0.5], [0.72, 0.72],
                           [0.5, 0.72], [0.28, 0.72], [0.28, 0.5], [0.5, 0.5]])  # fmt: skip
    wobble = rng.uniform(-0.025, 0.025, (len(which), *loop_shape.shape))
    wall = _place(plane, blocks, which, wall_shape, osm)
    loop = _place(plane, blocks, which, loop_shape + wobble, osm)
    private = rng.random(len(which)) < 0.08
    osm.ways(_closed(wall), osm.tags(barrier="wall"))
    front = edges.middle[blocks.sides[which, blocks.turn[which]]]
    back = _opposite(blocks, which)
    has_back = (back >= 0) & (rng.random(len(which)) < 0.55)
    crossway = rng.random(len(which)) < 0.5
    for closed, more in ((False, {}), (True, {"access": "private"})):
        here = private == closed
        osm.tag_nodes(wall[here, 1], barrier="gate", **(more or {"foot": "yes"}))
        osm.ways(
            np.stack([front, wall[:, 1], loop[:, 1]], axis=1)[here],
            osm.tags(highway="service", **more),
        )
        inside = osm.tags(highway="footway", **more)
        osm.ways(_closed(loop[:, :8])[here], inside)
        osm.ways(loop[here][:, [1, 8, 5]], inside)
        osm.ways(loop[here & crossway][:, [7, 8, 3]], inside)
        second = here & has_back
        osm.tag_nodes(wall[second, 4], barrier="gate", **more)
        osm.ways(
            np.stack([loop[second, 5], wall[second, 4], edges.middle[back[second]]], axis=1), inside
        )


def _lanes(
    plane: Plane, edges: Edges, blocks: Blocks, osm: OsmParts, rng: np.random.Generator
) -> None:
    """Lanes into plain blocks: most are dead ends, some run through, a few are private."""
    plain = np.flatnonzero(blocks.kind == PLAIN)
    which = plain[rng.random(len(plain)) < 0.75]
    shape = np.array([[0.5, 0.28], [0.5, 0.5], [0.76, 0.5], [0.5, 0.74]])
    wobble = rng.uniform(-0.03, 0.03, (len(which), *shape.shape))
    lane = _place(plane, blocks, which, shape + wobble, osm)
    front = edges.middle[blocks.sides[which, blocks.turn[which]]]
    back = _opposite(blocks, which)
    through = (back >= 0) & (rng.random(len(which)) < 0.45)
    kinds = np.array(
        [
            osm.tags(highway="service"),
            osm.tags(highway="living_street"),
            osm.tags(highway="footway"),
            osm.tags(highway="service", access="private"),
        ]
    )
    tags = kinds[rng.choice(4, len(which), p=[0.45, 0.25, 0.25, 0.05])]
    osm.ways(np.column_stack([front, lane[:, :3]]), tags)
    osm.ways(np.column_stack([lane[:, 1], lane[:, 3], edges.middle[back]])[through], tags[through])


def _greens(plane: Plane, edges: Edges, blocks: Blocks, osm: OsmParts) -> None:
    """Public gardens with paths from the streets around to their middle."""
    which = np.flatnonzero((blocks.kind == GREEN) & (blocks.turn >= 0))
    ring = np.array([[0.12, 0.12], [0.88, 0.12], [0.88, 0.88], [0.12, 0.88]])
    outline = _place(plane, blocks, which, ring, osm)
    words = WORDS[np.arange(len(which)) * 131 % len(WORDS)].tolist()
    tags = [osm.tags(leisure="park", name=f"{word}公园{LABEL}") for word in words]
    osm.ways(_closed(outline), np.array(tags, dtype=np.int64))
    middle = osm.nodes(plane.lonlat(blocks.i[which] + 0.5, blocks.j[which] + 0.5))
    _spokes(plane, edges, blocks, osm, which, middle, 0.3)


def _spokes(
    plane: Plane, edges: Edges, blocks: Blocks, osm: OsmParts, which: Ints, hub: Ints, half: float
) -> None:
    """Footways from the middle of every side that has a street, by a point on the way, to `hub`
    ((n,) one node a block, or (n, 4) one a side)."""
    path = osm.tags(highway="footway")
    for side, (s, t) in enumerate(((0.5, half), (1 - half, 0.5), (0.5, 1 - half), (half, 0.5))):
        open_ = blocks.sides[which, side] >= 0
        here = which[open_]
        on_way = osm.nodes(plane.lonlat(blocks.i[here] + s, blocks.j[here] + t))
        street = edges.middle[blocks.sides[here, side]]
        end = hub[open_, side] if hub.ndim == 2 else hub[open_]
        osm.ways(np.stack([street, on_way, end], axis=1), path)


def _plazas(plane: Plane, edges: Edges, blocks: Blocks, osm: OsmParts) -> None:
    """Squares one may cross in any direction: highway=pedestrian with area=yes."""
    which = np.flatnonzero(blocks.kind == PLAZA)
    ring = np.array([[0.2, 0.2], [0.5, 0.2], [0.8, 0.2], [0.8, 0.5], [0.8, 0.8], [0.5, 0.8],
                     [0.2, 0.8], [0.2, 0.5]])  # fmt: skip
    at = np.stack([blocks.i[which], blocks.j[which]], axis=-1)[:, None] + ring
    outline = osm.nodes(plane.lonlat(at[..., 0], at[..., 1]))
    words = WORDS[np.arange(len(which)) * 173 % len(WORDS)].tolist()
    tags = [osm.tags(highway="pedestrian", area="yes", name=f"{word}广场{LABEL}") for word in words]
    osm.ways(_closed(outline), np.array(tags, dtype=np.int64))
    _spokes(plane, edges, blocks, osm, which, outline[:, [1, 3, 5, 7]], 0.15)


def _islands(plane: Plane, blocks: Blocks, osm: OsmParts, shape: CityShape) -> None:
    """A few paths that join nothing, as every real extract has them."""
    vacant = np.flatnonzero(blocks.kind == VACANT)[: 3 + shape.cells // 8]
    ring = np.array([[0.35, 0.35], [0.65, 0.4], [0.5, 0.65]])
    at = np.stack([blocks.i[vacant], blocks.j[vacant]], axis=-1)[:, None] + ring
    nodes = osm.nodes(plane.lonlat(at[..., 0], at[..., 1]))
    osm.ways(_closed(nodes), osm.tags(highway="path"))
