"""Ways become pieces between junctions, and nothing gets lost."""

from collections import Counter

from hostile import HOSTILE_NAME
from numpy.testing import assert_allclose
from street_files import CROSS, FOOTWAY, links, read_streets


def test_ways_are_split_where_they_meet(tmp_path):
    network = read_streets(
        tmp_path,
        CROSS,
        [((1, 2, 3), {**FOOTWAY, "name": HOSTILE_NAME}), ((4, 2, 5), {"highway": "steps"})],
    )
    assert links(network) == [(1, 2), (2, 3), (2, 4), (2, 5)]
    assert_allclose(network.length, 100, atol=0.05)
    assert network.parts == 1
    named = [network.names[i] if i >= 0 else None for i in network.name]
    assert Counter(named) == {HOSTILE_NAME: 2, None: 2}
    assert Counter(network.way.tolist()) == {100: 2, 101: 2}
    assert network.is_steps.sum() == 2


def test_ways_that_cross_without_a_common_node_do_not_meet(tmp_path):
    nodes = {**CROSS, 6: (100, 0)}
    network = read_streets(tmp_path, nodes, [((1, 2, 3), FOOTWAY), ((4, 6, 5), FOOTWAY)])
    assert links(network) == [(1, 3), (4, 5)]
    assert network.parts == 2


def test_bends_are_no_junctions_but_are_walked(tmp_path):
    network = read_streets(tmp_path, CROSS, [((1, 2, 5), FOOTWAY)])
    assert links(network) == [(1, 5)]
    assert_allclose(network.length, [200], atol=0.1)
    assert len(network.points) == 3
    assert network.part_points.tolist() == [3]


def test_a_closed_way_that_meets_nothing_is_one_piece_from_a_node_to_itself(tmp_path):
    network = read_streets(tmp_path, CROSS, [((1, 5, 3, 4, 1), FOOTWAY)])
    assert links(network) == [(1, 1)]
    assert_allclose(network.length, [4 * 100 * 2**0.5], atol=0.3)


def test_a_way_that_crosses_itself_meets_itself(tmp_path):
    network = read_streets(tmp_path, CROSS, [((1, 2, 3, 5, 2, 4), FOOTWAY)])
    assert links(network) == [(1, 2), (2, 2), (2, 4)]


def test_repeated_nodes_are_taken_once(tmp_path):
    network = read_streets(tmp_path, CROSS, [((1, 1, 2, 2, 2, 3), FOOTWAY), ((4, 4), FOOTWAY)])
    assert links(network) == [(1, 3)]
    assert network.report.left_out == {"outside": 1}


def test_ways_are_cut_where_the_extract_ends(tmp_path):
    ways = [((1, 99, 2, 3, 98), FOOTWAY), ((97, 4), FOOTWAY), ((99, 98), FOOTWAY)]
    network = read_streets(tmp_path, CROSS, ways)
    assert links(network) == [(2, 3)]
    assert network.report.missing_nodes == 5
    assert network.report.left_out == {"outside": 2}
    assert network.report.kept == 1


def test_every_way_of_the_file_is_accounted_for(tmp_path):
    kinds = ["footway", "motorway", "construction", "service", "service"]
    access = [None, None, None, "private", "no"]
    ways = [
        ((1, 2), {"highway": kind} | ({"access": a} if a else {}))
        for kind, a in zip(kinds, access, strict=True)
    ]
    report = read_streets(tmp_path, CROSS, ways).report
    assert report.ways == 5
    assert report.kept == 1
    assert report.left_out == {"motor_only": 1, "class": 1, "private": 1, "closed": 1}


def test_private_ways_are_kept_and_marked_when_asked_for(tmp_path):
    ways = [((1, 2), FOOTWAY), ((2, 3), {"highway": "service", "access": "private"})]
    assert links(read_streets(tmp_path, CROSS, ways)) == [(1, 2)]
    network = read_streets(tmp_path, CROSS, ways, keep_private=True)
    assert links(network) == [(1, 2), (2, 3)]
    assert sorted(network.accesses[i] for i in network.access) == ["private", "public"]
    assert network.report.private_kept == 1


def test_a_locked_gate_cuts_the_way_and_an_open_one_does_not(tmp_path):
    ways = [((1, 2, 3), FOOTWAY), ((4, 2), FOOTWAY)]
    shut = read_streets(
        tmp_path, CROSS, ways, node_tags={2: {"barrier": "gate", "access": "private"}}
    )
    assert links(shut) == [(1, 2), (2, 3), (2, 4)]
    assert shut.parts == 3
    assert shut.nodes == 6  # the gate is there once for each side
    assert shut.report.barriers_cut == 1
    opened = read_streets(tmp_path, CROSS, ways, node_tags={2: {"barrier": "gate"}})
    assert opened.parts == 1
    in_the_middle = read_streets(
        tmp_path, CROSS, [((1, 2, 3), FOOTWAY)], node_tags={2: {"barrier": "gate", "foot": "no"}}
    )
    assert in_the_middle.parts == 2


def test_one_way_streets_are_walked_both_ways_and_foot_oneways_are_counted(tmp_path):
    ways = [
        ((1, 2), {"highway": "residential", "oneway": "yes"}),
        ((2, 3), {**FOOTWAY, "oneway:foot": "yes"}),
    ]
    network = read_streets(tmp_path, CROSS, ways)
    assert network.parts == 1
    assert network.report.foot_oneways == 1


def test_the_largest_part_is_the_first(tmp_path):
    nodes = {**CROSS, 6: (900, 0), 7: (950, 0), 8: (0, 900), 9: (400, 900)}
    network = read_streets(
        tmp_path, nodes, [((6, 7), FOOTWAY), ((1, 2, 3), FOOTWAY), ((8, 9), FOOTWAY)]
    )
    assert_allclose(network.part_metres, [400, 200, 50], atol=0.3)
    assert network.part.tolist() == network.node_part[network.from_node].tolist()
