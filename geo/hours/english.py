"""English texts about opening hours, as people type them into directories.

Hours that something limits ("fortnightly", "term time only", "from 3rd November") are marked
`unknown` at just those hours, and closed at others; the same goes for hours with two plausible
readings: of `10:00 - 02:00` (a form that was filled in on 12 hours, or a late bar) the part up to
14:00 is open and the rest unknown. A text without days, or without hours, is not understood.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from geo.hours.english_words import Token, clean, tokens
from geo.hours.rules import (
    ALL_DAY,
    DAY_MINUTES,
    WEEK,
    NotUnderstoodError,
    Span,
    Understood,
    Week,
    merge,
    quoted,
    subtract,
    write_span,
    write_week,
)

_NOON = 720
_PASSED_OVER = {"colon", "word", "other", "morning", "later", "comma", "dash", "and"}


@dataclass
class _Hours:
    """Spans that are certain, and spans that hold on one reading only."""

    known: list[Span] = field(default_factory=list)
    unknown: list[Span] = field(default_factory=list)


@dataclass
class _Group:
    """Days and what is said of them."""

    days: frozenset[int] = frozenset()
    ordinals: tuple[int, ...] = ()
    hours: list[_Hours] = field(default_factory=list)
    closed: bool = False
    limits: list[str] = field(default_factory=list)
    listed: bool = False


# --- times -----------------------------------------------------------------------------------


def _clock(token: Token, half: str) -> int | None:
    hour = token.hour
    if hour > 24 or (half and hour == 0):
        return None
    if half == "p" and hour < 12:
        hour += 12
    elif half == "a" and hour == 12:
        hour = 0
    return hour * 60 + token.minute


def _read(first: Token, second: Token, hint: str) -> _Hours:
    """One span; `hint` is "a" or "p" where the words around speak of a morning or an afternoon."""
    if first.half and second.half:
        return _both(first, second)
    if second.half:
        return _from_end(first, second)
    if first.half:
        start, end = _clock(first, first.half), _clock(second, "")
        if start is None or end is None:
            return _Hours()
        while end <= start:
            end += _NOON
        return _Hours([(start, end)])
    return _bare(first, second, hint)


def _both(first: Token, second: Token) -> _Hours:
    start, end = _clock(first, first.half), _clock(second, second.half)
    if start is None or end is None or start == end:
        return _Hours()
    if second.half == "a" and second.hour == 12:
        # "10am-12am" is nearly always noon; up to noon both readings agree.
        late = _Hours([], [(_NOON, DAY_MINUTES)])
        return late if start >= _NOON else _Hours([(start, _NOON)], late.unknown)
    if first.half == "a" and first.hour == 12:
        return _Hours([(_NOON, end)], [(0, _NOON)]) if end > _NOON else _Hours([], [(0, end)])
    if end > start:
        return _Hours([(start, end)])
    if start >= 15 * 60 and end <= 8 * 60:
        return _Hours([(start, end + DAY_MINUTES)])
    return _Hours()


def _from_end(first: Token, second: Token) -> _Hours:
    end = _clock(second, second.half)
    literal = _clock(first, "")
    if end is None or literal is None:
        return _Hours()
    if second.half == "a":
        if second.hour == 12:
            return _both(
                Token("time", first.text, hour=first.hour, minute=first.minute, half="a"), second
            )
        return _Hours([(literal, end)]) if literal < end else _Hours()
    shared = literal + _NOON if first.hour < 12 else literal
    if first.padded or shared >= end:
        return _Hours([(literal, end)]) if literal < end else _Hours()
    if first.hour <= 7 or first.hour == 12:
        return _Hours([(shared, end)])
    return _Hours([(shared, end)], [(literal, shared)])


def _bare(first: Token, second: Token, hint: str) -> _Hours:
    start, end = _clock(first, ""), _clock(second, "")
    if start is None or end is None or start == end:
        return _Hours([], [ALL_DAY])
    on_24_hours = first.padded or second.padded
    if end > start:
        afternoon = (start + _NOON, min(end + _NOON, 2 * DAY_MINUTES))
        if end > 12 * 60 + 59 or start >= 9 * 60 or (on_24_hours and start >= 7 * 60):
            return _Hours([(start, end)])
        if hint == "a":
            return _Hours([(start, end)])
        if hint == "p":
            return _Hours([afternoon])
        if start < 7 * 60 and not on_24_hours:
            return _Hours([], [afternoon])
        return _Hours([], [(start, end), afternoon])
    if end > _NOON:
        return _Hours([], [ALL_DAY])  # "19:30 - 18:30" is a slip of the pen
    if end + _NOON <= start:
        return _Hours([(start, end + DAY_MINUTES)])
    if not on_24_hours and start >= 7 * 60:
        return _Hours([(start, end + _NOON)])
    # Certain on both readings up to the afternoon's end; past it only if it means the next day.
    until = end + _NOON
    return _Hours([(start, until)], [(until, end + DAY_MINUTES)])


# --- groups ----------------------------------------------------------------------------------


def _days_at(row: list[Token], index: int) -> tuple[frozenset[int], int]:
    """A run of days ("Monday to Wednesday & Fridays") from `index`; where it ends."""
    days = row[index].days
    last = row[index]
    index += 1
    while index < len(row):
        ahead = index
        dashed = row[ahead].kind == "dash"
        while ahead < len(row) and row[ahead].kind in {"comma", "and", "dash"}:
            ahead += 1
        if ahead >= len(row) or row[ahead].kind != "day" or ahead - index > 2:
            break
        here = row[ahead]
        if last.welsh != here.welsh:
            # "Llun/Mawrth - Monday/Tuesday" says the days twice.
            days = here.days if dashed else days | here.days
        elif dashed and len(last.days) == 1 and len(here.days) == 1:
            start, end = min(last.days), min(here.days)
            days |= {(start + step) % 7 for step in range((end - start) % 7 + 1)}
        else:
            days |= here.days
        last = here
        index = ahead + 1
    return days, index


def _span_at(row: list[Token], index: int, hint: str) -> tuple[_Hours | None, int]:
    """A span from `index` ("10am to 2pm", "between 10 and 11:30"); None where it is no span."""
    joined = {"dash"}
    if index and row[index - 1].kind == "between":
        joined.add("and")
    after = index + 1
    while after < len(row) and row[after].kind == "dash" and after < index + 3:
        after += 1
    if after == index + 1 and after < len(row) and row[after].kind in joined:
        after += 1
    if after == index + 1 or after >= len(row) or row[after].kind != "time":
        return None, index + 1
    if after + 2 < len(row) and row[after + 1].kind == "dash" and row[after + 2].kind == "time":
        return None, after + 3
    hours = _read(row[index], row[after], hint)
    return (hours if hours.known or hours.unknown else None), after + 1


def _hint(row: list[Token], index: int) -> str:
    for token in reversed(row[max(0, index - 4) : index]):
        if token.kind in {"morning", "later"}:
            return "a" if token.kind == "morning" else "p"
        if token.kind in {"day", "time"}:
            break
    return ""


def _groups(row: list[Token]) -> tuple[list[_Group], str]:
    """Groups of days and hours in order, and the rule for bank holidays."""
    groups: list[_Group] = []
    leading: list[str] = []
    early: list[_Hours] = []
    pending: list[str] = []
    holidays = ""
    waiting = False
    stopped = False
    index = 0
    while index < len(row):
        token = row[index]
        now = groups[-1] if groups else None
        if token.kind in {"day", "nth"}:
            if token.kind == "day":
                days, index = _days_at(row, index)
                new = _Group(days)
            else:
                new = _Group(token.days, token.ordinals)
                index += 1
            new.closed = waiting
            new.limits += pending
            pending, waiting = [], False
            groups.append(new)
            stopped = False
            continue
        index += 1
        if token.kind == "always":
            (now.hours if now else early).append(_Hours([ALL_DAY]))
        elif token.kind == "time":
            hours, index = _span_at(row, index - 1, _hint(row, index - 1))
            if hours is None:
                if token.exact or token.half:
                    (now.limits if now else leading).append(token.text)
            else:
                (now.hours if now else early).append(hours)
                stopped = False
        elif token.kind == "bankoff":
            holidays = "PH off"
        elif token.kind == "closed":
            if now is not None and not now.hours and not stopped:
                now.closed = True
            elif now is not None and now.hours and not stopped:
                now.limits.append(token.text)
                waiting = True
            else:
                waiting = True
        elif token.kind == "limit":
            if now is None:
                leading.append(token.text)
            else:
                now.limits.append(token.text)
                # "9:30 - 11:30 Monthly, Sunday: …" limits what is before it only.
                listed = index < len(row) and row[index].kind == "comma"
                if now.hours and not (listed and row[index - 2].kind == "time"):
                    pending.append(token.text)
        elif token.kind == "stop":
            stopped = True
            if now is not None and not now.hours and ";" in token.text:
                now.listed = True
    if leading:
        for group in groups:
            group.limits += leading
    if pending and stopped and not (row and row[-1].kind == "stop" and len(groups) == 1):
        # Said at the end, after a full stop: it may be meant for all of it.
        for group in groups:
            group.limits += pending
    if early:
        groups = _hours_first(early, groups)
    return groups, holidays


def _pass_on_limits(groups: list[_Group]) -> None:
    """Days without hours of their own ("12-1.30 (1st Tuesday of the month)", "the Friday of that
    week must be booked") tell something of the hours before them."""
    before: _Group | None = None
    for group in groups:
        if group.hours:
            before = group
        elif before is not None and not group.closed:
            before.limits += group.limits
            if group.ordinals:
                before.limits.append("of the month")


def _hours_first(early: list[_Hours], groups: list[_Group]) -> list[_Group]:
    if not groups and all(hours.known == [ALL_DAY] for hours in early):
        return [_Group(WEEK, hours=early)]
    if len(groups) == 1 and not groups[0].hours and not groups[0].closed:
        groups[0].hours = early
        return groups
    raise NotUnderstoodError("有的时间没有写明星期 / some hours have no days")


# --- writing ---------------------------------------------------------------------------------


def _fill(week: Week, group: _Group) -> None:
    known = [span for hours in group.hours for span in hours.known]
    unknown = [span for hours in group.hours for span in hours.unknown]
    # Two hours of one day where one lies within the other: perhaps a break, perhaps an event.
    for hours, other in zip(group.hours, group.hours[1:], strict=False):
        for start, end in hours.known:
            for low, high in other.known:
                if start < low < high < end:
                    unknown.append((low, high))
                    known = subtract(known, [(low, high)])
    if group.closed and group.hours:
        unknown, known = merge([*known, *unknown]), []
    if group.limits:
        unknown, known = merge([*known, *unknown]), []
    if group.ordinals and not unknown:
        week.nth += [(day, group.ordinals, span) for day in group.days for span in known]
        return
    if group.ordinals:
        unknown, known = merge([*known, *unknown]), []
    week.add(group.days, known)
    week.add(group.days, unknown, known=False)


_DIFFERENT = (
    "bank holidays and public holidays may offer different opening times, "
    "check directly with the venue"
)
_CHRISTMAS = 'Dec 15-Jan 10 unknown "Christmas"'


def understand(text: str) -> Understood:
    """An English text as opening hours; raises :class:`NotUnderstoodError`."""
    plain = clean(text)
    extra: list[str] = []
    if _DIFFERENT in plain:
        plain = plain.replace(_DIFFERENT, " ")
        extra.append('PH unknown "may differ"')
    # What stands after a heading about Christmas are dates of that season.
    head, word, _ = plain.partition("christmas")
    if word and head.rstrip().endswith((";", ".", "\n")):
        plain = head
        extra.append(_CHRISTMAS)
    groups, holidays = _groups(tokens(plain))
    _pass_on_limits(groups)
    if len(groups) > 1 and any(group.listed for group in groups):
        groups[-1].listed = True  # the last of "Monday ; Tuesday 1-3pm; … ; Sunday"
    if not any(group.hours for group in groups):
        raise NotUnderstoodError("没有写明哪几天几点开放 / days with hours are not stated")
    week = Week()
    bare: set[int] = set()
    limits = [limit.strip() for group in groups for limit in group.limits]
    for group in groups:
        if group.hours:
            _fill(week, group)
        elif (group.limits and not group.closed) or (not group.closed and not group.listed):
            bare |= group.days
    said = {day for kept in (week.open, week.unknown) for day, spans in kept.items() if spans}
    for day in bare - said:
        week.add([day], [ALL_DAY], known=False)
    for day in {day for g in groups if g.closed and not g.hours for day in g.days}:
        # Closed here, open there: neither is certain.
        week.unknown[day] = merge([*week.unknown.get(day, []), *week.open.pop(day, [])])
    written = write_week(week, "see text")
    if holidays:
        extra.append(holidays)
    sure = not any(week.unknown.values()) and not any("unknown" in rule for rule in extra)
    return Understood(
        "; ".join([written, *extra]),
        None if sure else _doubt(limits, week),
    )


def _doubt(limits: list[str], week: Week) -> str:
    if limits:
        words = quoted(", ".join(dict.fromkeys(limits)), 80)
        return f"“{words}”限制了部分时间 / “{words}” limits some of the hours"
    spans = [span for spans in week.unknown.values() for span in spans]
    hours = ",".join(write_span(span) for span in merge(spans)[:3]) or "holidays"
    return f"部分时间不确定 / some of the hours are not certain: {hours}"
