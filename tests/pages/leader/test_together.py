"""What belongs together stands together: charts and edition, outlines and list, order and link."""

import time

import pytest
from leader_hall import drawn, look, until
from playwright.sync_api import expect

pytestmark = pytest.mark.slow


def rows_of(page, chart: str) -> list[list[str]]:
    return page.locator(f"#chart-{chart} tbody tr").evaluate_all(
        "rows => rows.map((row) => [...row.children].map((cell) => cell.textContent))"
    )


@pytest.fixture
def earlier(screen):
    """The page at the edition before the last, and what that one says."""
    screen.locator("#time button").first.wait_for()
    chosen = screen.locator("#time button").nth(-2)
    number = int(chosen.get_attribute("data-edition"))
    newest = int(screen.locator("#time button").last.get_attribute("data-edition"))
    told = screen.request.get(
        f"/api/coverage/compare?from={number}&to={newest}&kind=subdistrict&limit=1000"
    ).json()
    chosen.click()
    expect(screen.locator("#figures .measure b")).to_be_visible()
    return told


def test_the_charts_are_those_of_the_edition_that_is_looked_at(screen, earlier):
    screen.locator("#tab-charts").click()
    before = earlier["whole"]["rates"]["establishment"]["before"]
    expect(screen.locator("#chart-targets > p.quiet").last).to_contain_text("的情况")
    targets = rows_of(screen, "targets")[0]
    assert [one.replace(",", "") for one in targets[3:5]] == [
        str(before["numerator"]),
        str(before["denominator"]),
    ]
    names = {one["id"]: one for one in earlier["areas"]}
    shares = {tuple(row[3:5]): row[1].replace(",", "") for row in rows_of(screen, "ranking")}
    told = [one["rates"]["establishment"]["before"] for one in names.values()]
    for one in told:
        if one["value"] is not None:
            counts = (f"{one['numerator']:,}", f"{one['denominator']:,}")
            assert counts in shares
    # And today's again, once one has come back to them.
    screen.locator("#time button").last.click()
    now = earlier["whole"]["rates"]["establishment"]["after"]
    until(
        screen,
        "(n) => document.querySelector('#chart-targets tbody tr').children[3]"
        ".textContent.replaceAll(',', '') === n",
        str(now["numerator"]),
    )


def test_the_order_is_part_of_the_link(screen):
    screen.locator("[name=order][value=visits]").check()
    until(screen, "() => location.hash.includes('order=visits')")
    expect(screen.locator("#rank-list .reason").first).to_be_visible()
    screen.reload()
    drawn(screen)
    assert screen.locator("[name=order][value=visits]").is_checked()
    expect(screen.locator("#rank-list .reason").first).to_be_visible()


def test_where_to_send_people_says_that_filters_do_not_act_on_it(screens):
    page = screens("/coverage#order=visits&size=25_99")
    expect(page.locator("#rank-about")).to_contain_text("不受筛选影响")


OUTLINES = """[...new Set(map.querySourceFeatures("clusters", {
    sourceLayer: "clusters", filter: map.getFilter("clusters-fill"),
}).map((one) => one.id))].sort((one, other) => one - other)"""
"""The numbers of the clusters whose outlines are drawn."""


@pytest.mark.parametrize("chosen", ["size=100_plus", "size=100_plus&tier=confirmed", "tier=none"])
def test_the_outlines_are_those_of_the_list(screens, chosen):
    page = screens(f"/coverage#tab=clusters&{chosen}")
    every = page.request.get("/api/clusters?limit=1000").json()["clusters"]
    wanted = []
    if chosen != "tier=none":  # those outside all clusters are in none
        asked = page.request.get(f"/api/clusters?{chosen}&limit=1000").json()["clusters"]
        wanted = sorted(one["id"] for one in asked)
    assert len(wanted) < len(every)
    end = time.monotonic() + 20
    while look(page, OUTLINES) != wanted:
        assert time.monotonic() < end, (look(page, OUTLINES), wanted)
        page.wait_for_timeout(100)
    if not wanted:
        expect(page.locator("#cluster-list .empty")).to_contain_text("没有聚集区")


DRAWN_POCKETS = """map.getSource("pockets")?.serialize().data.features
    .map((one) => Math.round(one.properties.workers)).sort((one, other) => one - other) ?? []"""


def test_pockets_of_the_hour_stand_on_the_map_and_go_with_the_measure(screens):
    page = screens("/coverage#measure=stations&day=sunday&hour=3&minutes=5")
    asked = "day=sunday&hour=3&minutes=5&kind=subdistrict"
    told = page.request.get(f"/api/coverage/stations/pockets?{asked}").json()
    assert told["total"] > 0
    expect(page.locator("#hours-said")).to_contain_text(f"空白区 {told['total']:,} 处")
    wanted = sorted(round(one["workers"]) for one in told["pockets"])
    assert look(page, DRAWN_POCKETS) == pytest.approx(wanted, abs=1)
    expect(page.locator("#legend-body")).to_contain_text("空白区")
    page.locator("#measure").select_option("establishment")
    until(page, "() => !document.getElementById('legend-body').textContent.includes('空白区')")
    assert look(page, DRAWN_POCKETS) == []


def test_pockets_of_an_area_are_those_inside_it(screens):
    page = screens(goto=False)
    asked = "day=sunday&hour=3&minutes=5&kind=subdistrict"
    told = page.request.get(f"/api/coverage/stations/pockets?{asked}").json()["pockets"]
    within = {}
    for district in page.request.get("/api/coverage?kind=district").json()["areas"]:
        inside = page.request.get(f"/api/coverage?kind=subdistrict&parent_id={district['id']}")
        ids = {one["id"] for one in inside.json()["areas"]}
        within[district["id"]] = [one for one in told if one["area_id"] in ids]
    most = max(within, key=lambda area: len(within[area]))
    fewest = min(within, key=lambda area: len(within[area]))
    assert len(within[fewest]) < len(within[most])
    for area in (most, fewest):
        page.goto("about:blank")
        page.goto(f"/coverage#measure=stations&area={area}&{asked}")
        drawn(page)
        expect(page.locator("#hours-said")).to_contain_text("有开放的驿站")
        page.wait_for_timeout(500)
        count = len(within[area])
        if count:
            expect(page.locator("#hours-said")).to_contain_text(f"空白区 {count} 处")
        else:
            expect(page.locator("#hours-said")).not_to_contain_text("空白区")
        wanted = sorted(round(one["workers"]) for one in within[area])
        assert look(page, DRAWN_POCKETS) == pytest.approx(wanted, abs=1)


def test_without_the_pockets_the_shares_are_still_told(screens):
    page = screens(goto=False)
    page.route("**/pockets.geojson*", lambda route: route.abort())
    page.goto("/coverage#measure=stations&day=sunday&hour=3&minutes=5")
    drawn(page)
    expect(page.locator("#hours-said")).to_contain_text("有开放的驿站")
    page.wait_for_timeout(500)
    expect(page.locator("#hours-said")).not_to_contain_text("空白区")
    expect(page.locator("#figures .headline")).to_contain_text("%")
