"""Any view is an address; editions beside each other and one after the other; hours; the wall."""

import re

import pytest
from leader_hall import PHONE, WIDE, drawn, look, state_of, until
from playwright.sync_api import expect

pytestmark = pytest.mark.slow

VIEW = (
    "#kind=district&measure=membership_unionised&show=enterprises&tab=clusters"
    "&clusters=0&size=25_99,100_plus&state=none&map=12.40/40.20000/101.00000&lang=en"
)


def test_a_link_leads_to_the_same_view_in_another_browser(screens):
    page = screens(f"/coverage{VIEW}")
    assert page.url.endswith(VIEW)
    assert page.locator("#measure").input_value() == "membership_unionised"
    assert page.locator("#kind").input_value() == "district"
    assert page.locator("#layer-clusters").is_checked() is False
    expect(page.locator("#tab-clusters")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#chosen button")).to_have_count(4)
    assert look(page, "[map.getZoom(), map.getCenter().lat]") == pytest.approx(
        [12.4, 40.2], abs=0.01
    )
    page.locator("#tab-rank").click()
    page.locator("#rank-list .row").first.click()
    until(page, "() => location.hash.includes('area=')")
    page.wait_for_timeout(900)
    link = page.url
    other = screens(link.replace(page.url.split("/coverage")[0], ""))
    assert other.url == link
    keys = "JSON.stringify([view.kind, view.area, view.measure, view.filters, view.tab, view.show])"
    assert look(other, keys) == look(page, keys)
    assert other.locator("#trail").inner_text() == page.locator("#trail").inner_text()
    assert other.locator("#figures .headline").inner_text() == (
        page.locator("#figures .headline").inner_text()
    )
    here, there = look(page, "map.getCenter()"), look(other, "map.getCenter()")
    assert here["lng"] == pytest.approx(there["lng"], abs=1e-4)


def test_a_language_in_the_link_opens_the_page_in_that_language(screens):
    page = screens("/coverage#kind=district&lang=en")
    assert page.locator("html").get_attribute("lang") == "en"
    assert "lang=en" in page.url
    expect(page.locator("h1")).to_have_text("Union coverage")
    page.get_by_role("link", name="中文").click()
    drawn(page)
    expect(page.locator("h1")).to_have_text("建会与覆盖")
    assert look(page, "view.kind") == "district"


def test_nonsense_in_an_address_is_left_out(screens):
    page = screens(
        "/coverage#kind=planet&measure=joy&area=99999999999&map=a/b/c&size=%3Cscript%3E&tab=x"
        "&from=1&hour=77&cluster=-1"
    )
    expect(page.locator("#trail li")).to_have_count(1)
    assert look(page, "view.kind") == "subdistrict"
    assert look(page, "view.measure") == "establishment"
    assert look(page, "view.hour") == 12
    expect(page.locator("#figures .headline")).to_contain_text("%")


def test_two_editions_stand_left_and_right_of_a_curtain_the_keyboard_moves(screen):
    editions = screen.request.get("/api/editions?dataset=enterprises").json()["editions"]
    days = sorted({one["as_of"] for one in editions if one["state"] in ("active", "retired")})
    assert len(days) >= 3
    screen.locator("#compare-open").click()
    slider = screen.locator("#compare-at")
    slider.wait_for()
    screen.locator("#before canvas").wait_for()
    until(screen, "() => new URLSearchParams(location.hash.slice(1)).has('from')")
    numbers = look(screen, "[view.compare.from, view.compare.to]")
    told = screen.request.get(
        f"/api/coverage/compare?from={numbers[0]}&to={numbers[1]}&kind=subdistrict&limit=1000"
    ).json()
    of = screen.request.get("/api/coverage/map?kind=subdistrict").json()["classes"]["establishment"]
    after = {one["id"]: one["rates"]["establishment"]["after"]["value"] for one in told["areas"]}
    area = next(number for number, value in after.items() if value is not None)
    at = sum(value <= after[area] for value in of["breaks"])
    until(screen, "() => document.getElementById('compare-words').textContent.length > 5")
    assert state_of(screen, area)["colour"] == of["colours"][at]
    expect(screen.locator("#compare-words")).to_contain_text("真实变化")
    slider.focus()
    left = screen.locator("#curtain").bounding_box()["x"]
    for _ in range(5):
        screen.keyboard.press("ArrowRight")
    assert screen.locator("#curtain").bounding_box()["x"] > left
    assert "at=55" in screen.url
    expect(slider).to_have_attribute("aria-valuetext", "前占 55%")
    clip = screen.locator("#before").evaluate("one => getComputedStyle(one).clipPath")
    assert clip == "inset(0px 45% 0px 0px)"
    # The same view by its address, and away again by Escape.
    screen.reload()
    drawn(screen)
    screen.locator("#before canvas").wait_for()
    expect(screen.locator("#compare-at")).to_have_value("55")
    screen.locator("#figures-title").focus()
    screen.keyboard.press("Escape")
    expect(screen.locator("#before")).to_have_count(0)
    assert "from=" not in screen.url


def test_who_chooses_another_measure_before_the_comparison_has_come_gets_that(screen):
    held = []

    def hold(route):
        held.append(route)

    screen.route(re.compile(r"/compare\.js"), hold)
    screen.locator("#compare-open").click()
    screen.wait_for_timeout(300)
    assert held
    screen.select_option("#measure", "stations")
    for one in held:
        one.continue_()
    expect(screen.locator("#hours-said")).to_contain_text("%")
    screen.wait_for_timeout(500)
    expect(screen.locator("#measure")).to_have_value("stations")
    assert "from=" not in screen.url


def test_an_older_edition_has_its_own_map_figures_and_list(screen):
    steps = screen.locator("#time .steps button")
    steps.first.wait_for()
    old = int(steps.first.get_attribute("data-edition"))
    now = look(screen, "known.state.enterprises")
    steps.first.click()
    expect(screen.locator("#figures .measure")).to_contain_text("的情况")
    told = screen.request.get(
        f"/api/coverage/compare?from={old}&to={now}&kind=subdistrict&limit=1000"
    ).json()
    before = told["whole"]["rates"]["establishment"]["before"]
    expect(screen.locator("#figures .parts")).to_contain_text(f"{before['denominator']:,}")
    one = told["areas"][0]["rates"]["establishment"]["before"]
    row = screen.locator(f'#rank-list [data-area="{told["areas"][0]["id"]}"]')
    expect(row).to_contain_text(f"{one['denominator']:,} 中 {one['numerator']:,}")
    assert f"edition={old}" in screen.url
    # Where each enterprise was then is not kept: they are not shown as of now.
    assert look(screen, "map.getLayoutProperty('cells', 'visibility')") == "none"
    screen.locator("#time .steps button").last.click()
    expect(screen.locator("#figures .measure")).not_to_contain_text("的情况")
    assert "edition=" not in screen.url


def test_the_hour_of_day_is_a_slider_for_the_stations(screens):
    page = screens("/coverage#measure=stations&hour=9&minutes=15")
    slider = page.locator("#hours-at")
    slider.wait_for()
    until(page, "() => /%|没有|需要/.test(document.getElementById('hours-said').textContent)")
    told = page.request.get(
        "/api/coverage/stations?kind=subdistrict&minutes=15&day=workday&hour=9"
    ).json()
    assert told["people"] is not None
    share = told["whole"]["shares"][0]["share"]
    expect(page.locator("#hours-said")).to_contain_text(f"{share * 100:.1f}%")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#hours-now")).to_contain_text("10:00")
    assert "hour=10" in page.url
    expect(slider).to_have_attribute("aria-valuetext", "10:00")
    page.select_option("#measure", "establishment")
    expect(page.locator("#hours")).to_be_hidden()
    expect(page.locator("#figures .headline")).to_contain_text("%")


def test_clusters_on_the_map_and_in_the_list_are_one(screen):
    screen.locator("#tab-clusters").click()
    items = screen.locator("#cluster-list .item")
    items.first.wait_for()
    number = int(items.first.get_attribute("data-cluster"))
    items.first.hover()
    drawn_as = "map.getFeatureState({ source: 'clusters', sourceLayer: 'clusters', id: argument })"
    assert look(screen, drawn_as, number)["pointed"] == 1
    items.first.get_by_role("button").first.click()
    assert f"cluster={number}" in screen.url
    open_item = screen.locator(f'[data-cluster="{number}"]')
    expect(open_item.locator(".advice")).to_be_visible()
    expect(open_item.locator(".law")).to_contain_text("工会法")
    open_item.get_by_role("button", name="走访路线").click()
    expect(open_item.locator(".stop").first).to_be_visible()
    shown = look(screen, "map.getSource('walk').getData().then((one) => one.features.length)")
    assert shown > 1
    open_item.get_by_role("button", name="企业名单").click()
    place = screen.request.get(f"/api/clusters/{number}").json()["cluster"]["place"]
    expect(screen.locator("#enterprises-title")).to_contain_text(place.partition("（")[0])
    first = screen.locator("#enterprise-list .item").first
    expect(first).to_be_visible()
    listed = screen.request.get(f"/api/enterprises?cluster_id={number}&limit=1").json()
    expect(first).to_contain_text(listed["enterprises"][0]["name"])


@pytest.mark.parametrize(
    "size",
    [
        pytest.param({"width": 1920, "height": 1080}, marks=pytest.mark.slow),
        pytest.param(WIDE, marks=pytest.mark.slow),
        PHONE,
    ],
    ids=str,
)
def test_a_wall_needs_nobody(screens, size):
    page = screens("/coverage#large=1", viewport=size)
    wall = page.locator("#wall")
    expect(wall.locator(".tile")).to_have_count(5)
    expect(wall.locator(".wall-lists li").first).to_be_visible()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator("#fresh")).to_contain_text("实时")
    figure = wall.locator(".tile p.big").first
    height = figure.evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
    assert height >= (55 if size["width"] >= 1440 else 40)
    expect(page.locator("#wall-clock")).to_have_text(re.compile(r"^\d\d:\d\d$"))
    if size["width"] >= 1024:
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    page.keyboard.press("Escape")
    expect(wall).to_be_hidden()
    assert "large" not in page.url


def test_whoever_is_told_to_come_again_is_shown_the_stations_side_by_itself(screen):
    tried = []

    def busy_at_first(route):
        tried.append(route.request.url)
        if len(tried) == 1:
            route.fulfill(status=503, headers={"Retry-After": "1"}, json={"title": "Busy"})
        else:
            route.continue_()

    screen.route("**/api/coverage/stations?*", busy_at_first)
    screen.select_option("#measure", "stations")
    expect(screen.locator("#hours-said")).to_contain_text("自动再试")
    expect(screen.locator("#hours-said")).to_contain_text("%")
    assert len(tried) == 2
