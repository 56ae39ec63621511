"""The table of hours: what the library says, at every minute."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hours_states import CHINA, PLAIN, STATE, state
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from opening_hours import OpeningHours, State

from geo.hours import (
    CLOSED,
    OPEN,
    UNKNOWN,
    HoursTable,
    state_at,
)

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
