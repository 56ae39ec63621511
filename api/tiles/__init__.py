"""`/tiles` and `/map/style.json`: our own maps as vector tiles.

`base` is the map and its stations, drawn by PostGIS and open to anyone; `enterprises`, `areas` and
`clusters` are drawn from memory and ask for the key; `style` is how a browser draws the base.
`asked` is what all of them share, `shortcut` the short way to a tile of enterprises.
"""

from fastapi import APIRouter

from api.tiles import areas, base, clusters, enterprises, style
from api.tiles.areas import area_tile
from api.tiles.asked import FOR_EVER, UNTIL_ASKED
from api.tiles.base import base_tile, station_tile
from api.tiles.clusters import cluster_tile
from api.tiles.enterprises import enterprise_tile
from api.tiles.style import style_of_map

router = APIRouter()
for part in (base, enterprises, areas, clusters, style):
    router.include_router(part.router)

__all__ = [
    "FOR_EVER",
    "UNTIL_ASKED",
    "area_tile",
    "base_tile",
    "cluster_tile",
    "enterprise_tile",
    "router",
    "station_tile",
    "style_of_map",
]
