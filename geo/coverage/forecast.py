"""Where a series goes if it goes on as it did: a plain line, with what it assumes.

The line is fitted by least squares to the values of the last points against their dates in days;
each point weighs the same. It says what has been, not what will be: nothing here knows of plans,
of seasons or of how hard the last units are to win. A rate does not rise above 100 % nor fall below
0 %, so neither does its forecast.

The day a target is reached is the first on which the line is not below it. It is not told when the
line does not rise, when it would be more than :data:`FARTHEST_YEARS` years off, or when fewer than
:data:`FEWEST` points are there: two points always lie on a line, which says nothing of whether a
line is right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

FEWEST = 3
"""Points that a line needs."""
POINTS = 6
"""Points that it is fitted to: of half-yearly editions three years."""
FARTHEST_YEARS = 30
STATES = ("reached", "on_the_way", "later", "not_reached", "too_few_points", "no_target")


@dataclass(frozen=True)
class Forecast:
    """A line through the last points of a series.

    `state`: `reached` already by the last point; `on_the_way`: reached by the target date if it
    goes on so; `later`: reached after it; `not_reached`: never, or not within the time looked at;
    `too_few_points` and `no_target`.
    """

    state: str
    points: int
    first: date | None
    last: date | None
    per_year: float | None
    """Slope: how much the share rises in 365.25 days."""
    target_date: date
    value: float | None
    """The share on the target date, between 0 and 1."""
    target: float | None
    reaches_on: date | None
    assumption_zh: str
    assumption_en: str


def end_of_year(day: date) -> date:
    """The target date when none is set: 31 December, on that day the next one."""
    last = date(day.year, 12, 31)
    return last if day < last else date(day.year + 1, 12, 31)


def forecast(
    days: Sequence[date],
    values: Sequence[float | None],
    *,
    target: float | None,
    target_date: date,
    most: int = POINTS,
) -> Forecast:
    """Carry a series on by a straight line.

    Args:
        days: of the points, ascending, each once.
        values: the shares (0 … 1); None where there was no data.
        target: the share to reach, or None.
        target_date: the day it is to be reached by.
        most: how many points at most; the last ones are taken.
    """
    known = [(day, value) for day, value in zip(days, values, strict=True) if value is not None][
        -most:
    ]
    if len(known) < FEWEST:
        return _too_few(known, target, target_date)
    start = known[-1][0]
    # Days from the last point: small numbers, so that nothing is lost in the squares.
    x = np.array([(day - start).days for day, _ in known], dtype=np.float64)
    y = np.array([value for _, value in known], dtype=np.float64)
    centre = x.mean()
    slope = float(((x - centre) * (y - y.mean())).sum() / ((x - centre) ** 2).sum())
    level = float(y.mean() - slope * centre)
    at_target = level + slope * (target_date - start).days
    state, reaches_on = _reaching(known[-1][1], level, slope, start, target, target_date)
    per_year = slope * 365.25
    zh, en = _assumption(len(known), known[0][0], start, per_year)
    return Forecast(
        state=state,
        points=len(known),
        first=known[0][0],
        last=start,
        per_year=per_year,
        target_date=target_date,
        value=min(max(at_target, 0.0), 1.0),
        target=target,
        reaches_on=reaches_on,
        assumption_zh=zh,
        assumption_en=en,
    )


def _reaching(
    last: float, level: float, slope: float, start: date, target: float | None, target_date: date
) -> tuple[str, date | None]:
    if target is None:
        return "no_target", None
    if last >= target:
        return "reached", start
    if slope <= 0:
        return "not_reached", None
    # A line above a last point that fell short reaches its target at once, not in the past.
    days = max(math.ceil((target - level) / slope), 0) if slope > 1e-12 else math.inf
    if days > FARTHEST_YEARS * 365.25:
        return "not_reached", None
    reaches_on = start + timedelta(days=int(days))
    return ("on_the_way" if reaches_on <= target_date else "later"), reaches_on


def _assumption(points: int, first: date, last: date, per_year: float) -> tuple[str, str]:
    percent = f"{per_year * 100:+.1f}"
    zh = (
        f"按最近{points}个版本（{first}至{last}）的最小二乘直线外推：假定今后仍每年变化{percent}个百分点，"
        "不计季节、计划和难易变化，也不超过100%。"
    )
    en = (
        f"A least-squares line through the last {points} editions ({first} to {last}), carried on: "
        f"it assumes {percent} percentage points a year as before, knows of no seasons, plans or "
        "harder cases, and stays below 100 %."
    )
    return zh, en


def _too_few(
    known: Sequence[tuple[date, float]], target: float | None, target_date: date
) -> Forecast:
    reached = target is not None and bool(known) and known[-1][1] >= target
    return Forecast(
        state="reached" if reached else "too_few_points",
        points=len(known),
        first=known[0][0] if known else None,
        last=known[-1][0] if known else None,
        per_year=None,
        target_date=target_date,
        value=None,
        target=target,
        reaches_on=known[-1][0] if reached else None,
        assumption_zh=f"有数据的版本只有{len(known)}个，不足{FEWEST}个，不作预测。",
        assumption_en=f"Editions with data: {len(known)}. A forecast needs {FEWEST}.",
    )
