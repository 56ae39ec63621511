"""A change of a union, from its commit until every door of another process shows it.

200 changes one after the other in the generated city (1,000,000 enterprises; BENCH_SIZE=city or
small takes a smaller one), noted from this process into PostGIS; a server process of its own hears
of each. Timed from the commit: the event on `/api/live`, and then, asked for with the version of
that event, the tile around the enterprise, the figures of its district from memory under a filter,
and the list. No other server of maps is told of a commit at all, so there is no peer; the nearest
is asking again every second.

Beside it: loading the register, its memory, a filter over it, and noting one change.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import math
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from geo.coverage.targets import read_targets
from geo.database import Actor, Database
from geo.enterprises.apart import COUNTED
from geo.enterprises.changes import note_change, revoke_change
from geo.enterprises.filter import Filter
from geo.enterprises.register import Register, load_register, one_moment
from geo.enterprises.units import STATE
from geo.imports.options import ImportOptions
from geo.imports.run import import_file
from geo.sample import write_city
from geo.settings import Settings

ACTOR = Actor("bench", sees_enterprises=True)
CHANGES = 200
ZOOM = 14
BAR_SECONDS = 1.0
BAR_LOAD_SECONDS = 5.0
BAR_FILTER_MS = 10.0
SIZES = {"small", "city", "huge"}


def run(database: Database) -> Iterator[dict[str, Any]]:
    """Measure; some five minutes at a million, of which the loading takes most."""
    size = os.environ.get("BENCH_SIZE", "huge")
    if size not in SIZES:
        raise ValueError(f"BENCH_SIZE is one of {', '.join(sorted(SIZES))}")
    with tempfile.TemporaryDirectory(prefix="nuanyi-freshness-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        write_city(folder, size)
        settings = Settings(state=folder, database_url=None)
        for dataset, file in (("areas", "areas.geojson"), ("enterprises", "enterprises.csv")):
            options = ImportOptions(crs="wgs84", commit=True)
            import_file(database, ACTOR, settings, dataset, folder / file, options)
        register, records = _loaded(database)
        yield from records
        yield from _measure(database, settings, register, folder)


def _loaded(database: Database) -> tuple[Register, list[dict[str, Any]]]:
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        with database.read(ACTOR) as reader:
            one_moment(reader)
            register = load_register(reader)
        seconds.append(time.perf_counter() - began)
    held = _bytes(register) / 2**20
    load = float(np.median(seconds))
    chosen = Filter(sizes=frozenset({"25_99"}), states=frozenset({"none", "unknown"}),
                    industries=frozenset("CFI"))  # fmt: skip
    masks = [_seconds(lambda: chosen.mask_of(register)) for _ in range(20)]
    about = f"{len(register):,} enterprises, {len(register.member_unit):,} memberships"
    return register, [
        _record("register: load from PostGIS", load, "s", BAR_LOAD_SECONDS, about),
        _record("register: memory of its arrays", held, "MB", None, about),
        _record("register: a filter of three conditions", float(np.median(masks)) * 1000, "ms",
                BAR_FILTER_MS, about),
    ]  # fmt: skip


def _measure(
    database: Database, settings: Settings, register: Register, folder: Path
) -> Iterator[dict[str, Any]]:
    units = register.units
    placed = ~np.isnan(units.lon) & (units.state == STATE["none"]) & (register.apart == COUNTED)
    rows = np.random.default_rng(7).choice(np.flatnonzero(placed), CHANGES, replace=False)
    targets = read_targets(settings)
    today = datetime.now(UTC).date()
    took: dict[str, list[float]] = {
        name: [] for name in ("noting", "live", "tile", "figures", "list")
    }
    with _serving(database, folder) as port:
        listener = _Listener(port)
        version = listener.next()["version"]
        district = int(register.area_ids[np.flatnonzero(register.area_kinds == 2)[0]])
        figures = f"/api/enterprises/figures?area_id={district}&state=own,none"
        first = f"/tiles/current/enterprises/0/0/0?v={version:x}"
        for path in (first, figures, "/api/enterprises?state=own&limit=5"):
            _get(port, path)  # what is asked for the first time is made then
        for row in rows.tolist():
            unit = int(units.ids[row])
            x, y = _tile(units.lon[row], units.lat[row])
            tile = f"/tiles/current/enterprises/{ZOOM}/{x}/{y}"
            before = _get(port, f"{tile}?v={version:x}")
            began = time.perf_counter()
            with database.write(ACTOR) as writer:
                change = note_change(writer, targets, unit, "own", today=today)
            committed = time.perf_counter()
            took["noting"].append(committed - began)
            told = listener.next()
            while told["version"] <= version:
                told = listener.next()
            took["live"].append(time.perf_counter() - committed)
            version = told["version"]
            after = _until(port, f"{tile}?v={version:x}", lambda body, was=before: body != was)
            took["tile"].append(after - committed)
            after = _until(
                port, figures, lambda body, at=version: json.loads(body)["version"] >= at
            )
            took["figures"].append(after - committed)
            after = _until(
                port,
                f"/api/enterprises/{unit}",
                lambda body: json.loads(body)["enterprise"]["state"] == "own",
            )
            took["list"].append(after - committed)
            if row % 4 == 0:
                with database.write(ACTOR) as writer:
                    revoke_change(writer, targets, change.id)
                version = listener.next()["version"]
    for name, label in (
        ("noting", "noting a change, with the counts of its areas"),
        ("live", "commit to the event on /api/live"),
        ("tile", "commit to the changed tile"),
        ("figures", "commit to the changed figures under a filter"),
        ("list", "commit to the changed list"),
    ):
        p50, p99 = np.percentile(np.array(took[name]) * 1000, [50, 99])
        yield _record(
            f"freshness: {label}, p99", float(p99), "ms", BAR_SECONDS * 1000,
            f"p50 {p50:,.1f} ms over {CHANGES} changes among {len(register):,} enterprises",
        )  # fmt: skip


def _tile(lon: float, lat: float) -> tuple[int, int]:
    """Column and row of the tile of a place in Web Mercator."""
    down = 0.5 - math.asinh(math.tan(math.radians(lat))) / (2 * math.pi)
    return int((lon + 180) / 360 * 2**ZOOM), int(down * 2**ZOOM)


class _Listener:
    """One who listens to /api/live."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._connection.request("GET", "/api/live")
        self._answer = self._connection.getresponse()

    def next(self) -> dict[str, Any]:
        while True:
            line = self._answer.readline().decode()
            if line.startswith("data: "):
                told: dict[str, Any] = json.loads(line[6:])
                return told


def _until(port: int, path: str, shown: Callable[[bytes], bool]) -> float:
    """When an address shows it."""
    give_up = time.perf_counter() + 20
    while True:
        body = _get(port, path)
        now = time.perf_counter()
        if shown(body):
            return now
        if now > give_up:
            raise RuntimeError(f"{path} never showed the change")


def _get(port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    body: bytes = answer.read()
    connection.close()
    if answer.status not in (200, 204):
        raise RuntimeError(f"{path}: {answer.status} {body[:300]!r}")
    return body


@contextlib.contextmanager
def _serving(database: Database, folder: Path) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    url = database.url.render_as_string(hide_password=False)
    process = subprocess.Popen([sys.executable, __file__, url, str(folder), str(port)])
    try:
        until = time.monotonic() + 180
        while True:
            with contextlib.suppress(OSError):
                _get(port, "/api/live/state")
                break
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the server did not start")
            time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def _bytes(register: Register) -> int:
    """The arrays of a register."""
    arrays = [*vars(register.units).values(), *register.figures.values()]
    arrays += [one for one in vars(register).values() if isinstance(one, np.ndarray)]
    return sum(array.nbytes for array in arrays)


def _seconds(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def _record(name: str, ours: float, unit: str, most: float | None, note: str) -> dict[str, Any]:
    return {
        "name": name,
        "ours": ours,
        "peer": None,
        "ratio": None,
        "unit": unit,
        "bar": None if most is None else f"<= {most:g} {unit}",
        "holds": None if most is None else ours <= most,
        "note": note,
    }


def _serve(url: str, folder: str, port: str) -> None:
    import logging

    import uvicorn

    from api.app import create_app

    logging.getLogger("nuanyi").addHandler(logging.NullHandler())
    app = create_app(Settings(state=Path(folder), database_url=url), Database(url))
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning", access_log=False)


if __name__ == "__main__":
    _serve(*sys.argv[1:])
