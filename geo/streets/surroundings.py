"""What lies around the streets, as arrays: walls, water, tracks, buildings, green."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.schema.streets import SURROUNDING_KINDS

UNITS_PER_DEGREE = 1e7  # OpenStreetMap's integer coordinates

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Shorts = npt.NDArray[np.int16]


@dataclass(frozen=True, eq=False)
class Surroundings:
    """n things, each of some lines or rings: L in all, of C points. The index of a thing is its
    `id` in PostGIS; neighbours lie together.

    Coordinates are whole units of 1e-7 degrees, WGS 84, as in OpenStreetMap: a centimetre, in half
    the memory.

    Attributes:
        kind: (n,) uint8 into :data:`geo.schema.streets.SURROUNDING_KINDS`.
        layer: (n,) int16; 0 is the ground.
        name: (n,) int32 into `names`, -1 for none.
        is_area: (n,) bool; the lines of an area are closed rings.
        line_start: (n + 1,) int64; the lines of thing `i` are `line_start[i]:line_start[i + 1]`.
        is_hole: (L,) bool; a ring that is no hole begins a new surface of its thing.
        point_start: (L + 1,) int64; the points of line `l` are `point_start[l]:point_start[l + 1]`.
        points: (C, 2) int32 longitude and latitude.
    """

    kind: Bytes
    layer: Shorts
    name: Ints
    names: list[str]
    is_area: Bools
    line_start: Longs
    is_hole: Bools
    point_start: Longs
    points: Ints

    def __len__(self) -> int:
        return len(self.kind)

    @property
    def counts(self) -> dict[str, int]:
        """How many there are of each kind that there is."""
        count = np.bincount(self.kind, minlength=len(SURROUNDING_KINDS)).tolist()
        return {kind: n for kind, n in zip(SURROUNDING_KINDS, count, strict=True) if n}

    def take(self, order: Longs) -> Surroundings:
        """Some of them, in another order."""
        lines, line_start = _taken(self.line_start, order)
        points, point_start = _taken(self.point_start, lines)
        return Surroundings(
            kind=self.kind[order],
            layer=self.layer[order],
            name=self.name[order],
            names=self.names,
            is_area=self.is_area[order],
            line_start=line_start,
            is_hole=self.is_hole[lines],
            point_start=point_start,
            points=self.points[points],
        )

    def shapes(self, start: int = 0, stop: int | None = None) -> npt.NDArray[Any]:
        """Things `start:stop` as shapely's lines and polygons, in degrees."""
        stop = len(self) if stop is None else stop
        some = self.take(np.arange(start, stop))
        made = np.empty(len(some), object)
        of_line = np.repeat(np.arange(len(some)), np.diff(some.line_start))
        sizes = np.diff(some.point_start)
        degrees = some.points / UNITS_PER_DEGREE
        line_is_area = some.is_area[of_line]
        for is_area in (False, True):
            which = np.flatnonzero(line_is_area == is_area)
            if not len(which):
                continue
            spread = np.repeat(line_is_area, sizes) == is_area
            number = np.repeat(np.arange(len(which)), sizes[which])
            things, index = np.unique(of_line[which], return_inverse=True)
            if is_area:
                rings = np.asarray(shapely.linearrings(degrees[spread], indices=number))
                surface = np.cumsum(~some.is_hole[which]) - 1
                parts = np.asarray(shapely.polygons(rings, indices=surface))
                index = index[~some.is_hole[which]]
            else:
                parts = np.asarray(shapely.linestrings(degrees[spread], indices=number))
            made[things] = _gathered(parts, index, len(things), is_area=is_area)
        return made


def nothing_around() -> Surroundings:
    """No surroundings: of a network made by hand, or read before they were."""
    return Surroundings(
        kind=np.empty(0, np.uint8),
        layer=np.empty(0, np.int16),
        name=np.empty(0, np.int32),
        names=[],
        is_area=np.empty(0, bool),
        line_start=np.zeros(1, np.int64),
        is_hole=np.empty(0, bool),
        point_start=np.zeros(1, np.int64),
        points=np.empty((0, 2), np.int32),
    )


def joined(parts: Sequence[Surroundings]) -> Surroundings:
    """Several as one, in their order."""
    parts = [part for part in parts if len(part)]
    if not parts:
        return nothing_around()
    distinct = sorted({name for part in parts for name in part.names})
    number = {name: index for index, name in enumerate(distinct)}
    names = [
        np.array([*(number[name] for name in part.names), -1], np.int32)[part.name]
        for part in parts
    ]
    return Surroundings(
        kind=np.concatenate([part.kind for part in parts]),
        layer=np.concatenate([part.layer for part in parts]),
        name=np.concatenate(names),
        names=distinct,
        is_area=np.concatenate([part.is_area for part in parts]),
        line_start=_offsets([part.line_start for part in parts]),
        is_hole=np.concatenate([part.is_hole for part in parts]),
        point_start=_offsets([part.point_start for part in parts]),
        points=np.concatenate([part.points for part in parts]),
    )


def from_shapes(
    shapes: npt.NDArray[Any],
    *,
    kind: Bytes,
    layer: Shorts,
    name: Ints,
    names: list[str],
) -> Surroundings:
    """From shapely's lines and polygons, single or multiple, in degrees."""
    is_area = shapely.get_dimensions(shapes) == 2
    parts, thing = shapely.get_parts(shapes, return_index=True)
    part_is_area = is_area[thing]
    rings, part = shapely.get_rings(parts[part_is_area], return_index=True)
    # Lines and rings, thing by thing; the first ring of each part is its outside.
    lines = np.concatenate((parts[~part_is_area], rings))
    of_thing = np.concatenate((thing[~part_is_area], thing[part_is_area][part]))
    hole = np.zeros(len(lines), bool)
    hole[len(lines) - len(rings) + 1 :] = part[1:] == part[:-1]
    order = np.argsort(of_thing, kind="stable")
    lines, hole = lines[order], hole[order]
    points, of_line = shapely.get_coordinates(lines, return_index=True)
    return Surroundings(
        kind=kind,
        layer=layer,
        name=name,
        names=names,
        is_area=is_area,
        line_start=_counted(of_thing, len(shapes)),
        is_hole=hole,
        point_start=_counted(of_line, len(lines)),
        points=np.round(points * UNITS_PER_DEGREE).astype(np.int32),
    )


def _gathered(
    parts: npt.NDArray[Any], index: Longs, count: int, *, is_area: bool
) -> npt.NDArray[Any]:
    """One geometry a thing: the part itself where there is one, else a collection of its kind."""
    pieces = np.bincount(index, minlength=count)
    first = np.concatenate(([0], np.cumsum(pieces)))[:-1]
    made: npt.NDArray[Any] = parts[first].copy()
    many = pieces > 1
    if many.any():
        number = np.cumsum(many) - 1
        of_many = many[index]
        collect = shapely.multipolygons if is_area else shapely.multilinestrings
        made[many] = collect(parts[of_many], indices=number[index[of_many]])
    return made


def _taken(start: Longs, order: Longs) -> tuple[Longs, Longs]:
    """The members of some rows of a ragged array, and where each row begins among them."""
    sizes = start[order + 1] - start[order] if len(order) else np.empty(0, np.int64)
    begin = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    members = np.arange(begin[-1]) + np.repeat(start[order] - begin[:-1], sizes)
    return members, begin


def _counted(owner: Longs, owners: int) -> Longs:
    """(owners + 1,) where each owner's members begin, of members in the order of their owners."""
    return np.concatenate(([0], np.cumsum(np.bincount(owner, minlength=owners)))).astype(np.int64)


def _offsets(starts: Sequence[Longs]) -> Longs:
    """The beginnings of several ragged arrays laid end to end."""
    shifts = np.cumsum([0, *(start[-1] for start in starts)])
    shifted = [start[:-1] + shift for start, shift in zip(starts, shifts, strict=False)]
    return np.concatenate((*shifted, shifts[-1:])).astype(np.int64)
