"""The planner's API over the town along one street, for the tests of the folder tests/api: one
service and one town for all of them."""

import itertools
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from planning_town import COUNT, a_town, metres
from served import LOCAL

from api.app import create_app
from geo import editions
from geo.database import Actor
from geo.postgres import Cluster
from geo.settings import Settings

WORKDAY = 10.0 * 10 + 4.0 * 17
"""People of each place on a workday from 6 to 22, summed over the hours."""


@pytest.fixture(scope="session")
def town(cluster: Cluster) -> Iterator[SimpleNamespace]:
    """The town; plans may be made in its database, its stations stay as they are."""
    with a_town(cluster) as found:
        yield found


@pytest.fixture(scope="session")
def planner(town: SimpleNamespace, tmp_path_factory: Any) -> Iterator[TestClient]:
    """Somebody who may plan there."""
    app = create_app(Settings(state=tmp_path_factory.mktemp("planner")), town.database)
    with TestClient(app, base_url=LOCAL) as client:
        yield client


@pytest.fixture(scope="session")
def plan(planner: TestClient) -> dict[str, Any]:
    """Three new sites, worked out to the end."""
    asked = {"name": "三个新站", "question": {"sites": 3, "gap": 0, "seconds": 20}}
    made = planner.post("/api/siting/plans", json=asked)
    assert made.status_code == 202, made.text
    assert made.headers["location"] == made.json()["url"]
    return finished(planner, made.json()["id"])


def covered(town: SimpleNamespace, sites: Any, radius: float = 500.0) -> Any:
    """(n,) whether each place is within reach of a site or a station of today."""
    there = np.concatenate((town.stations, np.asarray(sites, float)))
    return (metres(town.lon, there) <= radius).any(axis=1)


def finished(planner: TestClient, plan_id: int, seconds: float = 240.0) -> dict[str, Any]:
    """The plan once it has ended, and it was looked around it."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        plan: dict[str, Any] = planner.get(f"/api/siting/plans/{plan_id}").json()
        looking = ((plan["facts"] or {}).get("steady") or {}).get("looking")
        if plan["state"] not in ("waiting", "running") and not looking:
            return plan
        time.sleep(0.05)
    raise AssertionError(f"not finished: {plan}")


def best_of(town: SimpleNamespace, count: int, free: Any) -> int:
    """The most places that so many candidates newly cover, by looking at every choice."""
    today = covered(town, [])
    reached = metres(town.lon, town.hosts) <= 500.0
    return max(
        int((reached[:, list(some)].any(axis=1) | today).sum())
        for some in itertools.combinations([number - 1 for number in free], count)
    )


__all__ = ["COUNT", "WORKDAY", "best_of", "covered", "finished", "plan", "planner", "town"]


@pytest.fixture
def stations_as_they_were(planner, town):
    """The edition of stations in force is put back afterwards, and known again."""
    # What a test before this one changed may not be heard yet.
    usual = WORKDAY * covered(town, []).sum()
    today_when(planner, lambda today: today == pytest.approx(usual))
    before = planner.get("/api/siting/ground").json()
    (number,) = [one["id"] for one in before["editions"] if one["dataset"] == "stations"]
    yield before["covered_today"]
    with town.database.write(Actor("test")) as writer:
        editions.set_active(writer, number)
        writer.execute("DELETE FROM siting_task")
    assert today_when(planner, lambda today: today == before["covered_today"])


def today_when(planner, fits):
    """Who is covered today, once that fits: every process hears of a change in a moment."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        today = planner.get("/api/siting/ground").json()["covered_today"]
        if fits(today):
            return today
        time.sleep(0.05)
    raise AssertionError(today)
