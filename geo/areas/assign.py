"""Which areas hold which stations and enterprises: computed once for a pair of editions.

Of the statutory levels (province … community) a point lies in at most one area each, also where
borders overlap: then the smallest takes it. Organising units (parks, buildings …) may overlap. An
area without a polygon holds what its children hold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from sqlalchemy import insert

from geo import partitions
from geo.areas.locate import Locator, grouped, locator
from geo.database import Reader, Writer
from geo.schema import Assignment
from geo.schema.areas import AREA_KINDS, DIVISION_KINDS

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

KIND = {name: code for code, name in enumerate(AREA_KINDS)}
LEVELS = len(DIVISION_KINDS)


@dataclass(frozen=True)
class AreaIndex:
    """The areas of an edition, ready to say which of them hold a point. Shapes (A,)."""

    edition_id: int
    ids: Integers
    kinds: npt.NDArray[np.int8]  # positions in AREA_KINDS
    parents: Integers  # position of the parent, -1 for none
    has_boundary: npt.NDArray[np.bool_]
    size: Floats  # square degrees, only to tell smaller from larger
    polygons: Locator

    def __len__(self) -> int:
        return len(self.ids)


def load_index(reader: Reader, edition_id: int) -> AreaIndex:
    """Read the areas of an edition and index their polygons; about 1 s for 20,000 areas."""
    table = reader.copy_out(
        "SELECT id, kind, coalesce(parent_id, -1) AS parent, ST_AsBinary(boundary) AS boundary "
        f"FROM area WHERE edition_id = {int(edition_id)} ORDER BY id"
    )
    if table.num_rows == 0:
        return index_areas(
            edition_id,
            np.empty(0, dtype=np.int64),
            np.empty(0, dtype=np.int8),
            np.empty(0, dtype=np.int64),
            np.empty(0, dtype=object),
        )
    # Behind the \x of PostgreSQL, which also keeps digits alone from being read as a number.
    texts = pc.utf8_slice_codeunits(table.column("boundary").cast(pa.string()), 2)
    boundary = texts.to_numpy(zero_copy_only=False)
    return index_areas(
        edition_id,
        table.column("id").to_numpy(),
        np.array([KIND[kind] for kind in table.column("kind").to_pylist()], dtype=np.int8),
        table.column("parent").to_numpy(),
        shapely.from_wkb(boundary),
    )


def index_areas(
    edition_id: int,
    ids: Integers,
    kinds: npt.NDArray[np.int8],
    parent_ids: Integers,
    boundaries: npt.NDArray[np.object_],
) -> AreaIndex:
    """Index areas given as arrays; `ids` ascending, `parent_ids` -1 for none."""
    place = np.searchsorted(ids, parent_ids)
    place = np.minimum(place, max(len(ids) - 1, 0))
    known = (parent_ids >= 0) & (ids[place] == parent_ids) if len(ids) else parent_ids >= 0
    return AreaIndex(
        edition_id=edition_id,
        ids=ids,
        kinds=kinds,
        parents=np.where(known, place, -1).astype(np.int64),
        has_boundary=~shapely.is_missing(boundaries),
        size=np.nan_to_num(shapely.area(boundaries)),
        polygons=locator(boundaries),
    )


def memberships(index: AreaIndex, lon: Floats, lat: Floats) -> tuple[Integers, Integers, int]:
    """The areas that hold each point.

    Args:
        index: A areas.
        lon, lat: N points in WGS 84; NaN for what has no place.

    Returns:
        The position of the point and of the area, one pair a membership, ordered by area, then
        point; and how many points lay in two areas of one statutory level (overlapping borders).
    """
    point, area = index.polygons.pairs(lon, lat)
    point, area, overlaps = _one_of_each_level(index, point, area, len(lon))
    if _has_bare_parents(index):
        point, area = _with_bare_ancestors(index, point, area, len(lon))
    order = grouped(area, len(index))
    return point[order], area[order], overlaps


def _one_of_each_level(
    index: AreaIndex, point: Integers, area: Integers, points: int
) -> tuple[Integers, Integers, int]:
    """Of several areas of one statutory level that hold a point, keep the smallest."""
    kind = index.kinds[area].astype(np.int64)
    statutory = np.flatnonzero(kind < LEVELS)
    key = point[statutory] * LEVELS + kind[statutory]
    if len(key) == 0 or np.bincount(key, minlength=points * LEVELS).max() <= 1:
        return point, area, 0
    order = np.lexsort((index.size[area[statutory]], key))
    first = np.ones(len(order), dtype=bool)
    first[1:] = key[order][1:] != key[order][:-1]
    keep = np.ones(len(point), dtype=bool)
    keep[statutory[order[~first]]] = False
    return point[keep], area[keep], int((~first).sum())


def _has_bare_parents(index: AreaIndex) -> bool:
    """Whether any area without a boundary has children: only then is there anybody to lift up."""
    parents = index.parents[index.parents >= 0]
    return bool((~index.has_boundary[parents]).any())


def _with_bare_ancestors(
    index: AreaIndex, point: Integers, area: Integers, points: int
) -> tuple[Integers, Integers]:
    """Add, for every membership, the areas above it that have no boundary of their own."""
    above = index.parents[area]
    gathered_point, gathered_area = [point], [area]
    carried = point
    for _ in range(LEVELS):
        climbing = above >= 0
        carried, above = carried[climbing], above[climbing]
        bare = ~index.has_boundary[above]
        gathered_point.append(carried[bare])
        gathered_area.append(above[bare])
        above = index.parents[above]
    pairs = np.unique(
        np.concatenate(gathered_area) * max(points, 1) + np.concatenate(gathered_point)
    )
    return pairs % max(points, 1), pairs // max(points, 1)


def store(
    writer: Writer,
    edition_id: int,
    index: AreaIndex,
    members: Integers,
    point: Integers,
    area: Integers,
    located: int,
) -> int:
    """Write an assignment with its memberships; its number.

    Args:
        writer: the transaction.
        edition_id: of the stations or enterprises.
        index: the areas.
        members: stable ids of the points, shape (N,).
        point, area: the pairs of :func:`memberships`.
        located: how many members have a place at all.
    """
    inside = len(np.unique(point))
    row = writer.first(
        insert(Assignment)
        .values(
            edition_id=edition_id,
            area_edition_id=index.edition_id,
            located=located,
            outside_all=located - inside,
        )
        .returning(Assignment.id)
    )
    assert row is not None  # an INSERT RETURNING gives its row or raises
    child = partitions.create(writer, "area_membership", row.id)
    writer.copy_in_integers(child, ["area_id", "member_id"], [index.ids[area], members[point]])
    partitions.attach(writer, "area_membership", row.id)
    return int(row.id)


def find_assignment(reader: Reader, edition_id: int, area_edition_id: int) -> int | None:
    """The assignment of a pair of editions, if it was computed."""
    found = reader.scalar(
        "SELECT id FROM assignment WHERE edition_id = :edition AND area_edition_id = :areas",
        edition=edition_id,
        areas=area_edition_id,
    )
    return None if found is None else int(found)
