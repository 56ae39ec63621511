"""What a planner does at the bench, against what distances along the town's one street say."""

import itertools
import re
from types import SimpleNamespace

import numpy as np
import pytest
from hostile import HOSTILE_NAME
from plan_hall import WEST, drawn, look, on_screen, person_hours, reached, settled, until
from playwright.sync_api import expect

from geo import editions
from geo.database import Actor

PLACES = 60
FOUND_WITHIN = 10.0
"""Seconds until whoever asks is answered with a station opened now: two are promised, to a service
that has the processor for itself."""
COLD_MS = 150_000
"""The first search on a machine translates the solvers to machine code."""


def live(page) -> float:
    """People reached, as the page says it over the map."""
    return float(
        re.search(r"覆盖 ([\d,]+)", page.locator("#live").inner_text())[1].replace(",", "")
    )


def solved(page, words: str = "已证明") -> None:
    expect(page.locator("#solve")).to_be_visible(timeout=COLD_MS)
    expect(page.locator("#gap")).to_contain_text(words)
    settled(page)


def test_the_first_look_tells_who_is_reached_today_and_what_each_candidate_would_add(
    planner, bench
):
    today = person_hours(bench, [])
    expect(planner.locator("#headline-box .headline")).to_contain_text(
        f"{100 * reached(bench, []).mean():.1f}%"
    )
    planner.locator("#tab-candidates").click()
    rows = planner.locator("#candidate-list .item")
    adds = {number: person_hours(bench, [lon]) - today for number, lon in enumerate(bench.hosts, 1)}
    shown = [int(one.get_attribute("data-candidate")) for one in rows.all()]
    # Number 12 said no: no plan takes it, and it comes last whatever it would add.
    assert shown[-1] == 12
    assert [adds[one] for one in shown[:-1]] == sorted(
        (more for number, more in adds.items() if number != 12), reverse=True
    )
    expect(rows.first).to_contain_text(f"可增加 {adds[shown[0]]:,.0f} 人·时")
    expect(rows.first).to_contain_text(HOSTILE_NAME)


def test_a_pin_is_added_dragged_carried_by_keys_locked_and_taken_away(planner, bench):
    planner.locator("#tab-candidates").click()
    planner.locator('[data-candidate="5"] .acts button').first.click()
    pin = planner.locator(".pin")
    expect(pin).to_have_count(1)
    settled(planner)
    assert live(planner) == person_hours(bench, [bench.hosts[4]])

    # Dragged to where there is no candidate: a place of one's own, told while it moves.
    box = pin.bounding_box()
    start = (box["x"] + box["width"] / 2, box["y"] + 12)
    tip = on_screen(planner, bench.hosts[4])
    to = on_screen(planner, WEST + 0.0655)
    planner.evaluate(
        "window.answers = []; new MutationObserver(() => answers.push(Number("
        "document.body.dataset.answered))).observe(document.body, { attributes: true })"
    )
    planner.mouse.move(*start)
    planner.mouse.down()
    for step in np.linspace(0, 1, 12):
        planner.mouse.move(start[0] + step * (to[0] - tip[0]), start[1] + step * (to[1] - tip[1]))
        planner.wait_for_timeout(25)
    until(planner, "() => document.querySelector('.pin.moving')")
    settled(planner)
    underway = live(planner)
    planner.mouse.up()
    settled(planner)
    assert len(planner.evaluate("answers")) >= 4, "coverage follows the pin while it is dragged"
    placed = look(planner, "view.question.extra[0]")
    assert placed["lon"] == pytest.approx(WEST + 0.0655, abs=2e-4)
    assert live(planner) == person_hours(bench, [placed["lon"]]) == underway
    expect(pin).to_have_class(re.compile(r"\bown\b"))

    # Put down near a candidate it stands on the candidate: here by the keyboard.
    pin.focus()
    away = on_screen(planner, bench.hosts[6])[0] - on_screen(planner, placed["lon"])[0]
    for _ in range(round(abs(away) / 12)):
        planner.keyboard.press("ArrowRight" if away > 0 else "ArrowLeft")
    planner.keyboard.press("Enter")
    settled(planner)
    assert look(planner, "[chosen(), view.question.extra]") == [[7], []]
    assert live(planner) == person_hours(bench, [bench.hosts[6]])
    pin.focus()
    planner.keyboard.press("l")
    expect(pin).to_have_class(re.compile(r"\blocked\b"))
    planner.keyboard.press("Delete")
    expect(pin).to_have_count(0)
    settled(planner)
    assert live(planner) == person_hours(bench, [])
    planner.locator("#undo").click()
    expect(pin).to_have_count(1)
    assert look(planner, "[view.set, view.question.lock]") == [[7], [7]]


def test_the_best_pair_is_found_proved_kept_and_found_again_in_another_browser(planners, bench):
    page = planners("/plan#sites=2")
    best = max(person_hours(bench, pair) for pair in itertools.combinations(bench.hosts[:11], 2))
    page.locator("#solve").click()
    # It goes on without the page.
    until(page, "() => location.hash.includes('plan=')")
    page.reload()
    drawn(page)
    solved(page)
    expect(page.locator("#site-list > li")).to_have_count(2)
    assert live(page) == best
    expect(page.locator("#gap")).to_have_text("已证明最优：没有更好的方案")
    exports = [one.get_attribute("href") for one in page.locator("#export-list a").all()]
    assert len(exports) == 6
    assert [page.request.get(one).status for one in exports] == [200] * 6
    page.locator("#site-list .row").first.click()
    card = page.locator("#site-list .advice")
    expect(card.locator(".why")).to_contain_text("没有它会少覆盖")
    expect(card.locator(".swaps button").first).to_contain_text(HOSTILE_NAME)
    # One host says no: its replacement takes its place, and the page says what that costs.
    page.locator(".swaps button").first.click()
    settled(page)
    worse = live(page)
    sites = [bench.hosts[one - 1] for one in look(page, "chosen()")]
    assert worse == person_hours(bench, sites)
    if worse < best:
        expect(page.locator("#headline-box")).to_contain_text(f"少覆盖 {best - worse:,.0f} 人·时")
    page.wait_for_timeout(400)
    other = planners(page.url.replace(bench.address, "").replace("lang=zh", "lang=en"))
    assert look(other, "[view.plan, chosen()]") == look(page, "[view.plan, chosen()]")
    expect(other.locator("#headline-box .headline")).to_contain_text(
        f"{100 * worse / person_hours(bench, bench.lon):.1f}%"
    )

    # An arrangement made by hand is kept under a name, and set beside the plan it came from.
    first = look(page, "view.plan")
    page.locator("#keep").click()
    page.locator("#name-field").fill(f"手动 {HOSTILE_NAME}")
    page.keyboard.press("Enter")
    until(page, f"() => !location.hash.includes('plan={first}&')")
    # Of the only set there is none is the best, and it is no success either.
    solved(page, "没有与其他方案比较")
    expect(page.locator("#gap")).to_have_attribute("data-verdict", "plain")
    kept = page.locator("#scenario-list .item.open")
    expect(kept.locator("p.quiet")).to_contain_text("站点由人选定")
    expect(page.locator("#scenario option:checked")).to_have_text(f"手动 {HOSTILE_NAME}")
    assert live(page) == worse
    page.locator("#tab-scenarios").click()
    page.locator(f'[data-plan="{first}"] .acts button').first.click()
    page.locator("#swipe-at").wait_for()
    cells = page.locator("#swipe-table tbody tr").first.locator("td")
    everybody = person_hours(bench, bench.lon)
    expect(cells).to_have_text([f"{100 * one / everybody:.1f}%" for one in (best, worse)])
    page.locator("#swipe-at").focus()
    page.keyboard.press("Home")
    assert page.locator("#curtain").evaluate("one => one.style.left") == "0%"
    page.keyboard.press("Escape")
    expect(page.locator("#before")).to_have_count(0)


def test_the_curve_puts_the_best_of_any_number_on_the_map(planner, bench):
    planner.locator("#tab-curve").click()
    planner.locator("#curve-ask").click()
    slider = planner.locator("#curve-at")
    slider.wait_for(timeout=COLD_MS)
    slider.focus()
    planner.keyboard.press("Home")
    settled(planner)
    assert live(planner) == max(person_hours(bench, [lon]) for lon in bench.hosts[:11])
    planner.keyboard.press("ArrowRight")
    settled(planner)
    pairs = itertools.combinations(bench.hosts[:11], 2)
    assert live(planner) == max(person_hours(bench, pair) for pair in pairs)
    expect(planner.locator("#curve-words")).to_contain_text("2 个站点")
    assert look(planner, "view.question.sites") == 2
    # Each pin points at its host.
    for pin, number in zip(planner.locator(".pin").all(), look(planner, "chosen()"), strict=True):
        box = pin.bounding_box()
        tip = (box["x"] + box["width"] / 2, box["y"] + box["height"])
        assert tip == pytest.approx(on_screen(planner, bench.hosts[number - 1]), abs=1.5)
    # The table by subdistrict is of the set on the map.
    planner.locator("#tab-equity").click()
    sites = [bench.hosts[one - 1] for one in look(planner, "chosen()")]
    east = bench.lon >= WEST + 0.07
    row = planner.locator('#equity-table [data-area="120"] td')
    for at, of in ((0, []), (1, sites)):
        expect(row.nth(at)).to_have_text(f"{100 * reached(bench, of)[east].mean():.1f}%")


def test_at_one_hour_only_those_are_counted_who_are_about_then(planner, bench):
    planner.locator("#hour-at").fill("9")
    until(planner, "() => location.hash.includes('hour=9')")
    settled(planner)
    assert look(planner, "known.ground.demand.total") == 14 * PLACES
    assert live(planner) == 14 * reached(bench, []).sum()
    expect(planner.locator("#live")).to_contain_text("人（")
    planner.locator("#hour-all").click()
    settled(planner)
    assert live(planner) == person_hours(bench, [])


def test_what_cannot_be_is_said_in_a_sentence_of_ones_own_language(planners):
    page = planners("/plan#sites=1&floor=1&lang=en")
    page.locator("#solve").click()
    problem = page.locator("#problem")
    problem.wait_for(timeout=COLD_MS)
    expect(problem).to_contain_text("cannot reach 100")
    assert not re.search(r"[。，：]", problem.inner_text())
    # A number that cannot be is not sent.
    page.locator("#tab-question").click()
    page.locator("#q-radius_metres").fill("9")
    expect(page.locator("#q-radius_metres-wrong")).to_have_text("A number from 50 to 5000, please.")
    page.locator("#solve").click()
    expect(page.locator("#q-radius_metres")).to_be_focused()
    # What the service finds to be impossible is said as it says it.
    page.goto("/plan#lock=999&lang=en")
    page.reload()
    page.locator("#solve").click()
    expect(page.locator("#problem")).to_contain_text("999")


def test_nonsense_in_an_address_is_left_out(planners):
    page = planners("/plan#model=joy&sites=-4&hours=77&map=a/b/c&tab=x&set=<b>,x1&extra=x~1&hour=z")
    assert look(page, "[view.question.model, view.question.sites, view.tab, view.hour]") == [
        "max-cover",
        12,
        "question",
        None,
    ]
    assert look(page, "view.question.hours.length") == 17


def test_what_to_close_or_move_and_a_plan_for_all_days_are_told_and_marked(planner, bench):
    planner.locator("#tab-more").click()
    planner.locator("#changes-count").fill("1")
    planner.locator("#changes-ask").click()
    words = planner.locator("#changes-words")
    words.wait_for(timeout=COLD_MS)
    today = person_hours(bench, [])
    left = [
        168.0 * reached(SimpleNamespace(lon=bench.lon, stations=bench.stations[[stays]]), []).sum()
        for stays in (0, 1)
    ]
    expect(words).to_contain_text(f"{today:,.0f} 人·时 变为 {max(left):,.0f} 人·时")
    expect(words).to_contain_text("已证明没有更好的选法")
    expect(planner.locator("#closing tbody tr")).to_have_count(1)
    marked = "map.getSource('changes').serialize().data.features.map((one) => one.properties.mark)"
    assert look(planner, marked) == ["closing"]
    planner.locator("[name=changes-kind][value=move]").check(force=True)
    planner.locator("#changes-ask").click()
    expect(words).to_contain_text("迁移", timeout=COLD_MS)
    planner.locator("#robust-ask").click()
    planner.locator("#robust-table").wait_for(timeout=COLD_MS)
    expect(planner.locator("#robust-table tbody tr")).to_have_count(2)
    planner.get_by_role("button", name="把这些站点放到地图上").click()
    settled(planner)
    assert len(look(planner, "chosen()")) == planner.locator(".pin").count() > 0
    # Another question: the answer is of the earlier one, and its marks are gone.
    planner.locator("#tab-question").click()
    planner.locator("#q-radius_metres").fill("700")
    settled(planner)
    until(planner, "() => location.hash.includes('radius=700')")
    planner.locator("#tab-more").click()
    expect(planner.locator("#changes-box .note")).to_contain_text("条件已经改变")
    assert look(planner, marked) == []


@pytest.fixture
def stations_as_they_were(bench):
    """The edition of stations in force is put back afterwards."""
    with bench.database.read(Actor("test")) as reader:
        number = editions.require_active(reader, "stations").id
    yield
    with bench.database.write(Actor("test")) as writer:
        editions.set_active(writer, number)


def test_an_opened_task_is_a_station_that_workers_find(planners, bench, stations_as_they_were):
    page = planners("/plan#sites=1")
    page.locator("#solve").click()
    solved(page)
    reached_now = live(page)
    page.locator("#tab-tasks").click()
    page.locator("#task-make button").click()
    task = page.locator("#task-list [data-task]").first
    state = task.locator("select")
    for step, word in (("contacted", "已联系"), ("agreed", "已同意")):
        state.select_option(step)
        expect(task.locator(".badge")).to_have_text(word)
    state.select_option("opened")
    # What the register knows stands there; what it does not know is asked for.
    expect(page.locator("#open-services input[value=drinking_water]")).to_be_checked()
    hours = page.locator("#open-hours")
    hours.fill("看情况")
    page.get_by_role("button", name="已开放").click()
    expect(page.locator("dialog.sheet [role=alert]")).to_contain_text("开放时间没有读懂")
    hours.fill("")
    expect(page.locator("#open-hours-none")).to_be_visible()
    hours.fill("24小时")
    expect(page.locator("#open-hours-none")).to_be_hidden()
    page.locator("#open-services .chip").filter(has_text="热水").click()
    page.get_by_role("button", name="已开放").click()
    expect(task.locator(".badge")).to_have_text("已开放", timeout=20_000)
    expect(page.locator("dialog.sheet")).to_have_count(0)
    expect(state).to_be_disabled()
    # At once the plan says that its data are not the newest any more.
    page.locator("#tab-plan").click()
    expect(page.locator("#older")).to_contain_text("数据之后有了新版本", timeout=20_000)
    # It counts as one of today's, and whoever asks for the nearest station finds it.
    number = look(page, "chosen()[0]")
    lon = bench.hosts[number - 1]
    until(
        page,
        """async ([asked, name]) => {
            const answer = await (await fetch(asked)).json();
            return answer.stations[0]?.name === name;
        }""",
        [
            f"/api/stations/nearest?lon={lon}&lat=34.75&crs=wgs84&open=arrival&services=hot_water",
            f"{HOSTILE_NAME}{number}",
        ],
        seconds=FOUND_WITHIN,
    )
    again = planners("/plan")
    assert look(again, "known.told.covered_today") == reached_now
    assert look(again, "known.ground.stations.length") == 3
    # What was noted wrongly is set right, and nobody is sent there for hot water any more.
    page.locator("#tab-tasks").click()
    expect(task.locator(".furnished")).to_contain_text("24小时")
    expect(task.locator(".furnished")).to_contain_text("热水")
    task.get_by_role("button", name="改开放时间和服务").click()
    expect(hours).to_have_value("24小时")
    chip = page.locator("#open-services .chip").filter(has_text="热水")
    expect(chip.locator("input")).to_be_checked()
    chip.click()
    page.get_by_role("button", name="保存").click()
    expect(page.locator("dialog.sheet")).to_have_count(0, timeout=20_000)
    expect(task.locator(".furnished")).not_to_contain_text("热水")
    # The keyboard is where it was.
    mend = task.get_by_role("button", name="改开放时间和服务")
    expect(mend).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("dialog.sheet")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("dialog.sheet")).to_have_count(0)
    expect(mend).to_be_focused()
    until(
        page,
        "async (asked) => (await (await fetch(asked)).json()).stations.length === 0",
        f"/api/stations/nearest?lon={lon}&lat=34.75&crs=wgs84&services=hot_water",
        seconds=FOUND_WITHIN,
    )
