"""The list: minutes first, an open door, what is known and what is doubted."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from hostile import HOSTILE_NAME
from playwright.sync_api import expect
from served import SOUTH, WEST
from worker_street import DOUBTED, LAT, LON, NEAREST, SHOWER, SHUT, UNSURE, next_opening

from geo.coordinates import to_wgs84


def card(page, number):
    return page.locator(f'#list [data-id="{number}"]')


def test_who_has_said_yes_before_is_asked_nothing_and_sees_the_nearest_first(phone):
    expect(phone.locator("#ask-place")).to_be_hidden()
    first = phone.locator(".card").first
    expect(first).to_have_attribute("data-id", str(NEAREST))
    expect(first.locator("h3")).to_have_text("暖心驿站（人民路）")
    # 125 m at 1.25 m/s along the street.
    expect(first.locator(".way")).to_have_text(re.compile(r"2分钟1[23]0 米"))
    expect(first.locator(".state")).to_have_text("24 小时开放")
    expect(first).to_contain_text("户外劳动者都能进 · 直接进入")
    services = first.locator(".services li")
    expect(services).to_have_text(["热水", "热饭", "手机充电", "休息"])
    expect(services.locator("svg.icon")).to_have_count(4)
    expect(first.locator("text=核实")).to_be_visible()
    expect(phone.locator("#aloud")).to_contain_text("由近及远")
    # Never a station that lets nobody in, or one that is shut for repair.
    expect(card(phone, 10)).to_have_count(0)
    expect(card(phone, SHUT)).to_have_count(0)
    expect(card(phone, UNSURE)).to_have_count(0)


def test_the_first_visit_asks_with_one_large_button(phones):
    page = phones(located=False)
    button = page.locator("#locate")
    expect(button).to_be_visible()
    expect(button).to_have_text("找最近的驿站")
    assert button.bounding_box()["height"] >= 72
    assert not [one for one in page.asked if "nearest" in one.url]
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"longitude": LON, "latitude": LAT})
    button.click()
    expect(page.locator(".card.first")).to_be_visible()


def test_whoever_refuses_a_position_types_a_place(phones):
    page = phones(located=False)
    page.locator("#locate").click()
    field = page.locator("#place-search input")
    expect(field).to_be_visible()
    expect(page.locator("#said")).to_contain_text("定位")
    with page.expect_request("**/api/places*") as asked:
        field.fill("人民路51")
    assert "q=" not in asked.value.url
    assert asked.value.headers["nuanyi-query"] == "%E4%BA%BA%E6%B0%91%E8%B7%AF51"
    page.locator(".places button", has_text="暖心驿站（人民路）").first.click()
    expect(page.locator(".card.first")).to_have_attribute("data-id", str(NEAREST))
    expect(page.locator("#where")).to_have_text("暖心驿站（人民路）")


def test_what_was_found_before_goes_when_a_search_fails(phones):
    page = phones(located=False)
    page.locator("#place-open").click()
    field = page.locator("#place-search input")
    field.fill("人民路51")
    expect(page.locator(".places button").first).to_be_visible()
    page.route("**/api/places*", lambda route: route.abort())
    field.fill("人民路510")
    expect(page.locator("#place-search [role=status]")).to_have_text("连接不上，请稍后再试。")
    expect(page.locator(".places button")).to_have_count(0)


@pytest.mark.parametrize(("lang", "note"), [("zh", "写反了，已对调"), ("en", "looked swapped")])
def test_a_position_that_was_turned_is_said_to_be(phones, lang, note):
    page = phones(located=False, path=f"/?lang={lang}")
    page.locator("#place-open").click()
    page.locator("#place-search input").fill(f"{LAT},{LON}")
    expect(page.locator(".places button")).to_have_count(1)
    expect(page.locator("#place-search [role=status]")).to_contain_text(note)


def test_a_wish_is_met_and_kept(phone):
    chip = phone.get_by_role("button", name="热饭")
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(phone.locator("#said")).to_have_text("1 个")
    expect(phone.locator("#list .card")).to_have_count(1)
    expect(card(phone, NEAREST)).to_be_visible()
    phone.reload()
    expect(phone.get_by_role("button", name="热饭")).to_have_attribute("aria-pressed", "true")
    expect(phone.locator("#list .card")).to_have_count(1)
    phone.get_by_role("button", name="清除条件").click()
    expect(phone.locator("#list .card")).to_have_count(6)


def test_shut_and_unsure_stations_are_told_as_such(phone, street):
    phone.get_by_role("button", name="到达时开放").click()
    expect(card(phone, SHUT).locator(".state")).to_have_text(f"{next_opening(street.hours)} 开门")
    expect(card(phone, UNSURE).locator(".state")).to_have_text("开放时间不确定，写的是“问门卫”")


def test_doubts_are_shown_with_their_number(phone):
    doubted = card(phone, DOUBTED)
    expect(doubted.locator(".doubts")).to_contain_text("近两周有 2 人说：该开却没开")
    expect(doubted).to_contain_text("已超过一年")


def test_nothing_found_says_why_and_what_is_beyond(phone):
    phone.locator(".more-filters summary").click()
    phone.get_by_role("button", name="淋浴").click()
    beyond = phone.locator("#beyond")
    expect(beyond).to_contain_text("步行 3 公里内没有符合的：到达时开放 · 淋浴")
    expect(beyond).to_contain_text("远山驿站")
    expect(beyond).to_contain_text("3.7 公里")
    beyond.get_by_role("button", name="看 远山驿站").click()
    expect(card(phone, SHOWER)).to_be_visible()


def test_a_hostile_name_is_a_name(phone):
    phone.get_by_role("button", name="再远一点的").click()
    names = phone.locator("#list h3", has_text=HOSTILE_NAME)
    expect(names.first).to_be_visible()
    assert phone.evaluate("document.querySelectorAll('main img').length") == 0


def test_english_speaks_english(phones):
    page = phones(path="/?lang=en")
    first = page.locator(".card.first")
    expect(first.locator(".state")).to_have_text("Open round the clock")
    expect(first).to_contain_text("Open to all outdoor workers")
    assert page.title().isascii()
    # The choice is kept: the plain address is English from now on.
    page.locator("#open-settings").click()
    page.get_by_label("中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.goto("/?lang=en")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


@pytest.mark.parametrize("maps", ["amap", "baidu", "tencent", "apple"])
def test_each_map_is_given_the_place_in_its_own_system(phones, street, maps):
    page = phones(goto=False)
    answer = page.request.get(f"{street.address}/go/{maps}/{NEAREST}", max_redirects=0)
    assert answer.status == 303
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    place = {
        "amap": lambda: asked["to"][0].split(",")[:2],
        "baidu": lambda: reversed(asked["location"][0].split(",")),
        "tencent": lambda: reversed(asked["tocoord"][0].split(",")),
        "apple": lambda: reversed(asked["daddr"][0].split(",")),
    }[maps]()
    lon, lat = (float(part) for part in place)
    assert abs(lon - (WEST + 0.0515)) > 0.003  # not told as it is stored
    back = to_wgs84(lon, lat, "bd09" if maps == "baidu" else "gcj02")
    assert [float(part) for part in back] == pytest.approx([WEST + 0.0515, SOUTH + 0.05], abs=2e-6)
    assert "暖心驿站（人民路）" in " ".join(value for values in asked.values() for value in values)
    assert page.request.get(f"{street.address}/go/{maps}/31", max_redirects=0).status == 404


def test_a_map_once_chosen_is_one_tap_away(phone):
    first = phone.locator(".card.first")
    first.get_by_role("button", name="导航").click()
    sheet = phone.locator("dialog")
    link = sheet.get_by_role("link", name="高德")
    expect(link).to_have_attribute("href", f"/go/amap/{NEAREST}")
    # Nobody outside is asked in a test: what the press keeps is what counts.
    link.evaluate("link => link.addEventListener('click', (event) => event.preventDefault())")
    link.click()
    expect(sheet).to_have_count(0)
    phone.locator("#again").click()
    again = phone.locator(".card.first").get_by_role("link", name="高德导航")
    expect(again).to_have_attribute("href", f"/go/amap/{NEAREST}")


def test_calling_and_sharing(phone, street):
    first = phone.locator(".card.first")
    first.locator(".more summary").click()
    expect(first.get_by_role("link", name="打电话")).to_have_attribute("href", "tel:03715550001")
    phone.evaluate("delete Navigator.prototype.share")
    first.get_by_role("button", name="分享").click()
    expect(phone.locator("#aloud")).to_have_text("链接已复制")
    copied = phone.evaluate("navigator.clipboard.readText()")
    assert copied.endswith(f"{street.address}/#s={NEAREST}")
    # Whoever sees the page is told as well as who hears it.
    expect(first.locator(".more > p")).to_have_text("链接已复制")
    expect(first.locator(".more > p")).to_be_visible()


@pytest.mark.parametrize(
    ("lang", "hours"),
    [("zh", "开放时间：周一至周日 00:00-24:00"), ("en", "Hours: Mo-Su 00:00-24:00")],
)
def test_the_hours_of_every_day_stand_under_more(phones, lang, hours):
    page = phones(goto=False)

    def told(route):
        answer = route.fetch().json()
        answer["stations"][0] |= {
            "hours_text": "周一至周日 00:00-24:00",
            "opening_hours": "Mo-Su 00:00-24:00",
        }
        route.fulfill(json=answer)

    page.route("**/api/stations/nearest*", told)
    page.goto(f"/?lang={lang}")
    first = page.locator(".card.first")
    first.locator(".more summary").click()
    expect(first.locator(".more")).to_contain_text(hours)
    # Where it is open round the clock its state has said it all.
    other = page.locator(".card").nth(1)
    other.locator(".more summary").click()
    expect(other.locator(".more")).not_to_contain_text(hours[:4])


def test_the_way_is_a_list_of_turns(phone):
    first = phone.locator(".card.first")
    press = first.get_by_role("button", name="怎么走")
    press.click()
    expect(press).to_have_attribute("aria-expanded", "true")
    steps = first.locator(".steps li")
    expect(steps.first).to_contain_text("走")
    expect(steps.last).to_contain_text("暖心驿站（人民路）")
    press.click()
    expect(first.locator(".route")).to_be_hidden()


def test_of_a_way_no_more_lies_off_the_streets_than_it_has(phones):
    """Some 74 m beside the street: both figures are told alike."""
    page = phones(goto=False)
    page.context.set_geolocation({"longitude": LON, "latitude": LAT + 0.000666})
    page.goto("/")
    first = page.locator(".card.first")
    first.wait_for()
    total = int(re.search(r"(\d+) 米", first.locator(".way").inner_text())[1])
    off = int(re.search(r"其中 (\d+) 米不沿街道", first.inner_text())[1])
    assert 60 <= off <= total
    assert off % 10 == 0
