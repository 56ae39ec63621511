"""Tiles of enterprises from memory: exact at every zoom, filtered or not, whatever changes."""

import math
from collections import defaultdict

import numpy as np
import pyproj
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyramids import (
    APART_COUNTS,
    COUNTS,
    counted,
    features,
    place,
    register_of,
    registers,
    size_of,
    summed,
    tile_of,
    tiles_of,
)
from tile_reading import read_tile

from geo.enterprises.classes import INDUSTRIES, SIZES, UNIT_CLASSES
from geo.enterprises.filter import TIER_NAMES, Filter
from geo.schema.enterprises import UNION_STATES
from maps.tiles.enterprises import DEEPEST, Choice, Pyramid
from maps.tiles.enterprises.draw import SINGLES
from maps.tiles.enterprises.order import BITS, ordered

FULL = st.sampled_from([0, 1, 2, 7, 32_768])
"""From how many points on a tile is full: a handful takes the way of a million."""


def some(names):
    return st.frozensets(st.sampled_from(names), max_size=2)


choices = st.builds(
    Choice,
    st.builds(
        Filter,
        sizes=some(SIZES),
        industries=some(INDUSTRIES),
        unit_classes=some(UNIT_CLASSES),
        states=some(UNION_STATES),
        tiers=some(TIER_NAMES),
    ),
    st.booleans(),
)
few_choices = st.one_of(st.just(Choice()), st.just(Choice(apart=True)), choices)


def all_features(pyramid, choice, z, tiles):
    return [one for x, y in sorted(tiles) for one in features(pyramid.tile(choice, z, x, y).body)]


# ---------------------------------------------------------------------- nothing is lost
@settings(max_examples=60, deadline=None)
@given(registers(), FULL, few_choices)
def test_the_tiles_of_every_zoom_add_up_to_the_enterprises_shown(register, full, choice):
    pyramid = Pyramid(register, full)
    wanted = counted(register, choice)
    assert pyramid.totals(choice) == wanted
    counts = APART_COUNTS if choice.apart else COUNTS
    for z in range(DEEPEST + 1):
        tiles = tiles_of(register, z)
        assert set(pyramid.occupied(z)) <= tiles
        assert summed(all_features(pyramid, choice, z, tiles), counts) == wanted, z


@settings(max_examples=40, deadline=None)
@given(registers(corners=False), FULL, st.integers(0, DEEPEST))
def test_a_tile_is_what_counting_each_of_its_cells_gives(register, full, z):
    """By a projection that is not ours; the mean of a cell is told to two units of the tile: places
    are whole numbers, and so is their mean."""
    project = pyproj.Transformer.from_crs(4326, 3857, always_xy=True)
    half = math.pi * 6378137
    pyramid = Pyramid(register, full)
    units = register.units
    cells = defaultdict(list)
    for at in np.flatnonzero(~np.isnan(units.lon) & (register.apart == 0)):
        lat = min(max(units.lat[at], -89), 89)
        mx, my = project.transform(units.lon[at], lat)
        across, down = (mx + half) / (2 * half), (half - my) / (2 * half)
        limit = 1 - 2.0**-BITS
        across, down = min(max(across, 0), limit), min(max(down, 0), limit)
        span = 2 ** (z + 6)
        # Right on a line it may be rounded to either side.
        assume(
            all(1e-6 < at * span % 1 < 1 - 1e-6 for at in (across, down) if at not in (0, limit))
        )
        cells[math.floor(across * span), math.floor(down * span)].append((at, across, down))
    wanted = {}
    for (column, row), inside in cells.items():
        total = dict.fromkeys(UNION_STATES, 0)
        for at, _, _ in inside:
            total[UNION_STATES[units.state[at]]] += 1
        employees = units.employees[[at for at, _, _ in inside]]
        mean = np.mean([(across, down) for _, across, down in inside], axis=0)
        tile = column >> 6, row >> 6
        px, py = mean * 2**z * 4096 - np.array(tile) * 4096
        wanted.setdefault(tile, []).append(
            (
                {name: count for name, count in total.items() if count},
                len(inside),
                int(np.nansum(employees)),
                px,
                py,
            )
        )
    for (x, y), expected in wanted.items():
        body = pyramid.tile(Choice(), z, x, y, singles=False).body
        found = features(body)
        assert len(found) == len(expected)
        left = list(expected)
        for one in found:
            assert set(one) <= {"n", *COUNTS, "px", "py", "feature"}
            states = {name: one[name] for name in UNION_STATES if name in one}
            same = [
                other
                for other in left
                if other[:3] == (states, one["n"], one["workers"])
                and abs(other[3] - one["px"]) <= 2.01
                and abs(other[4] - one["py"]) <= 2.01
            ]
            assert same, one
            left.remove(same[0])


@settings(max_examples=40, deadline=None)
@given(registers(), FULL, st.sampled_from([13, 15, DEEPEST]))
def test_near_by_each_enterprise_is_told_and_those_of_one_place_are_one(register, full, z):
    pyramid = Pyramid(register, full)
    units = register.units
    stacks = defaultdict(list)
    for code, at in zip(pyramid.order.code, pyramid.order.point, strict=True):
        if register.apart[at] == 0:
            stacks[int(code)].append(at)
    alone = {units.ids[inside[0]]: inside[0] for inside in stacks.values() if len(inside) == 1}
    found = all_features(pyramid, Choice(), z, tiles_of(register, z))
    assert len(found) == len(stacks)
    single = [one for one in found if "id" in one]
    assert {one["id"] for one in single} == set(alone)
    for one in single:
        at = alone[one["id"]]
        assert one["feature"] == one["id"]
        assert one["state"] == UNION_STATES[units.state[at]]
        assert one["size"] == size_of(register, at)
        assert one["n"] == one[one["state"]] == 1
        across, down = place(units.lon[at], units.lat[at])
        x, y = tile_of(units.lon[at], units.lat[at], z)
        assert one["px"] == pytest.approx(np.clip(across * 2**z - x, 0, 1) * 4096, abs=1.01)
        assert one["py"] == pytest.approx(np.clip(down * 2**z - y, 0, 1) * 4096, abs=1.01)
    for one in found:
        if "id" not in one:
            assert one["n"] > 1
            assert one["feature"] in (None, 0)
            assert not {"state", "size"} & set(one)


@settings(max_examples=40, deadline=None)
@given(registers(), FULL, st.integers(0, DEEPEST), few_choices)
def test_an_export_tells_no_single_enterprise(register, full, z, choice):
    pyramid = Pyramid(register, full)
    for x, y in tiles_of(register, z):
        body = pyramid.tile(choice, z, x, y, singles=False).body
        assert all({"id", "state", "size", "apart"}.isdisjoint(one) for one in features(body))


def test_another_reader_agrees(tmp_path):
    rng = np.random.default_rng(3)
    register = register_of(
        113.6 + rng.normal(0, 0.004, 500),
        34.7 + rng.normal(0, 0.004, 500),
        state=rng.integers(0, 5, 500).astype(np.int8),
        employees=rng.integers(0, 300, 500).astype(float),
        ids=np.arange(500) + 2**53 - 600,
    )
    pyramid = Pyramid(register)
    for z in (9, 15, 16):
        x, y = tile_of(113.6, 34.7, z)
        body = pyramid.tile(Choice(), z, x, y).body
        layer = read_tile(body, (z, x, y), tmp_path)["enterprises"]
        found = features(body)
        assert layer["n"].tolist() == [one["n"] for one in found]
        assert layer["workers"].tolist() == [one["workers"] for one in found]
        if z >= 15:
            ids = [one.get("id") for one in found]
            assert [None if np.isnan(one) else int(one) for one in layer["id"]] == ids


# ---------------------------------------------------------------------- rims and lines
def test_a_place_on_a_line_between_tiles_is_in_one_tile_only():
    register = register_of([0.0, 90.0, -90.0], [0.0, 0.0, 0.0])
    pyramid = Pyramid(register)
    for z in range(1, DEEPEST + 1):
        span = 2**z
        around = {
            (x % span, y)
            for x in (span // 4, span // 2, span * 3 // 4, span // 2 - 1, span * 3 // 4 - 1)
            for y in (span // 2, span // 2 - 1)
        }
        # The line itself belongs to the tile to the east and to the south of it.
        assert summed(all_features(pyramid, Choice(), z, around))["n"] == 3
        [one] = features(pyramid.tile(Choice(), z, span // 2, span // 2).body)[:1]
        assert (one["px"], one["py"]) == (0, 0)


def test_the_poles_and_the_other_side_of_the_earth_are_at_the_rim():
    register = register_of([180.0, -180.0, 12.0, 12.0], [10.0, 10.0, 90.0, -90.0])
    pyramid = Pyramid(register)
    for z in (0, 3, DEEPEST):
        last = 2**z - 1
        x, _ = tile_of(12.0, 0.0, z)
        _, y = tile_of(0.0, 10.0, z)
        tiles = {(last, y), (0, y), (x, 0), (x, last)}
        assert summed(all_features(pyramid, Choice(), z, tiles))["n"] == 4
        for one in all_features(pyramid, Choice(), z, tiles):
            assert 0 <= one["px"] < 4096
            assert 0 <= one["py"] < 4096


# ---------------------------------------------------------------------- strange registers
def test_without_enterprises_there_is_no_tile():
    for register in (register_of([], []), register_of([np.nan] * 3, [np.nan] * 3)):
        pyramid = Pyramid(register)
        assert pyramid.totals(Choice())["n"] == 0
        assert pyramid.occupied(5) == []
        for z in (0, 7, DEEPEST):
            assert pyramid.tile(Choice(), z, 0, 0).body == b""
        pyramid.change(np.arange(len(register)))


def test_everybody_at_one_address_is_one_point_at_every_zoom():
    count = 100_000
    rng = np.random.default_rng(5)
    register = register_of(
        np.full(count, 113.6),
        np.full(count, 34.7),
        state=rng.integers(0, 5, count).astype(np.int8),
        employees=np.full(count, 20_000.0),
    )
    pyramid = Pyramid(register)
    for z in range(DEEPEST + 1):
        [one] = features(pyramid.tile(Choice(), z, *tile_of(113.6, 34.7, z)).body)
        assert one["n"] == count
        assert one["workers"] == 20_000 * count
        assert [one[name] for name in UNION_STATES] == np.bincount(register.units.state).tolist()


def test_one_enterprise_is_there_from_afar_and_near_by():
    register = register_of([113.6], [34.7], ids=np.array([2**53 - 1]))
    pyramid = Pyramid(register)
    for z in range(DEEPEST + 1):
        [one] = features(pyramid.tile(Choice(), z, *tile_of(113.6, 34.7, z)).body)
        assert one["n"] == one["none"] == 1
        assert one["workers"] == 0
        assert ("id" in one) == (z >= SINGLES[-1][0])
        if "id" in one:
            assert (one["id"], one["state"], one["size"]) == (2**53 - 1, "none", "unstated")


@pytest.mark.parametrize("z", [15, 16])
def test_a_tile_of_very_many_places_falls_back_to_cells_and_stays_small(z):
    rng = np.random.default_rng(7)
    side = 360 / 2**z
    lon = (np.floor(113.6 / side) + rng.random(60_000)) * side
    register = register_of(lon, 34.7 + rng.random(60_000) * 1e-3)
    pyramid = Pyramid(register)
    tiles = tiles_of(register, z)
    found = all_features(pyramid, Choice(), z, tiles)
    assert summed(found)["n"] == 60_000
    for x, y in tiles:
        drawn = pyramid.tile(Choice(), z, x, y)
        here = features(drawn.body)
        assert len(here) <= 4096
        assert len(drawn.body) <= 150_000
        if drawn.last - drawn.first > 5000:
            assert not any("id" in one for one in here)


# ---------------------------------------------------------------------- changes
@settings(max_examples=60, deadline=None)
@given(
    registers(40),
    FULL,
    st.lists(few_choices, min_size=1, max_size=3),
    st.lists(st.lists(st.tuples(st.integers(0, 39), st.integers(0, 4)), max_size=8), max_size=4),
)
def test_after_changes_every_tile_is_that_of_a_new_pyramid(register, full, asked, changes):
    assume(len(register))
    pyramid = Pyramid(register, full)
    for choice in asked:
        pyramid.tile(choice, 0, 0, 0)
    for change in changes:
        for unit, state in change:
            register.units.state[unit % len(register)] = state
        register.forget_masks()
        pyramid.change(np.array([unit % len(register) for unit, _ in change], dtype=np.int64))
    fresh = Pyramid(register, full)
    for choice in asked:
        assert pyramid.totals(choice) == fresh.totals(choice) == counted(register, choice)
        for z in range(0, DEEPEST + 1, 3):
            for x, y in tiles_of(register, z):
                now, new = pyramid.tile(choice, z, x, y), fresh.tile(choice, z, x, y)
                assert now.body == new.body


@settings(max_examples=60, deadline=None)
@given(
    registers(40),
    st.sampled_from([0, 3]),
    few_choices,
    st.lists(st.tuples(st.integers(0, 39), st.integers(0, 4)), max_size=4),
    st.integers(0, DEEPEST),
)
def test_a_tile_that_counts_as_unchanged_is_unchanged(register, full, choice, change, z):
    assume(len(register))
    pyramid = Pyramid(register, full)
    tiles = tiles_of(register, z)
    before = {tile: pyramid.tile(choice, z, *tile) for tile in tiles}
    assert all(pyramid.is_as_drawn(choice, drawn) for drawn in before.values())
    for unit, state in change:
        register.units.state[unit % len(register)] = state
    register.forget_masks()
    pyramid.change(np.array([unit % len(register) for unit, _ in change], dtype=np.int64))
    for tile, drawn in before.items():
        if pyramid.is_as_drawn(choice, drawn):
            assert pyramid.tile(choice, z, *tile).body == drawn.body


def test_a_change_far_away_leaves_a_tile_as_it_was_drawn():
    rng = np.random.default_rng(11)
    lon = np.concatenate([113.6 + rng.normal(0, 1e-3, 5000), 121.5 + rng.normal(0, 1e-3, 5000)])
    register = register_of(lon, np.full(10_000, 34.7))
    pyramid = Pyramid(register, 1000)
    here = pyramid.tile(Choice(), 12, *tile_of(113.6, 34.7, 12))
    there = pyramid.tile(Choice(), 12, *tile_of(121.5, 34.7, 12))
    register.units.state[9000] = 0
    pyramid.change(np.array([9000]))
    assert pyramid.is_as_drawn(Choice(), here)
    assert not pyramid.is_as_drawn(Choice(), there)
    # What was noted already is no change.
    again = pyramid.tile(Choice(), 12, *tile_of(121.5, 34.7, 12))
    pyramid.change(np.array([9000]))
    assert pyramid.is_as_drawn(Choice(), again)


def test_sums_made_again_are_not_taken_for_those_of_before():
    register = register_of([113.6, 113.6], [34.7, 34.7], tier=[1, 0])
    pyramid = Pyramid(register)
    choice = Choice(Filter(tiers=frozenset({"to_check"})))
    address = 9, *tile_of(113.6, 34.7, 9)
    drawn = pyramid.tile(choice, *address)
    assert features(drawn.body)[0]["n"] == 1
    register.tier[:] = 1
    register.forget_masks()
    pyramid.forget("tiers")
    assert not pyramid.is_as_drawn(choice, drawn)
    assert features(pyramid.tile(choice, *address).body)[0]["n"] == 2
    assert not pyramid.is_as_drawn(choice, drawn)


def test_the_last_choices_are_kept_and_the_first_of_all_stays():
    rng = np.random.default_rng(2)
    register = register_of(
        rng.normal(113.6, 0.1, 300),
        rng.normal(34.7, 0.1, 300),
        industry=rng.integers(0, 22, 300).astype(np.int8),
    )
    pyramid = Pyramid(register)
    asked = [Choice(Filter(industries=frozenset({name}))) for name in INDUSTRIES]
    for choice in (Choice(), *asked):
        assert pyramid.totals(choice) == counted(register, choice)
    assert pyramid.knows(Choice())
    assert pyramid.knows(asked[-1])
    assert not pyramid.knows(asked[0])


# ---------------------------------------------------------------------- the order
@settings(max_examples=60, deadline=None)
@given(registers(), FULL)
def test_the_order_is_by_place_and_the_full_tiles_are_those_that_are_full(register, full):
    order = ordered(register.units.lon, register.units.lat, full)
    placed = ~np.isnan(register.units.lon)
    assert sorted(order.point.tolist()) == np.flatnonzero(placed).tolist()
    assert (np.diff(order.code.astype(np.int64)) >= 0).all()
    assert (order.point[order.at[placed]] == np.flatnonzero(placed)).all()
    assert (order.at[~placed] == -1).all()
    known = set()
    for z in range(DEEPEST + 1):
        tiles, count = np.unique(order.code >> np.uint64(2 * (BITS - z)), return_counts=True)
        for tile in tiles[count > full].tolist():
            number = order.full_tile(z, tile)
            known.add(number)
            inside = order.code[order.code >> np.uint64(2 * (BITS - z)) == tile]
            assert order.tile_stacks[number] == len(np.unique(inside))
            first, last = order.tile_cell[number : number + 2]
            assert last - first == len(np.unique(inside >> np.uint64(2 * (BITS - z - 6))))
        for tile in tiles[count <= full].tolist():
            assert order.full_tile(z, tile) == -1
    assert known == set(range(len(order.tile_zoom)))
    assert (order.parent < np.arange(len(order.parent))).all()
