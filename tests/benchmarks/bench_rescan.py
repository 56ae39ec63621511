"""One changed union, and the clusters around it looked at again, in the huge demo city.

1,000,000 enterprises are imported; then, one after the other, some that stand in clusters and some
that stand anywhere found a union, and what hangs on it in the database is brought up to date.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from geo import clusters, editions
from geo.database import Actor, Database
from geo.imports.options import ImportOptions
from geo.imports.run import import_file
from geo.sample import write_city
from geo.settings import Settings

ACTOR = Actor("bench", sees_enterprises=True)
TRIES = 40
BAR_MS = 50.0


def run(database: Database, size: str = "huge") -> Iterator[dict[str, Any]]:
    """Measure; about three minutes, of which the import takes most."""
    with tempfile.TemporaryDirectory(prefix="nuanyi-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        write_city(folder, size)  # type: ignore[arg-type]
        settings = Settings(state=folder, database_url=None)
        options = ImportOptions(crs="wgs84", commit=True)
        for dataset, file in (("areas", "areas.geojson"), ("enterprises", "enterprises.csv")):
            import_file(database, ACTOR, settings, dataset, folder / file, options)
    with database.read(ACTOR) as reader:
        edition = editions.require_active(reader, "enterprises")
        found = len(clusters.list_clusters(reader, edition.id, limit=100_000))
        chosen = {
            "in a cluster": "SELECT enterprise_id AS id FROM cluster_member "
            "WHERE edition_id = :edition ORDER BY md5(enterprise_id::text) LIMIT :many",
            "anywhere": "SELECT id FROM enterprise WHERE edition_id = :edition "
            "AND location IS NOT NULL ORDER BY md5(id::text) LIMIT :many",
        }
        ids = {
            where: [
                int(row.id) for row in reader.all(statement, edition=edition.id, many=TRIES + 5)
            ]
            for where, statement in chosen.items()
        }
    for where, wanted in ids.items():
        took = [_changed(database, edition, number) for number in wanted]
        took = took[5:]  # the first ones load compiled code and fill caches
        yield {
            "name": f"rescan: one changed union, {where}",
            "ours": float(np.median(took)),
            "peer": None,
            "ratio": None,
            "unit": "ms",
            "bar": f"<= {BAR_MS:.0f} ms",
            "holds": bool(np.median(took) <= BAR_MS) if size == "huge" else None,
            "note": f"median of {len(took)}, p95 {np.quantile(took, 0.95):.0f} ms, of {found:,} "
            "clusters",
        }


def _changed(database: Database, edition: Any, number: int) -> float:
    """Milliseconds of looking again after one enterprise has founded its union."""
    with database.write(ACTOR) as writer:
        writer.execute(
            "INSERT INTO union_change (enterprise_id, since, union_state, noted_by) "
            "VALUES (:id, :since, 'own', 'bench')",
            {"id": number, "since": edition.as_of},
        )
        began = time.perf_counter()
        clusters.rescan(writer, edition.id, [number])
        return 1000 * (time.perf_counter() - began)
