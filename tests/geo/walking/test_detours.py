"""Detours of stations along a way, against scipy's Dijkstra on the uncontracted network."""

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from pyproj import Geod
from street_makers import network_of, place
from street_situations import situations
from walking_oracle import Oracle

from geo.streets import read_osm
from geo.streets.surroundings import nothing_around
from geo.walking import Snapping, StationsOnStreets, WalkingGraph, empty_network
from geo.walking.detours import detours_along, detours_between, sample
from geo.walking.routes import snap

GEOD = Geod(ellps="WGS84")
NONE_IS_SMALL = Snapping(small_part_points=0, small_part_metres=0)


def laid(network, *metres):
    places = np.array([place(*xy) for xy in metres]).reshape(-1, 2)
    graph = WalkingGraph.build(network, snapping=NONE_IS_SMALL)
    return StationsOnStreets(graph, *places.T)


def between(stations, start, goal, most=500.0):
    ends = [snap(stations.graph, *place(*xy)) for xy in (start, goal)]
    return detours_between(stations, *ends, most)


def beside(stations, *corners, most=500.0):
    return detours_along(stations, *np.array([place(*xy) for xy in corners]).T, most)


# A street of 1 km with a side street of 300 m in the middle.
TEE = network_of([(0, 0), (500, 0), (1000, 0), (500, 300)], [(0, 1, []), (1, 2, []), (1, 3, [])])


# ---------------------------------------------------------------------- by hand
def test_a_station_on_the_way_costs_nothing_and_one_up_a_side_street_twice_its_distance():
    stations = laid(TEE, (300, 0), (500, 200), (1000, 0))
    found = between(stations, (100, 0), (900, 0))
    assert found.direct == pytest.approx(800, abs=0.2)
    assert_allclose(found.detour, [0, 400, 200], atol=0.2)
    assert_allclose(found.before, [200, 600, 900], atol=0.3)
    assert_allclose(found.after, [600, 600, 100], atol=0.3)
    assert not found.straight_line


def test_metres_off_the_street_are_walked_twice():
    found = between(laid(TEE, (300, 40)), (100, 0), (900, 30))
    assert found.direct == pytest.approx(830, abs=0.2)
    assert_allclose(found.detour, [80], atol=0.1)
    assert_allclose(found.off_street, [40], atol=0.1)


def test_beyond_the_longest_detour_nothing_is_found():
    stations = laid(TEE, (500, 200))
    assert between(stations, (100, 0), (900, 0), 399).detour[0] > 399
    assert between(stations, (100, 0), (900, 0), 401).detour[0] == pytest.approx(400, abs=0.2)


def test_from_a_place_back_to_itself_the_detour_is_there_and_back():
    found = between(laid(TEE, (300, 0), (100, 0)), (100, 0), (100, 0))
    assert found.direct == pytest.approx(0, abs=1e-6)
    assert_allclose(found.detour, [400, 0], atol=0.2)


def test_all_on_one_piece_of_street():
    found = between(laid(TEE, (200, 0), (350, 0), (450, 0)), (300, 0), (400, 0))
    assert_allclose(found.detour, [200, 0, 100], atol=0.1)


def test_without_a_way_the_straight_line_is_taken_and_said():
    apart = network_of([(0, 0), (500, 0), (0, 300), (500, 300)], [(0, 1, []), (2, 3, [])])
    for stations in (laid(apart, (250, 0)), laid(empty_network(), (250, 0))):
        found = between(stations, (0, 0), (500, 300))
        assert found.straight_line
        ends = [place(0, 0), place(250, 0), place(500, 300)]
        there, back, direct = (GEOD.inv(*ends[a], *ends[b])[2] for a, b in ((0, 1), (1, 2), (0, 2)))
        assert_allclose(found.detour, [there + back - direct], atol=1e-3)


def test_no_station_is_no_error():
    assert len(between(laid(TEE), (0, 0), (900, 0)).detour) == 0
    assert len(beside(laid(TEE), (0, 0), (900, 0)).detour) == 0
    assert len(beside(laid(empty_network()), (0, 0), (900, 0)).detour) == 0


def test_leaving_a_line_costs_the_way_there_and_back():
    stations = laid(TEE, (300, 0), (500, 200), (1000, 0))
    found = beside(stations, (0, 0), (900, 0))
    assert found.direct == pytest.approx(900, abs=0.1)
    assert_allclose(found.detour, [0, 400, 200], atol=0.2)
    assert_allclose(found.before, [300, 700, 1000], atol=0.3)
    assert_allclose(found.after, [600, 600, 100], atol=0.3)


def test_a_line_beside_the_street_pays_the_metres_to_it():
    assert_allclose(beside(laid(TEE, (300, 0)), (0, 8), (900, 8)).detour, [16], atol=0.1)


def test_a_line_far_from_any_street_is_measured_straight_and_said():
    found = beside(laid(TEE, (300, 0), (2000, 0)), (0, 1500), (900, 1500), most=4000.0)
    assert found.straight_line
    assert_allclose(found.detour[0], 3000, atol=1)
    assert found.before[0] == pytest.approx(300 + 1500, abs=3)


def test_points_of_a_line_are_five_metres_apart_and_its_corners_stay():
    lon, lat = np.array([place(0, 0), place(12, 0), place(12, 12), place(12, 12)]).T
    x, y, at = sample(lon, lat)
    assert_allclose(at, [0, 5, 10, 12, 15, 20, 24], atol=0.05)
    assert np.diff(at).max() <= 5 + 1e-9
    places = set(zip(x.tolist(), y.tolist(), strict=True))
    assert {place(0, 0), place(12, 0), place(12, 12)} <= places


# ---------------------------------------------------------------------- by chance
def check_detours(found, before, after, direct, most):
    """Exact up to `most`, and whatever is more is told as more."""
    want = before + after - direct
    near = want <= most - 0.1
    assert_allclose(found.detour[near], want[near], atol=0.1)
    assert_allclose(found.before[near], before[near], atol=0.1)
    assert_allclose(found.after[near], after[near], atol=0.1)
    assert (found.detour[want > most + 0.1] > most).all()


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(situations(), st.sampled_from([50.0, 500.0, 1e7]), st.booleans())
def test_on_any_network_detours_are_those_of_the_full_dijkstra(situation, most, small_matters):
    network, where, people, _ = situation
    rule = (8, 300.0) if small_matters else (0, 0.0)
    graph = WalkingGraph.build(
        network, snapping=Snapping(small_part_points=rule[0], small_part_metres=rule[1])
    )
    oracle = Oracle(network, small_points=rule[0], small_metres=rule[1])
    spots = np.array([place(*xy) for xy in where]).reshape(-1, 2)
    stations = StationsOnStreets(graph, *spots.T)
    ends = [place(*xy) for xy in (people[0], people[-1])]
    feet = [oracle.foot(*at) for at in ends]
    metres = oracle.distances(feet, [*(oracle.foot(*at) for at in spots), *feet])
    found = detours_between(stations, *(snap(graph, *at) for at in ends), most)
    direct = metres[0, -1]
    assert found.straight_line == (not np.isfinite(direct))
    if not found.straight_line:
        assert found.direct == pytest.approx(direct, abs=0.1)
        check_detours(found, metres[0, :-2], metres[1, :-2], direct, most)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(situations(), st.integers(2, 4), st.integers(0, 2**32), st.sampled_from([80.0, 800.0]))
def test_on_any_network_leaving_a_line_costs_what_the_full_dijkstra_says(
    situation, corners, seed, most
):
    network, where, _, _ = situation
    graph = WalkingGraph.build(network, snapping=NONE_IS_SMALL)
    oracle = Oracle(network, small_points=0, small_metres=0)
    spots = np.array([place(*xy) for xy in where]).reshape(-1, 2)
    line = np.array(
        [place(*xy) for xy in np.random.default_rng(seed).uniform(0, 900, (corners, 2))]
    )
    found = detours_along(StationsOnStreets(graph, *spots.T), *line.T, most)
    # The same points by the definition, made here.
    at = np.concatenate(([0.0], np.cumsum(GEOD.inv(*line[:-1].T, *line[1:].T)[2])))
    steps = np.unique(np.concatenate((at, np.arange(0, at[-1], 5.0))))
    points = np.column_stack([np.interp(steps, at, values) for values in line.T])
    feet = [oracle.foot(*point) for point in points]
    if not any(feet):
        assert found.straight_line
        return
    metres = oracle.distances([oracle.foot(*spot) for spot in spots], feet)
    metres[:, [foot is None for foot in feet]] = np.inf
    want = 2 * metres.min(axis=1, initial=np.inf)
    near = want <= most - 0.1
    assert_allclose(found.detour[near], want[near], atol=0.1)
    assert (found.detour[want > most + 0.1] > most).all()
    assert found.direct == pytest.approx(at[-1], abs=0.01)
    assert_allclose((found.before + found.after)[near], at[-1] + want[near], atol=0.1)


# ---------------------------------------------------------------------- real streets
@pytest.mark.parametrize(
    ("file", "wide"),
    [pytest.param("heidelberg.osm.pbf", 3000.0, marks=pytest.mark.slow), ("tsinghua.osm", 500)],
)
def test_on_real_streets_detours_are_those_of_the_full_dijkstra(shared_data, file, wide):
    network = read_osm(shared_data / "networks" / file)
    # The oracle knows no walls: how a place joins the streets is tested elsewhere.
    network = dataclasses.replace(network, surroundings=nothing_around())
    rng = np.random.default_rng(17)
    graph = WalkingGraph.build(network)
    oracle = Oracle(network)
    spots = rng.integers(0, network.nodes, 150)
    stations = StationsOnStreets(
        graph,
        network.node_lon[spots] + rng.normal(0, 3e-4, 150),
        network.node_lat[spots] + rng.normal(0, 3e-4, 150),
    )
    feet = [oracle.foot(*at) for at in zip(stations.lon, stations.lat, strict=True)]
    compared = offered = 0
    middle = np.array([network.node_lon.mean(), network.node_lat.mean()])
    degrees = np.array([1 / 111_320 / np.cos(np.radians(middle[1])), 1 / 110_540])
    people = middle + rng.uniform(-wide, wide, (40, 2)) * degrees
    standing = [oracle.foot(*at) for at in people]
    metres = oracle.distances(standing, [*feet, *standing])
    for a in range(40):
        b = (a + 7) % 40
        direct = metres[a, 150 + b]
        if standing[a] is None or standing[b] is None or not np.isfinite(direct):
            continue
        found = detours_between(stations, snap(graph, *people[a]), snap(graph, *people[b]), 300.0)
        assert found.direct == pytest.approx(direct, abs=0.1)
        check_detours(found, metres[a, :150], metres[b, :150], direct, 300.0)
        compared += 1
        offered += int((found.detour <= 300).sum())
    assert compared > 25
    assert offered > 40
