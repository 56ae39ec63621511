"""The live map: tiles kept in memory by bytes, and a style that asks for no more than they have."""

import gzip
import json
import re

import pytest
from hostile import HOSTILE_NAME
from hypothesis import given
from hypothesis import strategies as st

from geo.streets import tiles as street_tiles
from maps.style import STATION_STYLES
from maps.texts import LANGUAGES, both
from maps.tiles.store import OVERHEAD, TileKey, TileStore
from maps.tiles.style import Drawn, demo_notice, map_style
from maps.tiles.themes import PALETTES

LAYERS = {"streets", "water", "green", "railway", "buildings", "walls"}
FULL = Drawn(streets=7, stations=9, streets_mark="aa", stations_mark="bb")


def key(number: int) -> TileKey:
    return TileKey(1, "base", 14, number, 0)


# ---------------------------------------------------------------------- the store
def test_a_kept_tile_is_given_back_compressed_and_an_empty_one_is_nothing():
    store = TileStore()
    assert store.get(key(1)) is None
    packed = store.put(key(1), b"tile" * 100)
    assert gzip.decompress(packed) == b"tile" * 100
    assert store.get(key(1)) == packed
    assert store.put(key(2), b"") == store.get(key(2)) == b""


def test_the_same_tile_is_the_same_bytes_in_every_process():
    assert TileStore().put(key(1), b"tile" * 50) == TileStore().put(key(1), b"tile" * 50)


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3000)), max_size=60),
    st.integers(1000, 9000),
)
def test_the_store_holds_what_was_asked_for_last_and_no_more_than_it_may(puts, most):
    store, recent = TileStore(most), {}
    for number, size in puts:
        # What does not compress, so that sizes tell.
        packed = store.put(key(number), bytes(at * 151 % 256 ^ number for at in range(size)))
        recent.pop(number, None)
        recent[number] = len(packed) + OVERHEAD
        while sum(recent.values()) > most and len(recent) > 1:
            recent.pop(next(iter(recent)))
        assert store.held_bytes == sum(recent.values())
        assert len(store) == len(recent)
    assert all((store.get(key(number)) is not None) == (number in recent) for number in range(13))


def test_a_tile_that_was_asked_for_stays_longer():
    store = TileStore(3 * (OVERHEAD + 40))
    for number in range(3):
        store.put(key(number), b"x")
    store.get(key(0))
    store.put(key(3), b"y")
    assert store.get(key(0)) is not None
    assert store.get(key(1)) is None


# ---------------------------------------------------------------------- the style
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("theme", PALETTES)
def test_every_layer_draws_something_that_the_tiles_have(theme, language):
    style = map_style(FULL, theme, language)
    assert style["version"] == 8
    names = [layer["id"] for layer in style["layers"]]
    assert len(names) == len(set(names))
    for layer in style["layers"]:
        if layer["type"] == "background":
            continue
        assert layer["source-layer"] in (LAYERS if layer["source"] == "base" else {"stations"})
        assert layer["source"] in style["sources"]
    drawn = {layer["source-layer"] for layer in style["layers"] if "source-layer" in layer}
    assert drawn == {*LAYERS, "stations"}
    # No font, no sprite and no address but our own tiles.
    assert not {"glyphs", "sprite", "terrain"} & set(style)
    text = json.dumps(style)
    assert "http" not in text
    assert re.findall(r'"(/[^"]*)"', text) == [
        "/tiles/7/base/{z}/{x}/{y}?v=aa",
        "/tiles/9/stations/{z}/{x}/{y}?v=bb",
    ]


def test_a_class_of_street_has_a_width_and_is_one_that_the_tiles_have():
    text = json.dumps(map_style(FULL))
    for name in (*street_tiles.STREET_CLASSES, "motorway", "path"):
        assert f'"{name}"' in text


def test_every_kind_of_station_has_its_colour_in_every_theme():
    for palette in PALETTES.values():
        assert set(palette.stations) == set(STATION_STYLES)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", PALETTES)
def test_words_and_marks_stand_out_from_the_ground(theme):
    palette = PALETTES[theme]
    words = 7 if theme == "contrast" else 4.5
    for ground in (palette.ground, palette.halo, palette.building, palette.green, palette.street):
        assert contrast(palette.ink, ground) >= words
        assert contrast(palette.soft, ground) >= 4.5, ground
    assert contrast(palette.water_name, palette.halo) >= 4.5
    for colour in (*palette.stations.values(), palette.route, palette.me):
        assert contrast(colour, palette.ground) >= 3


def test_without_an_edition_its_layers_are_left_out():
    bare = map_style(Drawn(streets=None, stations=None, streets_mark="a", stations_mark="b"))
    assert bare["sources"] == {}
    assert [layer["id"] for layer in bare["layers"]] == ["ground"]
    only = map_style(Drawn(streets=3, stations=None, streets_mark="a", stations_mark="b"))
    assert set(only["sources"]) == {"base"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_drew_it_and_the_approval_number_are_on_the_map(language):
    hostile = Drawn(7, 9, "a", "b", attribution=HOSTILE_NAME, approval_number="GS(2026)0001号")
    style = map_style(hostile, "day", language)
    assert style["metadata"]["nuanyi:attribution"] == HOSTILE_NAME
    assert "GS(2026)0001号" in style["metadata"]["nuanyi:approval"]
    for source in style["sources"].values():
        # A browser map shows this one as HTML.
        assert "<" not in source["attribution"]
        assert "&lt;/script&gt;&lt;img" in source["attribution"]
        assert "GS(2026)0001号" in source["attribution"]
    without = map_style(FULL, "day", language)["metadata"]["nuanyi:approval"]
    assert without == getattr(both("page.no_approval"), language)


def test_invented_data_are_told():
    assert demo_notice({"streets": "streets.osm.pbf", "stations": "a.csv"}) is None
    assert demo_notice({"streets": "演示数据 small", "stations": "演示数据 small"}) == both(
        "demo.all"
    )
    assert "驿站" not in demo_notice({"streets": "演示数据 small", "stations": "a.csv"}).zh
    assert "道路" in demo_notice({"streets": "演示数据 small", "stations": "a.csv"}).zh


@given(st.floats(-179, 179), st.floats(-80, 80), st.floats(0, 3), st.floats(0, 3))
def test_the_first_view_holds_what_there_is(west, south, wide, high):
    bounds = (west, south, min(west + wide, 180), min(south + high, 85))
    style = map_style(Drawn(7, 9, "a", "b", bounds=bounds))
    lon, lat = style["center"]
    assert bounds[0] - 1e-4 <= lon <= bounds[2] + 1e-4
    assert bounds[1] - 1e-4 <= lat <= bounds[3] + 1e-4
    assert 2 <= style["zoom"] <= 15.5
    # Degrees of longitude across 360 pixels at that zoom.
    assert (
        360 * 360 / 512 / 2 ** style["zoom"] >= (bounds[2] - bounds[0]) * 0.99 or style["zoom"] == 2
    )
