"""Planning on the network of the generated city: reach, plan, curve, and a drag, over HTTP.

Bars of issue 5: 900,000 street nodes, 200,000 demand points, 3,000 hosts, 25,000 stations: reach
≤ 10 s; plan with a gap ≤ 1 % ≤ 30 s; budget curve 1 … 200 with bounds ≤ 30 s; a drag ≤ 50 ms in the
server. Beside the drag: the same answered by counting anew in plain numpy. Besides: a host says no,
gone on with from the plan and from nothing.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from geo.database import Actor, Database

HERE = Path(__file__).resolve().parent
WHO = Actor("bench", sees_enterprises=True)
RADIUS = 500
DRAGS = 40
EDITS = 5


def run(database: Database) -> Iterator[dict[str, Any]]:
    """Measure; some eight minutes, most of them writing and importing the city."""
    sys.path.append(str(HERE))
    from fastapi.testclient import TestClient

    from api.app import create_app
    from geo.settings import Settings

    with tempfile.TemporaryDirectory(prefix="nuanyi-planner-") as state:
        settings = Settings(state=Path(state), statement_seconds=600)
        load(database, settings)
        with TestClient(create_app(settings, database), base_url="http://127.0.0.1:8000") as client:
            yield from measure(client)


def load(database: Database, settings: Any) -> None:
    """Import the generated city."""
    import generated

    from geo.imports.options import ImportOptions
    from geo.imports.run import import_file

    files = {
        "areas": "areas.geojson",
        "streets": "streets.osm.pbf",
        "stations": "stations.csv",
        "candidate_sites": "candidate_sites.csv",
        "demand": "demand.csv",
    }
    for dataset, name in files.items():
        options = ImportOptions(commit=True, crs="wgs84")
        began = time.perf_counter()
        import_file(database, WHO, settings, dataset, generated.folder() / name, options)
        print(f"  {dataset} {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)


def measure(client: Any) -> Iterator[dict[str, Any]]:
    """Ask a running service."""
    service = client.app.state.service
    # The streets are loaded and everything is compiled before the clock starts.
    service.finder()
    asked = {"radius_metres": RADIUS, "hours": "12"}
    client.get("/api/siting/ground", params={**asked, "radius_metres": 50}).raise_for_status()
    city = service.planning.city()
    began, busy = time.perf_counter(), time.process_time()
    reached = city.reached(RADIUS)
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    size = (
        f"{len(city.people):,} points, {len(city.hosts):,} hosts, {len(city.standing):,} stations"
    )
    yield record(
        "reach on foot",
        seconds,
        10.0,
        "s",
        f"{size}, {reached.hosts.pairs:,} pairs; CPU {busy:.1f} s",
    )

    question = {"radius_metres": RADIUS, "hours": [12], "sites": 200, "gap": 0.01, "seconds": 60}
    service.plans.begin()
    time.sleep(15)  # the process of the first plan makes itself ready
    busy = time.process_time()
    plan, seconds = planned(client, question)
    busy = time.process_time() - busy
    gap = plan["answer"]["gap"]
    note = (
        f"{plan['answer']['status']}, gap {gap:.4f}; search {plan['answer']['seconds']} s, "
        f"the server's CPU {busy:.1f} s"
    )
    yield record("plan of 200 sites, gap <= 1 %", seconds if gap <= 0.01 else None, 30.0, "s", note)

    began = time.perf_counter()
    body = {"question": {**question, "seconds": 25}, "up_to": 200}
    curve = client.post("/api/siting/curve", json=body).json()
    seconds = time.perf_counter() - began
    worst = max(point["gap"] for point in curve["points"])
    yield record("curve 1 ... 200", seconds, 30.0, "s", f"worst gap {worst:.4f}")

    yield from edits(client, question)
    yield from drag(client, service, plan)


def planned(client: Any, question: dict[str, Any], **asked: Any) -> tuple[dict[str, Any], float]:
    """A plan, and the seconds from the question until it is there."""
    began = time.perf_counter()
    made = client.post("/api/siting/plans", json={"question": question, **asked}).json()
    while True:
        plan: dict[str, Any] = client.get(made["url"]).json()
        if plan["state"] not in ("waiting", "running"):
            return plan, time.perf_counter() - began
        time.sleep(0.05)


def edits(client: Any, question: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Hosts of a plan say no in turn: gone on with from the plan, and from nothing."""
    asked = {**question, "gap": 0.001}
    first, _ = planned(client, asked)
    sites = first["answer"]["sites"]
    taken: dict[str, list[tuple[float, float]]] = {"edit": [], "anew": []}
    for number in np.linspace(0, len(sites) - 1, EDITS).astype(int):
        edited = {**asked, "forbid": [sites[number]]}
        for way, more in (("edit", {"begin_from": first["id"]}), ("anew", {})):
            plan, seconds = planned(client, edited, **more)
            taken[way].append((plan["answer"]["seconds"], seconds))
    search, whole = np.median(taken["edit"], axis=0).tolist()
    anew, whole_anew = np.median(taken["anew"], axis=0).tolist()
    yield {
        "name": "after one edit, plan of 200 to 0.1 %: the search",
        "ours": search,
        "peer": anew,
        "ratio": anew / search if search else None,
        "unit": "s",
        "bar": None,
        "note": f"middle of {EDITS}; from question to answer {whole:.2f} s, anew "
        f"{whole_anew:.2f} s",
    }


def drag(client: Any, service: Any, plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Drag a site of the plan along: each step a new place."""
    question = plan["question"]
    sites = plan["answer"]["sites"][:-1]
    ground = service.planning.ground(_question(question))
    rng = np.random.default_rng(3)
    at = rng.integers(0, len(ground), DRAGS)
    taken, busy, plain = [], [], []
    for lon, lat in zip(ground.lon[at], ground.lat[at], strict=True):
        extra = [{"key": "x1", "lon": float(lon), "lat": float(lat)}]
        body = {"question": {**question, "extra": extra}, "sites": [*sites, "x1"]}
        began, used = time.perf_counter(), time.process_time()
        client.post("/api/siting/evaluate", json=body).raise_for_status()
        taken.append(1000 * (time.perf_counter() - began))
        busy.append(1000 * (time.process_time() - used))
        began = time.perf_counter()
        counted_anew(ground, sites)
        plain.append(1000 * (time.perf_counter() - began))
    ours, peer = statistics.median(taken), statistics.median(plain)
    note = (
        f"95 %: {np.percentile(taken, 95):.0f} ms; CPU {statistics.median(busy):.0f} ms, 95 %: "
        f"{np.percentile(busy, 95):.0f} ms; question and answer as JSON, and the client, included"
    )
    yield record("a drag, in the server", ours, 50.0, "ms", note, peer=peer)


def counted_anew(ground: Any, sites: list[int]) -> Any:
    """What each candidate would add, in plain numpy."""
    owner = np.repeat(np.arange(len(ground.reach)), np.diff(ground.reach.start))
    within = ground.reach.metres <= RADIUS
    covered = ground.first_metres <= RADIUS
    mine = np.isin(owner, [ground.host_at[one] for one in sites]) & within
    covered[ground.reach.demand[mine]] = True
    worth = np.where(covered, 0.0, ground.weight)[ground.reach.demand] * within
    return np.bincount(owner, worth, minlength=len(ground.reach))


def _question(asked: dict[str, Any]) -> Any:
    from geo.siting.question import Question

    return Question.model_validate(asked)


def record(
    name: str, ours: float | None, bar: float, unit: str, note: str, peer: float | None = None
) -> dict[str, Any]:
    """As `nuanyi bench` takes it."""
    return {
        "name": name,
        "ours": ours,
        "peer": peer,
        "ratio": None if peer is None or not ours else peer / ours,
        "unit": unit,
        "bar": bar,
        "holds": ours is not None and ours <= bar,
        "note": note,
    }
