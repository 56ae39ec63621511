"""Cards: hours in words, nothing cut silently, a code that says what it should."""

from datetime import date

import numpy as np
import pytest
import zxingcpp
from hostile import HOSTILE_NAME
from hypothesis import given, settings
from hypothesis import strategies as st
from opening_hours import OpeningHours

from geo.errors import Invalid
from geo.schema.stations import SERVICES
from maps.cards import (
    MOST,
    AreaOnCard,
    Document,
    StationOnCard,
    area_pages,
    hours_in_words,
    qr,
    sign_uri,
    station_page,
)
from maps.texts import LANGUAGES

HERE = Document("https://nuanyi.example", "zh")


def station(number: int = 42, **more) -> StationOnCard:
    facts = {
        "id": number,
        "name": "人民路暖心驿站",
        "kind": "warm_station",
        "address": "人民路1号",
        "hours_text": "周一至周五 08:30-17:30",
        "opening_hours": "Mo-Fr 08:30-17:30",
        "access": "public",
        "access_method": "扫码进入",
        "services": ["hot_water", "toilet"],
        "phone": "000-12345678",
        "operator": "某某街道总工会",
        "verified_on": date(2026, 6, 30),
    }
    return StationOnCard(**(facts | more))


# ---------------------------------------------------------------------- codes
def modules(svg: str) -> np.ndarray:
    """The code's modules, drawn from the SVG's path as its grammar says: `M` to a place, `h` a dark
    run, `m` a step."""
    size = int(svg.split('viewBox="0 0 ')[1].split(maxsplit=1)[0])
    dark = np.full((size, size), 255, np.uint8)
    x = y = 0.0
    path = svg.split(' d="')[1].split('"', maxsplit=1)[0]
    for letter, numbers in (
        (part[0], [float(one) for one in part[1:].replace("-", " -").split()])
        for part in path.replace("M", "\nM").replace("h", "\nh").replace("m", "\nm").split("\n")[1:]
    ):
        if letter == "M":
            x, y = numbers
        elif letter == "m":
            x, y = x + numbers[0], y + numbers[1]
        else:
            dark[int(y), int(x) : int(x + numbers[0])] = 0
            x += numbers[0]
    return dark


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 2**53 - 1), st.sampled_from("sa"))
def test_a_code_is_read_back_by_another_library(number, letter):
    address = f"https://nuanyi.example/{'unions/' * (number % 3)}#{letter}={number}"
    picture = np.kron(modules(str(qr(address))), np.ones((6, 6), np.uint8))
    [found] = zxingcpp.read_barcodes(picture)
    assert found.text == address
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    # The quiet zone of four modules is inside.
    assert (picture[:24] == 255).all()
    assert (picture[:, :24] == 255).all()


# ---------------------------------------------------------------------- words
@pytest.mark.parametrize(
    ("opening_hours", "zh", "en"),
    [
        ("24/7", "全天 24 小时", "Open 24 hours, every day"),
        ("Mo-Fr 08:30-17:30", "周一至周五 08:30–17:30", "Mon–Fri 08:30–17:30"),
        (
            "Mo-Fr 09:00-12:00,13:00-18:00; PH off",
            "周一至周五 09:00–12:00, 13:00–18:00；法定节假日 休息",
            "Mon–Fri 09:00–12:00, 13:00–18:00; public holidays closed",
        ),
        ("May-Oct 06:00-22:00", "5月至10月 06:00–22:00", "May–Oct 06:00–22:00"),
        ("07:00-02:00", "07:00–02:00", "07:00–02:00"),
        (None, None, None),
    ],
)
def test_hours_are_told_in_words(opening_hours, zh, en):
    assert opening_hours is None or OpeningHours(opening_hours)
    assert hours_in_words(None, opening_hours, "zh") == zh
    assert hours_in_words(None, opening_hours, "en") == en


def test_hours_are_shown_as_written_where_that_is_surer():
    assert hours_in_words("工作日9点到18点", "Mo-Fr 09:00-18:00; PH off", "zh") == "工作日9点到18点"
    assert hours_in_words("以现场公告为准", None, "en") == "以现场公告为准"
    vague = 'Mo-Fr unknown "未注明"; PH off'
    assert hours_in_words("工作日开放", vague, "en") == "工作日开放"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_card_says_what_one_needs_and_where_its_code_leads(language):
    page = station_page(station(), Document("https://nuanyi.example", language))
    for part in ("人民路暖心驿站", "人民路1号", "000-12345678", "某某街道总工会", "2026-06-30"):
        assert part in page
    assert "<script" not in page
    assert "style=" not in page
    assert ("位置只用于当次查询，不保存" if language == "zh" else "is not stored") in page
    assert ("热水" if language == "zh" else "Hot water") in page


def test_unknown_facts_are_told_as_unknown():
    bare = station(
        hours_text=None, opening_hours=None, access="unknown", services=[], verified_on=None,
        phone=None, address=None, operator=None, access_method=None,
    )  # fmt: skip
    page = station_page(bare, HERE)
    for said in ("未知，请先打电话或到现场询问", "是否对外开放未知", "未登记", "尚未核实"):
        assert said in page


def test_a_hostile_name_is_a_name():
    for page in (
        station_page(station(name=HOSTILE_NAME, operator=HOSTILE_NAME), HERE),
        area_pages(AreaOnCard(1, HOSTILE_NAME, "subdistrict", 1), [station()], HERE, total=1),
    ):
        assert "<img src=x" not in page
        assert "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;" in page


def test_what_is_too_long_is_cut_where_one_can_see_it():
    page = station_page(station(name="驿" * 300, hours_text="时" * 500), HERE)
    assert "驿" * 71 + "…" in page
    assert "时" * 149 + "…" in page


# ---------------------------------------------------------------------- sheets
def test_an_area_has_its_own_card_and_one_a_station_four_to_a_sheet():
    area = AreaOnCard(7, "云石街道", "subdistrict", 9)
    page = area_pages(area, [station(at) for at in range(1, 10)], HERE, total=9)
    assert page.count('<article class="card') == 10
    assert page.count('<div class="sheet">') == 3
    assert "9 个驿站" in page
    assert "这一份是其中" not in page


def test_a_part_of_an_area_says_so_and_leads_to_the_next():
    area = AreaOnCard(7, "云石街道", "subdistrict", 350)
    some = [station(at) for at in range(1, MOST + 1)]
    page = area_pages(
        area, some, HERE, total=350, links=[("/cards/area/7?after=x&lang=zh", "card.next_part")]
    )
    assert "共 350 个驿站，这一份是其中 200 个" in page
    assert 'href="/cards/area/7?after=x&amp;lang=zh"' in page
    later = area_pages(area, some[:150], HERE, total=350, begins=False)
    assert later.count('<article class="card area') == 0


def test_a_standalone_file_carries_its_styles_and_a_policy():
    document = Document("https://nuanyi.example", "zh", standalone=True)
    page = area_pages(AreaOnCard(7, "云石街道", "subdistrict", 1), [station()], document, total=1)
    assert "<link" not in page
    assert "@page" in page
    assert "default-src 'none'" in page


def test_an_address_that_only_this_machine_can_open_is_told():
    for address in ("http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"):
        assert "只有这台电脑能打开" in station_page(station(), Document(address, "zh"))
    assert "只有这台电脑能打开" not in station_page(station(), HERE)


# ---------------------------------------------------------------------- the union's sign
def test_the_unions_sign_is_printed(tmp_path):
    sign = tmp_path / "sign.svg"
    sign.write_text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
    page = station_page(station(), Document("https://nuanyi.example", "zh", sign_uri(sign)))
    assert 'alt="工会标识"' in page
    assert "data:image/svg+xml;base64," in page
    assert "alert(1)" not in page


@pytest.mark.parametrize(
    ("name", "content"),
    [("sign.gif", b"GIF89a"), ("sign.png", b"no picture"), ("sign.svg", b"x" * 600_000)],
)
def test_a_sign_that_is_no_picture_is_refused(tmp_path, name, content):
    path = tmp_path / name
    with pytest.raises(Invalid):
        sign_uri(path)
    path.write_bytes(content)
    with pytest.raises(Invalid):
        sign_uri(path)


def test_every_service_has_room_on_a_card():
    page = station_page(station(services=SERVICES), HERE)
    assert page.count("<li>") == len(SERVICES)
