"""Clusters of enterprises without a union: the engine against scikit-learn, the facts by hand."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import plain_units
from sklearn.cluster import DBSCAN

from geo import editions
from geo.clusters import find, list_clusters
from geo.clusters.dbscan import dbscan
from geo.database import Writer
from geo.enterprises.units import STATE, Units


def units_at(
    lon: np.ndarray, lat: np.ndarray, state: str | np.ndarray = "none", employees: float = 5
) -> Units:
    count = len(lon)
    states = np.full(count, state) if isinstance(state, str) else state
    return plain_units(
        count,
        lon=np.asarray(lon, float),
        lat=np.asarray(lat, float),
        state=np.array([STATE[str(one)] for one in states], dtype=np.int8),
        employees=np.full(count, float(employees)),
        members=np.zeros(count),
    )


@pytest.fixture
def edition(writer: Writer) -> int:
    return editions.open_draft(
        writer, "enterprises", as_of=date(2026, 6, 30), source="test", content_hash="c",
        declared_crs="wgs84",
    )  # fmt: skip


def same_clusters(ours: np.ndarray, theirs: np.ndarray, core: np.ndarray) -> bool:
    """The same partition of the cores, and the same points in no cluster at all."""
    pairs = set(zip(ours[core].tolist(), theirs[core].tolist(), strict=True))
    one_to_one = len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
    return one_to_one and ((ours == -1) == (theirs == -1)).all()


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 40))
def test_the_partition_is_scikit_learns(seed: int, least: int, groups: int) -> None:
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0, 2000, (groups, 2))
    points = np.vstack(
        [centre + rng.normal(0, 25, (rng.integers(1, 40), 2)) for centre in centres]
        + [rng.uniform(0, 2000, (50, 2))]
    )
    points = np.vstack([points, points[:10], np.repeat(points[:1], 60, axis=0)])  # stacks
    ours = dbscan(points[:, 0], points[:, 1], 50.0, least)
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


def test_a_cluster_states_what_stands_in_it(writer: Writer, edition: int) -> None:
    rng = np.random.default_rng(5)
    lon = 101 + rng.normal(0, 0.0001, 45)
    lat = 40 + rng.normal(0, 0.0001, 45)
    state = np.array(["none"] * 40 + ["own"] * 5)
    far = units_at(np.append(lon, 101.5), np.append(lat, 40.5), np.append(state, "none"), 30)
    assert find(writer, edition, far) == 1
    (cluster,) = list_clusters(writer, edition)
    assert (cluster.units, cluster.units_25, cluster.employees) == (40, 40, 1200)
    assert cluster.units_all >= 40
    assert 0.85 < cluster.share <= 1
    assert shapely.covers(cluster.outline, shapely.points(lon[:40], lat[:40])).all()
    assert 20 < cluster.diameter_metres < 120
    members = writer.all("SELECT enterprise_id FROM cluster_member ORDER BY 1")
    assert [row.enterprise_id for row in members] == list(range(1, 41))


def test_everybody_at_one_point_is_an_outline_not_a_crash(writer: Writer, edition: int) -> None:
    assert find(writer, edition, units_at(np.full(5000, 101.0), np.full(5000, 40.0))) == 1
    (cluster,) = list_clusters(writer, edition)
    assert cluster.units == 5000
    assert cluster.outline.area > 0


def test_units_in_a_line_have_an_outline(writer: Writer, edition: int) -> None:
    lon = 101 + np.arange(30) * 0.0001
    assert find(writer, edition, units_at(lon, np.full(30, 40.0))) == 1
    assert list_clusters(writer, edition)[0].outline.is_valid


@pytest.mark.parametrize(
    "units",
    [
        units_at(np.empty(0), np.empty(0)),
        units_at(np.array([101.0]), np.array([40.0])),
        units_at(np.full(50, 101.0), np.full(50, 40.0), "own"),
        units_at(np.full(50, np.nan), np.full(50, np.nan)),
        units_at(np.full(50, 101.0), np.full(50, 40.0), "unknown"),
    ],
    ids=["nobody", "one", "all with a union", "all without a place", "all unknown"],
)
def test_where_there_is_nothing_nothing_is_found(
    writer: Writer, edition: int, units: Units
) -> None:
    assert find(writer, edition, units) == 0
    assert list_clusters(writer, edition) == []


def test_many_small_workplaces_below_the_gate_are_no_cluster(writer: Writer, edition: int) -> None:
    assert find(writer, edition, units_at(np.full(20, 101.0), np.full(20, 40.0), employees=1)) == 0


def test_the_largest_comes_first_and_pages_follow_each_other(writer: Writer, edition: int) -> None:
    lon = np.concatenate([np.full(20 + 5 * number, 101 + number * 0.01) for number in range(6)])
    find(writer, edition, units_at(lon, np.full(len(lon), 40.0)))
    everything = list_clusters(writer, edition)
    assert [cluster.units for cluster in everything] == [45, 40, 35, 30, 25, 20]
    paged: list[int] = []
    after = None
    while page := list_clusters(writer, edition, after=after, limit=4):
        paged += [cluster.id for cluster in page]
        after = page[-1].id
    assert paged == [cluster.id for cluster in everything]


def test_the_same_units_give_the_same_identities(writer: Writer, edition: int) -> None:
    units = units_at(np.full(30, 101.0), np.full(30, 40.0))
    find(writer, edition, units)
    before = [cluster.id for cluster in list_clusters(writer, edition)]
    find(writer, edition, units)
    assert [cluster.id for cluster in list_clusters(writer, edition)] == before
