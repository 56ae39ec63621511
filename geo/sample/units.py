"""Organising units: industrial parks, commercial districts, marketplaces, office buildings.

Every unit is a rectangle on the lattice, so on the ground it follows the streets and not the
borders of divisions, which many of them cross.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geo.sample.blocks import PLAIN, SLOTS, Blocks, box_corners
from geo.sample.divisions import DIGITS, Places
from geo.sample.names import BRANDS, WORDS
from geo.sample.plane import Plane
from geo.sample.shape import BLOCK_STEP, LABEL, CityShape, Floats, Ints
from geo.sample.streets import StreetNames

PARK, COMMERCIAL, MARKET, BUILDING = 0, 1, 2, 3
KINDS = ("industrial_park", "commercial_district", "marketplace", "office_building")
INSET = 0.07  # units of whole blocks end this far inside the streets around them
_CODES = ("YQ", "SQ", "SC", "LY")
_TYPES = (
    ("工业园区", "科技园区", "物流园区"),
    ("商圈", "商圈", "步行街"),
    ("农贸市场", "批发市场", "建材市场"),
    ("写字楼", "商务楼宇", "创业大厦"),
)
_ENDINGS = (
    ("工业园", "科技园", "物流园"),
    ("商圈", "天地商圈", "步行街商圈"),
    ("农贸市场", "批发市场", "建材市场"),
    ("大厦", "中心", "广场写字楼"),
)


@dataclass(frozen=True)
class Units:
    """All units: parks, then commercial districts, marketplaces, office buildings.

    `boxes` (n, 4) west, south, east, north on the lattice. `of_block` (blocks,) number of the
    park, commercial district or marketplace a block lies in, `of_slot` (blocks, slots) number of
    the office building that stands there; -1 for none.
    """

    kind: Ints
    code: np.ndarray[Any, Any]
    name: np.ndarray[Any, Any]  # with the label
    type_name: np.ndarray[Any, Any]
    boxes: Floats
    block: Ints  # a block in its middle
    of_block: Ints
    of_slot: Ints
    building_slots: Ints  # (office buildings, 2): block and slot

    def polygons(self, plane: Plane) -> np.ndarray[Any, Any]:
        """Outlines in degrees. Those of several blocks follow the bends of the streets."""
        out = np.empty(len(self.kind), dtype=object)
        small = self.kind == BUILDING
        out[small] = shapely.polygons(box_corners(plane, self.boxes[small], DIGITS))
        s = np.arange(12) / 12
        ring_s = np.concatenate([s, np.ones(12), 1 - s, np.zeros(12)])
        ring_t = np.concatenate([np.zeros(12), s, np.ones(12), 1 - s])
        west, south, east, north = self.boxes[~small].T[..., None]
        u, v = west + (east - west) * ring_s, south + (north - south) * ring_t
        out[~small] = shapely.polygons(plane.lonlat(u, v, digits=DIGITS))
        return np.asarray(shapely.orient_polygons(out))


def place_units(plane: Plane, blocks: Blocks, shape: CityShape, seed: int) -> Units:
    """Chooses where the units stand: commercial districts towards the centre, parks towards the
    rim, office buildings mostly in the centre and in commercial districts."""
    rng = np.random.default_rng([seed, 7])
    boxes, kinds = _squares(plane, shape, rng)
    of_block = np.full(len(blocks.i), -1, dtype=np.int64)
    grid = np.full((plane.cells, plane.cells), -1, dtype=np.int64)
    for unit, (west, south, east, north) in enumerate(boxes.tolist()):
        grid[west:east, south:north] = unit
    of_block[:] = grid[blocks.i, blocks.j]

    usable = np.flatnonzero((blocks.kind == PLAIN) & (of_block < 0) & (blocks.turn >= 0))
    central = np.exp(-2 * plane.rim(blocks.i, blocks.j))
    # Half of the plain blocks may become markets, the others keep their slots for buildings.
    markets = _weighted(rng, usable, central[usable], min(shape.marketplaces, len(usable) // 2))
    of_block[markets] = len(boxes) + np.arange(len(markets))

    weight = central * np.where(of_block < 0, 1.0, 2.5)
    weight[markets] = 0
    plain = np.flatnonzero((blocks.kind == PLAIN) & (weight > 0))
    slot_weight = np.repeat(weight[plain], len(SLOTS))
    picked = np.sort(
        _weighted(
            rng,
            np.arange(len(slot_weight)),
            slot_weight,
            min(shape.office_buildings, len(slot_weight)),
        )
    )
    slots = np.column_stack([plain[picked // len(SLOTS)], picked % len(SLOTS)])
    first = len(boxes) + len(markets)
    of_slot = np.full((len(blocks.i), len(SLOTS)), -1, dtype=np.int64)
    of_slot[slots[:, 0], slots[:, 1]] = first + np.arange(len(slots))

    market_at = np.stack([blocks.i[markets], blocks.j[markets]], axis=-1)
    all_boxes = np.concatenate(
        [
            boxes + np.array([INSET, INSET, -INSET, -INSET]),
            np.concatenate([market_at + INSET, market_at + 1 - INSET], axis=1),
            blocks.slots(slots[:, 0])[np.arange(len(slots)), slots[:, 1]],
        ]
    )
    kind = np.concatenate([kinds, np.full(len(markets), MARKET), np.full(len(slots), BUILDING)])
    middle = np.floor((all_boxes[:, :2] + all_boxes[:, 2:]) / 2).astype(int)
    number = np.full((plane.cells, plane.cells), -1, dtype=np.int64)
    number[blocks.i, blocks.j] = np.arange(len(blocks.i))
    code, name, type_name = _names(kind, rng)
    return Units(
        kind, code, name, type_name, all_boxes, number[middle[:, 0], middle[:, 1]],
        of_block, of_slot, slots,
    )  # fmt: skip


def _squares(plane: Plane, shape: CityShape, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Whole-block rectangles (n, 4) of parks and commercial districts, none touching another."""
    side = plane.cells // BLOCK_STEP
    column, row = (part.ravel() for part in np.meshgrid(range(side), range(side), indexing="ij"))
    rim = plane.rim(column * BLOCK_STEP + 2.0, row * BLOCK_STEP + 2.0)
    shops = _weighted(rng, np.arange(len(rim)), np.exp(-4 * rim), shape.commercial_districts)
    left = np.setdiff1d(np.arange(len(rim)), shops)
    parks = _weighted(rng, left, np.exp(-4 * np.abs(rim[left] - 0.7)), shape.parks)
    chosen = np.concatenate([parks, shops])
    kinds = np.repeat([PARK, COMMERCIAL], [len(parks), len(shops)])
    # The first row and column of a square belong to rivers, expressways and railways.
    begin = np.stack([column[chosen], row[chosen]], axis=-1) * BLOCK_STEP + 1
    size = rng.integers(2, 4, (len(chosen), 2))
    return np.concatenate([begin, begin + size], axis=1), kinds


def _weighted(rng: np.random.Generator, items: Ints, weight: Floats, count: int) -> Ints:
    """`count` different items, likelier with more weight (Efraimidis and Spirakis 2006)."""
    key = rng.random(len(items)) ** (1 / np.maximum(weight, 1e-12))
    return np.asarray(items[np.argsort(-key, kind="stable")[:count]])


def _names(kind: Ints, rng: np.random.Generator) -> tuple[np.ndarray[Any, Any], ...]:
    codes, names, types = [], [], []
    style = rng.integers(0, 3, len(kind))
    for one in range(len(KINDS)):
        here = np.flatnonzero(kind == one)
        count = len(here)
        # Place word and business word; 7,919 is prime, so no pair comes twice.
        pair = (np.arange(count) * 7_919 + int(rng.integers(1_000_000))) % (
            len(WORDS) * len(BRANDS)
        )
        ending = np.array(_ENDINGS[one], dtype=object)[style[here]]
        names.append(WORDS[pair % len(WORDS)] + BRANDS[pair // len(WORDS)] + ending + LABEL)
        types.append(np.array(_TYPES[one], dtype=object)[style[here]])
        codes.append(np.array([f"{_CODES[one]}{k + 1:05d}" for k in range(count)], dtype=object))
    return np.concatenate(codes), np.concatenate(names), np.concatenate(types)


@dataclass(frozen=True)
class Addresses:
    """Text of addresses by block."""

    street: np.ndarray[Any, Any]  # (blocks,) the street at its south, without the label

    @staticmethod
    def of(blocks: Blocks, names: StreetNames) -> Addresses:
        """The street of each block is the row at its south."""
        return Addresses(names.words[names.number(blocks.j, blocks.i, along_row=True)])


def unit_rows(
    units: Units, plane: Plane, places: Places, addresses: Addresses
) -> dict[str, np.ndarray[Any, Any]]:
    """Rows of areas.geojson for all units. A unit's parent is the subdistrict of its middle."""
    polygons = units.polygons(plane)
    middle = shapely.get_coordinates(shapely.point_on_surface(polygons))
    sub = places.subdistrict(middle)
    number = np.arange(len(units.kind)) * 7 % 188 + 1
    return {
        "kind": np.array(KINDS, dtype=object)[units.kind],
        "code": units.code,
        "name": units.name,
        "type_name": units.type_name,
        "parent_code": places.code[sub],
        "address": places.full_name[sub]
        + addresses.street[units.block]
        + number.astype(str).astype(object)
        + "号",
        "polygon": polygons,
    }
