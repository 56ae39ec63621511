"""Chinese texts about opening hours, read strictly: one word not known, and the text is doubtful.

A text is a row of clauses: a part of the year, days, and hours or a closing (`周一至周五
8:30-12:00,13:00-17:30;周末休息`); the days may also follow the hours. `工作日` is Monday to Friday,
public holidays off, make-up workdays on (the calendar makes those days Mondays to Fridays).

Clock times are the business of :mod:`geo.hours.chinese_times`.
"""

from __future__ import annotations

from calendar import IllegalMonthError, monthrange
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from geo.hours.chinese_times import doubtful, spans
from geo.hours.chinese_words import Token, clean, tokens
from geo.hours.rules import (
    ALL_DAY,
    MONTH_NAMES,
    WEEK,
    WEEKEND,
    NotUnderstoodError,
    Span,
    Understood,
    Week,
    subtract,
    write_span,
    write_week,
)

_DAYSET_KINDS = {"day", "everyday", "workday", "weekend", "restday", "holiday"}


@dataclass
class _Days:
    days: frozenset[int] = frozenset()
    holiday: bool = False
    workday: bool = False
    rest: bool = False
    strict_holiday: bool = False


@dataclass
class _Clause:
    """`apart`: a stop stands before the days; `hours_apart`: one between days and hours."""

    days: _Days | None = None
    apart: bool = False
    hours_apart: bool = False
    spans: list[Span] = field(default_factory=list)
    breaks: list[Span] = field(default_factory=list)
    closed: bool = False
    usual: bool = False

    @property
    def empty(self) -> bool:
        return not (self.spans or self.closed or self.usual or self.breaks)


@dataclass
class _Piece:
    """One part of the year: OpenStreetMap's selector and the days of the year it covers."""

    selector: str = ""
    days: frozenset[int] = frozenset()
    row: list[Token] = field(default_factory=list)
    clauses: list[_Clause] = field(default_factory=list)


# --- days ------------------------------------------------------------------------------------


def _range(first: int, last: int) -> frozenset[int]:
    return frozenset((first + step) % 7 for step in range((last - first) % 7 + 1))


def _day_sets(row: list[Token | Span]) -> list[Token | Span | _Days]:
    """Runs of day words joined: ranges by a dash, lists by 、 和, or side by side."""
    out: list[Token | Span | _Days] = []
    index = 0
    while index < len(row):
        item = row[index]
        if not isinstance(item, Token) or item.kind not in _DAYSET_KINDS:
            out.append(item)
            index += 1
            continue
        found = _Days()
        while True:
            token = row[index]
            assert isinstance(token, Token)
            days = token.days
            index += 1
            if token.kind == "day" and index + 1 < len(row):
                dash, last = row[index], row[index + 1]
                if (
                    isinstance(dash, Token) and dash.kind == "dash"
                    and isinstance(last, Token) and last.kind == "day"
                ):  # fmt: skip
                    days = _range(min(days), min(last.days))
                    index += 2
            found.days |= days
            found.workday |= token.kind == "workday"
            found.holiday |= token.kind in {"holiday", "restday"}
            found.rest |= token.kind == "restday"
            found.strict_holiday |= token.kind == "holiday" and "法定" in token.text
            ahead = index
            while ahead < len(row) and _joins(row[ahead]):
                ahead += 1
            following = row[ahead] if ahead < len(row) else None
            if isinstance(following, Token) and following.kind in _DAYSET_KINDS:
                # A comma joins days only where no hours could stand between: "周一,周三,周五 9-12".
                index = ahead
                continue
            break
        out.append(found)
    return out


def _joins(item: Token | Span) -> bool:
    return isinstance(item, Token) and (
        item.kind == "list" or (item.kind == "stop" and item.text in ",，(:")
    )


# --- parts of the year -----------------------------------------------------------------------

_YEAR = 2028  # a leap year, to count days of the year with


def _day_of_year(token: Token, *, last: bool) -> int:
    try:
        if token.date:
            return date(_YEAR, token.month, token.date).timetuple().tm_yday
        month_end = monthrange(_YEAR, token.month)[1] if last else 1
        return date(_YEAR, token.month, month_end).timetuple().tm_yday
    except (ValueError, IllegalMonthError):
        raise doubtful(token.text, "不是日期 / is no date") from None


def _season(first: Token, last: Token) -> tuple[str, frozenset[int]]:
    """OpenStreetMap's selector and the days of the year (1..366) of a span of months or dates."""
    if bool(first.date) != bool(last.date):
        raise doubtful(f"{first.text}-{last.text}", "的起止不一致 / mixes months and dates")
    start, end = _day_of_year(first, last=False), _day_of_year(last, last=True)
    names = [MONTH_NAMES[token.month - 1] for token in (first, last)]
    if first.date:
        names = [f"{name} {t.date:02d}" for name, t in zip(names, (first, last), strict=True)]
    days = range(start, end + 1) if start <= end else [*range(start, 367), *range(1, end + 1)]
    return "-".join(names), frozenset(days)


def _seasons(row: list[Token]) -> list[_Piece]:
    """The text cut where a part of the year begins; "其他月份" has the selector "*"."""
    pieces = [_Piece()]
    index = 0
    while index < len(row):
        token = row[index]
        if token.kind == "season":
            index += 1
            following = [t for t in row[index : index + 2] if t.kind != "stop"]
            if not following or following[0].kind != "date":
                raise doubtful(token.text, "没有写明月份 / has no months")
        elif token.kind == "othermonths":
            pieces.append(_Piece("*"))
            index += 1
        elif token.kind == "date":
            last = row[index + 2] if index + 2 < len(row) else None
            if last is None or last.kind != "date" or row[index + 1].kind != "dash":
                raise doubtful(token.text, "不是一段日期 / is not a span of dates")
            pieces.append(_Piece(*_season(token, last)))
            index += 3
        else:
            pieces[-1].row.append(token)
            index += 1
    if len(pieces) > 1:
        if any(t.kind not in {"stop", "list", "everyday"} for t in pieces[0].row):
            raise NotUnderstoodError("有的时间没有写明月份 / some hours have no months")
        del pieces[0]
    return pieces


# --- clauses ---------------------------------------------------------------------------------


def _clauses(row: list[Token | Span | _Days]) -> list[_Clause]:
    clauses = [_Clause()]
    pending_break = False
    stop = False
    for index, item in enumerate(row):
        now = clauses[-1]
        if isinstance(item, _Days):
            clauses.append(_Clause(days=item, apart=stop))
            pending_break = False
        elif isinstance(item, tuple) and now.closed:
            # "周一闭馆,9:00-17:00": these hours are those of the other days.
            clauses.append(_Clause(spans=[item], apart=True))
        elif isinstance(item, tuple):
            now.hours_apart |= now.empty and stop
            (now.breaks if pending_break else now.spans).append(item)
            pending_break = False
        elif item.kind == "allday":
            now.hours_apart |= now.empty and stop
            now.spans.append(ALL_DAY)
        elif item.kind == "break":
            following = [x for x in row[index + 1 :] if not _is_stop(x)]
            if following and isinstance(following[0], tuple):
                pending_break = True
            elif len(now.spans) > 1:
                now.breaks.append(now.spans.pop())
            else:
                raise NotUnderstoodError("午休没有写明时间 / the noon break has no hours")
        elif item.kind == "closed":
            _close(now, item)
        elif item.kind == "usual":
            now.usual |= now.days is not None and now.empty
        elif item.kind in {"dash", "nextday"}:
            raise doubtful(item.text, "的位置不明 / stands where it means nothing")
        stop = _is_stop(item) and not (isinstance(item, Token) and item.text == ":")
    if clauses[0].empty:
        del clauses[0]
    if len(clauses) > 1 and clauses[0].days and clauses[-1].empty and len(clauses[-2].spans) > 1:
        # "周一至周五14:00-18:00,8:00-12:00(周末)": the last hours may be those of the last days.
        raise NotUnderstoodError("时间与日期的对应不明 / hours and days do not pair")
    if len(clauses) < 2 or clauses[0].days is not None:
        return clauses
    if clauses[-1].empty:
        # Hours, then their days: each clause's hours belong to the days that follow them.
        for earlier, later in pairwise(clauses):
            if earlier.closed or earlier.usual:
                raise NotUnderstoodError("时间与日期的对应不明 / hours and days do not pair")
            earlier.days = later.days
        return clauses[:-1]
    if any(c.spans and (not c.apart or c.hours_apart) for c in clauses[1:]):
        raise NotUnderstoodError("时间与日期的对应不明 / hours and days do not pair")
    return clauses


def _is_stop(item: Token | Span | _Days) -> bool:
    return isinstance(item, Token) and item.kind == "stop"


def _close(clause: _Clause, token: Token) -> None:
    if clause.spans and token.text == "休息" and (clause.days is None or len(clause.spans) > 1):
        # "8:00-18:00(12:00-13:30休息)": the last span is the break.
        clause.breaks.append(clause.spans.pop())
    elif clause.days is None or not clause.empty:
        raise doubtful(token.text, "指的是什么时间不明 / what it refers to is unclear")
    else:
        clause.closed = True


# --- writing ---------------------------------------------------------------------------------


def _write(pieces: list[_Piece], text: str) -> Understood:
    covered: set[int] = set()
    for piece in pieces:
        if covered & piece.days:
            raise NotUnderstoodError("日期有重叠 / parts of the year overlap")
        covered |= piece.days
    rules: list[str] = []
    doubts: list[str] = []
    seasonal = bool(covered)
    if seasonal and len(covered) < 366 and all(piece.selector != "*" for piece in pieces):
        rules.append('24/7 unknown "其余日期未注明"')
        doubts.append("其余日期未注明 / the other dates are not stated")
    # What holds in the other months comes first: the named months then replace it.
    pieces = sorted(pieces, key=lambda piece: piece.selector != "*")
    holidays: dict[str, None] = {}
    for piece in pieces:
        selector = "" if piece.selector == "*" else piece.selector
        if selector:
            rules.append(f"{selector} off")
        written, holiday, doubt = _write_piece(selector, piece.clauses, text)
        if selector and written.startswith((f"{selector} 0", f"{selector} 1", f"{selector} 2")):
            rules.pop()  # hours for all seven days replace what held before
        rules.append(written)
        doubts += [doubt] if doubt else []
        if holiday:
            whole_year = not selector or holiday == "PH off"
            holidays[holiday if whole_year else f"{selector} {holiday}"] = None
    return Understood("; ".join([*rules, *holidays]), "; ".join(dict.fromkeys(doubts)) or None)


def _write_piece(selector: str, clauses: list[_Clause], text: str) -> tuple[str, str, str | None]:
    """Rules for the days, the rule for public holidays, and a doubt where part is unknown."""
    week = Week(selector)
    named = frozenset[int]().union(*(c.days.days for c in clauses if c.days))
    holiday = "PH off" if any(c.days and c.days.workday for c in clauses) else ""
    doubts: list[str] = []
    default = next((c for c in clauses if c.days is None), None)
    if default is not None and named == WEEK:
        raise NotUnderstoodError("时间与日期的对应不明 / hours and days do not pair")
    for position, clause in enumerate(clauses):
        days = clause.days
        if days is None:
            # Hours without days hold on every day that no other clause names.
            _hours(week, WEEK - named, clause)
            continue
        if days.holiday:
            before = clauses[position - 1] if position else None
            holiday, doubt = _on_holidays(clause, before, clauses, text)
            doubts += doubt
            if not days.days:
                if not days.strict_holiday and not named & WEEKEND and not clause.usual:
                    doubts += _unsure_weekend(week, default, clause)
                continue
        if clause.spans:
            _hours(week, days.days, clause)
        elif clause.usual and default is not None:
            _hours(week, days.days, default)
        elif not clause.usual and not clause.closed:
            week.add(days.days, [ALL_DAY], known=False)
            doubts.append("有的日子没有写明几点开放 / the hours of some days are not stated")
    for clause in clauses:
        if clause.closed and clause.days is not None:
            # A closing wins over whatever else is said of its days, in any order.
            for day in clause.days.days:
                week.open[day] = week.unknown[day] = []
    return write_week(week, "未注明"), holiday, "; ".join(dict.fromkeys(doubts)) or None


def _hours(week: Week, days: frozenset[int], clause: _Clause) -> None:
    ordered = sorted(clause.spans)
    if any(later[0] < earlier[1] for earlier, later in pairwise(ordered)):
        raise NotUnderstoodError("时间有重叠 / spans of one day overlap")
    if any(set(week.open.get(day, ())) - set(clause.spans) for day in days):
        raise NotUnderstoodError("同一天写了两种时间 / a day has two different hours")
    week.add(days, clause.spans)
    for gap in clause.breaks:
        week.cut(days, gap)


def _on_holidays(
    clause: _Clause, before: _Clause | None, clauses: list[_Clause], text: str
) -> tuple[str, list[str]]:
    """The rule for public holidays that a clause about them makes, and its doubt."""
    if clause.spans:
        if clause.breaks:
            raise NotUnderstoodError("节假日的午休不明 / a break on holidays is not understood")
        return "PH " + ",".join(write_span(span) for span in clause.spans), []
    if clause.usual:
        return _as_usual(clauses)
    if clause.closed and not ("除外" in text and before and before.closed):
        return "PH off", []
    # "周一闭馆(法定节假日除外)" says that it opens on holidays rather than closing.
    return 'PH unknown "未注明"', ["节假日的开放时间不明 / the hours on holidays are unclear"]


def _as_usual(clauses: list[_Clause]) -> tuple[str, list[str]]:
    """Holidays open like any day: their hours are known only where every day has the same."""
    hours = {tuple(subtract(c.spans, c.breaks)) for c in clauses if c.spans}
    daily = all(c.days is None or c.days.days == WEEK for c in clauses if c.spans)
    if len(hours) == 1 and daily:
        return "PH " + ",".join(write_span(span) for span in hours.pop()), []
    return 'PH unknown "未注明"', ["节假日的开放时间不明 / the hours on holidays are unclear"]


def _unsure_weekend(week: Week, default: _Clause | None, clause: _Clause) -> list[str]:
    """`节假日` may or may not mean weekends too: what would differ there is unknown."""
    if default is None and not clause.spans:
        return []
    for day in WEEKEND:
        plain = week.open.get(day, [])
        differing = [*subtract(plain, clause.spans), *subtract(clause.spans, plain)]
        week.open[day] = subtract(plain, differing)
        week.add([day], differing, known=False)
    return ["“节假日”是否包括周末不明 / whether “节假日” includes weekends is unclear"]


def understand(text: str) -> Understood:
    """A Chinese text as opening hours; raises :class:`NotUnderstoodError`."""
    plain = clean(text)
    pieces = _seasons(tokens(plain))
    for piece in pieces:
        piece.clauses = _clauses(_day_sets(spans(piece.row)))
        if not piece.clauses:
            raise NotUnderstoodError("没有写明时间 / no hours are stated")
    hours = {span for piece in pieces for clause in piece.clauses for span in clause.spans}
    if "24" not in plain and ALL_DAY in hours and len(hours) > 1:
        # "周末全天" beside hours of other days hardly means the night as well.
        raise NotUnderstoodError("“全天”的含义不明 / whether “全天” includes the night is unclear")
    if all(c.empty and c.days and c.days.days == WEEK for p in pieces for c in p.clauses):
        raise NotUnderstoodError("没有写明几点开放 / the hours of the day are not stated")
    return _write(pieces, plain)
