"""Conditions of a question: how they are meant, which of them a set by hand breaks, and for whom
there is room."""

import itertools

import numpy as np
import pytest
from plan_hall import WORKDAY, ended, look, person_hours, plan_of, reached, settled, until
from planning_town import metres
from playwright.sync_api import expect

from geo.siting.fields import NOT_TOGETHER, TAKES

pytestmark = pytest.mark.slow

STATED = {one: 1000.0 * (1 + one % 4) for one in range(1, 12) if one != 5}
"""What hosts that may be chosen cost; number 5 is taken at the middle of these and of number 12."""
COSTS = STATED | {5: sorted([*STATED.values(), 1000.0])[len(STATED) // 2]}
COLD_MS = 150_000


def covers(bench, share):
    """Every choice of hosts that reaches so much of all."""
    for many in range(12):
        for some in itertools.combinations(range(1, 12), many):
            if reached(bench, [bench.hosts[one - 1] for one in some]).mean() >= share:
                yield some


def objective(page):
    facts = page.locator("#headline-box .facts > div")
    return facts.filter(has_text="Objective").locator("dd")


def path_of(page, bench) -> str:
    return page.url.replace(bench.address, "")


def test_the_page_brings_the_service_s_own_table_of_conditions(planner):
    told = planner.evaluate("JSON.parse(document.getElementById('page').textContent)")
    asked = planner.request.get("/api/siting/models").json()
    assert told["takes"] == {one["asks"]: one["takes"] for one in asked["models"]}
    assert told["takes"] == {name: list(takes) for name, takes in TAKES.items()}
    assert told["apart"] == asked["not_together"] == [list(one) for one in NOT_TOGETHER]


def test_the_least_of_sites_or_of_money_is_asked_for_as_chosen(planners, bench):
    page = planners("/plan#model=set-cover&share=0.6&sites=&lang=en")
    expect(page.locator("#q-box-budget")).to_be_hidden()
    page.locator("[name=q-least][value=cost]").check(force=True)
    until(page, "() => location.hash.includes('cheapest=1')")
    page.locator("#q-budget").fill("90000")
    until(page, "() => location.hash.includes('budget=90000')")
    page.locator("#solve").click()
    ended(page)
    cheapest = min(sum(COSTS[one] for one in some) for some in covers(bench, 0.6))
    expect(objective(page)).to_have_text(f"{cheapest:,.0f} yuan")
    page.locator("#tab-scenarios").click()
    number = look(page, "view.plan")
    words = page.locator(f'#scenario-list [data-plan="{number}"] p').first
    expect(words).to_contain_text("lowest cost")
    # In another browser it is the same question; sites are counted whatever they cost.
    again = planners(path_of(page, bench))
    again.locator("#tab-question").click()
    expect(again.locator("[name=q-least][value=cost]")).to_be_checked()
    again.locator("[name=q-least][value=sites]").check(force=True)
    expect(again.locator("#q-box-budget")).to_be_hidden()
    assert look(again, "[view.question.least, view.question.budget]") == ["sites", None]
    again.locator("#solve").click()
    until(again, f"() => !location.hash.includes('plan={number}&')")
    ended(again)
    fewest = min(len(some) for some in covers(bench, 0.6))
    expect(objective(again)).to_have_text(f"{fewest} sites")


def test_a_budget_that_a_link_brings_where_sites_are_counted_is_seen_and_may_be_cleared(planners):
    page = planners("/plan#model=set-cover&share=0.6&sites=&budget=5000&lang=en")
    page.locator("#solve").click()
    expect(page.locator("#trouble")).to_contain_text("a budget cannot limit them")
    page.locator("#q-budget").fill("")
    expect(page.locator("#q-box-budget")).to_be_hidden()
    page.locator("#solve").click()
    ended(page)
    expect(page.locator("#trouble .note")).to_have_count(0)


def test_a_distance_that_only_warns_forbids_nothing_and_is_told(planners, bench):
    page = planners("/plan#sites=3&lang=en")
    page.locator("#q-more summary").click()
    expect(page.locator("#q-box-spacing_rule")).to_be_hidden()
    page.locator("#q-spacing_metres").fill("3000")
    expect(page.locator("#q-box-spacing_rule")).to_be_visible()
    page.locator("[name=q-spacing_rule][value=warn]").check(force=True)
    until(page, "() => location.hash.includes('near=warn')")
    page.locator("#solve").click()
    ended(page)
    best = max(person_hours(bench, three) for three in itertools.combinations(bench.hosts[:11], 3))
    assert look(page, "known.told.covered") == best
    expect(page.locator("#headline-box")).to_contain_text("less than 3000 m apart")
    page.locator("#tab-scenarios").click()
    number = look(page, "view.plan")
    words = page.locator(f'#scenario-list [data-plan="{number}"] p').first
    expect(words).to_contain_text("nearer than 3,000 m only a warning")
    again = planners(path_of(page, bench))
    again.locator("#tab-question").click()
    again.locator("#q-more summary").click()
    expect(again.locator("[name=q-spacing_rule][value=warn]")).to_be_checked()


@pytest.mark.parametrize("warns", [True, False])
def test_sites_by_hand_that_are_too_near_are_an_error_or_a_warning(planners, bench, warns):
    """Hosts 4 and 5 stand 915 m apart, and farther from what stands."""
    apart = metres(bench.hosts[3:5], np.concatenate((bench.hosts[3:5], bench.stations)))
    assert (apart < 1000).sum() == 4  # each from itself, one from the other
    link = f"/plan#set=4,5&spacing=1000&tab=plan&site=5&lang=en{'&near=warn' * warns}"
    page = planners(link)
    settled(page)
    row = page.locator("#broken > li")
    expect(row).to_have_attribute("data-broken", "spacing")
    expect(row).to_contain_text("are less than 1000 m apart")
    assert ("Only a warning" in row.inner_text()) is warns
    assert ("strong" in row.get_attribute("class")) is not warns
    card = page.locator("#site-list .advice > .note")
    expect(card).to_contain_text("are less than 1000 m apart")
    # One of the two taken away, nothing is broken.
    page.locator("#site-list .acts button", has_text="Remove").click()
    settled(page)
    expect(page.locator("#broken")).to_have_count(0)


def test_every_condition_that_a_set_by_hand_breaks_is_told_with_its_sites(planners, bench):
    """Hosts of odd numbers are of one chain; those whose number four divides are open all day."""
    page = planners("/plan#set=1,3,5&sites=2&chain=2&day24=1&forbid=3&tab=plan&lang=en")
    settled(page)
    rows = page.locator("#broken > li")
    expect(rows).to_have_count(4)
    codes = [one.get_attribute("data-broken") for one in rows.all()]
    assert sorted(codes) == ["forbidden", "open_24h_least", "per_chain_most", "sites"]
    chain = page.locator('#broken [data-broken="per_chain_most"]')
    expect(chain.locator("button")).to_have_count(3)
    chain.locator("button").nth(1).click()
    assert look(page, "view.site") == 3
    # A plan as it was found breaks nothing; changed by hand it does.
    plan = plan_of(bench, sites=1)
    page.goto(f"/plan?plan={plan['id']}&lang=en")
    page.locator("#site-list > li").wait_for()
    settled(page)
    expect(page.locator("#broken")).to_have_count(0)
    page.locator("#tab-candidates").click()
    page.locator("#candidate-list .acts button").first.click()
    page.locator("#tab-plan").click()
    expect(page.locator("#broken > li")).to_have_attribute("data-broken", "sites")


def test_where_room_is_not_regarded_the_page_says_so_and_else_whom_a_site_serves(planners, bench):
    """Host 5 has room for 5; by day there are more about."""
    near = WORKDAY * (metres(bench.lon, bench.hosts[4:5]) <= 500).sum()
    room = 5 * 17
    assert near > room
    page = planners("/plan#set=5&seats=1&site=5&tab=plan&lang=en")
    settled(page)
    expect(page.locator("#site-list .advice")).to_contain_text(f"room for {room}, {room} served")
    expect(page.locator("#room-note")).to_have_count(0)
    assert look(page, "known.told.covered - known.told.covered_today") == room
    # Neither a curve nor what to close regards it.
    page.locator("#tab-curve").click()
    page.locator("#curve-ask").click()
    expect(page.locator("#curve-room")).to_contain_text("do not regard room", timeout=COLD_MS)
    page.locator("#tab-more").click()
    page.locator("#changes-count").fill("1")
    page.locator("#changes-ask").click()
    expect(page.locator("#changes-box")).to_contain_text("do not regard room", timeout=COLD_MS)
    page = planners("/plan#set=5&seats=1&backup=0.5&tab=plan&lang=en")
    settled(page)
    expect(page.locator("#room-note")).to_contain_text("do not regard room")


def test_remarks_on_a_plan_are_in_the_language_of_the_page(planners, bench):
    plan = plan_of(bench, sites=2)
    page = planners("/plan#lang=en")
    both = {"relaxed_en": ["甲店 / 乙店 are near."], "relaxed_zh": ["甲店 / 乙店相距太近。"]}
    answer = plan["answer"] | both | {"relaxed": ["甲店 / 乙店相距太近。 甲店 / 乙店 are near."]}
    asked = f"**/api/siting/plans/{plan['id']}"
    page.route(asked, lambda route: route.fulfill(json=plan | {"answer": answer}))
    page.goto(f"/plan?plan={plan['id']}&lang=en")
    note = page.locator("#headline-box > .note").filter(has_text="乙店")
    expect(note).to_have_text(both["relaxed_en"][0])


def test_a_limit_of_sites_beside_a_budget_is_shown(planners, bench):
    plan = plan_of(bench, sites=3, budget=9000)
    page = planners(f"/plan?plan={plan['id']}#tab=question&lang=en")
    expect(page.locator("#q-box-sites")).to_be_visible()
    expect(page.locator("#q-box-budget")).to_be_visible()
    page.locator("#tab-scenarios").click()
    words = page.locator(f'#scenario-list [data-plan="{plan["id"]}"] p').first
    expect(words).to_contain_text("3 sites")
    expect(words).to_contain_text("9,000")
    page.locator("#tab-question").click()
    expect(page.locator("#q-limit-both")).to_be_checked()
    page.locator("label:has(#q-limit-sites)").click()
    expect(page.locator("#q-box-budget")).to_be_hidden()
    assert look(page, "[view.question.sites, view.question.budget]") == [3, None]
    page.locator("label:has(#q-limit-both)").click()
    expect(page.locator("#q-box-sites")).to_be_visible()
    expect(page.locator("#q-box-budget")).to_be_visible()
    assert look(page, "view.question.sites") == 3
    assert look(page, "view.question.budget") > 0
    # Both are asked for: an empty one is told, and not taken for the other kind of limit.
    page.locator("#q-budget").fill("")
    expect(page.locator("#q-budget-wrong")).to_contain_text("number")
    expect(page.locator("#q-limit-both")).to_be_checked()


def test_why_neither_a_curve_nor_a_plan_for_all_days_can_be_is_told(planners):
    page = planners("/plan#floor=1&sites=2&tab=curve&lang=en")
    page.locator("#curve-ask").click()
    expect(page.locator("#curve-none")).to_contain_text("cannot reach 100", timeout=COLD_MS)
    page.locator("#tab-more").click()
    page.locator("#robust-ask").click()
    expect(page.locator("#robust-none")).to_contain_text("cannot reach 100", timeout=COLD_MS)
