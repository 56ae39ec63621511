"""Labels of every junction and bend, against scipy's Dijkstra on the network with every bend a
node."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from small_cities import SecondsOracle, node_of_vertices, small_cities
from street_makers import network_of, place
from walking_oracle import Oracle, agrees

from geo.errors import Invalid
from geo.streets import read_osm
from geo.walking import (
    Pace,
    Snapping,
    StationsOnStreets,
    WalkingGraph,
    empty_network,
)
from geo.walking.labels import Labels, labels_of_every_node, nearest_of_every_node

NONE_IS_SMALL = Snapping(small_part_points=0, small_part_metres=0)
LONG = network_of([(0, 0), (1000, 0)], [(0, 1, [(250, 0), (500, 0), (750, 0)])])


def stations_at(graph: WalkingGraph, *metres: tuple[float, float], **more) -> StationsOnStreets:
    places = np.array([place(*xy) for xy in metres]).reshape(-1, 2)
    return StationsOnStreets(graph, places[:, 0], places[:, 1], **more)


def at_vertices(labels: Labels) -> list[list[tuple[int, int]]]:
    """Station and whole metres of each label there is."""
    return [
        [
            (station, round(float(cost)))
            for station, cost in zip(row, costs, strict=True)
            if station >= 0
        ]
        for row, costs in zip(labels.vertex_station, labels.vertex_cost, strict=True)
    ]


def test_every_bend_knows_its_stations_in_order():
    stations = stations_at(WalkingGraph.build(LONG), (0, 0), (600, 30), (1000, 0))
    labels = labels_of_every_node(stations, 2)
    assert at_vertices(labels) == [
        [(0, 0), (1, 630)],
        [(0, 250), (1, 380)],
        [(1, 130), (0, 500)],
        [(1, 180), (2, 250)],
        [(2, 0), (1, 430)],
    ]
    assert_allclose(labels.junction_cost, [[0, 630], [0, 430]], atol=0.5)
    assert labels.junction_station.tolist() == [[0, 1], [2, 1]]


def test_two_stations_at_one_foot_come_in_the_order_of_their_id():
    graph = WalkingGraph.build(LONG)
    stations = stations_at(graph, (600, 0), (600, 0), (600, 0), ids=np.array([30, 10, 20]))
    labels = labels_of_every_node(stations, 2)
    assert (labels.vertex_station == [1, 2]).all()
    assert (labels.junction_station == [1, 2]).all()
    nearest = nearest_of_every_node(stations)
    assert (nearest.vertex_station == 1).all()
    assert (nearest.junction_station == 1).all()


def test_a_label_has_each_station_once_however_many_ways_lead_to_it():
    # parallel chains between two junctions, and a ring at one of them
    graph = WalkingGraph.build(
        network_of(
            [(0, 0), (300, 0)],
            [
                (0, 1, [(150, 200)]),
                (0, 1, [(150, -1)]),
                (1, 1, [(400, 0), (400, 100), (300, 100)]),
            ],
        )
    )
    labels = labels_of_every_node(stations_at(graph, (0, 0), (400, 50)), 5)
    for row in at_vertices(labels):
        assert sorted(station for station, _ in row) == [0, 1]


def test_more_labels_than_stations_are_filled_up():
    labels = labels_of_every_node(stations_at(WalkingGraph.build(LONG), (600, 0)), 64)
    assert (labels.vertex_station[:, 0] == 0).all()
    assert (labels.vertex_station[:, 1:] == -1).all()
    assert np.isinf(labels.vertex_cost[:, 1:]).all()
    assert labels.junction_cost.shape == (2, 64)


def test_filters_and_limit_hold_at_every_bend():
    graph = WalkingGraph.build(LONG)
    features = np.array([0b01, 0b11, 0b10], np.uint64)
    stations = stations_at(graph, (0, 0), (600, 0), (1000, 0), features=features)

    def found(**more) -> list[int]:
        return nearest_of_every_node(stations, **more).vertex_station.tolist()

    assert found() == [0, 0, 1, 1, 2]
    assert found(required=0b01) == [0, 0, 1, 1, 1]
    assert found(required=0b11) == [1] * 5
    assert found(any_of=0b10) == [1, 1, 1, 1, 2]
    assert found(allow=np.array([True, False, True])) == [0, 0, 0, 2, 2]
    assert found(limit=120) == [0, -1, 1, -1, 2]
    assert found(required=0b100) == [-1] * 5
    labels = labels_of_every_node(stations, 3, limit=420, allow=np.array([True, False, True]))
    assert at_vertices(labels) == [[(0, 0)], [(0, 250)], [], [(2, 250)], [(2, 0)]]


def test_the_quickest_way_avoids_steps_that_the_shortest_takes():
    network = network_of([(0, 0), (200, 0)], [(0, 1, [(100, 0)]), (0, 1, [(100, 100)])], steps=[0])
    stations = stations_at(WalkingGraph.build(network, pace=Pace(1.0, 0.5)), (200, 0))
    metres = nearest_of_every_node(stations)
    seconds = nearest_of_every_node(stations, by="seconds")
    # The two pieces make a ring, whose junction is the far end.
    assert_allclose(metres.junction_cost, [200], atol=0.5)
    assert_allclose(seconds.junction_cost, [2 * np.hypot(100, 100)], atol=0.5)


def test_no_street_and_no_station_make_no_label():
    for network in (LONG, empty_network()):
        stations = stations_at(WalkingGraph.build(network))
        labels, nearest = labels_of_every_node(stations, 3), nearest_of_every_node(stations)
        assert labels.vertex_station.shape == (len(stations.graph.streets.vertex_lon), 3)
        assert (labels.vertex_station == -1).all()
        assert (labels.junction_station == -1).all()
        assert np.isinf(nearest.vertex_cost).all()
        assert (nearest.junction_station == -1).all()
    far = stations_at(WalkingGraph.build(LONG), (0, 3000))
    assert (nearest_of_every_node(far).vertex_station == -1).all()


def test_streets_without_length_end_too():
    network = network_of([(0, 0), (0, 0), (0, 0), (500, 0)], [(0, 1, []), (1, 2, []), (2, 3, [])])
    stations = stations_at(WalkingGraph.build(network), (500, 0), (250, 0))
    assert_allclose(nearest_of_every_node(stations).junction_cost.max(), 250, atol=0.5)
    labels = labels_of_every_node(stations, 2)
    assert (labels.junction_station >= 0).all()


@pytest.mark.parametrize("k", [0, -1, 65, 10**6])
def test_labels_out_of_range_are_refused(k):
    with pytest.raises(Invalid):
        labels_of_every_node(stations_at(WalkingGraph.build(LONG), (0, 0)), k)


def test_a_limit_that_is_no_number_and_a_mask_of_another_length_are_refused():
    stations = stations_at(WalkingGraph.build(LONG), (0, 0))
    for limit in (-1.0, np.nan):
        with pytest.raises(Invalid):
            nearest_of_every_node(stations, limit=limit)
    with pytest.raises(Invalid):
        labels_of_every_node(stations, allow=np.ones(3, bool))


# ---------------------------------------------------------------------- by chance
ANY = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))


@ANY
@given(
    small_cities(),
    st.integers(1, 6),
    st.sampled_from([150.0, 800.0, np.inf]),
    st.sampled_from(["metres", "seconds"]),
)
def test_on_any_network_the_labels_are_the_full_dijkstras(city, k, limit, by):
    network, where, _, mask = city
    graph = WalkingGraph.build(network, snapping=NONE_IS_SMALL)
    stations = stations_at(graph, *where)
    nothing_small = {"small_points": 0, "small_metres": 0.0}
    pace = graph.pace
    oracle = (
        Oracle(network, **nothing_small)
        if by == "metres"
        else SecondsOracle(network, pace.on_streets, pace.on_steps, **nothing_small)
    )
    feet = [oracle.foot(*place(*xy)) for xy in where]
    whole = oracle.distances([oracle.node_foot(node) for node in range(oracle.nodes)], feet)
    labels = labels_of_every_node(stations, k, limit=limit, by=by, allow=mask)
    nearest = nearest_of_every_node(stations, limit=limit, by=by, allow=mask)
    node = node_of_vertices(graph, network)
    junctions = graph.streets.junction_node
    places = [
        *zip(node, labels.vertex_station, labels.vertex_cost, strict=True),
        *zip(junctions, labels.junction_station, labels.junction_cost, strict=True),
    ]
    for at, station, cost in places:
        found = station >= 0
        assert np.isinf(cost[~found]).all()
        right, error = agrees(station[found], cost[found], whole[at], mask, k, min(limit, 1e9))
        assert right, (at, station, cost, whole[at], error)
    # The nearest alone are the first of the labels, bit by bit at the junctions.
    assert (nearest.junction_station == labels.junction_station[:, 0]).all()
    assert (nearest.junction_cost == labels.junction_cost[:, 0]).all()
    assert_allclose(nearest.vertex_cost, labels.vertex_cost[:, 0], rtol=1e-6)


# ---------------------------------------------------------------------- real streets
@pytest.mark.parametrize(
    "file", [pytest.param("heidelberg.osm.pbf", marks=pytest.mark.slow), "tsinghua.osm"]
)
def test_on_real_streets_every_bend_is_right(shared_data, file):
    network = read_osm(shared_data / "networks" / file)
    graph = WalkingGraph.build(network)
    rng = np.random.default_rng(7)
    count = 600 if network.nodes > 5000 else 40
    spots = rng.integers(0, network.nodes, count)
    lon = network.node_lon[spots] + rng.normal(0, 5e-4, count)
    lat = network.node_lat[spots] + rng.normal(0, 5e-4, count)
    stations = StationsOnStreets(graph, lon, lat)
    labels, nearest = labels_of_every_node(stations, 5), nearest_of_every_node(stations)
    oracle = Oracle(network)
    node = node_of_vertices(graph, network)

    # The nearest of every bend, against one multi-source run of scipy's over all bends, which
    # takes our feet: those are held to shapely's elsewhere.
    streets, feet = graph.streets, stations.snapped
    on = np.flatnonzero(feet.chain >= 0)
    here = node[feet.segment[on]]
    there = node[feet.segment[on] + 1]
    before = feet.metres[on] - streets.vertex_metres[feet.segment[on]]
    after = streets.vertex_metres[feet.segment[on] + 1] - feet.metres[on]
    total = oracle.nodes + len(on)
    new = oracle.nodes + np.arange(len(on))
    a = np.concatenate((oracle.a, new, new))
    b = np.concatenate((oracle.b, here, there))
    off = feet.off_street[on]
    weight = np.maximum(np.concatenate((oracle.metres, before + off, after + off)), 1e-9)
    order = np.lexsort((weight, np.maximum(a, b), np.minimum(a, b)))
    low, high = np.minimum(a, b)[order], np.maximum(a, b)[order]
    first = np.concatenate(([True], (np.diff(low) != 0) | (np.diff(high) != 0)))
    matrix = coo_array(
        (weight[order][first], (low[first], high[first])), shape=(total, total)
    ).tocsr()
    best = dijkstra(matrix, directed=False, indices=new, min_only=True)
    assert_allclose(nearest.vertex_cost, best[node], atol=0.1)
    assert_allclose(labels.vertex_cost[:, 0], best[node], atol=0.1)

    some = rng.integers(0, len(node), 60)
    whole = np.full((len(some), count), np.inf)
    whole[:, on] = dijkstra(matrix, directed=False, indices=node[some])[:, new]
    for row, vertex in enumerate(some):
        known = labels.vertex_station[vertex] >= 0
        right, error = agrees(
            labels.vertex_station[vertex][known],
            labels.vertex_cost[vertex][known].astype(float),
            whole[row],
            np.ones(count, bool),
            5,
            1e9,
        )
        assert right, (vertex, error)
