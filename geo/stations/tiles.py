"""The stations of an edition, tile by tile, as Mapbox Vector Tiles.

One layer, `stations`, of points. From zoom 12 on every station is one: its id is the feature's,
with kind, name, access and services (words with commas). Below, stations of one square of 64 pixels
are one point at their mean, with `count` and the count of each kind under the kind's name; a
station alone in its square is shown as itself. Each station belongs to exactly one tile of a zoom
and one square of it, so that the counts of all tiles add up to the edition's placed stations.
"""

from __future__ import annotations

import hashlib

from geo.database import Reader
from geo.filters import Box
from geo.schema.stations import STATION_KINDS
from geo.tiles import EXTENT, TileAddress

SINGLE_FROM_ZOOM = 12
SQUARES = 8
"""Squares along the side of a tile, of 64 pixels each, that stations are gathered in."""


def station_tile(reader: Reader, edition_id: int, tile: TileAddress) -> bytes:
    """One tile as an uncompressed Mapbox Vector Tile; empty where no station is.

    Args:
        reader: the transaction.
        edition_id: an edition of stations; one that is not there gives an empty tile.
        tile: which.

    Cost: an index scan and some 2 µs a station.
    """
    # A thousandth of a unit wider: which tile a station on the line belongs to is arithmetic's.
    west, south, east, north = tile.bounds(0.001)
    drawn = reader.scalar(
        _SINGLE if tile.z >= SINGLE_FROM_ZOOM else _GATHERED,
        edition=edition_id,
        span=1 << tile.z,
        x=tile.x,
        y=tile.y,
        west=west,
        south=south,
        east=east,
        north=north,
    )
    return bytes(drawn)


def extent(reader: Reader, edition_id: int) -> Box | None:
    """West, south, east and north of the stations of an edition; None when none is placed."""
    row = reader.first(
        "SELECT ST_XMin(box) AS west, ST_YMin(box) AS south, ST_XMax(box) AS east, "
        "ST_YMax(box) AS north FROM (SELECT ST_Extent(location) AS box FROM station "
        "WHERE edition_id = :edition) AS found WHERE box IS NOT NULL",
        edition=edition_id,
    )
    return None if row is None else (row.west, row.south, row.east, row.north)


# Across and down the square of Web Mercator, 0 to 2^z; what lies beyond is of the outermost row.
_PLACED = f"""
WITH placed AS MATERIALIZED (
    SELECT id, kind, name, access, array_to_string(services, ',') AS services,
        (ST_X(location) + 180) / 360 * :span AS across,
        (1 - asinh(tan(radians(ST_Y(location)))) / pi()) / 2 * :span AS down
    FROM station WHERE edition_id = :edition
    AND location && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
), inside AS MATERIALIZED (
    SELECT id, kind, name, access, nullif(services, '') AS services,
        (across - :x) * {EXTENT} AS px, least(greatest((down - :y) * {EXTENT}, 0), {EXTENT}) AS py
    FROM placed
    WHERE least(greatest(floor(across), 0), :span - 1) = :x
    AND least(greatest(floor(down), 0), :span - 1) = :y
)
"""
_OUT = f"SELECT coalesce(ST_AsMVT(layer, 'stations', {EXTENT}, 'shape', 'id'), '') FROM"
_SINGLE = f"""{_PLACED}
{_OUT} (
    SELECT id, kind, name, access, services, ST_Point(round(px), round(py)) AS shape
    FROM inside ORDER BY id
) AS layer"""
_ONE = ", ".join(
    f"CASE WHEN count(*) = 1 THEN min({name}) END AS {name}"
    for name in ("id", "kind", "name", "access", "services")
)
_OF_KINDS = ", ".join(
    f"CASE WHEN count(*) > 1 THEN nullif(count(*) FILTER (WHERE kind = '{kind}'), 0)::int END "
    f'AS "{kind}"'
    for kind in STATION_KINDS
)
_GATHERED = f"""{_PLACED}
{_OUT} (
    SELECT {_ONE}, CASE WHEN count(*) > 1 THEN count(*)::int END AS count, {_OF_KINDS},
        ST_Point(round(avg(px)), round(avg(py))) AS shape
    FROM inside
    GROUP BY least(floor(px * {SQUARES} / {EXTENT}), {SQUARES - 1}),
        least(floor(py * {SQUARES} / {EXTENT}), {SQUARES - 1})
    ORDER BY min(inside.id)
) AS layer"""

MARK = hashlib.blake2b((_SINGLE + _GATHERED).encode(), digest_size=4).hexdigest()
"""Changes when the same stations are drawn otherwise; part of the address and tag of a tile."""
