"""Whom the figures are of: while other people are awaited, when they do not come, at one hour, and
what is said of each thing that went wrong."""

import re

import pytest
from plan_hall import look, person_hours, plan_of, reached, settled, until
from playwright.sync_api import expect

pytestmark = pytest.mark.slow

GROUND = re.compile("/api/siting/ground")
COLD_MS = 150_000


def share(bench, radius: float) -> str:
    return f"{100 * reached(bench, [], radius).mean():.1f}%"


@pytest.mark.parametrize("then", ["", "#hour=9&area=110&lang=en"])
def test_the_people_follow_a_question_that_returns_to_what_it_was(planners, bench, then):
    page = planners(f"/plan#{'lang=en' if then else 'area=110&lang=en'}")
    if then:
        # Hour and area change together, then each alone.
        page.evaluate("(to) => { location.hash = to; }", then)
        until(page, "() => document.getElementById('q-area').value === '110'")
        settled(page)
        page.locator("#hour-all").click()
        settled(page)
    some = person_hours(bench, bench.lon[bench.lon < bench.lon[40]])
    assert look(page, "known.ground.demand.total") < some
    page.locator("#q-area").select_option("")
    settled(page)
    everybody = person_hours(bench, bench.lon)
    assert look(page, "[known.ground.demand.total, known.told.total]") == [everybody] * 2


def test_figures_stay_under_their_own_words_until_others_have_come_and_never_without_them(
    planners, bench
):
    page = planners("/plan#tab=plan&lang=en")
    held: list = []

    def hold(route):
        held.append(route)

    page.route(GROUND, hold)
    page.locator("#tab-question").click()
    page.locator("#q-radius_metres").fill("700")
    until(page, "() => location.hash.includes('radius=700')")
    page.wait_for_timeout(200)
    measure, figure = (page.locator(f"#headline-box .{name}") for name in ("measure", "headline"))
    expect(measure).to_contain_text("within 500 m")
    expect(figure).to_contain_text(share(bench, 500))
    # They do not come: nothing is told, and nobody is drawn as if no station were near.
    held[0].abort()
    expect(figure).to_have_count(0)
    expect(page.locator("#trouble .note")).to_have_count(1)
    assert look(page, "map.getLayoutProperty('people', 'visibility')") == "none"
    page.locator("#tab-candidates").click()
    page.locator('[data-candidate="5"] .acts button').first.click()
    settled(page)
    expect(figure).to_have_count(0)
    expect(page.locator("#trouble .note")).to_have_count(1)
    # They are asked for once more.
    page.unroute(GROUND)
    page.locator("#tab-plan").click()
    expect(measure).to_contain_text("within 700 m")
    expect(page.locator("#trouble .note")).to_have_count(0)
    covered = person_hours(bench, [bench.hosts[4]], 700)
    assert look(page, "known.told.covered") == covered
    assert look(page, "map.getLayoutProperty('people', 'visibility')") != "none"


def test_at_one_hour_figures_of_all_hours_are_still_called_person_hours(planners, bench):
    plan = plan_of(bench, sites=2, lock=[2], steps=[[300, 1.0], [800, 0.5]])
    page = planners(f"/plan?plan={plan['id']}&lang=en#hour=9&site=2")
    settled(page)
    card = page.locator("#site-list .advice .facts").first.locator("> div")
    adds = card.filter(has_text="after the others").locator("dd")
    expect(adds).to_have_text(re.compile(r"^[\d,.]+ people$"))
    for fact in (
        card.filter(has_text="reached today").locator("dd"),
        page.locator("#headline-box .facts > div").filter(has_text="Objective").locator("dd"),
    ):
        expect(fact).to_have_text(re.compile(r"^[\d,.]+ person-hours$"))
    page = planners("/plan#hour=9&tab=more&lang=en")
    page.locator("#changes-count").fill("1")
    page.locator("#changes-ask").click()
    expect(page.locator("#changes-words")).to_contain_text("person-hours", timeout=COLD_MS)
    expect(page.locator("#closing thead")).to_contain_text("person-hours")
    page.locator("#tab-curve").click()
    page.locator("#curve-ask").click()
    expect(page.locator("#curve-words")).to_contain_text("person-hours", timeout=COLD_MS)


def test_a_plan_that_is_gone_is_told_until_another_is_opened(planners):
    page = planners("/plan#plan=987654&lang=en", ready=False)
    page.wait_for_selector("body[data-complete]")
    note = page.locator("#trouble .note")
    expect(note).to_have_count(1)
    page.locator("#tab-candidates").click()
    page.locator('[data-candidate="5"] .acts button').first.click()
    settled(page)
    assert look(page, "known.told.covered > 0")
    expect(note).to_have_count(1)
    page.locator("#scenario").select_option("")
    expect(note).to_have_count(0)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_value_that_is_refused_is_named_as_in_the_form(planners, lang):
    page = planners(f"/plan#seed=1.5&lang={lang}", ready=False)
    page.wait_for_selector("body[data-complete]")
    page.locator("#solve").click()
    box = page.locator("#trouble")
    expect(box).to_contain_text("must be a whole number" if lang == "en" else "必须是整数")
    assert "object" not in box.inner_text()
    # In one language.
    assert bool(re.search("[\u4e00-\u9fff]", box.inner_text())) is (lang == "zh")
    # What was refused was another question.
    page.locator("#tab-question").click()
    page.locator("#q-more summary").click()
    page.locator("#q-seed").fill("2")
    expect(box.locator(".note")).to_have_count(0)
