"""Where a series goes: against numpy's own line, and told when nothing can be said."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geo.coverage.forecast import FEWEST, POINTS, STATES, end_of_year, forecast

TARGET_DATE = date(2026, 12, 31)


@st.composite
def points(draw: st.DrawFn) -> tuple[list[date], list[float]]:
    days = sorted(draw(st.sets(st.dates(date(2020, 1, 1), date(2026, 6, 30)), min_size=FEWEST)))
    values = draw(st.lists(st.floats(0, 1, width=32), min_size=len(days), max_size=len(days)))
    return days, values


@settings(max_examples=150, deadline=None)
@given(points(), st.floats(0.3, 1.0))
def test_the_line_is_that_of_numpy(drawn: tuple[list[date], list[float]], target: float) -> None:
    days, values = drawn
    told = forecast(days, values, target=target, target_date=TARGET_DATE)
    last = days[-POINTS:]
    x = [(day - date(2020, 1, 1)).days for day in last]
    slope, level = np.polyfit(x, values[-POINTS:], 1)
    assert told.state in STATES
    assert told.per_year == pytest.approx(slope * 365.25, abs=1e-6)
    there = level + slope * (TARGET_DATE - date(2020, 1, 1)).days
    assert told.value == pytest.approx(min(max(there, 0), 1), abs=1e-6)
    assert 0 <= told.value <= 1
    assert told.points == len(last)
    if told.reaches_on and told.state != "reached":
        at = [
            level + slope * ((told.reaches_on - date(2020, 1, 1)).days + more) for more in (-1, 0)
        ]
        assert at[1] >= target - 1e-6
        assert at[0] < target + 1e-6 or told.reaches_on == days[-1]


@given(points())
def test_a_series_without_data_at_some_points_is_the_series_without_them(
    drawn: tuple[list[date], list[float]],
) -> None:
    days, values = drawn
    assume(days[0] > date(2020, 1, 2))
    plain = forecast(days, values, target=0.9, target_date=TARGET_DATE)
    holes = forecast(
        [days[0] - timedelta(days=1), *days], [None, *values], target=0.9, target_date=TARGET_DATE
    )
    assert plain == holes


def half_years(*values: float | None) -> tuple[list[date], list[float | None]]:
    days = [date(2024, 6, 30), date(2024, 12, 31), date(2025, 6, 30), date(2025, 12, 31)]
    return days[: len(values)], list(values)


def test_a_rate_that_rises_steadily_reaches_its_target_on_the_day_the_line_does() -> None:
    told = forecast(*half_years(0.50, 0.60, 0.70, 0.80), target=0.90, target_date=TARGET_DATE)
    assert told.state == "on_the_way"
    assert told.reaches_on is not None
    assert date(2026, 6, 20) < told.reaches_on < date(2026, 7, 10)
    assert told.value == pytest.approx(1.0, abs=0.01)
    assert "最小二乘" in told.assumption_zh
    assert "+20.0" in told.assumption_en


def test_nothing_rises_above_a_hundred_per_cent() -> None:
    told = forecast(*half_years(0.7, 0.8, 0.9, 0.99), target=None, target_date=date(2040, 1, 1))
    assert told.value == 1.0
    assert told.state == "no_target"


def test_a_rate_that_falls_never_reaches_its_target() -> None:
    told = forecast(*half_years(0.8, 0.7, 0.6, 0.5), target=0.9, target_date=date(2050, 1, 1))
    assert (told.state, told.reaches_on, told.value) == ("not_reached", None, 0.0)


def test_a_target_reached_by_the_last_edition_is_reached() -> None:
    told = forecast(*half_years(0.8, 0.9, 0.95), target=0.95, target_date=TARGET_DATE)
    assert (told.state, told.reaches_on) == ("reached", date(2025, 6, 30))


def test_a_target_beyond_the_date_is_told_as_later_and_beyond_a_lifetime_not_at_all() -> None:
    slow = forecast(*half_years(0.50, 0.51, 0.52), target=0.9, target_date=TARGET_DATE)
    assert slow.state == "later"
    assert slow.reaches_on is not None
    assert slow.reaches_on > TARGET_DATE
    never = forecast(*half_years(0.5, 0.5001, 0.5002), target=0.9, target_date=TARGET_DATE)
    assert (never.state, never.reaches_on) == ("not_reached", None)


@pytest.mark.parametrize("values", [(), (0.5,), (0.5, 0.6), (0.5, None, 0.6, None)])
def test_with_two_points_or_fewer_it_says_that_it_cannot(values: tuple[float | None, ...]) -> None:
    told = forecast(*half_years(*values), target=0.9, target_date=TARGET_DATE)
    assert told.state == "too_few_points"
    assert told.value is None
    assert told.reaches_on is None
    assert "不作预测" in told.assumption_zh


def test_the_target_date_is_the_end_of_the_year() -> None:
    assert end_of_year(date(2026, 6, 30)) == date(2026, 12, 31)
    assert end_of_year(date(2026, 12, 31)) == date(2027, 12, 31)
