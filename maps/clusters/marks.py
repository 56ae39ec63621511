"""From clusters with advice to records the page's script reads; nothing dropped in silence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.clusters.forms import Advice
from maps.clusters.view import ClustersView
from maps.geojson import bounds_of
from maps.simplify import lighter, simplified
from maps.style import percent
from maps.texts import Both, both

Record = dict[str, Any]
Shapes = npt.NDArray[Any]
OUTLINE_METRES = 2.0
"""Outlines are indicative, with rounded corners of many vertices that nobody sees."""


def _nothing() -> Shapes:
    return np.empty(0, dtype=object)


@dataclass(slots=True)
class Marks:
    """Records with their geometries beside them, and what was left out."""

    clusters: list[Record] = field(default_factory=list)
    cluster_shapes: Shapes = field(default_factory=_nothing)
    area_shapes: Shapes = field(default_factory=_nothing)
    area_names: list[str] = field(default_factory=list)
    stations: list[Record] = field(default_factory=list)
    station_shapes: Shapes = field(default_factory=_nothing)
    remarks: list[Both] = field(default_factory=list)

    def bounds(self) -> list[list[float]] | None:
        """[[south, west], [north, east]] of the clusters, else of the areas, or None."""
        bounds = bounds_of(self.cluster_shapes)
        if not np.isfinite(bounds[0]):
            bounds = bounds_of(self.area_shapes)
        west, south, east, north = bounds
        if not np.isfinite(west):
            return None
        return [[float(south), float(west)], [float(north), float(east)]]


def marks_of(view: ClustersView, limit: int) -> Marks:
    """At most `limit` marks: clusters may take three fifths, borders three tenths, stations the
    rest. Clusters are cut from the small end; borders are drawn all or none."""
    marks = Marks()
    _clusters(marks, view, limit * 3 // 5)
    _areas(marks, view, limit * 3 // 10)
    _stations(marks, view, limit - len(marks.clusters) - len(marks.area_shapes))
    return marks


def _clusters(marks: Marks, view: ClustersView, limit: int) -> None:
    everyone = list(view.clusters)
    shown = everyone
    if len(everyone) > limit:
        shown = sorted(everyone, key=lambda one: (-one.cluster.employees, one.cluster.id))[:limit]
        marks.remarks.append(
            both("clusters_map.cut_clusters", shown=f"{limit:,}", total=f"{len(everyone):,}")
        )
    marks.cluster_shapes = lighter([one.cluster.outline for one in shown], tolerance=OUTLINE_METRES)
    marks.clusters = [_record(one, at + 1) for at, one in enumerate(shown)]
    without = sum(shape is None for shape in marks.cluster_shapes)
    if without:
        marks.remarks.append(both("clusters_map.outlineless", n=f"{without:,}"))


def _record(one: Advice, number: int) -> Record:
    facts, form = one.cluster, one.form
    name = (facts.place or (form.unit.name if form.unit else None) or "").strip()
    record: Record = {
        "id": str(facts.id),
        "name": Both(name, name) if name else both("cluster.title", id=number),
        "tier": facts.tier,
        "kind": facts.kind,
        "u": facts.units,
        "ua": max(facts.units_all, facts.units),
        "e": facts.employees,
        "eu": facts.employees_unstated,
        "u25": facts.units_25,
        "u100": facts.units_100,
        "score": round(facts.score, 2),
        "share": percent(facts.share),
        "d": round(facts.diameter_metres),
        "seen": facts.first_seen.isoformat(),
        "says": one.sentence,
        "form": form.title,
        "why": form.reason,
    }
    if form.law_text.zh:
        record["rule"] = form.rule
    if 0 < facts.expected < facts.units_all:
        record["usual"] = percent(facts.expected_share)
    if form.seat is not None:
        told = [text for text in (form.seat.name, form.seat.address) if text]
        record["seat"] = "，".join(dict.fromkeys(told))
    if form.upper_union.name:
        record["upper"] = form.upper_union.name
    if form.existing_union is not None:
        record["old"] = {
            "name": form.existing_union.name,
            "m": None if form.existing_union.in_unit else round(form.existing_union.metres),
        }
    if form.nearest_station is not None:
        near = form.nearest_station
        record["station"] = {
            "name": near.name,
            "m": round(near.metres),
            "min": round(near.minutes),
            "straight": near.straight_line,
        }
    return record


def _areas(marks: Marks, view: ClustersView, limit: int) -> None:
    if not view.areas:
        marks.remarks.append(both("clusters_map.no_areas"))
        return
    if len(view.areas) > limit:
        marks.remarks.append(both("clusters_map.cut_areas", total=f"{len(view.areas):,}"))
        return
    marks.area_shapes = simplified([area.geometry for area in view.areas])
    marks.area_names = [(area.name or "").strip() for area in view.areas]


def _stations(marks: Marks, view: ClustersView, limit: int) -> None:
    near = {
        one.form.nearest_station.id: one.form.nearest_station
        for one in view.clusters
        if one.form.nearest_station is not None
    }
    shown = list(near.values())[:limit]
    if len(near) > len(shown):
        marks.remarks.append(
            both("clusters_map.cut_stations", shown=f"{len(shown):,}", total=f"{len(near):,}")
        )
    if not near and view.clusters:
        marks.remarks.append(both("clusters_map.no_stations"))
    marks.stations = [
        {"name": one.name, "kind": one.kind, **({"at": one.address} if one.address else {})}
        for one in shown
    ]
    if shown:
        places = np.round(np.array([(one.lon, one.lat) for one in shown]), 6)
        marks.station_shapes = np.asarray(shapely.points(places), dtype=object)
