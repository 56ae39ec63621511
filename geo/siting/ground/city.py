"""Everything that planning rests on, read from the editions in force and kept in memory.

Demand at the same place is one point. Which candidate reaches which point on foot is worked out
once for a distance (in steps of 250 m) and kept; of today's stations only the two nearest to each
point matter, since nobody counts a third time.
"""

from __future__ import annotations

import copy
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit

from geo.coverage.places import no_area
from geo.editions import EditionFacts
from geo.siting.ground.dots import METRES_A_DEGREE
from geo.siting.ground.walked import OnStreets
from geo.siting.problem import Bools, Bytes, Floats, Ints, Longs, Reach, Singles
from geo.siting.reach import geodesic
from geo.walking.finder import Finder

STEP_METRES: Final = 250.0
KEPT_REACHES: Final = 4
KEPT_EXTRA: Final = 100
STATIONS_AT_ONCE: Final = 2_000
GROUPS: Final = ("courier", "food_rider", "sanitation_worker", "driver", "outdoor_worker")
DAYS: Final = ("any", "workday", "weekend")


@dataclass(frozen=True, eq=False)
class Hosts:
    """m candidates by ascending id; `cost` is NaN where it is not stated, `agreed` 1 yes, 0 no, -1
    not asked."""

    ids: Longs
    names: list[str]
    host_types: list[str]
    chains: list[str | None]
    addresses: list[str | None]
    sources: list[str]
    lon: Floats
    lat: Floats
    cost: Floats
    capacity: Floats
    agreed: Bytes
    open_24h: Bools
    unlocated: int

    def __len__(self) -> int:
        return len(self.ids)


class Said(NamedTuple):
    """What a host said to whoever talked with it about a plan, and when; the station that it became
    when it opened."""

    agreed: bool
    at: datetime
    station: int | None = None


@dataclass(frozen=True, eq=False)
class Standing:
    """s stations of today that count: open to the public or not known to be closed to it, and not
    closed until further notice."""

    ids: Longs
    names: list[str]
    lon: Floats
    lat: Floats
    open_24h: Bools

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, eq=False)
class People:
    """r rows of demand at n points: which point, group and kind of day, and (r, 24) people."""

    lon: Floats
    lat: Floats
    point: Ints
    group: Bytes
    day: Bytes
    people: Singles

    def __len__(self) -> int:
        return len(self.lon)


@dataclass(frozen=True, eq=False)
class Places:
    """The areas: `home` says in which of the D districts each point, candidate and station lies, -1
    none; `area_*` are pairs (position, area id) of everything."""

    edition: int | None
    kind: str | None
    ids: Longs
    names: list[str | None]
    home: tuple[Ints, Ints, Ints]
    known: Longs
    member: tuple[Longs, Longs, Longs]
    area: tuple[Longs, Longs, Longs]

    def within(self, subject: int, count: int, area_id: int | None) -> Bools:
        """(count,) which points (0), candidates (1) or stations (2) lie in an area.

        Raises:
            NotFound: there is no such area.
        """
        if area_id is None:
            return np.ones(count, np.bool_)
        if not np.isin(area_id, self.known):
            raise no_area(area_id)
        inside = np.zeros(count, np.bool_)
        inside[self.member[subject][self.area[subject] == area_id]] = True
        return inside


@dataclass(frozen=True, eq=False)
class Reached:
    """Within so many metres: the pairs of candidates, and the two stations nearest to each point
    (position, -1 none; metres, infinite)."""

    metres: float
    hosts: Reach
    first: Ints
    second: Ints
    first_metres: Singles
    second_metres: Singles


class City:
    """See the module. Never changes, but for what it keeps; any thread may ask."""

    def __init__(
        self,
        found: list[EditionFacts],
        mark: tuple[Any, ...],
        finder: Finder,
        people: People,
        hosts: Hosts,
        standing: Standing,
        places: Places,
    ) -> None:
        """Made by :func:`geo.siting.ground.reading.read_city`."""
        self.editions = found
        self.mark = self.read_mark = mark
        self.said: dict[int, Said] = {}
        self.people = people
        self.hosts = hosts
        self.read_agreed = hosts.agreed
        # (m,) candidates that are stations of today by now: none of them is a new one.
        self.opened: Bools = np.zeros(len(hosts), np.bool_)
        self.standing = standing
        self.places = places
        self.straight_line = finder.graph.junctions == 0
        self._graph = finder.graph
        self._xy = np.column_stack((people.lon, people.lat))
        self._laid: OnStreets | None = None
        self._kept: OrderedDict[float, Reached] = OrderedDict()
        self._extra: OrderedDict[tuple[float, float, float], Reach] = OrderedDict()
        self._making = threading.Lock()

    def saying(self, said: dict[int, Said]) -> City:
        """The same city, hosts having said yes or no since; what is kept is shared. The register
        has the last word where it was put in force later and knows what the host said."""
        register = self.read_agreed
        since = next(
            (one.activated_at for one in self.editions if one.dataset == "candidate_sites"), None
        )
        agreed, opened = register.copy(), np.zeros(len(register), np.bool_)
        standing = set(self.standing.ids.tolist())
        for at, host in enumerate(self.hosts.ids.tolist()):
            word = said.get(host)
            if word is None:
                continue
            opened[at] = word.station in standing
            later = since is None or word.at >= since
            if later or register[at] < 0:
                agreed[at] = word.agreed
        told = copy.copy(self)
        told.hosts = replace(self.hosts, agreed=agreed)
        told.said, told.opened = said, opened
        told.mark = (*self.read_mark, tuple(sorted(said.items()))) if said else self.read_mark
        return told

    @property
    def off_network(self) -> int:
        """Points too far from any street: nobody is known to reach them."""
        if self.straight_line:
            return 0
        with self._making:
            return int((~self._streets().placed).sum())

    @staticmethod
    def rounded(metres: float) -> float:
        """The next multiple of 250 m."""
        return STEP_METRES * float(np.ceil(metres / STEP_METRES))

    def reached(self, metres: float) -> Reached:
        """Within a distance or a little more: the next multiple of 250 m.

        Cost: first some seconds in a large city, then nothing.
        """
        limit = self.rounded(metres)
        with self._making:
            if limit not in self._kept:
                self._kept[limit] = self._reach(limit)
                while len(self._kept) > KEPT_REACHES:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(limit)
            return self._kept[limit]

    def reached_without(self, gone: Bools, metres: float) -> Reached:
        """The same as if some stations of today (s,) were not there; not kept.

        Cost: that of the stations around the points that they are among the nearest of.
        """
        known = self.reached(metres)
        lost = np.append(gone, False)  # behind the last: no station
        met = lost[known.first] | lost[known.second]
        if not met.any():
            return known
        there = self.standing
        which = np.flatnonzero(self.around(np.flatnonzero(met), known.metres) & ~gone)
        points = len(self.people)
        first, second = np.full(points, -1, np.int32), np.full(points, -1, np.int32)
        near = np.full(points, np.inf, np.float32), np.full(points, np.inf, np.float32)
        xy = np.column_stack((there.lon[which], there.lat[which]))
        with self._making:
            self._nearest(xy, known.metres, first, second, *near)
        place = np.append(which, -1).astype(np.int32)
        return replace(
            known,
            first=np.where(met, place[first], known.first),
            second=np.where(met, place[second], known.second),
            first_metres=np.where(met, near[0], known.first_metres),
            second_metres=np.where(met, near[1], known.second_metres),
        )

    def around(self, points: Longs, metres: float) -> Bools:
        """(s,) the stations of today in the box around some points, so many metres wider."""
        there = self.standing
        if not len(points):
            return np.zeros(len(there), np.bool_)
        lon, lat = self.people.lon[points], self.people.lat[points]
        north = metres / METRES_A_DEGREE
        east = north / max(np.cos(np.radians(np.abs(lat).max())), 0.05)
        beside = (there.lon >= lon.min() - east) & (there.lon <= lon.max() + east)
        found: Bools = beside & (there.lat >= lat.min() - north) & (there.lat <= lat.max() + north)
        return found

    def reach_of(self, lon: float, lat: float, metres: float) -> Reach:
        """The demand within reach of a place that is no candidate; some ms in a large city."""
        limit = self.rounded(metres)
        key = (lon, lat, limit)
        with self._making:
            if key not in self._extra:
                self._extra[key] = self._walk(np.array([[lon, lat]]), limit)
                while len(self._extra) > KEPT_EXTRA:
                    self._extra.popitem(last=False)
            self._extra.move_to_end(key)
            return self._extra[key]

    def reach_of_stations(self, which: Longs, metres: float) -> Reach:
        """The demand within reach of some stations of today; not kept. 25,000 take seconds."""
        limit = self.rounded(metres)
        xy = np.column_stack((self.standing.lon[which], self.standing.lat[which]))
        if not len(xy):
            return Reach(np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32))
        with self._making:
            return self._walk(xy, limit)

    def _streets(self) -> OnStreets:
        if self._laid is None:
            self._laid = OnStreets(self._graph, self._xy)
        return self._laid

    def _walk(self, xy: Floats, limit: float) -> Reach:
        if self.straight_line:
            return geodesic(self._xy, xy, limit)
        return self._streets().walk(xy, limit)

    def _reach(self, limit: float) -> Reached:
        points = len(self.people)
        hosts = self._walk(np.column_stack((self.hosts.lon, self.hosts.lat)), limit)
        first, second = np.full(points, -1, np.int32), np.full(points, -1, np.int32)
        near = np.full(points, np.inf, np.float32), np.full(points, np.inf, np.float32)
        xy = np.column_stack((self.standing.lon, self.standing.lat))
        self._nearest(xy, limit, first, second, *near)
        return Reached(limit, hosts, first, second, *near)

    def _nearest(
        self,
        xy: Floats,
        limit: float,
        first: Ints,
        second: Ints,
        first_metres: Singles,
        second_metres: Singles,
    ) -> None:
        """Write the two nearest of some places to each point over those that are known."""
        for begin in range(0, len(xy), STATIONS_AT_ONCE):
            some = self._walk(xy[begin : begin + STATIONS_AT_ONCE], limit)
            assert some.metres is not None
            pairs = some.start, some.demand, some.metres
            _two_nearest(*pairs, begin, first, second, first_metres, second_metres)


@njit(cache=True, nogil=True)
def _two_nearest(
    start: Longs,
    demand: Ints,
    metres: Singles,
    begin: int,
    first: Ints,
    second: Ints,
    first_metres: Singles,
    second_metres: Singles,
) -> None:  # pragma: no cover - compiled
    for site in range(len(start) - 1):
        for pair in range(start[site], start[site + 1]):
            point, far = demand[pair], metres[pair]
            if far < first_metres[point]:
                second[point], second_metres[point] = first[point], first_metres[point]
                first[point], first_metres[point] = begin + site, far
            elif far < second_metres[point]:
                second[point], second_metres[point] = begin + site, far
