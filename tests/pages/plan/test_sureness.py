"""The best plan while the search goes on, how sure its sites are, and who stands in for a no."""

import itertools

from plan_hall import ended, look, person_hours, plan_of, sent, settled
from playwright.sync_api import expect


def best_pair(bench, without=()):
    """The most that two hosts reach of those that did not say no."""
    hosts = [bench.hosts[one - 1] for one in range(1, 12) if one not in without]
    return max(person_hours(bench, pair) for pair in itertools.combinations(hosts, 2))


def following(page, held, count):
    """The last of so many questions that are held back."""
    for _ in range(400):
        if len(held) == count:
            return held[-1]
        page.wait_for_timeout(25)
    raise AssertionError(f"asked {len(held)} times")


def another_than(page, plan):
    """Another plan is open and has been worked out."""
    for _ in range(400):
        if look(page, "view.plan") != plan:
            return ended(page)
        page.wait_for_timeout(25)
    raise AssertionError(f"plan {plan} is still open")


def test_the_best_so_far_stands_on_the_map_with_its_gap_until_the_search_ends(planners, bench):
    plan = plan_of(bench, sites=2)
    page = planners("/plan#lang=en")
    held: list = []
    running = plan | {
        "state": "running",
        "answer": None,
        "facts": None,
        "progress": {"phase": "search", "seconds": 0.5},
    }
    first = iter([True])

    def hold(route):
        held.append(route)

    def answer(route):
        route.fulfill(json=running) if next(first, False) else route.continue_()

    page.route(f"**/api/siting/plans/{plan['id']}", answer)
    page.route("**/events", hold)
    page.goto(f"/plan?plan={plan['id']}&lang=en")
    following(page, held, 1).fulfill(**sent(sites=2, gap=0.5, chosen=[3, 9]))
    pins = page.locator(".pin")
    expect(pins).to_have_count(2)
    settled(page)
    assert look(page, "known.told.covered") == person_hours(bench, bench.hosts[[2, 8]])
    expect(page.locator("#gap")).to_contain_text("Within 50%")
    expect(page.locator("#so-far")).to_be_visible()
    # An event without sites is of the same ones.
    following(page, held, 2).fulfill(**sent(sites=2, gap=0.25))
    expect(page.locator("#gap")).to_contain_text("Within 25%")
    assert look(page, "chosen()") == [3, 9]
    following(page, held, 3).fulfill(**sent(sites=2, gap=0.125, chosen=[4, 9]))
    expect(page.locator("#gap")).to_contain_text("Within 13%")
    settled(page)
    assert look(page, "known.told.covered") == person_hours(bench, bench.hosts[[3, 8]])
    assert look(page, "view.set") is None
    following(page, held, 4).continue_()
    ended(page)
    expect(page.locator("#so-far")).to_have_count(0)
    assert look(page, "known.told.covered") == best_pair(bench)


def test_no_figures_of_another_set_stand_beside_the_first_plan_that_a_search_finds(planners, bench):
    plan = plan_of(bench, sites=2)
    running = plan | {"state": "running", "answer": None, "facts": None}
    running["progress"] = {"phase": "search", "seconds": 0.5}
    page = planners("/plan#tab=plan&lang=en")
    found, evaluations = [], []

    def hold_events(route):
        found.append(route)

    def hold_evaluations(route):
        evaluations.append(route)

    page.route(f"**/api/siting/plans/{plan['id']}", lambda route: route.fulfill(json=running))
    page.route("**/events", hold_events)
    page.goto(f"/plan?plan={plan['id']}#tab=plan&lang=en")
    settled(page)
    # Of the empty set, which is what is on the map.
    figure, said, live = (page.locator(one) for one in (".headline", "#hour-said", "#live"))
    expect(figure).to_have_count(1)
    expect(said).to_contain_text("reached")
    page.route("**/api/siting/evaluate", hold_evaluations)
    # One more answer about the empty set is on its way when the search finds its first plan.
    page.locator("#hour-at").evaluate(
        "(one) => { one.value = 9; one.dispatchEvent(new Event('input')); }"
    )
    following(page, found, 1)
    following(page, evaluations, 1)
    found[0].fulfill(**sent(sites=2, gap=0.5, chosen=[3, 9]))
    expect(page.locator(".pin")).to_have_count(2)
    for count in (1, 2):
        answer = following(page, evaluations, count)
        expect(page.locator("#so-far")).to_be_visible()
        expect(figure).to_have_count(0)
        expect(page.locator("#headline-box .facts")).to_have_count(0)
        expect(said).to_have_text("")
        expect(live).to_be_hidden()
        answer.continue_()
    expect(figure).to_have_count(1)
    expect(page.locator("#headline-box .facts dd").first).to_have_text("2")
    expect(said).to_contain_text("reached")
    assert look(page, "known.told.count") == 2


def test_a_site_tells_what_happens_without_it_and_one_click_does_it(planners, bench):
    plan = plan_of(bench, sites=2)
    one = plan["answer"]["sites"][0]
    page = planners(f"/plan?plan={plan['id']}&lang=en")
    settled(page)
    page.locator(f'#site-list [data-row="{one}"]').click()
    often = next(site["often"] for site in plan["facts"]["sites"] if site["id"] == one)
    assert 0 < often <= 1
    seen = plan["facts"]["steady"]["plans"]
    expect(page.locator("#often")).to_contain_text(f"{100 * often:g}% of the {seen:,} good plans")
    best, after = best_pair(bench), best_pair(bench, [one])
    loss = f"{best - after:,.0f} person-hours fewer" if after < best else "no one lost"
    expect(page.locator("#without")).to_contain_text(loss)
    page.locator("#without-take").click()
    settled(page)
    assert look(page, "known.told.covered") == after
    assert look(page, "view.question.forbid") == [one]
    assert one not in look(page, "chosen()")
    # What is told of the plan is not told of what was changed by hand.
    page.locator("#site-list .row").first.click()
    page.locator("#site-list .advice").wait_for()
    expect(page.locator("#without, #often")).to_have_count(0)
    page.locator("#undo").click()
    assert look(page, "view.question.forbid") == []


def not_yet(plan):
    """The plan as it is told before it was looked around."""
    sites = [one | {"often": None, "without": None} for one in plan["facts"]["sites"]]
    steady = plan["facts"]["steady"] | {
        "plans": 0,
        "left_zh": "还没有分析每个站点有多确定。",
        "left_en": "It has not been looked yet how sure each site is.",
        "looking": True,
    }
    return plan | {"facts": plan["facts"] | {"sites": sites, "steady": steady}}


def test_how_sure_a_site_is_comes_by_itself_when_it_is_known(planners, bench):
    plan = plan_of(bench, sites=2)
    one = plan["answer"]["sites"][0]
    page = planners("/plan#lang=en")
    held: list = []

    def hold(route):
        held.append(route)

    page.route(f"**/api/siting/plans/{plan['id']}", hold)
    page.goto(f"/plan?plan={plan['id']}&lang=en")
    following(page, held, 1).fulfill(json=not_yet(plan))
    page.locator(f'#site-list [data-row="{one}"]').click()
    left = page.locator("#left-out")
    expect(left).to_have_text("Being looked at: how sure each site is …")
    lock = page.locator("[data-act=lock]")
    lock.focus()
    following(page, held, 2).fulfill(json=not_yet(plan))
    expect(left).to_have_text("Being looked at: how sure each site is …")
    following(page, held, 3).continue_()
    expect(page.locator("#often")).to_contain_text("of the")
    expect(page.locator("#without")).to_contain_text("If it says no")
    expect(left).to_have_count(0)
    expect(lock).to_be_focused()
    # Then it is not asked any more.
    page.wait_for_timeout(2500)
    assert len(held) == 3


def test_where_it_never_comes_the_page_says_so_at_last(planners, bench):
    plan = plan_of(bench, sites=2)
    one = plan["answer"]["sites"][0]
    page = planners("/plan#lang=en", hurried=True)
    times = []

    def never(route):
        times.append(route)
        route.fulfill(json=not_yet(plan)) if len(times) != 3 else route.abort()

    page.route(f"**/api/siting/plans/{plan['id']}", never)
    page.goto(f"/plan?plan={plan['id']}&lang=en")
    page.locator(f'#site-list [data-row="{one}"]').click()
    left = page.locator("#left-out")
    expect(left).to_have_text("It has not been looked yet how sure each site is.", timeout=60_000)
    assert len(times) == 19


def test_searched_again_without_a_site_it_goes_on_from_the_plan_and_else_from_nothing(
    planners, bench
):
    plan = plan_of(bench, sites=2, gap=0)
    one = plan["answer"]["sites"][0]
    page = planners(f"/plan?plan={plan['id']}&lang=en", hurried=True)
    settled(page)
    page.locator(f'#site-list [data-row="{one}"]').click()
    page.locator("#without-take").click()
    settled(page)
    page.locator("#solve").click()
    another_than(page, plan["id"])
    expect(page.locator("#gap")).to_contain_text("Proved")
    assert look(page, "known.told.covered") == best_pair(bench, [one])
    assert look(page, "known.plan.answer.begun_from") == plan["id"]
    expect(page.locator("#plan-inputs")).to_contain_text(f"went on from plan {plan['id']}")
    edit = look(page, "known.plan.id")
    page.locator("#solve").click()
    another_than(page, edit)
    assert look(page, "known.plan.answer.begun_from") is None
    assert look(page, "known.told.covered") == best_pair(bench, [one])
    expect(page.locator("#plan-inputs")).to_contain_text("the same data and seed")


def test_a_task_that_was_declined_names_who_stands_in_and_its_host_says_no(planners, bench):
    plan = plan_of(bench, sites=2)
    page = planners(f"/plan?plan={plan['id']}&tab=tasks&lang=en")
    page.locator("#tab-tasks").click()
    page.locator("#task-make button").click()
    task = page.locator("#task-list [data-task]").first
    state = task.locator("select")
    try:
        state.select_option("declined")
        swaps = task.locator(".instead .swaps li")
        site = look(page, "known.plan.facts.sites")[0]
        expect(swaps).to_have_count(len(site["replacements"][:5]))
        number = plan["answer"]["sites"].index(site["id"])
        other = plan["answer"]["sites"][1 - number]
        kept = bench.hosts[other - 1]
        rest = [one for one in range(1, 12) if one not in (site["id"], other)]
        best = max(person_hours(bench, [kept, bench.hosts[one - 1]]) for one in rest)
        # What a host said in a task is so everywhere.
        settled(page)
        assert look(page, f"known.candidates.get({site['id']}).agreed") is False
        swaps.first.locator("button").click()
        settled(page)
        assert look(page, "known.told.covered") == best
        expect(swaps.first.locator("button")).to_be_disabled()
        assert site["id"] in look(page, "view.question.forbid")
        again = plan_of(bench, sites=2)
        assert site["id"] not in again["answer"]["sites"]
    finally:
        # Whoever plans next in this town finds its hosts as they were.
        state.select_option("proposed")
        expect(task.locator(".badge")).to_have_text("to contact")
        settled(page)
    assert look(page, f"known.candidates.get({site['id']}).agreed") is not False
