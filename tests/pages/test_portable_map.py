"""The coverage map as a person gets it: a file, opened from disk, with the cable pulled."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import shapely
from hostile import HOSTILE_NAME
from invented_city import city
from playwright.sync_api import Page, expect
from portable_files import PHONE, Open

from maps.coverage import CoverageView, draw


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("map") / "coverage.html"
    path.write_text(draw(city()), "utf-8")
    return path


def area_paths(page: Page):
    """Areas are the paths with a white border."""
    return page.locator("path.leaflet-interactive[stroke='#ffffff'][stroke-width='1']")


def test_the_map_draws_areas_stations_and_clusters_with_the_cable_pulled(open_map: Open) -> None:
    page = open_map()
    expect(area_paths(page)).to_have_count(46)
    expect(page.locator("path.leaflet-interactive[stroke='#6d1a52']")).to_have_count(24)
    expect(page.locator(".leaflet-interactive")).to_have_count(46 + 24 + 260)
    expect(page.locator("path[fill='url(#pattern-no-data)']")).to_have_count(2)
    expect(page.locator("path[fill^='url(#pattern-small-']")).to_have_count(1)


def test_the_policy_blocks_a_script_a_picture_and_a_connection(open_map: Open) -> None:
    page = open_map(strict=False)
    ran, blocked = page.evaluate(
        """() => new Promise(done => {
            const blocked = new Set();
            document.addEventListener("securitypolicyviolation", event =>
                blocked.add(event.effectiveDirective));
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.body.append(script);
            new Image().src = "https://example.org/x.png";
            fetch("https://example.org/").catch(() => {});
            setTimeout(() => done([window.ran === true, [...blocked]]), 300);
        })"""
    )
    assert not ran
    assert {"connect-src", "script-src-elem", "img-src"} <= set(blocked)


def test_a_popup_says_numerator_denominator_scope_date_and_what_is_missing(open_map: Open) -> None:
    page = open_map()
    page.get_by_role("button", name=re.compile("临和乡")).first.click()
    card = page.locator(".leaflet-popup .card")
    expect(card).to_be_visible()
    for words in (
        "临和乡",
        "已建会单位",
        "单位（建会状态已知）",
        "区间",
        "资料缺失",
        "2026-06-30",
        "口径",
    ):
        expect(card).to_contain_text(words)
    expect(card).to_contain_text(re.compile(r"距目标还差 \d+ 家"))
    box, view = card.bounding_box(), page.viewport_size
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["x"] + box["width"] <= view["width"]


def test_the_hostile_name_is_a_name_in_popup_tooltip_list_and_table(open_map: Open) -> None:
    page = open_map()
    page.get_by_role("button", name="数据表", exact=True).click()
    row = page.locator("#areas-table tbody tr").first
    expect(row.locator("th")).to_contain_text(HOSTILE_NAME)
    row.get_by_role("button").click()
    expect(page.locator(".card h3")).to_have_text(HOSTILE_NAME)
    page.keyboard.press("Escape")
    page.evaluate("Nuanyi.map.eachLayer(l => l.feature && l.openTooltip && l.openTooltip())")
    expect(page.locator(".leaflet-tooltip b").filter(has_text=HOSTILE_NAME).first).to_be_attached()
    page.get_by_role("button", name="聚集区", exact=True).click()
    expect(page.locator("#cluster-list").get_by_text(HOSTILE_NAME)).to_be_attached()
    page.get_by_role("button", name="说明", exact=True).click()
    expect(page.locator(".editions")).to_contain_text(HOSTILE_NAME)
    assert page.locator("img").count() == 0


def test_the_language_changes_without_loading_the_page_again(open_map: Open) -> None:
    page = open_map()
    expect(page).to_have_title("云州市建会覆盖图")
    page.evaluate("window.same = true")
    page.get_by_role("button", name="English").click()
    expect(page).to_have_title("Union coverage of Yunzhou")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("h1 .en")).to_be_visible()
    expect(page.locator("h1 .zh")).to_be_hidden()
    expect(page.get_by_role("button", name="Zoom in")).to_be_visible()
    page.locator(".rank-row").first.click()
    expect(page.locator(".card")).to_contain_text("Units with a union")
    expect(page.locator(".card .zh").first).to_be_hidden()
    assert page.evaluate("window.same") is True
    page.get_by_role("button", name="中文").click()
    expect(page.locator(".card .zh").first).to_be_visible()


def test_no_chinese_remains_in_english_but_names_and_no_english_in_chinese(open_map: Open) -> None:
    page = open_map(hash_="#en")
    shown = page.locator(
        ".legend-rows, .panel-buttons, .headline, .imprint, .masthead"
    ).all_inner_texts()
    words = " ".join(shown).replace("审图号", "").replace("中文", "")
    assert not re.search(r"[一-鿿]", words), words
    page.get_by_role("button", name="中文").click()
    shown = page.locator(".legend-rows, .panel-buttons, .headline, .imprint").all_inner_texts()
    assert not re.search(r"[A-Za-z]{3,}", " ".join(shown)), shown


def test_everything_can_be_reached_and_left_with_the_keyboard(open_map: Open) -> None:
    page = open_map()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#panel-table")).to_be_focused()
    # From the table to an area's card and back to where one was.
    second = page.locator("#areas-table tbody tr").nth(1).get_by_role("button")
    second.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".card")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".leaflet-popup")).to_have_count(0)
    # The ranking likewise.
    first = page.locator(".rank-row").first
    first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".card")).to_be_focused()
    page.keyboard.press("Escape")
    expect(first).to_be_focused()
    # The map itself: arrows and plus.
    page.locator(".folium-map").focus()
    before = page.evaluate("Nuanyi.map.getZoom()")
    page.keyboard.press("+")
    # Polled from here: waiting inside the page would need eval, which its policy forbids.
    for _ in range(40):
        if page.evaluate("Nuanyi.map.getZoom()") > before:
            break
        page.wait_for_timeout(50)
    assert page.evaluate("Nuanyi.map.getZoom()") > before


def test_whatever_takes_the_focus_shows_it(open_map: Open) -> None:
    page = open_map()
    for _ in range(25):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            """() => { const now = document.activeElement;
                return [now.outerHTML.slice(0, 80), getComputedStyle(now).outlineStyle] }"""
        )
        assert seen[1] != "none", seen


def test_layers_are_switched_in_the_legend(open_map: Open) -> None:
    page = open_map()
    everything = page.locator(".leaflet-interactive").count()
    warm = page.get_by_role("checkbox", name="暖心驿站")
    warm.uncheck()
    hidden = page.evaluate("Nuanyi.data.stations.filter(s => s.kind === 'warm_station').length")
    expect(page.locator(".leaflet-interactive")).to_have_count(everything - hidden)
    warm.check()
    page.get_by_role("checkbox", name="乡镇街道").uncheck()
    expect(area_paths(page)).to_have_count(0)
    page.get_by_role("checkbox", name="乡镇街道").check()
    expect(area_paths(page)).to_have_count(46)
    # Stations (circles are arcs) stay above the areas that came back.
    last = page.locator(".leaflet-overlay-pane path").last
    assert "a" in (last.get_attribute("d") or "")


def test_areas_too_small_to_be_seen_get_a_square_until_one_comes_near(
    open_map: Open, tmp_path: Path
) -> None:
    view = city(areas=4, stations=0, clusters=0)
    buildings = [
        replace(area, name=f"{at}号楼（演示数据）", geometry=shapely.Point(x, 29.56).buffer(0.0002))
        for at, (area, x) in enumerate(zip(view.areas, (106.4, 106.5, 106.6, 106.7), strict=True))
    ]
    path = tmp_path / "buildings.html"
    path.write_text(draw(replace(view, areas=buildings)), "utf-8")
    page = open_map(path, reduced_motion="reduce")
    pins = page.locator(".area-pin")
    expect(pins).to_have_count(4)
    pins.nth(2).click()
    expect(page.locator(".leaflet-popup h3")).to_have_text("2号楼（演示数据）")
    page.keyboard.press("Escape")
    page.locator("#rank button").first.click()
    expect(page.locator(".leaflet-popup")).to_be_visible()
    page.evaluate("Nuanyi.map.setZoom(18, { animate: false })")
    expect(pins).to_have_count(0)
    # Near enough, the name is written into it, without the remark in brackets.
    expect(page.locator(".area-name b").first).to_have_text(re.compile(r"^\d号楼$"))


def test_the_table_is_filtered_sorted_and_saved(open_map: Open, tmp_path: Path) -> None:
    page = open_map()
    page.get_by_role("button", name="数据表", exact=True).click()
    page.get_by_role("searchbox").fill("小河")
    expect(page.locator("#areas-table tbody tr:visible")).to_have_count(1)
    page.get_by_role("searchbox").fill("")
    heading = page.locator("#areas-table thead th").nth(2)
    heading.get_by_role("button").click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    cells = page.locator("#areas-table tbody td:nth-child(3)")
    values = cells.evaluate_all("all => all.map(one => one.dataset.value)")
    numbers = [float(value) for value in values if value]
    assert numbers == sorted(numbers)
    assert values[-2:] == ["", ""]  # no data stands last
    with page.expect_download() as download:
        page.get_by_role("button", name="存为 CSV").click()
    target = tmp_path / "saved.csv"
    download.value.save_as(target)
    text = target.read_text("utf-8-sig")
    assert text.splitlines()[0].startswith('"名称","类别"')
    assert len(text.splitlines()) == 48
    assert HOSTILE_NAME.replace('"', '""') in text


def test_the_stations_have_a_table_that_leads_to_the_map(open_map: Open) -> None:
    page = open_map()
    page.get_by_role("checkbox", name="工会服务站").uncheck()
    page.get_by_role("button", name="数据表", exact=True).click()
    page.get_by_role("button", name="站点", exact=True).click()
    rows = page.locator("#stations-table tbody tr")
    expect(rows).to_have_count(260)
    expect(page.locator("#areas-table")).to_be_hidden()
    expect(rows.first).to_contain_text(HOSTILE_NAME)
    row = rows.filter(has_text="工会服务站").first
    name = row.locator("th .link").inner_text()
    row.get_by_role("button").click()
    expect(page.locator(".card h3")).to_have_text(name)
    expect(page.locator(".card")).to_contain_text("开放时间")
    # It was switched off; to show it, its layer comes back.
    expect(page.get_by_role("checkbox", name="工会服务站")).to_be_checked()


def test_the_rank_by_gap_puts_firm_rates_first_and_no_data_last(open_map: Open) -> None:
    page = open_map()
    rows = page.locator("#rank .rank-row")
    expect(rows).to_have_count(47)
    assert rows.nth(45).inner_text().count("无数据") == 1
    assert rows.nth(46).inner_text().count("无数据") == 1
    expect(rows.nth(44)).to_contain_text("基数过小")
    page.get_by_role("button", name="按比率").click()
    shown = [float(text[:-1]) for text in page.locator("#rank .rank-value").all_inner_texts()[:44]]
    assert shown == sorted(shown)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_on_a_phone_nothing_runs_over_the_edge_and_panels_are_sheets(
    open_map: Open, language: str
) -> None:
    page = open_map(size=PHONE, hash_=f"#{language}", has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    # The key to the colours is there although its sheet is closed.
    expect(page.locator(".ramp")).to_be_visible()
    expect(page.locator("#panel-rank")).to_be_hidden()
    buttons = page.locator(".panel-buttons button")
    for at in range(buttons.count()):
        buttons.nth(at).click()
        panel = page.locator(f"#{buttons.nth(at).get_attribute('aria-controls')}")
        expect(panel).to_be_visible()
        expect(page.locator(".panel.open")).to_have_count(1)
        box = panel.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert min(buttons.nth(at).bounding_box()[side] for side in ("width", "height")) >= 44
    page.get_by_role("button", name=re.compile("关闭|Close")).locator("visible=true").first.click()
    expect(page.locator(".panel.open")).to_have_count(0)


def test_on_a_phone_a_row_of_the_ranking_opens_its_card_on_the_map(open_map: Open) -> None:
    page = open_map(size=PHONE, has_touch=True, is_mobile=True)
    page.get_by_role("button", name="区域排名").tap()
    page.locator(".rank-row").nth(2).tap()
    card = page.locator(".card")
    expect(card).to_be_visible()
    expect(page.locator("#panel-rank")).to_be_hidden()
    page.locator(".leaflet-popup-close-button").tap()
    expect(card).to_have_count(0)


@pytest.mark.parametrize("panel", ["panel-table", "panel-notes", "panel-rank"])
def test_on_paper_map_key_ranking_and_table_stand_one_below_the_other(
    open_map: Open, panel: str
) -> None:
    page = open_map()
    page.evaluate("(id) => Nuanyi.openPanel(id, true)", panel)
    page.emulate_media(media="print")
    # A sheet is narrower than many a screen: A4 across, and upright, less its margins.
    for width in (1047, 718):
        page.set_viewport_size({"width": width, "height": 718})
        shown = [".masthead", ".map", "#panel-legend", "#panel-rank", "#panel-table", ".imprint"]
        boxes = [page.locator(one).bounding_box() for one in shown]
        for above, below in pairwise(boxes):
            assert above["height"] > 10
            assert above["y"] + above["height"] <= below["y"] + 1
    expect(page.locator("#panel-rank .headline-figure")).to_be_visible()
    expect(page.locator("#panel-rank .rank-row").last).to_be_visible()
    expect(page.locator("#areas-table tbody tr").last).to_be_visible()
    expect(page.locator(".panel .close").first).to_be_hidden()
    expect(page.locator("#panel-notes")).to_be_visible(visible=panel == "panel-notes")


def test_an_empty_view_is_a_page_that_says_so(open_map: Open, tmp_path: Path) -> None:
    path = tmp_path / "empty.html"
    path.write_text(draw(CoverageView("空图", "establishment")), "utf-8")
    page = open_map(path)
    expect(page.get_by_text("没有可以绘制的边界、站点或聚集区")).to_be_visible()


def test_five_thousand_marks_are_drawn(open_map: Open, tmp_path: Path) -> None:
    path = tmp_path / "large.html"
    path.write_text(draw(city(areas=120, stations=9000, clusters=200)), "utf-8")
    page = open_map(path)
    marks = page.locator(".leaflet-interactive").count()
    assert 1000 < marks <= 5000
    shown = page.evaluate("Nuanyi.data.stations.reduce((sum, one) => sum + (one.count || 1), 0)")
    assert shown == 9000
