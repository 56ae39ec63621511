"""Plazas are crossed in a straight line and not walked round."""

import numpy as np
import shapely
from street_files import FOOTWAY, read_streets

from geo.streets.plazas import lines_across

SQUARE = {
    1: (0, 0),
    2: (100, 0),
    3: (100, 100),
    4: (0, 100),
    5: (-50, 0),
    6: (150, 100),
    7: (0, 50),
}
PLAZA = {"highway": "pedestrian", "area": "yes"}
ARMS = [((5, 1), FOOTWAY), ((3, 6), FOOTWAY)]


def test_a_plaza_is_crossed_and_not_walked_round(tmp_path):
    network = read_streets(tmp_path, SQUARE, [((1, 2, 3, 4, 7, 1), PLAZA), *ARMS])
    across = (network.way == 100) & (np.abs(network.length - 141.4) < 0.3)
    assert across.sum() == 1
    assert (network.report.plazas, network.report.plaza_lines) == (1, 1)
    ring_only = read_streets(
        tmp_path, SQUARE, [((1, 2, 3, 4, 7, 1), {"highway": "pedestrian"}), *ARMS]
    )
    assert ring_only.pieces == network.pieces - 1


def test_a_plaza_drawn_as_a_relation_is_crossed_too(tmp_path):
    network = read_streets(
        tmp_path,
        SQUARE,
        [((1, 2, 3, 4, 7, 1), {}), *ARMS],
        relations=[((100,), {"type": "multipolygon", "highway": "pedestrian"})],
    )
    assert network.report.plaza_lines == 1
    assert network.parts == 1
    assert network.report.ways == 3


def units(points) -> np.ndarray:
    """Metres as steps of OpenStreetMap's coordinates, near enough."""
    steps = np.round(np.array(points) * 100).astype(np.int64)
    return steps + np.array([1_160_000_000, 399_000_000])


def test_lines_across_never_leave_the_area():
    # an L: the two gates at its ends do not see each other
    ring = units([(0, 0), (40, 0), (40, 10), (10, 10), (10, 40), (0, 40), (0, 0)])
    assert not len(lines_across(ring, np.array([2, 5])))
    lines = lines_across(ring, np.array([0, 2, 4]))
    assert lines.tolist() == [ring[[0, 2]].tolist(), ring[[0, 4]].tolist()]
    area = shapely.Polygon(ring).buffer(1)
    assert all(area.covers(shapely.LineString(line)) for line in lines)


def test_one_can_turn_where_lines_across_a_plaza_cross():
    ring = units([(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)])
    lines = lines_across(ring, np.array([0, 1, 2, 3]))
    assert len(lines) == 4  # both diagonals, cut in the middle
    middle = units([(50, 50)])[0]
    assert all((line == middle).all(axis=1).sum() == 1 for line in lines)


def test_a_plaza_with_many_gates_gets_spokes_instead_of_hundreds_of_lines():
    angle = np.linspace(0, 2 * np.pi, 41)[:-1]
    ring = units(np.column_stack((np.cos(angle), np.sin(angle))) * 100)
    lines = lines_across(np.concatenate((ring, ring[:1])), np.arange(40))
    assert len(lines) == 40
    ends, count = np.unique(lines.reshape(-1, 2), axis=0, return_counts=True)
    assert sorted(count) == [1] * 40 + [40]
    assert shapely.Polygon(ring).contains(shapely.Point(ends[count == 40][0]))


def test_a_plaza_of_many_gates_is_one_place(tmp_path):
    angle = np.linspace(0, 2 * np.pi, 21)[:-1]
    nodes = {i + 1: (100 * np.cos(a), 100 * np.sin(a)) for i, a in enumerate(angle)}
    nodes |= {i + 101: (150 * np.cos(a), 150 * np.sin(a)) for i, a in enumerate(angle)}
    ways = [((*range(1, 21), 1), PLAZA), *(((i, i + 100), FOOTWAY) for i in range(1, 21))]
    network = read_streets(tmp_path, nodes, ways)
    assert network.report.plaza_lines == 20
    centre = np.flatnonzero(network.node_osm == 0)
    assert len(centre) == 1
    assert ((network.from_node == centre) | (network.to_node == centre)).sum() == 20


def test_an_area_that_crosses_itself_gets_no_lines():
    bow_tie = units([(0, 0), (10, 10), (10, 0), (0, 10), (0, 0)])
    assert not len(lines_across(bow_tie, np.array([0, 2])))
