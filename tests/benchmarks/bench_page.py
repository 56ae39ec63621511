"""The worker's page on a bad network: what a first visit costs, and how long the answer takes.

A real Chromium with an empty cache over the demo city, throttled through its own protocol to slow
3G: 400 kbit/s both ways, 400 ms a request. Bytes are what comes over the wire until the page can
take a position: headers, page, style, scripts, no map. The answer's time runs from the moment the
phone hands the position to the page until the first card has been painted. There is no peer: the
bars are absolute. A second line measures on a processor slowed four times, as an old phone's is.
"""

from __future__ import annotations

import contextlib
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn

sys.path.append(str(Path(__file__).resolve().parents[1]))

from browsers import ARGUMENTS, browser_here

from api.app import create_app
from geo import demo
from geo.database import Actor, Database
from geo.settings import Settings

RUNS = 9
BAR_BYTES = 60_000
BAR_SECONDS = 1.0
LATENCY_MS = 400
BYTES_A_SECOND = 400_000 / 8
OLD_PHONE = 4
WATCH = """
const ask = navigator.geolocation.getCurrentPosition.bind(navigator.geolocation);
navigator.geolocation.getCurrentPosition = (found, failed, wishes) => ask((fix) => {
  window.knownAt ??= performance.now();
  found(fix);
}, failed, wishes);
new MutationObserver((_, observer) => {
  if (window.shownAt || !document.querySelector(".card.first")) return;
  observer.disconnect();
  requestAnimationFrame(() => requestAnimationFrame(() => { window.shownAt = performance.now(); }));
}).observe(document, { childList: true, subtree: true });
"""


def run(database: Database) -> Iterator[dict[str, Any]]:
    """Measure; about two minutes."""
    program = browser_here()
    if program is None:
        yield {
            "name": "the worker's page on slow 3G",
            "ours": None,
            "peer": None,
            "ratio": None,
            "unit": "s",
            "bar": f"<= {BAR_SECONDS:g}",
            "holds": None,
            "note": "needs Chromium",
        }
        return
    with tempfile.TemporaryDirectory(prefix="nuanyi-bench-") as name:
        settings = Settings(state=Path(name), database_url=None)
        demo.load(database, Actor("bench", sees_enterprises=True), settings, demo.Size.small)
        with database.read(Actor("bench")) as reader:
            place = reader.first(
                "SELECT ST_X(location) AS lon, ST_Y(location) AS lat FROM station "
                "WHERE kind = 'warm_station' AND location IS NOT NULL AND access = 'public' "
                "AND opening_hours = '24/7' ORDER BY id LIMIT 1"
            )
        with _served(settings, database) as address:
            visits = [_visit(program, address, place, 1) for _ in range(RUNS)]
            slow = [_visit(program, address, place, OLD_PHONE) for _ in range(RUNS)]
    loads = [one["bytes"] for one in visits]
    yield {
        "name": "initial load, over the wire",
        "ours": statistics.median(loads),
        "peer": None,
        "ratio": None,
        "unit": "bytes",
        "bar": f"<= {BAR_BYTES:,}",
        "holds": max(loads) <= BAR_BYTES,
        "note": f"{visits[0]['requests']} requests until a position can be taken, headers included",
    }
    for found, bar, what in ((visits, BAR_SECONDS, ""), (slow, None, ", old phone")):
        waits = sorted(one["wait"] for one in found)
        yield {
            "name": f"position known to first card, slow 3G{what}",
            "ours": statistics.median(waits),
            "peer": None,
            "ratio": None,
            "unit": "s",
            "bar": None if bar is None else f"<= {bar:g}",
            "holds": None if bar is None else statistics.median(waits) <= bar,
            "note": f"median of {len(waits)}, {waits[0]:.2f} to {waits[-1]:.2f}; the answer is "
            f"{found[0]['answer']:,} bytes"
            + (f"; processor slowed {OLD_PHONE} times" if found is slow else ""),
        }
    ready = statistics.median(one["ready"] for one in visits)
    yield {
        "name": "first visit to a button that works, slow 3G",
        "ours": ready,
        "peer": None,
        "ratio": None,
        "unit": "s",
        "bar": None,
        "holds": None,
        "note": "empty cache; later visits come from the phone",
    }


@contextlib.contextmanager
def _served(settings: Settings, database: Database) -> Iterator[str]:
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings, database),
            host="127.0.0.1",
            port=0,
            log_level="warning",
            access_log=False,
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the server did not start")
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)


def _visit(program: str, address: str, place: Any, slower: int) -> dict[str, float]:
    """One first visit of a new phone."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*ARGUMENTS])
        context = browser.new_context(
            viewport={"width": 390, "height": 844},
            permissions=["geolocation"],
            geolocation={"longitude": place.lon + 0.001, "latitude": place.lat + 0.0007},
        )
        page = context.new_page()
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": LATENCY_MS,
                "downloadThroughput": BYTES_A_SECOND,
                "uploadThroughput": BYTES_A_SECOND,
            },
        )
        if slower > 1:
            wire.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        paths: dict[str, str] = {}
        taken: dict[str, float] = {}
        wire.on(
            "Network.responseReceived",
            lambda told: paths.update({told["requestId"]: told["response"]["url"]}),
        )
        wire.on(
            "Network.loadingFinished",
            lambda told: taken.update({told["requestId"]: told["encodedDataLength"]}),
        )
        page.add_init_script(WATCH)
        page.goto(address, wait_until="commit")
        end = time.monotonic() + 60
        while not page.evaluate("Boolean(window.shownAt)"):
            if time.monotonic() > end:
                raise RuntimeError("no card was shown")
            page.wait_for_timeout(100)
        facts = page.evaluate(
            """() => ({
                wait: (shownAt - knownAt) / 1000,
                ready: Math.max(...performance.getEntriesByType("resource")
                    .filter((one) => /worker\\/[a-z]+\\.(js|css)$/.test(one.name))
                    .map((one) => one.responseEnd).filter((end) => end <= knownAt)) / 1000,
                answer: performance.getEntriesByType("resource")
                    .find((one) => one.name.includes("nearest")).encodedBodySize,
                first: performance.getEntriesByType("resource")
                    .filter((one) => one.responseEnd <= knownAt).map((one) => one.name),
            })"""
        )
        first = {*facts.pop("first"), page.url}
        counted = [size for key, size in taken.items() if paths.get(key) in first]
        browser.close()
    return {**facts, "bytes": sum(counted), "requests": len(counted)}


if __name__ == "__main__":
    sys.exit("run it with: nuanyi bench page")
