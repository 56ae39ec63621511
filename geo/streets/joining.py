"""From ways to pieces of street between junctions: splitting, numbering, measuring."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from geo.streets.lengths import path_lengths
from geo.streets.network import (
    Bools,
    Floats,
    Ints,
    Longs,
    ReadReport,
    StreetNetwork,
    connected_parts,
)
from geo.streets.plazas import lines_across
from geo.streets.tags import DEFAULT_ACCESS, Way

UNITS_PER_DEGREE = 1e7  # OpenStreetMap's integer coordinates
UNDEFINED = 2**31 - 1  # the coordinate of a node that is not in the file
FIRST_MADE_UP_ID = -(2**62)  # of nodes that we add; OpenStreetMap has none there


@dataclass
class Found:
    """Walkable ways as they are in the file."""

    keep_private: bool
    ways: list[Way] = field(default_factory=list)
    way_ids: array[int] = field(default_factory=lambda: array("q"))
    counts: array[int] = field(default_factory=lambda: array("q"))
    refs: array[int] = field(default_factory=lambda: array("q"))
    xs: array[int] = field(default_factory=lambda: array("q"))
    ys: array[int] = field(default_factory=lambda: array("q"))
    closed_nodes: list[int] = field(default_factory=list)
    report: ReadReport = field(default_factory=ReadReport)

    def add(self, number: int, nodes: Iterable[Any], way: Way | str) -> None:
        """Take a way or count why not."""
        self.report.ways += 1
        if not isinstance(way, str) and not self.keep_private and way.access not in DEFAULT_ACCESS:
            way = "private"
        if isinstance(way, str):
            self.report.left_out[way] += 1
            return
        before = len(self.refs)
        self.refs.extend([node.ref for node in nodes])
        self.xs.extend([node.x for node in nodes])
        self.ys.extend([node.y for node in nodes])
        self.counts.append(len(self.refs) - before)
        self.ways.append(way)
        self.way_ids.append(number)


@dataclass
class _Visits:
    """Each passing of a way through a node, way after way; `run` numbers the stretches that are
    not interrupted."""

    ref: Longs
    x: Longs
    y: Longs
    run: Longs
    way_of_run: Longs


def _visits(found: Found) -> _Visits:
    """The nodes of all ways: the missing ones cut, repeated ones dropped, single ones left out."""
    ref, x, y = (np.array(values, np.int64) for values in (found.refs, found.xs, found.ys))
    way = np.repeat(np.arange(len(found.ways)), np.array(found.counts, np.int64))
    there = (x != UNDEFINED) & (y != UNDEFINED)
    found.report.missing_nodes = int((~there).sum())
    begins = np.ones(len(ref), bool)
    begins[1:] = (way[1:] != way[:-1]) | ~there[:-1]
    run = np.cumsum(begins) - 1
    ref, x, y, way, run = ref[there], x[there], y[there], way[there], run[there]
    new = np.ones(len(ref), bool)
    new[1:] = (ref[1:] != ref[:-1]) | (run[1:] != run[:-1])
    ref, x, y, way, run = ref[new], x[new], y[new], way[new], run[new]
    long_enough = np.bincount(run, minlength=1)[run] > 1 if len(run) else np.empty(0, bool)
    ref, x, y, way, run = (values[long_enough] for values in (ref, x, y, way, run))
    _, first, run = np.unique(run, return_index=True, return_inverse=True)
    return _Visits(ref, x, y, run.astype(np.int64), way[first])


def join(found: Found) -> StreetNetwork | None:
    """Split the ways where they meet and number everything.

    Returns:
        The network, its report filled in; None when not one way has two nodes in the file.
    """
    visits = _visits(found)
    report = found.report
    is_kept = np.zeros(len(found.ways), bool)
    is_kept[visits.way_of_run] = True
    if len(found.ways):
        report.kept = int(is_kept.sum())
        if outside := int((~is_kept).sum()):
            report.left_out["outside"] = outside
    kept = [way for way, keep in zip(found.ways, is_kept, strict=True) if keep]
    report.private_kept = sum(way.access not in DEFAULT_ACCESS for way in kept)
    report.foot_oneways = sum(way.has_foot_oneway for way in kept)
    if not len(visits.ref):
        return None
    visits = _with_plazas(visits, found)

    node_ref, first, node = np.unique(visits.ref, return_index=True, return_inverse=True)
    is_end = _run_ends(visits.run)
    is_closed = np.isin(node_ref, np.array(found.closed_nodes, np.int64))
    report.barriers_cut = int(is_closed.sum())
    is_junction = (np.bincount(node) > 1) | is_closed
    is_junction[node[is_end]] = True

    # A piece runs from one junction to the next of the same run.
    stops = np.flatnonzero(is_junction[node])
    same_run = visits.run[stops[:-1]] == visits.run[stops[1:]]
    begin, end = stops[:-1][same_run], stops[1:][same_run]
    sizes = end - begin + 1
    offsets = np.concatenate(([0], np.cumsum(sizes)))
    spread = np.arange(offsets[-1]) - np.repeat(offsets[:-1] - begin, sizes)
    points = np.column_stack((visits.x[spread], visits.y[spread])) / UNITS_PER_DEGREE

    from_node, to_node, of_node = _cut_at_barriers(node[begin], node[end], is_closed)
    used, flat = np.unique(np.concatenate((from_node, to_node)), return_inverse=True)
    of_node = of_node[used]
    lon = visits.x[first[of_node]] / UNITS_PER_DEGREE
    lat = visits.y[first[of_node]] / UNITS_PER_DEGREE
    order = hilbert_order(lon, lat)
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    pieces = len(begin)
    start, stop = rank[flat[:pieces]], rank[flat[pieces:]]
    osm = node_ref[of_node][order]

    way = visits.way_of_run[visits.run[begin]]
    # Pieces in the order of their first node: neighbours together, and the same file always gives
    # the same numbers.
    by_place = np.lexsort((np.arange(pieces), stop, start))
    before = offsets[by_place]
    sizes = sizes[by_place]
    offsets = np.concatenate(([0], np.cumsum(sizes)))
    points = points[np.arange(offsets[-1]) + np.repeat(before - offsets[:-1], sizes)]
    return _numbered(
        found,
        report,
        nodes=(lon[order], lat[order], np.where(osm < FIRST_MADE_UP_ID + 2**32, 0, osm)),
        links=(start[by_place], stop[by_place]),
        way=way[by_place],
        points=points,
        offsets=offsets.astype(np.int64),
    )


def _numbered(
    found: Found,
    report: ReadReport,
    *,
    nodes: tuple[Floats, Floats, Longs],
    links: tuple[Ints, Ints],
    way: Longs,
    points: Floats,
    offsets: Longs,
) -> StreetNetwork:
    """Lengths, parts, and the tags of each piece."""
    lon, lat, osm = nodes
    from_node, to_node = links
    length = path_lengths(points[:, 0], points[:, 1], offsets)
    node_part, part = connected_parts(len(lon), from_node, to_node, length)
    tags = found.ways
    name, names = _coded([item.name for item in tags])
    highway, highways = _coded([item.highway for item in tags])
    access, accesses = _coded([item.access for item in tags])
    return StreetNetwork(
        node_lon=lon,
        node_lat=lat,
        node_osm=osm,
        node_part=node_part,
        from_node=from_node,
        to_node=to_node,
        part=part,
        way=np.array(found.way_ids, np.int64)[way],
        name=name[way],
        names=names,
        highway=highway[way],
        highways=highways,
        access=access[way],
        accesses=accesses,
        layer=np.array([item.layer for item in tags], np.int16)[way],
        is_bridge=_flags(item.is_bridge for item in tags)[way],
        is_tunnel=_flags(item.is_tunnel for item in tags)[way],
        is_steps=_flags(item.is_steps for item in tags)[way],
        length=length,
        points=points,
        point_offsets=offsets,
        report=report,
    )


def _with_plazas(visits: _Visits, found: Found) -> _Visits:
    """Add the lines across areas, as further runs of the same ways."""
    is_area = _flags(way.is_area for way in found.ways)
    if not is_area[visits.way_of_run].any():
        return visits
    starts = np.concatenate(([0], np.flatnonzero(np.diff(visits.run)) + 1, [len(visits.run)]))
    _, node, count = np.unique(visits.ref, return_inverse=True, return_counts=True)
    passes = count[node]
    ref, x, y, run, way_of_run = [], [], [], [], []
    runs = len(visits.way_of_run)
    made_up = FIRST_MADE_UP_ID
    for number in np.flatnonzero(is_area[visits.way_of_run]):
        here = slice(starts[number], starts[number + 1])
        refs = visits.ref[here]
        if len(refs) < 4 or refs[0] != refs[-1]:
            continue  # cut by the extract's border, or not an area at all
        met = passes[here][:-1] > 1
        met[0] = passes[here][0] > 2  # the ring itself passes its first node twice
        ring = np.column_stack((visits.x[here], visits.y[here]))
        lines = lines_across(ring, np.flatnonzero(met)).reshape(-1, 2)
        if not len(lines):
            continue
        found.report.plazas += 1
        found.report.plaza_lines += len(lines) // 2
        at_gate = {tuple(ring[i]): refs[i] for i in np.flatnonzero(met)[::-1]}
        numbers = {
            place: at_gate.get(place, made_up + i)
            for i, place in enumerate(dict.fromkeys(map(tuple, lines)))
        }
        made_up += len(numbers)
        ref.append(np.array([numbers[place] for place in map(tuple, lines)], np.int64))
        x.append(lines[:, 0])
        y.append(lines[:, 1])
        run.append(runs + np.arange(len(lines)) // 2)
        way_of_run.append(np.full(len(lines) // 2, visits.way_of_run[number]))
        runs += len(lines) // 2
    if not ref:
        return visits
    return _Visits(
        np.concatenate((visits.ref, *ref)),
        np.concatenate((visits.x, *x)),
        np.concatenate((visits.y, *y)),
        np.concatenate((visits.run, *run)),
        np.concatenate((visits.way_of_run, *way_of_run)),
    )


def _run_ends(run: Longs) -> Bools:
    """Which visits begin or end a run."""
    changes = run[1:] != run[:-1]
    ends: Bools = np.concatenate(([True], changes)) | np.concatenate((changes, [True]))
    return ends


def _cut_at_barriers(
    from_node: Longs, to_node: Longs, is_closed: Bools
) -> tuple[Longs, Longs, Longs]:
    """Give each piece that ends at a closed gate an end of its own there.

    Returns:
        The new ends, and for each node number, old and new, the node it is a copy of.
    """
    ends = np.concatenate((from_node, to_node))
    at_gate = is_closed[ends]
    copies = ends[at_gate]
    nodes = len(is_closed)
    ends = ends.copy()
    ends[at_gate] = nodes + np.arange(len(copies))
    return (
        ends[: len(from_node)],
        ends[len(from_node) :],
        np.concatenate((np.arange(nodes), copies)),
    )


def hilbert_order(lon: Floats, lat: Floats) -> Longs:
    """Along a Hilbert curve; equal places keep their order."""
    import geopandas as gpd  # heavy, and a service that is running joins no streets

    distance = gpd.GeoSeries(shapely.points(lon, lat)).hilbert_distance()
    order: Longs = np.argsort(distance.to_numpy(), kind="stable")
    return order


def _coded(values: list[str | None]) -> tuple[Ints, list[str]]:
    """Values as numbers into the sorted list of distinct ones; none is -1."""
    distinct = sorted({value for value in values if value is not None})
    number = {value: index for index, value in enumerate(distinct)}
    return np.array([-1 if v is None else number[v] for v in values], np.int32), distinct


def _flags(values: Iterable[bool]) -> Bools:
    return np.fromiter(values, bool)
