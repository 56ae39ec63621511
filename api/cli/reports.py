"""`nuanyi reports`: what people in the street told of stations, and what has become of it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from api.cli import console
from geo.settings import Settings
from geo.stations import reports
from geo.stations.reports import Report
from maps.texts import both

app = typer.Typer(
    help="劳动者对站点的反馈：查看、属实、不属实 / reports on stations: list, confirm, dismiss.",
    invoke_without_command=True,
)
Number = Annotated[int, typer.Argument(help="反馈编号 / number of the report.")]
Answer = Annotated[
    str | None, typer.Option(help="答复，凭回执可见 / an answer; the sender reads it.")
]
AsJson = Annotated[bool, typer.Option("--json", help="以 JSON 输出 / print JSON.")]
LISTED = 100


@app.callback()
def open_ones(context: typer.Context) -> None:
    """列出待核实的反馈 / List the open reports, the newest first."""
    if context.invoked_subcommand is None:
        list_()


@app.command("list")
def list_(
    every: Annotated[
        bool, typer.Option("--all", help="含已处理的 / those that were decided too.")
    ] = False,
    station_id: Annotated[
        int | None, typer.Option("--station", help="只看一个站点 / on one station.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """列出反馈，最新的在前 / List reports, the newest first."""
    of = console.settings()
    with console.database(of) as database, database.read(console.OPERATOR) as reader:
        found = reports.list_reports(
            reader, state=None if every else "open", station_id=station_id, limit=LISTED
        )
    if as_json:
        console.show_json([asdict(report) for report in found])
        return
    console.show_table(
        "反馈 / reports",
        [
            console.number("编号\nNo."),
            console.short("看到\nseen"),
            console.words("情况\nwhat"),
            console.words("站点\nstation"),
            console.words("说明\nnote"),
            *([console.short("状态\nstate")] if every else []),
        ],
        [
            (
                report.id,
                _local(report.seen_at, of),
                _what(report),
                f"{report.name or '–'}\n{report.station_id}",
                report.note,
                *([report.state] if every else []),
            )
            for report in found
        ],
    )
    if len(found) == LISTED:
        console.out.print(f"只列出最新的 {LISTED} 条 / only the newest {LISTED}", markup=False)


@app.command()
def confirm(report: Number, answer: Answer = None) -> None:
    """属实 / It is so.

    Example: nuanyi reports confirm 17 --answer 已通知管理单位
    """
    decided = _decide(report, "confirmed", answer)
    if decided.kind == "closed":
        console.out.print(
            f"→ nuanyi station {decided.station_id} closed --until …  "
            "暂停开放期间不再推荐此站点 / while it is closed nobody is sent there",
            markup=False,
            soft_wrap=True,
        )


@app.command()
def dismiss(report: Number, answer: Answer = None) -> None:
    """不属实或已恢复 / It is not so, or no longer.

    Example: nuanyi reports dismiss 17 --answer 现场核实，正常开放
    """
    _decide(report, "dismissed", answer)


def _decide(number: int, state: str, answer: str | None) -> Report:
    of = console.settings()
    with console.database(of) as database, database.write(console.OPERATOR) as writer:
        decided = reports.decide_report(writer, number, state, answer=answer)
    zh, en = both(f"report.state_{state}")
    console.out.print(
        f"{number} {decided.name or decided.station_id}: {zh} / {en}", markup=False, soft_wrap=True
    )
    return decided


def _what(report: Report) -> str:
    zh, en = both(f"report.kind_{report.kind}")
    if report.service is None:
        return f"{zh} / {en}"
    service = both(f"service.{report.service}")
    return f"{zh} / {en}: {service.zh} / {service.en}"


def _local(moment: datetime, of: Settings) -> str:
    return f"{moment.astimezone(ZoneInfo(of.time_zone)):%m-%d %H:%M}"
