"""Whoever sees little, hears the page, types, zooms, or presses with cold thumbs."""

from pathlib import Path

import pytest
from every_look import LOOKS, looks_and_languages
from playwright.sync_api import expect
from worker_street import NEAREST

AXE = Path(__file__).resolve().parents[2] / "vendor" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FOCUSED = """() => {
  const one = document.activeElement;
  return one.id || one.hash || one.dataset.service || one.textContent.trim().slice(0, 20);
}"""


def violations(page) -> list[str]:
    found = page.evaluate(
        "rules => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })", RULES
    )
    assert found["passes"]
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def still(page) -> None:
    """Contrast is measured when nothing moves any more."""
    page.evaluate(
        "Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})))"
    )


@pytest.mark.parametrize(("lang", "look"), looks_and_languages())
def test_no_rule_of_wcag_is_broken(phones, lang, look):
    page = phones(goto=False, reduced_motion="reduce", bypass_csp=True)
    import json

    chosen = json.dumps({"language": lang, **LOOKS[look]})
    page.add_init_script(f"localStorage.nuanyi ??= JSON.stringify({chosen})")
    page.add_init_script(path=AXE)
    said = (lambda zh, en: zh) if lang == "zh" else (lambda zh, en: en)
    page.goto(f"/?lang={lang}")
    first = page.locator(".card.first")
    first.wait_for()
    assert violations(page) == []
    # Everything that can be open, open: more wishes, more deeds, the way.
    page.locator(".more-filters summary").click()
    first.locator(".more summary").click()
    first.get_by_role("button", name=said("怎么走", "The way"), exact=True).click()
    first.locator(".steps li").first.wait_for()
    page.locator("#unions-open").click()
    page.locator("#unions .card").first.wait_for()
    page.get_by_role("button", name=said("到达时开放", "Open on arrival")).click()
    page.locator('[data-id="41"]').wait_for()
    still(page)
    assert violations(page) == []
    for name in (said("反映问题", "Report"), said("导航", "Take me there")):
        first.locator(".more summary").click() if not first.locator(".more[open]").count() else None
        first.get_by_role("button", name=name, exact=True).click()
        page.locator("dialog").wait_for()
        assert violations(page) == []
        page.keyboard.press("Escape")
    page.locator("#open-settings").click()
    expect(page.locator("dialog")).to_contain_text(said("可离线使用", "offline"))
    assert violations(page) == []
    page.keyboard.press("Escape")
    # Nothing found, on my way, nothing saved.
    page.get_by_role("button", name=said("淋浴", "Shower")).click()
    page.get_by_role("button", name=said("洗衣", "Laundry")).click()
    page.locator("#beyond .card").wait_for()
    assert violations(page) == []
    page.locator("#views a").nth(1).click()
    page.locator("#panel input").fill(said("远山", "远山"))
    page.locator("#panel .places button").first.wait_for()
    assert violations(page) == []
    page.locator("#views a").nth(2).click()
    page.locator("#beyond .card").wait_for()
    assert violations(page) == []


def test_no_rule_is_broken_before_and_after_a_refusal(phones):
    page = phones(located=False, goto=False, bypass_csp=True)
    page.add_init_script(path=AXE)
    page.goto("/")
    expect(page.locator("#locate")).to_be_visible()
    assert violations(page) == []
    page.locator("#locate").click()
    page.locator("#place-search input").wait_for()
    assert violations(page) == []


def test_the_keyboard_alone_finds_saves_reports_and_chooses(phone):
    phone.keyboard.press("Tab")
    expect(phone.locator(".skip")).to_be_focused()
    phone.keyboard.press("Enter")
    expect(phone.locator("#list-title")).to_be_focused()
    phone.keyboard.press("Tab")
    first = phone.locator(".card.first")
    expect(first.get_by_role("button", name="导航")).to_be_focused()
    # A sheet takes the focus, keeps it, and gives it back.
    phone.keyboard.press("Enter")
    expect(phone.locator("#sheet-title")).to_be_focused()
    for _ in range(6):
        phone.keyboard.press("Tab")
        assert phone.evaluate(
            "document.activeElement === document.body"
            " || document.activeElement.closest('dialog') !== null"
        )
    phone.keyboard.press("Escape")
    expect(first.get_by_role("button", name="导航")).to_be_focused()
    phone.keyboard.press("Tab")
    expect(first.get_by_role("button", name="怎么走")).to_be_focused()
    phone.keyboard.press("Enter")
    expect(first.locator(".steps li").first).to_be_visible()
    phone.keyboard.press("Tab")
    phone.keyboard.press("Space")
    expect(first.get_by_role("button", name="收藏")).to_have_attribute("aria-pressed", "true")
    phone.keyboard.press("Tab")
    phone.keyboard.press("Enter")
    for _ in range(3):
        phone.keyboard.press("Tab")
    expect(first.get_by_role("button", name="反映问题")).to_be_focused()
    phone.keyboard.press("Enter")
    expect(phone.locator("#sheet-title")).to_be_focused()
    phone.keyboard.press("Tab")
    phone.keyboard.press("Tab")
    phone.keyboard.press("Space")
    expect(phone.get_by_label("该开却没开")).to_be_checked()
    phone.keyboard.press("Escape")
    expect(first.get_by_role("button", name="反映问题")).to_be_focused()


def test_a_new_list_does_not_take_the_focus_away(phone):
    second = phone.locator("#list .card").nth(1)
    number = second.get_attribute("data-id")
    second.get_by_role("button", name="收藏").focus()
    phone.evaluate("document.getElementById('again').click()")
    phone.wait_for_timeout(700)
    assert phone.evaluate("document.activeElement.closest('[data-id]')?.dataset.id") == number


@pytest.mark.parametrize("size", ["usual", "largest"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_at_320_pixels_nothing_is_lost_and_nothing_is_too_small_to_press(phones, lang, size):
    """320 px wide is 1280 px at 400 %."""
    page = phones(goto=False, viewport={"width": 320, "height": 512})
    page.add_init_script(
        f"localStorage.nuanyi = JSON.stringify({{ language: '{lang}', size: '{size}' }})"
    )
    page.goto(f"/?lang={lang}")
    page.locator(".card.first").wait_for()
    page.locator(".more-filters summary").click()
    page.locator(".card.first .more summary").click()
    too_wide = """() => document.documentElement.scrollWidth <= innerWidth ? []
        : [...document.querySelectorAll("body *")]
            .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
            .filter((one) => !one.closest(".chips, .sprite, .hidden, .skip"))
            .map((one) => one.outerHTML.slice(0, 120)).slice(0, 5)"""
    small = """() => [...document.querySelectorAll(
            "button, summary, #views a, .act, .chip, .choice, .switch label")]
        .filter((one) => one.offsetParent && !one.closest(".hidden"))
        .map((one) => [one.outerHTML.slice(0, 120), one.getBoundingClientRect()])
        .filter(([, box]) => box.height < 44 || box.width < 44)
        .map(([html, box]) => `${box.width} × ${box.height}: ${html}`)"""
    assert page.evaluate(too_wide) == []
    assert page.evaluate(small) == []
    for opened in ("#open-settings", ".card.first .more .act:has(use[href='#i-report'])"):
        page.locator(opened).click()
        page.locator("dialog").wait_for()
        assert page.evaluate("document.querySelector('dialog').scrollWidth <= innerWidth")
        assert page.evaluate(small) == []
        page.keyboard.press("Escape")
    page.locator("#views a").nth(1).click()
    page.locator("#panel input").wait_for()
    assert page.evaluate(too_wide) == []


def test_what_one_presses_says_what_it_does_and_for_which_station(phone):
    first = phone.locator(".card.first")
    for one in first.locator("button, a, summary").all():
        assert one.inner_text().strip() or one.text_content().strip()
    described = first.get_by_role("button", name="导航").get_attribute("aria-describedby")
    assert phone.locator(f"[id='{described}']").text_content() == "暖心驿站（人民路）"
    expect(first).to_have_attribute("aria-labelledby", f"name-{NEAREST}")
    nameless = phone.evaluate(
        """() => [...document.querySelectorAll("input, select, textarea, button, a, summary")]
            .filter((one) => !(one.labels?.length || one.textContent.trim() || one.ariaLabel))
            .map((one) => one.outerHTML)"""
    )
    assert nameless == []


def test_nothing_moves_for_who_does_not_want_it(phones):
    page = phones(reduced_motion="reduce")
    page.locator(".card.first").wait_for()
    moving = page.evaluate(
        """() => [...document.querySelectorAll("*")].filter((one) => {
            const style = getComputedStyle(one);
            return style.animationName !== "none" || parseFloat(style.transitionDuration) > 0;
        }).length"""
    )
    assert moving == 0
