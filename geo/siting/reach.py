"""Which candidate reaches which demand, sparse: pairs beyond reach never exist.

Straight lines by a grid of cells as wide as the reach; :mod:`geo.siting.ground.walked` goes along
streets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from numba import njit

from geo.compiled import by_key, longer
from geo.errors import Invalid
from geo.siting.problem import Floats, Ints, Longs, Reach, Rows, Singles

RUN: Final = 1 << 20
"""Demand points a run: some 40 MB of pairs at ten candidates each."""
MOST_POINTS: Final = 2**31 - 1
SEMI_MAJOR: Final = 6_378_137.0
ECCENTRICITY_2: Final = 0.006694379990141317
MEAN_RADIUS: Final = 6_371_008.8
LEAST_DEGREE: Final = 110_574.0
"""Metres of a degree of latitude where it is shortest."""


@dataclass(frozen=True, eq=False)
class Discs:
    """Straight-line reach, computed run by run: 20 million points never hold all their pairs.

    Made by :func:`euclidean_discs` or :func:`geodesic_discs`.
    """

    demand_xy: Floats
    site_xy: Floats
    radius: float
    geodesic: bool
    with_metres: bool
    first_cell: Floats
    cell: Floats
    shape: tuple[int, int]
    cell_start: Longs
    in_cell: Ints
    site_place: Floats

    def rows(self, points: int, run: int = RUN) -> Iterator[Rows]:
        """Runs of demand points with the candidates that reach each.

        Raises:
            Invalid: another number of points than were given.
        """
        if points != len(self.demand_xy):
            raise Invalid(
                f"需求点有 {points} 个，坐标有 {len(self.demand_xy)} 个。 "
                f"{points} demand points, but {len(self.demand_xy)} positions.",
                remedy="每个需求点一个坐标。 Give one position for each demand point.",
            )
        for first in range(0, points, run):
            xy = self.demand_xy[first : first + run]
            place = earth_centred(xy) if self.geodesic else xy
            start, site, metres = _of_points(
                xy,
                place,
                self.radius,
                self.with_metres,
                self.first_cell,
                self.cell,
                *self.shape,
                self.cell_start,
                self.in_cell,
                self.site_place,
                self.geodesic,
            )
            yield Rows(first, start, site, metres if self.with_metres else None)


def euclidean_discs(
    demand_xy: npt.ArrayLike, site_xy: npt.ArrayLike, radius: float, *, metres: bool = True
) -> Discs:
    """Reach in the plane, for streaming into :func:`geo.siting.model.merge.merge`.

    Args:
        demand_xy: (n, 2), in any unit of length.
        site_xy: (m, 2), in the same.
        radius: in the same; a pair exactly so far apart is within reach.
        metres: keep the distances too (steps and p-median need them).

    Raises:
        Invalid: positions that are no numbers, or a radius that is not positive.

    Cost: some 5 ns a pair looked at; about three are looked at for each that is kept.
    """
    return _discs(demand_xy, site_xy, radius, geodesic=False, metres=metres)


def geodesic_discs(
    demand_xy: npt.ArrayLike, site_xy: npt.ArrayLike, radius: float, *, metres: bool = True
) -> Discs:
    """Reach on the ellipsoid, in metres; positions are WGS 84 longitude and latitude.

    The chord c through the earth is taken for the geodesic, c + c³ / 24 R²: within 3 mm up to
    50 km. Not across the 180th meridian. Otherwise as :func:`euclidean_discs`.
    """
    return _discs(demand_xy, site_xy, radius, geodesic=True, metres=metres)


def euclidean(demand_xy: npt.ArrayLike, site_xy: npt.ArrayLike, radius: float) -> Reach:
    """As :func:`euclidean_discs`, all pairs at once with their distances."""
    return gathered(euclidean_discs(demand_xy, site_xy, radius))


def geodesic(demand_xy: npt.ArrayLike, site_xy: npt.ArrayLike, radius: float) -> Reach:
    """As :func:`geodesic_discs`, all pairs at once with their distances."""
    return gathered(geodesic_discs(demand_xy, site_xy, radius))


def gathered(discs: Discs) -> Reach:
    """All pairs, by candidate."""
    runs = list(discs.rows(len(discs.demand_xy)))
    site = np.concatenate([run.site for run in runs] or [np.empty(0, np.int32)])
    demand = np.concatenate(
        [
            np.repeat(
                np.arange(run.first, run.first + len(run.start) - 1, dtype=np.int32),
                np.diff(run.start),
            )
            for run in runs
        ]
        or [np.empty(0, np.int32)]
    )
    metres = None
    if discs.with_metres:
        metres = np.concatenate(
            [run.metres for run in runs if run.metres is not None] or [np.empty(0, np.float32)]
        )
    return by_candidate(demand, site, metres, len(discs.site_xy))


def from_file(
    demand: npt.ArrayLike,
    site: npt.ArrayLike,
    metres: npt.ArrayLike | None,
    points: int,
    sites: int,
    limit: float = np.inf,
) -> Reach:
    """Reach from the pairs of a file of distances.

    Args:
        demand, site: (k,) positions in the demand and in the candidates.
        metres: (k,) >= 0, or None: every pair of the file is within reach.
        points, sites: how many there are.
        limit: farther pairs are left out. Of a pair given twice, the nearer counts.

    Raises:
        Invalid: positions out of range, or distances that are negative or no numbers.
    """
    demands = np.ascontiguousarray(demand, np.int64)
    candidates = np.ascontiguousarray(site, np.int64)
    outside = (demands < 0) | (demands >= points) | (candidates < 0) | (candidates >= sites)
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        raise Invalid(
            f"第 {row + 1} 对指向不存在的需求点或候选点。 "
            f"Pair {row + 1} names a demand point or a candidate that does not exist.",
            remedy="核对编号。 Check the identities.",
            field="distances",
        )
    distances = None
    if metres is not None:
        distances = np.ascontiguousarray(metres, np.float64)
        # As they are kept, with seven digits: what is within reach is so for everybody.
        with np.errstate(over="ignore"):
            kept = distances.astype(np.float32)
        wrong = ~(distances >= 0) | (np.isinf(kept) & np.isfinite(distances))
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise Invalid(
                f"第 {row + 1} 对的距离是 {distances[row]}。 "
                f"The distance of pair {row + 1} is {distances[row]}.",
                remedy="距离应为 0 到 1e38 的数，够不着写 inf。 "
                "Distances are numbers from 0 to 1e38; write inf where nobody walks.",
                field="distances",
            )
        keep = np.isfinite(kept) & (kept <= np.float32(limit))
        demands, candidates, distances = demands[keep], candidates[keep], distances[keep]
        order = np.lexsort((distances, demands, candidates))
    else:
        order = np.lexsort((demands, candidates))
    demands, candidates = demands[order], candidates[order]
    new = np.ones(len(demands), np.bool_)
    new[1:] = (np.diff(demands) != 0) | (np.diff(candidates) != 0)
    return by_candidate(
        demands[new].astype(np.int32),
        candidates[new].astype(np.int32),
        None if distances is None else distances[order][new].astype(np.float32),
        sites,
    )


def by_candidate(demand: Ints, site: Ints, metres: Singles | None, sites: int) -> Reach:
    """Pairs in the order of their demand, each once, as a :class:`Reach`."""
    start, order = by_key(site, sites)
    return Reach(start, demand[order], None if metres is None else metres[order])


def earth_centred(lon_lat: Floats) -> Floats:
    """(k, 3) metres from the centre of the WGS 84 ellipsoid, of points on its surface."""
    lon, lat = np.radians(lon_lat[:, 0]), np.radians(lat_of(lon_lat))
    normal = SEMI_MAJOR / np.sqrt(1.0 - ECCENTRICITY_2 * np.sin(lat) ** 2)
    return np.column_stack(
        (
            normal * np.cos(lat) * np.cos(lon),
            normal * np.cos(lat) * np.sin(lon),
            normal * (1.0 - ECCENTRICITY_2) * np.sin(lat),
        )
    )


def lat_of(lon_lat: Floats) -> Floats:
    """The second column."""
    latitude: Floats = lon_lat[:, 1]
    return latitude


def _discs(
    demand_xy: npt.ArrayLike,
    site_xy: npt.ArrayLike,
    radius: float,
    *,
    geodesic: bool,
    metres: bool,
) -> Discs:
    demand = _positions(demand_xy, "demand")
    site = _positions(site_xy, "candidates")
    if not 0 < radius < np.inf:
        raise Invalid(
            f"服务半径不能是 {radius}。 The reach is {radius}.",
            remedy="填写大于 0 的数。 Give a number above 0.",
            field="radius",
        )
    if len(demand) > MOST_POINTS:
        raise Invalid(
            f"需求点有 {len(demand)} 个，太多。 {len(demand)} demand points are too many.",
            remedy="先合并相同位置的需求。 Merge demand at the same place first.",
        )
    cell = np.array([radius, radius], np.float64)
    if geodesic:
        for name, place in (("demand", demand), ("candidates", site)):
            if len(place) and (np.abs(place) > np.array([180.0, 89.0])).any():
                raise Invalid(
                    "坐标不是经纬度。 The positions are not longitude and latitude.",
                    remedy="先经度后纬度，单位为度。 Longitude first, in degrees.",
                    field=name,
                )
        both = np.abs(np.concatenate((lat_of(demand), lat_of(site), np.zeros(1))))
        flat = np.cos(np.radians(min(89.5, float(both.max()) + radius / LEAST_DEGREE)))
        cell = np.array([radius / (LEAST_DEGREE * flat), radius / LEAST_DEGREE]) * 1.001
    least = site.min(axis=0) if len(site) else np.zeros(2)
    extent = (site.max(axis=0) - least) if len(site) else np.zeros(2)
    # No more cells than a few for each candidate: a tiny reach in a wide country.
    room = max(16.0, 4.0 * len(site))
    while float(np.prod(np.floor(extent / cell) + 1.0)) > room:
        cell = cell * 1.5
    shape = np.floor(extent / cell).astype(np.int64) + 1
    at = np.floor((site - least) / cell).astype(np.int64)
    number = at[:, 0] * shape[1] + at[:, 1]
    cell_start = np.zeros(int(np.prod(shape)) + 1, np.int64)
    np.cumsum(np.bincount(number, minlength=int(np.prod(shape))), out=cell_start[1:])
    in_cell = np.argsort(number, kind="stable").astype(np.int32)
    return Discs(
        demand,
        site,
        float(radius),
        geodesic,
        metres,
        least,
        cell,
        (int(shape[0]), int(shape[1])),
        cell_start,
        in_cell,
        earth_centred(site) if geodesic else site,
    )


def _positions(xy: npt.ArrayLike, name: str) -> Floats:
    places = np.ascontiguousarray(xy, np.float64).reshape(-1, 2)
    bad = ~np.isfinite(places).all(axis=1)
    if bad.any():
        raise Invalid(
            f"有 {int(bad.sum())} 个坐标不是数，第一个在第 {int(np.argmax(bad)) + 1} 行。 "
            f"{int(bad.sum())} positions are no numbers, "
            f"the first in row {int(np.argmax(bad)) + 1}.",
            remedy="补齐或删除这些行。 Complete these rows or leave them out.",
            field=name,
        )
    return places


@njit(cache=True, nogil=True)
def _of_points(
    xy: Floats,
    place: Floats,
    radius: float,
    with_metres: bool,
    first_cell: Floats,
    cell: Floats,
    columns: int,
    lines: int,
    cell_start: Longs,
    in_cell: Ints,
    site_place: Floats,
    curved: bool,
) -> tuple[Longs, Ints, Singles]:  # pragma: no cover - compiled
    points, dimensions = place.shape
    start = np.zeros(points + 1, np.int64)
    room = 1024 + 8 * points
    site = np.empty(room, np.int32)
    metres = np.empty(room if with_metres else 1, np.float32)
    size = 0
    # The chord of a geodesic of this length; pairs a hair longer are looked at and left out.
    chord = radius - radius**3 / (24.0 * MEAN_RADIUS**2) if curved else radius
    square = chord * chord
    for point in range(points):
        column = int(np.floor((xy[point, 0] - first_cell[0]) / cell[0]))
        line = int(np.floor((xy[point, 1] - first_cell[1]) / cell[1]))
        begin = size
        for c in range(max(0, column - 1), min(columns, column + 2)):
            low, high = max(0, line - 1), min(lines, line + 2)
            if low >= high:
                continue
            for number in range(cell_start[c * lines + low], cell_start[c * lines + high]):
                candidate = in_cell[number]
                far = 0.0
                for dimension in range(dimensions):
                    apart = place[point, dimension] - site_place[candidate, dimension]
                    far += apart * apart
                if far > square:
                    continue
                if size == room:
                    room *= 2
                    site = longer(site, room)
                    if with_metres:
                        metres = longer(metres, room)
                length = np.sqrt(far)
                if curved:
                    length += length**3 / (24.0 * MEAN_RADIUS**2)
                at = size
                while at > begin and site[at - 1] > candidate:
                    site[at] = site[at - 1]
                    if with_metres:
                        metres[at] = metres[at - 1]
                    at -= 1
                site[at] = candidate
                if with_metres:
                    metres[at] = length
                size += 1
        start[point + 1] = size
    return start, site[:size].copy(), metres[: size if with_metres else 0].copy()
