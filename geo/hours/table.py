"""The hours of many stations at once: open, closed or unknown at an instant in microseconds.

Each distinct expression is evaluated once by the `opening_hours` library over a week, minute by
minute. An instant then is one bit for an expression and one gather for the stations. Around
holidays and make-up workdays the day is put together from the parts evaluated before:

- A make-up workday is the weekday that :meth:`Calendar.like` gives it.
- On a holiday `PH` rules hold. An expression that is silent about holidays and the same every day
  (`08:00-20:00`, `24/7`) holds on holidays too. One that is silent and tells weekdays apart
  (`Mo-Fr 09:00-17:00`) is *unknown* on a holiday where it would be open: nobody said so, and a
  worker must not be sent to a closed door. `silent="as_written"` takes such a text literally.
- Hours that run past midnight belong to the day they start on.

Expressions with months, dates, weeks or a numbered weekday (`Sa[1]`) are evaluated by the library
for the very date. Sunrise and sunset (no coordinates are known here), open ends (`09:00+`), school
holidays (`SH`) and offsets of holidays (`PH -1 day`) make the hours they touch unknown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Any, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numba import njit
from numpy.typing import NDArray
from opening_hours import OpeningHours, ParserError, State  # type: ignore[attr-defined]

from geo.hours.calendar import Calendar

CLOSED: Final = 0
OPEN: Final = 1
UNKNOWN: Final = 2
HoursState = Literal["closed", "open", "unknown"]
"""The same in words, in the same order."""

DAY_MINUTES: Final = 1440
DAY_BYTES: Final = DAY_MINUTES // 8
_MONDAY = date(2024, 1, 1)  # the reference week; expressions without dates see no difference
_LOOK_AHEAD = timedelta(days=400)
_EPOCH = date(1970, 1, 1)

_COMMENT = re.compile(r'"[^"]*"')
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_DATED = re.compile(
    r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|week|easter)|\b\d{4}\b|\[", re.IGNORECASE
)
_SUN = re.compile(r"sunrise|sunset|dawn|dusk", re.IGNORECASE)
_UNSURE = re.compile(r"\bSH\b|:\d{2}\s*\+", re.IGNORECASE)
_HOLIDAY = re.compile(r"\bPH\b", re.IGNORECASE)
_HOLIDAY_OFFSET = re.compile(
    r"\bPH\s*(?:[+-]\s*\d+\s*day|\s(?:Mo|Tu|We|Th|Fr|Sa|Su)\b)", re.IGNORECASE
)

# The text as it is, its hours cut at midnight, and both of these on a day that is a holiday.
_VARIANTS = ("whole", "own", "holiday whole", "holiday own")

States = NDArray[np.uint8]
Silent = Literal["unknown", "as_written"]


class Horizon(NamedTuple):
    """The true states of the days from `start` on, as bits, for engines such as the walking search.

    Minute `m` counts from midnight of `start` (local). Bit `m & 7` of byte `m >> 3` of row
    `pattern` tells, in `open`, whether it is open, and in `unknown`, whether that is unknown.
    """

    start: date
    days: int
    open: States
    unknown: States
    row_pattern: NDArray[np.int32]


@njit(cache=True, nogil=True)
def state_at(open_bits: States, unknown_bits: States, pattern: int, minute: int) -> int:
    """:data:`CLOSED`, :data:`OPEN` or :data:`UNKNOWN`; from Python and from numba."""
    byte, bit = minute >> 3, minute & 7
    if (open_bits[pattern, byte] >> bit) & 1:
        return 1
    return 2 if (unknown_bits[pattern, byte] >> bit) & 1 else 0


class _Pattern:
    """One distinct expression, evaluated for a day of any kind. States are uint8[1440]."""

    def __init__(self, text: str) -> None:
        # Comments must stay for the rules' sake, but nothing in them may look like hours.
        bare = _COMMENT.sub('"x"', text)
        self.dated = _DATED.search(bare) is not None
        self.holidays = _HOLIDAY.search(bare) is not None
        self.hopeless = bool(_SUN.search(bare) or _HOLIDAY_OFFSET.search(bare))
        self.unsure = _UNSURE.search(bare) is not None
        own = _SPAN.sub(_until_midnight, bare)
        # On a day that is a holiday `PH` holds whatever the weekday.
        on_holiday = [_HOLIDAY.sub("Mo-Su", text) for text in (bare, own)]
        self._text = dict(zip(_VARIANTS, (bare, own, *on_holiday), strict=True))
        self._hours = {text: OpeningHours(text) for text in self._text.values()}
        # A dated text is read day by day, and the same days again and again.
        self._day = lru_cache(maxsize=64 if self.dated else 28)(self._evaluate)

    def _evaluate(self, text: str, day: date) -> States:
        if self.hopeless:
            return np.full(DAY_MINUTES, UNKNOWN, np.uint8)
        hours = self._hours[text]
        out = np.zeros(DAY_MINUTES, np.uint8)
        midnight = datetime.combine(day, time())
        for start, end, state, _ in hours.intervals(midnight, midnight + timedelta(days=1)):
            if state == State.CLOSED:
                continue
            first = max(0, int((start - midnight).total_seconds() // 60))
            last = DAY_MINUTES
            if end is not None:
                last = min(last, int((end - midnight).total_seconds() // 60))
            sure = state == State.OPEN and not self.unsure
            out[first:last] = OPEN if sure else UNKNOWN
        return out

    def _at(self, variant: str, day: date) -> States:
        if not self.dated:
            day = _MONDAY + timedelta(days=day.weekday())
        return self._day(self._text[variant], day)

    @cached_property
    def always(self) -> bool:
        """Whether it is open every minute of every day: then no day need be looked at."""
        if self.dated or self.holidays:
            return False
        days = (self.written(_MONDAY + timedelta(days=i)) for i in range(7))
        return all(bool((states == OPEN).all()) for states in days)

    def written(self, day: date) -> States:
        """The library's own answer for a date, holidays apart."""
        return self._at("whole", day)

    def uniform(self, day: date) -> bool:
        """Whether all days of the week around `day` have the same hours."""
        monday = day - timedelta(days=day.weekday())
        week = [self._at("own", monday + timedelta(days=i)) for i in range(7)]
        return all(np.array_equal(week[0], other) for other in week[1:])

    def starting(self, calendar: Calendar, day: date, silent: Silent) -> States:
        """What opens on this day, up to midnight."""
        like = calendar.like(day)
        if calendar.kind(day) != "holiday":
            return self._at("own", like)
        if self.holidays:
            return self._at("holiday own", like)
        states = self._at("own", like)
        if silent == "unknown" and not self.uniform(like):
            states = np.where(states == OPEN, np.uint8(UNKNOWN), states)
        return states

    def spilling(self, calendar: Calendar, day: date) -> States:
        """What opened on this day and runs into the next, as states of the next day."""
        next_day = calendar.like(day) + timedelta(days=1)
        kind = "holiday " if calendar.kind(day) == "holiday" else ""
        whole = self._at(f"{kind}whole", next_day)
        own = self._at(f"{kind}own", next_day)
        return np.where(whole != own, whole, np.uint8(CLOSED))

    def true(self, calendar: Calendar, day: date, silent: Silent) -> States:
        """The states of a date with its holidays and make-up workdays."""
        before = day - timedelta(days=1)
        if calendar.kind(day) == "ordinary" and calendar.kind(before) == "ordinary":
            return self.written(day)
        own = self.starting(calendar, day, silent)
        if self.holidays and calendar.kind(day) == "holiday":
            # A `PH` rule replaces its day, with what runs into it, as in the library.
            return own
        late = self.spilling(calendar, before)
        if silent == "unknown" and not self.holidays and calendar.kind(before) == "holiday":
            late = np.where((late == OPEN) & (not self.uniform(before)), np.uint8(UNKNOWN), late)
        return np.where((own == OPEN) | (late == CLOSED), own, late)


def _until_midnight(match: re.Match[str]) -> str:
    """A span that ends on the next day, cut at midnight."""
    h1, m1, h2, m2 = (int(part) for part in match.groups())
    start, end = h1 * 60 + m1, h2 * 60 + m2
    if start < end <= DAY_MINUTES:
        return match.group()
    return f"{h1:02d}:{m1:02d}-24:00"


def _bits(states: States) -> tuple[States, States]:
    return (
        np.packbits(states == OPEN, axis=-1, bitorder="little"),
        np.packbits(states == UNKNOWN, axis=-1, bitorder="little"),
    )


class HoursTable:
    """The opening hours of rows (stations), ready to be asked.

    `texts`: OpenStreetMap expressions by row; None, and what the library cannot parse (listed in
    `rejected`), is unknown at all times. Building costs about 0.3 ms per distinct expression.
    Times: datetimes with a zone are converted, those without are local. One table may be read by
    several threads.

    `row_pattern` int32[rows] is the row's expression; `bitmaps` and `unknown_bitmaps` uint8[
    patterns, 1260] hold an ordinary week from Monday 00:00 (see :class:`Horizon` for the bits;
    expressions that depend on the date are unknown there: use :meth:`horizon`).
    """

    def __init__(
        self,
        texts: Sequence[str | None],
        calendar: Calendar,
        *,
        timezone: str = "Asia/Shanghai",
        silent: Silent = "unknown",
    ) -> None:
        self.calendar = calendar
        self.zone = ZoneInfo(timezone)
        self.silent: Silent = silent
        self.rejected: list[str] = []
        patterns: list[_Pattern | None] = [None]
        number: dict[str | None, int] = {None: 0}
        for text in texts:
            if text in number or text is None:
                continue
            try:
                patterns.append(_Pattern(text))
                number[text] = len(patterns) - 1
            except ParserError:
                self.rejected.append(text)
                number[text] = 0
        self._patterns = patterns
        self.row_pattern = np.fromiter(
            (number[text] for text in texts), dtype=np.int32, count=len(texts)
        )
        self._gather = self.row_pattern.astype(np.intp)
        week = np.full((len(patterns), 7, DAY_MINUTES), UNKNOWN, np.uint8)
        for index, pattern in enumerate(patterns):
            if pattern is not None and not pattern.dated:
                for weekday in range(7):
                    week[index, weekday] = pattern.written(_MONDAY + timedelta(days=weekday))
        opened, unknown = _bits(week)
        self.bitmaps = np.ascontiguousarray(opened.reshape(len(patterns), 7 * DAY_BYTES))
        self.unknown_bitmaps = np.ascontiguousarray(unknown.reshape(len(patterns), 7 * DAY_BYTES))
        self._dated = [i for i, p in enumerate(patterns) if p is not None and p.dated]
        self._day = lru_cache(maxsize=400)(self._compose)

    def __len__(self) -> int:
        return len(self.row_pattern)

    # --- whole days ---

    def _compose(self, day: date) -> tuple[States, States]:
        """Open and unknown bits uint8[patterns, 180] of a date."""
        calm = all(self.calendar.kind(d) == "ordinary" for d in (day, day - timedelta(days=1)))
        self.calendar.covers(day)
        first = day.weekday() * DAY_BYTES
        opened = self.bitmaps[:, first : first + DAY_BYTES].copy()
        unknown = self.unknown_bitmaps[:, first : first + DAY_BYTES].copy()
        for index in self._dated if calm else range(1, len(self._patterns)):
            pattern = self._patterns[index]
            if pattern is not None:
                opened[index], unknown[index] = _bits(pattern.true(self.calendar, day, self.silent))
        return opened, unknown

    def horizon(self, start: date, days: int = 8) -> Horizon:
        """The true states of some days for an engine; see :class:`Horizon`.

        Cached by day: the first call for a day costs about 20 µs per dated expression, and per
        expression at all where the day or the one before is a holiday or make-up workday.
        """
        planes = [self._day(start + timedelta(days=i)) for i in range(days)]
        return Horizon(
            start,
            days,
            np.ascontiguousarray(np.concatenate([opened for opened, _ in planes], axis=1)),
            np.ascontiguousarray(np.concatenate([unknown for _, unknown in planes], axis=1)),
            self.row_pattern,
        )

    def holidays_known(self, at: datetime) -> bool:
        """False where the year's holidays are not in the table: the states are then computed as
        if it had none, and an answer should say so."""
        return self.calendar.covers(self._local(at).date())

    # --- instants ---

    def _local(self, at: datetime) -> datetime:
        return (
            at.replace(tzinfo=None)
            if at.tzinfo is None
            else (at.astimezone(self.zone).replace(tzinfo=None))
        )

    def minute(self, at: datetime) -> int:
        """Minutes since 1970-01-01 00:00 local time, for :meth:`states_at`."""
        local = self._local(at)
        days = (local.date() - _EPOCH).days
        return days * DAY_MINUTES + local.hour * 60 + local.minute

    def states(self, at: datetime) -> States:
        """uint8[rows]: :data:`CLOSED`, :data:`OPEN` or :data:`UNKNOWN` of every row at an instant.

        25,000 rows in about 20 µs once the day was asked for before.
        """
        local = self._local(at)
        opened, unknown = self._day(local.date())
        minute = local.hour * 60 + local.minute
        byte, bit = minute >> 3, minute & 7
        is_open, is_unknown = (opened[:, byte] >> bit) & 1, (unknown[:, byte] >> bit) & 1
        return (is_open + 2 * is_unknown).astype(np.uint8).take(self._gather)

    def states_at(self, rows: NDArray[Any], minutes: NDArray[Any]) -> States:
        """uint8 states of some rows, each at its own minute (as :meth:`minute` counts)."""
        rows, minutes = np.broadcast_arrays(np.asarray(rows), np.asarray(minutes))
        days = minutes // DAY_MINUTES
        of_day = minutes - days * DAY_MINUTES
        out = np.empty(rows.shape, np.uint8)
        for number in np.unique(days):
            chosen = days == number
            opened, unknown = self._day(_EPOCH + timedelta(days=int(number)))
            pattern = self.row_pattern[rows[chosen]]
            byte, bit = of_day[chosen] >> 3, of_day[chosen] & 7
            is_open = (opened[pattern, byte] >> bit) & 1
            out[chosen] = is_open | (((unknown[pattern, byte] >> bit) & 1) << 1)
        return out

    # --- one row ---

    def never_closes(self, row: int) -> bool:
        """Whether it is open every minute of every day."""
        pattern = self._patterns[int(self.row_pattern[row])]
        return pattern is not None and pattern.always

    def open_until(self, row: int, at: datetime) -> datetime | None:
        """When the opening that holds at `at` ends (with the zone). None when it is not open at
        `at`, and when it never ends (within 400 days)."""
        return self._first(row, at, at_open=True, wanted_open=False)

    def next_opening(self, row: int, at: datetime) -> datetime | None:
        """When it is next open, from `at` on (`at`'s minute when it is open already). None when
        that is not certain to happen within 400 days."""
        return self._first(row, at, at_open=None, wanted_open=True)

    def _first(
        self, row: int, at: datetime, *, at_open: bool | None, wanted_open: bool
    ) -> datetime | None:
        pattern = self._patterns[int(self.row_pattern[row])]
        if pattern is None or (not wanted_open and pattern.always):
            return None
        local = self._local(at)
        minute = local.hour * 60 + local.minute
        day = local.date()
        last = day + _LOOK_AHEAD
        while day <= last:
            states = pattern.true(self.calendar, day, self.silent)
            if at_open is not None:
                if (states[minute] == OPEN) != at_open:
                    return None
                at_open = None
            hits = np.flatnonzero((states[minute:] == OPEN) == wanted_open)
            if hits.size:
                found = datetime.combine(day, time()) + timedelta(minutes=minute + int(hits[0]))
                return found.replace(tzinfo=self.zone)
            day, minute = day + timedelta(days=1), 0
        return None
