"""Several server processes: each hears of a change, and each goes on without the database."""

import json
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import rows
from databases import another_database
from served import commanded

from geo.database import Actor, Database
from geo.postgres import Cluster

pytestmark = pytest.mark.slow

ACTOR = Actor("test")
QUESTION = "/api/stations/nearest?k=1"
PLACE = {"Nuanyi-Position": "113.65,34.75"}


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    with another_database(cluster) as database:
        with database.write(ACTOR) as writer:
            rows.street(writer, rows.edition(writer, "streets"), 113.64, 113.67, 34.75)
            stations = rows.edition(writer, "stations")
            for number, lon in ((1, 113.651), (2, 113.655)):
                rows.station(writer, stations, number, lon=lon, lat=34.75, opening_hours="24/7")
        yield database


@pytest.fixture
def address(database: Database, tmp_path: Path) -> Iterator[str]:
    """The address of `nuanyi serve` with two processes."""
    environment = {
        "NUANYI_DATABASE_URL": database.url.render_as_string(hide_password=False),
        "NUANYI_STATE": str(tmp_path),
        "NUANYI_WORKERS": "2",
    }
    with commanded(tmp_path / "log", **environment) as service:
        yield service.address


def ask(where: str) -> dict:
    """One answer over a connection of its own, so that any of the processes may give it."""
    request = urllib.request.Request(where + QUESTION, headers=PLACE)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())


def nearest(where: str, times: int = 40) -> set[int]:
    return {ask(where)["stations"][0]["id"] for _ in range(times)}


def test_every_process_knows_of_a_change_after_two_seconds(address: str, database: Database):
    assert nearest(address) == {1}
    with database.write(ACTOR) as writer:
        # By hand, without a call to anybody: found by looking.
        rows.status(writer, 1, "closed", "-1 hour", None)
    time.sleep(2)
    assert nearest(address) == {2}
    with database.write(ACTOR) as writer:
        rows.status(writer, 1, "open", "-1 minute", None)
    time.sleep(2)
    assert nearest(address) == {1}
