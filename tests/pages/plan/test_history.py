"""Steps that are taken back, and what was asked or typed meanwhile."""

import json
import re

import pytest
from plan_hall import LAT, WEST, ended, look, plan_of, settled, until
from playwright.sync_api import expect

pytestmark = pytest.mark.slow

COLD_MS = 150_000


def test_the_question_of_an_address_stays_when_one_goes_back_to_its_plan(planners, bench):
    plan = plan_of(bench, sites=2)
    page = planners(f"/plan?plan={plan['id']}&lang=en")
    settled(page)
    page.locator("#place").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator(".pin")).to_have_count(3)
    place = look(page, "view.question.extra")
    assert len(place) == 1
    page.locator("#solve").click()
    until(page, f"() => !location.hash.includes('plan={plan['id']}&')")
    ended(page)
    page.go_back()
    until(page, f"() => location.hash.includes('plan={plan['id']}&')")
    ended(page)
    assert look(page, "known.plan.id") == plan["id"]
    assert look(page, "view.question.extra") == place
    assert "extra=" in page.evaluate("location.hash")
    expect(page.locator(".pin")).to_have_count(3)


def test_a_link_to_a_plan_opens_it_in_the_language_of_the_link(planners, bench):
    plan = plan_of(bench, sites=2)
    page = planners(f"/plan?plan={plan['id']}#lang=en")
    settled(page)
    assert look(page, "known.plan.id") == plan["id"]
    assert page.evaluate("document.documentElement.lang") == "en"


def test_what_is_asked_while_a_search_cannot_be_heard_stays(planners, bench):
    plan = plan_of(bench, sites=2)
    running = plan | {"state": "running", "answer": None, "facts": None}
    running["progress"] = {"phase": "search", "seconds": 0.5, "chosen": [3, 9]}
    page = planners("/plan#lang=en")
    asked = f"**/api/siting/plans/{plan['id']}"
    page.route("**/events", lambda route: route.fulfill(status=503, body=""))
    page.route(asked, lambda route: route.fulfill(json=running))
    page.goto(f"/plan?plan={plan['id']}&lang=en")
    expect(page.locator(".pin")).to_have_count(2)
    page.locator("#tab-question").click()
    with page.expect_response(asked):
        page.locator("#q-sites").fill("5")
    page.wait_for_timeout(300)
    assert look(page, "view.question.sites") == 5


def test_undo_takes_back_an_edit_of_the_form_a_field_at_a_time(planners):
    page = planners("/plan#sites=9&lang=en")
    undo = page.locator("#undo")
    expect(undo).to_be_hidden()
    sites = page.locator("#q-sites")
    for text in ("3", "34"):
        sites.fill(text)
        until(page, f"() => location.hash.includes('sites={text}')")
        page.wait_for_timeout(400)
    page.locator("[name=q-day][value=weekend]").check(force=True)
    undo.click()
    expect(page.locator("[name=q-day][value=workday]")).to_be_checked()
    expect(sites).to_have_value("34")
    undo.click()
    expect(sites).to_have_value("9")
    expect(undo).to_be_hidden()
    page.locator("#q-clear button", has_text="defaults").click()
    expect(sites).to_have_value("12")
    undo.click()
    expect(sites).to_have_value("9")


def test_undo_leads_from_the_curve_back_to_the_set_made_by_hand(planners):
    page = planners("/plan#set=9,10,11&tab=curve&lang=en")
    page.locator("#curve-ask").click()
    slider = page.locator("#curve-at")
    slider.wait_for(timeout=COLD_MS)
    slider.focus()
    for key in ("Home", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    settled(page)
    assert look(page, "view.set") != [9, 10, 11]
    page.locator("#undo").click()
    until(page, "() => location.hash.includes('set=9,10,11')")
    assert look(page, "[view.set, view.question.sites]") == [[9, 10, 11], 12]
    expect(page.locator("#undo")).to_be_hidden()


def test_a_field_that_is_written_anew_is_not_called_wrong_any_more(planners):
    page = planners("/plan#sites=9&lang=en")
    page.locator("#q-radius_metres").fill("9")
    wrong = page.locator("#q-radius_metres-wrong")
    expect(wrong).to_be_visible()
    # The name of a field is not what is wrong with it.
    expect(page.locator("#q-radius_metres")).to_have_accessible_name(
        "Radius, on foot along streets m"
    )
    page.locator("#q-clear button", has_text="defaults").click()
    expect(page.locator("#q-radius_metres")).to_have_value("500")
    expect(wrong).to_be_hidden()
    expect(page.locator("[aria-invalid=true]")).to_have_count(0)


def test_a_name_is_asked_for_until_the_arrangement_is_kept(planners):
    page = planners("/plan#set=4,5&lang=en")
    refusal = {"title": "No", "status": 422, "detail": "不行。 It cannot be kept.", "errors": []}
    kept = re.compile(r"/api/siting/plans$")
    page.route(
        kept,
        lambda route: (
            route.fulfill(
                status=422, content_type="application/problem+json", body=json.dumps(refusal)
            )
            if route.request.method == "POST"
            else route.continue_()
        ),
    )
    page.locator("#keep").click()
    page.locator("#name-field").fill("two")
    page.keyboard.press("Enter")
    expect(page.locator("dialog .said.wrong")).to_have_text("It cannot be kept.")
    page.unroute(kept)
    page.locator("#name-field").focus()
    page.keyboard.press("Enter")
    ended(page)
    expect(page.locator("dialog")).to_have_count(0)
    expect(page.locator("#scenario option:checked")).to_have_text("two")


@pytest.mark.parametrize("what", ["name", "cost"])
def test_what_somebody_types_stays_when_the_card_is_told_anew(planners, what):
    page = planners(f"/plan#extra=x1~{WEST + 0.0655:.4f}~{LAT}&set=x1&site=x1&tab=plan&lang=en")
    settled(page)
    field = page.locator(f"#own-{what}")
    field.focus()
    page.keyboard.type("12")
    began = page.evaluate("document.body.dataset.answered")
    page.locator("#hour-at").evaluate(
        "(one) => { one.value = 9; one.dispatchEvent(new Event('input')); }"
    )
    until(page, "() => location.hash.includes('hour=9')")
    settled(page)
    assert began is not None
    expect(page.locator("#site-list .row .value")).not_to_have_text("")
    expect(field).to_be_focused()
    expect(field).to_have_value("12")
    page.keyboard.type("34")
    page.keyboard.press("Tab")
    until(page, "() => location.hash.includes('1234')")
    assert str(look(page, f"view.question.extra[0].{what}")) == "1234"
