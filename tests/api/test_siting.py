"""The planner's questions over HTTP, checked against distances along the one street of the town."""

import base64
import itertools
import json

import numpy as np
import pytest
from fastapi.testclient import TestClient
from planning_desk import COUNT, WORKDAY, best_of, covered, finished
from planning_town import MARKET, WEST, metres
from served import KEY

from api.app import create_app
from api.siting.curving import CurveAnswer
from api.siting.doing import TaskList
from api.siting.evaluating import EvaluatedAnswer
from api.siting.ground import GroundAnswer
from api.siting.shown import PlanList, PlanShown
from geo.database import Actor
from geo.settings import Settings
from geo.siting.checker import check
from geo.siting.plans.running import Course
from geo.siting.plans.working import Improved


def test_the_ground_tells_people_candidates_and_what_is_covered_today(planner, town):
    ground = planner.get("/api/siting/ground").json()
    assert ground["demand"]["total"] == pytest.approx(WORKDAY * len(town.lon))
    assert sum(ground["demand"]["people"]) == pytest.approx(ground["demand"]["total"])
    today = covered(town, [])
    assert ground["covered_today"] == pytest.approx(WORKDAY * today.sum())
    assert len(ground["stations"]) == 2, "one that is for members of the house only does not count"
    alone = {one["id"]: one["alone"] for one in ground["candidates"]}
    for number, lon in enumerate(town.hosts, 1):
        assert alone[number] == pytest.approx(WORKDAY * (covered(town, [lon]) & ~today).sum())
    assert {one["id"] for one in ground["districts"]} == {110, 120}
    assert sum(one["people"] for one in ground["districts"]) == ground["demand"]["total"]


def test_people_are_those_of_the_day_the_hours_and_the_groups(planner, town):
    def total(**asked):
        return planner.get("/api/siting/ground", params=asked).json()["demand"]["total"]

    market = len(town.lon[MARKET])
    assert total(day="weekend") == pytest.approx(4.0 * 17 * len(town.lon) + 20.0 * 17 * market)
    assert total(hours="8") == pytest.approx(14.0 * len(town.lon))
    assert total(groups="courier") == pytest.approx(100.0 * len(town.lon))
    west = (town.lon < WEST + 0.07).sum()
    assert total(area_id=110, groups="courier") == pytest.approx(100.0 * west)
    assert planner.get("/api/siting/ground", params={"area_id": 999}).status_code == 404


def test_dots_never_show_few_people(planner):
    asked = {"hours": "3", "groups": "driver"}
    dots = planner.get("/api/siting/ground", params=asked).json()["demand"]
    assert min(dots["people"]) >= dots["least"] == 5.0
    assert dots["points"] < 60


def test_evaluating_tells_what_a_set_covers_and_what_each_site_adds(planner, town):
    question = {
        "radius_metres": 500,
        "extra": [{"key": "new-1", "lon": WEST + 0.054, "lat": 34.75}],
    }
    chosen = [4, "new-1", 7]
    found = planner.post("/api/siting/evaluate", json={"question": question, "sites": chosen})
    assert found.status_code == 200, found.text
    found = found.json()
    places = {4: town.hosts[3], "new-1": WEST + 0.054, 7: town.hosts[6]}
    everyone = covered(town, list(places.values()))
    assert found["covered"] == pytest.approx(WORKDAY * everyone.sum())
    for one in found["sites"]:
        rest = [lon for key, lon in places.items() if key != one["id"]]
        lost = (everyone & ~covered(town, rest)).sum()
        assert one["adds_last"] == pytest.approx(WORKDAY * lost)
    gain = {one["id"]: one["gain"] for one in found["gains"]}
    assert set(gain) == set(range(1, COUNT + 1)) - {4, 7}
    for number, more in gain.items():
        wider = covered(town, [*places.values(), town.hosts[number - 1]])
        assert more == pytest.approx(WORKDAY * (wider & ~everyone).sum())
    state = np.frombuffer(base64.b64decode(found["state"]), np.int8)
    today = covered(town, [])
    assert state.tolist() == np.where(today, 1, np.where(everyone, 2, 0)).tolist()
    assert found["cost"] == pytest.approx(1000 + 4000 + 3000), "new-1 at the middle cost"


def test_a_site_that_is_not_there_is_told(planner):
    answer = planner.post("/api/siting/evaluate", json={"question": {}, "sites": [77]})
    assert answer.status_code == 404
    assert "extra" in answer.json()["remedy"]


def test_a_plan_is_the_best_there_is_and_says_so(planner, town, plan):
    assert plan["state"] == "done", plan["problem"]
    assert plan["answer"]["status"] == "optimal"
    most = best_of(town, 3, range(1, COUNT))  # number 12 said no
    assert plan["answer"]["objective"] == pytest.approx(WORKDAY * most)
    assert plan["answer"]["bound"] == pytest.approx(plan["answer"]["objective"])
    facts = plan["facts"]
    assert facts["covered"] == pytest.approx(WORKDAY * most)
    assert facts["share"] == pytest.approx(most / len(town.lon))
    assert {one["id"] for one in facts["sites"]} == set(plan["answer"]["sites"])
    assert {one["dataset"] for one in plan["editions"]} == {
        "areas", "candidate_sites", "demand", "stations", "streets"
    }  # fmt: skip
    assert plan["editions_in_force"] is True
    again = planner.get("/api/siting/plans").json()["plans"]
    listed = [(one["sites_n"], one["by_hand"]) for one in again if one["id"] == plan["id"]]
    assert listed == [(3, False)]
    assert plan["by_hand"] is False


def test_every_site_says_why_it_is_there_and_who_could_stand_in(planner, town, plan):
    question = plan["question"]
    chosen = plan["answer"]["sites"]
    for site in plan["facts"]["sites"]:
        assert f"{site['adds_last']:,.0f}" in site["why_zh"]
        for other in site["replacements"]:
            instead = [one for one in chosen if one != site["id"]] + [other["id"]]
            asked = {"question": question, "sites": instead}
            found = planner.post("/api/siting/evaluate", json=asked).json()
            assert plan["facts"]["covered"] - found["covered"] == pytest.approx(other["loss"])


def test_the_certificate_proves_the_bound_to_whoever_has_the_pairs(planner, plan):
    proof = planner.get(f"/api/siting/plans/{plan['id']}/proof.json").json()
    arrays = [np.array(proof[name]) for name in ("weight", "demand", "site")]
    value, bound = check(*arrays, None, np.array(proof["cost"]), proof["certificate"])
    assert value == pytest.approx(plan["answer"]["objective"])
    assert bound >= plan["answer"]["objective"] - 1e-6
    assert bound < proof["weight"][0] * len(proof["weight"])


def test_events_tell_the_present_state_at_once_and_end_with_the_plan(planner, plan):
    told = planner.get(f"/api/siting/plans/{plan['id']}/events").text
    assert "event: done" in told
    data = json.loads(told.rsplit("data: ", 1)[1].split("\n")[0])
    assert data["state"] == "done"
    assert data["progress"]["gap"] == 0
    assert planner.get("/api/siting/plans/999999/events").status_code == 404


def test_the_best_plan_so_far_is_told_while_the_search_goes_on(planner, town):
    """The sites of every improvement, and no list twice."""
    question = {"sites": 4, "gap": 0, "seconds": 20, "seed": 3}
    number = planner.post("/api/siting/plans", json={"question": question}).json()["id"]
    lines = planner.get(f"/api/siting/plans/{number}/events").text.split("\n")
    events = [json.loads(one.removeprefix("data: ")) for one in lines if one.startswith("data: ")]
    lists = [one["progress"]["chosen"] for one in events if "chosen" in one["progress"]]
    assert all(one != other for one, other in itertools.pairwise(lists))
    plan = finished(planner, number)
    assert sorted(lists[-1]) == sorted(plan["answer"]["sites"]) == plan["progress"]["chosen"]
    course = Course(refs=["a", "b", "c", "own"])
    course.take(Improved(0.1, 5.0, 9.0, np.array([1, 3, 7])))
    assert (course.progress["chosen"], course.progress["objective"]) == (["b", "own"], 5.0)


def test_what_cannot_be_is_explained_in_a_sentence(planner):
    question = {"sites": 1, "area_least_share": 0.99, "seconds": 5}
    made = planner.post("/api/siting/plans", json={"question": question}).json()
    told = finished(planner, made["id"])
    assert told["answer"]["status"] == "infeasible"
    assert told["facts"] is None
    assert "99" in told["problem"]["detail_zh"]
    assert "%" in told["problem"]["detail_en"]


def test_a_drawn_arrangement_is_kept_as_it_is(planner):
    extra = {"key": "new-1", "lon": WEST + 0.054, "lat": 34.75, "name": "路口岗亭"}
    question = {"sites": 2, "lock": [7, "new-1"], "extra": [extra], "seconds": 5}
    made = planner.post("/api/siting/plans", json={"question": question}).json()
    told = finished(planner, made["id"])
    assert sorted(map(str, told["answer"]["sites"])) == ["7", "new-1"]
    drawn = next(one for one in told["facts"]["sites"] if one["id"] == "new-1")
    assert (drawn["name"], drawn["source"]) == ("路口岗亭", "map")
    twice = [1, "new-1"]
    both = {"question": {"lock": twice, "forbid": twice}, "sites": []}
    assert planner.post("/api/siting/evaluate", json=both).status_code == 422


def test_a_plan_is_named_copied_stopped_and_deleted(planner, plan):
    url = f"/api/siting/plans/{plan['id']}"
    assert planner.patch(url, json={"name": "甲"}).json()["name"] == "甲"
    copied = planner.post(url + "/copy")
    assert copied.status_code == 201
    copied = copied.json()["id"]
    assert planner.post(f"/api/siting/plans/{copied}/stop").status_code == 202
    ended = finished(planner, copied)
    assert ended["state"] in ("stopped", "done")
    assert ended["question"] == plan["question"]
    assert planner.post(f"/api/siting/plans/{copied}/run").status_code == 202
    assert finished(planner, copied)["answer"]["objective"] == plan["answer"]["objective"]
    assert planner.delete(f"/api/siting/plans/{copied}").status_code == 204
    assert planner.get(f"/api/siting/plans/{copied}").status_code == 404


def test_copies_are_numbered_whatever_they_are_copied_from(planner, plan):
    name = "很长的名字" * 24
    planner.patch(f"/api/siting/plans/{plan['id']}", json={"name": name})
    made = [planner.post(f"/api/siting/plans/{plan['id']}/copy").json() for _ in range(2)]
    made.append(planner.post(f"/api/siting/plans/{made[0]['id']}/copy").json())
    names = [planner.get(f"/api/siting/plans/{one['id']}").json()["name"] for one in made]
    assert names == [name[:116] + f" ({number})" for number in (2, 3, 4)]
    planner.patch(f"/api/siting/plans/{plan['id']}", json={"name": plan["name"]})
    for one in made:
        planner.delete(f"/api/siting/plans/{one['id']}")


def test_a_plan_nobody_works_at_any_more_is_interrupted_and_can_run_again(planner, town, plan):
    with town.database.write(Actor("test")) as writer:
        lost = writer.scalar(
            "INSERT INTO siting_plan (name, question, created_by, state, started_at, beat_at) "
            "SELECT 'lost', question, 'test', 'running', now(), now() - interval '1 hour' "
            "FROM siting_plan WHERE id = :id RETURNING id",
            id=plan["id"],
        )
    assert planner.get(f"/api/siting/plans/{lost}").json()["state"] == "interrupted"
    assert planner.post(f"/api/siting/plans/{lost}/run").status_code == 202
    assert finished(planner, lost)["state"] == "done"


def test_the_curve_is_the_best_for_every_number(planner, town):
    asked = {"question": {"seconds": 5}, "up_to": 4}
    curve = planner.post("/api/siting/curve", json=asked).json()
    assert [one["sites"] for one in curve["points"]] == [1, 2, 3, 4]
    for point in curve["points"]:
        most = WORKDAY * best_of(town, point["sites"], range(1, COUNT))
        assert point["value"] <= most + 1e-6 <= point["bound"] + 2e-6
        assert point["value"] >= 0.97 * most
    # By budget: numbers 1 to 11 cost 1,000 to 4,000, number 5 the middle of them.
    asked = {"question": {"seconds": 5}, "budgets": [500, 2000, 4000]}
    curve = planner.post("/api/siting/curve", json=asked).json()
    cost = {n: 3000.0 if n == 5 else 1000.0 * (1 + n % 4) for n in range(1, COUNT)}
    today = covered(town, [])
    for point, budget in zip(curve["points"], (500, 2000, 4000), strict=True):
        plans = [
            some
            for count in range(4)
            for some in itertools.combinations(cost, count)
            if sum(cost[n] for n in some) <= budget
        ]
        each = [covered(town, town.hosts[[n - 1 for n in some]]) | today for some in plans]
        most = WORKDAY * max(hit.sum() for hit in each)
        assert (point["budget"], point["cost"] <= budget) == (budget, True)
        assert point["value"] <= most + 1e-6 <= point["bound"] + 2e-6
        assert point["value"] >= 0.97 * most
    medians = {"question": {"model": "p-median", "sites": 3}, "up_to": 4}
    assert planner.post("/api/siting/curve", json=medians).status_code == 422


def test_a_question_without_number_or_budget_is_refused(planner):
    told = planner.post("/api/siting/plans", json={"question": {}})
    assert told.status_code == 422
    assert "budget" in told.json()["remedy"]


def test_plans_are_behind_the_key_and_other_sites_cannot_make_any(town, tmp_path):
    keyed = create_app(Settings(state=tmp_path, key=KEY), town.database)
    with TestClient(keyed, base_url="https://nuanyi.example") as stranger:
        assert stranger.get("/api/siting/plans").status_code == 401
        assert stranger.get("/api/siting/ground").status_code == 401
        answer = stranger.post(
            "/api/siting/plans",
            json={"question": {"sites": 1}},
            headers={
                "Authorization": b"Bearer " + KEY.encode(),
                "Sec-Fetch-Site": "cross-site",
            },
        )
        assert answer.status_code == 403


@pytest.mark.parametrize(
    ("model", "more"),
    [("set-cover", {"share": 0.6}), ("p-median", {"sites": 3}), ("p-centre", {"sites": 3})],
)
def test_the_other_models_answer_with_a_proof_too(planner, town, model, more):
    question = {"model": model, "gap": 0, "seconds": 15, **more}
    made = planner.post("/api/siting/plans", json={"question": question}).json()
    told = finished(planner, made["id"])
    assert told["state"] == "done", told["problem"]
    assert told["answer"]["status"] == "optimal", told["answer"]
    chosen = told["answer"]["sites"]
    far = metres(town.lon, np.concatenate((town.stations, town.hosts[[n - 1 for n in chosen]])))
    every = metres(town.lon, np.concatenate((town.stations, town.hosts)))
    if model == "set-cover":
        fewest = min(
            count
            for count in range(COUNT)
            if best_of(town, count, range(1, COUNT)) >= 0.6 * len(town.lon)
        )
        assert told["facts"]["share"] >= 0.6
        costs = [1000.0 * (1 + n % 4) if n != 5 else None for n in chosen]
        assert len(chosen) >= fewest
        assert told["answer"]["objective"] <= sum(3000.0 if c is None else c for c in costs) + 1e-6
    elif model == "p-median":
        walk = np.minimum(far.min(axis=1), 2000.0)
        assert told["answer"]["objective"] == pytest.approx(WORKDAY * walk.sum(), rel=1e-3)
    else:
        assert told["answer"]["objective"] >= every.min(axis=1).max() * 0.999


def test_what_is_answered_has_the_documented_shape(planner, plan):
    def told(path, model, **body):
        answer = planner.post(path, json=body) if body else planner.get(path)
        model.model_validate(answer.json(), extra="forbid")

    told("/api/siting/ground", GroundAnswer)
    told("/api/siting/evaluate", EvaluatedAnswer, question={"sites": 2}, sites=[1, 2])
    told("/api/siting/curve", CurveAnswer, question={"seconds": 5}, up_to=2)
    told(f"/api/siting/plans/{plan['id']}", PlanShown)
    told("/api/siting/plans", PlanList)
    told("/api/siting/tasks", TaskList)
