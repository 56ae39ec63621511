"""The walkable street network: read from an OpenStreetMap extract, kept in PostGIS, given back as
arrays."""

from geo.streets.network import ReadReport, StreetNetwork
from geo.streets.osm import read_osm
from geo.streets.store import fetch, store
from geo.streets.surroundings import Surroundings
from geo.streets.surroundings_store import fetch_surroundings
from geo.streets.tags import ACCESS_CLASSES, Way, walkable

__all__ = [
    "ACCESS_CLASSES",
    "ReadReport",
    "StreetNetwork",
    "Surroundings",
    "Way",
    "fetch",
    "fetch_surroundings",
    "read_osm",
    "store",
    "walkable",
]
