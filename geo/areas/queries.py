"""Areas of the active edition, read as they are shown."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from typing import Any

import shapely

from geo import editions
from geo.database import Reader
from geo.errors import NotFound
from geo.filters import Box, active, in_box, like

ACTIVE = active("areas")
ACTIVE_STATIONS = active("stations")


@dataclass(frozen=True)
class AreaFacts:
    """An area as the active edition states it. Without a polygon `bbox` is None; `boundary` is
    there only when it was asked for: a shapely MultiPolygon, WGS 84."""

    edition_id: int
    id: int
    kind: str
    code: str | None
    name: str | None
    type_name: str | None
    parent_id: int | None
    predecessor_code: str | None
    valid_from: date | None
    valid_to: date | None
    address: str | None
    square_metres: float | None
    bbox: Box | None = None
    boundary: Any = None


@dataclass(frozen=True)
class AreaName:
    """An area above or below another."""

    id: int
    kind: str
    code: str | None
    name: str | None


@dataclass(frozen=True)
class AreaDetail:
    """An area with what stands around it.

    `ancestors` begins with the largest; `children` are ordered by kind, code and id; `stations` is
    the number of stations of each kind inside, or None where nothing has been counted.
    """

    area: AreaFacts
    ancestors: list[AreaName]
    children: list[AreaName]
    stations: dict[str, int] | None


_NAMES = [
    field.name for field in dataclasses.fields(AreaFacts) if field.name not in ("bbox", "boundary")
]
_COLUMNS = ", ".join(f"a.{name}" for name in _NAMES) + (
    ", ST_XMin(a.boundary) AS west, ST_YMin(a.boundary) AS south, "
    "ST_XMax(a.boundary) AS east, ST_YMax(a.boundary) AS north"
)
_BOUNDARY = ", ST_AsBinary(a.boundary) AS boundary"


def list_areas(
    reader: Reader,
    *,
    kind: str | None = None,
    parent_id: int | None = None,
    bbox: Box | None = None,
    text: str | None = None,
    after: int | None = None,
    limit: int = 100,
    with_boundary: bool = False,
) -> list[AreaFacts]:
    """Areas of the active edition that meet every condition, by ascending id. One statement.

    Args:
        reader: the transaction.
        kind: a value of :data:`geo.schema.areas.AREA_KINDS`.
        parent_id: directly below this area.
        bbox: whose polygon meets this box (exactly, not only its own box).
        text: part of the name, or the beginning of the code; letter case is ignored.
        after: only ids greater than this one.
        limit: how many at most.
        with_boundary: fetch the polygons too.

    Raises:
        NotFound: no edition of areas is active, or there is no such parent.

    Cost: that of `limit` rows by an index; `text` reads the edition.
    """
    where = [f"a.edition_id = {ACTIVE}"]
    values: dict[str, Any] = {"limit": limit}
    if after is not None:
        where.append("a.id > :after")
        values["after"] = after
    if kind is not None:
        where.append("a.kind = :kind")
        values["kind"] = kind
    if parent_id is not None:
        where.append("a.parent_id = :parent")
        values["parent"] = parent_id
    if bbox is not None:
        clause, box = in_box("a.boundary", bbox, exact=True)
        where.append(clause)
        values |= box
    if text is not None:
        where.append("(a.name ILIKE :text OR a.code ILIKE substr(:text, 2))")
        values["text"] = like(text)
    rows = reader.all(
        f"SELECT {_COLUMNS}{_BOUNDARY if with_boundary else ''} FROM area AS a "
        f"WHERE {' AND '.join(where)} ORDER BY a.id LIMIT :limit",
        **values,
    )
    if not rows:
        _explain_nothing(reader, parent_id)
    return [_facts(row) for row in rows]


def get_area(reader: Reader, area_id: int) -> AreaDetail:
    """One area of the active edition with its polygon, ancestors, children and station counts. One
    statement.

    Raises:
        NotFound: no edition is active, or it has no such area.
    """
    row = reader.first(_DETAIL, id=area_id)
    if row is None:
        edition = editions.require_active(reader, "areas")
        raise NotFound(
            f"Edition {edition.id} of areas has no area {area_id}.",
            remedy="按名称重新查找区域（/api/areas?text=…）。 "
            "Look the area up by its name (/api/areas?text=…).",
            field="area_id",
        )
    return AreaDetail(
        area=_facts(row),
        ancestors=[AreaName(**name) for name in row.ancestors],
        children=[AreaName(**name) for name in row.children],
        stations=row.stations,
    )


_NAME = "json_build_object('id', {0}.id, 'kind', {0}.kind, 'code', {0}.code, 'name', {0}.name)"
_DETAIL = f"""
WITH RECURSIVE above AS (
    SELECT a.id, a.kind, a.code, a.name, a.parent_id, 0 AS step
    FROM area AS a WHERE a.edition_id = {ACTIVE} AND a.id = :id
  UNION ALL
    -- A file may name its own descendant as parent; ten levels are more than there are.
    SELECT p.id, p.kind, p.code, p.name, p.parent_id, above.step + 1
    FROM area AS p JOIN above ON p.id = above.parent_id AND above.step < 10
    WHERE p.edition_id = {ACTIVE}
), counted AS (
    SELECT id FROM assignment
    WHERE edition_id = {ACTIVE_STATIONS} AND area_edition_id = {ACTIVE}
)
SELECT {_COLUMNS}{_BOUNDARY},
    (SELECT coalesce(json_agg({_NAME.format("above")} ORDER BY step DESC), '[]')
     FROM above WHERE step > 0) AS ancestors,
    (SELECT coalesce(json_agg({_NAME.format("c")} ORDER BY c.kind, c.code, c.id), '[]')
     FROM area AS c WHERE c.edition_id = a.edition_id AND c.parent_id = a.id) AS children,
    CASE WHEN EXISTS (SELECT 1 FROM counted) THEN
        (SELECT coalesce(json_object_agg(n.kind, n.stations ORDER BY n.kind), '{{}}')
         FROM area_stations AS n
         WHERE n.area_id = a.id AND n.assignment_id = (SELECT id FROM counted)) END AS stations
FROM area AS a WHERE a.edition_id = {ACTIVE} AND a.id = :id
"""


def _explain_nothing(reader: Reader, parent_id: int | None) -> None:
    edition = editions.require_active(reader, "areas")
    if parent_id is None:
        return
    known = reader.scalar(
        "SELECT EXISTS (SELECT 1 FROM area WHERE edition_id = :edition AND id = :id)",
        edition=edition.id,
        id=parent_id,
    )
    if not known:
        raise NotFound(
            f"Edition {edition.id} of areas has no area {parent_id}.",
            remedy="按名称重新查找区域（/api/areas?text=…）。 "
            "Look the area up by its name (/api/areas?text=…).",
            field="parent_id",
        )


def _facts(row: Any) -> AreaFacts:
    boundary = getattr(row, "boundary", None)
    return AreaFacts(
        **{name: getattr(row, name) for name in _NAMES},
        bbox=None if row.west is None else (row.west, row.south, row.east, row.north),
        boundary=None if boundary is None else shapely.from_wkb(bytes(boundary)),
    )
