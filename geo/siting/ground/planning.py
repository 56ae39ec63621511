"""From a planner's question to arrays: what a set of sites does on its ground, and the grounds that
were asked for of late.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from geo import editions
from geo.database import ANYONE, Database
from geo.errors import Invalid, NotFound
from geo.siting.ground.city import City
from geo.siting.ground.dots import NEW, TODAY
from geo.siting.ground.ground import Ground
from geo.siting.ground.reading import DATASETS, mark_of, read_city, read_editions, said_of_hosts
from geo.siting.ground.room import serve
from geo.siting.ground.rooms import missing, reaches_of, regards_room, rooms_of
from geo.siting.ground.weighing import Weighed, share_at, weigh, with_more
from geo.siting.problem import Bytes, Floats, Longs, Reach
from geo.siting.question import Profile, Question, Ref
from geo.walking.finder import Finder

KEPT_GROUNDS: Final = 6
KEPT_OTHERS: Final = 2
FRESH_SECONDS: Final = 1.5
"""So long nobody asks the database again which editions are in force."""
FARTHEST_WALK: Final = 2_000.0
"""p-median and p-centre look so far, or four radii: nobody walks farther."""


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
        room: where :func:`regards_room`: then nobody counts as covered for whom no site has room,
            and `gain` is what a candidate adds at least, others handing nobody over to it.
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
    room: Rooms | None = None


@dataclass(frozen=True, eq=False)
class Rooms:
    """Where a question asks for capacities: (k,) people that each of the chosen has room for, and
    serves, in the order asked."""

    capacity: Floats
    served: Floats


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

    Cost: 10 ms for a million pairs of the candidates; while only places put on the map change, a
    few ms. With capacities besides some ms for a plan of dozens:
    :func:`geo.siting.ground.room.serve`.
    """
    hosts, keys = split(ground, asked, chosen)
    places = {one.key: one for one in asked.extra}
    extra = [ground.reach_of(places[key].lon, places[key].lat) for key in keys]
    today = ground.today(asked.rings, counted=asked.keep_existing)
    alone = alone_of(ground, asked)
    order = [ref for ref in chosen if not isinstance(ref, str)] + [
        ref for ref in chosen if isinstance(ref, str)
    ]
    of_extra = [_alone(ground, asked, one, today) for one in extra]
    each = np.concatenate((alone[hosts], np.array(of_extra)))
    place = {ref: number for number, ref in enumerate(dict.fromkeys(order))}
    at = [place[ref] for ref in dict.fromkeys(chosen)]
    roomy = rooms_of(ground, asked) if regards_room(ground, asked) else None
    room = None
    if roomy is None:
        found = _weighed(ground, asked, np.array(hosts, np.int64), extra)
        after, gain, loss = found.first, found.gain, found.loss
    else:
        free, own = roomy
        capacity = np.concatenate((free[hosts], np.full(len(keys), own)))
        served = serve(ground.weight, today[0], reaches_of(ground, asked, hosts, keys), capacity)
        after, loss = served.share, served.loss
        gain = np.minimum(free, missing(ground, asked, after))
        gain[hosts] = 0.0
        each = np.minimum(each, capacity)
        room = Rooms(capacity[at], served.served[at])
    before = today[0]
    state = np.where(before > 0, TODAY, np.where(after > 0, NEW, 0)).astype(np.int8)
    return Evaluated(
        # Not by @: its threads would wait for those of the server's other requests.
        covered=float((ground.weight * after).sum()),
        covered_today=float((ground.weight * before).sum()),
        cost=cost_of(ground, asked, chosen),
        state=state,
        before=before,
        after=after,
        gain=gain,
        loss=loss[at],
        alone=each[at],
        room=room,
    )


def _weighed(ground: Ground, asked: Question, hosts: Longs, extra: list[Reach]) -> Weighed:
    """The candidates are weighed once; while places are dragged, only those are weighed anew."""
    today = ground.today(asked.rings, counted=asked.keep_existing)
    rings, backup = asked.rings, asked.backup
    found = ground.last(
        (rings, backup, asked.keep_existing, hosts.tobytes()),
        lambda: weigh(ground.weight, today, ground.reach, hosts, [], rings, backup),
    )
    if not extra:
        return found
    return with_more(ground.weight, found, hosts, extra, ground.hosts_of, rings, backup)


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


def split(
    ground: Ground, asked: Question, chosen: Sequence[Ref], field: str = "sites"
) -> tuple[list[int], list[str]]:
    """Positions of the candidates among those chosen, and keys of the further places; each once.

    Args:
        field: the one of the question or request that names them, for who is told of it.

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
                remedy="只能用这个区域的候选点（/api/siting/ground）；自定义点须写在 extra 里。 "
                "Take candidates of the same area (/api/siting/ground); other places must be in "
                "`extra`.",
                field=field,
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


def cost_of(ground: Ground, asked: Question, chosen: Sequence[Ref]) -> float:
    """Of a set of sites; those that state none at the middle cost.

    Raises:
        NotFound: see :func:`split`.
    """
    hosts, keys = split(ground, asked, chosen)
    stated = {one.key: one.cost for one in asked.extra}
    middle = middle_cost(ground)
    own = [middle if stated[key] is None else float(stated[key] or 0.0) for key in keys]
    return float(costs_of(ground)[hosts].sum()) + sum(own)


def _alone(ground: Ground, asked: Question, reach: Reach, today: tuple[Floats, Floats]) -> float:
    """What a place would add to today's stations alone."""
    assert reach.metres is not None
    share = share_at(reach.metres, asked.rings)
    one, two = today[0][reach.demand], today[1][reach.demand]
    more = np.maximum(share - one, 0.0)
    more += asked.backup * np.maximum(np.minimum(share, one) - two, 0.0)
    return float((ground.weight[reach.demand] * more).sum())


class Planning:
    """The city in force and the grounds asked for of late, in memory; read again when an edition
    changes. One is made at a time, and others wait for it."""

    def __init__(
        self, database: Database, finder: Callable[[], Finder], privacy: float = 0.0
    ) -> None:
        """Nothing is read before somebody asks; `privacy`: people, on average over the hours, of
        whom nothing is told unless there are so many."""
        self._database = database
        self._finder = finder
        self._privacy = privacy
        self._others: OrderedDict[tuple[Any, ...], City] = OrderedDict()
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
            said = said_of_hosts(reader)
        city = self._city
        if city is not None and _same(city, numbers, finder) and city.said == said:
            self._known = time.monotonic(), finder
            return city
        with self._making:
            city = self._city
            if city is None or not _same(city, numbers, finder):
                with self._database.read(ANYONE) as reader:
                    city = read_city(reader, read_editions(reader), finder, self._privacy)
            if city.said != said:
                city = city.saying(said)
            if city is not self._city:
                self._city = city
                self._grounds.clear()
                self._others.clear()
        return city

    def look_again(self) -> None:
        """Something has changed: do not rely on what was known a moment ago."""
        self._known = None

    def other_city(self, demand: int) -> City:
        """The city in force with another edition of demand.

        Raises:
            NotFound: there is no such edition.
            Invalid: it is one of something else, or a draft.
        """
        now = self.city()
        if any(one.dataset == "demand" and one.id == demand for one in now.editions):
            return now
        finder = self._finder()
        with self._making:
            known = self._others.get((now.mark, demand))
            if known is None:
                with self._database.read(ANYONE) as reader:
                    facts = editions.show(reader, demand)
                    if facts.dataset != "demand" or facts.state in ("draft", "discarded"):
                        raise Invalid(
                            f"版本 {demand} 不是可用的需求数据。 "
                            f"Edition {demand} is no demand that was in force.",
                            remedy="从需求数据的版本中选（/api/editions?dataset=demand）。 "
                            "Take an edition of demand (/api/editions?dataset=demand).",
                            field="editions",
                        )
                    found = [facts if one.dataset == "demand" else one for one in now.editions]
                    known = read_city(reader, found, finder, self._privacy).saying(now.said)
                self._others[now.mark, demand] = known
                while len(self._others) > KEPT_OTHERS:
                    self._others.popitem(last=False)
            return known

    def ground(
        self, asked: Profile, metres: float | None = None, city: City | None = None
    ) -> Ground:
        """The ground of a question.

        Args:
            asked: the profile, or a whole question.
            metres: how far to look; by default what the question needs.
            city: another than that in force, see :meth:`other_city`.

        Raises:
            NotFound: nothing imported, or no such area.
        """
        if metres is None:
            metres = metres_of(asked) if isinstance(asked, Question) else asked.radius_metres
        city = city or self.city()
        limit = city.rounded(metres)
        key = (city.mark, asked.ground_key, limit)
        found = self._grounds.get(key)
        if found is not None:
            return found
        with self._making:
            found = self._grounds.get(key)
            if found is None:
                found = Ground(city, asked, limit, self._privacy)
                self._grounds[key] = found
                while len(self._grounds) > KEPT_GROUNDS:
                    self._grounds.popitem(last=False)
            return found


def _same(city: City, numbers: set[tuple[str, int]], finder: Finder) -> bool:
    return {
        (one.dataset, one.id) for one in city.editions
    } == numbers and city.read_mark == mark_of(city.editions, finder)
