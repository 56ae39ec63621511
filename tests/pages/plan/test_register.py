"""What a plan rests on: estimated demand, the register of hosts, large units without a station."""

import pytest
from host_town import host_town
from hostile import HOSTILE_NAME
from leader_hall import WIDE, settings_of, watched
from plan_hall import drawn, look, settled
from playwright.sync_api import expect
from served import running

from api.app import create_app
from geo.database import Actor
from geo.imports.options import ImportOptions
from geo.imports.run import import_file
from geo.siting.inputs.people import estimate, write_demand
from geo.siting.inputs.weights import read_weights

SOURCES = "Estimated by cells of 100 m"


@pytest.fixture(scope="module")
def estimated(browser, cluster, tmp_path_factory):
    """Screens over the small town whose demand is an estimate."""
    folder = tmp_path_factory.mktemp("estimated")
    actor = Actor("test")
    settings = settings_of(folder)
    with host_town(cluster, folder / "town") as database:
        with database.read(actor) as reader:
            write_demand(estimate(reader, read_weights()).cells(), folder / "demand.csv")
        options = ImportOptions(crs="wgs84", commit=True, source="估算 / estimate")
        import_file(database, actor, settings, "demand", folder / "demand.csv", options)
        app = create_app(settings, database)
        with running(app) as address, watched(browser, address) as make:

            def screen(path):
                page = make(goto=False, viewport=WIDE)
                page.goto(path)
                drawn(page)
                return page

            yield screen


@pytest.mark.slow
def test_estimated_demand_is_called_so_with_every_weight_it_rests_on(estimated, bench, planners):
    page = estimated("/plan?lang=en")
    page.locator("#demand-note summary", has_text="an estimate, not a count").click()
    expect(page.locator("#demand-note")).to_contain_text(SOURCES)
    weights = read_weights()
    used = set(weights.sources) - set(weights.off)
    rows = page.locator("#demand-note li")
    expect(rows).to_have_count(len(used))
    expect(rows.filter(has_text="× 30 people")).to_contain_text("assumed: thirty people")
    # Demand that was counted is not called an estimate.
    counted = planners("about:blank", ready=False)
    with counted.expect_response("**/api/siting/demand/sources"):
        counted.goto("/plan?lang=en")
    drawn(counted)
    expect(counted.locator("#demand-note")).to_be_empty()


def test_a_card_tells_what_the_register_knows_and_what_nobody_knows(estimated):
    page = estimated("/plan?lang=en")
    ids = {
        name: look(page, "known.ground.candidates.find((one) => one.name === argument)?.id", name)
        for name in ("甲店", "乙网点", HOSTILE_NAME)
    }
    page.goto(f"/plan#set={','.join(map(str, ids.values()))}&tab=plan&lang=en")
    page.reload()
    drawn(page)
    settled(page)

    def card(name):
        page.locator(f'#site-list [data-row="{ids[name]}"]').click()
        return page.locator("#site-list .register")

    first = card("甲店")
    for words in ("15 m²", "24小时", "6 of the six haves, 7 of 15 points", "Lacks: somebody in"):
        expect(first).to_contain_text(words)
    facts = first.locator("dl > div")
    expect(facts.filter(has_text="water").locator("dd")).to_have_text("Yes")
    expect(facts.filter(has_text="toilet").locator("dd")).to_have_text("No")
    second = card("乙网点")
    expect(second.locator("dl > div")).to_have_count(1)
    expect(second).to_contain_text(
        "Not known to the register: water, toilet, hours, photograph, assessment on site."
    )
    expect(card(HOSTILE_NAME)).to_contain_text("0 of the six haves, 0 of 15 points")


def test_large_units_without_a_station_are_listed_the_largest_first(estimated):
    """Of five located units of 100 and more two have no station near and none of their own."""
    page = estimated("/plan#tab=more&lang=en")
    page.locator("#units-ask").click()
    rows = page.locator("#units-table tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("大厂甲")
    expect(rows.nth(0)).to_contain_text("乙厂门口驿站")
    expect(rows.nth(1)).to_contain_text("地铁项目部")
    words = page.locator("#units-words")
    expect(words).to_contain_text(
        "Of 5 units with 100 workers or more 2 have no station; 470 people"
    )
    expect(words).to_contain_text("1 more have no place on record")
    page.locator("#units-employees").fill("300")
    page.locator("#units-ask").click()
    expect(rows).to_have_count(1)
    expect(page.locator("#units-old")).to_be_hidden()
    page.locator("#tab-question").click()
    page.locator("#q-area").select_option(index=1)
    settled(page)
    page.locator("#tab-more").click()
    expect(page.locator("#units-old")).to_be_visible()
    # The name leads to its place on the map.
    page.locator("#units-table button").first.click()
    page.wait_for_timeout(600)
    assert look(page, "map.getCenter().lng") == pytest.approx(101.015, abs=1e-3)
