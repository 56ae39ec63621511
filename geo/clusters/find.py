"""Clusters of enterprises without a union: found once per edition, stored with how.

The unit scan (:mod:`geo.clusters.engine`) answers where more enterprises are without a union than
is usual for the subdistrict and their size. Density clustering (:mod:`geo.clusters.dbscan`) answers
only where those without one stand close together; it can be asked for by name, and then nothing is
said of chance.
"""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlalchemy import insert

from geo import partitions
from geo.clusters.dbscan import dbscan
from geo.clusters.describe import Described, describe
from geo.clusters.engine import Places, find_places
from geo.clusters.expected import usual_shares
from geo.clusters.facts import (
    ClusterFacts,
    RunFacts,
    get_cluster,
    get_run,
    list_clusters,
    member_ids,
)
from geo.clusters.gather import Gathered, gather
from geo.clusters.identity import matched, new_ids, read_known
from geo.clusters.rules import METHOD, ScanRules
from geo.clusters.score import excess
from geo.database import Writer
from geo.enterprises.units import Units
from geo.errors import Invalid
from geo.ewkb import point_column, shape_column
from geo.progress import SILENT, Progress
from geo.schema import ClusterMember, ClusterRun

__all__ = [
    "DENSITY",
    "METHOD",
    "METHODS",
    "ClusterFacts",
    "RunFacts",
    "ScanRules",
    "find",
    "get_cluster",
    "get_run",
    "list_clusters",
    "member_ids",
]
DENSITY = "dbscan"
METHODS = (METHOD, DENSITY)
QUICK_REPLICATES = 19
"""Shuffled runs when an edition comes into force: enough for a fair threshold."""
REPLICATES = 99
DENSITY_METRES, DENSITY_UNITS = 50.0, 10

Integers = npt.NDArray[np.int64]


def find(
    writer: Writer,
    edition_id: int,
    units: Units,
    rules: ScanRules | None = None,
    progress: Progress = SILENT,
    *,
    area_edition_id: int | None = None,
    pairs: tuple[Integers, Integers] | None = None,
    replicates: int = QUICK_REPLICATES,
    method: str = METHOD,
    threads: int | None = None,
) -> int:
    """Find and store the clusters of an edition; how many there are.

    Args:
        writer: the transaction; what the edition held before is replaced.
        edition_id: of the enterprises.
        units: those in force.
        rules: see :class:`ScanRules`.
        progress: told of the steps.
        area_edition_id: of the areas that the enterprises were assigned to. Without areas the whole
            edition is one place, clusters lie along streets, and all is compared with the city.
        pairs: the memberships, when the caller has them; see :func:`geo.clusters.gather.gather`.
        replicates: shuffled runs; more make the thresholds steadier.
        method: `unit_scan` or `dbscan`.
        threads: at once; by default as many as there are processors.

    Raises:
        Invalid: there is no such method, or too few replicates to say anything.

    Cost: for 1,000,000 units and two processors some 15 s with 19 replicates, 45 s with 99.
    """
    rules = rules or ScanRules()
    if method not in METHODS:
        raise Invalid(
            f"没有名为“{method}”的方法。 There is no method '{method}'.",
            remedy=f"请用 Use {' / '.join(METHODS)}.",
            field="method",
        )
    if not 9 <= replicates <= 9999:
        raise Invalid(
            f"随机对照次数 {replicates} 不合适。 {replicates} replicates do not fit.",
            remedy="请用 9 至 9999。 Use 9 to 9999.",
            field="replicates",
        )
    with progress.step("读取企业所在单元 / reading where the enterprises are"):
        known = read_known(writer, edition_id)
        gathered = gather(writer, edition_id, units, area_edition_id, pairs)
    partitions.drop(writer, ClusterMember, edition_id)
    writer.execute("DELETE FROM cluster WHERE edition_id = :edition", {"edition": edition_id})
    writer.execute("DELETE FROM cluster_run WHERE edition_id = :edition", {"edition": edition_id})
    places: Places | None = None
    if gathered is not None:
        with progress.step("寻找未建会聚集区 / finding clusters without a union"):
            places = (
                _scanned(gathered, rules, replicates, threads or os.cpu_count() or 1, progress)
                if method == METHOD
                else _dense(gathered, rules)
            )
    _store_run(writer, edition_id, area_edition_id, gathered, places, rules, method, replicates)
    child = partitions.create(writer, ClusterMember, edition_id)
    count = 0 if places is None else len(places)
    if gathered is not None and places is not None and count:
        usual = places.shares[gathered.scene.stratum]
        described = describe(gathered, places.label, count, usual)
        rows = np.flatnonzero(places.label >= 0)
        cluster, enterprise = places.label[rows], units.ids[gathered.rows[rows]]
        as_of = writer.scalar("SELECT as_of FROM edition WHERE id = :id", id=edition_id)
        old = matched(known, cluster, enterprise, count)
        smallest = np.full(count, np.iinfo(np.int64).max)
        np.minimum.at(smallest, cluster, enterprise)
        taken = set(known.ids.tolist())
        fresh = iter(new_ids(method, smallest[old < 0], taken))
        ids = np.array([int(known.ids[one]) if one >= 0 else next(fresh) for one in old.tolist()])
        seen = [str(known.first_seen[one] if one >= 0 else as_of) for one in old.tolist()]
        table = rows_of(edition_id, ids, seen, places, described)
        writer.copy_in("cluster", table.column_names, table)
        writer.copy_in_integers(child, ["cluster_id", "enterprise_id"], [ids[cluster], enterprise])
    partitions.attach(writer, ClusterMember, edition_id)
    return count


def rows_of(
    edition_id: int, ids: Integers, first_seen: list[str], places: Places, described: Described
) -> pa.Table:
    """The rows of the table `cluster`."""
    return pa.table(
        {
            "edition_id": np.full(len(ids), edition_id),
            "id": ids,
            "tier": ["confirmed" if one else "to_check" for one in places.confirmed.tolist()],
            "kind": described.kind,
            "area_id": pa.array(described.area_id, pa.int64()),
            "subdistrict_id": pa.array(described.subdistrict_id, pa.int64()),
            "place": pa.array(described.place, pa.string()),
            "score": places.score,
            "p_value": pa.array(places.p_value, pa.float64(), from_pandas=True),
            **described.counts,
            "first_seen": first_seen,
            "centre": point_column(described.lon, described.lat),
            "outline": shape_column(described.outline),
        }
    )


def _scanned(
    gathered: Gathered, rules: ScanRules, replicates: int, threads: int, progress: Progress
) -> Places | None:
    return find_places(
        gathered.scene, gathered.without, gathered.strata, rules, replicates, threads, progress
    )


def _dense(gathered: Gathered, rules: ScanRules) -> Places | None:
    """Density clusters of those without a union, with those with one that stand at the same places:
    nothing says that they are more than chance."""
    scene = gathered.scene
    alone = np.flatnonzero(gathered.without)
    found = dbscan(scene.x[alone], scene.y[alone], DENSITY_METRES, DENSITY_UNITS)
    members = np.maximum(found, 0)
    count = int(found.max(initial=-1)) + 1
    size = np.bincount(found[found >= 0], minlength=count)
    workers = np.bincount(
        members, np.where(found >= 0, np.nan_to_num(scene.employees[alone]), 0), minlength=count
    )
    kept = (size >= rules.least_units) & (workers[:count] >= rules.least_workers)
    label = np.full(len(scene), -1, dtype=np.int64)
    new = np.where(kept, np.cumsum(kept) - 1, -1)
    label[alone[found >= 0]] = new[found[found >= 0]]
    # Those with a union at one of its addresses belong to the place, too.
    order = np.lexsort((-label, scene.y, scene.x))
    x, y = scene.x[order], scene.y[order]
    start = np.ones(len(order), dtype=bool)
    start[1:] = (x[1:] != x[:-1]) | (y[1:] != y[:-1])
    label[order] = label[order][start][np.cumsum(start) - 1]
    shares = usual_shares(
        scene.stratum, scene.bands, gathered.strata, gathered.without, rules.shrink_weight
    )
    total = int(kept.sum())
    inside = label >= 0
    number = np.bincount(label[inside], minlength=total)
    without = np.bincount(label[inside & gathered.without], minlength=total)
    expected = np.bincount(label[inside], shares[scene.stratum[inside]], minlength=total)
    return Places(
        score=excess(number, without, expected),
        p_value=np.full(total, np.nan),
        confirmed=np.zeros(total, dtype=bool),
        kind=np.zeros(total, dtype=np.int8),
        pool=np.full(total, -1, dtype=np.int64),
        label=label,
        shares=shares,
        thresholds=np.full(2, np.nan),
        check_from=np.full(2, np.nan),
        best_by_chance=None,
    )


def _store_run(
    writer: Writer,
    edition_id: int,
    area_edition_id: int | None,
    gathered: Gathered | None,
    places: Places | None,
    rules: ScanRules,
    method: str,
    replicates: int,
) -> None:
    facts: dict[str, object] = {} if gathered is None else dict(gathered.counts)
    threshold = None
    if gathered is not None and places is not None and method == METHOD:
        threshold = float(places.thresholds[0])
        bands = gathered.scene.bands
        facts |= {
            "thresholds": places.thresholds.tolist(),
            "check_from": places.check_from.tolist(),
            "best_by_chance": [[one.location, one.scale] for one in places.best_by_chance or ()],
            "confirmed": int(places.confirmed.sum()),
            "to_check": int((~places.confirmed).sum()),
            # What a place that is looked at again is compared with: by subdistrict and size.
            "usual": {
                str(area): places.shares[at * bands :][:bands].tolist()
                for at, area in enumerate(gathered.stratum_areas.tolist())
            },
        }
    writer.execute(
        insert(ClusterRun).values(
            edition_id=edition_id,
            area_edition_id=area_edition_id,
            method=method,
            parameters=rules.parameters()
            if method == METHOD
            else {"metres": DENSITY_METRES, "least": DENSITY_UNITS},
            seed=rules.seed,
            replicates=replicates if method == METHOD else 0,
            threshold=threshold,
            facts=facts,
        )
    )
