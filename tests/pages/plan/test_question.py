"""The question as the page shows, keeps and sends it: steps, and what each aim takes."""

import pytest
from plan_hall import look, plan_of, settled, share_counted, until
from playwright.sync_api import expect

pytestmark = pytest.mark.slow

STEPS = [[300.0, 1.0], [800.0, 0.5]]
CAPACITY = "capacity_per_place"


def figure(page) -> str:
    return page.locator("#headline-box .headline").inner_text()


def share_of(bench, sites, steps) -> str:
    counted = share_counted(bench, sites, steps)
    return f"{100 * counted.sum() / len(counted):.1f}%"


def test_steps_that_a_question_came_with_stay_until_the_radius_is_set(planners, bench):
    plan = plan_of(bench, sites=2, steps=STEPS)
    page = planners(f"/plan?plan={plan['id']}")
    settled(page)
    assert look(page, "view.question.steps") == STEPS
    assert "steps" not in page.evaluate("location.hash")
    sites = [bench.hosts[one - 1] for one in look(page, "chosen()")]
    assert figure(page).startswith(share_of(bench, sites, STEPS))
    expect(page.locator("#headline-box .measure")).to_have_text(
        "按步行距离折算覆盖的劳动者（人·时）：300 米内全算、到 800 米算一半"
    )
    page.locator("#tab-question").click()
    page.locator("#q-more summary").click()
    expect(page.locator("#q-steps")).to_be_checked()
    expect(page.locator("#q-steps-held")).to_contain_text("300 米内全算、到 800 米算一半")
    # Whatever else is asked, the steps stay; with another radius they begin there.
    page.locator("#q-sites").fill("3")
    until(page, "() => location.hash.includes('sites=3')")
    assert look(page, "view.question.steps") == STEPS
    page.locator("#q-radius_metres").fill("400")
    until(page, "() => location.hash.includes('radius=400')")
    settled(page)
    mine = [[400, 1], [800, 0.5]]
    assert look(page, "view.question.steps") == mine
    assert figure(page).startswith(share_of(bench, sites, mine))
    expect(page.locator("#q-steps-held")).to_be_hidden()


def test_a_link_with_steps_of_its_own_asks_what_it_says(planners, bench):
    page = planners("/plan#steps=300:1,800:0.3&set=5&lang=en")
    settled(page)
    assert look(page, "view.question.steps") == [[300, 1], [800, 0.3]]
    expect(page.locator("#headline-box .measure")).to_contain_text(
        "in full within 300 m, 30% to 800 m"
    )
    assert figure(page).startswith(share_of(bench, [bench.hosts[4]], [[300, 1.0], [800, 0.3]]))


@pytest.mark.parametrize(
    ("model", "left_out"),
    [
        ("set-cover", {"backup", CAPACITY}),
        ("p-median", {"steps", "backup", "area_least_share"}),
        ("p-centre", {"steps", "backup", "area_least_share", CAPACITY}),
    ],
)
def test_an_aim_shows_and_keeps_only_conditions_that_its_solver_takes(
    planners, bench, model, left_out
):
    """What is left on the page is accepted by the service; what is not there would be refused, or
    would change nothing."""
    page = planners("/plan#steps=500:1,1000:0.5&backup=0.2&floor=0.1&lang=en")
    page.locator("#q-more summary").click()
    page.locator("#q-model").select_option(model)
    for name in ("steps", "backup", "area_least_share", CAPACITY):
        box = page.locator(f"#q-box-{name}")
        (expect(box).to_be_hidden if name in left_out else expect(box).to_be_visible)()
    if model == "set-cover":
        page.locator("#q-share").fill("40")
        until(page, "() => location.hash.includes('share=0.4')")
    page.locator("#solve").click()
    expect(page.locator("#gap")).to_contain_text("Proved optimal", timeout=60_000)
    expect(page.locator("#trouble .note")).to_have_count(0)


def test_a_condition_that_a_link_brings_to_an_aim_without_it_is_shown_with_why(planners):
    page = planners("/plan#model=p-median&floor=0.1&lang=en")
    page.locator("#q-more summary").click()
    floor = page.locator("#q-area_least_share")
    expect(page.locator("#q-area_least_share-why")).to_have_text(
        "This aim does not take it: clear it."
    )
    floor.fill("")
    expect(page.locator("#q-box-area_least_share")).to_be_hidden()


def test_capacities_and_what_does_not_go_with_them_lock_each_other_out(planners):
    page = planners("/plan#lang=en")
    page.locator("#q-more summary").click()
    page.locator(f"#q-{CAPACITY}").fill("4")
    for name in ("steps", "backup", "area_least_share"):
        expect(page.locator(f"#q-{name}")).to_be_disabled()
        expect(page.locator(f"#q-{name}-why")).to_have_text("Does not go with capacities.")
    page.locator(f"#q-{CAPACITY}").fill("")
    page.locator("#q-backup").fill("20")
    expect(page.locator(f"#q-{CAPACITY}")).to_be_disabled()
    expect(page.locator(f"#q-{CAPACITY}-why")).to_contain_text("Does not go with steps")
    expect(page.locator("#q-steps")).to_be_enabled()


def test_what_the_cheapest_cover_costs_is_money_and_not_a_number_of_sites(planners, bench):
    """The town's hosts cost whole thousands."""
    plan = plan_of(bench, model="set-cover", share=0.6, least="cost")
    sites = plan["answer"]["sites"]
    stated = [1000 * (1 + one % 4) for one in range(1, 13) if one != 5]
    middle = sorted(stated)[len(stated) // 2]
    costs = sum(middle if one == 5 else 1000 * (1 + one % 4) for one in sites)
    assert plan["facts"]["share"] >= 0.6
    page = planners(f"/plan?plan={plan['id']}&lang=en")
    settled(page)
    value = page.locator("#headline-box .facts > div").filter(has_text="Objective").locator("dd")
    expect(value).to_have_text(f"{costs:,} yuan")


def test_a_number_of_sites_that_cannot_be_is_told_at_its_field_and_not_sent(planners):
    page = planners("/plan#sites=9&lang=en")
    asked: list = []
    page.on("request", lambda request: request.method == "POST" and asked.append(request.url))
    sites, wrong = page.locator("#q-sites"), page.locator("#q-sites-wrong")
    for text, words in (
        ("12.5", "A whole number, please."),
        ("", "A number is needed."),
        ("-3", "A number from 0 to 100000, please."),
    ):
        sites.fill(text)
        expect(wrong).to_have_text(words)
        page.locator("#solve").click()
        expect(sites).to_be_focused()
    sites.fill("9")
    expect(wrong).to_be_hidden()
    # A budget is a limit too; with neither there is none.
    page.locator("[name=q-limit][value=budget]").check(force=True)
    page.locator("#q-budget").fill("")
    expect(page.locator("#q-budget-wrong")).to_have_text("A number is needed.")
    # Walks need their number of sites; a share is reached with as many as it takes.
    page.locator("#q-model").select_option("p-median")
    sites.fill("")
    expect(wrong).to_have_text("A number is needed.")
    page.goto("/plan#model=set-cover&share=0.5&sites=9&lang=en")
    page.reload()
    sites.fill("")
    until(page, "() => !location.hash.includes('sites=9')")
    expect(wrong).to_be_hidden()
    assert [one for one in asked if one.endswith("/api/siting/plans")] == []


def test_figures_of_the_question_say_that_what_stands_counts(planners):
    page = planners("/plan#lang=en")
    page.locator("#q-more summary").click()
    for name in ("area_least_sites", "open_24h_least"):
        expect(page.locator(f"#q-box-{name}")).to_contain_text("existing included")
    page.locator("#q-model").select_option("set-cover")
    expect(page.locator("#q-model-about")).to_contain_text("at the lowest cost")
