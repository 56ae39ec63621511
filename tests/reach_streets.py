"""People and stations at places in metres, and who reaches whom: for tests of service areas."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from street_makers import network_of, place

from geo.hours import Calendar, HolidayTable, HoursTable
from geo.walking import Snapping, WalkingGraph
from geo.walking.answers import FACTS
from geo.walking.finder import Finder
from geo.walking.reach import Places, Question, counting, reach
from geo.walking.reach.keeper import Demand

ZONE = ZoneInfo("Asia/Shanghai")
TUESDAY = datetime(2026, 11, 24, 12, 0, tzinfo=ZONE)
LONG = network_of([(0, 0), (3000, 0)], [(0, 1, [(1000, 0), (2000, 0)])])
NONE_IS_SMALL = Snapping(small_part_points=0, small_part_metres=0)


def finder_of(network, spots, hours=None, closures=(), pace=None, **more) -> Finder:
    """A finder over stations at places in metres."""
    graph = WalkingGraph.build(network, pace=pace, snapping=NONE_IS_SMALL)
    texts = ["24/7"] * len(spots) if hours is None else hours
    facts = [
        dict.fromkeys(FACTS)
        | {"id": i, "kind": "warm_station", "access": "public", "services": [], "name": str(i)}
        | {"opening_hours": texts[i]}
        | {name: values[i] for name, values in more.items()}
        for i in range(len(spots))
    ]
    position = np.array([place(*xy) for xy in spots]).reshape(-1, 2)
    table = HoursTable(texts, Calendar(HolidayTable.read()))
    return Finder(graph, facts, position, table, zone=ZONE, closures=closures)


def demand_of(finder, spots, people=10.0, day=None) -> Demand:
    """Demand at places in metres; `people` broadcasts to (24, places)."""
    where = np.array([place(*xy) for xy in spots]).reshape(-1, 2)
    table = np.broadcast_to(np.asarray(people, np.float32), (24, len(spots)))
    days = None if day is None else np.array(day, np.uint8)
    ids = np.arange(len(spots))
    places = Places.lay(finder.graph, ids, where[:, 0], where[:, 1], table, days)
    return Demand(places, where[places.ids, 0], where[places.ids, 1])


def ask(finder, demand, at=None, employees=None, within=None, **more):
    question = Question.asked(at, TUESDAY, ZONE, **more)
    extra = () if within is None else (within,)
    return reach(finder, counting(finder, question), question, demand, employees, *extra)


def reached(answer) -> list[float]:
    return [share.workers_reached for share in answer.shares]
