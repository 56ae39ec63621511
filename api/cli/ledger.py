"""`nuanyi ledger`: the organising ledger (双沟通台账), imported and shown as a funnel."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import console
from api.cli.imports import Layer, Mapping, Rejects, mapping_of, show_problems

if TYPE_CHECKING:
    from geo.ledger.book import LedgerReport
    from geo.ledger.funnel import AreaFunnel, Funnel, LedgerAnswer

app = typer.Typer(
    help="双沟通台账：导入与转化 / the ledger of talks: import it, see what came of them.",
    no_args_is_help=True,
)
MISSING = "–"
AsJson = Annotated[bool, typer.Option("--json", help="以 JSON 输出 / print JSON.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="日期 / a day.")]
EVERYTHING = 1_000_000


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="文件 / the file.")],
    source: Annotated[
        str | None, typer.Option(help="台账名称，默认文件名 / what the ledger is called.")
    ] = None,
    map_: Mapping = None,
    layer: Layer = None,
    rejects: Rejects = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="删去同期所缺的记录 / drop what it lacks."),
    ] = False,
    commit: Annotated[bool, typer.Option("--commit", help="写入 / store it.")] = False,
    as_json: AsJson = False,
) -> None:
    """导入台账（默认只检查） / Import a file; a dry run unless --commit.

    Counts of a day and place only, never people. The same file twice changes nothing; a corrected
    one of the same source corrects. Example: nuanyi ledger import 台账.xlsx --commit
    """
    from geo.ledger.load import LedgerOptions, import_ledger

    options = LedgerOptions(
        source=source,
        mapping=mapping_of(map_ or []),
        layer=layer,
        rejects=rejects,
        replace=replace,
        commit=commit,
    )
    of = console.settings()
    with console.database(of) as database:
        report = import_ledger(database, console.OPERATOR, of, file, options, console.BarProgress())
    if as_json:
        console.show_json(asdict(report))
    else:
        _say(report)
    if report.rejected:
        raise typer.Exit(1)


def _say(report: LedgerReport) -> None:
    out = console.out
    out.print(
        f"读取 read {report.read:,} = 接收 accepted {report.accepted:,} + 拒绝 rejected "
        f"{report.rejected:,}"
    )
    out.print(
        f"新增 added {report.added:,} · 更正 changed {report.changed:,} · 不变 unchanged "
        f"{report.unchanged:,} · 删去 removed {report.removed:,}"
    )
    if report.standing:
        out.print(
            f"同一来源另有 {report.standing:,} 条不在文件中，保留（--replace 可删去同期的） / "
            "entries of this source that are not in the file stay; --replace takes out those of "
            "its days"
        )
    for note in report.notes:
        out.print("· " + note, markup=False)
    for name, rows in report.unplaced.items():
        out.print(f"  {name} × {rows}", markup=False)
    show_problems(report.problems, report.problems_in_all)
    if report.rejects:
        out.print(f"拒绝行已写入 / rejected rows: {report.rejects}", markup=False, soft_wrap=True)
    if report.stored:
        out.print(f"已入账，来源 / in the ledger, source: {report.source}", markup=False)
    else:
        out.print("仅检查，未写入；加 --commit 写入 / dry run, nothing stored; --commit stores it")


@app.command()
def show(
    area: Annotated[int | None, typer.Option(help="区域编号 / an area by its id; all.")] = None,
    kind: Annotated[str | None, typer.Option(help="列出的区域类型 / kind of areas listed.")] = None,
    since: Day = None,
    until: Day = None,
    as_json: AsJson = False,
) -> None:
    """沟通转化漏斗 / What came of the talks, by area. Example: nuanyi ledger show --area 100"""
    from geo.ledger.funnel import funnel

    of = console.settings()
    with console.database(of) as database, database.read(console.OPERATOR) as reader:
        answer = funnel(
            reader,
            of,
            area_id=area,
            kind=kind,
            since=since.date() if since else None,
            until=until.date() if until else None,
            limit=EVERYTHING,
        )
    if as_json:
        console.show_json(asdict(answer))
    else:
        _show(answer)


def _show(answer: LedgerAnswer) -> None:
    top = answer.area
    rows = [("合计 / all", answer.whole) if top is None else (_called(top), top.funnel)]
    rows += [(_called(one), one.funnel) for one in answer.areas]
    if answer.elsewhere.entries and answer.areas:
        rows.append(("其他 / elsewhere", answer.elsewhere))
    whole = rows[0][1]
    console.show_table(
        f"双沟通台账 / talks ({whole.first_day or MISSING} – {whole.last_day or MISSING})",
        [
            console.words("区域\narea"),
            console.number("场次\ntalks"),
            console.number("企业\nfirms"),
            console.number("未建会\nwithout"),
            console.number("意向\nagreed"),
            console.number("建会\nfounded"),
            console.number("入会\nsigned"),
            console.number("意向率\nagreed"),
            console.number("建会率\nfounded"),
        ],
        [(name, *_cells(one)) for name, one in rows],
    )
    if answer.unplaced:
        names = "、".join(f"{name}×{count}" for name, count in answer.unplaced_names.items())
        console.out.print(
            f"· {answer.unplaced} 条的地区不在现行区域中 / entries of a place no area in force "
            f"is called by: {names}",
            markup=False,
        )


def _called(area: AreaFunnel) -> str:
    return area.name or area.code or f"#{area.id}"


def _cells(one: Funnel) -> list[str]:
    counted = [one.talks, *(one.counts[name] for name in (
        "enterprises", "without_union", "agreed", "founded", "sign_ups",
    ))]  # fmt: skip
    shares = [one.conversions[name].value for name in ("agreed", "founded")]
    return [
        *(MISSING if each.value is None else f"{each.value:,}" for each in counted),
        *(MISSING if share is None else f"{share:.1%}" for share in shares),
    ]
