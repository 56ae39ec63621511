"""What people in the street tell of a station: closed in its posted hours, a wrong place, a broken
microwave.

A report is anonymous. Nothing about who sent it is kept: no address, no browser, no name; `receipt`
is a random word that only the sender has, and sending the same one twice is one report. The times
of a report are rounded down to the quarter hour, so that none of them can be laid beside a log of
requests. An open report is a *doubt* that workers are shown beside the station for a fortnight,
until somebody has looked and confirmed or dismissed it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_leave

from geo import editions
from geo.database import Reader, Writer
from geo.errors import Conflict, Invalid, NotFound, TooMany
from geo.filters import active
from geo.schema import REPORT_KINDS, REPORT_STATES, SERVICES, StationReport
from geo.stations.queries import get_station

RECEIPT = r"[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}"
"""A random UUID (version 4, RFC 9562) in 32 hexadecimal digits: nobody guesses another's."""
LONGEST_NOTE = 300
LONGEST_ANSWER = 500
QUARTER = timedelta(minutes=15)
OLDEST = timedelta(days=30)
AHEAD = timedelta(minutes=15)
"""A clock may go ahead by this much."""
DAY = timedelta(days=1)
DOUBT_DAYS = 14
MOST_A_DAY = 20
DECISIONS = tuple(state for state in REPORT_STATES if state != "open")

_RECEIPT = re.compile(RECEIPT)
_UNSEEN = frozenset({"Cc", "Cf", "Cs"})  # control, formatting, halves of a pair
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True)
class Report:
    """One report as the book holds it. `name` is the station's in the active edition, None when it
    is no longer there."""

    id: int
    receipt: str
    station_id: int
    kind: str
    service: str | None
    note: str | None
    seen_at: datetime
    received_at: datetime
    state: str
    answer: str | None
    decided_at: datetime | None
    decided_by: str | None
    name: str | None = None


_COLUMNS = [getattr(StationReport, name) for name in Report.__dataclass_fields__ if name != "name"]
_OF_REPORT = ", ".join(f"r.{name}" for name in Report.__dataclass_fields__ if name != "name")
_SELECT = (
    f"SELECT {_OF_REPORT}, s.name FROM station_report AS r LEFT JOIN station AS s "
    f"ON s.id = r.station_id AND s.edition_id = {active('stations')}"
)


# ---------------------------------------------------------------------- sending
def send_report(
    writer: Writer,
    station_id: int,
    *,
    receipt: str,
    kind: str,
    seen_at: datetime,
    service: str | None = None,
    note: str | None = None,
    most_a_day: int = MOST_A_DAY,
    now: datetime | None = None,
) -> tuple[Report, bool]:
    """Take a report on a station of the active edition, once.

    Args:
        writer: the transaction.
        station_id: a station of the active edition.
        receipt: what the sender made up, see :data:`RECEIPT`.
        kind: one of :data:`geo.schema.REPORT_KINDS`.
        seen_at: when it was seen, with its zone; rounded down to the quarter hour.
        service: which service it is about; of :data:`geo.schema.SERVICES`.
        note: in the sender's own words; see :func:`plain_note`.
        most_a_day: open reports that one station takes within 24 hours.
        now: the present, else the clock's.

    Returns:
        The report, and whether it is new. One that was sent before with the same content is given
        again, whatever has become of it.

    Raises:
        Invalid: a word that does not exist, a note too long, a time too old or to come.
        NotFound: no such station.
        Conflict: this receipt belongs to a report of another content.
        TooMany: the station has enough open reports of the last 24 hours.

    Cost: some five statements by index. Senders of reports on one station wait for each other.
    """
    now = now or datetime.now(UTC)
    _check_words(receipt, kind, service)
    _check_year(seen_at)
    told = plain_note(note)
    content = (station_id, kind, service, told, quarter(seen_at))
    writer.lock(f"report on {station_id}")
    before = _by_receipt(writer, receipt)
    if before is None:
        _check_time(seen_at, now)
        get_station(writer, station_id)
        _check_room(writer, station_id, most_a_day, now)
        row = writer.first(
            insert_or_leave(StationReport)
            .values(
                receipt=receipt,
                station_id=station_id,
                kind=kind,
                service=service,
                note=told,
                seen_at=content[-1],
                received_at=quarter(now),
            )
            .on_conflict_do_nothing(index_elements=["receipt"])
            .returning(*_COLUMNS)
        )
        if row is not None:
            editions.tell(writer, f"station_report {station_id}")
            return _report(row), True
        # The same word arrived for another station at the same moment.
        before = _by_receipt(writer, receipt)
    if before is None or content != (
        before.station_id,
        before.kind,
        before.service,
        before.note,
        before.seen_at,
    ):
        raise Conflict(
            "这个回执号已用于另一条内容不同的反馈。 This receipt belongs to a report of another "
            "content.",
            remedy="每条反馈用一个新的随机 UUID。 Make a new random UUID for each report.",
            field="receipt",
        )
    return before, False


def plain_note(note: str | None, *, most: int = LONGEST_NOTE, field: str = "note") -> str | None:
    """A note as it is kept: one line of plain text, or None when nothing is left.

    Control and formatting characters go (a right-to-left override could turn a line around), line
    breaks and runs of blanks become one blank, letters are composed (NFC).

    Raises:
        Invalid: more than `most` characters are left.
    """
    if note is None:
        return None
    seen = "".join(
        letter for letter in _BREAKS.sub(" ", note) if unicodedata.category(letter) not in _UNSEEN
    )
    text = _BREAKS.sub(" ", unicodedata.normalize("NFC", seen)).strip()
    if len(text) > most:
        raise Invalid(
            f"文字超过 {most} 个字。 The text has more than {most} characters.",
            remedy="请写短一些。 Shorten it.",
            field=field,
        )
    return text or None


def quarter(moment: datetime) -> datetime:
    """The quarter hour that a moment lies in, in UTC."""
    utc = moment.astimezone(UTC)
    return utc.replace(minute=utc.minute // 15 * 15, second=0, microsecond=0)


def _check_words(receipt: str, kind: str, service: str | None) -> None:
    if not _RECEIPT.fullmatch(receipt):
        raise Invalid(
            "回执号不是随机 UUID。 The receipt is no random UUID.",
            remedy="用 32 位十六进制的第 4 版 UUID。 Send a version 4 UUID in 32 hexadecimal "
            "digits.",
            field="receipt",
        )
    for field, word, known in (("kind", kind, REPORT_KINDS), ("service", service, SERVICES)):
        if word is not None and word not in known:
            raise Invalid(
                f"不认识的 {field}。 This is no {field} of a report.",
                remedy=f"可用 / use {', '.join(known)}.",
                field=field,
            )


def _check_year(seen_at: datetime) -> None:
    if seen_at.tzinfo is None or not 2000 <= seen_at.year <= 2100:
        raise Invalid(
            "看到的时间不可用。 The time it was seen cannot be used.",
            remedy="例如 / for instance 2026-11-21T12:40:00+08:00.",
            field="seen_at",
        )


def _check_time(seen_at: datetime, now: datetime) -> None:
    if seen_at > now + AHEAD:
        raise Invalid(
            "看到的时间在将来。 The time it was seen is still to come.",
            remedy="请检查手机的时间。 Check the clock of the phone.",
            field="seen_at",
        )
    if seen_at < now - OLDEST:
        raise Invalid(
            f"看到的时间早于 {OLDEST.days} 天前。 It was seen more than {OLDEST.days} days ago.",
            remedy="请去现场再看一次。 Please look again.",
            field="seen_at",
        )


def _check_room(writer: Writer, station_id: int, most_a_day: int, now: datetime) -> None:
    """Of open reports on a station the day takes so many; more would bury the others."""
    row = writer.first(
        select(
            func.count().label("reports"), func.min(StationReport.received_at).label("oldest")
        ).where(
            StationReport.station_id == station_id,
            StationReport.state == "open",
            StationReport.received_at > now - DAY,
        )
    )
    if row is None or row.reports < most_a_day:
        return
    raise TooMany(
        "这个驿站今天的反馈已经够多，正等待核实。 This station has enough reports for today; they "
        "wait to be checked.",
        seconds=max(60.0, (row.oldest + DAY - now).total_seconds()),
        remedy="不必再报，谢谢。 There is no need to send more. Thank you.",
    )


def _report(row: Any) -> Report:
    return Report(*row)


def _by_receipt(reader: Reader, receipt: str) -> Report | None:
    row = reader.first(select(*_COLUMNS).where(StationReport.receipt == receipt))
    return None if row is None else _report(row)


# ---------------------------------------------------------------------- reading
def find_report(reader: Reader, receipt: str) -> Report:
    """What has become of a report, for whoever holds its receipt.

    Raises:
        NotFound: there is none.
    """
    found = _by_receipt(reader, receipt)
    if found is None:
        raise NotFound(
            "没有这个回执号的反馈。 There is no report of this receipt.",
            remedy="请核对回执号；还没有网络时，反馈可能尚未送出。 Check it; a report written "
            "offline may not have been sent yet.",
            field="receipt",
        )
    return found


def list_reports(
    reader: Reader,
    *,
    state: str | None = "open",
    station_id: int | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Report]:
    """Reports with the name of their station, the newest first.

    Args:
        reader: the transaction.
        state: only those of this state; None: of any.
        station_id: only those on this station.
        before: only ids below this one.
        limit: how many at most.
    """
    where = ["true"]
    values: dict[str, Any] = {"limit": limit}
    for clause, name, value in (
        ("r.state = :state", "state", state),
        ("r.station_id = :station", "station", station_id),
        ("r.id < :before", "before", before),
    ):
        if value is not None:
            where.append(clause)
            values[name] = value
    rows = reader.all(
        f"{_SELECT} WHERE {' AND '.join(where)} ORDER BY r.id DESC LIMIT :limit", **values
    )
    return [_report(row) for row in rows]


def recent_doubts(reader: Reader, days: int = DOUBT_DAYS) -> dict[int, dict[str, int]]:
    """The open reports of the last days: for each station that has any, how many of each kind.

    Cost: one statement over the open reports by index.
    """
    rows = reader.all(
        "SELECT station_id, kind, count(*) AS reports FROM station_report WHERE state = 'open' "
        "AND received_at > now() - make_interval(days => :days) "
        "GROUP BY station_id, kind ORDER BY station_id, kind",
        days=days,
    )
    doubts: dict[int, dict[str, int]] = {}
    for row in rows:
        doubts.setdefault(row.station_id, {})[row.kind] = row.reports
    return doubts


# ---------------------------------------------------------------------- deciding
def decide_report(
    writer: Writer, report_id: int, state: str, *, answer: str | None = None
) -> Report:
    """Close an open report: somebody has looked.

    Args:
        writer: the transaction; its actor is written down as who decided.
        report_id: of :func:`list_reports`.
        state: confirmed or dismissed.
        answer: what the sender reads with the receipt.

    Raises:
        Invalid: another state, or an answer too long.
        NotFound: there is no such report.
        Conflict: it was decided before.
    """
    if state not in DECISIONS:
        raise Invalid(
            f"不能改为 {state[:20]}。 A report is confirmed or dismissed.",
            remedy=f"可用 / use {', '.join(DECISIONS)}.",
            field="state",
        )
    told = plain_note(answer, most=LONGEST_ANSWER, field="answer")
    decided = writer.first(
        update(StationReport)
        .where(StationReport.id == report_id, StationReport.state == "open")
        .values(state=state, answer=told, decided_at=func.now(), decided_by=str(writer.actor))
        .returning(StationReport.station_id)
    )
    row = writer.first(f"{_SELECT} WHERE r.id = :id", id=report_id)
    if row is None:
        raise NotFound(
            f"没有编号为 {report_id} 的反馈。 There is no report {report_id}.",
            remedy="`nuanyi reports list` 列出全部待核实的。 It lists the open ones.",
        )
    report = _report(row)
    if decided is None:
        raise Conflict(
            f"反馈 {report_id} 已经处理过：{report.state}。 Report {report_id} was decided before: "
            f"{report.state}.",
            remedy="站点如有变化，用 `nuanyi station`。 If the station changed, use "
            "`nuanyi station`.",
        )
    editions.tell(writer, f"station_report {report.station_id}")
    return report
