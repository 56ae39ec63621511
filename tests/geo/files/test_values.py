"""Numbers, dates, words and lists out of text."""

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.files.choices import choices, normal
from geo.files.values import booleans, choice, dates, integers, numbers, plain, services, text
from geo.schema import ACCESS, HOST_TYPES, SERVICES, STATION_KINDS, UNION_STATES
from geo.schema.areas import AREA_KINDS


def column(*cells):
    return pd.Series(list(cells), dtype=pd.StringDtype("pyarrow"))


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_every_float_python_writes_is_read_as_it_is(values):
    read = numbers(column(*(repr(value) for value in values)))
    assert read.faults == ()
    np.testing.assert_array_equal(read.floats(), np.array(values))


@settings(deadline=None)
@given(st.lists(st.integers(-(2**31) + 1, 2**31 - 1), min_size=1))
def test_every_integer_is_read_in_each_way_of_writing(values):
    for shape in ("{}", "{:,}", " {} ", "{}.0", "{}人", "{:+d}"):
        assert integers(column(*(shape.format(v) for v in values))).values.to_pylist() == values


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("３０", 30),
        ("30㎡", 30),
        ("30 平方米", 30),
        ("3万", 30_000),
        ("1.5万元", 15_000),
        ("1,234.5", 1234.5),
        ("+5", 5),
        (".5", 0.5),
        ("5.", 5),
        ("1.2E3", 1200),
    ],
)
def test_numbers_as_people_write_them(cell, value):
    assert numbers(column(cell)).values.to_pylist() == [value]


@pytest.mark.parametrize(
    "cell", ["约30", "1,23", "万", "e5", "12-15", "三十", "1.2.3", "--", "5人左右"]
)
def test_what_is_no_number_is_a_fault_or_nothing_and_never_a_guess(cell):
    read = numbers(column(cell, "7"))
    assert read.values.to_pylist() == [None, 7]
    assert read.bad[0] or cell == "--"
    assert not read.bad[1]


@pytest.mark.parametrize(
    "cell", ["", " ", "\u3000", "无", "/", "-", "——", "N/A", "n.a.", "NULL", "#N/A", "不详", None]
)
def test_words_for_nothing_are_missing_and_no_fault(cell):
    for parse in (integers, numbers, dates):
        read = parse(column(cell))
        assert read.values.to_pylist() == [None]
        assert read.faults == ()
        assert read.missing.tolist() == [True]


def test_bounds_hold_and_are_told():
    read = integers(column("-1", "0", "5", "11", "25.5"), minimum=0, maximum=10)
    assert read.values.to_pylist() == [None, 0, 5, None, None]
    assert len(read.faults) == 1
    assert read.bad.tolist() == [True, False, False, True, True]
    assert "0" in read.faults[0].remedy
    assert "10" in read.faults[0].remedy


def test_a_broken_count_is_no_whole_number():
    read = integers(column("25.5", "25.0", "0.3万"))
    assert read.values.to_pylist() == [None, 25, 3000]
    assert "整数" in read.faults[0].reason_zh


def test_a_header_in_ten_thousands_scales_exactly():
    assert integers(column("0.29", "1.1"), scale=10_000).values.to_pylist() == [2900, 11_000]


DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31))


@settings(deadline=None)
@given(st.lists(DAYS, min_size=1))
def test_a_day_is_read_in_each_way_of_writing_it(days):
    shapes = (
        "{0:%Y-%m-%d}",
        "{0:%Y/%m/%d}",
        "{0.year}/{0.month}/{0.day}",
        "{0.year}.{0.month}.{0.day}",
        "{0.year}年{0.month}月{0.day}日",
        "{0:%Y%m%d}",
        "{0:%Y-%m-%d} 00:00:00",
        "{0:%Y-%m-%d}T08:30:00Z",
    )
    for shape in shapes:
        read = dates(column(*(shape.format(day) for day in days)))
        assert read.faults == ()
        assert read.values.to_pylist() == days


@settings(deadline=None)
@given(st.dates(dt.date(1928, 1, 1), dt.date(2100, 12, 31)))
def test_the_serial_numbers_of_spreadsheets_are_days(day):
    serial = (day - dt.date(1899, 12, 30)).days
    assert dates(column(str(serial), f"{serial}.5")).values.to_pylist() == [day, day]


@pytest.mark.parametrize(
    "cell",
    ["2021-02-30", "2021/13/01", "2021年3月", "2021", "5/3/2021", "21-3-5", "去年", "1800-01-01"],
)
def test_a_day_that_is_none_is_a_fault(cell):
    read = dates(column(cell))
    assert read.values.to_pylist() == [None]
    assert read.bad.tolist() == [True]


@settings(deadline=None)
@given(st.integers(1, 9999), st.integers(0, 15), st.integers(0, 40))
def test_the_calendar_agrees_with_pythons(year, month, day):
    try:
        expected = dt.date(year, month, day)
    except ValueError:
        expected = None
    read = dates(column(f"{year:04d}-{month}-{day}"), earliest="0001-01-01", latest="9999-12-31")
    assert read.values.to_pylist() == [expected]
    assert read.bad.tolist() == [expected is None]


def test_yes_and_no():
    read = booleans(
        column("是", "否", "有", "无", "Y", "n", "同意", "不同意", "1", "0", "√", None, "-")
    )
    assert read.values.to_pylist() == [True, False] * 5 + [True, None, None]
    assert read.faults == ()
    assert booleans(column("可能", "是")).bad.tolist() == [True, False]


def test_text_loses_what_cannot_be_seen_and_nothing_else():
    read = text(column("  云杉\u3000", "一\r\n二", "a\x00b\u200bc", "\ufeff", "Ａ１（甲）", None))
    assert read.values.to_pylist() == ["云杉", "一 二", "abc", None, "Ａ１（甲）", None]


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=("Cs",)))))
def test_text_never_holds_a_control_character(cells):
    for cell in text(column(*cells)).values.to_pylist():
        assert cell is None or cell == cell.strip()
        assert cell is None or not any(ord(c) < 32 or ord(c) == 127 for c in cell)


def test_codes_become_half_width():
    assert plain(column("ＡＢ１２　", "ab", "无")).to_pylist() == ["AB12", "ab", None]


@pytest.mark.parametrize(
    ("name", "cell", "value"),
    [
        ("station_kind", "户外劳动者服务站点", "warm_station"),
        ("station_kind", "司机之家（标准型）", "driver_rest_home"),
        ("station_kind", "母婴关爱室", "mother_baby_room"),
        ("station_kind", "workers_home", "workers_home"),
        ("access", "所有户外劳动者", "public"),
        ("access", "工会会员", "members"),
        ("access", "内部职工", "internal"),
        ("union_type", "独立", "own"),
        ("union_type", "联 合", "joint"),
        ("union_state", "已建会", "unionised"),
        ("union_state", "未建会", "none"),
        ("union_state", "筹备中", "in_preparation"),
        ("worker_group", "快递员", "courier"),
        ("worker_group", "环卫工人", "sanitation_worker"),
        ("day_class", "工作日", "workday"),
        ("day_class", "不限", "any"),
        ("area_kind", "街道", "subdistrict"),
        ("area_kind", "industrial_park", "industrial_park"),
        ("host_type", "便利店", "shop"),
    ],
)
def test_words_mean_what_people_mean(name, cell, value):
    assert choice(column(cell), name).values.to_pylist() == [value]


def test_a_word_that_is_not_known_is_a_fault_or_what_was_asked_for():
    read = choice(column("独立", "分离", None), "union_type")
    assert read.values.to_pylist() == ["own", None, None]
    assert read.bad.tolist() == [False, True, False]
    assert "独立" in read.faults[0].remedy_zh
    read = choice(column("独立", "分离", "分离"), "union_type", otherwise="joint")
    assert read.values.to_pylist() == ["own", "joint", "joint"]
    assert read.faults == ()
    assert dict(read.unknown) == {"分离": 2}


def test_the_values_of_choices_are_those_of_the_tables():
    table = choices()
    assert set(table["service"].values()) == set(SERVICES)
    assert set(table["station_kind"].values()) == set(STATION_KINDS)
    assert set(table["access"].values()) == set(ACCESS)
    assert set(table["host_type"].values()) == set(HOST_TYPES)
    assert set(table["area_kind"].values()) == set(AREA_KINDS)
    assert set(table["union_state"].values()) == {*UNION_STATES, "unionised"}
    assert table["service"][normal("Wi-Fi")] == "wifi"


def test_services_are_split_known_and_in_order():
    read = services(
        column("饮水、空调、休息座椅、手机充电、Wi-Fi、急救药品", "AED/热水；瑜伽", None, "无")
    )
    assert read.values.type == pa.list_(pa.string())
    assert read.values.to_pylist() == [
        ["drinking_water", "rest", "air_conditioning", "phone_charging", "wifi", "first_aid"],
        ["hot_water", "defibrillator"],
        [],
        [],
    ]
    assert dict(read.unknown) == {"瑜伽": 1}


def test_every_service_of_the_real_stations_is_known(shared_data):
    frame = pd.read_csv(
        shared_data / "stations" / "zhengzhou_gcj02.csv", dtype=pd.StringDtype("pyarrow")
    )
    read = services(frame["服务设施"])
    assert dict(read.unknown) == {}
    assert all(read.values.to_pylist())


@pytest.mark.parametrize("parse", [integers, numbers, dates, booleans, text, services])
def test_a_column_of_no_rows_is_no_trouble(parse):
    assert len(parse(column()).values) == 0
