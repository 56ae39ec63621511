"""After an outage, with an odd link, or a key pressed in a field: the page finds its way back."""

import re

import pytest
from leader_hall import drawn, look, until
from playwright.sync_api import expect

MAP = re.compile(r"/api/coverage/map")
EVERYTHING = re.compile(r"/api/")


@pytest.mark.parametrize(
    "lost",
    [
        pytest.param(MAP, id="the map's facts", marks=pytest.mark.slow),
        pytest.param(EVERYTHING, id="everything"),
    ],
)
def test_what_was_lost_at_the_beginning_comes_with_the_next_figures(screens, lost):
    page = screens(goto=False)
    page.route(lost, lambda route: route.abort())
    page.goto("/coverage")
    page.wait_for_selector("body[data-complete]")
    # Before anybody knows the classes nothing is told to have met its target.
    assert look(page, "areas.classes().colours.length") == 1
    page.unroute(lost)
    expect(page.locator("#kind option")).not_to_have_count(0, timeout=30_000)
    drawn(page)
    until(page, "() => document.querySelector('#kind').value === 'subdistrict'")
    assert look(page, "known.setup.kind === view.kind && areas.classes().colours.length > 1")
    assert "kind=subdistrict" in look(page, "map.getSource('areas').tiles[0]")
    expect(page.locator("#compare-open")).to_be_visible()
    assert look(page, COLOURS) > 1


COLOURS = """[...new Set(known.rates.areas.map(({ id }) =>
    map.getFeatureState({ source: "areas", sourceLayer: "areas", id }).colour))].length"""


@pytest.mark.slow
def test_a_link_to_an_area_that_is_gone_keeps_saying_so(screens):
    page = screens("/coverage?lang=zh#area=99")
    page.wait_for_timeout(1200)
    expect(page.locator("#map-said")).to_have_text("链接中的区域已不在现行数据中，显示全域。")
    # Whoever looks at something else has read it.
    page.locator("#kind").select_option("district")
    expect(page.locator("#map-said")).to_be_empty()


def test_a_link_to_a_cluster_that_is_gone_says_so(screens):
    page = screens("/coverage?lang=en#cluster=999999&tab=clusters")
    expect(page.locator("#map-said")).to_contain_text("The cluster of this link is not in")
    until(page, "() => !location.hash.includes('cluster=')")


@pytest.mark.parametrize(
    "link", ["from=9&to=8", pytest.param("edition=999", marks=pytest.mark.slow)]
)
def test_a_link_to_editions_that_are_none_shows_the_present(screens, link):
    page = screens(f"/coverage?lang=en#{link}")
    expect(page.locator("#map-said")).to_have_text("This edition could not be read.")
    until(page, f"() => !location.hash.includes('{link.split('=')[0]}=')")
    expect(page.locator("#compare")).to_be_hidden()
    assert look(page, "areas.shownValues().length") > 1


@pytest.mark.slow
def test_an_edition_cannot_be_compared_with_itself(screens):
    page = screens()
    page.locator("#compare-open").click()
    page.locator("#compare-from").wait_for()
    for name, other in (("from", "to"), ("to", "from")):
        chosen = page.locator(f"#compare-{other}").input_value()
        option = page.locator(f"#compare-{name} option[value='{chosen}']")
        expect(option).to_be_disabled()


@pytest.mark.slow
def test_escape_in_a_field_leaves_the_area_alone(screens):
    page = screens()
    page.locator("[data-area]").first.click()
    until(page, "() => location.hash.includes('area=')")
    field = page.locator("input[type=search]:visible").first
    field.fill("公司")
    field.press("Escape")
    page.wait_for_timeout(200)
    assert "area=" in page.url
