"""The walking search: right in every case, and what a question costs beside other searches.

Right: 1,000 random people × 8 filters over 5,000 random stations on Heidelberg's streets, against
scipy's float64 Dijkstra on the network with every bend a node (`tests/walking_oracle.py`; feet by
shapely). Cost: 25,000 stations on Heidelberg and on the generated city of 900,000 street nodes, CPU
time of client and server. The peers on the network search our junction graph with the stations and
people put in as nodes beforehand, so that their snapping is free; ours is in its figure. What each
junction knows of the stations around it is made beforehand, as a service does when it starts; right
answers are counted with it and without.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from geo.database import Database
from geo.streets import StreetNetwork
from geo.walking import Prepared, StationsOnStreets, WalkingGraph, nearest_many
from geo.walking.vicinity import survey

sys.path.append(str(Path(__file__).resolve().parent))
sys.path.append(str(Path(__file__).resolve().parents[1]))
import generated
from generated import scattered
from walking_oracle import Oracle, agrees
from walking_peers import LIMIT, K, Peers

PEOPLE = 1_000
STATIONS = 5_000
SHARES = (1.0, 0.5, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
BAR_METRES = 0.1
COST_PEOPLE = 200
SLOW_PEOPLE = 40
ROUNDS = 3
BARS = {"PostGIS straight line": 10.0, "rustworkx early stop": 8.0, "pgRouting in a box": 100.0}
BAR_TAIL = 0.5
BAR_START = 3.0


def run(database: Database) -> Iterator[dict[str, Any]]:
    """Records: share of right answers, greatest error, cost of a question; some five minutes."""
    real = generated.heidelberg()
    if real is None:
        yield _missing("walking: right answers on Heidelberg")
    else:
        network, graph = real
        stations = StationsOnStreets(graph, *scattered(network, STATIONS, 1))
        yield from _right(network, stations, *scattered(network, PEOPLE, 2), "searched")
        survey(stations)
        yield from _right(network, stations, *scattered(network, PEOPLE, 2), "with the table")
        dense = StationsOnStreets(graph, *scattered(network, generated.STATIONS, 1))
        yield from _cost("Heidelberg", database, dense, *scattered(network, COST_PEOPLE, 2))
    streets, city = generated.network(), generated.stations()
    yield from _cost("the generated city", database, city, *scattered(streets, COST_PEOPLE, 2))
    yield _rare(city, *scattered(streets, PEOPLE, 3))
    yield _start(city)


def _missing(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "ours": None,
        "peer": None,
        "ratio": None,
        "unit": "%",
        "bar": "100 %",
        "holds": None,
        "note": f"needs ../shared/data/networks/{generated.HEIDELBERG}",
    }


def _right(
    network: StreetNetwork,
    stations: StationsOnStreets,
    lon: np.ndarray,
    lat: np.ndarray,
    how: str,
) -> list[dict[str, Any]]:
    oracle = Oracle(network)
    places = zip(stations.lon, stations.lat, strict=True)
    feet = [oracle.foot(*place) for place in places]
    walkers = [oracle.foot(*place) for place in zip(lon, lat, strict=True)]
    metres = oracle.distances(walkers, feet, LIMIT)
    random = np.random.default_rng(3)
    asked = right = full = 0
    worst = 0.0
    for share in SHARES:
        allowed = random.random(STATIONS) < share
        allowed[random.integers(0, STATIONS)] = True
        many = nearest_many(stations, lon, lat, K, max_metres=LIMIT, allow=allowed)
        for row, walker in enumerate(walkers):
            found = slice(0, max(int(many.count[row]), 0))
            fine, error = agrees(
                many.station[row, found], many.metres[row, found], metres[row], allowed, K, LIMIT
            )
            asked += 1
            full += many.count[row] == K
            right += fine and bool(many.straight_line[row]) == (walker is None)
            worst = max(worst, error)
    return [
        {
            "name": f"walking: right answers on Heidelberg, {how}",
            "ours": 100.0 * right / asked,
            "peer": 100.0,
            "ratio": None,
            "unit": "%",
            "bar": "100 %",
            "holds": right == asked,
            "note": f"{asked} questions, {full} with all {K} found, against scipy",
        },
        {
            "name": f"walking: greatest error on Heidelberg, {how}",
            "ours": worst,
            "peer": 0.0,
            "ratio": None,
            "unit": "m",
            "bar": f"<= {BAR_METRES:g} m",
            "holds": worst <= BAR_METRES,
            "note": "whole way, off-street metres included, against scipy",
        },
    ]


# ---------------------------------------------------------------------- cost
def _cost(
    where: str, database: Database, stations: StationsOnStreets, lon: np.ndarray, lat: np.ndarray
) -> Iterator[dict[str, Any]]:
    pairs = list(zip(lon.tolist(), lat.tolist(), strict=True))
    survey(stations)
    question = Prepared(stations, K, max_metres=LIMIT)

    def one_by_one() -> list[list[int]]:
        found = []
        for place in pairs:
            count, room = question.one(*place)
            found.append(room.station[:count].tolist())
        return found

    def batch() -> list[list[int]]:
        many = nearest_many(stations, lon, lat, K, max_metres=LIMIT)
        return [row[:count].tolist() for row, count in zip(many.station, many.count, strict=True)]

    peers = Peers(stations, lon, lat)
    few = Peers(stations, lon[:SLOW_PEOPLE], lat[:SLOW_PEOPLE])
    straight, server = peers.postgis(database)
    routing = few.pgrouting(database)
    here = time.process_time
    sides: dict[str, tuple[Callable[[], list[list[int]]] | None, Callable[[], float]]] = {
        "ours": (one_by_one, here),
        "batch": (batch, here),
        "PostGIS straight line": (straight, lambda: here() + server()),
        "rustworkx early stop": (peers.rustworkx(), here),
        "pgRouting in a box": (None, here),
        "scipy dijkstra(limit), doubling": (few.scipy(), here),
    }
    if routing is not None:
        box, its_server = routing
        sides["pgRouting in a box"] = (box, lambda: here() + its_server())
    answers = {name: side() for name, (side, _) in sides.items() if side is not None}
    turns: dict[str, list[float]] = {name: [] for name in answers}
    for _ in range(ROUNDS):
        for name, times in turns.items():
            side, clock = sides[name]
            assert side is not None
            # A server's clock ticks in hundredths of a second: ask often enough.
            repeats = 20 if name in ("ours", "batch") else 5 if "PostGIS" in name else 1
            start = clock()
            for _ in range(repeats):
                side()
            times.append((clock() - start) / repeats / len(answers[name]) * 1e6)
    cost = {name: min(times) for name, times in turns.items()}
    for name in list(sides)[2:]:
        if name not in cost:
            yield _record(where, name, cost["ours"], None, "not installed here")
            continue
        mine, theirs = answers["ours"], answers[name]
        same = sum(set(a) == set(b) for a, b in zip(mine, theirs, strict=False))
        yield _record(
            where,
            name,
            cost["ours"],
            cost[name],
            f"the same {K} in {same} of {len(theirs)}; in a batch ours takes {cost['batch']:.1f}",
        )


def _record(where: str, name: str, ours: float, peer: float | None, note: str) -> dict[str, Any]:
    bar = BARS.get(name)
    ratio = None if peer is None else peer / ours
    return {
        "name": f"walking: a question in {where}, beside {name}",
        "ours": ours,
        "peer": peer,
        "ratio": ratio,
        "unit": "µs CPU",
        "bar": None if bar is None else f">= {bar:g} ×",
        "holds": None if bar is None or ratio is None else ratio >= bar,
        "note": note,
    }


def _rare(stations: StationsOnStreets, lon: np.ndarray, lat: np.ndarray) -> dict[str, Any]:
    """Questions that one station in a hundred answers: the whole neighbourhood is walked."""
    allowed = np.random.default_rng(4).random(len(stations)) < 0.01
    question = Prepared(stations, K, max_metres=3_000, allow=allowed)
    question.one(float(lon[0]), float(lat[0]))
    best = np.full(len(lon), np.inf)
    for _ in range(5):
        for row, place in enumerate(zip(lon.tolist(), lat.tolist(), strict=True)):
            start = time.perf_counter()
            question.one(*place)
            best[row] = min(best[row], time.perf_counter() - start)
    tail = 1000 * float(np.quantile(best, 0.99))
    return {
        "name": "walking: one station in a hundred passes, cap 3 km, 99th percentile",
        "ours": tail,
        "peer": None,
        "ratio": None,
        "unit": "ms",
        "bar": f"<= {BAR_TAIL:g} ms",
        "holds": tail <= BAR_TAIL,
        "note": f"the generated city; mean {1000 * best.mean():.3f} ms; each the best of five",
    }


def _start(stations: StationsOnStreets) -> dict[str, Any]:
    """From the snapshot file to the first answer, in this process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "streets.npz"
        stations.graph.save(path)
        start = time.perf_counter()
        again = StationsOnStreets(WalkingGraph.load(path), stations.lon, stations.lat)
        Prepared(again, K).one(float(stations.lon[0]), float(stations.lat[0]))
        seconds = time.perf_counter() - start
        size = path.stat().st_size
    return {
        "name": "walking: from the snapshot to the first answer",
        "ours": seconds,
        "peer": None,
        "ratio": None,
        "unit": "s",
        "bar": f"<= {BAR_START:g} s",
        "holds": seconds <= BAR_START,
        "note": f"the generated city, {size / 2**20:.0f} MiB",
    }


if __name__ == "__main__":
    print(__doc__)
