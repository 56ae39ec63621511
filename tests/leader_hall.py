"""The demo city behind a real server, some of its names hostile, and screens to look at it: for the
tests of the leader's page."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hostile import HOSTILE_NAME
from playwright.sync_api import Browser, Page, expect
from served import another_database, running

from api.app import create_app
from geo import demo
from geo.database import Actor, Database
from geo.postgres import Cluster
from geo.settings import Settings

PATIENCE_MS = 90_000  # the first who asks may wait for machine code to be compiled
expect.set_options(timeout=PATIENCE_MS)
LEADER = Actor("test", sees_enterprises=True)
WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
COARSE = {"reduced_motion": "reduce", "device_scale_factor": 0.5}
"""A screen whose map has a quarter of the pixels: without a graphics card they are what costs time.
Whoever looks at pixels asks for `device_scale_factor=1`."""


def settings_of(state: Path, **more: Any) -> Settings:
    return Settings(state=state, database_url=None, **more)


@pytest.fixture(scope="session")
def hall(cluster: Cluster, tmp_path_factory) -> Iterator[SimpleNamespace]:
    """The service over the small demo city with its past; its database may be written."""
    with another_database(cluster) as database:
        settings = settings_of(tmp_path_factory.mktemp("hall"))
        demo.load(database, LEADER, settings, demo.Size.small)
        facts = _hostile(database)
        app = create_app(settings, database)
        with running(app) as address:
            yield SimpleNamespace(
                address=address, database=database, settings=settings, app=app, **facts
            )


def _hostile(database: Database) -> dict[str, Any]:
    """Give an area, its largest enterprise and a cluster a hostile name."""
    with database.write(LEADER) as writer:
        area = writer.scalar(
            "SELECT a.id FROM area a JOIN edition e ON e.id = a.edition_id AND e.state = 'active' "
            "WHERE a.kind = 'subdistrict' ORDER BY a.code LIMIT 1"
        )
        writer.execute(
            "UPDATE area SET name = :name WHERE id = :id", {"name": HOSTILE_NAME, "id": area}
        )
        enterprise = writer.scalar(
            "SELECT n.id FROM enterprise n JOIN edition e ON e.id = n.edition_id "
            "AND e.state = 'active' WHERE n.employees IS NOT NULL ORDER BY n.employees DESC LIMIT 1"
        )
        writer.execute(
            "UPDATE enterprise SET name = :name WHERE id = :id",
            {"name": HOSTILE_NAME, "id": enterprise},
        )
    hostile_cluster(database)
    return {"area": area, "enterprise": enterprise}


def hostile_cluster(database: Database) -> None:
    """Give a cluster a hostile name. After a change of unions it is found anew, and named again."""
    with database.write(LEADER) as writer:
        writer.execute(
            "UPDATE cluster SET place = :name WHERE id = (SELECT c.id FROM cluster c JOIN edition "
            "e ON e.id = c.edition_id AND e.state = 'active' ORDER BY c.employees DESC LIMIT 1)",
            {"name": HOSTILE_NAME},
        )


@pytest.fixture
def screens(browser: Browser, hall: SimpleNamespace) -> Iterator[Callable[..., Page]]:
    """Makes screens. What any of them asks of another host, whatever its page complains of, and any
    dialog of a hostile name is a failure."""
    with _watched(browser, hall.address) as make:
        yield make


@contextlib.contextmanager
def _watched(browser: Browser, address: str, allowed: tuple[str, ...] = ()) -> Iterator[Any]:
    foreign: list[str] = []
    complaints: list[str] = []

    def heard(said: Any) -> None:
        # That an answer did not come, or was no 200, is the network's news and not the page's.
        if said.type == "error" and "Failed to load resource" not in said.text:
            complaints.append(said.text)

    with contextlib.ExitStack() as stack:

        def screen(path: str = "/coverage", *, goto: bool = True, **more: Any) -> Page:
            facts = COARSE | {"viewport": WIDE, "locale": "zh-CN"} | more
            context = browser.new_context(base_url=address, **facts)
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.on("console", heard)
            page.on("pageerror", lambda error: complaints.append(f"{error} {error.stack}"))
            page.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
            context.on(
                "request",
                lambda request: (
                    None
                    if request.url.startswith((address, "data:", "blob:"))
                    else foreign.append(request.url)
                ),
            )
            if goto:
                page.goto(path)
                drawn(page)
            return page

        yield screen
    assert foreign == []
    assert [one for one in complaints if not any(word in one for word in allowed)] == []


watched = _watched


@pytest.fixture
def screen(screens) -> Page:
    """A wide screen with the page drawn."""
    return screens()


def drawn(page: Page) -> None:
    """The map stands still, its areas are coloured, and what may wait has come."""
    page.wait_for_selector("#map[data-ready]")
    page.wait_for_selector("body[data-complete]")
    page.wait_for_selector("#figures .measure", state="attached")


def until(
    page: Page, program: str, argument: Any = None, seconds: float = PATIENCE_MS / 1000
) -> Any:
    """Waits for a program in the page to answer with something true; it may be asynchronous."""
    end = time.monotonic() + seconds
    while True:
        found = page.evaluate(program, argument)
        if found:
            return found
        assert time.monotonic() < end, f"never true: {program[:200]}"
        page.wait_for_timeout(40)


def module(page: Page, name: str) -> str:
    """The address of a module of the page, the very one it runs."""
    found = page.evaluate(
        "name => document.querySelector(`link[rel=modulepreload][href$='/${name}']`)?.href", name
    )
    assert found, name
    return str(found)


def look(page: Page, program: str, argument: Any = None) -> Any:
    """Evaluates `program` with the page's own `map`, `view`, `known` in reach."""
    addresses = json.dumps({name: module(page, f"{name}.js") for name in ("map", "store", "areas")})
    return page.evaluate(
        f"""async (argument) => {{
            const at = {addresses};
            const [{{ theMap }}, store, areas] = await Promise.all(
                [import(at.map), import(at.store), import(at.areas)]);
            const {{ view, known }} = store;
            const map = theMap();
            return ({program});
        }}""",
        argument,
    )


def state_of(page: Page, area: int) -> dict[str, Any]:
    """How an area is drawn."""
    return dict(
        look(
            page,
            "map.getFeatureState({ source: 'areas', sourceLayer: 'areas', id: argument })",
            area,
        )
    )


__all__ = ["drawn", "hall", "look", "module", "screen", "screens", "state_of", "until"]
