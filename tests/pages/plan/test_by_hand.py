"""A set that is changed by hand: what is still told of the plan, what goes with a swap, and what
happens while a pin is held."""

import re

import numpy as np
import pytest
from plan_hall import LAT, WEST, look, on_screen, plan_of, sent, settled, until
from playwright.sync_api import expect

pytestmark = pytest.mark.slow


def test_what_was_told_of_a_plan_is_not_told_of_a_set_by_hand(planners, bench):
    plan = plan_of(
        bench, sites=3, spacing_metres=3000, spacing_rule="warn", steps=[[300, 1.0], [800, 0.5]]
    )
    page = planners(f"/plan?plan={plan['id']}&lang=en")
    settled(page)
    box = page.locator("#headline-box")
    remark = page.locator("#headline-box > .note").filter(has_text="m apart")
    objective = box.locator(".facts > div").filter(has_text="Objective")
    first, other = plan["answer"]["sites"][:2]
    page.locator(f'#site-list [data-row="{first}"]').click()
    expect(remark.first).to_be_visible()
    expect(objective).to_have_count(1)
    expect(page.locator("#site-list .why")).to_have_count(1)
    page.locator("#site-list .advice .swaps button").first.click()
    settled(page)
    expect(objective).to_have_count(0)
    expect(remark).to_have_count(0)
    # A host that is in the set already stands in for nobody.
    come = look(page, "view.site")
    page.locator(f'#site-list [data-row="{other}"]').click()
    page.locator("#site-list .advice").wait_for()
    expect(page.locator("#site-list .why")).to_have_count(0)
    expect(page.locator(f'#site-list [data-replace="{come}"]')).to_have_count(0)
    assert len(set(look(page, "chosen()"))) == len(look(page, "chosen()"))


@pytest.mark.parametrize("by", ["remove", "forbid", "drag", "question"])
def test_no_proof_is_claimed_for_a_set_by_hand(planners, bench, by):
    plan = plan_of(bench, sites=2)
    page = planners(f"/plan?plan={plan['id']}&lang=en")
    settled(page)
    proved = page.locator("#headline-box").get_by_text("Proved optimal")
    words = page.locator("#headline-box > .note")
    expect(proved).to_have_count(1)
    expect(page.locator("#gap")).to_have_attribute("data-stale", "0")
    first = plan["answer"]["sites"][0]
    if by == "drag":
        page.locator(f'.pin[data-site="{first}"]').focus()
        for key in ("ArrowUp", "Enter"):
            page.keyboard.press(key)
    elif by == "question":
        page.locator("#tab-question").click()
        page.locator("#q-sites").fill("3")
        until(page, "() => location.hash.includes('sites=3')")
        page.locator("#tab-plan").click()
    else:
        page.locator(f'#site-list [data-row="{first}"]').click()
        page.locator(f'#site-list [data-act="{by}"]').click()
    settled(page)
    expect(proved).to_have_count(0)
    expect(page.locator("#gap")).to_have_attribute("data-stale", "1")
    if by != "question":
        expect(
            words.filter(has_text="the figures here are those of the set as drawn")
        ).to_be_visible()
    page.locator("#undo").click()
    settled(page)
    expect(proved).to_have_count(1)
    expect(page.locator("#gap")).to_have_attribute("data-stale", "0")


def test_a_locked_place_that_is_put_onto_a_host_hands_its_lock_over(planners, bench):
    page = planners(f"/plan#extra=x1~{WEST + 0.0655:.4f}~{LAT}&set=x1,4&lock=x1&lang=en")
    settled(page)
    pin = page.locator('.pin[data-site="x1"]')
    pin.focus()
    away = on_screen(page, bench.hosts[6])[0] - on_screen(page, WEST + 0.0655)[0]
    for _ in range(round(abs(away) / 12)):
        page.keyboard.press("ArrowRight" if away > 0 else "ArrowLeft")
    page.keyboard.press("Enter")
    settled(page)
    assert look(page, "chosen()") == [7, 4]
    assert look(page, "[view.question.lock, view.question.extra]") == [[7], []]
    # The browser's own keys are left to it.
    page.locator('.pin[data-site="4"]').focus()
    page.keyboard.press("Control+l")
    assert look(page, "view.question.lock") == [7]


def test_arrows_move_a_pin_and_not_the_map_and_escape_puts_it_back(planners):
    page = planners("/plan#set=4,9&lang=en")
    settled(page)
    pin = page.locator('.pin[data-site="4"]')
    view = "[map.getCenter().lng, map.getCenter().lat, map.getZoom(), map.getBearing()]"
    stood, began = look(page, view), pin.bounding_box()
    pin.focus()
    for key in ("ArrowUp", "Shift+ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    page.wait_for_timeout(600)
    assert look(page, view) == stood
    assert pin.bounding_box()["x"] == pytest.approx(began["x"] + 60, abs=2)
    assert pin.bounding_box()["y"] == pytest.approx(began["y"] - 24, abs=2)
    page.keyboard.press("Escape")
    settled(page)
    assert pin.bounding_box() == began
    assert look(page, "[chosen(), view.question.extra]") == [[4, 9], []]
    expect(pin).to_be_focused()


@pytest.mark.parametrize("by", ["mouse", "keys"])
def test_a_better_plan_takes_no_pin_out_of_the_hand(planners, bench, by):
    plan = plan_of(bench, sites=2)
    running = plan | {"state": "running", "answer": None, "facts": None}
    running["progress"] = {"phase": "search", "seconds": 0.5, "chosen": [3, 9]}
    page = planners("/plan#lang=en")
    held: list = []
    page.route(f"**/api/siting/plans/{plan['id']}", lambda route: route.fulfill(json=running))

    def hold(route):
        held.append(route)

    page.route("**/events", hold)
    page.goto(f"/plan?plan={plan['id']}&lang=en")
    pin = page.locator('.pin[data-site="3"]')
    pin.wait_for()
    settled(page)
    box = pin.bounding_box()
    if by == "mouse":
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 12)
        page.mouse.down()
        for step in np.linspace(0, 60, 6):
            page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 12 - step)
            page.wait_for_timeout(25)
    else:
        pin.focus()
        page.keyboard.press("Shift+ArrowUp")
    expect(pin).to_have_class(re.compile(r"\bmoving\b"))
    held[0].fulfill(**sent(sites=2, gap=0.25, chosen=[4, 9]))
    expect(page.locator("#gap")).to_contain_text("Within 25%")
    settled(page)
    expect(pin).to_have_class(re.compile(r"\bmoving\b"))
    assert look(page, "chosen()") == [3, 9]
    if by == "mouse":
        page.mouse.up()
        until(page, "() => location.hash.includes('set=')")
        assert look(page, "[chosen(), view.question.extra.length]") == [["x1", 9], 1]
        page.locator("#undo").click()
    else:
        page.keyboard.press("Escape")
    # With the pin back in its place the better plan comes.
    until(page, "() => document.querySelector('.pin[data-site=\"4\"]')")
    assert look(page, "[chosen(), view.set]") == [[4, 9], None]


def test_the_focus_stays_on_what_one_presses_and_what_it_did_is_said(planners):
    page = planners("/plan#set=4,7,9&site=7&tab=plan&lang=en")
    settled(page)
    lock = page.locator('#site-list [data-act="lock"]')
    lock.focus()
    page.keyboard.press("Enter")
    expect(lock).to_have_attribute("aria-pressed", "true")
    settled(page)
    expect(lock).to_be_focused()
    page.locator('#site-list [data-act="remove"]').focus()
    page.keyboard.press("Enter")
    settled(page)
    # The site that stands in its row now.
    expect(page.locator('#site-list [data-row="9"]')).to_be_focused()
    until(page, "() => /more than today/.test(document.getElementById('aloud').textContent)")
    page.locator("#tab-question").click()
    chips = page.locator("#q-bound-list button")
    for number in (4, 9):
        page.locator("#tab-plan").click()
        page.locator(f'#site-list [data-row="{number}"]').click()
        page.locator('#site-list [data-act="forbid"]').click()
    page.locator("#tab-question").click()
    expect(chips).to_have_count(2)
    chips.first.focus()
    page.keyboard.press("Enter")
    expect(chips).to_have_count(1)
    expect(chips).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#tab-question")).to_be_focused()
