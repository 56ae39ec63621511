"""Who reaches whom, by the metric that is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow.compute as pc

from geo import coordinates
from geo.errors import Invalid, InvalidFile
from geo.siting.files import tables
from geo.siting.files.asked import COVERS, Metric, Question, missing
from geo.siting.files.tables import Table
from geo.siting.problem import Covering, Demand, Floats, Reach
from geo.siting.reach import euclidean_discs, from_file, gathered, geodesic_discs

STREAMED_POINTS: Final = 2_000_000
"""From so many demand points on, the pairs are computed on the way and never held."""
MOST_PAIRS: Final = 400_000_000

PLANE: Final = ("x", "y")
DEGREES: Final = ("lon", "lat")
FARTHEST: Final = np.array([180.0, 89.0])
"""Degrees of longitude and latitude; beyond, nobody works outdoors."""

Walk = Callable[[Floats, Floats, float], Reach]
"""Demand and sites (lon, lat in WGS 84) and metres to who walks to whom."""


class Placed(NamedTuple):
    """Where demand (n, 2) and sites (m, 2) are, NaN for those at no place; `degrees`: longitude and
    latitude in WGS 84."""

    demand: Floats
    sites: Floats
    degrees: bool


def metric_of(question: Question, points: Table) -> Metric:
    """What distances are when it is not said: of the file or the streets that are given; over the
    ellipsoid where the columns are longitude and latitude; else in the plane."""
    if question.metric is not None:
        return question.metric
    if question.distances is not None:
        return "file"
    if question.streets is not None:
        return "walk"
    return "geodesic" if "lon" in points.numbers and "x" not in points.numbers else "euclidean"


def positions(
    question: Question, metric: Metric, points: Table, hosts: Table, stations: Table | None
) -> Placed:
    """Where demand, candidates and stations are.

    Where distances come from a file nobody's place is looked at, but the sites' for a spacing.

    Raises:
        InvalidFile: rows without a position, or degrees in one file and a plane in another.
    """
    sites = [hosts, *([] if stations is None else [stations])]
    looked_at = [points, *sites]
    if metric == "file":
        looked_at = sites if question.spacing > 0 else []
        for table in looked_at:
            if _columns(table, metric) is None:
                raise _spacing_without_places(question, table)
    columns = {_columns(table, metric) for table in looked_at} - {None}
    if len(columns) > 1:
        raise _two_kinds(looked_at, metric)
    degrees = metric in ("geodesic", "walk") or (metric == "file" and columns == {DEGREES})
    placed = [
        _placed(table, question, metric, degrees=degrees)
        if table in looked_at
        else np.full((len(table), 2), np.nan)
        for table in [points, *sites]
    ]
    return Placed(placed[0], np.concatenate(placed[1:]), degrees)


def _columns(table: Table, metric: Metric) -> tuple[str, str] | None:
    """The columns of its places: those that the metric is made for, if both are there."""
    order = (PLANE, DEGREES) if metric == "euclidean" else (DEGREES, PLANE)
    return next((names for names in order if set(names) <= set(table.numbers)), None)


def _placed(table: Table, question: Question, metric: Metric, *, degrees: bool) -> Floats:
    half = not {"lon", "lat"}.isdisjoint(table.numbers)
    names = _columns(table, metric) or (DEGREES if half else PLANE)
    table.require(*names)
    for name in names:
        table.refuse(~np.isfinite(table.numbers[name]), name, "不是数", "is no number")
    xy = np.column_stack([table.numbers[name] for name in names])
    if not degrees:
        return xy
    _refuse_no_degrees(table, names, xy)
    if question.crs == "wgs84":
        return xy
    return np.column_stack(coordinates.to_wgs84(xy[:, 0], xy[:, 1], question.crs))


def _refuse_no_degrees(table: Table, names: tuple[str, str], xy: Floats) -> None:
    off = np.asarray((np.abs(xy) > FARTHEST).any(axis=1))
    if off.any() and (np.abs(xy[off, ::-1]) <= FARTHEST).all():
        table.refuse(
            off,
            names[1],
            "不是纬度，经度与纬度可能写反了",
            "is no latitude; longitude and latitude seem to be swapped",
        )
    far_east = np.abs(xy[:, 0]) > FARTHEST[0]
    table.refuse(far_east, names[0], "不是经度（度）", "is no longitude (in degrees)")
    table.refuse(off, names[1], "不是纬度（度）", "is no latitude (in degrees)")


def _spacing_without_places(question: Question, table: Table) -> InvalidFile:
    return InvalidFile(
        f"{table.path.name} 没有坐标，无法按间距 {question.spacing:g} 判断站点远近。 "
        f"{table.path.name} has no positions, so that nobody can tell which sites stand nearer "
        f"than the spacing of {question.spacing:g}.",
        remedy="加上 lon、lat（或 x、y）列，或去掉 --spacing。 "
        "Add columns lon, lat (or x, y), or leave out --spacing.",
        field="spacing",
    )


def _two_kinds(files: list[Table], metric: Metric) -> InvalidFile:
    told = "; ".join(
        f"{table.path.name}: {', '.join(_columns(table, metric) or PLANE)}" for table in files
    )
    return InvalidFile(
        f"一个文件用经纬度，另一个用平面坐标：{told}。 "
        f"One file has longitudes, another a plane: {told}.",
        remedy="所有文件用同一种坐标。 Give all files the same kind of columns.",
        field="x",
    )


def reach_of(
    question: Question,
    metric: Metric,
    demand: Demand,
    xy: Floats,
    site_xy: Floats,
    demand_ids: Any,
    site_ids: Any,
    walk: Walk | None,
) -> Covering:
    """The pairs within reach: streamed where there are very many points, else in memory.

    Raises:
        Invalid: no radius where one is needed.
        InvalidFile: a file of distances that does not fit.
    """
    radius = question.radius
    if question.steps:
        radius = max(radius or 0.0, question.steps[-1][0])
    if metric == "file":
        return _from_file(question, demand_ids, site_ids, np.inf if radius is None else radius)
    if radius is None:
        if question.model in COVERS:
            raise missing("服务半径", "how far a site reaches", "--radius")
        if len(demand) * len(site_xy) > MOST_PAIRS:
            raise Invalid(
                f"{len(demand)} 个需求点、{len(site_xy)} 个候选点，全部距离太多。 "
                f"All distances of {len(demand)} demand points and {len(site_xy)} candidates are "
                "too many.",
                remedy="用 --radius 限定距离。 Limit them with --radius.",
                field="radius",
            )
        radius = _widest(xy, site_xy, degrees=metric != "euclidean")
    if metric == "walk":
        return (walk or _walk_on(question))(xy, site_xy, radius)
    discs = geodesic_discs if metric == "geodesic" else euclidean_discs
    with_metres = bool(question.steps) or question.model not in COVERS
    if len(demand) > STREAMED_POINTS and question.model in COVERS and not question.then_walk:
        return discs(xy, site_xy, radius, metres=with_metres)
    return gathered(discs(xy, site_xy, radius))


def _widest(xy: Floats, site_xy: Floats, *, degrees: bool) -> float:
    """Farther than any two of the points are apart."""
    both = np.concatenate((xy, site_xy))
    extent = both.max(axis=0) - both.min(axis=0)
    metres = float(np.hypot(*extent)) * (111_700.0 if degrees else 1.0)
    return metres * 1.01 + 1.0


def _walk_on(question: Question) -> Walk:
    if question.streets is None:
        raise Invalid(
            "步行距离需要路网。 Walking distances need streets.",
            remedy="加上 --streets 文件（.osm.pbf），或改用 --metric geodesic。 "
            "Add --streets FILE (.osm.pbf), or use --metric geodesic.",
            field="streets",
        )
    from geo.siting.ground.walked import walking
    from geo.streets.osm import read_osm
    from geo.walking.graph import WalkingGraph

    graph = WalkingGraph.build(read_osm(question.streets))
    return lambda demand, site, metres: walking(graph, demand, site, metres)


def _from_file(question: Question, demand_ids: Any, site_ids: Any, limit: float) -> Reach:
    if question.distances is None:  # pragma: no cover - refused before
        raise ValueError("distances")
    pairs = tables.read(question.distances, ["distance"], ["demand_id", "candidate_id"])
    pairs.require("demand_id", "candidate_id", "distance")
    far = pairs.numbers["distance"]
    pairs.refuse(~(far >= 0), "distance", "不是不小于 0 的数", "is not a number of 0 or more")
    found = []
    for name, ids in (("demand_id", demand_ids), ("candidate_id", site_ids)):
        empty = pairs.texts[name].is_null().to_numpy(zero_copy_only=False)
        pairs.refuse(empty, name, "为空", "is empty")
        at = pc.index_in(pairs.texts[name], ids)
        unknown = at.is_null().to_numpy(zero_copy_only=False)
        if unknown.any():
            first = pairs.texts[name][int(np.argmax(unknown))].as_py()
            raise InvalidFile(
                f"{pairs.path.name} 有 {int(unknown.sum())} 行的 {name} 不在表中，"
                f"第一个是 {first}。 "
                f"{name} of {int(unknown.sum())} rows of {pairs.path.name} is in no table, the "
                f"first is {first}.",
                remedy="核对编号。 Check the ids.",
                field=name,
            )
        found.append(at.to_numpy(zero_copy_only=False))
    # Infinitely far is out of reach, whatever the radius.
    near = np.isfinite(far)
    pair = (found[0][near], found[1][near], far[near])
    return from_file(*pair, len(demand_ids), len(site_ids), limit)
