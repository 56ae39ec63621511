"""Density clustering of 1,000,000 points, 50 m / 10, beside PostGIS and scikit-learn.

The enterprises of a planted city, half of a building's stacked on few address points and 47,249 on
40. Ours and PostGIS take turns; scikit-learn (ball tree, all processors) takes one, in a process of
its own so that the memory it needs is its own; ours is measured the same way.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))

from planted_city import planted_city  # noqa: E402

from geo.clusters.dbscan import dbscan  # noqa: E402
from geo.database import Actor, Database  # noqa: E402

METRES, LEAST = 50.0, 10
TURNS = 3
THREADS = os.cpu_count() or 1
BAR_POSTGIS, BAR_SKLEARN, BAR_MEMORY = 6.0, 20.0, 20.0
ACTOR = Actor("bench", sees_enterprises=True)
# The same points in a fresh process: what it holds at most beyond what it held before.
ALONE = """
import json, resource, sys, time
import numpy as np
x, y = np.load(sys.argv[2])
if sys.argv[1] == "ours":
    from geo.clusters.dbscan import dbscan
    dbscan(x[:1000], y[:1000], 50.0, 10)
    cluster = lambda: (dbscan(x, y, 50.0, 10, int(sys.argv[3])), None)
else:
    from sklearn.cluster import DBSCAN
    def cluster():
        made = DBSCAN(eps=50.0, min_samples=10, algorithm="ball_tree", n_jobs=-1)
        made.fit(np.column_stack([x, y]))
        return made.labels_, made.core_sample_indices_
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.perf_counter()
label, core = cluster()
seconds = time.perf_counter() - began
gib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**20
np.savez(sys.argv[4], label=label, core=core if core is not None else np.empty(0, int))
print(json.dumps({"seconds": seconds, "gib": gib}))
"""


def run(database: Database, size: float = 1.0) -> Iterator[dict[str, Any]]:
    """Measure; about two minutes, most of it scikit-learn."""
    full = size == 1.0
    city = planted_city(1, size=size)
    x, y = city.x, city.y
    dbscan(x[:1000], y[:1000], METRES, LEAST, THREADS)
    ours, theirs, label = _turns(database, x, y)
    with tempfile.TemporaryDirectory(prefix="nuanyi-bench-") as folder:
        points = Path(folder) / "points.npy"
        np.save(points, np.array([x, y]))
        mine, _, _ = _alone(folder, points, "ours")
        sklearn, found, core_rows = _alone(folder, points, "sklearn")
    core = np.zeros(len(x), dtype=bool)
    core[core_rows] = True
    same = _same_partition(label, found, core)
    clusters = f"{int(label.max()) + 1:,} clusters, {int((label < 0).sum()):,} in none"
    apart = "each in a process of its own"
    for name, one, other, unit, bar, note in (
        ("DBSCAN beside PostGIS", ours, theirs, "s", BAR_POSTGIS, f"{len(x):,} points"),
        ("DBSCAN beside scikit-learn", ours, sklearn["seconds"], "s", BAR_SKLEARN, clusters),
        ("its extra memory", max(mine["gib"], 1e-3), sklearn["gib"], "GiB", BAR_MEMORY, apart),
    ):
        yield _record(name, one, other, unit, bar, full, note)
    yield {
        "name": "dbscan: partition of the cores identical to scikit-learn's",
        "ours": float(same),
        "peer": 1.0,
        "ratio": None,
        "unit": "",
        "bar": "identical",
        "holds": bool(same),
        "note": f"{int(core.sum()):,} cores",
    }


def _turns(database: Database, x: Any, y: Any) -> tuple[float, float, Any]:
    """Medians of ours and of PostGIS, taking turns."""
    ours, theirs, label = [], [], np.empty(0)
    with database.write(ACTOR) as writer:
        writer.execute("SET LOCAL statement_timeout = 0")
        writer.execute("CREATE TEMP TABLE spot (place geometry) ON COMMIT DROP")
        writer.execute("CREATE TEMP TABLE pair (x float8, y float8) ON COMMIT DROP")
        writer.copy_in("pair", ["x", "y"], pa.table({"x": x, "y": y}))
        writer.execute("INSERT INTO spot SELECT ST_Point(x, y) FROM pair")
        writer.execute("ANALYZE spot")
        for _ in range(TURNS):
            began = time.perf_counter()
            label = dbscan(x, y, METRES, LEAST, THREADS)
            ours.append(time.perf_counter() - began)
            began = time.perf_counter()
            writer.scalar(
                "SELECT max(c) FROM (SELECT ST_ClusterDBSCAN(place, 50, 10) OVER () AS c "
                "FROM spot) AS found"
            )
            theirs.append(time.perf_counter() - began)
    return float(np.median(ours)), float(np.median(theirs)), label


def _alone(folder: str, points: Path, who: str) -> tuple[dict[str, float], Any, Any]:
    answer = Path(folder) / f"{who}.npz"
    done = subprocess.run(
        [sys.executable, "-c", ALONE, who, str(points), str(THREADS), str(answer)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(HERE.parents[1])},
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    with np.load(answer) as found:
        return json.loads(done.stdout), found["label"], found["core"]


def _same_partition(ours: Any, theirs: Any, core: Any) -> bool:
    pairs = np.unique(np.column_stack([ours[core], theirs[core]]), axis=0)
    one_to_one = len(pairs) == len(np.unique(pairs[:, 0])) == len(np.unique(pairs[:, 1]))
    return bool(one_to_one and ((ours == -1) == (theirs == -1)).all())


def _record(
    name: str, ours: float, peer: float, unit: str, bar: float, full: bool, note: str
) -> dict[str, Any]:
    return {
        "name": f"dbscan: {name}",
        "ours": ours,
        "peer": peer,
        "ratio": peer / ours,
        "unit": unit,
        "bar": f">= {bar:.0f} x",
        "holds": peer / ours >= bar if full else None,
        "note": note,
    }
