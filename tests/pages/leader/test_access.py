"""Whoever hears the page, types, zooms, sees little or presses with a thumb."""

import json
from pathlib import Path

import pytest
from every_look import LOOKS, looks_and_languages
from leader_hall import drawn, look, until
from playwright.sync_api import expect

AXE = Path(__file__).resolve().parents[2] / "vendor" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page) -> list[str]:
    # Contrast is measured when nothing moves any more.
    page.evaluate(
        "Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})))"
    )
    found = page.evaluate(
        "rules => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })", RULES
    )
    assert found["passes"]
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize(("lang", "look_"), looks_and_languages())
def test_no_rule_of_wcag_is_broken(screens, lang, look_):
    page = screens(goto=False, bypass_csp=True)
    chosen = json.dumps(LOOKS[look_])
    page.add_init_script(f"localStorage.nuanyi ??= JSON.stringify({chosen})")
    page.add_init_script(path=AXE)
    page.goto(f"/coverage?lang={lang}")
    drawn(page)
    assert page.locator("html").get_attribute("data-theme") == LOOKS[look_]["theme"]
    assert violations(page) == []
    page.locator("#filters-open").click()
    page.locator("#filters .chip").nth(2).click()
    page.locator("#chosen button").first.wait_for()
    assert violations(page) == []
    page.locator("#filters-close").click()
    page.locator("#chosen button").last.click()
    page.locator("#tab-clusters").click()
    page.locator("#cluster-list h4 button").first.click()
    page.locator("#cluster-list .advice").wait_for()
    assert violations(page) == []
    page.locator("#tab-enterprises").click()
    page.locator("#enterprise-list .item").first.wait_for()
    assert violations(page) == []
    page.locator("#enterprise-list .act").first.click()
    page.locator("dialog").wait_for()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.locator("#tab-charts").click()
    page.locator("#chart-funnel .canvas[data-drawn]").wait_for()
    page.locator("#chart-targets summary").click()
    assert violations(page) == []
    page.locator("#tab-notes").click()
    page.locator("#panel-notes dt").first.wait_for()
    assert violations(page) == []


@pytest.mark.slow
def test_no_rule_is_broken_beside_another_edition_at_an_hour_and_on_a_wall(screens):
    page = screens(goto=False, bypass_csp=True)
    page.add_init_script(path=AXE)
    page.goto("/coverage")
    drawn(page)
    page.locator("#compare-open").click()
    page.locator("#before canvas").wait_for()
    until(page, "() => document.getElementById('compare-words').textContent.length > 5")
    assert violations(page) == []
    page.locator("#compare-open").click()
    page.select_option("#measure", "stations")
    expect(page.locator("#hours-said")).to_contain_text("%")
    assert violations(page) == []
    page.goto("/coverage#large=1")
    page.reload()
    page.locator("#wall .wall-lists li").first.wait_for()
    assert violations(page) == []


def test_the_keyboard_alone_skips_chooses_goes_down_and_up(screen):
    screen.keyboard.press("Tab")
    expect(screen.locator("#skip")).to_be_focused()
    screen.keyboard.press("Enter")
    expect(screen.locator("#figures-title")).to_be_focused()
    screen.keyboard.press("Tab")
    expect(screen.locator("#tab-rank")).to_be_focused()
    screen.keyboard.press("ArrowRight")
    expect(screen.locator("#tab-clusters")).to_be_focused()
    expect(screen.locator("#panel-clusters")).to_be_visible()
    screen.keyboard.press("Home")
    expect(screen.locator("#tab-rank")).to_be_focused()
    # Past the order and the search into the list; the arrows move in it.
    for _ in range(3):
        screen.keyboard.press("Tab")
    rows = screen.locator("#rank-list .row")
    expect(rows.first).to_be_focused()
    screen.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    number = int(rows.nth(1).get_attribute("data-area"))
    screen.keyboard.press("Enter")
    expect(screen.locator("#trail li")).not_to_have_count(1)
    assert look(screen, "view.area") == number
    # The list of before is gone: it goes on from the headline, not from the top of the page.
    expect(screen.locator("#figures-title")).to_be_focused()
    screen.keyboard.press("Escape")
    until(screen, f"() => !location.hash.includes('area={number}')")
    assert look(screen, "view.area") != number
    expect(screen.locator("#figures-title")).to_be_focused()
    expect(screen.locator("#trail li")).to_have_count(3)
    screen.locator("#trail button").first.focus()
    screen.keyboard.press("Enter")
    expect(screen.locator("#trail li")).to_have_count(1)
    expect(screen.locator("#figures-title")).to_be_focused()


def test_the_map_is_moved_read_and_entered_by_keys(screen):
    canvas = screen.locator("#map canvas.maplibregl-canvas")
    screen.locator("#layer-stations").focus()
    for _ in range(2):
        screen.keyboard.press("Shift+Tab")
    screen.locator("#large-on").focus()
    for _ in range(30):
        screen.keyboard.press("Tab")
        if canvas.evaluate("one => one === document.activeElement"):
            break
    expect(canvas).to_be_focused()
    expect(screen.locator("#cross")).to_be_visible()
    assert canvas.get_attribute("aria-label")
    before = look(screen, "map.getCenter().lng")
    screen.keyboard.press("ArrowRight")
    until(screen, "() => document.getElementById('aloud').textContent.length > 3")
    screen.wait_for_timeout(600)
    assert look(screen, "map.getCenter().lng") > before
    zoom = look(screen, "map.getZoom()")
    screen.keyboard.press("+")
    screen.wait_for_timeout(600)
    assert look(screen, "map.getZoom()") > zoom
    screen.keyboard.press("Enter")
    until(
        screen,
        "() => document.querySelectorAll('#trail li').length > 1"
        " || location.hash.includes('cluster=') || document.querySelector('.popup')",
    )


def test_a_sheet_takes_the_focus_keeps_it_and_gives_it_back(screen):
    screen.locator("#tab-enterprises").click()
    press = screen.locator("#enterprise-list .act").first
    press.focus()
    screen.keyboard.press("Enter")
    expect(screen.locator("#sheet-title")).to_be_focused()
    for _ in range(12):
        screen.keyboard.press("Tab")
        assert screen.evaluate(
            "document.activeElement === document.body"
            " || document.activeElement.closest('dialog') !== null"
        )
    screen.keyboard.press("Escape")
    expect(press).to_be_focused()


@pytest.mark.slow
def test_the_filters_take_the_focus_and_give_it_back(screen):
    opener = screen.locator("#filters-open")
    opener.focus()
    screen.keyboard.press("Enter")
    expect(opener).to_have_attribute("aria-expanded", "true")
    expect(screen.locator("#filters-title")).to_be_focused()
    screen.keyboard.press("Escape")
    expect(opener).to_be_focused()
    expect(screen.locator("#filters")).to_be_hidden()


@pytest.mark.slow
def test_what_changes_is_said(screen):
    screen.select_option("#kind", "district")
    until(
        screen,
        "() => /全域，建会率 .*下属 \\d+ 个区域/.test("
        "document.getElementById('aloud').textContent)",
    )


@pytest.mark.parametrize(
    ("lang", "size"),
    [
        ("zh", "largest"),
        ("en", "usual"),
        pytest.param("zh", "usual", marks=pytest.mark.slow),
        pytest.param("en", "largest", marks=pytest.mark.slow),
    ],
)
def test_at_320_pixels_nothing_is_lost(screens, lang, size):
    """320 px wide is 1280 px at 400 %."""
    page = screens(goto=False, viewport={"width": 320, "height": 640})
    page.add_init_script(f"localStorage.nuanyi = JSON.stringify({{ size: '{size}' }})")
    page.goto(f"/coverage?lang={lang}")
    drawn(page)
    too_wide = """() => document.documentElement.scrollWidth <= innerWidth ? []
        : [...document.querySelectorAll("body *")]
            .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
            .filter((one) => !one.closest(".sprite, .hidden, .skip, #map-frame, .table-box"))
            .map((one) => one.outerHTML.slice(0, 120)).slice(0, 5)"""
    for tab in ("rank", "clusters", "enterprises", "charts", "notes"):
        page.locator(f"#tab-{tab}").click()
        page.locator(f"#panel-{tab} > *").first.wait_for()
        assert page.evaluate(too_wide) == [], tab
    page.locator("#filters-open").click()
    assert page.evaluate(too_wide) == []


def test_what_one_presses_is_named_and_large_enough(screens):
    page = screens(viewport={"width": 390, "height": 844})
    page.locator("#filters-open").click()
    page.locator("#tab-clusters").click()
    page.locator("#cluster-list .item").first.wait_for()
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("input, select, textarea, button, a, summary")]
            .filter((one) => !(one.labels?.length || one.textContent.trim() || one.ariaLabel))
            .map((one) => one.outerHTML)"""
    )
    assert nameless == []
    # 24 CSS pixels at the least (WCAG 2.2, 2.5.8); most are 40 and more.
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, summary, a, select, .chip, .modes label")]
            .filter((one) => one.offsetParent && !one.closest(".hidden, .skip, .sprite"))
            .map((one) => [one.outerHTML.slice(0, 120), one.getBoundingClientRect()])
            .filter(([, box]) => box.height < 32 || box.width < 32)
            .map(([html, box]) => `${box.width} × ${box.height}: ${html}`)"""
    )
    assert small == []


@pytest.mark.slow
def test_nothing_moves_for_who_does_not_want_it(screen):
    moving = screen.evaluate(
        """() => [...document.querySelectorAll("#panel *, .top *, .bar *")].filter((one) => {
            const style = getComputedStyle(one);
            return style.animationName !== "none" || parseFloat(style.transitionDuration) > 0;
        }).length"""
    )
    assert moving == 0
