"""The leader's page over a million enterprises, beside folium FastMarkerCluster of the same points.

The generated city (BENCH_SIZE=city or small takes a smaller one) with its streets, areas, stations
and enterprises, behind a server process of its own. A real Chromium without a graphics card
(software GL) visits with an empty cache; one visit before the measured ones warms the server, as
the first leader of a day does for the others. Measured from the beginning of the visit until the
map stands still with its areas coloured (the page's own `idle`), then pans and zooms until it
stands still again, and the JavaScript heap after a collection.

The peer's page is one file with the points in it; its scripts, which folium loads from other hosts,
are given from this machine: Leaflet as we carry it, and `leaflet.markercluster` and awesome-markers
from npm in the folder that PEERS_NODE names (`npm install leaflet.markercluster
drmonty-leaflet-awesome-markers`). Measured until its first cluster is drawn: as folium makes it,
and once more with plain marks instead of its icons, which takes it less time.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

sys.path.append(str(Path(__file__).resolve().parent))
sys.path.append(str(Path(__file__).resolve().parents[1]))

from browsers import browser_here
from leader_visits import Visit, serving, visits

from geo.database import Actor, Database
from geo.demo import AS_OF, FILES
from geo.imports.options import ImportOptions
from geo.imports.run import import_file
from geo.sample import write_city
from geo.settings import Settings

ACTOR = Actor("bench", sees_enterprises=True)
SIZES = {"small", "city", "huge"}
DATASETS = ("areas", "streets", "stations", "enterprises")
RUNS = 5
PEER_RUNS = 2
BAR_IDLE = 2.0
BAR_HEAP_MB = 50.0
BAR_MOVE = 1.2
BAR_RATIO = 10.0
VIEWS = {"areas": "/coverage", "enterprises": "/coverage#show=enterprises"}
VENDOR = Path(__file__).parents[2] / "maps" / "web" / "vendor"
NO_PEER = (
    "peer not here: npm install leaflet.markercluster drmonty-leaflet-awesome-markers, its folder "
    "in PEERS_NODE"
)
PLAIN = "function (row) { return L.marker(new L.LatLng(row[0], row[1])); }"
PEERS = {"as folium makes it": None, "with plain marks": PLAIN}


def run(database: Database) -> Iterator[dict[str, Any]]:
    """Measure; some fifteen minutes at a million, of which loading the city takes most."""
    size = os.environ.get("BENCH_SIZE", "huge")
    if size not in SIZES:
        raise ValueError(f"BENCH_SIZE is one of {', '.join(sorted(SIZES))}")
    program = browser_here()
    if program is None:
        yield _record("the leader's page", None, "s", f"<= {BAR_IDLE:g}", None, "needs Chromium")
        return
    with tempfile.TemporaryDirectory(prefix="nuanyi-leader-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        write_city(folder, size)  # type: ignore[arg-type]
        settings = Settings(state=folder, database_url=None)
        for dataset in DATASETS:
            options = ImportOptions(crs="wgs84", commit=True, as_of=AS_OF)
            import_file(database, ACTOR, settings, dataset, folder / FILES[dataset], options)
        points = _points(database)
        with serving(database, folder) as address:
            for path in VIEWS.values():
                visits(program, address + path, 1)
            ours = {view: visits(program, address + path, RUNS) for view, path in VIEWS.items()}
        yield from _records(ours, len(points))
        for way, callback in PEERS.items():
            yield _beside(way, ours["enterprises"], _peer(program, folder, points, callback))


def _records(ours: dict[str, list[Visit]], count: int) -> Iterator[dict[str, Any]]:
    about = f"{count:,} enterprises"
    for view, found in ours.items():
        shown = [one.shown for one in found]
        middle = statistics.median(shown)
        note = f"{about}; {min(shown):.2f} to {max(shown):.2f}; {found[0].requests} requests"
        yield _record(f"first picture, {view}", middle, "s", f"<= {BAR_IDLE:g}",
                      middle <= BAR_IDLE, note)  # fmt: skip
        painted = statistics.median(one.painted for one in found)
        yield _record(f"first picture painted, {view}", painted, "s", None, None, about)
        moves = [seconds for one in found for seconds in one.moves]
        yield _record(f"pan or zoom until it stands still, worst, {view}", max(moves), "s",
                      f"<= {BAR_MOVE:g}", max(moves) <= BAR_MOVE,
                      f"median {statistics.median(moves):.2f} s of {len(moves)}")  # fmt: skip
        heap = max(one.heap for one in found)
        yield _record(f"JavaScript heap, {view}", heap, "MB", f"<= {BAR_HEAP_MB:g}",
                      heap <= BAR_HEAP_MB, about)  # fmt: skip


def _beside(name: str, ours: list[Visit], peer: list[Visit] | None) -> dict[str, Any]:
    middle = statistics.median(one.painted for one in ours)
    name = f"beside folium FastMarkerCluster {name}"
    if peer is None:
        return _record(name, middle, "s", f">= {BAR_RATIO:g} x", None, NO_PEER)
    theirs = statistics.median(one.painted for one in peer)
    return {
        **_record(name, middle, "s", f">= {BAR_RATIO:g} x",
                  theirs / middle >= BAR_RATIO,
                  f"its page {peer[0].megabytes:.0f} MB, heap {peer[0].heap:,.0f} MB"),
        "peer": theirs,
        "ratio": theirs / middle,
    }  # fmt: skip


def _record(
    name: str, ours: float | None, unit: str, bar: str | None, holds: bool | None, note: str
) -> dict[str, Any]:
    return {
        "name": f"leader's page: {name}",
        "ours": ours,
        "peer": None,
        "ratio": None,
        "unit": unit,
        "bar": bar,
        "holds": holds,
        "note": note,
    }


def _points(database: Database) -> npt.NDArray[np.float64]:
    """(N, 2) latitude and longitude of every enterprise that has a place."""
    with database.read(ACTOR) as reader:
        table = reader.copy_out(
            "SELECT ST_Y(n.location) AS lat, ST_X(n.location) AS lon FROM enterprise n "
            "JOIN edition e ON e.id = n.edition_id AND e.state = 'active' "
            "WHERE n.location IS NOT NULL"
        )
    return np.column_stack([table.column(name).to_numpy() for name in ("lat", "lon")])


def _peer(
    program: str, folder: Path, points: npt.NDArray[np.float64], callback: str | None
) -> list[Visit] | None:
    """Visits of folium's page of the same points; `callback` makes a mark, None: folium's own."""
    node = Path(os.environ.get("PEERS_NODE", "")) / "node_modules"
    clusters, icons = node / "leaflet.markercluster", node / "drmonty-leaflet-awesome-markers"
    if not clusters.is_dir() or not icons.is_dir():
        return None
    import folium
    from folium.plugins import FastMarkerCluster

    lat, lon = points.mean(axis=0)
    drawing = folium.Map(location=[lat, lon], zoom_start=11, tiles=None)
    drawing.options["maxZoom"] = 18  # which it would take from a background
    FastMarkerCluster(np.round(points, 6).tolist(), callback=callback).add_to(drawing)
    page = folder / "peer.html"
    drawing.save(str(page))
    files = {
        **{path.name: path for path in (VENDOR / "leaflet").rglob("*.*")},
        **{path.name: path for path in (clusters / "dist").glob("*.*")},
        **{path.name: path for path in icons.rglob("*.*")},
    }
    found = visits(program, page.as_uri(), PEER_RUNS, files=files, shown=".marker-cluster")
    for one in found:
        one.megabytes = page.stat().st_size / 1e6
    return found
