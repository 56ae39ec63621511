"""A layer in one PMTiles file, read back by the format's own library."""

import gzip

import numpy as np
import pytest
import shapely
from pmtiles.reader import MemorySource, Reader, all_tiles
from pyramids import COUNTS, features, register_of, summed

from geo.errors import Invalid, NotFound
from maps.tiles.enterprises import Choice, Pyramid
from maps.tiles.export import Source, export
from maps.tiles.polygons import PolygonLayer


def source_of(pyramid: Pyramid) -> Source:
    return Source(
        "enterprises",
        dict.fromkeys(["n", *COUNTS], "Number"),
        pyramid.occupied,
        lambda z, x, y: pyramid.tile(Choice(), z, x, y, singles=False).body,
        (113.0, 34.0, 114.0, 35.0),
    )


def town(count=3000):
    rng = np.random.default_rng(4)
    return register_of(
        rng.normal(113.6, 0.05, count),
        rng.normal(34.7, 0.05, count),
        state=rng.integers(0, 5, count).astype(np.int8),
        employees=rng.integers(0, 200, count).astype(float),
    )


def test_every_tile_is_in_the_file_and_every_zoom_is_whole(tmp_path):
    pyramid = Pyramid(town())
    path = tmp_path / "town.pmtiles"
    done = export(source_of(pyramid), path, zooms=range(6, 15), metadata={"name": "城"})
    content = path.read_bytes()
    assert done.bytes == len(content)
    assert list(tmp_path.iterdir()) == [path]
    reader = Reader(MemorySource(content))
    header = reader.header()
    assert (header["min_zoom"], header["max_zoom"]) == (6, 14)
    assert header["clustered"]
    assert header["tile_type"].name == "MVT"
    assert header["tile_compression"].name == "GZIP"
    assert header["min_lon_e7"] == 113 * 10**7
    assert reader.metadata()["name"] == "城"
    assert reader.metadata()["vector_layers"][0]["id"] == "enterprises"
    wanted = pyramid.totals(Choice())
    by_zoom = {z: [] for z in range(6, 15)}
    count = 0
    for (z, x, y), tile in all_tiles(MemorySource(content)):
        body = gzip.decompress(tile)
        assert body == pyramid.tile(Choice(), z, x, y, singles=False).body
        assert reader.get(z, x, y) == tile
        by_zoom[z] += features(body)
        count += 1
    assert count == done.tiles
    for found in by_zoom.values():
        assert summed(found) == wanted
        assert not any("id" in one for one in found)


def test_many_tiles_need_leaves_and_are_found_all_the_same(tmp_path):
    rng = np.random.default_rng(5)
    pyramid = Pyramid(register_of(rng.uniform(-170, 170, 6000), rng.uniform(-80, 80, 6000)))
    path = tmp_path / "earth.pmtiles"
    done = export(source_of(pyramid), path, zooms=range(12, 14), metadata={})
    reader = Reader(MemorySource(path.read_bytes()))
    assert reader.header()["leaf_directory_length"] > 0
    assert done.tiles > 11_000
    for x, y in pyramid.occupied(13)[::500]:
        assert reader.get(13, x, y) is not None


def test_polygons_are_exported_too(tmp_path):
    shapes = np.full(2, None, dtype=object)
    shapes[:] = [shapely.box(113, 34, 113.5, 34.5), None]
    properties = [{"id": 1}, {"id": 2}]
    layer = PolygonLayer("areas", np.array([1, 2]), shapes, properties, coverage=True)
    source = Source("areas", {"id": "Number"}, layer.met, layer.tile, (113, 34, 113.5, 34.5))
    path = tmp_path / "areas.pmtiles"
    export(source, path, zooms=range(3, 9), metadata={})
    found = dict(all_tiles(MemorySource(path.read_bytes())))
    assert {z for z, _, _ in found} == set(range(3, 9))
    for (z, x, y), tile in found.items():
        assert gzip.decompress(tile) == layer.tile(z, x, y)


def test_nothing_leaves_no_file(tmp_path):
    empty = Pyramid(register_of([], []))
    with pytest.raises(NotFound):
        export(source_of(empty), tmp_path / "a.pmtiles", zooms=range(5), metadata={})
    apart = Pyramid(register_of([113.6], [34.7], apart=[1]))
    with pytest.raises(NotFound):
        export(source_of(apart), tmp_path / "a.pmtiles", zooms=range(5), metadata={})
    assert list(tmp_path.iterdir()) == []


def test_an_export_that_fails_leaves_the_file_of_before(tmp_path):
    path = tmp_path / "town.pmtiles"
    path.write_bytes(b"before")
    source = source_of(Pyramid(town(50)))

    def broken(_z, _x, _y):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        export(
            Source(source.layer, source.fields, source.met, broken, source.bounds),
            path,
            zooms=range(5),
            metadata={},
        )
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"before"]
    with pytest.raises(Invalid):
        export(source, tmp_path / "none" / "a.pmtiles", zooms=range(5), metadata={})
