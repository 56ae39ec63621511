"""The map of clusters as a person gets it: a file, opened from disk, with the cable pulled."""

from pathlib import Path

import pytest
from hostile import HOSTILE_NAME
from invented_clusters import bare, town
from playwright.sync_api import Page, expect
from portable_files import PHONE, Open

from maps.clusters import ClustersView, draw


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clusters") / "clusters.html"
    path.write_text(draw(town()), "utf-8")
    return path


def confirmed(page: Page):
    return page.locator("path.leaflet-interactive[stroke='#6d1a52']")


def to_check(page: Page):
    return page.locator("path.leaflet-interactive[stroke='#9a5b86'][stroke-dasharray]")


def close_card(page: Page) -> None:
    """Escape closes the card; it takes a moment to fade."""
    page.keyboard.press("Escape")
    expect(page.locator(".leaflet-popup .card")).to_have_count(0)


def test_the_tiers_are_drawn_apart_with_the_cable_pulled(open_map: Open) -> None:
    page = open_map()
    # 24 clusters, every third to check; one of these has no outline.
    expect(confirmed(page)).to_have_count(16)
    expect(to_check(page)).to_have_count(7)
    expect(page.locator("#cluster-list .rank-row")).to_have_count(24)
    expect(page.locator(".legend-rows")).to_contain_text("确认的聚集区")
    expect(page.locator(".approval")).to_contain_text("审图号")


def test_the_list_leads_to_the_outline_and_its_card(open_map: Open) -> None:
    page = open_map(reduced_motion="reduce")
    row = page.locator("#cluster-list button.rank-row").nth(1)
    name = row.locator(".rank-name").inner_text()
    row.click()
    card = page.locator(".leaflet-popup .card")
    expect(card.locator("h3")).to_have_text(name)
    for words in ("而按所在街道和企业规模", "第十一条", "演示街道总工会", "开沟通会的驿站"):
        expect(card).to_contain_text(words)
    expect(row).to_have_class("rank-row on")
    close_card(page)
    expect(row).to_be_focused()


def test_pointing_at_a_line_of_the_list_marks_its_outline(open_map: Open) -> None:
    page = open_map()
    row = page.locator("#cluster-list button.rank-row").first
    row.hover()
    expect(page.locator("path[stroke='#4a0f37']")).to_have_count(1)
    page.locator("h1").hover()
    expect(page.locator("path[stroke='#4a0f37']")).to_have_count(0)


def test_the_hostile_name_is_a_name_everywhere(open_map: Open) -> None:
    page = open_map(reduced_motion="reduce")
    page.locator("#cluster-list .rank-row", has_text=HOSTILE_NAME).click()
    card = page.locator(".leaflet-popup .card")
    expect(card.locator("h3")).to_have_text(HOSTILE_NAME)
    expect(card).to_contain_text(f"{HOSTILE_NAME}，步行 120 米")
    expect(card).to_contain_text("未登记")
    close_card(page)
    page.locator("#cluster-list .rank-row", has_text="演示大厦01").click()
    expect(card).to_contain_text(f"{HOSTILE_NAME}公司，演示路9号")
    expect(card).to_contain_text("直线 121 米")
    close_card(page)
    page.get_by_role("button", name="数据表", exact=True).click()
    expect(page.locator("#clusters-table")).to_contain_text(HOSTILE_NAME)
    page.get_by_role("button", name="说明", exact=True).click()
    expect(page.locator("#panel-notes")).to_contain_text(f"演示数据 {HOSTILE_NAME}")
    assert page.evaluate("document.querySelectorAll('img[src=\"x\"]').length") == 0


def test_what_is_not_known_is_said_and_never_zero(open_map: Open) -> None:
    page = open_map(reduced_motion="reduce")
    # Nobody states employees there: it is told beside the number.
    row = page.locator("#cluster-list .rank-row", has_text="演示大厦05")
    row.click()
    card = page.locator(".leaflet-popup .card")
    expect(card).to_contain_text("未填报职工数")
    expect(card).to_contain_text("55")
    close_card(page)
    # Nothing to compare with.
    page.locator("#cluster-list .rank-row", has_text="演示大厦04").click()
    expect(card).to_contain_text("64 家企业中")
    close_card(page)
    # Without a name it is numbered; without an outline it stays in the list.
    expect(page.locator("#cluster-list")).to_contain_text("聚集区 3")
    expect(page.locator("#cluster-list div.rank-row", has_text="演示大厦06")).to_have_count(1)


def test_the_order_can_be_how_they_stand_out(open_map: Open) -> None:
    page = open_map()
    page.get_by_role("button", name="按突出程度").click()
    first = page.locator("#cluster-list .rank-row").first
    scores = page.evaluate("Nuanyi.data.clusters.map(one => one.score)")
    at = int(first.get_attribute("data-cluster"))
    assert scores[at] == max(scores)


def test_layers_are_switched_in_the_legend(open_map: Open) -> None:
    page = open_map()
    page.get_by_role("checkbox", name="待核实的聚集区").uncheck()
    expect(to_check(page)).to_have_count(0)
    expect(confirmed(page)).to_have_count(16)
    # A line of the list brings its tier back.
    page.locator("#cluster-list button.rank-row:has(.to_check)").first.click()
    expect(page.get_by_role("checkbox", name="待核实的聚集区")).to_be_checked()
    close_card(page)
    page.get_by_role("checkbox", name="区域边界").uncheck()
    expect(page.locator("path[stroke='#b3bac0']")).to_have_count(0)


def test_the_rule_table_is_on_the_page_with_the_law(open_map: Open) -> None:
    page = open_map()
    page.get_by_role("button", name="建会规则").click()
    panel = page.locator("#panel-rules")
    expect(panel.locator(".rules > li")).to_have_count(14)
    expect(panel).to_contain_text("第十一条")
    expect(panel).to_contain_text("阈值与出处")


def test_the_table_is_filtered_sorted_and_saved(open_map: Open, tmp_path: Path) -> None:
    page = open_map()
    page.get_by_role("button", name="数据表", exact=True).click()
    page.get_by_role("searchbox").fill("演示大厦07")
    expect(page.locator("#clusters-table tbody tr:visible")).to_have_count(1)
    page.get_by_role("searchbox").fill("")
    heading = page.locator("#clusters-table thead th").nth(5)
    heading.get_by_role("button").click()
    cells = page.locator("#clusters-table tbody td:nth-child(6)")
    values = cells.evaluate_all("all => all.map(one => one.dataset.value)")
    assert values[-1] == ""  # what is not known stands last
    with page.expect_download() as download:
        page.get_by_role("button", name="存为 CSV").click()
    target = tmp_path / "saved.csv"
    download.value.save_as(target)
    lines = target.read_text("utf-8-sig").splitlines()
    assert len(lines) == 25
    assert HOSTILE_NAME.replace('"', '""') in "\n".join(lines)


def test_both_languages(open_map: Open) -> None:
    page = open_map(hash_="#en", reduced_motion="reduce")
    expect(page.get_by_role("heading", name="Clusters of Yunzhou")).to_be_visible()
    page.locator("#cluster-list button.rank-row").nth(2).click()
    card = page.locator(".leaflet-popup .card")
    expect(card).to_contain_text("is usual here")
    expect(card).to_contain_text("Article 11")
    page.get_by_role("button", name="中文").click()
    expect(card).to_contain_text("这里一般为")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_on_a_phone_nothing_runs_over_the_edge(open_map: Open, language: str) -> None:
    page = open_map(size=PHONE, hash_=f"#{language}", has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    buttons = page.locator(".panel-buttons button")
    for at in range(buttons.count()):
        buttons.nth(at).click()
        panel = page.locator(f"#{buttons.nth(at).get_attribute('aria-controls')}")
        expect(panel).to_be_visible()
        box = panel.bounding_box()
        assert box["x"] + box["width"] <= 390
    page.locator(".opens[aria-controls='panel-list']").tap()
    page.locator("#cluster-list button.rank-row").nth(3).tap()
    expect(page.locator(".leaflet-popup .card")).to_be_visible()


def test_without_clusters_borders_or_stations_the_page_says_so(
    open_map: Open, tmp_path: Path
) -> None:
    path = tmp_path / "empty.html"
    path.write_text(draw(ClustersView()), "utf-8")
    page = open_map(path)
    expect(page.get_by_text("没有发现突出的未建会企业聚集区")).to_have_count(2)
    expect(page.locator(".map .empty")).to_be_visible()
    plain = tmp_path / "bare.html"
    plain.write_text(draw(bare(town(6))), "utf-8")
    page = open_map(plain)
    expect(page.locator(".leaflet-interactive")).to_have_count(6)
    page.get_by_role("button", name="说明", exact=True).click()
    expect(page.locator("#panel-notes")).to_contain_text("没有可开沟通会的驿站")


def test_no_more_marks_than_a_browser_draws(open_map: Open, tmp_path: Path) -> None:
    path = tmp_path / "large.html"
    path.write_text(draw(town(400, areas=60), limit=300), "utf-8")
    page = open_map(path)
    assert page.locator(".leaflet-interactive").count() <= 300
    page.get_by_role("button", name="说明", exact=True).click()
    expect(page.locator("#panel-notes")).to_contain_text("画出前 180 处，共 400 处")
