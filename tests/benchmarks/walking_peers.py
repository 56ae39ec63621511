"""The other ways to the nearest stations that `bench_walking` measures: each a function that
answers all people one by one, with lists of stations."""

from __future__ import annotations

import importlib
import itertools
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import psycopg2
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from geo.database import Actor, Database
from geo.walking import StationsOnStreets

K = 5
LIMIT = 5_000.0
Answers = Callable[[], list[list[int]]]


class Peers:
    """The junction graph with stations and people as nodes, and who answers on it."""

    def __init__(self, stations: StationsOnStreets, lon: np.ndarray, lat: np.ndarray) -> None:
        self.stations, self.lon, self.lat = stations, lon, lat
        self.count = len(stations)
        self.edges, self.weights, self.total = as_graph(stations, lon, lat)
        self.first = self.total - self.count - len(lon)
        self.people = self.first + self.count + np.arange(len(lon))

    def scipy(self) -> Answers:
        """`dijkstra(limit)`, doubling the limit until enough are found."""
        edges, weights, total, first = self.edges, self.weights, self.total, self.first
        # Of parallel edges the shortest counts; a sparse matrix would add them up.
        key = edges.min(axis=1) * total + edges.max(axis=1)
        order = np.lexsort((weights, key))
        order = order[np.concatenate(([True], np.diff(key[order]) > 0))]
        matrix = coo_array(
            (weights[order], (edges[order, 0], edges[order, 1])), shape=(total, total)
        ).tocsr()
        matrix = matrix + matrix.T  # once, so that the search need not

        def answer() -> list[list[int]]:
            found = []
            for person in self.people:
                limit = 500.0
                while True:
                    metres = dijkstra(matrix, directed=True, indices=person, limit=limit)
                    metres = metres[first : first + self.count]
                    near = np.flatnonzero(metres <= limit)
                    if len(near) >= K or limit >= LIMIT:
                        break
                    limit = min(2 * limit, LIMIT)
                found.append(near[np.lexsort((near, metres[near]))][:K].tolist())
            return found

        return answer

    def rustworkx(self) -> Answers | None:
        """`dijkstra_search` with a visitor that stops at the k-th station."""
        try:
            rx: Any = importlib.import_module("rustworkx")
            visit: Any = importlib.import_module("rustworkx.visit")
        except ImportError:
            return None
        graph = rx.PyGraph()
        graph.add_nodes_from(range(self.total))
        ends = (self.edges[:, 0].tolist(), self.edges[:, 1].tolist(), self.weights.tolist())
        graph.add_edges_from(list(zip(*ends, strict=True)))
        first, last = self.first, self.first + self.count

        class Stop(visit.DijkstraVisitor):  # type: ignore[misc,name-defined]
            def __init__(self) -> None:
                self.found: list[int] = []

            def discover_vertex(self, vertex: int, score: float) -> None:
                if first <= vertex < last:
                    self.found.append(vertex - first)
                if len(self.found) == K or score > LIMIT:
                    raise visit.StopSearch

        def answer() -> list[list[int]]:
            found = []
            for person in self.people.tolist():
                visitor = Stop()
                rx.dijkstra_search(graph, [person], lambda weight: weight, visitor)
                found.append(visitor.found)
            return found

        return answer

    def postgis(self, database: Database) -> tuple[Answers, Callable[[], float]]:
        """PostGIS's straight line through psycopg2, prepared, on a geography index; and the CPU
        seconds its server process has taken so far."""
        table = f"station_{self.count}_{self.total}"
        with database.write(Actor("bench")) as writer:
            writer.execute(f"CREATE TABLE {table} (id int, x float8, y float8)")
            columns = {"id": range(self.count), "x": self.stations.lon, "y": self.stations.lat}
            writer.copy_in(table, ["id", "x", "y"], pa.table(columns))
            writer.execute(f"ALTER TABLE {table} ADD place geography(Point)")
            writer.execute(f"UPDATE {table} SET place = ST_MakePoint(x, y)::geography")
            writer.execute(f"CREATE INDEX ON {table} USING gist (place)")
        cursor = _connected(database)
        cursor.execute(f"VACUUM ANALYZE {table}")
        cursor.execute(
            f"PREPARE nearest_{table} AS SELECT id FROM {table} "
            f"ORDER BY place <-> ST_MakePoint($1, $2)::geography LIMIT {K}"
        )
        pairs = list(zip(self.lon.tolist(), self.lat.tolist(), strict=True))

        def answer() -> list[list[int]]:
            found = []
            for place in pairs:
                cursor.execute(f"EXECUTE nearest_{table} (%s, %s)", place)
                found.append([row[0] for row in cursor.fetchall()])
            return found

        return answer, _seconds_of(cursor)

    def pgrouting(self, database: Database) -> tuple[Answers, Callable[[], float]] | None:
        """pgRouting's `pgr_drivingDistance` over the edges in a box around the person, doubled
        until the k-th station lies safely within it; None where the extension is not there."""
        cursor = _connected(database)
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pgrouting'")
        if cursor.fetchone() is None:
            return None
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pgrouting")
        table = f"edge_{self.count}_{self.total}"
        x, y = self._places()
        a, b = self.edges[:, 0], self.edges[:, 1]
        with database.write(Actor("bench")) as writer:
            writer.execute(
                f"CREATE TABLE {table} (id int, source int, target int, cost float8, "
                "x0 float8, y0 float8, x1 float8, y1 float8)"
            )
            names = ["id", "source", "target", "cost", "x0", "y0", "x1", "y1"]
            values = [range(len(a)), a, b, self.weights, x[a], y[a], x[b], y[b]]
            writer.copy_in(table, names, pa.table(dict(zip(names, values, strict=True))))
            writer.execute(f"ALTER TABLE {table} ADD line geometry")
            writer.execute(
                f"UPDATE {table} SET line = ST_MakeLine(ST_MakePoint(x0, y0), ST_MakePoint(x1, y1))"
            )
            writer.execute(f"CREATE INDEX ON {table} USING gist (line)")
        cursor.execute(f"VACUUM ANALYZE {table}")
        first, last = self.first, self.first + self.count

        def answer() -> list[list[int]]:
            found = []
            for person in self.people.tolist():
                metres = 500.0
                while True:
                    low_x, low_y, high_x, high_y = _box(x[person], y[person], metres)
                    cursor.execute(
                        "SELECT node, agg_cost FROM pgr_drivingDistance("
                        f"'SELECT id, source, target, cost FROM {table} "
                        f"WHERE line && ST_MakeEnvelope({low_x},{low_y},{high_x},{high_y})', "
                        f"%s, %s, false) WHERE node >= {first} AND node < {last} "
                        f"ORDER BY agg_cost LIMIT {K}",
                        (person, metres),
                    )
                    rows = cursor.fetchall()
                    if len(rows) == K or metres >= LIMIT:
                        break
                    metres *= 2
                found.append([row[0] - first for row in rows])
            return found

        return answer, _seconds_of(cursor)

    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        """Coordinates of every node: junctions, feet of stations and people, both themselves."""
        streets = self.stations.graph.streets
        feet, walkers = self.stations.snapped, self.stations.graph.snap(self.lon, self.lat)
        x = (streets.junction_lon, feet.lon, walkers.lon, self.stations.lon, self.lon)
        y = (streets.junction_lat, feet.lat, walkers.lat, self.stations.lat, self.lat)
        return np.nan_to_num(np.concatenate(x)), np.nan_to_num(np.concatenate(y))


def _box(lon: float, lat: float, metres: float) -> tuple[float, float, float, float]:
    across = metres / (111_320 * np.cos(np.radians(lat)))
    along = metres / 111_200
    return lon - across, lat - along, lon + across, lat + along


def _connected(database: Database) -> Any:
    """A cursor of a connection of its own."""
    url = database.url.render_as_string(hide_password=False)
    connection = psycopg2.connect(url.replace("postgresql+psycopg2", "postgresql"))
    connection.autocommit = True
    return connection.cursor()


def _seconds_of(cursor: Any) -> Callable[[], float]:
    """CPU seconds of the server process behind a cursor, which runs on this machine."""
    cursor.execute("SELECT pg_backend_pid()")
    stat = f"/proc/{cursor.fetchone()[0]}/stat"
    tick = os.sysconf("SC_CLK_TCK")

    def seconds() -> float:
        with open(stat, encoding="utf-8") as file:  # noqa: PTH123
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / tick

    return seconds


def as_graph(
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
