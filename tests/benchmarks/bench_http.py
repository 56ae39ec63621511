"""The nearest stations over HTTP, beside the server's own trivial answer and three other ways.

One uvicorn process each, asked by `wrk` with 32 connections from random places of the generated
city (900,000 street nodes, 25,000 stations), taking turns; medians of the rounds. `trivial` answers
as many bytes without looking; `ordinary` is the same service's own FastAPI route; `straight` is
FastAPI with psycopg2 and PostGIS's nearest by straight line, which answers something else. CPU is
that of `wrk` and of the server, user and system (of PostgreSQL beside it: not counted).
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from fastapi import FastAPI, Request

from geo.database import Actor, Database

HERE = Path(__file__).resolve().parent
ROUNDS, SECONDS, CONNECTIONS = 3, 4, 32
SETTLE = 1.5
BARS = {"trivial": 0.5, "ordinary": 3.0, "straight": 6.0}
BAR_P99 = 20.0
BAR_MEMORY = 1.0
QUESTION = "/api/stations/nearest?k=5&services=hot_water"
SCRIPT = """
local places = {}
for line in io.lines("%s") do places[#places + 1] = line end
local at = 0
request = function()
  at = at %% #places + 1
  return wrk.format("GET", "%s", {["Nuanyi-Position"] = places[at]%s})
end
"""
LABELS = {
    "trivial": "share of the server's trivial answers reached",
    "ordinary": "beside the ordinary FastAPI route",
    "straight": "beside FastAPI + psycopg2 + PostGIS straight line",
}


def run(database: Database) -> Iterator[dict[str, Any]]:
    """Measure; some three minutes."""
    if shutil.which("wrk") is None:
        for name, label in LABELS.items():
            yield _record(label, None, None, None, BARS[name], "needs wrk (apt-get install wrk)")
        return
    sys.path.append(str(HERE))
    import generated

    stations = generated.stations()
    with tempfile.TemporaryDirectory(prefix="nuanyi-http-") as name:
        folder = Path(name)
        generated.graph().save(folder / "graph.npz")
        np.savez(folder / "stations.npz", lon=stations.lon, lat=stations.lat)
        (folder / "url").write_text(database.url.render_as_string(hide_password=False))
        lon, lat = generated.scattered(generated.network(), 5000, 7)
        places = "\n".join(f"{x:.6f},{y:.6f}" for x, y in zip(lon, lat, strict=True))
        (folder / "places.txt").write_text(places)
        _fill(database, stations.lon, stations.lat)
        yield from _measure(folder)


def _fill(database: Database, lon: np.ndarray, lat: np.ndarray) -> None:
    """The same stations in PostGIS, as a table of their own with a geography index."""
    import pyarrow as pa

    with database.write(Actor("bench")) as writer:
        writer.execute("CREATE TABLE knn (id int, name text, x float8, y float8)")
        table = pa.table(
            {"id": range(len(lon)), "name": ["暖心驿站"] * len(lon), "x": lon, "y": lat}
        )
        writer.copy_in("knn", ["id", "name", "x", "y"], table)
        writer.execute("ALTER TABLE knn ADD place geography(Point)")
        writer.execute("UPDATE knn SET place = ST_MakePoint(x, y)::geography")
        writer.execute("CREATE INDEX ON knn USING gist (place)")
        writer.execute("ANALYZE knn")


def _measure(folder: Path) -> Iterator[dict[str, Any]]:
    rates: dict[str, list[float]] = {"ours": [], **{name: [] for name in BARS}}
    costs: dict[str, list[float]] = {name: [] for name in rates}
    tails: list[float] = []
    with contextlib.ExitStack() as stack:
        servers = {}
        for kind in ("nuanyi", "trivial", "straight"):
            servers[kind] = stack.enter_context(_serving(kind, folder))
            if kind == "nuanyi":
                # The first question is answered by the ordinary route and remembered.
                body = _get(servers[kind].port, _places(folder)[0])
                (folder / "answer.json").write_bytes(body)
        answered = json.loads(body)
        sides = {
            "ours": ("nuanyi", ""),
            "trivial": ("trivial", ""),
            "ordinary": ("nuanyi", ', ["Authorization"] = "Bearer none"'),
            "straight": ("straight", ""),
        }
        for _ in range(ROUNDS):
            for name, (kind, more) in sides.items():
                rate, p99, cpu = _wrk(folder, servers[kind], more)
                rates[name].append(rate)
                costs[name].append(cpu)
                time.sleep(SETTLE)  # what was asked and not waited for is still being answered
                if name == "ours":
                    tails.append(p99)
        memory = servers["nuanyi"].memory()
    middle = {name: statistics.median(values) for name, values in rates.items()}
    note = f"{len(answered['stations'])} stations an answer; {CONNECTIONS} connections"
    for name, label in LABELS.items():
        yield _record(
            label, middle["ours"], middle[name], middle["ours"] / middle[name], BARS[name], note
        )
    spent = {name: statistics.median(values) for name, values in costs.items()}
    for name in LABELS:
        yield {
            "name": f"http: nearest, CPU of client and server, beside {name}",
            "ours": 1e6 * spent["ours"],
            "peer": 1e6 * spent[name],
            "ratio": spent[name] / spent["ours"],
            "unit": "µs an answer",
            "note": "PostgreSQL's own is not in it" if name == "straight" else "user and system",
        }
    yield {
        "name": "http: largest memory of the server",
        "ours": memory,
        "peer": None,
        "ratio": None,
        "unit": "GB",
        "bar": f"<= {BAR_MEMORY:g} GB",
        "holds": memory <= BAR_MEMORY,
        "note": "900,000 street nodes, 25,000 stations, one process",
    }
    p99 = statistics.median(tails)
    yield {
        "name": "http: 99th percentile at 32 connections",
        "ours": p99,
        "peer": None,
        "ratio": None,
        "unit": "ms",
        "bar": f"<= {BAR_P99:g} ms",
        "holds": p99 <= BAR_P99,
        "note": "wrk and the server share the machine's cores",
    }


def _record(
    label: str,
    ours: float | None,
    peer: float | None,
    ratio: float | None,
    bar: float,
    note: str,
) -> dict[str, Any]:
    return {
        "name": f"http: nearest, {label}",
        "ours": ours,
        "peer": peer,
        "ratio": ratio,
        "unit": "answers/s",
        "bar": f">= {bar:g} ×",
        "holds": None if ratio is None else ratio >= bar,
        "note": note,
    }


def _places(folder: Path) -> list[str]:
    return (folder / "places.txt").read_text().split()


class _Server(NamedTuple):
    port: int
    process: int

    def cpu(self) -> float:
        """Seconds so far, user and system."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """The most so far, in GB."""
        told = Path(f"/proc/{self.process}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+) kB", told)[0]) * 1024 / 1e9


def _get(port: int, position: str) -> bytes:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{QUESTION}", headers={"Nuanyi-Position": position}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        body: bytes = answer.read()
    return body


def _wrk(folder: Path, server: _Server, more: str) -> tuple[float, float, float]:
    """Answers a second, the 99th percentile in milliseconds, and seconds of CPU an answer."""
    script = folder / "ask.lua"
    script.write_text(SCRIPT % (folder / "places.txt", QUESTION, more))
    before = server.cpu() + _own_children()
    told = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", "-s", str(script),
         f"http://127.0.0.1:{server.port}"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    spent = server.cpu() + _own_children() - before
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    total = re.search(r"(\d+) requests in", told)
    assert total
    if wrong and int(wrong.group(1)) > 0.01 * int(total.group(1)):
        raise RuntimeError(told)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    tail = re.search(r"99%\s+([\d.]+)(us|ms|s)", told)
    assert rate
    assert tail
    slowest = float(tail.group(1)) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[tail.group(2)]
    return float(rate.group(1)), slowest, spent / int(total.group(1))


def _own_children() -> float:
    """Seconds of CPU of the processes begun here that have ended."""
    told = resource.getrusage(resource.RUSAGE_CHILDREN)
    return told.ru_utime + told.ru_stime


@contextlib.contextmanager
def _serving(kind: str, folder: Path) -> Iterator[_Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen([sys.executable, __file__, kind, str(folder), str(port)])
    try:
        until = time.monotonic() + 120
        while True:
            with contextlib.suppress(OSError):
                _get(port, _places(folder)[0])
                break
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the server '{kind}' did not start")
            time.sleep(0.2)
        yield _Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=20)


# ---------------------------------------------------------------------- the servers
def serve(kind: str, folder: Path, port: int) -> None:
    """One of the servers, in a process of its own."""
    import uvicorn

    app = {"trivial": _trivial, "nuanyi": _nuanyi, "straight": _straight}[kind](folder)
    uvicorn.run(
        app, host="127.0.0.1", port=port, log_level="error", access_log=False, server_header=False
    )


def _trivial(folder: Path) -> Any:
    body = (folder / "answer.json").read_bytes()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


def _nuanyi(folder: Path) -> Any:
    from zoneinfo import ZoneInfo

    from api.app import create_app
    from geo.hours import Calendar, HolidayTable, HoursTable
    from geo.settings import Settings
    from geo.walking.answers import FACTS
    from geo.walking.finder import Finder
    from geo.walking.graph import WalkingGraph
    from geo.walking.vicinity import survey

    with np.load(folder / "stations.npz") as file:
        position = np.column_stack([file["lon"], file["lat"]])
    texts = ["24/7", "Mo-Su 00:00-24:00", "Mo-Fr 08:00-18:00", None]
    facts = [
        dict.fromkeys(FACTS)
        | {
            "id": number + 1,
            "kind": "warm_station",
            "name": f"暖心驿站（人民路 {number} 号）",
            "address": f"人民路 {number} 号",
            "access": "public",
            "services": ["hot_water", "toilet", "phone_charging"],
            "hours_text": texts[number % 4],
            "opening_hours": texts[number % 4],
            "lon": float(place[0]),
            "lat": float(place[1]),
        }
        for number, place in enumerate(position)
    ]
    finder = Finder(
        WalkingGraph.load(folder / "graph.npz"),
        facts,
        position,
        HoursTable([fact["opening_hours"] for fact in facts], Calendar(HolidayTable.read())),
        zone=ZoneInfo("Asia/Shanghai"),
        network_edition=1,
        station_edition=2,
    )
    survey(finder.on_streets)  # a service does it in its first seconds
    settings = Settings(state=folder / "state")
    return create_app(settings, Database((folder / "url").read_text()), finder)


def _straight(folder: Path) -> Any:
    from psycopg2.pool import ThreadedConnectionPool

    url = (folder / "url").read_text().replace("postgresql+psycopg2", "postgresql")
    pool = ThreadedConnectionPool(1, 40, url)
    app = FastAPI()

    @app.get("/api/stations/nearest")
    def nearest(request: Request, k: int = 5) -> Any:
        lon, lat = (float(part) for part in request.headers["Nuanyi-Position"].split(","))
        connection = pool.getconn()
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT id, name, x, y, ST_Distance(place, ST_MakePoint(%s, %s)::geography) "
                    "FROM knn ORDER BY place <-> ST_MakePoint(%s, %s)::geography LIMIT %s",
                    (lon, lat, lon, lat, k),
                )
                rows = cursor.fetchall()
            connection.rollback()
        finally:
            pool.putconn(connection)
        return {
            "stations": [
                {"id": row[0], "name": row[1], "lon": row[2], "lat": row[3], "metres": row[4]}
                for row in rows
            ]
        }

    return app


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parents[1]))
    serve(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
