"""Polygons as tiles: whole, wound as the format wants, neighbours with one common border."""

import threading

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from hostile import HOSTILE_NAME
from hypothesis import given, settings
from hypothesis import strategies as st
from pyramids import place, tile_of
from tile_reading import read_tile

from geo.areas.shapes import AreaShapes
from geo.clusters.shapes import ClusterShapes
from maps.tiles.outlines import area_layer, cluster_layer
from maps.tiles.polygons import PolygonLayer, PolygonTiles
from maps.tiles.polygons.draw import BUFFER

WHOLE = (4096 + 2 * BUFFER) ** 2


def layer_of(shapes, *, coverage=False, **more) -> PolygonLayer:
    array = np.full(len(shapes), None, dtype=object)
    array[:] = shapes
    ids = np.arange(1, len(shapes) + 1)
    properties = [{"id": number} for number in ids.tolist()]
    return PolygonLayer("areas", ids, array, properties, coverage=coverage, **more)


def read(body: bytes, layer: str = "areas") -> dict[int, dict]:
    """Features by id; geometry in units of the tile, y downwards, exactly as written."""
    if not body:
        return {}
    options = {"y_coord_down": True}
    found = mapbox_vector_tile.decode(body, default_options=options)
    assert list(found) == [layer]
    return {
        one["id"]: {**one["properties"], "shape": shapely.geometry.shape(one["geometry"])}
        for one in found[layer]["features"]
    }


def in_tile(shape, z, x, y):
    """A WGS 84 shape in units of a tile."""

    def units(lonlat):
        flat = np.array([place(*one) for one in lonlat])
        return (flat * 2**z - (x, y)) * 4096

    return shapely.transform(shape, units)


@st.composite
def stars(draw):
    """A wound polygon, perhaps with a hole, some kilometres wide."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(3, 40))
    turn = np.sort(rng.uniform(0, 2 * np.pi, count))
    reach = rng.uniform(0.01, 0.06, count)
    ring = np.column_stack([113.6 + reach * np.cos(turn), 34.7 + reach * np.sin(turn)])
    shape = shapely.make_valid(shapely.Polygon(ring), method="structure")
    if draw(st.booleans()):
        shape = shapely.difference(shape, shapely.Point(113.6, 34.7).buffer(0.008))
    parts = [one for one in shapely.get_parts(shape) if one.geom_type == "Polygon"]
    return shapely.MultiPolygon(parts)


@settings(max_examples=50, deadline=None)
@given(stars(), st.integers(14, 16))
def test_near_by_a_tile_shows_the_stored_shape_to_the_unit(shape, z):
    layer = layer_of([shape])
    x, y = tile_of(113.61, 34.71, z)
    found = read(layer.tile(z, x, y))
    flat = in_tile(shape, z, x, y)
    box = shapely.box(-BUFFER, -BUFFER, 4096 + BUFFER, 4096 + BUFFER)
    wanted = shapely.make_valid(flat).intersection(box)
    if not found:
        assert wanted.area < 20_000
        return
    drawn = shapely.make_valid(found[1]["shape"], method="structure", keep_collapsed=False)
    # Off by a unit along its border, no more.
    assert drawn.symmetric_difference(wanted).area <= 1.5 * (wanted.length + 60)


@settings(max_examples=30, deadline=None)
@given(stars(), st.integers(9, 16))
def test_outer_rings_are_wound_clockwise_on_the_screen_and_holes_the_other_way(shape, z):
    layer = layer_of([shape])
    x, y = tile_of(113.6, 34.7, z)
    body = layer.tile(z, x, y)
    if not body:
        return
    # The reader takes rings for outer ones and holes by their winding alone.
    shape = read(body)[1]["shape"]
    for part in shapely.get_parts(shape):
        outer = shapely.make_valid(shapely.Polygon(part.exterior)).buffer(2)
        for hole in part.interiors:
            assert outer.covers(hole)


def test_a_district_around_a_tile_fills_it_and_is_nowhere_else():
    layer = layer_of([shapely.box(100, 20, 120, 50)])
    x, y = tile_of(110, 30, 12)
    assert read(layer.tile(12, x, y))[1]["shape"].area == WHOLE
    assert layer.tile(12, *tile_of(90, 30, 12)) == b""
    assert layer.tile(0, 0, 0)


def partition(rng, count):
    """Cells that tile a square, with wound borders: a real coverage."""
    points = shapely.MultiPoint(rng.uniform((113.5, 34.6), (113.8, 34.9), (count, 2)))
    frame = shapely.box(113.45, 34.55, 113.85, 34.95)
    lines = shapely.voronoi_polygons(points, only_edges=True)
    wound = []
    for line in shapely.get_parts(shapely.segmentize(shapely.intersection(lines, frame), 0.004)):
        xy = shapely.get_coordinates(line)
        xy[1:-1] += rng.normal(0, 0.0004, xy[1:-1].shape)
        wound.append(shapely.LineString(xy))
    cells = shapely.polygonize([shapely.node(shapely.union_all([*wound, frame.exterior]))])
    return list(shapely.get_parts(cells))


@pytest.mark.parametrize("seed", range(4))
def test_neighbours_keep_one_common_border_at_every_zoom(seed):
    shapes = partition(np.random.default_rng(seed), 25)
    assert shapely.coverage_is_valid(shapes)
    layer = layer_of(shapes, coverage=True)
    for z in range(8, 17):
        x, y = tile_of(113.65, 34.75, z)
        found = [one["shape"] for one in read(layer.tile(z, x, y)).values()]
        frame = in_tile(shapely.box(113.45, 34.55, 113.85, 34.95), z, x, y)
        box = shapely.box(-BUFFER, -BUFFER, 4096 + BUFFER, 4096 + BUFFER)
        whole = shapely.union_all([shapely.make_valid(one) for one in found])
        filled = shapely.Polygon(whole.exterior)
        # No place twice, no gap; along the rim of the tile a unit of rounding.
        assert sum(one.area for one in found) == pytest.approx(whole.area, rel=1e-5)
        assert whole.area == pytest.approx(filled.area, rel=1e-5)
        assert filled.symmetric_difference(frame.intersection(box)).area < filled.length


def test_far_away_shapes_are_lighter():
    shapes = partition(np.random.default_rng(1), 60)
    layer = layer_of(shapes, coverage=True)

    def vertices(z):
        tiles = {tile_of(lon, lat, z) for lon in (113.45, 113.85) for lat in (34.55, 34.95)}
        xs = range(min(x for x, _ in tiles), max(x for x, _ in tiles) + 1)
        ys = range(min(y for _, y in tiles), max(y for _, y in tiles) + 1)
        return sum(
            shapely.get_num_coordinates(one["shape"])
            for x in xs
            for y in ys
            for one in read(layer.tile(z, x, y)).values()
        )

    assert vertices(5) < vertices(8) / 2
    assert vertices(8) < vertices(13) / 2


# ---------------------------------------------------------------------- areas and clusters
def area_shapes(boundaries, names=None) -> AreaShapes:
    count = len(boundaries)
    array = np.full(count, None, dtype=object)
    array[:] = boundaries
    return AreaShapes(
        ids=np.arange(count) + 2**53 - count,
        names=names or [f"{HOSTILE_NAME}{at}" for at in range(count)],
        codes=[None] * count,
        has_children=np.arange(count) % 2 == 1,
        boundaries=array,
    )


def test_an_area_has_its_id_name_code_and_whether_there_is_more_below(tmp_path):
    box = shapely.box(113.6, 34.7, 113.65, 34.75)
    found = area_shapes([box, None, shapely.affinity.translate(box, 0.05)])
    layer = area_layer(found, "subdistrict")
    x, y = tile_of(113.65, 34.72, 11)
    tile = read(layer.tile(11, x, y))
    assert {number: {**one, "shape": None} for number, one in tile.items()} == {
        identity: {"id": identity, "name": name, "has_children": children, "shape": None}
        for identity, name, children in (
            (2**53 - 3, f"{HOSTILE_NAME}0", False),
            (2**53 - 1, f"{HOSTILE_NAME}2", False),
        )
    }
    other = read_tile(layer.tile(11, x, y), (11, x, y), tmp_path)["areas"]
    assert other["name"].tolist() == [f"{HOSTILE_NAME}0", f"{HOSTILE_NAME}2"]
    assert other["id"].astype(np.int64).tolist() == [2**53 - 3, 2**53 - 1]


def test_buildings_may_overlap_and_are_left_out_from_afar():
    house = shapely.box(113.6, 34.7, 113.6003, 34.7003)
    layer = area_layer(
        area_shapes([house, shapely.affinity.translate(house, 1e-4)]), "office_building"
    )
    tiles = {z: read(layer.tile(z, *tile_of(113.6001, 34.7001, z))) for z in range(8, 17)}
    assert not tiles[9]
    assert len(tiles[13]) == len(tiles[16]) == 2


@pytest.mark.parametrize(
    "odd",
    [
        shapely.Polygon([(113.6, 34.7), (113.7, 34.8), (113.7, 34.7), (113.6, 34.8)]),
        shapely.Polygon(),
        shapely.Polygon([(113.6, 34.7), (113.7, 34.7), (113.8, 34.7)]),
        shapely.Polygon([(113.6, 34.7), (113.6 + 1e-9, 34.7), (113.6, 34.7 + 1e-9)]),
        shapely.box(-180, -90, 180, 90),
    ],
    ids=["bow tie", "empty", "flat", "tiny", "the whole earth"],
)
@pytest.mark.parametrize("kind", ["subdistrict", "office_building"])
def test_odd_areas_do_no_harm(odd, kind):
    good = shapely.box(113.6, 34.7, 113.65, 34.75)
    layer = area_layer(area_shapes([good, shapely.MultiPolygon([odd]) if odd else odd]), kind)
    for z in (0, 9, 12, 16):
        tile = read(layer.tile(z, *tile_of(113.62, 34.72, z)))
        if z > 9:
            assert 2**53 - 2 in tile


def test_no_areas_make_no_tiles():
    layer = area_layer(area_shapes([]), "community")
    assert layer.tile(0, 0, 0) == b""


def test_a_cluster_is_seen_from_afar_too():
    outlines = np.full(2, None, dtype=object)
    outlines[:] = [shapely.Point(lon, 34.7).buffer(0.002) for lon in (113.6, 113.7)]
    found = ClusterShapes(
        np.array([5, 2**53 - 1]), ["confirmed", "to_check"], [12, 30], [400, 2**40], outlines
    )
    layer = cluster_layer(found)
    for z in range(17):
        tiles = {tile_of(lon, 34.7, z) for lon in (113.6, 113.7)}
        tile = {}
        for x, y in tiles:
            for number, one in read(layer.tile(z, x, y), "clusters").items():
                assert one.pop("shape").area > 0
                tile[number] = one
        assert tile == {
            5: {"id": 5, "tier": "confirmed", "units": 12, "employees": 400},
            2**53 - 1: {"id": 2**53 - 1, "tier": "to_check", "units": 30, "employees": 2**40},
        }


# ---------------------------------------------------------------------- keeping
def test_a_layer_is_made_once_for_all_who_ask_at_the_same_time():
    store, made = PolygonTiles(), []
    ready = threading.Barrier(8)

    def make():
        made.append(1)
        return layer_of([shapely.box(113.6, 34.7, 113.7, 34.8)])

    answers = []

    def ask():
        ready.wait()
        answers.append(store.tile("a", make, 9, *tile_of(113.65, 34.75, 9)))

    people = [threading.Thread(target=ask) for _ in range(8)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert len(made) == 1
    assert len(set(answers)) == 1
    assert store.kept("a", 9, *tile_of(113.65, 34.75, 9)) == answers[0]


def test_a_layer_that_could_not_be_made_is_tried_again():
    store = PolygonTiles()

    def fail():
        raise OSError

    with pytest.raises(OSError):
        store.layer("a", fail)
    assert len(store.layer("a", lambda: layer_of([]))) == 0


def test_the_store_keeps_no_more_than_it_may():
    store = PolygonTiles(most_layers=2, most_bytes=3000)
    for number in range(5):
        for x in range(10):
            store.tile(f"{number}", lambda: layer_of([shapely.box(-170, -80, 170, 80)]), 5, x, 12)
    assert store.held_bytes <= 3000
    assert store.kept("0", 5, 0, 12) is None
    assert store.kept("4", 5, 9, 12) is not None
