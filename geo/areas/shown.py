"""What a map of areas begins with: which kinds there are, where they lie, where names are written.

Read from the active edition.
"""

from __future__ import annotations

from dataclasses import dataclass

from geo.database import Reader
from geo.filters import Box, active

ACTIVE = active("areas")


@dataclass(frozen=True)
class KindFacts:
    """How many areas of a kind there are, and how many of them have a polygon."""

    kind: str
    areas: int
    with_boundary: int


@dataclass(frozen=True)
class AreasShown:
    """The kinds that are there, the largest areas first, and the box around all of them (WGS 84:
    west, south, east, north), None when nothing has a polygon."""

    kinds: list[KindFacts]
    bounds: Box | None


@dataclass(frozen=True)
class NamePoint:
    """A place inside an area, WGS 84, where its name is best written."""

    id: int
    lon: float
    lat: float


def areas_shown(reader: Reader) -> AreasShown:
    """The kinds of areas in force. One statement over the boxes that lie beside the shapes, which
    are not read; some 100 ms for 22,000 areas: ask once an edition."""
    rows = reader.all(
        "SELECT a.kind, count(*) AS areas, count(a.boundary) AS with_boundary, "
        "min(ST_XMin(a.boundary::box2d)) AS west, min(ST_YMin(a.boundary::box2d)) AS south, "
        "max(ST_XMax(a.boundary::box2d)) AS east, max(ST_YMax(a.boundary::box2d)) AS north, "
        "avg(a.square_metres) AS large "
        f"FROM area a WHERE a.edition_id = {ACTIVE} GROUP BY a.kind "
        "ORDER BY large DESC NULLS LAST, a.kind"
    )
    boxes = [(row.west, row.south, row.east, row.north) for row in rows if row.west is not None]
    bounds = None
    if boxes:
        west, south, east, north = zip(*boxes, strict=True)
        bounds = (min(west), min(south), max(east), max(north))
    return AreasShown([KindFacts(row.kind, row.areas, row.with_boundary) for row in rows], bounds)


def name_points(reader: Reader, kind: str, most: int) -> list[NamePoint]:
    """Where the names of the areas of a kind are written; none when there are more than `most`,
    which no map can show. A point inside each polygon; 0.3 ms an area."""
    count = reader.scalar(
        f"SELECT count(*) FROM area WHERE edition_id = {ACTIVE} AND kind = :kind "
        "AND boundary IS NOT NULL",
        kind=kind,
    )
    if count > most:
        return []
    rows = reader.all(
        "SELECT id, ST_X(point) AS lon, ST_Y(point) AS lat FROM (SELECT a.id, "
        "ST_PointOnSurface(a.boundary) AS point FROM area a "
        f"WHERE a.edition_id = {ACTIVE} AND a.kind = :kind AND a.boundary IS NOT NULL) inside "
        "ORDER BY id",
        kind=kind,
    )
    return [NamePoint(row.id, row.lon, row.lat) for row in rows]
