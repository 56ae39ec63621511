"""Reads vector tiles with GDAL, which knows nothing of PostGIS's writing of them."""

import gzip
import math
from pathlib import Path

import geopandas as gpd
import pyogrio

WORLD = 2 * math.pi * 6378137
EXTENT = 4096


def read_tile(
    content: bytes, tile: tuple[int, int, int], folder: Path
) -> dict[str, gpd.GeoDataFrame]:
    """Layers of a tile (gzip or plain), in metres of Web Mercator. GDAL places them by the name
    of the file."""
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    z, x, y = tile
    path = folder / str(z) / str(x) / f"{y}.mvt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    names = [name for name, _ in pyogrio.list_layers(path)]
    return {
        name: pyogrio.read_dataframe(path, layer=name, CLIP="NO", use_arrow=True) for name in names
    }


def unit(z: int) -> float:
    """Length of a tile's unit, in metres of Web Mercator."""
    return WORLD / 2**z / EXTENT


def tile_of(lon: float, lat: float, z: int) -> tuple[int, int]:
    """Column and row of the tile that holds a place, by the textbook's formula."""
    span = 2**z
    across = (lon + 180) / 360 * span
    lat = max(min(lat, 89.999999), -89.999999)
    down = (1 - math.log(math.tan(math.radians(45 + lat / 2))) / math.pi) / 2 * span
    return min(max(int(across // 1), 0), span - 1), min(max(int(down // 1), 0), span - 1)


def bounds(z: int, x: int, y: int) -> tuple[float, float, float, float]:
    """West, south, east, north in metres of Web Mercator."""
    side = WORLD / 2**z
    west, north = x * side - WORLD / 2, WORLD / 2 - y * side
    return west, north - side, west + side, north
