"""The start page as a person meets it, in a real browser with nothing but this service."""

from collections.abc import Iterator

import pytest
from hostile import HOSTILE_NAME
from playwright.sync_api import Page, expect
from served import SOUTH, WEST

SIZES = [(390, 844), (1440, 900)]


@pytest.fixture
def watched(page: Page, live: str) -> Iterator[Page]:
    """A page that may ask nobody else, and whose complaints count."""
    foreign, complaints = [], []

    def heard(said) -> None:
        # The browser itself reports an answer of 422; that is no complaint about the page.
        if said.type == "error" and "422" not in said.text:
            complaints.append(said.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))

    def own_only(route) -> None:
        if route.request.url.startswith((live, "data:", "blob:")):
            route.continue_()
        else:
            foreign.append(route.request.url)
            route.abort()

    page.route("**/*", own_only)
    yield page
    assert foreign == []
    assert complaints == []


@pytest.mark.parametrize(
    "path", ["/start", "/start?lang=en", "/docs", "/help/problems/invalid", "/maps/coverage.html"]
)
def test_a_page_asks_no_foreign_host_and_breaks_no_policy(watched, live, path):
    watched.goto(live + path, wait_until="networkidle")
    if path == "/docs":
        paths = watched.request.get(f"{live}/openapi.json").json()["paths"]
        operations = sum(len(path) for path in paths.values())
        expect(watched.locator(".opblock")).to_have_count(operations)
        watched.get_by_text("/api/stations/nearest").first.click()
        watched.locator("input[placeholder=lon]").fill(str(WEST))
        watched.locator("input[placeholder=lat]").fill(str(SOUTH + 0.05))
        watched.locator("button.execute").click()
        answered = watched.locator(".live-responses-table tbody .response-col_status")
        expect(answered.first).to_contain_text("200")


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(("lang", "minutes"), [("zh", "分钟"), ("en", "min")])
def test_a_position_typed_in_gives_a_list_to_read(watched, live, size, lang, minutes):
    asked = []
    watched.on("request", lambda request: asked.append(request.url))
    watched.set_viewport_size({"width": size[0], "height": size[1]})
    watched.goto(f"{live}/start?lang={lang}")
    watched.locator("#lon").fill(str(WEST + 0.0501))
    watched.locator("#lat").fill(str(SOUTH + 0.05))
    watched.locator(".chip", has_text="热水" if lang == "zh" else "Hot water").click()
    watched.locator("button[type=submit]").click()
    stations = watched.locator(".station")
    expect(stations).to_have_count(5)
    expect(stations.first).to_contain_text(minutes)
    # A hostile name is a name.
    expect(stations.first.locator("h3")).to_have_text(f"{HOSTILE_NAME}11")
    expect(watched.locator("#editions tbody tr")).to_have_count(4)
    wide = watched.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide
    # The position is in no address that the browser keeps.
    assert "lon" not in watched.url
    assert not [url for url in asked if str(WEST + 0.0501) in url]


def test_a_position_the_browser_tells_is_used(watched, live):
    watched.context.grant_permissions(["geolocation"])
    watched.context.set_geolocation({"longitude": WEST + 0.0501, "latitude": SOUTH + 0.05})
    watched.goto(f"{live}/start")
    watched.locator("#locate").click()
    expect(watched.locator(".station")).to_have_count(5)


def test_what_is_wrong_is_said_beside_the_form(watched, live):
    watched.goto(f"{live}/start")
    watched.locator("#lon").fill("34.75")
    watched.locator("#lat").fill("113.65")
    with watched.expect_response("**/nearest**") as answer:
        watched.evaluate("document.getElementById('form').requestSubmit()")
    assert answer.value.status == 422
    expect(watched.locator("#said")).to_contain_text("lat 不在 -90 到 90 之间")
    expect(watched.locator("#lat")).to_have_attribute("aria-invalid", "true")


def test_the_example_finds_something(watched, live):
    watched.goto(f"{live}/start")
    watched.locator("#example").click()
    expect(watched.locator(".station").first).to_be_visible()
    assert watched.locator("#lon").input_value()


def test_the_page_can_be_used_by_keyboard(watched, live):
    watched.goto(f"{live}/start")
    watched.keyboard.press("Tab")
    expect(watched.locator(".skip")).to_be_focused()
    watched.keyboard.press("Enter")
    for expected in ("locate", "example", "lon", "lat", "crs", "open"):
        watched.keyboard.press("Tab")
        expect(watched.locator(f"#{expected}")).to_be_focused()


def test_every_control_has_a_name(watched, live):
    watched.goto(f"{live}/start")
    nameless = watched.evaluate(
        """() => [...document.querySelectorAll("input, select, button, a")]
            .filter((one) => !(one.labels?.length || one.textContent.trim()))
            .map((one) => one.outerHTML)"""
    )
    assert nameless == []
