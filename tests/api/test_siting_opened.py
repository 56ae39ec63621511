"""Plans of before, and of now, once hosts of a plan have become stations."""

from dataclasses import replace

import pyogrio
import pytest
from planning_desk import finished, today_when

from geo.database import Actor
from geo.siting.plans import scenarios
from geo.siting.plans.whom import whom


def test_a_plan_shows_whom_it_reached_after_its_first_station_has_opened(
    planner, town, stations_as_they_were, tmp_path
):
    """Stations are others now, people and areas are not."""
    asked = {"question": {"sites": 2, "seconds": 5}}
    number = planner.post("/api/siting/plans", json=asked).json()["id"]
    plan = finished(planner, number)

    def dots() -> list[tuple]:
        content = planner.get(f"/api/siting/plans/{number}.gpkg").content
        (tmp_path / "plan.gpkg").write_bytes(content)
        told = pyogrio.read_dataframe(tmp_path / "plan.gpkg", layer="people")
        places = told.geometry.x, told.geometry.y
        return sorted(zip(*places, told["people"], told["state"], strict=True))

    before = dots()
    covered = sum(people for _, _, people, state in before if state)
    assert covered == pytest.approx(plan["facts"]["covered"])
    tasks = planner.post(f"/api/siting/plans/{number}/tasks", json={}).json()["tasks"]
    planner.patch(f"/api/siting/tasks/{tasks[0]['id']}", json={"state": "opened"})
    today_when(planner, lambda today: today != stations_as_they_were)
    assert planner.get(f"/api/siting/plans/{number}").json()["editions_in_force"] is False
    assert dots() == before
    service = planner.app.state.service
    with service.database.read(Actor("test")) as reader:
        plan, kept = scenarios.show(reader, number), scenarios.reached_of(reader, number)
    assert whom(service.planning, plan, kept).in_force is False
    assert whom(service.planning, plan, None) is None
    others = [one | {"id": one["id"] - (one["dataset"] == "demand")} for one in plan.editions]
    assert whom(service.planning, replace(plan, editions=others), kept) is None


def test_a_host_that_is_a_station_by_now_is_no_new_site(planner, stations_as_they_were):
    number = planner.post("/api/siting/plans", json={"question": {"sites": 3}}).json()["id"]
    finished(planner, number)
    task = planner.post(f"/api/siting/plans/{number}/tasks", json={}).json()["tasks"][0]
    host = int(task["site"])
    planner.patch(f"/api/siting/tasks/{task['id']}", json={"state": "opened"})
    today_when(planner, lambda today: today != stations_as_they_were)
    # It stands, whatever is noted of it in the task of another plan.
    copied = planner.post(f"/api/siting/plans/{number}/copy").json()["id"]
    with planner.app.state.service.database.write(Actor("test")) as writer:
        writer.execute(
            "INSERT INTO siting_task (plan_id, site, candidate_id, name, lon, lat, state, "
            "changed_by) SELECT :copied, site, candidate_id, name, lon, lat, 'declined', "
            "changed_by FROM siting_task WHERE id = :id",
            {"copied": copied, "id": task["id"]},
        )
    there = planner.get("/api/siting/ground").json()["candidates"]
    assert {one["id"] for one in there if one["opened"]} == {host}
    question = {"sites": 3, "lock": [host], "seconds": 5}
    made = planner.post("/api/siting/plans", json={"question": question}).json()["id"]
    plan = finished(planner, made)
    assert host not in plan["answer"]["sites"]
    assert (
        f"{task['name']} has to be in it, and is a station by now." in plan["answer"]["relaxed_en"]
    )
    for site in plan["facts"]["sites"]:
        assert host not in [one["id"] for one in site["replacements"]]
    drawn = {"question": {"sites": 3}, "sites": [host]}
    (broken,) = planner.post("/api/siting/evaluate", json=drawn).json()["broken"]
    assert (broken["code"], broken["sites"]) == ("opened", [host])
