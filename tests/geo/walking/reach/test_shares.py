"""Service areas: by hand on one street, and by chance against scipy's Dijkstra in seconds."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from reach_streets import LONG, TUESDAY, ZONE, ask, demand_of, finder_of, reached
from small_cities import SecondsOracle, small_cities
from street_makers import network_of, place

from geo.errors import Invalid
from geo.walking import Pace, empty_network
from geo.walking.reach import Places, Question
from geo.walking.reach.keeper import Employees, Memberships
from geo.walking.reach.places import WEEKEND, WORKDAY
from geo.walking.reach.shares import Within


# ---------------------------------------------------------------------- one street
def test_people_within_the_walking_time_are_counted_and_no_others():
    finder = finder_of(LONG, [(0, 0)])
    answer = ask(finder, demand_of(finder, [(300, 0), (700, 0), (1100, 0), (1500, 0)]))
    assert [share.minutes for share in answer.shares] == [5, 10, 15]
    assert [share.metres for share in answer.shares] == [375, 750, 1125]
    assert reached(answer) == [10, 20, 30]
    assert [share.share for share in answer.shares] == [0.25, 0.5, 0.75]
    assert {share.workers for share in answer.shares} == {40}


def test_metres_off_the_street_at_both_ends_are_walked_too():
    finder = finder_of(LONG, [(0, 60)])
    near = [(250, 60), (250, 70)]  # 370 m and 380 m, of which 5 minutes are 375
    assert reached(ask(finder, demand_of(finder, near), minutes=[5])) == [10]


def test_steps_take_longer_so_the_quickest_way_counts_not_the_shortest():
    network = network_of(
        [(0, 0), (300, 0), (-500, 0), (800, 0)],
        [(0, 1, []), (0, 1, [(150, 60)]), (2, 0, []), (1, 3, [])],
        steps=[0],
    )
    finder = finder_of(network, [(0, 0)], pace=Pace(1.25, 0.6))
    # 300 m by steps take 8 min 20 s, 323 m round them 4 min 19 s.
    assert reached(ask(finder, demand_of(finder, [(300, 0)]), minutes=[4, 5, 9])) == [0, 10, 10]


def test_a_station_between_two_junctions_is_reached_without_going_by_them():
    finder = finder_of(LONG, [(1500, 0)])
    spots = [(1200, 0), (1800, 0), (1100, 0), (1900, 0)]
    assert reached(ask(finder, demand_of(finder, spots), minutes=[5, 6])) == [20, 40]


def test_filters_say_which_stations_count():
    finder = finder_of(
        LONG,
        [(0, 0), (1000, 0), (2000, 0)],
        kind=["warm_station", "driver_rest_home", "warm_station"],
        services=[["hot_water"], ["hot_water", "toilet"], []],
        access=["public", "public", "internal"],
        star_grade=[None, 4, 5],
    )
    demand = demand_of(finder, [(0, 0), (1000, 0), (2000, 0)])

    def count(**more):
        answer = ask(finder, demand, minutes=[5], **more)
        return answer.stations, answer.shares[0].workers_reached

    assert count() == (2, 20)
    assert count(kinds=["driver_rest_home"]) == (1, 10)
    assert count(services=["hot_water", "toilet"]) == (1, 10)
    assert count(access=["internal"]) == (1, 10)
    assert count(services=["laundry"]) == (0, 0)
    assert count(min_grade=4) == (1, 10)


# ---------------------------------------------------------------------- hours of the day
def test_each_hour_has_the_stations_that_are_open_for_all_of_it():
    finder = finder_of(
        LONG,
        [(0, 0), (1000, 0), (2000, 0), (3000, 0)],
        ["08:30-17:30", "Mo-Fr 08:00-12:00,13:00-17:00", "22:00-06:00", "24/7"],
    )
    people = np.arange(1, 25)[:, None]  # another number in each hour, the same at each place
    demand = demand_of(finder, [(0, 0), (1000, 0), (2000, 0), (3000, 0)], people)
    answer = ask(finder, demand, "2026-11-24T12:40", minutes=[5], by_hour=True)
    assert [one.hour for one in answer.by_hour] == list(range(24))
    first, second, third = range(9, 17), [*range(8, 12), *range(13, 17)], [22, 23, *range(6)]
    for one in answer.by_hour:
        open_ = 1 + sum(one.hour in hours for hours in (first, second, third))
        assert one.stations_open == open_, one.hour
        assert one.shares[0].workers == 4 * (one.hour + 1)
        assert one.shares[0].workers_reached == open_ * (one.hour + 1)
    # The hour asked for is the hour that holds the moment.
    assert answer.shares == answer.by_hour[12].shares
    assert reached(answer) == [2 * 13]


def test_on_a_holiday_the_holidays_hours_and_the_weekends_demand_count():
    finder = finder_of(LONG, [(0, 0), (1000, 0), (2000, 0)], ["Mo-Fr 08:00-18:00; PH off",
                       "08:00-18:00", "Mo-Fr 08:00-18:00"])  # fmt: skip
    spots = [(0, 0), (1000, 0), (2000, 0)] * 3
    day = [0] * 3 + [WORKDAY] * 3 + [WEEKEND] * 3
    demand = demand_of(finder, spots, [1] * 3 + [10] * 3 + [100] * 3, day)
    working = ask(finder, demand, "2026-09-30T12:00", minutes=[5])
    assert (working.day_class, reached(working)) == ("workday", [33])
    holiday = ask(finder, demand, "2026-10-01T12:00", minutes=[5])
    assert holiday.day_class == "weekend"
    assert reached(holiday) == [101]
    # Nobody said whether the third is open then: perhaps.
    assert (holiday.stations_open, holiday.stations_unknown) == (1, 1)
    assert holiday.shares[0].share_at_most == pytest.approx(202 / 303, abs=1e-6)
    makeup = ask(finder, demand, "2026-10-10T12:00", minutes=[5])  # a Saturday that is worked
    assert (makeup.day_class, reached(makeup)) == ("workday", [33])
    saturday = ask(finder, demand, "2026-11-28T12:00", minutes=[5])
    assert (saturday.day_class, reached(saturday)) == ("weekend", [101])


def test_unknown_hours_are_not_taken_for_open_but_what_they_would_add_is_told():
    finder = finder_of(LONG, [(0, 0), (1000, 0)], ["24/7", None])
    answer = ask(finder, demand_of(finder, [(0, 0), (1000, 0), (2000, 0)]), minutes=[5])
    assert (answer.stations, answer.stations_open, answer.stations_unknown) == (2, 1, 1)
    share = answer.shares[0]
    assert (share.share, share.share_at_most) == (pytest.approx(1 / 3, abs=1e-6),
                                                  pytest.approx(2 / 3, abs=1e-6))  # fmt: skip


def test_whatever_the_hours_all_stations_count_and_people_are_the_days_average():
    closures = [(0, "closed", TUESDAY - timedelta(days=1), None)]
    finder = finder_of(LONG, [(0, 0), (1000, 0)], ["08:00-09:00", None], closures)
    demand = demand_of(finder, [(0, 0), (1000, 0)], np.arange(24)[:, None])
    answer = ask(finder, demand, "any", minutes=[5])
    assert (answer.stations_open, answer.stations_unknown) == (2, 0)
    assert reached(answer) == [23.0]  # twice 11.5


def test_a_dated_status_closes_every_hour_it_touches():
    def moment(hour: int, minute: int = 0) -> datetime:
        return TUESDAY.replace(hour=hour, minute=minute)

    closures = [
        (0, "closed", moment(9, 30), moment(11)),
        (1, "limited", moment(0), None),
        (2, "closed", moment(0), None),
        (2, "open", moment(15), None),
        (3, "moved", moment(20, 59), None),
    ]
    finder = finder_of(LONG, [(0, 0), (1000, 0), (2000, 0), (3000, 0)], closures=closures)
    demand = demand_of(finder, [(0, 0)])
    answer = ask(finder, demand, "12", minutes=[5], by_hour=True)
    open_ = [one.stations_open for one in answer.by_hour]
    expected = [4 - (hour in (9, 10)) - (hour < 15) - (hour >= 20) for hour in range(24)]
    assert open_ == expected
    next_day = ask(finder, demand, "2026-11-25T12:00", minutes=[5])
    assert next_day.stations_open == 3


# ---------------------------------------------------------------------- what is not known
def test_people_far_from_any_street_are_unknown_and_not_in_the_share():
    finder = finder_of(LONG, [(0, 0)])
    answer = ask(finder, demand_of(finder, [(100, 0), (100, 800), (2000, 0)], [[1, 2, 4]]))
    assert answer.workers_unknown == 2
    assert answer.shares[0].workers == 5
    assert answer.shares[0].share == 0.2


def test_people_on_streets_without_any_station_are_not_reached_and_told_apart():
    network = network_of([(0, 0), (3000, 0), (0, 2000), (900, 2000)], [(0, 1, []), (2, 3, [])])
    finder = finder_of(network, [(0, 0), (0, 9000)], ["08:00-09:00", "24/7"])
    answer = ask(finder, demand_of(finder, [(100, 0), (100, 2000)]), minutes=[5])
    assert answer.workers_cut_off == 10
    assert answer.stations_off_network == 1
    assert answer.stations == 1
    share = answer.shares[0]  # the one near station is closed at noon
    assert (share.workers, share.workers_reached, share.share) == (20, 0, 0)


def test_no_data_is_no_share_and_never_nought():
    finder = finder_of(LONG, [(0, 0)])
    nobody = ask(finder, demand_of(finder, [(0, 0)], 0.0)).shares[0]
    assert (nobody.workers, nobody.share, nobody.share_at_most) == (0, None, None)
    none = ask(finder, None).shares[0]
    assert (none.workers, none.workers_reached, none.share) == (None, None, None)
    assert (none.employees, none.employee_share) == (None, None)
    no_streets = finder_of(empty_network(), [(0, 0)])
    answer = ask(no_streets, demand_of(no_streets, [(0, 0)]))
    assert (answer.workers_unknown, answer.shares[0].share, answer.stations) == (10, None, 0)
    no_stations = finder_of(LONG, [])
    answer = ask(no_stations, demand_of(no_stations, [(0, 0)]))
    assert (answer.shares[0].workers, answer.shares[0].share) == (10, 0)


def test_employees_are_counted_beside_outdoor_workers():
    finder = finder_of(LONG, [(0, 0)])
    where = np.array([place(100, 0), place(2000, 0), place(0, 900)])
    staff = np.array([[30, 10, 5]], np.float32)
    places = Places.lay(finder.graph, np.arange(3), where[:, 0], where[:, 1], staff)
    answer = ask(finder, None, employees=Employees(places, 7, 2), minutes=[5], by_hour=True)
    share = answer.shares[0]
    assert (share.employees, share.employees_reached, share.employee_share) == (40, 30, 0.75)
    assert (share.workers, share.share) == (None, None)
    assert (answer.employees_unknown, answer.employees_cut_off) == (5, 0)
    assert (answer.employees_unplaced, answer.enterprises_unstated) == (7, 2)
    assert {one.shares[0].employees for one in answer.by_hour} == {40}


# ---------------------------------------------------------------------- areas
def test_people_of_an_area_may_go_to_a_station_outside_it():
    finder = finder_of(LONG, [(0, 0)])
    demand = demand_of(finder, [(100, 0), (200, 0), (2000, 0)], [[1, 2, 4]])
    order = np.argsort(demand.places.ids)
    members = Memberships(
        ids=np.array([50, 70, 90]),
        place=order[np.array([0, 1, 2, 2])],
        area=np.array([0, 1, 1, 2]),
    )
    inside = members.of(np.array([70]))[0]
    answer = ask(finder, demand, minutes=[5], within=Within(workers=inside))
    assert (answer.shares[0].workers, answer.shares[0].workers_reached) == (6, 2)
    wanted = np.array([90, 50, 70, 11])
    each = Within(area_ids=wanted, worker_pairs=members.of(wanted))
    areas = ask(finder, demand, minutes=[5], within=each).areas
    assert [one.area_id for one in areas] == wanted.tolist()
    assert [one.shares[0].workers for one in areas] == [4, 1, 6, 0]
    assert [one.shares[0].workers_reached for one in areas] == [0, 1, 2, 0]
    assert [one.shares[0].share for one in areas] == [0, 1, pytest.approx(1 / 3, abs=1e-6), None]


# ---------------------------------------------------------------------- what is asked
@pytest.mark.parametrize(
    "at",
    ["24", "99", "now", "2026-13-40T12:00", "1999-01-01T00:00", "2026-11-24", "12:40", "", "-1",
     "2026-11-24T25:00", "٣", "9999-12-31T23:59+00:00", "0001-01-01T00:00+14:00"],
)  # fmt: skip
def test_a_time_that_is_none_is_refused(at):
    with pytest.raises(Invalid) as told:
        Question.asked(at, TUESDAY, ZONE)
    assert told.value.field == "at"


def test_times_are_read_in_the_zone_of_the_hours():
    def read(at):
        asked = Question.asked(at, datetime(2026, 11, 23, 17, tzinfo=ZoneInfo("UTC")), ZONE)
        return asked.day.isoformat(), asked.hour

    assert read(None) == ("2026-11-24", 1)
    assert read("7") == ("2026-11-24", 7)
    assert read("any") == ("2026-11-24", None)
    assert read("2026-12-01T08:59") == ("2026-12-01", 8)
    assert read("2026-12-01T23:30Z") == ("2026-12-02", 7)


@pytest.mark.parametrize(
    "more",
    [
        {"minutes": []},
        {"minutes": [0]},
        {"minutes": [61]},
        {"minutes": list(range(1, 14))},
        {"kinds": ["sauna"]},
        {"services": ["sauna"]},
        {"access": ["everyone"]},
        {"min_grade": 6},
        {"by_area": "planet"},
    ],
)
def test_what_cannot_be_asked_is_refused(more):
    with pytest.raises(Invalid) as told:
        Question.asked(None, TUESDAY, ZONE, **more)
    assert told.value.field == next(iter(more))


# ---------------------------------------------------------------------- by chance
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(small_cities(people=10), st.lists(st.integers(1, 30), min_size=1, max_size=3, unique=True))
def test_on_any_network_those_are_reached_who_are_within_the_time(city, minutes):
    network, where, people, mask = city
    hours = ["24/7" if one else "00:00-06:00" for one in mask]
    finder = finder_of(network, where, hours)
    pace = finder.graph.pace
    oracle = SecondsOracle(
        network, pace.on_streets, pace.on_steps, small_points=0, small_metres=0.0
    )
    feet = [oracle.foot(*place(*xy)) for xy in where]
    walkers = [oracle.foot(*place(*xy)) for xy in people]
    seconds = oracle.distances(walkers, feet)
    known = np.array([walker is not None for walker in walkers], bool)
    weight = np.arange(1, len(people) + 1)
    for allowed, at in ((mask, "12"), (np.ones(len(where), bool), "3")):
        best = np.where(allowed, seconds, np.inf).min(axis=1, initial=np.inf)
        limits = 60.0 * np.array(sorted(minutes))
        # Within a hundredth of a second of the limit either answer is right.
        assume((np.abs(best[:, None] - limits) > 0.01).all())
        answer = ask(finder, demand_of(finder, people, weight[None]), at, minutes=minutes)
        expected = [weight[best <= limit].sum() for limit in limits]
        assert reached(answer) == expected
        assert answer.shares[0].workers == weight[known].sum()
        assert answer.workers_unknown == weight[~known].sum()
        alone = known & ~np.isfinite(seconds).any(axis=1)
        assert answer.workers_cut_off == weight[alone].sum()
