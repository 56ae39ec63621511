"""A cluster as it is shown, and how it is read: lists, one, its members."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.database import Reader
from geo.errors import Invalid, NotFound
from geo.schema.clusters import CLUSTER_KINDS, TIERS


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


@dataclass(frozen=True)
class RunFacts:
    """How the clusters of an edition were found, and of what moment they speak."""

    edition_id: int
    area_edition_id: int | None
    method: str
    parameters: dict[str, Any]
    seed: int
    replicates: int
    threshold: float | None
    found_at: datetime
    facts: dict[str, Any]

    @property
    def as_of(self) -> datetime:
        """The last time any of it was looked at again, or all of it was found."""
        again = self.facts.get("rescanned_at")
        return datetime.fromisoformat(again) if again else self.found_at


_COLUMNS = (
    "id, tier, kind, area_id, subdistrict_id, place, score, p_value, units, units_25, "
    "units_100, units_all, expected, employees, employees_unstated, addresses, "
    "diameter_metres, first_seen, ST_X(centre) AS lon, ST_Y(centre) AS lat, "
    "ST_AsBinary(outline) AS outline"
)


def list_clusters(
    reader: Reader,
    edition_id: int,
    *,
    tier: str | None = None,
    kind: str | None = None,
    area_id: int | None = None,
    after: int | None = None,
    limit: int = 1000,
) -> Sequence[ClusterFacts]:
    """The clusters of an edition, the most employees without a union first.

    Args:
        reader: the transaction.
        edition_id: of the enterprises.
        tier: only this one, of :data:`geo.schema.TIERS`.
        kind: only this one, of :data:`geo.schema.CLUSTER_KINDS`.
        area_id: only those whose organising unit or subdistrict is this area, or any above which
            the run's areas name as a parent of these.
        after: the id of the last cluster already seen.
        limit: how many at most.

    Raises:
        Invalid: there is no such tier or kind.
    """
    for field, value, known in (("tier", tier, TIERS), ("kind", kind, CLUSTER_KINDS)):
        if value is not None and value not in known:
            raise Invalid(
                f"'{value}' is no {field} of clusters.",
                remedy=f"Use one of {', '.join(known)}.",
                field=field,
            )
    rows = reader.all(
        "WITH RECURSIVE below AS (SELECT CAST(:area AS bigint) AS id UNION "
        "SELECT a.id FROM area a JOIN below ON a.parent_id = below.id "
        "JOIN cluster_run r ON r.edition_id = :edition AND a.edition_id = r.area_edition_id) "
        f"SELECT {_COLUMNS} FROM cluster WHERE edition_id = :edition "
        "AND (CAST(:tier AS text) IS NULL OR tier = :tier) "
        "AND (CAST(:kind AS text) IS NULL OR kind = :kind) "
        "AND (CAST(:area AS bigint) IS NULL OR area_id IN (SELECT id FROM below) "
        "OR subdistrict_id IN (SELECT id FROM below)) "
        "AND (CAST(:after AS bigint) IS NULL OR (-employees, id) > "
        "(SELECT -employees, id FROM cluster WHERE edition_id = :edition AND id = :after)) "
        "ORDER BY -employees, id LIMIT :limit",
        edition=edition_id,
        tier=tier,
        kind=kind,
        area=area_id,
        after=after,
        limit=limit,
    )
    return _facts(rows)


def get_cluster(reader: Reader, edition_id: int, cluster_id: int) -> ClusterFacts:
    """One cluster.

    Raises:
        NotFound: the edition has none of that number.
    """
    rows = reader.all(
        f"SELECT {_COLUMNS} FROM cluster WHERE edition_id = :edition AND id = :id",
        edition=edition_id,
        id=cluster_id,
    )
    if not rows:
        raise NotFound(
            f"没有编号为 {cluster_id} 的聚集区。 There is no cluster {cluster_id}.",
            remedy="请从聚集区列表中选择（/api/clusters）。 "
            "Take one of the list of clusters (/api/clusters).",
        )
    return _facts(rows)[0]


def member_ids(reader: Reader, edition_id: int, cluster_id: int) -> npt.NDArray[np.int64]:
    """The enterprises of a cluster, with a union or without, ascending."""
    rows = reader.all(
        "SELECT enterprise_id FROM cluster_member WHERE edition_id = :edition "
        "AND cluster_id = :id ORDER BY enterprise_id",
        edition=edition_id,
        id=cluster_id,
    )
    return np.array([row.enterprise_id for row in rows], dtype=np.int64)


def get_run(reader: Reader, edition_id: int) -> RunFacts | None:
    """How the clusters of an edition were found; None if nobody looked for any."""
    row = reader.first(
        "SELECT edition_id, area_edition_id, method, parameters, seed, replicates, threshold, "
        "found_at, facts FROM cluster_run WHERE edition_id = :edition",
        edition=edition_id,
    )
    return None if row is None else RunFacts(**row._mapping)  # noqa: SLF001  SQLAlchemy's own name


def up_to_date(reader: Reader, edition_id: int, area_edition_id: int | None) -> bool:
    """Whether the clusters of an edition were found over these areas, and know of all changes of
    unions."""
    run = get_run(reader, edition_id)
    if run is None or run.area_edition_id != area_edition_id:
        return False
    return not reader.scalar(
        "SELECT EXISTS (SELECT FROM union_change c JOIN edition e ON e.id = :edition "
        "AND c.since >= e.as_of WHERE greatest(c.noted_at, c.revoked_at) > :known)",
        edition=edition_id,
        known=run.as_of,
    )


def _facts(rows: Sequence[Any]) -> list[ClusterFacts]:
    outlines = shapely.from_wkb([bytes(row.outline) for row in rows])
    return [
        ClusterFacts(**{**row._mapping, "outline": outline})  # noqa: SLF001
        for row, outline in zip(rows, outlines, strict=True)
    ]
