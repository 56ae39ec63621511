"""On my way, saved stations, links to a station or an area, unions, reports, map, choices."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import text
from worker_street import DOUBTED, MENDED, NEAREST, SHOWER, SHUT, next_opening


def test_on_my_way_the_least_detour_comes_first(phone):
    phone.locator("#views a", has_text="顺路").click()
    expect(phone.locator("h2#along-title")).to_have_text("顺路去哪个驿站")
    phone.locator("#panel input").fill("远山驿站")
    phone.locator("#panel .places button").first.click()
    expect(phone.locator("#panel")).to_contain_text("去 远山驿站")
    cards = phone.locator("#list .card")
    expect(cards.first.locator(".detour")).to_contain_text("绕")
    asked = next(one for one in phone.asked if one.url.endswith("/along"))
    assert asked.method == "POST"
    # Stations on the street between here and there cost no detour: those lie to the east.
    numbers = [int(one.get_attribute("data-id")) for one in cards.all()]
    assert DOUBTED not in numbers
    assert NEAREST in numbers


def test_saved_stations_are_kept_as_numbers_and_shown_again(phone):
    star = phone.locator(".card.first").get_by_role("button", name="收藏")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    phone.reload()
    phone.locator(".card.first").wait_for()
    phone.locator("#views a", has_text="收藏").click()
    cards = phone.locator("#list .card")
    expect(cards).to_have_count(1)
    expect(cards.first).to_have_attribute("data-id", str(NEAREST))
    expect(cards.first.locator(".way")).to_contain_text("约")
    cards.first.get_by_role("button", name="收藏").click()
    expect(phone.locator("#beyond")).to_contain_text("还没有收藏")


def test_a_link_shows_one_station_with_its_hours_and_the_way(phones, street):
    page = phones(path=f"/#s={SHUT}")
    only = page.locator("#list .card")
    expect(only).to_have_count(1)
    expect(only).to_contain_text("晨光驿站")
    expect(only.locator(".state")).to_have_text(f"{next_opening(street.hours)} 开门")
    page.get_by_role("button", name="看附近的驿站").click()
    expect(page.locator("#list .card")).to_have_count(6)


def test_a_link_works_for_who_does_not_tell_a_position(phones):
    page = phones(located=False, path=f"/#s={NEAREST}")
    expect(page.locator("#list .card h3")).to_have_text("暖心驿站（人民路）")
    expect(page.locator("#list .card .state")).to_have_text("24 小时开放")


def test_a_link_to_a_station_that_is_gone_says_so(phones):
    page = phones(path="/#s=4821930177623114")
    expect(page.locator("#said")).to_have_text("这个驿站已不在名录里")


def test_a_link_shows_the_stations_of_an_area(phones):
    page = phones(path="/#a=120")
    # Those assigned to it: 20 to 30.
    expect(page.locator("#list .card")).to_have_count(11)
    expect(page.locator("#said")).to_contain_text("11 个驿站")


def test_which_union_one_can_join_here(phone):
    phone.locator("#unions-open").click()
    union = phone.locator("#unions .card", has_text="人民路街道总工会")
    expect(union).to_contain_text("乡镇街道")
    expect(union.get_by_role("link")).to_have_attribute("href", "tel:03715550002")


def test_a_report_is_told_once_and_its_outcome_can_be_seen(phone, street):
    mended = phone.locator(f'#list [data-id="{MENDED}"]')
    mended.locator(".more summary").click()
    mended.get_by_role("button", name="反映问题").click()
    sheet = phone.locator("dialog")
    sheet.get_by_role("button", name="提交").click()
    expect(sheet.get_by_role("alert")).to_have_text("请先选一项。")
    sheet.get_by_label("不让进").check()
    sheet.get_by_role("button", name="提交").click()
    expect(sheet.locator(".thanks")).to_contain_text("谢谢，已收到")
    receipt = re.search(r"[0-9a-f]{32}", sheet.inner_text()).group()
    with street.database.engine.begin() as connection:
        [(kind, station)] = connection.execute(
            text("SELECT kind, station_id FROM station_report WHERE receipt = :r"), {"r": receipt}
        ).all()
        connection.execute(
            text(
                "UPDATE station_report SET state = 'confirmed', answer = '已换门禁' "
                "WHERE receipt = :r"
            ),
            {"r": receipt},
        )
    assert (kind, station) == ("refused", MENDED)
    phone.keyboard.press("Escape")
    phone.locator("#open-settings").click()
    phone.get_by_role("button", name="看处理结果").click()
    expect(phone.locator(".mine li").first).to_contain_text("已核实，情况属实 · 已换门禁")


def test_the_map_comes_when_it_is_asked_for(phone):
    assert not [one for one in phone.asked if "/web/map/" in one.url or "maplibre" in one.url]
    phone.locator("#map-open").click()
    expect(phone.locator("#map .nuanyi-mark")).to_have_count(6)
    phone.locator("#map .nuanyi-mark").nth(1).click()
    chosen = phone.evaluate("document.activeElement.closest('[data-id]').dataset.id")
    assert chosen == phone.locator("#list .card").nth(1).get_attribute("data-id")


def test_without_a_map_the_page_goes_on(phone):
    phone.route("**/web/map/**", lambda route: route.abort())
    phone.evaluate("navigator.serviceWorker.getRegistration().then((one) => one?.unregister())")
    phone.locator("#map-open").click()
    expect(phone.locator("#map-said")).to_contain_text("列表照常可用")
    expect(phone.locator(".card.first")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_look_follows_the_phone_until_one_chooses(phones, scheme):
    page = phones(located=False, color_scheme=scheme)
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", scheme)
    page.locator("#open-settings").click()
    other = "白天" if scheme == "dark" else "夜间"
    page.locator("dialog").get_by_label(other, exact=True).check()
    expect(root).to_have_attribute("data-theme", "light" if scheme == "dark" else "dark")
    page.locator("dialog").get_by_label("特大").check()
    page.locator("dialog").get_by_label("高对比度").check()
    page.reload()
    expect(root).to_have_attribute("data-size", "largest")
    expect(root).to_have_attribute("data-contrast", "more")
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "22.4px"


def test_everything_on_the_phone_can_be_erased(phone):
    phone.locator(".card.first").get_by_role("button", name="收藏").click()
    phone.locator("#open-settings").click()
    phone.get_by_role("button", name="清除手机上的全部记录").click()
    expect(phone.locator("dialog [role=status]")).to_have_text("已清除")
    kept = phone.evaluate("JSON.parse(localStorage.getItem('nuanyi'))")
    assert kept["saved"] == []


def test_another_station_far_away_is_still_reached_by_its_link(phones):
    page = phones(path=f"/#s={SHOWER}")
    card = page.locator("#list .card")
    expect(card.locator(".way")).to_contain_text("公里")


@pytest.mark.parametrize("link", ["/#%", "/#50%", "/#%E4%B"])
def test_a_link_that_is_none_of_the_pages_shows_what_is_nearby(phones, link):
    page = phones(path=link)
    expect(page.locator("#list .card")).to_have_count(6)


@pytest.mark.parametrize("link", ["/#s=0012345678", "/#a=9999999999999999"])
def test_a_link_with_an_odd_number_says_that_nothing_is_there(phones, link):
    page = phones(path=link)
    expect(page.get_by_role("button", name="看附近的驿站")).to_be_visible()
    expect(page.locator("#list .waiting")).to_have_count(0)


def test_where_the_phone_is_lost_the_list_comes_anew_from_where_it_was(phone):
    phone.context.clear_permissions()
    asked = len(phone.asked)
    phone.locator("#again").click()
    expect(phone.locator("#where")).to_contain_text("现在定不到位")
    phone.wait_for_timeout(500)
    assert any("/api/stations" in one.url for one in phone.asked[asked:])
    expect(phone.locator("#list .card")).to_have_count(6)


def test_letters_twice_as_large_stay_on_the_screen(phones):
    page = phones(path="/?lang=en", viewport={"width": 360, "height": 740})
    page.locator(".card.first").wait_for()
    for size in ("200%", "300%"):
        page.evaluate("size => { document.documentElement.style.fontSize = size; }", size)
        page.wait_for_timeout(100)
        for name in ("html", "#views"):
            wide = page.evaluate("name => document.querySelector(name).scrollWidth", name)
            assert wide <= 360, (size, name, wide)
        links = page.locator("#views a").all()
        assert max(box["x"] + box["width"] for one in links if (box := one.bounding_box())) <= 360
