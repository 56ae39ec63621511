"""What changes is told to everybody who listens, at once, and listening costs nothing."""

import http.client
import json
import signal
import threading
import time
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import union_town
from databases import another_database
from served import KEY, commanded, running
from union_town import AS_OF, TODAY

from api import broadcast
from api.app import create_app
from geo.coverage.targets import read_targets
from geo.database import Actor
from geo.enterprises.changes import note_change
from geo.imports import activation
from geo.settings import Settings

ACTOR = Actor("test")
SOON = 1.0


@pytest.fixture
def town(cluster):
    """The town in a database with two connections only."""
    with another_database(cluster, pool_size=2) as database:
        built = union_town.in_town(database, ACTOR)
        yield database, built


@pytest.fixture
def address(town, tmp_path):
    database, _ = town
    with running(create_app(Settings(state=tmp_path, pool_size=2), database)) as address:
        yield address


class Listener:
    """One who listens to /api/live over real HTTP."""

    def __init__(self, address: str, headers: dict | None = None) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
        self.connection.request("GET", "/api/live", headers=headers or {})
        self.answer = self.connection.getresponse()

    def lines(self) -> list[str]:
        """One block of the stream."""
        found = []
        while line := self.answer.readline().decode().rstrip("\n"):
            found.append(line)
        return found

    def state(self) -> dict:
        """The next state that is told."""
        while True:
            told = dict(line.split(": ", 1) for line in self.lines() if not line.startswith(":"))
            if told.get("event") == "state":
                return json.loads(told["data"]) | {"event id": told["id"]}

    def close(self) -> None:
        self.connection.close()


def note(town, unit, state):
    database, built = town
    with database.write(ACTOR) as writer:
        return note_change(writer, read_targets(built.settings), unit, state, today=TODAY)


def test_a_listener_hears_what_is_in_force_and_every_change_of_it(town, address):
    database, built = town
    listener = Listener(address)
    assert listener.answer.status == 200
    assert listener.answer.headers["content-type"].startswith("text/event-stream")
    assert listener.answer.headers["cache-control"] == "no-store"
    first = listener.state()
    assert (first["enterprises"], first["areas"]) == (built.enterprises, built.areas)
    assert first["as_of"] == AS_OF.isoformat()
    change = note(town, 8, "own")
    began = time.monotonic()
    told = listener.state()
    took = time.monotonic() - began
    assert took < SOON
    assert told["version"] > first["version"]
    assert told["event id"] == str(told["version"])
    assert change.holds
    with database.write(ACTOR) as writer:
        units = [union_town.unit(number) for number in range(1, 9)]
        later = union_town.later_edition(writer, built, AS_OF + timedelta(days=9), units)
    activation.activate(database, ACTOR, built.settings, later)
    while told["enterprises"] != later:
        told = listener.state()
    listener.close()


def test_listeners_hold_neither_threads_nor_connections(town, address):
    Listener(address).state()
    threads = threading.active_count()
    listeners = [Listener(address) for _ in range(60)]
    assert len({listener.state()["version"] for listener in listeners}) == 1
    assert threading.active_count() <= threads + 2
    change = note(town, 16, "joint")
    assert {listener.state()["version"] for listener in listeners} == {change.id}, (
        "with two connections to the database, sixty hear of it"
    )
    for listener in listeners:
        listener.close()


def test_the_quiet_are_reminded_that_somebody_is_there(town, address, monkeypatch):
    monkeypatch.setattr(broadcast, "BEAT_SECONDS", 1.0)
    listener = Listener(address)
    listener.state()
    assert listener.lines() == [": ping"]
    listener.close()


def test_too_many_listeners_are_told_so(town, tmp_path, monkeypatch):
    database, _ = town
    monkeypatch.setattr(broadcast, "MOST_CLIENTS", 2)
    with running(create_app(Settings(state=tmp_path), database)) as address:
        listeners = [Listener(address) for _ in range(2)]
        assert {listener.state()["version"] for listener in listeners} == {0}
        refused = Listener(address)
        assert refused.answer.status == 503
        assert json.loads(refused.answer.read())["type"].endswith("busy")
        for listener in listeners:
            listener.close()


def test_who_leaves_is_forgotten(town, tmp_path):
    database, _ = town
    app = create_app(Settings(state=tmp_path), database)
    with running(app) as address:
        listeners = [Listener(address) for _ in range(5)]
        for listener in listeners:
            listener.state()
        assert len(app.state.service.live) == 5
        for listener in listeners:
            listener.close()
        until = time.monotonic() + 10
        while len(app.state.service.live):
            assert time.monotonic() < until
            time.sleep(0.1)


def test_with_a_key_only_its_holder_listens(town, tmp_path):
    database, _ = town
    with running(create_app(Settings(state=tmp_path, key=KEY), database)) as address:
        stranger = Listener(address)
        assert stranger.answer.status == 401
        holder = Listener(address, {"Authorization": f"Bearer {KEY}".encode()})
        assert holder.answer.status == 200
        holder.close()


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.slow)])
def test_a_server_that_is_told_to_stop_lets_its_listeners_go(town, tmp_path, workers):
    database, _ = town
    log = tmp_path / "log"
    environment = {
        "NUANYI_DATABASE_URL": database.url.render_as_string(hide_password=False),
        "NUANYI_STATE": str(tmp_path / "state"),
        "NUANYI_WORKERS": workers,
    }
    with commanded(log, **environment) as service:
        listener = Listener(service.address)
        listener.state()
        service.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        while listener.lines() or not listener.answer.isclosed():
            assert time.monotonic() - began < 4
        service.process.wait(timeout=30)
    assert "Cancel" not in log.read_text(), "it waited for us, and gave up"
    assert "Traceback" not in log.read_text()
