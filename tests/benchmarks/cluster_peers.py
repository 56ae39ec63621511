"""The methods clusters are compared with, each on the same cleaned rows with the same gates.

They are given our own usual share per subdistrict and size where a method can use one: with the
city's mean they do worse.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit
from planted_city import PlantedCity
from planted_scores import bands, reports
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from scipy.stats import binom, hypergeom

from geo.clusters.chance import Gumbel
from geo.clusters.dbscan import dbscan
from geo.clusters.expected import usual_shares
from geo.clusters.score import score
from geo.coordinates import LocalPlane

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
FALSE_SHARE = 0.05
METRES, LEAST = 50.0, 10
NEIGHBOURS = 16
CIRCLE_ADDRESSES = 64
CIRCLE_RUNS = 9


class Rows:
    """What every peer gets."""

    def __init__(self, city: PlantedCity, rows: Integers) -> None:
        self.x, self.y = city.x[rows], city.y[rows]
        self.without, self.employees = city.without[rows], city.employees[rows]
        strata = (int(city.area.max()) + 1) * 4
        self.stratum = city.area[rows] * 4 + bands(city, rows)
        shares = usual_shares(self.stratum, 4, strata, self.without, 20.0)
        self.usual = shares[self.stratum]

    def gated(self, label: Integers) -> list[Integers]:
        """Reports of at least 10 enterprises without a union with at least 25 workers."""
        return [
            members
            for members in reports(label, self.without)
            if len(members) >= 10 and self.employees[members].sum() >= 25
        ]


def false_discovery(p: Floats) -> npt.NDArray[np.bool_]:
    """Benjamini & Hochberg at 5 %."""
    order = np.argsort(p)
    fits = np.flatnonzero(p[order] <= FALSE_SHARE * np.arange(1, len(p) + 1) / len(p))
    return p <= (p[order][fits[-1]] if len(fits) else -1.0)


def standing_out(rows: Rows, label: Integers) -> npt.NDArray[np.bool_]:
    """Which labelled places have more without a union than usual: binomial test, FDR."""
    inside, count = label >= 0, int(label.max()) + 1
    n = np.bincount(label[inside], minlength=count)
    k = np.bincount(label[inside], rows.without[inside], minlength=count)
    e = np.bincount(label[inside], rows.usual[inside], minlength=count)
    tested = np.flatnonzero(n >= 10)
    answer = np.zeros(count, dtype=bool)
    answer[tested] = false_discovery(binom.sf(k[tested] - 1, n[tested], e[tested] / n[tested]))
    return answer


def dbscan_alone(rows: Rows) -> list[Integers]:
    """DBSCAN of those without a union, 50 m / 10."""
    label = np.full(len(rows.x), -1)
    alone = np.flatnonzero(rows.without)
    label[alone] = dbscan(rows.x[alone], rows.y[alone], METRES, LEAST)
    return rows.gated(label)


def dbscan_tested(rows: Rows) -> list[Integers]:
    """DBSCAN of all, 50 m / 10, binomial test, FDR 5 %."""
    label = dbscan(rows.x, rows.y, METRES, LEAST)
    return rows.gated(np.where((label >= 0) & standing_out(rows, label)[label], label, -1))


def hexagons(resolution: int) -> Callable[[Rows], list[Integers]]:
    """H3 cells, binomial test, FDR 5 %, neighbouring ones merged."""

    def found(rows: Rows) -> list[Integers]:
        import h3.api.basic_int as h3

        middle = float(rows.x.max()) / 2
        lon, lat = LocalPlane(101.0, 40.2).inverse(rows.x - middle, rows.y - middle)
        places = zip(lat.tolist(), lon.tolist(), strict=True)
        cell = np.array([h3.latlng_to_cell(a, b, resolution) for a, b in places], dtype=np.int64)
        cells, label = np.unique(cell, return_inverse=True)
        hot = np.flatnonzero(standing_out(rows, label))
        position = {int(cells[one]): at for at, one in enumerate(hot.tolist())}
        edges = [
            (at, position[near])
            for one, at in position.items()
            for near in h3.grid_disk(one, 1)
            if near in position
        ]
        group = np.full(len(cells), -1)
        group[hot] = _components(np.array(edges).reshape(-1, 2), len(hot))
        return rows.gated(group[label])

    return found


def join_counts(rows: Rows) -> list[Integers]:
    """Local join counts of the 16 nearest, exact hypergeometric tail, FDR 5 %, joined within
    120 m."""
    points = np.column_stack([rows.x, rows.y])
    alone = np.flatnonzero(rows.without)
    away, near = cKDTree(points).query(points[alone], k=NEIGHBOURS + 1, workers=-1)
    joins = (rows.without[near] & (near != alone[:, None])).sum(1)
    joins = np.minimum(joins, NEIGHBOURS)
    p = hypergeom.sf(joins - 1, len(points) - 1, len(alone) - 1, NEIGHBOURS)
    hot = np.flatnonzero(false_discovery(p))
    inside = np.zeros(len(points), dtype=bool)
    inside[alone[hot]] = True
    one, other = np.repeat(alone[hot], NEIGHBOURS + 1), near[hot].ravel()
    kept = inside[other] & (away[hot].ravel() <= 120)
    component = _components(np.column_stack([one, other])[kept], len(points))
    return rows.gated(np.where(inside, component, -1))


def circles(rows: Rows) -> list[Integers]:
    """Circular scan with the usual share: circles around addresses, up to 64 addresses wide, the
    best that do not overlap, 5 % of the Gumbel distribution of the best of 9 shuffled runs."""
    points, address = np.unique(np.column_stack([rows.x, rows.y]), axis=0, return_inverse=True)
    near = cKDTree(points).query(points, k=CIRCLE_ADDRESSES, workers=-1)[1].astype(np.int32)
    count = len(points)
    n = np.bincount(address, minlength=count).astype(float)
    e = np.bincount(address, rows.usual, minlength=count)

    def best(without: Any) -> tuple[Floats, Integers]:
        k = np.bincount(address, without, minlength=count)
        w = np.bincount(address, without * rows.employees, minlength=count)
        return _circles(near, n, k, e, w)

    rng = np.random.default_rng(1)
    largest = []
    for _ in range(CIRCLE_RUNS):
        order = np.lexsort((rng.random(len(address)), rows.stratum))
        shuffled = np.empty(len(address), dtype=bool)
        shuffled[order] = rows.without[np.argsort(rows.stratum, kind="stable")]
        largest.append(best(shuffled)[0].max())
    least = Gumbel.fitted(np.array(largest)).beyond(0.05)
    value, size = best(rows.without)
    taken = np.full(count, -1)
    for number, at in enumerate(np.argsort(-value).tolist()):
        if value[at] < least:
            break
        members = near[at, : size[at]]
        if (taken[members] < 0).all():
            taken[members] = number
    return rows.gated(taken[address])


@njit(cache=True)
def _circles(near: Any, n: Any, k: Any, e: Any, w: Any) -> Any:  # pragma: no cover - compiled
    count, most = near.shape
    value, size = np.zeros(count), np.zeros(count, dtype=np.int64)
    for i in range(count):
        a = b = c = d = 0.0
        for at in range(most):
            j = near[i, at]
            a += n[j]
            b += k[j]
            c += e[j]
            d += w[j]
            if b >= 10 and d >= 25 and b > c:
                ordinary = b * np.log(c / a) + (a - b) * np.log((a - c) / a)
                found = score(a, b, ordinary)
                if found > value[i]:
                    value[i], size[i] = found, at + 1
    return value, size


def _components(edges: Any, count: int) -> Integers:
    if count == 0:
        return np.empty(0, dtype=np.int64)
    graph = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count))
    label: Integers = connected_components(graph, directed=False)[1].astype(np.int64)
    return label


PEERS: dict[str, Callable[[Rows], list[Integers]]] = {
    "DBSCAN of those without a union": dbscan_alone,
    "DBSCAN of all, binomial, FDR": dbscan_tested,
    "H3 resolution 9, binomial, FDR": hexagons(9),
    "H3 resolution 10, binomial, FDR": hexagons(10),
    "local join counts, FDR": join_counts,
    "circular scan, usual shares": circles,
}
