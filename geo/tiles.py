"""Addresses of map tiles: the Web Mercator pyramid that every browser map asks in.

Zoom `z` divides the square world of Web Mercator (EPSG:3857) into 2^z × 2^z tiles; column `x`
counts from 180° west, row `y` from 85.05° north (OGC Tile Matrix Set WebMercatorQuad).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from geo.errors import Invalid
from geo.filters import Box

LARGEST_ZOOM = 16
"""A unit of a tile is then 0.15 m; nearer views stretch these tiles."""
EXTENT = 4096
"""Units along the side of a tile."""
WORLD_METRES = 2 * math.pi * 6378137
"""Side of the Web Mercator square."""


def check_address(z: int, x: int, y: int, largest: int = LARGEST_ZOOM) -> None:
    """See that there is such a tile.

    Raises:
        Invalid: zoom, column or row are outside the pyramid.
    """
    if not 0 <= z <= largest:
        raise Invalid(
            f"没有第 {z} 级瓦片。 There are no tiles of zoom {z}.",
            remedy=f"Ask for zoom 0 to {largest}.",
            field="z",
        )
    for field, value in (("x", x), ("y", y)):
        if not 0 <= value < 1 << z:
            raise Invalid(
                f"第 {z} 级没有这块瓦片。 Zoom {z} has no such tile.",
                remedy=f"x and y are whole numbers from 0 to {(1 << z) - 1}.",
                field=field,
            )


@dataclass(frozen=True, slots=True)
class TileAddress:
    """One tile of the pyramid."""

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        check_address(self.z, self.x, self.y)

    @property
    def unit_metres(self) -> float:
        """Length of a unit of this tile in metres of Web Mercator (on the ground times cos φ)."""
        return WORLD_METRES / (1 << self.z) / EXTENT

    def bounds(self, units: float = 0) -> Box:
        """West, south, east and north in degrees, so many units wider on each side. Within the
        world: at its edge the box ends there, but the outermost rows reach to the poles."""
        span = 1 << self.z
        margin = units / EXTENT
        west, east = (360 * (at / span) - 180 for at in (self.x - margin, self.x + 1 + margin))
        north = 90.0 if self.y == 0 else _latitude((self.y - margin) / span)
        south = -90.0 if self.y == span - 1 else _latitude((self.y + 1 + margin) / span)
        return max(west, -180.0), south, min(east, 180.0), north


def _latitude(down: float) -> float:
    """Latitude of a place so far down the square, 0 at its top and 1 at its foot."""
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * down))))
