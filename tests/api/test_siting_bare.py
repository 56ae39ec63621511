"""Planning where little is known: hosts that state neither cost nor capacity, and a quarter with a
station and no host."""

import pytest
import rows
from fastapi.testclient import TestClient
from planning_desk import finished
from planning_town import LAT, WEST, a_town
from served import LOCAL

from api.app import create_app
from geo.database import Actor
from geo.settings import Settings

QUARTER = 500


@pytest.fixture(scope="module")
def desk(cluster, tmp_path_factory):
    """A planner in the town along one street, of whose hosts nothing is known; the one beside the
    first station is gone."""
    with a_town(cluster) as town:
        with town.database.write(Actor("test")) as writer:
            writer.execute("UPDATE candidate_site SET cost = NULL, capacity = NULL", {})
            writer.execute("DELETE FROM candidate_site WHERE id = 2", {})
            rows.area(
                writer, town.areas, QUARTER, rows.square(WEST + 0.015, LAT - 0.005, 0.01),
                kind="commercial_district", code=None,
            )  # fmt: skip
        app = create_app(Settings(state=tmp_path_factory.mktemp("bare")), town.database)
        with TestClient(app, base_url=LOCAL) as client:
            yield client


def test_where_no_host_states_a_cost_it_is_said_that_each_counts_as_one(desk):
    asked = {"question": {"budget": 2, "gap": 0, "seconds": 5}}
    plan = finished(desk, desk.post("/api/siting/plans", json=asked).json()["id"])
    assert len(plan["answer"]["sites"]) == 2
    said = " ".join(plan["answer"]["relaxed"])
    assert "No candidate states a cost; each counts as 1." in said
    assert "the middle one was taken" not in said


def test_a_station_can_close_where_no_host_is(desk):
    question = {"area_id": QUARTER, "seconds": 5}
    asked = {"question": question, "kind": "close", "count": 1}
    told = desk.post("/api/siting/changes", json=asked)
    assert told.status_code == 200, told.text
    assert [one["id"] for one in told.json()["close"]] == [1]
    told = desk.post("/api/siting/changes", json=asked | {"kind": "move"})
    assert (told.status_code, "no candidates" in told.json()["detail"]) == (422, True)


def test_closing_looks_at_no_room(desk):
    question = {"seconds": 5, "capacity_per_place": 3}
    asked = {"question": question, "kind": "close", "count": 1}
    told = desk.post("/api/siting/changes", json=asked)
    assert told.status_code == 200, told.text
