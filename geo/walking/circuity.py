"""How much longer the walk is than the straight line, here: what a phone without a network orders
stations by. (Circuity: Levinson & El-Geneidy, "The minimum circuity frontier and the journey to
work", Regional Science and Urban Economics 39, 2009.)"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geo.coordinates import geodesic_metres
from geo.walking.arrays import Floats
from geo.walking.nearest import nearest_many
from geo.walking.stations import StationsOnStreets

USUAL = 1.3
"""Where nothing can be measured: mean walk ÷ line of the first station in Porto was 1.29 (300
random positions), published values for cities are 1.1 to 1.4."""
NEIGHBOURS = 5
SAMPLE = 200
FEWEST_PAIRS = 10
SHORTEST_METRES = 100.0
"""Nearer than this the line is mostly the width of a street."""
FARTHEST_METRES = 3000.0


def detour_factor(
    stations: StationsOnStreets, lon: Floats, lat: Floats, here: npt.NDArray[np.bool_]
) -> float | None:
    """The median of walking distance ÷ straight line between places of a neighbourhood and the
    five stations nearest to each on foot.

    The places are the stations of the neighbourhood and its street corners, at most 200 of each,
    evenly picked in the order of the network, so that the same data give the same number.

    Args:
        stations: on their streets.
        lon, lat: (V,) vertices of the streets, WGS 84.
        here: (V + S,) which of the vertices and then of the stations lie in the neighbourhood.

    Returns:
        The factor, at least 1, to two decimals; None where fewer than ten pairs can be walked.

    Cost: one search of some 20 µs a place: 1 to 10 ms.
    """
    vertices = _evenly(np.flatnonzero(here[: len(lon)]))
    own = _evenly(np.flatnonzero(here[len(lon) :]))
    x = np.concatenate([lon[vertices], stations.lon[own]])
    y = np.concatenate([lat[vertices], stations.lat[own]])
    if not len(x) or not len(stations):
        return None
    found = nearest_many(stations, x, y, NEIGHBOURS, max_metres=FARTHEST_METRES)
    walked = (found.station >= 0) & ~found.straight_line[:, None]
    place, rank = np.nonzero(walked)
    number = found.station[place, rank]
    line = geodesic_metres(x[place], y[place], stations.lon[number], stations.lat[number])
    far = line >= SHORTEST_METRES
    if int(far.sum()) < FEWEST_PAIRS:
        return None
    factor = float(np.median(found.metres[place, rank][far] / line[far]))
    return round(max(1.0, factor), 2)


def _evenly(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """At most :data:`SAMPLE` of them, evenly spread."""
    if len(numbers) <= SAMPLE:
        return numbers
    return numbers[np.linspace(0, len(numbers) - 1, SAMPLE).astype(np.int64)]
