"""What is printed and mailed: the bulletin of a district, the booklet of sixteen, the portable map.

The generated city of 1,000,000 enterprises, 350 subdistricts in 16 districts and 20,000 organising
units, through the import as anybody's files. Each bulletin is made as the service makes it: figures
read, clusters advised, maps drawn, pages set; no peer makes one, so the bars are absolute. The
portable map of 350 areas of 735 vertices and 1,000 outlines is opened from disk by a real Chromium
with the cable pulled: shown is when every outline and area has been painted.

`NUANYI_BENCH_PRINT=city` takes the small twin of the city instead, for trying the benchmark out.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from browsers import ARGUMENTS, browser_here

from api.bulletin import Asked, bulletin_of, earlier, today
from geo import demo
from geo.database import Actor, Database
from geo.settings import Settings
from maps.bulletin import pdf, xlsx

RUNS = 3
BAR_DISTRICT, BAR_BOOKLET = 3.0, 30.0
BAR_BYTES, BAR_SHOWN = 3_000_000, 1.0
ACTOR = Actor("bench", sees_enterprises=True)


def run(database: Database) -> Iterator[dict[str, Any]]:
    """Measure; some minutes to load the city, one to print it."""
    size = demo.Size(os.environ.get("NUANYI_BENCH_PRINT", "huge"))
    with tempfile.TemporaryDirectory(prefix="nuanyi-bench-") as name:
        settings = Settings(state=Path(name), database_url=None, bulletin_issuer="演示市总工会")
        demo.load(database, ACTOR, settings, size, earlier=True)
        began = time.perf_counter()
        pair = earlier(database, ACTOR, settings)
        yield _record("comparing the editions, once for a pair", time.perf_counter() - began, "s")
        with database.read(ACTOR) as reader:
            rows = reader.all(
                "SELECT area.id, count(*) AS n FROM area JOIN edition ON edition.id = edition_id "
                "AND edition.state = 'active' LEFT JOIN area AS below ON below.parent_id = area.id "
                "AND below.edition_id = area.edition_id WHERE area.kind = 'district' "
                "GROUP BY area.id ORDER BY n DESC, area.id"
            )
        largest = rows[0].id

        def make(area_id: int | None, as_: str = "pdf") -> bytes:
            asked = Asked(area_id, "zh", today(settings), pair)
            made = bulletin_of(database, ACTOR, settings, asked, all_forms=as_ == "xlsx")
            return xlsx(made, "zh") if as_ == "xlsx" else pdf(made, "zh")

        seconds, content = _timed(lambda: make(largest), RUNS)
        yield _record(
            f"the bulletin of a district ({rows[0].n} subdistricts)",
            seconds, "s", BAR_DISTRICT, note=f"{len(content) / 1000:,.0f} kB, PDF/UA",
        )  # fmt: skip
        seconds, content = _timed(lambda: make(None), RUNS)
        yield _record(
            f"the booklet of {len(rows)} districts",
            seconds, "s", BAR_BOOKLET, note=f"{len(content) / 1000:,.0f} kB",
        )  # fmt: skip
        seconds, content = _timed(lambda: make(None, "xlsx"), 1)
        yield _record("the same as a spreadsheet", seconds, "s")
    yield from _portable()


def _portable() -> Iterator[dict[str, Any]]:
    from invented_city import city

    from maps.coverage import draw

    view = city(areas=350, stations=0, clusters=1000, vertices=735)
    seconds, html = _timed(lambda: draw(view).encode(), 1)
    yield _record("making the portable map, 350 areas and 1,000 outlines", seconds, "s")
    yield _record("its size", len(html), "bytes", BAR_BYTES)
    program = browser_here()
    if program is None:
        yield _record("shown in Chromium", None, "s", BAR_SHOWN, note="needs Chromium")
        return
    with tempfile.TemporaryDirectory(prefix="nuanyi-bench-") as name:
        path = Path(name) / "coverage.html"
        path.write_bytes(html)
        shown = [_visit(program, path) for _ in range(RUNS + 2)]
    waits = [wait for wait, _ in shown]
    yield _record(
        "shown in Chromium", statistics.median(waits), "s", BAR_SHOWN,
        note=f"median of {len(waits)}, {min(waits):.2f} to {max(waits):.2f}",
    )  # fmt: skip
    yield _record("requests to anywhere", max(asked for _, asked in shown), "requests", 0)


def _visit(program: str, path: Path) -> tuple[float, int]:
    """Seconds until everything has been painted, and requests made besides the file itself."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*ARGUMENTS])
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_offline(True)
        page = context.new_page()
        asked: list[str] = []
        # The browser's own beginning is nobody's.
        page.goto("about:blank")
        page.wait_for_timeout(2500)
        page.on("request", lambda one: asked.append(one.url))
        page.goto(path.as_uri(), wait_until="commit")
        seconds = page.evaluate(
            """() => new Promise((done) => {
                const frame = window.requestAnimationFrame;
                const painted = () => frame(() => frame(() => done(performance.now() / 1000)));
                const drawn = () => document.querySelectorAll("path.leaflet-interactive").length;
                const look = () => (drawn() < 1350 ? frame(look) : painted());
                look();
            })"""
        )
        browser.close()
    return float(seconds), sum(not one.startswith(("file:", "data:", "blob:")) for one in asked)


def _timed(make: Callable[[], bytes], runs: int) -> tuple[float, bytes]:
    """The median time, and what was made."""
    times, made = [], b""
    for _ in range(runs):
        began = time.perf_counter()
        made = make()
        times.append(time.perf_counter() - began)
    return statistics.median(times), made


def _record(
    name: str, ours: float | None, unit: str, most: float | None = None, note: str = ""
) -> dict[str, Any]:
    return {
        "name": name,
        "ours": ours,
        "peer": None,
        "ratio": None,
        "unit": unit,
        "bar": None if most is None else f"<= {most:,g}",
        "holds": None if most is None or ours is None else ours <= most,
        "note": note,
    }


if __name__ == "__main__":
    sys.exit("run it with: nuanyi bench print")
