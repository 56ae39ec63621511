"""Tiles of 1,000,000 enterprises from memory, beside supercluster, tippecanoe and tipg.

The generated city (BENCH_SIZE=city or small takes a smaller one) in PostGIS. The index of all
zooms, with sums: ours and supercluster's, which has no sums unless told. Every zoom's tiles: the
median and the worst, each the best of three, drawn and packed. A filter's first tile. Changes of 1,
1,000 and 20,000 unions. The pyramid of zooms 8 to 14 as one file: ours and tippecanoe's clustered
mode. Tiles over HTTP: one process of the service against one of tipg, by `wrk` with 8 connections
and the same list of tiles; tipg's are of at most 10,000 features, ours of all.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE))

import tile_peers as peers  # noqa: E402

from geo import partitions  # noqa: E402
from geo.database import Actor, Database  # noqa: E402
from geo.enterprises.apart import COUNTED  # noqa: E402
from geo.enterprises.filter import Filter  # noqa: E402
from geo.enterprises.register import Register, load_register  # noqa: E402
from geo.ewkb import point_column  # noqa: E402
from geo.sample import write_city  # noqa: E402
from geo.schema.enterprises import UNION_STATES  # noqa: E402
from maps.tiles.enterprises import DEEPEST, Choice, Pyramid  # noqa: E402
from maps.tiles.export import Source, export  # noqa: E402
from maps.tiles.packing import packed  # noqa: E402

ACTOR = Actor("bench", sees_enterprises=True)
ROUNDS = 5
MOST_TILES = 1500
ZOOMS = range(8, 15)
FILTER = Filter(sizes=frozenset({"5_24", "25_99"}), states=frozenset({"none", "unknown"}),
                industries=frozenset("CFI"))  # fmt: skip
BARS = {"median": 1.0, "worst": 5.0, "build": 4.0, "export": 40.0, "tipg": 100.0, "rate": 1000.0,
        "first": 300.0, "memory": 150.0}  # fmt: skip
CHANGES = {1: 0.3, 1000: 2.0, 20_000: 43.0}
CONNECTIONS, SECONDS = 8, 6
SCRIPT = """
local paths = {}
for line in io.lines("%s") do paths[#paths + 1] = line end
local at = %d
request = function()
  at = at %% #paths + 1
  return wrk.format("GET", paths[at], {["Accept-Encoding"] = "gzip"})
end
"""


def run(database: Database) -> Iterator[dict[str, Any]]:
    """Measure; some five minutes at a million."""
    size: Any = os.environ.get("BENCH_SIZE", "huge")
    with tempfile.TemporaryDirectory(prefix="nuanyi-tiles-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        write_city(folder, size)
        _load(database, folder / "enterprises.csv")
        with database.read(ACTOR) as reader:
            register = load_register(reader)
        table = _table(register)
        yield from _building(register, table, folder)
        pyramid = Pyramid(register)
        yield from _drawing(pyramid)
        yield from _filtering(register)
        yield from _changing(register)
        yield from _exporting(pyramid, table, folder)
        yield from _serving(database, pyramid, folder)


def _load(database: Database, path: Path) -> None:
    """The enterprises of the city in force, without the areas: tiles do not need them."""
    wanted = {
        "序号": "id", "单位名称": "name", "单位地址": "address", "职工人数": "employees",
        "单位所属行业": "industry", "单位性质类别": "unit_class", "工会名称": "union_name",
        "建会状态": "state", "基层工会类型": "type", "经度": "lon", "纬度": "lat",
    }  # fmt: skip
    options = pyarrow.csv.ConvertOptions(include_columns=list(wanted))
    table = pyarrow.csv.read_csv(path, convert_options=options).rename_columns(wanted)
    state, kind = (table.column(name).to_pandas() for name in ("state", "type"))
    words = {"未建会": "none", "筹建中": "in_preparation", "": "unknown"}
    union = state.map(words).fillna("own").where((state != "已建会") | (kind != "联合"), "joint")
    lon, lat = (table.column(name).to_numpy().astype(float) for name in ("lon", "lat"))
    columns = {
        name: table.column(name)
        for name in ("id", "name", "address", "employees", "industry", "unit_class", "union_name")
    }
    placed = ~np.isnan(lon)
    columns |= {
        "union_state": pa.array(union),
        "location": point_column(lon, lat),
        "located_by": pa.array(np.where(placed, "coordinates", "unlocated")),
    }
    with database.write(ACTOR) as writer:
        edition = writer.scalar(
            "INSERT INTO edition (dataset, state, as_of, source, content_hash, rows_read, "
            "rows_accepted, rows_rejected, rows_unlocated, created_by, report, activated_at) "
            "VALUES ('enterprises', 'active', '2026-06-30', 'bench', 'bench', 1, 1, 0, 0, 'bench', "
            "'{}', now()) RETURNING id"
        )
        child = partitions.create(writer, "enterprise", edition)
        writer.copy_in(child, list(columns), pa.table(columns))
        partitions.attach(writer, "enterprise", edition)
        writer.execute("CREATE SCHEMA peers")
        writer.execute(
            "CREATE TABLE peers.enterprises AS SELECT id, union_state AS state, employees, "
            f"location::geometry(Point, 4326) AS geom FROM {child} WHERE location IS NOT NULL"
        )
        writer.execute("ALTER TABLE peers.enterprises ADD PRIMARY KEY (id)")
        writer.execute("CREATE INDEX ON peers.enterprises USING gist (geom)")
        writer.execute("ANALYZE peers.enterprises")


def _table(register: Register) -> Any:
    units = register.units
    shown = ~np.isnan(units.lon) & (register.apart == COUNTED)
    columns = {name: units.state[shown] == at for at, name in enumerate(UNION_STATES)}
    columns |= {"n": np.ones(shown.sum()), "workers": np.nan_to_num(units.employees[shown])}
    return peers.table_of(units.lon[shown], units.lat[shown], columns)


# ---------------------------------------------------------------------- making
def _building(register: Register, table: Any, folder: Path) -> Iterator[dict[str, Any]]:
    def build() -> Pyramid:
        pyramid = Pyramid(register)
        pyramid.totals(Choice())
        return pyramid

    build()
    ours, plain, summed = [], [], []
    for _ in range(ROUNDS):
        ours.append(_seconds(build))
        if peers.has_supercluster():
            theirs = peers.supercluster(folder, table, 1)
            plain += theirs["plain"]
            summed += theirs["summed"]
    mine, note = statistics.median(ours), f"{len(table):,} points, zoom 0 to {DEEPEST}"
    if not plain:
        note += "; supercluster: needs node and PEERS_NODE, see tile_peers.py"
    for name, times in (("", plain), (" with sums", summed)):
        yield _beside(
            f"tiles: all levels with sums, beside supercluster{name}", mine,
            statistics.median(times) / 1000 if times else None, "s", BARS["build"], note,
        )  # fmt: skip
    pyramid = build()
    for at in range(11):
        pyramid.totals(Choice(Filter(industries=frozenset({"ABCDEFGHIJK"[at]}))))
    yield _most("tiles: memory with twelve filters", pyramid.nbytes / 2**20, "MB",
                BARS["memory"], note)  # fmt: skip


def _drawing(pyramid: Pyramid) -> Iterator[dict[str, Any]]:
    choice, wanted = Choice(), pyramid.totals(Choice())
    pyramid.tile(choice, 16, 0, 0)
    rng = np.random.default_rng(5)
    for z in range(DEEPEST + 1):
        tiles = pyramid.occupied(z)
        whole = len(tiles) <= MOST_TILES
        if not whole:
            # The fullest are among them.
            code = pyramid.order.code >> np.uint64(60 - 2 * z)
            _, count = np.unique(code, return_counts=True)
            chosen = {*np.argsort(count)[-200:].tolist(), *rng.choice(len(tiles), MOST_TILES)}
            tiles = [tiles[at] for at in sorted(chosen)]
        drawn, both, sizes, shown = [], [], [], 0
        for x, y in tiles:
            tries = []
            for _ in range(3):
                began = time.perf_counter()
                body = pyramid.tile(choice, z, x, y).body
                between = time.perf_counter()
                small = packed(body)
                tries.append((between - began, time.perf_counter() - began))
            drawn.append(min(one for one, _ in tries) * 1000)
            both.append(min(one for _, one in tries) * 1000)
            sizes.append((len(body), len(small)))
        if whole:
            shown = sum(_n(pyramid.tile(choice, z, x, y).body) for x, y in tiles)
            if shown != wanted["n"]:
                raise RuntimeError(f"zoom {z} shows {shown} of {wanted['n']}")
        raw, small_ = max(sizes)
        note = (
            f"{len(tiles)} tiles; with packing {statistics.median(both):.2f}, worst "
            f"{max(both):.2f} ms; largest {raw / 1000:.0f} kB, packed {small_ / 1000:.0f} kB"
            + ("; adds up" if whole else "")
        )
        yield _most(f"tiles: z{z} median", statistics.median(drawn), "ms", BARS["median"], note)
        yield _most(f"tiles: z{z} worst", max(drawn), "ms", BARS["worst"], note)


def _n(body: bytes) -> int:
    import mapbox_vector_tile

    if not body:
        return 0
    features = mapbox_vector_tile.decode(body)["enterprises"]["features"]
    return sum(one["properties"]["n"] for one in features)


def _filtering(register: Register) -> Iterator[dict[str, Any]]:
    first, later = [], []
    pyramid = Pyramid(register)
    pyramid.totals(Choice())
    for _ in range(ROUNDS):
        pyramid.forget("industries")
        register.forget_masks()
        first.append(_seconds(lambda: pyramid.tile(Choice(FILTER), 9, *pyramid.occupied(9)[0])))
        for x, y in pyramid.occupied(11):
            later.append(_seconds(lambda x=x, y=y: pyramid.tile(Choice(FILTER), 11, x, y)))
    note = FILTER.key
    yield _most("tiles: first of a filter", statistics.median(first) * 1000, "ms",
                BARS["first"], note)  # fmt: skip
    yield _most("tiles: filtered z11 median", statistics.median(later) * 1000, "ms",
                BARS["median"], note)  # fmt: skip


def _changing(register: Register) -> Iterator[dict[str, Any]]:
    pyramid, rng = Pyramid(register), np.random.default_rng(3)
    pyramid.totals(Choice())
    for count, bar in CHANGES.items():
        count_ = min(count, len(register))
        took = []
        for _ in range(ROUNDS + 2):
            rows = rng.choice(len(register), count_, replace=False)
            register.units.state[rows] = (register.units.state[rows] + 1) % len(UNION_STATES)
            took.append(_seconds(lambda rows=rows: pyramid.change(rows)))
        yield _most(f"tiles: {count_:,} changes in all levels", statistics.median(took) * 1000,
                    "ms", bar, f"{len(register):,} enterprises")  # fmt: skip
    fresh = Pyramid(register).totals(Choice())
    if fresh != pyramid.totals(Choice()):
        raise RuntimeError("changed sums are not those of a new pyramid")


# ---------------------------------------------------------------------- exporting
def _exporting(pyramid: Pyramid, table: Any, folder: Path) -> Iterator[dict[str, Any]]:
    source = Source(
        "enterprises",
        dict.fromkeys(peers.COUNTS, "Number"),
        pyramid.occupied,
        lambda z, x, y: pyramid.tile(Choice(), z, x, y, singles=False).body,
        tuple(float(one) for one in (*table[:, :2].min(axis=0), *table[:, :2].max(axis=0))),  # type: ignore[arg-type]
    )
    out = folder / "ours.pmtiles"

    def ours() -> None:
        export(source, out, zooms=ZOOMS, metadata={})

    ours()
    mine = [_seconds(ours) for _ in range(ROUNDS)]
    lines = folder / "points.geojsonl"
    peers.write_lines(lines, table)
    theirs = peers.tippecanoe(lines, folder / "theirs.pmtiles", ZOOMS)
    mine += [_seconds(ours) for _ in range(ROUNDS)]
    note = f"zoom {ZOOMS[0]} to {ZOOMS[-1]}, {out.stat().st_size / 1e6:.1f} MB"
    if theirs is None:
        note += "; needs cubao-tippecanoe"
    else:
        note += f" beside {(folder / 'theirs.pmtiles').stat().st_size / 1e6:.1f} MB"
    yield _beside("tiles: PMTiles beside tippecanoe, clustered", statistics.median(mine), theirs,
                  "s", BARS["export"], note)  # fmt: skip


# ---------------------------------------------------------------------- serving
def _serving(database: Database, pyramid: Pyramid, folder: Path) -> Iterator[dict[str, Any]]:
    if shutil.which("wrk") is None:
        yield _beside("tiles: over HTTP", None, None, "tiles/s", BARS["tipg"], "needs wrk")
        return
    rng, tiles = np.random.default_rng(1), []
    for z in range(9, 17):
        known = pyramid.occupied(z)
        tiles += [(z, *known[at]) for at in rng.integers(0, len(known), 375)]
    rng.shuffle(tiles)
    paths = {
        "ours": [f"/tiles/current/enterprises/{z}/{x}/{y}" for z, x, y in tiles],
        "tipg": [
            f"/collections/peers.enterprises/tiles/WebMercatorQuad/{z}/{x}/{y}" for z, x, y in tiles
        ],
    }
    for name, lines in paths.items():
        (folder / f"{name}.txt").write_text("\n".join(lines))
    url = database.url.render_as_string(hide_password=False)
    port = peers.free_port()
    command = [sys.executable, __file__, url, str(folder), str(port)]
    rates: dict[str, list[tuple[float, float]]] = {"ours": [], "tipg": []}
    with peers.serving(command, port, "/tiles/current/enterprises/0/0/0", {}):
        cold = _wrk(folder, port, "ours", 0)
        for turn in range(3):
            rates["ours"].append(_wrk(folder, port, "ours", 997 * turn))
            if peers.has_tipg():
                rates["tipg"].append(_tipg(url, folder, 997 * turn))
    rate = statistics.median(one for one, _ in rates["ours"])
    theirs = statistics.median(one for one, _ in rates["tipg"]) if rates["tipg"] else None
    p99 = statistics.median(one for _, one in rates["ours"])
    note = f"{len(tiles)} tiles of zoom 9 to 16, {CONNECTIONS} connections; p99 {p99:.1f} ms"
    yield {
        "name": "tiles: over HTTP, one process",
        "ours": rate,
        "peer": None,
        "ratio": None,
        "unit": "tiles/s",
        "bar": f">= {BARS['rate']:g} tiles/s",
        "holds": rate >= BARS["rate"],
        "note": f"{note}; the first {SECONDS} s, each drawn anew: {cold[0]:,.0f} tiles/s",
    }
    yield {
        "name": "tiles: over HTTP, beside tipg",
        "ours": rate,
        "peer": theirs,
        "ratio": None if theirs is None else rate / theirs,
        "unit": "tiles/s",
        "bar": f">= {BARS['tipg']:g} x",
        "holds": None if theirs is None else rate >= BARS["tipg"] * theirs,
        "note": "tipg: at most 10,000 features a tile" if theirs else "needs tipg",
    }


def _tipg(url: str, folder: Path, start: int) -> tuple[float, float]:
    port = peers.free_port()
    command = [sys.executable, "-m", "uvicorn", "tipg.main:app", "--host", "127.0.0.1", "--port",
               str(port), "--log-level", "error", "--no-access-log"]  # fmt: skip
    environment = {"DATABASE_URL": peers.with_host(url), "TIPG_DB_SCHEMAS": '["peers"]'}
    with peers.serving(command, port, "/healthz", environment):
        return _wrk(folder, port, "tipg", start)


def _wrk(folder: Path, port: int, name: str, start: int) -> tuple[float, float]:
    """Tiles a second, and the 99th percentile in milliseconds."""
    script = folder / "ask.lua"
    script.write_text(SCRIPT % (folder / f"{name}.txt", start))
    seconds = SECONDS if name == "ours" else 3 * SECONDS
    told = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "--timeout", "60s",
         "-s", str(script), f"http://127.0.0.1:{port}"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    if re.search(r"Non-2xx or 3xx responses", told):
        raise RuntimeError(told)
    rate, tail = (
        re.search(r"Requests/sec:\s+([\d.]+)", told),
        re.search(r"99%\s+([\d.]+)(us|ms|s)", told),
    )
    assert rate
    assert tail
    scale = {"us": 1e-3, "ms": 1.0, "s": 1e3}[tail.group(2)]
    return float(rate.group(1)), float(tail.group(1)) * scale


# ---------------------------------------------------------------------- telling
def _seconds(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def _most(name: str, ours: float, unit: str, bar: float, note: str) -> dict[str, Any]:
    return {"name": name, "ours": ours, "peer": None, "ratio": None, "unit": unit,
            "bar": f"<= {bar:g} {unit}", "holds": ours <= bar, "note": note}  # fmt: skip


def _beside(
    name: str, ours: float | None, theirs: float | None, unit: str, bar: float, note: str
) -> dict[str, Any]:
    ratio = None if ours is None or theirs is None else theirs / ours
    return {"name": name, "ours": ours, "peer": theirs, "ratio": ratio, "unit": unit,
            "bar": f">= {bar:g} x", "holds": None if ratio is None else ratio >= bar,
            "note": note}  # fmt: skip


def _serve(url: str, folder: str, port: str) -> None:
    import uvicorn

    from api.app import create_app
    from geo.settings import Settings

    app = create_app(Settings(state=Path(folder), database_url=url), Database(url))
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning", access_log=False)


if __name__ == "__main__":
    _serve(*sys.argv[1:])
