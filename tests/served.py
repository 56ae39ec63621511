"""A small city behind the real application: one database for all tests that only read it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import rows
import uvicorn
from databases import another_database
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hostile import HOSTILE_NAME

from api.app import create_app
from geo.coverage.figures import WHOLE
from geo.database import Actor, Database
from geo.postgres import Cluster
from geo.settings import Settings

KEY = "开门 open-sesame"
WEST, SOUTH = 113.60, 34.70
LOCAL = "http://127.0.0.1:8000"
AREAS = SimpleNamespace(district=100, east=120, west=110, park=130)


def fill(database: Database) -> SimpleNamespace:
    """Two subdistricts in a district, a park, thirty stations in a row going east, rates, clusters;
    every name is hostile."""
    with database.write(Actor("test")) as writer:
        areas = rows.edition(writer, "areas")
        stations = rows.edition(writer, "stations")
        enterprises = rows.edition(writer, "enterprises")
        streets = rows.edition(writer, "streets")
        rows.street(writer, streets, WEST - 0.002, WEST + 0.16, SOUTH + 0.05)
        rows.edition(writer, "stations", state="retired")
        rows.area(writer, areas, 100, rows.square(WEST, SOUTH, 0.2), kind="district", code="410199")
        for number, west in ((110, WEST), (120, WEST + 0.1)):
            square = rows.square(west, SOUTH)
            rows.area(writer, areas, number, square, code=f"410199{number}", parent_id=100)
        rows.area(writer, areas, 130, None, kind="industrial_park", parent_id=100)
        for number in range(1, 31):
            rows.station(
                writer,
                stations,
                number,
                lon=WEST + 0.005 * number,
                lat=SOUTH + 0.05,
                kind="warm_station" if number % 3 else "driver_rest_home",
                services=["hot_water", "toilet"] if number % 2 else ["hot_water"],
                access=("public", "members", "internal", "unknown")[number % 4],
                hours_text="24小时",
                opening_hours="24/7",
                address=f"人民路{number}号",
            )
        rows.station(writer, stations, 31, lon=None, hours_text="问门卫")
        rows.status(writer, 4, "closed", "-1 day", "30 days")
        inside = [(110 if n < 20 else 120, n) for n in range(1, 31)]
        counted = rows.assignment(
            writer, stations, areas, [*inside, *((100, n) for _, n in inside)]
        )
        rows.count_stations(writer, counted, 110, "warm_station", 13)
        rates = rows.assignment(writer, enterprises, areas, [])
        rows.figures(writer, rates, WHOLE, units=60, units_own=30, units_none=25, units_unknown=5)
        rows.figures(writer, rates, 100, units=50, units_own=30, units_none=15, units_unknown=5)
        rows.figures(writer, rates, 110, units=20, units_own=10, units_none=10)
        for number in range(1, 6):
            rows.cluster(writer, enterprises, number, WEST + 0.01 * number, SOUTH + 0.02)
    return SimpleNamespace(areas=areas, stations=stations, enterprises=enterprises, streets=streets)


@pytest.fixture(scope="session")
def city(cluster: Cluster) -> Iterator[SimpleNamespace]:
    """The city's database and the numbers of its editions. Read it, never write it."""
    with another_database(cluster) as database:
        yield SimpleNamespace(database=database, **vars(fill(database)))


@pytest.fixture(scope="session")
def open_app(city, tmp_path_factory):
    """The service without a key: for this machine alone, everything open."""
    return create_app(Settings(state=tmp_path_factory.mktemp("open")), city.database)


@pytest.fixture(scope="session")
def keyed_app(city, tmp_path_factory):
    """The service with a key."""
    return create_app(Settings(state=tmp_path_factory.mktemp("keyed"), key=KEY), city.database)


@pytest.fixture(scope="session")
def client(open_app) -> Iterator[TestClient]:
    """A person at this machine, no key set."""
    with TestClient(open_app, base_url=LOCAL) as client:
        yield client


@pytest.fixture(scope="session")
def stranger(keyed_app) -> Iterator[TestClient]:
    """A person somewhere, without the key."""
    with TestClient(keyed_app, base_url="https://nuanyi.example") as client:
        yield client


@contextlib.contextmanager
def running(app: FastAPI) -> Iterator[str]:
    """The application behind a real server on a free port; its address."""
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", access_log=False)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        assert time.monotonic() < until, "the server did not start in time"
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=20)


@pytest.fixture(scope="session")
def live(open_app: FastAPI) -> Iterator[str]:
    """The address of the service at this machine, over real HTTP."""
    with running(open_app) as address:
        yield address


__all__ = ["HOSTILE_NAME", "city", "client", "keyed_app", "live", "open_app", "stranger"]


@contextlib.contextmanager
def commanded(log: Path, **settings: str | None) -> Iterator[SimpleNamespace]:
    """`nuanyi serve` in processes of its own on a free port, once it listens: `process`, `address`.
    What it says goes into `log`; a setting that is None is not in its environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    every = {**os.environ, **settings}
    environment = {key: value for key, value in every.items() if value is not None}
    command = [sys.executable, "-c", "from api.cli import main; main()", "serve"]
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [*command, "--port", str(port)],
            env=environment,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    try:
        until = time.monotonic() + 120
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.2)
        yield SimpleNamespace(process=process, address=f"http://127.0.0.1:{port}")
    finally:
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=30)
        # Nothing of it stays, however it ended.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
