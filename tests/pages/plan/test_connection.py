"""A connection that is lost: what stays, what is said, and what comes back by itself."""

import re

import pytest
from plan_hall import HURRIED, look, person_hours, plan_of, sent, settled, until
from playwright.sync_api import expect

pytestmark = pytest.mark.slow

API = re.compile("/api/")
MODULES = re.compile(r"/plan/(curve|equity|tasks|more)\.js")


def cut(page) -> None:
    page.route(API, lambda route: route.abort())


def test_figures_come_back_by_themselves_when_the_connection_does(planners, bench):
    page = planners("/plan#set=4&tab=plan&lang=en", hurried=True)
    settled(page)
    figure = page.locator("#headline-box .headline")
    note = page.locator("#trouble .note")
    expect(figure).to_have_count(1)
    cut(page)
    page.locator("#tab-candidates").click()
    page.locator('[data-candidate="9"] .acts button').first.click()
    page.locator("#tab-plan").click()
    expect(figure).to_have_count(0)
    expect(note).to_contain_text("it will be asked again")
    # Nobody touches anything, and no event of the browser helps: the server was away.
    page.unroute(API)
    expect(figure).to_have_count(1)
    expect(note).to_have_count(0)
    assert look(page, "known.told.covered") == person_hours(bench, bench.hosts[[3, 8]])


def test_what_waits_is_asked_for_at_once_when_the_network_is_back(planners):
    page = planners("/plan#set=4&tab=plan&lang=en")
    settled(page)
    # Pauses of the page do not pass here.
    page.evaluate("window.setTimeout = () => 1")
    cut(page)
    page.locator('#site-list [data-row="4"]').click()
    page.locator('#site-list [data-act="remove"]').click()
    figure = page.locator("#headline-box .headline")
    expect(figure).to_have_count(0)
    page.unroute(API)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(figure).to_have_count(1)
    expect(page.locator("#trouble .note")).to_have_count(0)


def test_a_plan_that_could_not_be_opened_is_opened_later(planners, bench):
    plan = plan_of(bench, sites=2)
    page = planners("/plan#lang=en", hurried=True)
    cut(page)
    page.evaluate(f"location.hash = 'plan={plan['id']}&lang=en'")
    expect(page.locator("#trouble .note").first).to_contain_text("it will be asked again")
    page.unroute(API)
    expect(page.locator(".pin")).to_have_count(2)
    until(page, "() => !document.querySelector('#trouble .note')")


def test_what_is_not_asked_again_does_not_say_so(planners):
    page = planners("/plan#lang=en")
    page.route(re.compile("/api/siting/plans$"), lambda route: route.abort())
    page.locator("#solve").click()
    expect(page.locator("#trouble .note")).to_contain_text("try once more")


def test_one_service_that_is_away_is_told_of_once(planners):
    page = planners("/plan#set=4&tab=plan&lang=en")
    settled(page)
    note = page.locator("#trouble .note")
    cut(page)
    page.locator('#site-list [data-row="4"]').click()
    page.locator('#site-list [data-act="remove"]').click()
    expect(note).to_contain_text("it will be asked again")
    page.locator("#solve").click()
    expect(note).to_have_count(1)
    expect(note).to_contain_text("try once more")


@pytest.mark.parametrize("how", ["no answer", "refused"])
def test_a_search_that_is_not_heard_says_so_until_it_is_heard_again(planners, bench, how):
    plan = plan_of(bench, sites=2)
    running = plan | {"state": "running", "answer": None, "facts": None}
    running["progress"] = {"phase": "search", "seconds": 0.5, "gap": 0.31, "chosen": [3, 9]}
    page = planners("/plan#lang=en", hurried=True)
    asked, events = f"**/api/siting/plans/{plan['id']}", "**/events"
    page.route(asked, lambda route: route.fulfill(json=running))

    def gone(route):
        route.abort() if how == "no answer" else route.fulfill(status=502, body="")

    page.route(events, gone)
    page.goto(f"/plan?plan={plan['id']}&lang=en")
    note = page.locator("#trouble .note").filter(has_text="is being tried again")
    expect(page.locator("#gap")).to_contain_text("Within 31%")
    expect(note).to_have_count(1)
    # A service that is away tells nothing of its plans either: what was known stays.
    page.unroute(asked)
    page.route(asked, lambda route: route.abort())
    page.wait_for_timeout(4000 / HURRIED)
    assert look(page, "chosen()") == [3, 9]
    expect(note).to_have_count(1)
    page.unroute(asked)
    page.route(asked, lambda route: route.fulfill(json=running))
    page.unroute(events)
    page.route(events, lambda route: route.fulfill(**sent(gap=0.25)))
    expect(page.locator("#gap")).to_contain_text("Within 25%")
    expect(page.locator("#trouble .note")).to_have_count(0)


@pytest.mark.parametrize("back", ["network", "click", "waiting"])
@pytest.mark.parametrize(("tab", "shows"), [("tasks", "#task-list li"), ("curve", "#curve-ask")])
def test_a_tab_that_did_not_load_says_so_and_loads_later(planners, back, tab, shows):
    page = planners("/plan#lang=en", hurried=back == "waiting")
    page.route(MODULES, lambda route: route.abort())
    page.locator(f"#tab-{tab}").click()
    note = page.locator(f"#panel-{tab} .missing")
    expect(note).to_contain_text("did not load")
    expect(note).to_be_visible()
    page.unroute(MODULES)
    if back == "network":
        page.evaluate("dispatchEvent(new Event('online'))")
    elif back == "click":
        page.locator(f"#tab-{tab}").click()
    expect(page.locator(shows).first).to_be_visible()
    expect(note).to_have_count(0)
