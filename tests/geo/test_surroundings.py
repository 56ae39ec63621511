"""What lies around the streets: from OpenStreetMap tags and shapes to arrays, into PostGIS and
back."""

import dataclasses
from datetime import date

import numpy as np
import osmium
import pytest
import shapely
from hostile import HOSTILE_NAME
from numpy.testing import assert_allclose
from osm_files import write_osm
from street_makers import METRES, ORIGIN, around, network_of, place

from geo import editions, partitions
from geo.schema import SURROUNDING_KINDS, Surrounding
from geo.streets import StreetNetwork, fetch, fetch_surroundings, read_osm, store
from geo.streets.surrounding_tags import lets_through, surroundings_of
from geo.walking import WalkingGraph

FOOTWAY = {"highway": "footway"}
STREET = {1: (0, 0), 2: (1000, 0)}  # eastwards, 1 km


def read(tmp_path, nodes, ways, **more) -> StreetNetwork:
    """A street and what is told."""
    keep_private = more.pop("keep_private", False)
    path = write_osm(
        tmp_path / "streets.osm", {**STREET, **nodes}, [((1, 2), FOOTWAY), *ways], **more
    )
    return read_osm(path, keep_private=keep_private)


def found(network: StreetNetwork) -> list[tuple[str, int, str]]:
    """Kind, layer and type of shape of each thing."""
    them = network.surroundings
    return sorted(
        (SURROUNDING_KINDS[kind], int(layer), shape.geom_type)
        for kind, layer, shape in zip(them.kind, them.layer, them.shapes(), strict=True)
    )


def metres(network: StreetNetwork, number: int = 0) -> shapely.Geometry:
    """The shape of one thing in metres from the origin."""
    shape = network.surroundings.shapes()[number]
    return shapely.transform(shape, lambda at: (at - ORIGIN) / METRES)


# ---------------------------------------------------------------------- tags
@pytest.mark.parametrize(
    ("tags", "things"),
    [
        ({"building": "yes"}, [("building", 0, True)]),
        ({"building": "roof"}, []),
        ({"building": "carport"}, []),
        ({"building": "no"}, []),
        ({"building:part": "yes"}, []),
        ({"building": "yes", "layer": "1"}, [("building", 1, True)]),
        ({"building": "bridge"}, [("building", 1, True)]),
        ({"building": "yes", "location": "underground"}, [("building", -1, True)]),
        ({"barrier": "wall"}, [("wall", 0, False)]),
        ({"barrier": "city_wall"}, [("wall", 0, False)]),
        ({"barrier": "retaining_wall"}, [("wall", 0, False)]),
        ({"barrier": "fence"}, [("fence", 0, False)]),
        ({"barrier": "guard_rail"}, [("fence", 0, False)]),
        ({"barrier": "hedge"}, [("hedge", 0, False)]),
        ({"barrier": "kerb"}, []),
        ({"barrier": "bollard"}, []),
        ({"natural": "water"}, [("water", 0, True)]),
        ({"natural": "water", "water": "river"}, [("water", 0, True)]),
        ({"natural": "water", "intermittent": "yes"}, []),
        ({"waterway": "riverbank"}, [("water", 0, True)]),
        ({"landuse": "reservoir"}, [("water", 0, True)]),
        ({"landuse": "basin", "basin": "infiltration"}, []),
        ({"waterway": "river"}, [("water", 0, False)]),
        ({"waterway": "canal"}, [("water", 0, False)]),
        ({"waterway": "stream"}, [("water", 0, False)]),
        ({"waterway": "ditch"}, []),
        ({"waterway": "stream", "tunnel": "culvert"}, []),
        ({"waterway": "stream", "covered": "yes"}, []),
        ({"waterway": "river", "layer": "-1"}, [("water", 0, False)]),
        ({"waterway": "canal", "bridge": "aqueduct"}, [("water", 1, False)]),
        ({"natural": "coastline"}, [("water", 0, False)]),
        ({"natural": "cliff"}, [("cliff", 0, False)]),
        ({"railway": "rail"}, [("railway", 0, False)]),
        ({"railway": "light_rail", "bridge": "viaduct"}, [("railway", 1, False)]),
        ({"railway": "rail", "bridge": "yes", "layer": "2"}, [("railway", 2, False)]),
        ({"railway": "rail", "tunnel": "yes", "layer": "-1"}, []),
        ({"railway": "rail", "cutting": "yes", "layer": "-1"}, [("railway", 0, False)]),
        ({"railway": "subway"}, [("railway", 0, False)]),
        ({"railway": "subway", "layer": "-2"}, []),
        ({"railway": "tram"}, []),
        ({"railway": "disused"}, []),
        ({"railway": "platform"}, []),
        ({"highway": "motorway"}, [("motorway", 0, False)]),
        ({"highway": "motorway_link"}, [("motorway", 0, False)]),
        ({"highway": "trunk", "motorroad": "yes"}, [("motorway", 0, False)]),
        ({"highway": "trunk"}, []),
        ({"highway": "motorway", "foot": "designated"}, []),
        ({"highway": "motorway", "bridge": "yes"}, [("motorway", 1, False)]),
        ({"highway": "motorway", "tunnel": "yes"}, []),
        ({"leisure": "park"}, [("green", 0, True)]),
        ({"landuse": "forest"}, [("green", 0, True)]),
        ({"natural": "wood"}, [("green", 0, True)]),
        ({"landuse": "farmland"}, []),
        ({"leisure": "garden", "barrier": "hedge"}, [("hedge", 0, False), ("green", 0, True)]),
    ],
)
def test_the_tags_say_what_stands_in_the_way(tags, things):
    assert [tuple(thing) for thing in surroundings_of(tags)] == things


@pytest.mark.parametrize(
    ("tags", "private", "opens"),
    [
        ({"barrier": "gate"}, False, True),
        ({"barrier": "entrance"}, False, True),
        ({"barrier": "bollard", "access": "no"}, False, True),
        ({"barrier": "gate", "access": "private"}, False, False),
        ({"barrier": "gate", "access": "private"}, True, True),
        ({"barrier": "gate", "locked": "yes"}, False, False),
        ({"barrier": "wall"}, False, False),
        ({"entrance": "main"}, False, True),
        ({"entrance": "emergency"}, False, False),
        ({"entrance": "yes", "access": "private"}, False, False),
        ({"railway": "level_crossing"}, False, True),
        ({"ford": "yes"}, False, True),
        ({"natural": "tree"}, False, False),
    ],
)
def test_a_gate_lets_people_through_unless_it_is_closed_to_them(tags, private, opens):
    assert lets_through(tags, keep_private=private) is opens


# ---------------------------------------------------------------------- shapes
HOUSE = {11: (100, 10), 12: (120, 10), 13: (120, 30), 14: (100, 30)}
AROUND_HOUSE = (11, 12, 13, 14, 11)
WALL = {11: (100, 40), 12: (150, 40), 13: (200, 40)}


def test_a_closed_way_is_a_surface_and_a_wall_round_something_is_its_border(tmp_path):
    network = read(
        tmp_path,
        HOUSE,
        [
            (AROUND_HOUSE, {"building": "yes", "name": "暖驿楼"}),
            (AROUND_HOUSE, {"barrier": "wall"}),
        ],
    )
    assert found(network) == [("building", 0, "Polygon"), ("wall", 0, "LineString")]
    house = int(np.flatnonzero(network.surroundings.is_area)[0])
    assert metres(network, house).area == pytest.approx(400, rel=0.01)
    assert metres(network, 1 - house).is_ring
    assert network.surroundings.names == ["暖驿楼"]
    assert network.report.surroundings == {"building": 1, "wall": 1}


def test_a_surface_of_several_ways_has_its_holes(tmp_path):
    inner = {21: (105, 15), 22: (110, 15), 23: (110, 20), 24: (105, 20)}
    network = read(
        tmp_path,
        {**HOUSE, **inner},
        [((11, 12, 13), {}), ((13, 14, 11), {}), ((21, 22, 23, 24, 21), {})],
        relations=[((101, 102, 103), {"type": "multipolygon", "building": "yes"})],
    )
    assert [kind for kind, *_ in found(network)] == ["building"]
    assert metres(network).area == pytest.approx(375, rel=0.01)
    assert network.surroundings.is_hole.tolist() == [False, True]


def test_a_lake_cut_by_the_extracts_border_keeps_its_banks(tmp_path):
    lake = {11: (100, 50), 12: (200, 50), 13: (200, 90)}
    network = read(
        tmp_path,
        lake,
        [((11, 12), {}), ((12, 13), {})],  # the rest of the ring is not in the file
        relations=[((101, 102, 103), {"type": "multipolygon", "natural": "water"})],
    )
    assert found(network) == [("water", 0, "LineString")] * 2
    assert WalkingGraph.build(network).obstacles.items.size > 0


def test_what_leaves_the_extract_is_cut_there(tmp_path):
    network = read(
        tmp_path,
        WALL,
        [
            ((11, 12, 999, 13), {"barrier": "wall"}),
            ((11, 12, 999, 11), {"building": "yes"}),
            ((11, 12, 13), {"leisure": "park"}),
            ((11, 998), {"waterway": "river"}),
        ],
    )
    assert found(network) == [("wall", 0, "LineString")]
    assert metres(network).length == pytest.approx(50, rel=0.01)
    assert network.report.surroundings_broken == 3


def test_a_file_in_disorder_is_read_all_the_same(tmp_path):
    nodes = dict(reversed({**STREET, **HOUSE}.items()))
    path = write_osm(
        tmp_path / "streets.osm", nodes, [((1, 2), FOOTWAY), (AROUND_HOUSE, {"building": "yes"})]
    )
    assert found(read_osm(path)) == [("building", 0, "Polygon")]


# ---------------------------------------------------------------------- openings
def gap(network: StreetNetwork, kind: str = "wall") -> float:
    """How many metres of the lines of a kind have been opened, of 100."""
    them = network.surroundings
    which = np.flatnonzero(them.kind == SURROUNDING_KINDS.index(kind))
    return 100 - sum(metres(network, int(number)).length for number in which)


@pytest.mark.parametrize(
    ("gate", "keep_private", "opened"),
    [
        ({"barrier": "gate"}, False, 6),
        ({"barrier": "gate", "access": "private"}, False, 0),
        ({"barrier": "gate", "access": "private"}, True, 6),
        ({"barrier": "wall"}, False, 0),
        ({}, False, 0),
    ],
)
def test_a_gate_opens_a_wall_three_metres_to_either_side(tmp_path, gate, keep_private, opened):
    ways = [((11, 12, 13), {"barrier": "wall"})]
    network = read(tmp_path, WALL, ways, node_tags={12: gate}, keep_private=keep_private)
    assert gap(network) == pytest.approx(opened, abs=0.1)
    assert network.report.openings == (opened > 0)


def test_a_gate_drawn_beside_its_wall_opens_it_and_one_farther_off_does_not(tmp_path):
    ways = [((11, 13), {"barrier": "fence"})]
    near = read(tmp_path, {**WALL, 12: (150, 42)}, ways, node_tags={12: {"entrance": "yes"}})
    assert gap(near, "fence") == pytest.approx(2 * np.sqrt(5), abs=0.1)
    far = read(tmp_path, {**WALL, 12: (150, 43.2)}, ways, node_tags={12: {"entrance": "yes"}})
    assert gap(far, "fence") == pytest.approx(0, abs=0.1)


def test_a_street_that_shares_a_node_with_a_wall_passes_it(tmp_path):
    more = {**WALL, 21: (150, 20), 22: (150, 60)}
    wall = ((11, 12, 13), {"barrier": "wall"})
    assert gap(read(tmp_path, more, [wall, ((21, 12, 22), FOOTWAY)])) == pytest.approx(6, abs=0.1)
    closed = {12: {"barrier": "gate", "locked": "yes"}}
    network = read(tmp_path, more, [wall, ((21, 12, 22), FOOTWAY)], node_tags=closed)
    assert gap(network) == pytest.approx(0, abs=0.1)
    private = {"highway": "service", "access": "private"}
    assert gap(read(tmp_path, more, [wall, ((21, 12, 22), private)])) == pytest.approx(0, abs=0.1)


def test_tracks_are_crossed_at_a_level_crossing(tmp_path):
    crossing = {12: {"railway": "level_crossing"}}
    ways = [((11, 12, 13), {"railway": "rail"})]
    assert gap(read(tmp_path, WALL, ways, node_tags=crossing), "railway") == pytest.approx(
        6, abs=0.1
    )


def test_a_building_has_no_opening_and_a_wall_shorter_than_its_gate_is_gone(tmp_path):
    entrance = {12: {"entrance": "main"}}
    house = read(tmp_path, HOUSE, [(AROUND_HOUSE, {"building": "yes"})], node_tags=entrance)
    assert metres(house).area == pytest.approx(400, rel=0.01)
    stub = {11: (100, 40), 12: (102, 40)}
    gone = read(tmp_path, stub, [((11, 12), {"barrier": "wall"})], node_tags=entrance)
    assert found(gone) == []


def test_people_are_led_through_the_gate_and_not_through_the_wall(tmp_path):
    # a street north of a wall of 1 km, which has a gate in its middle
    nodes = {11: (0, 15), 12: (500, 15), 13: (1000, 15)}
    wall = [((11, 12, 13), {"barrier": "wall"})]
    open_, shut = (
        WalkingGraph.build(read(tmp_path, nodes, wall, node_tags={12: tags}))
        for tags in ({"barrier": "gate"}, {"barrier": "gate", "locked": "yes"})
    )
    lon, lat = np.array([place(500, 30), place(510, 30)]).T
    assert open_.snap(lon, lat).doubtful.tolist() == [0, 1]
    assert shut.snap(lon, lat).doubtful.tolist() == [1, 1]
    assert_allclose(open_.snap(lon, lat).off_street, 30, atol=0.1)


# ---------------------------------------------------------------------- real data
def test_real_surfaces_are_osmiums_own(shared_data):
    """Buildings against the areas that osmium assembles itself, ways included."""
    path = shared_data / "networks" / "liechtenstein.osm.pbf"
    to_wkb = osmium.geom.WKBFactory()
    theirs = [
        shapely.from_wkb(to_wkb.create_multipolygon(area))
        for area in osmium.FileProcessor(path)
        .with_areas(osmium.filter.KeyFilter("building"))
        .with_filter(osmium.filter.KeyFilter("building"))
        if area.is_area() and area.tags["building"] not in ("no", "roof", "carport", "canopy")
    ]
    them = read_osm(path).surroundings
    ours = them.shapes()[them.kind == SURROUNDING_KINDS.index("building")]
    assert len(theirs) > 8000
    # some rings cross themselves: those osmium leaves out, and we keep as they are
    assert 0 <= len(ours) - len(theirs) < 0.001 * len(theirs)
    assert shapely.area(ours).sum() == pytest.approx(shapely.area(theirs).sum(), rel=1e-3)


def same(one, two) -> None:
    for name in ("kind", "layer", "is_area", "line_start", "is_hole", "point_start", "points"):
        a, b = getattr(one, name), getattr(two, name)
        assert a.dtype == b.dtype, name
        np.testing.assert_array_equal(a, b, err_msg=name)
    a, b = ([it.names[i] if i >= 0 else None for i in it.name] for it in (one, two))
    assert a == b


def test_what_goes_into_postgis_comes_back_bit_by_bit(writer, shared_data):
    network = read_osm(shared_data / "networks" / "liechtenstein.osm.pbf")
    store(writer, 4, network)
    same(fetch_surroundings(writer, 4), network.surroundings)
    same(fetch(writer, 4).surroundings, network.surroundings)
    rows = writer.all(
        "SELECT kind, count(*) AS n, min(ST_SRID(shape)) AS srid, sum(ST_NPoints(shape)) AS points,"
        " sum(ST_Area(shape)) AS area FROM surrounding WHERE edition_id = 4 GROUP BY kind"
    )
    assert {row.kind: row.n for row in rows} == network.report.surroundings
    assert {row.srid for row in rows} == {4326}
    assert sum(row.points for row in rows) == len(network.surroundings.points)
    shapes = network.surroundings.shapes()
    assert sum(row.area for row in rows) == pytest.approx(shapely.area(shapes).sum())


def test_names_stay_what_they_were(writer, tmp_path):
    ways = [
        (AROUND_HOUSE, {"building": "yes", "name": name}) for name in (HOSTILE_NAME, "007", "NULL")
    ]
    network = read(tmp_path, HOUSE, [*ways, (AROUND_HOUSE, {"building": "yes"})])
    store(writer, 1, network)
    back = fetch_surroundings(writer, 1)
    same(back, network.surroundings)
    assert set(back.names) == {HOSTILE_NAME, "007", "NULL"}


def test_an_edition_from_before_has_nothing_around_it(writer, tmp_path):
    network = read(tmp_path, HOUSE, [(AROUND_HOUSE, {"building": "yes"})])
    store(writer, 3, network)
    partitions.drop(writer, Surrounding, 3)
    assert len(fetch(writer, 3).surroundings) == 0
    assert WalkingGraph.build(fetch(writer, 3)).obstacles.items.size == 0


def test_a_discarded_edition_leaves_nothing_around(writer, tmp_path):
    edition = editions.open_draft(
        writer,
        "streets",
        as_of=date(2026, 1, 1),
        source="test",
        content_hash="0" * 64,
        declared_crs="wgs84",
    )
    store(writer, edition, read(tmp_path, HOUSE, [(AROUND_HOUSE, {"building": "yes"})]))
    assert partitions.keys(writer, Surrounding) == [edition]
    editions.discard(writer, edition)
    assert partitions.keys(writer, Surrounding) == []


def test_things_of_many_shapes_keep_them():
    box = shapely.box
    two_ponds = shapely.MultiPolygon([box(0, 0, 9, 9) - box(2, 2, 3, 3), box(20, 0, 29, 9)])
    made = around(
        ("wall", shapely.MultiLineString([[(0, 0), (5, 0)], [(7, 0), (9, 0), (9, 3)]])),
        (
            "building",
            shapely.box(0, 0, 30, 30) - shapely.box(5, 5, 8, 8) - shapely.box(9, 9, 12, 12),
        ),
        ("water", two_ponds),
        ("cliff", shapely.LineString([(0, 0), (1, 1)]), -1),
    )
    assert [shape.geom_type for shape in made.shapes()] == [
        "MultiLineString",
        "Polygon",
        "MultiPolygon",
        "LineString",
    ]
    turned = made.take(np.array([2, 0, 3, 1]))
    back = shapely.transform(turned.shapes(), lambda at: (at - ORIGIN) / METRES)
    assert_allclose(shapely.area(back), [161, 0, 0, 882], rtol=1e-3)
    assert_allclose(shapely.length(back)[[1, 2]], [10, np.sqrt(2)], rtol=1e-2)
    assert [len(shape.interiors) for shape in made.shapes(1, 2)] == [2]
    network = dataclasses.replace(network_of([(0, 0), (9, 0)], [(0, 1, [])]), surroundings=made)
    assert WalkingGraph.build(network).obstacles.feature_building.tolist() == [0, 1, 0]
