"""The map and the figures as a leader meets them, in a real browser with this service alone."""

import json
from itertools import pairwise

import numpy as np
import pytest
from hostile import HOSTILE_NAME
from leader_hall import PHONE, drawn, hostile_cluster, look, module, state_of, until
from playwright.sync_api import expect

from maps import style
from maps.style import percent

SHARES = [0.0, 1.0, 0.9496, 0.95, 0.9501, 0.0002, 0.9998, 0.623, 0.6666, 0.8999, 0.47, 0.07, 0.29]


def coverage(page, **asked) -> dict:
    """The rates as the API tells them, which the page does not ask there."""
    query = "&".join(f"{name}={value}" for name, value in {"limit": 1000, **asked}.items())
    return page.request.get(f"/api/coverage?{query}").json()


def test_areas_have_the_colour_of_their_class_and_no_data_is_hatched(screen):
    told = coverage(screen, kind="subdistrict")
    setup = screen.request.get("/api/coverage/map?kind=subdistrict").json()
    of = setup["classes"]["establishment"]
    rates = {area["id"]: area["rates"]["establishment"] for area in told["areas"]}
    firm = [one["value"] for one in rates.values() if not one["small_denominator"]]
    classes = style.classes([one for one in firm if one is not None], target=0.95)
    assert list(classes.breaks) == of["breaks"]
    assert list(classes.colours) == of["colours"]
    assert len(rates) >= 5
    rendered = "map.queryRenderedFeatures({ layers: [argument] }).map((one) => one.id)"
    seen = set(look(screen, rendered, "areas-fill"))
    assert len(seen) >= 5
    hatched, dotted = (
        set(look(screen, rendered, layer)) for layer in ("areas-no-data", "areas-few")
    )
    for number, rate in rates.items():
        at = -1 if rate["value"] is None else int(classes.index([rate["value"]])[0])
        colour = style.NO_DATA if at < 0 else classes.colours[at]
        assert state_of(screen, number) == {"colour": colour}
        if number in seen:
            assert (number in hatched) == (at < 0)
            assert (number in dotted) == (at >= 0 and rate["small_denominator"])


def test_the_headline_is_the_whole_with_all_that_belongs_to_a_rate(screen):
    whole = coverage(screen, kind="subdistrict")["whole"]
    rate = whole["rates"]["establishment"]
    figures = screen.locator("#figures")
    expect(figures.locator(".headline")).to_contain_text(percent(rate["value"], target=0.95))
    expect(figures.locator(".headline")).to_contain_text("目标 95%")
    for said in (f"{rate['numerator']:,}", f"{rate['denominator']:,}", f"{rate['gap']:,}"):
        expect(figures).to_contain_text(said)
    expect(figures).to_contain_text(rate["scope_zh"][:20])
    expect(figures.locator(".apart")).to_contain_text(
        f"集群注册 {whole['set_apart']['mass_registration']:,} 家"
    )
    expect(screen.locator("#fresh")).to_contain_text("截至 2026-06-30")
    expect(screen.locator("#fresh")).to_contain_text("实时")
    expect(screen.locator("#demo")).to_contain_text("演示数据")
    expect(screen.locator("#credit")).to_contain_text("审图号")


def test_the_ranking_begins_with_the_largest_gap_and_is_joined_to_the_map(screen):
    told = coverage(screen, kind="subdistrict")["areas"]
    order = sorted(told, key=lambda area: -(area["rates"]["establishment"]["gap"] or 0))
    rows = screen.locator("#rank-list .row")
    expect(rows).to_have_count(len(told))
    first = rows.first
    assert int(first.get_attribute("data-area")) == order[0]["id"]
    expect(first).to_contain_text(f"差 {order[0]['rates']['establishment']['gap']:,}")
    first.hover()
    until(screen, "() => true")
    assert state_of(screen, order[0]["id"])["pointed"] == 1
    rows.nth(1).focus()
    assert state_of(screen, order[0]["id"])["pointed"] == 0
    assert state_of(screen, order[1]["id"])["pointed"] == 1
    # The other way round: what the map points at is marked in the list.
    screen.locator("#figures-title").hover()
    place = look(
        screen,
        "(() => { const one = known.setup.points.find(([id]) => id === argument);"
        " const at = map.project([one[1], one[2]]);"
        " const box = map.getContainer().getBoundingClientRect();"
        " return [at.x + box.x, at.y + box.y]; })()",
        order[2]["id"],
    )
    screen.mouse.move(*place)
    screen.mouse.move(place[0] + 1, place[1] + 1)
    expect(screen.locator(f'#rank-list [data-area="{order[2]["id"]}"]')).to_have_class(
        "row pointed"
    )
    expect(screen.locator("#tip")).to_be_visible()


def test_a_filter_acts_on_tiles_list_and_figures_together(screen):
    before = coverage(screen, kind="subdistrict")["whole"]["rates"]["establishment"]
    asked = []
    screen.on("request", lambda one: asked.append(one.url))
    screen.locator("#filters-open").click()
    expect(screen.locator("#filters-title")).to_be_focused()
    screen.get_by_role("checkbox", name="25–99 人", exact=True).check(force=True)
    screen.get_by_role("checkbox", name="制造", exact=True).check(force=True)
    told = coverage(screen, kind="subdistrict", size="25_99", industry="C")
    rate = told["whole"]["rates"]["establishment"]
    assert rate["denominator"] not in (0, before["denominator"])
    expect(screen.locator("#figures .headline")).to_contain_text(
        percent(rate["value"], target=0.95)
    )
    expect(screen.locator("#figures .parts")).to_contain_text(f"{rate['denominator']:,}")
    for area in told["areas"][:6]:
        one = area["rates"]["establishment"]
        expect(screen.locator(f'#rank-list [data-area="{area["id"]}"]')).to_contain_text(
            "无数据" if one["value"] is None else percent(one["value"], target=0.95)
        )
    assert "size=25_99&industry=C" in look(screen, "map.getSource('enterprises').tiles[0]")
    screen.locator("#tab-enterprises").click()
    rows = screen.locator("#enterprise-list .item")
    expect(rows.first).to_be_visible()
    listed = screen.request.get("/api/enterprises?size=25_99&industry=C&limit=1000").json()
    assert rows.count() == min(30, len(listed["enterprises"]))
    screen.locator("input[value=enterprises][name=show]").check(force=True)
    screen.get_by_role("button", name="清除全部筛选").first.click()
    expect(screen.locator("#figures .parts")).to_contain_text(f"{before['denominator']:,}")
    assert "size=" not in look(screen, "map.getSource('enterprises').tiles[0]")


def test_a_filter_that_nothing_meets_is_said_and_never_zero_percent(screens):
    page = screens("/coverage#industry=T&size=100_plus")
    expect(page.locator("#figures .headline")).to_contain_text("无数据")
    expect(page.locator("#figures")).to_contain_text("没有符合筛选条件的单位")
    expect(page.locator("#figures .headline")).not_to_contain_text("0%")
    page.locator("#tab-enterprises").click()
    expect(page.locator("#enterprise-list")).to_contain_text("没有符合条件的企业")


def test_one_goes_down_to_the_enterprises_and_back_again(screen):
    district = coverage(screen, kind="district")["areas"]
    screen.select_option("#kind", "district")
    rows = screen.locator("#rank-list .row")
    expect(rows).to_have_count(len(district))
    rows.first.click()
    step = screen.locator("#trail [aria-current=location]")
    expect(step).to_contain_text("区县")
    assert screen.locator("#kind").input_value() == "subdistrict"
    number = int(look(screen, "view.area"))
    below = coverage(screen, kind="subdistrict", parent_id=number)["areas"]
    expect(rows).to_have_count(len(below))
    own = next(one for one in district if one["id"] == number)["rates"]["establishment"]
    expect(screen.locator("#figures .headline")).to_contain_text(percent(own["value"], target=0.95))
    target = rows.first
    subdistrict = int(target.get_attribute("data-area"))
    target.click()
    expect(step).to_contain_text("乡镇街道")
    assert look(screen, "view.kind") in ("community", "industrial_park", "office_building")
    screen.locator("#tab-enterprises").click()
    first = screen.locator("#enterprise-list .item").first
    expect(first).to_be_visible()
    listed = screen.request.get(f"/api/enterprises?area_id={subdistrict}&limit=1").json()
    expect(first).to_contain_text(listed["enterprises"][0]["name"])
    # Back, by the browser's own button.
    screen.go_back()
    expect(step).to_contain_text("区县")
    assert look(screen, "view.area") == number
    expect(rows).to_have_count(len(below))
    screen.go_back()
    expect(screen.locator("#trail li")).to_have_count(1)
    screen.go_forward()
    expect(step).to_contain_text("区县")
    screen.locator("#trail button", has_text="全域").click()
    expect(screen.locator("#trail li")).to_have_count(1)
    assert look(screen, "view.area") is None


def test_a_click_on_the_map_goes_into_the_area(screen):
    one = screen.request.get("/api/coverage/map?kind=subdistrict").json()["points"][1]
    place = look(
        screen,
        "(() => { const at = map.project([argument[1], argument[2]]);"
        " const box = map.getContainer().getBoundingClientRect();"
        " return [at.x + box.x, at.y + box.y]; })()",
        one,
    )
    screen.mouse.click(*place)
    # A cluster or an enterprise that happens to lie there is nearer to the hand.
    until(
        screen,
        "() => document.querySelectorAll('#trail li').length > 1"
        " || location.hash.includes('cluster=') || document.querySelector('.popup')",
    )


def test_hostile_names_are_names(screens, hall):
    hostile_cluster(hall.database)
    screen = screens()
    expect(screen.locator(f'#rank-list [data-area="{hall.area}"] .name')).to_contain_text(
        HOSTILE_NAME
    )
    screen.locator(f'#rank-list [data-area="{hall.area}"]').click()
    expect(screen.locator("#figures-title")).to_have_text(HOSTILE_NAME)
    assert HOSTILE_NAME in screen.title()
    screen.goto("/coverage#tab=enterprises")
    drawn(screen)
    search = screen.locator("#enterprise-search")
    search.fill("onerror")
    expect(screen.locator("#enterprise-list h4").first).to_contain_text(HOSTILE_NAME)
    screen.locator("#enterprise-list .act").first.click()
    expect(screen.locator("#sheet-title")).to_contain_text(HOSTILE_NAME)
    screen.keyboard.press("Escape")
    screen.locator("#tab-clusters").click()
    expect(screen.locator("#cluster-list")).to_contain_text(HOSTILE_NAME)
    screen.locator("#tab-charts").click()
    screen.locator("#chart-ranking canvas").wait_for()
    assert screen.locator("img[src=x]").count() == 0


def test_shares_and_classes_are_those_of_the_portable_map(screen):
    """The browser's arithmetic against Python's, over many shares."""
    shares = [*SHARES, *np.random.default_rng(5).uniform(0, 1, 300).tolist()]
    told = screen.evaluate(
        "async ([address, shares]) => { const { percent } = await import(address);"
        " return shares.map((one) => [percent(one, 0.95), percent(one)]); }",
        [module(screen, "words.js"), shares],
    )
    assert told == [[percent(one, target=0.95), percent(one)] for one in shares]
    of = style.classes(shares, target=0.95)
    breaks = json.loads(json.dumps({"breaks": of.breaks, "colours": of.colours}))
    placed = screen.evaluate(
        "async ([address, of, shares]) => { const { classOf } = await import(address);"
        " return [...shares, null].map((one) => classOf(one, of)); }",
        [module(screen, "areas.js"), breaks, [*shares, *of.breaks]],
    )
    assert placed == [*of.index([*shares, *of.breaks]).tolist(), -1]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_on_a_phone_the_map_is_above_and_the_figures_below(screens, lang):
    page = screens(f"/coverage?lang={lang}", viewport=PHONE, has_touch=True)
    boxes = [page.locator(one).bounding_box() for one in ("#map", "#figures")]
    assert boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"]
    assert boxes[0]["width"] == PHONE["width"]
    assert boxes[0]["height"] >= 300
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_on_paper_headline_map_and_ranking_stand_without_tools(screen):
    screen.emulate_media(media="print")
    screen.set_viewport_size({"width": 703, "height": 1000})  # A4 less its margins
    boxes = [
        screen.locator(one).first.bounding_box()
        for one in ("#headline", "#map-box", "#rank-list .row")
    ]
    for above, below in pairwise(boxes):
        assert above["y"] + above["height"] <= below["y"]
    assert screen.locator("#rank-list .row").last.is_visible()
    assert boxes[1]["height"] > 400
    # What stands in for the map, which no printer sees: a picture with its colours.
    screen.evaluate("dispatchEvent(new Event('beforeprint'))")
    picture = screen.locator("#map-on-paper")
    expect(picture).to_be_visible()
    colours = picture.evaluate(
        "one => new Set(new Uint32Array(one.getContext('2d').getImageData(0, 0, one.width,"
        " one.height).data.buffer)).size"
    )
    assert colours > 10
    screen.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(picture).to_have_count(0)
    for tool in (".tools", ".controls", ".map-tools", ".tabs", ".list-tools", "#under-map"):
        expect(screen.locator(tool).first).to_be_hidden()
    assert screen.evaluate("getComputedStyle(document.body).overflow") == "visible"


def test_what_can_be_taken_away_is_linked_where_one_looks_for_it(screen):
    screen.locator("#rank-list .row").nth(1).click()
    until(screen, "() => document.querySelectorAll('#trail li').length > 1")
    screen.locator("#tab-notes").click()
    links = screen.locator("#panel-notes a")
    expect(links.first).to_be_visible()
    area = look(screen, "view.area")
    until(screen, f"() => document.querySelector('#panel-notes').innerHTML.includes('{area}')")
    addresses = links.evaluate_all("all => all.map((one) => one.getAttribute('href'))")
    for path in ("/reports/bulletin.pdf", "/reports/bulletin.xlsx", "/api/clusters.xlsx"):
        [address] = [one for one in addresses if one.startswith(path)]
        assert f"area_id={area}" in address
        assert screen.request.get(address).ok


def test_the_charts_say_what_their_tables_say(screen):
    screen.locator("#tab-charts").click()
    for name in ("targets", "ranking", "distribution", "series", "funnel"):
        screen.locator(f"#chart-{name} .canvas[data-drawn]").wait_for()
        table = screen.locator(f"#chart-{name} table")
        screen.locator(f"#chart-{name} summary").click()
        expect(table).to_be_visible()
    told = coverage(screen, kind="subdistrict")
    rate = told["whole"]["rates"]["establishment"]
    expect(screen.locator("#chart-targets tbody tr").first).to_contain_text(
        percent(rate["value"], target=0.95)
    )
    expect(screen.locator("#chart-ranking tbody tr")).to_have_count(
        sum(area["rates"]["establishment"]["value"] is not None for area in told["areas"])
    )
    # As the map in one file has it: what rests on few has neither met the target nor missed it.
    firm = [
        one["rates"]["establishment"]
        for one in told["areas"]
        if one["rates"]["establishment"]["value"] is not None
        and not one["rates"]["establishment"]["small_denominator"]
    ]
    met = sum(one["value"] >= 0.95 for one in firm)
    assert len(firm) < len(told["areas"])
    expect(screen.locator("#chart-distribution > p.quiet").last).to_contain_text(
        f"{met} / {len(firm)} 个区域达标"
    )
    counts = screen.locator("#chart-distribution tbody td").all_inner_texts()
    assert sum(int(one) for one in counts) == len(told["areas"])
    series = screen.request.get("/api/coverage/series?measure=establishment").json()["series"][0]
    points = [one for one in series["points"] if one["share"]]
    assert len(points) >= 2
    expect(screen.locator("#chart-series tbody")).to_contain_text(points[0]["as_of"])
    ledger = screen.request.get("/api/ledger").json()["whole"]["counts"]
    expect(screen.locator("#chart-funnel tbody")).to_contain_text(
        f"{ledger['enterprises']['value']:,}"
    )
    day = next(one["as_of"] for one in told["editions"] if one["dataset"] == "enterprises")
    with screen.expect_download() as saved:
        screen.locator("#chart-ranking").get_by_role("button", name="存为 CSV").click()
    assert saved.value.suggested_filename == f"缺口最大的区域-建会率-{day}.csv"
    text = saved.value.path().read_text("utf-8-sig")
    assert text.splitlines()[0].startswith("乡镇街道,")
    assert len(text.splitlines()) == 1 + screen.locator("#chart-ranking tbody tr").count()
    with screen.expect_download() as saved:
        screen.locator("#chart-ranking").get_by_role("button", name="存为 PNG").click()
    assert saved.value.path().read_bytes().startswith(b"\x89PNG")
