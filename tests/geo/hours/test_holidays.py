"""Hours on China's statutory holidays and swapped workdays."""

import logging
from datetime import date, datetime, timedelta

import pytest
from hours_states import CHINA, state

from geo.errors import InvalidFile
from geo.hours import (
    CLOSED,
    OPEN,
    UNKNOWN,
    Calendar,
    HolidayTable,
    HoursTable,
    normalise,
)


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
