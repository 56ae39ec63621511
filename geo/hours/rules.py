"""What a text about opening hours says, as plain values, and its OpenStreetMap form.

Minutes count from midnight; a span that ends after 1,440 runs into the next day. Days count from
Monday = 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

DAY_NAMES = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTH_NAMES = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip
WEEK = frozenset(range(7))
WORKDAYS = frozenset(range(5))
WEEKEND = frozenset((5, 6))
DAY_MINUTES = 1440
ALL_DAY = (0, DAY_MINUTES)

Span = tuple[int, int]


@dataclass(frozen=True)
class Understood:
    """What :func:`geo.hours.normalise` made of a text.

    `opening_hours`: OpenStreetMap syntax, None when the text was not understood with certainty.
    `doubt`: a sentence, always there when `opening_hours` is None; beside an `opening_hours` it
    says which part of it is marked `unknown` there, and why.
    """

    opening_hours: str | None
    doubt: str | None = None


class NotUnderstoodError(Exception):
    """Carries the sentence of doubt out of a parser; never leaves this room."""


@dataclass
class Week:
    """The hours of one part of the year.

    `selector`: OpenStreetMap months or dates, "" for the whole year. `open` and `unknown` hold the
    spans of each weekday. `nth` are spans on some weekdays of a month: (day, ordinals, span).
    """

    selector: str = ""
    open: dict[int, list[Span]] = field(default_factory=dict)
    unknown: dict[int, list[Span]] = field(default_factory=dict)
    nth: list[tuple[int, tuple[int, ...], Span]] = field(default_factory=list)

    def add(self, days: Iterable[int], spans: Sequence[Span], *, known: bool = True) -> None:
        """Spans on some days, on top of what was said of them."""
        kept = self.open if known else self.unknown
        for day in days:
            kept.setdefault(day, []).extend(spans)

    def cut(self, days: Iterable[int], gap: Span) -> None:
        """Take a break out of what is open on some days."""
        for day in days:
            self.open[day] = subtract(self.open.get(day, []), [gap])


def merge(spans: Iterable[Span]) -> list[Span]:
    """Ordered, overlapping and touching spans joined."""
    out: list[Span] = []
    for start, end in sorted(set(spans)):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def subtract(spans: Iterable[Span], gaps: Iterable[Span]) -> list[Span]:
    """What of `spans` lies in none of `gaps`."""
    left = merge(spans)
    for gap_start, gap_end in gaps:
        pieces: list[Span] = []
        for start, end in left:
            pieces += [
                piece
                for piece in ((start, min(end, gap_start)), (max(start, gap_end), end))
                if piece[0] < piece[1]
            ]
        left = pieces
    return left


def clock(minute: int) -> str:
    """`HH:MM`, hours above 24 for the next day's."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def write_span(span: Span) -> str:
    """`22:00-06:00`; the end is taken modulo a day unless it is midnight."""
    start, end = span
    return f"{clock(start)}-{clock(end - DAY_MINUTES if end > DAY_MINUTES else end)}"


def write_days(days: Iterable[int]) -> str:
    """`Mo-Fr`, `Mo,We,Fr`; "" for the whole week."""
    ordered = sorted(set(days))
    if len(ordered) == len(WEEK):
        return ""
    runs: list[list[int]] = []
    for day in ordered:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(
        DAY_NAMES[run[0]]
        if len(run) == 1
        else f"{DAY_NAMES[run[0]]}{'-' if len(run) > 2 else ','}{DAY_NAMES[run[-1]]}"
        for run in runs
    )


def _join(*words: str) -> str:
    return " ".join(word for word in words if word)


def _grouped(spans_of: dict[int, list[Span]]) -> list[tuple[list[int], list[Span]]]:
    groups: dict[tuple[Span, ...], list[int]] = {}
    for day in sorted(spans_of):
        spans = merge(spans_of[day])
        if spans:
            groups.setdefault(tuple(spans), []).append(day)
    return [(days, list(spans)) for spans, days in groups.items()]


def write_week(week: Week, comment: str) -> str:
    """One week's rules. Raises :class:`NotUnderstoodError` when nothing is ever open or unknown.

    Rules are joined by `;`, which replaces a day, where each day has one rule and no span passes
    midnight (a later rule would cut what runs into its day), else by `,`, which adds.
    """
    opened = {day: merge(spans) for day, spans in week.open.items()}
    unsure = {
        day: subtract(spans, opened.get(day, [])) for day, spans in week.unknown.items() if spans
    }
    rules: list[str] = []
    for days, spans in _grouped(opened):
        hours = ",".join(write_span(span) for span in spans)
        if spans == [ALL_DAY]:
            hours = "24/7" if not write_days(days) and not week.selector else "00:00-24:00"
        rules.append(_join(week.selector, write_days(days), hours))
    for days, spans in _grouped(unsure):
        # A rule of a whole unknown day needs no hours.
        hours = "" if spans == [ALL_DAY] else ",".join(write_span(span) for span in spans)
        rules.append(_join(week.selector, write_days(days), hours, f'unknown "{comment}"'))
    for day, ordinals, span in week.nth:
        which = f"{DAY_NAMES[day]}[{','.join(str(n) for n in ordinals)}]"
        rules.append(_join(week.selector, which, write_span(span)))
    if not rules:
        raise NotUnderstoodError("没有说明任何开放时间 / no opening time is stated")
    late = any(
        end > DAY_MINUTES for spans in (*opened.values(), *unsure.values()) for _, end in spans
    )
    twice = bool(week.nth) or bool(
        {day for day, spans in opened.items() if spans}
        & {day for day, spans in unsure.items() if spans}
    )
    return (", " if late or twice else "; ").join(rules)


def quoted(text: str, limit: int = 60) -> str:
    """A text fit for a comment in OpenStreetMap syntax and for a sentence of doubt."""
    flat = " ".join(text.replace('"', "'").split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
