"""The walking search: exact nearest stations over the street network."""

from geo.walking.graph import Pace, Snapped, Snapping, WalkingGraph, empty_network
from geo.walking.nearest import (
    DEFAULT_CAP_METRES,
    Nearest,
    NearestMany,
    OpenWhen,
    nearest,
    nearest_everywhere,
    nearest_many,
)
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
    "Snapped",
    "Snapping",
    "StationsOnStreets",
    "WalkingGraph",
    "empty_network",
    "nearest",
    "nearest_everywhere",
    "nearest_many",
]
