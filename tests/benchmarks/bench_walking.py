"""The walking search: right in every case, and what a question costs beside other searches.

Right: 1,000 random people × 8 filters over 5,000 random stations on Heidelberg's streets, against
scipy's float64 Dijkstra on the network with every bend a node (`tests/walking_oracle.py`; feet by
shapely). Cost: CPU time of one thread; the peers search our junction graph with the stations and
people put in as nodes beforehand, so that their snapping is free.
"""

from __future__ import annotations

import importlib
import itertools
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from geo.streets import StreetNetwork, read_osm
from geo.walking import StationsOnStreets, WalkingGraph, nearest, nearest_many

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from walking_oracle import Oracle, agrees

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "networks"
FILE = "heidelberg.osm.pbf"
PEOPLE = 1_000
STATIONS = 5_000
SHARES = (1.0, 0.5, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
K = 5
LIMIT = 5_000.0
BAR_METRES = 0.1
COST_PEOPLE = 200


def _scattered(network: StreetNetwork, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Places near streets, as dense as the junctions."""
    random = np.random.default_rng(seed)
    node = random.integers(0, network.nodes, count)
    lat = network.node_lat[node] + random.normal(0, 60, count) / 111_200
    scale = 111_320 * np.cos(np.radians(network.node_lat[node]))
    return network.node_lon[node] + random.normal(0, 60, count) / scale, lat


def run(people: int = PEOPLE) -> list[dict[str, Any]]:
    """Records: share of right answers, greatest error, cost of a question."""
    path = DATA / FILE
    if not path.exists():
        return [
            {
                "name": "walking: right answers on Heidelberg",
                "ours": None,
                "peer": None,
                "ratio": None,
                "unit": "%",
                "bar": "100 %",
                "holds": None,
                "note": f"needs ../shared/data/networks/{FILE}",
            }
        ]
    network = read_osm(path)
    stations = StationsOnStreets(WalkingGraph.build(network), *_scattered(network, STATIONS, 1))
    lon, lat = _scattered(network, people, 2)
    return _right(network, stations, lon, lat) + _cost(stations, lon, lat)


def _right(
    network: StreetNetwork, stations: StationsOnStreets, lon: np.ndarray, lat: np.ndarray
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
            "name": "walking: right answers on Heidelberg",
            "ours": 100.0 * right / asked,
            "peer": 100.0,
            "ratio": None,
            "unit": "%",
            "bar": "100 %",
            "holds": right == asked,
            "note": f"{asked} questions, {full} with all {K} found, against scipy",
        },
        {
            "name": "walking: greatest error on Heidelberg",
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
def _cost(stations: StationsOnStreets, lon: np.ndarray, lat: np.ndarray) -> list[dict[str, Any]]:
    lon, lat = lon[:COST_PEOPLE], lat[:COST_PEOPLE]
    pairs = list(zip(lon.tolist(), lat.tolist(), strict=True))
    edges, weights, total = _as_graph(stations, lon, lat)

    def one_by_one() -> list[list[int]]:
        return [nearest(stations, *place, K, max_metres=LIMIT).station.tolist() for place in pairs]

    def batch() -> list[list[int]]:
        many = nearest_many(stations, lon, lat, K, max_metres=LIMIT)
        return [row[:count].tolist() for row, count in zip(many.station, many.count, strict=True)]

    sides = {"ours": one_by_one, "batch": batch, "scipy": _scipy(edges, weights, total)}
    if rustworkx := _rustworkx(edges, weights, total):
        sides["rustworkx"] = rustworkx
    answers = {name: side() for name, side in sides.items()}
    turns: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(3):
        for name, side in sides.items():
            start = time.process_time()
            side()
            turns[name].append(time.process_time() - start)
    cost = {name: 1e6 * min(times) / COST_PEOPLE for name, times in turns.items()}

    def agreeing(name: str) -> str:
        same = sum(a == b for a, b in zip(answers["ours"], answers[name], strict=True))
        return f"the same {K} in {same} of {COST_PEOPLE}"

    records = []
    for name, label in (
        ("scipy", "scipy dijkstra(limit), doubling"),
        ("rustworkx", "rustworkx early stop"),
    ):
        known = name in cost
        records.append(
            {
                "name": f"walking: a question, beside {label}",
                "ours": cost["ours"],
                "peer": cost.get(name),
                "ratio": cost[name] / cost["ours"] if known else None,
                "unit": "µs CPU",
                "bar": None,
                "holds": None,
                "note": f"{agreeing(name)}; in a batch ours takes {cost['batch']:.1f}"
                if known
                else "peer not installed: pip install nuanyi[peers]",
            }
        )
    return records


def _as_graph(
    stations: StationsOnStreets, lon: np.ndarray, lat: np.ndarray
) -> tuple[np.ndarray, np.ndarray, int]:
    """The junction graph with stations and people as nodes: junctions, then stations, then people.
    Each foot splits its chain; off-street metres are leaves' edges."""
    streets = stations.graph.streets
    snapped = stations.graph.snap(lon, lat)
    chain = np.concatenate((stations.snapped.chain, snapped.chain))
    at = np.concatenate((stations.snapped.metres, snapped.metres))
    off = np.concatenate((stations.snapped.off_street, snapped.off_street))
    junctions, count = len(streets.junction_lon), len(chain)
    order = np.lexsort((at, chain))
    order = order[chain[order] >= 0]
    edges: list[tuple[int, int]] = []
    weights: list[float] = []
    taken = np.zeros(stations.graph.chains, bool)
    groups = np.split(order, np.flatnonzero(np.diff(chain[order])) + 1)
    for group in groups:
        here = int(chain[group[0]])
        taken[here] = True
        nodes = [streets.chain_end[here, 0], *(junctions + group), streets.chain_end[here, 1]]
        stops = [0.0, *at[group], streets.chain_metres[here]]
        edges += itertools.pairwise(nodes)
        weights += np.diff(stops).tolist()
    # The place itself, beside its foot on the street.
    edges += [(junctions + i, junctions + count + i) for i in order]
    weights += off[order].tolist()
    free = ~taken
    return (
        np.concatenate((np.array(edges), streets.chain_end[free])).astype(np.int64),
        np.maximum(np.concatenate((weights, streets.chain_metres[free])), 1e-9),
        junctions + 2 * count,
    )


def _roles(total: int) -> tuple[int, np.ndarray]:
    """The first station's node, and the people's nodes."""
    first = total - STATIONS - COST_PEOPLE
    return first, first + STATIONS + np.arange(COST_PEOPLE)


def _scipy(edges: np.ndarray, weights: np.ndarray, total: int) -> Any:
    # Of parallel edges the shortest counts; a sparse matrix would add them up.
    key = edges.min(axis=1) * total + edges.max(axis=1)
    order = np.lexsort((weights, key))
    order = order[np.concatenate(([True], np.diff(key[order]) > 0))]
    matrix = coo_array(
        (weights[order], (edges[order, 0], edges[order, 1])), shape=(total, total)
    ).tocsr()
    matrix = matrix + matrix.T  # once, so that the search need not
    first, people = _roles(total)

    def answer() -> list[list[int]]:
        found = []
        for person in people:
            limit = 500.0
            while True:
                metres = dijkstra(matrix, directed=True, indices=person, limit=limit)
                metres = metres[first : first + STATIONS]
                near = np.flatnonzero(metres <= limit)
                if len(near) >= K or limit >= LIMIT:
                    break
                limit = min(2 * limit, LIMIT)
            found.append(near[np.lexsort((near, metres[near]))][:K].tolist())
        return found

    return answer


def _rustworkx(edges: np.ndarray, weights: np.ndarray, total: int) -> Any:
    try:
        rx: Any = importlib.import_module("rustworkx")
        visit: Any = importlib.import_module("rustworkx.visit")
    except ImportError:
        return None
    graph = rx.PyGraph()
    graph.add_nodes_from(range(total))
    graph.add_edges_from(
        list(zip(edges[:, 0].tolist(), edges[:, 1].tolist(), weights.tolist(), strict=True))
    )
    first, people = _roles(total)

    class Stop(visit.DijkstraVisitor):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            self.found: list[int] = []

        def discover_vertex(self, vertex: int, score: float) -> None:
            if first <= vertex < first + STATIONS:
                self.found.append(vertex - first)
            if len(self.found) == K or score > LIMIT:
                raise visit.StopSearch

    def answer() -> list[list[int]]:
        found = []
        for person in people.tolist():
            visitor = Stop()
            rx.dijkstra_search(graph, [person], lambda weight: weight, visitor)
            found.append(visitor.found)
        return found

    return answer


if __name__ == "__main__":
    for record in run():
        print(record)
