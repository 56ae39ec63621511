"""The map of a plan as a person gets it: a file, opened from disk, with the cable pulled."""

import json
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from plan_hall import plan_of
from playwright.sync_api import expect
from portable_files import PHONE, Open

SITES = 3


@pytest.fixture(scope="module")
def plan(bench) -> dict[str, Any]:
    return plan_of(bench, sites=SITES, gap=0)


@pytest.fixture(scope="module")
def file(bench, plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("plan") / "plan.html"
    with urlopen(f"{bench.address}/api/siting/plans/{plan['id']}/map.html") as answer:
        path.write_bytes(answer.read())
    return path


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_on_a_phone_every_new_site_is_seen_beside_the_key(open_map: Open, lang: str) -> None:
    page = open_map(size=PHONE, hash_=f"#{lang}", has_touch=True, is_mobile=True)
    for word in {"zh": ["新建站点", "未覆盖", "现有驿站"],
                 "en": ["New sites", "Not covered", "Stations of today"]}[lang]:  # fmt: skip
        expect(page.locator(".plan-legend").get_by_text(word, exact=True)).to_be_visible()
    expect(page.locator(".site-number")).to_have_count(SITES)
    # Above all that lies over the map: the key, the scale, the buttons.
    lid = min(page.locator(where).bounding_box()["y"] for where in (
        ".panel-corner", ".leaflet-control-scale"
    ))  # fmt: skip
    sky = page.locator(".map").bounding_box()["y"]
    for mark in page.locator(".site-number span").all():
        box = mark.bounding_box()
        assert sky <= box["y"] <= lid - box["height"]


def test_on_a_phone_the_key_opens_with_its_switches(open_map: Open) -> None:
    page = open_map(size=PHONE, has_touch=True, is_mobile=True)
    people = page.locator("[data-layer='people']")
    expect(people).to_be_hidden()
    page.locator(".opens[aria-controls='panel-legend']").tap()
    expect(people).to_be_visible()
    dots = page.locator(".leaflet-overlay-pane path")
    before = dots.count()
    people.uncheck()
    assert dots.count() < before


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_on_a_screen_no_new_site_lies_under_the_key(open_map: Open, lang: str) -> None:
    """The screen is low: the key reaches up to where the street runs."""
    page = open_map(size={"width": 1280, "height": 560}, hash_=f"#{lang}")
    key = page.locator(".panel-corner").bounding_box()
    marks = [one.bounding_box() for one in page.locator(".site-number span").all()]
    assert len(marks) == SITES
    assert any(one["y"] + one["height"] > key["y"] for one in marks), "else this tells nothing"
    assert all(one["x"] >= key["x"] + key["width"] for one in marks)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_on_a_screen_no_tab_leaves_the_panel(open_map: Open, lang: str) -> None:
    page = open_map(size={"width": 1280, "height": 800}, hash_=f"#{lang}")
    tabs = page.locator(".opens:visible")
    expect(tabs).to_have_count(3)
    for tab in tabs.all():
        box = tab.bounding_box()
        assert box["x"] + box["width"] <= 1280
        assert tab.evaluate("tab => tab.scrollWidth <= tab.clientWidth")


def test_a_row_of_the_list_opens_its_card_and_money_is_told_as_money(
    open_map: Open, bench, plan
) -> None:
    with urlopen(f"{bench.address}/api/siting/plans/{plan['id']}.geojson") as answer:
        sites = [one["properties"] for one in json.load(answer)["features"]]
    stated = {one["name"]: one["cost"] for one in sites if one.get("cost") is not None}
    assert stated
    page = open_map()
    for row in page.locator("#site-list .rank-row").all():
        cost = stated.get(row.locator(".rank-name").inner_text())
        expect(row.locator(".rank-side .zh")).to_have_count(0 if cost is None else 1)
        if cost is not None:
            expect(row.locator(".rank-side .zh")).to_have_text(f"{cost:,.0f} 元")
    row = page.locator("#site-list .rank-row").first
    row.click()
    card = page.locator(".leaflet-popup .card")
    expect(card.locator("h3")).to_have_text(row.locator(".rank-name").inner_text())
    expect(card.locator(".facts")).to_contain_text("成本（元）")
    page.keyboard.press("Escape")
    expect(row).to_be_focused()
