"""Clusters of enterprises without a union, found once per edition.

Density clustering (:mod:`geo.clusters.dbscan`) of the located units whose state is *none*, in
metres of a local projection. It answers *where do they stand close together*, not yet *is that more
than one would expect*: that is the next step, and the method's name travels with each cluster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from geo import partitions
from geo.clusters.dbscan import dbscan
from geo.coordinates import LocalPlane
from geo.database import Reader, Writer
from geo.enterprises.units import STATE, Units
from geo.ewkb import point_column, shape_column
from geo.files.identity import stable_ids
from geo.progress import SILENT, Progress
from geo.schema import ClusterMember

METHOD = "dbscan"


@dataclass(frozen=True)
class ClusterRules:
    """What makes a cluster: neighbours within `metres`, at least `least` of them; reported when it
    has so many units and employees."""

    metres: float = 50.0
    least: int = 10
    least_units: int = 10
    least_employees: int = 25


@dataclass(frozen=True)
class ClusterFacts:
    """A cluster as it is shown; see :class:`geo.schema.Cluster`."""

    id: int
    tier: str
    kind: str
    area_id: int | None
    subdistrict_id: int | None
    place: str | None
    score: float
    p_value: float | None
    units: int
    units_25: int
    units_100: int
    units_all: int
    expected: float
    employees: int
    employees_unstated: int
    addresses: int
    diameter_metres: float
    first_seen: date
    lon: float
    lat: float
    outline: Any
    """A shapely Polygon in WGS 84."""

    @property
    def share(self) -> float:
        """Units without a union among all units of the place."""
        return self.units / self.units_all if self.units_all else 1.0

    @property
    def expected_share(self) -> float:
        """The share that is usual there."""
        return self.expected / self.units_all if self.units_all else 0.0


def find(
    writer: Writer,
    edition_id: int,
    units: Units,
    rules: ClusterRules | None = None,
    progress: Progress = SILENT,
) -> int:
    """Find and store the clusters of an edition; how many there are.

    Args:
        writer: the transaction; what the edition held before is replaced.
        edition_id: of the enterprises.
        units: its enterprises.
        rules: see :class:`ClusterRules`.
        progress: told of the step.

    Cost: some 5 s for 750,000 units without a union, most of it the outlines.
    """
    rules = rules or ClusterRules()
    partitions.drop(writer, ClusterMember, edition_id)
    writer.execute("DELETE FROM cluster WHERE edition_id = :edition", {"edition": edition_id})
    placed = ~np.isnan(units.lon)
    alone = np.flatnonzero(placed & (units.state == STATE["none"]))
    if len(alone) < rules.least:
        return 0
    with progress.step("寻找未建会聚集区 / finding clusters without a union"):
        plane = LocalPlane(float(np.median(units.lon[placed])), float(np.median(units.lat[placed])))
        x, y = plane.forward(units.lon[placed], units.lat[placed])
        plane_x = np.full(len(units), np.nan)
        plane_y = np.full(len(units), np.nan)
        plane_x[placed], plane_y[placed] = x, y
        label = dbscan(plane_x[alone], plane_y[alone], rules.metres, rules.least)
        return _store(writer, edition_id, units, alone, label, plane, plane_x, plane_y, rules)


def _store(
    writer: Writer,
    edition_id: int,
    units: Units,
    alone: npt.NDArray[np.int64],
    label: npt.NDArray[np.int64],
    plane: LocalPlane,
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    rules: ClusterRules,
) -> int:
    member, label = alone[label >= 0], label[label >= 0]
    order = np.argsort(label, kind="stable")
    member, label = member[order], label[order]
    _, label, size = np.unique(label, return_inverse=True, return_counts=True)
    employees = np.nan_to_num(units.employees[member])
    workers = np.bincount(label, weights=employees)
    kept = (size >= rules.least_units) & (workers >= rules.least_employees)
    if not kept.any():
        return 0
    chosen = kept[label]
    member, label = member[chosen], (np.cumsum(kept) - 1)[label[chosen]]
    count = int(kept.sum())
    size = np.bincount(label, minlength=count)

    # Outline: concave hull of the distinct places, and 8 m around, so that it is never a point.
    places: Any = shapely.points(x[member], y[member])
    groups = shapely.multipoints(places, indices=label)
    hulls = shapely.concave_hull(groups, ratio=0.3)
    outlines = shapely.buffer(hulls, 8.0, quad_segs=2)
    everyone: Any = shapely.points(x[~np.isnan(x)], y[~np.isnan(y)])
    around = shapely.STRtree(everyone)
    inside, _ = around.query(outlines, predicate="covers")
    diameter = 2 * shapely.minimum_bounding_radius(groups)
    centre = shapely.centroid(groups)
    lon, lat = plane.inverse(shapely.get_x(centre), shapely.get_y(centre))

    smallest = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(smallest, label, units.ids[member])
    identity = stable_ids(np.array([f"{METHOD} {number}" for number in smallest.tolist()]))
    stated = ~np.isnan(units.employees[member])
    today = str(writer.scalar("SELECT as_of FROM edition WHERE id = :id", id=edition_id))
    rows = pa.table(
        {
            "edition_id": np.full(count, edition_id),
            "id": identity,
            "tier": ["to_check"] * count,
            "kind": ["street"] * count,
            "score": np.zeros(count),
            "units": size,
            "units_25": np.bincount(
                label, weights=np.nan_to_num(units.employees[member]) >= 25, minlength=count
            ).astype(np.int64),
            "units_100": np.bincount(
                label, weights=np.nan_to_num(units.employees[member]) >= 100, minlength=count
            ).astype(np.int64),
            "units_all": np.maximum(np.bincount(inside, minlength=count), size),
            "expected": np.zeros(count),
            "employees": np.bincount(
                label, weights=np.nan_to_num(units.employees[member]), minlength=count
            ).astype(np.int64),
            "employees_unstated": np.bincount(label, weights=~stated, minlength=count).astype(
                np.int64
            ),
            "addresses": size,
            "first_seen": [today] * count,
            "diameter_metres": diameter,
            "centre": point_column(lon, lat),
            "outline": shape_column(plane.geometry_back(outlines)),
        }
    )
    writer.copy_in("cluster", rows.column_names, rows)
    child = partitions.create(writer, ClusterMember, edition_id)
    writer.copy_in_integers(
        child, ["cluster_id", "enterprise_id"], [identity[label], units.ids[member]]
    )
    partitions.attach(writer, ClusterMember, edition_id)
    return count


def list_clusters(
    reader: Reader, edition_id: int, *, after: int | None = None, limit: int = 1000
) -> Sequence[ClusterFacts]:
    """The clusters of an edition, the most employees first.

    Args:
        reader: the transaction.
        edition_id: of the enterprises.
        after: the id of the last cluster already seen.
        limit: how many at most.
    """
    rows = reader.all(
        "SELECT id, tier, kind, area_id, subdistrict_id, place, score, p_value, units, units_25, "
        "units_100, units_all, expected, employees, employees_unstated, addresses, "
        "diameter_metres, first_seen, ST_X(centre) AS lon, ST_Y(centre) AS lat, "
        "ST_AsBinary(outline) AS outline FROM cluster WHERE edition_id = :edition "
        "AND (CAST(:after AS bigint) IS NULL OR (-employees, id) > "
        "(SELECT -employees, id FROM cluster WHERE edition_id = :edition AND id = :after)) "
        "ORDER BY -employees, id LIMIT :limit",
        edition=edition_id,
        after=after,
        limit=limit,
    )
    outlines = shapely.from_wkb([bytes(row.outline) for row in rows])
    return [
        ClusterFacts(**{**row._mapping, "outline": outline})  # noqa: SLF001  SQLAlchemy's own name
        for row, outline in zip(rows, outlines, strict=True)
    ]
