"""Places out of a real PostGIS: which there are, where they lie, and that they follow editions."""

import time

import pytest
import rows
import shapely
from databases import another_database
from hostile import HOSTILE_NAME
from sqlalchemy import text

from geo import partitions
from geo.database import Actor, Database
from geo.errors import Unavailable
from geo.places.gather import gather
from geo.places.holder import Places, PlacesHolder
from geo.places.index import build
from geo.places.search import find

WEST, SOUTH = 113.60, 34.70


def piece(writer, child: str, number: int, name: str | None, *points, ends=(0, 1)) -> None:
    writer.execute(
        text(
            f"INSERT INTO {child} (id, from_node, to_node, part, name, highway, access, layer, "
            "is_bridge, is_tunnel, is_steps, length, path) SELECT :id, :a, :b, 0, :name, "
            "'residential', 'yes', 0, false, false, false, ST_Length(line::geography), line FROM "
            "(SELECT ST_GeomFromText(:wkt, 4326) AS line) AS l"
        ),
        {
            "id": number,
            "name": name,
            "wkt": shapely.LineString(points).wkt,
            "a": ends[0],
            "b": ends[1],
        },
    )


@pytest.fixture
def town(writer):
    """Two districts of a subdistrict each, a park without a boundary, three streets, two stations
    and two buildings."""
    areas = rows.edition(writer, "areas")
    stations = rows.edition(writer, "stations")
    streets = rows.edition(writer, "streets")
    for number, (west, name) in enumerate(((WEST, "石榴区"), (WEST + 0.1, "银杏区"))):
        square = rows.square(west, SOUTH, 0.1)
        rows.area(writer, areas, 100 + number, square, kind="district", name=name)
        rows.area(
            writer,
            areas,
            110 + number,
            square,
            name=("云溪街道", "青禾街道")[number],
            code=f"41019900{number}",
            parent_id=100 + number,
        )
    tower = rows.square(WEST + 0.05, SOUTH + 0.05, 0.001)
    # A building on the other side of the border that its list assigns to the first district.
    rows.area(
        writer,
        areas,
        120,
        rows.square(WEST + 0.15, SOUTH + 0.05, 0.001),
        kind="office_building",
        name="金穗大厦",
        address="人民路8号",
        parent_id=110,
    )
    rows.area(writer, areas, 130, None, kind="industrial_park", name="无界园区")
    rows.area(writer, areas, 131, tower, kind="community", name=None)
    rows.station(
        writer, stations, 1, lon=WEST + 0.01, lat=SOUTH + 0.02, name="人民路驿站",
        address="人民路12号", host="12345", network_brand="爱心港湾",
    )  # fmt: skip
    rows.station(writer, stations, 2, lon=WEST + 0.15, lat=SOUTH + 0.02, name=HOSTILE_NAME)
    rows.station(writer, stations, 3, lon=None, name="没有位置的驿站")
    rows.station(
        writer, stations, 4, lon=WEST + 1, lat=SOUTH, name="郊外驿站", declared_district="远郊县"
    )
    child = partitions.create(writer, "street", streets)
    at = SOUTH + 0.03
    # 人民路: two carriageways with a gap of 100 m, and once more in the other district.
    piece(writer, child, 0, "人民路", (WEST + 0.01, at), (WEST + 0.02, at))
    piece(writer, child, 1, "人民路", (WEST + 0.02, at), (WEST + 0.03, at))
    piece(writer, child, 2, "人民路", (WEST + 0.031, at + 0.0002), (WEST + 0.05, at))
    piece(writer, child, 3, "人民路", (WEST + 0.15, at), (WEST + 0.16, at))
    piece(writer, child, 4, None, (WEST + 0.15, at), (WEST + 0.15, at + 0.01))
    partitions.attach(writer, "street", streets)
    return {"areas": areas, "stations": stations, "streets": streets}


def add_buildings(writer, edition: int, *named: tuple[str | None, str, shapely.Geometry]) -> None:
    child = partitions.create(writer, "surrounding", edition)
    for number, (name, kind, shape) in enumerate(named):
        writer.execute(
            text(
                f"INSERT INTO {child} (id, kind, name, layer, shape) VALUES "
                "(:id, :kind, :name, 0, ST_GeomFromText(:wkt, 4326))"
            ),
            {"id": number, "kind": kind, "name": name, "wkt": shape.wkt},
        )
    partitions.attach(writer, "surrounding", edition)


def names(found) -> list[tuple[str, str]]:
    return [(one.kind, one.name) for one in found]


def test_every_named_and_placed_thing_is_a_place(writer, town):
    table = gather(writer, town)
    found = sorted(zip(table.kind.tolist(), table.name.to_pylist(), strict=True))
    assert found == sorted(
        [
            (0, "人民路驿站"), (0, HOSTILE_NAME), (0, "郊外驿站"),
            (1, "石榴区"), (1, "银杏区"), (1, "云溪街道"), (1, "青禾街道"), (1, "金穗大厦"),
            (2, "人民路"), (2, "人民路"),
        ]
    )  # fmt: skip


def test_pieces_of_a_street_are_one_place_and_far_ones_of_the_same_name_another(writer, town):
    table = gather(writer, town)
    streets = [number for number in range(len(table)) if table.kind[number] == 2]
    lon = sorted(table.lon[streets])
    assert WEST + 0.01 < lon[0] < WEST + 0.05
    assert lon[1] == pytest.approx(WEST + 0.155)
    assert len(set(table.id[streets].tolist())) == 2


def test_every_place_tells_where_it_lies(writer, town):
    index = build(gather(writer, town))
    details = {(one.name, one.lon > WEST + 0.1): one.detail for one in find(index, "人民路")}
    assert details["人民路", False] == "石榴区 云溪街道"
    assert details["人民路", True] == "银杏区 青禾街道"
    assert details["人民路驿站", False] == "石榴区 云溪街道 人民路12号"
    # An area's own parents count, wherever its middle lies.
    assert details["金穗大厦", True] == "石榴区 云溪街道 人民路8号"
    assert find(index, "郊外驿站")[0].detail == "远郊县"
    assert find(index, "石榴区")[0].detail is None


def test_places_are_found_by_host_brand_code_and_hostile_name(writer, town):
    index = build(gather(writer, town))
    assert names(find(index, "12345")) == [("station", "人民路驿站")]
    assert names(find(index, "爱心港湾"))[0] == ("station", "人民路驿站")
    assert names(find(index, "410199001"))[0] == ("area", "青禾街道")
    assert names(find(index, HOSTILE_NAME))[0] == ("station", HOSTILE_NAME)


def test_an_address_finds_the_station_there_and_then_the_street(writer, town):
    index = build(gather(writer, town))
    found = names(find(index, "人民路12号"))
    assert found[0] == ("station", "人民路驿站")
    assert found[1:3] == [("street", "人民路")] * 2
    assert names(find(index, "人民路９９号"))[0] == ("street", "人民路")


def test_a_district_before_the_name_chooses_between_streets(writer, town):
    index = build(gather(writer, town))
    for typed in ("银杏区人民路", "银杏区 人民路", "银杏区青禾街道人民路", "人民路 银杏区"):
        best = find(index, typed)[0]
        assert (best.kind, best.name, best.detail) == ("street", "人民路", "银杏区 青禾街道"), typed
    assert find(index, "石榴区人民路12号")[0].name == "人民路驿站"


def test_named_buildings_are_places_and_nothing_else_that_surrounds(writer, town):
    add_buildings(
        writer,
        town["streets"],
        ("图书馆", "building", rows.square(WEST + 0.02, SOUTH + 0.02, 0.001)),
        (None, "building", rows.square(WEST + 0.03, SOUTH + 0.02, 0.001)),
        ("", "building", rows.square(WEST + 0.03, SOUTH + 0.02, 0.001)),
        ("贾鲁河", "water", rows.square(WEST + 0.04, SOUTH + 0.02, 0.001)),
        # The same building as an area of the list, once.
        ("金穗大厦", "building", rows.square(WEST + 0.15, SOUTH + 0.05, 0.001)),
    )
    index = build(gather(writer, town))
    [library] = find(index, "tushuguan")
    assert (library.kind, library.detail) == ("building", "石榴区 云溪街道")
    assert find(index, "贾鲁河") == []
    assert names(find(index, "金穗大厦")) == [("area", "金穗大厦")]


def test_without_any_edition_nothing_is_found(writer):
    index = build(gather(writer, {}))
    for typed in ("人民路", "rml", "", "人民路12号"):
        assert find(index, typed) == []


# ---------------------------------------------------------------------- kept fresh
def test_the_holder_follows_the_active_editions(database):
    actor = Actor("test")
    with database.write(actor) as writer:
        first = rows.edition(writer, "stations")
        rows.station(writer, first, 1, name="旧驿站")
    holder = PlacesHolder(database)
    assert [one.name for one in find(holder.current().index, "驿站")] == ["旧驿站"]
    with database.write(actor) as writer:
        writer.execute(text("UPDATE edition SET state = 'retired' WHERE id = :id"), {"id": first})
        second = rows.edition(writer, "stations")
        rows.station(writer, second, 1, name="新驿站")
    until = time.monotonic() + 20
    while [one.name for one in find(holder.current().index, "驿站")] != ["新驿站"]:
        assert time.monotonic() < until, "the new edition was not taken up"
        time.sleep(0.05)
    assert [one.id for one in holder.current().editions] == [second]
    holder.close()


def test_the_places_in_memory_outlive_the_database(cluster):
    with another_database(cluster) as database:
        with database.write(Actor("test")) as writer:
            rows.station(writer, rows.edition(writer, "stations"), 1, name="老驿站")
        holder = PlacesHolder(database)
        holder.current()
        holder.close()
    holder.begin().join()
    assert [one.name for one in find(holder.current().index, "驿站")] == ["老驿站"]
    holder.close()


def test_a_database_that_cannot_be_reached_is_told():
    nowhere = Database("postgresql://nobody@127.0.0.1:1/none", pool_size=1)
    holder = PlacesHolder(nowhere)
    with pytest.raises(Unavailable):
        holder.current()
    nowhere.close()


def test_the_bounds_hold_every_place(writer, town):
    places = Places.load(writer)
    west, south, east, north = places.bounds
    table = places.index.table
    assert (table.lon >= west).all()
    assert (table.lon <= east).all()
    assert (table.lat >= south).all()
    assert (table.lat <= north).all()
