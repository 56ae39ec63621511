"""Further questions: what to close or move, one plan for several days, capacities; and that no
answer tells of few people. Against every possible choice along the one street of the town."""

import itertools

import numpy as np
import pytest
from planning_desk import COUNT, WORKDAY, covered, finished
from planning_town import MARKET, metres

from api.siting.rearranging import BOTH_DAYS, ChangesAnswer, RobustAnswer
from geo import editions
from geo.database import Actor
from geo.siting.plans.rearranging import cases_job
from geo.siting.question import Question

FREE = range(1, COUNT)
"""Number 12 said no."""


def changes(planner, **asked):
    answer = planner.post("/api/siting/changes", json={"question": {"seconds": 5}, **asked})
    assert answer.status_code == 200, answer.text
    return ChangesAnswer.model_validate(answer.json(), extra="forbid")


def reached(town, places, of=slice(None)):
    """How many places are within reach of any of these."""
    return int((metres(town.lon, np.asarray(places)) <= 500.0).any(axis=1)[of].sum())


def test_the_station_that_is_missed_least_closes(planner, town):
    told = changes(planner, kind="close", count=1)
    today = reached(town, town.stations)
    left = [reached(town, np.delete(town.stations, gone)) for gone in (0, 1)]
    assert told.covered_before == pytest.approx(WORKDAY * today)
    assert told.covered_after == pytest.approx(WORKDAY * max(left)) == pytest.approx(told.bound)
    assert told.status == "optimal"
    assert (told.stations, told.open) == (2, [])
    loss = {one.id: one.loss for one in told.least_missed}
    assert loss == pytest.approx({n + 1: WORKDAY * (today - left[n]) for n in (0, 1)})
    assert [loss[one.id] for one in told.close] == [min(loss.values())]
    # In an area only its own stations may close; the others go on covering.
    west = changes(planner, kind="close", count=1, question={"area_id": 110, "seconds": 5})
    assert [one.id for one in west.close] == [1]
    refused = {"question": {"area_id": 110}, "kind": "close", "count": 2}
    answer = planner.post("/api/siting/changes", json=refused)
    assert (answer.status_code, "1" in answer.json()["detail"]) == (422, True)


def test_the_best_move_is_found_and_proved(planner, town):
    """At weekends riders are in the market, where no station is."""
    question = {"day": "weekend", "groups": ["food_rider"], "seconds": 5}
    told = changes(planner, kind="move", count=1, question=question)

    def value(there):
        return 20.0 * 17 * reached(town, there, of=MARKET)

    after = {
        (gone, number): value([town.stations[1 - gone], town.hosts[number - 1]])
        for gone in (0, 1)
        for number in FREE
    }
    best = max(after.values())
    assert best > value(town.stations)
    assert told.covered_after == pytest.approx(best) == pytest.approx(told.bound)
    assert (len(told.close), len(told.open)) == (1, 1)
    assert after[told.close[0].id - 1, told.open[0].id] == best


def shares(town, sites):
    """Of couriers on working days, and of riders at weekends, the share reached."""
    hit = covered(town, sites)
    return hit.mean(), hit[MARKET].mean()


def test_one_plan_does_for_working_days_and_weekends(planner, town):
    question = {"sites": 3, "seconds": 10, "gap": 0, "hours": list(range(8, 18))}
    asked = {"question": {**question, "groups": ["courier", "food_rider"]}}
    answer = planner.post("/api/siting/robust", json=asked)
    assert answer.status_code == 200, answer.text
    told = RobustAnswer.model_validate(answer.json(), extra="forbid")
    choices = [town.hosts[list(some)] for some in itertools.combinations(range(COUNT - 1), 3)]
    worst = max(min(shares(town, some)) for some in choices)
    assert told.objective == pytest.approx(worst, abs=1e-6)
    assert told.bound >= worst - 1e-6
    of_plan = shares(town, town.hosts[[int(one) - 1 for one in told.sites]])
    assert [one.share for one in told.cases] == pytest.approx(of_plan, abs=1e-6)
    for at, one in enumerate(told.cases):
        alone = max(shares(town, some)[at] for some in choices)
        assert one.alone / one.total == pytest.approx(alone)
        assert one.covered <= one.alone + 1e-6
    # The same over two editions of demand, one of them not in force.
    with town.database.read(Actor("test")) as reader:
        number = editions.require_active(reader, "demand").id
    one_case = {**asked, "days": ["workday"], "editions": [number]}
    assert planner.post("/api/siting/robust", json=one_case).status_code == 422
    strange = {**asked, "editions": [number, 10**6]}
    assert planner.post("/api/siting/robust", json=strange).status_code == 404


def test_a_subdistrict_where_people_are_on_some_days_alone_has_its_floor(planner, monkeypatch):
    asked = Question(sites=3, area_least_share=0.2, area_least_sites=1)
    planning = planner.app.state.service.planning
    days = [planning.ground(asked.model_copy(update={"day": day})) for day in BOTH_DAYS]
    west, east = days[1].districts.tolist()
    # On working days nobody is in the east.
    monkeypatch.setitem(vars(days[0]), "districts", np.array([west]))
    rules = cases_job(days, asked, "worst share").problem.rules
    assert rules.district_least_share == {west: 0.2, east: 0.2}
    assert rules.district_least_sites == {west: 1, east: 1}


def test_a_site_serves_no_more_than_its_capacity(planner, town):
    question = {"sites": 3, "capacity_per_place": 0.5, "gap": 0, "seconds": 10}
    number = planner.post("/api/siting/plans", json={"question": question}).json()["id"]
    told = finished(planner, number)
    assert told["state"] == "done", told["problem"]
    today = covered(town, [])
    useful = [n for n in FREE if (covered(town, [town.hosts[n - 1]]) & ~today).any()]
    # Host n has n places: half a person each an hour, over 17 hours.
    best = WORKDAY * today.sum() + sum(0.5 * 17 * n for n in sorted(useful)[-3:])
    assert told["answer"]["objective"] == pytest.approx(best)


def test_an_evaluation_tells_by_hour_and_which_sites_overlap(planner, town):
    # Between number 4 and a place beside it lie people whom both reach.
    beside = {"key": "x1", "lon": float(town.hosts[3] + 0.004), "lat": 34.75}
    asked = {"question": {"extra": [beside]}, "sites": [4, "x1"], "details": True}
    told = planner.post("/api/siting/evaluate", json=asked).json()
    share = covered(town, [town.hosts[3], beside["lon"]]).mean()
    assert [one["hour"] for one in told["by_hour"]] == list(range(6, 23))
    assert [one["share"] for one in told["by_hour"]] == pytest.approx([share] * 17, abs=0.03)
    near = metres(town.lon, np.array([town.hosts[3], beside["lon"]])) <= 500.0
    both = WORKDAY * near.all(axis=1).sum()
    assert both > 0
    assert [one["overlap"] for one in told["sites"]] == [
        [{"id": "x1", "people": both}], [{"id": 4, "people": both}],
    ]  # fmt: skip
    plain = planner.post("/api/siting/evaluate", json={**asked, "details": False}).json()
    assert "by_hour" not in plain


def test_no_figure_and_no_difference_of_two_tells_of_fewer_than_five(planner, town):
    question = {"hours": [3], "groups": ["driver"]}
    least = planner.get("/api/siting/ground", params={"hours": "3", "groups": "driver"}).json()[
        "demand"
    ]["least"]
    assert least == 5.0, "4 drivers at each place"

    def told(sites):
        body = planner.post("/api/siting/evaluate", json={"question": question, "sites": sites})
        return body.json()

    rng = np.random.default_rng(5)
    for _ in range(12):
        sites = rng.permutation(np.arange(1, COUNT + 1))[: rng.integers(1, 6)].tolist()
        more, less = told(sites), told(sites[1:])
        figures = [more["covered"], more["total"] - more["covered"]]
        figures += [more["covered"] - more["covered_today"], more["covered"] - less["covered"]]
        for one in more["districts"]:
            figures += [one["before"], one["after"] - one["before"], one["people"] - one["after"]]
        figures += [one[name] for one in more["sites"] for name in ("adds_last", "alone")]
        figures += [one["gain"] for one in more["gains"]]
        assert all(abs(one) < 1e-6 or one >= least - 1e-6 for one in figures), figures


def test_few_people_of_a_group_count_nowhere_so_that_no_rest_tells_them(planner):
    """Two sweepers at weekends: neither their own total nor all groups less the others."""

    def total(**asked):
        asked = {"day": "weekend", **asked}
        return planner.get("/api/siting/ground", params=asked).json()["demand"]["total"]

    assert total(groups="sanitation_worker") == 0
    assert total() == total(groups="driver") + total(groups="food_rider")
    assert total() == sum(total(hours=str(hour)) for hour in range(6, 23))


def room_of(town, numbers, today):
    """People each of these hosts serves if nobody shares them: half a person an hour for each of
    its places, of those within its reach."""
    return {
        n: min(0.5 * 17 * n, WORKDAY * int((covered(town, [town.hosts[n - 1]]) & ~today).sum()))
        for n in numbers
    }


def test_nobody_counts_as_covered_for_whom_there_is_no_room(planner, town):
    """Their reaches do not touch, so that what each serves can be told by hand."""
    question = {"sites": 3, "capacity_per_place": 0.5, "gap": 0, "seconds": 10}
    number = planner.post("/api/siting/plans", json={"question": question}).json()["id"]
    plan = finished(planner, number)
    facts, chosen = plan["facts"], plan["answer"]["sites"]
    today = covered(town, [])
    room = room_of(town, chosen, today)
    served = WORKDAY * today.sum() + sum(room.values())
    assert served < WORKDAY * covered(town, town.hosts[[n - 1 for n in chosen]]).sum()
    assert facts["room_regarded"] is True
    assert facts["covered"] == pytest.approx(served) == pytest.approx(plan["answer"]["objective"])
    assert facts["share"] == pytest.approx(served / (WORKDAY * len(town.lon)), abs=1e-6)
    assert sum(one["after"] for one in facts["districts"]) == pytest.approx(served, abs=0.2)
    few = facts["least"]
    for one in facts["sites"]:
        serves = room[one["id"]] if room[one["id"]] >= few else 0.0
        assert [one[name] for name in ("served", "adds_last", "alone")] == [serves] * 3
        assert one["capacity"] == 8.5 * one["id"]
    # While one is dragged the same holds, and of further ones what they have room for.
    asked = {"question": question, "sites": chosen}
    told = planner.post("/api/siting/evaluate", json=asked).json()
    assert told["room"]["regarded"] is True
    assert told["covered"] == pytest.approx(served)
    others = room_of(town, [one["id"] for one in told["gains"]], today)
    assert {one["id"]: one["gain"] for one in told["gains"]} == pytest.approx(
        {n: much if much >= few else 0.0 for n, much in others.items()}
    )
    # What is not defined with capacities says that it leaves them out.
    plain = {**asked, "question": {**question, "backup": 0.5}}
    told = planner.post("/api/siting/evaluate", json=plain).json()
    assert told["room"]["regarded"] is False
    assert told["covered"] > served
    told = planner.post("/api/siting/evaluate", json={"question": {}, "sites": chosen}).json()
    assert "room" not in told
