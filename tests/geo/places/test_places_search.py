"""Finding places however they are typed, against pypinyin and rapidfuzz called directly."""

import functools
import time
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hostile import HOSTILE_NAME
from hypothesis import assume, example, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from pypinyin import lazy_pinyin
from rapidfuzz.distance import OSA

from geo.places.folding import fold
from geo.places.index import build
from geo.places.positions import typed_position
from geo.places.search import MOST, find
from geo.places.table import (
    AREA,
    BRAND,
    BUILDING,
    HOST,
    STATION,
    STREET,
    Parts,
    put_together,
)
from geo.sample.names import BRANDS, STREET_ENDINGS, WORDS

LON, LAT = 101.0, 40.2
TRYING = trying(max_examples=60, deadline=None)  # the first one makes the index
ENOUGH = MOST // 2  # so many others just as near, and one need not be among those shown
KNOWN = [
    *("人民路", "重庆路", "长安街", "朝阳门外大街", "十里堡", "莘庄地铁站", "绿地中心", "音乐厅"),
    *("工会驿站(高新区雪松路大药房)", "KFC餐厅", "Hauptstraße", "Karl Marx Allee", "1912街区"),
    *("Ñuñoa", "улица Ленина", "명동길", "شارع الملك", "A座", HOSTILE_NAME, "臺灣路", "x" * 300),
    *("二七广场", "二七塔", "五一路", "五四路", "中原区", "科学大道", "银行学校", "校长路"),
]


def table_of(names, kind=BUILDING, **more):
    count = len(names)
    rng = np.random.default_rng(5)
    none = np.full(count, -1, dtype=np.int32)
    parts = Parts(
        kind,
        np.arange(count),
        pa.array(names, pa.string()),
        LON + rng.random(count),
        LAT + rng.random(count),
        **more,
    )
    return put_together([parts], none, none)


def index_of(*names, **more):
    return build(table_of(list(names), **more))


@functools.cache
def invented():
    """3,000 invented names of streets and shops, and the odd ones above."""
    rng = np.random.default_rng(7)
    streets = [
        WORDS[a] + STREET_ENDINGS[b]
        for a, b in zip(rng.integers(0, len(WORDS), 1500), rng.integers(0, 5, 1500), strict=True)
    ]
    shops = [
        WORDS[a] + BRANDS[b] + "便利店"
        for a, b in zip(
            rng.integers(0, len(WORDS), 1500), rng.integers(0, len(BRANDS), 1500), strict=True
        )
    ]
    names = list(dict.fromkeys([*KNOWN, *streets, *shops]))
    return names, build(table_of(names))


def found(typed: str, limit: int = MOST, **more) -> list[str]:
    return [one.name for one in find(invented()[1], typed, limit=limit, **more)]


@functools.cache
def spelled(text: str) -> list[str]:
    """An independent spelling: pypinyin, one text at a time."""
    folded = fold([text]).text(0)
    return lazy_pinyin(folded, errors=list)


@functools.cache
def letters_of_all() -> list[str]:
    return ["".join(spelled(name)) for name in invented()[0]]


@functools.cache
def folded_names() -> list[str]:
    folded = fold(invented()[0])
    return [folded.text(number) for number in range(len(folded))]


any_name = st.integers(0, len(invented()[0]) - 1).map(lambda at: invented()[0][at])
chinese = any_name.filter(lambda name: all("一" <= one <= "鿿" for one in name))


# ---------------------------------------------------------------------- the name itself
@given(any_name)
@TRYING
def test_a_name_is_found_first_by_itself(name):
    assert found(name)[0] == name


@given(chinese)
@TRYING
def test_a_name_is_found_first_by_its_pinyin(name):
    typed = "".join(spelled(name))
    same = letters_of_all().count(typed)
    assert name in found(typed)[:same]
    assert name in found(" ".join(spelled(name)))[:same]
    assert name in found("'".join(spelled(name)).upper())[:same]


@given(chinese.filter(lambda name: len(name) > 2))
@TRYING
def test_a_name_is_found_by_its_initials_among_those_that_have_the_same(name):
    initials = "".join(one[0] for one in spelled(name))
    rivals = [
        other
        for other in invented()[0]
        if "".join(one[0] for one in spelled(other)) == initials
        # What is spelled so, or begins so, is meant just as well.
        or "".join(spelled(other)).startswith(initials)
    ]
    assume(len(rivals) <= MOST)
    assert name in found(initials)[: len(rivals)]


@given(chinese.filter(lambda name: len(name) > 2), st.data())
@TRYING
def test_a_name_is_found_by_characters_and_letters_mixed(name, data):
    at = data.draw(st.integers(1, len(name) - 1))
    syllables = spelled(name)
    typed = name[:at] + "".join(syllables[at:])
    assert name in found(typed)[: letters_of_all().count("".join(syllables))]
    # Syllables begun, not finished: ren m lu.
    cut = [one[: data.draw(st.integers(1, len(one)))] for one in syllables]
    results = found("".join(cut))
    assert name in results or len(results) == MOST


@given(chinese.filter(lambda name: len(name) > 2), st.data())
@TRYING
def test_a_name_is_found_by_a_part_of_it(name, data):
    start = data.draw(st.integers(0, len(name) - 2))
    stop = data.draw(st.integers(start + 2, len(name)))
    part = name[start:stop]
    folded = fold([part]).text(0)
    holding = sum(folded in other for other in folded_names())
    assume(holding <= MOST)
    assert name in found(part)[:holding]


@given(any_name)
@TRYING
def test_width_case_and_blanks_change_nothing(name):
    full = "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in name)
    spaced = f"  {name.upper()} "
    for typed in (full, spaced):
        assume(unicodedata.normalize("NFKC", typed).strip().casefold() == name.casefold())
        assert found(typed)[0] == name


# ---------------------------------------------------------------------- slips of the finger
def edited(text: str, data, letters: str) -> str:
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(letters))
    kind = data.draw(st.sampled_from(["drop", "add", "change", "swap"]))
    if kind == "drop":
        return text[:at] + text[at + 1 :]
    if kind == "add":
        return text[:at] + other + text[at:]
    if kind == "change":
        return text[:at] + other + text[at + 1 :]
    return text[:at] + text[at : at + 2][::-1] + text[at + 2 :]


def as_near(typed: str, target: str, spellings: list[str]) -> set[int]:
    """Which spellings hold what was typed, or are no further from it than the target."""
    away = OSA.distance(typed, target)
    return {
        number
        for number, one in enumerate(spellings)
        if typed in one or OSA.distance(typed, one, score_cutoff=away) <= away
    }


@given(chinese, st.data())
@TRYING
def test_a_name_is_found_with_a_slip_in_its_pinyin(name, data):
    target = letters_of_all()[invented()[0].index(name)]
    typed = edited(target, data, "abcdefghijklmnopqrstuvwxyz")
    assume(len(typed) > 5)
    assert name in found(typed) or len(as_near(typed, target, letters_of_all())) > ENOUGH


@given(chinese.filter(lambda name: len(name) > 3), st.data())
@TRYING
def test_a_name_is_found_with_a_slip_in_its_characters(name, data):
    typed = edited(name, data, "人民路长安街中天大小上下")
    sounds = letters_of_all()[invented()[0].index(name)]
    # Another name may sound more like what was typed than this one looks like it.
    rivals = as_near(typed, name, invented()[0])
    rivals |= as_near("".join(spelled(typed)), sounds, letters_of_all())
    assert name in found(typed) or len(rivals) > ENOUGH


def test_two_slips_in_a_long_name_are_forgiven():
    for typed in ("chaoyngmenwaidajei", "chaoyangmenwadajje", "kexuedaddao", "erqiguangchagn"):
        assert found(typed)[0] in ("朝阳门外大街", "科学大道", "二七广场"), typed
    assert found("hauptstrase")[0] == "Hauptstraße"
    assert found("karl max alee")[0] == "Karl Marx Allee"


# ---------------------------------------------------------------------- Chinese
@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("仁民路", "人民路"),
        ("人民璐", "人民路"),
        ("chongqinglu", "重庆路"),
        ("zhongqinglu", "重庆路"),
        ("changanjie", "长安街"),
        ("chang'an jie", "长安街"),
        ("chaoyangmen", "朝阳门外大街"),
        ("zhaoyangmen", "朝阳门外大街"),
        ("shilipu", "十里堡"),
        ("shilibao", "十里堡"),
        ("xinzhuang", "莘庄地铁站"),
        ("lvdi", "绿地中心"),
        ("lüdì", "绿地中心"),
        ("ludi", "绿地中心"),
        ("yinyueting", "音乐厅"),
        ("yinhang", "银行学校"),
        ("xiaozhanglu", "校长路"),
        ("台湾路", "臺灣路"),
        ("銀行學校", "银行学校"),
        ("taiwanlu", "臺灣路"),
        ("kfcct", "KFC餐厅"),
        ("ＫＦＣ餐厅", "KFC餐厅"),
        ("kfc can ting", "KFC餐厅"),
        ("1912", "1912街区"),
        ("rénmínlù", "人民路"),
        ("人民lu", "人民路"),
        ("renmin路", "人民路"),
        ("人mlu", "人民路"),
        ("karlmarx", "Karl Marx Allee"),
        ("kma", "Karl Marx Allee"),
        ("nunoa", "Ñuñoa"),
        ("ленина", "улица Ленина"),
        ("高新区雪松路", "工会驿站(高新区雪松路大药房)"),
        ("工会驿站雪松路", "工会驿站(高新区雪松路大药房)"),
        ("Hauptstrasse", "Hauptstraße"),
        ("strasse", "Hauptstraße"),
    ],
)
def test_people_type_in_many_ways(typed, name):
    assert found(typed)[0] == name


def test_the_same_characters_come_before_the_same_sounds():
    index = index_of("仁民路", "人民路", "壬民路")
    assert find(index, "人民路")[0].name == "人民路"
    assert find(index, "仁民路")[0].name == "仁民路"
    assert len(find(index, "人民路")) == 3


def test_exact_comes_before_beginning_before_inside_before_alike():
    index = index_of("人民路", "人民路小学", "新人民路", "人民道", "无关")
    assert [one.name for one in find(index, "人民路")] == [
        "人民路",
        "人民路小学",
        "新人民路",
        "人民道",
    ]
    scores = [one.score for one in find(index, "人民路")]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_a_number_is_not_the_beginning_of_a_longer_one():
    index = index_of("人民路123号楼", "人民路12号楼")
    assert find(index, "人民路12")[0].name == "人民路12号楼"


def test_the_nearer_of_two_equals_comes_first():
    index = index_of("人民路", "人民路", "人民路")
    for number in range(3):
        at = (float(index.table.lon[number]), float(index.table.lat[number]))
        assert find(index, "人民路", near=at)[0].id == number
        assert find(index, "rml", near=at)[0].id == number


def test_of_equals_the_larger_area_comes_first():
    index = index_of(
        "云溪", "云溪", kind=AREA, square_metres=np.array([1e4, 1e8]), type=pa.array([None, None])
    )
    assert [one.id for one in find(index, "云溪")] == [1, 0]


def test_hosts_and_brands_find_their_stations():
    index = index_of(
        "一号驿站",
        "二号驿站",
        kind=STATION,
        further={
            HOST: pa.array(["工商银行", None]),
            BRAND: pa.array(["爱心港湾", "爱心港湾"]),
        },
    )
    assert [one.id for one in find(index, "gongshangyinhang")] == [0]
    assert sorted(one.id for one in find(index, "axgw")) == [0, 1]


def test_the_nearest_house_number_of_a_street_comes_first():
    numbers = [2, 8, 14, 40, 300]
    index = index_of(
        *[f"{number}号驿站所在" for number in numbers],
        kind=STATION,
        address=pa.array([f"人民路{number}号" for number in numbers]),
    )
    assert numbers[find(index, "人民路8号")[0].id] == 8
    assert numbers[find(index, "人民路13号")[0].id] == 14
    assert numbers[find(index, "人民路299号")[0].id] == 300


@functools.cache
# ---------------------------------------------------------------------- any text at all
@given(st.text(max_size=64))
@example("😀🚀")
@example("\ud800\udfff")
@example("ا" * 64)
@example("\u202eevil\u202c")
@example("e" + "\u0301" * 63)
@example("'; DROP TABLE station; --")
@example(HOSTILE_NAME)
@example("\0\n\r\t")
@example("ﷺ" * 64)
@example("ǆ㎏①Ⅷ½")
@example("路" * 64)
@example("a" * 64)
@example("1" * 64)
@example("zhuang" * 10)
@TRYING
def test_any_text_is_answered(text):
    for near in (None, (0.0, 0.0), (180.0, 90.0)):
        for one in find(invented()[1], text, near=near):
            assert 0 <= one.score <= 1
    typed_position(text, None)


@given(st.lists(st.text(max_size=40), min_size=1, max_size=30))
@TRYING
def test_any_names_can_be_indexed_and_are_found_by_themselves(names):
    index = build(table_of(names))
    folded = fold(names)
    for number, name in enumerate(names):
        if not folded.text(number):
            assert find(index, name) == []
            continue
        first = find(index, name, limit=1)[0]
        assert fold([first.name]).text(0) == folded.text(number)


def test_a_long_row_of_syllables_takes_no_long_time():
    started = time.process_time()
    for typed in ("zhuang" * 10, "an" * 32, "路" * 64, "a" * 64, "人民路" * 21):
        find(invented()[1], typed)
    assert time.process_time() - started < 5


# ---------------------------------------------------------------------- spelling
def test_names_are_spelled_as_pypinyin_spells_them():
    names, index = invented()
    ours = [index.forms.text(number) for number in range(index.names)]
    texts = [index.folded.text(number) for number in range(index.names)]
    wrong = [
        (text, one, "".join(lazy_pinyin(text)))
        for text, one in zip(texts, ours, strict=True)
        if all("一" <= letter <= "鿿" for letter in text) and one != "".join(lazy_pinyin(text))
    ]
    # 朝阳 is a name here, not the morning sun; no more than one name in a hundred differs.
    assert len(wrong) < len(names) / 100, wrong[:20]


def test_streets_and_shops_are_told_apart_by_kind():
    index = build(table_of(["人民路"], kind=STREET))
    [one] = find(index, "人民路")
    assert (one.kind, one.type, one.detail) == ("street", None, None)
