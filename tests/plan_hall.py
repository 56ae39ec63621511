"""The town along one street behind a real server, and screens to plan on: for the tests of the
planner's page. What a set of sites must cover is worked out from distances along the street."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any
from urllib.request import Request, urlopen

import numpy as np
import pytest
from leader_hall import WIDE, settings_of, until, watched
from planning_town import LAT, WEST, a_town, metres
from playwright.sync_api import Browser, Page
from served import running

from api.app import create_app
from geo.postgres import Cluster

HOURS = 17
COLD_SECONDS = 150.0
"""The first search on a machine translates the solvers to machine code."""
HURRIED = 8
HURRY = f"const pause = setTimeout; setTimeout = (f, ms, ...a) => pause(f, ms / {HURRIED}, ...a);"
"""In a page that is `hurried` the pauses of its own scripts are that many times shorter."""
WORKDAY = 10.0 * 10 + 4.0 * 17
"""Of each place on a workday from 6 to 22, people summed over the hours."""


@pytest.fixture(scope="session")
def bench(cluster: Cluster, tmp_path_factory) -> Iterator[SimpleNamespace]:
    """The service over the town; plans may be made in its database."""
    with a_town(cluster) as town:
        app = create_app(settings_of(tmp_path_factory.mktemp("bench")), town.database)
        with running(app) as address:
            yield SimpleNamespace(address=address, **vars(town))


@pytest.fixture
def planners(browser: Browser, bench: SimpleNamespace) -> Iterator[Callable[..., Page]]:
    """Makes screens with the planner's page. Whatever one asks of another host, or complains of, or
    any dialog of a hostile name is a failure."""
    with watched(browser, bench.address) as make:

        def screen(
            path: str = "/plan", *, ready: bool = True, hurried: bool = False, **more: Any
        ) -> Page:
            page: Page = make(goto=False, **({"viewport": WIDE} | more))
            if hurried:
                page.add_init_script(HURRY)
            page.goto(path)
            if ready:
                drawn(page)
            return page

        yield screen


@pytest.fixture
def planner(planners) -> Page:
    """A wide screen with the page drawn."""
    return planners()


def drawn(page: Page) -> None:
    """The map stands still with the people on it, and what may wait has come."""
    page.wait_for_selector("body[data-complete]")
    page.wait_for_selector("#map[data-ready]")
    page.wait_for_selector("#headline-box .headline", state="attached")


def look(page: Page, program: str, argument: Any = None) -> Any:
    """Evaluates `program` with the page's own `map`, `view`, `known`, `chosen` in reach."""
    addresses = json.dumps(
        {
            name: page.evaluate(
                "name => document.querySelector("
                "`link[rel=modulepreload][href$='/plan/${name}']`).href",
                f"{name}.js",
            )
            for name in ("map", "store")
        }
    )
    return page.evaluate(
        f"""async (argument) => {{
            const at = {addresses};
            const [{{ theMap }}, store] = await Promise.all([import(at.map), import(at.store)]);
            const {{ view, known, chosen }} = store;
            const map = theMap();
            return ({program});
        }}""",
        argument,
    )


def reached(bench: SimpleNamespace, sites: Sequence[float], radius: float = 500.0) -> Any:
    """(places,) bool: who is within `radius` of a station of today or of a site at a longitude."""
    there = np.concatenate((bench.stations, np.asarray(sites, float)))
    return (metres(bench.lon, there) <= radius).any(axis=1)


def share_counted(bench: SimpleNamespace, sites: Sequence[float], steps: Sequence[Any]) -> Any:
    """(places,) what each place counts for by the step of its nearest station."""
    nearest = metres(bench.lon, np.concatenate((bench.stations, np.asarray(sites, float)))).min(1)
    counted = np.zeros(len(nearest))
    for far, part in reversed(steps):
        counted[nearest <= far] = part
    return counted


def plan_of(bench: SimpleNamespace, **question: Any) -> dict[str, Any]:
    """A plan that was made through the API, not on the page, when it has ended and it was looked
    around it."""
    asked = json.dumps({"question": question}).encode()
    headers = {"Content-Type": "application/json"}
    url = told(Request(f"{bench.address}/api/siting/plans", asked, headers))["url"]
    end = time.monotonic() + COLD_SECONDS
    while True:
        plan = told(Request(bench.address + url))
        looking = ((plan["facts"] or {}).get("steady") or {}).get("looking")
        if plan["state"] not in ("waiting", "running") and not looking:
            return plan
        assert time.monotonic() < end, plan["progress"]
        time.sleep(0.1)


def sent(**progress: Any) -> dict[str, str]:
    """An event of a search, as the service sends it; the browser asks again at once."""
    told = {"state": "running", "progress": {"phase": "search", "seconds": 1.0} | progress}
    return {
        "content_type": "text/event-stream",
        "body": f"retry: 50\nevent: progress\ndata: {json.dumps(told)}\n\n",
    }


def told(asked: Request) -> dict[str, Any]:
    """The service's answer."""
    with urlopen(asked, timeout=60) as answer:
        return dict(json.load(answer))


def person_hours(bench: SimpleNamespace, sites: Sequence[float], radius: float = 500.0) -> float:
    return float(WORKDAY * reached(bench, sites, radius).sum())


def settled(page: Page) -> None:
    """What the sites on the map cover is known: nothing is being asked any more."""
    page.wait_for_timeout(60)
    until(page, "() => !document.querySelector('[data-weighing], [data-busy]')")


def ended(page: Page) -> None:
    """The open plan has been worked out, and is on the page with what it covers."""
    end = time.monotonic() + COLD_SECONDS
    while (state := look(page, "known.plan?.id === view.plan && known.plan?.state")) != "done":
        assert time.monotonic() < end, state
        page.wait_for_timeout(40)
    settled(page)


def on_screen(page: Page, lon: float, lat: float = LAT) -> tuple[float, float]:
    """Where a place is on the screen."""
    x, y = look(
        page,
        "(() => { const at = map.project(argument);"
        " const box = map.getContainer().getBoundingClientRect();"
        " return [at.x + box.x, at.y + box.y]; })()",
        [lon, lat],
    )
    return x, y


__all__ = [
    "LAT",
    "WEST",
    "bench",
    "drawn",
    "ended",
    "look",
    "on_screen",
    "person_hours",
    "plan_of",
    "planner",
    "planners",
    "reached",
    "sent",
    "settled",
    "share_counted",
    "told",
    "until",
]
