"""The walking search by hand."""

import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose
from pyproj import Geod
from street_makers import network_of, place

from geo.errors import Invalid
from geo.walking import (
    CLOSED,
    OPEN,
    UNKNOWN,
    OpenWhen,
    Pace,
    Snapping,
    StationsOnStreets,
    WalkingGraph,
    empty_network,
    nearest,
    nearest_of_every_node,
)
from geo.walking.vicinity import survey

GEOD = Geod(ellps="WGS84")
WEEK = 10_080
DAY = 1_440


@pytest.fixture(autouse=True, params=[0, 2, 16], ids=lambda count: f"{count} known")
def known(request, monkeypatch):
    """Everything holds with a table of the nearest stations of each junction, and without."""
    monkeypatch.setattr(sys.modules[__name__], "KNOWN", request.param)


KNOWN = 0


def stations_at(graph: WalkingGraph, *metres: tuple[float, float], **more) -> StationsOnStreets:
    places = np.array([place(*xy) for xy in metres]).reshape(-1, 2)
    stations = StationsOnStreets(graph, places[:, 0], places[:, 1], **more)
    if KNOWN:
        survey(stations, KNOWN)
    return stations


def walk(stations: StationsOnStreets, x: float, y: float, k: int = 5, **more):
    return nearest(stations, *place(x, y), k, **more)


# A street of 1 km eastwards, and a detour of 3 km around a river between its halves.
LONG = network_of([(0, 0), (1000, 0)], [(0, 1, [])])


def test_the_nearest_on_foot_is_not_the_nearest_by_line():
    # person at (0, 0); a station 60 m away across the river, reached by a bridge 1 km off
    graph = WalkingGraph.build(
        network_of(
            [(0, 0), (1000, 0), (1000, 60), (0, 60)],
            [(0, 1, []), (1, 2, []), (2, 3, [])],
        )
    )
    answer = walk(stations_at(graph, (0, 60), (-0.0, 0), (300, 0)), 1, 1)
    assert answer.station.tolist() == [1, 2, 0]
    assert_allclose(answer.metres, [2, 300, 2060], atol=0.5)


def test_metres_off_the_street_are_counted_and_told_apart():
    stations = stations_at(WalkingGraph.build(LONG), (500, 40))
    answer = walk(stations, 200, -30)
    assert_allclose(answer.metres, [370], atol=0.1)
    assert answer.metres_off_start == pytest.approx(30, abs=0.05)
    assert_allclose(answer.metres_off_station, [40], atol=0.05)
    assert_allclose(answer.metres_off_street, [70], atol=0.1)
    assert_allclose(answer.seconds, answer.metres / 1.25)
    assert answer.on_network


def test_steps_are_slower_but_not_longer():
    graph = WalkingGraph.build(
        network_of([(0, 0), (100, 0), (200, 0)], [(0, 1, []), (1, 2, [])], steps=[1]),
        pace=Pace(on_streets=1.0, on_steps=0.5),
    )
    answer = walk(stations_at(graph, (200, 0)), 0, 0)
    assert_allclose(answer.metres, [200], atol=0.2)
    assert_allclose(answer.seconds, [300], atol=0.5)
    halfway = walk(stations_at(graph, (150, 0)), 50, 0)
    assert_allclose(halfway.seconds, [50 + 100], atol=0.5)


def test_a_chain_that_returns_to_its_junction_is_entered_from_both_sides():
    # a ring of 400 m hanging on one junction of a street
    graph = WalkingGraph.build(
        network_of(
            [(0, 0), (200, 0)],
            [(0, 1, []), (1, 1, [(300, 0), (300, 100), (200, 100)])],
        )
    )
    stations = stations_at(graph, (299, 90), (201, 60))
    answer = walk(stations, 200, 0)
    assert answer.station.tolist() == [1, 0]
    assert_allclose(answer.metres, [61, 191], atol=1)


def test_a_ring_that_meets_nothing_is_walked_the_shorter_way_round():
    ring = network_of(
        [(0, 0), (100, 0), (100, 100), (0, 100)],
        [(0, 1, []), (1, 2, []), (3, 2, []), (3, 0, [])],
    )
    graph = WalkingGraph.build(ring)
    assert graph.chains == 1
    answer = walk(stations_at(graph, (0, 90), (90, 100), (100, 10)), 10, 0)
    assert answer.station.tolist() == [0, 2, 1]
    assert_allclose(answer.metres, [100, 100, 200], atol=0.5)


def test_of_parallel_chains_the_shorter_is_walked():
    graph = WalkingGraph.build(
        network_of(
            [(0, 0), (300, 0), (-100, 0), (400, 0)],
            [(0, 1, [(150, 200)]), (0, 1, []), (2, 0, []), (1, 3, [])],
        )
    )
    answer = walk(stations_at(graph, (400, 0)), -100, 0)
    assert_allclose(answer.metres, [500], atol=0.3)


def test_person_and_station_on_one_piece_do_not_go_by_its_ends():
    answer = walk(stations_at(WalkingGraph.build(LONG), (480, 0), (530, 5)), 500, 0)
    assert answer.station.tolist() == [0, 1]
    assert_allclose(answer.metres, [20, 35], atol=0.1)


def test_stations_equally_far_come_in_the_order_of_their_id():
    graph = WalkingGraph.build(LONG)
    spots = [(300, 0)] * 3 + [(100, 0)]
    assert walk(stations_at(graph, *spots), 0, 0, 3).station.tolist() == [3, 0, 1]
    named = stations_at(graph, *spots, ids=np.array([30, 10, 20, 5]))
    assert walk(named, 0, 0, 3).station.tolist() == [3, 1, 2]


def test_a_station_that_does_not_qualify_is_passed_over_wherever_it_stands():
    graph = WalkingGraph.build(LONG)
    features = np.array([0b01, 0b10, 0b11, 0b111], np.uint64)
    stations = stations_at(graph, (10, 0), (20, 0), (30, 0), (40, 0), features=features)
    assert walk(stations, 0, 0, required=0b11).station.tolist() == [2, 3]
    assert walk(stations, 0, 0, any_of=0b110).station.tolist() == [1, 2, 3]
    assert walk(stations, 0, 0, allow=np.array([True, False, False, True])).station.tolist() == [
        0,
        3,
    ]
    assert walk(stations, 0, 0, 1, required=0b1, any_of=0b100).station.tolist() == [3]
    assert len(walk(stations, 0, 0, required=0b1000)) == 0


def test_the_cap_holds_and_counts_the_whole_way():
    stations = stations_at(WalkingGraph.build(LONG), (500, 40))
    assert len(walk(stations, 0, 30, max_metres=571)) == 1
    assert len(walk(stations, 0, 30, max_metres=569)) == 0


def test_a_station_on_an_isolated_part_is_never_offered_and_is_listed():
    network = network_of(
        [(0, 0), (2000, 0), (0, 200), (50, 200)],
        [(0, 1, []), (2, 3, [])],
    )
    stations = stations_at(WalkingGraph.build(network), (25, 330), (1500, 0), (5000, 5000))
    assert stations.unreachable.tolist() == [0]
    assert stations.off_network.tolist() == [2]
    assert walk(stations, 0, 0).station.tolist() == [1]
    assert stations.street.tolist() == [1, 0, -1]
    assert stations.part.tolist() == [1, 0, -1]


def test_a_small_part_captures_a_person_only_where_nothing_else_is_near():
    network = network_of(
        [(0, 0), (2000, 0), (0, 200), (50, 200)],
        [(0, 1, []), (2, 3, [])],
    )
    graph = WalkingGraph.build(network)

    def part(x: float, y: float, graph: WalkingGraph = graph) -> int:
        return graph.streets.chain_part[graph.snap(*np.array(place(x, y))[:, None]).chain[0]]

    assert part(25, 140) == 0  # 60 m to the small part, 140 m to the large one
    assert part(25, 195) == 1  # 195 m to the large one: beyond the radius
    assert part(1000, 400) == 0
    none_is_small = Snapping(small_part_points=0, small_part_metres=0)
    assert part(25, 140, WalkingGraph.build(network, snapping=none_is_small)) == 1


def test_a_street_overhead_gives_way_to_one_on_the_ground():
    network = network_of(
        [(0, 0), (500, 0), (0, 10), (500, 10), (600, 0)],
        [(0, 1, []), (2, 3, []), (1, 4, []), (3, 4, [])],
        layers=[1, 0, 0, 0],
    )
    graph = WalkingGraph.build(network)
    stations = stations_at(graph, (250, -1), (250, -20), (250, -490))
    assert stations.street.tolist() == [1, 1, 1]
    assert walk(stations, 250, 2).metres_off_start == pytest.approx(8, abs=0.1)
    above = network_of([(0, 0), (500, 0)], [(0, 1, [])], layers=[1])
    assert stations_at(WalkingGraph.build(above), (250, -20)).street.tolist() == [0]


# ---------------------------------------------------------------------- hours
def week(*spans: tuple[int, int]) -> np.ndarray:
    minutes = np.zeros(WEEK, np.uint8)
    for start, stop in spans:
        minutes[start:stop] = 1
    return np.packbits(minutes, bitorder="little")


NOON = 12 * 60
HOURS = np.array(
    [week((9 * 60, 12 * 60 + 10)), week((0, WEEK)), week((DAY, DAY + 5), (WEEK - 5, WEEK))]
)
MAYBE = np.zeros_like(HOURS)


def open_when(start: float, patterns: list[int], **more) -> OpenWhen:
    return OpenWhen(HOURS, MAYBE, np.array(patterns, np.int32), start, **more)


def test_a_closed_station_is_not_offered():
    stations = stations_at(WalkingGraph.build(LONG), (100, 0), (200, 0))
    answer = walk(stations, 0, 0, hours=open_when(8 * 60, [0, 1]))
    assert answer.station.tolist() == [1]
    assert answer.state.tolist() == [OPEN]


def test_a_station_that_closes_before_one_gets_there_is_not_offered():
    # 825 m at 1.25 m/s are 11 minutes; it closes in 10
    stations = stations_at(WalkingGraph.build(LONG), (825, 0), (900, 0))
    assert walk(stations, 0, 0, hours=open_when(NOON, [0, 1])).station.tolist() == [1]
    there = walk(stations, 0, 0, hours=open_when(NOON, [0, 1], walking_counts=False))
    assert there.station.tolist() == [0, 1]
    near = walk(stations, 500, 0, hours=open_when(NOON, [0, 1]))
    assert near.station.tolist() == [0, 1]
    hurried = open_when(NOON, [0, 1], minutes_before_closing=10)
    assert walk(stations, 500, 0, hours=hurried).station.tolist() == [1]


def test_unknown_hours_are_not_taken_for_open():
    stations = stations_at(WalkingGraph.build(LONG), (100, 0), (200, 0))
    unknown = open_when(NOON, [-1, 1])
    assert walk(stations, 0, 0, hours=unknown).station.tolist() == [1]
    kept = walk(stations, 0, 0, hours=unknown._replace(unknown_passes=True))
    assert kept.station.tolist() == [0, 1]
    assert kept.state.tolist() == [UNKNOWN, OPEN]


def test_closed_stations_are_told_as_such_when_all_are_asked_for():
    stations = stations_at(WalkingGraph.build(LONG), (100, 0), (200, 0), (300, 0))
    answer = walk(stations, 0, 0, hours=open_when(8 * 60, [0, 1, -1], only_open=False))
    assert answer.station.tolist() == [0, 1, 2]
    assert answer.state.tolist() == [CLOSED, OPEN, UNKNOWN]


def test_past_midnight_the_hours_of_the_next_day_count():
    stations = stations_at(WalkingGraph.build(LONG), (310, 0), (610, 0))
    answer = walk(stations, 0, 0, hours=open_when(DAY - 3, [2, 2], only_open=False))
    assert answer.state.tolist() == [OPEN, CLOSED]  # 4 and 8 minutes on: 00:01 and 00:05


def test_beyond_the_horizon_hours_are_not_known():
    stations = stations_at(WalkingGraph.build(LONG), (90, 0), (610, 0))
    answer = walk(stations, 0, 0, hours=open_when(WEEK - 3, [1, 1], only_open=False))
    assert answer.state.tolist() == [OPEN, UNKNOWN]


def test_a_minute_marked_unknown_is_neither_open_nor_closed():
    stations = stations_at(WalkingGraph.build(LONG), (100, 0), (200, 0))
    doubt = open_when(8 * 60, [0, 1], only_open=False)
    doubt = doubt._replace(unknown=np.array([week((8 * 60, 9 * 60)), *MAYBE[1:]]))
    assert walk(stations, 0, 0, hours=doubt).state.tolist() == [UNKNOWN, OPEN]
    only_open = doubt._replace(only_open=True)
    assert walk(stations, 0, 0, hours=only_open).station.tolist() == [1]


# ---------------------------------------------------------------------- no street
def geodesic(stations: StationsOnStreets, x: float, y: float) -> np.ndarray:
    lon, lat = place(x, y)
    n = len(stations)
    return np.array(GEOD.inv(np.full(n, lon), np.full(n, lat), stations.lon, stations.lat)[2])


def test_without_a_network_the_straight_line_is_taken_and_said():
    rng = np.random.default_rng(3)
    stations = stations_at(WalkingGraph.build(empty_network()), *rng.normal(0, 2000, (3000, 2)))
    answer = walk(stations, 100, 100, 7, max_metres=50_000)
    metres = geodesic(stations, 100, 100)
    assert answer.straight_line
    assert answer.station.tolist() == np.argsort(metres)[:7].tolist()
    assert_allclose(answer.metres, np.sort(metres)[:7], atol=1e-6)
    assert len(stations.off_network) == 3000
    assert len(stations.unreachable) == 0


def test_far_from_any_street_the_straight_line_is_taken_with_all_filters():
    stations = stations_at(WalkingGraph.build(LONG), (0, 0), (100, 0), (200, 0), (300, 0))
    hours = open_when(8 * 60, [1, 0, 1, -1], unknown_passes=True)
    answer = walk(
        stations, 0, 900, hours=hours, allow=np.array([True, True, True, True]), max_metres=930
    )
    assert answer.straight_line
    assert answer.station.tolist() == [0, 2]
    assert answer.state.tolist() == [OPEN, OPEN]
    assert_allclose(answer.metres, geodesic(stations, 0, 900)[[0, 2]], atol=1e-6)
    assert walk(stations, 0, 499).on_network
    assert walk(stations, 0, 501).straight_line


def test_hours_on_the_straight_line_are_those_of_the_walking_search():
    graph = WalkingGraph.build(LONG)
    spots = [(x, 0) for x in range(0, 1000, 50)]
    patterns = [(-1, 0, 1, 2)[i % 4] for i in range(20)]
    streets = stations_at(graph, *spots)
    lines = stations_at(WalkingGraph.build(empty_network()), *spots)
    for minutes in (0, 3, 30):
        for start in (NOON, WEEK - 4.5, 8 * 60 + 59.9):
            hours = open_when(start, patterns, minutes_before_closing=minutes)
            a, b = walk(streets, 0, 0, 20, hours=hours), walk(lines, 0, 0, 20, hours=hours)
            assert a.station.tolist() == b.station.tolist()
            assert a.state.tolist() == b.state.tolist()
            assert_allclose(a.metres, b.metres, atol=0.01)


@pytest.mark.parametrize("sideways", [0.0, 4e-6, -4e-6, 1.1e-5, 0.5])
def test_two_ways_equally_long_lead_to_one_station_once(sideways):
    # A block; people in the middle of one side, stations around the middle of the opposite one.
    corners = [(0, 0), (200, 0), (200, 100), (0, 100)]
    graph = WalkingGraph.build(
        network_of(corners, [(0, 1, []), (1, 2, []), (2, 3, []), (3, 0, [])])
    )
    opposite = [(100 + step * 1e-6, 100) for step in range(-12, 13, 3)]
    stations = stations_at(graph, *opposite, (20, 0), (180, 0))
    for k in (1, 3, 6, 11, 20):
        found = walk(stations, 100 + sideways, 0, k).station.tolist()
        assert len(found) == min(k, 11)
        assert len(set(found)) == len(found)


def test_no_station_is_no_answer_and_no_error():
    for network in (LONG, empty_network()):
        stations = stations_at(WalkingGraph.build(network))
        assert len(walk(stations, 0, 0)) == 0
        every = nearest_of_every_node(stations)
        assert np.isinf(every.junction_cost).all()
        assert (every.junction_station == -1).all()


# ---------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("lon", "lat", "k", "limit"),
    [
        (39.9, 116.4, 5, 3000),
        (np.nan, 39.9, 5, 3000),
        (116.4, np.inf, 5, 3000),
        (181, 0, 5, 3000),
        (116.4, 39.9, 0, 3000),
        (116.4, 39.9, 5, -1),
        (116.4, 39.9, 5, np.nan),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(lon, lat, k, limit):
    with pytest.raises(Invalid):
        nearest(stations_at(WalkingGraph.build(LONG), (0, 0)), lon, lat, k, max_metres=limit)


def test_more_stations_than_there_are_may_be_asked_for():
    assert len(walk(stations_at(WalkingGraph.build(LONG), (0, 0)), 0, 0, 10**6)) == 1


def test_arrays_that_do_not_fit_are_refused():
    graph = WalkingGraph.build(LONG)
    stations = stations_at(graph, (0, 0), (10, 0))
    with pytest.raises(Invalid, match="mask"):
        walk(stations, 0, 0, allow=np.ones(3, bool))
    with pytest.raises(Invalid, match="Hours of 3"):
        walk(stations, 0, 0, hours=open_when(0, [0, 0, 0]))
    with pytest.raises(Invalid, match="pattern"):
        walk(stations, 0, 0, hours=open_when(0, [0, 9]))
    with pytest.raises(Invalid, match="not numbers"):
        StationsOnStreets(graph, np.array([np.nan]), np.array([1.0]))
