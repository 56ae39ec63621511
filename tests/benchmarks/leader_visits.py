"""A server process of its own over a database, and visits of a real browser with an empty cache."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[1]))

from browsers import ARGUMENTS

from geo.database import Database

ROOT = Path(__file__).parents[2]
WIDE = {"width": 1440, "height": 900}
MOVES = (
    "map.jumpTo({ center: map.unproject([720, 300]) })",
    "map.jumpTo({ zoom: map.getZoom() + 1.5 })",
    "map.jumpTo({ center: map.unproject([250, 400]) })",
    "map.jumpTo({ zoom: map.getZoom() + 2 })",
    "map.jumpTo({ zoom: map.getZoom() - 3.5 })",
)
"""A pan, nearer, a pan, much nearer, back again."""
PATIENCE_SECONDS = 300


@dataclass
class Visit:
    """One visit: seconds until the map said that it stands still, and until that was painted;
    of each move; megabytes of heap."""

    shown: float
    painted: float
    heap: float
    requests: int
    moves: list[float] = field(default_factory=list)
    megabytes: float = 0.0


@contextlib.contextmanager
def serving(database: Database, folder: Path) -> Iterator[str]:
    """A server of one process over a database; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = database.url.render_as_string(hide_password=False)
    process = subprocess.Popen(
        [sys.executable, __file__, url, str(folder), str(port)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        end = time.monotonic() + PATIENCE_SECONDS
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("the server did not start")
            time.sleep(0.3)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def visits(
    program: str,
    address: str,
    count: int,
    *,
    files: Mapping[str, Path] | None = None,
    shown: str | None = None,
) -> list[Visit]:
    """Visits of a page, each by a browser of its own.

    Args:
        program: Chromium.
        address: of the page.
        count: how many.
        files: what is given for the scripts and styles of other hosts, by file name; all else that
            is asked of another host is refused.
        shown: selector whose first element is the picture; without it the leader's page, which says
            itself when its map stands still.
    """
    return [_visit(program, address, files or {}, shown) for _ in range(count)]


def _visit(program: str, address: str, files: Mapping[str, Path], shown: str | None) -> Visit:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=[*ARGUMENTS, "--js-flags=--max-old-space-size=8192"],
        )
        page = browser.new_context(viewport=WIDE, reduced_motion="reduce").new_page()
        page.set_default_timeout(PATIENCE_SECONDS * 1000)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        if files:
            page.route("**/*", lambda route: _given(route, files, address))
        # The browser's own beginning is nobody's.
        page.goto("about:blank")
        page.wait_for_timeout(2500)
        page.goto(address, wait_until="commit")
        wire = page.context.new_cdp_session(page)
        seconds, painted = _until_shown(page, shown)
        moves = [] if shown else [_move(page, move) for move in MOVES]
        wire.send("HeapProfiler.enable")
        wire.send("HeapProfiler.collectGarbage")
        heap = wire.send("Runtime.getHeapUsage")["usedSize"] / 1e6
        browser.close()
    return Visit(seconds, painted, heap, len(asked), moves)


def _given(route: Any, files: Mapping[str, Path], address: str) -> None:
    url = route.request.url
    name = url.split("?")[0].rsplit("/", 1)[-1]
    if url == address or url.startswith("data:"):
        route.continue_()
    elif name in files:
        route.fulfill(path=files[name], headers={"Access-Control-Allow-Origin": "*"})
    else:
        route.abort()


def _until_shown(page: Any, shown: str | None) -> tuple[float, float]:
    """Seconds from the beginning of the visit until the picture stands, and is painted."""
    painted: float = page.evaluate(
        """(selector) => new Promise((done) => {
            const after = (frames) => requestAnimationFrame(
                () => (frames ? after(frames - 1) : done(performance.now() / 1000)));
            const look = () => (
                document.querySelector(selector) ? after(1) : requestAnimationFrame(look));
            look();
        })""",
        shown or "#map[data-coloured]",
    )
    if shown is not None:
        return painted, painted
    told = page.evaluate("Number(document.getElementById('map').dataset.coloured) / 1000")
    return float(told), painted


def _move(page: Any, program: str) -> float:
    """Seconds of a move until the map stands still again."""
    told: float = page.evaluate(
        f"""async () => {{
            const at = document.querySelector('link[rel=modulepreload][href$="/map.js"]').href;
            const map = (await import(at)).theMap();
            // Whatever is still to be drawn is drawn before.
            map.triggerRepaint();
            await new Promise((done) => map.once("idle", done));
            const began = performance.now();
            const still = new Promise((done) => map.once("idle", done));
            {program};
            await still;
            return (performance.now() - began) / 1000;
        }}"""
    )
    return told


def _serve(url: str, folder: str, port: str) -> None:
    import logging

    import uvicorn

    from api.app import create_app
    from geo.settings import Settings

    logging.getLogger("nuanyi").addHandler(logging.NullHandler())
    app = create_app(Settings(state=Path(folder), database_url=url), Database(url))
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning", access_log=False)


if __name__ == "__main__":
    _serve(*sys.argv[1:])
