"""A plan that is an edit of another goes on from what that one left behind."""

import pytest
from planning_desk import best_of, covered, finished

QUESTION = {"sites": 3, "gap": 0, "seconds": 20}
"""That of the plan of these tests."""


def made(planner, **asked):
    """A plan worked out to the end; it is gone after the test."""
    answer = planner.post("/api/siting/plans", json=asked)
    assert answer.status_code == 202, answer.text
    return finished(planner, answer.json()["id"])


@pytest.fixture
def edit(planner, plan):
    """A plan without the first site of the other, begun from it."""
    gone = plan["answer"]["sites"][0]
    question = {**QUESTION, "forbid": [gone]}
    found = made(planner, question=question, begin_from=plan["id"])
    yield found
    planner.delete(f"/api/siting/plans/{found['id']}")


def test_an_edit_tells_which_plan_it_went_on_from_and_is_proved_best(planner, town, plan, edit):
    assert plan["answer"]["begun_from"] is None
    assert edit["answer"]["begun_from"] == plan["id"]
    assert edit["answer"]["status"] == "optimal"
    assert edit["answer"]["gap"] == 0
    places = [town.hosts[number - 1] for number in edit["answer"]["sites"]]
    free = set(range(1, len(town.hosts) + 1)) - set(edit["question"]["forbid"])
    agreed = [one["id"] for one in planner.get("/api/siting/ground").json()["candidates"]]
    assert covered(town, places).sum() == best_of(town, 3, sorted(free & set(agreed)))


def test_run_again_it_begins_from_nothing(planner, edit):
    answer = planner.post(f"/api/siting/plans/{edit['id']}/run")
    assert answer.status_code == 202, answer.text
    anew = finished(planner, edit["id"])
    assert anew["answer"]["begun_from"] is None
    assert anew["answer"]["objective"] == edit["answer"]["objective"]


def test_a_copy_begins_from_nothing(planner, edit):
    number = planner.post(f"/api/siting/plans/{edit['id']}/copy").json()["id"]
    assert finished(planner, number)["answer"]["begun_from"] is None
    planner.delete(f"/api/siting/plans/{number}")


def test_a_plan_that_is_gone_is_as_good_as_none(planner, plan):
    before = made(planner, question=QUESTION)
    assert planner.delete(f"/api/siting/plans/{before['id']}").status_code == 204
    found = made(planner, question=QUESTION, begin_from=before["id"])
    assert found["answer"]["begun_from"] is None
    assert found["answer"]["objective"] == plan["answer"]["objective"]
    planner.delete(f"/api/siting/plans/{found['id']}")


def test_the_plan_it_went_on_from_may_be_deleted(planner):
    before = made(planner, question=QUESTION)
    after = made(planner, question={**QUESTION, "sites": 4}, begin_from=before["id"])
    assert after["answer"]["begun_from"] == before["id"]
    assert planner.delete(f"/api/siting/plans/{before['id']}").status_code == 204
    left = planner.get(f"/api/siting/plans/{after['id']}").json()
    assert left["answer"]["sites"] == after["answer"]["sites"]
    planner.delete(f"/api/siting/plans/{after['id']}")


def test_a_place_put_on_the_map_is_kept_in_an_edit_that_moves_others(planner, town, plan):
    """Its reach is another one: of the plan before only the sites are taken."""
    lon = float(town.lon[len(town.lon) // 2])
    question = {**QUESTION, "sites": 4, "extra": [{"key": "new-1", "lon": lon, "lat": 34.75}]}
    question["lock"] = ["new-1"]
    found = made(planner, question=question, begin_from=plan["id"])
    anew = made(planner, question=question)
    assert found["answer"]["begun_from"] == plan["id"]
    assert "new-1" in found["answer"]["sites"]
    assert found["answer"]["objective"] == anew["answer"]["objective"]
    for one in (found, anew):
        planner.delete(f"/api/siting/plans/{one['id']}")


@pytest.mark.parametrize("number", [0, -1, 2**31, "x"])
def test_what_is_no_number_of_a_plan_is_refused(planner, number):
    asked = {"question": QUESTION, "begin_from": number}
    answer = planner.post("/api/siting/plans", json=asked)
    assert answer.status_code == 422
    assert "begin_from" in answer.text
