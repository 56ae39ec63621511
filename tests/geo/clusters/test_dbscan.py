"""The density engine against scikit-learn and PostGIS."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import DBSCAN

from geo.clusters.dbscan import dbscan
from geo.database import Writer


def same_clusters(ours: np.ndarray, theirs: np.ndarray, core: np.ndarray) -> bool:
    """The same partition of the cores, and the same points in no cluster at all."""
    pairs = set(zip(ours[core].tolist(), theirs[core].tolist(), strict=True))
    one_to_one = len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
    return one_to_one and ((ours == -1) == (theirs == -1)).all()


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 40), st.sampled_from([1, 2]))
def test_the_partition_is_scikit_learns(seed: int, least: int, groups: int, threads: int) -> None:
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0, 2000, (groups, 2))
    points = np.vstack(
        [centre + rng.normal(0, 25, (rng.integers(1, 40), 2)) for centre in centres]
        + [rng.uniform(0, 2000, (50, 2))]
    )
    points = np.vstack([points, points[:10], np.repeat(points[:1], 60, axis=0)])  # stacks
    ours = dbscan(points[:, 0], points[:, 1], 50.0, least, threads)
    theirs = DBSCAN(eps=50, min_samples=least).fit(points)
    core = np.zeros(len(points), dtype=bool)
    core[theirs.core_sample_indices_] = True
    assert same_clusters(ours, theirs.labels_, core)


def test_the_partition_is_postgiss(writer: Writer) -> None:
    rng = np.random.default_rng(4)
    points = np.round(rng.normal(0, 400, (3000, 2)), 1)
    ours = dbscan(points[:, 0], points[:, 1], 30.0, 8)
    writer.execute("CREATE TEMP TABLE spot (n int, x float8, y float8) ON COMMIT DROP")
    writer.copy_in(
        "spot", ["n", "x", "y"],
        pa.table({"n": range(len(points)), "x": points[:, 0], "y": points[:, 1]}),
    )  # fmt: skip
    rows = writer.all(
        "SELECT coalesce(ST_ClusterDBSCAN(ST_Point(x, y), 30, 8) OVER (), -1) AS c, n FROM spot"
    )
    theirs = np.empty(len(points), dtype=np.int64)
    theirs[[row.n for row in rows]] = [row.c for row in rows]
    core = DBSCAN(eps=30, min_samples=8).fit(points).core_sample_indices_
    assert same_clusters(ours, theirs, core)


def test_points_exactly_in_reach_belong_together() -> None:
    x = np.arange(10) * 50.0
    assert dbscan(x, np.zeros(10), 50.0, 2).tolist() == [0] * 10
    assert dbscan(x, np.zeros(10), 49.999, 2).tolist() == [-1] * 10


@pytest.mark.parametrize("turn", [0.0, 0.3, np.pi / 4, 1.2])
def test_the_reach_is_the_same_in_every_direction(turn: float) -> None:
    # Diagonal neighbours stand in cells that touch at their corners only.
    step = np.arange(12) * 50.0
    x, y = step * np.cos(turn), step * np.sin(turn)
    assert dbscan(x, y, 50.0 + 1e-7, 2).tolist() == [0] * 12
    assert dbscan(x, y, 50.0 - 1e-6, 2).tolist() == [-1] * 12


def test_two_stacks_of_thousands_cost_no_more_than_two_points() -> None:
    # 20,000 by 20,000 comparisons would take a second and more.
    x = np.repeat([0.0, 60.0], 20_000)
    found = dbscan(x, np.zeros(40_000), 50.0, 10)
    assert (found == np.repeat([0, 1], 20_000)).all()
    assert (dbscan(x, np.zeros(40_000), 60.0, 10) == 0).all()


def test_a_point_between_two_clusters_joins_the_nearer_one() -> None:
    # It sees one core of each, too few to be a core itself.
    x = np.array([-30.0] * 9 + [0.0, 49.0, 90.0] + [120.0] * 9)
    assert dbscan(x, np.zeros(21), 50.0, 10)[10] == 1
    x[10] = 43.0
    assert dbscan(x, np.zeros(21), 50.0, 10)[10] == 0


def test_a_handful_of_points_far_apart_needs_no_table_of_the_world() -> None:
    x = np.array([0.0, 1.0, 5_000_000.0, 5_000_001.0])
    y = np.array([0.0, 0.0, 4_000_000.0, 4_000_000.0])
    assert dbscan(x, y, 50.0, 2).tolist() == [0, 0, 1, 1]
    assert dbscan(np.empty(0), np.empty(0), 50.0, 2).tolist() == []
