"""What is said of a place that was found: counts, where it is, its outline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.clusters.gather import Gathered
from geo.clusters.ground import OUTSIDE

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
MARGIN = 8.0  # metres around the hull
FEWEST_ADDRESSES = 3
WIDE_MARGIN = 25.0
"""Metres around a place of fewer than three addresses: an outline never is a single point."""
RATIO = 0.3
"""Of the concave hull: 0 clings to the points, 1 is convex."""
HELD = 0.95
"""A place is in a unit that holds so much of it …"""
WHOLE_SHARE = 0.9
"""… and is the whole unit when it is so much of that."""


@dataclass(frozen=True)
class Described:
    """C places; the columns of the table `cluster` that describe them."""

    kind: list[str]
    area_id: list[int | None]
    subdistrict_id: list[int | None]
    place: list[str | None]
    counts: dict[str, npt.NDArray[Any]]
    lon: Floats
    lat: Floats
    outline: npt.NDArray[np.object_]


def describe(gathered: Gathered, label: Integers, count: int, usual: Floats) -> Described:
    """Describe places.

    Args:
        gathered: N enterprises.
        label: (N,) the place of each, -1 for none; every place has some.
        count: how many places there are.
        usual: (N,) the share usual for each.
    """
    scene = gathered.scene
    rows = np.flatnonzero(label >= 0)
    rows = rows[np.argsort(label[rows], kind="stable")]
    at = label[rows]
    without = gathered.without[rows]
    employees = scene.employees[rows]
    stated = ~np.isnan(employees)

    def number(mask: Any, weights: Any = None) -> Any:
        taken = at[mask]
        return np.bincount(taken, None if weights is None else weights[mask], minlength=count)

    x, y = scene.x[rows], scene.y[rows]
    addresses, outline, diameter, middle = _shapes(at, x, y, count)
    lon, lat = gathered.plane.inverse(shapely.get_x(middle), shapely.get_y(middle))
    counts = {
        "units": number(without),
        "units_25": number(without & (np.nan_to_num(employees) >= 25)),
        "units_100": number(without & (np.nan_to_num(employees) >= 100)),
        "units_all": number(np.ones(len(rows), dtype=bool)),
        "expected": np.bincount(at, usual[rows], minlength=count),
        "employees": number(without & stated, employees).astype(np.int64),
        "employees_unstated": number(without & ~stated),
        "addresses": addresses,
        "diameter_metres": diameter,
    }
    unit, kind = _units(gathered, label, at, count)
    return Described(
        kind=kind,
        area_id=[None if one < 0 else int(gathered.unit_ids[one]) for one in unit.tolist()],
        subdistrict_id=[one or None for one in _most(gathered.subdistrict[rows], at)[0]],
        place=_names(gathered, unit, rows, at, count),
        counts=counts,
        lon=np.asarray(lon),
        lat=np.asarray(lat),
        outline=gathered.plane.geometry_back(outline),
    )


def _shapes(at: Integers, x: Floats, y: Floats, count: int) -> tuple[Any, Any, Any, Any]:
    """Number of addresses, outline, diameter and middle of each place, in the plane."""
    order = np.lexsort((y, x, at))
    new = np.ones(len(order), dtype=bool)
    new[1:] = (np.diff(at[order]) != 0) | (np.diff(x[order]) != 0) | (np.diff(y[order]) != 0)
    first = order[new]
    addresses = np.bincount(at[first], minlength=count)
    points: Any = shapely.points(x[first], y[first])
    groups = shapely.multipoints(points, indices=at[first])
    hulls = shapely.concave_hull(groups, ratio=RATIO)
    margin = np.where(addresses < FEWEST_ADDRESSES, WIDE_MARGIN, MARGIN)
    outline = shapely.buffer(hulls, margin, quad_segs=2)
    diameter = 2 * shapely.minimum_bounding_radius(groups)
    return addresses, outline, diameter, shapely.centroid(groups)


def _most(value: Integers, at: Integers) -> tuple[list[int], Integers]:
    """The most frequent value of each place, and how often."""
    values, code = np.unique(value, return_inverse=True)
    key, often = np.unique(at * max(len(values), 1) + code, return_counts=True)
    order = np.lexsort((key, -often, key // max(len(values), 1)))
    _, first = np.unique(key[order] // max(len(values), 1), return_index=True)
    best = key[order[first]]
    return [int(values[one % len(values)]) for one in best.tolist()], often[order[first]]


def _units(
    gathered: Gathered, label: Integers, at: Integers, count: int
) -> tuple[Integers, list[str]]:
    """The smallest unit that holds each place, -1 for none, and what kind of place it is."""
    scene = gathered.scene
    total = np.bincount(at, minlength=count)
    size = np.bincount(scene.pair_unit, minlength=len(gathered.unit_ids))
    held = label[scene.pair_enterprise] >= 0
    units = max(len(gathered.unit_ids), 1)
    key, common = np.unique(
        label[scene.pair_enterprise[held]] * units + scene.pair_unit[held], return_counts=True
    )
    place, unit = key // units, key % units
    enough = common >= HELD * total[place]
    place, unit, common = place[enough], unit[enough], common[enough]
    smallest = np.full(count, OUTSIDE, dtype=np.int64)
    order = np.lexsort((unit, -size[unit], place))
    smallest[place[order]] = unit[order]  # the last of a place is its smallest
    of_unit = np.zeros(count)
    of_unit[place[order]] = common[order] / np.maximum(size[unit[order]], 1)
    kind = [
        "street" if one < 0 else ("whole_unit" if share >= WHOLE_SHARE else "part_of_unit")
        for one, share in zip(smallest.tolist(), of_unit.tolist(), strict=True)
    ]
    return smallest, kind


def _names(
    gathered: Gathered, unit: Integers, rows: Integers, at: Integers, count: int
) -> list[str | None]:
    """The unit's name, or that of the street most of its addresses name."""
    street, often = _most(gathered.scene.street[rows], at)
    total = np.bincount(at, minlength=count)
    return [
        gathered.unit_names[one]
        if one >= 0
        else (gathered.streets[key - 1] if key and 2 * many >= size else None)
        for one, key, many, size in zip(
            unit.tolist(), street, often.tolist(), total.tolist(), strict=True
        )
    ]
