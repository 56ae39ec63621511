"""The map beside the list, in a real browser over real tiles, with nothing but this service."""

from typing import Any

import numpy as np
import pytest
from map_page import MOUNT, PLACE, near, prepare, spoken
from pixels import pixels
from playwright.sync_api import Browser, BrowserType, Page, expect
from served import SOUTH, WEST

from maps.texts import text
from maps.tiles.themes import PALETTES

SIZES = [(390, 700), (1440, 900)]


def colours(page: Page) -> np.ndarray:
    """Every colour on the page with how often it is there."""
    picture = pixels(page, page.screenshot())
    codes = picture.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    return np.column_stack(np.unique(codes, return_counts=True))


def drawings() -> list[Any]:
    """Every theme on both screens; each theme once, and both screens, by default."""
    themes = [("zh", "day"), ("en", "night"), ("zh", "contrast")]
    usual = {"day": SIZES[0], "night": SIZES[1], "contrast": SIZES[0]}
    return [
        pytest.param(lang, theme, size, marks=() if size == usual[theme] else pytest.mark.slow)
        for lang, theme in themes
        for size in SIZES
    ]


def share(page: Page, colour: str) -> float:
    found = colours(page)
    here = found[found[:, 0] == int(colour[1:], 16)]
    return float(here[:, 1].sum() / found[:, 1].sum())


@pytest.mark.parametrize(("lang", "theme", "size"), drawings())
def test_the_map_is_drawn_from_our_own_tiles(page, mount, watched, city, size, lang, theme):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    assert mount(lang, theme) is None
    # The ground is that of the theme, and it is not all there is.
    assert 0.3 < share(page, PALETTES[theme].ground) < 0.99
    assert len(colours(page)) > 60
    assert any(one.startswith(f"/tiles/{city.streets}/base/") for one in watched.asked)
    assert any(one.startswith(f"/tiles/{city.stations}/stations/") for one in watched.asked)
    credit = page.locator(".nuanyi-map-credit")
    expect(credit).to_contain_text(text("page.no_approval", lang))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_way_on_foot_is_drawn_and_taken_away(page, mount):
    mount()
    colour = PALETTES["day"].route
    before = share(page, colour)
    line = [
        [PLACE["lon"], PLACE["lat"]],
        [WEST + 0.0501, SOUTH + 0.05],
        [WEST + 0.055, SOUTH + 0.05],
    ]
    page.evaluate("(line) => map.showLine({type: 'LineString', coordinates: line})", line)
    page.wait_for_timeout(1500)
    assert share(page, colour) > before + 0.0005
    page.evaluate("map.showLine(null)")
    page.wait_for_timeout(1500)
    assert share(page, colour) <= before + 0.0005


def test_marks_bear_the_numbers_of_the_list_and_are_buttons(page, mount):
    mount()
    marks = page.locator(".nuanyi-mark")
    expect(marks).to_have_text(["1", "2", "3"])
    expect(marks.nth(0)).to_have_attribute("aria-label", "第 1 个：驿站10，步行 2 分钟")
    page.keyboard.press("Tab")
    expect(page.locator("canvas.maplibregl-canvas")).to_be_focused()
    for number in range(3):
        page.keyboard.press("Tab")
        expect(marks.nth(number)).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("chosen") == [9]
    expect(marks.nth(2)).to_have_attribute("aria-pressed", "true")
    expect(marks.nth(0)).to_have_attribute("aria-pressed", "false")
    box = marks.nth(0).bounding_box()
    assert min(box["width"], box["height"]) >= 44


@pytest.mark.slow
def test_the_list_can_change_and_choose(page, mount):
    mount()
    others = [near()[2], {**near()[0], "id": 77, "name": "<img src=x onerror=alert(1)>"}]
    page.evaluate("([some, me]) => map.update(some, me)", [others, None])
    marks = page.locator(".nuanyi-mark")
    expect(marks).to_have_text(["1", "2"])
    assert "<img src=x" in marks.nth(1).get_attribute("aria-label")
    expect(page.locator(".nuanyi-map-me")).to_be_hidden()
    page.evaluate("map.select(77)")
    expect(page.locator(".nuanyi-mark.chosen")).to_have_text("2")
    page.evaluate("map.select(null)")
    expect(page.locator(".nuanyi-mark.chosen")).to_have_count(0)


def test_every_control_has_a_name_in_the_language(page, mount):
    mount("en")
    names = page.locator("#map button:visible").evaluate_all(
        "(all) => all.map((one) => one.getAttribute('aria-label') || one.textContent)"
    )
    assert len(names) == 7
    assert all(name.strip() and name.isascii() for name in names if "驿站" not in name)
    label = page.locator("canvas.maplibregl-canvas").get_attribute("aria-label")
    assert label == text("map.label", "en")


def test_the_keyboard_moves_the_map(page, mount):
    mount()
    mark = page.locator(".nuanyi-mark").first
    before = mark.bounding_box()
    page.locator("canvas.maplibregl-canvas").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(1200)
    assert mark.bounding_box()["x"] < before["x"] - 50


def test_another_station_on_the_map_can_be_chosen(page, mount):
    mount(stations=[], position=None)
    page.evaluate("map.update([], null)")
    page.mouse.move(10, 10)
    # The map opens on all stations, a row from west to east; gathered ones are zoomed into.
    for _ in range(8):
        if page.evaluate("chosen.length"):
            break
        page.wait_for_timeout(900)
        box = page.locator("#map").bounding_box()
        spot = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        for step in range(-160, 161, 16):
            page.mouse.click(spot[0] + step, spot[1])
            if page.evaluate("chosen.length"):
                break
    [first, *_] = page.evaluate("chosen")
    assert first in range(1, 31)


@pytest.mark.slow
def test_the_look_can_change_and_what_was_drawn_stays(page, mount):
    mount()
    page.evaluate("map.restyle('/map/style.json?theme=night')")
    expect(page.locator("#map")).to_have_attribute("data-theme", "night")
    page.wait_for_timeout(1500)
    assert share(page, PALETTES["night"].ground) > 0.3
    assert share(page, PALETTES["night"].me) > 0
    expect(page.locator(".nuanyi-mark")).to_have_count(3)


@pytest.mark.slow
def test_it_leaves_nothing_behind(page, mount):
    mount()
    page.evaluate("map.destroy()")
    assert page.evaluate("document.getElementById('map').childElementCount") == 0
    assert mount() is None


@pytest.mark.slow
def test_with_reduced_motion_nothing_glides(page, mount):
    page.emulate_media(reduced_motion="reduce")
    mount()
    far = {**near()[0], "lon": WEST + 0.15}
    page.evaluate("(far) => map.update([far], null)", far)
    # Where it ends up at once is where it stays.
    first = page.locator(".nuanyi-mark").bounding_box()
    page.wait_for_timeout(700)
    assert page.locator(".nuanyi-mark").bounding_box() == first


# ---------------------------------------------------------------------- old phones, bad networks
def test_a_phone_without_webgl_is_told_in_a_sentence(
    browser_type: BrowserType, browser_type_launch_args, live
):
    arguments = {**browser_type_launch_args}
    arguments["args"] = [*arguments["args"], "--disable-3d-apis"]
    with browser_type.launch(**arguments) as old:
        page = old.new_page()
        heard = prepare(page, live)
        options = {"style": "/map/style.json", "stations": near(), "texts": spoken("zh")}
        failed = page.evaluate(MOUNT, options)
        assert failed == {
            "name": "MapUnavailable",
            "reason": "unsupported",
            "message": text("map.unsupported", "zh"),
        }
        # A megabyte of library that could draw nothing is not loaded.
        assert not [one for one in heard.asked if "maplibre" in one]


def test_a_style_that_does_not_come_is_told_in_a_sentence(page, live, mount, watched):
    page.context.route("**/map/style.json*", lambda route: route.abort())
    failed = mount()
    assert failed["reason"] == "failed"
    assert failed["message"] == text("map.failed", "zh")
    watched.complaints.clear()  # the browser's own line on the request that failed


def test_tiles_that_do_not_come_leave_the_marks(page, mount, watched):
    page.context.route("**/tiles/**", lambda route: route.abort())
    mount(wait=False)
    expect(page.locator(".nuanyi-map-said")).to_have_text(text("map.parts_missing", "zh"))
    expect(page.locator(".nuanyi-mark")).to_have_count(3)
    watched.complaints.clear()


def test_nothing_of_the_map_is_loaded_before_it_is_asked_for(browser: Browser, live):
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_viewport_size({"width": 390, "height": 700})
    page.goto(live, wait_until="networkidle")
    assert not [one for one in asked if "maplibre" in one or "/tiles/" in one]
    page.close()
