"""Candidates that nobody registered: public places and street corners, marked as generated.

They show where a host would be worth looking for; nobody there has been asked. They are written as
a file that `nuanyi import candidate-sites` takes.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.spatial import cKDTree

from geo import editions, partitions
from geo.database import Reader
from geo.errors import Invalid, NotFound
from geo.filters import active
from geo.progress import SILENT, Progress
from geo.schema import Street, Surrounding
from geo.siting.problem import Bools, Floats
from geo.siting.reach import earth_centred

KINDS: Final = ("public_place", "street_corner")
PLACE_AREAS: Final = ("marketplace", "commercial_district", "industrial_park", "office_building")
_WORDS: Final = {"public_place": "生成：公共场所", "street_corner": "生成：路口"}
_STREETS: Final = "与"


@dataclass(frozen=True)
class Generated:
    """A place that could be looked at: `kind` is its `source` in the register."""

    kind: str
    name: str
    lon: float
    lat: float


def generate(
    reader: Reader,
    *,
    spacing_metres: float = 300.0,
    kinds: Sequence[str] = KINDS,
    progress: Progress = SILENT,
) -> list[Generated]:
    """Places at least so far apart, and from every station and candidate of today.

    Public places first (named parks and squares, markets, commercial districts, parks of industry,
    office buildings), then corners of three streets and more on the largest connected part, those
    where most streets meet first.

    Raises:
        Invalid: a spacing that is not positive, an unknown kind.
        NotFound: neither streets nor areas are in force.

    Cost: some 2 s for 100,000 corners.
    """
    if not 10 <= spacing_metres <= 50_000:
        raise Invalid(
            f"间距不能是 {spacing_metres:g} 米。 The spacing is {spacing_metres:g} m.",
            remedy="填写 10 到 50000。 Give 10 to 50000.",
            field="spacing",
        )
    strange = sorted(set(kinds) - set(KINDS))
    if strange:
        raise Invalid(
            f"没有这种地点：{'、'.join(strange)}。 There is no kind {', '.join(strange)}.",
            remedy=f"可选 / Use {', '.join(KINDS)}.",
            field="kind",
        )
    streets = editions.active(reader, "streets")
    areas = editions.active(reader, "areas")
    if streets is None and areas is None:
        raise NotFound(
            "没有启用的路网或区域，无法生成候选点。 "
            "No streets and no areas are in force: there is nothing to generate candidates from.",
            remedy="先导入路网。 Import streets first.",
        )
    found: list[Generated] = []
    with progress.step("生成候选点 / generating candidates"):
        if "public_place" in kinds:
            if streets is not None and partitions.exists(reader, Surrounding, streets.id):
                found += _greens(reader, streets.id)
            if areas is not None:
                found += _areas(reader, areas.id)
        if (
            "street_corner" in kinds
            and streets is not None
            and partitions.exists(reader, Street, streets.id)
        ):
            found += _corners(reader, streets.id)
        taken = reader.all(
            "SELECT ST_X(location) AS lon, ST_Y(location) AS lat FROM ("
            f"SELECT location FROM station WHERE edition_id = {active('stations')} UNION ALL "
            f"SELECT location FROM candidate_site WHERE edition_id = {active('candidate_sites')}"
            ") AS places WHERE location IS NOT NULL"
        )
        before = np.array([(row.lon, row.lat) for row in taken], np.float64).reshape(-1, 2)
        there = np.array([(one.lon, one.lat) for one in found], np.float64).reshape(-1, 2)
        kept = thinned(there, before, spacing_metres)
    return [found[at] for at in np.flatnonzero(kept).tolist()]


def thinned(lon_lat: Floats, before: Floats, metres: float) -> Bools:
    """(k,) which places are kept so that each stands at least so far from all kept before it and
    from those that were there `before`. In order: the first of two near ones stays."""
    keep = np.ones(len(lon_lat), np.bool_)
    if not len(lon_lat):
        return keep
    place = earth_centred(lon_lat)
    if len(before):
        far, _ = cKDTree(earth_centred(before)).query(place)
        keep &= np.asarray(far) >= metres
    near = cKDTree(place).query_pairs(np.nextafter(metres, 0), output_type="ndarray")
    order = np.lexsort((near[:, 1], near[:, 0]))
    for first, second in near[order].tolist():
        # Pairs come by their first, which is settled by then.
        if keep[first]:
            keep[second] = False
    return keep


def write_candidates(places: Sequence[Generated], path: Path) -> None:
    """Write them as a file for `nuanyi import candidate-sites --crs wgs84 --add`."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["编号", "名称", "类型", "经度", "纬度", "来源"])
        for one in places:
            lon, lat = f"{one.lon:.6f}", f"{one.lat:.6f}"
            kind = "public_institution" if one.kind == "public_place" else "other"
            writer.writerow([f"生成 {lon} {lat}", one.name, kind, lon, lat, _WORDS[one.kind]])


def _greens(reader: Reader, edition_id: int) -> list[Generated]:
    rows = reader.all(
        "SELECT name, ST_X(spot) AS lon, ST_Y(spot) AS lat FROM (SELECT id, name, "
        "ST_PointOnSurface(shape) AS spot FROM surrounding WHERE edition_id = :edition "
        "AND kind = 'green' AND name IS NOT NULL) AS spots WHERE NOT ST_IsEmpty(spot) ORDER BY id",
        edition=edition_id,
    )
    return [Generated("public_place", row.name, row.lon, row.lat) for row in rows]


def _areas(reader: Reader, edition_id: int) -> list[Generated]:
    rows = reader.all(
        "SELECT name, kind, ST_X(spot) AS lon, ST_Y(spot) AS lat FROM (SELECT id, name, kind, "
        "ST_PointOnSurface(boundary) AS spot FROM area WHERE edition_id = :edition "
        "AND kind = ANY(:kinds) AND name IS NOT NULL AND boundary IS NOT NULL) AS spots "
        "ORDER BY id",
        edition=edition_id,
        kinds=list(PLACE_AREAS),
    )
    order = {kind: at for at, kind in enumerate(PLACE_AREAS)}
    told: list[Any] = sorted(rows, key=lambda row: order[row.kind])
    return [Generated("public_place", row.name, row.lon, row.lat) for row in told]


def _corners(reader: Reader, edition_id: int) -> list[Generated]:
    rows = reader.all(
        """
        WITH ends AS (
            SELECT from_node AS node, name FROM street
            WHERE edition_id = :edition AND part = 0 AND NOT is_steps AND NOT is_tunnel
            UNION ALL
            SELECT to_node, name FROM street
            WHERE edition_id = :edition AND part = 0 AND NOT is_steps AND NOT is_tunnel
        ), corners AS (
            SELECT node, count(*) AS streets,
                array_agg(DISTINCT name ORDER BY name) FILTER (WHERE name IS NOT NULL) AS names
            FROM ends GROUP BY node HAVING count(*) >= 3
        )
        SELECT names, streets, ST_X(location) AS lon, ST_Y(location) AS lat
        FROM corners JOIN street_node AS joint ON joint.edition_id = :edition AND joint.id = node
        ORDER BY coalesce(cardinality(names), 0) DESC, streets DESC, node
        """,
        edition=edition_id,
    )
    return [Generated("street_corner", _corner(row.names), row.lon, row.lat) for row in rows]


def _corner(names: list[str] | None) -> str:
    if not names:
        return "无名路口"
    return f"{_STREETS.join(names[:2])}路口" if len(names) > 1 else f"{names[0]}路口"
