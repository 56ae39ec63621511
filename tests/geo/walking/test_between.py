"""Walking distances between places: those of a route, or straight along one front."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from small_cities import small_cities
from street_makers import network_of, place

from geo.coordinates import geodesic_metres
from geo.walking import WalkingGraph, empty_network
from geo.walking.between import BEND, NEXT_DOOR_METRES, between
from geo.walking.routes import route_between, snap


@settings(max_examples=120, deadline=None)
@given(small_cities(stations=9))
def test_each_way_is_as_long_as_its_route(city) -> None:
    network, spots, _, _ = city
    graph = WalkingGraph.build(network)
    places = [place(*spot) for spot in spots]
    lon, lat = np.array(places).reshape(-1, 2).T
    found = between(graph, lon, lat)
    assert np.array_equal(found.metres, found.metres.T)
    assert (np.diag(found.metres) == 0).all()
    for i in range(len(places)):
        for j in range(i):
            crow = float(geodesic_metres(lon[i], lat[i], lon[j], lat[j]))
            route = route_between(graph, snap(graph, *places[i]), snap(graph, *places[j]))
            if places[i] == places[j]:
                assert found.metres[i, j] == 0
            elif found.direct[i, j]:
                assert abs(found.metres[i, j] - crow) < 1e-6
                assert crow <= min(NEXT_DOOR_METRES, route.metres + 1e-6)
            else:
                assert abs(found.metres[i, j] - route.metres) < 1e-6
                assert abs(found.seconds[i, j] - route.seconds) < 1e-6
                assert found.straight_line[i, j] == route.straight_line


def test_next_door_is_not_by_the_middle_of_the_street() -> None:
    graph = WalkingGraph.build(network_of([(0, 0), (1000, 0)], [(0, 1, [])]))
    lon, lat = np.array([place(100, 30), place(110, 30), place(400, 30)]).T
    found = between(graph, lon, lat)
    assert abs(found.metres[0, 1] - 10) < 0.1
    assert found.direct[0, 1]
    assert abs(found.metres[0, 2] - 360) < 1
    assert not found.direct[0, 2]


def test_a_hairpin_is_no_front() -> None:
    graph = WalkingGraph.build(network_of([(0, 0), (0, 40)], [(0, 1, [(300, 0), (300, 40)])]))
    lon, lat = np.array([place(20, 3), place(20, 37)]).T
    found = between(graph, lon, lat)
    assert not found.direct[0, 1]
    assert found.metres[0, 1] > BEND * 34
    assert found.metres[0, 1] > 500


def test_without_streets_every_way_is_a_straight_line() -> None:
    lon, lat = np.array([place(0, 0), place(0, 0), place(300, 400)]).T
    found = between(WalkingGraph.build(empty_network()), lon, lat)
    assert not found.straight_line[0, 1]
    assert found.straight_line[0, 2]
    assert abs(found.metres[0, 2] - 500) < 1


@given(st.integers(0, 1))
def test_one_place_and_none_are_no_mistake(count: int) -> None:
    graph = WalkingGraph.build(empty_network())
    assert between(graph, np.zeros(count), np.zeros(count)).metres.shape == (count, count)
