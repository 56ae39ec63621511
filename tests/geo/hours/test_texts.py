"""Opening hours read from what people typed: understood, or unknown with a reason."""

from datetime import datetime, timedelta

import pytest
from hours_states import CHINA, PLAIN, state
from hypothesis import given, settings
from hypothesis import strategies as st
from opening_hours import OpeningHours

from geo.hours import (
    CLOSED,
    OPEN,
    UNKNOWN,
    HoursTable,
    normalise,
    normalise_many,
)

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
