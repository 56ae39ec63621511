"""Reach along the streets: a bounded search from each candidate, all demand on the way."""

from __future__ import annotations

import threading

import numpy as np
import numpy.typing as npt
from numba import njit

from geo.compiled import longer
from geo.errors import Invalid
from geo.siting.problem import Floats, Ints, Longs, Reach, Singles
from geo.walking.arrays import Streets
from geo.walking.graph import WalkingGraph
from geo.walking.heap import pop, push, with_room


def walking(
    graph: WalkingGraph,
    demand_lon_lat: npt.ArrayLike,
    site_lon_lat: npt.ArrayLike,
    metres: float,
) -> Reach:
    """Which candidates can be walked to within so many metres, off-street metres of both ends
    included: the same metres as :func:`geo.walking.routes.route_between`.

    Args:
        graph: the streets.
        demand_lon_lat, site_lon_lat: (n, 2) and (m, 2), WGS 84 degrees. Who is far from any street,
            or on an island of the network, reaches only what lies there.
        metres: the longest way.

    Raises:
        Invalid: a limit that is not positive.

    Cost: a search of the streets within reach for each candidate: some ms each in a city.
    """
    return OnStreets(graph, demand_lon_lat).walk(site_lon_lat, metres)


class OnStreets:
    """Demand laid on the streets once, to be asked from many candidates; any thread may ask, and
    waits while another does."""

    def __init__(self, graph: WalkingGraph, demand_lon_lat: npt.ArrayLike) -> None:
        """Find the foot of each of n points, (n, 2) WGS 84 degrees: a microsecond each."""
        self.graph = graph
        demand = np.ascontiguousarray(demand_lon_lat, np.float64).reshape(-1, 2)
        points = graph.snap(demand[:, 0], demand[:, 1])
        chains = len(graph.streets.chain_metres)
        on = np.flatnonzero(points.chain >= 0)
        self._order = on[np.argsort(points.chain[on], kind="stable")].astype(np.int32)
        self._chain_start = np.zeros(chains + 1, np.int64)
        np.cumsum(np.bincount(points.chain[on], minlength=chains), out=self._chain_start[1:])
        self._metres = points.metres[self._order]
        self._off_street = points.off_street[self._order]
        self.placed = points.chain >= 0
        # Room for a search, as large as the city: kept, so that one more site costs little.
        self._best = np.full(len(graph.streets.link_start) - 1, np.inf)
        self._seen = np.full(chains, -1, np.int64)
        self._searches = 0
        self._searching = threading.Lock()

    def walk(self, site_lon_lat: npt.ArrayLike, metres: float) -> Reach:
        """The demand within reach of each of m candidates; see :func:`walking`."""
        if not 0 < metres < np.inf:
            raise Invalid(
                f"步行距离不能是 {metres}。 The walking distance is {metres}.",
                remedy="填写大于 0 的米数。 Give metres above 0.",
                field="radius",
            )
        site = np.ascontiguousarray(site_lon_lat, np.float64).reshape(-1, 2)
        sites = self.graph.snap(site[:, 0], site[:, 1])
        with self._searching:
            start, reached, far = _walk_from_each(
                self.graph.streets,
                sites.chain,
                sites.metres,
                sites.off_street,
                self._chain_start,
                self._order,
                self._metres,
                self._off_street,
                float(metres),
                self._best,
                self._seen,
                self._searches,
            )
            self._searches += len(site)
        # Ascending within each candidate.
        owner = np.repeat(np.arange(len(site)), np.diff(start))
        by = np.lexsort((reached, owner))
        return Reach(start, reached[by], far[by])


@njit(cache=True, nogil=True)
def _walk_from_each(
    streets: Streets,
    chain: Ints,
    metres: Floats,
    off_street: Floats,
    chain_start: Longs,
    point: Ints,
    point_metres: Floats,
    point_off: Floats,
    limit: float,
    best: Floats,
    seen: Longs,
    before: int,
) -> tuple[Longs, Ints, Singles]:  # pragma: no cover - compiled
    # `best` is infinite everywhere, here and at the end; `seen` holds numbers below `before`.
    sites = len(chain)
    start = np.zeros(sites + 1, np.int64)
    found = np.empty(4096, np.int32)
    far = np.empty(4096, np.float32)
    size = 0
    touched = np.empty(1024, np.int32)
    keys, items = np.empty(1024), np.empty(1024, np.int32)
    for site in range(sites):
        own = chain[site]
        left = limit - off_street[site] if own >= 0 else -1.0
        if left < 0.0:
            start[site + 1] = size
            continue
        heap = marked = 0
        for side in range(2):
            walked = metres[site] if side == 0 else streets.chain_metres[own] - metres[site]
            junction = streets.chain_end[own, side]
            if walked <= left and walked < best[junction]:
                if best[junction] == np.inf:
                    touched[marked] = junction
                    marked += 1
                best[junction] = walked
                keys, items = with_room(keys, items, heap)
                heap = push(keys, items, heap, walked, junction)
        while heap > 0:
            walked, junction = keys[0], items[0]
            heap = pop(keys, items, heap)
            if walked > best[junction]:
                continue
            for link in range(streets.link_start[junction], streets.link_start[junction + 1]):
                other = streets.link_to[link]
                onward = walked + streets.link_metres[link]
                if onward > left or onward >= best[other]:
                    continue
                if best[other] == np.inf:
                    if marked == len(touched):
                        touched = longer(touched, 2 * len(touched))
                    touched[marked] = other
                    marked += 1
                best[other] = onward
                keys, items = with_room(keys, items, heap)
                heap = push(keys, items, heap, onward, other)
        # Every chain that is touched, once; the candidate's own may be touched at no end.
        for number in range(-1, marked):
            first, last = 0, 1
            if number >= 0:
                first = streets.link_start[touched[number]]
                last = streets.link_start[touched[number] + 1]
            for link in range(first, last):
                c = own if number < 0 else streets.link_end[link] >> 1
                if seen[c] == before + site:
                    continue
                seen[c] = before + site
                for place in range(chain_start[c], chain_start[c + 1]):
                    along = point_metres[place]
                    way = min(
                        best[streets.chain_end[c, 0]] + along,
                        best[streets.chain_end[c, 1]] + streets.chain_metres[c] - along,
                    )
                    if c == own:
                        way = min(way, abs(along - metres[site]))
                    way += off_street[site] + point_off[place]
                    if way > limit:
                        continue
                    if size == len(found):
                        found = longer(found, 2 * len(found))
                        far = longer(far, 2 * len(far))
                    found[size] = point[place]
                    far[size] = way
                    size += 1
        start[site + 1] = size
        for number in range(marked):
            best[touched[number]] = np.inf
    return start, found[:size].copy(), far[:size].copy()
