"""Cards as they come out of the printer: paper, room, and a code that a phone can read."""

import re
from datetime import date

import pytest
import zxingcpp
from hostile import HOSTILE_NAME
from map_page import prepare
from pixels import pixels
from playwright.sync_api import Page

from geo.schema.stations import SERVICES
from maps.cards import LONGEST, AreaOnCard, Document, StationOnCard, area_pages, station_page
from maps.texts import LANGUAGES

MILLIMETRES = 25.4 / 72
NOT_INSIDE = """() => [...document.querySelectorAll(".card")].filter((card) => {
    const side = card.getBoundingClientRect();
    const foot = card.querySelector("footer").getBoundingClientRect();
    return card.scrollHeight > card.clientHeight + 1 || card.scrollWidth > card.clientWidth + 1
        || foot.bottom > side.bottom
        || [...card.querySelectorAll("*")].some((one) => {
            const box = one.getBoundingClientRect();
            return box.right > side.right + 1 || box.bottom > side.bottom + 1;
        });
}).map((card) => card.querySelector("h2").textContent.slice(0, 20))"""


def sheets(pdf: bytes) -> list[tuple[int, int]]:
    """Width and height of each sheet of a PDF in millimetres."""
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", pdf)
    return [tuple(round(float(one) * MILLIMETRES) for one in box) for box in boxes]


def print_out(page: Page) -> bytes:
    return page.pdf(prefer_css_page_size=True, print_background=True)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("paper", "size"), [("a6", (105, 148)), ("a5", (148, 210))])
def test_a_stations_card_is_one_sheet_and_its_code_opens_it(page, live, city, lang, paper, size):
    heard = prepare(page, live)
    page.set_viewport_size({"width": 700, "height": 1000})
    page.goto(f"{live}/cards/4?lang={lang}&paper={paper}")
    [sheet] = sheets(print_out(page))
    assert sheet == pytest.approx(size, abs=1)
    [code] = zxingcpp.read_barcodes(pixels(page, page.screenshot(full_page=True)))
    assert code.text == f"{live}/#s=4"
    assert page.locator("h2").text_content() == f"{HOSTILE_NAME}4"
    assert page.evaluate(NOT_INSIDE) == []
    assert heard.foreign == heard.complaints == []


def test_an_areas_cards_are_four_to_a_sheet_and_every_code_opens_its_own(page, live, city):
    heard = prepare(page, live)
    page.set_viewport_size({"width": 900, "height": 1200})
    page.goto(f"{live}/cards/area/110")
    assert sheets(print_out(page)) == [(210, 297)] * 5
    found = set()
    for sheet in page.locator(".sheet").all():
        picture = pixels(page, sheet.screenshot())
        found |= {code.text for code in zxingcpp.read_barcodes(picture)}
    assert found == {f"{live}/#a=110", *(f"{live}/#s={number}" for number in range(1, 20))}
    assert heard.foreign == heard.complaints == []


def test_on_a_phone_a_card_can_be_read_without_a_sideways_page(page, live, city):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{live}/cards/4")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def crowded(services: int, letter: str, share: float) -> StationOnCard:
    """A station of long texts: each so much of the longest that is printed."""
    long = {what: (letter * 400)[: int(most * share)] for what, most in LONGEST.items()}
    return StationOnCard(
        id=2**53 - 1,
        name=long["name"],
        kind="union_service_station",
        address=long["address"],
        hours_text=long["hours"],
        opening_hours=None,
        access="unknown",
        access_method=long["phone"],
        services=SERVICES[:services],
        phone=long["phone"],
        operator=long["operator"],
        verified_on=date(2026, 6, 30),
    )


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("paper", ["a4", "a5", "a6"])
def test_whatever_is_on_a_card_has_room_on_it(page, lang, paper):
    document = Document("https://nuanyi.union-of-a-long-name.example", lang, standalone=True)
    stations = [
        crowded(services, letter, share)
        for services in (0, 6, 12, 23)
        for letter in ("驿", "Wide words ", "x")
        for share in (0.1, 0.3, 0.6, 1.0)
    ]
    page.set_viewport_size({"width": 900, "height": 1200})
    if paper == "a4":
        area = AreaOnCard(2**53 - 1, "驿" * 200, "functional_area", 12345)
        page.set_content(area_pages(area, stations, document, total=len(stations)))
        assert page.evaluate(NOT_INSIDE) == []
        return
    for station in stations[::5]:
        page.set_content(station_page(station, document, paper))
        assert page.evaluate(NOT_INSIDE) == []
