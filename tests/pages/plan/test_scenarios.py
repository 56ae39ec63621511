"""Plans that are kept: opened after the data changed, changed while they are made, kept by hand."""

import itertools
import re
import time
from urllib.request import Request

import numpy as np
import planning_town
import pytest
import rows
from hostile import HOSTILE_NAME
from plan_hall import drawn, ended, look, person_hours, plan_of, reached, settled, told, until
from playwright.sync_api import expect

from geo import editions
from geo.database import Actor

pytestmark = pytest.mark.slow


@pytest.fixture
def renewed(bench):
    """Puts other data in force; those that were are put back afterwards."""
    actor = Actor("test")
    with bench.database.read(actor) as reader:
        before = [editions.require_active(reader, one).id for one in ("demand", "candidate_sites")]

    def put(dataset, fill):
        with bench.database.write(actor) as writer:
            number = rows.edition(writer, dataset, state="retired")
            fill(writer, number)
        with bench.database.write(actor) as writer:
            editions.set_active(writer, number)
        noticed(number)

    def noticed(number):
        ground = Request(f"{bench.address}/api/siting/ground")
        end = time.monotonic() + 30
        while number not in [one["id"] for one in told(ground)["editions"]]:
            assert time.monotonic() < end
            time.sleep(0.2)

    yield put
    with bench.database.write(actor) as writer:
        for number in before:
            editions.set_active(writer, number)
    for number in before:
        noticed(number)


def best_pair(bench):
    """(people reached, longitudes) of the best two of the hosts that did not say no."""
    pairs = itertools.combinations(bench.hosts[:11], 2)
    return max((person_hours(bench, pair), pair) for pair in pairs)


def share(bench, value):
    return f"{100 * value / person_hours(bench, bench.lon):.1f}%"


def test_an_older_plan_is_told_by_its_own_data_until_it_is_changed(planners, bench, renewed):
    plan, other = plan_of(bench, sites=2), plan_of(bench, sites=1)
    best, _ = best_pair(bench)
    assert plan["facts"]["covered"] == best
    few = bench.lon[::3]
    renewed(
        "demand",
        lambda writer, number: planning_town.people(
            writer, number, [(float(one), "courier", "any", [10.0] * 24) for one in few]
        ),
    )
    page = planners(f"/plan?plan={plan['id']}&lang=en")
    settled(page)
    figure = page.locator("#headline-box .headline")
    expect(figure).to_contain_text(share(bench, best))
    expect(page.locator("#older")).to_contain_text("of the plan's own data (Demand, edition")
    expect(page.locator("#live")).to_be_hidden()
    tick = page.locator("#headline-box .bar-target")
    expect(tick).to_have_count(1)
    lost = [f"+{one['adds_last']:,.0f}" for one in plan["facts"]["sites"]]
    expect(page.locator("#site-list .row .value")).to_have_text(lost)
    page.locator("#tab-equity").click()
    east = plan["facts"]["districts"][-1]
    cells = page.locator(f'#equity-table [data-area="{east["id"]}"] td')
    expect(cells.nth(1)).to_have_text(f"{100 * east['after'] / east['people']:.1f}%")
    # One more by hand: what that reaches is known of the new data only.
    page.locator("#tab-candidates").click()
    page.locator("#candidate-list .acts button").first.click()
    settled(page)
    there = [bench.hosts[one - 1] for one in look(page, "chosen()")]
    at = np.isin(bench.lon, few)
    expect(figure).to_contain_text(f"{100 * reached(bench, there)[at].mean():.1f}%")
    expect(page.locator("#older")).to_contain_text("search once more to use them")
    # What no plan can pass was proved of the people of then.
    expect(tick).to_have_count(0)
    page.locator("#tab-scenarios").click()
    page.locator(f'[data-plan="{other["id"]}"] .acts button').first.click()
    expect(page.locator("#swipe-newest")).to_contain_text("newest data")


def test_a_second_comparison_stands_like_the_first(planners, bench):
    plan, other = plan_of(bench, sites=2), plan_of(bench, sites=1)
    page = planners(f"/plan?plan={plan['id']}#tab=scenarios&lang=en")
    settled(page)
    compare = page.locator(f'[data-plan="{other["id"]}"] .acts button').first
    # A slow screen: whatever else asks for the second map finds it on its way.
    page.evaluate(
        "window.requestAnimationFrame = (work) => setTimeout(() => work(performance.now()), 400);"
        "window.cancelAnimationFrame = clearTimeout;"
    )
    for _ in range(2):
        compare.click()
        page.locator(f"#map-frame[data-beside='{other['id']}']").wait_for()
        expect(page.locator("#before")).to_have_count(1)
        expect(page.locator("#swipe-table tbody tr")).not_to_have_count(0)
        page.wait_for_timeout(300)
        assert look(page, "view.beside") == other["id"]
        expect(page.locator("#trouble .note")).to_have_count(0)
        compare.click()
        expect(page.locator("#before")).to_have_count(0)


def test_the_sites_of_a_plan_have_the_same_numbers_on_both_maps(planners, bench):
    plan, other = plan_of(bench, sites=1), plan_of(bench, sites=4)
    for adds, site in enumerate(other["facts"]["sites"]):
        site["adds_last"] = 100.0 + adds
    other["answer"]["sites"].sort()
    page = planners("/plan#lang=en")
    asked = f"**/api/siting/plans/{other['id']}"
    page.route(asked, lambda route: route.fulfill(json=other))
    numbers = """(pins) => pins.map((one) => {
        const box = one.getBoundingClientRect();
        return [one.innerText, Math.round(box.x + box.width / 2)];
    }).sort((one, other) => one[0] - other[0])"""
    ends = [bench.hosts[2], bench.hosts[8]]
    camera = f"map=12/{planning_town.LAT}/{sum(ends) / 2}"
    page.goto(f"/plan#plan={other['id']}&{camera}&lang=en")
    page.reload()
    expect(page.locator(".pin")).to_have_count(4)
    settled(page)
    alone = page.locator(".pin").evaluate_all(numbers)
    page.goto(f"/plan#plan={plan['id']}&beside={other['id']}&{camera}&lang=en")
    page.reload()
    pins = page.locator("#before .pin.other")
    expect(pins).to_have_count(4)
    settled(page)
    for (number, x), (same, at) in zip(pins.evaluate_all(numbers), alone, strict=True):
        assert (number, x) == (same, pytest.approx(at, abs=2))


def test_beside_another_plan_a_site_that_is_looked_at_stays_on_its_own_side(planners, bench):
    plan, other = plan_of(bench, sites=2), plan_of(bench, sites=1)
    page = planners(f"/plan?plan={plan['id']}#tab=plan&beside={other['id']}&at=100&lang=en")
    settled(page)
    page.locator(f"#map-frame[data-beside='{other['id']}']").wait_for()
    page.locator("#site-list [data-row]").first.click()
    page.locator("#map .pin.chosen").wait_for()
    on_top = """() => {
      const pin = document.querySelector("#map .pin.chosen");
      const { x, y, width, height } = pin.getBoundingClientRect();
      return pin.contains(document.elementFromPoint(x + width / 2, y + height / 2));
    }"""
    assert not page.evaluate(on_top)
    page.locator("#swipe-at").fill("0")
    until(page, on_top)


@pytest.mark.parametrize("fails", [False, True])
def test_an_answer_that_comes_late_opens_no_plan(planners, bench, fails):
    slow, plan = plan_of(bench, sites=1), plan_of(bench, sites=2)
    page = planners(f"/plan?plan={plan['id']}&lang=en")
    settled(page)
    held: list = []

    def hold(route):
        held.append(route)

    page.route(f"**/api/siting/plans/{slow['id']}", hold)
    choice = page.locator("#scenario")
    choice.select_option(str(slow["id"]))
    until(page, f"() => location.hash.includes('plan={slow['id']}&')")
    choice.select_option(str(plan["id"]))
    until(page, f"() => location.hash.includes('plan={plan['id']}&')")
    held[0].abort() if fails else held[0].continue_()
    page.wait_for_timeout(500)
    settled(page)
    assert look(page, "known.plan.id") == plan["id"]
    assert look(page, "known.told.sites.length") == 2
    expect(page.locator("#trouble .note")).to_have_count(0)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-03-04T20:15:00.5Z", "2026-03-05"),
        ("2026-03-04T15:59:59+00:00", "2026-03-04"),
        ("2026-03-04", "2026-03-04"),
    ],
)
def test_the_day_of_a_plan_and_of_a_task_is_that_of_the_city(planners, bench, moment, day):
    """In the zone of the service, Asia/Shanghai, whatever the clock of the screen says."""
    plan = plan_of(bench, sites=1)
    page = planners("/plan", timezone_id="America/Lima", ready=False)
    page.route(
        "**/api/siting/plans?*",
        lambda route: route.fulfill(json={"plans": [plan | {"created_at": moment}], "next": None}),
    )
    task = {"id": 1, "name": "x", "state": "proposed", "plan_id": plan["id"], "site": 1}
    task |= {"candidate_id": 1, "address": "", "note": None, "replacements": []}
    page.route(
        "**/api/siting/tasks?*",
        lambda route: route.fulfill(json={"tasks": [task | {"changed_at": moment}], "next": None}),
    )
    page.goto("/plan#tab=scenarios&lang=en")
    page.reload()
    said = page.locator(f'#scenario-list [data-plan="{plan["id"]}"] p.quiet')
    expect(said).to_have_text(re.compile(rf" {day}$"))
    page.locator("#tab-tasks").click()
    expect(page.locator('#task-list [data-task="1"] p').first).to_have_text(day)


def test_the_list_tells_where_when_and_for_whom_each_plan_is(planners, bench):
    plans = {
        plan_of(bench, sites=1)["id"]: "Everywhere · Workday · Daytime, 6 to 22",
        plan_of(bench, sites=1, hours=[7, 12], day="weekend", groups=["courier"])["id"]: (
            "Everywhere · Weekend · hours 7, 12 · Couriers"
        ),
        plan_of(bench, sites=1, area_id=110)["id"]: " · Workday · Daytime, 6 to 22",
    }
    page = planners("/plan#tab=scenarios&lang=en")
    for number, words in plans.items():
        said = page.locator(f'#scenario-list [data-plan="{number}"] p').nth(1)
        expect(said).to_contain_text(words, ignore_case=True)
    area = page.locator(f'#scenario-list [data-plan="{max(plans)}"] p').nth(1)
    expect(area).not_to_contain_text("Everywhere")


def test_a_plan_that_cannot_be_is_neither_done_nor_a_success_in_the_list(planners, bench):
    plan = plan_of(bench, sites=1, area_least_share=1.0)
    assert plan["answer"]["status"] == "infeasible"
    page = planners(f"/plan?plan={plan['id']}#tab=scenarios&lang=en")
    said = page.locator("#scenario-list .item.open p.quiet")
    expect(said).to_contain_text("no plan meets all conditions")
    expect(said).not_to_contain_text("done")
    expect(page.locator("#gap")).to_have_attribute("data-verdict", "short")


def test_plans_that_ask_different_things_are_not_compared_without_a_word(planners, bench):
    wide, near, alike = (
        plan_of(bench, sites=1, radius_metres=800, hours=[9]),
        plan_of(bench, sites=1),
        plan_of(bench, sites=2),
    )
    page = planners(f"/plan?plan={near['id']}#beside={wide['id']}&tab=scenarios&lang=en")
    expect(page.locator("#swipe-apart")).to_contain_text("(hours, radius)")
    page.locator(f'[data-plan="{alike["id"]}"] .acts button').first.click()
    until(page, f"() => document.querySelector('#map-frame').dataset.beside === '{alike['id']}'")
    expect(page.locator("#swipe-table tbody tr").first).to_be_visible()
    expect(page.locator("#swipe-apart")).to_have_count(0)


def test_a_plan_that_cannot_be_discarded_stays_open(planners, bench):
    plan = plan_of(bench, sites=1)
    page = planners(f"/plan?plan={plan['id']}#tab=scenarios&lang=en")
    settled(page)
    asked = f"**/api/siting/plans/{plan['id']}"
    page.route(asked, lambda route: route.fulfill(status=503, body=""))
    page.locator(f'[data-plan="{plan["id"]}"] .acts button').last.click()
    page.locator("dialog .acts button").click()
    expect(page.locator("#trouble .note")).to_have_count(1)
    assert look(page, "view.plan") == plan["id"]


def test_a_site_that_is_no_candidate_any_more_is_named_and_no_old_figure_stays(
    planners, bench, renewed
):
    page = planners("/plan#set=4,7&lang=en")
    settled(page)
    expect(page.locator("#live")).to_be_visible()

    def without_seven(writer, number):
        for one, lon in enumerate(bench.hosts, 1):
            if one != 7:
                planning_town.candidate(writer, number, one, float(lon))

    renewed("candidate_sites", without_seven)
    page.reload()
    page.wait_for_selector("body[data-complete]")
    expect(page.locator("#trouble")).to_contain_text("no longer among the candidates here: #7.")
    settled(page)
    expect(page.locator("#headline-box .headline")).to_have_count(0)
    expect(page.locator("#live")).to_be_hidden()
    page.locator("#tab-candidates").click()
    expect(page.locator("#candidate-list > li")).to_have_count(10)
    expect(page.locator("#candidate-list .gain")).to_have_count(0)
    page.locator("#tab-plan").click()
    page.locator('#site-list [data-row="7"]').click()
    page.locator("#site-list .acts button", has_text="Remove").click()
    settled(page)
    expect(page.locator("#trouble .note")).to_have_count(0)
    expect(page.locator("#headline-box .headline")).to_contain_text(
        share(bench, person_hours(bench, [bench.hosts[3]]))
    )


def test_what_is_moved_while_a_plan_is_made_stays_on_the_map(planners, bench):
    page = planners("/plan#sites=2&lang=en")
    held: list = []
    going_on = [True]

    def hold(route):
        held.append(route) if not held else route.continue_()

    def before_the_first_plan(route):
        told = route.fetch().json()
        told["progress"].pop("chosen", None)
        if going_on:
            # However soon the search has ended: the page is told when its events are let go.
            told |= {"state": "running", "answer": None, "facts": None}
        route.fulfill(json=told)

    page.route("**/events", hold)
    page.route(re.compile(r"/api/siting/plans/\d+$"), before_the_first_plan)
    page.locator("#solve").click()
    until(page, "() => location.hash.includes('plan=')")
    end = time.monotonic() + 60
    while not held or look(page, "known.plan === null"):
        assert time.monotonic() < end
        page.wait_for_timeout(40)
    page.locator("#tab-candidates").click()
    page.locator('[data-candidate="9"] .acts button').first.click()
    settled(page)
    assert look(page, "known.plan.answer") is None
    going_on.clear()
    held[0].continue_()
    ended(page)
    assert look(page, "chosen()") == [9]
    expect(page.locator(".pin")).to_have_count(1)
    best, _ = best_pair(bench)
    fewer = best - person_hours(bench, [bench.hosts[8]])
    page.locator("#tab-plan").click()
    expect(page.locator("#headline-box")).to_contain_text(f"{fewer:,.0f} person-hours fewer")
    # The step back leads to the plan as it was found.
    page.locator("#undo").click()
    settled(page)
    assert person_hours(bench, [bench.hosts[n - 1] for n in look(page, "chosen()")]) == best


def test_an_arrangement_is_kept_whatever_conditions_it_breaks(planners, bench):
    page = planners("/plan#set=4,5&spacing=5000&chain=0&day24=3&floor=1&least=9&seats=1&lang=en")
    settled(page)
    page.locator("#keep").click()
    expect(page.locator("#name-note")).to_contain_text("without these conditions: Sites apart")
    page.locator("#name-field").fill(f"by hand {HOSTILE_NAME}")
    page.keyboard.press("Enter")
    ended(page)
    assert sorted(look(page, "known.plan.answer.sites")) == [4, 5]
    expect(page.locator("#headline-box .headline")).to_contain_text(
        share(bench, person_hours(bench, bench.hosts[3:5]))
    )
    expect(page.locator("#exports")).to_be_visible()
    asked = look(page, "known.plan.question")
    assert (asked["spacing_metres"], asked["capacity_per_place"], asked["lock"]) == (
        0,
        None,
        [4, 5],
    )


def test_undo_takes_back_what_was_done_here_and_never_leaves_the_page(planners):
    page = planners("/coverage", ready=False)
    page.goto("/plan#set=5")
    drawn(page)
    undo = page.locator("#undo")
    expect(undo).to_be_hidden()
    page.locator("#tab-candidates").click()
    page.locator('[data-candidate="7"] .acts button').first.click()
    expect(page.locator(".pin")).to_have_count(2)
    page.reload()
    drawn(page)
    undo.click()
    expect(page.locator(".pin")).to_have_count(1)
    assert look(page, "view.set") == [5]
    expect(undo).to_be_hidden()


def test_where_no_host_states_a_cost_no_money_is_shown(planners, bench, renewed):
    def for_nothing(writer, number):
        for one, lon in enumerate(bench.hosts, 1):
            planning_town.candidate(writer, number, one, float(lon), cost=None)

    renewed("candidate_sites", for_nothing)
    plan = plan_of(bench, model="set-cover", share=0.5, least="cost")
    page = planners(f"/plan?plan={plan['id']}&lang=en")
    settled(page)
    page.locator("#site-list .row").first.click()
    page.locator("#site-list .advice .facts").wait_for()
    expect(page.locator("#panel-plan dt", has_text="Cost")).to_have_count(0)
    said = page.locator("#panel-plan").inner_text()
    sites = len(plan["answer"]["sites"])
    value = page.locator("#headline-box .facts > div").filter(has_text="Objective").locator("dd")
    expect(value).to_have_text(f"{sites} sites")
    page.locator("#tab-candidates").click()
    page.locator("#candidate-list > li").first.wait_for()
    said += page.locator("#panel-candidates").inner_text()
    assert "adds" in said
    assert not re.search("yuan|cost not stated", said)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", "没有方案 99999。从方案列表中另选。"),
        ("en", "There is no plan 99999.Take another of"),
    ],
)
def test_a_plan_that_is_gone_says_where_the_others_are_and_no_address_of_programs(
    planners, language, words
):
    page = planners(f"/plan?plan=99999&lang={language}")
    trouble = page.locator("#trouble")
    expect(trouble).to_contain_text(words)
    expect(trouble).not_to_contain_text("/api/")
