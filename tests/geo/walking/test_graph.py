"""The walking graph: chains instead of streets, its snapshot, many threads at once."""

import threading

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from numpy.testing import assert_allclose
from street_makers import network_of, place
from street_situations import situations

from geo.errors import InvalidFile
from geo.walking import Pace, StationsOnStreets, WalkingGraph, nearest, nearest_many

LONG = network_of([(0, 0), (1000, 0)], [(0, 1, [])])


def stations_at(graph: WalkingGraph, *metres: tuple[float, float]) -> StationsOnStreets:
    places = np.array([place(*xy) for xy in metres]).reshape(-1, 2)
    return StationsOnStreets(graph, places[:, 0], places[:, 1])


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(situations())
def test_chains_lose_no_street_and_no_metre(situation):
    network = situation[0]
    streets = WalkingGraph.build(network).streets
    assert streets.chain_metres.sum() == pytest.approx(network.length.sum(), abs=1e-6)
    used = streets.vertex_street[streets.vertex_street >= 0]
    assert set(used.tolist()) == set(range(network.pieces))
    assert len(used) == len(network.points) - network.pieces
    degree = np.bincount(streets.chain_end.ravel(), minlength=len(streets.junction_lon))
    ring = streets.chain_end[:, 0] == streets.chain_end[:, 1]
    lone = set(streets.chain_end[ring, 0].tolist())
    assert all(degree[j] != 2 or j in lone for j in range(len(degree)))


def test_a_snapshot_answers_as_the_graph_did(tmp_path):
    graph = WalkingGraph.build(LONG, edition_id=12, pace=Pace(1.1, 0.4))
    graph.save(tmp_path / "walking.npz")
    again = WalkingGraph.load(tmp_path / "walking.npz")
    assert (again.edition_id, again.pace, again.snapping) == (12, graph.pace, graph.snapping)
    a, b = (nearest(stations_at(g, (700, 9)), *place(100, 3)) for g in (graph, again))
    assert_allclose(a.metres, b.metres, rtol=0)
    assert [path.name for path in tmp_path.iterdir()] == ["walking.npz"]


def test_a_damaged_snapshot_is_told_and_not_used(tmp_path):
    path = tmp_path / "walking.npz"
    WalkingGraph.build(LONG).save(path)
    whole = path.read_bytes()
    for broken in (b"", b"nonsense", whole[: len(whole) // 2]):
        path.write_bytes(broken)
        with pytest.raises(InvalidFile, match=r"walking\.npz"):
            WalkingGraph.load(path)
    with pytest.raises(InvalidFile):
        WalkingGraph.load(tmp_path / "none.npz")


def test_many_threads_search_one_graph_at_once():
    rng = np.random.default_rng(4)
    nodes = rng.uniform(0, 3000, (300, 2))
    links = [(i, int(rng.integers(0, 300)), [tuple(rng.uniform(0, 3000, 2))]) for i in range(300)]
    graph = WalkingGraph.build(network_of([tuple(xy) for xy in nodes], links))
    stations = stations_at(graph, *rng.uniform(0, 3000, (80, 2)))
    lon, lat = np.array([place(*xy) for xy in rng.uniform(0, 3000, (400, 2))]).T
    alone = nearest_many(stations, lon, lat, 4)
    wrong: list[int] = []

    def ask() -> None:
        for _ in range(5):
            answer = nearest_many(stations, lon, lat, 4)
            wrong.append(int((answer.station != alone.station).sum()))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [0] * 30
