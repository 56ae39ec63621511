"""How many workers can walk to an open public station: by hand on one street, and by chance against
scipy's Dijkstra in seconds."""

from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from small_cities import SecondsOracle, small_cities
from street_makers import network_of, place

from geo.coverage.pockets import CELL_METRES, find_pockets
from geo.coverage.walks import (
    ANY_HOUR,
    DAYS,
    WEEKDAYS,
    Crowd,
    equity,
    gini,
    nearness,
    next_day,
    stations_of,
    walks,
)
from geo.hours import Calendar, HolidayTable, HoursTable
from geo.walking import Snapping, WalkingGraph, empty_network
from geo.walking.answers import FACTS
from geo.walking.finder import Finder
from geo.walking.reach import Places
from geo.walking.reach.places import WEEKEND, WORKDAY, seconds_to_station
from geo.walking.reach.second import seconds_to_two

ZONE = ZoneInfo("Asia/Shanghai")
TUESDAY = date(2026, 11, 24)
LONG = network_of([(0, 0), (3000, 0)], [(0, 1, [(1000, 0), (2000, 0)])])
NONE_IS_SMALL = Snapping(small_part_points=0, small_part_metres=0)


def finder_of(network, spots, hours=None, access=None) -> Finder:
    graph = WalkingGraph.build(network, snapping=NONE_IS_SMALL)
    texts = ["24/7"] * len(spots) if hours is None else hours
    facts = [
        dict.fromkeys(FACTS)
        | {"id": i, "kind": "warm_station", "services": [], "name": str(i)}
        | {"access": access[i] if access else "public", "opening_hours": texts[i]}
        for i in range(len(spots))
    ]
    position = np.array([place(*xy) for xy in spots]).reshape(-1, 2)
    table = HoursTable(texts, Calendar(HolidayTable.read()))
    return Finder(graph, facts, position, table, zone=ZONE)


def crowd_of(finder, spots, people=10.0, areas=None, day=None, who="outdoor_workers") -> Crowd:
    """People at places in metres; `areas` names the area of each place, None for outside."""
    where = np.array([place(*xy) for xy in spots]).reshape(-1, 2)
    table = np.broadcast_to(np.asarray(people, np.float32), (24, len(spots)))
    days = None if day is None else np.array(day, np.uint8)
    ids = np.arange(len(spots))
    places = Places.lay(finder.graph, ids, where[:, 0], where[:, 1], table, days)
    names = sorted({one for one in areas or [] if one is not None})
    pairs = [
        (at, names.index(areas[number]))
        for at, number in enumerate(places.ids.tolist())
        if areas is not None and areas[number] is not None
    ]
    pair = np.array(pairs, np.int64).reshape(-1, 2)
    lon, lat = where[places.ids].T if len(spots) else (np.empty(0), np.empty(0))
    return Crowd(who, places, lon, lat, np.array(names, np.int64), pair[:, 0], pair[:, 1])


def of(finder, crowd, minutes=(5, 10, 15), day="workday"):
    stations = stations_of(finder, day, TUESDAY)
    return walks(crowd, stations, nearness(finder, stations, crowd.places, minutes))


# ---------------------------------------------------------------------- one street
def test_each_area_has_its_share_by_minutes_and_the_whole_has_everybody():
    finder = finder_of(LONG, [(0, 0)])
    crowd = crowd_of(finder, [(300, 0), (700, 0), (1100, 0), (1500, 0)], areas=[1, 1, 2, None])
    found = of(finder, crowd)
    assert found.minutes == (5, 10, 15)
    assert found.workers[12].tolist() == [20, 10, 40]
    assert found.reached[0, 12].tolist() == [[10, 20, 20], [0, 0, 10], [10, 20, 30]]
    assert found.share(12, 15).tolist() == [1, 1, 0.75]
    assert found.share(12, 5).tolist() == [0.5, 0, 0.25]


def test_each_hour_and_each_kind_of_day_has_its_own_stations_and_people():
    finder = finder_of(LONG, [(0, 0)], ["Mo-Fr 08:00-18:00; Sa 10:00-12:00"])
    people = np.arange(1, 25)[:, None] * np.array([[1, 100]])
    crowd = crowd_of(finder, [(100, 0), (200, 0)], people, day=[WORKDAY, WEEKEND])
    for day, open_, at in (
        ("workday", range(8, 18), 1),
        ("saturday", range(10, 12), 100),
        ("sunday", (), 100),
    ):
        found = of(finder, crowd, day=day)
        for hour in range(24):
            assert found.workers[hour, -1] == at * (hour + 1)
            expected = at * (hour + 1) if hour in open_ else 0
            assert found.reached[0, hour, -1].tolist() == [expected] * 3, (day, hour)
            assert found.stations_open[hour] == (hour in open_)
        # Whatever the hours, the station counts, and people are the mean of the day.
        assert found.reached[0, ANY_HOUR, -1, 0] == pytest.approx(at * 12.5)


def test_who_has_a_second_station_within_the_longest_time_is_overlap():
    finder = finder_of(LONG, [(0, 0), (1000, 0)])
    crowd = crowd_of(finder, [(50, 0), (500, 0), (1100, 0), (2000, 0)])
    found = of(finder, crowd)
    # 15 minutes are 1,125 m: to both stations from 50 and 500, and from 1,100, not from 2,000.
    assert found.overlap[12, -1] == 30
    assert of(finder, crowd, (5,)).overlap[12, -1] == 0
    one = finder_of(LONG, [(0, 0)])
    assert of(one, crowd_of(one, [(50, 0)])).overlap.max() == 0


def test_what_is_not_known_of_a_station_makes_a_share_at_most():
    finder = finder_of(
        LONG,
        [(0, 0), (1500, 0), (3000, 0)],
        ["24/7", None, "24/7"],
        ["public", "public", "unknown"],
    )
    crowd = crowd_of(finder, [(0, 0), (1500, 0), (3000, 0)])
    found = of(finder, crowd, (5,))
    assert found.share(12, 5)[-1] == pytest.approx(1 / 3)
    assert found.share(12, 5, at_most=True)[-1] == 1
    assert (found.stations_open[12], found.stations_unknown[12]) == (1, 2)
    members = finder_of(LONG, [(0, 0)], access=["members"])
    closed = of(members, crowd_of(members, [(0, 0)]))
    assert closed.share(12, 15, at_most=True)[-1] == 0, "a members' station is no public one"


def test_nobody_is_no_data_and_far_from_streets_is_left_out():
    finder = finder_of(LONG, [(0, 0)])
    crowd = crowd_of(finder, [(100, 0), (100, 5000)], [[1, 7]], areas=[1, 2])
    found = of(finder, crowd)
    assert np.isnan(found.share(12, 15)[1])
    assert found.share(12, 15)[[0, 2]].tolist() == [1, 1]
    assert found.far[12].tolist() == [0, 7, 7]
    empty = of(finder, crowd_of(finder, []))
    assert np.isnan(empty.share(12, 15)).all()


def test_without_streets_or_stations_there_is_an_answer():
    bare = finder_of(empty_network(), [(0, 0)])
    found = of(bare, crowd_of(bare, [(0, 0)]))
    assert np.isnan(found.share(12, 15)).all()
    assert found.far[12, -1] == 10
    assert (found.stations, found.off_network) == (0, 1)
    alone = finder_of(LONG, [])
    found = of(alone, crowd_of(alone, [(0, 0)]))
    assert found.share(12, 15)[-1] == 0
    assert found.stations == 0


@pytest.mark.parametrize("day", DAYS)
def test_the_day_that_stands_for_its_kind_is_no_holiday(day):
    calendar = Calendar(HolidayTable.read())
    # The first week of October is a holiday, with make-up workdays beside it.
    found = next_day(calendar, day, date(2026, 9, 30) if day == "workday" else date(2026, 10, 1))
    assert calendar.kind(found) == "ordinary"
    assert found.weekday() == (2 if day == "workday" else WEEKDAYS.index(day))
    assert found >= date(2026, 9, 30)


# ---------------------------------------------------------------------- equity
@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0.01, 1e4)), min_size=1, max_size=30),
)
def test_gini_is_the_mean_difference_over_twice_the_mean(pairs):
    x, w = np.array(pairs).T
    mean = (w @ x) / w.sum()
    assume(mean > 1e-6)
    differences = np.abs(x[:, None] - x[None]) * w[:, None] * w[None]
    expected = differences.sum() / (2 * w.sum() ** 2 * mean)
    assert gini(x, w) == pytest.approx(expected, abs=1e-9)


def test_gini_of_nothing_is_not_known_and_of_equals_is_none():
    assert gini([], []) is None
    assert gini([0, 0], [1, 2]) is None
    assert gini([0.4, 0.4, 0.4], [1, 200, 3]) == pytest.approx(0)
    assert gini([0, 1], [1, 1]) == pytest.approx(0.5)


def test_the_worst_and_the_best_served_have_enough_workers_to_say_so():
    finder = finder_of(LONG, [(0, 0)])
    spots = [(0, 0), (2000, 0), (0, 0), (2000, 0), (2500, 0)]
    people = [[40, 60, 90, 10, 5]]
    crowd = crowd_of(finder, spots, people, areas=[1, 1, 2, 2, 3])
    found = of(finder, crowd, (5,))
    told = equity(found, 12, 5, least=30)
    assert (told.areas, told.worst, told.best) == (3, 0, 1), "area 3 has five workers only"
    assert equity(found, 12, 5, least=1).worst == 2
    assert told.gini == pytest.approx(gini([0.4, 0.9, 0], [100, 100, 5]))
    everywhere = of(finder, crowd_of(finder, [(0, 0), (0, 0)], 40, areas=[1, 2]), (5,))
    same = equity(everywhere, 12, 5, least=1)
    assert (same.worst, same.best, same.gini) == (None, None, 0)


# ---------------------------------------------------------------------- pockets
def pockets(finder, crowd, minutes=5, **more):
    stations = stations_of(finder, "workday", TUESDAY)
    return find_pockets(finder, stations, crowd, hour=12, minutes=minutes, **more)


def test_those_out_of_reach_who_stand_together_are_a_pocket():
    finder = finder_of(LONG, [(0, 0)])
    spots = [(100, 0), (1000, 0), (1100, 0), (2500, 0), (2520, 0)]
    crowd = crowd_of(finder, spots, [[50, 3, 4, 5, 6]], areas=[1, 1, 1, 2, 2])
    found = pockets(finder, crowd)
    assert [one.workers for one in found.shown] == [11, 7]
    assert (found.total, found.workers, found.of_workers) == (2, 18, 68)
    far, near = found.shown
    assert (far.places, near.places) == (2, 2)
    assert [int(crowd.area_ids[one.area]) for one in found.shown] == [2, 1]
    assert far.nearest == near.nearest == 0
    assert far.nearest_metres == pytest.approx(2510, abs=CELL_METRES)
    for one, spot in ((far, (2500, 0)), (near, (1000, 0))):
        assert one.outline.is_valid
        assert one.outline.covers(shapely.Point(*place(*spot)))
        assert not one.outline.covers(shapely.Point(*place(100, 0)))
    assert pockets(finder, crowd, least=10).total == 1
    assert len(pockets(finder, crowd, limit=1).shown) == 1
    assert pockets(finder, crowd, minutes=60).shown == []


def test_where_no_way_leads_the_distance_is_not_known():
    finder = finder_of(LONG, [])
    [one] = pockets(finder, crowd_of(finder, [(100, 0)])).shown
    assert (one.nearest, one.nearest_metres) == (None, None)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), min_size=1, max_size=40))
def test_cells_that_touch_are_one_pocket_as_scipy_joins_them(corners):
    from geo.coverage.pockets import _joined

    cells = np.unique(np.array(corners), axis=0)
    apart = np.abs(cells[:, None] - cells[None]).max(axis=2)
    count, label = connected_components(coo_array(apart <= 1), directed=False)
    found = _joined(cells)
    assert len(set(zip(found.tolist(), label.tolist(), strict=True))) == count
    assert len(set(found.tolist())) == count


# ---------------------------------------------------------------------- by chance
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(small_cities(people=10), st.lists(st.integers(1, 30), min_size=1, max_size=3, unique=True))
def test_on_any_network_shares_and_overlap_are_those_of_dijkstra(city, minutes):
    network, where, people, mask = city
    finder = finder_of(network, where, ["24/7" if one else "00:00-06:00" for one in mask])
    pace = finder.graph.pace
    oracle = SecondsOracle(
        network, pace.on_streets, pace.on_steps, small_points=0, small_metres=0.0
    )
    feet = [oracle.foot(*place(*xy)) for xy in where]
    walkers = [oracle.foot(*place(*xy)) for xy in people]
    seconds = oracle.distances(walkers, feet)
    known = np.array([walker is not None for walker in walkers], bool)
    weight = np.arange(1, len(people) + 1)
    area = [number % 3 or None for number in range(len(people))]
    crowd = crowd_of(finder, people, weight[None], areas=area)
    found = of(finder, crowd, minutes)
    limits = 60.0 * np.array(sorted(minutes))
    names = [*crowd.area_ids.tolist(), None]
    for allowed, hour in ((mask, 12), (np.ones(len(where), bool), 3)):
        way = np.where(allowed, seconds, np.inf)
        # Within a hundredth of a second of the limit either answer is right.
        assume((np.abs(way[:, :, None] - limits) > 0.01).all())
        sorted_ = np.sort(np.pad(way, ((0, 0), (0, 2)), constant_values=np.inf), axis=1)
        for column, name in enumerate(names):
            inside = np.array([name is None or one == name for one in area], bool)
            assert found.workers[hour, column] == weight[known & inside].sum()
            assert found.far[hour, column] == weight[~known & inside].sum()
            assert found.reached[0, hour, column].tolist() == [
                weight[inside & (sorted_[:, 0] <= limit)].sum() for limit in limits
            ]
            twice = inside & (sorted_[:, 1] <= limits[-1])
            assert found.overlap[hour, column] == weight[twice].sum()


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(small_cities(people=10))
def test_the_first_of_two_stations_is_the_quickest_one(city):
    network, where, people, mask = city
    finder = finder_of(network, where)
    places = crowd_of(finder, people).places
    good = mask.astype(np.uint8)
    two = seconds_to_two(finder.on_streets, places, good, 3600.0)
    assert_allclose(two[:, 0], seconds_to_station(finder.on_streets, places, good, 3600.0))
    assert (two[:, 1] >= two[:, 0]).all()
