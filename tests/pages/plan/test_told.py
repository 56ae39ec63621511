"""What the page says only of what it is so of: while people are awaited, of one hour, at night, of
sets off the curve or kept as they were drawn."""

import itertools
import re

import pytest
from plan_hall import LAT, WEST, ended, look, person_hours, plan_of, settled, until
from playwright.sync_api import expect

pytestmark = pytest.mark.slow

GROUND = re.compile("/api/siting/ground")
COLD_MS = 150_000
TABS = {
    "candidates": "#candidate-list",
    "equity": "#equity-table",
    "curve": "#curve-box",
}


def test_while_people_and_candidates_are_awaited_no_tab_says_that_there_are_none(planners):
    page = planners("/coverage", ready=False)
    held: list = []

    def hold(route):
        held.append(route)

    page.route(GROUND, hold)
    page.goto("/plan#lang=en")
    page.wait_for_selector("#map[data-ready]")
    expect(page.locator("#ground-coming")).to_contain_text("are on their way")
    for name, box in TABS.items():
        page.locator(f"#tab-{name}").click()
        expect(page.locator(box)).to_have_text(re.compile("on their way"))
    expect(page.locator("#candidates-title")).to_have_text("Candidates")
    assert "There are no" not in page.locator("#panel").inner_text()
    # They do not come: that is not the same as that nobody is there either.
    held.pop(0).fulfill(status=500, json={"status": 500, "title": "broken"})
    expect(page.locator("#ground-coming")).to_be_hidden()
    for name, box in TABS.items():
        page.locator(f"#tab-{name}").click()
        expect(page.locator(box)).to_have_text(re.compile("did not load"))
    page.unroute(GROUND)
    page.reload()
    page.wait_for_selector("#headline-box .headline", state="attached")
    expect(page.locator("#curve-ask")).to_be_visible()
    expect(page.locator("#ground-coming")).to_be_hidden()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_of_one_hour_the_proof_is_said_to_be_of_all_hours(planners, bench, lang):
    plan = plan_of(bench, sites=2)
    page = planners(f"/plan?plan={plan['id']}&lang={lang}")
    settled(page)
    words, pill = page.locator("#gap-words"), page.locator("#gap")
    only, whatever = {
        "zh": ("（指问题的全部时段，不是这一个小时）", "不论是否开放"),
        "en": ("(of all hours asked for, not of this one)", "whatever their opening hours"),
    }[lang]
    measure, hour = page.locator("#headline-box .measure"), page.locator("#hour-said")
    for one in (words, pill):
        expect(one).not_to_contain_text(only)
    for one in (measure, hour):
        expect(one).not_to_contain_text(whatever)
    page.locator("#hour-at").fill("9")
    until(page, "() => location.hash.includes('hour=9')")
    settled(page)
    for one in (words, pill):
        expect(one).to_contain_text(only)
    for one in (measure, hour):
        expect(one).to_contain_text(whatever)
    expect(words).not_to_have_class(re.compile("met"))
    expect(pill).to_have_attribute("data-verdict", "")
    expect(pill).to_have_attribute("data-stale", "1")
    page.locator("#hour-all").click()
    settled(page)
    expect(words).to_have_class(re.compile("met"))
    expect(pill).to_have_attribute("data-verdict", "proved")


def test_a_plan_for_one_hour_is_proved_for_that_hour_and_night_counts_closed_stations(
    planners, bench
):
    plan = plan_of(bench, sites=2, hours=[9])
    page = planners(f"/plan?plan={plan['id']}&lang=en#hour=9")
    settled(page)
    expect(page.locator("#gap-words")).to_have_text("Proved optimal: no plan is better")
    page = planners("/plan#hours=22-23,0-5&tab=plan&lang=en")
    expect(page.locator("#whatever-open")).to_contain_text("whatever their opening hours")
    expect(page.locator("#hour-said")).to_contain_text("whatever their opening hours")


def test_a_set_off_the_curve_is_called_that_and_how_near_to_the_best_it_is(planners, bench):
    plan = plan_of(bench, sites=3)
    page = planners(f"/plan?plan={plan['id']}&lang=en")
    settled(page)
    page.locator("#tab-curve").click()
    page.locator("#curve-ask").click()
    slider = page.locator("#curve-at")
    slider.wait_for(timeout=COLD_MS)
    slider.focus()
    page.keyboard.press("Home")
    settled(page)
    # What is at the axes are round numbers.
    ticks = page.locator("#curve-picture .tick.end").all_text_contents()
    shares = [float(one.rstrip("%")) for one in ticks]
    assert 3 <= len(shares) <= 7
    (step,) = {round(other - one, 2) for one, other in itertools.pairwise(shares)}
    assert step in (1, 2, 5, 10, 20)
    assert {one % step for one in shares} == {0}
    page.locator("#tab-plan").click()
    words = page.locator("#hand-words")
    expect(words).to_contain_text("the plan of the curve, 1 site. Proved: no")
    expect(page.locator("#headline-box")).not_to_contain_text("changed by hand")
    # One more is somebody's own.
    page.locator("#tab-candidates").click()
    page.locator('[data-candidate="2"] .acts button').first.click()
    settled(page)
    page.locator("#tab-plan").click()
    expect(words).to_contain_text("changed by hand")


def test_a_kept_arrangement_is_compared_with_itself_and_breaks_no_limit_nobody_set(planners, bench):
    page = planners("/plan#set=4,5&sites=12&lang=en")
    settled(page)
    page.locator("#keep").click()
    # A name of blanks is none, and is told so before anything is asked.
    field, wrong = page.locator("#name-field"), page.locator("#name-wrong")
    for name in ("", "   "):
        field.fill(name)
        page.keyboard.press("Enter")
        expect(wrong).to_have_text("Please give it a name.")
        expect(field).to_be_focused()
    field.fill("as drawn")
    page.keyboard.press("Enter")
    ended(page)
    expect(page.locator("#headline-box .bar-target")).to_have_count(0)
    page.locator("#tab-candidates").click()
    page.locator('[data-candidate="7"] .acts button').first.click()
    settled(page)
    page.locator("#tab-plan").click()
    words = page.locator("#hand-words")
    more = person_hours(bench, bench.hosts[[3, 4, 6]]) - person_hours(bench, bench.hosts[[3, 4]])
    assert more > 0
    expect(words).to_contain_text(f"{more:,.0f} person-hours more than the arrangement that was")
    expect(page.locator("#broken")).to_have_count(0)
    # One that was kept is taken out: its lock goes with it, and nothing else is asked.
    page.locator("#undo").click()
    settled(page)
    page.locator("#tab-plan").click()
    page.locator('#site-list [data-row="5"]').click()
    page.locator('#site-list [data-act="remove"]').click()
    settled(page)
    expect(words).to_contain_text("fewer than the arrangement that was kept")
    expect(page.locator("#headline-box")).not_to_contain_text("The question has changed")
    # Whoever sets a limit is told of it.
    page.locator("#undo").click()
    settled(page)
    page.locator("#tab-question").click()
    page.locator("#q-sites").fill("1")
    until(page, "() => location.hash.includes('sites=1')")
    settled(page)
    page.locator("#tab-plan").click()
    expect(page.locator("#broken [data-broken=sites]")).to_contain_text("more than 1")
    assert look(page, "view.question.sites") == 1


def test_a_plan_whose_sites_all_have_tasks_says_so_instead_of_making_them(planners, bench):
    plan = plan_of(bench, sites=2)
    page = planners(f"/plan?plan={plan['id']}&tab=tasks#lang=en&tab=tasks")
    page.locator("#tab-tasks").click()
    act, there = page.locator("#task-make button"), page.locator("#tasks-there")
    act.click()
    expect(there).to_have_text("The open plan: its 2 sites have their tasks.")
    expect(act).to_be_hidden()
    expect(page.locator("#task-list select").first).to_be_focused()
    # What cannot be taken back is told before it is done.
    page.locator("#task-list select").first.select_option("opened")
    expect(page.locator("dialog.sheet")).to_contain_text("It cannot be taken back here")
    page.keyboard.press("Escape")
    other = plan_of(bench, sites=1)
    page.evaluate(f"location.hash = 'plan={other['id']}&tab=tasks&lang=en'")
    expect(act).to_be_visible()
    expect(there).to_have_text("")


def test_the_library_names_each_condition_of_a_plan(planners, bench):
    plain = plan_of(bench, sites=2)
    asked = plan_of(
        bench,
        sites=3,
        backup=0.5,
        per_chain_most=4,
        open_24h_least=1,
        area_least_share=0.1,
        area_least_sites=1,
        lock=[4],
        forbid=[7, 8],
        closing=[1],
        agreed_only=False,
    )
    alone = plan_of(bench, sites=2, keep_existing=False, agreed_only=True, capacity_per_place=9)
    page = planners("/plan#tab=scenarios&lang=en")
    conditions = {
        plan["id"]: page.locator(f'#scenario-list [data-plan="{plan["id"]}"] .conditions')
        for plan in (plain, asked, alone)
    }
    expect(conditions[plain["id"]]).to_have_count(0)
    expect(conditions[asked["id"]]).to_have_text(
        "reached twice counts 50% more · at least 10% of each subdistrict · "
        "at least 1 in each subdistrict · at least 1 open 24 hours · at most 4 of one chain · "
        "1 of today's stations close · 1 locked · 2 forbidden"
    )
    expect(conditions[alone["id"]]).to_have_text(
        "only hosts that have agreed · today's stations not counted · 9 served an hour per place"
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", [(390, 844), (1440, 900)])
def test_no_pin_lies_under_the_tools_when_the_whole_is_shown(planners, bench, size, lang):
    wide, high = size
    corners = [(WEST + east, LAT + north) for east in (0, 0.14) for north in (-0.1, 0.1)]
    places = ",".join(f"x{at}~{lon:.3f}~{lat:.3f}" for at, (lon, lat) in enumerate(corners))
    page = planners(
        f"/plan#extra={places}&set=x0,x1,x2,x3,6&lang={lang}&tab=plan",
        viewport={"width": wide, "height": high},
    )
    settled(page)
    page.locator("#all").click()
    page.wait_for_timeout(900)
    over = page.evaluate(
        """(tools) => {
            const apart = (one, other) => one.right <= other.left || other.right <= one.left ||
                one.bottom <= other.top || other.bottom <= one.top;
            const boxes = (which) => [...document.querySelectorAll(which)].map(
                (one) => one.getBoundingClientRect()).filter((box) => box.width);
            return boxes(tools).flatMap((box) => boxes(".pin").filter((pin) => !apart(pin, box)));
        }""",
        "#place, .layers, #all, #legend, #under-map, #live, .maplibregl-ctrl-group",
    )
    assert over == []


def test_no_number_of_the_units_is_broken_over_lines(planners):
    page = planners("/plan#lang=zh&tab=more")
    unit = {"address": "商务外环路18号楼第三单元" * 3, "lon": 113.6, "lat": 34.75}
    unit |= {"name": "供应链管理有限责任公司" * 4, "nearest_station": "驿站" * 20}
    units = [unit | {"id": 1, "employees": 1521321, "nearest_metres": 1234}]
    told = {"total": 1, "of_units": 1, "employees": 1521321, "unlocated": 0, "units": units}
    page.route("**/units_without_station*", lambda route: route.fulfill(json=told))
    page.locator("#units-ask").click()
    for cell in ("thead th.n", "tbody td.n"):
        tall = page.locator(f"#units-table {cell}").evaluate(
            """(one) => {
                const text = document.createRange();
                text.selectNodeContents(one);
                return text.getClientRects().length;
            }"""
        )
        assert tall == 1, cell
