"""Whoever hears the page, types, zooms, sees little or presses with a thumb."""

import json

import numpy as np
import pytest
from pixels import pixels
from plan_hall import LAT, drawn, look, on_screen, reached, settled, until
from playwright.sync_api import expect

from maps import plan, style

AXE = plan.ROOM.parents[2] / "tests" / "vendor" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = {"zh": {"theme": "light"}, "en": {"theme": "dark"}}
COLD_MS = 150_000
READ = {"zh": plan.TABS[1:], "en": ("plan", "equity")}


def violations(page, within="html") -> list[str]:
    page.evaluate(
        "Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})))"
    )
    found = page.evaluate(
        "([rules, within]) => axe.run(within, { runOnly: rules, resultTypes: ['violations'] })",
        [RULES, within],
    )
    assert found["passes"]
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("lang", ["zh", pytest.param("en", marks=pytest.mark.slow)])
def test_no_rule_of_wcag_is_broken(planners, lang):
    page = planners("about:blank", ready=False, bypass_csp=True)
    page.add_init_script(f"localStorage.nuanyi = JSON.stringify({json.dumps(LOOKS[lang])})")
    page.add_init_script(path=AXE)
    page.goto(f"/plan#sites=3&lock=4&forbid=9&set=2,4,7&lang={lang}")
    drawn(page)
    page.locator("#q-more summary").click()
    page.locator("#q-hours-box summary").click()
    page.locator("#q-sites").fill("-1")
    expect(page.locator("#q-sites-wrong")).to_be_visible()
    assert violations(page) == []
    for tab in READ[lang]:
        page.locator(f"#tab-{tab}").click()
        page.locator(f"#panel-{tab} > :not([hidden])").first.wait_for()
        if tab == "plan":
            page.locator("#site-list .row").first.click()
            page.locator("#site-list .advice").wait_for()
        if tab == "more":
            page.locator("#changes-count").fill("1")
            page.locator("#changes-ask").click()
            page.locator("#changes-words").wait_for(timeout=COLD_MS)
            page.locator("#changes-box summary").click()
        settled(page)
        # The rest of the page is as it was.
        assert violations(page, "#panel") == [], tab
    page.locator("#keep").click()
    assert violations(page) == []


def test_the_keyboard_stays_where_a_search_was_asked_for(planner):
    settled(planner)
    planner.locator("#solve").focus()
    planner.keyboard.press("Enter")
    until(planner, "() => document.querySelector('#plan-inputs').textContent")
    settled(planner)
    expect(planner.locator("#solve")).to_be_focused()


def test_what_was_done_is_said_before_what_is_only_pointed_at(planner):
    dom = planner.evaluate(
        "performance.getEntriesByType('resource').map((one) => one.name)"
        ".find((name) => /leader.dom[^/]*[.]js/.test(name))"
    )
    planner.evaluate(
        f"""import('{dom}').then(({{ announce }}) => {{
          announce('done');
          announce('pointed at', {{ later: true }});
        }})"""
    )
    for said in ("done", "pointed at"):
        until(planner, f"() => document.getElementById('aloud').textContent === '{said}'")


def test_the_keyboard_alone_asks_adds_and_reads_the_map(planner):
    planner.keyboard.press("Tab")
    expect(planner.locator("#skip")).to_be_focused()
    planner.keyboard.press("Enter")
    expect(planner.locator("#tab-question")).to_be_focused()
    for _ in range(2):
        planner.keyboard.press("ArrowRight")
    expect(planner.locator("#tab-candidates")).to_be_focused()
    for _ in range(3):
        planner.keyboard.press("Tab")
    planner.keyboard.press("Enter")
    expect(planner.locator(".pin")).to_have_count(1)
    # A place of one's own, where the cross is.
    planner.locator("#place").focus()
    planner.keyboard.press("Enter")
    expect(planner.locator("#map-hint")).to_be_visible()
    expect(planner.locator("#map canvas.maplibregl-canvas")).to_be_focused()
    middle = look(planner, "map.getCenter().lng")
    planner.keyboard.press("Enter")
    expect(planner.locator(".pin")).to_have_count(2)
    assert look(planner, "view.question.extra[0].lon") == pytest.approx(middle, abs=1e-6)
    until(planner, "() => document.getElementById('aloud').textContent.includes('自选点')")
    planner.locator("#undo").focus()
    planner.keyboard.press("Enter")
    expect(planner.locator(".pin")).to_have_count(1)


def test_escape_closes_the_card_of_a_candidate_and_the_keyboard_is_on_the_map_again(
    planners, bench
):
    page = planners(f"/plan#set=9&site=9&tab=plan&map=14/{LAT}/{bench.hosts[4]:.5f}&lang=en")
    settled(page)
    canvas = page.locator("#map canvas.maplibregl-canvas")
    card = page.locator(".maplibregl-popup")
    for leave in ("Escape", "Enter"):
        canvas.focus()
        page.keyboard.press("Enter")
        expect(card).to_contain_text("adds")
        expect(card.locator(":focus")).to_have_count(1)
        if leave == "Enter":
            card.locator(".maplibregl-popup-close-button").focus()
        page.keyboard.press(leave)
        expect(card).to_have_count(0)
        expect(canvas).to_be_focused()
    # The card of the panel is another, and stays.
    assert look(page, "view.site") == 9


def test_at_320_pixels_nothing_is_lost_and_what_one_presses_is_large_enough(planners):
    """320 px wide is 1280 px at 400 %."""
    page = planners("/plan#set=2,4,7&lang=en", viewport={"width": 320, "height": 640})
    too_wide = """() => document.documentElement.scrollWidth <= innerWidth ? []
        : [...document.querySelectorAll("body *")]
            .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
            .filter((one) => !one.closest(".sprite, .hidden, .skip, #map-frame, .table-box, .tabs"))
            .map((one) => one.outerHTML.slice(0, 120)).slice(0, 5)"""
    small = """() => [...document.querySelectorAll("button, summary, a, select, .chip, .check")]
        .filter((one) => one.offsetParent && !one.closest(".hidden, .skip, .sprite, #map"))
        .map((one) => [one.outerHTML.slice(0, 120), one.getBoundingClientRect()])
        .filter(([, box]) => box.height < 32 || box.width < 32)
        .map(([html, box]) => `${box.width} × ${box.height}: ${html}`)"""
    nameless = """() => [...document.querySelectorAll("input, select, button, a, summary")]
        .filter((one) => !(one.labels?.length || one.textContent.trim() || one.ariaLabel))
        .map((one) => one.outerHTML)"""
    for tab in plan.TABS:
        page.locator(f"#tab-{tab}").click()
        page.locator(f"#panel-{tab} > :not([hidden])").first.wait_for()
        for program in (too_wide, small, nameless):
            assert page.evaluate(program) == [], tab


def test_on_the_map_colour_tells_who_is_reached_today_newly_and_not_at_all(planners, bench):
    """Each dot has the colour of what distances along the street say of its place."""
    page = planners("/plan#set=5&map=12.70/34.75000/113.66700", device_scale_factor=1)
    page.evaluate(
        "for (const one of document.querySelectorAll("
        "'#under-map, #legend, .live, .pin, #layer-candidates, .map-tools'))"
        " one.style.visibility = 'hidden'"
    )
    page.locator("#layer-candidates").evaluate("one => one.click()")
    page.locator("#layer-stations").evaluate("one => one.click()")
    page.wait_for_timeout(700)
    image = pixels(page, page.screenshot()).astype(int)
    today, now = reached(bench, []), reached(bench, [bench.hosts[4]])
    kinds = np.where(today, 1, np.where(now, 2, 0))
    colours = np.array(
        [[int(one[at : at + 2], 16) for at in (1, 3, 5)] for one in style.PLAN_PEOPLE]
    )
    wide = look(page, "map.getContainer().clientWidth")
    seen = {0: 0, 1: 0, 2: 0}
    for lon, kind in zip(bench.lon, kinds, strict=True):
        x, y = on_screen(page, lon)
        if not 12 < x < wide - 12:
            continue
        patch = image[round(y) - 3 : round(y) + 4, round(x) - 3 : round(x) + 4].reshape(-1, 3)
        away = np.abs(patch[:, None, :] - colours[None]).sum(axis=2)
        assert away.min(axis=0).argmin() == kind, (lon, kind, away.min(axis=0))
        seen[kind] += 1
    assert min(seen.values()) >= 2
