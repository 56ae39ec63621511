"""Lines across pedestrian areas, which OpenStreetMap draws as their border only.

Rule: the border can be walked. Between the *gates* (points of the border where other streets meet
it) straight lines are added wherever they stay inside the area: between all pairs when there are at
most eight gates, else from one point inside the area to each gate it can see. Where lines cross one
can turn. The line of sight is exact for convex areas; in others the border fills in.
"""

from __future__ import annotations

import numpy as np
import shapely

from geo.streets.network import Longs

GATES_FOR_PAIRS = 8
BORDER_TOLERANCE = 1.0  # one step of OpenStreetMap's coordinates, a centimetre


def lines_across(ring: Longs, gates: Longs) -> Longs:
    """The lines to add inside one area, cut where they cross.

    Args:
        ring: (n + 1, 2) the closed border, longitude and latitude in units of 1e-7 degrees.
        gates: positions in `ring` (0 … n - 1) where other streets meet it, ascending.

    Returns:
        (lines, 2, 2) the ends of each line in the same units. Ends that are no gate are crossings.
    """
    nothing = np.empty((0, 2, 2), np.int64)
    origin = ring[0]
    border = (ring - origin).astype(np.float64)
    area = shapely.Polygon(border)
    if len(gates) < 2 or not area.is_valid or area.area == 0:
        return nothing
    inside = area.buffer(BORDER_TOLERANCE)
    shapely.prepare(inside)
    if len(gates) > GATES_FOR_PAIRS:
        centre = np.round(area.representative_point().coords[0])
        ends = np.stack((border[gates], np.broadcast_to(centre, (len(gates), 2))), axis=1)
    else:
        one, other = np.triu_indices(len(gates), k=1)
        gap = gates[other] - gates[one]
        # Between neighbours on the border there is the border.
        apart = (gap > 1) & (gap < len(ring) - 2)
        ends = np.stack((border[gates[one[apart]]], border[gates[other[apart]]]), axis=1)
    if not len(ends):
        return nothing
    lines = np.asarray(shapely.linestrings(ends))
    seen = lines[shapely.covers(inside, lines)]
    if len(gates) > GATES_FOR_PAIRS and len(seen) < 2:
        return nothing
    # Meeting points are rounded to the same units as all coordinates.
    cut = shapely.get_parts(shapely.union_all(seen, grid_size=1.0))
    points, line = shapely.get_coordinates(cut, return_index=True)
    same = line[1:] == line[:-1]
    pieces = np.stack((points[:-1][same], points[1:][same]), axis=1)
    across: Longs = np.round(pieces).astype(np.int64) + origin
    return across
