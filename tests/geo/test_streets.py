"""Streets: from OpenStreetMap tags and ways to the walkable network, into PostGIS and back."""

import contextlib
import gzip
import itertools
from collections import Counter

import numpy as np
import osmium
import pytest
import shapely
from hostile import HOSTILE_NAME
from numpy.testing import assert_allclose, assert_array_equal
from osm_files import write_osm
from pyproj import Geod
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo import partitions
from geo.errors import Conflict, InvalidFile, NotFound
from geo.progress import Progress
from geo.schema import Street, StreetNode, Surrounding
from geo.streets import StreetNetwork, Surroundings, Way, fetch, read_osm, store, walkable
from geo.streets.plazas import lines_across
from geo.streets.tags import barrier_closes

GEOD = Geod(ellps="WGS84")
FOOTWAY = {"highway": "footway"}
# A cross: 1 - 2 - 3 from west to east, 4 - 2 - 5 from south to north, 100 m arms.
CROSS = {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (100, -100), 5: (100, 100)}


def read(tmp_path, nodes, ways, **more) -> StreetNetwork:
    keep_private = more.pop("keep_private", False)
    return read_osm(
        write_osm(tmp_path / "streets.osm", nodes, ways, **more), keep_private=keep_private
    )


def links(network: StreetNetwork) -> list[tuple[int, int]]:
    """Pieces as pairs of OpenStreetMap node numbers, sorted."""
    ends = np.column_stack((network.from_node, network.to_node))
    return sorted(tuple(sorted(pair)) for pair in network.node_osm[ends].tolist())


# ---------------------------------------------------------------------- tags
@pytest.mark.parametrize(
    ("tags", "answer"),
    [
        ({"highway": "footway"}, "public"),
        ({"highway": "steps"}, "public"),
        ({"highway": "corridor", "indoor": "yes"}, "public"),
        ({"highway": "footway", "footway": "sidewalk"}, "public"),
        ({"highway": "primary", "oneway": "yes"}, "public"),
        ({"railway": "platform"}, "public"),
        ({"man_made": "pier"}, "public"),
        ({"highway": "track", "access": "agricultural"}, "public"),
        ({"highway": "residential", "access": "destination"}, "destination"),
        ({"highway": "path", "foot": "permissive"}, "permissive"),
        ({"highway": "motorway"}, "motor_only"),
        ({"highway": "trunk", "motorroad": "yes"}, "motor_only"),
        ({"highway": "trunk", "motorroad": "yes", "foot": "yes"}, "public"),
        ({"highway": "motorway_link", "foot": "designated"}, "public"),
        ({"highway": "cycleway", "foot": "no"}, "closed"),
        ({"highway": "service", "access": "no"}, "closed"),
        ({"highway": "service", "access": "no", "foot": "yes"}, "public"),
        ({"highway": "service", "access": "private"}, "private"),
        ({"highway": "service", "access": "private", "foot": "designated"}, "public"),
        ({"highway": "service", "access": "yes", "foot": "private"}, "private"),
        ({"highway": "service", "access": "customers"}, "customers"),
        ({"highway": "construction"}, "class"),
        ({"highway": "raceway"}, "class"),
        ({"waterway": "river"}, "class"),
    ],
)
def test_the_tags_say_whether_one_may_walk(tags, answer):
    judged = walkable(tags)
    assert (judged.access if isinstance(judged, Way) else judged) == answer


@pytest.mark.parametrize(
    ("tags", "layer", "bridge", "tunnel", "steps"),
    [
        ({"highway": "footway", "bridge": "yes"}, 1, True, False, False),
        ({"highway": "steps", "bridge": "yes", "layer": "2"}, 2, True, False, True),
        ({"highway": "footway", "tunnel": "yes"}, -1, False, True, False),
        ({"highway": "footway", "tunnel": "building_passage"}, 0, False, False, False),
        ({"highway": "footway", "bridge": "no", "layer": "nonsense"}, 0, False, False, False),
        ({"highway": "footway", "layer": "1e400"}, 0, False, False, False),
        ({"highway": "footway", "layer": "-1;0"}, -1, False, False, False),
    ],
)
def test_bridges_tunnels_and_steps_keep_their_level(tags, layer, bridge, tunnel, steps):
    way = walkable(tags)
    assert (way.layer, way.is_bridge, way.is_tunnel, way.is_steps) == (layer, bridge, tunnel, steps)


@pytest.mark.parametrize(
    ("tags", "private", "closes"),
    [
        ({"barrier": "gate"}, False, False),
        ({"barrier": "gate", "access": "private"}, False, True),
        ({"barrier": "gate", "access": "private"}, True, False),
        ({"barrier": "gate", "access": "no"}, True, True),
        ({"barrier": "gate", "access": "private", "foot": "yes"}, False, False),
        ({"barrier": "gate", "locked": "yes"}, False, True),
        ({"barrier": "bollard", "access": "no"}, False, False),
        ({"barrier": "bollard", "foot": "no"}, False, True),
        ({"highway": "crossing", "access": "no"}, False, False),
    ],
)
def test_a_gate_nobody_may_pass_closes_the_way(tags, private, closes):
    assert barrier_closes(tags, keep_private=private) is closes


# ---------------------------------------------------------------------- splitting
def test_ways_are_split_where_they_meet(tmp_path):
    network = read(
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
    network = read(tmp_path, nodes, [((1, 2, 3), FOOTWAY), ((4, 6, 5), FOOTWAY)])
    assert links(network) == [(1, 3), (4, 5)]
    assert network.parts == 2


def test_bends_are_no_junctions_but_are_walked(tmp_path):
    network = read(tmp_path, CROSS, [((1, 2, 5), FOOTWAY)])
    assert links(network) == [(1, 5)]
    assert_allclose(network.length, [200], atol=0.1)
    assert len(network.points) == 3
    assert network.part_points.tolist() == [3]


def test_a_closed_way_that_meets_nothing_is_one_piece_from_a_node_to_itself(tmp_path):
    network = read(tmp_path, CROSS, [((1, 5, 3, 4, 1), FOOTWAY)])
    assert links(network) == [(1, 1)]
    assert_allclose(network.length, [4 * 100 * 2**0.5], atol=0.3)


def test_a_way_that_crosses_itself_meets_itself(tmp_path):
    network = read(tmp_path, CROSS, [((1, 2, 3, 5, 2, 4), FOOTWAY)])
    assert links(network) == [(1, 2), (2, 2), (2, 4)]


def test_repeated_nodes_are_taken_once(tmp_path):
    network = read(tmp_path, CROSS, [((1, 1, 2, 2, 2, 3), FOOTWAY), ((4, 4), FOOTWAY)])
    assert links(network) == [(1, 3)]
    assert network.report.left_out == {"outside": 1}


def test_ways_are_cut_where_the_extract_ends(tmp_path):
    ways = [((1, 99, 2, 3, 98), FOOTWAY), ((97, 4), FOOTWAY), ((99, 98), FOOTWAY)]
    network = read(tmp_path, CROSS, ways)
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
    report = read(tmp_path, CROSS, ways).report
    assert report.ways == 5
    assert report.kept == 1
    assert report.left_out == {"motor_only": 1, "class": 1, "private": 1, "closed": 1}


def test_private_ways_are_kept_and_marked_when_asked_for(tmp_path):
    ways = [((1, 2), FOOTWAY), ((2, 3), {"highway": "service", "access": "private"})]
    assert links(read(tmp_path, CROSS, ways)) == [(1, 2)]
    network = read(tmp_path, CROSS, ways, keep_private=True)
    assert links(network) == [(1, 2), (2, 3)]
    assert sorted(network.accesses[i] for i in network.access) == ["private", "public"]
    assert network.report.private_kept == 1


def test_a_locked_gate_cuts_the_way_and_an_open_one_does_not(tmp_path):
    ways = [((1, 2, 3), FOOTWAY), ((4, 2), FOOTWAY)]
    shut = read(tmp_path, CROSS, ways, node_tags={2: {"barrier": "gate", "access": "private"}})
    assert links(shut) == [(1, 2), (2, 3), (2, 4)]
    assert shut.parts == 3
    assert shut.nodes == 6  # the gate is there once for each side
    assert shut.report.barriers_cut == 1
    opened = read(tmp_path, CROSS, ways, node_tags={2: {"barrier": "gate"}})
    assert opened.parts == 1
    in_the_middle = read(
        tmp_path, CROSS, [((1, 2, 3), FOOTWAY)], node_tags={2: {"barrier": "gate", "foot": "no"}}
    )
    assert in_the_middle.parts == 2


def test_one_way_streets_are_walked_both_ways_and_foot_oneways_are_counted(tmp_path):
    ways = [
        ((1, 2), {"highway": "residential", "oneway": "yes"}),
        ((2, 3), {**FOOTWAY, "oneway:foot": "yes"}),
    ]
    network = read(tmp_path, CROSS, ways)
    assert network.parts == 1
    assert network.report.foot_oneways == 1


def test_the_largest_part_is_the_first(tmp_path):
    nodes = {**CROSS, 6: (900, 0), 7: (950, 0), 8: (0, 900), 9: (400, 900)}
    network = read(tmp_path, nodes, [((6, 7), FOOTWAY), ((1, 2, 3), FOOTWAY), ((8, 9), FOOTWAY)])
    assert_allclose(network.part_metres, [400, 200, 50], atol=0.3)
    assert network.part.tolist() == network.node_part[network.from_node].tolist()


# ---------------------------------------------------------------------- plazas
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
    network = read(tmp_path, SQUARE, [((1, 2, 3, 4, 7, 1), PLAZA), *ARMS])
    across = (network.way == 100) & (np.abs(network.length - 141.4) < 0.3)
    assert across.sum() == 1
    assert (network.report.plazas, network.report.plaza_lines) == (1, 1)
    ring_only = read(tmp_path, SQUARE, [((1, 2, 3, 4, 7, 1), {"highway": "pedestrian"}), *ARMS])
    assert ring_only.pieces == network.pieces - 1


def test_a_plaza_drawn_as_a_relation_is_crossed_too(tmp_path):
    network = read(
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
    network = read(tmp_path, nodes, ways)
    assert network.report.plaza_lines == 20
    centre = np.flatnonzero(network.node_osm == 0)
    assert len(centre) == 1
    assert ((network.from_node == centre) | (network.to_node == centre)).sum() == 20


def test_an_area_that_crosses_itself_gets_no_lines():
    bow_tie = units([(0, 0), (10, 10), (10, 0), (0, 10), (0, 0)])
    assert not len(lines_across(bow_tie, np.array([0, 2])))


# ---------------------------------------------------------------------- files
def test_a_file_that_is_not_openstreetmap_is_refused_with_a_remedy(tmp_path, shared_data):
    whole = (shared_data / "networks" / "heidelberg.osm.pbf").read_bytes()
    xml = (shared_data / "networks" / "tsinghua.osm").read_bytes()
    bad = {
        "text.osm.pbf": b"hello, this is no map at all",
        "empty.osm": b"",
        "page.osm": b'<?xml version="1.0"?><html></html>',
        "cut.osm.pbf": whole[: len(whole) // 2],
        "head.osm.pbf": whole[:60],
        "cut.osm": xml[: len(xml) // 2],
        "bomb.osm": b'<?xml version="1.0"?><!DOCTYPE osm [<!ENTITY a "b">]>'
        b'<osm version="0.6">&a;</osm>',
    }
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InvalidFile) as caught:
            read_osm(tmp_path / name)
        assert name in caught.value.detail
        assert caught.value.remedy
    with pytest.raises(InvalidFile, match="cannot be read"):
        read_osm(tmp_path / "none.osm")
    with pytest.raises(InvalidFile, match="cannot be read"):
        read_osm(tmp_path)


def test_a_file_without_streets_is_refused(tmp_path):
    with pytest.raises(InvalidFile, match="no street that can be walked"):
        read(tmp_path, CROSS, [((1, 2), {"waterway": "river"})])
    with pytest.raises(InvalidFile, match="no street that can be walked"):
        read(tmp_path, CROSS, [])
    with pytest.raises(InvalidFile, match="no street") as caught:
        read(tmp_path, {1: (0, 0)}, [((5, 6), FOOTWAY)])
    assert "node references point outside the file" in (caught.value.remedy or "")


def test_the_content_tells_the_format_and_not_the_name(tmp_path):
    path = write_osm(tmp_path / "streets.osm", CROSS, [((1, 2, 3), FOOTWAY)])
    (tmp_path / "streets.data").write_bytes(path.read_bytes())
    (tmp_path / "packed").write_bytes(gzip.compress(path.read_bytes()))
    for name in ("streets.data", "packed"):
        assert links(read_osm(tmp_path / name)) == [(1, 3)]


def test_reading_twice_gives_the_same_numbers(shared_data):
    path = shared_data / "networks" / "tsinghua.osm"
    one, two = read_osm(path), read_osm(path)
    assert_array_equal(one.points, two.points)
    assert_array_equal(one.node_osm, two.node_osm)


@pytest.mark.parametrize("file", ["tsinghua.osm", "heidelberg.osm.pbf"])
def test_real_streets_keep_every_metre_and_every_connection(shared_data, file):
    """Against a plain loop over the ways: their geodesic length, and the parts of the graph of all
    their nodes. Areas, which get lines across, are left out of the
    sum."""
    path = shared_data / "networks" / file
    network = read_osm(path, keep_private=True)
    metres, pairs, lines = 0.0, [], []
    for thing in osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY).with_locations():
        way = walkable(thing.tags) if thing.is_way() else None
        if not isinstance(way, Way):
            continue
        refs = [node.ref for node in thing.nodes]
        places = [(node.lon, node.lat) for node in thing.nodes]
        if not way.is_area:
            lines.append(thing.id)
            metres += GEOD.line_length(*zip(*places, strict=True))
        pairs += itertools.pairwise(refs)
    assert len(set(network.way) - set(lines)) > 0
    assert network.length[np.isin(network.way, lines)].sum() == pytest.approx(metres, abs=1e-3)
    refs, ends = np.unique(np.array(pairs), return_inverse=True)
    ends = ends.reshape(-1, 2)
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(refs),) * 2)
    count, label = connected_components(graph, directed=False)
    assert network.part_points.sum() >= len(refs)
    if network.report.barriers_cut == 0:
        assert network.parts == count
    else:
        assert network.parts >= count
    # Whatever the network joins is joined in the file, too: it only ever cuts.
    known = network.node_osm > 0
    of = label[np.searchsorted(refs, network.node_osm[known])]
    for part in range(min(network.parts, 50)):
        assert len(set(of[network.node_part[known] == part])) == 1


def test_progress_counts_the_ways(tmp_path):
    class Counting(Progress):
        def __init__(self):
            self.steps = {}

        def step(self, label, total=None):
            @contextlib.contextmanager
            def told():
                self.steps[label] = 0

                def advance(n):
                    self.steps[label] += n

                yield advance

            return told()

    progress = Counting()
    path = write_osm(tmp_path / "a.osm", CROSS, [((1, 2), FOOTWAY), ((2, 3), FOOTWAY)])
    read_osm(path, progress)
    assert 2 in progress.steps.values()


# ---------------------------------------------------------------------- PostGIS
def same(one: StreetNetwork, two: StreetNetwork) -> None:
    for name in (
        "node_lon",
        "node_lat",
        "node_osm",
        "node_part",
        "from_node",
        "to_node",
        "part",
        "way",
        "layer",
        "is_bridge",
        "is_tunnel",
        "is_steps",
        "length",
        "points",
        "point_offsets",
    ):
        a, b = getattr(one, name), getattr(two, name)
        assert a.dtype == b.dtype, name
        assert_array_equal(a, b, err_msg=name)
    for numbers, texts in (("name", "names"), ("highway", "highways"), ("access", "accesses")):
        a = [getattr(one, texts)[i] if i >= 0 else None for i in getattr(one, numbers)]
        b = [getattr(two, texts)[i] if i >= 0 else None for i in getattr(two, numbers)]
        assert a == b
    same_around(one.surroundings, two.surroundings)


def same_around(one: Surroundings, two: Surroundings) -> None:
    for name in ("kind", "layer", "is_area", "line_start", "is_hole", "point_start", "points"):
        a, b = getattr(one, name), getattr(two, name)
        assert a.dtype == b.dtype, name
        assert_array_equal(a, b, err_msg=name)
    a, b = ([it.names[i] if i >= 0 else None for i in it.name] for it in (one, two))
    assert a == b


def test_what_goes_into_postgis_comes_back_bit_by_bit(writer, shared_data):
    network = read_osm(shared_data / "networks" / "tsinghua.osm", keep_private=True)
    store(writer, 4, network)
    same(fetch(writer, 4), network)
    assert partitions.keys(writer, Street) == [4]
    row = writer.first(
        "SELECT count(*) AS n, bool_and(ST_IsValid(path)) AS fine,"
        " max(abs(ST_Length(path::geography) - length)) AS off, min(ST_SRID(path)) AS srid,"
        " bool_and(ST_Equals(ST_StartPoint(path), a.location)"
        "          AND ST_Equals(ST_EndPoint(path), b.location)) AS joined"
        " FROM street s JOIN street_node a ON (a.edition_id, a.id) = (s.edition_id, s.from_node)"
        " JOIN street_node b ON (b.edition_id, b.id) = (s.edition_id, s.to_node)"
    )
    assert row.n == network.pieces
    assert row.fine
    assert row.joined
    assert row.srid == 4326
    assert row.off < 1e-6


def test_names_stay_what_they_were(writer, tmp_path):
    names = [HOSTILE_NAME, "007", "true", "NULL", 'a,b\n"c"', "\\.", " 长安街 ", "1e5"]
    nodes = {i + 1: (100 * i, 0) for i in range(len(names) + 2)}
    ways = [((i + 1, i + 2), {**FOOTWAY, "name": name}) for i, name in enumerate(names)]
    ways.append(((len(names) + 1, len(names) + 2), FOOTWAY))
    network = read(tmp_path, nodes, ways)
    store(writer, 1, network)
    same(fetch(writer, 1), network)
    assert set(network.names) == {name.replace("\n", " ") for name in names} or set(
        network.names
    ) == set(names)


def test_one_street_with_a_number_for_a_name_comes_back(writer, tmp_path):
    network = read(tmp_path, CROSS, [((1, 2), {**FOOTWAY, "name": "10"})])
    store(writer, 1, network)
    same(fetch(writer, 1), network)


def test_an_edition_is_stored_once_and_dropped_whole(writer, tmp_path):
    network = read(tmp_path, CROSS, [((1, 2, 3), FOOTWAY)])
    store(writer, 1, network)
    store(writer, 2, network)
    with pytest.raises(Conflict):
        store(writer, 1, network)
    partitions.drop(writer, Street, 1)
    partitions.drop(writer, StreetNode, 1)
    partitions.drop(writer, Surrounding, 1)
    with pytest.raises(NotFound):
        fetch(writer, 1)
    same(fetch(writer, 2), network)


def test_a_reader_can_fetch_what_a_writer_stored(database, actor, tmp_path):
    network = read(tmp_path, CROSS, [((1, 2, 3), FOOTWAY), ((4, 2), FOOTWAY)])
    with database.write(actor) as writer:
        store(writer, 9, network)
    with database.read(actor) as reader:
        same(fetch(reader, 9), network)
