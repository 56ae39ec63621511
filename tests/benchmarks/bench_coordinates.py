"""GCJ-02 and BD-09 back to WGS 84: how exact and how fast, beside the package `coordtransform`.

CPU time of one thread, both sides in turns on the same million positions; the median turn counts.
The true positions are those the public formula was applied to.
"""

from __future__ import annotations

import importlib
import statistics
import time
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.coordinates import from_wgs84, geodesic_metres, to_wgs84

POINTS = 1_000_000
TURNS = 5
BAR_MILLIMETRES = 1.0
BAR_POINTS_PER_SECOND = 500_000
NO_PEER = "peer not installed: pip install nuanyi[peers]"

Floats = NDArray[np.float64]
Inverse = Callable[[Floats, Floats], tuple[Floats, Floats]]


def _positions(count: int) -> tuple[Floats, Floats]:
    """Random positions of the mainland's rectangle without Hong Kong, Macao and Taiwan, where no
    offset applies and neither side is asked to do anything."""
    random = np.random.default_rng(2026)
    lon, lat = random.uniform(73.7, 134.7, 2 * count), random.uniform(18.2, 53.4, 2 * count)
    without = shapely.union_all(
        [shapely.box(113.45, 22.0, 114.6, 22.6), shapely.box(119.0, 21.5, 122.5, 26.0)]
    )
    kept = np.flatnonzero(~shapely.intersects_xy(without, lon, lat))[:count]
    return lon[kept], lat[kept]


def _peer(crs: str) -> Inverse | None:
    try:
        module: Any = importlib.import_module("coordTransform")
    except ImportError:
        return None
    convert = getattr(module, f"{crs}_to_wgs84")

    def inverse(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        # Newer releases take whole arrays, older ones a point a call.
        try:
            out = np.asarray(convert(lon, lat), dtype=np.float64)
        except TypeError:
            pairs = zip(lon.tolist(), lat.tolist(), strict=True)
            out = np.array([convert(x, y) for x, y in pairs])
        return (out[0], out[1]) if out.shape == (2, len(lon)) else (out[:, 0], out[:, 1])

    return inverse


def _seconds(sides: dict[str, Inverse], lon: Floats, lat: Floats) -> dict[str, float]:
    turns: dict[str, list[float]] = {name: [] for name in sides}
    for name, side in sides.items():
        side(lon[:1000], lat[:1000])  # compiled code is loaded outside of the measurement
        del name
    for _ in range(TURNS):
        for name, side in sides.items():
            start = time.process_time()
            side(lon, lat)
            turns[name].append(time.process_time() - start)
    return {name: statistics.median(seconds) for name, seconds in turns.items()}


def run(points: int = POINTS) -> list[dict[str, Any]]:
    """Four records: the largest error and the rate of each inverse."""
    lon, lat = _positions(points)
    records: list[dict[str, Any]] = []
    systems: tuple[Literal["gcj02", "bd09"], ...] = ("gcj02", "bd09")
    for crs in systems:
        moved = from_wgs84(lon, lat, crs)

        def ours(
            x: Floats, y: Floats, crs: Literal["gcj02", "bd09"] = crs
        ) -> tuple[Floats, Floats]:
            return to_wgs84(x, y, crs)

        peer = _peer(crs)
        sides: dict[str, Inverse] = {"ours": ours} | ({"peer": peer} if peer else {})
        error = {
            name: float(geodesic_metres(*side(*moved), lon, lat).max()) * 1000
            for name, side in sides.items()
        }
        rate = {name: points / seconds for name, seconds in _seconds(sides, *moved).items()}
        note = {} if peer else {"note": NO_PEER}
        records += [
            {
                "name": f"coordinates: largest error of {crs} to wgs84",
                "ours": error["ours"],
                "peer": error.get("peer"),
                "ratio": error["peer"] / error["ours"] if peer else None,
                "unit": "mm",
                "bar": f"<= {BAR_MILLIMETRES:g} mm",
                "holds": error["ours"] <= BAR_MILLIMETRES,
                **note,
            },
            {
                "name": f"coordinates: rate of {crs} to wgs84",
                "ours": rate["ours"],
                "peer": rate.get("peer"),
                "ratio": rate["ours"] / rate["peer"] if peer else None,
                "unit": "points/s",
                "bar": f">= {BAR_POINTS_PER_SECOND:,} points/s",
                "holds": rate["ours"] >= BAR_POINTS_PER_SECOND,
                **note,
            },
        ]
    return records


if __name__ == "__main__":
    for record in run():
        print(record)
