"""An independent answer to "which stations are nearest on foot": scipy's Dijkstra in float64 over
the whole street network with every bend a node, feet found with shapely in a transverse Mercator
plane, lengths from PROJ; what lies between is judged by shapely too. Shares no code with
geo/walking."""

from dataclasses import dataclass

import numpy as np
import shapely
from pyproj import Geod
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra
from shapely_obstacles import Judge, plane_around

from geo.streets import StreetNetwork

GEOD = Geod(ellps="WGS84")
RADIUS, CAP, RAISED = 150.0, 500.0, 15.0
TRIES, STEP, SAME = 24, 40.0, 0.001
TINY = 1e-9  # a sparse matrix has no edge of length zero


@dataclass
class OracleFoot:
    segment: int
    fraction: float
    off_street: float
    lon: float
    lat: float
    doubtful: bool = False
    is_tie: bool = False  # another foot is as near to a centimetre: either is right


class Oracle:
    """The fine graph of a network, with stations and people put in as nodes at their feet."""

    def __init__(
        self, network: StreetNetwork, *, small_points: int = 200, small_metres: float = 1000
    ):
        points, offsets = network.points, network.point_offsets
        node = np.full(len(points), -1, np.int64)
        node[offsets[:-1]] = network.from_node
        node[offsets[1:] - 1] = network.to_node
        bends = np.flatnonzero(node < 0)
        node[bends] = network.nodes + np.arange(len(bends))
        self.nodes = network.nodes + len(bends)
        within = np.ones(len(points), bool)
        within[offsets[1:] - 1] = False
        first = np.flatnonzero(within)
        self.a, self.b = node[first], node[first + 1]
        self.start, self.end = points[first], points[first + 1]
        self.metres = np.asarray(GEOD.inv(*self.start.T, *self.end.T)[2])
        piece = np.searchsorted(offsets, first, side="right") - 1
        self.raised = network.layer[piece] != 0
        count, part = connected_components(
            coo_array((np.ones(len(first)), (self.a, self.b)), shape=(self.nodes, self.nodes)),
            directed=False,
        )
        part_metres = np.bincount(part[self.a], weights=self.metres, minlength=count)
        small = (np.bincount(part, minlength=count) < small_points) | (part_metres < small_metres)
        small[np.argmax(part_metres)] = False
        self.small = small[part[self.a]]
        middle = points.mean(axis=0)
        # To a tenth of a degree: metres are the same, and small networks share one plane.
        self.plane = plane_around(*np.round(middle, 1).tolist())
        flat_start = np.column_stack(self.plane.transform(*self.start.T))
        flat_end = np.column_stack(self.plane.transform(*self.end.T))
        self.lines = shapely.linestrings(np.stack((flat_start, flat_end), axis=1))
        self.tree = shapely.STRtree(self.lines)
        around = network.surroundings
        self.judge = Judge(around, self.plane) if len(around) else None

    def foot(self, lon: float, lat: float) -> OracleFoot | None:
        point = shapely.Point(*self.plane.transform(lon, lat))
        near = np.sort(self.tree.query(point, predicate="dwithin", distance=CAP))
        cost = shapely.distance(self.lines[near], point) + RAISED * self.raised[near]
        small = self.small[near]
        for wanted, radius in ((False, RADIUS), (True, RADIUS), (False, CAP), (True, CAP)):
            good = np.flatnonzero((small == wanted) & (cost <= radius))
            if len(good):
                best = good[np.argmin(cost[good])]
                segment = int(near[best])
                as_near = self.lines[near[good[cost[good] <= cost[best] + 0.01]]]
                feet = shapely.line_interpolate_point(
                    as_near, shapely.line_locate_point(as_near, point)
                )
                is_tie = bool(shapely.distance(feet, feet[0]).max() > 0.05)
                break
        else:
            return None
        along = self.lines[segment].project(point)
        doubtful = False
        if self.judge is not None and self._blocked(point, [segment], [along])[0]:
            segments, alongs, metres, is_tie = self._others(
                point, near[(small == small[near == segment]) & ~self.raised[near]]
            )
            free = np.flatnonzero(~self._blocked(point, segments, alongs))
            doubtful = not len(free)
            if len(free):
                segment, along = int(segments[free[0]]), float(alongs[free[0]])
                is_tie |= bool((metres[free[1:]] < metres[free[0]] + 0.01).any())
        length = self.lines[segment].length
        fraction = along / length if length > 0 else 0.0
        foot = self.start[segment] + fraction * (self.end[segment] - self.start[segment])
        off = GEOD.inv(lon, lat, *foot)[2]
        return OracleFoot(segment, fraction, off, *foot, doubtful, is_tie)

    def _others(
        self, point: shapely.Point, near: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool]:
        """The feet that are tried when the nearest cannot be walked to: segments, how far along
        them and away, the nearest first; whether one that is not tried is as near as the last."""
        lines = self.lines[near]
        lengths = shapely.length(lines)
        nearest = shapely.line_locate_point(lines, point)
        steps = STEP * np.arange(-int(2 * RADIUS / STEP), int(2 * RADIUS / STEP) + 1)
        alongs = nearest[:, None] + steps
        row, column = np.nonzero((alongs >= 0) & (alongs <= lengths[:, None]))
        segments, alongs = near[row], alongs[row, column]
        feet = shapely.line_interpolate_point(self.lines[segments], alongs)
        metres = shapely.distance(feet, point)
        order = np.lexsort((segments, metres))
        order = order[metres[order] <= RADIUS]
        places = shapely.get_coordinates(feet)
        kept: list[int] = []
        for one in order:
            if not kept or np.abs(places[kept] - places[one]).max(axis=1).min() >= SAME:
                kept.append(one)
            if len(kept) > TRIES:
                break
        is_tie = len(kept) > TRIES and bool(metres[kept[-1]] < metres[kept[-2]] + 0.01)
        kept = kept[:TRIES]
        return segments[kept], alongs[kept], metres[kept], is_tie

    def _blocked(self, point, segments, alongs) -> np.ndarray:
        assert self.judge is not None
        feet = shapely.line_interpolate_point(self.lines[segments], alongs)
        here = np.broadcast_to(point.coords[0], (len(feet), 2))
        return np.logical_or.reduce(self.judge.crossings(here, shapely.get_coordinates(feet)))

    def node_foot(self, node: int) -> OracleFoot | None:
        """Somebody standing on a node of the network."""
        for ends, places, fraction in ((self.a, self.start, 0.0), (self.b, self.end, 1.0)):
            segments = np.flatnonzero(ends == node)
            if len(segments):
                return OracleFoot(int(segments[0]), fraction, 0.0, *places[segments[0]])
        return None

    def distances(
        self,
        people: list[OracleFoot | None],
        stations: list[OracleFoot | None],
        limit: float = np.inf,
    ) -> np.ndarray:
        """(people, stations) metres, off-street metres included; infinite where there is no way."""
        feet = people + stations
        by_segment: dict[int, list[tuple[float, int]]] = {}
        ends, weights = [], []
        for number, foot in enumerate(feet):
            if foot is not None:
                # two nodes each: the foot on the street, and the place itself
                by_segment.setdefault(foot.segment, []).append((foot.fraction, number))
                ends.append((self.nodes + 2 * number, self.nodes + 2 * number + 1))
                weights.append(foot.off_street)
        split = np.zeros(len(self.a), bool)
        for segment, on_it in by_segment.items():
            split[segment] = True
            before, at = int(self.a[segment]), 0.0
            for fraction, number in sorted(on_it):
                here = self.nodes + 2 * number
                ends.append((before, here))
                weights.append((fraction - at) * self.metres[segment])
                before, at = here, fraction
            ends.append((before, int(self.b[segment])))
            weights.append((1 - at) * self.metres[segment])
        whole = ~split
        pairs = np.concatenate(
            (np.column_stack((self.a[whole], self.b[whole])), np.array(ends or [(0, 0)]))
        )
        weight = np.maximum(np.concatenate((self.metres[whole], weights or [0.0])), TINY)
        total = self.nodes + 2 * len(feet)
        # Of parallel edges the shortest counts; a sparse matrix would add them up.
        key = np.minimum(*pairs.T) * total + np.maximum(*pairs.T)
        order = np.lexsort((weight, key))
        order = order[np.concatenate(([True], np.diff(key[order]) > 0))]
        graph = coo_array(
            (weight[order], (pairs[order, 0], pairs[order, 1])), shape=(total, total)
        ).tocsr()
        here = self.nodes + 2 * np.arange(len(people)) + 1
        there = self.nodes + 2 * (len(people) + np.arange(len(stations))) + 1
        answer = np.empty((len(people), len(stations)))
        for some in range(0, len(people), 25):
            rows = slice(some, some + 25)
            far = dijkstra(graph, directed=False, indices=here[rows], limit=limit)
            answer[rows] = far[:, there]
        for number, foot in enumerate(people):
            if foot is None:
                answer[number] = np.inf
        return answer


def expected(
    metres: np.ndarray, allowed: np.ndarray, k: int, limit: float
) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest of one row of distances: stations and metres."""
    good = np.flatnonzero(allowed & (metres <= limit))
    order = good[np.lexsort((good, metres[good]))][:k]
    return order, metres[order]


def agrees(
    got: np.ndarray,
    got_metres: np.ndarray,
    metres: np.ndarray,
    allowed: np.ndarray,
    k: int,
    limit: float,
    tolerance: float = 0.1,
) -> tuple[bool, float]:
    """Whether an answer is right, and its greatest error in metres.

    Right: the oracle's stations in the oracle's order, each allowed and stated once; stations whose
    oracle distances differ by less than a millimetre may change places, and one within a
    millimetre of the limit may be in or out.
    """
    want, want_metres = expected(metres, allowed, k, limit)
    if abs(len(got) - len(want)):
        edge = expected(metres, allowed, k, limit + 1e-3)[1]
        inner = expected(metres, allowed, k, limit - 1e-3)[1]
        if not len(inner) <= len(got) <= len(edge):
            return False, np.inf
    n = min(len(got), len(want))
    if n == 0:
        return True, 0.0
    error = float(np.abs(got_metres[:n] - want_metres[:n]).max())
    same = np.abs(metres[got[:n]] - want_metres[:n]) < 1e-3
    fine = bool(same.all() and allowed[got].all() and len(set(got.tolist())) == len(got))
    return fine and error <= tolerance, error
