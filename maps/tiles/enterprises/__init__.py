"""Enterprises as vector tiles from memory: every tile of every zoom as it is now, exact.

A tile is 64 × 64 cells; a cell that has enterprises is one point, at their mean, with how many
there are, how many in each union state, and how many people they employ. Where a tile has few
places it shows each: an enterprise that stands there alone with its id, state and size, and several
at the same coordinates as one point with their sums. Nothing is thinned out and nothing is cut:
the tiles of any zoom add up to the same totals.

* :mod:`~maps.tiles.enterprises.order`: places in Morton order, cells of full tiles
* :mod:`~maps.tiles.enterprises.sums`: sums over cells, changed in place
* :mod:`~maps.tiles.enterprises.draw`: one tile, written as Mapbox Vector Tile
* :mod:`~maps.tiles.enterprises.pyramid`: a register and its choices
* :mod:`~maps.tiles.enterprises.live`: the register in force, finished tiles kept
"""

from maps.tiles.enterprises.live import Finished, LiveTiles
from maps.tiles.enterprises.order import DEEPEST
from maps.tiles.enterprises.pyramid import Choice, Drawn, Pyramid

__all__ = ["DEEPEST", "Choice", "Drawn", "Finished", "LiveTiles", "Pyramid"]
