"""From what is given to what can be drawn: so many marks at most, nothing dropped in silence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from maps.coverage.view import ClusterMark, CoverageView, RateLike, StationMark
from maps.geojson import bounds_of
from maps.simplify import label_places, lighter, simplified
from maps.style import Classes, gap, percent
from maps.texts import Both, both

NO_DATA = -1
Record = dict[str, Any]
SINGLE_RADIUS = 4.0
LARGEST_RADIUS = 16.0
OUTLINE_METRES = 3.0
"""Outlines are indicative, with rounded corners of many vertices that nobody sees."""


@dataclass(slots=True)
class Marks:
    """Records as the page's script reads them, geometries beside them, and what was left out."""

    areas: list[Record] = field(default_factory=list)
    area_shapes: npt.NDArray[Any] = field(default_factory=lambda: np.empty(0, dtype=object))
    clusters: list[Record] = field(default_factory=list)
    cluster_shapes: npt.NDArray[Any] = field(default_factory=lambda: np.empty(0, dtype=object))
    stations: list[Record] = field(default_factory=list)
    station_shapes: npt.NDArray[Any] = field(default_factory=lambda: np.empty(0, dtype=object))
    station_counts: dict[str, int] = field(default_factory=dict)
    remarks: list[Both] = field(default_factory=list)

    def bounds(self) -> list[list[float]] | None:
        """[[south, west], [north, east]] of the areas, or without any of all that is drawn (one
        misplaced station must not shrink the map), or None."""
        bounds = bounds_of(self.area_shapes)
        if not np.isfinite(bounds[0]):
            bounds = bounds_of(np.concatenate([self.cluster_shapes, self.station_shapes]))
        west, south, east, north = bounds
        if not np.isfinite(west):
            return None
        return [[float(south), float(west)], [float(north), float(east)]]


def marks_of(view: CoverageView, classes: Classes, *, limit: int, tolerance: float | None) -> Marks:
    """Everything of `view` as marks, `limit` at most: areas may take three fifths of it, clusters
    one fifth, stations what is left. Areas and clusters are cut from the small end, stations are
    grouped on a grid; each is said in `remarks`."""
    marks = Marks()
    _areas(marks, view, classes, limit * 3 // 5, tolerance)
    _clusters(marks, view.clusters, limit // 5)
    _stations(marks, view.stations, limit - len(marks.areas) - len(marks.clusters))
    return marks


def rate_record(rate: RateLike) -> Record:
    """A rate as the page's script shows it; texts are written here so that page, table and sheet
    round alike. Absent members are absent facts."""
    record: Record = {"n": rate.numerator, "d": rate.denominator}
    value = finite(rate.value)
    if value is not None:
        record["v"] = round(value, 6)
        record["t"] = percent(value, target=rate.target)
    if rate.target is not None:
        known = rate.gap is not None
        record["g"] = rate.gap if known else gap(rate.numerator, rate.denominator, rate.target)
        record["target"] = rate.target
    low, high = finite(rate.low), finite(rate.high)
    if value is not None and low is not None and high is not None:
        record["ci"] = [round(low, 4), round(high, 4), f"{percent(low)}–{percent(high)}"]
    shrunk = finite(rate.shrunk)
    if value is not None and shrunk is not None:
        record["sv"] = round(shrunk, 6)
        record["sh"] = percent(shrunk)
    missing = finite(rate.missing_share)
    if missing is not None:
        record["m"] = percent(missing)
    if rate.small_denominator:
        record["s"] = 1
    if rate.as_of is not None:
        record["as"] = rate.as_of.isoformat()
    if rate.edition_id is not None:
        record["ed"] = rate.edition_id
    if rate.scope or rate.scope_zh:
        record["scope"] = scope_text(rate)
    return record


def scope_text(rate: RateLike) -> Both:
    """What is counted, in both languages or twice in the one there is."""
    return Both(rate.scope_zh or rate.scope, rate.scope or rate.scope_zh)


def finite(value: float | None) -> float | None:
    """The number, or None for what is none."""
    return None if value is None or not math.isfinite(value) else float(value)


def _areas(
    marks: Marks, view: CoverageView, classes: Classes, limit: int, tolerance: float | None
) -> None:
    areas = list(view.areas)
    if len(areas) > limit:
        areas = sorted(areas, key=lambda area: -area.rate.denominator)[:limit]
        marks.remarks.append(both("cut.areas", shown=f"{limit:,}", total=f"{len(view.areas):,}"))
    if not areas:
        return
    marks.area_shapes = simplified([area.geometry for area in areas], tolerance=tolerance)
    values = [finite(area.rate.value) for area in areas]
    found = classes.index([math.nan if value is None else value for value in values])
    places = label_places(marks.area_shapes)
    common = next((rate_record(area.rate).get("scope") for area in areas), None)
    for at, area in enumerate(areas):
        record: Record = {
            "id": str(area.id),
            **_named(area.name, "empty.unnamed_area", at + 1),
            "kind": area.kind,
            "c": int(found[at]),
            **rate_record(area.rate),
        }
        # One scope holds for nearly every map; it is written once, with the page.
        if record.get("scope") == common:
            record.pop("scope", None)
        if area.rank is not None:
            record["r"] = area.rank
        if np.isfinite(places[at]).all():
            lon, lat, radius = places[at]
            record["at"] = [round(lat, 5), round(lon, 5), round(radius)]
        marks.areas.append(record)
    borderless = sum(shape is None for shape in marks.area_shapes)
    if borderless:
        marks.remarks.append(both("cut.borderless", n=f"{borderless:,}"))


def _clusters(marks: Marks, clusters: Sequence[ClusterMark], limit: int) -> None:
    # The surest first; then by people, not by registrations.
    shown = sorted(
        clusters, key=lambda one: (one.tier != "confirmed", -one.employees, -one.units, one.id)
    )[:limit]
    if len(clusters) > limit:
        marks.remarks.append(both("cut.clusters", shown=f"{limit:,}", total=f"{len(clusters):,}"))
    shapes = lighter([one.outline for one in shown], tolerance=OUTLINE_METRES)
    marks.cluster_shapes = shapes
    for at, one in enumerate(shown):
        record: Record = {
            "id": str(one.id),
            **_named(one.name, "cluster.title", at + 1),
            "u": one.units,
            "e": one.employees,
            "u25": one.units_25,
        }
        if one.tier != "confirmed":
            record["tier"] = one.tier
        if one.share_text:
            told = one.share_text
            record["share"] = told if isinstance(told, Both) else Both(told, told)
        if one.place and one.place.strip():
            record["in"] = one.place.strip()
        marks.clusters.append(record)
    outlineless = sum(shape is None for shape in shapes)
    if outlineless:
        marks.remarks.append(both("cut.outlineless", n=f"{outlineless:,}"))


def _stations(marks: Marks, stations: Sequence[StationMark], limit: int) -> None:
    places = np.array(
        [(_coordinate(one.lon), _coordinate(one.lat)) for one in stations], dtype=np.float64
    ).reshape(-1, 2)
    placed = np.asarray(np.isfinite(places).all(axis=1))
    located = [one for one, there in zip(stations, placed.tolist(), strict=True) if there]
    places = places[placed]
    if len(stations) > len(located):
        marks.remarks.append(both("cut.unlocated", n=f"{len(stations) - len(located):,}"))
    kinds = np.array([one.kind for one in located], dtype=object)
    for kind in dict.fromkeys(one.kind for one in located):
        marks.station_counts[kind] = int((kinds == kind).sum())
    if len(located) <= limit:
        marks.stations = [_station(one) for one in located]
        marks.station_shapes = _points(places)
        return
    group, centres = grouped(places, kinds, limit)
    counts = np.bincount(group)
    first = np.unique(group, return_index=True)[1]
    for number, at in enumerate(first):
        if counts[number] == 1:
            marks.stations.append(_station(located[at]))
        else:
            marks.stations.append({"kind": located[at].kind, "count": int(counts[number])})
    marks.station_shapes = _points(centres)
    marks.remarks.append(both("cut.stations", shown=f"{len(counts):,}", total=f"{len(located):,}"))


def grouped(
    places: npt.NDArray[np.float64], kinds: npt.NDArray[Any], limit: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Stations of one kind and one grid cell as one group, with the finest grid (of cells that
    double) that leaves at most `limit` groups.

    `places`: (n, 2) degrees; `kinds`: (n,). Answers (n,) group numbers and (groups, 2) mean places.
    When there are more kinds than `limit`, one group a kind remains.
    """
    kind = np.unique(kinds.astype(str), return_inverse=True)[1].reshape(-1)
    low, high = places.min(axis=0), places.max(axis=0)
    # A degree of longitude is shorter than one of latitude: cells stay roughly square in metres.
    scale = np.array([np.cos(np.radians((low[1] + high[1]) / 2)), 1.0])
    extent = float(((high - low) * scale).max()) or 1.0
    cell = extent / 1024
    while True:
        cells = np.floor((places - low) * scale / cell).astype(np.int64)
        keys = np.column_stack([kind, cells])
        group = np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)
        if group.max() < limit or cell > extent:
            break
        cell *= 2
    counts = np.bincount(group)
    sums = np.column_stack([np.bincount(group, weights=places[:, axis]) for axis in (0, 1)])
    return group.astype(np.int64), sums / counts[:, None]


def radius(count: int) -> float:
    """Pixels of a dot whose area grows with its number of stations, up to a limit."""
    return round(min(LARGEST_RADIUS, SINGLE_RADIUS * math.sqrt(1 + math.log2(max(count, 1)))), 1)


def _station(one: StationMark) -> Record:
    record: Record = {
        "id": str(one.id),
        **_named(one.name, "empty.unnamed_station", one.id),
        "kind": one.kind,
        "state": one.state,
    }
    if one.hours_text:
        record["hours"] = one.hours_text
    return record


def _points(places: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
    return np.asarray(shapely.points(np.round(places, 6)), dtype=object)


def _coordinate(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _named(name: str | None, key: str, number: int) -> Record:
    """The name as data has it; or a text that says there is none, and the mark that its identifier
    is worth showing."""
    shown = (name or "").strip()
    if shown:
        return {"name": Both(shown, shown)}
    return {"name": both(key, id=number), "unnamed": 1}
