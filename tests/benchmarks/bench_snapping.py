"""Snapping that respects walls: how many people and buildings are led through something, and what
it costs.

Real Liechtenstein, which has buildings, walls and water. The peer is the plain rule of all other
routers, the nearest edge whatever lies between: our own snapping without obstacles. Whether a line
crosses something is judged by shapely in a plane (`tests/shapely_obstacles.py`), with the same
touching tolerances. A barrier is a wall, fence, hedge, water, surface railway, cliff or motorway; a
foreign building is one that does not hold the point.

Points beside footways are drawn 15 to 60 m to a side of a footway, in proportion to its length.
Those that fall into a lake or a river are left out of the bar and told apart: nobody stands there,
and no rule leads out of the water without crossing its bank.
"""

from __future__ import annotations

import dataclasses
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geo.schema import SURROUNDING_KINDS
from geo.streets import StreetNetwork, read_osm
from geo.walking import WalkingGraph
from geo.walking.arrays import no_obstacles

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from shapely_obstacles import Judge, plane_around

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "networks"
FILE = "liechtenstein.osm.pbf"
POINTS = 20_000
FOOTWAYS = ("footway", "path", "pedestrian", "steps", "living_street", "track")
BAR = 0.6
NEAREST, FARTHEST = 15.0, 60.0


def run(points: int = POINTS) -> list[dict[str, Any]]:
    """Records: share of crossing snaps of each kind of points, flags, cost."""
    path = DATA / FILE
    if not path.exists():
        return [
            _record(
                "beside footways",
                None,
                None,
                "%",
                f"<= {BAR:.0%} of the plain rule's",
                None,
                f"needs ../shared/data/networks/{FILE}",
            )
        ]
    network = read_osm(path)
    graph = WalkingGraph.build(network)
    plain = dataclasses.replace(graph, obstacles=no_obstacles())
    plane = plane_around(*network.points.mean(axis=0))
    judge = Judge(network.surroundings, plane)
    beside = _beside_footways(network, plane, points)
    in_water = _in_water(network, plane, beside)
    records = []
    flagged = crossing = needless = 0
    for name, flat in (
        ("beside footways", beside[~in_water]),
        ("building centres", _building_centres(network, plane)),
        ("beside footways, in the water too", beside),
    ):
        lon, lat = plane.transform(*flat.T, direction="INVERSE")
        theirs, _ = _crossing(plain, judge, plane, lon, lat)
        ours, doubtful = _crossing(graph, judge, plane, lon, lat)
        ratio = ours.mean() / theirs.mean()
        counts = "water" not in name
        records.append(
            _record(
                f"crossing snaps, {name}",
                100 * ours.mean(),
                100 * theirs.mean(),
                "%",
                f"<= {BAR:.0%} of the plain rule's" if counts else None,
                bool(ratio <= BAR) if counts else None,
                f"{len(flat):,} points; {ratio:.0%} of the plain rule's are left",
                ratio,
            )
        )
        flagged += int((ours & doubtful).sum())
        crossing += int(ours.sum())
        needless += int((doubtful & ~ours).sum())
    records.append(
        _record(
            "crossing snaps marked doubtful",
            100.0 * flagged / max(crossing, 1),
            0.0,
            "%",
            "100 %",
            flagged == crossing,
            f"{flagged} of {crossing}; doubtful without crossing by shapely: {needless}",
        )
    )
    lon, lat = plane.transform(*beside[~in_water].T, direction="INVERSE")
    ours_cost, plain_cost = _cost((graph, plain), lon, lat)
    records.append(
        _record(
            "a point's foot, beside the plain rule",
            ours_cost,
            plain_cost,
            "µs CPU",
            None,
            None,
            "in a batch, one thread, taking turns",
            ours_cost / plain_cost,
        )
    )
    return records


def _record(
    name: str,
    ours: float | None,
    peer: float | None,
    unit: str,
    bar: str | None,
    holds: bool | None,
    note: str,
    ratio: float | None = None,
) -> dict[str, Any]:
    return {
        "name": f"snapping: {name}",
        "ours": None if ours is None else float(ours),
        "peer": None if peer is None else float(peer),
        "ratio": None if ratio is None else float(ratio),
        "unit": unit,
        "bar": bar,
        "holds": holds,
        "note": note,
    }


def _beside_footways(network: StreetNetwork, plane: Any, count: int) -> np.ndarray:
    """(count, 2) places in the plane, to either side of footways on the ground."""
    random = np.random.default_rng(1)
    taken = np.isin(network.highway, [i for i, h in enumerate(network.highways) if h in FOOTWAYS])
    taken &= network.layer == 0
    within = np.repeat(taken, np.diff(network.point_offsets))
    within[network.point_offsets[1:] - 1] = False
    first = np.flatnonzero(within)
    flat = np.column_stack(plane.transform(*network.points.T))
    way = flat[first + 1] - flat[first]
    metres = np.hypot(*way.T)
    chosen = random.choice(len(first), count, p=metres / metres.sum())
    unit = way[chosen] / metres[chosen][:, None]
    aside = random.uniform(NEAREST, FARTHEST, count) * random.choice((-1, 1), count)
    along = random.random(count) * metres[chosen]
    normal = np.column_stack((-unit[:, 1], unit[:, 0]))
    return flat[first[chosen]] + along[:, None] * unit + aside[:, None] * normal


def _of_kind(network: StreetNetwork, kind: str) -> Any:
    around = network.surroundings
    which = (around.kind == SURROUNDING_KINDS.index(kind)) & around.is_area & (around.layer == 0)
    return around.shapes()[which]


def _building_centres(network: StreetNetwork, plane: Any) -> np.ndarray:
    centres = shapely.get_coordinates(shapely.centroid(_of_kind(network, "building")))
    return np.column_stack(plane.transform(*centres.T))


def _in_water(network: StreetNetwork, plane: Any, flat: np.ndarray) -> np.ndarray:
    water = shapely.STRtree(_of_kind(network, "water"))
    places = shapely.points(*plane.transform(*flat.T, direction="INVERSE"))
    wet = np.zeros(len(flat), bool)
    wet[water.query(places, predicate="intersects")[0]] = True
    return wet


def _crossing(
    graph: WalkingGraph, judge: Judge, plane: Any, lon: np.ndarray, lat: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Of the points with a street near: whether the line crosses something, and whether that is
    said."""
    feet = graph.snap(lon, lat)
    on = feet.chain >= 0
    start = np.column_stack(plane.transform(lon[on], lat[on]))
    foot = np.column_stack(plane.transform(feet.lon[on], feet.lat[on]))
    barrier, foreign, _ = judge.crossings(start, foot)
    return barrier | foreign, feet.doubtful[on] == 1


def _cost(graphs: tuple[WalkingGraph, ...], lon: np.ndarray, lat: np.ndarray) -> list[float]:
    """Microseconds of CPU a point, the best of some turns."""
    best = [np.inf] * len(graphs)
    for _ in range(5):
        for number, graph in enumerate(graphs):
            start = time.process_time()
            graph.snap(lon, lat)
            best[number] = min(best[number], time.process_time() - start)
    return [1e6 * seconds / len(lon) for seconds in best]


if __name__ == "__main__":
    for record in run():
        print(record)
