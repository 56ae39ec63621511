"""From an OpenStreetMap extract to what lies around its streets.

One pass over the file beside that for the streets, and one more for the ways of multipolygon
relations. Closed ways and relations become areas. A river that the extract's border cuts, so that
its relation cannot be put together, is kept as the banks that are there.

Where people pass a wall, a fence, a track or any other line, the line gets an opening of 3 m to
either side: at gates and entrances that are not closed to them, at level crossings, and at nodes
that it shares with a street one can walk.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import osmium
import osmium.osm as kinds
import shapely
from osmium.filter import EntityFilter, IdFilter, KeyFilter

from geo.streets.joining import hilbert_order
from geo.streets.network import Floats, Longs
from geo.streets.surrounding_tags import (
    KIND_NUMBER,
    SURROUNDING_KEYS,
    Around,
    lets_through,
    surroundings_of,
)
from geo.streets.surroundings import (
    UNITS_PER_DEGREE,
    Surroundings,
    from_shapes,
    joined,
)

OPENING_METRES = 3.0
ADVANCE_EVERY = 5_000
AT_ONCE = 50_000
_NAMED = frozenset(("water", "building", "green"))
_METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class AroundReport:
    """What lies around, in numbers.

    Attributes:
        kinds: how many things of each kind.
        openings: gates, crossings and the like that have cut a line.
        broken: things left out: a surface that does not close, or cut by the extract's border.
    """

    kinds: dict[str, int] = field(default_factory=dict)
    openings: int = 0
    broken: int = 0


@dataclass
class _Gathering:
    """Things as they are found, turned into arrays some thousands at a time."""

    batches: list[Surroundings] = field(default_factory=list)
    broken: int = 0
    gates: array[int] = field(default_factory=lambda: array("q"))  # x, y, x, y …
    refs: array[int] = field(default_factory=lambda: array("q"))  # nodes of lines …
    places: array[int] = field(default_factory=lambda: array("q"))  # … and where they are: x, y …
    _kind: list[int] = field(default_factory=list)
    _layer: list[int] = field(default_factory=list)
    _name: list[str | None] = field(default_factory=list)
    _is_area: list[bool] = field(default_factory=list)
    _shape: list[str] = field(default_factory=list)

    def add(self, around: Around, name: str | None, shape: str, *, is_area: bool) -> None:
        """Take one thing; its shape as WKB in hexadecimal, an area's ring still a line."""
        self._kind.append(KIND_NUMBER[around.kind])
        self._layer.append(around.layer)
        self._name.append(name if around.kind in _NAMED else None)
        self._is_area.append(is_area)
        self._shape.append(shape)
        if len(self._shape) >= AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Turn what has been taken since the last time into arrays."""
        if not self._shape:
            return
        shapes = shapely.from_wkb(self._shape)
        ring = np.array(self._is_area) & (
            shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING
        )
        good = ~ring | (shapely.get_num_points(shapes) >= 4)
        self.broken += int((~good).sum())
        good_ring = ring & good
        if good_ring.any():
            points, index = shapely.get_coordinates(shapes[good_ring], return_index=True)
            shapes[good_ring] = shapely.polygons(shapely.linearrings(points, indices=index))
        names = sorted({name for name in self._name if name is not None})
        number = {name: i for i, name in enumerate(names)}
        name = np.array([-1 if n is None else number[n] for n in self._name], np.int32)
        self.batches.append(
            from_shapes(
                shapes[good],
                kind=np.array(self._kind, np.uint8)[good],
                layer=np.array(self._layer, np.int16)[good],
                name=name[good],
                names=names,
            )
        )
        self._kind, self._layer, self._name, self._is_area, self._shape = [], [], [], [], []


def read_around(
    file: Any, street_nodes: Longs, *, keep_private: bool, advance: Any
) -> tuple[Surroundings, AroundReport]:
    """Read what lies around the streets of an opened extract.

    Args:
        file: an `osmium.io.File`.
        street_nodes: the numbers of all nodes where people on foot pass along a street: closed
            gates are not among them.
        keep_private: whether private gates let people through, as for the streets.
        advance: counts objects.

    Returns:
        The surroundings in the order of a Hilbert curve, and what became of them.

    Raises:
        RuntimeError: the file is damaged (osmium's own error).

    Cost: some 40,000 things a second; 150 bytes a thing, and 8 bytes a node of the file.
    """
    found = _Gathering()
    relations = _relations(file)
    done = 0
    to_wkb = osmium.geom.WKBFactory()
    everything = osmium.FileProcessor(file, kinds.NODE | kinds.WAY).with_locations()
    thing: Any
    for thing in everything.with_filter(KeyFilter(*SURROUNDING_KEYS, "entrance", "ford")):
        done += 1
        if done % ADVANCE_EVERY == 0:
            advance(ADVANCE_EVERY)
        if thing.is_way():
            _add_way(found, thing, to_wkb)
        elif thing.location.valid() and lets_through(thing.tags, keep_private=keep_private):
            found.gates.extend((thing.location.x, thing.location.y))
    if relations:
        _add_relations(found, file, relations)
    found.flush()
    advance(done % ADVANCE_EVERY)
    shared = np.isin(np.array(found.refs, np.int64), street_nodes)
    passed = np.array(found.places, np.int64).reshape(-1, 2)[shared]
    gates = np.array(found.gates, np.int64).reshape(-1, 2)
    around, openings = with_openings(joined(found.batches), np.concatenate((gates, passed)))
    if len(around):
        place = around.points[around.point_start[around.line_start[:-1]]]
        around = around.take(hilbert_order(*(place / UNITS_PER_DEGREE).T))
    return around, AroundReport(around.counts, openings, found.broken)


@dataclass(frozen=True, slots=True)
class _Relation:
    """A multipolygon: what it is, and the numbers of the ways that bound it."""

    around: list[Around]
    name: str | None
    ways: list[int]


def _relations(file: Any) -> list[_Relation]:
    found = []
    relation: Any
    every = osmium.FileProcessor(file, kinds.RELATION)
    for relation in every.with_filter(KeyFilter(*SURROUNDING_KEYS)):
        if relation.tags.get("type") != "multipolygon":
            continue
        if around := surroundings_of(relation.tags):
            ways = [member.ref for member in relation.members if member.type == "w"]
            found.append(_Relation(around, _name(relation.tags), ways))
    return found


def _add_relations(found: _Gathering, file: Any, relations: list[_Relation]) -> None:
    """Put the ways of each relation together. Their own tags say nothing, so that the pass for all
    others has not seen them."""
    wanted = {way for relation in relations for way in relation.ways}
    lines: dict[int, list[shapely.LineString]] = {}
    whole: set[int] = set()
    every = osmium.FileProcessor(file, kinds.NODE | kinds.WAY).with_locations()
    way: Any
    for way in every.with_filter(EntityFilter(kinds.WAY)).with_filter(IdFilter(wanted)):
        runs = _runs(way)
        lines[way.id] = [shapely.LineString(run) for run in runs]
        if len(runs) == 1 and len(runs[0]) > 1:
            whole.add(way.id)
    for relation in relations:
        parts = [line for way in relation.ways for line in lines.get(way, ())]
        surface = shapely.build_area(shapely.MultiLineString(parts))
        # All ways are there, and each bounds the surface.
        bounded = 0.999 * sum(line.length for line in parts)
        closed = whole.issuperset(relation.ways) and surface.length > bounded > 0
        for around in relation.around:
            if closed:
                shape = surface if around.is_area else surface.boundary
                found.add(around, relation.name, shape.wkb_hex, is_area=around.is_area)
            else:
                _add_lines(found, parts, around, relation.name)


def _add_way(found: _Gathering, way: Any, to_wkb: Any) -> None:
    tags = way.tags
    things = surroundings_of(tags)
    if not things:
        return
    name = _name(tags)
    try:
        shape = to_wkb.create_linestring(way)
    except (osmium.InvalidLocationError, RuntimeError):  # nodes missing, or all but one the same
        lines = [shapely.LineString(run) for run in _runs(way)]
        for around in things:
            _add_lines(found, lines, around, name)
        return
    is_closed = way.is_closed()
    for around in things:
        if not around.is_area:
            found.add(around, name, shape, is_area=False)
            found.refs.extend([node.ref for node in way.nodes])
            found.places.extend([u for node in way.nodes for u in (node.x, node.y)])
        elif is_closed or around.kind == "water":
            found.add(around, name, shape, is_area=is_closed)
        else:
            found.broken += 1


def _add_lines(
    found: _Gathering, lines: list[shapely.LineString], around: Around, name: str | None
) -> None:
    """What is in the extract of something that leaves it; of surfaces only the banks of water."""
    if not lines or (around.is_area and around.kind != "water"):
        found.broken += 1
        return
    for line in lines:
        found.add(around, name, line.wkb_hex, is_area=False)


def _runs(way: Any) -> list[list[tuple[float, float]]]:
    """The stretches of a way that are in the extract, of at least two places."""
    runs: list[list[tuple[float, float]]] = [[]]
    for node in way.nodes:
        if not node.location.valid():
            runs.append([])
        elif not runs[-1] or runs[-1][-1] != (node.lon, node.lat):
            runs[-1].append((node.lon, node.lat))
    return [run for run in runs if len(run) > 1]


def _name(tags: Any) -> str | None:
    return tags.get("name") or tags.get("name:zh") or None


def with_openings(around: Surroundings, spots: Longs) -> tuple[Surroundings, int]:
    """Cut an opening of 3 m to either side into every line that passes a spot within 3 m.

    Args:
        around: anything; areas stay whole.
        spots: (m, 2) longitude and latitude in units of 1e-7 degrees.

    Returns:
        The same with the lines cut, those last, and how many spots have made an opening.
    """
    spots = np.unique(spots, axis=0)
    number = np.flatnonzero(~around.is_area)
    if not len(spots) or not len(number):
        return around, 0
    places = spots / UNITS_PER_DEGREE
    lines = around.take(number)
    shapes = lines.shapes()
    widest = OPENING_METRES / _METRES_PER_DEGREE / np.cos(np.radians(np.abs(places[:, 1]).max()))
    tree = shapely.STRtree(shapes)
    spot, line = tree.query(shapely.points(places), predicate="dwithin", distance=widest)
    # In metres around each line's own beginning.
    origin = lines.points[lines.point_start[lines.line_start[:-1]]] / UNITS_PER_DEGREE
    scale = _METRES_PER_DEGREE * np.column_stack(
        (np.cos(np.radians(origin[:, 1])), np.ones(len(origin)))
    )
    touched, group = np.unique(line, return_inverse=True)
    flat = _moved(shapes[touched], lambda at, of: (at - origin[touched[of]]) * scale[touched[of]])
    at = shapely.points((places[spot] - origin[line]) * scale[line])
    near = shapely.dwithin(flat[group], at, OPENING_METRES)
    if not near.any():
        return around, 0
    opened, group = np.unique(group[near], return_inverse=True)
    order = np.argsort(group, kind="stable")
    gaps = shapely.multipoints(at[near][order], indices=group[order])
    rest = shapely.difference(flat[opened], shapely.buffer(gaps, OPENING_METRES))
    opened = touched[opened]
    whole = np.ones(len(around), bool)
    whole[number[opened]] = False
    left = ~shapely.is_empty(rest)
    opened, rest = opened[left], rest[left]
    rest = _moved(rest, lambda at, of: at / scale[opened[of]] + origin[opened[of]])
    cut = from_shapes(
        rest,
        kind=lines.kind[opened],
        layer=lines.layer[opened],
        name=lines.name[opened],
        names=lines.names,
    )
    return joined((around.take(np.flatnonzero(whole)), cut)), len(np.unique(spot[near]))


def _moved(shapes: Any, move: Callable[[Floats, Longs], Floats]) -> Any:
    """The same shapes with other coordinates; `move` is given those and whose they are."""
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    return shapely.set_coordinates(shapes.copy(), move(points, owner))
