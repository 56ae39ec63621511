"""From a point to its foot on a street, without walking through anything: by hand, by chance and on
real streets, against shapely."""

import dataclasses

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from shapely.affinity import rotate, scale
from shapely_obstacles import Judge, plane_around
from small_cities import small_cities
from street_makers import METRES, ORIGIN, around, network_of, place, with_around
from walking_oracle import Oracle

from geo.streets import StreetNetwork, read_osm
from geo.walking import Snapped, WalkingGraph
from geo.walking.arrays import no_obstacles
from geo.walking.obstacles import is_crossed, obstacles_of, standing_of

line, box = shapely.LineString, shapely.box
# Two parallel streets of 1 km eastwards, 100 m apart, joined at their western ends.
TWO = network_of(
    [(0, 0), (1000, 0), (0, 100), (1000, 100)],
    [(0, 1, []), (2, 3, []), (0, 2, [])],
)
SOUTH, NORTH = 0, 1
EVERYWHERE = (-5000, 5000)


def snapped(network: StreetNetwork, x: float, y: float) -> Snapped:
    lon, lat = place(x, y)
    return WalkingGraph.build(network).snap(np.array([lon]), np.array([lat]))


def foot(network: StreetNetwork, x: float, y: float) -> tuple[int, float, bool]:
    """The street a point is led to, the metres to it, and whether that is doubtful."""
    graph = WalkingGraph.build(network)
    lon, lat = place(x, y)
    feet = graph.snap(np.array([lon]), np.array([lat]))
    street = graph.streets.vertex_street[feet.segment[0]]
    return int(street), float(feet.off_street[0]), bool(feet.doubtful[0])


def leads_to(network: StreetNetwork, x: float, y: float, street: int, metres: float) -> None:
    got, off, doubtful = foot(network, x, y)
    assert (got, doubtful) == (street, False)
    assert off == pytest.approx(metres, abs=0.1)


# ---------------------------------------------------------------------- in the way
RIVER = ("water", box(*np.array([EVERYWHERE, (20, 30)]).T.ravel()))


def test_without_anything_around_the_nearest_street_is_taken():
    leads_to(TWO, 500, 40, SOUTH, 40)


def test_nobody_is_sent_across_the_river():
    leads_to(with_around(TWO, RIVER), 500, 40, NORTH, 60)
    leads_to(with_around(TWO, RIVER), 500, 15, SOUTH, 15)
    stream = ("water", line([(-5000, 25), (5000, 25)]))
    leads_to(with_around(TWO, stream), 500, 40, NORTH, 60)


@pytest.mark.parametrize("kind", ["wall", "fence", "hedge", "railway", "cliff", "motorway"])
def test_nobody_is_sent_through_a_wall(kind):
    barrier = (kind, line([(-5000, 25), (5000, 25)]))
    leads_to(with_around(TWO, barrier), 500, 40, NORTH, 60)
    # a wall that ends is walked round where the line is free
    short = (kind, line([(490, 25), (5000, 25)]))
    street, metres, doubtful = foot(with_around(TWO, short), 500, 40)
    assert (street, doubtful) == (SOUTH, False)
    assert metres == pytest.approx(np.hypot(40, 40), abs=0.1)


def test_green_is_in_nobodys_way():
    leads_to(with_around(TWO, ("green", box(0, 10, 1000, 30))), 500, 40, SOUTH, 40)


def test_nobody_is_sent_through_another_building():
    row = ("building", box(-5000, 20, 5000, 30))
    leads_to(with_around(TWO, row), 500, 40, NORTH, 60)


def test_beside_a_building_there_is_a_way_to_a_long_straight_street():
    house = ("building", box(495, 20, 505, 30))
    street, metres, doubtful = foot(with_around(TWO, house), 500, 40)
    assert (street, doubtful) == (SOUTH, False)
    assert metres == pytest.approx(np.hypot(40, 40), abs=0.1)


def test_ones_own_building_may_be_left():
    leads_to(with_around(TWO, ("building", box(480, 20, 520, 60))), 500, 40, SOUTH, 40)


def test_whoever_leaves_a_building_into_the_next_one_has_crossed_it():
    rear = ("building", box(-5000, 30, 5000, 50))
    front = ("building", box(-5000, 15, 5000, 30))  # wall to wall
    leads_to(with_around(TWO, rear, front), 500, 40, NORTH, 60)
    leads_to(with_around(TWO, rear), 500, 40, SOUTH, 40)


def test_a_wing_of_ones_own_building_is_not_walked_through():
    wings = box(-5000, 20, 5000, 50) - box(-4990, 25, 4990, 35)  # a courtyard between them
    leads_to(with_around(TWO, ("building", wings)), 500, 40, NORTH, 60)


def test_a_courtyard_closed_all_round_is_doubtful():
    ring = box(400, 20, 600, 60) - box(410, 30, 590, 50)
    assert foot(with_around(TWO, ("building", ring)), 500, 40)[2]


def test_an_island_in_the_river_is_doubtful_and_keeps_the_nearest_street():
    water = box(-5000, 20, 5000, 60) - box(490, 35, 510, 45)
    street, metres, doubtful = foot(with_around(TWO, ("water", water)), 500, 39)
    assert (street, doubtful) == (SOUTH, True)
    assert metres == pytest.approx(39, abs=0.1)


def test_behind_walls_on_all_sides_the_nearest_street_is_kept_and_doubtful():
    compound = ("wall", box(450, 20, 550, 80).exterior)
    street, metres, doubtful = foot(with_around(TWO, compound), 500, 40)
    assert (street, doubtful) == (SOUTH, True)
    assert metres == pytest.approx(40, abs=0.1)


def test_far_from_the_next_street_a_wall_makes_it_doubtful_too():
    wall = ("wall", line([(-5000, 200), (5000, 200)]))
    assert foot(with_around(TWO, wall), 500, 390)[::2] == (NORTH, True)
    assert foot(TWO, 500, 390)[::2] == (NORTH, False)


def test_off_the_network_nothing_is_doubtful():
    feet = snapped(with_around(TWO, RIVER), 500, 5000)
    assert feet.chain.tolist() == [-1]
    assert feet.doubtful.tolist() == [0]


# ---------------------------------------------------------------------- not in the way
def test_a_footway_drawn_along_a_fence_is_reached():
    fence = ("fence", line([(-5000, 0.3), (5000, 0.3)]))
    leads_to(with_around(TWO, fence), 500, 40, SOUTH, 40)
    on_it = ("fence", line([(-5000, 0), (5000, 0)]))
    leads_to(with_around(TWO, on_it), 500, 40, SOUTH, 40)
    beside = ("fence", line([(-5000, 0.8), (5000, 0.8)]))
    leads_to(with_around(TWO, beside), 500, 40, NORTH, 60)


def test_a_point_set_on_a_wall_belongs_to_both_sides():
    wall = ("wall", line([(-5000, 40), (5000, 40)]))
    leads_to(with_around(TWO, wall), 500, 40, SOUTH, 40)
    leads_to(with_around(TWO, wall), 500, 40.05, SOUTH, 40.05)
    leads_to(with_around(TWO, wall), 500, 40.2, NORTH, 59.8)


def test_a_foot_inside_the_building_the_street_runs_through_is_not_reached_through_its_wall():
    arcade = ("building", box(-5000, -10, 5000, 10))
    leads_to(with_around(TWO, arcade), 500, 40, NORTH, 60)
    inside = with_around(TWO, arcade)
    leads_to(inside, 500, 8, SOUTH, 8)


def test_under_an_elevated_railway_one_walks_through_but_not_across_tracks():
    tracks = line([(-5000, 25), (5000, 25)])
    leads_to(with_around(TWO, ("railway", tracks, 1)), 500, 40, SOUTH, 40)
    leads_to(with_around(TWO, ("railway", tracks, -1)), 500, 40, SOUTH, 40)
    leads_to(with_around(TWO, ("railway", tracks, 0)), 500, 40, NORTH, 60)


def test_whoever_stands_on_a_bridge_over_the_river_is_on_the_bridge():
    bridge = network_of(
        [(0, 0), (500, 0), (500, 100), (0, 100)],
        [(0, 1, []), (1, 2, []), (3, 2, [])],
        layers=[0, 1, 0],
    )
    river = ("water", box(-5000, 10, 5000, 90))
    leads_to(with_around(bridge, river), 503, 50, 1, 3)


def test_no_way_round_leads_onto_a_bridge():
    overhead = network_of(
        [(0, 0), (1000, 0), (0, 60), (1000, 60)],
        [(0, 1, []), (2, 3, []), (0, 2, [])],
        layers=[0, 1, 0],
    )
    wall = ("wall", line([(-5000, 20), (5000, 20)]))
    assert foot(with_around(overhead, wall), 500, 30)[::2] == (0, True)


def test_no_way_round_leads_onto_a_small_separate_part():
    network = network_of(
        [(0, 0), (2000, 0), (480, 60), (520, 60)],
        [(0, 1, []), (2, 3, [])],
    )
    wall = ("wall", line([(-5000, 20), (5000, 20)]))
    assert foot(with_around(network, wall), 500, 30)[::2] == (0, True)
    # where there is nothing else, it is as for large parts
    between = ("wall", line([(450, 350), (550, 350)]))
    far = network_of(
        [(0, 0), (2000, 0), (480, 300), (520, 300), (480, 420), (520, 420)],
        [(0, 1, []), (2, 3, []), (4, 5, [])],
    )
    assert foot(far, 500, 355)[::2] == (1, False)
    assert foot(with_around(far, between), 500, 355)[::2] == (2, False)


def test_the_answer_is_the_same_after_the_snapshot(tmp_path):
    graph = WalkingGraph.build(with_around(TWO, RIVER, ("building", box(480, 50, 520, 60))))
    graph.save(tmp_path / "streets.npz")
    again = WalkingGraph.load(tmp_path / "streets.npz")
    for key, array in graph.obstacles._asdict().items():
        assert_array_equal(getattr(again.obstacles, key), array)
    lon, lat = np.array([place(500, y) for y in range(0, 100, 5)]).T
    for one, other in zip(
        vars(graph.snap(lon, lat)).values(), vars(again.snap(lon, lat)).values(), strict=True
    ):
        assert_array_equal(one, other)


# ---------------------------------------------------------------------- by chance
METRE = st.floats(-200, 200, allow_nan=False).map(lambda x: round(x, 2))
SPOT = st.tuples(METRE, METRE)
KINDS = st.sampled_from(["wall", "water", "railway", "building"])


@st.composite
def things(draw, most: int = 12):
    """Walls, ponds, buildings (some with a courtyard, some that overlap) here and there."""
    found = []
    for _ in range(draw(st.integers(0, most))):
        kind = draw(KINDS)
        if kind in ("wall", "railway"):
            found.append((kind, line(draw(st.lists(SPOT, min_size=2, max_size=5, unique=True)))))
            continue
        x, y = draw(SPOT)
        wide, high = draw(st.integers(5, 120)), draw(st.integers(5, 120))
        shape = rotate(box(x, y, x + wide, y + high), draw(st.integers(0, 90)))
        if draw(st.booleans()):
            shape -= scale(shape, 0.5, 0.5)
        found.append((kind, shape, draw(st.sampled_from([0, 0, 0, 1, -1]))))
    return found


@settings(max_examples=250, deadline=None)
@given(things(), SPOT, SPOT)
def test_a_line_crosses_what_shapely_says_it_crosses(found, start, end):
    surroundings = around(*found) if found else around(("green", box(0, 0, 1, 1)))
    standing = standing_of(obstacles_of(surroundings))
    judge = Judge(surroundings, plane_around(*ORIGIN))
    (a, b), (c, d) = place(*start), place(*end)
    ends = np.array([judge_place(judge, start), judge_place(judge, end)])
    metres = float(np.hypot(*(ends[1] - ends[0])))
    # A line that touches a corner, or a wall that ends there, is neither here nor there.
    answers = {
        tuple(bool(row[0]) for row in judge.crossings(ends[:1] + shift, ends[1:] + shift))
        for shift in np.array([(0, 0), (0.03, 0), (-0.03, 0), (0, 0.03), (0, -0.03)])
    }
    longer = judge.crossings(ends[:1], ends[1:] + 0.03 * (ends[1] - ends[0]) / max(metres, 1))
    answers.add(tuple(bool(row[0]) for row in longer))
    assume(len({any(answer) for answer in answers}) == 1)
    assert is_crossed(standing, a, b, c, d, metres) == any(answers.pop())


def judge_place(judge: Judge, xy: tuple[float, float]) -> np.ndarray:
    return np.array(judge.plane.transform(*place(*xy)))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(small_cities(people=6), things(most=10), st.integers(0, 2**32))
def test_the_first_foot_that_is_free_is_taken(city, found, seed):
    network, stations, people, _ = city
    # the things lie over the middle of the city
    moved = [
        (kind, shapely.affinity.translate(shape, 450, 450), *more) for kind, shape, *more in found
    ]
    network = with_around(network, *moved) if moved else network
    graph = WalkingGraph.build(network)
    oracle = Oracle(network)
    near = np.random.default_rng(seed).uniform(250, 650, (6, 2))
    for xy in [*stations, *people, *map(tuple, near)]:
        lon, lat = place(*xy)
        feet = graph.snap(np.array([lon]), np.array([lat]))
        got = (float(feet.off_street[0]), bool(feet.doubtful[0]), feet.lon[0], feet.lat[0])
        # Where two feet are equally far, or a wall is just touched, either answer is right.
        allowed = []
        for dx, dy in ((0, 0), (0.02, 0), (-0.02, 0), (0, 0.02), (0, -0.02)):
            expected = oracle.foot(lon + dx * METRES[0], lat + dy * METRES[1])
            assume(expected is None or not expected.is_tie)
            allowed.append(
                (np.inf, False, np.nan, np.nan)
                if expected is None
                else (expected.off_street, expected.doubtful, expected.lon, expected.lat)
            )
            if agree(got, allowed[-1]):
                break
        else:
            pytest.fail(f"{got} is none of {allowed}")


def agree(one: tuple, other: tuple) -> bool:
    places = np.allclose(one[2:], other[2:], rtol=0, atol=1e-6, equal_nan=True)
    return one[1] == other[1] and places and np.isclose(one[0], other[0], rtol=0, atol=0.05)


# ---------------------------------------------------------------------- on real streets
@pytest.fixture(scope="module")
def liechtenstein(shared_data):
    network = read_osm(shared_data / "networks" / "liechtenstein.osm.pbf")
    return network, WalkingGraph.build(network)


def test_real_feet_are_the_oracles(liechtenstein):
    network, graph = liechtenstein
    rng = np.random.default_rng(5)
    spots = network.points[rng.integers(0, len(network.points), 1500)]
    lon, lat = (spots + rng.normal(0, 60, spots.shape) / (75_000, 111_000)).T
    oracle = Oracle(network)
    feet = [oracle.foot(*at) for at in zip(lon, lat, strict=True)]
    got = graph.snap(lon, lat)
    assert_allclose(got.off_street, [f.off_street if f else np.inf for f in feet], atol=0.02)
    assert got.doubtful.tolist() == [f.doubtful if f else False for f in feet]
    assert 0.005 < got.doubtful.mean() < 0.1


def test_in_a_real_country_few_are_led_through_a_wall_and_all_of_them_know(liechtenstein):
    network, graph = liechtenstein
    kinds = network.surroundings
    house = (kinds.kind == 7) & (kinds.layer == 0)
    lon, lat = shapely.get_coordinates(shapely.centroid(kinds.shapes()[house])).T
    judge = Judge(kinds, plane_around(lon.mean(), lat.mean()))
    plain = dataclasses.replace(graph, obstacles=no_obstacles())

    def crossing(graph: WalkingGraph) -> tuple[np.ndarray, np.ndarray]:
        feet = graph.snap(lon, lat)
        on = feet.chain >= 0
        start = np.column_stack(judge.plane.transform(lon[on], lat[on]))
        end = np.column_stack(judge.plane.transform(feet.lon[on], feet.lat[on]))
        barrier, foreign, _ = judge.crossings(start, end)
        return barrier | foreign, feet.doubtful[on] == 1

    before, _ = crossing(plain)
    after, doubtful = crossing(graph)
    assert 0.05 < before.mean() < 0.12
    assert after.mean() < 0.2 * before.mean()
    assert doubtful[after].all()
    assert not doubtful[~after].any()
