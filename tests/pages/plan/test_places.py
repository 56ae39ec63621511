"""Places of one's own, hosts that said no, and how near to what stands one may build."""

import re
from types import SimpleNamespace

import pytest
from hostile import HOSTILE_NAME
from plan_hall import LAT, WEST, ended, look, person_hours, plan_of, settled, until
from playwright.sync_api import expect

pytestmark = pytest.mark.slow

OWN = {"key": "new-1", "lon": WEST + 0.0655, "lat": LAT, "name": "路口岗亭", "cost": 50000.0}


def stated(number: int) -> float:
    """What a host of the town costs; of number 5 nobody knows."""
    return 1000.0 * (1 + number % 4)


def path_of(page, bench) -> str:
    return page.url.replace(bench.address, "")


def test_a_place_of_ones_own_keeps_name_and_cost_through_page_link_and_plan(planners, bench):
    plan = plan_of(bench, sites=2, extra=[OWN], lock=["new-1"], forbid=[5])
    (other,) = [one for one in plan["answer"]["sites"] if one != "new-1"]
    page = planners(f"/plan?plan={plan['id']}&lang=en")
    settled(page)
    assert look(page, "known.told.cost") == 50000 + stated(other)
    row = page.locator('#site-list [data-row="new-1"]')
    expect(row).to_contain_text("路口岗亭")
    expect(row).to_contain_text("50,000 yuan")
    # Somebody knows better what it is called and costs; the name is nothing but a name.
    row.click()
    name = f"a,b~c%2C&#1 {HOSTILE_NAME}"
    page.locator("#own-name").fill(name)
    page.keyboard.press("Tab")
    expect(page.locator("#own-cost")).to_be_focused()
    page.locator("#own-cost").fill("60000.5")
    page.keyboard.press("Tab")
    expect(row).to_contain_text(name)
    until(page, "() => location.hash.includes('60000.5')")
    settled(page)
    assert look(page, "known.told.cost") == 60000.5 + stated(other)
    again = planners(path_of(page, bench))
    settled(again)
    told = OWN | {"name": name, "cost": 60000.5}
    assert look(again, "view.question.extra") == [told]
    assert look(again, "[view.question.lock, view.question.forbid]") == [["new-1"], [5]]
    # Moved, it is still that place; and a plan is made with what it costs.
    again.evaluate("document.querySelector('[data-tab=plan]').click()")
    again.locator('.pin[data-site="new-1"]').focus()
    for key in ("ArrowUp", "Enter"):
        again.keyboard.press(key)
    settled(again)
    moved = look(again, "view.question.extra[0]")
    assert moved["lat"] > LAT
    assert (moved["name"], moved["cost"]) == (name, 60000.5)
    again.locator("#solve").click()
    until(again, f"() => !location.hash.includes('plan={plan['id']}&')")
    ended(again)
    assert look(again, "known.plan.facts.cost") == 60000.5 + stated(other)


def test_a_search_without_a_hit_says_that_it_was_for_candidates(planners):
    page = planners("/plan#tab=candidates&lang=en")
    page.locator("#candidate-search").fill("zzz")
    expect(page.locator("#candidate-list")).to_have_text("No candidate fits.")


def test_a_place_without_a_cost_is_taken_at_the_middle_and_says_so(planners, bench):
    page = planners(f"/plan#extra=x1~{WEST + 0.0655:.4f}~{LAT}&set=x1&site=x1&tab=plan&lang=en")
    settled(page)
    expect(page.locator('[data-row="x1"]')).to_contain_text("at the middle cost")
    page.locator("#own-cost").fill("0")
    page.keyboard.press("Enter")
    until(page, "() => location.hash.includes('~0')")
    settled(page)
    assert look(page, "known.told.cost") == 0
    page.locator("#own-cost").fill("")
    page.keyboard.press("Enter")
    settled(page)
    costs = sorted(stated(one) for one in range(1, 13) if one != 5)
    assert look(page, "known.told.cost") == costs[len(costs) // 2]


def test_a_cost_that_cannot_be_is_told_beside_its_field(planners):
    page = planners(f"/plan#extra=x1~{WEST + 0.0655:.4f}~{LAT}&set=x1&site=x1&tab=plan&lang=en")
    settled(page)
    field, wrong = page.locator("#own-cost"), page.locator("#own-cost-wrong")
    field.fill("-5")
    page.keyboard.press("Enter")
    expect(wrong).to_have_text("A number from 0 to 1000000000000, please.")
    # It is told as long as it stands there.
    page.locator("#hour-at").evaluate(
        "(one) => { one.value = 9; one.dispatchEvent(new Event('input')); }"
    )
    until(page, "() => location.hash.includes('hour=9')")
    settled(page)
    expect(field).to_have_value("-5")
    expect(wrong).to_be_visible()
    expect(field).to_have_accessible_name("Cost, yuan")
    assert look(page, "view.question.extra[0].cost ?? null") is None
    field.fill("7000")
    page.keyboard.press("Tab")
    until(page, "() => location.hash.includes('7000')")
    expect(wrong).to_be_hidden()


def test_one_can_plan_as_if_no_station_stood_and_a_link_says_so(planners, bench):
    nothing = SimpleNamespace(lon=bench.lon, stations=bench.stations[:0])
    alone = person_hours(nothing, [bench.hosts[4]])
    assert alone < person_hours(bench, [bench.hosts[4]])
    page = planners("/plan#set=5&lang=en")
    page.locator("#q-more summary").click()
    page.locator("#q-keep_existing").uncheck()
    until(page, "() => location.hash.includes('existing=0')")
    settled(page)
    again = planners(path_of(page, bench))
    settled(again)
    for one in (page, again):
        expect(one.locator("#q-keep_existing")).not_to_be_checked()
        assert look(one, "[known.told.covered, known.told.covered_today]") == [alone, 0]
        expect(one.locator("#headline-box .headline")).to_contain_text("stations not counted")


def test_hosts_that_said_no_are_marked_and_no_rival_of_the_proved_best(planners, bench):
    page = planners("/plan#sites=11&lang=en")
    crosses = "map.queryRenderedFeatures({ layers: ['candidates-no'] })"
    until(page, "() => document.querySelector('#map[data-ready]')")
    assert look(page, f"{crosses}.map((one) => one.properties.at)") == [12]
    page.locator("#solve").click()
    ended(page)
    page.locator("#tab-candidates").click()
    row = page.locator('[data-candidate="12"]')
    expect(row.locator(".badge")).to_have_text("said no")
    row.locator(".acts button").first.click()
    settled(page)
    page.locator("#tab-plan").click()
    expect(page.locator('#broken [data-broken="declined"]')).to_have_text(
        f"The host of {HOSTILE_NAME}12 has said no."
    )
    expect(page.locator('[data-row="12"] .badge')).to_have_text("said no")


def test_what_a_host_had_said_is_told_as_of_then_when_it_says_otherwise_now(planners, bench):
    plan = plan_of(bench, sites=4)
    site = next(one["id"] for one in plan["facts"]["sites"] if one["agreed"] is None)
    now = {"agreed": None}

    def ground(route):
        told = route.fetch().json()
        for one in told["candidates"]:
            one["agreed"] = now["agreed"] if one["id"] == site else one["agreed"]
        route.fulfill(json=told)

    for said, word in ((None, ""), (True, "agreed"), (False, "said no")):
        now["agreed"] = said
        page = planners("about:blank", ready=False)
        page.route("**/api/siting/ground*", ground)
        page.goto(f"/plan?plan={plan['id']}#site={site}&tab=plan&lang=en")
        settled(page)
        card = page.locator("#site-list .advice")
        expect(card.locator(".quiet").first).to_contain_text(word)
        why = card.locator(".why")
        expect(why).to_contain_text("has not been asked yet")
        then = re.compile("^When the plan was made: ")
        if said is None:
            expect(why).not_to_have_text(then)
        else:
            expect(why).to_have_text(then)
        page.unroute_all(behavior="wait")


@pytest.mark.parametrize(("existing", "near"), [("1", True), ("0", False)])
def test_a_station_that_stays_counts_for_the_distance_between_sites(planners, existing, near):
    """Host 2 stands 27 m from station 1, and 915 m from the next host."""
    page = planners(f"/plan#set=2&spacing=300&existing={existing}&site=2&tab=plan&lang=en")
    settled(page)
    page.locator("#site-list .advice .acts").wait_for()
    notes = page.locator("#site-list .advice .note")
    if near:
        expect(notes).to_have_text(
            f"{HOSTILE_NAME}2 and {HOSTILE_NAME}1 are less than 300 m apart."
        )
    else:
        expect(notes).to_have_count(0)
