"""The coverage map: rates by area, stations, and clusters of enterprises without a union."""

from maps.coverage.page import draw
from maps.coverage.view import (
    AreaMark,
    ClusterMark,
    CoverageView,
    Rate,
    RateLike,
    StationMark,
)
from maps.editions import EditionLine

__all__ = [
    "AreaMark",
    "ClusterMark",
    "CoverageView",
    "EditionLine",
    "Rate",
    "RateLike",
    "StationMark",
    "draw",
]
