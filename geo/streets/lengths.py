"""Lengths of many lines on the ellipsoid at once."""

from __future__ import annotations

import numpy as np

from geo.coordinates import geodesic_metres
from geo.streets.network import Floats, Longs


def segment_lengths(lon: Floats, lat: Floats) -> Floats:
    """(C - 1,) geodesic distance (Karney 2013) between each point and the next, metres.

    Args:
        lon, lat: (C,) WGS 84 degrees.
    """
    return geodesic_metres(lon[:-1], lat[:-1], lon[1:], lat[1:])


def path_lengths(lon: Floats, lat: Floats, offsets: Longs) -> Floats:
    """(M,) geodesic length of each of many lines of at least two points, metres.

    Args:
        lon, lat: (C,) the points of all lines, WGS 84 degrees.
        offsets: (M + 1,) line `i` is points `offsets[i]:offsets[i + 1]`.
    """
    if len(offsets) < 2:
        return np.empty(0)
    metres = np.append(segment_lengths(lon, lat), 0.0)
    metres[offsets[1:] - 1] = 0.0  # from one line's end to the next one's beginning
    lengths: Floats = np.add.reduceat(metres, offsets[:-1])
    return lengths
