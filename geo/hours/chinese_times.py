"""Clock times in Chinese texts: one reading or none.

Times are read on 24 hours and by the part of the day they stand in. A time that could be morning or
afternoon (`2:00-5:00`, `8:00-6:00`) is doubtful; a span that ends before it starts runs past
midnight only where no other reading is plausible (`18:00-02:00`, or `次日` says so).
"""

from __future__ import annotations

from dataclasses import replace

from geo.hours.chinese_words import Token
from geo.hours.rules import DAY_MINUTES, NotUnderstoodError, Span

_NOON = 720


def doubtful(what: str, why: str) -> NotUnderstoodError:
    """A sentence of doubt about a piece of a text."""
    return NotUnderstoodError(f"“{what}”{why}")


def _minutes(token: Token, part: str) -> int | None:
    """Minutes since midnight of a time in a part of the day; None where the two contradict."""
    hour, minute = token.hour, token.minute
    if hour > 24 or minute > 59 or (hour == 24 and minute):
        return None
    if part == "morning":
        hours = hour if 4 <= hour <= 12 else None
    elif part == "noon":
        hours = {10: 10, 11: 11, 12: 12, 13: 13, 14: 14, 1: 13, 2: 14}.get(hour)
    elif part == "afternoon":
        hours = hour + 12 if 1 <= hour <= 11 else hour if 12 <= hour <= 23 else None
    elif part == "dusk":
        hours = hour + 12 if 4 <= hour <= 8 else hour if 16 <= hour <= 20 else None
    elif part == "evening":
        hours = hour + 12 if 5 <= hour <= 12 else hour if 17 <= hour <= 24 else None
    elif part == "night":
        hours = {12: 24, 24: 24, 23: 23, 0: 0}.get(hour, hour if hour <= 6 else None)
    else:
        hours = hour
    return None if hours is None else hours * 60 + minute


def _span(first: Token, second: Token, *, next_day: bool) -> Span:
    """Two times as a span; raises where a second reading is plausible."""
    written = f"{first.text}-{second.text}"
    start = _minutes(first, first.part)
    if start is None:
        raise doubtful(written, "的时间自相矛盾 / is not a time")
    if start == DAY_MINUTES:
        start = 0
    end = _minutes(second, second.part)
    if not second.part and first.part:
        # "下午2点到5点": the part of the day goes on, unless the end is later as it stands.
        carried = _minutes(second, first.part)
        if (end is None or end <= start) and carried is not None and carried > start:
            end = carried
    if end is None:
        raise doubtful(written, "的时间自相矛盾 / is not a time")
    if end % DAY_MINUTES == DAY_MINUTES - 1:
        end += 1  # 23:59 is how a form that knows no 24:00 says midnight
    if next_day:
        if end == DAY_MINUTES:
            end = 0
        if end >= start and end > 0:
            raise doubtful(written, "超过24小时 / is longer than a day")
        return start, end + DAY_MINUTES
    if end > start:
        on_24_hours = (
            first.padded or first.part or second.part or start >= 6 * 60 or end > _NOON
        ) and not (not first.part and second.part and start < 6 * 60 and not first.padded)
        if start != 0 and not on_24_hours:
            raise doubtful(written, "可能是上午,也可能是下午 / may be morning or afternoon")
        return start, end
    if end == start:
        raise doubtful(written, "可能是全天,也可能是未开放 / may mean all day or never")
    if end == 0:
        return start, DAY_MINUTES
    # It ends before it starts: past midnight, unless someone wrote an afternoon on 12 hours.
    length = end + DAY_MINUTES - start
    afternoon_possible = not second.part and end <= _NOON and end + _NOON > start
    certain = second.part == "night" or not afternoon_possible
    if afternoon_possible and second.padded and (end <= 3 * 60 or length <= 18 * 60):
        certain = start >= 9 * 60
    if not certain or end > _NOON:
        raise doubtful(written, "的结束时间早于开始时间 / ends before it starts")
    return start, end + DAY_MINUTES


def spans(row: list[Token]) -> list[Token | Span]:
    """Times joined to spans; parts of the day that head a span are put into its times."""
    out: list[Token | Span] = []
    index = 0
    label = ""
    while index < len(row):
        token = row[index]
        if token.kind == "part":
            # A label ("上午:8:30-12:00") may be parted from its time by a colon or a bracket.
            label = token.part
            index += 1
            while index < len(row) and row[index].kind == "stop" and row[index].text in ":)(":
                index += 1
            if index >= len(row) or row[index].kind != "time":
                raise doubtful(token.text, "没有写明时间 / has no time")
            continue
        if token.kind != "time":
            if token.kind not in {"dash", "stop", "list"}:
                label = ""
            out.append(token)
            index += 1
            continue
        first = replace(token, part=label)
        index += 1
        if index >= len(row) or row[index].kind != "dash":
            raise doubtful(token.text, "只有一个时间 / is one time, not a span")
        index += 1
        next_day = index < len(row) and row[index].kind == "nextday"
        index += next_day
        part = ""
        if index < len(row) and row[index].kind == "part":
            part = row[index].part
            index += 1
        if index >= len(row) or row[index].kind != "time":
            raise doubtful(token.text, "没有结束时间 / has no end")
        second = replace(row[index], part=part)
        index += 1
        if index < len(row) and row[index].kind == "dash":
            raise doubtful(second.text, "之后还有一个时间 / goes on to a third time")
        out.append(_span(first, second, next_day=next_day))
        label = ""
    return out
