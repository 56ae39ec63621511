"""A plan made into stations: hosts that agree, open, and are set right afterwards."""

import threading

import pytest
import rows
from planning_desk import finished, today_when

from geo import editions
from geo.database import Actor
from geo.errors import Conflict
from geo.siting.ground.planning import Planning
from geo.siting.plans import opening


def test_a_site_that_opens_becomes_a_station_that_people_find(planner, stations_as_they_were):
    before = stations_as_they_were
    number = planner.post(
        "/api/siting/plans", json={"question": {"sites": 2, "seconds": 5}}
    ).json()["id"]
    plan = finished(planner, number)
    made = planner.post(f"/api/siting/plans/{number}/tasks", json={})
    assert made.status_code == 201
    made = made.json()["tasks"]
    assert [one["state"] for one in made] == ["proposed", "proposed"]
    again = planner.post(f"/api/siting/plans/{number}/tasks", json={}).json()["tasks"]
    assert [one["id"] for one in again] == [one["id"] for one in made]
    task = made[0]
    url = f"/api/siting/tasks/{task['id']}"
    noted = planner.patch(url, json={"state": "agreed", "note": "店长同意"}).json()
    assert (noted["state"], noted["note"]) == ("agreed", "店长同意")
    station = planner.patch(url, json={"state": "opened"}).json()["station_id"]
    found = planner.get(f"/api/stations/{station}").json()
    assert found["station"]["name"] == task["name"]
    # What the register knows: water everywhere, a toilet at even numbers, whatever the form says.
    toilet = ["toilet"] if int(task["site"]) % 2 == 0 else []
    assert set(found["station"]["services"]) == {"drinking_water", "meal_heating", *toilet}
    site = next(one for one in plan["facts"]["sites"] if str(one["id"]) == task["site"])
    today = today_when(planner, lambda today: today != before)
    assert today - before == pytest.approx(site["alone"])
    assert planner.patch(url, json={"state": "declined"}).status_code == 409
    listed = planner.get("/api/siting/tasks", params={"state": "opened"}).json()["tasks"]
    assert [one["id"] for one in listed] == [task["id"]]
    assert planner.get(f"/api/siting/plans/{number}").json()["editions_in_force"] is False
    assert planner.get(f"/api/siting/plans/{number}/report.pdf").status_code == 200


def opened(planner, extra, **facts):
    """(the task of a place put on the map by hand, the answer to its opening)."""
    question = {"sites": 1, "seconds": 5, "lock": [extra["key"]], "extra": [extra]}
    made = planner.post("/api/siting/plans", json={"question": question}).json()["id"]
    finished(planner, made)
    (task,) = planner.post(f"/api/siting/plans/{made}/tasks", json={}).json()["tasks"]
    return task, planner.patch(f"/api/siting/tasks/{task['id']}", json={"state": "opened", **facts})


def test_a_place_of_nobody_opens_with_the_hours_and_services_that_are_stated(
    planner, town, stations_as_they_were
):
    place = {"key": "x1", "lon": float(town.hosts[0]), "lat": 34.75, "name": "路口岗亭"}
    task, answer = opened(
        planner, place, hours_text=" 8:00-20:00 ", services=["rest", "hot_water", "rest"]
    )
    assert (task["hours_text"], task["opening_hours"], task["services"]) == (None, None, [])
    told = answer.json()
    assert (told["hours_text"], told["services"]) == ("8:00-20:00", ["hot_water", "rest"])
    station = planner.get(f"/api/stations/{told['station_id']}").json()["station"]
    assert (station["hours_text"], station["services"]) == ("8:00-20:00", ["hot_water", "rest"])
    assert told["opening_hours"] == station["opening_hours"] == "08:00-20:00"


def stations_in_force(town):
    """The edition, and what it says of each station."""
    with town.database.read(Actor("test")) as reader:
        number = editions.require_active(reader, "stations").id
        found = reader.all(
            "SELECT id, hours_text, opening_hours, services, source_key FROM station "
            "WHERE edition_id = :number",
            number=number,
        )
    return number, {row.id: row for row in found}


def test_hours_and_services_of_a_station_that_opened_can_be_set_right(
    planner, town, stations_as_they_were
):
    place = {"key": "x1", "lon": float(town.hosts[0]), "lat": 34.75, "name": "路口岗亭"}
    task, answer = opened(planner, place, hours_text="8:00-20:00", services=["rest", "hot_water"])
    station = answer.json()["station_id"]
    url = f"/api/siting/tasks/{task['id']}"
    first, before = stations_in_force(town)
    told = planner.patch(url, json={"hours_text": "24小时", "services": ["rest"]}).json()
    assert (told["opening_hours"], told["services"]) == ("24/7", ["rest"])
    second, after = stations_in_force(town)
    assert second != first
    shown = planner.get(f"/api/stations/{station}").json()["station"]
    assert (shown["opening_hours"], shown["services"]) == ("24/7", ["rest"])
    assert {key: row for key, row in after.items() if key != station} == {
        key: row for key, row in before.items() if key != station
    }
    # A note is no change of the station, hours that are not understood change nothing at all.
    assert planner.patch(url, json={"note": "店长换了"}).status_code == 200
    assert planner.patch(url, json={"hours_text": "看情况", "note": "x"}).status_code == 422
    assert (
        planner.get("/api/siting/tasks", params={"plan_id": task["plan_id"]}).json()["tasks"][0][
            "note"
        ]
        == "店长换了"
    )
    assert stations_in_force(town) == (second, after)
    # Back as it was: one more edition, with what it said at first.
    planner.patch(url, json={"hours_text": "8:00-20:00", "services": ["rest", "hot_water"]})
    third, again = stations_in_force(town)
    assert third not in (first, second)
    assert again == before


def test_what_a_list_says_of_a_station_is_set_right_in_the_list(
    planner, town, stations_as_they_were
):
    place = {"key": "x1", "lon": float(town.hosts[0]), "lat": 34.75, "name": "路口岗亭"}
    task, answer = opened(planner, place, hours_text="8:00-20:00", services=["rest"])
    number, _ = stations_in_force(town)
    with town.database.write(Actor("test")) as writer:
        writer.execute(
            "UPDATE station SET source_key = '17' WHERE edition_id = :number AND id = :station",
            {"number": number, "station": answer.json()["station_id"]},
        )
    refused = planner.patch(f"/api/siting/tasks/{task['id']}", json={"services": []})
    assert refused.status_code == 409
    assert "import it again" in refused.json()["remedy"]
    kept = planner.get("/api/siting/tasks", params={"plan_id": task["plan_id"]}).json()["tasks"][0]
    assert kept["services"] == ["rest"], "what was refused is not kept either"
    assert stations_in_force(town)[0] == number


def test_a_station_that_the_list_in_force_lacks_is_there_again_when_it_is_set_right(
    planner, town, stations_as_they_were
):
    older, before = stations_in_force(town)
    place = {"key": "x1", "lon": float(town.hosts[0]), "lat": 34.75, "name": "路口岗亭"}
    task, answer = opened(planner, place, hours_text="8:00-20:00", services=["rest"])
    station = answer.json()["station_id"]
    with town.database.write(Actor("test")) as writer:
        editions.set_active(writer, older)
    told = planner.patch(f"/api/siting/tasks/{task['id']}", json={"hours_text": "24小时"}).json()
    assert (told["opening_hours"], told["services"]) == ("24/7", ["rest"])
    _, after = stations_in_force(town)
    assert after.pop(station).opening_hours == "24/7"
    assert after == before


def test_two_who_change_a_task_at_once_take_turns(planner, town, stations_as_they_were):
    number = planner.post(
        "/api/siting/plans", json={"question": {"sites": 1, "seconds": 5}}
    ).json()["id"]
    finished(planner, number)
    (task,) = planner.post(f"/api/siting/plans/{number}/tasks", json={}).json()["tasks"]
    settings, answers = planner.app.state.service.settings, []

    def decline():
        try:
            with town.database.write(Actor("other")) as writer:
                opening.change_task(writer, settings, task["id"], state="declined")
        except Conflict as error:
            answers.append(error)

    other = threading.Thread(target=decline)
    with town.database.write(Actor("test")) as writer:
        opening.change_task(writer, settings, task["id"], state="opened")
        other.start()
        other.join(0.5)
        assert other.is_alive(), "it waits"
    other.join(30)
    assert len(answers) == 1, "a station cannot decline"
    (told,) = planner.get("/api/siting/tasks", params={"plan_id": number}).json()["tasks"]
    assert told["state"] == "opened"


def test_what_is_so_already_makes_no_edition(planner, town, stations_as_they_were):
    place = {"key": "x1", "lon": float(town.hosts[0]), "lat": 34.75, "name": "路口岗亭"}
    facts = {"hours_text": "8:00-20:00", "services": ["rest"]}
    task, _ = opened(planner, place, **facts)
    now = stations_in_force(town)
    for _ in range(2):
        assert planner.patch(f"/api/siting/tasks/{task['id']}", json=facts).status_code == 200
    assert stations_in_force(town) == now


def test_a_host_of_two_plans_is_one_station_that_either_task_sets_right(
    planner, town, stations_as_they_were
):
    place = {"key": "x1", "lon": float(town.hosts[0]), "lat": 34.75, "name": "路口岗亭"}
    first, answer = opened(planner, place, hours_text="8:00-20:00", services=["rest"])
    second, again = opened(planner, place, hours_text="9:00-18:00")
    with town.database.write(Actor("test")) as writer:
        # The same host: both are one station.
        writer.execute(
            "UPDATE siting_task SET station_id = :station WHERE id = :id",
            {"station": answer.json()["station_id"], "id": second["id"]},
        )
    told = planner.patch(
        f"/api/siting/tasks/{second['id']}", json={"hours_text": "7:00-19:00"}
    ).json()
    assert (told["opening_hours"], told["services"]) == ("07:00-19:00", ["rest"])
    tasks = planner.get("/api/siting/tasks", params={"plan_id": first["plan_id"]}).json()["tasks"]
    assert tasks[0]["opening_hours"] == "07:00-19:00", "of both it is told what their station says"
    assert again.status_code == 200


def test_what_the_register_says_later_changes_no_station_behind_its_back(
    planner, town, stations_as_they_were
):
    number = planner.post(
        "/api/siting/plans", json={"question": {"sites": 1, "seconds": 5}}
    ).json()["id"]
    finished(planner, number)
    (task,) = planner.post(f"/api/siting/plans/{number}/tasks", json={}).json()["tasks"]
    url = f"/api/siting/tasks/{task['id']}"
    told = planner.patch(url, json={"state": "opened"}).json()
    actor = Actor("test")
    with town.database.write(actor) as writer:
        register = editions.require_active(writer, "candidate_sites").id
        asked = {"register": register, "host": task["candidate_id"]}
        before = writer.first(
            "SELECT hours_text, opening_hours FROM candidate_site "
            "WHERE edition_id = :register AND id = :host",
            **asked,
        )
        writer.execute(
            "UPDATE candidate_site SET hours_text = '3:00-4:00', opening_hours = '03:00-04:00' "
            "WHERE edition_id = :register AND id = :host",
            asked,
        )
    try:
        (shown,) = planner.get("/api/siting/tasks", params={"plan_id": number}).json()["tasks"]
        assert shown["opening_hours"] == told["opening_hours"]
        set_right = planner.patch(url, json={"services": ["rest"]}).json()
        assert (set_right["opening_hours"], set_right["services"]) == (
            told["opening_hours"],
            ["rest"],
        )
        station = planner.get(f"/api/stations/{told['station_id']}").json()["station"]
        assert station["opening_hours"] == told["opening_hours"]
    finally:
        with town.database.write(actor) as writer:
            writer.execute(
                "UPDATE candidate_site SET hours_text = :hours, opening_hours = :form "
                "WHERE edition_id = :register AND id = :host",
                {**asked, "hours": before.hours_text, "form": before.opening_hours},
            )


@pytest.mark.parametrize(
    ("facts", "words"),
    [({"hours_text": "看情况"}, "not understood"), ({"services": ["sauna"]}, "services")],
)
def test_hours_or_services_that_cannot_be_open_nothing(planner, town, facts, words):
    place = {"key": "x1", "lon": float(town.hosts[0]), "lat": 34.75}
    task, refused = opened(planner, place, **facts)
    assert refused.status_code == 422
    assert words in refused.text
    after = planner.get("/api/siting/tasks", params={"plan_id": task["plan_id"]}).json()["tasks"]
    assert [(one["state"], one["services"], one["hours_text"]) for one in after] == [
        ("proposed", [], None)
    ]


def test_what_is_stated_of_a_host_comes_before_the_register_until_it_is_taken_back(planner, plan):
    made = planner.post(f"/api/siting/plans/{plan['id']}/tasks", json={}).json()["tasks"][0]
    url = f"/api/siting/tasks/{made['id']}"
    assert "drinking_water" in made["services"]
    told = planner.patch(url, json={"hours_text": "周一至周五 9:00-18:00", "services": []}).json()
    assert (told["hours_text"], told["services"]) == ("周一至周五 9:00-18:00", [])
    assert told["opening_hours"].startswith("Mo-Fr 09:00-18:00")
    back = planner.patch(url, json={"hours_text": ""}).json()
    assert back["hours_text"] == made["hours_text"]
    assert back["opening_hours"] == made["opening_hours"]


def test_what_a_host_offers_is_told_by_the_register_in_force(planner, town, plan):
    made = planner.post(f"/api/siting/plans/{plan['id']}/tasks", json={}).json()["tasks"][0]
    actor = Actor("test")
    with town.database.write(actor) as writer:
        number = editions.require_active(writer, "candidate_sites").id
        later = rows.edition(writer, "candidate_sites", state="retired")
        columns = "id, name, host_type, location, located_by, source, hours_text, opening_hours"
        writer.execute(
            f"INSERT INTO candidate_site (edition_id, {columns}) SELECT :later, id, name, "
            "host_type, location, located_by, source, '24小时', '24/7' FROM candidate_site "
            "WHERE edition_id = :number",
            {"later": later, "number": number},
        )
    task = {"plan_id": plan["id"]}
    (told, *_) = planner.get("/api/siting/tasks", params=task).json()["tasks"]
    assert (told["opening_hours"], told["services"]) == (made["opening_hours"], made["services"])
    with town.database.write(actor) as writer:
        editions.set_active(writer, later)
    try:
        (told, *_) = planner.get("/api/siting/tasks", params=task).json()["tasks"]
        assert (told["opening_hours"], told["services"]) == ("24/7", [])
    finally:
        with town.database.write(actor) as writer:
            editions.set_active(writer, number)


def test_a_host_that_declined_is_in_no_further_plan_until_it_agrees(planner, town):
    question = {"sites": 2, "gap": 0, "seconds": 5}

    def solved(**more):
        made = planner.post("/api/siting/plans", json={"question": {**question, **more}}).json()
        return finished(planner, made["id"])

    before = solved()
    made = planner.post(f"/api/siting/plans/{before['id']}/tasks", json={}).json()["tasks"]
    site = {str(one["id"]): one for one in before["facts"]["sites"]}
    for task in made:
        assert task["replacements"] == site[task["site"]]["replacements"]
    gone = made[0]
    url, host = f"/api/siting/tasks/{gone['id']}", int(gone["site"])
    planner.patch(url, json={"state": "declined"})
    after = solved()
    assert host not in after["answer"]["sites"]
    assert after["answer"]["objective"] <= before["answer"]["objective"]
    others = {one["id"] for task in made[1:] for one in task["replacements"]}
    again = planner.get("/api/siting/tasks", params={"plan_id": before["id"]}).json()["tasks"]
    left = {one["id"] for task in again[1:] for one in task["replacements"]}
    assert left == others - {host}
    told = planner.post("/api/siting/evaluate", json={"question": {}, "sites": [host]}).json()
    assert [one["code"] for one in told["broken"]] == ["declined"]
    ground = planner.get("/api/siting/ground").json()
    assert {one["id"]: one["agreed"] for one in ground["candidates"]}[host] is False
    # It agrees after all, though the register may never have asked it.
    planner.patch(url, json={"state": "agreed"})
    assert solved()["answer"] | {"seconds": 0} == before["answer"] | {"seconds": 0}
    told = planner.post(
        "/api/siting/evaluate", json={"question": {"agreed_only": True}, "sites": [host]}
    ).json()
    assert told["broken"] == []
    # A register that is put in force later, and knows, has the last word.
    planner.patch(url, json={"state": "declined"})
    with town.database.write(Actor("test")) as writer:
        number = editions.require_active(writer, "candidate_sites").id
        known = writer.scalar(
            "SELECT agreed FROM candidate_site WHERE edition_id = :e AND id = :id",
            e=number, id=host,
        )  # fmt: skip
        writer.execute(
            "UPDATE candidate_site SET agreed = true WHERE edition_id = :e AND id = :id",
            {"e": number, "id": host},
        )
        writer.execute(
            "UPDATE siting_task SET changed_at = changed_at - interval '30 days' WHERE id = :id",
            {"id": gone["id"]},
        )
    city = Planning(town.database, planner.app.state.service.finder).city()
    assert city.hosts.agreed[city.hosts.ids.tolist().index(host)] == 1
    with town.database.write(Actor("test")) as writer:
        writer.execute(
            "UPDATE candidate_site SET agreed = :known WHERE edition_id = :e AND id = :id",
            {"e": number, "id": host, "known": known},
        )
        writer.execute("DELETE FROM siting_task WHERE plan_id = :id", {"id": before["id"]})
