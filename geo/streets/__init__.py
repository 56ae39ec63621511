"""The walkable street network: read from an OpenStreetMap extract, kept in PostGIS, given back as
arrays."""

from geo.streets.network import ReadReport, StreetNetwork
from geo.streets.osm import read_osm
from geo.streets.store import fetch, store
from geo.streets.tags import ACCESS_CLASSES, Way, walkable

__all__ = [
    "ACCESS_CLASSES",
    "ReadReport",
    "StreetNetwork",
    "Way",
    "fetch",
    "read_osm",
    "store",
    "walkable",
]
