"""What somebody in the street tells of a station, and what is kept of it."""

import unicodedata
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
import rows
from hostile import HOSTILE_NAME
from hypothesis import given
from hypothesis import strategies as st

from geo import editions
from geo.database import Actor, Database, Writer
from geo.errors import Conflict, Invalid, NotFound, TooMany
from geo.stations.reports import (
    LONGEST_NOTE,
    decide_report,
    find_report,
    list_reports,
    plain_note,
    quarter,
    recent_doubts,
    send_report,
)

NOW = datetime.now(UTC)


def receipt() -> str:
    return uuid.uuid4().hex


def told(writer: Writer, station_id: int = 7, **more):
    values = {"receipt": receipt(), "kind": "closed", "seen_at": NOW} | more
    return send_report(writer, station_id, **values)


@pytest.fixture
def station(writer: Writer) -> int:
    edition = rows.edition(writer, "stations")
    for number in (7, 8):
        rows.station(writer, edition, number, lon=101.0, lat=40.2)
    return 7


# ---------------------------------------------------------------------- sending
def test_a_report_is_kept_with_what_was_seen_and_nothing_of_who_saw_it(
    writer: Writer, station: int
) -> None:
    seen = datetime(2026, 11, 21, 12, 44, 31, tzinfo=timezone(timedelta(hours=8)))
    word = receipt()
    report, is_new = told(
        writer, receipt=word, kind="broken_kit", service="meal_heating", note=" 微波炉坏了 ",
        seen_at=seen, now=seen + timedelta(minutes=3),
    )  # fmt: skip
    assert is_new
    assert (report.kind, report.service, report.note) == (
        "broken_kit", "meal_heating", "微波炉坏了",
    )  # fmt: skip
    assert report.seen_at == datetime(2026, 11, 21, 4, 30, tzinfo=UTC)
    assert report.received_at == datetime(2026, 11, 21, 4, 45, tzinfo=UTC)
    columns = {
        row.column_name
        for row in writer.all(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'station_report'"
        )
    }
    assert columns == {
        "id", "receipt", "station_id", "kind", "service", "note", "seen_at", "received_at",
        "state", "answer", "decided_at", "decided_by",
    }  # fmt: skip


def test_the_same_receipt_sent_again_is_one_report(writer: Writer, station: int) -> None:
    word = receipt()
    first, is_new = told(writer, receipt=word, note="没开门")
    # A minute later by the phone's clock, within the same quarter; the note as it was typed.
    again, is_new_again = told(
        writer, receipt=word, note="没开门 ", seen_at=quarter(NOW) + timedelta(minutes=1)
    )
    assert (is_new, is_new_again) == (True, False)
    assert first == again
    assert writer.scalar("SELECT count(*) FROM station_report") == 1


def test_the_answer_to_a_receipt_stays_when_the_report_is_old_or_decided(
    writer: Writer, station: int
) -> None:
    word = receipt()
    first, _ = told(writer, receipt=word)
    decide_report(writer, first.id, "dismissed")
    again, is_new = told(writer, receipt=word, now=NOW + timedelta(days=400))
    assert not is_new
    assert again.id == first.id


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "refused"},
        {"service": "toilet"},
        {"note": "别的"},
        {"seen_at": NOW - timedelta(hours=1)},
        {"station_id": 8},
    ],
)
def test_a_receipt_of_another_content_is_a_conflict(writer: Writer, station: int, other) -> None:
    word = receipt()
    told(writer, receipt=word)
    with pytest.raises(Conflict, match="another content"):
        told(writer, receipt=word, **other)


@pytest.mark.parametrize(
    "word",
    [
        "",
        "x" * 32,
        "0" * 32,
        "d4382152e58d11f1af7102fc00000001",  # version 1: a clock and an address
        "231c3a55-2e55-49d9-b8fa-1540dcb3cf07",
        "EC515F1C5F3B457C8E3E4588187C7444\n",
    ],
)
def test_a_receipt_that_could_be_guessed_is_refused(writer: Writer, station: int, word) -> None:
    with pytest.raises(Invalid) as caught:
        told(writer, receipt=word)
    assert caught.value.field == "receipt"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kind": "shut"}, "kind"),
        ({"service": "sauna"}, "service"),
        ({"note": "长" * (LONGEST_NOTE + 1)}, "note"),
        ({"seen_at": NOW + timedelta(hours=1)}, "seen_at"),
        ({"seen_at": NOW - timedelta(days=31)}, "seen_at"),
        ({"seen_at": datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))}, "seen_at"),
        ({"seen_at": datetime.max.replace(tzinfo=timezone(-timedelta(hours=14)))}, "seen_at"),
    ],
)
def test_what_cannot_be_is_refused_by_name(writer: Writer, station: int, more, field) -> None:
    with pytest.raises(Invalid) as caught:
        told(writer, **more)
    assert caught.value.field == field
    assert writer.scalar("SELECT count(*) FROM station_report") == 0


def test_a_report_on_no_station_is_not_found(writer: Writer, station: int) -> None:
    with pytest.raises(NotFound):
        told(writer, 9)


def test_a_station_takes_so_many_open_reports_a_day(writer: Writer, station: int) -> None:
    first, _ = told(writer, most_a_day=3)
    for _ in range(2):
        told(writer, most_a_day=3)
    with pytest.raises(TooMany) as caught:
        told(writer, most_a_day=3)
    assert 86_400 - 3600 < caught.value.seconds <= 86_400
    told(writer, 8, most_a_day=3)  # another station has room
    told(writer, receipt=first.receipt, most_a_day=3)  # and one that is known is no new one
    decide_report(writer, first.id, "confirmed")
    told(writer, most_a_day=3)
    told(writer, most_a_day=3, now=NOW + timedelta(days=2), seen_at=NOW + timedelta(days=1))


def test_every_process_hears_of_a_report(database: Database) -> None:
    with database.write(Actor("test")) as writer:
        rows.station(writer, rows.edition(writer, "stations"), 7)
    with database.engine.connect() as connection:
        listening = connection.connection.driver_connection
        cursor = listening.cursor()
        cursor.execute(f"LISTEN {editions.CHANNEL}")
        listening.commit()
        with database.write(Actor("test")) as writer:
            report, _ = told(writer)
        with database.write(Actor("test")) as writer:
            told(writer, receipt=report.receipt)
        with database.write(Actor("test")) as writer:
            decide_report(writer, report.id, "confirmed")
        cursor.execute("SELECT 1")
        listening.poll()
        heard = [note.payload for note in listening.notifies]
        cursor.execute("UNLISTEN *")
        listening.commit()
    # Sent again it is no news.
    assert heard == ["station_report 7", "station_report 7"]


def test_twenty_senders_of_one_receipt_at_once_make_one_report(database: Database) -> None:
    with database.write(Actor("test")) as writer:
        edition = rows.edition(writer, "stations")
        rows.station(writer, edition, 7)
        rows.station(writer, edition, 8)
    word = receipt()

    def send(number: int) -> tuple[int | str, bool]:
        try:
            with database.write(Actor("anyone")) as writer:
                # Every fourth says another station: such a one loses or wins, never both.
                report, is_new = told(writer, 8 if number % 4 == 3 else 7, receipt=word)
                return report.station_id, is_new
        except Conflict:
            return "conflict", False

    with ThreadPoolExecutor(4) as people:
        answers = list(people.map(send, range(20)))
    with database.read(Actor("test")) as reader:
        [kept] = list_reports(reader)
    assert sum(is_new for _, is_new in answers) == 1
    theirs = [
        station for number, (station, _) in enumerate(answers)
        if (8 if number % 4 == 3 else 7) == kept.station_id
    ]  # fmt: skip
    assert set(theirs) == {kept.station_id}
    assert sum(station == "conflict" for station, _ in answers) == 20 - len(theirs)


def test_the_cap_of_a_station_holds_for_senders_at_once(database: Database) -> None:
    with database.write(Actor("test")) as writer:
        rows.station(writer, rows.edition(writer, "stations"), 7)

    def send(_: int) -> bool:
        try:
            with database.write(Actor("anyone")) as writer:
                told(writer, most_a_day=5)
                return True
        except TooMany:
            return False

    with ThreadPoolExecutor(4) as people:
        assert sum(people.map(send, range(16))) == 5


# ---------------------------------------------------------------------- notes
@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("", None),
        ("\x00\x01 \n\u200b", None),
        ("门口\r\n没有\t标牌", "门口 没有 标牌"),
        ("\u202edetrever\u202c", "detrever"),
        ("e\u0301", "\u00e9"),
        ("e\u200d\u0301", "\u00e9"),
        ("a\x00b\x1fc\x9fd", "a b c d"),
        (HOSTILE_NAME, HOSTILE_NAME),
        ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
        ("half \ud800 pair", "half pair"),
    ],
)
def test_a_note_is_kept_as_one_line_of_plain_text(written, kept) -> None:
    assert plain_note(written) == kept


@given(st.text(st.characters(), max_size=400))
def test_no_note_holds_what_nobody_sees(written) -> None:
    try:
        kept = plain_note(written)
    except Invalid:
        assert len(written) > LONGEST_NOTE / 3  # composing may make a letter three
        return
    if kept is None:
        return
    assert 0 < len(kept) <= LONGEST_NOTE
    assert kept == kept.strip()
    assert not any(
        unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") for letter in kept
    )
    assert plain_note(kept) == kept, "cleaning twice is cleaning once"
    kept.encode()


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_a_quarter_holds_its_moment(moment, offset) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=offset)))
    start = quarter(aware)
    assert timedelta(0) <= aware - start < timedelta(minutes=15)
    assert (start.minute % 15, start.second, start.microsecond) == (0, 0, 0)


def test_a_hostile_note_is_stored_as_text(writer: Writer, station: int) -> None:
    report, _ = told(writer, note=f"{HOSTILE_NAME}'); DROP TABLE station_report; --\x00")
    assert find_report(writer, report.receipt).note == (
        f"{HOSTILE_NAME}'); DROP TABLE station_report; --"
    )


# ---------------------------------------------------------------------- reading and deciding
def test_doubts_are_the_open_reports_of_a_fortnight(writer: Writer, station: int) -> None:
    told(writer)
    told(writer)
    told(writer, kind="refused")
    dismissed, _ = told(writer, 8)
    decide_report(writer, dismissed.id, "dismissed")
    told(writer, 8, kind="broken_kit", now=NOW - timedelta(days=15),
         seen_at=NOW - timedelta(days=15))  # fmt: skip
    assert recent_doubts(writer) == {7: {"closed": 2, "refused": 1}}
    assert recent_doubts(writer, days=20) == {
        7: {"closed": 2, "refused": 1},
        8: {"broken_kit": 1},
    }


def test_the_operator_reads_the_newest_first_with_the_stations_name(
    writer: Writer, station: int
) -> None:
    sent = [told(writer, number)[0] for number in (7, 8, 7)]
    assert [one.id for one in list_reports(writer)] == [one.id for one in reversed(sent)]
    assert list_reports(writer)[0].name == f"{HOSTILE_NAME}7"
    assert [one.id for one in list_reports(writer, station_id=8)] == [sent[1].id]
    assert [one.id for one in list_reports(writer, before=sent[2].id, limit=1)] == [sent[1].id]
    decide_report(writer, sent[0].id, "confirmed", answer="已修好")
    assert [one.id for one in list_reports(writer)] == [sent[2].id, sent[1].id]
    assert len(list_reports(writer, state=None)) == 3
    writer.execute("DELETE FROM station WHERE id = 8")
    assert list_reports(writer, station_id=8)[0].name is None


def test_the_sender_reads_what_became_of_it(writer: Writer, station: int) -> None:
    report, _ = told(writer)
    decided = decide_report(writer, report.id, "confirmed", answer="已通知\n管理单位")
    assert decided.name == f"{HOSTILE_NAME}7"
    found = find_report(writer, report.receipt)
    assert (found.state, found.answer) == ("confirmed", "已通知 管理单位")
    assert found.decided_at is not None
    assert found.decided_by == "test"
    with pytest.raises(NotFound):
        find_report(writer, receipt())


def test_a_report_is_decided_once(writer: Writer, station: int) -> None:
    report, _ = told(writer)
    with pytest.raises(Invalid):
        decide_report(writer, report.id, "open")
    with pytest.raises(Invalid, match="500"):
        decide_report(writer, report.id, "confirmed", answer="字" * 501)
    decide_report(writer, report.id, "confirmed")
    with pytest.raises(Conflict, match="confirmed"):
        decide_report(writer, report.id, "dismissed")
    with pytest.raises(NotFound):
        decide_report(writer, report.id + 1000, "dismissed")
