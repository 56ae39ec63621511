"""The base map of an edition of streets, tile by tile: what PostGIS draws from its tables.

Mapbox Vector Tiles 2.1, written by PostGIS (`ST_AsMVTGeom`, `ST_AsMVT`) in one statement a tile:

| layer | properties | from zoom |
|---|---|---|
| streets | class, name, bridge, tunnel, steps, level | 0: motorway, primary … 14: all |
| water | name; surfaces and lines | 0, by size |
| green | name | 10, by size |
| railway | level | 10 |
| buildings | name (from 16) | 14, by size |
| walls | kind: wall, fence, hedge, cliff | 15 |

A property that says nothing (no name, not on a bridge) is left out. Far away only main streets are
there, lines are simplified by half a pixel, and what would be smaller than a pixel is left out;
from zoom 15 on every shape is the stored one, to the unit of the tile.
"""

from __future__ import annotations

import hashlib

from geo.database import Reader
from geo.tiles import EXTENT, TileAddress

BUFFER = 64
"""Units beyond each side of a tile that are drawn too, so that broad lines meet across it."""

STREET_CLASSES = {
    "primary": ("trunk", "trunk_link", "primary", "primary_link", "motorway", "motorway_link"),
    "secondary": ("secondary", "secondary_link"),
    "tertiary": ("tertiary", "tertiary_link"),
    "minor": ("residential", "unclassified", "living_street", "road"),
    "service": ("service", "track", "busway", "bus_guideway"),
    "pedestrian": ("pedestrian", "platform", "pier"),
}
"""Classes of street on the map, by `highway`; every other one is a `path`. Motorways, where nobody
walks, come from the surroundings, as class `motorway`."""
_FROM_ZOOM = {
    "primary": 0,
    "secondary": 8,
    "tertiary": 11,
    "minor": 13,
    "service": 14,
    "pedestrian": 14,
    "path": 14,
}
_NAMED_FROM_ZOOM = {
    "primary": 11,
    "secondary": 12,
    "tertiary": 13,
    "minor": 14,
    "service": 15,
    "pedestrian": 15,
    "path": 16,
}
_SURROUNDINGS_FROM_ZOOM = {
    "motorway": 0,
    "water": 0,
    "green": 10,
    "railway": 10,
    "building": 14,
    "wall": 15,
    "fence": 15,
    "hedge": 15,
    "cliff": 15,
}
UNITS_A_PIXEL = 8
"""A tile is 512 pixels wide on the screen."""
EXACT_FROM_ZOOM = 15


def tolerance_units(zoom: int) -> float:
    """How far a simplified line may be from the stored one, in units of the tile."""
    if zoom >= EXACT_FROM_ZOOM:
        return 0
    return 1 if zoom == EXACT_FROM_ZOOM - 1 else UNITS_A_PIXEL / 2


def base_tile(reader: Reader, edition_id: int, tile: TileAddress) -> bytes:
    """One tile of the base map as an uncompressed Mapbox Vector Tile; empty where nothing is.

    Args:
        reader: the transaction.
        edition_id: an edition of streets; one that is not there gives an empty tile, and one
            without surroundings only streets.
        tile: which.

    Cost: an index scan over the tile and 1 to 5 µs a vertex; some 10 ms in a dense city from zoom
    14 on, some 100 ms where the whole city is in one tile.
    """
    west, south, east, north = tile.bounds(BUFFER)
    tolerance = tolerance_units(tile.z) * tile.unit_metres
    classes = [name for name, zoom in _FROM_ZOOM.items() if tile.z >= zoom]
    drawn = reader.scalar(
        _SQL,
        edition=edition_id,
        z=tile.z,
        x=tile.x,
        y=tile.y,
        west=west,
        south=south,
        east=east,
        north=north,
        highways=[one for name in classes for one in STREET_CLASSES.get(name, ())],
        with_paths="path" in classes,
        named=[name for name, zoom in _NAMED_FROM_ZOOM.items() if tile.z >= zoom],
        kinds=[kind for kind, zoom in _SURROUNDINGS_FROM_ZOOM.items() if tile.z >= zoom],
        tolerance=tolerance,
        smallest=_smallest(tile.z) * tile.unit_metres**2,
        # A building of two by two pixels is the least worth drawing in a street plan.
        smallest_building=0 if tile.z >= 16 else (2 * UNITS_A_PIXEL * tile.unit_metres) ** 2,
        names_buildings=tile.z >= 16,
    )
    return bytes(drawn)


def _smallest(zoom: int) -> float:
    """The least surface that is drawn, in square units."""
    return 0 if zoom >= EXACT_FROM_ZOOM else float(UNITS_A_PIXEL**2)


_CLASS = (
    "CASE "
    + " ".join(
        f"WHEN highway IN ({', '.join(repr(one) for one in highways)}) THEN '{name}'"
        for name, highways in STREET_CLASSES.items()
    )
    + " ELSE 'path' END"
)
_NO_PATHS = ", ".join(repr(one) for highways in STREET_CLASSES.values() for one in highways)


def _layer(name: str, columns: str, source: str) -> str:
    """SQL of one layer; `source` ends in rows with `g`, in Web Mercator."""
    return (
        f"coalesce((SELECT ST_AsMVT(layer, '{name}', {EXTENT}, 'shape') FROM (SELECT {columns}, "
        f"ST_AsMVTGeom(g, ST_TileEnvelope(:z, :x, :y), {EXTENT}, {BUFFER}, true) AS shape "
        f"FROM ({source}) AS drawn) AS layer WHERE shape IS NOT NULL), '')"
    )


def _simple(shape: str) -> str:
    return f"CASE WHEN :tolerance > 0 THEN ST_Simplify({shape}, :tolerance, true) ELSE {shape} END"


def _merged(columns: str, source: str) -> str:
    """Pieces that share their properties as one feature, joined end to end: fewer vertices, and
    names that run along the whole street."""
    joined = "ST_LineMerge(ST_Collect(g))"
    return f"SELECT {columns}, {_simple(joined)} AS g FROM ({source}) AS piece GROUP BY {columns}"


def _surfaces(name: str, kind: str, smallest: str, columns: str = "name") -> str:
    return _layer(
        name,
        columns,
        f"SELECT name, {_simple('g')} AS g FROM around WHERE kind = '{kind}' AND "
        f"(ST_Dimension(g) < 2 OR ST_Area(g) >= :{smallest})",
    )


_INSIDE = "&& ST_MakeEnvelope(:west, :south, :east, :north, 4326)"
_AROUND = (
    "WITH around AS MATERIALIZED (SELECT kind, name, layer, ST_Transform(shape, 3857) AS g "
    "FROM surrounding WHERE edition_id = :edition AND kind = ANY(:kinds) AND layer >= 0 "
    f"AND shape {_INSIDE}), lines AS (SELECT kind, name, nullif(layer, 0)::int AS level, "
    "(ST_Dump(g)).geom AS g FROM around WHERE ST_Dimension(g) = 1) "
)
_OF_STREETS = "class, name, bridge, tunnel, steps, level"
_STREETS = (
    "SELECT class, CASE WHEN class = ANY(:named) THEN name END AS name, bridge, tunnel, steps, "
    f"level, g FROM (SELECT {_CLASS} AS class, name, nullif(is_bridge, false) AS bridge, "
    "nullif(is_tunnel, false) AS tunnel, nullif(is_steps, false) AS steps, "
    "nullif(layer, 0)::int AS level, ST_Transform(path, 3857) AS g FROM street "
    f"WHERE edition_id = :edition AND path {_INSIDE} "
    f"AND (highway = ANY(:highways) OR :with_paths AND highway NOT IN ({_NO_PATHS}))) AS walkable "
    "UNION ALL SELECT 'motorway', CASE WHEN :z >= 11 THEN name END, nullif(level > 0, false), "
    "NULL, NULL, level, g FROM lines WHERE kind = 'motorway'"
)
_RAILWAY = "SELECT level, g FROM lines WHERE kind = 'railway'"
_WALLS = "SELECT kind, g FROM lines WHERE kind IN ('wall', 'fence', 'hedge', 'cliff')"
_NAMED_BUILDING = "CASE WHEN :names_buildings THEN name END AS name"
_LAYERS = (
    _layer("streets", _OF_STREETS, _merged(_OF_STREETS, _STREETS)),
    _surfaces("water", "water", "smallest"),
    _surfaces("green", "green", "smallest"),
    _layer("railway", "level", _merged("level", _RAILWAY)),
    _surfaces("buildings", "building", "smallest_building", _NAMED_BUILDING),
    _layer("walls", "kind", _merged("kind", _WALLS)),
)
_SQL = f"{_AROUND} SELECT {' || '.join(_LAYERS)}"

MARK = hashlib.blake2b(
    repr((_SQL, _FROM_ZOOM, _NAMED_FROM_ZOOM, _SURROUNDINGS_FROM_ZOOM, EXACT_FROM_ZOOM)).encode(),
    digest_size=4,
).hexdigest()
"""Changes when the same streets are drawn otherwise; part of the address and tag of a tile."""
