"""`nuanyi reports` as an operator types it."""

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest
import rows
from hostile import HOSTILE_NAME

from geo.database import Actor, Database
from geo.stations.reports import find_report, list_reports, send_report

DONE, NO_SUCH = 0, 4


@pytest.fixture
def sent(database: Database) -> list[str]:
    """Three reports on two stations; their receipts."""
    receipts = [uuid.uuid4().hex for _ in range(3)]
    with database.write(Actor("anyone")) as writer:
        edition = rows.edition(writer, "stations")
        rows.station(writer, edition, 7, name="[bold]人民路驿站[/]")
        rows.station(writer, edition, 8)
        for number, (station, kind, service, note) in enumerate(
            [(7, "closed", None, "门锁着"), (8, "broken_kit", "hot_water", None),
             (7, "other", None, HOSTILE_NAME)]
        ):  # fmt: skip
            send_report(
                writer, station, receipt=receipts[number], kind=kind, service=service, note=note,
                seen_at=datetime.now(UTC) - timedelta(hours=1),
            )  # fmt: skip
    return receipts


def test_the_open_reports_are_listed_the_newest_first(nuanyi, sent) -> None:
    told = nuanyi("reports")
    assert told.code == DONE, told.err
    assert told.out.index("onerror") < told.out.index("门锁着")
    assert "[bold]" in told.out.replace("\n", "")
    listed = json.loads(nuanyi("reports", "list", "--json").out)
    assert [one["receipt"] for one in listed] == sent[::-1]
    only = json.loads(nuanyi("reports", "list", "--station", 8, "--json").out)
    assert [one["service"] for one in only] == ["hot_water"]


def test_nothing_to_do_is_said_so(nuanyi, database) -> None:
    assert "无 / none" in nuanyi("reports").out


def test_a_confirmed_closure_names_the_command_that_closes_the_station(
    nuanyi, sent, database
) -> None:
    with database.read(Actor("test")) as reader:
        number = find_report(reader, sent[0]).id
    told = nuanyi("reports", "confirm", number, "--answer", "已通知管理单位")
    assert told.code == DONE, told.err
    assert "nuanyi station 7 closed" in told.out
    with database.read(Actor("test")) as reader:
        report = find_report(reader, sent[0])
        assert (report.state, report.answer) == ("confirmed", "已通知管理单位")
        assert report.decided_by == "command line"
        assert len(list_reports(reader)) == 2
    assert "confirmed" in nuanyi("reports", "list", "--all").out
    again = nuanyi("reports", "dismiss", number)
    assert again.code == NO_SUCH
    assert "confirmed" in again.err


def test_a_dismissed_report_suggests_nothing(nuanyi, sent, database) -> None:
    with database.read(Actor("test")) as reader:
        number = find_report(reader, sent[1]).id
    told = nuanyi("reports", "dismiss", number, "--answer", "现场核实，正常")
    assert told.code == DONE
    assert "nuanyi station" not in told.out
    assert nuanyi("reports", "dismiss", 999).code == NO_SUCH
