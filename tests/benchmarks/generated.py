"""The generated city of 900,000 street nodes with 25,000 stations, made once for all benchmarks of
a run."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.csv

from geo.sample import write_city
from geo.streets import StreetNetwork, read_osm
from geo.walking import StationsOnStreets, WalkingGraph

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "networks"
HEIDELBERG = "heidelberg.osm.pbf"
STATIONS = 25_000


@functools.cache
def folder() -> Path:
    """Where its files lie; removed with the process."""
    directory = tempfile.TemporaryDirectory(prefix="nuanyi-huge-")
    _kept.append(directory)
    write_city(Path(directory.name), "huge")
    return Path(directory.name)


_kept: list[tempfile.TemporaryDirectory[str]] = []


@functools.cache
def network() -> StreetNetwork:
    """Its streets."""
    return read_osm(folder() / "streets.osm.pbf")


@functools.cache
def graph() -> WalkingGraph:
    """The same, made ready."""
    return WalkingGraph.build(network())


@functools.cache
def stations() -> StationsOnStreets:
    """Its 25,000 stations; those without coordinates are put where others are."""
    table = pyarrow.csv.read_csv(folder() / "stations.csv")
    lon, lat = (table[name].to_numpy().astype(float) for name in ("经度", "纬度"))
    placed = np.isfinite(lon)
    where = np.random.default_rng(1).choice(np.flatnonzero(placed), STATIONS)
    where[placed] = np.flatnonzero(placed)
    return StationsOnStreets(graph(), lon[where], lat[where])


@functools.cache
def heidelberg() -> tuple[StreetNetwork, WalkingGraph] | None:
    """Heidelberg's streets, where the development data are."""
    path = DATA / HEIDELBERG
    if not path.exists():
        return None
    streets = read_osm(path)
    return streets, WalkingGraph.build(streets)


def scattered(streets: StreetNetwork, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Places near streets, as dense as the junctions."""
    random = np.random.default_rng(seed)
    node = random.integers(0, streets.nodes, count)
    lat = streets.node_lat[node] + random.normal(0, 60, count) / 111_200
    scale = 111_320 * np.cos(np.radians(streets.node_lat[node]))
    return streets.node_lon[node] + random.normal(0, 60, count) / scale, lat
