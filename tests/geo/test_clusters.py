"""Clusters of enterprises without a union: the engine against scikit-learn, the facts by hand."""

from datetime import date

import numpy as np
import pytest
import shapely
from sklearn.cluster import DBSCAN

from geo import editions
from geo.clusters import ClusterRules, _dbscan, find, list_clusters
from geo.database import Writer
from geo.enterprises.units import STATE, Units


def units_at(
    lon: np.ndarray, lat: np.ndarray, state: str | np.ndarray = "none", employees: float = 5
) -> Units:
    count = len(lon)
    states = np.full(count, state) if isinstance(state, str) else state
    return Units(
        ids=np.arange(1, count + 1, dtype=np.int64),
        lon=np.asarray(lon, float),
        lat=np.asarray(lat, float),
        state=np.array([STATE[str(one)] for one in states], dtype=np.int8),
        union_key=np.zeros(count, dtype=np.int64),
        employees=np.full(count, float(employees)),
        members=np.zeros(count),
        new_employment_workers=np.full(count, np.nan),
        new_employment_members=np.full(count, np.nan),
    )


@pytest.fixture
def edition(writer: Writer) -> int:
    return editions.open_draft(
        writer, "enterprises", as_of=date(2026, 6, 30), source="test", content_hash="c",
        declared_crs="wgs84",
    )  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_core_partition_is_scikit_learns(writer: Writer, seed: int) -> None:
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0, 4000, (25, 2))
    points = np.vstack(
        [centre + rng.normal(0, 25, (rng.integers(5, 60), 2)) for centre in centres]
        + [rng.uniform(0, 4000, (300, 2))]
    )
    points = np.vstack([points, points[:40], np.repeat(points[:1], 500, axis=0)])  # stacks
    rules = ClusterRules(metres=50, least=10)
    ours = _dbscan(writer, points[:, 0], points[:, 1], rules)
    theirs = DBSCAN(eps=50, min_samples=10).fit(points)
    core = np.zeros(len(points), dtype=bool)
    core[theirs.core_sample_indices_] = True
    pairs = {
        (a, b) for a, b in zip(ours[core].tolist(), theirs.labels_[core].tolist(), strict=True)
    }
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
    assert -1 not in {a for a, _ in pairs}
    assert ((ours == -1) == (theirs.labels_ == -1)).all()


def test_a_cluster_states_what_stands_in_it(writer: Writer, edition: int) -> None:
    rng = np.random.default_rng(5)
    lon = 101 + rng.normal(0, 0.0001, 45)
    lat = 40 + rng.normal(0, 0.0001, 45)
    state = np.array(["none"] * 40 + ["own"] * 5)
    far = units_at(np.append(lon, 101.5), np.append(lat, 40.5), np.append(state, "none"), 30)
    assert find(writer, edition, far) == 1
    (cluster,) = list_clusters(writer, edition)
    assert (cluster.units, cluster.units_25, cluster.employees) == (40, 40, 1200)
    assert cluster.units_around >= 40
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
