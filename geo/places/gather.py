"""Places out of PostGIS: columns by COPY, no row touched one by one."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from geo import partitions
from geo.areas.locate import locator
from geo.database import Reader
from geo.files.identity import stable_ids
from geo.places import streets
from geo.places.table import (
    AREA,
    BRAND,
    BUILDING,
    CODE,
    HOST,
    STATION,
    STREET,
    Floats,
    Numbers,
    Parts,
    PlaceTable,
    put_together,
)
from geo.schema import Street, Surrounding

DIVISIONS = ("district", "subdistrict")
"""The areas that tell places of one name apart."""
NOT_BELOW = {
    "district": ["province", "prefecture", "district"],
    "subdistrict": ["province", "prefecture", "district", "subdistrict"],
}
"""Areas that lie in none of a kind: they are of it, or larger."""
ID_DECIMALS = 3
"""A street or building keeps its identity while it stays within some hundred metres."""


def gather(reader: Reader, editions: dict[str, int]) -> PlaceTable:
    """Every place of these editions that has a name and a position.

    Args:
        reader: the transaction.
        editions: edition by dataset; of `stations`, `areas`, `streets`, those there are.

    Cost: some 3 s at city scale (25,000 stations, 22,000 areas, 900,000 junctions), half of it the
    streets.
    """
    parts: list[Parts] = []
    areas: Areas | None = None
    if "areas" in editions:
        areas = _areas(reader, editions["areas"])
        parts.append(areas.parts)
    if "stations" in editions:
        parts.append(_stations(reader, editions["stations"]))
    if "streets" in editions:
        edition = editions["streets"]
        if partitions.exists(reader, Street, edition):
            parts.append(_streets(reader, edition))
        if partitions.exists(reader, Surrounding, edition):
            parts.append(_buildings(reader, edition))
    lon = np.concatenate([*(one.lon for one in parts), []])
    lat = np.concatenate([*(one.lat for one in parts), []])
    if areas is None:
        none: Numbers = np.full(len(lon), -1, dtype=np.int32)
        return put_together(parts, none, none.copy())
    return put_together(parts, *areas.holding(reader, editions["areas"], lon, lat))


class Areas:
    """The areas, and which of the divisions among them holds a point."""

    def __init__(self, parts: Parts, parent: npt.NDArray[np.int64]) -> None:
        self.parts = parts
        self._parent = parent

    def holding(
        self, reader: Reader, edition: int, lon: Floats, lat: Floats
    ) -> tuple[Numbers, Numbers]:
        """District and subdistrict of each point, numbers of areas; -1 outside of all.

        An area's own parents count for more than where its middle lies.
        """
        found = []
        kinds = np.array(self.parts.column("type").to_pylist(), dtype=np.str_)
        for kind in DIVISIONS:
            held = self._by_boundary(reader, edition, kind, lon, lat)
            self._by_parents(held, kinds == kind)
            # Nothing lies in itself, nor in what is smaller.
            held[: len(kinds)][np.isin(kinds, NOT_BELOW[kind])] = -1
            found.append(held)
        return found[0], found[1]

    def _by_boundary(
        self, reader: Reader, edition: int, kind: str, lon: Floats, lat: Floats
    ) -> Numbers:
        held: Numbers = np.full(len(lon), -1, dtype=np.int32)
        rows = reader.all(
            "SELECT id, ST_AsBinary(boundary) AS boundary FROM area WHERE edition_id = :edition "
            "AND kind = :kind AND name IS NOT NULL AND boundary IS NOT NULL ORDER BY id",
            edition=edition,
            kind=kind,
        )
        if not rows:
            return held
        number = _lookup(self.parts.id, np.array([row.id for row in rows], dtype=np.int64))
        boundaries = shapely.from_wkb([bytes(row.boundary) for row in rows])
        point, polygon = locator(cast("Any", boundaries)).pairs(lon, lat)
        held[point] = number[polygon]
        return held

    def _by_parents(self, held: Numbers, wanted: npt.NDArray[np.bool_]) -> None:
        count = len(self._parent)
        if count == 0:
            return
        above = self._parent
        for _ in range(6):
            known = above >= 0
            hit = known & wanted[np.maximum(above, 0)]
            held[:count][hit] = above[hit]
            above = np.where(known, self._parent[np.maximum(above, 0)], -1)


def _areas(reader: Reader, edition: int) -> Areas:
    table = reader.copy_out(
        "SELECT id, '=' || kind AS kind, '=' || name AS name, '=' || code AS code, "
        "'=' || address AS address, coalesce(parent_id, -1) AS parent_id, "
        "coalesce(square_metres, 0)::float8 AS square_metres, ST_X(middle) AS lon, "
        "ST_Y(middle) AS lat FROM (SELECT *, ST_PointOnSurface(boundary) AS middle FROM area "
        f"WHERE edition_id = {int(edition)} AND name IS NOT NULL AND boundary IS NOT NULL) AS a "
        "ORDER BY id"
    )
    ids = numbers(table, "id", np.int64)
    parts = Parts(
        AREA,
        ids,
        texts(table, "name"),
        numbers(table, "lon", np.float64),
        numbers(table, "lat", np.float64),
        type=texts(table, "kind"),
        address=texts(table, "address"),
        square_metres=numbers(table, "square_metres", np.float64),
        further={CODE: texts(table, "code")},
    )
    return Areas(parts, _lookup(ids, numbers(table, "parent_id", np.int64)))


def _stations(reader: Reader, edition: int) -> Parts:
    table = reader.copy_out(
        "SELECT id, '=' || kind AS kind, '=' || name AS name, '=' || address AS address, "
        "'=' || host AS host, '=' || network_brand AS brand, '=' || declared_district AS declared, "
        f"ST_X(location) AS lon, ST_Y(location) AS lat FROM station WHERE edition_id = "
        f"{int(edition)} AND location IS NOT NULL ORDER BY id"
    )
    return Parts(
        STATION,
        numbers(table, "id", np.int64),
        texts(table, "name"),
        numbers(table, "lon", np.float64),
        numbers(table, "lat", np.float64),
        type=texts(table, "kind"),
        address=texts(table, "address"),
        declared=texts(table, "declared"),
        further={HOST: texts(table, "host"), BRAND: texts(table, "brand")},
    )


def _streets(reader: Reader, edition: int) -> Parts:
    pieces = reader.copy_out(streets.LINKS.format(edition=int(edition)))
    piece, name = streets.one_each(
        texts(pieces, "name"), *(numbers(pieces, column, np.int64) for column in streets.COLUMNS)
    )
    table = reader.copy_out(
        "SELECT id, ST_X(at) AS lon, ST_Y(at) AS lat FROM (SELECT id, "
        "ST_LineInterpolatePoint(path, 0.5) AS at FROM street "
        f"WHERE edition_id = {int(edition)} AND id = ANY('{{{','.join(map(str, piece))}}}'::int[])"
        ") AS chosen ORDER BY id"
    )
    order = _lookup(numbers(table, "id", np.int64), piece)
    lon = numbers(table, "lon", np.float64)[order]
    lat = numbers(table, "lat", np.float64)[order]
    return Parts(STREET, _identity("street", name, lon, lat), name, lon, lat)


def _buildings(reader: Reader, edition: int) -> Parts:
    table = reader.copy_out(
        "SELECT '=' || name AS name, ST_X(middle) AS lon, ST_Y(middle) AS lat FROM (SELECT id, "
        f"name, ST_PointOnSurface(shape) AS middle FROM surrounding WHERE edition_id = "
        f"{int(edition)} AND kind = 'building' AND name <> '') AS named ORDER BY id"
    )
    name = texts(table, "name")
    lon, lat = numbers(table, "lon", np.float64), numbers(table, "lat", np.float64)
    return Parts(BUILDING, _identity("building", name, lon, lat), name, lon, lat)


def _identity(kind: str, name: pa.Array, lon: Floats, lat: Floats) -> npt.NDArray[np.int64]:
    """Streets and buildings have no identity of their own: name and rough place make one."""
    if len(name) == 0:
        return np.zeros(0, dtype=np.int64)
    return stable_ids(
        pa.array([kind] * len(name)), name, np.round(lon, ID_DECIMALS), np.round(lat, ID_DECIMALS)
    )


def _lookup(ids: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Where each wanted id stands among sorted ids; -1 where it does not."""
    if len(ids) == 0:
        return np.full(len(wanted), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return np.where(ids[at] == wanted, at, -1)


def numbers(table: pa.Table, column: str, kind: type) -> Any:
    """A column of numbers that are all there."""
    if column not in table.column_names:
        return np.zeros(0, dtype=kind)
    return table[column].to_numpy().astype(kind)


def texts(table: pa.Table, column: str) -> pa.Array:
    """A column of texts, which came with a letter before each, lest digits be taken for numbers;
    empty ones are null."""
    if column not in table.column_names:
        return pa.array([], pa.string())
    values = pc.utf8_slice_codeunits(table[column].cast(pa.string()), 1)
    values = pc.if_else(pc.equal(pc.utf8_trim_whitespace(values), ""), None, values)
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
