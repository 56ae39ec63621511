"""Polygons of one edition as vector tiles from memory: areas, outlines of clusters.

Each shape is there once for each band of zooms, lighter from band to band; areas that share their
borders keep one common line in every band. A tile is cut out of the band it lies in.

* :mod:`~maps.tiles.polygons.bands`: the shapes, made lighter band by band
* :mod:`~maps.tiles.polygons.draw`: cutting and writing
* :mod:`~maps.tiles.polygons.layer`: a layer with its properties
* :mod:`~maps.tiles.polygons.store`: the layers and tiles of a process
"""

from maps.tiles.polygons.layer import PolygonLayer
from maps.tiles.polygons.store import PolygonTiles

__all__ = ["PolygonLayer", "PolygonTiles"]
