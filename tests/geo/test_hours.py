"""Opening hours: read from what people typed, true on holidays and swapped workdays, never wrongly
open."""

import csv
import json
import logging
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from opening_hours import OpeningHours, State

from geo.errors import InvalidFile
from geo.hours import (
    CLOSED,
    OPEN,
    UNKNOWN,
    Calendar,
    HolidayTable,
    HoursTable,
    normalise,
    normalise_many,
    state_at,
)

CHINA = Calendar(HolidayTable.read())
PLAIN = Calendar(HolidayTable.empty())
STATE = {State.CLOSED: CLOSED, State.OPEN: OPEN, State.UNKNOWN: UNKNOWN}


def state(text, at, calendar=CHINA, **options):
    return int(HoursTable([text], calendar, **options).states(at)[0])


# --- texts that are understood -----------------------------------------------------------------

UNDERSTOOD = {
    # all day
    "24小时": "24/7",
    "全天": "24/7",
    "全天24小时开放": "24/7",
    "24小时营业，全年无休": "24/7",
    "7×24小时": "24/7",
    "0:00-24:00": "24/7",
    "00:00-23:59": "24/7",
    "每天24小时": "24/7",
    # every day
    "08:00-20:00": "08:00-20:00",
    "08:00—20:00": "08:00-20:00",
    "08:00 – 20:00": "08:00-20:00",
    "8:00~20:00": "08:00-20:00",
    "０８：００～２０：００": "08:00-20:00",
    "8：00至18：00": "08:00-18:00",
    "营业时间：07:00-23:00": "07:00-23:00",
    "每天 8:00-20:00": "08:00-20:00",
    "每日8点-20点": "08:00-20:00",
    "全年无休 8:00-20:00": "08:00-20:00",
    "8:00-20:00，中午不休息": "08:00-20:00",
    "星期一至星期日 07:30-22:30": "07:30-22:30",
    "9-12": "09:00-12:00",
    "0830-1730": "08:30-17:30",
    "8.30-17.30": "08:30-17:30",
    "8时30分至17时30分": "08:30-17:30",
    "八点半到十八点": "08:30-18:00",
    "05:00-17:30": "05:00-17:30",
    # weekdays
    "周一至周五 08:30-12:00,13:00-17:30": "Mo-Fr 08:30-12:00,13:00-17:30",
    "周一至周五8:30-12:00，13:00-17:30": "Mo-Fr 08:30-12:00,13:00-17:30",
    "周一到周六 早上8点半-晚上9点": "Mo-Sa 08:30-21:00",
    "周一至五 9:00-17:00": "Mo-Fr 09:00-17:00",
    "周1-周5 9:00-17:00": "Mo-Fr 09:00-17:00",
    "礼拜一到礼拜五 九点到十七点": "Mo-Fr 09:00-17:00",
    "周一、三、五 9:00-11:00": "Mo,We,Fr 09:00-11:00",
    "周一三五 9:00-11:00": "Mo,We,Fr 09:00-11:00",
    "周末 10:00-16:00": "Sa,Su 10:00-16:00",
    "周六日10:00-16:00": "Sa,Su 10:00-16:00",
    "周五至周一 9:00-17:00": "Mo,Fr-Su 09:00-17:00",
    "9:00-17:00(周一至周五),10:00-16:00(周六、周日)": "Mo-Fr 09:00-17:00; Sa,Su 10:00-16:00",
    "8:00-20:00,周末 9:00-18:00": "Mo-Fr 08:00-20:00; Sa,Su 09:00-18:00",
    "8:00-18:00，周末休息": "Mo-Fr 08:00-18:00",
    "周一至周五:上午8:30-12:00,下午13:30-17:30;周六:9:00-12:00;周日休息": (
        "Mo-Fr 08:30-12:00,13:30-17:30; Sa 09:00-12:00"
    ),
    "周一至周五 9:00-17:00\n周六 9:00-12:00": "Mo-Fr 09:00-17:00; Sa 09:00-12:00",
    "周二至周日 9:00-17:00（周一闭馆）": "Tu-Su 09:00-17:00",
    "除周一外每天9:00-17:00": "Tu-Su 09:00-17:00",
    "周一闭馆，9:00-17:00": "Tu-Su 09:00-17:00",
    "每天9:00-17:00，周一休息": "Tu-Su 09:00-17:00",
    "每周一至周五 9:00-17:00": "Mo-Fr 09:00-17:00",
    "每周末 9:00-17:00": "Sa,Su 09:00-17:00",
    "周末不开放，8:00-18:00": "Mo-Fr 08:00-18:00",
    "8:00-18:00（周末不开放）": "Mo-Fr 08:00-18:00",
    # workdays and holidays
    "法定节假日、周末休息，8:00-18:00": "Mo-Fr 08:00-18:00; PH off",
    "工作日 9:00-18:00": "Mo-Fr 09:00-18:00; PH off",
    "9:00-18:00（工作日）": "Mo-Fr 09:00-18:00; PH off",
    "周一至周五（工作日）8:30-17:30": "Mo-Fr 08:30-17:30; PH off",
    "双休日休息，工作日9:00-17:00": "Mo-Fr 09:00-17:00; PH off",
    "每天8:00-20:00（法定节假日除外）": "08:00-20:00; PH off",
    "每天8:00-20:00，节假日休息": "08:00-20:00; PH off",
    "周一至周五 9:00-17:00，法定节假日除外": "Mo-Fr 09:00-17:00; PH off",
    "除法定节假日外，每天8:00-20:00": "08:00-20:00; PH off",
    "8:00-20:00，节假日不休息": "08:00-20:00; PH 08:00-20:00",
    "8:00-20:00，法定节假日9:00-17:00": "08:00-20:00; PH 09:00-17:00",
    "工作日 9:00-18:00，周末及节假日 10:00-16:00": (
        "Mo-Fr 09:00-18:00; Sa,Su 10:00-16:00; PH 10:00-16:00"
    ),
    # parts of the day
    "上午9点到下午5点半": "09:00-17:30",
    "早8点-晚10点": "08:00-22:00",
    "早8:00-晚22:00": "08:00-22:00",
    "上午8:30-12:00，下午2:30-5:30": "08:30-12:00,14:30-17:30",
    "上午:8:30-12:00;下午:14:00-17:30": "08:30-12:00,14:00-17:30",
    "下午2点到5点": "14:00-17:00",
    "中午11:30-1:30": "11:30-13:30",
    "早上6点-晚上12点": "06:00-24:00",
    # over midnight
    "22:00-06:00": "22:00-06:00",
    "18:00-02:00": "18:00-02:00",
    "18:00-次日2:00": "18:00-02:00",
    "晚上8点到凌晨2点": "20:00-02:00",
    "晚10点到6点": "22:00-06:00",
    "10:00-02:00": "10:00-02:00",
    "周五 22:00-02:00，周六 9:00-12:00": "Fr 22:00-02:00, Sa 09:00-12:00",
    # breaks
    "8:00-18:00（12:00-13:30休息）": "08:00-12:00,13:30-18:00",
    "8:00-18:00，午休12:00-14:00": "08:00-12:00,14:00-18:00",
    "8:00-18:00（12:00-14:00午休）": "08:00-12:00,14:00-18:00",
    # seasons with their months
    "夏季(5月-10月)8:00-20:00,冬季(11月-4月)8:30-18:00": (
        "May-Oct 08:00-20:00; Nov-Apr 08:30-18:00"
    ),
    "5月1日-9月30日 7:00-21:00；10月1日-4月30日 8:00-19:00": (
        "May 01-Sep 30 07:00-21:00; Oct 01-Apr 30 08:00-19:00"
    ),
    "5月至9月8:00-20:00,其他月份9:00-18:00": "09:00-18:00; May-Sep 08:00-20:00",
    # English
    "Mon-Fri 9am-5pm": "Mo-Fr 09:00-17:00",
    "Mon-Fri 9-5": "Mo-Fr 09:00-17:00",
    "Mondays: 1pm to 3pm; Thursdays 10am-11:30am": "Mo 13:00-15:00; Th 10:00-11:30",
    "Monday, Wednesday & Friday 10.00am – 12 noon": "Mo,We,Fr 10:00-12:00",
    "Monday: 10:00 - 13:00 / 14:00 - 17:00, Saturday: 10:00 - 13:00": (
        "Mo 10:00-13:00,14:00-17:00; Sa 10:00-13:00"
    ),
    "Monday Closed; Tuesday 9am - 12noon and 12.30pm - 4.30pm": "Tu 09:00-12:00,12:30-16:30",
    "1st and 3rd Tuesday of the month 2-4pm": "Tu[1,3] 14:00-16:00",
    "Weekdays 9-5, closed bank holidays": "Mo-Fr 09:00-17:00; PH off",
    "10am-4pm daily": "10:00-16:00",
    "24/7": "24/7",
    "Dydd Mercher 10-12 // Wednesday 10-12": "We 10:00-12:00",
    "Tuesday 10am-12pm 0-5 year olds welcome": "Tu 10:00-12:00",
    # OpenStreetMap's own
    "Mo-Fr 09:00-18:00; PH off": "Mo-Fr 09:00-18:00; PH off",
    'Mo-Su 09:00-18:00 unknown "ask"': 'Mo-Su 09:00-18:00 unknown "ask"',
}


@pytest.mark.parametrize(("text", "expected"), UNDERSTOOD.items())
def test_hours_as_typed_become_an_expression_that_says_the_same(text, expected):
    understood = normalise(text)
    assert understood.opening_hours == expected
    assert understood.doubt is None
    OpeningHours(expected)


DOUBTFUL = (
    "非工作日 9:00-18:00", "8:00-20:00，节假日不打烊", "工作日9:00-18:00，周末全天", "上午不开放",
    "周一至周五14:00-18:00，8:00-12:00（周末）", "8:00-18:00不开放", "暂停开放 8:00-20:00",
    "8:00-20:00（不含周末）", "2026-05-01", "2026年5月1日起8:00-20:00", "早8:00-5:00", "8-8",
    "早上7:00-7:00", "24小时（8:00-20:00有人值守）", "周一至周五8点-12点，2点-6点",
    "", "   ", None, "随门店营业时间", "需预约", "8:00-20:00左右", "暂停开放", "每天开放",
    "00:00-00:00", "Mo-Su 00:00-00:00", "8:00-12:00,2:00-6:00", "2点到5点", "9:00-5:00",
    "08:00-06:00", "14:00-5:30", "周一至周五 9:00", "25:00-26:00", "9:60-10:00", "下午3点到下午1点",
    "夏季 8:00-20:00；冬季 9:00-18:00", "08:00-20:00(冬季) 07:00-21:00(夏季)",
    "24小时营业（春节期间除外）", "24小时（无人值守）", "9:00-17:00(周一至周五),10:00-16:00",
    "8:30-17:30 周一至周五,周六、日 9:00-12:00", "08:00-20:00 08:00-21:00", "早九晚五",
    "周一至周日", "周一休息", "8:00-12:00-18:00", "2月30日-3月5日 8:00-9:00", "详询电话",
    "13月-14月 8:00-9:00", "By appointment", "Various opening times - see website", "9am-5pm",
    "Thursday: 14:30", 'Mo-Fr "by appointment"', "Mo-Fr 09:00-25", "10:00-12:00-14:00",
    "x" * 5000, "《》？！", "<script>alert(1)</script>",
)  # fmt: skip


@pytest.mark.parametrize("text", DOUBTFUL)
def test_hours_that_are_not_certain_are_unknown_with_a_reason(text):
    understood = normalise(text)
    assert understood.opening_hours is None
    assert understood.doubt
    assert HoursTable([understood.opening_hours], CHINA).states(datetime(2026, 11, 18, 10))[0] == (
        UNKNOWN
    )


PARTLY = {
    # text: (expression, an instant that must not be open)
    "工作日开放": ('Mo-Fr unknown "未注明"; PH off', datetime(2026, 11, 18, 10)),
    "周一至周五开放": ('Mo-Fr unknown "未注明"', datetime(2026, 11, 18, 10)),
    "工作日8:00-20:00；周末开放": (
        'Mo-Fr 08:00-20:00; Sa,Su unknown "未注明"; PH off',
        datetime(2026, 11, 21, 10),
    ),
    "8:00-20:00（节假日除外）": (
        'Mo-Fr 08:00-20:00; Sa,Su 08:00-20:00 unknown "未注明"; PH off',
        datetime(2026, 11, 21, 10),
    ),
    "周二至周日 9:00-17:00,周一闭馆（法定节假日除外）": (
        'Tu-Su 09:00-17:00; PH unknown "未注明"',
        datetime(2026, 10, 1, 10),
    ),
    "5月至9月 周一至周五8:00-20:00": (
        '24/7 unknown "其余日期未注明"; May-Sep off; May-Sep Mo-Fr 08:00-20:00',
        datetime(2026, 11, 18, 10),
    ),
    "Thursday, 1:30pm to 3:00pm. Term time only.": (
        'Th 13:30-15:00 unknown "see text"',
        datetime(2026, 11, 19, 14),
    ),
    "Saturday: 09:30 - 11:30 Monthly, Sunday: 10:30 - 12:00": (
        'Su 10:30-12:00; Sa 09:30-11:30 unknown "see text"',
        datetime(2026, 11, 21, 10),
    ),
    "Monday: 10:00 - 02:00": (
        'Mo 10:00-14:00, Mo 14:00-02:00 unknown "see text"',
        datetime(2026, 11, 16, 15),
    ),
    "Wednesdays 1-3": ('We 13:00-15:00 unknown "see text"', datetime(2026, 11, 18, 14)),
    "Tuesday 12-1.30 (1st Tues each month)": (
        'Tu 12:00-13:30 unknown "see text"',
        datetime(2026, 11, 17, 13),
    ),
}


@pytest.mark.parametrize(("text", "expected"), PARTLY.items())
def test_what_a_text_leaves_open_is_unknown_and_said_so(text, expected):
    understood = normalise(text)
    assert understood.opening_hours == expected[0]
    assert understood.doubt
    assert state(understood.opening_hours, expected[1]) == UNKNOWN


def test_equal_texts_are_read_alike_and_in_order():
    texts = ["08:00-20:00", None, "全天", "08:00-20:00"]
    assert [u.opening_hours for u in normalise_many(texts)] == [
        "08:00-20:00", None, "24/7", "08:00-20:00",
    ]  # fmt: skip


PIECES = """
    周一 至 周五 周末 工作日 每天 节假日 法定 除外 休息 闭馆 上午 下午 晚上 早 8:00 08:30 17:30 2
    10点 半 次日 02:00 - , ; ( ) 5月 9月 1日 24小时 全天 午休 不 休 开放 夏季 、 和 其他月份 驿站 x
"""
WORDS = """
    Monday Tues Sat-Sun 10am 2pm 10:00 17:30 9 5 - to until , ; . & and closed daily fortnightly
    1st month noon midnight ( ) / Bank holidays term 24/7
"""


@given(st.lists(st.sampled_from(PIECES.split()), max_size=14).map("".join))
@settings(max_examples=400, deadline=None)
def test_no_chinese_text_breaks_the_reader(text):
    understood = normalise(text)
    assert (understood.opening_hours is not None) or understood.doubt
    if understood.opening_hours:
        OpeningHours(understood.opening_hours)


@given(st.lists(st.sampled_from(WORDS.split()), max_size=14).map(" ".join))
@settings(max_examples=400, deadline=None)
def test_no_english_text_breaks_the_reader(text):
    understood = normalise(text)
    assert (understood.opening_hours is not None) or understood.doubt
    if understood.opening_hours:
        OpeningHours(understood.opening_hours)


@given(st.sampled_from(range(7)), st.integers(0, 1439), st.integers(1, 1440))
@settings(deadline=None)
def test_a_written_span_is_open_from_its_start_to_its_end(day, start, length):
    """Times with two digits and 次日 have one reading only."""
    end = start + length
    next_day = "次日" if end > 1440 else ""
    hours, minutes = divmod(end - 1440 if end > 1440 else end, 60)
    opens = f"{start // 60:02d}:{start % 60:02d}"
    text = f"周{'一二三四五六日'[day]} {opens}-{next_day}{hours:02d}:{minutes:02d}"
    understood = normalise(text)
    if understood.opening_hours is None:
        assert end - start in {1440, 1439} or end % 1440 in {0, 1439} or not next_day
        return
    monday = datetime(2026, 11, 16) + timedelta(days=day)
    table = HoursTable([understood.opening_hours], PLAIN)
    end += end % 1440 == 1439
    for minute in (start - 1, start, (start + end) // 2, end - 1, end):
        at = monday + timedelta(minutes=minute)
        assert table.states(at)[0] == (OPEN if start <= minute < end else CLOSED)


# --- holidays ----------------------------------------------------------------------------------


def test_the_shipped_table_is_the_state_councils_for_2025_and_2026():
    table = HolidayTable.read()
    assert table.years() == [2025, 2026]
    off = {year: sum(day.year == year for day in table.off) for year in (2025, 2026)}
    work = {year: sorted(d for d in table.work if d.year == year) for year in (2025, 2026)}
    # The lengths in the notices: 1+8+3+5+3+8 and 3+9+3+5+3+3+7.
    assert off == {2025: 28, 2026: 33}
    assert [f"{d:%m-%d}" for d in work[2025]] == ["01-26", "02-08", "04-27", "09-28", "10-11"]
    assert [f"{d:%m-%d}" for d in work[2026]] == [
        "01-04", "02-14", "02-28", "05-09", "09-20", "10-10",
    ]  # fmt: skip
    # 11 and 13 statutory days: what is off on working days is worked on as many weekend days.
    for year, statutory in ((2025, 13), (2026, 13)):
        weekdays_off = sum(d.year == year and d.weekday() < 5 for d in table.off)
        on_weekends = off[year] - weekdays_off
        assert weekdays_off - len(work[year]) <= statutory <= weekdays_off + on_weekends


@pytest.mark.parametrize(
    ("at", "workday", "weekend", "monday_to_friday", "daily"),
    [
        (datetime(2026, 9, 30, 10), OPEN, CLOSED, OPEN, OPEN),  # the day before
        (datetime(2026, 10, 1, 10), CLOSED, CLOSED, UNKNOWN, OPEN),  # National Day, a Thursday
        (datetime(2026, 10, 7, 10), CLOSED, CLOSED, UNKNOWN, OPEN),  # the last day off
        (datetime(2026, 10, 8, 10), OPEN, CLOSED, OPEN, OPEN),
        (datetime(2026, 10, 10, 10), OPEN, CLOSED, OPEN, OPEN),  # a Saturday that is worked
        (datetime(2026, 9, 20, 10), OPEN, CLOSED, OPEN, OPEN),  # a Sunday that is worked
        (datetime(2026, 10, 3, 10), CLOSED, UNKNOWN, CLOSED, OPEN),  # a Saturday off
        (datetime(2026, 10, 17, 10), CLOSED, OPEN, CLOSED, OPEN),  # a plain Saturday
        (datetime(2025, 4, 4, 10), CLOSED, CLOSED, UNKNOWN, OPEN),  # Qingming
        (datetime(2025, 1, 26, 10), OPEN, CLOSED, OPEN, OPEN),
    ],
)
def test_holidays_and_swapped_workdays_are_honoured(at, workday, weekend, monday_to_friday, daily):
    texts = ["工作日 9:00-18:00", "周末 9:00-18:00", "周一至周五 9:00-18:00", "9:00-18:00"]
    table = HoursTable([normalise(text).opening_hours for text in texts], CHINA)
    assert table.states(at).tolist() == [workday, weekend, monday_to_friday, daily]


def test_a_text_that_is_silent_about_holidays_can_be_taken_literally():
    at = datetime(2026, 10, 1, 10)
    assert state("Mo-Fr 09:00-17:00", at) == UNKNOWN
    assert state("Mo-Fr 09:00-17:00", at, silent="as_written") == OPEN
    assert state("Mo-Fr 09:00-17:00; PH 10:00-12:00", at) == OPEN
    assert state("Mo-Fr 09:00-17:00; PH 10:00-12:00", at + timedelta(hours=3)) == CLOSED
    assert state("Mo-Fr,PH 09:00-17:00", datetime(2026, 10, 3, 10)) == OPEN
    assert state("PH,Su off; Mo-Sa 09:00-17:00", at) == OPEN  # the later rule replaces the day


def test_a_night_belongs_to_the_day_it_starts_on_around_holidays():
    text = "Mo-Fr 22:00-02:00"
    # Wednesday 30 September is worked; its night ends on the holiday.
    assert state(text, datetime(2026, 10, 1, 1)) == OPEN
    assert state(text, datetime(2026, 10, 1, 23)) == UNKNOWN
    assert state(text, datetime(2026, 10, 2, 1)) == UNKNOWN
    # Saturday 10 October is worked like a Friday: open in its night, which ends on Sunday.
    assert state(text, datetime(2026, 10, 10, 23)) == OPEN
    assert state(text, datetime(2026, 10, 11, 1)) == OPEN
    assert state(text, datetime(2026, 10, 11, 3)) == CLOSED
    assert state("Mo-Fr 22:00-02:00; PH off", datetime(2026, 10, 2, 1)) == CLOSED
    assert state("22:00-02:00", datetime(2026, 10, 2, 1)) == OPEN


def test_seasons_hold_on_swapped_workdays_too():
    text = "May-Sep Mo-Fr 08:00-20:00; Oct-Apr Mo-Fr 09:00-17:00; PH off"
    assert state(text, datetime(2026, 9, 20, 8, 30)) == OPEN  # a worked Sunday in summer
    assert state(text, datetime(2026, 10, 10, 8, 30)) == CLOSED  # a worked Saturday in winter
    assert state(text, datetime(2026, 10, 10, 9, 30)) == OPEN
    assert state(text, datetime(2026, 10, 2, 9, 30)) == CLOSED


def test_a_year_without_its_holidays_is_loud(caplog):
    calendar = Calendar(HolidayTable.read())
    table = HoursTable(["Mo-Fr 09:00-18:00; PH off"], calendar)
    with caplog.at_level(logging.WARNING):
        assert table.holidays_known(datetime(2026, 10, 1, 10))
        assert not caplog.records
        assert not table.holidays_known(datetime(2027, 10, 1, 10))
        assert not table.holidays_known(datetime(2027, 5, 1, 10))
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "2027" in caplog.text
    # Computed as if there were none: 1 October 2027 is a Friday.
    assert table.states(datetime(2027, 10, 1, 10))[0] == OPEN


def test_an_operator_can_replace_the_holiday_table(tmp_path):
    path = tmp_path / "holidays.csv"
    path.write_text(
        "date,kind,name,source\n2027-01-01,off,元旦,\n2027-10-01,off,国庆节,\n"
        "2027-10-09,work,国庆节,\n",
        encoding="utf-8-sig",
    )
    table = HolidayTable.read(path)
    assert table.covers(2027)
    assert not table.covers(2026)
    calendar = Calendar(table)
    assert state("Mo-Fr 09:00-18:00; PH off", datetime(2027, 10, 1, 10), calendar) == CLOSED
    assert state("Mo-Fr 09:00-18:00; PH off", datetime(2027, 10, 9, 10), calendar) == OPEN
    assert calendar.kind(date(2027, 10, 9)) == "makeup"
    assert calendar.like(date(2027, 10, 9)) == date(2027, 10, 8)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("2027-13-01,off,x,", "line 2"),
        ("2027-10-01,holiday,x,", "kind"),
        ("2027-10-01,off,x,\n2027-10-01,work,x,", "twice"),
        ("2027-10-05,work,x,", "Saturday"),
    ],
)
def test_a_holiday_table_with_a_mistake_is_refused_by_line(tmp_path, row, message):
    path = tmp_path / "holidays.csv"
    path.write_text(f"date,kind,name,source\n{row}\n", encoding="utf-8")
    with pytest.raises(InvalidFile, match=message):
        HolidayTable.read(path)


def test_a_holiday_table_that_is_none_is_refused(tmp_path):
    with pytest.raises(InvalidFile, match="cannot be read"):
        HolidayTable.read(tmp_path / "missing.csv")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InvalidFile, match="no column"):
        HolidayTable.read(tmp_path / "other.csv")


# --- the table against the library ---------------------------------------------------------------

DAYS = ("", "Mo-Fr", "Sa,Su", "We", "Mo,We,Fr-Su", "Fr-Mo", "Sa[1]", "Th[-1]")
PERIODS = ("", "", "", "May-Sep", "Nov-Feb", "Mar 10-Oct 05", "week 10-20", "2026")
clocks = st.integers(0, 1439).map(lambda m: f"{m // 60:02d}:{m % 60:02d}")
spans = st.tuples(clocks, clocks).map("-".join)


@st.composite
def expressions(draw):
    rules = []
    for _ in range(draw(st.integers(1, 4))):
        hours = ",".join(draw(st.lists(spans, min_size=1, max_size=3)))
        modifier = draw(st.sampled_from(("", "", "", "unknown", "off", 'unknown "x 10:00-11:00"')))
        words = (draw(st.sampled_from(PERIODS)), draw(st.sampled_from(DAYS)), hours, modifier)
        rules.append(" ".join(word for word in words if word))
    separators = draw(st.lists(st.sampled_from(("; ", ", ", " || ")), min_size=4, max_size=4))
    return "".join(r + s for r, s in zip(rules, [*separators[: len(rules) - 1], ""], strict=True))


instants = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31))


@given(st.lists(expressions(), min_size=1, max_size=5), st.lists(instants, min_size=1, max_size=20))
@settings(deadline=None, max_examples=150)
def test_without_holidays_every_state_is_the_librarys(texts, at):
    table = HoursTable(texts, PLAIN)
    assert table.rejected == []
    for instant in at:
        expected = [STATE[OpeningHours(text).state(instant)[0]] for text in texts]
        assert table.states(instant).tolist() == expected
    rows = np.repeat(np.arange(len(texts)), len(at))
    minutes = np.tile([table.minute(instant) for instant in at], len(texts))
    each = [STATE[OpeningHours(text).state(i)[0]] for text in texts for i in at]
    assert table.states_at(rows, minutes).tolist() == each


@given(
    expressions(),
    st.sampled_from(("; PH off", "; PH 10:00-12:00", "; PH,Su 09:00-17:00", "; PH 20:00-03:00")),
    st.integers(0, 1439),
)
@settings(deadline=None, max_examples=200)
def test_holiday_rules_do_on_national_day_what_the_library_does(text, rule, minute):
    """1 October is one of the few days the library's own Chinese calendar has right."""
    at = datetime(2026, 10, 1) + timedelta(minutes=minute)
    expected = STATE[OpeningHours(text + rule, country="CN").state(at)[0]]
    assert state(text + rule, at) == expected


@given(expressions(), instants)
@settings(deadline=None, max_examples=100)
def test_the_next_change_is_the_librarys(text, at):
    table = HoursTable([text], PLAIN)
    at = at.replace(second=0, microsecond=0)
    limit = at + timedelta(days=60)
    pieces = [
        (start, said == State.OPEN) for start, _, said, _ in OpeningHours(text).intervals(at, limit)
    ]
    is_open = pieces[0][1]
    change = next((start for start, said in pieces if said != is_open), None)
    ours = table.open_until(0, at) if is_open else table.next_opening(0, at)
    if change is not None:
        assert ours is not None
        assert ours.replace(tzinfo=None) == change
    else:
        assert ours is None or ours.replace(tzinfo=None) >= limit
    if is_open:
        assert table.next_opening(0, at).replace(tzinfo=None) == at
    else:
        assert table.open_until(0, at) is None


@njit
def ask(opened, unknown, row_pattern, minute):
    out = np.empty(len(row_pattern), np.uint8)
    for row in range(len(row_pattern)):
        out[row] = state_at(opened, unknown, row_pattern[row], minute)
    return out


@given(st.lists(expressions(), min_size=1, max_size=4), st.integers(0, 8 * 1440 - 1), st.booleans())
@settings(deadline=None, max_examples=60)
def test_the_bits_for_engines_say_what_the_table_says(texts, minute, in_october):
    table = HoursTable([*texts, None, texts[0]], CHINA)
    start = date(2026, 9, 28) if in_october else date(2026, 2, 10)
    horizon = table.horizon(start, 8)
    at = datetime.combine(start, datetime.min.time()) + timedelta(minutes=minute)

    said = table.states(at).tolist()
    assert ask(horizon.open, horizon.unknown, horizon.row_pattern, minute).tolist() == said
    assert state_at(horizon.open, horizon.unknown, int(horizon.row_pattern[0]), minute) == said[0]
    assert said[-2] == UNKNOWN
    assert horizon.open.shape == (len({*texts}) + 1, 8 * 180)


def test_the_week_bitmaps_hold_an_ordinary_week():
    table = HoursTable(["Mo-Fr 09:00-18:00", "Sa 10:00-11:00 unknown", "May 10:00-12:00"], PLAIN)
    assert table.bitmaps.shape == table.unknown_bitmaps.shape == (4, 1260)
    assert table.bitmaps.dtype == np.uint8
    assert table.row_pattern.dtype == np.int32
    opened = np.unpackbits(table.bitmaps, axis=1, bitorder="little")[table.row_pattern]
    assert opened.sum(axis=1).tolist() == [5 * 9 * 60, 0, 0]
    assert opened[0, 9 * 60]
    assert not opened[0, 18 * 60]
    unknown = np.unpackbits(table.unknown_bitmaps, axis=1, bitorder="little")[table.row_pattern]
    assert unknown.sum(axis=1).tolist() == [0, 60, 10080]  # May depends on the date


@pytest.mark.parametrize(
    "text",
    ["sunrise-sunset", "Mo-Fr 09:00+", "Mo-Fr 09:00-17:00; SH off", "PH -1 day 09:00-17:00"],
)
def test_what_cannot_be_known_here_is_never_open(text):
    table = HoursTable([text], CHINA)
    states = {int(table.states(datetime(2026, 11, 18, hour))[0]) for hour in range(24)}
    assert OPEN not in states
    assert UNKNOWN in states


def test_a_text_the_library_does_not_know_is_unknown_and_listed():
    table = HoursTable(["周一至周五", "08:00-20:00", "周一至周五", None], CHINA)
    assert table.rejected == ["周一至周五"]
    assert table.states(datetime(2026, 11, 18, 10)).tolist() == [UNKNOWN, OPEN, UNKNOWN, UNKNOWN]
    assert table.next_opening(0, datetime(2026, 11, 18, 10)) is None
    assert table.open_until(3, datetime(2026, 11, 18, 10)) is None


def test_instants_are_read_in_the_tables_time_zone():
    table = HoursTable(["08:00-20:00"], CHINA)
    assert table.states(datetime(2026, 11, 18, 2, tzinfo=UTC))[0] == OPEN  # 10:00 in China
    assert table.states(datetime(2026, 11, 18, 13, tzinfo=UTC))[0] == CLOSED
    closing = table.open_until(0, datetime(2026, 11, 18, 2, tzinfo=UTC))
    assert closing == datetime(2026, 11, 18, 12, tzinfo=UTC)
    assert str(closing) == "2026-11-18 20:00:00+08:00"
    there = HoursTable(["08:00-20:00"], PLAIN, timezone="Asia/Urumqi")
    assert there.states(datetime(2026, 11, 18, 13, tzinfo=UTC))[0] == OPEN


def test_closing_and_opening_times_pass_holidays():
    table = HoursTable(["Mo-Fr 09:00-18:00; PH off", "24/7", "Mo-Fr 22:00-02:00"], CHINA)
    eve = datetime(2026, 9, 30, 20)
    assert table.next_opening(0, eve).date() == date(2026, 10, 8)
    assert table.open_until(0, eve) is None
    assert table.open_until(1, eve) is None
    assert table.next_opening(1, eve).replace(tzinfo=None) == eve
    late = table.open_until(2, datetime(2026, 11, 18, 23))
    assert late.replace(tzinfo=None) == datetime(2026, 11, 19, 2)


# --- real texts ----------------------------------------------------------------------------------


def test_the_hours_of_zhengzhous_stations_are_understood(shared_data):
    with (shared_data / "stations/zhengzhou_gcj02.csv").open(encoding="utf-8-sig") as file:
        texts = sorted({row["开放时间"] for row in csv.DictReader(file)})
    understood = dict(zip(texts, normalise_many(texts), strict=True))
    known = [text for text in texts if understood[text].opening_hours]
    assert len(known) / len(texts) >= 0.95
    # One text states no hours: it is understood as that, and never open.
    assert [text for text in texts if understood[text].doubt] == ["工作日开放"]
    # All others say what they say already, but for the days' names.
    for text in set(texts) - {"工作日开放"}:
        assert understood[text].opening_hours == text.replace("周一至周五", "Mo-Fr")


def _week(expression):
    hours = OpeningHours(expression)
    monday = datetime(2026, 11, 16)
    out = np.zeros(7 * 1440, np.uint8)
    for start, end, said, _ in hours.intervals(monday, monday + timedelta(days=7)):
        first = max(0, int((start - monday).total_seconds() // 60))
        last = 10080 if end is None else int((end - monday).total_seconds() // 60)
        out[first:last] = STATE[said]
    return out


def test_the_hours_of_british_warm_spaces_are_understood_and_none_wrongly(shared_data):
    """Against the file's own `opening_hours`, whose rules are read as additions.

    Where ours is open and theirs is not, theirs has lost hours of the text: a second span of a day
    after "&" or "then", a day in a list, a line with a name between day and hours. That is told
    from the text: each such opening must have its times in it.
    """
    with (shared_data / "stations/uk_warm_spaces_west.geojson").open(encoding="utf-8") as file:
        rows = [feature["properties"] for feature in json.load(file)["features"]]
    theirs = {row["hours_text"]: row["opening_hours"] for row in rows if row["hours_text"]}
    texts = list(theirs)
    understood = dict(zip(texts, normalise_many(texts), strict=True))
    known = [text for text in texts if understood[text].opening_hours]
    assert len(known) / len(texts) >= 0.83
    certain = [text for text in known if not understood[text].doubt]
    assert len(certain) / len(texts) >= 0.7
    compared = more = 0
    for text in known:
        if not theirs[text]:
            continue
        try:
            reference = _week(theirs[text].replace("; ", ", "))
        except Exception:  # noqa: BLE001 - some of the file's own values are no valid syntax
            continue
        compared += 1
        ours = _week(understood[text].opening_hours)
        more += bool(((ours == OPEN) & (reference != OPEN)).any())
    assert compared > 3000
    # 60 texts looked through one by one: each is hours that the reference has lost.
    assert more <= 60
