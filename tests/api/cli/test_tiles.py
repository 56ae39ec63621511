"""`nuanyi tiles export`: one file for a map without the service."""

import gzip

import pytest
import rows
import union_town
from hostile import HOSTILE_NAME
from pmtiles.reader import MemorySource, Reader, all_tiles
from pyramids import features, summed


@pytest.fixture
def town(database, actor):
    with database.write(actor) as writer:
        town = union_town.build(writer)
        rows.cluster(writer, town.enterprises, 5, union_town.WEST, union_town.SOUTH)
    return town


def tiles_in(path) -> dict:
    return {
        address: gzip.decompress(tile)
        for address, tile in all_tiles(MemorySource(path.read_bytes()))
    }


def test_the_file_holds_every_counted_enterprise_at_every_zoom(nuanyi, town, tmp_path):
    path = tmp_path / "city.pmtiles"
    told = nuanyi("tiles", "export", "--layer", "enterprises", "--out", path)
    assert told.code == 0, told.err
    assert str(path) in told.out.replace("\n", "")
    found = tiles_in(path)
    assert {z for z, _, _ in found} == set(range(8, 15))
    units = [union_town.unit(number) for number in range(1, 41)]
    counted = sum(one["lon"] is not None and one["business_state"] != "dormant" for one in units)
    for zoom in range(8, 15):
        here = [one for at, body in found.items() if at[0] == zoom for one in features(body)]
        assert summed(here)["n"] == counted
        assert not any("id" in one for one in here)
    assert not any(HOSTILE_NAME.encode() in body for body in found.values())
    metadata = Reader(MemorySource(path.read_bytes())).metadata()
    assert metadata["version"] == "2026-06-30"
    assert metadata["vector_layers"][0]["fields"]["none"] == "Number"


@pytest.mark.parametrize(("layer", "more"), [("areas", ("--kind", "district")), ("clusters", ())])
def test_areas_and_clusters_too(nuanyi, town, tmp_path, layer, more):
    path = tmp_path / "city.pmtiles"
    told = nuanyi(
        "tiles", "export", "--layer", layer, *more, "--out", path, "--min-zoom", 5, "--max-zoom", 6
    )
    assert told.code == 0, told.err
    found = tiles_in(path)
    assert {z for z, _, _ in found} == {5, 6}
    assert all(layer.encode() in body for body in found.values())


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (("--layer", "stations"), 2),
        (("--layer", "areas", "--kind", "street"), 2),
        (("--min-zoom", 9, "--max-zoom", 8), 2),
        (("--max-zoom", 17), 2),
        (("--layer", "areas", "--kind", "province"), 4),
    ],
)
def test_what_cannot_be_exported_is_told(nuanyi, town, tmp_path, more, code):
    path = tmp_path / "city.pmtiles"
    told = nuanyi("tiles", "export", "--out", path, *more)
    assert told.code == code, told.err
    assert not path.exists()


def test_a_folder_that_is_not_there_and_an_empty_installation(nuanyi, tmp_path):
    assert nuanyi("tiles", "export", "--out", tmp_path / "none" / "a.pmtiles").code == 2
    for layer in ("enterprises", "areas", "clusters"):
        told = nuanyi("tiles", "export", "--layer", layer, "--out", tmp_path / "a.pmtiles")
        assert told.code == 4
        assert "→" in told.err
