"""A street with stations behind a real server, and a phone in somebody's hand."""

import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
import rows
from databases import another_database
from playwright.sync_api import Browser, Page, expect
from served import SOUTH, WEST, fill, running

from api.app import create_app
from geo.database import Actor, Database
from geo.postgres import Cluster
from geo.settings import Settings

PATIENCE_MS = 15_000
expect.set_options(timeout=PATIENCE_MS)

ZONE = ZoneInfo("Asia/Shanghai")
LON, LAT = WEST + 0.050137, SOUTH + 0.050019
"""Where somebody stands: digits that no station has."""
NEAREST, SHUT, UNSURE, DOUBTED, SHOWER, MENDED = 40, 41, 42, 43, 60, 44


def hours_without_now() -> str:
    """Hours that are over or yet to come, and stay so while the tests run."""
    return "18:00-19:00" if datetime.now(ZONE).hour < 12 else "06:00-07:00"


def next_opening(hours: str) -> str:
    """How the page tells, at this moment, when such hours begin: tests may run past midnight."""
    begins = hours.partition("-")[0]
    return begins if f"{datetime.now(ZONE):%H:%M}" < begins else f"明天 {begins}"


def furnish(database: Database) -> SimpleNamespace:
    """The served city, and a few stations beside somebody that are each of another sort."""
    numbers = fill(database)
    today = datetime.now(ZONE).date()
    hours = hours_without_now()
    always = {"hours_text": "24小时", "opening_hours": "24/7"}
    usual = {"lat": SOUTH + 0.05, "access": "public", "services": ["hot_water", "toilet"]}
    with database.write(Actor("test")) as writer:

        def station(number: int, east: float, **facts: object) -> None:
            rows.station(
                writer, numbers.stations, number, lon=WEST + east, **(usual | always | facts)
            )

        station(
            NEAREST,
            0.0515,
            name="暖心驿站（人民路）",
            services=["hot_water", "meal_heating", "phone_charging", "rest"],
            address="人民路51号",
            phone="0371-5550001",
            access_method="直接进入",
            verified_on=today - timedelta(days=40),
        )
        station(SHUT, 0.0485, name="晨光驿站", hours_text=hours, opening_hours=hours)
        station(UNSURE, 0.0535, name="晚霞驿站", hours_text="问门卫", opening_hours=None)
        station(DOUBTED, 0.047, name="云石驿站", verified_on=today - timedelta(days=500))
        station(MENDED, 0.0545, name="长桥驿站", services=["hot_water"])
        station(SHOWER, 0.09, name="远山驿站", services=["shower"])
        for n in range(2):
            writer.execute(
                "INSERT INTO station_report (receipt, station_id, kind, seen_at) "
                "VALUES (:receipt, :station, 'closed', now())",
                {"receipt": f"{n:032x}", "station": DOUBTED},
            )
        writer.execute(
            "UPDATE area SET union_name = '人民路街道总工会', union_phone = '0371-5550002' "
            "WHERE id = 110"
        )
    return SimpleNamespace(database=database, hours=hours, **vars(numbers))


def until(page: Page, program: str) -> None:
    """Waits for a program in the page to answer with something true; it may be asynchronous."""
    end = time.monotonic() + PATIENCE_MS / 1000
    while not page.evaluate(program):
        assert time.monotonic() < end, f"never true: {program[:200]}"
        page.wait_for_timeout(50)


@pytest.fixture(scope="session")
def street(cluster: Cluster, tmp_path_factory) -> Iterator[SimpleNamespace]:
    """The service over that street, at an address; its database may be written."""
    with another_database(cluster) as database:
        facts = furnish(database)
        app = create_app(Settings(state=tmp_path_factory.mktemp("street")), database)
        with running(app) as address:
            yield SimpleNamespace(address=address, **vars(facts))


@pytest.fixture
def phones(browser: Browser, street) -> Iterator[Callable[..., Page]]:
    """Makes phones. What any of them asks of another host, and whatever its page complains of, is
    a failure."""
    foreign: list[str] = []
    complaints: list[str] = []

    def heard(said) -> None:
        # That an answer did not come is the network's news, not the page's.
        if said.type == "error" and "Failed to load resource" not in said.text:
            complaints.append(said.text)

    with contextlib.ExitStack() as stack:

        def phone(*, located: bool = True, path: str = "/", goto: bool = True, **more) -> Page:
            facts = {"viewport": {"width": 390, "height": 844}, "locale": "zh-CN"} | more
            if located:
                facts |= {
                    "permissions": ["geolocation", "clipboard-read", "clipboard-write"],
                    "geolocation": {"longitude": LON, "latitude": LAT, "accuracy": 12},
                }
            context = browser.new_context(base_url=street.address, **facts)
            stack.callback(context.close)
            context.on("page", lambda page: page.on("console", heard))
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.asked = []
            page.on("request", lambda one: page.asked.append(one))  # noqa: PLW0108  it wants its own
            context.on(
                "request",
                lambda request: (
                    None
                    if request.url.startswith((street.address, "data:", "blob:"))
                    else foreign.append(request.url)
                ),
            )
            if goto:
                page.goto(path)
            return page

        yield phone
    assert foreign == []
    assert complaints == []


@pytest.fixture
def phone(phones) -> Page:
    """A phone that has said yes to its position, with the page open and the list there."""
    page = phones()
    page.locator(".card.first").wait_for()
    return page
