"""What the page says of answers that are odd, slow, or about today's stations."""

import re

import numpy as np
import pytest
from plan_hall import WORKDAY, look, person_hours, plan_of, settled, until
from planning_town import metres
from playwright.sync_api import expect

pytestmark = pytest.mark.slow

COLD_MS = 150_000


def asked_curve(page) -> None:
    page.locator("#tab-curve").click()
    page.locator("#curve-ask").click()


def test_a_curve_without_any_plan_says_that_conditions_stand_in_the_way(planners):
    page = planners("/plan#floor=1&lang=en")
    asked_curve(page)
    expect(page.locator("#curve-none")).to_contain_text(
        "there is no plan, up to 12 sites", timeout=COLD_MS
    )


@pytest.mark.parametrize("backup", [0.0, 1.0])
def test_no_share_of_the_curve_passes_the_whole(planners, bench, backup):
    page = planners(f"/plan#backup={backup:g}&lang=en")
    asked_curve(page)
    slider = page.locator("#curve-at")
    slider.wait_for(timeout=COLD_MS)
    slider.focus()
    for key in ("Home", "End"):
        page.keyboard.press(key)
    settled(page)
    hosts = [bench.hosts[one - 1] for one in look(page, "chosen()")]
    there = np.concatenate((bench.stations, hosts))
    times = (metres(bench.lon, there) <= 500).sum(axis=1)
    share = (np.minimum(times, 1) + backup * (times > 1)).sum() / (1 + backup) / len(times)
    assert 0 < share < 1
    expect(page.locator("#curve-words")).to_contain_text(f"{100 * share:.1f}%")
    cells = page.locator("#curve-box tbody td:nth-child(3)").all_text_contents()
    assert all(float(one.rstrip("%")) <= 100 for one in cells)


def test_of_a_site_one_reads_whom_a_station_reaches_today_already(planners, bench):
    """Host 2 stands beside station 1: all it reaches are reached already."""
    plan = plan_of(bench, sites=2, lock=[2])
    page = planners(f"/plan?plan={plan['id']}&lang=en")
    settled(page)
    page.locator('#site-list [data-row="2"]').click()
    near = metres(bench.lon, np.array([bench.hosts[1], bench.stations[0]])) <= 500
    both = WORKDAY * (near[:, 0] & near[:, 1]).sum()
    assert both > 0
    card = page.locator("#site-list .advice .facts").first.locator("> div")
    said = card.filter(has_text="reached today").locator("dd")
    expect(said).to_have_text(f"{both:,.0f} person-hours")


def test_moves_put_into_the_set_count_as_moved_and_may_be_taken_back(planners, bench):
    # 450 m from station 1 there are four places, from host 2 beside it five.
    page = planners("/plan#radius=450&lang=en&tab=more")
    page.locator("[name=changes-kind][value=move]").check(force=True)
    page.locator("#changes-count").fill("1")
    with page.expect_response("**/api/siting/changes", timeout=COLD_MS) as answer:
        page.locator("#changes-ask").click()
    told = answer.value.json()
    (leaves,) = told["close"]
    assert [one["id"] for one in told["open"]] == [2]
    assert told["covered_after"] == told["covered_before"] + WORKDAY
    page.locator("#changes-take").click()
    until(page, f"() => location.hash.includes('closing={leaves['id']}')")
    settled(page)
    page.locator("#tab-plan").click()
    note = page.locator("#closing-note")
    expect(note).to_contain_text("1 of today's stations count as closed")
    # As the move was told, so the set does; also after a reload.
    page.reload()
    settled(page)
    assert look(page, "known.told.covered") == told["covered_after"]
    expect(note).to_have_count(1)
    # The question lists the station by its name, and lets it stay again.
    page.locator("#tab-question").click()
    kept = page.locator("#q-bound-list [data-kind=closing] button")
    expect(kept).to_have_text(leaves["name"])
    expect(kept).to_have_attribute("aria-label", f"Keep {leaves['name']} open")
    kept.click()
    settled(page)
    expect(page.locator("#q-bound")).to_be_hidden()
    assert look(page, "known.told.covered") == person_hours(bench, [bench.hosts[1]], 450)
    page.locator("#tab-plan").click()
    expect(note).to_have_count(0)
    page.go_back()
    until(page, f"() => location.hash.includes('closing={leaves['id']}')")


def test_a_plan_is_made_as_if_stations_closed(planners, bench):
    page = planners("/plan#lang=en&tab=more&sites=1")
    page.locator("[name=changes-kind][value=close]").check(force=True)
    page.locator("#changes-count").fill("1")
    with page.expect_response("**/api/siting/changes", timeout=COLD_MS) as answer:
        page.locator("#changes-ask").click()
    (leaves,) = answer.value.json()["close"]
    page.locator("#changes-take").click()
    settled(page)
    page.locator("#tab-question").click()
    with page.expect_response("**/api/siting/plans") as made:
        page.locator("#q-clear .main").click()
    asked = made.value.request.post_data_json["question"]
    assert asked["closing"] == [leaves["id"]]
    until(page, "() => document.querySelector('#closing-note') !== null")


def test_one_may_go_on_or_stop_waiting_while_something_is_worked_out(planners):
    page = planners("/plan#lang=en&tab=more")
    held: list = []

    def hold(route):
        held.append(route)

    page.route("**/api/siting/robust", hold)
    page.locator("#robust-ask").click()
    expect(page.locator("#robust-box")).to_contain_text("takes 30 s at most")
    page.locator("#tab-candidates").click()
    page.locator("#candidate-list .acts button").first.click()
    settled(page)
    expect(page.locator(".pin")).to_have_count(1)
    page.locator("#tab-more").click()
    page.locator("#robust-stop").click()
    expect(page.locator("#robust-box")).to_be_empty()
    expect(page.locator("#trouble .note")).to_have_count(0)
    assert len(held) == 1
    assert re.search(r"/robust$", held[0].request.url)
