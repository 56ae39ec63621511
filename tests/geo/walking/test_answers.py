"""The walking search against scipy's Dijkstra with every bend a node: on any network, and on real
streets. Everything holds with a table of the nearest stations of each junction, and
without."""

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from street_makers import place
from street_situations import situations
from walking_oracle import Oracle, agrees

from geo.streets import read_osm
from geo.walking import (
    OpenWhen,
    Snapping,
    StationsOnStreets,
    WalkingGraph,
    nearest,
    nearest_many,
    nearest_of_every_node,
    prepared,
)
from geo.walking.arrays import KNOWN as RECORD
from geo.walking.vicinity import survey

KNOWN = (0, 2, 16)
"""So many stations each junction knows of."""


def stations_at(graph: WalkingGraph, *metres: tuple[float, float]) -> StationsOnStreets:
    places = np.array([place(*xy) for xy in metres]).reshape(-1, 2)
    return StationsOnStreets(graph, places[:, 0], places[:, 1])


def know(stations: StationsOnStreets, count: int) -> None:
    """Let each junction know of so many stations."""
    if count:
        survey(stations, count)
    else:
        stations.vicinity = np.empty((0, 1), RECORD)


# ---------------------------------------------------------------------- by chance
@pytest.fixture
def few_share():
    usual = prepared.FEW_SHARE
    yield
    prepared.FEW_SHARE = usual


WAYS = ((0, 1), (0, prepared.FEW_SHARE), (2, prepared.FEW_SHARE), (16, prepared.FEW_SHARE))
"""How the answer is found: how many stations each junction knows of, and how few are few. Where few
stations pass, the search looks ahead to them; here often all are few."""


@pytest.mark.usefixtures("few_share")
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(situations(), st.integers(1, 6), st.sampled_from([500.0, 3000.0, 1e9]), st.booleans())
def test_on_any_network_the_answer_is_the_full_dijkstras(situation, k, limit, small_matters):
    network, where, people, mask = situation
    rule = (8, 300.0) if small_matters else (0, 0.0)
    graph = WalkingGraph.build(
        network, snapping=Snapping(small_part_points=rule[0], small_part_metres=rule[1])
    )
    oracle = Oracle(network, small_points=rule[0], small_metres=rule[1])
    stations = stations_at(graph, *where)
    feet = [oracle.foot(*place(*xy)) for xy in where]
    walkers = [oracle.foot(*place(*xy)) for xy in people]
    assume(not any(foot.is_tie for foot in feet + walkers if foot is not None))
    assert stations.off_network.tolist() == [i for i, foot in enumerate(feet) if foot is None]
    metres = oracle.distances(walkers, feet)
    for count, prepared.FEW_SHARE in WAYS:
        know(stations, count)
        for row, (xy, foot) in enumerate(zip(people, walkers, strict=True)):
            answer = nearest(stations, *place(*xy), k, allow=mask, max_metres=limit)
            assert answer.on_network == (foot is not None)
            if foot is not None:
                assert answer.metres_off_start == pytest.approx(foot.off_street, abs=0.02)
                right, error = agrees(answer.station, answer.metres, metres[row], mask, k, limit)
                assert right, (count, answer, metres[row], error)
    every = nearest_of_every_node(stations, allow=mask)
    everywhere, which = every.junction_cost, every.junction_station
    junctions = [oracle.node_foot(node) for node in graph.streets.junction_node]
    from_junctions = np.where(mask, oracle.distances(junctions, feet), np.inf)
    best = from_junctions.min(axis=1, initial=np.inf)
    assert_allclose(everywhere, best, atol=0.1)
    reached = np.flatnonzero(np.isfinite(best))
    assert_allclose(from_junctions[reached, which[reached]], best[reached], atol=1e-3)
    assert (which[np.isinf(best)] == -1).all()


@pytest.mark.usefixtures("few_share")
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(situations(), st.integers(1, 6), st.booleans(), st.booleans(), st.integers(0, 3))
def test_whoever_is_open_on_arrival_does_not_depend_on_how_it_is_found(
    situation, k, only_open, unknown_passes, stay
):
    network, where, people, mask = situation
    graph = WalkingGraph.build(network, snapping=Snapping(small_part_points=0, small_part_metres=0))
    stations = stations_at(graph, *where)
    random = np.random.default_rng(len(where) + 100 * len(people))
    planes = random.integers(0, 256, (2, 3, 40), dtype=np.uint8)
    hours = OpenWhen(
        planes[0], planes[1] & ~planes[0], random.integers(-1, 3, len(where), dtype=np.int32), 1.5,
        minutes_before_closing=stay, only_open=only_open, unknown_passes=unknown_passes,
    )  # fmt: skip
    told: list[list[tuple]] = []
    for count, prepared.FEW_SHARE in WAYS:
        know(stations, count)
        found = [
            nearest(stations, *place(*xy), k, allow=mask, hours=hours, max_metres=1500.0)
            for xy in people
        ]
        told.append([(one.station.tolist(), one.state.tolist(), one.seconds) for one in found])
    for other in told[1:]:
        for (station, state, seconds), expected in zip(other, told[0], strict=True):
            assert (station, state) == expected[:2]
            assert_allclose(seconds, expected[2], atol=0.01)


# ---------------------------------------------------------------------- real streets
@pytest.mark.parametrize(
    "file", [pytest.param("heidelberg.osm.pbf", marks=pytest.mark.slow), "tsinghua.osm"]
)
def test_on_real_streets_the_answer_is_the_full_dijkstras(shared_data, file):
    network = read_osm(shared_data / "networks" / file)
    rng = np.random.default_rng(5)
    count = 400 if network.nodes > 5000 else 60
    spots = rng.integers(0, network.nodes, count + 100)
    lon = network.node_lon[spots] + rng.normal(0, 50, count + 100) * METRES_EAST(network)
    lat = network.node_lat[spots] + rng.normal(0, 50, count + 100) / 111_000
    stations = StationsOnStreets(WalkingGraph.build(network), lon[:count], lat[:count])
    oracle = Oracle(network)
    feet = [oracle.foot(*at) for at in zip(lon, lat, strict=True)]
    assert_allclose(
        stations.snapped.off_street,
        [f.off_street if f else np.inf for f in feet[:count]],
        atol=0.02,
    )
    limit = 5000.0
    metres = oracle.distances(feet[count:], feet[:count], limit)
    for share in (1.0, 0.1):
        mask = rng.random(count) < share
        for known in (0, KNOWN[-1]):
            know(stations, known)
            many = nearest_many(stations, lon[count:], lat[count:], 5, max_metres=limit, allow=mask)
            for row, foot in enumerate(feet[count:]):
                found = slice(0, many.count[row])
                assert many.straight_line[row] == (foot is None)
                right, error = agrees(
                    many.station[row, found], many.metres[row, found], metres[row], mask, 5, limit
                )
                assert right, (known, row, error)


def METRES_EAST(network) -> float:
    return 1 / (111_320 * np.cos(np.radians(network.node_lat.mean())))


def test_every_junction_knows_what_a_person_standing_there_is_told(shared_data):
    network = read_osm(shared_data / "networks" / "tsinghua.osm")
    rng = np.random.default_rng(8)
    spots = rng.integers(0, network.nodes, 40)
    stations = StationsOnStreets(
        WalkingGraph.build(network), network.node_lon[spots], network.node_lat[spots] + 2e-4
    )
    mask = rng.random(40) < 0.5
    every = nearest_of_every_node(stations, allow=mask)
    metres, station = every.junction_cost, every.junction_station
    streets = stations.graph.streets
    many = nearest_many(
        stations, streets.junction_lon, streets.junction_lat, 1, max_metres=1e9, allow=mask
    )
    # People standing on a junction of a small part, or on a bridge, are led to another street, and
    # at a closed gate there is a junction on either side.
    _, place_of, share = np.unique(
        np.column_stack((streets.junction_lon, streets.junction_lat)),
        axis=0,
        return_inverse=True,
        return_counts=True,
    )
    on_it = (many.metres_off_start < 1e-6) & (share[place_of] == 1)
    snapped = stations.graph.snap(streets.junction_lon, streets.junction_lat)
    part = np.full(len(metres), -1)
    part[streets.chain_end.ravel()] = np.repeat(streets.chain_part, 2)
    on_it &= (part == streets.chain_part[snapped.chain]) & (part == 0)
    assert on_it.sum() > 0.8 * len(metres)
    on_it &= many.count > 0
    assert_allclose(metres[on_it], many.metres[on_it, 0], atol=1e-6)
    assert (station[on_it] == many.station[on_it, 0]).all()
