"""From a planner's question to arrays: the ground it stands on.

A ground is what a question about some area, hours and groups has in common with all others about
the same: the people, the candidates, today's stations, who reaches whom. It is worked out once and
kept, so that dragging a site costs one pass over the pairs.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeVar

import numpy as np

from geo.database import ANYONE, Database
from geo.errors import NotFound
from geo.siting.city import DAYS, GROUPS, City
from geo.siting.dots import NEW, TODAY, Dots, dots_of
from geo.siting.problem import Bytes, Floats, Longs, Reach
from geo.siting.question import Profile, Question, Ref
from geo.siting.reading import DATASETS, mark_of, read_city, read_editions
from geo.siting.weighing import Shares, share_at, weigh
from geo.walking.finder import Finder

KEPT_GROUNDS: Final = 6
KEPT_SHARES: Final = 12
FRESH_SECONDS: Final = 0.5
"""So long nobody asks the database again which editions are in force."""
Made = TypeVar("Made")
FARTHEST_WALK: Final = 2_000.0
"""p-median and p-centre look so far, or four radii: nobody walks farther."""


class Ground:
    """The people of a profile, and who reaches them; see the module. Any thread may ask.

    Attributes:
        city: what it was taken from.
        hours: how many hours people are summed over.
        point: (n,) positions of the points among those of the city; `weight` (n,) their people
            summed over the hours; `district` (n,) positions among the city's, -1 none.
        host: (m,) positions of the candidates. station: (s,) of the stations that count here.
        reach: which of the m candidates reach which of the n points, with metres.
        first, second: (n,) the stations nearest to each point, positions in `station`, -1 none;
            with their metres.
        limit: the metres up to which all this was worked out.
    """

    def __init__(self, city: City, asked: Profile, metres: float) -> None:
        """Take what a profile asks for out of a city.

        Raises:
            NotFound: no such area.
        """
        count = len(city.people)
        weight = _weights(city, asked)
        inside = city.places.within(0, count, asked.area_id)
        reached = city.reached(metres)
        self.city = city
        self.hours = len(asked.hours)
        self.limit = reached.metres
        self.point = np.flatnonzero(inside & (weight > 0)).astype(np.int64)
        self.weight = weight[self.point]
        self.district = city.places.home[0][self.point]
        self.host = np.flatnonzero(city.places.within(1, len(city.hosts), asked.area_id))
        self._number = np.full(count, -1, np.int32)
        self._number[self.point] = np.arange(len(self.point), dtype=np.int32)
        self.reach = self._part(reached.hosts, self.host)
        near = city.places.within(2, len(city.standing), asked.area_id)
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
        self._dots: dict[float, Dots] = {}
        self._kept: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    def __len__(self) -> int:
        return len(self.point)

    @property
    def lon(self) -> Floats:
        """(n,) of the points."""
        return self.city.people.lon[self.point]

    @property
    def lat(self) -> Floats:
        """(n,) of the points."""
        return self.city.people.lat[self.point]

    @cached_property
    def total(self) -> float:
        """All people."""
        return float(self.weight.sum())

    @cached_property
    def districts(self) -> Longs:
        """(d,) positions of the districts that have people here."""
        return np.unique(self.district[self.district >= 0]).astype(np.int64)

    def by_district(self, people: Floats) -> Floats:
        """(d,) of the districts: people given by point."""
        # Who lies in no district counts for one behind the last.
        count = len(self.city.places.ids)
        home = np.where(self.district >= 0, self.district, count)
        sums = np.bincount(home, people, minlength=count + 1).astype(np.float64)
        here: Floats = sums[self.districts]
        return here

    def dots(self, least: float) -> Dots:
        """The points merged until no dot has fewer people than `least` an hour."""
        if least not in self._dots:
            self._dots[least] = dots_of(self.lon, self.lat, self.weight, least * self.hours)
        return self._dots[least]

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

    def reach_of(self, lon: float, lat: float) -> Reach:
        """The points within reach of a place that is no candidate."""
        return self._part(self.city.reach_of(lon, lat, self.limit), np.zeros(1, np.int64))

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


@dataclass(frozen=True, eq=False)
class Evaluated:
    """What a set of sites does, people being summed over the hours.

    Attributes:
        covered, covered_today: people, by the steps where there are any.
        cost: of the sites; those that state none at the middle cost.
        state: (n,) of each point: 0 uncovered, 1 covered today, 2 newly.
        after, before: (n,) share of each point's people that is covered.
        gain: (m,) what each further candidate would add to the value.
        loss, alone: (k,) of the chosen, in the order asked: what the value loses without each, and
            what each adds to today's stations alone.
    """

    covered: float
    covered_today: float
    cost: float
    state: Bytes
    before: Floats
    after: Floats
    gain: Floats
    loss: Floats
    alone: Floats


def metres_of(asked: Question) -> float:
    """How far a question has to look."""
    farthest = max(ring[0] for ring in asked.rings)
    if asked.model in ("p-median", "p-centre"):
        return max(farthest, min(5_000.0, max(FARTHEST_WALK, 4 * asked.radius_metres)))
    return farthest


def evaluate(ground: Ground, asked: Question, chosen: Sequence[Ref]) -> Evaluated:
    """Evaluate a set of sites, candidates by id and further places by key.

    Raises:
        NotFound: a site that is neither a candidate here nor one of the question's places.

    Cost: 10 ms for a million pairs; a place put on the map for the first time some ms more.
    """
    hosts, keys = split(ground, asked, chosen)
    places = {one.key: one for one in asked.extra}
    extra = [ground.reach_of(places[key].lon, places[key].lat) for key in keys]
    today = ground.today(asked.rings, counted=asked.keep_existing)
    found = weigh(
        ground.weight,
        today,
        ground.reach,
        np.array(hosts, np.int64),
        extra,
        asked.rings,
        asked.backup,
    )
    alone = alone_of(ground, asked)
    order = [ref for ref in chosen if not isinstance(ref, str)] + [
        ref for ref in chosen if isinstance(ref, str)
    ]
    of_extra = [_alone(ground, asked, one, today) for one in extra]
    each = np.concatenate((alone[hosts], np.array(of_extra)))
    place = {ref: number for number, ref in enumerate(dict.fromkeys(order))}
    at = [place[ref] for ref in dict.fromkeys(chosen)]
    before, after = today[0], found.first
    state = np.where(before > 0, TODAY, np.where(after > 0, NEW, 0)).astype(np.int8)
    costs = costs_of(ground)
    middle = middle_cost(ground)
    cost = float(costs[hosts].sum()) + sum(
        middle if places[key].cost is None else float(places[key].cost or 0.0) for key in keys
    )
    return Evaluated(
        # Not by @: its threads would wait for those of the server's other requests.
        covered=float((ground.weight * after).sum()),
        covered_today=float((ground.weight * before).sum()),
        cost=cost,
        state=state,
        before=before,
        after=after,
        gain=found.gain,
        loss=found.loss[at],
        alone=each[at],
    )


def alone_of(ground: Ground, asked: Question) -> Floats:
    """(m,) what each candidate would add to today's stations alone."""
    today = ground.today(asked.rings, counted=asked.keep_existing)
    nobody = np.empty(0, np.int64)
    return ground.kept(
        ("alone", asked.rings, asked.backup, asked.keep_existing),
        lambda: (
            weigh(ground.weight, today, ground.reach, nobody, [], asked.rings, asked.backup).gain
        ),
    )


def split(ground: Ground, asked: Question, chosen: Sequence[Ref]) -> tuple[list[int], list[str]]:
    """Positions of the candidates among those chosen, and keys of the further places; each once.

    Raises:
        NotFound: neither.
    """
    known = {one.key for one in asked.extra}
    hosts, keys = [], []
    for ref in dict.fromkeys(chosen):
        if isinstance(ref, str) and ref in known:
            keys.append(ref)
        elif not isinstance(ref, str) and ref in ground.host_at:
            hosts.append(ground.host_at[ref])
        else:
            raise NotFound(
                f"这里没有候选点 {ref}。 There is no candidate {ref} here.",
                remedy="候选点见 /api/siting/ground；自定义点须写在 extra 里。 "
                "Candidates are those of /api/siting/ground in the same area; other places must be "
                "in `extra`.",
                field="sites",
            )
    return hosts, keys


def middle_cost(ground: Ground) -> float:
    """The median of the costs that are stated; 1 where none is."""
    cost = ground.city.hosts.cost[ground.host]
    stated = cost[np.isfinite(cost)]
    return float(np.median(stated)) if len(stated) else 1.0


def costs_of(ground: Ground) -> Floats:
    """(m,) cost of each candidate; the middle one where none is stated."""
    cost = ground.city.hosts.cost[ground.host]
    return np.where(np.isfinite(cost), cost, middle_cost(ground))


def _alone(ground: Ground, asked: Question, reach: Reach, today: tuple[Floats, Floats]) -> float:
    nobody = np.empty(0, np.int64)
    found = weigh(ground.weight, today, reach, nobody, [], asked.rings, asked.backup)
    return float(found.gain[0])


def _weights(city: City, asked: Profile) -> Floats:
    people = city.people
    day = (people.day == DAYS.index("any")) | (people.day == DAYS.index(asked.day))
    if asked.groups:
        day &= np.isin(people.group, [GROUPS.index(one) for one in asked.groups])
    each = people.people[:, list(asked.hours)].sum(axis=1, dtype=np.float64) * day
    return np.bincount(people.point, each, minlength=len(people)).astype(np.float64)


class Planning:
    """The city in force and the grounds asked for of late, in memory; read again when an edition
    changes. One is made at a time, and others wait for it."""

    def __init__(self, database: Database, finder: Callable[[], Finder]) -> None:
        """Nothing is read before somebody asks."""
        self._database = database
        self._finder = finder
        self._city: City | None = None
        self._known: tuple[float, Finder] | None = None
        self._grounds: OrderedDict[tuple[Any, ...], Ground] = OrderedDict()
        self._making = threading.Lock()

    def city(self) -> City:
        """Of the editions in force.

        Raises:
            NotFound: no candidates or no demand have been imported.
            Unavailable: the database cannot be reached.
        """
        finder = self._finder()
        known = self._known
        if (
            known is not None
            and time.monotonic() - known[0] < FRESH_SECONDS
            and known[1] is finder
            and self._city is not None
        ):
            return self._city
        with self._database.read(ANYONE) as reader:
            numbers = {
                (row.dataset, row.id)
                for row in reader.all(
                    "SELECT dataset, id FROM edition WHERE state = 'active' "
                    "AND dataset = ANY(:wanted)",
                    wanted=list(DATASETS),
                )
            }
        city = self._city
        if city is not None and _same(city, numbers, finder):
            self._known = time.monotonic(), finder
            return city
        with self._making:
            city = self._city
            if city is None or not _same(city, numbers, finder):
                with self._database.read(ANYONE) as reader:
                    city = read_city(reader, read_editions(reader), finder)
                self._city = city
                self._grounds.clear()
        return city

    def ground(self, asked: Profile, metres: float | None = None) -> Ground:
        """The ground of a question.

        Args:
            asked: the profile, or a whole question.
            metres: how far to look; by default what the question needs.

        Raises:
            NotFound: nothing imported, or no such area.
        """
        if metres is None:
            metres = metres_of(asked) if isinstance(asked, Question) else asked.radius_metres
        city = self.city()
        limit = city.rounded(metres)
        key = (city.mark, asked.people_key, limit)
        found = self._grounds.get(key)
        if found is not None:
            return found
        with self._making:
            found = self._grounds.get(key)
            if found is None:
                found = Ground(city, asked, limit)
                self._grounds[key] = found
                while len(self._grounds) > KEPT_GROUNDS:
                    self._grounds.popitem(last=False)
            return found


def _same(city: City, numbers: set[tuple[str, int]], finder: Finder) -> bool:
    return {(one.dataset, one.id) for one in city.editions} == numbers and city.mark == mark_of(
        city.editions, finder
    )
