"""Planning as if some of today's stations closed: against every choice along the one street."""

import itertools
from datetime import date

import numpy as np
import pytest
from planning_desk import COUNT, WORKDAY, finished
from planning_town import metres

from geo.database import Actor
from geo.siting.plans import scenarios
from geo.siting.plans.whom import whom
from maps.siting.gather import gather
from maps.siting.words import limits

FREE = range(1, COUNT)
"""Number 12 said no."""


def reached(town, places):
    """How many places are within reach of any of these."""
    return int((metres(town.lon, np.asarray(places, float)) <= 500.0).any(axis=1).sum())


def planned(planner, **question):
    made = planner.post(
        "/api/siting/plans", json={"question": {"gap": 0, "seconds": 20, **question}}
    )
    assert made.status_code == 202, made.text
    return finished(planner, made.json()["id"])


def test_a_station_that_closes_reaches_nobody_on_the_ground(planner, town):
    told = planner.get("/api/siting/ground", params={"closing": "1"}).json()
    assert told["covered_today"] == pytest.approx(WORKDAY * reached(town, town.stations[1:]))
    assert [one["id"] for one in told["stations"]] == [2]
    assert [one["id"] for one in told["closing"]] == [1]
    assert told["closing"][0]["lon"] == pytest.approx(town.stations[0])
    whole = planner.get("/api/siting/ground").json()
    assert whole["covered_today"] == pytest.approx(WORKDAY * reached(town, town.stations))
    assert whole["closing"] == []


def test_the_best_plan_makes_up_for_a_station_that_closes(planner, town):
    told = planned(planner, sites=2, closing=[1])
    assert (told["state"], told["answer"]["status"]) == ("done", "optimal")
    choices = (town.hosts[list(some)] for some in itertools.combinations(range(COUNT - 1), 2))
    best = max(reached(town, [town.stations[1], *some]) for some in choices)
    assert told["answer"]["objective"] == pytest.approx(WORKDAY * best)
    facts = told["facts"]
    assert facts["covered_today"] == pytest.approx(WORKDAY * reached(town, town.stations[1:]))
    assert facts["covered"] == pytest.approx(WORKDAY * best)


def test_a_move_can_be_kept_as_a_plan(planner, town):
    # At weekends riders are in the market, where no station is.
    who = {"day": "weekend", "groups": ["food_rider"]}
    asked = {"question": {"seconds": 5, **who}, "kind": "move", "count": 1}
    move = planner.post("/api/siting/changes", json=asked).json()
    gone, come = [one["id"] for one in move["close"]], [one["id"] for one in move["open"]]
    assert len(gone) == len(come) == 1
    told = planned(planner, sites=1, closing=gone, lock=come, **who)
    assert told["answer"]["sites"] == come
    assert told["facts"]["covered"] == pytest.approx(move["covered_after"])
    # As the move was counted: what the set does is the same before it is kept.
    set_by_hand = {"question": {"closing": gone, **who}, "sites": come}
    does = planner.post("/api/siting/evaluate", json=set_by_hand).json()
    assert does["covered"] == pytest.approx(move["covered_after"])


def test_what_is_closed_already_closes_no_more(planner, town):
    question = {"seconds": 5, "closing": [1]}
    asked = {"question": question, "kind": "close", "count": 1}
    told = planner.post("/api/siting/changes", json=asked).json()
    assert (told["stations"], [one["id"] for one in told["close"]]) == (1, [2])
    assert told["covered_before"] == pytest.approx(WORKDAY * reached(town, town.stations[1:]))
    assert told["covered_after"] == 0


def test_a_station_that_is_none_of_todays_changes_nothing(planner, town):
    """The plan stays of use when the list in force lacks the station at last."""
    told = planner.get("/api/siting/ground", params={"closing": "987654"}).json()
    assert told["covered_today"] == pytest.approx(WORKDAY * reached(town, town.stations))
    assert told["closing"] == []


def test_the_files_of_a_plan_say_what_closes(planner):
    number = planned(planner, sites=1, closing=[1])["id"]
    # The station that closes stands on no map of the plan, that of an older plan included.
    service = planner.app.state.service
    with service.database.read(Actor("test")) as reader:
        plan = scenarios.show(reader, number)
        for known in (whom(service.planning, plan, None), None):
            made_on = date(2026, 11, 23)
            view = gather(reader, service.settings, plan, whom=known, made_on=made_on)
            assert [one[0] for one in view.stations] == [2]
            assert (view.people is None) == (known is None)
            assert "关停现有驿站 1 个，不再计入" in limits(view, "zh")
            assert "as if 1 station of today closed" in limits(view, "en")
