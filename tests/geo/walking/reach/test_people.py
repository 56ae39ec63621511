"""Who is counted: demand, employees and areas as they lie in PostGIS."""

import numpy as np
import people_rows
import pytest
import rows
from sqlalchemy import text

from geo.database import ANYONE, Reader
from geo.errors import Conflict, Invalid, NotFound
from geo.settings import Settings
from geo.walking.finder import Finder
from geo.walking.reach import Keeper, Question, counting, gather, reach
from geo.walking.reach import areas as of_areas
from geo.walking.reach.places import WEEKEND, WORKDAY

WEST, LAT = 101.0, 40.2
DEGREE = 85_000.0  # metres of a degree of longitude at that latitude, roughly


def along(metres: float) -> float:
    return WEST + metres / DEGREE


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(state=tmp_path / "state", database_url=None)


@pytest.fixture
def town(writer):
    """One station at the west end of a street of some 6 km, two areas along it, a district that has
    no polygon of its own, and a park that nobody has drawn."""
    rows.street(writer, rows.edition(writer, "streets"), WEST, along(6000), LAT)
    stations = rows.edition(writer, "stations")
    rows.station(writer, stations, 1, lon=WEST, lat=LAT, opening_hours="24/7", hours_text="24/7")
    areas = rows.edition(writer, "areas")
    rows.area(writer, areas, 5, None, kind="district", code="1")
    for number, west in ((10, WEST - 0.01), (20, along(1000))):
        square = rows.square(west, LAT - 0.005, along(1000) - WEST + 0.01 * (number == 10))
        rows.area(writer, areas, number, square, code=f"1{number}", parent_id=5)
    rows.area(writer, areas, 30, None, kind="industrial_park", code="P")
    return areas


def demand(writer, people) -> int:
    return people_rows.demand(
        writer, [(number, along(metres), LAT, many, day) for number, metres, many, day in people]
    )


def enterprises(writer, units, areas=None, pairs=()) -> int:
    return people_rows.enterprises(
        writer,
        [
            (number, None if metres is None else along(metres), LAT, employees)
            for number, metres, employees in units
        ],
        areas,
        pairs,
    )


def ask(reader, settings, keeper=None, **more):
    from geo import editions

    finder = Finder.load(reader, settings)
    question = Question.asked("any", _now(finder), finder.zone, minutes=[5, 15], **more)
    sets = ("demand", "enterprises", "areas")
    found = [one for name in sets if (one := editions.active(reader, name)) is not None]
    people = gather(reader, keeper or Keeper(), finder.graph, question, found)
    answer = reach(
        finder,
        counting(finder, question),
        question,
        people.demand,
        people.employees,
        people.within,
    )
    return answer, people


def _now(finder):
    from datetime import datetime

    return datetime(2026, 11, 24, 12, tzinfo=finder.zone)  # a Tuesday


def test_people_are_read_with_their_hours_and_days(writer, town, settings):
    demand(writer, [(1, 100, 1, "any"), (2, 100, 2, "workday"), (3, 100, 4, "weekend"),
                    (4, 800, 8, "any"), (5, 5000, 16, "any")])  # fmt: skip
    answer, people = ask(writer, settings)
    near, far = answer.shares
    assert (near.workers, near.workers_reached, far.workers_reached) == (27, 3, 11)
    places = people.demand.places
    assert sorted(places.day.tolist()) == [0, 0, 0, WORKDAY, WEEKEND]
    # `lon` and `lat` are in the order of the places, whatever that is.
    given = np.array([100, 100, 100, 800, 5000])[places.ids - 1]
    assert np.abs((people.demand.lon - WEST) * DEGREE - given).max() < 1e-6


def test_employees_are_for_those_who_may_see_enterprises(writer, town, settings):
    enterprises(writer, [(1, 100, 30), (2, 5000, 10), (3, None, 7), (4, 50, None), (5, 60, 0)])
    answer, _ = ask(writer, settings)
    share = answer.shares[0]
    assert (share.employees, share.employees_reached) == (40, 30)
    assert (answer.employees_unplaced, answer.enterprises_unstated) == (7, 1)
    assert share.workers is None
    anyone, people = ask(Reader(writer.connection, ANYONE), settings)
    assert people.employees is None
    assert anyone.shares[0].employees is None


def test_an_area_has_its_own_people(writer, town, settings):
    demand(writer, [(1, 100, 1, "any"), (2, 800, 2, "any"), (3, 1500, 4, "any")])
    enterprises(writer, [(1, 100, 30), (2, 1500, 10)], town, [(10, 1), (20, 2), (5, 1), (5, 2)])
    keeper = Keeper()

    def of(area: int):
        share = ask(writer, settings, keeper, area_id=area)[0].shares[1]
        return share.workers, share.workers_reached, share.employees, share.employees_reached

    assert of(10) == (3, 3, 30, 30)
    assert of(20) == (4, 0, 10, 0)
    assert of(5) == (7, 3, 40, 30)  # without a polygon it has the people of its children
    answer, _ = ask(writer, settings, keeper, area_id=30)
    share = answer.shares[1]
    assert (share.workers, share.share, share.employees, share.employee_share) == (0, None, 0, None)


def test_every_area_of_a_kind_is_told_by_code(writer, town, settings):
    demand(writer, [(1, 100, 1, "any"), (2, 800, 2, "any"), (3, 1500, 4, "any")])
    enterprises(writer, [(1, 100, 30), (2, 1500, 10)], town, [(10, 1), (20, 2)])
    answer, people = ask(writer, settings, by_area="subdistrict")
    assert [area.id for area in people.areas] == [one.area_id for one in answer.areas] == [10, 20]
    assert [one.shares[0].workers_reached for one in answer.areas] == [1, 0]
    assert [one.shares[1].workers_reached for one in answer.areas] == [3, 0]
    assert [one.shares[1].employees for one in answer.areas] == [30, 10]
    below, people = ask(writer, settings, by_area="subdistrict", area_id=5)
    assert [area.id for area in people.areas] == [10, 20]
    assert below.shares[1].workers == 7
    none, people = ask(writer, settings, by_area="subdistrict", area_id=10)
    assert none.areas == []
    no_kind, _ = ask(writer, settings, by_area="marketplace")
    assert no_kind.areas == []


def test_what_is_not_there_is_said(writer, town, settings, monkeypatch):
    demand(writer, [(1, 100, 1, "any")])
    with pytest.raises(NotFound) as told:
        ask(writer, settings, area_id=999)
    assert told.value.field == "area_id"
    monkeypatch.setattr(of_areas, "MOST_AREAS", 1)
    with pytest.raises(Invalid) as told:
        ask(writer, settings, by_area="subdistrict")
    assert told.value.field == "by_area"
    number = enterprises(writer, [(1, 100, 30)])
    with pytest.raises(Conflict, match="has not been assigned") as refused:
        ask(writer, settings, area_id=10)
    assert str(number) in refused.value.remedy


def test_without_demand_and_enterprises_there_is_no_share(writer, town, settings):
    answer, _ = ask(writer, settings)
    assert {(one.share, one.employee_share) for one in answer.shares} == {(None, None)}
    demand(writer, [])
    enterprises(writer, [])
    answer, _ = ask(writer, settings)
    share = answer.shares[0]
    assert (share.workers, share.share, share.employees, share.employee_share) == (0, None, 0, None)


def test_the_same_people_are_read_once_until_an_edition_changes(writer, town, settings):
    keeper = Keeper()
    demand(writer, [(1, 100, 1, "any")])
    one = ask(writer, settings, keeper)[1].demand
    assert ask(writer, settings, keeper)[1].demand is one
    writer.execute(text("UPDATE edition SET state = 'retired' WHERE dataset = 'demand'"))
    demand(writer, [(1, 100, 2, "any")])
    answer, people = ask(writer, settings, keeper)
    assert people.demand is not one
    assert answer.shares[0].workers == 2
