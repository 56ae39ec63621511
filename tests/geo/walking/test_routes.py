"""Routes against scipy's Dijkstra on the uncontracted network, and by hand."""

import dataclasses

import numpy as np
import pytest
import shapely
from hostile import HOSTILE_NAME
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from pyproj import Geod
from street_makers import network_of, place
from street_situations import situations
from walking_oracle import Oracle

from geo.errors import InvalidFile
from geo.streets import read_osm
from geo.streets.surroundings import nothing_around
from geo.walking import Pace, Snapping, StationsOnStreets, WalkingGraph, empty_network, nearest
from geo.walking.facts import StreetFacts, facts_of, read_facts, save_facts
from geo.walking.routes import foot, route_between, snap

GEOD = Geod(ellps="WGS84")
NONE_IS_SMALL = Snapping(small_part_points=0, small_part_metres=0)


def length(line) -> float:
    return float(GEOD.line_length(*np.asarray(line).T))


def way(network, start, goal, *, pace=None, facts=True):
    """The route between two places in metres from the origin."""
    graph = WalkingGraph.build(network, pace=pace, snapping=NONE_IS_SMALL)
    ends = [snap(graph, *place(*xy)) for xy in (start, goal)]
    return route_between(graph, *ends, facts_of(network) if facts else None)


def named(network, names, **more):
    """The network with a name for each piece; None for none."""
    distinct = sorted({name for name in names if name is not None})
    number = [-1 if name is None else distinct.index(name) for name in names]
    return dataclasses.replace(network, name=np.array(number, np.int32), names=distinct, **more)


def told(route) -> list[tuple]:
    return [(step.kind, step.turn, step.street, round(step.metres)) for step in route.steps]


# A crossing of two streets, 200 m each way.
CROSS = named(
    network_of(
        [(0, 0), (200, 0), (400, 0), (200, 200), (200, -200)],
        [(0, 1, []), (1, 2, []), (1, 3, []), (1, 4, [])],
    ),
    ["人民路", "人民路", "解放路", "解放路"],
)
SOUTH, NORTH, WEST, EAST = (200, -200), (200, 200), (0, 0), (400, 0)


# ---------------------------------------------------------------------- left and right
@pytest.mark.parametrize(
    ("start", "goal", "turn", "onto"),
    [
        (SOUTH, WEST, "left", "人民路"),
        (SOUTH, EAST, "right", "人民路"),
        (NORTH, WEST, "right", "人民路"),
        (NORTH, EAST, "left", "人民路"),
        (WEST, NORTH, "left", "解放路"),
        (WEST, SOUTH, "right", "解放路"),
        (EAST, NORTH, "right", "解放路"),
        (EAST, SOUTH, "left", "解放路"),
    ],
)
def test_left_is_left_and_right_is_right(start, goal, turn, onto):
    [set_off, turning, arrival] = told(way(CROSS, start, goal))
    assert set_off[:2] == ("depart", None)
    assert turning == ("turn", turn, onto, 200)
    assert arrival == ("arrive", None, None, 0)


def test_straight_over_a_crossing_nothing_is_said():
    assert told(way(CROSS, WEST, EAST)) == [
        ("depart", None, "人民路", 400),
        ("arrive", None, None, 0),
    ]


def test_a_bend_without_a_choice_is_no_turn():
    bent = network_of([(0, 0), (300, 200)], [(0, 1, [(300, 0)])])
    assert told(way(bent, (0, 0), (300, 200))) == [
        ("depart", None, None, 500),
        ("arrive", None, None, 0),
    ]


def test_a_street_that_changes_its_name_is_told_though_one_goes_straight_on():
    two = named(
        network_of([(0, 0), (200, 0), (500, 0)], [(0, 1, []), (1, 2, [])]), ["人民路", "和平路"]
    )
    assert told(way(two, (0, 0), (500, 0)))[:2] == [
        ("depart", None, "人民路", 200),
        ("turn", "straight", "和平路", 300),
    ]


def test_a_short_piece_without_a_name_between_two_of_one_name_is_not_told():
    streets = network_of(
        [(0, 0), (200, 0), (215, 0), (400, 0)], [(0, 1, []), (1, 2, []), (2, 3, [])]
    )
    assert len(told(way(named(streets, ["人民路", None, "人民路"]), (0, 0), (400, 0)))) == 2


def test_a_fork_is_told_though_it_hardly_turns():
    fork = network_of(
        [(0, 0), (200, 0), (400, 60), (400, -60)], [(0, 1, []), (1, 2, []), (1, 3, [])]
    )
    assert told(way(fork, (0, 0), (400, 60)))[1][:2] == ("turn", "slight_left")
    assert told(way(fork, (0, 0), (400, -60)))[1][:2] == ("turn", "slight_right")
    sharper = network_of(
        [(0, 0), (200, 0), (400, 110), (400, -110)], [(0, 1, []), (1, 2, []), (1, 3, [])]
    )
    assert told(way(sharper, (0, 0), (400, 110)))[1][:2] == ("turn", "slight_left")
    assert told(way(sharper, (0, 0), (400, -110)))[1][:2] == ("turn", "slight_right")


@pytest.mark.parametrize(
    ("onward", "turn"),
    [
        ((480, 160), "slight_left"),
        ((200, 400), "left"),
        ((60, 200), "sharp_left"),
        ((480, -160), "slight_right"),
        ((200, -400), "right"),
        ((60, -200), "sharp_right"),
    ],
)
def test_how_sharp_a_turn_is(onward, turn):
    # at a crossing 200 m on, with a street straight ahead as the other choice
    streets = network_of([(0, 0), (200, 0), (500, 0), onward], [(0, 1, []), (1, 2, []), (1, 3, [])])
    assert told(way(streets, (0, 0), onward))[1][1] == turn


def test_a_jog_over_a_road_is_one_word_or_none():
    # the footway goes on 6 m further along the other side
    jog = network_of(
        [(0, 0), (200, 0), (200, 6), (400, 6), (200, -200), (200, 200)],
        [(0, 1, []), (1, 2, []), (2, 3, []), (1, 4, []), (2, 5, [])],
    )
    assert told(way(jog, (0, 0), (400, 6))) == [
        ("depart", None, None, 406),
        ("arrive", None, None, 0),
    ]


# ---------------------------------------------------------------------- stairs, bridges
def overpass():
    streets = network_of(
        [(0, 0), (100, 0), (130, 0), (180, 0), (210, 0), (300, 0)],
        [(i, i + 1, []) for i in range(5)],
        steps=[1, 3],
        layers=[0, 0, 1, 0, 0],
    )
    return named(streets, ["人民路", None, "人行天桥", None, "人民路"])


def test_stairs_and_bridge_are_told_with_their_metres():
    route = way(overpass(), (0, 0), (300, 0), pace=Pace(1.0, 0.5))
    assert told(route) == [
        ("depart", None, "人民路", 100),
        ("stairs", "straight", None, 30),
        ("cross_bridge", "straight", "人行天桥", 50),
        ("stairs", "straight", None, 30),
        ("turn", "straight", "人民路", 90),
        ("arrive", None, None, 0),
    ]
    assert route.stairs_metres == pytest.approx(60, abs=0.1)
    assert route.seconds == pytest.approx(240 + 120, abs=0.5)


def test_stairs_are_counted_only_as_far_as_one_climbs_them():
    route = way(overpass(), (110, 0), (195, 0))
    assert route.stairs_metres == pytest.approx(20 + 15, abs=0.1)
    assert told(route)[:2] == [("depart", None, None, 0), ("stairs", "straight", None, 20)]


def test_an_underpass_is_told_and_a_short_bridge_is_not():
    streets = network_of(
        [(0, 0), (100, 0), (140, 0), (200, 0), (208, 0), (300, 0)],
        [(i, i + 1, []) for i in range(5)],
        layers=[0, -1, 0, 1, 0],
    )
    assert [step[0] for step in told(way(streets, (0, 0), (300, 0)))] == [
        "depart",
        "underpass",
        "turn",
        "arrive",
    ]


def test_a_landing_belongs_to_its_stairs():
    streets = network_of(
        [(0, 0), (50, 0), (62, 0), (66, 0), (80, 0), (150, 0)],
        [(i, i + 1, []) for i in range(5)],
        steps=[1, 3],
    )
    route = way(streets, (0, 0), (150, 0))
    assert [step[0] for step in told(route)] == ["depart", "stairs", "turn", "arrive"]
    assert route.stairs_metres == pytest.approx(26, abs=0.1)


# ---------------------------------------------------------------------- the ends
def test_metres_off_the_street_are_in_the_line_and_counted_apart():
    route = way(CROSS, (50, 30), (350, -40))
    assert route.off_street_metres == pytest.approx(70, abs=0.1)
    assert route.metres == pytest.approx(370, abs=0.2)
    assert_allclose(route.line[0], place(50, 30), atol=1e-9)
    assert_allclose(route.line[-1], place(350, -40), atol=1e-9)
    assert told(route) == [
        ("depart", None, None, 30),
        ("turn", "left", "人民路", 300),
        ("turn", "right", None, 40),
        ("arrive", None, None, 0),
    ]
    assert [step.off_street for step in route.steps] == [True, False, True, False]


@pytest.mark.parametrize(("y", "side"), [(6, "left"), (-6, "right"), (1, None)])
def test_on_which_side_of_the_street_the_station_stands(y, side):
    assert told(way(CROSS, (0, 0), (150, y)))[-1] == ("arrive", side, None, 0)
    opposite = {"left": "right", "right": "left", None: None}[side]
    assert told(way(CROSS, (190, 0), (150, y)))[-1] == ("arrive", opposite, None, 0)


def test_a_street_beside_which_one_stands_is_set_off_along():
    first = way(CROSS, (50, 4), (190, 0)).steps[0]
    assert (first.street, first.off_street) == ("人民路", False)
    assert first.heading == pytest.approx(90, abs=1)
    assert way(CROSS, (150, 4), (10, 0)).steps[0].heading == pytest.approx(270, abs=1)


def test_at_the_station_itself_there_is_nothing_to_walk():
    for at in ((50, 0), (200, 0), (0, 0), (50, 30)):
        route = way(CROSS, at, at)
        assert route.metres == pytest.approx(2 * (30 if at[1] else 0), abs=0.1)
        assert len(route.line) >= 2
        assert [step.kind for step in route.steps] == ["depart", "arrive"]


def test_without_streets_or_without_a_way_it_is_a_straight_line_and_said():
    apart = network_of([(0, 0), (500, 0), (0, 300), (500, 300)], [(0, 1, []), (2, 3, [])])
    for network, start, goal in (
        (empty_network(), (0, 0), (300, 400)),
        (CROSS, (0, 900), (200, 0)),
        (CROSS, (200, 0), (0, 900)),
        (apart, (0, 0), (300, 300)),
    ):
        route = way(network, start, goal)
        metres = GEOD.inv(*place(*start), *place(*goal))[2]
        assert route.straight_line
        assert route.uncertain
        assert route.metres == pytest.approx(metres, abs=1e-6)
        assert_allclose(route.line, [place(*start), place(*goal)], atol=1e-12)
        assert [step.kind for step in route.steps] == ["depart", "arrive"]


# ---------------------------------------------------------------------- rings and the like
def test_a_ring_is_walked_the_shorter_way_round():
    ring = network_of([(0, 0), (200, 0)], [(0, 1, []), (1, 1, [(300, 0), (300, 100), (200, 100)])])
    there = way(ring, (0, 0), (200, 60))
    assert there.metres == pytest.approx(260, abs=0.3)
    back = way(ring, (300, 90), (200, 60))  # 10 + 100 + 40 the far way, 90 + 100 + 60 the other
    assert back.metres == pytest.approx(150, abs=0.3)
    for route in (there, back):
        assert length(route.line) == pytest.approx(route.metres, rel=1e-6)


def test_of_parallel_chains_the_line_follows_the_shorter():
    parallel = network_of(
        [(0, 0), (300, 0), (-100, 0), (400, 0)],
        [(0, 1, [(150, 200)]), (0, 1, []), (2, 0, []), (1, 3, [])],
    )
    route = way(parallel, (-100, 0), (400, 0))
    assert route.metres == pytest.approx(500, abs=0.3)
    assert shapely.LineString(route.line).distance(shapely.Point(place(150, 200))) > 1e-4


def test_on_one_piece_of_street_one_does_not_go_by_its_ends():
    route = way(CROSS, (120, 0), (40, 0))
    assert route.metres == pytest.approx(80, abs=0.1)
    assert_allclose(route.line, [place(120, 0), place(40, 0)], atol=1e-9)


def test_the_longer_way_on_one_chain_gives_way_to_one_by_its_ends():
    # a horseshoe whose two ends are joined by a short street
    shoe = network_of([(0, 0), (50, 0)], [(0, 1, [(0, 500), (50, 500)]), (0, 1, [])])
    route = way(shoe, (0, 50), (50, 50))
    assert route.metres == pytest.approx(150, abs=0.2)
    assert_allclose(route.line[1:-1], [place(0, 0), place(50, 0)], atol=1e-9)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(situations(), st.booleans())
def test_on_any_network_the_route_is_the_shortest_and_its_line_as_long(situation, small_matters):
    network, where, people, _ = situation
    rule = (8, 300.0) if small_matters else (0, 0.0)
    graph = WalkingGraph.build(
        network, snapping=Snapping(small_part_points=rule[0], small_part_metres=rule[1])
    )
    oracle = Oracle(network, small_points=rule[0], small_metres=rule[1])
    places = [place(*xy) for xy in where]
    walkers = [place(*xy) for xy in people]
    metres = oracle.distances(
        [oracle.foot(*at) for at in walkers], [oracle.foot(*at) for at in places]
    )
    lon, lat = np.array(places).reshape(-1, 2).T
    stations = StationsOnStreets(graph, lon, lat)
    facts = facts_of(network)
    steep = network.length[network.is_steps].sum()
    for row, at in enumerate(walkers):
        start = snap(graph, *at)
        found = nearest(stations, *at, 50, max_metres=1e9)
        known = dict(zip(found.station.tolist(), found.metres.tolist(), strict=True))
        for column, to in enumerate(places):
            route = route_between(graph, start, foot(stations.snapped, column, *to), facts)
            assert route.straight_line == (not np.isfinite(metres[row, column]))
            if route.straight_line:
                continue
            assert route.metres == pytest.approx(metres[row, column], abs=0.1)
            assert route.metres == pytest.approx(known[column], abs=1e-6)
            # Segments are measured at their middle latitude.
            assert length(route.line) == pytest.approx(route.metres, abs=0.02 + 1e-5 * route.metres)
            assert_allclose(route.line[[0, -1]], [at, to], atol=1e-12)
            assert sum(step.metres for step in route.steps) == pytest.approx(route.metres, abs=1e-6)
            assert min(step.metres for step in route.steps) >= 0
            assert [route.steps[0].kind, route.steps[-1].kind] == ["depart", "arrive"]
            assert 0 <= route.stairs_metres <= steep + 1e-6
            slow = route.metres / graph.pace.on_streets + route.stairs_metres * (
                1 / graph.pace.on_steps - 1 / graph.pace.on_streets
            )
            assert route.seconds == pytest.approx(slow, abs=1e-6)


# ---------------------------------------------------------------------- real streets
@pytest.mark.parametrize(
    "file", [pytest.param("heidelberg.osm.pbf", marks=pytest.mark.slow), "tsinghua.osm"]
)
def test_on_real_streets_routes_are_the_shortest(shared_data, file):
    network = read_osm(shared_data / "networks" / file)
    # The oracle knows no walls: how a place joins the streets is tested elsewhere.
    network = dataclasses.replace(network, surroundings=nothing_around())
    graph, facts = WalkingGraph.build(network), facts_of(network)
    rng = np.random.default_rng(11)
    spots = rng.integers(0, network.nodes, 60)
    lon = network.node_lon[spots] + rng.normal(0, 4e-4, 60)
    lat = network.node_lat[spots] + rng.normal(0, 4e-4, 60)
    oracle = Oracle(network)
    feet = [oracle.foot(*at) for at in zip(lon, lat, strict=True)]
    metres = oracle.distances(feet[:30], feet[30:])
    compared = 0
    for row in range(30):
        for column in rng.integers(0, 30, 5):
            ends = [snap(graph, lon[at], lat[at]) for at in (row, 30 + column)]
            route = route_between(graph, *ends, facts)
            assert route.straight_line == (not np.isfinite(metres[row, column]))
            if route.straight_line:
                continue
            assert route.metres == pytest.approx(metres[row, column], abs=0.1)
            assert length(route.line) == pytest.approx(route.metres, rel=2e-5, abs=0.02)
            assert sum(step.metres for step in route.steps) == pytest.approx(route.metres)
            compared += 1
    assert compared > 100


# ---------------------------------------------------------------------- facts
def test_names_are_kept_as_they_are_in_a_file_of_their_own(tmp_path):
    facts = facts_of(named(CROSS, [HOSTILE_NAME, None, "{street}", ""]))
    save_facts(tmp_path / "kept.npz", facts)
    again = read_facts(tmp_path / "kept.npz")
    assert again.names == facts.names == sorted(["", HOSTILE_NAME, "{street}"])
    assert_allclose(again.name, facts.name)
    assert_allclose(again.made, facts.made)
    route = way(named(CROSS, [HOSTILE_NAME, None, "{street}", None]), WEST, NORTH)
    assert [step.street for step in route.steps] == [HOSTILE_NAME, "{street}", None]


def test_a_damaged_file_of_facts_is_not_used(tmp_path):
    path = tmp_path / "kept.npz"
    save_facts(path, facts_of(CROSS))
    whole = path.read_bytes()
    for broken in (b"", b"nonsense", whole[: len(whole) // 2]):
        path.write_bytes(broken)
        with pytest.raises(InvalidFile, match=r"kept\.npz"):
            read_facts(path)
    save_facts(path, StreetFacts(np.array([7], np.int32), np.zeros(1, np.uint8), ["一"]))
    with pytest.raises(InvalidFile):
        read_facts(path)


def test_without_facts_the_way_is_the_same_and_has_no_names():
    route = way(CROSS, SOUTH, WEST, facts=False)
    assert [step.turn for step in route.steps] == [None, "left", None]
    assert {step.street for step in route.steps} == {None}
