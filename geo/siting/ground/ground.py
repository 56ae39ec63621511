"""What a question about some area, hours and groups has in common with all others about the same:
the people, the candidates, today's stations, who reaches whom.

A ground is worked out once and kept, so that dragging a site costs one pass over the pairs.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from typing import Any, Final, TypeVar

import numpy as np

from geo.siting.ground.city import DAYS, GROUPS, City
from geo.siting.ground.dots import dots_of
from geo.siting.ground.weighing import Shares, share_at
from geo.siting.problem import Bools, Floats, Longs, Reach, Rows, Singles
from geo.siting.question import Profile

KEPT_SHARES: Final = 12
Made = TypeVar("Made")


class Ground:
    """The people of a profile, and who reaches them; see the module. Any thread may ask.

    Attributes:
        city: what it was taken from.
        hours: how many hours people are summed over. least: people below which nothing is told.
        point: (n,) positions of the points among those of the city: of points that were merged
            the one with most people, who says who reaches them and in which `district` (position
            among the city's, -1 none) they are counted; `weight` (n,) their people summed over the
            hours; `lon`, `lat` (n,) the centre of the people.
        host: (m,) positions of the candidates. station: (s,) of the stations that count here.
        gone: which of the city's stations close.
        reach: which of the m candidates reach which of the n points, with metres.
        first, second: (n,) the stations nearest to each point, positions in `station`, -1 none;
            with their metres.
        limit: the metres up to which all this was worked out.
    """

    def __init__(self, city: City, asked: Profile, metres: float, privacy: float = 0.0) -> None:
        """Take what a profile asks for out of a city.

        Args:
            city, asked: what of what.
            metres: how far to look.
            privacy: people, on average over the hours: places with fewer are merged with their
                neighbours in their district before anything is counted. So every figure that is
                told, and every difference of two of them, is a sum of places of so many or of none.

        Raises:
            NotFound: no such area.
        """
        count = len(city.people)
        rows = _rows(city, asked)
        weight = _weights(city, asked, rows)
        inside = city.places.within(0, count, asked.area_id)
        self.gone = np.isin(city.standing.ids, asked.closing)
        reached = city.reached_without(self.gone, metres) if asked.closing else city.reached(metres)
        self.city = city
        self.hours = len(asked.hours)
        self.least = privacy * self.hours
        self.limit = reached.metres
        some = np.flatnonzero(inside & (weight > 0)).astype(np.int64)
        people = city.people
        home = city.places.home[0]
        middle = float(people.lat.mean()) if count else 0.0
        dots = dots_of(
            people.lon[some], people.lat[some], weight[some], self.least, home[some], middle
        )
        self.point = some[dots.heaviest(weight[some])]
        self.weight, self.lon, self.lat = dots.people, dots.lon, dots.lat
        self._merged = some, dots.of
        self._asked = asked
        self.district = home[self.point]
        self.host = np.flatnonzero(city.places.within(1, len(city.hosts), asked.area_id))
        self._number = np.full(count, -1, np.int32)
        self._number[self.point] = np.arange(len(self.point), dtype=np.int32)
        self.reach = self._part(reached.hosts, self.host)
        near = city.places.within(2, len(city.standing), asked.area_id) & ~self.gone
        first, second = reached.first[self.point], reached.second[self.point]
        near[first[first >= 0]] = True
        near[second[second >= 0]] = True
        self.station = np.flatnonzero(near)
        place = np.full(len(near) + 1, -1, np.int32)
        place[self.station] = np.arange(len(self.station), dtype=np.int32)
        self.first, self.second = place[first], place[second]
        self.first_metres = reached.first_metres[self.point]
        self.second_metres = reached.second_metres[self.point]
        self.host_at = {int(one): at for at, one in enumerate(city.hosts.ids[self.host])}
        self._kept: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._last: tuple[tuple[Any, ...], Any] | None = None

    def __len__(self) -> int:
        return len(self.point)

    @cached_property
    def total(self) -> float:
        """All people."""
        return float(self.weight.sum())

    @cached_property
    def districts(self) -> Longs:
        """(d,) positions of the districts that have people here."""
        return np.unique(self.district[self.district >= 0]).astype(np.int64)

    @cached_property
    def hosts_of(self) -> Rows:
        """The candidates that reach each point."""
        return self.reach.by_demand(len(self))

    def by_district(self, people: Floats) -> Floats:
        """(d,) of the districts: people given by point."""
        sums = np.bincount(self._home, people, minlength=len(self.city.places.ids) + 1)
        here: Floats = sums[self.districts].astype(np.float64)
        return here

    @cached_property
    def _home(self) -> Longs:
        # Who lies in no district counts for one behind the last.
        count = len(self.city.places.ids)
        return np.where(self.district >= 0, self.district, count).astype(np.int64)

    def today_by_district(self, rings: Shares, *, counted: bool = True) -> tuple[Floats, Floats]:
        """(d,) of the districts: all people, and those covered by today's stations."""
        before, _ = self.today(rings, counted=counted)
        return self.kept(
            ("districts", rings, counted),
            lambda: (self.by_district(self.weight), self.by_district(self.weight * before)),
        )

    @cached_property
    def by_hour(self) -> Singles:
        """(hours, n) people of each point in each hour of the profile; not to be told of points."""
        some, of = self._merged
        dot = np.full(len(self.city.people) + 1, -1, np.int64)
        dot[some] = of
        rows = np.flatnonzero(_rows(self.city, self._asked))
        home = dot[self.city.people.point[rows]]
        rows, home = rows[home >= 0], home[home >= 0]
        return np.array(
            [
                np.bincount(home, self.city.people.people[rows, hour], minlength=len(self))
                for hour in self._asked.hours
            ],
            np.float32,
        )

    def today(self, rings: Shares, *, counted: bool = True) -> tuple[Floats, Floats]:
        """(n,) shares of the two stations nearest to each point; 0 when they are not counted."""
        if not counted:
            return np.zeros(len(self)), np.zeros(len(self))
        return self.kept(
            ("today", rings),
            lambda: (share_at(self.first_metres, rings), share_at(self.second_metres, rings)),
        )

    def kept(self, key: tuple[Any, ...], make: Callable[[], Made]) -> Made:
        """Something worked out before, or now; the last few are kept. It must not be changed."""
        found: Made | None = self._kept.get(key)
        if found is None:
            found = self._kept[key] = make()
            while len(self._kept) > KEPT_SHARES:
                self._kept.popitem(last=False)
        return found

    def last(self, key: tuple[Any, ...], make: Callable[[], Made]) -> Made:
        """The same for what changes often and is large: only the last is kept."""
        known = self._last
        if known is None or known[0] != key:
            known = self._last = key, make()
        found: Made = known[1]
        return found

    def reach_of(self, lon: float, lat: float) -> Reach:
        """The points within reach of a place that is no candidate."""
        return self._part(self.city.reach_of(lon, lat, self.limit), np.zeros(1, np.int64))

    @cached_property
    def stations_near(self) -> tuple[Longs, Reach]:
        """Every station of today that may reach somebody here, positions in the city's, and whom:
        for questions about today's stations, where two for each point do not do."""
        count = len(self.city.standing)
        near = self.city.places.within(2, count, self._asked.area_id)
        near |= self.city.around(self.point, self.limit)
        which = np.flatnonzero(near & ~self.gone)
        reach = self._part(self.city.reach_of_stations(which, self.limit), np.arange(len(which)))
        return which, reach

    def _part(self, reach: Reach, sites: Longs) -> Reach:
        """The pairs of some candidates and of the points that are here."""
        assert reach.metres is not None
        begin, end = reach.start[sites], reach.start[sites + 1]
        size = end - begin
        start = np.concatenate((np.zeros(1, np.int64), np.cumsum(size)))
        at = np.arange(start[-1]) + np.repeat(begin - start[:-1], size)
        point = self._number[reach.demand[at]]
        kept = point >= 0
        before = np.concatenate((np.zeros(1, np.int64), np.cumsum(kept)))
        return Reach(before[start], point[kept], reach.metres[at[kept]])


def _rows(city: City, asked: Profile) -> Bools:
    """Which rows of demand a profile is about."""
    people = city.people
    rows: Bools = (people.day == DAYS.index("any")) | (people.day == DAYS.index(asked.day))
    if asked.groups:
        rows &= np.isin(people.group, [GROUPS.index(one) for one in asked.groups])
    return rows


def _weights(city: City, asked: Profile, rows: Bools) -> Floats:
    people = city.people
    each = people.people[:, list(asked.hours)].sum(axis=1, dtype=np.float64) * rows
    return np.bincount(people.point, each, minlength=len(people)).astype(np.float64)
