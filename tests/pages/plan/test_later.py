"""What has changed since: hosts that are stations by now, and plans made with data of before."""

import re
from urllib.request import Request

import pytest
from plan_hall import drawn, ended, look, plan_of, settled, told
from playwright.sync_api import expect

pytestmark = pytest.mark.slow

GROUND = re.compile("/api/siting/ground")


def opened(page, host: int) -> None:
    """A host has become a station, as the service tells it."""

    def changed(route):
        ground = route.fetch().json()
        for one in ground["candidates"]:
            one["opened"] = one["id"] == host
        route.fulfill(json=ground)

    page.route(GROUND, changed)


def test_a_host_that_is_a_station_by_now_is_named_and_not_offered(planners):
    page = planners("/coverage", ready=False)
    opened(page, 9)
    page.goto("/plan#lang=en&tab=candidates&set=4")
    settled(page)
    rows = page.locator("#candidate-list [data-candidate]")
    expect(rows.last).to_have_attribute("data-candidate", "9")
    expect(rows.last.locator(".badge")).to_have_text("opened")
    expect(rows.last.locator(".acts button")).to_have_count(0)
    expect(rows.first.locator(".acts button")).to_have_count(2)
    drawn(page)
    points = look(page, "known.ground.candidates.filter((one) => one.opened).length")
    assert points == 1
    page.goto("/plan#lang=en&tab=plan&set=4,9")
    settled(page)
    expect(page.locator('#site-list [data-row="9"] .badge')).to_have_text("opened")


def test_a_plan_of_earlier_data_stays_where_it_is_asked_for_anew(planners, bench):
    plan = plan_of(bench, sites=2)
    page = planners("/plan#lang=en")
    address = f"**/api/siting/plans/{plan['id']}"
    page.route(address, lambda route: route.fulfill(json=plan | {"editions_in_force": False}))
    page.goto(f"/plan?plan={plan['id']}&lang=en")
    button = page.locator("#again")
    expect(button).to_have_text("Make a new plan with the data of now")
    button.click()
    ended(page)
    number = look(page, "view.plan")
    assert number != plan["id"]
    kept, made = (
        told(Request(f"{bench.address}/api/siting/plans/{one}")) for one in (plan["id"], number)
    )
    assert kept["answer"] == plan["answer"]
    assert made["question"] == plan["question"]
    assert made["name"] == f"{plan['name']} (2)"
    page.go_back()
    expect(button).to_be_visible()
    assert look(page, "view.plan") == plan["id"]
