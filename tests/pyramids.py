"""Registers by chance and their tiles, read by a library that knows nothing of how they were made;
and the same counted the slow way."""

import math
from collections import Counter

import mapbox_vector_tile
import numpy as np
import rows
from hypothesis import strategies as st

from geo.enterprises.classes import SIZES
from geo.enterprises.register import Register
from geo.schema.enterprises import UNION_STATES
from maps.tiles.enterprises import Choice

COUNTS = (*UNION_STATES, "workers")
APART_COUNTS = ("mass_registration", "dormant", "closed", "workers")


def register_of(lon, lat, **columns) -> Register:
    """A register of units at these places; columns of units, `apart` and `tier` as given."""
    count = len(lon)
    apart = np.array(columns.pop("apart", np.zeros(count)), dtype=np.int8)
    tier = np.array(columns.pop("tier", np.zeros(count)), dtype=np.int8)
    units = rows.plain_units(
        count, lon=np.array(lon, dtype=float), lat=np.array(lat, dtype=float), **columns
    )
    none = np.empty(0, dtype=np.int64)
    return Register(
        edition=None,
        area_edition=None,
        assignment=None,
        units=units,
        apart=apart,
        tier=tier,
        cluster=np.zeros(count, dtype=np.int64),
        area_ids=none,
        area_kinds=none.astype(np.int8),
        area_parents=none,
        area_names=[],
        area_codes=[],
        member_start=np.zeros(1, dtype=np.int64),
        member_unit=none.astype(np.int32),
        figures={},
        version=0,
    )


CORNERS = [(0.0, 0.0), (90.0, 0.0), (-180.0, 85.2), (180.0, -85.2), (180.0, 90.0), (0.0, -90.0)]
"""On the lines between tiles, at the rims of the square and beyond them."""


@st.composite
def registers(draw, most: int = 60, *, corners: bool = True) -> Register:
    """Units in one town, on stacks, on lines between tiles, at the ends of the earth or nowhere."""
    count = draw(st.integers(0, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    spread = draw(st.sampled_from([1e-5, 1e-3, 0.1, 20.0]))
    # No place lies beyond 180 degrees: pyproj would bring it back on the other side of the earth.
    lon = np.clip(113.6 + rng.normal(0, spread, count), -179.0, 179.0)
    lat = np.clip(34.7 + rng.normal(0, spread, count), -89.0, 89.0)
    for at in range(count):
        kind = rng.random()
        if kind < 0.3 and at:
            other = rng.integers(at)
            lon[at], lat[at] = lon[other], lat[other]
        elif kind < 0.4:
            lon[at] = lat[at] = np.nan
        elif kind < 0.5 and corners:
            lon[at], lat[at] = CORNERS[rng.integers(len(CORNERS))]
    employees = rng.choice([np.nan, 1, 4, 5, 24, 99, 1000, 2_000_000], count).astype(float)
    return register_of(
        lon,
        lat,
        ids=np.sort(rng.choice(2**53, count, replace=False)),
        state=rng.integers(0, 5, count).astype(np.int8),
        employees=employees,
        industry=rng.integers(0, 22, count).astype(np.int8),
        unit_class=rng.integers(0, 8, count).astype(np.int8),
        apart=rng.choice(4, count, p=[0.7, 0.1, 0.1, 0.1]),
        tier=rng.integers(0, 3, count),
    )


def features(body: bytes, layer: str = "enterprises") -> list[dict]:
    """The features of a tile, y downwards as the format has it: properties with `px`, `py`."""
    if not body:
        return []
    read = mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})
    assert list(read) == [layer]
    assert read[layer]["extent"] == 4096
    assert read[layer]["version"] == 2
    found = []
    for one in read[layer]["features"]:
        assert one["geometry"]["type"] == "Point"
        px, py = one["geometry"]["coordinates"]
        found.append({**one["properties"], "px": px, "py": py, "feature": one.get("id")})
    return found


def summed(found: list[dict], counts=COUNTS) -> dict[str, int]:
    """The sums of features; each feature's parts must make up its whole."""
    total = Counter({"n": 0, **dict.fromkeys(counts, 0)})
    for one in found:
        assert one["n"] > 0
        assert one["n"] == sum(one.get(name, 0) for name in counts if name != "workers")
        assert all(one.get(name, 1) > 0 for name in counts if name != "workers")
        for name in ("n", *counts):
            total[name] += one.get(name, 0)
    return dict(total)


def place(lon: float, lat: float) -> tuple[float, float]:
    """Across and down the square of Web Mercator, 0 to 1, by the textbook's formula."""
    lat = min(max(lat, -89.9), 89.9)
    down = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return (lon + 180) / 360, down


def tile_of(lon: float, lat: float, z: int) -> tuple[int, int]:
    """The tile of a place; what is beyond the square belongs to its rim."""
    span = 2**z
    across, down = place(lon, lat)
    return (
        min(max(math.floor(across * span), 0), span - 1),
        min(max(math.floor(down * span), 0), span - 1),
    )


def tiles_of(register: Register, z: int) -> set[tuple[int, int]]:
    """Every tile that holds a placed unit; by a rounding also its neighbour."""
    found = set()
    for lon, lat in zip(register.units.lon, register.units.lat, strict=True):
        if not math.isnan(lon):
            for nudge in (-1e-9, 0, 1e-9):
                found.add(tile_of(lon + nudge, lat + nudge, z))
    return found


def counted(register: Register, choice: Choice) -> dict[str, int]:
    """What the tiles must add up to, unit by unit."""
    keep = choice.filter.mask_of(register)
    units = register.units
    names = APART_COUNTS[:-1] if choice.apart else UNION_STATES
    total = Counter({"n": 0, **dict.fromkeys(names, 0), "workers": 0})
    for at in range(len(register)):
        if not keep[at] or math.isnan(units.lon[at]) or (register.apart[at] > 0) != choice.apart:
            continue
        total["n"] += 1
        total[names[register.apart[at] - 1 if choice.apart else units.state[at]]] += 1
        if not math.isnan(units.employees[at]):
            total["workers"] += int(units.employees[at])
    return dict(total)


def size_of(register: Register, at: int) -> str:
    return SIZES[register.sizes[at]]
