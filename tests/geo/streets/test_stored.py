"""Streets in PostGIS come back bit by bit."""

import pytest
from hostile import HOSTILE_NAME
from numpy.testing import assert_array_equal
from street_files import CROSS, FOOTWAY, read_streets

from geo import partitions
from geo.errors import Conflict, NotFound
from geo.schema import Street, StreetNode, Surrounding
from geo.streets import StreetNetwork, Surroundings, fetch, read_osm, store


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
    network = read_streets(tmp_path, nodes, ways)
    store(writer, 1, network)
    same(fetch(writer, 1), network)
    assert set(network.names) == {name.replace("\n", " ") for name in names} or set(
        network.names
    ) == set(names)


def test_one_street_with_a_number_for_a_name_comes_back(writer, tmp_path):
    network = read_streets(tmp_path, CROSS, [((1, 2), {**FOOTWAY, "name": "10"})])
    store(writer, 1, network)
    same(fetch(writer, 1), network)


def test_an_edition_is_stored_once_and_dropped_whole(writer, tmp_path):
    network = read_streets(tmp_path, CROSS, [((1, 2, 3), FOOTWAY)])
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
    network = read_streets(tmp_path, CROSS, [((1, 2, 3), FOOTWAY), ((4, 2), FOOTWAY)])
    with database.write(actor) as writer:
        store(writer, 9, network)
    with database.read(actor) as reader:
        same(fetch(reader, 9), network)
