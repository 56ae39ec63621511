"""Opening hours as spans of time, for a device that cannot evaluate them itself."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from geo.hours import CLOSED, OPEN, UNKNOWN, Horizon
from geo.hours.table import DAY_MINUTES

WORDS = {OPEN: "open", UNKNOWN: "unknown"}


class Span(NamedTuple):
    """From `start` until before `end`, local times with their zone. What no span covers is
    closed."""

    start: datetime
    end: datetime
    state: str


def spans(horizon: Horizon, pattern: int, zone: ZoneInfo) -> list[Span]:
    """The spans in which a pattern of hours is open or unknown, in their order.

    Holidays and make-up workdays are in them. Neighbouring spans differ in their state; the last
    ends with the last day at the latest.

    Args:
        horizon: the days, of :meth:`geo.hours.HoursTable.horizon`.
        pattern: a value of its `row_pattern`.
        zone: in which the hours are meant.

    Cost: some 50 µs for eight days.
    """
    minutes = horizon.days * DAY_MINUTES
    is_open, is_unknown = (
        np.unpackbits(bits[pattern], bitorder="little", count=minutes)
        for bits in (horizon.open, horizon.unknown)
    )
    states = np.where(is_open == 1, OPEN, np.where(is_unknown == 1, UNKNOWN, CLOSED))
    edges = np.flatnonzero(np.diff(states)) + 1
    starts = np.concatenate([[0], edges])
    ends = np.concatenate([edges, [minutes]])
    return [
        Span(
            _moment(horizon.start, start, zone),
            _moment(horizon.start, end, zone),
            WORDS[state],
        )
        for start, end, state in zip(
            starts.tolist(), ends.tolist(), states[starts].tolist(), strict=True
        )
        if state in WORDS
    ]


def _moment(first: date, minute: int, zone: ZoneInfo) -> datetime:
    return (datetime.combine(first, time()) + timedelta(minutes=minute)).replace(tzinfo=zone)
