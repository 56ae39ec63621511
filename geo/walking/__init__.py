"""The walking search: exact nearest stations over the street network."""

from geo.walking.graph import Pace, Snapped, Snapping, WalkingGraph, empty_network
from geo.walking.labels import labels_of_every_node, nearest_of_every_node
from geo.walking.nearest import (
    Nearest,
    NearestMany,
    asked,
    nearest,
    nearest_many,
)
from geo.walking.prepared import DEFAULT_CAP_METRES, OpenWhen, Prepared
from geo.walking.search import CLOSED, OPEN, UNKNOWN
from geo.walking.stations import StationsOnStreets

__all__ = [
    "CLOSED",
    "DEFAULT_CAP_METRES",
    "OPEN",
    "UNKNOWN",
    "Nearest",
    "NearestMany",
    "OpenWhen",
    "Pace",
    "Prepared",
    "Snapped",
    "Snapping",
    "StationsOnStreets",
    "WalkingGraph",
    "asked",
    "empty_network",
    "labels_of_every_node",
    "nearest",
    "nearest_many",
    "nearest_of_every_node",
]
